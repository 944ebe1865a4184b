"""Files of old builds and of editors: gzip under a plain name, 0 where there are no data, other spellings of units."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from miri_widgets.analysis.comparison import compared
from miri_widgets.analysis.mosaic_photometry import MosaicPixels
from miri_widgets.analysis.source_catalog import catalog_of
from miri_widgets.errors import InputError, WrongSuffixError
from miri_widgets.products.brightness_units import mjy_per_sr, unit_name
from miri_widgets.products.covered_images import blank_without_weight, read_covered_image
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.pixels import read_pixel
from miri_widgets.products.product_digest import content_hash
from miri_widgets.products.scan import scan
from miri_widgets.products.tables.region_files import read_regions
from miri_widgets.products.thumbnails import read_thumbnail
from miri_widgets.report.figures import picture
from miri_widgets.steps.exposure_files import read_exposure_arrays
from miri_widgets.steps.inputs import check_inputs
from miri_widgets.steps.stages import stage as stage_of
from miri_widgets.viewer.image import load_image
from miri_widgets.viewer.outlines import outlines

SIDE, LEVEL, SCALE = 60, 100.0, 0.11 / 3600
NAME = "jw01288015001_04101_00001_mirimage_i2d.fits"


def primary_of(**keys):
    hdu = fits.PrimaryHDU()
    hdu.header.update(
        {
            "TELESCOP": "JWST", "INSTRUME": "MIRI", "DETECTOR": "MIRIMAGE", "EXP_TYPE": "MIR_IMAGE",
            "FILTER": "F1130W", "PROGRAM": "01288", "SUBARRAY": "SUB64", "CAL_VER": "1.8.2", **keys,
        }
    )  # fmt: skip
    return hdu


def image_of(kind="f4"):
    image = np.full((SIDE, SIDE), LEVEL) + np.random.default_rng(3).normal(0, 0.5, (SIDE, SIDE))
    y, x = np.indices(image.shape)
    image += 500 * np.exp(-((x - 30) ** 2 + (y - 25) ** 2) / 8)
    covered = (x > 9) & (x < 50)
    image[~covered] = 0  # as old builds do
    return image.astype(kind), covered


def write_mosaic(path, *, unit="MJy/sr", kind="f4", zipped=True, backwards=False, drop=(), fill=0.0):
    """A mosaic as builds 1.x left it."""
    image, covered = image_of(kind)
    if fill != 0:
        image[~covered] = fill
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [83.83, -5.41]
    wcs.wcs.crpix, wcs.wcs.cdelt = [30.5, 30.5], [-SCALE, SCALE]
    sci = fits.ImageHDU(image, wcs.to_header(), name="SCI")
    sci.header.update({"BUNIT": unit, "PIXAR_A2": 0.0121})
    parts = [
        sci,
        fits.ImageHDU(np.where(covered, 0.5, 0).astype(kind), name="ERR"),
        fits.ImageHDU(covered[None].astype("i4"), name="CON"),
        fits.ImageHDU(covered.astype("f4"), name="WHT"),
    ]
    parts = [part for part in parts if part.name not in drop]
    plain = path.with_name("plain")
    fits.HDUList([primary_of(), *(reversed(parts) if backwards else parts)]).writeto(plain)
    content = plain.read_bytes()
    plain.unlink()
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


KINDS = {
    "gzip under a .fits name": {},
    "plain": {"zipped": False},
    "double": {"kind": "f8"},
    "64-bit integers": {"kind": "i8"},
    "extensions in another order": {"backwards": True},
    "NaN where there are no data": {"fill": np.nan},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_reader_takes_an_old_mosaic(tmp_path, kind):
    path = write_mosaic(tmp_path / NAME, **KINDS[kind])
    found = scan([tmp_path])
    assert not found.problems
    assert [(one.filter, one.unit, one.nx, one.ny) for one in found.mosaics] == [
        ("F1130W", "MJy/sr", SIDE, SIDE)
    ]
    image, covered = image_of("f8")
    pixel = read_pixel(path, 20, 40)
    assert pixel.value == pytest.approx(image[40, 20], abs=1)
    assert (pixel.weight, pixel.unit) == (1.0, "MJy/sr")
    shown = load_image(path)
    np.testing.assert_array_equal(np.isfinite(shown.pixels), covered)
    assert shown.wcs.all_pix2world(29.5, 29.5, 0)[1] == pytest.approx(-5.41)
    mosaic = MosaicPixels.read(path)
    assert mosaic.pixel(83.83, -5.41) == pytest.approx((29.5, 29.5), abs=1e-6)
    assert content_hash(path)


@pytest.mark.parametrize("fill", [0.0, np.nan])
def test_pixels_without_data_are_none_whatever_fills_them(tmp_path, fill):
    """0 where no exposure lies was in the greys of thumbnails and reports, and pulled differences towards 0."""
    path = write_mosaic(tmp_path / NAME, fill=fill)
    _, covered = image_of()
    np.testing.assert_array_equal(np.isfinite(read_covered_image(path)), covered)
    thumbnail = read_thumbnail(path)
    assert np.isnan(thumbnail.pixels[:, 0]).all()
    assert thumbnail.spread.low > LEVEL - 5
    assert "white to black: 99 to" in picture(path, "title").caption
    difference = compared(path, path, "title").difference
    np.testing.assert_array_equal(np.isfinite(difference), covered)


def test_blanks_keep_integers_and_other_shapes():
    flags = np.ones((3, 3), np.uint32)
    assert blank_without_weight(flags, np.zeros((3, 3))) is flags
    image = np.ones((3, 3))
    assert blank_without_weight(image, np.zeros((2, 3))) is image


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MJy/sr", "MJy/sr"), ("MJY/SR", "MJy/sr"), ("mjy/sr", "MJy/sr"), (" MJy / sr ", "MJy/sr"),
        ("MJy sr-1", "MJy/sr"), ("DN/S", "DN/s"), ("dn/s", "DN/s"), ("DN s-1", "DN/s"), ("mJy/arcsec2", "mJy/arcsec2"),
        ("mJy/sr", "mJy/sr"), ("electron/s", "electron/s"), (None, ""),
    ],
)  # fmt: skip
def test_a_unit_has_one_name(text, name):
    assert unit_name({} if text is None else {"BUNIT": text}) == name


def test_spellings_of_one_unit_are_compared(tmp_path):
    first = write_mosaic(tmp_path / NAME)
    second = write_mosaic(tmp_path / NAME.replace("00001", "00002"), unit="MJY/SR")
    assert compared(first, second, "title").unit == "MJy/sr"
    assert str(load_image(second).unit) == "MJy / sr"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("MJy/sr", 1), ("MJY/SR", 1), ("Jy/sr", 1e-6), ("mJy/sr", 1e-9), ("", 1), ("uJy/arcsec2", 0.0425452)],
)
def test_fluxes_follow_the_unit_of_the_mosaic(tmp_path, unit, factor):
    assert mjy_per_sr({"BUNIT": unit}) == pytest.approx(factor, rel=1e-5)
    usual = MosaicPixels.read(write_mosaic(tmp_path / NAME)).to_ujy
    assert MosaicPixels.read(write_mosaic(tmp_path / NAME, unit=unit)).to_ujy == pytest.approx(
        factor * usual, rel=1e-5
    )


@pytest.mark.parametrize("unit", ["DN/s", "dn/s", "Jy", "no unit"])
def test_a_mosaic_without_surface_brightness_has_no_flux(tmp_path, unit):
    path = write_mosaic(tmp_path / NAME, unit=unit)
    assert math.isnan(MosaicPixels.read(path).to_ujy)
    assert any("no flux is measured" in line for line in catalog_of([path]).sentences)


def asdf_extension():
    """An extension that starts as ASDF does."""
    content = np.frombuffer(
        b"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n%YAML 1.1\n--- {meta: {wcs: {step: 1}}}\n...\n", np.uint8
    )
    column = fits.Column("ASDF_METADATA", f"{content.size}B", array=content[None])
    return fits.BinTableHDU.from_columns([column], name="ASDF")


def write_exposure(folder, suffix="cal", *, ending=".fits", drop=(), **keys):
    path = folder / f"jw01288015001_04101_00001_mirimage_{suffix}{ending}"
    image = np.full((64, 72), 5.0)
    parts = [
        fits.ImageHDU(image, name="SCI"),
        fits.ImageHDU(image / 10, name="ERR"),
        fits.ImageHDU(np.zeros((64, 72), np.uint32), name="DQ"),
        asdf_extension(),
    ]
    keys = {"EXPSTART": 59840.7, "EXPEND": 59840.71, "READPATT": "FASTR1", "NINTS": 1, "NGROUPS": 5, **keys}
    parts = [part for part in parts if part.name not in drop]
    parts[0].header["BUNIT"] = "MJy/sr"
    fits.HDUList([primary_of(**keys), *parts]).writeto(path)
    return path


def test_a_cal_of_an_old_build_without_footprint_is_an_exposure(tmp_path):
    path = write_exposure(tmp_path)
    assert read_exposure(path).filter == "F1130W"
    assert [one.root for one in scan([tmp_path]).exposures] == ["jw01288015001_04101_00001_mirimage"]
    planes = read_exposure_arrays(path)
    assert (planes.sci.dtype, planes.unit, planes.filter) == (np.float32, "MJy/sr", "F1130W")


@pytest.mark.parametrize("missing", ["ERR", "DQ"])
def test_an_exposure_without_a_plane_is_refused_by_name(tmp_path, missing):
    with pytest.raises(InputError, match=f"has no plane of {missing}"):
        read_exposure_arrays(write_exposure(tmp_path, drop=(missing,)))


def test_old_mosaics_are_no_input_of_a_stage(tmp_path):
    path = write_mosaic(tmp_path / NAME)
    for name in ("image2", "image3"):
        with pytest.raises(WrongSuffixError, match="i2d"):
            check_inputs(stage_of(name), [path])


@pytest.fixture
def orion(shared_data):
    files = sorted((shared_data / "i2d").glob("orion_*_i2d.fits"))
    if len(files) != 2:
        pytest.skip("The two mosaics of Orion, made by jwst 1.8.2, are not here.")
    return files


def test_orion_of_jwst_1_8_2_through_every_reader(orion, tmp_path):
    found = scan([orion[0].parent])
    assert sorted(one.filter for one in found.mosaics) == ["F1130W", "F770W"]
    assert not found.problems
    for path in orion:
        weight = fits.getdata(path, "WHT")
        shown = load_image(path)
        np.testing.assert_array_equal(np.isfinite(shown.pixels), weight > 0)
        assert read_thumbnail(path).spread.low > 1000
        assert "white to black: 0 " not in picture(path, path.stem).caption
        mosaic = MosaicPixels.read(path)
        assert mosaic.scale == pytest.approx(0.11, abs=0.001)
        ra, dec = mosaic.wcs.all_pix2world(60, 60, 0)
        assert mosaic.pixel(ra, dec) == pytest.approx((60, 60), abs=1e-3)
        regions = tmp_path / f"{path.stem}.reg"
        regions.write_text(f'icrs\ncircle({ra},{dec},1.1")\n')
        x, y = outlines(read_regions(regions), mosaic.wcs, weight.shape)
        np.testing.assert_allclose(np.hypot(x - 60, y - 60), 1.1 / mosaic.scale, rtol=0.01)
        with pytest.raises(InputError, match="no plane of DQ"):
            read_exposure_arrays(path)
    numbers = catalog_of(orion)
    assert numbers.filters == ("F770W", "F1130W")
    difference = compared(orion[0], orion[1], "title").difference
    covered = np.logical_and(*(fits.getdata(path, "WHT") > 0 for path in orion))
    np.testing.assert_array_equal(np.isfinite(difference), covered)


def test_the_asdf_wcs_files_of_old_gwcs_are_read(shared_data):
    asdf = pytest.importorskip("asdf")
    with asdf.open(shared_data / "wcs" / "gwcs_miriwcs.asdf") as tree:
        wcs = next(value for key, value in tree.tree.items() if hasattr(value, "output_frame"))
        ra, dec = wcs(500.0, 500.0)[:2]
    assert math.isfinite(float(ra))
    assert math.isfinite(float(dec))
    assert json.loads((shared_data / "wcs" / "carina_golden_wcs.json").read_text())
