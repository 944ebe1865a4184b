"""Which stages take part: those that can, those that must, and what the user chose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from miri_widgets.run.stage_choice import chain_of, possible_stages, require_possible, unknown_stages
from miri_widgets.run.status_rows import StageState

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
        return {
            name: session.models[name] for name in possible_stages(session.program, session.services.stages)
        }

    def _in_order(self, optional: Iterable[str]) -> tuple[str, ...]:
        return chain_of(self.session.program, self.session.services.stages, optional)

    def unknown(self) -> str:
        """Return which stages the program's file names and nobody knows, as a sentence; empty when none."""
        return unknown_stages(self.session.program, self.session.services.stages)

    def use(self, name: str, use: bool) -> None:
        """Take an optional stage in, or leave it out; see `SessionModel.use_stage`."""
        session = self.session
        require_possible(session.program, session.services.stages, name, use)
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
