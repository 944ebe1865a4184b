"""Reference files: what is needed, what is there, what has to come; against a CRDS server on loopback."""

import shutil

import pytest

from miri_widgets.errors import CrdsCacheError, DamagedDownloadError
from miri_widgets.products.archive.holdings import ArchiveFile
from miri_widgets.products.download.queue import download
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.observing_modes import ObservingMode, assumed_modes, modes_of
from miri_widgets.simulation import write_reference_cache
from miri_widgets.steps.references import needed_references, reference_remotes

MODES = (ObservingMode("F560W", "SUB64", "FASTR1", "2023-05-01"),)
QUICK = RetryPolicy(retries=1, delay=0.01, connect=2, read=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("references") / "crds"
    return write_reference_cache(folder, filters=("F560W",), subarrays=("SUB64",))


@pytest.fixture
def cache(whole, tmp_path, mast, monkeypatch):
    """A copy that may be spoilt, and a server that has all of it; returns folder and environment."""
    monkeypatch.setenv("MIRI_WIDGETS_CACHE", str(whole.path.parent / "notes"))
    folder = tmp_path / "crds"
    shutil.copytree(whole.path, folder)
    for path in (folder / "references" / "jwst" / "miri").iterdir():
        mast.files[f"/references/{path.name}"] = path.read_bytes()
    mast.context = whole.context
    return folder, {**whole.environment(), "CRDS_PATH": str(folder), "CRDS_SERVER_URL": mast.address}


def spoil(folder, kind, keep=None):
    (path,) = (folder / "references" / "jwst" / "miri").glob(f"jwst_miri_{kind}_*")
    content = path.read_bytes()
    path.unlink()
    if keep is not None:
        path.write_bytes(content[:keep])
    return path, content


def test_a_whole_cache_needs_nothing(cache, whole):
    _, environment = cache
    found = needed_references(MODES, environment)
    assert found.context == whole.context and found.missing == ()
    assert found.offline == "" and found.unmatched == ()
    kinds = {kind for one in found.references for kind in one.kinds}
    assert {"flat", "dark", "photom", "distortion", "gain", "area", "apcorr", "pars-tweakregstep"} <= kinds
    assert all(one.present and one.size > 0 and one.filters == ("F560W",) for one in found.references)


def test_what_is_missing_is_named_fetched_and_whole(cache, mast):
    folder, environment = cache
    path, content = spoil(folder, "flat")
    (missing,) = needed_references(MODES, environment).missing
    assert (missing.kinds, missing.name, missing.expected) == (("flat",), path.name, len(content))
    assert missing.path == path and not missing.present and len(missing.sha1) == 40
    mast.faults[f"/references/{path.name}"] = [("cut", 2000)]
    (outcome,) = download(reference_remotes([missing]), retry_policy=QUICK)
    assert outcome.fetched and path.read_bytes() == content
    assert needed_references(MODES, environment).missing == ()


def test_half_a_file_in_the_cache_is_found_and_set_aside(cache, mast):
    folder, environment = cache
    spoil(folder, "gain")
    path, content = spoil(folder, "flat", keep=5760)
    missing = needed_references(MODES, environment).missing
    assert [(one.kinds, one.damaged) for one in missing] == [(("flat",), True), (("gain",), False)]
    outcomes = download(reference_remotes(missing), retry_policy=QUICK)
    assert all(outcome.fetched for outcome in outcomes) and path.read_bytes() == content
    assert path.with_name(path.name + ".damaged").stat().st_size == 5760


def test_half_a_file_that_crds_left_is_found(cache, mast):
    """crds takes it for whole: it looks at the name only."""
    folder, environment = cache
    path, _ = spoil(folder, "flat", keep=5760)
    (missing,) = needed_references(MODES, environment).missing
    assert missing.path == path and missing.damaged and missing.size == 5760


def test_a_changed_file_is_never_put_into_the_cache(cache, mast):
    folder, environment = cache
    path, _ = spoil(folder, "flat")
    mast.faults[f"/references/{path.name}"] = [("flip", 3000)]
    (outcome,) = download(
        reference_remotes(needed_references(MODES, environment).missing), retry_policy=QUICK
    )
    assert isinstance(outcome.error, DamagedDownloadError) and not path.exists()


@pytest.mark.parametrize("server", ["https://jwst-serverless.stsci.edu", "http://127.0.0.1:1"])
def test_offline_it_is_said_what_is_missing(cache, server):
    folder, environment = cache
    path, _ = spoil(folder, "flat")
    found = needed_references(MODES, {**environment, "CRDS_SERVER_URL": server})
    (missing,) = found.missing
    assert missing.name == path.name and missing.expected == 0 and missing.url == ""
    assert server in found.offline
    with pytest.raises(CrdsCacheError, match=f"1 reference files are not in the cache, {path.name} first"):
        reference_remotes(found.missing)


def test_a_cache_that_was_never_filled_is_a_sentence(tmp_path, cache):
    """crds ends its process here; ours goes on."""
    _, environment = cache
    offline = {**environment, "CRDS_PATH": str(tmp_path / "empty"), "CRDS_SERVER_URL": "http://127.0.0.1:1"}
    with pytest.raises(CrdsCacheError, match="CRDS"):
        needed_references(MODES, offline)


def test_a_mode_without_a_file_is_told(cache):
    _, environment = cache
    found = needed_references((ObservingMode("F2550W", "SUB64", "FASTR1", "2023-05-01"),), environment)
    assert any(line.startswith("flat for F2550W SUB64") for line in found.unmatched)


def test_modes_of_what_is_here_and_of_what_is_to_come(program, fakes):
    exposures = fakes.fake_services(program).scan().exposures
    modes = modes_of(exposures)
    assert 0 < len(modes) <= len(exposures)
    assert {mode.filter for mode in modes} == {one.filter for one in exposures}
    file = ArchiveFile(
        "02736", "001", "x.fits", "F770W", "uncal", 1, True, "PUBLIC", "", "2022-06-14", "", "mast:x"
    )
    assert assumed_modes([file, file]) == (ObservingMode("F770W", "FULL", "FASTR1", "2022-06-14"),)
