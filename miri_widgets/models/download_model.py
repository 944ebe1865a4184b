"""Files on their way: how far, stopping, and what went wrong; for exposures and for reference files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import Background
from miri_widgets.products.download.queue import DownloadProgress, DownloadResult, download
from miri_widgets.products.download.resumable import Remote
from miri_widgets.products.download.retry_policy import CancelToken, RetryPolicy

__all__ = ["FetchingModel"]


class FetchingModel(traitlets.HasTraits):
    """
    Observable state of a download.

    Parameters
    ----------
    thread : str
        Name of the thread that does the work.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.

    Notes
    -----
    Traits are written in the thread of the models only; see `miri_widgets.models.background`.
    """

    downloading = traitlets.Bool(False, help="whether files are on their way")
    stopping = traitlets.Bool(False, help="whether a download was asked to stop")
    progress = traitlets.Instance(DownloadProgress, allow_none=True, help="how far the download is")
    faults: Any = traitlets.Tuple(help="what went wrong with the last download, as sentences")

    def __init__(self, thread: str, retry_policy: RetryPolicy | None = None) -> None:
        super().__init__()
        self._retry_policy = retry_policy
        self._stop: CancelToken | None = None
        self._background = Background(thread)

    def _fetch(self, wanted: Sequence[Remote], *, token: str = "") -> None:
        """Begin a download; `_finish` gets its outcomes."""
        stop = self._stop = CancelToken()
        with self.hold_trait_notifications():
            self.downloading, self.stopping, self.faults, self.progress = True, False, (), None

        def work(notify: Callable[[DownloadProgress], None]) -> tuple[DownloadResult, ...]:
            return download(
                wanted, token=token, cancel=stop, on_progress=notify, retry_policy=self._retry_policy
            )

        task = self._background.start(work, done=self._finish, failed=self._fail, progress=self._follow)
        task.settle()

    def _follow(self, progress: DownloadProgress) -> None:
        self.progress = progress

    def cancel(self) -> None:
        """Stop the download; what came is kept, and the next goes on there."""
        if self._stop is not None and self.downloading:
            self.stopping = True
            self._stop.set()

    def _finish(self, outcomes: tuple[DownloadResult, ...]) -> None:
        """Take what a download brought; a model says more of it."""
        with self.hold_trait_notifications():
            self.downloading = self.stopping = False
            self.progress = None

    def _fail(self, error: MiriWidgetsError) -> None:
        with self.hold_trait_notifications():
            self.downloading = self.stopping = False
            self.progress, self.faults = None, (str(error),)

    def close(self) -> None:
        """Stop a download and let go of everything; what came is kept."""
        if self._stop is not None:
            self._stop.set()
        self._background.close()
        self.unobserve_all()
