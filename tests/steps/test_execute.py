"""The real pipeline on simulated exposures, in processes like the engine's."""

import shutil
from pathlib import Path

import pytest

from miri_widgets import errors
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.execute import execute
from miri_widgets.steps.pipeline_run import keywords, run_pipeline
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES, stage

OFFICIAL = [one for one in STAGES if not one.is_own]

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("small_program")]


@pytest.fixture(scope="module")
def reduced(small_program, in_child, tmp_path_factory):
    """All three stages of the small program: results, reports and folders by stage."""
    from multiprocessing import Manager

    folder = tmp_path_factory.mktemp("reduced")
    found = {"folders": {}, "results": {}, "reports": {}}
    inputs = list(small_program.uncal)
    settings = {
        "detector1": {"jump.rejection_threshold": 5},
        "image2": {},
        "image3": {"resample.pixel_scale": 0.11, "tweakreg.save_catalogs": True},
    }
    with Manager() as manager, in_child(small_program.environment) as call:
        for one in OFFICIAL:
            groups = [[path] for path in inputs] if one.takes != "cal" else [inputs]
            made = []
            for number, group in enumerate(groups):
                queue = manager.Queue()
                output = folder / one.name / str(number)
                result = call(
                    execute,
                    one.name,
                    group,
                    settings[one.name],
                    output,
                    product_name="small_f560w",
                    report=queue.put,
                )
                made.append(output / result.products[0])
                if number == 0:
                    found["folders"][one.name] = output
                    found["results"][one.name] = result
                    found["reports"][one.name] = [queue.get() for _ in range(queue.qsize())]
            inputs = made
            found[one.takes] = groups[-1]
    return found


@pytest.mark.parametrize("one", OFFICIAL, ids=lambda one: one.name)
def test_reports_are_complete_and_in_order(one, reduced):
    reports = reduced["reports"][one.name]
    indices = [report.index for report in reports]
    assert indices == sorted(indices)
    assert {report.total for report in reports} == {len(one.steps)}
    last = {report.step: str(report.state) for report in reports}
    assert list(last) == list(one.steps)
    assert set(last.values()) <= {"done", "skipped"}
    steps = reduced["results"][one.name].steps
    assert {step["name"]: step["state"] for step in steps} == last
    assert sum(step["seconds"] for step in steps) > 0.1


@pytest.mark.parametrize("one", OFFICIAL, ids=lambda one: one.name)
def test_products_are_in_the_folder_and_nothing_else(one, reduced):
    result, folder = reduced["results"][one.name], reduced["folders"][one.name]
    assert sorted(result.products) == sorted(path.name for path in folder.iterdir())
    for suffix in one.gives:
        assert any(Path(name).stem.endswith(f"_{suffix}") for name in result.products), suffix
    assert Path(result.products[0]).stem.endswith(f"_{one.gives[0]}")


@pytest.mark.parametrize("one", OFFICIAL, ids=lambda one: one.name)
def test_every_free_parameter_is_resolved(one, reduced):
    resolved = reduced["results"][one.name].resolved
    assert set(resolved) == {p.name for p in declared(one.name) if not owned_reason(p.name)}


def test_resolved_parameters_are_those_of_user_crds_and_spec(reduced, small_program, in_child):
    from miri_widgets.steps.crds_parameters import read_parameters

    resolved = reduced["results"]["detector1"].resolved
    with in_child(small_program.environment) as call:
        layer = call(read_parameters, "detector1", str(small_program.uncal[0]))
    defaults = {p.name: p.default for p in declared("detector1")}
    assert resolved["jump.rejection_threshold"] == 5.0
    decided = {name for name, value in layer.items() if name in resolved and value != defaults[name]}
    decided -= {"jump.rejection_threshold"}
    assert "emicorr.skip" in decided, "the simulated cache turns emicorr on"
    for name in decided:
        assert resolved[name] == layer[name], name
    for name in set(resolved) - decided - {"jump.rejection_threshold"}:
        default = defaults[name]
        assert resolved[name] == (list(default) if isinstance(default, tuple) else default), name


def test_references_context_and_versions_are_told(reduced, small_program):
    result = reduced["results"]["detector1"]
    assert result.crds_context == small_program.environment["CRDS_CONTEXT"]
    assert {"dark", "gain", "linearity", "mask", "readnoise", "saturation", "pars-emicorrstep"} <= set(
        result.references
    )
    assert {"apcorr", "distortion", "photom"} <= set(reduced["results"]["image3"].references)
    assert {"python", "jwst", "stpipe", "stcal", "crds", "numpy", "astropy", "drizzle"} <= set(
        result.versions
    )
    statuses = {step["name"]: step["cal_step"] for step in result.steps}
    assert statuses["jump"] == statuses["dark_current"] == "COMPLETE"
    assert statuses["firstframe"] == "SKIPPED"


def test_facts(reduced):
    rate = reduced["results"]["detector1"].facts
    assert rate["unit"] == "DN/s" and rate["median"] > 0
    assert 0 < rate["jump_fraction"] < 0.2 and 0 <= rate["saturated_fraction"] < 0.05
    assert reduced["results"]["image2"].facts["unit"] == "MJy/sr"
    mosaic = reduced["results"]["image3"].facts
    assert min(mosaic["shape"]) > 256 and mosaic["sources"] > 3
    assert len(mosaic["shifts"]) == 4
    assert sum(entry["reference"] for entry in mosaic["shifts"]) == 1


