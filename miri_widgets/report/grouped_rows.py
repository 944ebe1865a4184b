"""Rows of a report that say the same, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.report.facts import ValidationFacts

__all__ = [
    "ExposureGroup",
    "VerdictGroup",
    "acceleration_groups",
    "exposure_groups",
    "same_findings",
    "verdict_groups",
]


@dataclass(frozen=True)
class ExposureGroup:
    """Exposures of one filter and readout."""

    filter: str
    count: int
    tiles: int
    ngroups: int
    nints: int
    seconds: float
    first: str
    last: str


@dataclass(frozen=True)
class VerdictGroup:
    """Runs of a stage that had the same verdict."""

    stage: str
    verdict: str
    headline: str
    accepted: bool
    labels: tuple[str, ...]


def exposure_groups(exposures: Sequence[tuple[Exposure, bool]]) -> tuple[ExposureGroup, ...]:
    """
    Group the exposures that take part by filter and readout.

    Parameters
    ----------
    exposures : sequence of (Exposure, bool)
        Exposures, and whether each is included.

    Returns
    -------
    tuple
        The rows.
    """
    groups: dict[tuple[str, int, int], list[Exposure]] = {}
    for exposure, included in exposures:
        if included:
            groups.setdefault((exposure.filter, exposure.ngroups, exposure.nints), []).append(exposure)
    ordered = sorted(groups.items(), key=lambda item: (_wavelength_order(item[0][0]), item[0][1:]))
    return tuple(
        ExposureGroup(
            name, len(members), len({member.tile for member in members}), ngroups, nints,
            sum(member.exposure_time for member in members),
            min(member.start for member in members)[:10], max(member.start for member in members)[:10],
        )
        for (name, ngroups, nints), members in ordered
    )  # fmt: skip


def acceleration_groups(accelerations: Sequence[tuple[str, str]]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """
    Group accelerations by their state.

    Parameters
    ----------
    accelerations : sequence of (str, str)
        Name and state.

    Returns
    -------
    tuple
        The rows.
    """
    groups: dict[str, list[str]] = {}
    for name, summary in accelerations:
        groups.setdefault(summary, []).append(name)
    return tuple((tuple(names), summary) for summary, names in groups.items())


def verdict_groups(validations: Sequence[ValidationFacts]) -> tuple[VerdictGroup, ...]:
    """
    Group runs of a stage by their verdict.

    Parameters
    ----------
    validations : sequence of ValidationFacts
        What the steps report.

    Returns
    -------
    tuple
        The rows.
    """
    groups: dict[tuple[str, str, str, bool], list[str]] = {}
    for facts in validations:
        key = (facts.stage, facts.verdict, facts.headline, facts.accepted)
        groups.setdefault(key, []).append(facts.label)
    return tuple(VerdictGroup(*group, tuple(labels)) for group, labels in groups.items())


def same_findings(validations: Sequence[ValidationFacts]) -> tuple[ValidationFacts, ...]:
    """
    Merge runs that report the same in every word.

    Parameters
    ----------
    validations : sequence of ValidationFacts
        What the steps report.

    Returns
    -------
    tuple
        The rows.
    """
    groups: dict[ValidationFacts, list[str]] = {}
    for each in validations:
        groups.setdefault(replace(each, label=""), []).append(each.label)
    return tuple(replace(key, label=", ".join(labels)) for key, labels in groups.items())


def _wavelength_order(name: str) -> int:
    return FILTERS.index(name) if name in FILTERS else len(FILTERS)
