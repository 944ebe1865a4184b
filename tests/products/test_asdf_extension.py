"""Lost and damaged ASDF extensions of real (simulated) calibrated exposures are found at the scan, with the remedy."""

import io

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import NotJwstError
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.scan import scan


@pytest.fixture(scope="module")
def cal(tmp_path_factory):
    """A calibrated exposure as the data models write it, with its gWCS."""
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    (exposure, *_) = calibrated_program("sparse", dithers=1, shape=(60, 80), effects=("noise",))
    return write_cal(exposure, tmp_path_factory.mktemp("cal"))


def with_tree(cal, folder, change):
    """Save a copy whose ASDF extension holds other bytes."""
    path = folder / cal.name
    with fits.open(cal) as hdus:
        raw = change(hdus["ASDF"].data.tobytes())
        table = np.array([(np.frombuffer(raw, "u1"),)], dtype=[("ASDF_METADATA", "u1", (len(raw),))])
        rest = [hdu for hdu in hdus if hdu.name != "ASDF"]
        fits.HDUList([*rest, fits.BinTableHDU(table, name="ASDF")]).writeto(path)
    return path


def sentence(folder):
    found = scan([folder], suffix="cal")
    assert not found.exposures
    (problem,) = found.problems
    return str(problem.error)


def test_whole_files_are_taken(cal, tmp_path):
    assert len(scan([cal.parent], suffix="cal").exposures) == 1
    with_tree(cal, tmp_path, lambda raw: raw)
    assert len(scan([tmp_path], suffix="cal").exposures) == 1


@pytest.mark.parametrize("removed", [(), ("DATAMODL",), ("DATAMODL", "CAL_VER", "CRDS_CTX")])
def test_no_asdf_saved_by_astropy_is_told_with_the_remedy(cal, tmp_path, removed):
    with fits.open(cal) as hdus:
        del hdus["ASDF"]
        for key in removed:
            hdus[0].header.remove(key, ignore_missing=True)
        hdus[0].header["S_WCS"] = "COMPLETE"
        hdus.writeto(tmp_path / cal.name)
    told = sentence(tmp_path)
    assert "has lost its ASDF extension, which holds its world coordinates" in told
    assert "take the original file" in told and "not with astropy alone" in told
    with pytest.raises(NotJwstError, match="lost its ASDF"):
        read_exposure(tmp_path / cal.name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw[:9000], "was cut short"),
        (lambda raw: raw[: raw.find(b"\n...\n") + 5], "was cut short"),
        (lambda raw: raw[: raw.rfind(b"\xd3BLK") + 60], "was cut short"),
        (lambda raw: raw[: raw.find(b"\xd3BLK") + 20], "was cut short"),
        (lambda raw: raw[:4000] + b"\0" * 300 + raw[4300:], "damaged bytes"),
        (lambda raw: raw[:4000] + b"\xff\xfe" + raw[4002:], "damaged bytes"),
        (lambda raw: raw[:4000] + b"}]: {" + raw[4005:], "damaged bytes"),
        (lambda raw: raw[: raw.find(b"\xd3BLK") + 60] + b"XX" + raw[raw.find(b"\xd3BLK") + 62 :], "damaged bytes"),
        (lambda raw: b"\0" * len(raw), "without ASDF in it"),
        (lambda raw: b"#ASDF 1.0.0\n", "was cut short"),
    ],
)  # fmt: skip
def test_damaged_trees_are_told(cal, tmp_path, change, words):
    with_tree(cal, tmp_path, change)
    assert words in sentence(tmp_path)


@pytest.mark.parametrize("new", [b"\n  xyz: ", b""])
def test_a_tree_without_wcs_is_told(cal, tmp_path, new):
    from stdatamodels.jwst import datamodels

    with datamodels.open(cal) as model:
        if new:
            with_tree(cal, tmp_path, lambda raw: raw.replace(b"\n  wcs: ", new, 1))
        else:
            model.meta.wcs = None
            model.save(tmp_path / cal.name)
    told = sentence(tmp_path)
    assert "has no world coordinates (meta.wcs)" in told and "run image2 again" in told


def test_the_scan_reads_headers_and_tree_only(cal, tmp_path, monkeypatch):
    """A full array of pixels is passed over by seeking."""
    path = tmp_path / cal.name
    with fits.open(cal) as hdus:
        hdus["SCI"].data = np.zeros((3000, 3000), "f4")
        hdus.writeto(path)
    read = []

    class Counted(io.FileIO):
        def read(self, size=-1):
            block = super().read(size)
            read.append(len(block))
            return block

    monkeypatch.setattr(type(path), "open", lambda self, mode="r", **_: Counted(str(self)))
    assert len(scan([tmp_path], suffix="cal").exposures) == 1
    assert sum(read) < 300_000 < path.stat().st_size


def test_a_run_without_asdf_fails_by_a_sentence():
    from miri_widgets.steps.failures import as_our_error

    error = KeyError("Extension 'ASDF' not found.")
    assert "lost its ASDF extension" in str(as_our_error(error, "stripes", ["a_cal.fits"]))
    outer = RuntimeError("no model")
    outer.__cause__ = error
    assert "lost its ASDF extension" in str(as_our_error(outer, "stripes", ["a_cal.fits"]))
