"""Our steps give the same pixels whichever way they are run, and keep what pipeline products promise."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets import errors
from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region
from miri_widgets.core.validation.verdicts import GRADES
from miri_widgets.products.names import suffix_of
from miri_widgets.products.tables.region_files import write_regions
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.execute import execute
from miri_widgets.steps.exposure_files import read_exposure_arrays
from miri_widgets.steps.previews import preview
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("small_program")]

OWN = [one for one in STAGES if one.correction and one.takes == "cal"]
TOGETHER = [one for one in OWN if one.scope != "exposure"]
ARRAYS = ("sci", "err", "dq", "var_poisson", "var_rnoise", "var_flat")

each_stage = pytest.mark.parametrize("one", OWN, ids=lambda one: one.name)
each_together = pytest.mark.parametrize("one", TOGETHER, ids=lambda one: one.name)


def root_of(path: Path) -> str:
    return path.name.rpartition("_")[0]


def assert_same(found: ExposureArrays, expected: ExposureArrays) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def history(path: Path) -> str:
    """HISTORY without spaces: long lines are cut into cards of 72 letters."""
    return "".join("".join(fits.getheader(path)["HISTORY"]).split())


def squeezed(line: str) -> str:
    from miri_widgets.steps.model_arrays import ascii_only

    return "".join(ascii_only(line).split())


@each_stage
def test_a_run_gives_the_pixels_of_the_preview(one, own_runs):
    values = {p.name: p.default for p in declared(one.name) if not owned_reason(p.name)}
    values |= own_runs.settings[one.name]
    files = own_runs.inputs(one)
    _, output = own_runs.executed(one)
    for path in {files[0], files[-1]}:
        shown = preview(one.name, files, values, root_of(path))
        assert shown.new_flags or np.nanmax(np.abs(shown.difference)) > 0.01, "nothing is done here"
        made = read_exposure_arrays(output / path.name)
        if one.name == "level_match":
            # places on the sky: FITS polynomials in a preview, the gWCS in a run
            for name in ARRAYS:
                pair = (getattr(made, name), getattr(shown.after, name))
                np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-5 if name == "sci" else 0, err_msg=name)
            continue
        assert_same(made, shown.after)


@each_stage
def test_a_call_gives_the_pixels_of_the_run_and_leaves_its_inputs_alone(one, own_runs, tmp_path):
    _, output = own_runs.executed(one)
    files = own_runs.inputs(one)
    before = [path.read_bytes() for path in files]
    source = files[0] if len(files) == 1 else own_runs.association(tmp_path, files[::-1])
    made = tmp_path / "a_rate_of_cal"
    pipeline_class(one.pipeline).call(
        str(source),
        **own_runs.settings[one.name],
        prove=False,
        save_results=True,
        output_dir=str(made),
        configure_log=False,
    )
    assert [path.read_bytes() for path in files] == before
    assert sorted(path.name for path in made.iterdir()) == sorted(
        path.name for path in output.iterdir() if path.suffix == ".fits"
    )
    for path in files:
        assert_same(read_exposure_arrays(made / path.name), read_exposure_arrays(output / path.name))
        # the run was proved, this one not
        assert history(output / path.name).startswith(history(made / path.name))
        assert history(output / path.name) != history(made / path.name)


@each_together
def test_order_of_members_does_not_matter_and_runs_repeat(one, own_runs):
    from stdatamodels.jwst import datamodels

    result, output = own_runs.executed(one)
    step = pipeline_class(one.pipeline)(**own_runs.settings[one.name])
    order = [2, 0, 3, 1]
    library = step.run([datamodels.open(own_runs.cals[index]) for index in order])
    assert step.report == result.facts["report"]
    with library:
        for place, index in enumerate(order):
            model, path = library.borrow(place), output / own_runs.cals[index].name
            assert model.meta.filename == path.name
            for name, key in (("sci", "data"), ("err", "err"), ("dq", "dq"), ("var_flat", "var_flat")):
                np.testing.assert_array_equal(
                    getattr(model, key), getattr(read_exposure_arrays(path), name), name
                )
            assert squeezed("".join(entry["description"] for entry in _entries(model))) == history(path)
            library.shelve(model, place, modify=False)


def _entries(model):
    return list(model._instance["history"]["entries"])


@each_stage
def test_names_headers_and_history(one, own_runs):
    result, output = own_runs.executed(one)
    alias = pipeline_class(one.pipeline).class_alias
    files = own_runs.inputs(one)
    assert [suffix_of(name) for name in result.products[: len(files)]] == ["cal"] * len(files)
    proof = result.facts["report"]["proof"]
    for path in files:
        header = fits.getheader(output / path.name)
        assert header["FILENAME"] == path.name
        told = history(output / path.name)
        assert told.startswith(f"{alias}:"), "the simulated inputs have none"
        assert squeezed(f"{alias}: {proof['sentences'][0]}") in told
        assert told.isascii()
        assert header["S_PHOTOM" if "S_PHOTOM" in header else "S_FLAT"] == "COMPLETE"


@each_stage
def test_flags_are_only_added_and_errors_stay_errors(one, own_runs):
    _, output = own_runs.executed(one)
    for path in own_runs.inputs(one):
        before, after = read_exposure_arrays(path), read_exposure_arrays(output / path.name)
        assert not (before.dq & ~after.dq).any()
        unusable = has(after.dq, "DO_NOT_USE")
        for name in ("sci", "err"):
            assert not (~np.isfinite(getattr(after, name)) & ~unusable).any(), name
        good = before.good & after.good
        assert good.mean() > 0.3
        for planes in (before, after):
            total = sum(getattr(planes, name).astype(float) for name in ARRAYS[3:])
            np.testing.assert_allclose(planes.err[good] ** 2, total[good], rtol=1e-5)
        assert (after.err[good] >= before.err[good] * (1 - 1e-6)).all(), "a correction adds no knowledge"


@each_stage
def test_the_record_says_what_was_done(one, own_runs):
    result, _ = own_runs.executed(one)
    report = result.facts["report"]
    assert set(report["exposures"]) == {root_of(path) for path in own_runs.inputs(one)}
    assert all(one.name in facts for facts in report["exposures"].values())
    assert report["proof"]["verdict"] in GRADES
    assert report["proof"]["exposures"] == len(own_runs.inputs(one))
    assert isinstance(report["warnings"], list)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    free = {p.name: p.default for p in declared(one.name) if not owned_reason(p.name)}
    resolved = {name: tuple(v) if isinstance(v, list) else v for name, v in result.resolved.items()}
    assert resolved == {
        name: tuple(v) if isinstance(v, list | tuple) else v
        for name, v in (free | own_runs.settings[one.name]).items()
    }
    assert {step["state"] for step in result.steps} == {"done"}


def test_without_a_proof_there_is_none_in_the_record(own_runs, tmp_path):
    result = own_runs.call(execute, "stripes", own_runs.cals[:1], {"prove": False}, tmp_path)
    assert result.facts["report"]["proof"] is None
    assert "Fluxesofadded" not in history(tmp_path / own_runs.cals[0].name)


@pytest.mark.parametrize("together", [False, True], ids=["exposure", "association"])
def test_nothing_is_written_over_an_input(together, own_runs, tmp_path, monkeypatch):
    copies = tuple(tmp_path / path.name for path in own_runs.cals[:2])
    for path, copy in zip(own_runs.cals, copies, strict=False):
        copy.write_bytes(path.read_bytes())
    before = [copy.read_bytes() for copy in copies]
    name = "level_match" if together else "stripes"
    cls = pipeline_class(next(one.pipeline for one in OWN if one.name == name))
    source = str(own_runs.association(tmp_path, copies) if together else copies[0])
    refused = pytest.raises(
        errors.NotWritableError, match=r"_cal\.fits would be written over .* --output_dir"
    )
    with refused:
        cls.call(source, prove=False, save_results=True, output_dir=str(tmp_path), configure_log=False)
    if not together:
        # strun without a folder writes beside the shell
        monkeypatch.chdir(tmp_path)
        with refused:
            cls.call(copies[0].name, prove=False, save_results=True, configure_log=False)
    assert [copy.read_bytes() for copy in copies] == before


@pytest.fixture(scope="module")
def ramps(own_runs, small_program, tmp_path_factory):
    """Persistence masks, rates, the check of rates and a drawn shower: one stage after the other."""
    folder = tmp_path_factory.mktemp("ramps")
    uncal = [folder / path.name for path in small_program.uncal[:2]]
    for path, copy in zip(small_program.uncal, uncal, strict=False):
        copy.write_bytes(path.read_bytes())
    with fits.open(uncal[0], mode="update") as hdus:
        hdus["SCI"].data[:, :, 100:110, 120:130] = 65000
    found = {"folder": folder, "before": [path.read_bytes() for path in uncal], "uncal": uncal}

    def run(name, inputs, settings):
        found[name] = own_runs.call(execute, name, inputs, settings, folder / name)
        return [folder / name / product for product in found[name].products]

    masks = run("persistence", uncal, {})
    mask = next(path for path in masks if path.name == f"{root_of(uncal[1])}_dqmask.fits")
    made = run("detector1", uncal[1:], {"dq_init.user_supplied_dq": str(mask), "save_calibrated_ramp": True})
    found["bytes"] = {path: path.read_bytes() for path in made}
    run("rates", made[:1], {})
    write_regions(folder / "drawn.reg", [Region("circle", ((60.0, 70.0),), (12.0,), text="int=1 group=4")])
    ramp = next(path for path in made if suffix_of(path) == "ramp")
    found |= {"mask": mask, "rate": made[0], "rateints": made[1]}
    run("showers", [ramp], {"miri_showers.showers_file": str(folder / "drawn.reg")})
    return found


def test_after_images_arrive_in_the_rate(ramps):
    mask = fits.getdata(ramps["mask"])
    after_image = has(mask, "PERSISTENCE")
    assert after_image[100:110, 120:130].mean() > 0.9 and 80 < after_image.sum() < 300
    dq = fits.getdata(ramps["rate"], "DQ")
    assert has(dq, "PERSISTENCE")[after_image].all()
    assert has(dq, "DO_NOT_USE")[after_image].all()
    assert not has(dq, "PERSISTENCE")[~after_image].any()
    assert [path.read_bytes() for path in ramps["uncal"]] == ramps["before"]
    assert ramps["persistence"].facts["report"]["common"]["masked"] >= after_image.sum()


def test_the_check_of_rates_writes_its_report_and_changes_nothing(ramps):
    result, folder = ramps["rates"], ramps["folder"] / "rates"
    name = f"{root_of(ramps['rate'])}_check.json"
    assert result.products == (name,) and [path.name for path in folder.iterdir()] == [name]
    report = json.loads((folder / name).read_text(encoding="utf-8"))
    assert report == result.facts["report"]
    facts = report["exposures"][root_of(ramps["rate"])]
    assert facts["integrations"] == 2 and facts["fit"]["differ"] == 0 and facts["plain_mean"]["differ"] > 1000
    assert all(path.read_bytes() == content for path, content in ramps["bytes"].items())


def test_drawn_showers_change_the_rate_where_they_are(ramps):
    result, folder = ramps["showers"], ramps["folder"] / "showers"
    assert [suffix_of(name) for name in result.products] == ["rate", "rateints"]
    (facts,) = result.facts["report"]["exposures"][root_of(ramps["rate"])]["showers"]
    y, x = np.indices((256, 256))
    drawn = np.hypot(x - 60, y - 70) < 12
    before, after = (read_exposure_arrays(path) for path in (ramps["rate"], folder / result.products[0]))
    changed = np.nan_to_num(before.sci) != np.nan_to_num(after.sci)
    assert changed.sum() == pytest.approx(facts["pixels"], abs=30)
    assert facts["pixels"] == pytest.approx(drawn.sum(), abs=40)
    assert not (changed & (np.hypot(x - 60, y - 70) > 13)).any()
    both = np.isfinite(before.err) & np.isfinite(after.err) & drawn & changed
    assert (after.err[both] >= before.err[both]).mean() > 0.9, "fewer groups know less"
    assert not (before.dq & ~after.dq & ~np.uint32(1 << BITS["JUMP_DET"])).any()
    assert not [line for line in result.warnings if "pars-" in line]
