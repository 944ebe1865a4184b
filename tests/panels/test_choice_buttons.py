"""Buttons of which one is pressed: the first, until another is chosen."""

from miri_widgets.panels.parts.choice_buttons import ChoiceButtons


def test_the_first_choice_is_pressed_at_the_start():
    buttons = ChoiceButtons("Axis", [("log", "log", "Logarithm"), ("linear", "linear", "Number")])
    assert buttons.value == "log" and buttons.label == "Axis"
    assert buttons.choices[1] == {"value": "linear", "text": "linear", "tip": "Number"}
    buttons.close()
