"""Exposures on the sky: where they lie, what colours them, which one a click means."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.analysis.footprints import previewed_grid
from miri_widgets.models.exposure_map import COLOURINGS, ExposureMap
from miri_widgets.run.status_rows import rows_of
from tests.support.placed_files import DEC, HALF, RA, square


@pytest.fixture
def drawn(placed):
    found = ExposureMap(placed)
    yield found
    found.close()


def test_every_exposure_has_its_place(placed, drawn):
    roots = [one.root for one in placed.programs.exposures]
    assert list(drawn.corners) == roots
    np.testing.assert_allclose(drawn.corners[roots[2]], square(2), atol=1e-8)
    assert drawn.outline() == ()


def test_a_click_on_a_stack_goes_through_all_below_it(placed, drawn):
    inside = drawn.under((RA + 0.006 / np.cos(np.radians(DEC))) % 360, DEC)
    assert len(inside) == 4
    seen = []
    for _ in range(5):
        root = drawn.next_under((RA + 0.006 / np.cos(np.radians(DEC))) % 360, DEC)
        placed.choose([root], show=True)
        seen.append(root)
    assert seen == [*inside, inside[0]]
    assert placed.shown == placed.programs.find(inside[0]).path
    assert drawn.next_under(RA, DEC + 1) == "" and drawn.next_under(RA + 180, -DEC) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.floats(-0.03, 0.05), st.floats(-0.03, 0.03))
def test_what_is_under_a_position_is_what_holds_it(drawn, east, north):
    ra, dec = (RA + east / np.cos(np.radians(DEC))) % 360, DEC + north
    edges = [abs(abs(east - number * 0.004) - HALF) for number in range(4)] + [abs(abs(north) - HALF)]
    if min(edges) < 1e-4:
        return  # a great circle is no parallel
    roots = [one.root for one in drawn.session.programs.exposures]
    expected = {root for n, root in enumerate(roots) if abs(east - n * 0.004) < HALF and abs(north) < HALF}
    assert set(drawn.under(ra, dec)) == expected


@pytest.mark.parametrize("name", COLOURINGS)
def test_every_colouring_tells_what_it_knows(placed, drawn, name):
    placed.run_all(upto="image2")
    placed.services.engine.finish()
    placed.poll()
    drawn.by = name
    drawn.colours()
    placed.poll()
    values = drawn.colours()
    roots = {one.root for one in placed.programs.exposures}
    assert set(values) <= roots
    if name not in ("shift", "verdict"):
        assert set(values) == roots
    if name == "level":
        assert all(isinstance(value, float) and 10 < value < 40 for value in values.values())


def test_states_need_a_person_first(placed, drawn):
    drawn.by = "state"
    root, other, third, _ = (one.root for one in placed.programs.exposures)
    placed.run_all(upto="detector1")
    engine = placed.services.engine
    engine.fail(placed.models["detector1"].rows[0].key)
    engine.finish()
    placed.programs.exclude([third])
    placed.poll()
    assert (drawn.colours()[root], drawn.colours()[other], drawn.colours()[third]) == (
        "failed",
        "partly done",
        "excluded",
    )


def test_the_grid_is_around_those_that_take_part(placed, drawn, monkeypatch):
    # the fakes declare a number where the stage declares positions
    monkeypatch.setattr(
        "miri_widgets.models.exposure_map.previewed_grid", lambda found, _: previewed_grid(found, {})
    )
    placed.use_stage("grid")
    placed.poll()
    whole = drawn.outline()
    placed.programs.exclude([placed.programs.exposures[0].root])
    placed.poll()
    part = drawn.outline()
    widths = [np.ptp([(ra + 180) % 360 for ra, _ in one]) * np.cos(np.radians(DEC)) for one in (whole, part)]
    assert widths[0] - widths[1] == pytest.approx(0.004, abs=3e-4)


def test_the_newest_product_is_the_one_furthest_in_the_chain(placed):
    root = placed.programs.exposures[1].root
    assert placed.latest_product(root) == placed.programs.exposures[1].path
    placed.run_all()
    placed.services.engine.finish()
    placed.poll()
    assert placed.latest_product(root).name == f"{root}_cal.fits"
    assert placed.latest_product("nobody") is None
    placed.choose(["nobody", root, root], show=True)
    assert placed.programs.selected == (root,) and placed.shown.name == f"{root}_cal.fits"
    assert rows_of(placed.models["image3"].rows, [root]) == ()
    assert len(rows_of(placed.models["image2"].rows, [root])) == 1
