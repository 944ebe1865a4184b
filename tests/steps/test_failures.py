"""No exception of anybody else reaches an astronomer."""

import errno
import os

import asdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets import errors
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.steps.failures import as_our_error


def crds(name, text="x"):
    from crds.core import exceptions

    return getattr(exceptions, name)(text)


def refused():
    from stpipe.exceptions import ValidationError

    return ValidationError("Config parameter 'steps/jump/x': the value \"a\" is of the wrong type.")


def unparsed():
    from configobj import ConfigObjError

    return ConfigObjError("Parsing failed")


def hidden_disk_full():
    """As astropy does: the true error is only the context of one without errno."""
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise OSError("[Errno 28]" + str(error.args[1])[:0])  # noqa: B904
    except OSError as error:
        return error


def unanswered():
    import requests

    return requests.exceptions.ConnectionError("gaia")


CASES = {
    "CRDS exits": (SystemExit(1), "CrdsCacheError"),
    "interrupted": (KeyboardInterrupt(), "CancelledError"),
    "memory": (MemoryError("Unable to allocate 9 GiB"), "TooLargeError"),
    "no reference": (crds("CrdsLookupError"), "MissingReferenceError"),
    "no type": (crds("CrdsUnknownReftypeError", "Unknown reference type 'dark'"), "MissingReferenceError"),
    "not cached": (crds("CrdsNetworkError", "Failed downloading cache config"), "CrdsCacheError"),
    "not downloaded": (crds("CrdsDownloadError"), "CrdsCacheError"),
    "checksum": (crds("ChecksumError"), "CrdsCacheError"),
    "mapping": (crds("MappingFormatError"), "CrdsCacheError"),
    "CRDS, other": (crds("ServiceError"), "CrdsCacheError"),
    "full": (OSError(errno.ENOSPC, "No space left on device"), "DiskFullError"),
    "quota": (OSError(errno.EDQUOT, "Disk quota exceeded"), "DiskFullError"),
    "file limit": (OSError(errno.EFBIG, "File too large"), "DiskFullError"),
    "full, by astropy": (OSError("Not enough space on disk: requested 1, available 0. "), "DiskFullError"),
    "full, by numpy": (OSError("131072 requested and 44240 written"), "DiskFullError"),
    "full, hidden": (hidden_disk_full(), "DiskFullError"),
    "forbidden": (PermissionError(errno.EACCES, "Permission denied", "/x"), "NotWritableError"),
    "read only": (OSError(errno.EROFS, "Read-only file system"), "NotWritableError"),
    "refused": (refused(), "ParameterError"),
    "unparsed": (unparsed(), "BadTableError"),
    "gone": (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"), "MissingFileError"),
    "corrupt": (OSError("Empty or corrupt FITS file"), "NotFitsError"),
    "asdf": (asdf.ValidationError("mismatched tags"), "NotFitsError"),
    "network": (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "StepFailedError"),
    "requests": (unanswered(), "StepFailedError"),
    "value": (ValueError("operands could not be broadcast"), "StepFailedError"),
    "index": (IndexError(), "StepFailedError"),
    "other disk error": (OSError(errno.EIO, "Input/output error"), "StepFailedError"),
}


@pytest.mark.parametrize(("error", "kind"), CASES.values(), ids=CASES)
def test_each_becomes_one_sentence_of_ours(error, kind):
    ours = as_our_error(error, "detector1", ["/data/a_uncal.fits"], step="jump")
    assert type(ours) is getattr(errors, kind)
    text = str(ours)
    assert text.endswith(".") and "\n" not in text and not text.endswith("..")
    assert ours.found and ours.expected and ours.remedy


def test_ours_pass_unchanged():
    ours = ParameterError("a", "b", "c")
    assert as_our_error(ours) is ours


def test_a_failed_step_names_step_file_and_number_of_files():
    ours = as_our_error(
        ValueError("bad\nshape"), "image3", ["/d/a_cal.fits", "/d/b_cal.fits"], step="skymatch"
    )
    assert "skymatch failed on a_cal.fits and 1 more: ValueError: bad shape" in ours.found
    assert "the stage image3" in as_our_error(ValueError(), "image3").found


def test_a_cache_error_names_the_cache(monkeypatch):
    monkeypatch.setenv("CRDS_PATH", "/my/cache")
    monkeypatch.setenv("CRDS_CONTEXT", "jwst_1.pmap")
    assert "jwst_1.pmap in /my/cache" in str(as_our_error(SystemExit(1)))
    monkeypatch.delenv("CRDS_PATH")
    assert "CRDS_PATH" in as_our_error(SystemExit(1)).expected


@given(st.text())
def test_any_words_become_one_line(text):
    ours = as_our_error(RuntimeError(text), "image2")
    assert isinstance(ours, MiriWidgetsError)
    assert all(letter.isprintable() for letter in str(ours))
    assert len(str(ours)) < 700


def test_an_exception_without_words_and_a_circle_of_causes():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError

    assert "Mute" in as_our_error(MuteError()).found
    one, two = ValueError("a"), ValueError("b")
    one.__cause__, two.__cause__ = two, one
    assert "ValueError" in as_our_error(one).found


def test_the_environment_is_only_read():
    before = dict(os.environ)
    for error, _ in CASES.values():
        as_our_error(error)
    assert dict(os.environ) == before
