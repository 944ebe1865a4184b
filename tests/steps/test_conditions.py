"""Every parameter of our stages changes a product where it acts, and none where its rule says that it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from parameter_trials import own_laboratory
from parameter_trials.own_laboratory import RECORD, REFUSED
from parameter_trials.own_stages import IN_RECORD, REFUSES, UNSEEN, VALUES

from miri_widgets.steps.acting import inactive, rules_of
from miri_widgets.steps.conditions import Condition, Holds, Rule
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import STAGES, stage
from tests.support.shares import ALL, share

GIVEN = {
    "user_mask": "@pixels.txt",
    "shift_table": "@shifts.ecsv",
    "size": (300, 310),
    "miri_showers.showers_file": "@drawn.reg",
}
"""A value for each parameter whose being given, or not, decides over others."""

ENDING = {"user_mask": "@mask.fits"}
"""Files of the other kind."""


def parameters(name: str) -> dict:
    return {one.name: one for one in declared(name) if not owned_reason(one.name)}


def rules_for(name: str, label: str) -> list[tuple[Rule, str]]:
    """Return the rules of a parameter, each with the step that it is of."""
    step, _, short = label.rpartition(".")
    return [(rule, step) for rule in rules_of(stage(name), step) if short in rule.names]


def unmet(condition: Condition, name: str, step: str) -> dict:
    """Return settings with which a condition is not met."""
    if condition.holds == Holds.NEVER:
        return {}
    label = condition.parameter if "." in condition.parameter or not step else f"{step}.{condition.parameter}"
    parameter = parameters(name)[label]
    if condition.holds == Holds.GIVEN:
        return {label: parameter.default}
    if condition.holds == Holds.ABSENT:
        return {label: GIVEN[label]}
    if condition.holds == Holds.NOT_ENDING:
        return {label: ENDING[label]}
    if condition.holds in (Holds.IS_NOT, Holds.ABOVE):
        return {label: condition.values[0]}
    others = parameter.choices or (not condition.values[0],)
    return {label: next(one for one in others if one not in condition.values)}


def idle_settings(rule: Rule, name: str, step: str) -> dict:
    return {key: value for one in rule.any_of for key, value in unmet(one, name, step).items()}


def acting_cases() -> list[tuple]:
    return [
        (name, label, value, around)
        for name, trials in VALUES.items()
        for label, (value, around) in trials.items()
        if not any(one.holds == Holds.NEVER for rule, _ in rules_for(name, label) for one in rule.any_of)
    ]


def idle_cases() -> list[tuple]:
    return [
        (name, label, value, {**around, **idle_settings(rule, name, step)})
        for name, trials in VALUES.items()
        for label, (value, around) in trials.items()
        for rule, step in rules_for(name, label)
        if not needs_network(rule)
    ]


def needs_network(rule: Rule) -> bool:
    """Whether only the name of a service makes a rule act."""
    return any("GAIADR3" in one.values for one in rule.any_of)


def seen_to_act() -> list[tuple]:
    """Return the cases of every day: those that a sweep has confirmed; all of them in a whole sweep."""
    return [case for case in acting_cases() if ALL or case[1] not in UNSEEN.get(case[0], "").split()]


def of_whole_sweeps(cases: list[tuple]) -> list[tuple]:
    return cases if ALL else []


def names(cases: list[tuple]) -> list:
    return [pytest.param(*one, id=f"{one[0]}-{one[1]}-{'-'.join(sorted(one[3]))}") for one in cases]


@pytest.fixture(scope="module")
def parts(in_child, tmp_path_factory):
    """Give what a stage makes with some settings, part by part."""
    from miri_widgets.simulation import write_reference_cache

    folder = tmp_path_factory.mktemp("acting_own")
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB64",))
    before = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    with in_child({**cache.environment(), "CRDS_CONFIG_URI": "none"}, before) as call:
        yield lambda *arguments: call(own_laboratory.parts, folder, *arguments)


def test_every_stage_of_ours_is_tried_here_or_by_its_correction():
    # tests/steps/test_acting.py tries corrections of calibrated exposures
    corrections = {one.name for one in STAGES if one.correction and one.takes == "cal"}
    assert VALUES.keys() == {one.name for one in STAGES if one.is_own} - corrections


@pytest.mark.parametrize("name", VALUES)
def test_every_parameter_is_tried_or_refused(name):
    refused = {one.partition(":")[2] for one in REFUSES if one.startswith(f"{name}:")}
    assert VALUES[name].keys() | refused == parameters(name).keys()


def test_what_is_known_by_reading_is_counted_and_named():
    text = " ".join(
        (Path(__file__).parents[2] / "docs" / "developers.md").read_text(encoding="utf-8").split()
    )
    named = [f"{name}:{label}" for name, labels in UNSEEN.items() for label in labels.split()]
    assert set(named) <= {f"{name}:{label}" for name, trials in VALUES.items() for label in trials}
    parameters_of_ours = sum(map(len, VALUES.values()))
    assert f"{len(named)} of {parameters_of_ours} parameters of our other stages" in text
    for name in UNSEEN:
        assert f"`{name}`" in text


@pytest.mark.parametrize("full", REFUSES)
def test_what_a_stage_cannot_do_without_is_refused(full):
    from miri_widgets.errors import MiriWidgetsError
    from miri_widgets.steps.inputs import check_settings

    name, _, label = full.partition(":")
    with pytest.raises(MiriWidgetsError, match=label.partition(".")[0]):
        check_settings(stage(name), {label: True})


@pytest.mark.pipeline
@pytest.mark.parametrize(("name", "label", "value", "around"), names(share(seen_to_act())))
def test_a_parameter_that_acts_changes_a_pixel_a_row_or_a_wcs(parts, name, label, value, around):
    assert label not in inactive(stage(name), declared(name), around)
    usual, other = parts(name, around), parts(name, {**around, label: value})
    assert REFUSED not in usual and REFUSED not in other, (usual, other)
    changed = {part for part in usual.keys() | other.keys() if usual.get(part) != other.get(part)}
    # a proof stands in the record
    assert changed if label in IN_RECORD else changed - {RECORD}


@pytest.mark.pipeline
@pytest.mark.parametrize(("name", "label", "value", "around"), names(of_whole_sweeps(idle_cases())))
def test_a_parameter_that_does_not_act_changes_nothing(parts, name, label, value, around):
    assert label in inactive(stage(name), declared(name), around)
    usual, other = parts(name, around), parts(name, {**around, label: value})
    assert REFUSED not in usual and REFUSED not in other, (usual, other)
    assert other == usual
