"""Twins of observed programs keep what was observed: pointings, rolls, dates, names, readouts, skies, guide stars."""

import numpy as np
import pytest

from miri_widgets.simulation import PROGRAMS
from miri_widgets.simulation.observed import FULL, observed_programs
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.simulation.scene import build_catalog
from miri_widgets.simulation.setups import activity
from miri_widgets.simulation.skymap import SkyMap

SMALL = tuple(program.name for program in observed_programs() if not program.name.endswith(FULL))
# exposures, filters
EXPECTED = {
    "lmc_1040": (405, 9),
    "stephans_quintet_2732": (96, 3),
    "smacs0723_2736": (40, 4),
    "thirty_dor_2729": (80, 4),
    "carina_2731": (160, 4),
    "ngc3132_2733": (64, 4),
    "ngc628_2107": (80, 4),
}


@pytest.mark.parametrize("name", SMALL)
def test_plans_are_in_time_order_with_a_name_per_exposure(name):
    for program in (PROGRAMS[name], PROGRAMS[name + FULL]):
        plan = planned_exposures(program)
        assert len(plan) == program.exposures == len({one.name.filename for one in plan})
        starts = [one.start_mjd for one in plan]
        assert starts == sorted(starts)
        assert {one.name.program for one in plan} == {name.rpartition("_")[2].zfill(5)}
    full = PROGRAMS[name + FULL]
    assert (full.exposures, len(full.filters)) == EXPECTED[name]
    assert full.subarray == "FULL"


@pytest.mark.parametrize("name", SMALL)
def test_a_small_twin_is_part_of_the_full_one(name):
    full = {one.name.root: one for one in planned_exposures(PROGRAMS[name + FULL])}
    small, program = planned_exposures(PROGRAMS[name]), PROGRAMS[name]
    assert 12 <= len(small) <= 30
    visits = {one.name.program + one.name.observation + one.name.visit for one in full.values()}
    for one in small:
        assert one.name.program + one.name.observation + one.name.visit in visits
        assert one.planned.roll == pytest.approx(
            next(f.planned.roll for f in full.values() if f.name.visit == one.name.visit
                 and f.name.observation == one.name.observation)
        )  # fmt: skip
        # filters keep their activity
        twin = next(f for f in full.values() if f.filter == one.filter and f.name.visit == one.name.visit
                    and f.name.observation == one.name.observation)  # fmt: skip
        assert (twin.name.visit_group, twin.name.activity) == (one.name.visit_group, one.name.activity)
        assert program.setup(one.filter).ngroups <= PROGRAMS[name + FULL].setup(one.filter).ngroups


def test_names_of_the_archive():
    roots = {one.name.root for name in SMALL for one in planned_exposures(PROGRAMS[name + FULL])}
    for root in (
        "jw01040001001_0310j_00005_mirimage",
        "jw01040001005_03103_00005_mirimage",
        "jw02732006002_02105_00008_mirimage",
        "jw02736002001_02107_00010_mirimage",
        "jw02731002005_02103_00008_mirimage",
        "jw02107039003_02107_00004_mirimage",
        "jw02107040001_08201_00001_mirimage",
    ):
        assert root in roots
    assert "jw01040001005_0310j_00001_mirimage" not in roots  # visit 5 goes through the filters once
    assert [activity(number) for number in (0, 4, 5, 9)] == ["01", "09", "0b", "0j"]


# corners that the pipeline logged for real exposures, degrees
FOOTPRINTS = {
    "jw02732002001_02101_00001": ("F770W", (338.990781315, 33.989977992), (338.971146043, 33.948708083)),
    "jw02732006002_02101_00001": ("F770W", (339.008531121, 33.979841645), (338.999659649, 33.936089736)),
    "jw02729002002_02103_00001": ("F1000W", (84.594914853, -69.078017182), (84.683439302, -69.109165047)),
    "jw02736002001_02103_00001": ("F1000W", (110.736445138, -73.449155004), (110.879766533, -73.466557619)),
    "jw02733002001_02101_00001": ("F770W", (151.732335252, -40.438988288), (151.789647449, -40.430933465)),
    "jw02107040001_04201_00001": ("F1000W", (24.196886177, 15.684035050), (24.175932075, 15.644520855)),
}


@pytest.mark.parametrize("root", FOOTPRINTS)
def test_footprints_are_those_of_the_real_exposures(root):
    filter_name, first, third = FOOTPRINTS[root]
    plan = [one for name in SMALL for one in planned_exposures(PROGRAMS[name + FULL])]
    exposure = next(one for one in plan if one.name.root.startswith(root))
    assert exposure.filter == filter_name
    ra, dec = SkyMap(exposure.planned, filter_name, (0, 0)).to_sky([0, 1032], [0, 1024])
    for found, corner in zip(zip(ra, dec, strict=True), (first, third), strict=True):
        east = (found[0] - corner[0]) * np.cos(np.deg2rad(corner[1])) * 3600
        assert np.hypot(east, (found[1] - corner[1]) * 3600) < 0.35


