"""The switch of the accelerations on the command line, and what the doctor says of it."""

import pytest

from miri_widgets.cli import main
from miri_widgets.cli.doctor import State, examine, report
from miri_widgets.steps.acceleration import SWITCH


@pytest.fixture
def toml(tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "p.toml"
    path.write_text('folders = ["data"]\nacceleration_off = ["schema_loading"]\n')
    return path


@pytest.fixture
def started(session, monkeypatch):
    """Take the place of the start of a job, and keep the programs that came."""
    programs = []

    def start(program, **_):
        programs.append(program)
        return session, "job1"

    monkeypatch.setattr("miri_widgets.cli.headless.start", start)
    return programs


def test_a_flag_of_one_run_comes_to_what_the_program_says(toml, started, capsys):
    assert main(["run", str(toml), "--acceleration-off", "jump_medians", "--detach"]) == 0
    assert started[0].acceleration_off == ("schema_loading", "jump_medians")
    assert (
        "without the accelerations jump_medians, schema_loading: the pixels are the same"
        in capsys.readouterr().out
    )


def test_all_of_them(toml, started, capsys):
    assert main(["run", str(toml), "--acceleration-off", "all", "--detach"]) == 0
    assert "emi_correction" in capsys.readouterr().out and "all" in started[0].acceleration_off


def test_a_wrong_name_is_a_sentence_before_anything_runs(toml, started, capsys):
    assert main(["run", str(toml), "--acceleration-off", "jumps"]) == 1
    assert "no acceleration is called 'jumps'; expected all or one of" in capsys.readouterr().err
    assert not started


def line_of_doctor():
    return next(check for check in examine(port=0) if check.name == "acceleration")


def test_the_doctor_tells_what_acts_and_who_switched_it_off(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    assert line_of_doctor().found.count(" on") == 4 and line_of_doctor().state == State.OK
    monkeypatch.setenv(SWITCH, "jump_medians")
    found = line_of_doctor()
    assert "jump_medians off" in found.found and f"({SWITCH}=jump_medians)" in found.found
    assert found.state == State.OK and "acceleration" in report((found,))


def test_the_doctor_tells_a_wrong_name(monkeypatch):
    monkeypatch.setenv(SWITCH, "jumps")
    assert line_of_doctor().state == State.FAILED and "jumps" in line_of_doctor().found
