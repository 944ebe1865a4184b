"""Folders become exposures, mosaics and problems, the same for any order."""

import gzip
import os
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import (
    MissingFileError,
    MixedExposuresError,
    NotImagingError,
    NotJwstError,
    WrongSuffixError,
)
from miri_widgets.products.association import (
    check_members,
    level3_association,
    require_one,
    write_association,
)
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.fits_reader import read_headers, read_image
from miri_widgets.products.pixels import read_pixel
from miri_widgets.products.scan import scan
from miri_widgets.products.thumbnails import read_thumbnail

KEYS = {
    "TELESCOP": "JWST", "INSTRUME": "MIRI", "DETECTOR": "MIRIMAGE", "EXP_TYPE": "MIR_IMAGE", "FILTER": "F770W",
    "SUBARRAY": "SUB64", "READPATT": "FASTR1", "NINTS": 1, "NGROUPS": 5, "DATE-BEG": "2024-01-01T00:00:00",
    "PATT_NUM": 1, "NUMDTHPT": 2, "GDSTARID": "S4AZ029426", "EXPSTART": 60310.0, "EXPEND": 60310.01,
}  # fmt: skip


def write(folder, visit=1, exposure=1, suffix="rate", start=60310.0, **keys):
    path = folder / f"jw01234001{visit:03d}_02101_{exposure:05d}_mirimage_{suffix}.fits"
    primary = fits.PrimaryHDU()
    primary.header.update({**KEYS, "EXPSTART": start, **keys})
    sci = fits.ImageHDU(np.zeros((64, 72), "f4"), name="SCI")
    sci.header["RA_REF"], sci.header["DEC_REF"] = 80.5, -69.4
    fits.HDUList([primary, sci]).writeto(path)
    return path


def test_sorted_by_time_with_tiles(tmp_path):
    write(tmp_path, visit=2, start=60310.2)
    write(tmp_path, visit=1, exposure=2, start=60310.1)
    write(tmp_path, visit=1, exposure=1, start=60310.0)
    found = scan([tmp_path]).exposures
    assert [(item.tile, item.name.exposure) for item in found] == [(1, "00001"), (1, "00002"), (2, "00001")]
    assert found[0].guide_star == "S4AZ029426"
    assert found[0].label == "F770W tile 1 dither 1"


def test_products_of_other_suffixes_and_resampled_single_exposures_are_passed_over(tmp_path):
    for suffix in ("rate", "cal", "i2d"):
        write(tmp_path, suffix=suffix)
    mosaic = write(tmp_path, suffix="crf").rename(tmp_path / "jw01234-o001_t001_miri_f770w_i2d.fits")
    found = scan([tmp_path], suffix="cal")
    assert [one.suffix for one in found.exposures] == ["cal"]
    assert [one.path for one in found.mosaics] == [mosaic] and not found.problems
    assert len(scan([tmp_path]).mosaics) == 2


def test_index_gives_the_same_and_notices_changes(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir()
    path, index = write(folder), tmp_path / "index.json"
    first = scan([folder], index=index)
    with monkeypatch.context() as patch:
        patch.setattr("miri_widgets.products.scan.read_with_tree", lambda path: pytest.fail("read again"))
        assert scan([folder], index=index) == first
    path.unlink()
    write(folder, FILTER="F1000W")
    assert scan([folder], index=index).exposures[0].filter == "F1000W"


def test_problems_do_not_stop_the_scan(tmp_path):
    write(tmp_path)
    (tmp_path / "empty_rate.fits").touch()
    write(tmp_path, exposure=2, EXP_TYPE="MIR_MRS")
    write(tmp_path, exposure=3, TELESCOP="HST")
    result = scan([tmp_path, tmp_path / "nowhere"])
    assert len(result.exposures) == 1
    assert {type(problem.error).__name__ for problem in result.problems} == {
        "NotFitsError",
        "NotImagingError",
        "NotJwstError",
        "MissingFileError",
    }


def test_hostile_header_is_kept_as_text(tmp_path):
    write(tmp_path, TARGPROP="<img src=x onerror=alert(1)>")
    assert scan([tmp_path]).exposures[0].target == "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"EXP_TYPE": "MIR_MRS"}, NotImagingError),
        ({"INSTRUME": "NIRCAM"}, NotImagingError),
        ({"FILTER": "F1065C"}, NotImagingError),
        ({"TELESCOP": ""}, NotJwstError),
    ],
)
def test_wrong_kinds(tmp_path, keys, error):
    with pytest.raises(error):
        read_exposure(write(tmp_path, **keys))


