"""
The region law: preview, step and the sky test of the package `regions` mask the same pixels, to one at the edges.

The preview follows the FITS keywords, the step the gWCS; the third is a tangent plane without distortion around the
region, on which pixels are tested by their positions on the sky.
"""

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.units import Quantity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region, mask_of
from miri_widgets.core.tangent_plane import from_plane

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*SIP.*")

REAL = Path("/work/shared/data/wcs/gwcs_miriwcs.asdf")
ROUND = np.ones((3, 3), bool)
FRAMES = {
    "icrs": "icrs",
    "fk5": "fk5",
    "fk4": "fk4",
    "galactic": "galactic",
    "ecliptic": "barycentricmeanecliptic",
}
CENTRES = [(80.4875, -69.4983), (0.0004, 0.0), (200.0, 85.0)]


class Exposure:
    """One exposure as the preview and as the step see it, and its positions on the sky."""

    def __init__(self, ra, dec, folder, shape):
        from stdatamodels.jwst import datamodels

        from miri_widgets.simulation.calibrated import calibrated_program
        from miri_widgets.simulation.calibrated_files import write_cal
        from miri_widgets.steps.exposure_files import read_exposure_arrays
        from miri_widgets.steps.model_arrays import exposure_arrays_of

        program = calibrated_program("sparse", dithers=1, shape=shape, effects=("noise",), ra=ra, dec=dec)
        path = write_cal(program[0], folder)
        self.preview = read_exposure_arrays(path)
        with datamodels.open(path) as model:
            self.step = exposure_arrays_of(model)
            self.box = model.meta.wcs.bounding_box
        ny, nx = self.step.shape
        y, x = np.indices((ny, nx), dtype=float)
        self.sky = SkyCoord(*self.step.to_sky(x, y), unit="deg")
        self.centre = tuple(float(part) for part in self.step.to_sky((nx - 1) / 2, (ny - 1) / 2))

    def at(self, distance, angle):
        """Return what lies some arcsec away, at a position angle."""
        turn = np.deg2rad(angle)
        place = from_plane(distance * np.sin(turn), distance * np.cos(turn), self.centre)
        return tuple(float(part) for part in place)


@pytest.fixture(scope="module", params=CENTRES, ids=["lmc", "ra_0", "pole"])
def exposure(request, tmp_path_factory):
    return Exposure(*request.param, tmp_path_factory.mktemp("cal"), (200, 240))


def sky_test(shape, position, sizes, angle, sky):
    """Test positions as the package `regions` does, on a tangent plane that touches at the region."""
    import regions
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-0.11 / 3600, 0.11 / 3600]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.radesys = position, [1.0, 1.0], "ICRS"
    centre, own = SkyCoord(*position, unit="deg"), [Quantity(size, "arcsec") for size in sizes]
    turn = Quantity(angle, "deg")
    if shape == "circle":
        region = regions.CircleSkyRegion(centre, *own)
    elif shape == "ellipse":
        region = regions.EllipseSkyRegion(centre, 2 * own[0], 2 * own[1], angle=turn)
    else:
        region = regions.RectangleSkyRegion(centre, *own, angle=turn)
    return region.contains(sky, wcs)


def polygon_test(corners, sky):
    import regions
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-0.11 / 3600, 0.11 / 3600]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.radesys = corners[0], [1.0, 1.0], "ICRS"
    return regions.PolygonSkyRegion(SkyCoord(np.array(corners), unit="deg")).contains(sky, wcs)


def same_but_for_the_edge(one, other):
    """Return whether two masks differ by one pixel at their edges at most."""
    edges = [binary_dilation(mask, ROUND) & binary_dilation(~mask, ROUND) for mask in (one, other)]
    return not ((one ^ other) & ~(edges[0] | edges[1])).any()


