"""The Chromium that tests drive, and what one of its pages asked for and complained about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from miri_widgets.report.pdf import find_browser

CHROMIUM_FLAGS = [
    "--no-sandbox",  # needed for root, as in containers
    "--disable-gpu",
    # Image viewers need WebGL; this draws it without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

PAGE_STATE = """() => {
  const manager = window.jupyterapp && window.jupyterapp.widgetManager;
  const kernel = manager && manager.kernel;
  return {
    loading: (document.getElementById('loading_text') || {}).innerText || '',
    banner: (document.getElementById('mw-lost') || {}).innerText || '',
    placeholder: (document.querySelector('.mw-viewer-placeholder') || {}).innerText || '',
    viewer: !!document.querySelector('.mw-viewer'),
    errors: [...document.querySelectorAll('.jupyter-widgets-error-widget, .jp-RenderedText')].map(e => e.innerText).slice(0, 5),
    restored: manager ? manager.restoredStatus : null,
    restoring: manager ? manager._kernelRestoreInProgress : null,
    models: manager ? Object.keys(manager._models).length : 0,
    connection: kernel ? kernel.connectionStatus : '', status: kernel ? kernel.status : '',
  };
}"""
"""JavaScript: what a page shows and what it waits for."""

#: Console errors of others that harm nobody, each with its reason.
HARMLESS = (
    r"solara/readyz",  # jdaviz asks whether a Solara server can open its pop-out window
    # jdaviz's menu of layers looks for its viewer once more when both have left the page
    r"reading 'parentElement'\)\s+at a\.beforeDestroy \(VUE_TEMPLATE_SCRIPT",
    # JupyterLab's widget manager tells a view to resize that was closed when another dashboard took its place
    r"null \(reading 'processLuminoMessage'\)",
    r"Solara found",  # and says so when one does, as JupyterLab does
    r"version .* (from|of) .*(does not satisfy|is not)",  # module federation compares versions
    r"GPU stall due to ReadPixels",  # software WebGL is slow, and says so
    r"negative value is not valid",  # bqplot lays a hidden figure out with no width
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, as the report's PDF finds it; None where there is none."""
    return find_browser() or None


@dataclass
class PageReport:
    """What a page asked for and complained about."""

    external: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    bytes_received: int = 0
    requests: int = 0

    def watch(self, page: Page) -> None:
        """Record the events of a page."""
        page.on("request", lambda request: self._see_request(request.url))
        page.on("console", lambda message: self._see_message(message.type, message.text, message.location))
        page.on("pageerror", lambda error: self._see_message("error", str(error), None))

    def _see_request(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {
            "127.0.0.1",
            "localhost",
        }:
            self.external.append(url)

    def _see_message(self, kind: str, text: str, location: Any) -> None:
        whole = f"{text} {(location or {}).get('url', '')}"
        if kind == "error" and not any(re.search(each, whole) for each in HARMLESS):
            self.console_errors.append(whole)

    def assert_clean(self) -> None:
        """Fail if the page called another host or logged an error of ours."""
        assert self.external == []
        assert self.console_errors == []
