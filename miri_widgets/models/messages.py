"""The sentences of a session: each belongs to a subject, and goes when its state is over."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["Messages", "Subject"]


class Subject(StrEnum):
    """What a sentence is about, in the order in which they are shown."""

    START = "start"
    """Stages and names that were left out when the session began."""
    MEMORY = "memory"
    """Choices of last time that could not be brought back; until something is run."""
    SETTINGS = "settings"
    """Values that are not allowed; until the settings are laid out anew."""
    JOBS = "jobs"
    """Jobs of before that could not be taken up; until something is run."""
    REFUSED = "refused"
    """Stages that were left out of a job; until they can be planned, or something else is run."""
    ACTION = "action"
    """What kept an action from being done; until the next one, or until plans or jobs are others."""
    TAGS = "tags"
    """Tags that did not reach the disk; until some do."""


class Messages:
    """
    The only writer of `SessionModel.message`.

    Parameters
    ----------
    session : SessionModel
        Whose sentences they are.
    """

    def __init__(self, session: SessionModel) -> None:
        self._session = session
        self._sentences: dict[Subject, str] = {}
        self._left_out: tuple[str, ...] = ()

    def put(self, subject: Subject, sentence: str) -> None:
        """Say something about a subject, in the place of what was said about it; nothing when it is empty."""
        if sentence:
            self._sentences[subject] = sentence
        else:
            self._sentences.pop(subject, None)
        self._show()

    def drop(self, *subjects: Subject) -> None:
        """Take back what was said about some subjects: their state is over."""
        for subject in subjects:
            self._sentences.pop(subject, None)
        self._show()

    def begin_run(self, names: tuple[str, ...]) -> None:
        """Say which stages a job that begins now leaves out, with the reasons; earlier failures to run are over."""
        self._left_out = names
        for subject in (Subject.ACTION, Subject.JOBS, Subject.MEMORY):
            self._sentences.pop(subject, None)
        self.follow_plans()

    def follow_plans(self) -> None:
        """Take back what was said of stages that can be planned meanwhile."""
        refused = self._session.refused
        self.put(Subject.REFUSED, " ".join(refused[name] for name in self._left_out if name in refused))

    def _show(self) -> None:
        self._session.message = " ".join(
            self._sentences[subject] for subject in Subject if subject in self._sentences
        )
