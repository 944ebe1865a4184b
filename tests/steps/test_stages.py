"""The stages hang together, and name only what jwst has."""

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason, step_docs
from miri_widgets.steps.stages import STAGES, preset, stage

each_stage = pytest.mark.parametrize("one", STAGES, ids=lambda one: one.name)


def test_each_stage_takes_what_the_one_before_gives():
    official = [one for one in STAGES if not one.optional]
    assert [one.name for one in official] == ["detector1", "image2", "image3"]
    assert [one.takes for one in official] == ["uncal", *(one.gives[0] for one in official[:-1])]
    assert all(one.main in one.gives for one in STAGES)
    given = {"uncal", "ramp"}
    for one in STAGES:
        assert one.takes in given, one.name
        given |= set(one.gives)


@each_stage
def test_steps_exist_in_jwst(one):
    if not one.is_own:
        assert set(one.steps) <= set(step_docs(one.name))
    assert set(one.indispensable) <= set(one.steps)
    assert len(set(one.steps)) == len(one.steps)


@each_stage
def test_essential_parameters_are_declared_free_and_explained(one):
    by_name = {parameter.name: parameter for parameter in declared(one.name)}
    for name in one.essential:
        assert by_name[name].doc
        assert not owned_reason(name)
        assert by_name[name].step in ("", *one.steps)


def test_a_stage_is_found_by_name_and_an_unknown_one_is_refused():
    assert stage("image2") in STAGES and stage("image2").name == "image2"
    with pytest.raises(ParameterError, match=r"image2, .*image3"):
        stage("image4")


@each_stage
@pytest.mark.parametrize("filter_name", FILTERS)
def test_presets_are_allowed_values(one, filter_name):
    values = preset(one.name, filter_name)
    assert Settings(declared(one.name), {Source.PRESET: values}).passed() == values


def test_mosaics_of_all_filters_share_one_scale():
    assert {preset("image3", name)["resample.pixel_scale"] for name in FILTERS} == {0.11}


def test_presets_leave_to_crds_what_crds_decides():
    assert all(preset("detector1", filter_name) == {} for filter_name in FILTERS)
    assert all(set(preset("image2", filter_name)) == {"resample.skip"} for filter_name in FILTERS)
    assert not any(key.startswith("tweakreg.") for name in FILTERS for key in preset("image3", name))


def test_an_unknown_filter_has_no_preset_and_an_unknown_stage_is_refused():
    assert preset("image3", "F999W") == {}
    with pytest.raises(ParameterError):
        preset("image4", "F560W")
