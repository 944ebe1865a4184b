"""The tick of the accelerations on the page."""

import pytest

from miri_widgets.models.acceleration import AccelerationModel
from miri_widgets.panels.parts.acceleration import AccelerationView
from miri_widgets.panels.program import ProgramPanel
from miri_widgets.steps.acceleration import acceleration_states


@pytest.fixture
def real(session):
    session.acceleration = AccelerationModel((), acceleration_states)
    return session


def test_the_tick_follows_and_changes_the_model(real):
    view = AccelerationView(real)
    assert view.checkbox.value and not view.checkbox.disabled and "All 15 act" in view.status.value
    view.checkbox.value = False
    assert real.acceleration.off == ("all",) and "None acts." in view.status.value
    real.acceleration.wanted = True
    assert view.checkbox.value and "All 15 act" in view.status.value
    view.close()


def test_what_the_program_says_cannot_be_ticked_away(real):
    real.acceleration = AccelerationModel(("all",), acceleration_states)
    view = AccelerationView(real)
    assert not view.checkbox.value and view.checkbox.disabled
    assert "switched off in the program" in view.status.value and real.acceleration.wanted
    view.close()


def test_it_stands_on_the_page_of_the_program(session):
    panel = ProgramPanel(session)
    assert panel.acceleration in panel.children
    panel.close()
