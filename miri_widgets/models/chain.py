"""Which stages take part: those that can, those that must, and what the user chose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from miri_widgets.errors import ParameterError
from miri_widgets.models.rows import StageState
from miri_widgets.steps.stages import stages_from

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel
    from miri_widgets.models.stage import StageModel

__all__ = ["ChainChoice"]


class ChainChoice:
    """
    Sets the chain of a session.

    Parameters
    ----------
    session : SessionModel
        Has its models already, and no chain yet.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session
        self._chosen = False  # whether the user has changed the chain, which outweighs what is remembered
        session.chain = self._in_order((*session.program.stages, *session.program.chain))

    @property
    def possible(self) -> dict[str, StageModel]:
        """The stages that can take part, by name, in order."""
        session = self.session
        usable = set(stages_from(session.program.start, session.services.stages))
        only = set(session.program.chain) & usable or usable
        return {name: model for name, model in session.models.items() if name in only}

    def _in_order(self, optional: Iterable[str]) -> tuple[str, ...]:
        wanted = set(optional)
        return tuple(
            name for name, model in self.possible.items() if not model.stage.optional or name in wanted
        )

    def unknown(self) -> str:
        """Return which stages the program's file names and nobody knows, as a sentence; empty when none."""
        program, models = self.session.program, self.session.models
        optional = {name for name, model in models.items() if model.stage.optional}
        names = sorted({*program.stages} - optional | {*program.chain} - models.keys())
        if not names:
            return ""
        return (
            f"The program names the {'' if program.chain else 'optional '}stages "
            f"{', '.join(names)[:200]}, which do not exist: correct its file."
        )

    def use(self, name: str, use: bool) -> None:
        """Take an optional stage in, or leave it out; see `SessionModel.use_stage`."""
        session, possible = self.session, self.possible
        if name not in possible or not (use or possible[name].stage.optional):
            choices = [key for key, model in possible.items() if model.stage.optional]
            raise ParameterError(
                f"the stage {name[:40]!r} to be {'taken in' if use else 'left out'}",
                "one of " + ", ".join(choices),
                "choose one of them",
            )
        self._chosen = True
        chain = self._in_order({*session.chain, name} if use else set(session.chain) - {name})
        if chain != session.chain:
            session.chain = chain
            if not use:
                session.models[name].apply({"rows": (), "products": (), "state": StageState.READY})
                if session.tab == name:
                    session.tab = "program"
            session.touch()

    def recall(self, names: Iterable[str]) -> None:
        """Take the stages of last time, unless the user has chosen since."""
        if not self._chosen:
            self.session.chain = self._in_order(names)
