"""
What a test waits for in place of a pause: a condition, a page at rest, a picture that stands still.

Each wait has a limit of `pace`, after which the test fails with what did not come.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from .pace import limit, limit_ms, pace

__all__ = ["CANVAS", "at_rest", "let_pass", "picture", "settled", "wait_until"]

CANVAS = ".mw-viewer canvas"
"""The canvas of an image viewer."""

_PAUSE = 100
"""Between two looks at a condition, ms."""

_ANSWERED = """limit => {
  const manager = window.jupyterapp && window.jupyterapp.widgetManager, kernel = manager && manager.kernel
  if (!kernel || kernel.connectionStatus !== 'connected') return true
  return Promise.race([
    kernel.requestKernelInfo().then(() => true), new Promise(resolve => setTimeout(() => resolve(false), limit))])
}"""
"""A kernel answers in the order of the messages: this answer comes when all that the page has sent is done."""

_AT_REST = """([quiet, limit]) => new Promise(resolve => {
  const manager = window.jupyterapp && window.jupyterapp.widgetManager
  const atWork = () => (manager && manager.kernel && manager.kernel.status === 'busy') || document.getAnimations().some(
    one => one.playState === 'running' && one.effect && one.effect.getComputedTiming().iterations !== Infinity)
  let timer
  const observer = new MutationObserver(() => again())
  const end = answer => { observer.disconnect(); clearTimeout(timer); resolve(answer) }
  const again = () => { clearTimeout(timer); timer = setTimeout(() => atWork() ? again() : end(true), quiet) }
  observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true})
  setTimeout(() => end(false), limit)
  again()
})"""


def wait_until(page: Page, condition: Callable[[], bool], because: str | Callable[[], str]) -> None:
    """Wait until a condition holds, while the page's events are heard; `because` says what did not happen."""
    end = time.monotonic() + limit()
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(because if isinstance(because, str) else because())
        page.wait_for_timeout(_PAUSE)


def at_rest(page: Page) -> None:
    """Wait until the kernel has done what the page asked, and nothing has moved or changed in the page for a while."""
    assert page.evaluate(_ANSWERED, limit_ms()), "the kernel does not answer"
    quiet = 200 * min(pace(), 2)  # a job at work changes its page every second
    assert page.evaluate(_AT_REST, [quiet, limit_ms()]), "the page does not come to rest"


def let_pass(page: Page, seconds: float) -> None:
    """Let time pass while the page's events are heard: for tests of time itself, where nothing is waited for."""
    page.wait_for_timeout(1000 * seconds)


def picture(page: Page, within: str = CANVAS) -> np.ndarray:
    """Return the pixels of an element on the screen, shape (ny, nx, 3); of the screen where `within` is empty."""
    shot = page.locator(within).first.screenshot() if within else page.screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), float)


def settled(
    page: Page,
    take: Callable[[], np.ndarray] | None = None,
    *,
    is_wanted: Callable[[np.ndarray], bool] = lambda now: True,
    because: str = "the picture does not come to rest",
) -> np.ndarray:
    """
    Wait until the page is at rest and two pictures in a row are the same; return the picture.

    Parameters
    ----------
    page : Page
        The page.
    take : callable, optional
        Takes the picture; by default that of the screen.
    is_wanted : callable
        Says whether a picture is the one that is waited for.
    because : str
        What did not happen when the limit is over.
    """
    take = take or (lambda: picture(page, ""))
    end = time.monotonic() + limit()
    last = None
    while True:
        at_rest(page)
        now = take()
        same = last is not None and now.shape == last.shape and np.abs(now - last).mean() < 0.1
        if same and is_wanted(now):
            return now
        assert time.monotonic() < end, because
        last = now
