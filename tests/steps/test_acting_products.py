"""Every parameter of the steps of jwst changes a product where it acts, and none where its rule says that it does not."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import acting_laboratory
from acting_values import READ, SHOWN, USER, VALUES

from miri_widgets.steps.acting import inactive, rules_of
from miri_widgets.steps.acting_rules import PROVEN
from miri_widgets.steps.conditions import Condition, Holds, Rule
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import stage

STAGES = ("detector1", "image2", "image3")
SAMPLE = 40
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


WAITING = {"image3:resample", "image3:source_catalog", "detector1:gain_scale"}
"""Steps that only the whole sweep tries so far: a usual run is to have them, too."""


def settable(name: str) -> list:
    """Return the parameters of a stage's running steps that an astronomer may set."""
    of = stage(name)
    return [
        one for one in declared(name) if not owned_reason(one.name) and (not one.step or one.step in of.steps)
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
    others = (not condition.values[0],) if isinstance(condition.values[0], bool) else parameter.choices
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
    return {**USER, **found} if found.get("skymethod") == "user" else found


def acting_cases() -> list[tuple]:
    return [
        (name, step, label, value, context)
        for name in STAGES
        for step in stage(name).steps
        for label, (value, context) in VALUES.get(step, {}).items()
        if label in SHOWN.get(f"{name}:{step}", "").split() or os.environ.get("MIRI_WIDGETS_FUZZ")
        if not any(
            condition.holds == Holds.NEVER for rule in _rules(name, step, label) for condition in rule.any_of
        )
    ]


def _rules(name: str, step: str, label: str) -> list[Rule]:
    return [one for one in rules_of(stage(name), step) if label in one.names]


def idle_cases() -> list[tuple]:
    cases = []
    for name in STAGES:
        for step in stage(name).steps:
            for label, (value, context) in VALUES.get(step, {}).items():
                for rule in _rules(name, step, label):
                    settings = idle_settings(rule, name, step)
                    shown = f"{step}.{label}" in PROVEN or os.environ.get("MIRI_WIDGETS_FUZZ")
                    if settings is not None and shown:
                        around = {**context, **settings}
                        cases.append((name, step, label, value, around))
    return cases


def sampled(cases: list[tuple], number: int) -> list[tuple]:
    """Return all cases, or in a usual run a seeded sample in which every step occurs."""
    if os.environ.get("MIRI_WIDGETS_FUZZ"):
        return cases
    shuffled = sorted(cases, key=lambda one: random.Random(f"8{one[:3]}{sorted(one[4])}").random())
    first = {case[:2]: case for case in reversed(shuffled)}
    rest = [one for one in shuffled if one is not first[one[:2]]]
    chosen = [*first.values(), *rest][: max(number, len(first))]
    return [one for one in cases if one in chosen]


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
        yield lambda *arguments: call(acting_laboratory.parts, small_program.uncal, folder, *arguments)


@pytest.mark.parametrize("name", STAGES)
def test_every_parameter_of_jwst_is_tried_or_has_a_reason(name):
    for one in settable(name):
        full = f"{name}:{one.name}"
        assert one.label == "skip" or one.label in VALUES.get(one.step, {}) or full in READ, (
            f"Give {full} a value in acting_values.VALUES."
        )


def test_what_counts_as_proven_is_tried_with_each_of_its_rules():
    for name in STAGES:
        for one in settable(name):
            if one.name in PROVEN:
                tried = [idle_settings(rule, name, one.step) for rule in _rules(name, one.step, one.label)]
                assert tried and None not in tried, one.name
    assert {one.name for name in STAGES for one in settable(name)} >= PROVEN


def test_a_usual_run_tries_every_step_that_has_parameters():
    tried = {f"{case[0]}:{case[1]}" for case in sampled(acting_cases(), SAMPLE)}
    tried |= {f"{case[0]}:{case[1]}" for case in sampled(idle_cases(), SAMPLE)}
    assert {
        f"{name}:{step}" for name in STAGES for step in stage(name).steps if step in VALUES
    } - tried == WAITING


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
@pytest.mark.parametrize(("name", "step", "label", "value", "around"), names(sampled(acting_cases(), SAMPLE)))
def test_a_parameter_that_acts_changes_a_product(parts, name, step, label, value, around):
    full = in_full(step, around)
    assert f"{step}.{label}" not in inactive(stage(name), declared(name), full)
    usual, other = parts(name, step, around), parts(name, step, {**around, label: value})
    assert acting_laboratory.REFUSED not in usual, usual
    assert other != usual


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
@pytest.mark.parametrize(("name", "step", "label", "value", "around"), names(sampled(idle_cases(), SAMPLE)))
def test_a_parameter_that_does_not_act_changes_no_product(parts, name, step, label, value, around):
    full = in_full(step, around)
    assert f"{step}.{label}" in inactive(stage(name), declared(name), full)
    usual, other = parts(name, step, around), parts(name, step, {**around, label: value})
    assert acting_laboratory.REFUSED not in usual, usual
    if label.startswith("override_"):  # the name of the file stands in the headers all the same
        usual, other = without_names(usual), without_names(other)
    assert other == usual
