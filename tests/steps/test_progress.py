"""Log records become reports: complete, in order, with the right step skipped."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.steps.progress import LOGGERS, StepProgress

STEPS = ("first", "second", "third", "fourth")


def say(progress, *messages, name="stpipe.step", level=logging.INFO):
    for message in messages:
        progress.emit(logging.LogRecord(name, level, "", 0, message, (), None))


def began(step):
    return f"Step {step} running with args (<RampModel from x>,)."


def run_of(*events):
    reports = []
    ticks = iter(range(10_000))
    progress = StepProgress(STEPS, reports.append, clock=lambda: float(next(ticks)))
    say(progress, began("Pipeline"))
    for step, how in events:
        say(progress, began(step), "Step skipped." if how == "skipped" else f"Step {step} done")
    return progress, reports


def test_states_and_places():
    progress, reports = run_of(("first", "done"), ("second", "skipped"), ("fourth", "done"))
    assert [(one.step, one.index, str(one.state)) for one in reports] == [
        ("first", 1, "running"),
        ("first", 1, "done"),
        ("second", 2, "running"),
        ("second", 2, "skipped"),
        ("third", 3, "skipped"),
        ("fourth", 4, "running"),
        ("fourth", 4, "done"),
    ]
    assert all(one.total == 4 for one in reports)
    assert progress.seconds["first"] == 1.0


@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.sampled_from(["done", "skipped"])), unique_by=lambda e: e[0]
    )
)
def test_every_step_ends_whatever_ran(events):
    events = sorted(events, key=lambda event: STEPS.index(event[0]))
    progress, reports = run_of(*events)
    progress.finish()
    indices = [one.index for one in reports]
    assert indices == sorted(indices)
    assert list(progress.states) == list(STEPS)
    assert {step: str(progress.states[step]) for step, _ in events} == dict(events)
    assert all(str(state) in ("done", "skipped") for state in progress.states.values())


def test_a_step_within_a_step_is_not_reported():
    progress, reports = run_of()
    say(
        progress,
        began("first"),
        began("second"),
        "Step skipped.",
        began("third"),
        "Step third done",
        "Step first done",
    )
    assert [(one.step, str(one.state)) for one in reports] == [("first", "running"), ("first", "done")]


def test_a_step_that_runs_twice_adds_its_time():
    progress, reports = run_of(("fourth", "done"), ("fourth", "done"))
    assert progress.seconds["fourth"] == 2.0
    assert [one.index for one in reports if one.step == "fourth"] == [4, 4, 4, 4]


def test_a_failure_names_the_step_at_work():
    progress, reports = run_of(("first", "done"))
    say(progress, began("second"))
    assert progress.current == "second"
    progress.fail()
    assert (reports[-1].step, str(reports[-1].state)) == ("second", "failed")
    assert progress.current == ""


def test_warnings_are_kept_once():
    progress, _ = run_of()
    say(progress, "odd data", "odd  data", "more", name="stcal.jump", level=logging.WARNING)
    say(progress, *(f"warning {i}" for i in range(100)), name="jwst.x", level=logging.WARNING)
    assert progress.warnings[:2] == ["stcal: odd data", "stcal: more"]
    assert len(progress.warnings) == 50


def test_the_line_of_code_behind_a_warning_of_python_is_left_out():
    progress, _ = run_of()
    told = (
        "/a/gwcs/_wcs.py:17: LinAlgWarning: The accuracy was not reached.\n  u, v, residual = fit_2D_poly(\n"
    )
    say(progress, told, name="py.warnings", level=logging.WARNING)
    say(progress, "/a/x.py:1: UserWarning: two\nlines", name="py.warnings", level=logging.WARNING)
    say(progress, "x" * 400, name="jwst.x", level=logging.WARNING)
    assert progress.warnings[:2] == [
        "py: /a/gwcs/_wcs.py:17: LinAlgWarning: The accuracy was not reached.",
        "py: /a/x.py:1: UserWarning: two lines",
    ]
    assert progress.warnings[2] == f"jwst: {'x' * 299}…"


def test_reference_files_are_noted():
    progress, _ = run_of()
    say(
        progress,
        "Prefetch for DARK reference file is '/c/references/jwst/miri/dark_1.fits'.",
        "Prefetch for SUPERBIAS reference file is 'N/A'.",
        "Override for FLAT reference file is '/mine/flat.fits'.",
        name="stpipe.pipeline",
    )
    say(progress, "PARS-JUMPSTEP parameters found: /c/references/jwst/miri/pars_1.asdf")
    assert progress.references == {"dark": "dark_1.fits", "flat": "flat.fits", "pars-jumpstep": "pars_1.asdf"}


def test_loggers_are_left_as_they_were():
    before = {
        name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in LOGGERS
    }
    with pytest.raises(ZeroDivisionError), StepProgress(STEPS).listening():
        assert logging.getLogger("stpipe.step").isEnabledFor(logging.INFO)
        raise ZeroDivisionError
    assert before == {
        name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in LOGGERS
    }


def test_alignments_are_read():
    progress, _ = run_of()
    a, b, c = (f"jw01041001001_02101_0000{i}" for i in (1, 2, 3))
    say(
        progress,
        f"Selected image 'GROUP ID: {a}' as reference image",
        f"Aligning image catalog 'GROUP ID: {b}' to the reference catalog.",
        f"Found 18 matches for 'GROUP ID: {b}'...",
        "FIT RMSE: 0.00610543   FIT MAE: 0.00545612",
        "Final solution based on 17 objects.",
        f"Aligning image catalog 'GROUP ID: {c}' to the reference catalog.",
        f"Found 4 matches for 'GROUP ID: {c}'...",
        name="tweakwcs.wcsimage",
    )
    say(
        progress,
        f"Not enough matches (4) found for image catalog 'GROUP ID: {c}'. Min required: 8.",
        name="tweakwcs.x",
    )
    found = progress.alignments
    assert found.of(f"{a}_mirimage").reference
    fit = found.of(f"{b}_mirimage")
    assert (fit.matches, fit.used, fit.rmse_mas) == (18, 17, pytest.approx(6.10543))
    poor = found.of(f"{c}_mirimage")
    assert (poor.matches, poor.used, poor.rmse_mas) == (4, 0, None)
    assert found.of("jw01041001001_02101_00009_mirimage").matches == 0
    say(progress, "Found 7 matches for 'GROUP ID: jw01041001001_02101_4'...", name="tweakwcs.wcsimage")
    assert found.of("jw01041001001_02101_00004_mirimage").matches == 7
