"""Why a run gave nothing, and which steps it left out: the cause, not the last line of the log."""

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import ParameterError
from miri_widgets.steps.causes import cause_of_nothing, state_of_inputs
from miri_widgets.steps.execute import execute
from miri_widgets.steps.failures import as_our_error
from miri_widgets.steps.left_out import left_out, left_out_text

LAST = "jwst: Refpix correction skipped for MIRI subarrays"


def written(folder, sci, name="jw01041001001_02101_00001_mirimage_uncal.fits", **more):
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(sci, name="SCI")]
    hdus += [fits.ImageHDU(values, name=key) for key, values in more.items()]
    fits.HDUList(hdus).writeto(folder / name)
    return folder / name


def ramp(value, first=1, groups=8):
    sci = np.full((1, groups, 6, 7), 9000, np.uint16)
    sci[:, first - 1 :] = value
    return sci


@pytest.mark.parametrize("first", [1, 2, 5])
def test_saturated_reason_is_said_with_number_and_first_group(first, tmp_path):
    cause = cause_of_nothing([written(tmp_path, ramp(65535, first))], {"refpix": [LAST]}, [LAST])
    assert f"all 42 pixels are saturated from group {first} of 8 on" in cause.found
    assert "Refpix" not in cause.found
    assert ("suppress_one_group" in cause.remedy) == (first == 2)


STATES = {
    "zero": (np.zeros((1, 4, 6, 7), np.uint16), {}, "42 pixels are 0 in every group"),
    "NaN": (np.full((6, 7), np.nan, np.float32), {}, "42 pixels are NaN"),
    "no pixel": (None, {}, "has no pixel"),
    "flagged": (np.ones((6, 7), np.float32), {"DQ": np.ones((6, 7), np.int32)}, "flagged DO_NOT_USE"),
}


@pytest.mark.parametrize("what", STATES)
def test_the_state_of_the_input_is_the_cause(what, tmp_path):
    sci, more, words = STATES[what]
    assert words in state_of_inputs([written(tmp_path, sci, **more)]).found


def test_the_bad_one_of_several_is_named_and_good_ones_have_no_cause(tmp_path):
    good = written(tmp_path, np.ones((6, 7), np.float32), "a_cal.fits")
    bad = written(tmp_path, np.full((6, 7), np.nan, np.float32), "b_cal.fits")
    assert "of b_cal.fits" in state_of_inputs([good, bad]).found
    assert state_of_inputs([good]) is None
    assert state_of_inputs([tmp_path / "absent.fits"]) is None


def test_what_the_saturation_step_counted_tells_limits_below_the_ceiling(tmp_path):
    said = {"saturation": ["Detected 42 saturated pixels"]}
    assert "above the limits" in cause_of_nothing([written(tmp_path, ramp(60000))], said, []).found


def test_an_unknown_cause_is_said_to_be_unknown(tmp_path):
    cause = cause_of_nothing([written(tmp_path, ramp(9000))], {"refpix": [LAST]}, [LAST])
    assert "the cause is not known; the last warnings are: " in cause.found and "log" in cause.remedy


def test_a_known_message_of_a_step_is_the_cause(tmp_path):
    said = {"ramp_fit": ["1. All groups have all pixels flagged as DO_NOT_USE,"], "gain_scale": ["Step done"]}
    cause = cause_of_nothing(
        [written(tmp_path, ramp(9000))], said, ["stcal: so will not process this dataset."]
    )
    assert cause.found == "all pixels of all groups are flagged DO_NOT_USE (step ramp_fit)"


# ---- exceptions


def test_an_error_is_translated_by_what_it_was_raised_from():
    def chained(cause):
        try:
            raise RuntimeError("the step failed") from cause
        except RuntimeError as error:
            return as_our_error(error, "detector1", ["a_uncal.fits"], step="jump")

    assert type(chained(MemoryError())).__name__ == "TooLargeError"
    ours = ParameterError("a", "b", "c")
    assert chained(ours) is ours
    assert "because of KeyError: 'dark'" in chained(KeyError("dark")).found


def test_an_exit_that_is_not_of_crds_is_no_cache_error():
    try:
        raise SystemExit(3)
    except SystemExit as error:
        ours = as_our_error(error, "image2", step="assign_wcs")
    assert "assign_wcs ended the run by itself" in ours.found and "exit status 3" in ours.found


def test_exits_with_a_status_of_the_pipeline_say_why():
    from jwst.assign_wcs.util import NoDataOnDetectorError

    ours = as_our_error(NoDataOnDetectorError("No data on the detector"), "image2", step="assign_wcs")
    assert "exit status 64 (No data on the detector)" in ours.found


# ---- steps that were left out


def step(name, cal_step="SKIPPED", state="done"):
    return {"name": name, "cal_step": cal_step, "state": state}