def test_shifts_of_headers_are_those_of_the_world_coordinates(reduced):
    import numpy as np
    from stdatamodels.jwst import datamodels

    folder = reduced["folders"]["image3"]
    for entry in reduced["results"]["image3"].facts["shifts"]:
        before = next(path for path in reduced["cal"] if path.name.startswith(entry["root"]))
        places = []
        for path in (before, next(folder.glob(f"{entry['root']}*_crf.fits"))):
            with datamodels.open(path) as model:
                ny, nx = model.data.shape
                places.append(model.meta.wcs((nx - 1) / 2, (ny - 1) / 2))
        (ra0, dec0), (ra1, dec1) = places
        assert entry["dra_mas"] == pytest.approx((ra1 - ra0) * np.cos(np.radians(dec0)) * 3.6e6, abs=0.1)
        assert entry["ddec_mas"] == pytest.approx((dec1 - dec0) * 3.6e6, abs=0.1)


@pytest.mark.parametrize("name", ["detector1", "image2"])
def test_the_call_taken_apart_is_the_call_of_stpipe(name, reduced, small_program, tmp_path, monkeypatch):
    one = stage(name)
    cls = pipeline_class(one.pipeline)
    seen = []
    monkeypatch.setattr(cls, "run", lambda self, *inputs: seen.append((self.name, inputs, self.get_pars())))
    for key, value in small_program.environment.items():
        monkeypatch.setenv(key, value)
    values = {"detector1": {"jump.rejection_threshold": 5.0}, "image2": {"resample.pixfrac": 0.7}}[name]
    path = reduced[one.takes][0]
    cores = ("jump.maximum_cores", "ramp_fit.maximum_cores") if name == "detector1" else ()
    cls.call(str(path), configure_log=False, **keywords(values, tmp_path, cores))
    resolved = run_pipeline(one, path, values, tmp_path)
    assert seen[0] == seen[1]
    for step, parameters in seen[0][2]["steps"].items():
        for label, value in parameters.items():
            if f"{step}.{label}" in resolved:
                assert resolved[f"{step}.{label}"] == value


def run(small_program, in_child, tmp_path, environment=None, before=""):
    with in_child(environment or small_program.environment, before) as call:
        return call(execute, "detector1", [small_program.uncal[0]], {}, tmp_path / "out")


def test_a_cache_that_is_not_there(small_program, in_child, tmp_path):
    environment = {**small_program.environment, "CRDS_PATH": str(tmp_path / "nowhere")}
    with pytest.raises(errors.CrdsCacheError, match="crds sync"):
        run(small_program, in_child, tmp_path, environment=environment)


def copied_cache(small_program, tmp_path):
    cache = tmp_path / "cache"
    shutil.copytree(
        small_program.environment["CRDS_PATH"], cache, copy_function=lambda a, b: Path(b).symlink_to(a)
    )
    return cache, {**small_program.environment, "CRDS_PATH": str(cache)}


def test_a_reference_file_that_is_not_in_the_cache(small_program, in_child, tmp_path):
    cache, environment = copied_cache(small_program, tmp_path)
    for path in cache.rglob("*dark*.fits"):
        path.unlink()
    with pytest.raises(errors.CrdsCacheError, match="not in the CRDS cache"):
        run(small_program, in_child, tmp_path, environment=environment)


def test_a_parameter_file_that_is_not_in_the_cache_is_not_passed_over(small_program, in_child, tmp_path):
    cache, environment = copied_cache(small_program, tmp_path)
    for path in cache.rglob("*pars-emicorrstep*.asdf"):
        path.unlink()
    with pytest.raises(errors.CrdsCacheError, match="pars-emicorrstep"):
        run(small_program, in_child, tmp_path, environment=environment)


def test_a_context_that_is_not_in_the_cache(small_program, in_child, tmp_path):
    environment = {**small_program.environment, "CRDS_CONTEXT": "jwst_0001.pmap"}
    with pytest.raises(errors.ReferenceFileError):
        run(small_program, in_child, tmp_path, environment=environment)


def test_a_damaged_mapping(small_program, in_child, tmp_path):
    cache, environment = copied_cache(small_program, tmp_path)
    (path,) = cache.rglob("*_dark_*.rmap")
    text = path.read_text()
    path.unlink()
    path.write_text(text[: len(text) // 2])
    with pytest.raises(errors.ReferenceFileError):
        run(small_program, in_child, tmp_path, environment=environment)


def test_a_full_disk(small_program, in_child, tmp_path):
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    with pytest.raises(errors.DiskFullError):
        run(small_program, in_child, tmp_path, before=before)


def test_a_step_that_raises_is_named(small_program, in_child, tmp_path):
    before = (
        "import jwst.linearity.linearity_step as m\n"
        "def broken(self, *a): raise ValueError('bad polynomial')\n"
        "m.LinearityStep.process = broken"
    )
    with pytest.raises(
        errors.StepFailedError, match=r"linearity failed on jw\S+: ValueError: bad polynomial"
    ):
        run(small_program, in_child, tmp_path, before=before)


def test_parameters_of_crds_are_a_layer_of_settings(small_program, tmp_path, monkeypatch):
    from miri_widgets.steps import crds_parameters

    path = small_program.uncal[0]
    layer = crds_parameters.crds_layer("detector1", path, small_program.environment)
    assert Settings(declared("detector1"), {Source.CRDS: layer})["emicorr.skip"] is False
    monkeypatch.setattr(crds_parameters, "call_in_child", None)
    assert crds_parameters.crds_layer("detector1", path, small_program.environment) == layer
    with pytest.raises(errors.CrdsCacheError):
        monkeypatch.undo()
        crds_parameters.crds_layer(
            "detector1", path, {**small_program.environment, "CRDS_PATH": str(tmp_path)}
        )
