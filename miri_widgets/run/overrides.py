"""What a reduction does otherwise than the program's file says: settings, optional stages, exposures left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.program import Program
from miri_widgets.products.session_file import SessionFile, session_file_of
from miri_widgets.steps import stages

__all__ = ["Overrides"]


@dataclass(frozen=True)
class Overrides:
    """
    What differs from the program's file.

    Attributes
    ----------
    also : tuple of str
        Optional stages that take part besides those that the file names.
    values : mapping of str to mapping
        Values by stage and full name of the parameter; texts are read as the parameter wants them.
    excluded : frozenset of str
        Roots of exposures that take no part.
    chain : tuple of str or None
        Optional stages instead of those that the file names; None to keep those.
    remembered : mapping of str to mapping
        Values of an earlier page: weaker than `values`, and left out with a sentence where they cannot be used.
    sentences : tuple of str
        What could not be taken from a session file.
    acceleration_off : tuple of str
        Accelerations that the runs go without, besides those that the program's file names.
    """

    also: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    chain: tuple[str, ...] | None = None
    remembered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    acceleration_off: tuple[str, ...] = ()

    @classmethod
    def of_session(cls, program: Program) -> Overrides:
        """
        Return what was chosen on the program's page last: settings, optional stages, excluded exposures.

        Parameters
        ----------
        program : Program
            The program; its session file need not exist, and is only read.
        """
        file = SessionFile(session_file_of(program))
        chosen = file.values
        return cls(
            chain=tuple(chosen["chain"]) if "chain" in chosen else None,
            excluded=frozenset(chosen.get("excluded", ())),
            remembered=chosen.get("settings", {}),
            sentences=(file.sentence,) if file.sentence else (),
            acceleration_off=() if chosen.get("accelerated", True) else ("all",),
        )

    def with_changes(
        self, changes: Sequence[str], *, also: Sequence[str] = (), acceleration_off: Sequence[str] = ()
    ) -> Overrides:
        """
        Return these and some changes more.

        Parameters
        ----------
        changes : sequence of str
            ``stage.step.parameter=value``.
        also : sequence of str
            Optional stages.
        acceleration_off : sequence of str
            Accelerations that the runs go without, or ``all``.

        Raises
        ------
        ParameterError
            If a change is not of this form, or names no stage.
        """
        values = {stage: dict(some) for stage, some in self.values.items()}
        names = [stage.name for stage in stages.all_stages()]
        for change in changes:
            name, equals, value = change.partition("=")
            stage, dot, parameter = name.strip().partition(".")
            if not (equals and dot) or stage not in names:
                raise ParameterError(
                    f"--set {change[:80]!r}",
                    "stage.step.parameter=value with a stage of " + ", ".join(names),
                    "write it like detector1.jump.rejection_threshold=5",
                )
            values.setdefault(stage, {})[parameter] = value.strip()
        off = (*self.acceleration_off, *acceleration_off)
        return replace(self, values=values, also=(*self.also, *also), acceleration_off=off)
