"""Our steps as hooks of the official pipelines, by ``strun``, and from parameter files: the pixels of a run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from miri_widgets import errors
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.execute import execute
from miri_widgets.steps.exposure_files import read_exposure_arrays
from miri_widgets.steps.parameter_files import load_asdf, save_asdf
from miri_widgets.steps.previews import preview
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES, stage

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("small_program")]

OWN = [one for one in STAGES if one.correction and one.takes == "cal"]
SINGLE = [one for one in OWN if one.scope == "exposure"]
TOGETHER = [one for one in OWN if one.scope != "exposure"]
ARRAYS = {
    "data": "sci",
    "err": "err",
    "dq": "dq",
    "var_poisson": "var_poisson",
    "var_rnoise": "var_rnoise",
    "var_flat": "var_flat",
}


def assert_saved(model, path: Path) -> None:
    planes = read_exposure_arrays(path)
    for key, name in ARRAYS.items():
        np.testing.assert_array_equal(getattr(model, key), getattr(planes, name), err_msg=key)


def as_hook(one, values) -> str:
    """The step with its settings, as hooks are written on the command line."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return f"{one.pipeline}({arguments})"


@pytest.fixture(scope="module")
def crds(small_program):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in small_program.environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def rate(own_runs, small_program, tmp_path_factory) -> Path:
    """A rate, and beside it in ``cal`` what image2 makes of it."""
    folder = tmp_path_factory.mktemp("hooks")
    result = own_runs.call(execute, "detector1", [small_program.uncal[0]], {}, folder / "rate")
    path = folder / "rate" / result.products[0]
    own_runs.call(execute, "image2", [path], {"resample.skip": True}, folder / "cal")
    return path


@pytest.mark.parametrize("one", SINGLE, ids=lambda one: one.name)
def test_after_photom_in_image2(one, rate, own_runs, crds, tmp_path):
    from jwst.pipeline import Image2Pipeline

    before = rate.read_bytes()
    values = own_runs.settings[one.name] | {"prove": False}
    steps = {"resample": {"skip": True}, "photom": {"post_hooks": [as_hook(one, values)]}}
    (hooked,) = Image2Pipeline.call(str(rate), steps=steps, configure_log=False)
    assert rate.read_bytes() == before
    assert hooked.meta.cal_step.photom == "COMPLETE"
    cal = rate.parent.parent / "cal" / rate.name.replace("_rate", "_cal")
    step = pipeline_class(one.pipeline)(**values, save_results=True, output_dir=str(tmp_path))
    step.run(str(cal))
    assert_saved(hooked, tmp_path / cal.name)
    plain, after = read_exposure_arrays(cal), read_exposure_arrays(tmp_path / cal.name)
    same = np.array_equal(plain.sci, after.sci, equal_nan=True) and np.array_equal(plain.dq, after.dq)
    assert not same or one.name == "pullupdown", "no source here is bright enough for arms"


def test_stripes_of_a_rate_leave_a_rate(rate, own_runs, tmp_path):
    before = rate.read_bytes()
    result = own_runs.call(execute, "rate_stripes", [rate], {}, tmp_path)
    assert rate.read_bytes() == before
    assert result.products[0] == rate.name and result.facts["unit"] == "DN/s"
    root = rate.name.removesuffix("_rate.fits")
    values = {p.name: p.default for p in declared("rate_stripes") if not owned_reason(p.name)}
    shown = preview("rate_stripes", [rate], values, root).after
    made = read_exposure_arrays(tmp_path / rate.name)
    for name in ARRAYS.values():
        first, second = getattr(made, name), getattr(shown, name)
        assert (first is None) == (second is None), name
        if first is not None:
            np.testing.assert_array_equal(first, second, err_msg=name)
    assert not np.array_equal(made.sci, read_exposure_arrays(rate).sci, equal_nan=True)
    assert set(result.facts["report"]["exposures"]) == {root}


