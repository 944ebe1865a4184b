"""Laws of regions: shapes in pixels and on the sky, and what they cover."""

import math
import tracemalloc

import numpy as np
import pytest
import regions
from astropy.units import Quantity
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region, mask_of
from miri_widgets.errors import ParameterError

SHAPE = (40, 50)
SCALE = 0.11
ROLL = math.radians(25.0)
RA, DEC = 83.0, -69.0

inside_x, inside_y = st.floats(5, 44), st.floats(5, 34)
sizes = st.floats(1, 12)
angles = st.floats(-180, 180)


def to_sky(x, y):
    """A rolled tangent plane: north up and east left before the roll."""
    u, v = -(np.asarray(x) - 25) * SCALE, (np.asarray(y) - 20) * SCALE
    east = np.radians((u * math.cos(ROLL) + v * math.sin(ROLL)) / 3600)
    north = np.radians((v * math.cos(ROLL) - u * math.sin(ROLL)) / 3600)
    sin0, cos0 = math.sin(math.radians(DEC)), math.cos(math.radians(DEC))
    ra = RA + np.degrees(np.arctan2(east, cos0 - north * sin0))
    return ra, np.degrees(np.arctan2(sin0 + north * cos0, np.hypot(east, cos0 - north * sin0)))


def to_pixel(ra, dec):
    away, dec = np.radians(np.asarray(ra) - RA), np.radians(np.asarray(dec))
    sin0, cos0 = math.sin(math.radians(DEC)), math.cos(math.radians(DEC))
    depth = sin0 * np.sin(dec) + cos0 * np.cos(dec) * np.cos(away)
    east = np.degrees(np.cos(dec) * np.sin(away) / depth) * 3600
    north = np.degrees((cos0 * np.sin(dec) - sin0 * np.cos(dec) * np.cos(away)) / depth) * 3600
    u = east * math.cos(ROLL) - north * math.sin(ROLL)
    return 25 - u / SCALE, 20 + (north * math.cos(ROLL) + east * math.sin(ROLL)) / SCALE


def exposure(shape=SHAPE, **named):
    blank = np.zeros(shape, np.float32)
    return ExposureArrays(
        blank, blank, blank.astype(np.uint32), **{"to_sky": to_sky, "to_pixel": to_pixel} | named
    )


def on_sky(x, y):
    ra, dec = to_sky(x, y)
    return ((float(ra), float(dec)),)


def disagreement(one, other):
    return np.count_nonzero(one ^ other)


@settings(deadline=None, max_examples=40)
@given(inside_x, inside_y, sizes, sizes, angles)
def test_a_region_covers_its_area_around_its_centre(x, y, a, b, angle):
    wide = exposure((200, 210))
    for shape, area in (("ellipse", math.pi * a * b), ("rectangle", a * b)):
        mask = Region(shape, ((x + 80, y + 80),), (a, b), angle).mask(wide)
        assert abs(mask.sum() - area) <= 2 * math.pi * max(a, b) + 2
        if mask.sum() > 20:
            rows, columns = np.nonzero(mask)
            assert (columns.mean(), rows.mean()) == pytest.approx((x + 80, y + 80), abs=0.7)


@settings(deadline=None, max_examples=40)
@given(inside_x, inside_y, sizes, sizes, angles, st.integers(-6, 6), st.integers(-6, 6))
def test_a_mask_moves_with_its_region(x, y, a, b, angle, dx, dy):
    wide = exposure((90, 90))
    for shape in ("ellipse", "rectangle"):
        one = Region(shape, ((x + 20, y + 20),), (a, b), angle).mask(wide)
        other = Region(shape, ((x + 20 + dx, y + 20 + dy),), (a, b), angle).mask(wide)
        # a centre exactly on the outline may fall to either side
        assert disagreement(np.roll(one, (dy, dx), (0, 1)), other) <= 4


