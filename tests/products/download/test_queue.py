"""Downloads: whole or not there; what came is kept; a sentence for every fault."""

import hashlib
import threading
import time

import pytest

from miri_widgets import errors
from miri_widgets.products.archive.mast import list_program, remotes
from miri_widgets.products.download import partial_files
from miri_widgets.products.download import queue as downloads
from miri_widgets.products.download.partial_files import part_of
from miri_widgets.products.download.queue import download
from miri_widgets.products.download.resumable import Remote
from miri_widgets.products.download.retry_policy import CancelToken, RetryPolicy

QUICK = RetryPolicy(retries=2, delay=0.01, longest=0.05, connect=2, read=2)
BIG = 3_000_000


class Watcher:
    """Looks at a folder all the time: which names were ever seen, and with how many bytes."""

    def __init__(self, folder):
        self.folder, self.sizes, self._end = folder, {}, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._end.is_set():
            for path in self.folder.glob("*.fits"):
                self.sizes.setdefault(path.name, set()).add(path.stat().st_size)
            self._end.wait(0.002)

    def close(self):
        self._end.set()
        self._thread.join()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "02736"
    folder.mkdir()
    watcher = Watcher(folder)
    yield folder
    watcher.close()
    for name, sizes in watcher.sizes.items():
        assert sizes == {folder.joinpath(name).stat().st_size}, f"half a file was visible: {name} {sizes}"


def one(mast, folder, *, size=BIG, **options):
    mast.add_product("1", "jw02736001001_02101_00001_mirimage_uncal.fits", size=size, **options)
    product = mast.products[-1]
    uri = product["dataURI"]
    remote = Remote(
        f"{mast.address}/api/v0.1/Download/file?uri={uri}",
        folder / product["productFilename"],
        size,
        proprietary=product["dataRights"] != "PUBLIC",
    )
    return uri, remote


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".fits"))


def test_files_of_a_program_in_order(mast, folder):
    mast.add_program("02736")
    files = [each for each in list_program("2736", server=mast.address).files if each.level == "uncal"]
    told = []
    done = download(remotes(files, folder, server=mast.address), on_progress=told.append, retry_policy=QUICK)
    assert [outcome.error for outcome in done] == [None] * 4 and all(outcome.fetched for outcome in done)
    assert [entry["uri"] for entry in mast.seen] == [each.uri for each in files]
    for each in files:
        assert (folder / each.name).read_bytes() == mast.files[each.uri]
    assert leftovers(folder) == []
    assert told[-1].done_all == told[-1].size_all == 240_000 and told[-1].fraction == 1
    assert [step.index for step in told] == sorted(step.index for step in told)
    # complete files are not asked for again
    again = download(remotes(files, folder, server=mast.address), retry_policy=QUICK)
    assert [outcome.fetched for outcome in again] == [False] * 4 and len(mast.seen) == 4


@pytest.mark.parametrize("etags", [True, False])
@pytest.mark.parametrize("cuts", [[("cut", 1_000_000)], [("cut", 400_000), ("cut", 1), ("cut", 900_001)]])
def test_cut_connection_goes_on_where_it_stopped(mast, folder, cuts, etags):
    mast.etags = etags
    uri, remote = one(mast, folder)
    mast.faults[uri] = list(cuts)
    told = []
    (outcome,) = download([remote], on_progress=told.append, retry_policy=QUICK)
    assert outcome.fetched and outcome.error is None
    assert remote.path.read_bytes() == mast.files[uri]
    assert leftovers(folder) == []
    offsets = [int(entry["range"].removeprefix("bytes=")[:-1]) for entry in mast.seen[1:]]
    assert len(offsets) == len(cuts) and offsets == sorted(offsets) and offsets[0] > 0
    assert any("trying again in" in step.text for step in told)


def test_a_second_download_resumes_after_the_first_gave_up(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("cut", 2_000_000), ("status", 503), ("status", 503), ("status", 503)]
    (first,) = download([remote], retry_policy=QUICK)
    assert isinstance(first.error, errors.ArchiveDownError) and not remote.path.exists()
    kept = part_of(remote.path).stat().st_size
    assert 1_000_000 < kept <= 2_000_000
    (second,) = download([remote], retry_policy=QUICK)
    assert second.fetched and mast.seen[-1]["range"] == f"bytes={kept}-" and mast.seen[-1]["status"] == 206
    assert remote.path.read_bytes() == mast.files[uri]


