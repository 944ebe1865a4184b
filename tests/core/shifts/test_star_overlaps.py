"""Overlaps of exposures by their stars: what brings one onto the other, and what is no pair."""

from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.core.shifts.star_overlaps import believed_overlaps, overlap_offset, pair_offsets
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix, to_plane

PLACE = (0.0, -69.5)


def stars(root, x, y):
    ra, dec = from_plane(x, y, PLACE)
    one = np.ones(len(x))
    return StarPositions(root, x, y, ra, dec, one, one * 30, one * 0.01)


def tiles(shift=(1.3, -0.4), count=3000, seed=5):
    """Two tiles that have a tenth of their field in common, the second seen shifted."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-110, 110, (2, count))
    first, second = x < 10, x > -10
    return (
        stars("a", x[first] + rng.normal(0, 0.01, first.sum()), y[first]),
        stars("b", x[second] - shift[0], y[second] - shift[1]),
    )


def test_overlap_says_what_brings_a_onto_b():
    a, b = tiles()
    found = overlap_offset(a, b)
    assert found is not None
    assert found.shift == pytest.approx((-1.3, 0.4), abs=0.005)
    assert np.abs((found.centre[0] + 180) % 360 - 180) < 0.002
    (one,) = believed_overlaps(pair_offsets([b, a], {"a": "1", "b": "2"}))
    assert (one.root_a, one.root_b) == ("a", "b")
    assert (one.dx, one.dy) == pytest.approx(found.shift)
    assert one.n == pytest.approx(270, rel=0.2)


def test_exposures_of_one_group_or_of_other_places_are_no_pair():
    a, b = tiles()
    far = stars("c", b.x + 4000, b.y)
    assert pair_offsets([a, b], {"a": "1", "b": "1"}) == {}
    assert set(pair_offsets([a, b, far], {"a": "1", "b": "2", "c": "3"})) == {("a", "b")}
    assert overlap_offset(a, stars("d", b.x[:2], b.y[:2])) is None


def test_chance_is_not_taken_for_an_overlap():
    a, _ = tiles()
    _, b = tiles(seed=6)
    assert believed_overlaps(pair_offsets([a, b], {"a": "1", "b": "2"})) == ()


def test_a_wrong_roll_is_not_taken_for_a_shift():
    a, b = tiles((0.0, 0.0))
    turn, reference = 0.05, from_plane(60.0, -20.0, PLACE)
    x, y = to_plane(b.ra, b.dec, reference)
    # seen turned the other way: the rotation that it gets puts it right
    ra, dec = from_plane(*rotation_matrix(-turn) @ [x, y], reference)
    turned = replace(b, ra=ra, dec=dec)
    offsets = pair_offsets([a, turned], {"a": "1", "b": "2"})
    (raw,) = believed_overlaps(offsets)
    assert np.hypot(raw.dx, raw.dy) > 0.03
    (left,) = believed_overlaps(offsets, references={"a": PLACE, "b": reference}, turns={"a": 0.0, "b": turn})
    assert (left.dx, left.dy) == pytest.approx((0, 0), abs=0.004)
