"""A viewer that does not come, or comes and fails: the page says so, and it can be asked for again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from miri_widgets.viewer.deferred import DeferredViewer
from miri_widgets.viewer.light_viewer import LightViewer

AGAIN, LIGHT = "Start the viewer again", "Use the lightweight viewer"


class Wanted(LightViewer):
    """Stands for jdaviz."""


class Broken(LightViewer):
    """Cannot show an image whose label begins with bad."""

    def _show(self, image: Any, label: str, like: str) -> None:
        if label.startswith("bad"):
            raise ValueError("no canvas for it")
        super()._show(image, label, like)


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


def run(scenario: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


class Hanging:
    """Hangs so many times, then is quick."""

    def __init__(self, times: int = 1) -> None:
        self.times, self.release = times, threading.Event()

    def __call__(self) -> None:
        self.times -= 1
        if self.times >= 0:
            self.release.wait(60)


def ask(viewer: DeferredViewer) -> None:
    """Ask for some of everything."""
    viewer.show(np.ones((6, 6)), label="one")
    viewer.show(np.ones((6, 6)), label="two")
    viewer.overlay(np.eye(6, dtype=bool), label="hot")
    viewer.mark(Table({"x": [2.0], "y": [3.0]}), label="stars")
    viewer.set_range("one", 0.0, 5.0)
    viewer.front("one")


def has_all(viewer: DeferredViewer) -> bool:
    backend: Any = viewer._backend
    return backend._top == "one" and set(viewer.labels) == {"one", "two"} and set(backend._marks) == {"stars"}


def test_a_viewer_that_hangs_says_so_and_comes_when_it_is_asked_again() -> None:
    async def scenario() -> None:
        hanging, readied = Hanging(), []
        viewer = DeferredViewer(hanging, Wanted, LightViewer, late=0.2)
        viewer.on_ready(lambda: readied.append(1))
        ask(viewer)
        assert viewer._frame.sentence == ""
        await until(lambda: viewer._frame.sentence)
        assert "has not come within" in viewer._frame.sentence and not viewer.ready
        assert set(viewer._frame.buttons) == {AGAIN, LIGHT}
        viewer._frame.buttons[AGAIN].click()
        await until(lambda: viewer.ready)
        assert type(viewer._backend) is Wanted and has_all(viewer) and readied == [1]
        assert viewer._frame.sentence == "" and viewer.widget.children == (viewer._backend.widget,)
        backend = viewer._backend
        hanging.release.set()  # the first one, far too late, changes nothing
        await asyncio.sleep(0.3)
        assert viewer._backend is backend
        viewer.close()

    run(scenario)


def test_the_light_viewer_can_be_taken_instead_and_jdaviz_asked_for_again_later() -> None:
    async def scenario() -> None:
        hanging, views, clicks = Hanging(), [], []
        viewer = DeferredViewer(hanging, Wanted, LightViewer, late=0.2)
        viewer.on_view(views.append)
        viewer.on_click(lambda *place: clicks.append(place))
        ask(viewer)
        await until(lambda: LIGHT in viewer._frame.buttons)
        viewer._frame.buttons[LIGHT].click()
        assert type(viewer._backend) is LightViewer and has_all(viewer)
        assert "lightweight" in viewer._frame.sentence and set(viewer._frame.buttons) == {AGAIN}
        viewer.remove("two")
        viewer.show(np.ones((6, 6)), label="two")
        viewer.front("one")
        seen = len(views)
        viewer._frame.buttons[AGAIN].click()
        await until(lambda: type(viewer._backend) is Wanted)
        assert has_all(viewer) and viewer._frame.sentence == "" and len(views) > seen
        hanging.release.set()
        viewer.close()

    run(scenario)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_viewer_that_fails_is_replaced_in_sight_and_can_be_asked_for_again(failures: int) -> None:
    async def scenario() -> None:
        left = [failures]

        def build() -> Wanted:
            left[0] -= 1
            if left[0] >= 0:
                raise RuntimeError("<b>glue broke</b>")
            return Wanted()

        viewer = DeferredViewer(lambda: None, build, LightViewer)
        ask(viewer)
        for _ in range(failures):
            await until(lambda: viewer._task is None and viewer.ready)
            assert type(viewer._backend) is LightViewer and has_all(viewer)
            assert "&lt;b&gt;glue broke" in viewer._frame.sentence, "as text, not as HTML"
            viewer._frame.buttons[AGAIN].click()
        await until(lambda: type(viewer._backend) is Wanted)
        assert has_all(viewer) and viewer._frame.sentence == ""
        viewer.close()

    run(scenario)


def test_without_another_viewer_the_page_says_why_and_offers_to_try_again() -> None:
    async def scenario() -> None:
        def build() -> Wanted:
            raise RuntimeError("glue broke")

        viewer = DeferredViewer(lambda: None, build)
        await until(lambda: viewer._frame.sentence)
        assert "glue broke" in viewer._frame.sentence and set(viewer._frame.buttons) == {AGAIN}
        assert not viewer.ready and "cannot be shown" in viewer._frame.waiting_text
        viewer.close()

    run(scenario)


def test_a_first_image_that_fails_leaves_a_canvas_and_a_sentence() -> None:
    async def scenario() -> None:
        viewer = DeferredViewer(lambda: None, Broken, LightViewer)
        viewer.show(np.ones((6, 6)), label="bad one")
        await until(lambda: viewer.ready)
        assert type(viewer._backend) is LightViewer and viewer.labels == ("bad one",)
        assert "no canvas for it" in viewer._frame.sentence and set(viewer._frame.buttons) == {AGAIN}
        viewer.close()

    run(scenario)


def test_one_image_of_two_that_fails_is_named_and_can_be_shown_again() -> None:
    async def scenario() -> None:
        viewer = DeferredViewer(lambda: None, Broken, LightViewer)
        viewer.show(np.ones((6, 6)), label="bad one")
        viewer.show(np.ones((6, 6)), label="two")
        await until(lambda: viewer.ready)
        assert type(viewer._backend) is Broken and viewer.labels == ("two",)
        assert "bad one" in viewer._frame.sentence and set(viewer._frame.buttons) == {AGAIN, LIGHT}
        viewer.close()

    run(scenario)


def test_a_viewer_closed_while_it_hangs_stays_closed() -> None:
    async def scenario() -> None:
        hanging = Hanging()
        viewer = DeferredViewer(hanging, Wanted, LightViewer, late=0.2)
        await until(lambda: viewer._frame.sentence)
        viewer.close()
        hanging.release.set()
        await asyncio.sleep(0.3)
        assert not viewer.ready and len(asyncio.all_tasks()) == 2  # this one and its time limit

    run(scenario)
