"""Stripes of rates: integrations and their rate are cleaned together, and stay consistent."""

import numpy as np
import pytest

from miri_widgets import errors
from miri_widgets.products.names import suffix_of

pytestmark = pytest.mark.pipeline

ROOT = "jw01041001001_02101_00001_mirimage"
SHAPE = (160, 150)
ERR = np.array([0.4, 0.4, 0.8], np.float32)[:, None, None]


@pytest.fixture
def files(tmp_path):
    """A rate and its integrations, each with stripes of its own; one integration of some pixels is lost."""
    from stdatamodels.jwst import datamodels

    rng = np.random.default_rng(3)
    stripes = rng.normal(0, 0.5, (3, 1, SHAPE[1])) + rng.normal(0, 0.5, (3, SHAPE[0], 1))
    err = np.broadcast_to(ERR, (3, *SHAPE)).astype(np.float32)
    sci = (20 + stripes + rng.normal(0, 1, err.shape) * err).astype(np.float32)
    dq = np.zeros(sci.shape, np.uint32)
    dq[1, 40:60] = 1
    weight = np.where(dq == 0, err**-2.0, 0)
    mean, variance = (weight * sci).sum(axis=0) / weight.sum(axis=0), 1 / weight.sum(axis=0)
    rate = datamodels.ImageModel(
        data=mean.astype(np.float32),
        err=np.sqrt(variance).astype(np.float32),
        dq=np.zeros(SHAPE, np.uint32),
        var_rnoise=variance.astype(np.float32),
    )
    cube = datamodels.CubeModel(data=sci, err=err, dq=dq, var_rnoise=err**2)
    made = []
    for model, suffix in ((rate, "rate"), (cube, "rateints")):
        model.meta.filename = f"{ROOT}_{suffix}.fits"
        model.meta.telescope, model.meta.bunit_data = "JWST", "DN/s"
        model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
        model.meta.instrument.filter, model.meta.exposure.type = "F560W", "MIR_IMAGE"
        model.meta.subarray.name, model.meta.subarray.xstart, model.meta.subarray.ystart = "SUB256", 501, 301
        model.save(tmp_path / model.meta.filename)
        made.append(tmp_path / model.meta.filename)
    return made


def run(source, output, **named):
    from miri_widgets.steps.stripes import StripesStep

    output.mkdir(exist_ok=True)
    step = StripesStep(prove=False, **named)
    step.save_results, step.output_dir = True, str(output)
    step.run(str(source))
    return step


def arrays(path):
    from stdatamodels.jwst import datamodels

    with datamodels.open(path) as model:
        return {name: np.array(getattr(model, name)) for name in ("data", "err", "dq", "var_rnoise")}


def test_rate_stays_the_weighted_mean_of_its_integrations(files, tmp_path):
    before = [path.read_bytes() for path in files]
    step = run(files[0], tmp_path / "out")
    assert [path.read_bytes() for path in files] == before
    assert {suffix_of(path) for path in (tmp_path / "out").iterdir()} == {"rate", "rateints"}
    rate, cube = (arrays(tmp_path / "out" / path.name) for path in files)
    old_rate, old_cube = map(arrays, files)
    weight = np.where(old_cube["dq"] == 0, old_cube["err"] ** -2.0, 0)
    assert np.allclose(rate["data"], (weight * cube["data"]).sum(axis=0) / weight.sum(axis=0), atol=1e-4)
    assert np.std(rate["data"]) < 0.65 * np.std(old_rate["data"])
    for new, old in ((rate, old_rate), (cube, old_cube)):
        assert np.array_equal(new["dq"], old["dq"]) and (new["err"] > old["err"]).all()
        gained = new["err"] ** 2 - old["err"] ** 2
        assert np.allclose(new["var_rnoise"] - old["var_rnoise"], gained, atol=1e-5)
    facts = step.report["exposures"][ROOT]["stripes"]
    assert facts["integrations"] == 3 and facts["column_power_after"] < 0.5 * facts["column_power_before"]


def test_integrations_alone_and_a_file_elsewhere_give_the_same_pixels(files, tmp_path):
    run(files[0], tmp_path / "both")
    run(files[1], tmp_path / "alone")
    away = files[1].rename(tmp_path / "moved_rateints.fits")
    run(files[0], tmp_path / "named", rateints_file=str(away))
    both = arrays(tmp_path / "both" / f"{ROOT}_rateints.fits")["data"]
    assert np.array_equal(arrays(tmp_path / "alone" / f"{ROOT}_rateints.fits")["data"], both)
    assert np.array_equal(
        arrays(tmp_path / "named" / f"{ROOT}_rate.fits")["data"],
        arrays(tmp_path / "both" / f"{ROOT}_rate.fits")["data"],
    )


def test_a_rate_without_integrations_is_cleaned_by_itself(files, tmp_path):
    files[1].unlink()
    run(files[0], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [files[0].name]
    assert np.std(arrays(tmp_path / "out" / files[0].name)["data"]) < 0.8 * np.std(arrays(files[0])["data"])


def test_what_cannot_be_used_is_refused(files, tmp_path):
    with pytest.raises(errors.MissingFileError, match="rateints_file"):
        run(files[0], tmp_path / "out", rateints_file=str(tmp_path / "nowhere.fits"))
    for source in files:
        with pytest.raises(errors.NotWritableError, match="written over"):
            run(source, source.parent)


def test_the_stage_runs_and_its_preview_shows_a_rate(files, tmp_path):
    from miri_widgets.steps.execute import execute
    from miri_widgets.steps.previews import preview

    result = execute("rate_stripes", files[:1], {"prove": False}, tmp_path / "out")
    assert [suffix_of(name) for name in result.products] == ["rate", "rateints"]
    shown = preview("rate_stripes", files[:1], {"columns": True, "rateints_file": None}, ROOT)
    assert shown.before.unit == "DN/s" and np.std(shown.after.sci) < np.std(shown.before.sci)
