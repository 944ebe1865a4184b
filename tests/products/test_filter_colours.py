"""Filters are told apart by everybody: neighbours in wavelength differ for colour-blind eyes, on white and on black."""

from __future__ import annotations

import numpy as np
import pytest

from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.filter_colours import FILTER_COLOURS, UNKNOWN_FILTER, filter_colour

# Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15, 1291: severity 1, linear RGB
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
NEIGHBOURS, ANY = 30.0, 20.0
"""Least distances in CIELAB; 2.3 is just seen."""


def linear_rgb(colours):
    values = np.array([list(bytes.fromhex(colour.removeprefix("#"))) for colour in colours]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIELAB, D65."""
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    xyz = rgb @ to_xyz.T / [0.9505, 1.0, 1.089]
    curve = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(curve, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def distances(colours, vision):
    seen = lab(np.clip(linear_rgb(colours) @ VISIONS[vision].T, 0, 1))
    return np.linalg.norm(seen[:, None] - seen[None], axis=-1)


@pytest.mark.parametrize("vision", VISIONS)
def test_filters_differ_for_every_eye(vision):
    between = distances([FILTER_COLOURS[name] for name in FILTERS], vision)
    assert np.diagonal(between, 1).min() > NEIGHBOURS
    assert between[np.triu_indices(len(FILTERS), 1)].min() > ANY


def test_the_measure_finds_what_a_colour_blind_reader_confuses():
    """A red and a green of one lightness are far apart for most readers, and nearly one colour for the others."""
    pair = ["#c0392b", "#6b7a1e"]
    assert distances(pair, "normal")[0, 1] > 2.5 * distances(pair, "deuteranopia")[0, 1]
    assert distances(pair, "deuteranopia")[0, 1] < NEIGHBOURS


def test_colours_show_on_white_and_on_black():
    lightness = lab(linear_rgb(FILTER_COLOURS.values()))[:, 0]
    assert lightness.min() > 25 and lightness.max() < 72


def test_hues_go_from_blue_to_red():
    linear = linear_rgb([FILTER_COLOURS[name] for name in FILTERS])
    warm = linear[:, 0] - linear[:, 2]
    assert (warm[:3] < 0).all() and (warm[5:] > 0).all()


def test_an_unknown_filter_has_the_colour_of_the_axes():
    assert filter_colour("F1065C") == filter_colour("") == UNKNOWN_FILTER
    assert UNKNOWN_FILTER not in FILTER_COLOURS.values()