@pytest.mark.parametrize(
    ("kind", "subarray", "words"),
    [
        ("MIR_LYOT", "MASKLYOT", "a coronagraphic exposure of the Lyot mask (MIR_LYOT, MASKLYOT)"),
        ("MIR_4QPM", "MASK1065", "of a four-quadrant phase mask (MIR_4QPM, MASK1065)"),
        ("MIR_4QPM", "FULL", "of a four-quadrant phase mask (MIR_4QPM)"),
        ("MIR_TACQ", "MASK1140", "a target acquisition (MIR_TACQ, MASK1140)"),
        ("MIR_TACONFIRM", "FULL", "the confirmation image of a target acquisition"),
        ("MIR_DARKIMG", "FULL", "a dark (MIR_DARKIMG)"),
        ("MIR_FLATIMAGE", "FULL", "a flat of the lamp"),
        ("MIR_FLATIMAGE-EXT", "FULL", "a flat of the sky"),
        ("MIR_CORONCAL", "MASK1550", "a calibration of the coronagraphs"),
        ("MIR_LRS-SLITLESS", "SLITLESSPRISM", "a slitless spectrum"),
        ("MIR_NEW", "FULL", "is MIRI MIR_NEW"),
        ("MIR_IMAGE", "MASK1550", "in the subarray MASK1550, which holds no pixel of the imaging field"),
        ("MIR_IMAGE", "MASKLYOT", "in the subarray MASKLYOT"),
        ("", "FULL", "names no exposure type (EXP_TYPE)"),
    ],
)
def test_other_kinds_of_exposures_are_left_out_with_a_sentence(tmp_path, kind, subarray, words):
    write(tmp_path, EXP_TYPE=kind, SUBARRAY=subarray)
    found = scan([tmp_path])
    assert found.exposures == () and words in str(found.problems[0].error)


@pytest.mark.parametrize("subarray", ["FULL", "BRIGHTSKY", "SUB256", "SUB128", "SUB64"])
def test_subarrays_of_imaging_are_taken(tmp_path, subarray):
    write(tmp_path, SUBARRAY=subarray)
    assert [one.subarray for one in scan([tmp_path]).exposures] == [subarray]


def test_wrong_suffix(tmp_path):
    with pytest.raises(WrongSuffixError, match="expected a uncal file"):
        read_exposure(write(tmp_path), suffix="uncal")
    with pytest.raises(WrongSuffixError, match="2 axes"):
        read_exposure(write(tmp_path, suffix="uncal"))


def test_exposure_round_trip(tmp_path):
    exposure = read_exposure(write(tmp_path))
    assert Exposure.from_dict(exposure.to_dict()) == exposure


def test_mixed_filters(tmp_path):
    exposures = [read_exposure(write(tmp_path)), read_exposure(write(tmp_path, exposure=2, FILTER="F1000W"))]
    with pytest.raises(MixedExposuresError, match="F1000W and F770W together"):
        require_one(exposures, "filter")


def test_association_does_not_know_order_and_misses_members(tmp_path):
    paths = [write(tmp_path, exposure=number, suffix="cal") for number in (1, 2, 3)]
    first = level3_association(paths, product_name="m", program="01234")
    assert first == level3_association(reversed(paths), product_name="m", program="01234")
    write_association(first, tmp_path / "asn.json")
    assert check_members(tmp_path / "asn.json") == tuple(paths)
    paths[1].unlink()
    with pytest.raises(MissingFileError, match="00002_mirimage_cal"):
        check_members(tmp_path / "asn.json")


def test_symlinked_folder_is_followed_and_circles_stop(tmp_path):
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    path = write(elsewhere)
    (data / "linked").symlink_to(elsewhere)
    (data / "again").symlink_to(elsewhere)
    (elsewhere / "up").symlink_to(data)
    (data / path.name).symlink_to(path)
    (data / "broken_uncal.fits").symlink_to(tmp_path / "nowhere")
    found = scan([data])
    assert len(found.exposures) == 1
    (problem,) = found.problems
    assert "leads nowhere" in str(problem.error) and problem.path.name == "broken_uncal.fits"


