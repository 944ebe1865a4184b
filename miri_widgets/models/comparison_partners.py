"""What the image in view can be compared with: the same before a step, of other runs, in another filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miri_widgets.analysis.comparable_runs import other_runs_of
from miri_widgets.products.names import suffix_of
from miri_widgets.run.alternatives import ChainRequest, alternative_runs
from miri_widgets.run.services import Services
from miri_widgets.run.setting_layers import settings_per_filter
from miri_widgets.run.stage_choice import chain_of
from miri_widgets.run.status_rows import RowState

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = [
    "Partner",
    "PartnerKind",
    "PartnerList",
    "PartnerRequest",
    "find_partners",
    "other_filters",
    "partner_request",
    "stages_before",
]

_MOST_RUNS = 12
"""Other runs that are offered, the newest of them."""


class PartnerKind(StrEnum):
    """What makes the difference."""

    STEP = "step"
    RUN = "run"
    FILTER = "filter"


@dataclass(frozen=True)
class Partner:
    """
    An image that the one in view can be compared with.

    Attributes
    ----------
    kind : PartnerKind
        What makes the difference.
    title : str
        The comparison, for people: ``Sky``, ``F770W``, the date of a run.
    name : str
        The partner, for people: ``before Sky``, ``without Stripes``.
    path : Path or None
        The image; None where it is not made.
    needed : tuple of RunPlan
        The runs that make it; empty where it needs none.
    changes_level : bool
        Whether a stage between both moves the level of whole images.
    """

    kind: PartnerKind
    title: str
    name: str
    path: Path | None
    needed: tuple[Any, ...] = ()
    changes_level: bool = False


@dataclass(frozen=True)
class PartnerRequest:
    """
    What is asked, as values for another thread.

    Attributes
    ----------
    shown : Path
        The image in view.
    stage, label : str
        Of the run that made it; empty where none did.
    workspace : Path
        The program's workspace.
    chain : ChainRequest or None
        What mosaics with other stages are planned from; None for exposures.
    chains : tuple of (str, tuple of str)
        Optional stages that can be changed, and the stages of each chain.
    titles : tuple of (str, str)
        Titles of stages by name.
    level_stages : frozenset of str
        Stages that move the level of whole images.
    services : Services
        Calls into the rooms below.
    """

    shown: Path
    stage: str
    label: str
    workspace: Path
    chain: ChainRequest | None
    chains: tuple[tuple[str, tuple[str, ...]], ...]
    titles: tuple[tuple[str, str], ...]
    level_stages: frozenset[str]
    services: Services


@dataclass(frozen=True)
class PartnerList:
    """
    What `find_partners` has found.

    Attributes
    ----------
    shown : Path
        The image that they belong to.
    partners : tuple of Partner
        In the order in which they are offered.
    """

    shown: Path
    partners: tuple[Partner, ...]


def stages_before(session: SessionModel) -> list[Partner]:
    """
    Return the same exposure before each stage of the chain that changed it, the last one first.

    Parameters
    ----------
    session : SessionModel
        The session whose product is in view.
    """
    question = session.pixel_request(session.shown, 0.0, 0.0)
    images = list(question.images if question is not None else ())
    paths = [path for _, path in images]
    if session.shown not in paths:
        return []
    position = paths.index(session.shown)
    titles = [title for title, _ in images]
    movers = {
        model.stage.title.partition(":")[0] for model in session.stages.values() if model.stage.changes_level
    }
    partners = []
    for earlier in range(position - 1, -1, -1):
        changed = titles[earlier + 1 : position + 1]
        title = changed[0] if len(changed) == 1 else f"{changed[0]} to {changed[-1]}"
        changes = bool(movers.intersection(changed))
        partners.append(
            Partner(PartnerKind.STEP, title, f"before {changed[0]}", paths[earlier], changes_level=changes)
        )
    return partners


def other_filters(session: SessionModel) -> list[Partner]:
    """
    Return what the stage of the product in view made of the same field in other filters.

    Parameters
    ----------
    session : SessionModel
        The session whose product is in view.

    Notes
    -----
    Mosaics of a program share one grid. Exposures of two filters are those of one tile and dither: they are compared
    pixel by pixel of the detector.
    """
    shown, source = session.shown, _row_of(session)
    if shown is None or source is None:
        return []
    stage, own = source
    suffix = suffix_of(shown)
    reference = _exposure_of(session, shown, own)
    partners: dict[str, Partner] = {}
    for row in session.models[stage].rows:
        for path in row.products if row.state == RowState.DONE else ():
            if path.suffix != ".fits" or suffix_of(path) != suffix:
                continue
            exposure = _exposure_of(session, path, row)
            if exposure is None or reference is None or exposure.filter == reference.filter:
                continue
            same = (exposure.tile, exposure.dither) == (reference.tile, reference.dither)
            if suffix == "i2d" or same:
                kept = Partner(PartnerKind.FILTER, exposure.filter, f"{exposure.filter}", path)
                partners.setdefault(exposure.filter, kept)
    return list(partners.values())


def partner_request(session: SessionModel) -> PartnerRequest | None:
    """
    Return what has to be looked for on the disk and planned; None where nothing of a run is in view.

    Parameters
    ----------
    session : SessionModel
        The session whose product is in view.
    """
    source = _row_of(session)
    shown = session.shown
    if shown is None or session.extension != "SCI":
        return None
    stage, row = source if source is not None else (_stage_folder(session, shown), None)
    chain, chains = None, list[tuple[str, tuple[str, ...]]]()
    titles = tuple((name, model.stage.title.partition(":")[0]) for name, model in session.models.items())
    if row is not None and suffix_of(shown) == "i2d":
        included = session.programs.included
        if included and all(model.loaded for model in session.models.values()):
            values = {name: model.settings for name, model in session.models.items()}
            settings = settings_per_filter(values, session.services.preset)
            chain = ChainRequest(tuple(included), session.chain, settings, session.tags.rejected)
            chains = _other_chains(session, stage)
    return PartnerRequest(
        shown, stage, row.label if row is not None else "", session.program.workspace, chain, tuple(chains),
        titles, frozenset(name for name, model in session.models.items() if model.stage.changes_level),
        session.services,
    )  # fmt: skip


def find_partners(request: PartnerRequest) -> PartnerList:
    """
    Look for other mosaics and runs; for a worker thread.

    Parameters
    ----------
    request : PartnerRequest
        What is in view.

    Returns
    -------
    PartnerList
        Mosaics with one stage more or less, made or not, then other runs.
    """
    titles = dict(request.titles)
    partners = []
    if request.chain is not None:
        target = request.stage, request.label
        for run in alternative_runs(request.services, request.chain, request.chains, target):
            title = titles.get(run.stage, run.stage)
            name = f"{'with' if run.used else 'without'} {title}"
            products = request.services.products(run.plan)
            path = products[0] if products else None
            changes = run.stage in request.level_stages
            partners.append(Partner(PartnerKind.STEP, title, name, path, run.needed, changes))
    known = {partner.path for partner in partners}
    runs = [run for run in _other_runs(request) if run.path not in known]
    return PartnerList(request.shown, (*partners, *runs))


def _other_runs(request: PartnerRequest) -> list[Partner]:
    if not request.stage:
        return []
    choices = other_runs_of(request.shown, request.workspace, request.stage)[:_MOST_RUNS]
    return [
        Partner(PartnerKind.RUN, choice.title, f"run of {choice.title}", choice.path / request.shown.name)
        for choice in choices
    ]


def _other_chains(session: SessionModel, stage: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the chains with one optional stage more or less before a stage; without those in use first."""
    declared = session.services.stages
    optional = [stage_.name for stage_ in declared if stage_.optional and stage_.name in session.possible]
    before = [name for name in optional if _is_before(declared, name, stage)]
    chains = []
    for use in (True, False):
        for name in before:
            if (name in session.chain) is use:
                wanted = set(session.chain) - {name} if use else {*session.chain, name}
                chains.append((name, chain_of(session.program, declared, wanted)))
    return chains


def _is_before(declared: Sequence[Any], name: str, stage: str) -> bool:
    names = [declaration.name for declaration in declared]
    return stage in names and names.index(name) < names.index(stage)


def _row_of(session: SessionModel) -> tuple[str, Any] | None:
    """Return the stage and the run that made the product in view with the settings of now."""
    for name, model in session.stages.items():
        for row in model.rows:
            if session.shown in row.products:
                return name, row
    return None


def _stage_folder(session: SessionModel, path: Path) -> str:
    """Return the stage in whose folder of runs a product lies; empty elsewhere."""
    runs = session.program.workspace / "runs"
    return path.relative_to(runs).parts[0] if path.is_relative_to(runs) else ""


def _exposure_of(session: SessionModel, path: Path, row: Any) -> Any:
    """Return the exposure that a product stands for: its own, or the first of a mosaic."""
    root = next((name for name in row.exposures if path.name.startswith(name)), None)
    if root is None and (len(row.exposures) == 1 or suffix_of(path) == "i2d"):
        root = next(iter(row.exposures), None)
    return session.programs.find(root) if root is not None else None
