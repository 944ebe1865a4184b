"""The simulated twin of a program: whether it stands in, whether it is there, and its making."""

from __future__ import annotations

import re

import traitlets

from miri_widgets.errors import MiriWidgetsError, UnexpectedError
from miri_widgets.models.capabilities import HasBackground

__all__ = ["TwinModel"]

_COUNT = re.compile(r"(\d+) of (?:about )?(\d+)")


class TwinModel(traitlets.HasTraits):
    """
    The making of a twin: on request, in a process of its own, with its progress in words.

    Parameters
    ----------
    session : HasBackground
        The session that it belongs to.
    """

    wanted = traitlets.Bool(False, help="whether the exposures are simulated and not made yet")
    working = traitlets.Bool(False, help="whether they are being made")
    fraction = traitlets.Float(0.0, help="of the piece of work that is at hand: references, then exposures")
    sentence = traitlets.Unicode("", help="what is going on, or what went wrong")

    def __init__(self, session: HasBackground) -> None:
        super().__init__()
        self.session = session
        self.refresh()

    def refresh(self) -> None:
        """See whether the exposures are there."""
        program = self.session.program
        self.wanted = bool(program.simulated) and not program.has_exposures()
        if not self.wanted and not self.working:
            self.sentence = ""  # why they could not be made is over: they are there

    def make(self) -> None:
        """Have the exposures made, unless they are there or at work."""
        if not self.wanted or self.working:
            return
        with self.hold_trait_notifications():
            self.working, self.fraction = True, 0.0
            self.sentence = f"The simulated twin {self.session.program.simulated} is being made …"
        services, name = self.session.services, self.session.program.simulated
        self.session.background.start(
            services.make_twin, name, done=lambda _: self._end(""), failed=self._fail, progress=self._show
        )

    def _fail(self, error: MiriWidgetsError) -> None:
        unexpected = "The simulated twin could not be made: see the log of this page, then try again."
        self._end(unexpected if isinstance(error, UnexpectedError) else str(error))

    def _end(self, sentence: str) -> None:
        with self.hold_trait_notifications():
            self.working, self.fraction, self.sentence = False, 0.0, sentence
        self.refresh()

    def _show(self, line: str) -> None:
        """Take the count and the words of one line together: who hears of either finds both."""
        count = _COUNT.search(line)
        with self.hold_trait_notifications():
            if count:
                self.fraction = min(int(count[1]) / max(int(count[2]), 1), 1.0)
            self.sentence = f"The simulated twin is being made: {line}"
