"""What the doctor says of accelerations."""

from miri_widgets.cli.doctor import CheckState, examine, report
from miri_widgets.steps.acceleration import SWITCH, acceleration_states


def line_of_doctor():
    return next(check for check in examine(port=0) if check.name == "acceleration")


def test_the_doctor_tells_what_acts_and_who_switched_it_off(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    assert (
        line_of_doctor().result.count(" on") == len(acceleration_states())
        and line_of_doctor().state == CheckState.OK
    )
    monkeypatch.setenv(SWITCH, "jump_medians")
    found = line_of_doctor()
    assert "jump_medians off" in found.result and f"({SWITCH}=jump_medians)" in found.result
    assert found.state == CheckState.OK and "acceleration" in report((found,))


def test_the_doctor_tells_a_wrong_name(monkeypatch):
    monkeypatch.setenv(SWITCH, "jumps")
    assert line_of_doctor().state == CheckState.FAILED and "jumps" in line_of_doctor().result
