"""The local CRDS cache: complete, found again, never half written."""

import json

import numpy as np
import pytest
from astropy.io import fits
from scipy.signal import convolve2d

from miri_widgets.errors import CrdsCacheError, ParameterError
from miri_widgets.simulation import crds_environment, write_reference_cache
from miri_widgets.simulation.detector import DETECTOR, detector_maps


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return write_reference_cache(tmp_path_factory.mktemp("crds"), filters=("F560W",), subarrays=("SUB64",))


def _files(cache):
    return sorted((cache.path / "references" / "jwst" / "miri").iterdir())


def test_found_again_at_once(cache):
    before = {path: path.stat().st_mtime_ns for path in _files(cache)}
    written = []
    again = write_reference_cache(
        cache.path, filters=("F560W",), subarrays=("SUB64",), progress=lambda *args: written.append(args)
    )
    assert again == cache and written == []
    assert {path: path.stat().st_mtime_ns for path in _files(cache)} == before


def test_rules_name_files_that_exist_and_carry_their_checksum(cache):
    import hashlib
    import re

    rules = list((cache.path / "mappings" / "jwst").iterdir())
    named = set()
    for rule in rules:
        text = rule.read_text()
        named |= set(re.findall(r"'(jwst_miri_[\w-]+_\d+\.(?:fits|asdf))'", text))
        body = "".join(line for line in text.splitlines(True) if "sha1sum" not in line)
        assert hashlib.sha1(body.encode()).hexdigest() in text
    assert named == {path.name for path in _files(cache)}


def test_crds_finds_every_reference(cache, monkeypatch):
    import ast

    (imap,) = (cache.path / "mappings" / "jwst").glob("*.imap")
    rules = imap.read_text()
    selector = ast.literal_eval(rules.split("selector = ")[1])
    expected = (
        "mask gain readnoise saturation linearity dark reset rscd ipc emicorr flat photom area distortion"
    )
    expected += " filteroffset apcorr abvegaoffset pars-tweakregstep pars-sourcecatalogstep pars-emicorrstep"
    for kind in expected.split():
        assert selector[kind].endswith(".rmap"), kind
    assert cache.environment() == crds_environment(cache.path, cache.context)
    assert "serverless" in cache.environment()["CRDS_SERVER_URL"]


def test_references_equal_the_simulated_truth(cache):
    folder = cache.path / "references" / "jwst" / "miri"
    assert np.all(fits.getdata(folder / "jwst_miri_gain_9001.fits") == DETECTOR.gain)
    dark = fits.getdata(folder / "jwst_miri_dark_9001.fits")
    assert dark.shape[2:] == (64, 72)
    # no dark in the reference pixels, or the reference-pixel correction would put it back
    assert np.all(dark[..., :4] == 0) and np.all(dark[0, -1, :, 4:] > 0)
    reset = fits.getdata(folder / "jwst_miri_reset_9001.fits")
    assert np.all(reset[..., :4] == 0) and np.all(reset[:, 0, :, 4:] < 0)


def test_realistic_errors_change_references_and_context(tmp_path, cache):
    # a damaged stamp means: make anew
    (tmp_path / "simulated.json").write_text(json.dumps({"filters": []}))
    (tmp_path / "left-over").write_text("")
    noisy = write_reference_cache(tmp_path, filters=("F560W",), subarrays=("SUB64",), reference_error=1.0)
    assert noisy.context != cache.context
    assert not (tmp_path / "left-over").exists()
    found = fits.getdata(noisy.path / "references" / "jwst" / "miri" / "jwst_miri_readnoise_9001.fits")
    ratio = found / (detector_maps().read_noise * np.sqrt(2))
    assert np.std(ratio) == pytest.approx(0.03, rel=0.05)


def test_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(CrdsCacheError, match="another folder"):
        write_reference_cache(tmp_path, filters=("F560W",), subarrays=("SUB64",))
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_unknown_filter_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="F444W"):
        write_reference_cache(tmp_path / "new", filters=("F444W",))
    with pytest.raises(ParameterError, match="reference error"):
        write_reference_cache(tmp_path / "new", reference_error=-1)


def test_coupling_reference_undoes_the_coupling(cache):
    kernel = fits.getdata(cache.path / "references" / "jwst" / "miri" / "jwst_miri_ipc_9001.fits")
    both = convolve2d(kernel, DETECTOR.ipc_kernel())
    assert both.sum() == pytest.approx(1, abs=1e-6)
    assert both[2, 2] == pytest.approx(1, abs=3e-4)
    both[2, 2] = 0
    assert np.abs(both).max() < 1e-4
