"""Shifts of the WCS: the frame, the record, the way back, and what follows them."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from miri_widgets.errors import ParameterError, WrongSuffixError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*SIP.*")


@pytest.fixture(scope="module")
def make_model():
    """Calibrated exposures of a small window anywhere on the sky."""
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import cal_model

    def make(ra=80.5, dec=-69.5, pa_v3=105.0):
        program = calibrated_program(
            "sparse", dithers=1, shape=(120, 160), effects=("noise",), ra=ra, dec=dec, pa_v3=pa_v3
        )
        return cal_model(program[0])

    return make


@pytest.fixture
def model(make_model):
    with make_model() as model:
        yield model


def positions(model):
    from miri_widgets.steps.sip_keywords import check_points

    return model.meta.wcs(*check_points(model.data.shape), with_bounding_box=False)


def offsets(model, wcs, other):
    """Distances of two WCS at the check points along RA cos(Dec) and Dec, arcsec."""
    from miri_widgets.core.registration import sky_offset
    from miri_widgets.steps.sip_keywords import check_points

    x, y = check_points(model.data.shape)
    return sky_offset(*wcs(x, y, with_bounding_box=False), *other(x, y, with_bounding_box=False))


@pytest.mark.parametrize(
    ("ra", "dec", "pa_v3"), [(0.0005, 0.0, 0.0), (80.5, -69.5, 112.0), (200.0, 85.0, 250.0)]
)
def test_dx_raises_ra_cos_dec_as_adjust_wcs_does(make_model, ra, dec, pa_v3):
    from jwst.tweakreg.utils import adjust_wcs

    from miri_widgets.core.registration import sky_offset
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift

    dx, dy, turn = 1.4, -1.1, 0.05
    with make_model(ra, dec, pa_v3) as model:
        before, info = model.meta.wcs, model.meta.wcsinfo
        x, y = before.invert(info.ra_ref, info.dec_ref, with_bounding_box=False)
        apply_shift(model, Shift(dx, dy, turn))
        moved = sky_offset(
            *(np.atleast_1d(part) for part in model.meta.wcs(x, y, with_bounding_box=False)),
            *(np.atleast_1d(part) for part in before(x, y, with_bounding_box=False)),
        )
        assert np.ravel(moved) == pytest.approx([dx, dy], abs=1e-4)
        official = adjust_wcs(
            before,
            delta_ra=dx / 3600 / np.cos(np.deg2rad(info.dec_ref)),
            delta_dec=dy / 3600,
            delta_roll=turn,
        )
        assert np.abs(offsets(model, model.meta.wcs, official)).max() < 1e-4


def test_again_changes_nothing_and_another_replaces(model):
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, recorded_shift

    apply_shift(model, Shift(0.2, -0.3, origin="here"))
    once, history = positions(model), len(model.history)
    assert apply_shift(model, Shift(0.2, -0.3, origin="there")) is None
    assert np.array_equal(positions(model), once)
    assert len(model.history) == history
    apply_shift(model, Shift(-0.5, 0.1))
    apply_shift(model, Shift(0.2, -0.3, origin="here"))
    assert np.array_equal(positions(model), once)
    assert recorded_shift(model) == Shift(0.2, -0.3, origin="here")


def test_undo_gives_back_the_original_also_from_a_file(model, tmp_path):
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, recorded_shift, undo_shift

    before, info, frames = (
        positions(model),
        dict(model.meta.wcsinfo.instance),
        model.meta.wcs.available_frames,
    )
    apply_shift(model, Shift(1.4, -1.1, 0.01, "a table"))
    model.save(tmp_path / "shifted_cal.fits")
    header = fits.getheader(tmp_path / "shifted_cal.fits")
    assert (header["SHIFT_DX"], header["SHIFT_DY"], header["SHIFT_PA"]) == (1.4, -1.1, 0.01)
    assert "WCS shifted by (+1.400000, -1.100000) arcsec (dRA cos Dec, dDec)" in list(header["HISTORY"])
    with datamodels.open(tmp_path / "shifted_cal.fits") as again:
        assert recorded_shift(again) == Shift(1.4, -1.1, 0.01, "a table")
        assert undo_shift(again)
        assert np.array_equal(positions(again), before)
        assert again.meta.wcsinfo.instance == info
        assert again.meta.wcs.available_frames == frames
        assert not undo_shift(again)
        again.save(tmp_path / "undone_cal.fits")
    assert "SHIFT_DX" not in fits.getheader(tmp_path / "undone_cal.fits")


def test_zero_undoes(model):
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, recorded_shift

    before = positions(model)
    assert apply_shift(model, Shift()) is None
    apply_shift(model, Shift(0.1, 0.1))
    apply_shift(model, Shift())
    assert np.array_equal(positions(model), before)
    assert recorded_shift(model) is None


def corrected(wcs, info, matrix, shift):
    from tweakwcs.correctors import JWSTWCSCorrector

    corrector = JWSTWCSCorrector(wcs, {key: info[key] for key in ("v2_ref", "v3_ref", "roll_ref")})
    corrector.set_correction(matrix=matrix, shift=shift)
    return corrector.wcs


@pytest.mark.parametrize("first", [True, False])
def test_what_tweakreg_did_stays_when_the_shift_is_undone(make_model, first):
    from miri_widgets.core.tangent_plane import rotation_matrix
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, undo_shift

    early, late = (rotation_matrix(0.02), [0.3, 0.1]), (rotation_matrix(-0.01), [-0.05, 0.02])
    with make_model() as model, make_model() as other:
        info = dict(model.meta.wcsinfo.instance)
        if first:
            model.meta.wcs = corrected(model.meta.wcs, info, *early)
            other.meta.wcs = corrected(other.meta.wcs, info, *early)
        apply_shift(model, Shift(1.4, -1.1, 0.1))
        model.meta.wcs = corrected(model.meta.wcs, info, *late)
        assert undo_shift(model)
        expected = corrected(other.meta.wcs, info, *late)
        assert np.abs(offsets(model, model.meta.wcs, expected)).max() < 1e-8
        x, y = np.array([10.0, 150.0]), np.array([20.0, 100.0])
        back = model.meta.wcs.invert(*model.meta.wcs(x, y), with_bounding_box=False)
        assert np.abs(np.subtract(back, (x, y))).max() < 0.1


def test_keywords_and_footprint_follow(model):
    from miri_widgets.core.mosaic_grid import parse_footprint
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift
    from miri_widgets.steps.sip_keywords import check_points, sip_error_mas

    old = np.array(parse_footprint(model.meta.wcsinfo.s_region))
    fit = apply_shift(model, Shift(1.4, -1.1))
    assert fit.error_mas == pytest.approx(sip_error_mas(model))
    assert fit.error_mas < 0.1
    header = fits.Header(
        {key.upper(): value for key, value in model.meta.wcsinfo.instance.items() if len(key) <= 8}
    )
    x, y = check_points(model.data.shape)
    sip = WCS(header).all_pix2world(x, y, 0)
    assert np.abs(np.subtract(sip, model.meta.wcs(x, y, with_bounding_box=False))).max() * 3.6e6 < 0.3
    new = np.array(parse_footprint(model.meta.wcsinfo.s_region))
    moved = (new - old).mean(axis=0) * 3600 * [np.cos(np.deg2rad(-69.5)), 1]
    assert moved == pytest.approx([1.4, -1.1], abs=2e-3)


def test_a_coarse_fit_is_told_and_the_best_degree_taken(model, monkeypatch, caplog):
    from miri_widgets.steps import sip_keywords

    monkeypatch.setattr(sip_keywords, "SIP_DEGREES", (1, 2))
    fit = sip_keywords.fit_sip(model, 1e-6)
    assert fit.degree == 2
    assert fit.error_mas > 0.1
    assert sip_keywords.sip_error_mas(model) == pytest.approx(fit.error_mas)


def test_shift_between_gives_back_what_was_applied(model):
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, shift_between

    with model.copy() as moved:
        apply_shift(moved, Shift(1.4, -1.1, 0.02))
        found = shift_between(model, moved.meta.wcs)
    assert found.values == pytest.approx((1.4, -1.1, 0.02), abs=1e-7)


def test_what_cannot_be_shifted_is_said(model):
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift

    for bad in (np.nan, 5000.0):
        with pytest.raises(ParameterError, match="unit is arcsec"):
            Shift(bad, 0.0)
    model.meta.wcs = None
    with pytest.raises(WrongSuffixError, match="choose cal files"):
        apply_shift(model, Shift(0.1, 0.1))
