"""Every parameter of the steps of jwst changes a product where it acts, and none where its rule says that it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from parameter_trials import detector1, image2, image3, laboratory
from parameter_trials.by_reading import PARAMETERS, RULES_OF_OTHER_STEPS, UNSEEN, is_seen

from miri_widgets.steps.acting import inactive, rules_of
from miri_widgets.steps.acting_rules import PROVEN
from miri_widgets.steps.conditions import Condition, Holds, Rule
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import stage
from tests.support.shares import ALL, SHARES, share

VALUES = {"detector1": detector1.VALUES, "image2": image2.VALUES, "image3": image3.VALUES}
SKIP = {"skip": (True, {})}
FILES_GIVEN = {
    "output_wcs": "@output_wcs.asdf",
    "pixel_scale": 0.12,
    "onthefly_corr_freq": (390.625,),
    "user_supplied_reffile": "@emi_reference.asdf",
    "user_mask": "@mask.fits",
    "user_supplied_flat": "@flat.fits",
    "abs_refcat": "@stars.ecsv",
}
"""A value for each parameter whose being given makes others idle."""


def settable(name: str) -> list:
    """Return the parameters of a stage's running steps that an astronomer may set."""
    of = stage(name)
    return [
        one for one in declared(name) if not owned_reason(one.name) and (not one.step or one.step in of.steps)
    ]


def trials(name: str) -> list[tuple]:
    """Return every trial of a stage: step, parameter, another value, and the settings around it; ``skip`` of each step, too."""
    return [
        (step, label, value, around)
        for step in stage(name).steps
        for label, (value, around) in {**SKIP, **VALUES[name].get(step, {})}.items()
    ]


def unmet(condition: Condition, name: str, step: str) -> dict | None:
    """Return settings of the step with which a condition is not met; None when another step decides."""
    label = condition.parameter
    if condition.holds == Holds.NEVER:
        return {}
    if "." in label:
        return None
    if condition.holds == Holds.ABSENT:
        return {label: FILES_GIVEN[label]}
    if condition.holds == Holds.GIVEN:
        return {label: None}
    if condition.holds in (Holds.IS_NOT, Holds.ABOVE):
        return {label: condition.values[0]}
    parameter = next(one for one in declared(name) if one.name == f"{step}.{label}")
    others = parameter.choices or (FILES_GIVEN.get(label, not condition.values[0]),)
    return {label: next(one for one in others if one not in condition.values)}


def idle_settings(rule: Rule, name: str, step: str) -> dict | None:
    """Return settings of the step with which a rule lets its parameters rest."""
    found: dict = {}
    for condition in rule.any_of:
        settings = unmet(condition, name, step)
        if settings is None:
            return None
        found |= settings
    # this method refuses to run without its file
    return {**image3.USER, **found} if found.get("skymethod") == "user" else found


def _rules(name: str, step: str, label: str) -> list[Rule]:
    return [one for one in rules_of(stage(name), step) if label in one.names]


def acting_cases() -> list[tuple]:
    return [
        (name, *trial)
        for name in VALUES
        for trial in trials(name)
        if f"{name}:{trial[0]}.{trial[1]}" not in PARAMETERS
        and not any(
            condition.holds == Holds.NEVER for rule in _rules(name, *trial[:2]) for condition in rule.any_of
        )
    ]


def idle_cases() -> list[tuple]:
    return [
        (name, step, label, value, {**around, **settings})
        for name in VALUES
        for step, label, value, around in trials(name)
        for rule in _rules(name, step, label)
        if (settings := idle_settings(rule, name, step)) is not None
    ]


def seen_to_act() -> list[tuple]:
    """Return the cases of every day: those whose trial was seen to hold; all of them in a whole sweep."""
    return [case for case in acting_cases() if ALL or is_seen(*case[:3])]


def proven_to_rest() -> list[tuple]:
    """Return the cases of every day: those that keys leave out; all of them in a whole sweep."""
    return [case for case in idle_cases() if ALL or f"{case[1]}.{case[2]}" in PROVEN]


def names(cases: list[tuple]) -> list:
    return [pytest.param(*one, id=f"{one[0]}-{one[1]}.{one[2]}-{'-'.join(sorted(one[4]))}") for one in cases]


