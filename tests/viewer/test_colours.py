"""Colours of images: a scale that says less and more, and tints that no value has."""

from __future__ import annotations

import numpy as np

from miri_widgets.viewer.colours import OUTSIDE, UNUSABLE, colour_map, css_gradient, hex_colours


def channels(colour):
    return np.array(list(bytes.fromhex(colour.removeprefix("#"))), int)


def test_values_are_grey_and_differences_go_from_blue_over_white_to_red():
    greys = np.array([channels(colour) for colour in hex_colours(difference=False)])
    assert (np.ptp(greys, axis=1) == 0).all() and (np.diff(greys[:, 0]) >= 0).all()
    low, middle, high = (channels(hex_colours(difference=True)[place]) for place in (10, 127, -10))
    assert low[2] > low[0] + 60 and high[0] > high[2] + 60 and middle.min() > 240


def test_no_value_has_the_colour_of_what_has_none():
    for difference in (False, True):
        colours = hex_colours(difference=difference)
        assert UNUSABLE not in colours and OUTSIDE not in colours
    tint = channels(UNUSABLE)
    assert np.ptp(tint) > 30 > np.ptp(channels(OUTSIDE)), "masked pixels are tinted, outside is neutral"


def test_bad_values_of_a_mosaic_are_outside():
    for is_mosaic, colour in ((False, UNUSABLE), (True, OUTSIDE)):
        shown = np.round(255 * np.array(colour_map(difference=False, is_mosaic=is_mosaic)(np.nan)[:3]))
        assert (shown == channels(colour)).all()


def test_the_gradient_is_css():
    assert css_gradient(difference=True).startswith("linear-gradient(to right, #053061,")