def test_two_epochs_at_two_angles_with_their_skies():
    program = PROGRAMS["stephans_quintet_2732"]
    first, second = (next(t for t in program.tiles if t.observation == number) for number in (2, 6))
    assert second.start_mjd - first.start_mjd == pytest.approx(19)
    assert first.pa_v3 - second.pa_v3 == pytest.approx(11.958)
    ratio = program.sky_factor(first, "F770W") / program.sky_factor(second, "F770W")
    assert ratio == pytest.approx(7.21173 / 6.03472)


def test_the_dedicated_background_is_another_field_without_emission():
    program = PROGRAMS["ngc628_2107"]
    background = [tile for tile in program.tiles if tile.background]
    assert [tile.observation for tile in background] == [40]
    assert all(len(program.dithers_of(tile)) == 4 for tile in program.tiles)
    assert program.dithers_of(background[0]) != program.dithers
    assert {one.name.sequence for one in planned_exposures(program) if one.tile.background} == {"2"}
    catalog = build_catalog(program)
    north = (np.array(catalog["dec"]) - program.dec) * 3600
    near = np.abs(north - background[0].offset_dec) < 45
    assert 50 < near.sum() < len(catalog) / 2  # stars there and in the galaxy, none in between


def test_guide_stars_of_the_lmc_field():
    program = PROGRAMS["lmc_1040"]
    assert [tile.guide_star for tile in program.tiles[2:]] == ["S1HP093172", "S1HP093172", "S1HP093000"]
    assert program.tiles[4].guide_star_error == (-0.975242, 1.046954)


def test_readouts_are_those_logged():
    for name, filter_name, ramp in (
        ("lmc_1040", "F560W", (6, 1)),
        ("smacs0723_2736", "F1800W", (50, 4)),
        ("thirty_dor_2729", "F1130W", (12, 4)),
        ("ngc628_2107", "F1130W", (28, 1)),
    ):
        setup = PROGRAMS[name + FULL].setup(filter_name)
        assert (setup.ngroups, setup.nints) == ramp


def test_a_bright_star_lies_where_the_region_file_says():
    catalog = build_catalog(PROGRAMS["stephans_quintet_2732"])
    assert float(catalog["ra"][0]) == pytest.approx(339.0149, abs=1e-9)
    assert float(catalog["dec"][0]) == pytest.approx(33.975867, abs=1e-9)
    assert float(catalog["flux_ujy"][0]) == 60000.0


def test_a_twin_made_anew_leaves_no_exposure_of_the_old_one(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from miri_widgets import simulation
    from miri_widgets.simulation.twins import ensure_twin

    names = ["jw01041001001_02101_00001_mirimage_uncal.fits", "jw01041001001_02101_00002_mirimage_uncal.fits"]

    def simulate(program, folder, **_):
        (folder / "uncal").mkdir(parents=True, exist_ok=True)
        made = [folder / "uncal" / name for name in names]
        for path in made:
            path.touch()
        return SimpleNamespace(uncal=tuple(made), truth=folder / "truth" / "truth.json")

    cache = SimpleNamespace(context="one", path=tmp_path)
    monkeypatch.setattr(simulation, "simulate", simulate, raising=False)
    monkeypatch.setattr(simulation, "write_reference_cache", lambda *_, **__: cache, raising=False)
    assert len(ensure_twin("small", root=tmp_path).uncal) == 2
    names.pop()
    assert len(ensure_twin("small", root=tmp_path).uncal) == 2, "the same description is not made again"
    cache.context = "two"
    assert len(ensure_twin("small", root=tmp_path).uncal) == 1
    assert len(list((tmp_path / "small/uncal").iterdir())) == 1


@pytest.mark.pipeline
@pytest.mark.parametrize("name", SMALL)
def test_the_first_exposure_is_written_as_its_headers_say(name, tmp_path):
    from miri_widgets.products.exposure_headers import read_exposure
    from miri_widgets.simulation import load_truth, simulate

    program = PROGRAMS[name]
    program = program.replace(
        filters=program.filters[-1:],
        setups=program.setups[-1:],
        tiles=program.tiles[-1:],
        dithers=program.dithers[:1],
    )
    program = program.replace(
        tiles=tuple(type(t)(**vars(t) | {"dithers": t.dithers[:1]}) for t in program.tiles)
    )
    (plan,) = planned_exposures(program)
    made = simulate(program, tmp_path, processes=1)
    exposure, setup = read_exposure(made.uncal[0], suffix="uncal"), program.setups[0]
    assert exposure.header_program == program.program
    assert (exposure.ngroups, exposure.nints, exposure.filter) == (setup.ngroups, setup.nints, setup.filter)
    assert exposure.start_mjd == pytest.approx(plan.start_mjd, abs=1e-6)
    assert (exposure.ra, exposure.dec) == pytest.approx((plan.planned.ra, plan.planned.dec))
    truth = load_truth(made.truth).exposures[made.uncal[0].name]
    wanted = dict(plan.tile.sky).get(setup.filter) or setup.sky
    if wanted:
        assert truth.sky == pytest.approx(wanted)
