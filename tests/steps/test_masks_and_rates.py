"""Our steps on ramps beside the unmodified ones of the pipeline: after-images, showers, rates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets import errors
from miri_widgets.core.dq import BITS, has
from miri_widgets.core.rates.rate_check import compare_rates, rate_from_integrations
from miri_widgets.core.regions import Region
from miri_widgets.products.tables.region_files import write_regions

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("small_program")]

DNU, SAT, JUMP = (1 << BITS[name] for name in ("DO_NOT_USE", "SATURATED", "JUMP_DET"))


def ramp(seed=1, nints=3, ngroups=10, shape=(12, 14), rate=40.0):
    from stdatamodels.jwst import datamodels

    rng = np.random.default_rng(seed)
    data = np.cumsum(rng.poisson(rate, (nints, ngroups, *shape)), axis=1) + rng.normal(
        0, 3, (nints, ngroups, *shape)
    )
    model = datamodels.RampModel(
        data=data.astype(np.float32),
        groupdq=np.zeros(data.shape, np.uint8),
        pixeldq=np.zeros(shape, np.uint32),
    )
    model.meta.filename = "jw01041001001_02101_00001_mirimage_ramp.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    exposure = model.meta.exposure
    exposure.frame_time = exposure.group_time = 1.0
    exposure.nframes, exposure.groupgap, exposure.drop_frames1 = 1, 0, 0
    return model


def fitted(model, algorithm="OLS_C"):
    """Rate and rates of integrations, by the fit of the pipeline."""
    from stcal.ramp_fitting.ramp_fit import ramp_fit
    from stdatamodels.jwst.datamodels import dqflags

    shape = model.data.shape[2:]
    noise, gain = np.full(shape, 5.0, np.float32), np.ones(shape, np.float32)
    flags = dqflags.pixel
    rate, rateints, _ = ramp_fit(
        model, False, noise, gain, algorithm, "optimal", "none", flags, suppress_one_group=True
    )
    return rate, rateints


def spoiled(seed):
    """Ramps with jumps, saturation and integrations that are lost, so that weights differ."""
    model = ramp(seed)
    rng = np.random.default_rng(seed)
    dq = model.groupdq
    for flag, count in ((JUMP, 60), (SAT, 40), (DNU, 40)):
        for _ in range(count):
            integration, group, y, x = (int(rng.integers(0, size)) for size in dq.shape)
            dq[integration, group if flag == JUMP else slice(group, None), y, x] |= np.uint8(flag)
    dq[0, :, 2, 2] |= np.uint8(DNU)
    dq[:, :, 3, 3] |= np.uint8(SAT)
    return model


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("algorithm", "weighting"), [("OLS_C", "read noise"), ("LIKELY", "total")])
def test_rates_are_recomputed_as_the_fit_makes_them(seed, algorithm, weighting):
    rate, rateints = fitted(spoiled(seed), algorithm)
    parts = [np.asarray(rateints[name]) for name in ("slope", "var_poisson", "var_rnoise", "dq")]
    found = rate_from_integrations(*parts, weighting=weighting)
    compared = compare_rates(rate["slope"], rate["dq"], rate["err"], found)
    assert compared.facts["compared"] > 150
    assert compared.facts["differ"] == 0, compared.sentences
    same = np.isfinite(rate["slope"]) & np.isfinite(found.sci)
    np.testing.assert_allclose(found.err[same], rate["err"][same], rtol=2e-4)
    plain = rate_from_integrations(*parts, weighting="none")
    told = compare_rates(rate["slope"], rate["dq"], rate["err"], plain)
    assert told.facts["weights"] > 20
    assert told.facts["other"] == 0


def test_a_shower_leaves_the_slope_of_the_groups_before_it(tmp_path):
    from miri_widgets.steps.showers import ShowerMaskStep

    region = Region("circle", ((6.0, 5.0),), (2.5,), text="int=2 group=6")
    elsewhere = Region("circle", ((6.0, 5.0),), (2.5,), text="jw09999 int=1 group=3")
    write_regions(tmp_path / "showers.reg", [region, elsewhere])
    model = ramp(5)
    mask = region.mask(_frame(model))
    model.data[1, 5:, mask] += np.float32(300)
    clean, spoilt = ramp(5), model.copy()
    step = ShowerMaskStep(showers_file=str(tmp_path / "showers.reg"))
    masked = step.process(model)
    assert not model.groupdq.any()
    (facts,) = step.report["exposures"]["jw01041001001_02101_00001_mirimage"]["showers"]
    assert facts == {
        "integration": 2,
        "first_group": 6,
        "pixels": int(mask.sum()),
        "groups": 5 * int(mask.sum()),
    }
    masked.copy().save(tmp_path / "masked_ramp.fits")
    assert "shower of" in str(fits.getheader(tmp_path / "masked_ramp.fits")["HISTORY"])
    short = clean.copy()
    short.groupdq[1, 5:] |= np.uint8(DNU)
    expected = fitted(short)[1]["slope"][1]
    (rate, rateints), (spoilt_rate, _) = fitted(masked), fitted(spoilt)
    np.testing.assert_allclose(rateints["slope"][1][mask], expected[mask], rtol=1e-5)
    assert has(rateints["dq"][1], "JUMP_DET")[mask].all()
    assert not has(rate["dq"], "DO_NOT_USE")[mask].any()
    assert abs(rate["slope"][mask].mean() - 40) < 1 < spoilt_rate["slope"][mask].mean() - 40


def _frame(model):
    from miri_widgets.core.exposure_arrays import ExposureArrays

    zero = np.zeros(model.data.shape[2:], np.float32)
    return ExposureArrays(zero, zero, np.zeros(zero.shape, np.uint32))


def test_showers_of_other_models_are_refused(tmp_path):
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.showers import ShowerMaskStep

    with pytest.raises(errors.WrongSuffixError, match="a ramp"):
        ShowerMaskStep().process(datamodels.ImageModel((4, 4)))


def test_rate_check_reports_and_changes_nothing(tmp_path):
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.rates import RateCheckStep

    rate, rateints = fitted(spoiled(4))
    root = "jw01041001001_02101_00001_mirimage"
    image, cube = datamodels.ImageModel(), datamodels.CubeModel()
    for model, parts in ((image, rate), (cube, rateints)):
        model.data, model.dq, model.err = parts["slope"], parts["dq"], parts["err"]
        model.var_poisson, model.var_rnoise = parts["var_poisson"], parts["var_rnoise"]
    image.save(tmp_path / f"{root}_rate.fits")
    with pytest.raises(errors.MissingFileError, match="rateints"):
        RateCheckStep().process(str(tmp_path / f"{root}_rate.fits"))
    cube.save(tmp_path / f"{root}_rateints.fits")
    step = RateCheckStep()
    result = step.process(str(tmp_path / f"{root}_rate.fits"))
    assert np.array_equal(result.data, rate["slope"], equal_nan=True)
    report = step.report["exposures"][root]
    assert report["integrations"] == 3
    assert report["fit"]["differ"] == 0
    assert report["plain_mean"]["differ"] > 20
    assert step.report["warnings"] == []
    json.dumps(step.report)


CODE = """
import json, sys
from pathlib import Path
import numpy as np
from jwst.dq_init import DQInitStep
from stdatamodels.jwst.datamodels import read_metadata
from miri_widgets.steps.persistence import PersistenceMaskStep

