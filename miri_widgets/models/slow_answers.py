"""What a session has asked for once and gets later: measurements, catalogues, and what CRDS says of a stage."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miri_widgets.analysis.image_statistics import PixelMeasurement, measure
from miri_widgets.analysis.source_catalog import ProgramCatalog, catalog_of
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.run.setting_layers import checked_layer
from miri_widgets.run.status_rows import RunRow
from miri_widgets.settings import Source

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["SlowAnswers"]


@dataclass(frozen=True)
class _Question:
    """An answer on its way, what takes it, and what stands for it when it fails."""

    answer: Future[Any]
    take: Callable[[Any], None]
    failed: Callable[[MiriWidgetsError], Any]


class SlowAnswers:
    """
    Questions at work in the threads of a session; `collect` gives the answers to its models.

    Parameters
    ----------
    session : SessionModel
        The session that asks.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session
        self._questions: dict[Hashable, _Question] = {}
        self._crds_asked: set[str] = set()

    def ask_measure(self, path: Path) -> None:
        """Have a product measured, unless it is."""
        if path not in self.session.measured:
            self._ask(path, partial(self._take_measured, path), PixelMeasurement.failed, measure, path)

    def ask_catalog(self, mosaics: tuple[Path, ...]) -> None:
        """Have a catalogue made of some mosaics, unless there is one."""
        if mosaics not in self.session.catalogs:
            take = partial(self._take_catalog, mosaics)
            self._ask(("catalog", mosaics), take, ProgramCatalog.failed, catalog_of, mosaics)

    def ask_crds(self, name: str) -> None:
        """Have the CRDS values of a stage looked up, once; needs a run, whose exposure selects them."""
        stage = self.session.models[name]
        row = next(iter(stage.rows), None)
        if name in self._crds_asked or stage.stage.is_own or row is None or self.session.closed:
            return
        path = self._selecting(row)
        if path is not None:
            self._crds_asked.add(name)
            stage.asking = True
            look_up = self.session.services.crds_layer
            self._ask(("crds", name), partial(self._take_crds, name), lambda _: {}, look_up, name, path)

    def _selecting(self, row: RunRow) -> Path | None:
        """Return a file whose header selects the CRDS parameter files: any product of the exposure does."""
        exposure = self.session.programs.find(row.exposures[0]) if row.exposures else None
        return exposure.path if exposure else None

    def _ask(
        self,
        mark: Hashable,
        take: Callable[[Any], None],
        failed: Callable[[MiriWidgetsError], Any],
        call: Callable[..., Any],
        *arguments: Any,
    ) -> None:
        if mark not in self._questions and not self.session.closed:
            self._questions[mark] = _Question(self.session.submit(call, *arguments), take, failed)

    def collect(self, *, wait: bool) -> None:
        """Take the answers that are there; all of them when it may wait."""
        for mark, question in list(self._questions.items()):
            if not (wait or question.answer.done()):
                continue
            del self._questions[mark]
            try:
                answer = question.answer.result()
            except MiriWidgetsError as error:
                answer = question.failed(error)
            question.take(answer)

    def _take_measured(self, path: Path, answer: PixelMeasurement) -> None:
        self.session.measured = {**self.session.measured, path: answer}

    def _take_catalog(self, mosaics: tuple[Path, ...], answer: ProgramCatalog) -> None:
        self.session.catalogs = {**self.session.catalogs, mosaics: answer}

    def _take_crds(self, name: str, answer: Any) -> None:
        stage = self.session.models[name]
        stage.asking = False
        layer = checked_layer(stage.settings.declared, answer, [])
        stage.settings = stage.settings.with_layer(Source.CRDS, layer)
