"""The list of regions of a program: kept, loaded, used, removed."""

from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord
from astropy.units import arcsec
from regions import CircleSkyRegion, EllipsePixelRegion, PixCoord

from miri_widgets.errors import ParameterError
from miri_widgets.models.regions import RegionSet, region_uses, safe_name
from miri_widgets.steps.stages import STAGES
from tests.support.viewer_stand_in import ViewerStandIn

USES = region_uses(STAGES)
SKY_MASK = next(use for use in USES if use.stage == "sky")


def circle(radius=3.0):
    return CircleSkyRegion(SkyCoord(80.0, -69.0, unit="deg"), radius * arcsec)


@pytest.fixture
def regions(session):
    session.use_stage("sky")
    session.poll()
    return session.regions


def test_drawn_regions_are_kept_used_and_come_back(fakes, program, session, regions):
    session.attach_viewer(ViewerStandIn(regions={"one": circle(), "two": circle(5.0)}))
    path = regions.keep_drawn("my <mask>")
    (kept,) = regions.sets
    assert (kept.path, kept.name, kept.kind) == (path, "my_mask", "2 circles on the sky")
    assert regions.use(path, SKY_MASK).endswith("run it again.")
    assert session.models["sky"].settings["exclude_file"] == str(path)
    assert regions.uses_of(path) == (SKY_MASK,)
    with pytest.raises(ParameterError, match="in use"):
        regions.remove(path)
    session.close()
    again = type(session)(program, fakes.fake_services(program))
    again.poll()
    again.regions.refresh()
    assert again.regions.sets[0].regions == kept.regions
    assert again.regions.uses_of(path) == (SKY_MASK,)
    again.regions.stop_using(path)
    again.regions.remove(path)
    assert again.regions.sets == () and not path.exists()
    again.close()


def test_a_file_is_loaded_and_a_bad_one_is_a_sentence(regions, tmp_path):
    good = tmp_path / "holes.reg"
    good.write_text("image\ncircle(11,13,4)\npolygon(1,1,9,1,9,9)\n")
    regions.load(good)
    (kept,) = regions.sets
    assert kept.name == "holes" and kept.kind == "1 circle, 1 polygon in pixels" and not regions.sentence
    for content in (b"\xff\xfe\0", b"", b"hello", b"fk5\nvector(1,2,3,4)\n", b"fk5\ncircle(1,2,nan)"):
        regions.load_bytes("../../<b>.reg", content)
        assert "cannot be read" in regions.sentence, content
        assert len(regions.sets) == 1
    regions.load(tmp_path / "gone.reg")
    assert "no region file" in regions.sentence
    regions.load_bytes("../up.reg", good.read_bytes())
    assert not regions.sentence and {one.path.parent for one in regions.sets} == {regions.folder}


def test_a_file_that_was_spoilt_stays_in_the_list_with_its_reason(regions):
    regions.folder.mkdir(parents=True)
    (regions.folder / "bad.reg").write_text("what?")
    regions.refresh()
    (found,) = regions.sets
    assert found.kind == "cannot be read" and "bad.reg" in found.sentence
    with pytest.raises(ParameterError):
        regions.use(found.path, SKY_MASK)
    regions.remove(found.path)
    assert regions.sets == ()


def test_showers_need_their_group(regions, session):
    session.attach_viewer(ViewerStandIn(regions={"one": EllipsePixelRegion(PixCoord(4.0, 4.0), 2.0, 2.0)}))
    path = regions.keep_drawn("s")
    showers = next(use for use in USES if use.stage == "showers")
    with pytest.raises(ParameterError, match="group"):
        regions.use(path, showers)


def test_what_is_shown_is_forgotten_with_its_file(regions, session):
    session.attach_viewer(ViewerStandIn(regions={"one": circle()}))
    path = regions.keep_drawn("a")
    regions.show(path)
    regions.show(regions.folder / "none.reg")
    assert regions.shown == (path,)
    regions.remove(path)
    assert regions.shown == ()


def test_nothing_drawn_is_a_sentence(regions):
    with pytest.raises(ParameterError, match="no region is drawn"):
        regions.keep_drawn("a")


def test_names_are_safe():
    assert safe_name("../../etc/passwd") == "etc_passwd"
    assert safe_name("äöü \n") == "regions"
    assert len(safe_name("a" * 500)) == 60
    assert RegionSet(Path("mask_0123456789.reg")).name == "mask"
