"""What is worth a word while jobs run: begun, how far, what failed, finished; for pages that nobody looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import traitlets

from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.run.progress import percent, remaining_text
from miri_widgets.run.status_rows import RowState

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["Notifications", "ProgressSnapshot", "mark_of", "news"]

_STEP = 0.25


@dataclass(frozen=True)
class ProgressSnapshot:
    """
    A session as far as news are concerned.

    Attributes
    ----------
    running : bool
        Whether a job is at work.
    fraction : float
        Of the jobs, 0 to 1.
    eta : float or None
        Seconds left.
    failed : tuple of str
        What failed: the stage's title, and the run.
    cancelled, left, total : int
        Runs that were cancelled, that are not complete, and all.
    """

    running: bool = False
    fraction: float = 0.0
    eta: float | None = None
    failed: tuple[str, ...] = ()
    cancelled: int = 0
    left: int = 0
    total: int = 0

    @classmethod
    def of(cls, session: SessionModel) -> ProgressSnapshot:
        """
        Take it from a session.

        Parameters
        ----------
        session : SessionModel
            The session; it is only read.
        """
        failed, cancelled, left, total = [], 0, 0, 0
        for stage in session.stages.values():
            title = stage.stage.title.partition(":")[0]
            for row in stage.rows:
                total += 1
                left += row.state != RowState.DONE
                cancelled += row.state == RowState.CANCELLED
                if row.state == RowState.FAILED:
                    failed.append(f"{title} of {row.label}")
        return cls(session.running, session.fraction, session.eta, tuple(failed), cancelled, left, total)


def news(before: ProgressSnapshot, now: ProgressSnapshot) -> tuple[str, str]:
    """
    Return what is worth a word between two moments, and its tone; empty when nothing is.

    Parameters
    ----------
    before, now : ProgressSnapshot
        The progress at two successive polls.

    Returns
    -------
    text : str
        Sentences.
    tone : str
        "good", "bad", "calm", or "" for what is only heard.
    """
    if before.running and not now.running:
        return _ending(now)
    new = [name for name in now.failed if name not in before.failed]
    if now.running and new:
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        return f"{new[0]}{more} failed; the other runs go on.", "bad"
    if now.running and not before.running:
        return f"Started: {now.left} of {now.total} runs to do.", ""
    if now.running and now.fraction // _STEP > before.fraction // _STEP and now.fraction < 1:
        left = f", {remaining_text(now.eta)}" if now.eta is not None else ""
        return f"{now.fraction // _STEP * _STEP:.0%} of the job is done{left}.", ""
    return "", ""


def _ending(now: ProgressSnapshot) -> tuple[str, str]:
    if now.failed:
        count = len(now.failed)
        runs = "1 run" if count == 1 else f"{count} runs"
        return f"Finished, but {runs} failed: {now.failed[0]}{' and others' if count > 1 else ''}.", "bad"
    if now.cancelled:
        return "Cancelled. Completed runs were kept.", "calm"
    if now.left:
        return f"Job finished; {now.left} of {now.total} results are not up to date.", "calm"
    return f"Finished: all {now.total} runs are complete.", "good"


def mark_of(now: ProgressSnapshot, tone: str) -> str:
    """
    Return what is put before the page's title: how far, or how it ended; empty when there is nothing to tell.

    Parameters
    ----------
    now : ProgressSnapshot
        The progress.
    tone : str
        Tone of the last news, see `news`.
    """
    if now.running:
        return f"● {percent(now.fraction)} %"
    return {"good": "✓ done", "bad": "✗ failed", "calm": "– stopped"}.get(tone, "")


class Notifications(traitlets.HasTraits):
    """
    News of a session, as they come; what was there before is none.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    text = traitlets.Unicode("", help="the last news, as sentences")
    tone = traitlets.Unicode("", help="good, bad or calm for an end or a failure; else empty")
    mark = traitlets.Unicode("", help="what is put before the page's title")
    count = traitlets.Int(0, help="number of news so far: the same words may come twice")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self._session = session
        self._last: ProgressSnapshot | None = None
        self._watches = Subscriptions()
        self._watches.add(session, self._check, "running", "fraction", "eta")
        for stage in session.models.values():
            self._watches.add(stage, self._check, "rows")

    def _check(self, _: Any) -> None:
        now, before = ProgressSnapshot.of(self._session), self._last
        if not now.total:
            return
        self._last = now
        text, tone = news(before, now) if before is not None else ("", "")
        with self.hold_trait_notifications():
            if text:
                self.text, self.tone, self.count = text, tone, self.count + 1
            self.mark = mark_of(now, self.tone if not now.running else "")

    def close(self) -> None:
        """Stop watching."""
        self._watches.end()
        self.unobserve_all()