SAID = {
    "lastframe": ["Too few groups to apply correction", "Step will be skipped"],
    "jump": ["Cannot apply jump detection when NGROUPS<=2;", "Jump step will be skipped"],
    "photom": ["No PHOTOM reference file found", "Photom step will be skipped"],
    "refpix": ["Refpix correction skipped for MIRI subarrays"],
    "dark_current": ["Something new", "This step is skipped today"],
}


def test_steps_left_out_are_told_with_their_reason():
    found = left_out([step(name) for name in SAID], {}, SAID)
    reasons = {one["step"]: one["reason"] for one in found}
    assert reasons["lastframe"] == reasons["jump"] == "too few groups"
    assert "no reference file" in reasons["photom"]
    assert reasons["dark_current"] == 'it says "This step is skipped today"'
    assert [one["step"] for one in found if one["usual"]] == ["refpix"]
    words = left_out_text(found)
    assert "lastframe, jump (too few groups)" in words and "refpix" not in words


def test_what_settings_skip_is_not_told():
    assert left_out([step("jump", state="skipped")], {"jump.skip": True}, {}) == ()
    assert left_out([step("jump", "COMPLETE")], {"jump.skip": False}, {}) == ()


def test_a_step_that_says_complete_and_did_nothing_is_told():
    """Seven groups: jump is COMPLETE and was skipped inside, rscd flags fewer groups."""
    said = {
        "jump": ["Jump Step was skipped because exposure has less than the minimum number of usable groups"],
        "rscd": ["Changing the # of groups to skip in int 1 to 0"],
    }
    found = left_out([step("jump", "COMPLETE"), step("rscd", "COMPLETE")], {}, said)
    assert [one["step"] for one in found] == ["jump", "rscd"]
    assert "usable groups" in found[0]["reason"] and "fewer first groups" in found[1]["reason"]
    failed = left_out([step("skymatch", "FAILED")], {}, {})
    assert failed[0]["reason"].startswith("it failed")


# ---- the pipeline itself


def variant(source, folder, change):
    folder.mkdir()
    with fits.open(source) as hdus:
        change(hdus)
        hdus.writeto(folder / source.name)
    return folder / source.name


def groups(number):
    def change(hdus):
        hdus["SCI"].data = hdus["SCI"].data[:, :number]
        hdus[0].header["NGROUPS"] = number

    return change


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
def test_ramps_of_few_groups_and_saturated_ones_say_so(small_program, in_child, tmp_path):
    source = small_program.uncal[0]

    def full(hdus):
        hdus["SCI"].data[:] = 65535

    with in_child(small_program.environment) as call:
        path = variant(source, tmp_path / "saturated", full)
        with pytest.raises(Exception, match="all 65536 pixels are saturated from group 1 of 8 on"):
            call(execute, "detector1", [path], {}, tmp_path / "out")
        for number, wanted in ((1, {"jump", "rscd", "lastframe"}), (3, {"jump", "rscd"}), (8, set())):
            path = variant(source, tmp_path / f"g{number}", groups(number))
            result = call(execute, "detector1", [path], {}, tmp_path / f"out{number}")
            told = {one["step"] for one in result.facts["left_out"] if not one["usual"]}
            assert wanted <= told and bool(told) == bool(wanted), (number, told)


DIRECT = """Traceback (most recent call last):
  File "a.py", line 1, in <module>
ImportError: libGL.so.1: cannot open shared object file

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 2, in <module>
RuntimeError: the import failed
Exception ignored in: <function close at 0x7f>
sys:1: ResourceWarning: unclosed file
"""


@pytest.mark.parametrize(
    ("output", "status", "words"),
    [
        (DIRECT, 1, "ImportError: libGL.so.1: cannot open shared object file"),
        ("ValueError: first\n\nDuring handling of the above exception, another exception occurred:\n\nKeyError: 'b'", 1,
         "KeyError: 'b'"),
        ("numpy.exceptions.AxisError: axis 3\nnoise printed at exit\n", 1, "AxisError: axis 3"),
        ("MemoryError\n", 1, "its memory did not suffice"),
        ("/usr/bin/python: No module named jwst\ngoodbye", 1, "/usr/bin/python: No module named jwst"),
        ("some chatter\n", -9, "it was killed (SIGKILL), most likely for lack of memory"),
        ("some chatter\n", -11, "it was ended by SIGSEGV"),
        ("some chatter\n", 3, "it ended with status 3 and no reason"),
    ],
)  # fmt: skip
def test_the_cause_of_a_lost_answer_is_not_the_last_line(output, status, words):
    from miri_widgets.steps.causes import cause_of_lost_answer

    assert cause_of_lost_answer(output, status).found == words


def test_a_child_that_takes_too_long_says_so():
    from miri_widgets.steps.causes import cause_of_lost_answer

    assert cause_of_lost_answer("", 0, timed_out=True).found == "it did not end in time"