*uncal, folder = sys.argv[1:]
members = [{"expname": path, "exptype": "science"} for path in uncal[::-1]]
Path(folder, "all_asn.json").write_text(json.dumps({"products": [{"name": "all", "members": members}]}))
step = PersistenceMaskStep(
    trigger="saturation", unsaturated_groups=8, user_mask=folder + "/user.txt", output_dir=folder, save_results=True
)
masks = step.run(folder + "/all_asn.json")
files = sorted(path.name for path in Path(folder).glob("*dqmask.fits"))
with DQInitStep.call(uncal[1], user_supplied_dq=folder + "/" + files[1], configure_log=False) as ramp:
    pixeldq, groupdq = np.array(ramp.pixeldq), np.array(ramp.groupdq)
with DQInitStep.call(uncal[1], configure_log=False) as ramp:
    plain = np.array(ramp.pixeldq)
mask = masks[2].dq
metadata = read_metadata(folder + "/" + files[1], flatten=True)
json.dump(
    {
        "report": step.report,
        "files": files,
        "kept": bool(((plain & ~pixeldq) == 0).all()),
        "added": bool((pixeldq == plain | mask).all()),
        "groups": bool((groupdq[..., (mask & 1) == 1] & 1).all()),
        "filter": metadata["meta.instrument.filter"],
        "flagged": int((mask & 32 != 0).sum()),
        "kinds": sorted(set(np.unique(mask).tolist())),
    },
    open(folder + "/found.json", "w"),
)
"""


@pytest.fixture(scope="module")
def masked(small_program, tmp_path_factory):
    """What the step makes of the small program, in a process of its own, and what dq_init makes of that."""
    folder = tmp_path_factory.mktemp("masks")
    (folder / "user.txt").write_text("x y\n600 300\n", encoding="utf-8")
    before = [path.read_bytes() for path in small_program.uncal]
    subprocess.run(
        [sys.executable, "-c", CODE, *map(str, small_program.uncal), str(folder)],
        check=True,
        env={**os.environ, **small_program.environment},
        cwd=folder,
        capture_output=True,
    )
    assert [path.read_bytes() for path in small_program.uncal] == before
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return found | {"folder": folder, "uncal": small_program.uncal}


def test_defect_raw_exposures_are_rewritten_instead_of_one_mask_each(masked):
    roots = [path.name.removesuffix("_uncal.fits") for path in masked["uncal"]]
    assert masked["files"] == sorted(f"{root}_dqmask.fits" for root in roots)
    assert set(masked["report"]["exposures"]) == set(roots)
    first = masked["report"]["exposures"][roots[0]]
    assert first["positive"] == first["negative"] == 0, "nothing comes before the first exposure"
    assert masked["filter"] == "F560W"


def test_defect_the_mask_overwrites_flags_instead_of_adding_to_them(masked):
    assert masked["kept"]
    assert masked["added"]
    assert masked["groups"]


def test_masks_hold_what_the_report_says(masked):
    root = masked["files"][1].removesuffix("_dqmask.fits")
    facts = masked["report"]["exposures"][root]
    dq = fits.getdata(masked["folder"] / masked["files"][1])
    assert dq.shape == (256, 256)
    assert has(dq, "PERSISTENCE").sum() == masked["flagged"]
    assert has(dq, "PERSISTENCE").sum() <= facts["positive"] + facts["negative"]
    assert np.count_nonzero(dq) == facts["masked"]
    # SUB256 reads columns 413 to 668 and rows 51 to 306 of the detector, counted from 1
    assert np.argwhere(has(dq, "OTHER_BAD_PIXEL")).tolist() == [[300 - 51, 600 - 413]]
    header = fits.getheader(masked["folder"] / masked["files"][1])
    assert "masked" in str(header["HISTORY"])
    assert Path(header["FILENAME"]).name == masked["files"][1]
