"""The switch of the accelerations: program file, page and engine; keys of runs do not know it."""

from dataclasses import replace

import pytest

from miri_widgets.errors import BadTableError
from miri_widgets.models import SessionModel
from miri_widgets.products.program import load_program, save_program
from miri_widgets.steps.acceleration import ACCELERATIONS, acceleration_states

NAMES = sorted(one.name for one in ACCELERATIONS)


@pytest.fixture
def opened(fakes, program):
    """Open sessions of the program, with the real states, and close them."""
    made = []

    def open_it(**values):
        services = replace(fakes.fake_services(program), accelerations=acceleration_states)
        session = SessionModel(replace(program, **values), services)
        session.poll()
        made.append(session)
        return session

    yield open_it
    for session in made:
        session.close()


def submitted(session):
    job = session.services.engine.made[session.run("detector1")]
    return {plan.acceleration_off for plan in job.plans}


def test_all_act_unless_something_is_said(opened):
    session = opened()
    assert session.acceleration.off == () and set(session.acceleration.states.values()) == {"on"}
    assert session.acceleration.sentence.startswith(f"All {len(NAMES)} act: ")
    assert submitted(session) == {()}


def test_a_program_switches_off_by_name(opened):
    session = opened(acceleration_off=("jump_medians",))
    assert session.acceleration.states["jump_medians"] == "off"
    assert "instead of jump_medians (switched off in the program's file)." in session.acceleration.sentence
    assert submitted(session) == {("jump_medians",)}


def test_what_is_exported_goes_without_what_is_switched_off(opened):
    exported = {}
    for wanted, expected in ((True, {("jump_medians",)}), (False, {("all",)})):
        session = opened(acceleration_off=("jump_medians",))
        session.acceleration.wanted = wanted
        session.services = replace(session.services, script=lambda plans: exported.update(plans=plans) or "")
        session.script()
        assert {plan.acceleration_off for plan in exported["plans"]} == expected


def test_the_user_switches_all_off_and_the_keys_stay(opened):
    before = [plan.key for plan in opened().plans]
    session = opened()
    session.acceleration.wanted = False
    session.poll()
    assert [plan.key for plan in session.plans] == before
    assert session.acceleration.sentence.startswith("None acts.") and not session.planning
    assert "emi_correction (switched off here)" in session.acceleration.sentence
    assert submitted(session) == {("all",)}


def test_the_choice_of_the_user_is_found_again(opened):
    first = opened()
    first.acceleration.wanted = False
    first.poll()
    first.close()
    assert opened().acceleration.wanted is False


def test_the_environment_is_named_as_the_reason(opened, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_ACCELERATION_OFF", "schema_loading")
    sentence = opened().acceleration.sentence
    assert "schema_loading (switched off by MIRI_WIDGETS_ACCELERATION_OFF)" in sentence


def test_a_wrong_name_in_a_program_is_told_and_the_others_act(opened):
    session = opened(acceleration_off=("jumps", "jump_medians"))
    assert "switches off the accelerations jumps, which do not exist" in session.messages.text
    assert submitted(session) == {("jump_medians",)}


def test_a_wrong_name_in_the_environment_is_told(opened, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_ACCELERATION_OFF", "jumps")
    session = opened()
    assert "no acceleration is called 'jumps'" in session.acceleration.sentence


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('acceleration_off = ["jump_medians", "schema_loading"]', ("jump_medians", "schema_loading")),
        ('acceleration_off = "all"', ("all",)),
        ('acceleration_off = "jump_medians, schema_loading"', ("jump_medians", "schema_loading")),
        ("acceleration_off = []", ()),
        ("", ()),
    ],
)
def test_the_key_of_a_program_file(tmp_path, line, names):
    path = tmp_path / "p.toml"
    path.write_text(f'folders = ["data"]\n{line}\n')
    program = load_program(path)
    assert program.acceleration_off == names
    save_program(program, tmp_path / "again.toml")
    assert load_program(tmp_path / "again.toml").acceleration_off == names


@pytest.mark.parametrize("value", ["true", "3", "[1]", '[""]'])
def test_another_value_in_a_program_file_is_a_sentence(tmp_path, value):
    path = tmp_path / "p.toml"
    path.write_text(f'folders = ["data"]\nacceleration_off = {value}\n')
    with pytest.raises(BadTableError, match="acceleration_off"):
        load_program(path)
