"""Laws of added discs: their light, their places, and ring photometry of what is left of them."""

import numpy as np
import pytest

from miri_widgets.core.validation.extended import BRIGHTNESSES, SIZES, disc_kept, disc_profile, plan_discs
from tests.support import proof_cases as cases


def wide(index):
    """An exposure of the imager's size, without a bad pixel."""
    return cases.exposure(index, shape=(700, 700), bad=0.0)


def test_a_disc_holds_half_of_its_light_within_its_radius():
    y, x = np.indices((401, 401)) - 200
    distance = np.hypot(x, y)
    light = disc_profile(distance, 30.0, 2.0)
    assert light[distance < 30].mean() == pytest.approx(2.0, rel=0.01)
    assert light[distance < 30].sum() / light.sum() == pytest.approx(0.5, abs=0.01)


def test_discs_of_all_sizes_and_brightnesses_are_added_where_they_fit():
    plans = plan_discs([wide(0), wide(1)], [0, 1])
    kinds = {(disc.half_light, disc.brightness) for one in plans for disc in one.discs}
    assert kinds == {(size, brightness) for size in SIZES for brightness in BRIGHTNESSES}
    for one in plans:
        for disc in one.discs:
            distance = [
                np.hypot(*(np.array(disc.position) - other.position)) / cases.SCALE
                for other in one.discs
                if other is not disc
            ]
            assert all(apart > 2 * 2.0 * min(27.0, disc.radius) for apart in distance)
    small = plan_discs([cases.exposure(0)], [0])
    assert {disc.half_light for one in small for disc in one.discs} == {3.0, 7.0}
    smaller = plan_discs([cases.exposure(0, shape=(128, 128))], [0])
    assert {disc.half_light for one in smaller for disc in one.discs} == {3.0}


@pytest.mark.parametrize("lost", [0.0, 0.2, 0.6])
def test_ring_photometry_finds_what_a_hole_takes(lost):
    """A correction that subtracts what it smoothed: the hole around a disc counts."""
    planes = wide(0)
    disc = next(one for plan in plan_discs([planes], [0]) for one in plan.discs if one.half_light == 7)
    x, y = cases.to_pixel(*disc.position, offset=(0.0, 0.0))
    rows, columns = np.indices(planes.shape)
    light = disc_profile(np.hypot(columns - x, rows - y), disc.radius, disc.mean)
    kept = disc_kept(planes.good, light, light - lost * light - 7.0, float(x), float(y), disc.radius)
    assert kept == pytest.approx(1 - lost, abs=1e-6)
