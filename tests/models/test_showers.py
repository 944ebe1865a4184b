"""Group differences in view, and showers as files of the workspace that every change names anew."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from regions import CirclePixelRegion, EllipsePixelRegion, PixCoord, PolygonPixelRegion

from miri_widgets.analysis.shower_list import dated, is_same_region, shower_rows, without_known
from miri_widgets.core.regions import Region
from miri_widgets.core.showers.showers import showers_of
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.models import SessionModel
from miri_widgets.models.showers import NO_RAMP, PARAMETER
from miri_widgets.products.tables.region_files import read_regions
from tests.support.viewer_stand_in import ViewerStandIn

NINTS, NGROUPS, NY, NX = 2, 6, 64, 72
CENTRE = (40.0, 25.0)


def write_ramp(path):
    """A ramp with stars, noise, and a wide faint shower in integration 2 from group 4 on."""
    rng = np.random.default_rng(7)
    slope = rng.uniform(5, 400, (NY, NX)) * (rng.uniform(size=(NY, NX)) < 0.05) + 20
    ramp = np.arange(NGROUPS)[None, :, None, None] * slope + rng.normal(0, 4, (NINTS, NGROUPS, NY, NX))
    rows, columns = np.indices((NY, NX))
    shower = 30 * np.exp(-((columns - CENTRE[0]) ** 2 + (rows - CENTRE[1]) ** 2) / (2 * 6.0**2))
    ramp[1, 3:] += shower
    flags = np.zeros(ramp.shape, np.uint8)
    flags[1, 3:, 0, 0] = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(ramp.astype(np.float32), name="SCI"),
            fits.ImageHDU(flags, name="GROUPDQ"),
        ]
    ).writeto(path)


@pytest.fixture
def session(fakes, program):
    for path in program.folders[0].iterdir():
        with fits.open(path, mode="update") as hdus:
            hdus["SCI"].data = np.zeros((NINTS, NGROUPS, NY, NX), np.uint16)
            hdus[0].header["NINTS"], hdus[0].header["NGROUPS"] = NINTS, NGROUPS
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    session.use_stage("showers")
    session.poll()
    yield session
    session.close()


@pytest.fixture
def root(session):
    """An exposure with a ramp; the others have none."""
    plan = next(one for one in session.plans if one.stage == "showers")
    (path,) = session.services.inputs(plan)
    write_ramp(path)
    return plan.exposures[0]


def draw(session, *shapes):
    session.attach_viewer(
        ViewerStandIn(regions={f"Subset {number}": one for number, one in enumerate(shapes)})
    )


def circle(x=CENTRE[0], y=CENTRE[1], radius=8.3):
    return CirclePixelRegion(PixCoord(x, y), radius)


def test_an_exposure_without_ramp_is_told_what_to_do(session):
    showers = session.showers
    assert showers.roots() == ()
    showers.show(session.programs.exposures[0].root)
    session.poll()
    assert showers.picture is None and showers.sentence == NO_RAMP and not showers.working


def test_the_picture_shows_the_shower_in_its_first_group_alone(session, root):
    showers = session.showers
    assert showers.roots() == (root,)
    showers.show(root, 2, 4)
    session.poll()
    picture = showers.picture
    assert (picture.root, picture.integration, picture.group) == (root, 2, 4)
    assert (showers.integrations, showers.groups) == (NINTS, NGROUPS)
    assert picture.pixels.shape == (NY, NX) and np.isnan(picture.pixels[0, 0])
    x, y = map(int, CENTRE)
    assert picture.pixels[y - 2 : y + 3, x - 2 : x + 3].mean() > 15
    showers.group = 3
    session.poll()
    assert showers.picture.group == 3
    assert abs(showers.picture.pixels[y - 2 : y + 3, x - 2 : x + 3].mean()) < 8


def test_stars_vanish_only_when_what_a_pixel_gains_is_subtracted(session, root):
    showers = session.showers
    showers.show(root, 1, 3)
    session.poll()
    without = np.nanmax(showers.pixels)
    showers.typical = False
    session.poll()
    assert np.nanmax(showers.pixels) > 4 * without


def test_nothing_is_read_twice_and_the_last_wish_counts(session, root, monkeypatch):
    calls = []

    def start(call, *arguments, **handlers):
        calls.append(arguments[1:4])
        return original(call, *arguments, **handlers)

    original = session.background.start
    monkeypatch.setattr(session.background, "start", start)
    showers = session.showers
    showers.show(root, 1, 2)
    for group in (3, 4, 5):
        showers.group = group
    session.poll()
    session.poll()
    assert showers.picture.group == 5
    assert calls[0][1] == 2 and calls[-1][1] == 5
    assert len(calls) == len(set(calls)) <= 4


def test_a_group_beyond_the_ramp_is_brought_back(session, root):
    session.showers.show(root, 9, 99)
    session.poll()
    assert (session.showers.picture.integration, session.showers.picture.group) == (NINTS, NGROUPS)


def test_the_groups_of_an_exposure_are_known_before_its_ramp_is_open(session, root):
    session.showers.root = root
    session.showers.show(root, 2, 4)
    assert (session.showers.integration, session.showers.group) == (2, 4)


def test_a_damaged_ramp_is_a_sentence(session, root):
    path = session.showers.ramp(root)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    session.showers.show(root)
    session.poll()
    assert session.showers.picture is None and "cannot be read to its end" in session.showers.sentence


def test_other_settings_of_detector1_take_the_picture_away(session, root):
    session.showers.show(root)
    session.poll()
    assert session.showers.picture is not None
    session.models["detector1"].set({"jump.rejection_threshold": 9.0})
    session.poll()
    assert session.showers.picture is None and session.showers.sentence == NO_RAMP


def test_stopping_forgets_the_picture(session, root):
    session.showers.show(root)
    session.poll()
    session.showers.on = False
    session.poll()
    assert session.showers.picture is None and session.showers.sentence == ""


def test_what_is_drawn_becomes_showers_as_the_step_reads_them(session, root):
    showers = session.showers
    showers.show(root, 2, 4)
    session.poll()
    draw(
        session,
        circle(),
        EllipsePixelRegion(PixCoord(20.0, 40.0), 12.0, 6.0),
        PolygonPixelRegion(PixCoord([3.0, 12.0, 7.0], [3.0, 4.0, 12.0])),
    )
    assert showers.take_drawn() == 3
    path = Path(session.models["showers"].settings[PARAMETER])
    assert path.parent == session.program.workspace / "regions"
    regions = read_regions(path)
    assert {one.shape for one in regions} == {"circle", "ellipse", "polygon"}
    found = showers_of(regions, root)
    assert {(one.integration, one.first_group) for one in found} == {(1, 3)}
    other = next(one.root for one in session.programs.exposures if one.root != root)
    assert showers_of(regions, other) == (), "a shower belongs to the exposure on which it was drawn"
    assert [(row.integration, row.first_group, row.names) for row in showers.rows] == [(2, 4, (root,))] * 3
    assert showers.pixels_of(showers.rows[0]) == int(circle().to_mask().data.sum())


def test_shapes_that_stay_in_the_viewer_are_not_taken_again(session, root):
    showers = session.showers
    showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    showers.take_drawn()
    showers.group = 5
    session.poll()
    with pytest.raises(ParameterError, match="nothing new is drawn"):
        showers.take_drawn()
    draw(session, circle(), circle(x=12.0))
    assert showers.take_drawn() == 1
    assert [row.first_group for row in showers.rows] == [2, 5]


def test_every_change_is_a_new_file_and_can_be_undone(session, root):
    showers, stage = session.showers, session.models["showers"]
    showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    showers.take_drawn()
    first = Path(stage.settings[PARAMETER])
    content = first.read_bytes()
    draw(session, circle(), circle(x=12.0))
    showers.take_drawn()
    second = Path(stage.settings[PARAMETER])
    assert second != first and first.read_bytes() == content
    showers.remove(0)
    assert [row.region.points for row in showers.rows] == [((12.0, CENTRE[1]),)]
    stage.undo()
    assert len(showers.rows) == 2
    stage.undo()
    assert Path(stage.settings[PARAMETER]) == first and len(showers.rows) == 1
    showers.remove(0)
    assert showers.rows == () and not stage.settings[PARAMETER]
    stage.undo()
    assert len(showers.rows) == 1


def test_a_change_of_showers_changes_the_key_of_that_exposures_run(session, root):
    before = {plan.key for plan in session.plans if plan.stage == "showers"}
    session.showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    session.showers.take_drawn()
    session.poll()
    assert not before & {plan.key for plan in session.plans if plan.stage == "showers"}


def test_the_file_of_the_user_is_kept_and_added_to(session, root, tmp_path):
    own = tmp_path / "mine.reg"
    own.write_text("image;circle(10,10,3) # text={int=2 group=3}\nimage;circle(30,30,4) # text={no time}\n")
    session.models["showers"].set({PARAMETER: str(own)})
    rows = session.showers.rows
    assert (rows[0].integration, rows[0].first_group, rows[0].names) == (2, 3, ())
    assert "first group" in rows[1].sentence
    content = own.read_bytes()
    session.showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    session.showers.take_drawn()
    assert len(session.showers.rows) == 3 and own.read_bytes() == content
    assert session.models["showers"].settings[PARAMETER] != str(own)


def test_a_file_that_is_gone_is_a_sentence_and_loses_nothing(session, root, tmp_path):
    session.models["showers"].set({PARAMETER: str(tmp_path / "gone.reg")})
    assert "no region file" in session.showers.trouble and session.showers.rows == ()
    session.showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    with pytest.raises(MiriWidgetsError, match="no region file"):
        session.showers.take_drawn()
    assert session.models["showers"].settings[PARAMETER] == str(tmp_path / "gone.reg")


def test_drawing_without_a_picture_or_outside_of_it_is_a_sentence(session, root):
    draw(session, circle())
    with pytest.raises(ParameterError, match="no group difference is in view"):
        session.showers.take_drawn()
    session.showers.show(root, 1, 2)
    session.poll()
    draw(session, circle(x=900.0))
    with pytest.raises(ParameterError, match="covers no pixel"):
        session.showers.take_drawn()
    assert session.showers.rows == ()


def test_a_picture_of_another_group_takes_no_shapes(session, root):
    """Between two groups the old picture is still in view: shapes would get the wrong time."""
    showers = session.showers
    showers.show(root, 1, 2)
    session.poll()
    draw(session, circle())
    showers.update()
    showers.unobserve_all("group")
    showers.group = 5
    with pytest.raises(ParameterError, match="no group difference is in view"):
        showers.take_drawn()


def test_suggestions_find_the_shower_and_are_taken_one_by_one(session, root):
    showers = session.showers
    showers.show(root, 1, 2)
    session.poll()
    showers.suggest()
    assert showers.searching
    session.poll()
    assert not showers.searching and showers.searched == root
    best = showers.suggested[0]
    assert (best.integration, best.first_group) == (1, 3)
    (position,) = best.shape.points
    assert np.hypot(position[0] - CENTRE[0], position[1] - CENTRE[1]) < 4
    showers.accept(best)
    assert showers.is_taken(best) and len(showers.rows) == 1
    showers.accept(best)
    assert len(showers.rows) == 1, "once is enough"
    session.models["showers"].undo()
    assert not showers.is_taken(best)


def test_looking_for_showers_without_a_ramp_is_a_sentence(session):
    session.showers.root = session.programs.exposures[0].root
    with pytest.raises(ParameterError, match="without a ramp"):
        session.showers.suggest()


def test_no_good_group_is_left_before_the_first(session):
    with pytest.raises(ParameterError, match="from group 1 on"):
        dated(Region("circle", ((5.0, 5.0),), (2.0,)), "jw0", 1, 1)


def test_places_are_compared_without_their_texts():
    one = Region("circle", ((5.0, 5.0),), (2.0,))
    rows = shower_rows((dated(one, "jw0", 1, 2),))
    assert is_same_region(one, rows[0].region)
    assert without_known((one,), rows) == ()
    for other in (
        Region("circle", ((5.1, 5.0),), (2.0,)),
        Region("circle", ((5.0, 5.0),), (2.1,)),
        Region("circle", ((5.0, 5.0),), (2.0,), sky=True),
        Region("ellipse", ((5.0, 5.0),), (2.0, 2.0)),
    ):
        assert without_known((other,), rows) == (other,)
