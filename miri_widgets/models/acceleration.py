"""Which exact replacements of slow functions of the pipeline act in the runs of a session; no pixel depends on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.run.plan import without_accelerations

__all__ = ["AccelerationModel"]

_ALL = "all"


class AccelerationModel(traitlets.HasTraits):
    """
    The choice of the user, beside what the program's file and the environment switch off.

    Parameters
    ----------
    off_in_program : sequence of str
        Names that the program's file switches off.
    states_without : callable
        State of each acceleration, in words, when some are switched off; see `Services.accelerations`.
    """

    wanted = traitlets.Bool(True, help="whether the user lets them act")

    def __init__(
        self,
        off_in_program: Sequence[str],
        states_without: Callable[[Collection[str]], Mapping[str, str]],
    ) -> None:
        super().__init__()
        self._off_in_program = tuple(off_in_program)
        self._states_without = states_without
        self._known: frozenset[str] = frozenset()
        self.trouble = ""
        """Why the states cannot be had, a sentence; empty when they can."""
        try:
            self._known = frozenset(states_without(()))
        except MiriWidgetsError as error:
            self.trouble = str(error)

    @property
    def in_program(self) -> tuple[str, ...]:
        """Names that the program's file switches off, without those that do not exist."""
        return tuple(name for name in self._off_in_program if name == _ALL or name in self._known)

    @property
    def unknown(self) -> str:
        """What the program's file names and does not exist, a sentence; empty when there is nothing."""
        names = sorted({*self._off_in_program} - {_ALL} - self._known)
        if not names or not self._known:
            return ""
        return (
            f"The program switches off the accelerations {', '.join(names)[:200]}, which do not exist; expected all "
            f"or some of {', '.join(sorted(self._known))}: correct acceleration_off in its file."
        )

    @property
    def off(self) -> tuple[str, ...]:
        """Names that the next runs go without; those of the environment come with the engine."""
        return self.in_program if self.wanted else (_ALL,)

    @property
    def states(self) -> dict[str, str]:
        """State of each in the next runs, in words, by name; empty when it cannot be had."""
        try:
            return {name: str(state) for name, state in self._states_without(self.off).items()}
        except MiriWidgetsError:
            return {}

    @property
    def sentence(self) -> str:
        """What acts in the next runs, and why the others do not."""
        if self.trouble:
            return self.trouble
        states = self.states
        acting = [name for name, state in states.items() if state == "on"]
        idle = [f"{name} ({self._reason(name, state)})" for name, state in states.items() if state != "on"]
        if not idle:
            return f"All {len(states)} act: {', '.join(acting)}." if acting else ""
        head = f"{len(acting)} of {len(states)} act: {', '.join(acting)}. " if acting else "None acts. "
        return f"{head}The pipeline's own functions run instead of {', '.join(idle)}."

    def _reason(self, name: str, state: str) -> str:
        if state != "off":
            return state.removeprefix("stock: ")
        if not self.wanted:
            return "switched off here"
        if {_ALL, name} & set(self.in_program):
            return "switched off in the program's file"
        return "switched off by MIRI_WIDGETS_ACCELERATION_OFF"

    def apply(self, plans: Sequence[Any]) -> list[Any]:
        """
        Return runs that go without what is switched off; their keys are the same.

        Parameters
        ----------
        plans : sequence of RunPlan
            What is to run.
        """
        return without_accelerations(plans, self.off)
