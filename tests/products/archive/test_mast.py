"""What the archive has: asked of a server on loopback through astroquery itself."""

import pytest

from miri_widgets import errors
from miri_widgets.products.archive.holdings import LEVELS, program_number
from miri_widgets.products.archive.mast import list_program, remotes
from miri_widgets.products.download.retry_policy import RetryPolicy

QUICK = RetryPolicy(retries=2, delay=0.01, longest=0.05, connect=2, read=1)


def ask(mast, program="2736", **options):
    return list_program(program, server=mast.address, retry_policy=QUICK, **options)


def test_files_of_a_program(mast):
    mast.add_program("02736")
    mast.add_program("01040")
    told = []
    found = ask(mast, on_progress=lambda *step: told.append(step))
    assert found.program == "02736" and found.planned == 0
    # pictures, other detectors and other programs are left out; a level is a suffix
    assert len(found.files) == 14
    assert {one.level for one in found.files} == {"uncal", "rate", "cal", "i2d"} <= set(LEVELS)
    first = found.files[0]
    assert (first.observation, first.filter, first.level) == ("001", "F770W", "uncal")
    assert (first.size, first.public, first.target) == (60_000, True, "SMACS J0723.3-7327")
    assert (first.start, first.released) == ("2022-06-14", "2022-07-13")
    assert first.uri == f"mast:JWST/product/{first.name}"
    assert [one.filter for one in found.files if one.level == "i2d"] == ["F770W", "F1500W"]
    assert told[-1] == (2, 2)
    assert list(found.files) == sorted(
        found.files, key=lambda one: (one.observation, LEVELS.index(one.level), one.name)
    )


def test_a_file_of_two_observations_comes_once(mast):
    mast.add_program("02736")
    again = dict(mast.products[0], obsID="02736002", parent_obsid="02736002")
    mast.products.append(again)
    assert len(ask(mast).files) == 14


def test_proprietary_files_say_so(mast):
    mast.add_program("02736", rights="EXCLUSIVE_ACCESS", released=61500.0)
    found = ask(mast).files
    assert {(one.public, one.rights, one.released) for one in found} == {
        (False, "EXCLUSIVE_ACCESS", "2027-04-05")
    }
    (remote,) = remotes(found[:1], "/data", server=mast.address)
    assert remote.proprietary and remote.size == 60_000
    assert remote.url == f"{mast.address}/api/v0.1/Download/file?uri={found[0].uri}"


@pytest.mark.parametrize(
    "name", ["../../evil_uncal.fits", "jw02736001001_02101_00009_mirimage_uncal.fits/../x", ".bashrc"]
)
def test_hostile_names_are_no_files(mast, name):
    mast.add_program("02736")
    mast.add_product("02736001", name, uri="mast:JWST/product/evil")
    assert len(ask(mast).files) == 14


def test_masked_cells_are_no_trouble(mast):
    mast.add_program("02736")
    for row in mast.observations:
        row["t_obs_release"] = row["filters"] = None
    for row in mast.products:
        row["size"] = row["dataRights"] = None
    found = ask(mast).files
    assert {(one.size, one.filter, one.released) for one in found} == {(0, "", "")}


def test_unknown_program_is_a_sentence(mast):
    mast.add_program("02736")
    with pytest.raises(errors.NotInArchiveError, match="the archive knows no JWST program 9999"):
        ask(mast, "9999")


def test_program_of_another_instrument_is_a_sentence(mast):
    mast.add_program("02736")
    for row in mast.observations:
        row["instrument_name"] = "NIRCAM/IMAGE"
    with pytest.raises(errors.NotInArchiveError, match="2 observations, none with the imager"):
        ask(mast)


def test_planned_program_is_a_sentence(mast):
    mast.add_program("02736")
    for row in mast.observations:
        row["calib_level"] = -1
    with pytest.raises(errors.NotInArchiveError, match="2 imager observations of program 2736 are planned"):
        ask(mast)
    mast.observations[0]["calib_level"] = 3
    assert ask(mast).planned == 1


def test_observations_without_files_are_a_sentence(mast):
    mast.add_program("02736")
    mast.products.clear()
    with pytest.raises(errors.NotInArchiveError, match="none of their files"):
        ask(mast)


@pytest.mark.parametrize("text", ["", "0", "abc", "123456", "2736; drop", "²"])
def test_no_number_is_a_sentence(text):
    with pytest.raises(errors.ParameterError, match="JWST program number"):
        program_number(text)
    assert program_number(" jw02736 ") == program_number("2736") == "02736"


def test_a_service_that_is_down_once_is_asked_again(mast):
    mast.add_program("02736")
    mast.faults["invoke"] = [("status", 503)]
    assert len(ask(mast).files) == 14


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (("status", 503), errors.ArchiveDownError, "down or overloaded .HTTP 503."),
        (("page",), errors.ArchiveDownError, "no answer that can be understood"),
        (("error",), errors.ArchiveDownError, "no answer that can be understood .*database is away"),
        (("cut",), errors.UnreachableError, "cannot be reached, or cut"),
        (("stall",), errors.UnreachableError, "did not answer in time"),
    ],
)
def test_faults_of_the_service_are_sentences(mast, fault, kind, words):
    mast.add_program("02736")
    mast.faults["invoke"] = [("none",), ("always", fault)] if fault == ("error",) else [("always", fault)]
    with pytest.raises(kind, match=words) as caught:
        ask(mast)
    assert mast.address.removeprefix("http://") in str(caught.value)


def test_no_network_is_a_sentence(mast):
    mast.close()
    with pytest.raises(errors.UnreachableError, match="cannot be reached"):
        ask(mast)