def test_equal_files_count_once_and_unequal_ones_are_told_with_both_paths(tmp_path):
    first, second, old = (tmp_path / name for name in ("a", "b", "old"))
    for folder in (first, second, old):
        folder.mkdir()
    path = write(first)
    (second / path.name).write_bytes(path.read_bytes())
    (second / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    found = scan([tmp_path])
    assert len(found.exposures) == 1 and not found.problems
    other = write(old, NGROUPS=7)
    os.utime(other, (1000, 1000))
    found = scan([tmp_path])
    assert len(found.exposures) == 1 and found.exposures[0].ngroups == 5
    sentence = " ".join(str(one.error) for one in found.problems)
    assert str(other) in sentence and "ngroups 5 and 7" in sentence and "exclude" in sentence
    found = scan([tmp_path], exclude=[first, second])
    assert [one.path for one in found.exposures] == [other] and not found.problems


def test_lone_copies_of_a_browser_are_told_with_their_right_name(tmp_path):
    path = write(tmp_path)
    copy = path.rename(tmp_path / path.name.replace(".fits", " (1).fits"))
    (problem,) = scan([tmp_path], suffix="rate").problems
    assert f"{copy.name} is not named as the archive names it" in str(problem.error)
    assert f"expected {path.name}: rename it to that" in str(problem.error)
    write(tmp_path)
    (problem,) = scan([tmp_path], suffix="rate").problems
    assert f"is a second copy of {path.name}, which lies beside it" in str(problem.error)


@pytest.mark.parametrize("ending", [".fits.1", ".fits (2)", " - Copy.fits"])
def test_other_copies_are_told_too(tmp_path, ending):
    path = write(tmp_path)
    path.rename(tmp_path / (path.name.removesuffix(".fits") + ending))
    (problem,) = scan([tmp_path], suffix="rate").problems
    assert f"expected {path.name}: rename it to that" in str(problem.error)


def test_names_in_upper_case_are_told_with_their_right_name(tmp_path):
    path = write(tmp_path)
    path.rename(tmp_path / path.name.upper())
    found = scan([tmp_path], suffix="rate")
    assert not found.exposures
    assert f"expected {path.name}: rename it to that" in str(found.problems[0].error)


def test_partial_downloads_are_told_in_one_sentence(tmp_path):
    whole = write(tmp_path).name
    names = [f"a_uncal.fits{end}" for end in (".part", ".crdownload", ".tmp", ".AbC123.part")]
    for name in (
        *names,
        "b.fits.gz.partial",
        "Unconfirmed 12345.crdownload",
        "notes.part",
        ".hidden.fits.part",
    ):
        (tmp_path / name).write_bytes(b"SIMPLE")
    found = scan([tmp_path], suffix="rate")
    assert [one.name.filename for one in found.exposures] == [whole]
    (problem,) = found.problems
    assert "6 downloads have not ended" in str(problem.error) and "and 3 more" in str(problem.error)
    assert "remove them and download again" in str(problem.error)


def test_unequal_files_tell_versions_dates_and_sizes_and_the_line_that_chooses(tmp_path):
    paths = []
    for number, version in enumerate(("1.16.0", "1.20.2")):
        folder = tmp_path / f"build {number}"
        folder.mkdir()
        paths.append(write(folder, CAL_VER=version, DATE=f"202{number + 4}-01-01", CRDS_CTX="jwst_1.pmap"))
        with fits.open(paths[-1], mode="append") as hdus:
            tree = np.array([(np.frombuffer(b"#ASDF 1.0.0\n--- {}\n...\n" + b"\0" * 4000 * number, "u1"),)],
                            dtype=[("ASDF_METADATA", "u1", (23 + 4000 * number,))])  # fmt: skip
            hdus.append(fits.BinTableHDU(tree, name="ASDF"))
        os.utime(paths[-1], (1000 * number, 1000 * number))
    found = scan([tmp_path])
    assert [one.path for one in found.exposures] == [paths[1]]
    sentence = str(found.problems[0].error)
    assert "CAL_VER 1.20.2 and 1.16.0" in sentence and "DATE 2025-01-01 and 2024-01-01" in sentence
    assert "bytes" in sentence and "CRDS_CTX" not in sentence
    for path, other in (paths, reversed(paths)):
        line = f'exclude = ["{path}"]'
        assert line in sentence
        assert [one.path for one in scan([tmp_path], exclude=[path]).exposures] == [other]


def test_mosaics_of_other_instruments_are_left_out(tmp_path):
    for number, instrument in enumerate(("NIRCAM", "NIRISS", "MIRI")):
        path = write(tmp_path, exposure=number, suffix="crf", INSTRUME=instrument)
        path.rename(tmp_path / f"jw01234-o001_t001_{instrument.lower()}_f770w_i2d.fits")
    found = scan([tmp_path], suffix="uncal")
    assert len(found.mosaics) == 1 and len(found.problems) == 2
    assert all("is a mosaic of NIR" in str(one.error) for one in found.problems)


@pytest.mark.parametrize("key", ["EXP_TYPE", "INSTRUME", "FILTER", "DETECTOR", "TELESCOP"])
@pytest.mark.parametrize("value", ["", " ", 3, True])
def test_keywords_that_are_missing_or_wrong_give_whole_sentences(tmp_path, key, value):
    write(tmp_path, **{key: value})
    (problem,) = scan([tmp_path]).problems
    assert (
        "  " not in str(problem.error)
        and " ;" not in str(problem.error)
        and "''" not in problem.error.found[-3:]
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_without_permission_is_told_and_the_rest_is_scanned(folder_of_all):
    (folder_of_all / "closed").mkdir()
    (folder_of_all / "closed").chmod(0)
    write(folder_of_all)
    code = (
        "import os, sys; from pathlib import Path; from miri_widgets.products.file_search import search_files\n"
        "os.seteuid(65534); told = []\n"
        "print(len(list(search_files([Path(sys.argv[1])], lambda path, error: told.append(str(error))))), *told)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder_of_all)], capture_output=True, text=True, timeout=300
    )
    assert done.stdout.startswith("1 ") and "cannot be read (Permission denied)" in done.stdout, done.stderr


def test_a_compressed_image_has_the_size_of_the_image(tmp_path):
    path = write(tmp_path)
    with fits.open(path) as hdus:
        image = fits.CompImageHDU(hdus["SCI"].data, name="SCI", compression_type="GZIP_2", quantize_level=0)
        primary = hdus[0].copy()
    path.unlink()
    fits.HDUList([primary, image]).writeto(path)
    assert [(one.nx, one.ny) for one in scan([tmp_path]).exposures] == [(72, 64)]
    assert read_headers(path)[1]["NAXIS1"] == 72 and read_image(path).shape == (64, 72)


@pytest.mark.parametrize("ending", ["fz", "bz2", "zip", "tar.gz"])
def test_packed_files_are_told_with_what_unpacks_them(tmp_path, ending):
    write(tmp_path)
    (tmp_path / f"jw01234001001_02101_00002_mirimage_rate.fits.{ending}").write_bytes(b"packed")
    found = scan([tmp_path])
    assert len(found.exposures) == 1 and len(found.problems) == 1
    words = str(found.problems[0].error)
    assert "is packed" in words and {"fz": "funpack", "bz2": "bunzip2"}.get(ending, "unzip or tar") in words


@pytest.mark.parametrize("shape", [(64,), (3, 64, 72), None])
def test_a_mosaic_without_an_image_is_a_problem(tmp_path, shape):
    path = tmp_path / "jw01234-o001_t001_miri_f770w_i2d.fits"
    primary = fits.PrimaryHDU()
    primary.header.update(KEYS)
    data = np.zeros(shape, "f4") if shape else None
    fits.HDUList([primary, fits.ImageHDU(data, name="SCI")]).writeto(path)
    found = scan([tmp_path])
    assert found.mosaics == () and "an image of two axes" in str(found.problems[0].error)
    path.unlink()
    fits.HDUList([primary, fits.ImageHDU(np.zeros((1, 64, 72), "f4"), name="SCI")]).writeto(path)
    assert [(one.nx, one.ny) for one in scan([tmp_path]).mosaics] == [(72, 64)]


@pytest.mark.parametrize("kind", ["scaled", "blank", "unsigned", "cube", "order", "gzipped"])
def test_any_storage_of_an_image_gives_the_same_pixels(tmp_path, kind):
    image = np.random.default_rng(1).normal(5, 1, (64, 72)).astype("f4")
    stored = np.round(image * 100).astype("i2")
    expected = stored * np.float32(0.01)
    hdu = fits.ImageHDU(stored, name="SCI")
    hdu.header["BSCALE"] = 0.01
    others = [fits.ImageHDU(image * 0 + 1, name="ERR"), fits.ImageHDU(np.zeros((64, 72), "u4"), name="DQ")]
    if kind == "blank":
        stored[:10, :10] = -32768
        hdu.data = stored
        hdu.header["BLANK"] = -32768
        expected = np.where(stored == -32768, np.float32(np.nan), expected)
    elif kind == "unsigned":
        expected = stored.astype("u2") + np.uint16(40000)
        hdu = fits.ImageHDU(expected, name="SCI")
    elif kind == "cube":
        hdu.data = hdu.data[None]
    primary = fits.PrimaryHDU()
    primary.header.update(KEYS)
    path = tmp_path / "jw01234001001_02101_00001_mirimage_cal.fits"
    fits.HDUList([primary, *others, hdu] if kind == "order" else [primary, hdu, *others]).writeto(path)
    if kind == "gzipped":
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = read_image(path)
    assert found.shape == (64, 72) and np.allclose(found, expected, rtol=1e-6, equal_nan=True)
    pixel = read_pixel(path, 4, 3)
    assert np.isclose(pixel.value, expected[3, 4], rtol=1e-6, equal_nan=True) and pixel.err == 1
    means = read_thumbnail(path).pixels
    if kind != "blank":
        assert np.nanmean(means) == pytest.approx(float(expected.mean()), rel=0.02)
    else:
        assert np.nanmin(means) > 0
