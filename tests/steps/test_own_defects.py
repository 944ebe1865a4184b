"""What our steps refuse, in one sentence; how they are declared; and the harm that they tell of."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

from miri_widgets import errors
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.run.harm import harm_in
from miri_widgets.steps.execute import execute
from miri_widgets.steps.exposure_files import read_exposure_arrays
from miri_widgets.steps.previews import NOT_OF_THE_CORRECTION, operation_of
from miri_widgets.steps.registry import CLASSES, get_steps
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("small_program")]

OWN = [one for one in STAGES if one.correction]
of_cals = pytest.mark.parametrize("one", [one for one in OWN if one.takes == "cal"], ids=lambda one: one.name)
each_stage = pytest.mark.parametrize("one", OWN, ids=lambda one: one.name)


def refused(kind, words, stage_name, inputs, settings, output, call=None):
    """Run, and expect one sentence of ours; nothing that looks like a product is left."""
    with pytest.raises(kind, match=words) as caught:
        if call is None:
            execute(stage_name, inputs, settings, output)
        else:
            call(execute, stage_name, inputs, settings, output)
    sentence = str(caught.value)
    assert "; expected " in sentence and ": " in sentence and "\n" not in sentence
    assert 30 < len(sentence) < 400
    assert not list(Path(output).glob("*.fits"))


@of_cals
@pytest.mark.parametrize("suffix", ["rateints", "ramp", "rate"])
def test_other_products_are_refused(one, suffix, own_runs, tmp_path):
    path = tmp_path / own_runs.cals[0].name.replace("_cal", f"_{suffix}")
    path.write_bytes(own_runs.cals[0].read_bytes())
    refused(errors.WrongSuffixError, "cal", one.name, [path], {}, tmp_path / "out")


def copied(source: Path, folder: Path, **cards) -> Path:
    path = folder / source.name
    path.write_bytes(source.read_bytes())
    with fits.open(path, mode="update") as hdus:
        hdus[0].header.update(cards)
    return path


@of_cals
def test_another_instrument_is_refused(one, own_runs, tmp_path):
    path = copied(own_runs.cals[0], tmp_path, INSTRUME="NIRCAM", DETECTOR="NRCA1")
    refused(errors.InputError, "NIRCAM|MIRI", one.name, [path], {}, tmp_path / "out")


@pytest.mark.parametrize("name", ["warm_pixels", "sky", "level_match"])
def test_mixed_filters_are_refused(name, own_runs, tmp_path):
    other = copied(own_runs.cals[1], tmp_path, FILTER="F770W")
    inputs = [own_runs.cals[0], other]
    refused(errors.MixedExposuresError, "F560W.*F770W|F770W.*F560W", name, inputs, {}, tmp_path / "out")


TOO_FEW = [
    ("warm_pixels", r"^2 exposures at [12] pointings .*; expected at least [3-9] pointings"),
    ("sky", r"^[12] \w* ?exposures for a sky; expected at least [2-9]: add exposures"),
]


@pytest.mark.parametrize(("name", "words"), TOO_FEW)
def test_too_few_exposures_are_refused(name, words, own_runs, tmp_path):
    inputs = own_runs.cals[:2]
    refused(errors.InputError, words, name, inputs, {}, tmp_path / "out", own_runs.call)


FILES = [
    ("stripes", "exclude_file", {}),
    ("pullupdown", "sources_file", {"find": False}),
    ("sky", "exclude_file", {}),
]


@pytest.mark.parametrize(("name", "parameter", "more"), FILES)
def test_region_files_that_cannot_be_used_are_refused(name, parameter, more, own_runs, tmp_path):
    inputs = own_runs.cals if name == "sky" else own_runs.cals[:1]
    words, text = tmp_path / "words.reg", tmp_path / "regions.txt"
    words.write_text("this is no region file\n", encoding="utf-8")
    text.write_text("image; circle(10, 10, 3)\n", encoding="utf-8")
    cases = {
        tmp_path / "absent.reg": errors.MissingFileError,
        words: errors.BadTableError,
        text: errors.BadTableError,
    }
    for path, kind in cases.items():
        settings = {parameter: str(path), **more}
        refused(kind, path.name, name, inputs, settings, tmp_path / "out", own_runs.call)


BOUNDS = [
    ("areas", "margin", 201),
    ("warm_pixels", "fraction", 0.2),
    ("sky", "clip_low", -1.0),
    ("sky", "method", "guess"),
    ("pullupdown", "width", 2),
    ("stripes", "protect_scale", -1.0),
    ("level_match", "box", 3),
    ("level_match", "model", "cubic"),
]


@pytest.mark.parametrize(("name", "parameter", "value"), BOUNDS)
def test_values_out_of_bounds_are_refused_before_the_run_and_by_the_correction(
    name, parameter, value, own_runs, tmp_path
):
    inputs = own_runs.cals[: 1 if name in ("areas", "pullupdown", "stripes") else 4]
    refused(errors.ParameterError, parameter, name, inputs, {parameter: value}, tmp_path / "out")
    with pytest.raises(errors.ParameterError, match=parameter):
        operation_of(name)([read_exposure_arrays(path) for path in inputs], **{parameter: value})


# ---- how steps are declared


def test_every_step_is_registered_under_its_alias():
    for alias, dotted in CLASSES.items():
        cls = pipeline_class(dotted)
        assert cls.class_alias == alias
        assert f"{cls.__module__}.{cls.__name__}" == dotted
        assert inspect.getdoc(cls)
    by_class = {dotted: alias for alias, dotted in CLASSES.items()}
    for one in STAGES:
        if one.is_own:
            alias = by_class[one.pipeline]
            assert (alias,) == one.steps or set(one.steps) & set(CLASSES), one.name
            assert (alias,) == one.steps or not one.correction
    assert {one.pipeline for one in STAGES if one.is_own} <= set(by_class)


def test_stpipe_finds_the_steps():
    from stpipe.entry_points import get_steps as registered

    found = {one.class_alias: one.class_name for one in registered() if one.package_name == "miri_widgets"}
    assert found == CLASSES
    assert [entry[1] for entry in get_steps()] == list(CLASSES)
    assert {alias for _, alias, pipeline in get_steps() if pipeline} == {"miri_fit_without_showers"}
    command = [str(Path(sys.executable).with_name("stpipe")), "list", "miri_widgets.*"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert set(CLASSES.values()) <= set(listed)


def keywords_of(function):
    taken = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in taken if one.kind is one.KEYWORD_ONLY}


@each_stage
def test_a_step_declares_what_its_correction_takes(one):
    from stpipe.config_parser import load_spec_file

    cls = pipeline_class(one.pipeline)
    assert cls.operation is operation_of(one.name)
    spec = load_spec_file(cls)
    step, names = cls(), list(spec.scalars)
    keywords = keywords_of(cls.operation)
    if one.name == "sky":
        # the rest is handed on; the dedicated exposures are found by their observations
        keywords = {**keywords_of(subtract_sky), **keywords}
        del keywords["backgrounds"]
    assert {name.removesuffix("_file") for name in names} == set(keywords)
    assert not set(names) & set(NOT_OF_THE_CORRECTION)
    for name in names:
        default, value = keywords[name.removesuffix("_file")], getattr(step, name)
        if name.endswith("_file"):
            assert value is None and default == ()
        else:
            assert (tuple(value) if isinstance(value, list) else value) == default, name
            assert type(value) is type(default) or isinstance(value, list), name
        comment = spec.inline_comments[name]
        assert comment and comment.strip("# ").rstrip().endswith((".", "]")), name


# ---- harm is told


def test_a_run_that_takes_half_of_the_field_says_so(own_runs, tmp_path):
    result = own_runs.call(execute, "areas", own_runs.cals[:1], {"margin": 200}, tmp_path)
    report = result.facts["report"]
    assert report["proof"]["verdict"] == "harm"
    assert harm_in(report) == " ".join(report["proof"]["sentences"])
    assert "of the usable imager becomes unusable" in harm_in(report)


def test_the_sky_of_a_nebula_made_of_itself_does_harm(own_runs, tmp_path):
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    made = calibrated_program("extended", "F560W", dithers=4, shape="SUB256", effects=("noise",))
    files = [write_cal(one, tmp_path / "nebula") for one in made]
    result = own_runs.call(execute, "sky", files, {}, tmp_path / "out")
    report = result.facts["report"]
    assert report["proof"]["verdict"] == "harm" and "extended emission" in harm_in(report)
