"""What people's region files hold: frames, units, separators, encodings; and what is refused with its line."""

import codecs

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.units import Quantity
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.regions import Region
from miri_widgets.errors import BadTableError
from miri_widgets.products.ds9_regions import parse_ds9
from miri_widgets.products.tables.region_files import from_astropy, parse_regions, read_regions, to_astropy

PLAIN = '# Region file format: DS9 version 4.1\nfk5\ncircle(80.5,-69.5,10") # text={a star}\nbox(80.4,-69.4,4",2",30)\n'


def read(text, tmp_path=None):
    from pathlib import Path

    return parse_regions(text if isinstance(text, bytes) else text.encode(), Path("drawn.reg"))


def position_angle(region):
    """Of the first axis, degrees from north through east, 0 to 180."""
    return (region.angle - 90) % 180


def test_galactic_angle_of_orion_has_position_angle_153_degrees():
    text = 'galactic\nbox(209.0137,-19.3816,0.01,0.002,0)\nellipse(209.0137,-19.3816,10",2",0)\n'
    box, ellipse = read(text)
    assert box.points[0] == pytest.approx((83.8188, -5.3896), abs=0.02)
    assert position_angle(box) == pytest.approx(153.1, abs=0.05)
    assert position_angle(ellipse) == pytest.approx(153.1, abs=0.05)
    assert box.sizes == pytest.approx((36.0, 7.2)) and ellipse.sizes == pytest.approx((10.0, 2.0))


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("galactic", "galactic"),
        ("GALACTIC", "galactic"),
        ("ecliptic", "barycentricmeanecliptic"),
        ("fk4", "fk4"),
        ("b1950", "fk4"),
        ("fk5", "fk5"),
        ("J2000", "fk5"),
        ("icrs", "icrs"),
        ("wcs", "icrs"),
    ],
)
@pytest.mark.parametrize("centre", [(280.2, -33.1), (10.0, 80.0), (0.001, 0.0), (123.0, -89.0)])
def test_a_box_is_the_polygon_of_its_corners_in_every_frame(frame, name, centre):
    middle = SkyCoord(*centre, unit="deg", frame=name)
    # corners of a box of 40 x 8 arcsec at 0 degrees: the first axis along decreasing longitude
    half = np.array([[-20, -4], [20, -4], [20, 4], [-20, 4]])
    corners = [
        middle.spherical_offsets_by(Quantity(-x, "arcsec"), Quantity(y, "arcsec")) for x, y in half.tolist()
    ]
    numbers = ",".join(f"{one.spherical.lon.deg:.10f},{one.spherical.lat.deg:.10f}" for one in corners)
    box, polygon = read(f'{frame}\nbox({centre[0]},{centre[1]},40",8",0)\npolygon({numbers})\n')
    planes = _exposure(box.points[0])
    mask, other = box.mask(planes), polygon.mask(planes)
    assert mask.sum() == pytest.approx(40 * 8 / 0.01, rel=0.01)
    assert np.count_nonzero(mask ^ other) <= 30  # of 1,000 pixels along the edges


def _exposure(centre, shape=(500, 500), scale=0.1):
    """A tangent plane without distortion."""
    from miri_widgets.core.exposure_arrays import ExposureArrays
    from miri_widgets.core.tangent_plane import from_plane

    zero = np.zeros(shape, np.float32)

    def to_sky(x, y):
        return from_plane(-(np.asarray(x) - 249.5) * scale, (np.asarray(y) - 249.5) * scale, centre)

    return ExposureArrays(zero, zero, zero.astype(np.uint32), to_sky=to_sky, to_pixel=to_sky)


@pytest.mark.parametrize("frame", ["galactic", "barycentricmeanecliptic", "fk4", "fk5", "icrs"])
def test_a_shape_of_the_package_regions_is_turned_with_its_frame(frame):
    from regions import RectangleSkyRegion

    centre = SkyCoord(120.0, 35.0, unit="deg", frame=frame)
    shape = RectangleSkyRegion(
        centre, Quantity(20, "arcsec"), Quantity(5, "arcsec"), angle=Quantity(25, "deg")
    )
    region = from_astropy(shape)
    planes = _exposure(region.points[0])
    y, x = np.indices(planes.shape)
    sky = SkyCoord(*planes.to_sky(x, y), unit="deg")
    # the package itself takes the angle as one of the axes of the WCS, whatever the frame of the centre
    north = centre.icrs.position_angle(SkyCoord(120.0, 35.001, unit="deg", frame=frame).icrs)
    turned = RectangleSkyRegion(centre.icrs, shape.width, shape.height, angle=shape.angle + north)
    expected = turned.contains(sky, _tan(region.points[0]))
    assert np.count_nonzero(region.mask(planes) ^ expected) <= 12
    again = from_astropy(to_astropy(region))
    assert again.angle == pytest.approx(region.angle)


