"""The sentences of a session: each belongs to a subject, and goes when its state is over."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import traitlets

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


class Messages(traitlets.HasTraits):
    """What went wrong and still counts: one sentence per subject."""

    text = traitlets.Unicode("", help="all sentences that count now, in the order of their subjects")

    def __init__(self) -> None:
        super().__init__()
        self._sentences: dict[Subject, str] = {}
        self._left_out: tuple[str, ...] = ()

    def put(self, subject: Subject, sentence: str) -> None:
        """
        Show a sentence about a subject, in the place of the one before.

        Parameters
        ----------
        subject : Subject
            What it is about.
        sentence : str
            Nothing is shown about the subject when it is empty.
        """
        if sentence:
            self._sentences[subject] = sentence
        else:
            self._sentences.pop(subject, None)
        self._show()

    def drop(self, *subjects: Subject) -> None:
        """
        Take back the sentences about some subjects: their state is over.

        Parameters
        ----------
        *subjects : Subject
            What they are about.
        """
        for subject in subjects:
            self._sentences.pop(subject, None)
        self._show()

    def begin_run(self, names: tuple[str, ...], refused: Mapping[str, str]) -> None:
        """
        Name the stages that a job leaves out that begins now; earlier failures to run are over.

        Parameters
        ----------
        names : tuple of str
            Stages that were to run and cannot be planned.
        refused : mapping of str to str
            Why a stage cannot be planned, by name.
        """
        self._left_out = names
        for subject in (Subject.ACTION, Subject.JOBS, Subject.MEMORY):
            self._sentences.pop(subject, None)
        self.follow_plans(refused)

    def follow_plans(self, refused: Mapping[str, str]) -> None:
        """
        Take back the sentences about stages that can be planned meanwhile.

        Parameters
        ----------
        refused : mapping of str to str
            Why a stage cannot be planned now, by name.
        """
        self.put(Subject.REFUSED, " ".join(refused[name] for name in self._left_out if name in refused))

    def _show(self) -> None:
        self.text = " ".join(self._sentences[subject] for subject in Subject if subject in self._sentences)