@settings(deadline=None, max_examples=40)
@given(inside_x, inside_y, sizes, sizes, angles)
def test_half_a_turn_changes_nothing(x, y, a, b, angle):
    for shape in ("ellipse", "rectangle"):
        one = Region(shape, ((x, y),), (a, b), angle).mask(exposure())
        assert disagreement(one, Region(shape, ((x, y),), (a, b), angle + 180).mask(exposure())) <= 4


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["circle", "ellipse", "rectangle"]), inside_x, inside_y, sizes, sizes, angles)
def test_shapes_on_the_sky_are_those_in_pixels_turned_by_the_roll(shape, x, y, a, b, angle):
    both = (a, b)[: 1 if shape == "circle" else 2]

    def grown(by):
        return Region(shape, ((x, y),), tuple(size + by for size in both), angle).mask(exposure())

    sizes = tuple(size * SCALE for size in both)
    found = Region(shape, on_sky(x, y), sizes, angle + math.degrees(ROLL), sky=True).mask(exposure())
    # a pixel whose centre is on the outline may fall to either side
    assert not (grown(-0.05) & ~found).any()
    assert not (found & ~grown(0.05)).any()


@settings(deadline=None, max_examples=30)
@given(inside_x, inside_y, sizes, sizes, angles)
def test_a_wcs_with_an_edge_gives_the_same_mask(x, y, a, b, angle):
    def cut(ra, dec):
        px, py = to_pixel(ra, dec)
        off = (px < -0.5) | (py < -0.5) | (px > SHAPE[1] - 0.5) | (py > SHAPE[0] - 0.5)
        return np.where(off, np.nan, px), np.where(off, np.nan, py)

    sky = Region("rectangle", on_sky(x, y), (2 * a * SCALE, 2 * b * SCALE), angle, sky=True)
    assert disagreement(sky.mask(exposure()), sky.mask(exposure(to_pixel=cut))) <= 4


def test_a_polygon_is_the_rectangle_with_its_corners():
    corners = ((9.5, 4.5), (29.5, 4.5), (29.5, 24.5), (9.5, 24.5))
    mask = Region("polygon", corners).mask(exposure())
    assert mask.sum() == 400
    assert mask[5:25, 10:30].all()
    assert np.array_equal(mask, Region("rectangle", ((19.5, 14.5),), (20.0, 20.0)).mask(exposure()))
    assert np.array_equal(mask, Region("polygon", corners[::-1]).mask(exposure()))


def test_neighbouring_polygons_share_no_pixel_and_leave_none_out():
    left = Region("polygon", ((-1, -1), (20, -1), (30, 41), (-1, 41)))
    right = Region("polygon", ((20, -1), (51, -1), (51, 41), (30, 41)))
    assert np.array_equal(left.mask(exposure()), ~right.mask(exposure()))


@settings(deadline=None, max_examples=40)
@given(st.floats(-200, 300), st.floats(-200, 300), sizes)
def test_regions_off_the_chip_are_cut_at_its_edges(x, y, radius):
    for region in (
        Region("circle", ((x, y),), (radius,)),
        Region("rectangle", ((x, y),), (radius, radius)),
        Region("point", ((x, y),)),
    ):
        mask = region.mask(exposure())
        assert mask.shape == SHAPE
        if not (-20 < x < 70 and -20 < y < 60):
            assert not mask.any()


def test_a_point_is_its_pixel():
    mask = Region("point", ((12.4, 7.6),)).mask(exposure())
    assert mask[8, 12] and mask.sum() == 1
    assert Region("point", on_sky(12.4, 7.6), sky=True).position(exposure()) == pytest.approx(
        (12.4, 7.6), abs=1e-5
    )


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(4)))
def test_holes_count_in_any_order(order):
    regions = [
        Region("circle", ((20, 20),), (10,)),
        Region("circle", ((20, 20),), (4,), include=False),
        Region("point", ((1, 2),)),
        Region("rectangle", ((40, 20),), (6, 8)),
    ]
    mask = mask_of([regions[index] for index in order], exposure())
    assert not mask[20, 20] and mask[20, 27] and mask[2, 1] and mask[20, 40]
    assert np.array_equal(mask, mask_of(regions, exposure()))
    assert not mask_of([], exposure()).any()


@settings(deadline=None, max_examples=30)
@given(inside_x, inside_y, sizes, angles, st.booleans(), st.text(max_size=9))
def test_a_region_comes_back_from_its_record(x, y, size, angle, flag, text):
    region = Region("ellipse", ((x, y),), (size, 2 * size), angle, flag, not flag, text)
    assert Region.from_dict(region.to_dict()) == region
    assert hash(Region.from_dict(region.to_dict())) == hash(region)


