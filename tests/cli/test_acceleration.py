"""The switch of the accelerations on the command line, and what the doctor says of it."""

from dataclasses import replace

import pytest

from miri_widgets.cli import headless, main
from miri_widgets.errors import ParameterError


@pytest.fixture
def with_program(small_program, monkeypatch):
    """Lets the program's file switch something off."""

    def load(*names):
        named = replace(small_program, acceleration_off=names)
        monkeypatch.setattr(headless, "load_program", lambda path: named)

    return load


def submitted(engine):
    return {plan.acceleration_off for job in engine.made.values() for plan in job.plans}


def test_a_flag_of_one_run_comes_to_what_the_program_says(options, quick_engine, with_program, capsys):
    with_program("schema_loading")
    options.acceleration_off = " jump_medians "
    assert headless.run_program(options) == 0
    assert submitted(quick_engine) == {("jump_medians", "schema_loading")}
    told = "without the accelerations jump_medians, schema_loading: the pixels are the same, runs take longer"
    assert told in capsys.readouterr().out


def test_all_act_without_a_flag_and_the_keys_are_those_of_a_run_without_any(options, quick_engine, capsys):
    options.detach = True
    assert headless.run_program(options) == 0
    assert submitted(quick_engine) == {()} and "acceleration" not in capsys.readouterr().out
    keys = [plan.key for job in quick_engine.made.values() for plan in job.plans]
    options.acceleration_off = "all"
    assert headless.run_program(options) == 0
    last = list(quick_engine.made.values())[-1].plans
    assert [plan.key for plan in last] == keys and {plan.acceleration_off for plan in last} == {("all",)}


def test_the_tick_of_the_page_counts_with_session_only(options, quick_engine, small_program):
    small_program.workspace.mkdir(parents=True, exist_ok=True)
    (small_program.workspace / "session.json").write_text('{"version": 1, "accelerated": false}')
    options.detach = True
    assert headless.run_program(options) == 0
    assert submitted(quick_engine) == {()}
    quick_engine.made.clear()
    options.session = True
    assert headless.run_program(options) == 0
    assert submitted(quick_engine) == {("all",)}


@pytest.mark.parametrize("place", ["flag", "program"])
def test_a_wrong_name_is_a_sentence_before_anything_runs(options, quick_engine, with_program, place):
    if place == "flag":
        options.acceleration_off = "jumps"
    else:
        with_program("jumps")
    with pytest.raises(ParameterError, match="no acceleration is called 'jumps'; expected all or one of"):
        headless.run_program(options)
    assert not quick_engine.made


def test_the_flag_is_an_option_of_the_command(monkeypatch):
    seen = []
    monkeypatch.setattr(headless, "run_program", lambda options: seen.append(options.acceleration_off) or 0)
    assert main(["run", "x.toml"]) == 0 and main(["run", "x.toml", "--acceleration-off", "all"]) == 0
    assert seen == ["", "all"]
