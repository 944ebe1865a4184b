"""DS9 region files: what DS9 writes is read, what is written is read back, and the rest is refused in a sentence."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.core.regions import SHAPES, Region
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.region_files import from_astropy, read_regions, to_astropy, write_regions

DS9 = """# Region file format: DS9 version 4.1
global color=green dashlist=8 3 width=1 font="helvetica 10 normal roman" select=1 highlite=1 dash=0 fixed=0
fk5
point(22:36:03.576,+33:58:33.12) # point=x text={top left}
-circle(339.0,33.9,2") # color=red
ellipse(339.0,33.9,0.05',1",30)
"""


def read(folder, text):
    path = folder / "drawn.reg"
    path.write_text(text)
    return read_regions(path)


def test_ds9_file_of_the_sky(tmp_path):
    point, circle, ellipse = read(tmp_path, DS9)
    assert point.shape == "point" and point.sky and point.tokens == {"top", "left"}
    # FK5 J2000 and ICRS differ by some hundredths of arcsec
    assert point.points[0] == pytest.approx((339.0149, 33.97586667), abs=2e-5)
    assert not circle.include and circle.sizes == pytest.approx((2.0,))
    assert ellipse.include and ellipse.sizes == pytest.approx((3.0, 1.0)) and ellipse.angle == 30.0


@pytest.mark.parametrize(
    "frame", ["image\n", "physical\n", "image;", "physical;", "", "global color=red\nPHYSICAL\n"]
)
def test_pixels_count_from_1_in_ds9_and_from_0_here(tmp_path, frame):
    (box,) = read(tmp_path, f"{frame}box(11,21,4,6,30) # text={{a box}}\n")
    assert box == Region("rectangle", ((10.0, 20.0),), (4.0, 6.0), 30.0, text="a box")


numbers = st.floats(-2000, 2000)
positive = st.floats(0.01, 500)
words = st.text("abcdefg -_.", max_size=12).map(lambda text: " ".join(text.split()))


@st.composite
def drawn(draw):
    sky = draw(st.booleans())
    position = st.tuples(st.floats(0, 359.9), st.floats(-89, 89)) if sky else st.tuples(numbers, numbers)
    shape = draw(st.sampled_from(["circle", "ellipse", "rectangle", "polygon", "point"]))
    count, sizes = {"circle": (1, 1), "point": (1, 0), "polygon": (5, 0)}.get(shape, (1, 2))
    return Region(
        shape,
        tuple(draw(position) for _ in range(count)),
        tuple(draw(positive) for _ in range(sizes)),
        draw(st.floats(0, 359)) if sizes == 2 else 0.0,
        sky,
        draw(st.booleans()),
        draw(words),
    )


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(regions=st.lists(drawn(), min_size=1, max_size=6))
def test_what_is_written_is_read_back(tmp_path, regions):
    path = tmp_path / "again.reg"
    write_regions(path, regions)
    first = path.read_bytes()
    found = read_regions(path)
    assert len(found) == len(regions)
    for one, other in zip(regions, found, strict=True):
        assert (one.shape, one.sky, one.include, one.text) == (
            other.shape,
            other.sky,
            other.include,
            other.text,
        )
        np.testing.assert_allclose(other.points, one.points, atol=1e-8)
        np.testing.assert_allclose(other.sizes, one.sizes, rtol=1e-8)
        assert math.isclose(one.angle, other.angle, abs_tol=1e-8)
    write_regions(path, regions)
    assert path.read_bytes() == first


def test_text_cannot_break_the_file(tmp_path):
    path = tmp_path / "odd.reg"
    write_regions(
        path, [Region("point", ((1, 2),), text="}\nimage;circle(1,1,900) {"), Region("point", ((3, 4),))]
    )
    assert [region.shape for region in read_regions(path)] == ["point", "point"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello world\n",
        "fk5\nline(339.0,33.9,339.1,33.9)\n",
        'fk5\nannulus(339.0,33.9,1",2")\n',
        "fk5\ncircle(1,2)\n",
        "image\ncircle(a,b,c)\n",
        "fk5\ncircle(10,95,3)\n",
        "image\ncircle(10,95,0)\n",
        "image\ncircle(10,95,nan)\n",
        "image\ncircle(10,95,3)\ncircle(10,95\n",
        "detector\ncircle(1,2,3)\n",
        "image\npolygon(1,2,3,4)\n",
        "\x00\x01\x02",
        "SIMPLE  =                    T" * 99,
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text):
    with pytest.raises(BadTableError) as caught:
        read(tmp_path, text)
    sentence = str(caught.value)
    assert "drawn.reg cannot be read" in sentence and sentence.isprintable() and len(sentence) < 400


def test_other_bytes_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "x.reg"
    with pytest.raises(MissingFileError, match=r"x\.reg"):
        read_regions(path)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(BadTableError):
        read_regions(path)


@pytest.mark.parametrize("sky", [True, False])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_shape_for_a_viewer_comes_back_as_it_was(shape, sky):
    points = ((10.0, 20.0), (12.0, 20.0), (11.0, 22.0)) if shape == "polygon" else ((10.0, 20.0),)
    sizes = (5.0, 3.0)[: SHAPES[shape]]
    angle = 30.0 if len(sizes) == 2 else 0.0
    region = Region(shape, points, sizes, angle, sky, text="a word")
    back = from_astropy(to_astropy(region))
    assert back.sizes == pytest.approx(sizes) and back.angle == pytest.approx(angle)
    np.testing.assert_allclose(back.points, points, rtol=1e-12)
    assert (back.shape, back.sky, back.text, back.include) == (shape, sky, "a word", True)