def test_words_are_small_and_apart():
    assert Region("point", ((1, 2),), text="Top, LEFT  star").tokens == {"top", "left", "star"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("star", ((1, 2),)),
        ("circle", ((1, 2),), (0.0,)),
        ("circle", ((1, 2),), ()),
        ("circle", ((1, math.nan),), (2.0,)),
        ("ellipse", ((1, 2), (3, 4)), (2.0, 3.0)),
        ("polygon", ((1, 2), (3, 4))),
        ("rectangle", ((1, 2),), (2.0, math.inf)),
    ],
)
def test_shapes_that_make_no_sense_are_refused(arguments):
    with pytest.raises(ParameterError, match="expected"):
        Region(*arguments)


def test_a_region_on_the_sky_needs_a_wcs():
    with pytest.raises(ParameterError, match="no WCS"):
        Region("point", ((RA, DEC),), sky=True).mask(exposure(to_pixel=None))


@pytest.mark.parametrize("values", [{}, {"shape": "point", "points": 3}, {"shape": "point", "points": [[1]]}])
def test_a_record_that_makes_no_sense_is_refused(values):
    with pytest.raises(ParameterError):
        Region.from_dict(values)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["circle", "ellipse", "rectangle", "polygon", "point"]),
    st.floats(20, 40),
    st.floats(20, 40),
    st.floats(-180, 180),
    st.booleans(),
)
def test_a_region_taken_to_the_sky_covers_the_same_pixels(shape, x, y, angle, mirrored):
    sizes = {"circle": (9.0,), "ellipse": (12.0, 6.0), "rectangle": (20.0, 9.0)}.get(shape, ())
    corners = ((x, y), (x + 15, y + 3), (x + 4, y + 12)) if shape == "polygon" else ((x, y),)
    drawn = Region(shape, corners, sizes, angle if sizes else 0.0)
    sign = -1 if mirrored else 1
    scale = 0.11 / 3600

    def to_sky(x, y):
        x, y = np.asarray(x, float), np.asarray(y, float)
        return 80 + sign * scale * (x - 30) / np.cos(np.deg2rad(-69)), -69 + scale * (y - 30)

    def to_pixel(ra, dec):
        ra, dec = np.asarray(ra, float), np.asarray(dec, float)
        return 30 + sign * (ra - 80) * np.cos(np.deg2rad(-69)) / scale, 30 + (dec + 69) / scale

    zero = np.zeros((64, 64), np.float32)
    planes = ExposureArrays(zero, zero, zero.astype(np.uint32), to_sky=to_sky, to_pixel=to_pixel)
    one, other = drawn.mask(planes), drawn.on_sky(planes).mask(planes)
    # pixels whose centre lies on the outline may go either way
    assert np.count_nonzero(one ^ other) <= 0.06 * max(np.count_nonzero(one), 16)
    assert drawn.on_sky(planes).on_sky(planes) == drawn.on_sky(planes)


def by_regions(shape, x, y, a, b, angle):
    """Pixels with their centre inside the shape, by the package `regions`."""
    centre = regions.PixCoord(x, y)
    if shape == "circle":
        drawn = regions.CirclePixelRegion(centre, a)
    elif shape == "ellipse":
        drawn = regions.EllipsePixelRegion(centre, 2 * a, 2 * b, Quantity(angle, "deg"))
    else:
        drawn = regions.RectanglePixelRegion(centre, a, b, Quantity(angle, "deg"))
    image = drawn.to_mask().to_image(SHAPE)
    return np.zeros(SHAPE, bool) if image is None else image > 0


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["circle", "ellipse", "rectangle"]), inside_x, inside_y, sizes, sizes, angles)
def test_masks_are_those_of_the_package_regions(shape, x, y, a, b, angle):
    # a corner on the centre of a pixel is inside or outside by the last bit of a sine
    x, y, a, b = x + 1e-3, y + 2e-3, a + 3e-4, b + 7e-4
    measures = (a,) if shape == "circle" else (a, b)
    mask = Region(shape, ((x, y),), measures, angle).mask(exposure())
    assert disagreement(mask, by_regions(shape, x, y, a, b, angle)) == 0


def test_a_region_of_degrees_takes_no_more_memory_than_the_exposure():
    """Why the masks are not those of `regions`, which makes an array as large as the shape: 32 GB for this one."""
    wide = Region("circle", ((RA, DEC),), (3600.0 * 2,), sky=True)
    tracemalloc.start()
    assert wide.mask(exposure()).all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6