def as_file(frame, shape, position, sizes, angle):
    """Return the DS9 line of a shape in a frame: its position and angle with the axes of that frame."""
    place = SkyCoord(*position, unit="deg").transform_to(FRAMES[frame])
    above = place.directional_offset_by(Quantity(0, "deg"), Quantity(5, "arcsec"))
    north = place.icrs.position_angle(above.icrs).deg
    name = {"rectangle": "box"}.get(shape, shape)
    numbers = [f"{place.spherical.lon.deg:.12f}", f"{place.spherical.lat.deg:.12f}"]
    numbers += [f'{size:.9f}"' for size in sizes] + ([f"{angle - north:.9f}"] if len(sizes) == 2 else [])
    return f"{frame}; {name}({','.join(numbers)})"


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["circle", "ellipse", "rectangle"]),
    st.sampled_from(sorted(FRAMES)),
    st.floats(0, np.log(3600)).map(np.exp),
    st.floats(0.05, 1.0),
    st.one_of(st.floats(0, 30), st.floats(0, 3600)),
    st.floats(0, 360),
    st.floats(-180, 180),
)
def test_region_law_for_round_and_straight_shapes_of_any_frame(
    exposure, shape, frame, size, ratio, distance, where, angle
):
    from miri_widgets.products.tables.region_files import parse_regions

    position = exposure.at(distance, where)
    sizes = (size,) if shape == "circle" else (size, max(size * ratio, 1.0))
    text = as_file(frame, shape, position, sizes, angle)
    (region,) = parse_regions(text.encode(), Path("law.reg"))
    preview, step = region.mask(exposure.preview), region.mask(exposure.step)
    assert same_but_for_the_edge(preview, step)
    assert same_but_for_the_edge(step, sky_test(shape, position, sizes, angle, exposure.sky))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0.2, 1), st.floats(5, 60)), min_size=3, max_size=8),
    st.floats(0, np.log(3600)).map(np.exp),
    st.one_of(st.floats(0, 30), st.floats(0, 3600)),
    st.floats(0, 360),
)
def test_region_law_for_polygons(exposure, corners, size, distance, where):
    middle = exposure.at(distance, where)
    turns = np.cumsum([turn for _, turn in corners])
    turns = np.deg2rad(turns * 360 / turns[-1])
    reach = size * np.array([part for part, _ in corners])
    ra, dec = from_plane(reach * np.sin(turns), reach * np.cos(turns), middle)
    points = tuple((float(a), float(d)) for a, d in zip(ra, dec, strict=True))
    region = Region("polygon", points, sky=True)
    preview, step = region.mask(exposure.preview), region.mask(exposure.step)
    assert same_but_for_the_edge(preview, step)
    assert same_but_for_the_edge(step, polygon_test(points, exposure.sky))


def test_far_region_folds_no_more_on_a_full_frame(tmp_path):
    exposure = Exposure(*CENTRES[0], tmp_path, "FULL")
    for planes in (exposure.preview, exposure.step):
        check_far_regions(planes, exposure.at)


def check_far_regions(planes, at):
    """Check the figures of regions that the inverse of a gWCS gets wrong."""
    for radius in (500, 1000, 1800, 3600):
        assert Region("circle", (at(0, 0),), (float(radius),), sky=True).mask(planes).all()
        hole = Region("circle", (at(0, 0),), (float(radius),), sky=True, include=False)
        assert not mask_of([Region("circle", (at(0, 0),), (5000.0,), sky=True), hole], planes).any()
    for distance in (200, 450, 600, 1020):
        for angle in range(0, 360, 20):
            place = (at(distance, angle),)
            for region in (
                Region("circle", place, (10.0,), sky=True),
                Region("ellipse", place, (12.0, 4.0), 30.0, sky=True),
                Region("rectangle", place, (20.0, 10.0), 30.0, sky=True),
                Region("point", place, sky=True),
            ):
                assert not region.mask(planes).any()
    # 480 arcsec north to south covers all of the detector, 400 arcsec from east to west, too
    assert Region("ellipse", (at(250, 0),), (480.0, 400.0), 90.0, sky=True).mask(planes).all()
    around = tuple(at(900, angle) for angle in range(0, 360, 30))
    assert Region("polygon", around, sky=True).mask(planes).all()
    # half of it: the edge runs through the middle
    half = Region("rectangle", (at(1000, 90),), (2000.0, 4000.0), sky=True).mask(planes)
    assert 0.45 < half.mean() < 0.55