def in_full(step: str, settings: dict) -> dict:
    """Return settings of a step by full names."""
    full = {key if "." in key else f"{step}.{key}": one for key, one in settings.items()}
    return {f"{step}.skip": False, **full}


def without_names(parts: dict) -> dict:
    """Return all parts but those that name reference files."""
    return {
        part: one for part, one in parts.items() if not part.endswith((" PRIMARY,1 header", " ASDF,1 data"))
    }


@pytest.fixture(scope="module")
def parts(small_program, in_child, tmp_path_factory):
    """Give what a step makes with some settings, part by part."""
    folder = tmp_path_factory.mktemp("acting")
    before = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    # CRDS was imported before the environment was emptied, and with it its defaults
    environment = {**small_program.environment, "CRDS_CONFIG_URI": "none"}
    with in_child(environment, before) as call:
        yield lambda *arguments: call(laboratory.parts, small_program.uncal, folder, *arguments)


@pytest.mark.parametrize("name", VALUES)
def test_every_parameter_of_jwst_is_tried_or_has_a_reason(name):
    known = {trial[:2] for trial in trials(name)}
    for one in settable(name):
        full, tried = f"{name}:{one.name}", (one.step, one.label) in known
        assert tried or full in PARAMETERS, (
            f"Give {full} a value, or a reason in parameter_trials.by_reading."
        )


def test_every_rule_is_tried_or_has_a_reason():
    untried = {
        f"{name}:{step}.{label}"
        for name in VALUES
        for step, label, *_ in trials(name)
        for rule in _rules(name, step, label)
        if idle_settings(rule, name, step) is None
    }
    assert untried == RULES_OF_OTHER_STEPS.keys()


def test_what_is_known_by_reading_is_counted_and_named():
    acting, resting = acting_cases(), idle_cases()
    named = {f"{key}.{label}" for key, labels in UNSEEN.items() for label in labels.split()}
    assert named <= {f"{case[0]}:{case[1]}.{case[2]}" for case in acting}
    read = [case for case in resting if f"{case[1]}.{case[2]}" not in PROVEN]
    text = " ".join(
        (Path(__file__).parents[2] / "docs" / "developers.md").read_text(encoding="utf-8").split()
    )
    assert f"{len(named)} of {len(acting)} trials to act" in text
    assert f"{len(read)} of {len(resting)} trials to rest" in text
    for name in (*(key.partition(":")[2] for key in UNSEEN), *PARAMETERS, *RULES_OF_OTHER_STEPS):
        assert f"`{name.partition(':')[2] or name}`" in text, name


def test_what_counts_as_proven_is_tried_with_each_of_its_rules():
    for name in VALUES:
        for one in settable(name):
            if one.name in PROVEN:
                tried = [idle_settings(rule, name, one.step) for rule in _rules(name, one.step, one.label)]
                assert tried and None not in tried, one.name
    assert {one.name for name in VALUES for one in settable(name)} >= PROVEN


@pytest.mark.parametrize("cases", [acting_cases(), idle_cases()], ids=["acting", "idle"])
def test_the_shares_of_all_days_are_all_cases(cases):
    shares = [share(cases, str(day)) for day in range(7, 7 + SHARES)]
    assert sorted(map(str, cases)) == sorted(str(case) for each in shares for case in each)
    assert max(map(len, shares)) <= len(cases) // SHARES + 1
    assert share(cases, "all") == cases


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
@pytest.mark.parametrize(("name", "step", "label", "value", "around"), names(share(seen_to_act())))
def test_a_parameter_that_acts_changes_a_product(parts, name, step, label, value, around):
    full = in_full(step, around)
    assert f"{step}.{label}" not in inactive(stage(name), declared(name), full)
    usual, other = parts(name, step, around), parts(name, step, {**around, label: value})
    assert laboratory.REFUSED not in usual, usual
    assert other != usual


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
@pytest.mark.parametrize(("name", "step", "label", "value", "around"), names(share(proven_to_rest())))
def test_a_parameter_that_does_not_act_changes_no_product(parts, name, step, label, value, around):
    full = in_full(step, around)
    assert f"{step}.{label}" in inactive(stage(name), declared(name), full)
    usual, other = parts(name, step, around), parts(name, step, {**around, label: value})
    assert laboratory.REFUSED not in usual, usual
    if label.startswith("override_"):  # the name of the file stands in the headers all the same
        usual, other = without_names(usual), without_names(other)
    assert other == usual