def test_a_renewed_file_is_not_mixed_with_the_old_one(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("cut", 2_000_000), *[("status", 503)] * 3]
    download([remote], retry_policy=QUICK)
    mast.files[uri] = mast.files[uri][:80] + mast.files[uri][:79:-1]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.fetched and mast.seen[-1]["status"] == 200
    assert remote.path.read_bytes() == mast.files[uri]


def test_bytes_of_which_nothing_is_known_are_dropped(mast, folder):
    uri, remote = one(mast, folder)
    part_of(remote.path).write_bytes(b"x" * 1000)
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.fetched and mast.seen[0]["range"] is None
    assert remote.path.read_bytes() == mast.files[uri]


def test_a_whole_part_gets_its_name(mast, folder):
    """Killed between the last byte and the rename."""
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("cut", BIG - 1), *[("status", 503)] * 3]
    download([remote], retry_policy=QUICK)
    part_of(remote.path).write_bytes(mast.files[uri])
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.error is None and mast.seen[-1]["status"] == 416
    assert remote.path.read_bytes() == mast.files[uri]


def test_busy_once_is_tried_again(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("status", 503)]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.fetched and len(mast.seen) == 2


def test_busy_always_is_a_sentence_and_ends_all(mast, folder):
    uri, remote = one(mast, folder)
    other = Remote(remote.url, folder / "other.fits", BIG)
    mast.faults[uri] = [("always", ("status", 503))]
    outcomes = download([remote, other], retry_policy=QUICK)
    assert len(outcomes) == 1 and len(mast.seen) == 3
    assert "is down or overloaded (HTTP 503)" in str(outcomes[0].error)
    assert list(folder.iterdir()) == []


def test_wrong_size_is_a_sentence_and_nothing_is_kept(mast, folder):
    uri, remote = one(mast, folder)
    mast.files[uri] = mast.files[uri][:-10]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert isinstance(outcome.error, errors.DamagedDownloadError)
    assert "gives 2999990 bytes" in str(outcome.error) and "expected 3000000 bytes" in str(outcome.error)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("change", [-10, 10])
def test_wrong_size_without_a_length_is_found_at_the_end(mast, folder, change):
    uri, remote = one(mast, folder)
    mast.lengths = False
    mast.files[uri] = mast.files[uri][:change] if change < 0 else mast.files[uri] + b"x" * change
    (outcome,) = download([remote], retry_policy=QUICK)
    assert isinstance(outcome.error, errors.ArchiveError) and not remote.path.exists()


def test_changed_bytes_are_found_by_the_checksum(mast, folder):
    uri, remote = one(mast, folder)
    mast.digests = True
    mast.faults[uri] = [("flip", 2_000_000)]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert "another sha256 checksum" in str(outcome.error) and list(folder.iterdir()) == []
    known = Remote(remote.url, remote.path, remote.size, hashlib.sha1(b"other").hexdigest())
    (outcome,) = download([known], retry_policy=QUICK)
    assert "another sha1 checksum" in str(outcome.error) and list(folder.iterdir()) == []
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.fetched and outcome.error is None


def test_a_page_is_no_file(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("page",)]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert "no answer that can be understood" in str(outcome.error) and list(folder.iterdir()) == []
    mast.files[uri] = b"y" * BIG
    (outcome,) = download([remote], retry_policy=QUICK)
    assert "something that is not FITS" in str(outcome.error) and list(folder.iterdir()) == []


def test_proprietary_without_a_token_does_not_stop_the_others(mast, folder):
    _, closed = one(mast, folder, size=50_000, rights="EXCLUSIVE_ACCESS")
    mast.add_product("1", "jw02736001001_02101_00002_mirimage_uncal.fits", size=50_000)
    name = mast.products[-1]["productFilename"]
    public = Remote(f"{mast.address}/f?uri={mast.products[-1]['dataURI']}", folder / name, 50_000)
    outcomes = download([closed, public], retry_policy=QUICK)
    assert "is proprietary and no token was given" in str(outcomes[0].error)
    assert outcomes[1].fetched


