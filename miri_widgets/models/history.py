"""What a person changed on a page, in order, to be taken back and brought back: one Undo for all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import traitlets

__all__ = ["History", "UserChange"]

_MOST = 200
"""Changes that are remembered."""


@dataclass(frozen=True)
class UserChange:
    """
    One change by a person.

    Attributes
    ----------
    label : str
        What was changed, for the tip of the button.
    subject : tuple
        What it is a change of: a change back of the same subject is an undo.
    before, after : object
        Plain values.
    apply : callable
        Takes one of them.
    """

    label: str
    subject: tuple[Any, ...]
    before: object
    after: object
    apply: Callable[[Any], None]


class History(traitlets.HasTraits):
    """
    Changes of several models, taken back in the order in which they were made.

    Attributes
    ----------
    undo_label, redo_label : str
        What would be taken back or brought back; empty when there is nothing.

    Notes
    -----
    A model that is followed is observed: whoever sets its trait, a control, a key or a script, the change is
    remembered. `pause` is for what the program itself sets, such as the choices of last time.
    """

    undo_label = traitlets.Unicode("")
    redo_label = traitlets.Unicode("")

    def __init__(self) -> None:
        super().__init__()
        self._past: list[UserChange] = []
        self._future: list[UserChange] = []
        self._paused = 0
        self._followed: list[tuple[traitlets.HasTraits, Callable[..., None], str]] = []

    def follow(
        self,
        model: traitlets.HasTraits,
        name: str,
        label: str,
        *,
        value: Callable[[Any], Any] = lambda value: value,
        apply: Callable[[Any], None] | None = None,
    ) -> None:
        """
        Remember the changes of a trait.

        Parameters
        ----------
        model : HasTraits
            The model.
        name : str
            The trait.
        label : str
            What it is, such as "excluded exposures".
        value : callable, optional
            The part of the trait's value that a person sets; all of it by default.
        apply : callable, optional
            Takes such a part; sets the trait by default.
        """

        subject = (id(model), name)

        def note(change: Mapping[str, Any]) -> None:
            before, after = value(change["old"]), value(change["new"])
            if self._paused or before == after:
                return
            last = self._past[-1] if self._past else None
            if last is not None and (last.subject, last.before, last.after) == (subject, after, before):
                self._future.append(self._past.pop())  # taken back by hand, or by an Undo of one stage
                self._update_labels()
            else:
                self.add(UserChange(label, subject, before, after, take))

        def take(part: Any) -> None:
            if apply is None:
                setattr(model, name, part)
            else:
                apply(part)

        model.observe(note, name)
        self._followed.append((model, note, name))

    def add(self, change: UserChange, *, extends: bool = False) -> None:
        """
        Remember a change, unless the program makes it itself.

        Parameters
        ----------
        change : UserChange
            The change; what was taken back before it is forgotten.
        extends : bool
            Whether it belongs to the last change, if that has the same subject: a slider that is still moved.
        """
        if self._paused:
            return
        last = self._past[-1] if self._past else None
        if extends and last is not None and last.subject == change.subject:
            self._past[-1] = replace(last, after=change.after)
            return
        self._past = [*self._past[-_MOST + 1 :], change]
        self._future = []
        self._update_labels()

    def undo(self) -> None:
        """Take the last change back; nothing when there is none."""
        self._step(self._past, self._future, lambda change: change.before)

    def undo_of(self, subject: tuple[Any, ...]) -> None:
        """
        Take the last change of a subject back, also where other changes came later; nothing when there is none.

        Parameters
        ----------
        subject : tuple
            The subject.
        """
        own = [index for index, change in enumerate(self._past) if change.subject == subject]
        if own:
            self._past.append(self._past.pop(own[-1]))
            self.undo()

    def redo(self) -> None:
        """Bring back what was taken back last; nothing when there is none."""
        self._step(self._future, self._past, lambda change: change.after)

    def _step(
        self, source: list[UserChange], target: list[UserChange], part: Callable[[UserChange], Any]
    ) -> None:
        if not source:
            return
        change = source.pop()
        target.append(change)
        with self.pause():
            change.apply(part(change))
        self._update_labels()

    def pause(self) -> _Pause:
        """Return a context in which nothing is remembered."""
        return _Pause(self)

    def _update_labels(self) -> None:
        with self.hold_trait_notifications():
            self.undo_label = self._past[-1].label if self._past else ""
            self.redo_label = self._future[-1].label if self._future else ""

    def close(self) -> None:
        """Stop following."""
        for model, note, name in self._followed:
            if model.has_trait(name):
                model.unobserve(note, name)
        self._followed.clear()
        self.unobserve_all()


class _Pause:
    """A context in which a history remembers nothing."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __enter__(self) -> None:
        self._history._paused += 1

    def __exit__(self, *_: object) -> None:
        self._history._paused -= 1
