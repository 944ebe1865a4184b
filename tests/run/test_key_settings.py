"""Equal effective values, equal keys, whoever set them; values that do not act change no key."""

import os

import pytest

from miri_widgets.run import key_settings, plan_stages
from miri_widgets.run.key_settings import KeySettings, canonical, with_whole_paths
from miri_widgets.settings import Kind, Parameter, Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import STAGES, stage

from .conftest import ENVIRONMENT, make_exposure

CRDS = {
    "detector1": {"jump.rejection_threshold": 5.0, "jump.find_showers": True},
    "image2": {},
    "image3": {"tweakreg.kernel_fwhm": 2.19, "outlier_detection.snr": "4.0 3.0"},
}


@pytest.fixture
def with_crds(monkeypatch):
    """CRDS parameter files of a context that is at hand."""
    monkeypatch.setattr(key_settings, "has_context", lambda environment: True)
    monkeypatch.setattr(
        key_settings, "crds_layers", lambda name, exposures, environment: [CRDS[name] for _ in exposures]
    )


def spellings(value):
    """The same value as a form, a TOML file, Python and a strun line may give it."""
    yield value
    if isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int | float):
        yield from (float(value), str(value), f" {value} ")
    elif isinstance(value, tuple):
        yield from (list(value), ", ".join(map(str, value)))


@pytest.mark.parametrize("name", [one.name for one in STAGES])
def test_a_parameter_set_to_its_effective_value_leaves_the_key(tmp_path, with_crds, name):
    of, exposure = stage(name), make_exposure(tmp_path, 1)
    keys = KeySettings(ENVIRONMENT)
    crds = CRDS.get(name, {})
    other = {"prove": False} if of.is_own and name not in ("showers", "grid") else {}
    other = {key: value for key, value in other.items() if key in {one.name for one in declared(name)}}
    before = keys.form(of, exposure, other, {})
    for one in declared(name):
        if owned_reason(one.name) or one.name in other:
            continue
        for value in spellings(crds.get(one.name, one.default)):
            assert keys.form(of, exposure, {**other, one.name: value}, {}) == before, (one.name, value)


def test_three_typed_over_the_default_three_leaves_sky_and_all_behind_it(tmp_path, with_crds):
    exposures = [make_exposure(tmp_path / "raw", number) for number in range(1, 5)]
    chain = ("detector1", "image2", "sky", "image3")

    def keys(**user):
        settings = Settings(declared("sky"), {Source.USER: user} if user else {})
        return [one.key for one in plan_stages(tmp_path, exposures, chain, {"sky": settings}, ENVIRONMENT)]

    assert keys(clip_low=3) == keys() == keys(clip_low="3.0", leave_one_out=True)
    assert keys(clip_low=4)[:8] == keys()[:8] and not set(keys(clip_low=4)[8:]) & set(keys())
    # out of its own median nothing is left: neither of them acts
    median = keys(method="median")
    assert median == keys(method="median", leave_one_out=False) == keys(method="median", clip_high=5)
    assert median != keys()


def test_a_value_equal_to_that_of_crds_is_no_change_and_the_pipelines_default_is_one(tmp_path, with_crds):
    of, exposure, keys = stage("detector1"), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    assert keys.form(of, exposure, {"jump.rejection_threshold": 5}, {}) == {}
    assert keys.form(of, exposure, {"jump.rejection_threshold": 4}, {}) == {"jump.rejection_threshold": 4.0}


def test_without_the_crds_context_no_value_is_left_out(tmp_path):
    of, exposure, keys = stage("detector1"), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    assert keys.form(of, exposure, {"jump.rejection_threshold": "4"}, {}) == {"jump.rejection_threshold": 4.0}


def test_parameters_of_a_skipped_step_change_no_key(tmp_path, with_crds):
    of, exposure, keys = stage("image3"), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    skipped = keys.form(of, exposure, {"tweakreg.skip": True}, {})
    assert keys.form(of, exposure, {"tweakreg.skip": True, "tweakreg.minobj": 7}, {}) == skipped
    assert keys.form(of, exposure, {"tweakreg.minobj": 7}, {}) == {"tweakreg.minobj": 7}


def test_what_products_prove_to_rest_changes_no_key(tmp_path, with_crds):
    of, exposure, keys = stage("detector1"), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    runs = {"emicorr.skip": False}
    assert keys.form(of, exposure, {**runs, "emicorr.nbins": 40}, {}) == runs
    sequential = {**runs, "emicorr.algorithm": "sequential"}
    assert keys.form(of, exposure, {**sequential, "emicorr.nbins": 40}, {}) == {
        **sequential,
        "emicorr.nbins": 40,
    }


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("image3", {"tweakreg.abs_minobj": 7}),
        ("image3", {"outlier_detection.backg": 3.0}),  # no small run proves its rule
        ("image2", {"save_bsub": True}),
        ("image2", {"photom.override_area": "/data/area.fits"}),  # its name stands in the header
        ("image2", {"assign_wcs.override_camera": "/data/camera.asdf"}),
    ],
)
def test_a_rule_that_no_product_proves_never_lets_two_runs_share_a_key(tmp_path, with_crds, name, settings):
    of, exposure, keys = stage(name), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    assert keys.form(of, exposure, settings, {}) == settings


def test_the_keys_of_runs_with_presets_only_are_made_of_them_alone(tmp_path):
    of, exposure, keys = stage("image3"), make_exposure(tmp_path, 1), KeySettings(ENVIRONMENT)
    assert keys.form(of, exposure, {"resample.pixel_scale": 0.11}, {}) == {"resample.pixel_scale": 0.11}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.FLOAT, (3, 3.0, "3", "3.00", " 3e0 ")),
        (Kind.INTEGER, (3, 3.0, "3", "3.0")),
        (Kind.BOOLEAN, (True, "true", "True")),
        (Kind.STRING, (None, "", "None", "  ")),
        (Kind.STRING, ("5.0 4.0", "5 4", " 5  4.00")),
        (Kind.FLOAT_LIST, ((1, 2), [1.0, 2.0], "1, 2", "[1.0, 2]")),
        (Kind.LIST, ((), [], None)),
    ],
)
def test_equal_values_have_one_form(kind, values):
    parameter = Parameter("step.name", kind, optional=True)
    assert len({repr(canonical(parameter, one)) for one in values}) == 1


def test_a_file_has_one_name_however_it_is_written(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    file = tmp_path / "here" / "sky.reg"
    file.write_text("image; circle(1,2,3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    written = ("here/sky.reg", "./here/../here/sky.reg", "~/here/sky.reg", os.fspath(file))
    assert {with_whole_paths({"exclude_file": one})["exclude_file"] for one in written} == {str(file)}
    # a word that happens to be a file's name stays a word
    (tmp_path / "median").write_text("")
    assert with_whole_paths({"method": "median", "exclude_file": "gone.reg"}) == {
        "method": "median",
        "exclude_file": "gone.reg",
    }