def _tan(centre, scale=0.1):
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = centre, [250.5, 250.5]
    wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
    wcs.wcs.radesys = "ICRS"
    return wcs


@pytest.mark.parametrize(
    "mark", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_boms_and_notepad_region_files_of_any_editor_are_read(tmp_path, mark, end):
    text = PLAIN.replace("a star", "a star at 5°").replace("\n", end)
    content = text.encode(mark)
    if mark == "utf-16-le":
        content = codecs.BOM_UTF16_LE + content
    if mark == "utf-16-be":
        content = codecs.BOM_UTF16_BE + content
    path = tmp_path / "saved.reg"
    path.write_bytes(content)
    expected = read(PLAIN)
    found = read_regions(path)
    assert [one.to_dict() | {"text": ""} for one in found] == [
        one.to_dict() | {"text": ""} for one in expected
    ]
    assert found[0].text == "a star at 5°"
    assert parse_regions(content, path) == found


@pytest.mark.parametrize(
    ("size", "arcsec"),
    [
        ('10"', 10), ("0.5'", 30), ("0.01", 36), ("0.01d", 36), ("0.0001r", 20.62648062), ("10''", 10),
        ("10″", 10), ("10arcsec", 10), ("0.5 arcmin", None), ("1e1\"", 10),
    ],
)  # fmt: skip
def test_sizes_have_the_unit_that_is_written(size, arcsec):
    if arcsec is None:
        with pytest.raises(BadTableError, match="line 2"):
            read(f"icrs\ncircle(80,-69,{size})\n")
        return
    (region,) = read(f"icrs\ncircle(80,-69,{size})\n")
    assert region.sizes[0] == pytest.approx(arcsec, rel=1e-9)


@pytest.mark.parametrize(
    ("frame", "position", "expected"),
    [
        ("icrs", "5:21:57.0,-69:29:51.0", (80.4875, -69.4975)),
        ("icrs", "5h21m57.0s,-69d29m51.0s", (80.4875, -69.4975)),
        ("icrs", "5:21:57.0 -69:29:51.0", (80.4875, -69.4975)),
        ("icrs", "80.4875d,-69.4975d", (80.4875, -69.4975)),
        ("icrs", "00:00:00.0,-0:00:30", (0.0, -30 / 3600)),
        ("icrs", "-0.5,1", (359.5, 1.0)),
        ("icrs", "1.4r,0.5r", (80.214091, 28.647890)),
    ],
)
def test_positions_as_people_write_them(frame, position, expected):
    (region,) = read(f'{frame};circle({position},3")')
    assert region.points[0] == pytest.approx(expected, abs=1e-6)


def test_sexagesimal_longitudes_are_hours_in_equatorial_frames_only():
    (galactic,) = parse_ds9('galactic; circle(10:30:00,-1:30:00,3")')
    assert galactic.points[0] == pytest.approx((10.5, -1.5))


def test_several_frames_semicolons_comments_and_properties():
    text = (
        '# mine; not a command\nglobal color=green font="helvetica 10 normal" ; fk5\n'
        'circle(80,-69,3") # color=red text={one; two} unknown=7 tag={a} tag={b}; image; -circle 11 21 4\n'
        "physical;ellipse(5,6,3,2)\n\n# text(100,100) text={a label}\ntext(3,4) # text={label}\n"
        "circle point 30 40\npoint(31,41) # point=box 11\nicrs;box(80,-69,0.001,0.002)\n"
    )
    found = read(text)
    assert [one.shape for one in found] == ["circle", "circle", "ellipse", "point", "point", "rectangle"]
    assert found[0].text == "one; two" and found[0].sky and found[0].include
    assert found[1] == Region("circle", ((10.0, 20.0),), (4.0,), include=False)
    assert found[3].points == ((29.0, 39.0),)
    assert found[5].sizes == pytest.approx((3.6, 7.2)) and found[5].angle == 0.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('fk5\nannulus(80,-69,1",2")', "line 2: an annulus"),
        ("image\n\npanda(1,2,0,90,2,3,4,1)", "line 3: a panda"),
        ("image\nepanda(1,2,0,90,2,3,4,1,1,1,0)", "line 2: an epanda"),
        ('fk5\ncircle(80,-69,3")\n# vector(80,-69,3",0) vector=1', "line 3: a vector"),
        ("image\nline(1,2,3,4) # line=0 0", "line 2: a line"),
        ("image\n# ruler(1,2,3,4) ruler=image", "line 2: a ruler"),
        ('fk5\n# compass(80,-69,3") compass=fk5 {N} {E}', "line 2: a compass"),
        ("image\n# composite(1,2,0) || composite=1\ncircle(1,2,3) || # color=red", "line 2: a composite"),
        ("image\ncircle(1,2,3) ||", "line 2: a member of a composite"),
        ("image\nellipse(1,2,3,4,5,6,0)", "line 2: a ring of ellipse"),
        ("image\nbox(1,2,3,4,5,6,0)", "line 2: a ring of box"),
        ("image\nellipse(1,2,3)", "line 2: a ellipse with 3 numbers"),
        ("image\ncircle(1,2,0)", "line 2: a circle with sizes"),
        ("image\ncircle(1,2,-3)", "line 2: a circle with sizes"),
        ("image\ncircle(1,2,nan)", "line 2: 'nan' is no number"),
        ("image\ncircle(1,2,inf)", "line 2: 'inf' is no number"),
        ("image\ncircle(1,2,1e999)", "line 2: '1e999' is too large"),
        ("image\npolygon()", "line 2: a polygon with 0 numbers"),
        ("image\npolygon(1,2,3,4,5)", "line 2: a polygon with 5 numbers"),
        ("image\npolygon(1,2,,3,4,5,6)", "line 2: .* lacks a number"),
        ('image\ncircle(1,2,3")', "line 2: the size .* is an angle"),
        ("fk5\ncircle(80,-69,3i)", "line 2: the size .* is pixels"),
        ("fk5\ncircle(100p,200p,3)", "line 2: .* in pixels within"),
        ("fk5\ncircle(80,-99,3)", "line 2: a latitude"),
        ("fk5\ncircle(5:61:00,-69,3)", "line 2: .* 60 minutes"),
        ("linear\ncircle(1,2,3)", "line 1: the frame 'linear'"),
        ("wcsa\ncircle(1,2,3)", "line 1: the frame 'wcsa'"),
        ("fk5\nsquare(1,2,3)", "line 2: .* is no command"),
        ("fk5\ncircle(80,-69,3", "line 2: .* is not closed"),
        ("tile 1\nimage;circle(1,2,3)\ntile 2\ncircle(4,5,6)", "line 3: regions of a second tile"),
        ("#CRTFv0\ncircle[[80deg, -69deg], 3arcsec]", "CASA"),
        ("SIMPLE  =                    T" + " " * 50, "FITS"),
        ("# nothing\nimage\n", "no shape"),
    ],
)  # fmt: skip
def test_what_is_no_mask_is_refused_with_its_line(text, why):
    with pytest.raises(BadTableError, match=why) as caught:
        read(text)
    sentence = str(caught.value)
    assert "drawn.reg cannot be read" in sentence and sentence.isprintable() and len(sentence) < 400


def test_a_folder_in_place_of_a_region_file_is_a_sentence(tmp_path):
    with pytest.raises(BadTableError, match="is a folder"):
        read_regions(tmp_path)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_any_text_gives_regions_or_one_sentence(text):
    try:
        assert read(text)
    except BadTableError as error:
        assert "cannot be read" in str(error)


def test_ten_thousand_galactic_boxes_take_seconds(tmp_path):
    from time import process_time

    lines = [f'box({10 + index / 1000:.3f},-30,4",2",{index % 180})' for index in range(10_000)]
    before = process_time()
    assert len(read("galactic\n" + "\n".join(lines))) == 10_000
    assert process_time() - before < 8
