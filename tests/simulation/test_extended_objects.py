"""Shells and spirals: where they lie, how bright, and their colours."""

import numpy as np
import pytest

from miri_widgets.simulation.extended_objects import ExtendedObject, brightness
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.simulation.program import ProgramField
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.scene import build_catalog, render
from miri_widgets.simulation.twins import ensure_twin

GRID = np.meshgrid(np.linspace(-40, 40, 401), np.linspace(-40, 40, 401))


@pytest.mark.parametrize("kind", ["shell", "spiral"])
def test_light_is_positive_lies_around_the_middle_and_ends(kind):
    target = ExtendedObject(kind, 7.0, -4.0, 3.0, 50.0, axis_ratio=0.6, angle=30.0)
    light = brightness(target, *GRID, 7.7)
    assert np.isfinite(light).all() and light.min() >= 0 and 25 < light.max() < 150
    east, north = (np.sum(light * plane) / light.sum() for plane in GRID)
    assert east == pytest.approx(7.0, abs=0.5) and north == pytest.approx(-4.0, abs=0.5)
    outside = np.hypot(GRID[0] - 7.0, GRID[1] + 4.0) > target.reach
    assert light[outside].max() < 1e-3 * light.max()


def test_the_long_axis_has_its_position_angle():
    light = brightness(ExtendedObject("spiral", 0, 0, 3.0, 50.0, axis_ratio=0.35, angle=40.0), *GRID, 7.7)
    east, north = GRID
    moments = [
        np.sum(light * first * second) for first, second in ((east, east), (north, north), (east, north))
    ]
    angle = np.degrees(0.5 * np.arctan2(2 * moments[2], moments[1] - moments[0]))
    assert angle == pytest.approx(40.0, abs=8)


def test_dust_lies_outside_of_gas_and_arms_are_redder_than_the_bulge():
    shell = ExtendedObject("shell", 0, 0, 5.0, 30.0)
    inside, outside = np.array([2.0]), np.array([6.6])
    ratio = [
        brightness(shell, place, np.zeros(1), 15.0) / brightness(shell, place, np.zeros(1), 7.7)
        for place in (inside, outside)
    ]
    assert ratio[0] < 1 < ratio[1]
    spiral = ExtendedObject("spiral", 0, 0, 4.0, 40.0)
    blue, red = (brightness(spiral, *GRID, wavelength) for wavelength in (7.7, 15.0))
    radius = np.hypot(*GRID)
    assert (
        red[radius < 0.4].sum() / blue[radius < 0.4].sum()
        < 0.8
        < red[(radius > 4) & (radius < 9)].sum() / blue[(radius > 4) & (radius < 9)].sum()
    )


def test_exposures_show_it_and_other_programs_stay_as_they_were():
    small = PROGRAMS["small"]
    plain = small.replace(effects=small.effects.only(), field=ProgramField(stars=0, galaxies=0))
    target = ExtendedObject("shell", 0.0, 0.0, 3.0, 30.0)
    shown = plain.replace(field=ProgramField(stars=0, galaxies=0, extended=(target,)))
    pointing = planned_exposures(plain)[0].true
    images = [render(program, build_catalog(program), "F560W", pointing).rate for program in (plain, shown)]
    added = images[1] - images[0]
    rows, columns = np.indices(added.shape)
    assert added.max() > 5 and added.min() > -1e-3
    middle = [float(np.sum(added * axis) / added.sum()) for axis in (rows, columns)]
    assert np.ptp(middle - np.array(added.shape) / 2) < 60
    assert repr(plain) == repr(shown), "the stamp of a twin is more than its representation"


def test_colours_change_the_filters_beside_the_first_only():
    program = PROGRAMS["multifilter"]
    coloured = program.replace(field=ProgramField(**{**vars(program.field), "colours": True}))
    before, after = build_catalog(program), build_catalog(coloured)
    np.testing.assert_array_equal(before["flux_F560W"], after["flux_F560W"])
    ratio = np.asarray(after["flux_F770W"] / before["flux_F770W"])
    assert (ratio != 1).any() and np.ptp(ratio) > 0.3
    stars = np.asarray(after["type"] == "star")
    assert (ratio[stars] == 1).mean() == pytest.approx(0.8, abs=0.15)


def test_a_twin_is_made_again_when_its_objects_change(tmp_path, monkeypatch):
    import miri_widgets.simulation as simulation
    from miri_widgets.simulation import twins

    made = []

    def simulate(program, folder, **options):
        made.append(program.field.extended)
        folder.joinpath("uncal").mkdir(parents=True, exist_ok=True)
        return type("Made", (), {"uncal": (), "truth": folder / "truth.json"})

    class Cache:
        path, context = tmp_path, "jwst_9001.pmap"

    monkeypatch.setattr(simulation, "simulate", simulate)
    monkeypatch.setattr(simulation, "write_reference_cache", lambda *arguments, **options: Cache)
    small = PROGRAMS["small"]
    changed = small.replace(field=ProgramField(extended=(ExtendedObject("shell", 0, 0, 3, 9),)))
    for program in (small, small, changed):
        monkeypatch.setattr(simulation, "PROGRAMS", {"small": program})
        ensure_twin("small", root=tmp_path)
    assert made == [(), changed.field.extended]
    assert twins.TWIN_VERSION