def image3(association, one, hook, seen=None):
    """Run image3 with all of its steps left out, and `hook` before tweakreg."""
    from jwst.pipeline import Image3Pipeline
    from jwst.stpipe import Step

    class Keep(Step):
        """Copies what passes by."""

        def process(self, library):
            with library:
                for index, model in enumerate(library):
                    seen[model.meta.filename] = model.copy()
                    library.shelve(model, index, modify=False)
            return library

    left_out = {"skip": True}
    steps = {
        "tweakreg": {**left_out, "pre_hooks": [hook]},
        "skymatch": left_out,
        "outlier_detection": left_out,
        "resample": left_out,
        "source_catalog": left_out,
    }
    if seen is not None:
        steps["skymatch"] = {**left_out, "pre_hooks": [Keep]}
    Image3Pipeline.call(str(association), steps=steps, in_memory=True, configure_log=False)


@pytest.mark.parametrize("one", TOGETHER, ids=lambda one: one.name)
def test_before_tweakreg_in_image3(one, own_runs, crds, tmp_path):
    _, output = own_runs.executed(one)
    before = [path.read_bytes() for path in own_runs.cals]
    association = own_runs.association(tmp_path, own_runs.cals[::-1])
    seen = {}
    image3(association, one, as_hook(one, own_runs.settings[one.name] | {"prove": False}), seen)
    assert sorted(seen) == [path.name for path in own_runs.cals]
    for name, model in seen.items():
        assert_saved(model, output / name)
    assert [path.read_bytes() for path in own_runs.cals] == before


def test_a_hook_that_saves_does_not_write_over_the_members(own_runs, crds, tmp_path, monkeypatch):
    copies = tuple(tmp_path / path.name for path in own_runs.cals[:2])
    for path, copy in zip(own_runs.cals, copies, strict=False):
        copy.write_bytes(path.read_bytes())
    before = [copy.read_bytes() for copy in copies]
    association = own_runs.association(tmp_path, copies)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.NotWritableError, match="--output_dir"):
        values = {"prove": False, "save_results": True}
        image3(association, stage("level_match"), as_hook(stage("level_match"), values))
    assert [copy.read_bytes() for copy in copies] == before


@pytest.mark.parametrize("one", OWN, ids=lambda one: one.name)
def test_from_parameter_files(one, own_runs, tmp_path):
    from stdatamodels.jwst import datamodels

    cls = pipeline_class(one.pipeline)
    values = own_runs.settings[one.name] | {"prove": False}
    step = cls(**values)
    step.export_config(tmp_path / "theirs.asdf")
    save_asdf(one.name, Settings(declared(one.name), {Source.USER: values}), tmp_path / "ours.asdf")
    theirs, ours = (cls.from_config_file(str(tmp_path / f"{who}.asdf")) for who in ("theirs", "ours"))
    assert theirs.get_pars() == ours.get_pars() == step.get_pars()
    assert load_asdf(one.name, tmp_path / "ours.asdf").passed() == values
    loaded = load_asdf(one.name, tmp_path / "theirs.asdf")
    assert {name: loaded[name] for name in values} == values
    _, output = own_runs.executed(one)
    files = own_runs.inputs(one)
    models = [datamodels.open(path) for path in files]
    if len(models) == 1:
        assert_saved(ours.run(models[0]), output / files[0].name)
        return
    library = ours.run(models)
    with library:
        for index, path in enumerate(files):
            model = library.borrow(index)
            assert_saved(model, output / path.name)
            library.shelve(model, index, modify=False)


def test_by_strun(own_runs, tmp_path):
    """An exposure and an association, side by side in two processes."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CRDS_")}
    running = []
    for one in (stage("stripes"), stage("sky")):
        folder = tmp_path / one.name
        folder.mkdir()
        files = own_runs.inputs(one)
        source = files[0] if len(files) == 1 else own_runs.association(folder, files)
        alias = pipeline_class(one.pipeline).class_alias
        strun = str(Path(sys.executable).with_name("strun"))
        command = [strun, alias, str(source), f"--output_dir={folder / 'out'}", "--prove=false"]
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append((one, folder / "out", files, process))
    for one, made, files, process in running:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said[-2000:]
        _, output = own_runs.executed(one)
        for path in files:
            first, second = read_exposure_arrays(made / path.name), read_exposure_arrays(output / path.name)
            for name in ARRAYS.values():
                np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    assert sorted(path.name for path in made.iterdir())[-1].endswith(("_sky.fits", "_cal.fits"))
    assert any(path.name == "own_sky.fits" for path in made.iterdir())
