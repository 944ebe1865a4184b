"""Parameter files survive the round trip, also through jwst's own reader."""

import math
import tomllib

import asdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError, MissingFileError, ParameterError
from miri_widgets.settings import Kind, Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.parameter_files import from_toml, load_asdf, save_asdf, to_toml
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES, preset, stage

NAMES = [one.name for one in STAGES if not one.is_own]
words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
slow = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def numbers(parameter, integer):
    low = parameter.low if parameter.low is not None else -1e6
    high = parameter.high if parameter.high is not None else 1e6
    if integer:
        return st.integers(math.ceil(low), math.floor(high))
    return st.floats(low, high)


def values_of(parameter):
    kind = parameter.kind
    if kind is Kind.BOOLEAN:
        return st.booleans()
    if kind is Kind.CHOICE:
        found = st.sampled_from(parameter.choices)
    elif kind is Kind.STRING:
        found = words.filter(lambda text: text != "None")
    elif kind in (Kind.FLOAT, Kind.INTEGER):
        found = numbers(parameter, kind is Kind.INTEGER)
    else:
        item = words.filter(bool) if kind is Kind.LIST else numbers(parameter, kind is Kind.INTEGER_LIST)
        size = parameter.minimum_items or 1
        found = st.lists(item, min_size=size, max_size=parameter.maximum_items or 3)
    return found | st.none() if parameter.optional or parameter.default is None else found


@st.composite
def settings_of(draw, name):
    free = [parameter for parameter in declared(name) if not owned_reason(parameter.name)]
    layers = {}
    for source in (Source.PRESET, Source.PROGRAM, Source.USER):
        chosen = draw(st.lists(st.sampled_from(free), max_size=4, unique_by=lambda one: one.name))
        layers[source] = {one.name: draw(values_of(one)) for one in chosen}
    return Settings(declared(name), layers)


@pytest.mark.parametrize("name", NAMES)
@slow
@given(data=st.data())
def test_asdf_keeps_values_and_their_sources(name, data, tmp_path):
    before = data.draw(settings_of(name))
    save_asdf(name, before, tmp_path / "set.asdf")
    after = load_asdf(name, tmp_path / "set.asdf")
    assert after.passed() == before.passed()
    for one in before.passed():
        assert after.effective(one) == before.effective(one)


@pytest.mark.parametrize("name", NAMES)
@slow
@given(data=st.data())
def test_toml_keeps_values(name, data):
    before = data.draw(settings_of(name))
    after = from_toml(to_toml({name: before}))[name]
    assert after.passed() == before.passed()
    assert all(after.effective(one).source is Source.PROGRAM for one in after.passed())


SETS = {
    "detector1": {
        "save_calibrated_ramp": True,
        "jump.rejection_threshold": 5.5,
        "jump.find_showers": True,
        "ramp_fit.algorithm": "LIKELY",
        "ramp_fit.firstgroup": 2,
        "emicorr.onthefly_corr_freq": [390.625, 10.0],
        "clean_flicker_noise.background_method": None,
        "clean_flicker_noise.background_box_size": [8, 16],
    },
    "image2": {"flat_field.skip": True, "resample.pixfrac": 0.5, "photom.source_type": "POINT"},
    "image3": {
        **preset("image3", "F770W"),
        "tweakreg.fitgeometry": "shift",
        "tweakreg.connectivity": "4",
        "resample.crval": [80.5, -69.5],
        "resample.output_shape": [1200, 1100],
        "resample.weight_type": None,
        "in_memory": False,
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_jwst_reads_what_we_write(name, tmp_path):
    path = tmp_path / "set.asdf"
    save_asdf(name, Settings(declared(name), {Source.USER: SETS[name]}), path)
    pipeline = pipeline_class("stpipe.Step").from_config_file(str(path))
    assert type(pipeline) is pipeline_class(stage(name).pipeline)
    for full, value in SETS[name].items():
        step, _, label = full.rpartition(".")
        assert getattr(getattr(pipeline, step) if step else pipeline, label) == value, full


@pytest.mark.parametrize("name", NAMES)
def test_we_read_what_jwst_writes(name, tmp_path):
    path = tmp_path / "theirs.asdf"
    cls = pipeline_class(stage(name).pipeline)
    step = {"detector1": "jump", "image2": "photom", "image3": "tweakreg"}[name]
    cls(steps={step: {"skip": True}}).export_config(path)
    found = load_asdf(name, path)
    assert found[f"{step}.skip"] is True
    assert found.effective(f"{step}.skip").source is Source.USER
    assert not [one for one in found.passed() if owned_reason(one)]
    defaults = {one.name: one.default for one in declared(name)}
    assert {one for one in found.passed() if found[one] != defaults[one]} == {f"{step}.skip"}


def test_a_file_of_one_step_is_read(tmp_path):
    path = tmp_path / "jump.asdf"
    cls = pipeline_class("jwst.jump.JumpStep")
    cls(rejection_threshold=7.0).export_config(path)
    assert load_asdf("detector1", path)["jump.rejection_threshold"] == 7.0


def test_a_file_of_another_stage_is_refused(tmp_path):
    path = tmp_path / "set.asdf"
    save_asdf("image2", Settings(declared("image2"), {Source.USER: {"photom.skip": True}}), path)
    with pytest.raises(BadTableError, match="belongs to Image2Pipeline"):
        load_asdf("image3", path)


@pytest.mark.parametrize("content", [b"", b"hello", b"#ASDF 1.0.0\n--- [1, 2]\n...\n", bytes(range(256))])
def test_a_file_that_is_none_is_refused(content, tmp_path):
    path = tmp_path / "bad.asdf"
    path.write_bytes(content)
    with pytest.raises(BadTableError):
        load_asdf("detector1", path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(MissingFileError):
        load_asdf("detector1", tmp_path / "gone.asdf")


@pytest.mark.parametrize(
    ("parameters", "steps", "kind"),
    [
        ({}, [{"name": "jump", "parameters": {"rejection_threshold": -3}}], ParameterError),
        ({"no_such": 1}, [], ParameterError),
        ({}, [{"name": "jump"}], BadTableError),
        ({}, [3], BadTableError),
    ],
)
def test_bad_contents_are_refused(parameters, steps, kind, tmp_path):
    path = tmp_path / "bad.asdf"
    tree = {"class": "jwst.pipeline.Detector1Pipeline", "name": "x", "parameters": parameters, "steps": steps}
    asdf.AsdfFile(tree).write_to(path)
    with pytest.raises(kind):
        load_asdf("detector1", path)


def test_toml_may_nest_steps_and_is_what_a_program_holds():
    found = from_toml(
        "[settings.detector1.jump]\nrejection_threshold = 5\n[settings.detector1]\nsave_calibrated_ramp = true"
    )
    assert found["detector1"].passed() == {"jump.rejection_threshold": 5.0, "save_calibrated_ramp": True}
    tables = tomllib.loads(to_toml(found))["settings"]
    assert tables == {"detector1": {"jump.rejection_threshold": 5.0, "save_calibrated_ramp": True}}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[settings", BadTableError),
        ("settings = 3", BadTableError),
        ("[settings]\ndetector1 = 3", BadTableError),
        ("[settings.detector7]\nx = 1", ParameterError),
        ('[settings.detector1]\n"jump.x" = 1', ParameterError),
        ('[settings.detector1]\n"jump.skip" = "maybe"', ParameterError),
    ],
)
def test_bad_toml_is_refused(text, kind):
    with pytest.raises(kind):
        from_toml(text)
