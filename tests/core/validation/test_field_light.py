"""Laws of the field's own light, sent through a correction once more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.validation.field_light import light_products
from miri_widgets.core.validation.validation import prove
from tests.support import proof_cases as cases


def waves(x, y):
    return 2 * cases.NOISE * (np.sin(x / 9.0) + np.cos(y / 13.0))


def proof_of(correct, exposures):
    return prove(correct, exposures, correct(exposures))


@given(st.floats(-0.5, 1.5), st.floats(-3, 3))
@settings(deadline=None, max_examples=20)
def test_a_lost_share_and_a_level_are_told_apart(share, level):
    y, x = np.indices((160, 160))
    light = waves(x, y)
    lost, whole = light_products(np.ones(light.shape, bool), light, (1 - share) * light + level, 16)
    assert lost / whole == pytest.approx(share, abs=1e-6)


def test_few_boxes_tell_nothing():
    assert light_products(np.zeros((160, 160), bool), np.ones((160, 160)), np.ones((160, 160)), 16) == (0, 0)


@settings(deadline=None, max_examples=3)
@given(st.floats(0.1, 0.9))
def test_the_lost_part_of_the_light_of_the_field_is_measured(share):
    """A correction that takes a known part of what moves with the sky."""
    exposures = cases.program(6, scene=waves)
    base = [cases.exposure(index) for index in range(6)]

    def correct(planes):
        index = int(planes.root[2:])
        # noise and level are the same in both: the difference is what moves, and what was added to it
        light = planes.sci - base[index].sci
        return planes.replace(sci=planes.sci - np.float32(share) * np.nan_to_num(light))

    found = proof_of(cases.each(correct), exposures)
    assert found.sky_structure_lost == pytest.approx(share, abs=0.02)
