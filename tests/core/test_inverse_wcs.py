"""The inverse of a WCS never folds: what is far stays far, on the right side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.inverse_wcs import InverseWcs, deferred_inverse, inverse_wcs
from miri_widgets.core.tangent_plane import from_plane, to_plane
from miri_widgets.errors import InputError

SCALE = 0.11


def distorted(centre, shape=(1024, 1032), turn=0.0, mirrored=False):
    """A distortion of 20 pixels in the corners, whose polynomial folds the plane 300 arcsec away."""
    ny, nx = shape

    def to_sky(x, y):
        u, v = np.asarray(x, float) - (nx - 1) / 2, np.asarray(y, float) - (ny - 1) / 2
        u, v = u - 6e-8 * u * (u**2 + v**2) + 1e-5 * u * v, v - 6e-8 * v * (u**2 + v**2) + 1e-5 * u**2
        u = u if mirrored else -u
        angle = np.deg2rad(turn)
        east, north = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        return from_plane(east * SCALE, north * SCALE, centre)

    return to_sky


centres = st.sampled_from([(80.5, -69.5), (0.0001, 0.0), (200.0, 89.99), (359.999, -89.999), (10.0, 30.0)])


@settings(deadline=None, max_examples=40)
@given(centres, st.floats(0, 360), st.booleans(), st.sampled_from([(1024, 1032), (64, 72), (224, 288)]))
def test_the_inverse_on_the_array_is_exact(centre, turn, mirrored, shape):
    to_sky = distorted(centre, shape, turn, mirrored)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-20, shape[1] + 20, 300), rng.uniform(-20, shape[0] + 20, 300)
    inverse = InverseWcs(to_sky, shape)
    assert np.abs(np.subtract(inverse(*to_sky(x, y)), (x, y))).max() < 1e-4
    east, north = to_plane(*inverse.to_sky(x, y), inverse.centre)
    assert np.abs(np.subtract(to_plane(*to_sky(x, y), inverse.centre), (east, north))).max() < 1e-4


@settings(deadline=None, max_examples=60)
@given(centres, st.floats(0, 360), st.floats(90, 200_000), st.floats(0, 2 * np.pi))
def test_far_positions_never_fold_onto_the_array(centre, turn, distance, angle):
    inverse = inverse_wcs(distorted(centre, turn=turn), (1024, 1032))
    east, north = distance * np.sin(angle), distance * np.cos(angle)
    x, y = inverse(*from_plane(east, north, inverse.centre))
    offset = np.array([x - 515.5, y - 511.5])
    assert np.hypot(*offset) * SCALE == pytest.approx(distance, rel=0.06)
    # in the direction in which a near position lies
    near = np.subtract(
        inverse(*from_plane(east / distance, north / distance, inverse.centre)), (515.5, 511.5)
    )
    cosine = near @ offset / np.hypot(*near) / np.hypot(*offset)
    assert cosine > 0.97


def test_positions_move_steadily_from_the_array_outwards():
    inverse = InverseWcs(distorted((80.5, -69.5)), (1024, 1032))
    reach = np.linspace(0, 4000, 4001)
    for angle in np.linspace(0, 2 * np.pi, 17):
        x, y = inverse.pixels(reach * np.sin(angle), reach * np.cos(angle))
        steps = np.hypot(np.diff(x), np.diff(y)) * SCALE
        assert steps.min() > 0.8 and steps.max() < 1.25


def test_the_other_half_of_the_sky_is_nan():
    inverse = InverseWcs(distorted((80.5, -69.5)), (1024, 1032))
    x, y = inverse(np.array([260.5, 80.5]), np.array([69.5, -69.5]))
    assert np.isnan(x[0]) and np.isnan(y[0]) and np.isfinite(x[1]) and np.isfinite(y[1])


def test_a_wcs_with_a_bounding_box_gives_the_same():
    to_sky = distorted((80.5, -69.5))

    def boxed(x, y):
        ra, dec = to_sky(x, y)
        out = (
            (np.asarray(x) < 3.5)
            | (np.asarray(x) > 1027.5)
            | (np.asarray(y) < -0.5)
            | (np.asarray(y) > 1023.5)
        )
        return np.where(out, np.nan, ra), np.where(out, np.nan, dec)

    place = to_sky(np.array([0.0, 500.0, 1031.0]), np.array([0.0, 400.0, 1023.0]))
    np.testing.assert_allclose(
        InverseWcs(boxed, (1024, 1032))(*place), [[0, 500, 1031], [0, 400, 1023]], atol=1e-3
    )


def test_it_is_made_once_for_a_wcs_and_only_when_it_is_used():
    calls = []

    def to_sky(x, y):
        calls.append(1)
        return from_plane(np.asarray(x) * 0.1, np.asarray(y) * 0.1, (10.0, 10.0))

    to_pixel = deferred_inverse(to_sky, (50, 60))
    assert not calls
    to_pixel(10.0, 10.0)
    made = len(calls)
    to_pixel(10.1, 10.0)
    assert len(calls) == made and inverse_wcs(to_sky, (50, 60)) is inverse_wcs(to_sky, (50, 60))


@pytest.mark.parametrize(
    "to_sky",
    [
        lambda x, y: (np.full(np.shape(x), np.nan),) * 2,
        lambda x, y: (np.full(np.shape(x), 10.0),) * 2,
        lambda x, y: (10 + np.sin(np.asarray(x)) / 3600, 10 + np.cos(np.asarray(y) * 7) / 3600),
    ],
)
def test_what_is_no_wcs_of_an_image_is_a_sentence(to_sky):
    with pytest.raises(InputError, match="expected"):
        InverseWcs(to_sky, (100, 100))
