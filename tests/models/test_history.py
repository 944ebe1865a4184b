"""One Undo for all that a person sets on a page, in the order in which it was set."""

import traitlets

from miri_widgets.models import SessionModel
from miri_widgets.models.history import History, UserChange


class Lamp(traitlets.HasTraits):
    """A model of its own."""

    level = traitlets.Int(0)


def test_changes_go_back_and_forth():
    lamp, history = Lamp(), History()
    history.follow(lamp, "level", "level of the lamp")
    assert (history.undo_label, history.redo_label) == ("", "")
    history.undo()
    for level in (1, 2, 3):
        lamp.level = level
    history.undo()
    history.undo()
    assert lamp.level == 1 and history.redo_label == history.undo_label == "level of the lamp"
    history.redo()
    assert lamp.level == 2
    lamp.level = 7
    assert history.redo_label == "", "what was taken back is forgotten by a new change"
    for _ in range(5):
        history.undo()
    assert lamp.level == 0 and history.undo_label == ""
    for _ in range(5):
        history.redo()
    assert lamp.level == 7


def test_what_the_program_sets_is_no_change():
    lamp, history = Lamp(), History()
    history.follow(lamp, "level", "level")
    with history.pause():
        lamp.level = 4
    assert history.undo_label == ""
    lamp.level = 5
    lamp.level = 4
    assert history.undo_label == "" and history.redo_label == "level", "taken back by hand"
    history.close()
    lamp.level = 9
    history.undo()
    assert lamp.level == 9


def test_the_last_change_of_one_subject_is_taken_back_beneath_later_ones():
    lamp, history, colours = Lamp(), History(), []
    history.follow(lamp, "level", "level of the lamp")
    for number in (1, 2):
        history.add(UserChange("colour", ("colour",), number - 1, number, colours.append))
        lamp.level = number
    history.undo_of(("colour",))
    assert colours == [1] and lamp.level == 2 and history.redo_label == "colour"
    history.undo_of(("colour",))
    history.undo_of(("colour",))
    assert colours == [1, 0], "nothing when there is none"
    history.undo()
    assert lamp.level == 1


def test_it_remembers_the_last_two_hundred():
    history, seen = History(), []
    for number in range(300):
        history.add(UserChange("count", ("count", number), number, number + 1, seen.append))
    while history.undo_label:
        history.undo()
    assert len(seen) == 200 and seen[-1] == 100


def test_undo_of_a_session_reaches_everything(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    history, stage = session.history, session.stages["detector1"]
    assert history.undo_label == "", "what was read from disk is no change of a person"
    name = "jump.rejection_threshold"
    before, chain = stage.settings[name], session.chain
    root = session.programs.exposures[0].root
    stage.set({name: 6.5})
    session.programs.exclude([root])
    session.use_stage("sky")
    session.tags.change([root], verdict="rejected")
    session.tags.wait()
    assert history.undo_label == "tags of exposures"
    history.undo()
    session.tags.wait()
    assert not session.tags.rejected
    history.undo()
    assert session.chain == chain
    history.undo()
    assert not session.programs.excluded
    history.undo()
    assert stage.settings[name] == before and not stage.can_undo and stage.can_redo
    assert history.undo_label == ""
    for _ in range(4):
        history.redo()
    session.tags.wait()
    assert stage.settings[name] == 6.5 and session.programs.excluded == {root} and "sky" in session.chain
    assert session.tags.rejected == {root}
    stage.undo()
    assert stage.settings[name] == before
    history.undo()
    assert stage.settings[name] == 6.5, "the button of a stage is a change like others"
    session.close()


def test_choices_of_last_time_cannot_be_undone(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    session.stages["detector1"].set({"jump.rejection_threshold": 6.5})
    session.programs.exclude([session.programs.exposures[0].root])
    session.close()
    again = SessionModel(program, fakes.fake_services(program))
    again.poll()
    assert again.programs.excluded and again.history.undo_label == ""
    again.close()
