"""A stage that cannot be planned is told by itself, with those that wait for it; all others are planned as ever."""

import pytest

from miri_widgets.errors import ParameterError, WrongSuffixError
from miri_widgets.run import plan_chain, plan_stages
from tests.run.conftest import ENVIRONMENT, make_exposure

CHAIN = ("detector1", "image2", "grid", "sky", "apply_shift", "image3")


@pytest.fixture
def some(tmp_path):
    names = ("F560W", "F560W", "F1500W")
    return [make_exposure(tmp_path, number, filter_name=name) for number, name in enumerate(names, 1)]


def chain(some, stages, values=None):
    return plan_chain(some[0].path.parent, some, stages, values or {}, ENVIRONMENT)


def stages_of(plans):
    return list(dict.fromkeys(sorted(one.stage for one in plans)))


def test_nothing_to_apply_stops_what_applies_it_and_the_mosaic_alone(some):
    found = chain(some, CHAIN)
    assert stages_of(found.plans) == ["detector1", "grid", "image2", "sky"]
    assert list(found.refused) == ["apply_shift", "image3"]
    assert str(found.refused["apply_shift"]) == (
        "apply_shift with nothing to apply; expected the stage shifts in the chain, or shift_table set: "
        "take shifts in, give shift_table a file, or leave apply_shift out."
    )
    assert str(found.refused["image3"]) == (
        "image3 has to wait for apply_shift, which cannot run; expected what apply_shift gives: "
        "see there what it needs, or leave it out of the chain."
    )


def test_the_stages_that_can_be_planned_have_the_keys_that_they_have_without_the_others(some):
    without = plan_stages(some[0].path.parent, some, CHAIN[:4], {}, ENVIRONMENT)
    assert chain(some, CHAIN).plans == without


def test_a_whole_chain_has_no_refusals(some):
    found = chain(some, CHAIN, {"apply_shift": {"dx": 0.1}})
    assert not found.refused
    assert found.plans == plan_stages(
        some[0].path.parent, some, CHAIN, {"apply_shift": {"dx": 0.1}}, ENVIRONMENT
    )


def test_all_that_waits_names_the_first_cause(some):
    stages = ("detector1", "image2", "shifts", "apply_shift", "image3")
    found = chain(some, stages, {"shifts": {"reference_filter": "F770W"}})
    assert stages_of(found.plans) == ["detector1", "image2"]
    assert "F560W, F1500W, in which there are exposures" in str(found.refused["shifts"])
    for name in ("apply_shift", "image3"):
        assert f"{name} has to wait for shifts, which cannot run" in str(found.refused[name])


def test_a_contradiction_stops_the_stage_that_has_it(some):
    found = chain(some, (*CHAIN[:3], "image3"), {"image3": {"resample.rotation": 3.0}})
    assert list(found.refused) == ["image3"]
    assert stages_of(found.plans) == ["detector1", "grid", "image2"]


def test_a_check_that_cannot_run_keeps_nobody_waiting(some):
    found = chain(some, ("detector1", "shifts", "image2", "image3"))
    assert isinstance(found.refused["shifts"], WrongSuffixError)
    assert stages_of(found.plans) == ["detector1", "image2", "image3"], "nobody takes shifts here"


def test_all_or_nothing_raises_the_first_refusal(some):
    with pytest.raises(ParameterError, match="apply_shift with nothing to apply"):
        plan_stages(some[0].path.parent, some, CHAIN, {}, ENVIRONMENT)


def test_wrong_exposures_leave_nothing_and_say_why(some):
    found = chain(some, ("image2", "image3"))
    assert not found.plans
    assert isinstance(found.refused["image2"], WrongSuffixError)
    assert "has to wait for image2" in str(found.refused["image3"])
    assert str(found.refused["image3"]).endswith("see there what it needs.")


def exposures_of(plans, stage):
    return [plan.exposures for plan in plans if plan.stage == stage]


def test_a_rejected_exposure_leaves_the_mosaic_and_nothing_else(some):
    stages = ("detector1", "image2", "grid", "sky", "level_match", "image3")
    folder, bad = some[0].path.parent, some[1]
    whole = plan_chain(folder, some, stages, {}, ENVIRONMENT)
    found = plan_chain(folder, some, stages, {}, ENVIRONMENT, rejected=[bad.root])
    keys = {(one.stage, one.label): one.key for one in whole.plans}
    changed = {one.label for one in found.plans if keys[one.stage, one.label] != one.key}
    assert changed == {"jw01040_miri_f560w"}
    assert len(found.plans) == len(whole.plans)
    assert sorted(exposures_of(found.plans, "image3")) == [(some[0].root,), (some[2].root,)]
    assert found.notes == {
        "image3": (
            "The mosaic of F560W leaves out 1 of 2 exposures, rejected on the contact sheet: tile 1 dither 2.",
        )
    }
    assert not found.refused and not whole.notes


def test_a_filter_that_is_rejected_as_a_whole_has_no_mosaic_and_says_so(some):
    roots = {some[0].root, some[1].root, "jw01040001001_02101_00099_mirimage"}
    found = plan_chain(some[0].path.parent, some, (*CHAIN[:2], "image3"), {}, ENVIRONMENT, rejected=roots)
    assert exposures_of(found.plans, "image3") == [(some[2].root,)]
    assert len(exposures_of(found.plans, "image2")) == 3
    (note,) = found.notes["image3"]
    assert note == "All 2 exposures of F560W are rejected on the contact sheet: this filter has no mosaic."
    nothing = plan_chain(
        some[0].path.parent,
        some,
        (*CHAIN[:2], "image3"),
        {},
        ENVIRONMENT,
        rejected=[one.root for one in some],
    )
    assert stages_of(nothing.plans) == ["detector1", "image2"] and not nothing.refused
    assert nothing.notes["image3"][0].startswith("The only exposure of F1500W is rejected")


def test_a_rejected_exposure_of_empty_sky_is_still_the_sky_of_others(some):
    values = {"sky": {"background_observations": ["1"]}}
    stages = ("detector1", "image2", "sky", "image3")
    plain = plan_chain(some[0].path.parent, some, stages, values, ENVIRONMENT)
    found = plan_chain(some[0].path.parent, some, stages, values, ENVIRONMENT, rejected=[some[0].root])
    assert exposures_of(plain.plans, "sky") == exposures_of(found.plans, "sky")
    assert some[0].root in exposures_of(found.plans, "sky")[0]
