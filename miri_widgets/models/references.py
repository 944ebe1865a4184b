"""The reference files that a program needs: which the cache has, and the fetching of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import traitlets
from humanize import naturalsize

from miri_widgets.errors import MiriWidgetsError, MissingFileError
from miri_widgets.models.download_model import FetchingModel
from miri_widgets.products.download.queue import DownloadResult
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.observing_modes import ObservingMode
from miri_widgets.steps.references import (
    Reference,
    ReferenceNeeds,
    needed_references,
    reference_remotes,
)

__all__ = ["ReferencesModel"]


class ReferencesModel(FetchingModel):
    """
    Observable state of a CRDS cache, seen from one program.

    Parameters
    ----------
    environment : mapping
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL, as `Program.environment` gives them.
    modes : callable
        Gives the observing modes of now; called in a thread, as reading headers may take long.
    needed : callable, optional
        Finds the references; another one for tests.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.
    """

    needs = traitlets.Instance(
        ReferenceNeeds, allow_none=True, help="what is needed; None before it was asked"
    )
    asking = traitlets.Bool(False, help="whether CRDS is being asked")
    sentence = traitlets.Unicode("", help="why it is not known what is needed")

    def __init__(
        self,
        environment: Mapping[str, str],
        modes: Callable[[], Sequence[ObservingMode]],
        *,
        needed: Callable[..., ReferenceNeeds] = needed_references,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__("miri-references", retry_policy)
        self.environment = dict(environment)
        self.modes = modes
        self._needed = needed

    @property
    def missing(self) -> tuple[Reference, ...]:
        """The references that have to be fetched."""
        return self.needs.missing if self.needs is not None else ()

    def request(self) -> None:
        """Ask CRDS what is needed; the answer comes as `needs` or `sentence`."""
        if self.asking or self.downloading:
            return
        with self.hold_trait_notifications():
            self.asking, self.sentence, self.faults = True, "", ()
        self._background.start(self._query, done=self._take, failed=self._refuse).settle()

    def _query(self) -> ReferenceNeeds:
        modes = tuple(self.modes())
        if not modes:
            raise MissingFileError(
                "no exposures are known yet",
                "exposures in the program's folders, or a program that was looked up in the archive",
                "look a program up, or add files",
            )
        return self._needed(modes, self.environment)

    def _take(self, needs: ReferenceNeeds) -> None:
        with self.hold_trait_notifications():
            self.asking, self.needs = False, needs

    def _refuse(self, error: MiriWidgetsError) -> None:
        with self.hold_trait_notifications():
            self.asking, self.needs, self.sentence = False, None, str(error)

    def summary(self) -> str:
        """Say in one sentence how the cache stands."""
        if self.needs is None:
            return ""
        total, lost = len(self.needs.references), self.missing
        where = f"of the {total} reference files that {self.needs.context} names for these exposures"
        if not lost:
            return f"All {where.removeprefix('of the ')} are in the cache."
        known = sum(reference.expected for reference in lost)
        size = f" ({naturalsize(known)})" if known else " (of unknown size)"
        return f"{len(lost)} {where} {'is' if len(lost) == 1 else 'are'} missing{size}: fetch before you run."

    def notes(self) -> list[str]:
        """Return what else has to be said, as sentences."""
        if self.needs is None:
            return []
        lines = []
        if self.needs.offline and self.missing:
            lines.append(
                f"{self.needs.offline[0].upper()}{self.needs.offline[1:]}, so addresses and sizes may lack."
            )
        damaged = [reference.name for reference in self.missing if reference.damaged]
        if damaged:
            lines.append(
                f"{', '.join(damaged[:3])} in the cache has another size than CRDS lists: fetch it again."
            )
        if self.needs.unmatched:
            lines.append(
                f"The context has no {'; no '.join(self.needs.unmatched[:5])}: the step cannot run there."
            )
        return lines

    def fetch(self) -> None:
        """Fetch what is missing into the cache, then look again."""
        if self.downloading or self.asking or not self.missing:
            return
        try:
            wanted = reference_remotes(self.missing)
        except (MiriWidgetsError, OSError) as error:
            self.faults = (str(error),)
            return
        self._fetch(wanted)

    def _finish(self, outcomes: tuple[DownloadResult, ...]) -> None:
        faults = tuple(
            dict.fromkeys(str(reference.error) for reference in outcomes if reference.error is not None)
        )
        super()._finish(outcomes)
        self.request()
        self.faults = faults