def test_a_wrong_token_and_the_right_one(mast, folder, caplog, capfd):
    caplog.set_level(0)
    uri, remote = one(mast, folder, size=50_000, rights="EXCLUSIVE_ACCESS")
    (outcome,) = download([remote], token="wrong-4711", retry_policy=QUICK)
    assert isinstance(outcome.error, errors.NotPermittedError)
    assert "does not open" in str(outcome.error) and "wrong-4711" not in str(outcome.error)
    mast.faults[uri] = [("cut", 20_000)]
    (outcome,) = download([remote], token=mast.secret, retry_policy=QUICK)
    assert outcome.fetched and remote.path.read_bytes() == mast.files[uri]
    said = caplog.text + "".join(capfd.readouterr())
    assert mast.secret not in said and "wrong-4711" not in said


def test_the_token_goes_with_proprietary_files_only(mast, folder):
    _, remote = one(mast, folder, size=50_000)
    download([remote], token=mast.secret, retry_policy=QUICK)
    assert mast.seen[0]["authorization"] is None
    assert not downloads.takes_token("http://mast.example.org/x") and downloads.takes_token(
        "https://mast.stsci.edu/x"
    )


def test_unknown_file_is_a_sentence(mast, folder):
    uri, remote = one(mast, folder)
    del mast.files[uri]
    (outcome,) = download([remote], retry_policy=QUICK)
    assert isinstance(outcome.error, errors.NotInArchiveError)
    assert f"has no {remote.path.name}" in str(outcome.error)


def test_no_network_is_a_sentence(mast, folder):
    _, remote = one(mast, folder)
    mast.close()
    (outcome,) = download([remote], retry_policy=QUICK)
    assert "cannot be reached" in str(outcome.error) and list(folder.iterdir()) == []


def stopped_after(remote, seconds, **patience):
    stop = CancelToken()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    begin = time.monotonic()
    (outcome,) = download([remote], cancel=stop, retry_policy=RetryPolicy(**patience))
    return outcome, time.monotonic() - begin - seconds


@pytest.mark.parametrize("fault", [("slow", 0.05), ("stall", 500_000)])
def test_cancel_is_quick_and_keeps_what_came(mast, folder, fault):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [fault]
    outcome, late = stopped_after(remote, 0.6, read=60)
    assert isinstance(outcome.error, errors.CancelledError) and late < 1.0
    assert not remote.path.exists() and 0 < part_of(remote.path).stat().st_size < BIG
    (outcome,) = download([remote], retry_policy=QUICK)
    assert outcome.fetched and mast.seen[-1]["status"] == 206
    assert remote.path.read_bytes() == mast.files[uri]


def test_cancel_ends_the_wait_between_attempts(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("always", ("status", 503))]
    outcome, late = stopped_after(remote, 0.4, delay=60, longest=60)
    assert isinstance(outcome.error, errors.CancelledError) and late < 1.0


def test_stalled_server_is_left_after_a_while(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("stall", 500_000)]
    (outcome,) = download([remote], retry_policy=RetryPolicy(retries=2, delay=0.01, read=0.4))
    assert outcome.fetched and remote.path.read_bytes() == mast.files[uri]


def test_two_at_once_do_not_mix(mast, folder):
    uri, remote = one(mast, folder)
    mast.faults[uri] = [("slow", 0.002)]
    found = []
    first = threading.Thread(target=lambda: found.extend(download([remote], retry_policy=QUICK)))
    first.start()
    time.sleep(0.3)
    (second,) = download([remote], retry_policy=QUICK)
    first.join()
    assert "is being downloaded to this folder already" in str(second.error)
    assert found[0].fetched and remote.path.read_bytes() == mast.files[uri]


def test_another_file_of_that_name_is_never_overwritten(mast, folder):
    _, remote = one(mast, folder)
    mine = folder / "mine"
    mine.write_bytes(b"mine")
    mine.rename(remote.path)  # or the watcher would see it empty
    (outcome,) = download([remote], retry_policy=QUICK)
    assert "is there already with 4 bytes" in str(outcome.error)
    assert remote.path.read_bytes() == b"mine" and mast.seen == []


def test_a_disk_without_room_is_told_before(mast, folder):
    _, remote = one(mast, folder)
    huge = Remote(remote.url, remote.path, 10**18)
    (outcome,) = download([huge], retry_policy=QUICK)
    assert isinstance(outcome.error, errors.DiskFullError) and "expected 1.0 EB for" in str(outcome.error)
    assert mast.seen == []


def test_a_folder_that_may_not_be_written(mast, folder, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    _, remote = one(mast, folder)
    monkeypatch.setattr(partial_files.os, "open", refuse)
    (outcome,) = download([remote], retry_policy=QUICK)
    assert isinstance(outcome.error, errors.NotWritableError)
