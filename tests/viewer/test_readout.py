"""Values and positions with the digits that they have."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from miri_widgets.viewer.readout import decimals_of, position_text, unit_text, value_text


@pytest.mark.parametrize(
    ("scatter", "decimals"), [(0.03, 3), (0.3, 2), (3.0, 1), (300.0, 0), (2e-4, 5), (1e-7, None), (0.0, None)]
)
def test_two_digits_of_the_scatter_are_shown(scatter, decimals):
    pixels = np.full((200, 200), 5.3)
    pixels += np.random.default_rng(1).normal(0, 1, pixels.shape) * scatter
    assert decimals_of(pixels) == decimals
    assert decimals_of(np.full((4, 4), np.nan)) is None


def test_a_value_has_its_unit():
    assert value_text(5.34178, "MJy / sr", 3) == "5.342 MJy/sr"
    assert value_text(5.34178, "MJy / sr") == "5.342 MJy/sr"
    assert value_text(-0.00012345, "DN / s") == "-0.0001234 DN/s"
    assert value_text(7.0) == "7"
    assert value_text(float("nan"), "MJy / sr", 3) == "no usable value"
    assert unit_text("MJy / sr") == "MJy/sr"


def test_a_position_is_written_as_in_papers():
    assert position_text(SkyCoord(110.816599, -73.458166, unit="deg")) == "07h23m15.98s -73d27'29.4\""
    assert position_text(SkyCoord(0.0, 5.0, unit="deg")) == "00h00m00.00s +05d00'00.0\""
    assert position_text(SkyCoord(np.nan, 5.0, unit="deg")) == ""