@pytest.mark.skipif(not REAL.is_file(), reason="a gWCS of a real exposure is not here")
@pytest.mark.parametrize("boxed", [True, False])
def test_far_region_folds_no_more_with_the_gwcs_of_a_real_exposure(boxed):
    import asdf

    with asdf.open(REAL) as file:
        wcs = file["wcs"]
        shape = (1024, 1032)

        def to_sky(x, y):
            return wcs(x, y, with_bounding_box=boxed)

        def folding(ra, dec):
            return wcs.invert(ra, dec, with_bounding_box=False)

        zero = np.zeros(shape, np.float32)
        planes = ExposureArrays(zero, zero, zero.astype(np.uint32), to_sky=to_sky, to_pixel=folding)
        centre = tuple(float(part) for part in wcs(515.5, 511.5))

        def at(distance, angle):
            turn = np.deg2rad(angle)
            return tuple(
                float(part) for part in from_plane(distance * np.sin(turn), distance * np.cos(turn), centre)
            )

        check_far_regions(planes, at)


def test_a_region_on_a_subarray_falls_where_its_star_is(tmp_path):
    exposure = Exposure(*CENTRES[0], tmp_path, "SUB256")
    for planes in (exposure.preview, exposure.step):
        assert planes.shape[1] < 400
        place = tuple(float(part) for part in planes.to_sky(100.3, 57.8))
        mask = Region("circle", (place,), (0.55,), sky=True).mask(planes)
        rows, columns = np.nonzero(mask)
        assert (columns.mean(), rows.mean()) == pytest.approx((100.3, 57.8), abs=0.5)
        assert mask.sum() == pytest.approx(np.pi * 25, rel=0.15)
        assert np.argwhere(Region("point", (place,), sky=True).mask(planes)).tolist() == [[58, 100]]


def test_sources_that_are_added_far_away_stay_away(tmp_path):
    """Sources of the proof, and stars whose arms are followed, take the same way to the detector."""
    from miri_widgets.core.validation.injection import Injection

    exposure = Exposure(*CENTRES[0], tmp_path, (200, 240))
    places = np.array(
        [exposure.at(distance, angle) for distance in (300, 450, 900) for angle in range(0, 360, 15)]
    )
    nothing = np.full(len(places), -1, np.intp)
    injection = Injection(places, np.ones(len(places)), np.full(len(places), 5.0), nothing)
    assert not injection.image(0, exposure.step).any()
    for place in places:
        x, y = Region("point", (tuple(place),), sky=True).position(exposure.step)
        assert not (-100 < x < 340 and -100 < y < 300)


def test_thirty_regions_on_a_full_frame_take_less_than_a_second():
    from time import process_time

    shape = (1024, 1032)

    def to_sky(x, y):
        return from_plane(-(np.asarray(x) - 515) * 0.11, (np.asarray(y) - 511) * 0.11, (80.0, -69.0))

    zero = np.zeros(shape, np.float32)
    planes = ExposureArrays(zero, zero, zero.astype(np.uint32), to_sky=to_sky, to_pixel=to_sky)
    regions = [
        Region("ellipse", ((80.0 + 0.001 * number, -69.0),), (10.0 + number, 8.0), 9.0 * number, sky=True)
        for number in range(30)
    ]
    mask_of(regions, planes)
    before = process_time()
    mask_of(regions, planes)
    assert process_time() - before < 1.0
