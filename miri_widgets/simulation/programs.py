"""Ready-made simulated programs: the demonstration, the test-suite program, one per subarray, and observed ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.extended_objects import ExtendedObject
from miri_widgets.simulation.observed import observed_programs
from miri_widgets.simulation.program import ProgramField, SimulatedProgram, SimulatedTile

__all__ = ["PROGRAMS"]

# Guide-star errors: the sizes found on the sky by tweakreg, 0.1 to 0.3 arcsec for most programs (LMC 1040), about
# 0.95 for 30 Doradus (2729) and 1.64 for SMACS 0723 (2736).
_GOOD_GUIDE_STAR = (0.108, -0.135)
_POOR_GUIDE_STAR = (-0.35, 0.62)

_DEMO = SimulatedProgram(
    name="demo",
    program="01040",
    title="Simulated LMC field: two tiles, two guide stars",
    filters=("F770W",),
    ngroups=10,
    tiles=(
        SimulatedTile(visit=1, guide_star_error=_GOOD_GUIDE_STAR, roll_error=0.002),
        SimulatedTile(
            visit=2,
            offset_ra=42.0,
            offset_dec=14.0,
            guide_star_error=_POOR_GUIDE_STAR,
            roll_error=-0.004,
            guide_star="S1HP102774",
        ),
    ),
    dithers=((0.0, 0.0), (4.13, 1.87), (-3.85, 2.96)),
    field=ProgramField(stars=320, flux_min=4.0, flux_max=8000.0, galaxies=20, emission=0.06),
    seed=1040,
)

_CLUSTER = SimulatedProgram(
    name="cluster",
    program="01048",
    title="Simulated deep field in three filters: spirals, a planetary nebula, galaxies and stars",
    ra=110.8325,
    dec=-73.4535,
    target="SIMULATED-DEEP-FIELD",
    filters=("F770W", "F1000W", "F1500W"),
    # a quarter of the pixels of FULL: twelve exposures are reduced within three minutes on two cores
    subarray="BRIGHTSKY",
    ngroups=12,
    tiles=(SimulatedTile(guide_star_error=_GOOD_GUIDE_STAR, roll_error=0.002),),
    dithers=((0.0, 0.0), (9.5, 7.1), (-8.7, 8.4), (7.4, -8.9)),
    field=ProgramField(
        stars=75,
        flux_min=30.0,
        flux_max=9000.0,
        flux_slope=1.45,
        galaxies=110,
        galaxy_flux=(30.0, 700.0),
        extended=(
            ExtendedObject("spiral", 11.0, 3.0, 2.9, 42.0, axis_ratio=0.72, angle=35.0, seed=3),
            ExtendedObject("spiral", -20.0, -16.0, 1.6, 32.0, axis_ratio=0.5, angle=120.0, seed=5),
            ExtendedObject("spiral", -9.0, 21.0, 1.2, 32.0, axis_ratio=0.35, angle=70.0, seed=8),
            ExtendedObject("shell", -12.0, 2.0, 4.6, 26.0, axis_ratio=0.86, angle=60.0, seed=2),
        ),
        colours=True,
    ),
    seed=1048,
)

_SMALL = SimulatedProgram(
    name="small",
    program="01041",
    title="Simulated cluster in SUB256: two tiles, two guide stars",
    filters=("F560W",),
    subarray="SUB256",
    ngroups=8,
    nints=2,
    tiles=(
        SimulatedTile(visit=1, guide_star_error=_GOOD_GUIDE_STAR, roll_error=0.002),
        SimulatedTile(
            visit=2,
            offset_ra=5.0,
            offset_dec=2.0,
            guide_star_error=(-0.22, 0.31),
            roll_error=-0.004,
            guide_star="S1HP102774",
        ),
    ),
    dithers=((0.0, 0.0), (1.63, -1.17)),
    field=ProgramField(
        stars=100,
        flux_min=300.0,
        flux_max=8000.0,
        flux_slope=1.1,
        separation=2.2,
        galaxies=2,
        galaxy_flux=(600.0, 1800.0),
    ),
    seed=1041,
)

PROGRAMS: Mapping[str, SimulatedProgram] = MappingProxyType(
    {
        program.name: program
        for program in (
            _DEMO,
            _CLUSTER,
            _SMALL,
            _SMALL.replace(
                name="brightsky",
                program="01042",
                title="Simulated nebula in BRIGHTSKY",
                filters=("F1130W",),
                subarray="BRIGHTSKY",
                ngroups=12,
                nints=2,
                dithers=((0.0, 0.0), (3.4, 2.1), (-2.7, 3.3)),
                field=ProgramField(
                    stars=140,
                    flux_min=100.0,
                    flux_max=20000.0,
                    separation=2.0,
                    galaxies=6,
                    galaxy_flux=(500.0, 3000.0),
                    emission=0.4,
                ),
                seed=1042,
            ),
            _SMALL.replace(
                name="sub128",
                program="01043",
                title="Simulated bright stars in SUB128",
                subarray="SUB128",
                ngroups=10,
                tiles=(SimulatedTile(guide_star_error=_GOOD_GUIDE_STAR),),
                field=ProgramField(stars=40, flux_min=500.0, flux_max=20000.0, separation=1.8, galaxies=0),
                seed=1043,
            ),
            _SMALL.replace(
                name="sub64",
                program="01044",
                title="Simulated bright stars in SUB64",
                subarray="SUB64",
                ngroups=10,
                tiles=(SimulatedTile(guide_star_error=_GOOD_GUIDE_STAR),),
                field=ProgramField(stars=40, flux_min=1000.0, flux_max=20000.0, separation=1.8, galaxies=0),
                seed=1044,
            ),
            _SMALL.replace(
                name="multifilter",
                program="01045",
                title="Simulated cluster in SUB256, two filters",
                filters=("F560W", "F770W"),
                seed=1045,
            ),
            _SMALL.replace(
                name="artefacts",
                program="01046",
                title="Simulated stars in BRIGHTSKY with all that the pipeline leaves in",
                filters=("F560W", "F1500W"),
                subarray="BRIGHTSKY",
                ngroups=16,
                nints=1,
                tiles=(SimulatedTile(guide_star_error=_GOOD_GUIDE_STAR),),
                dithers=((0.0, 0.0), (3.4, 2.1), (-2.7, 3.3), (-3.6, -2.4), (2.2, -3.8)),
                field=ProgramField(
                    stars=120,
                    flux_min=20.0,
                    flux_max=60000.0,
                    flux_slope=1.3,
                    separation=2.0,
                    galaxies=10,
                    galaxy_flux=(50.0, 500.0),
                ),
                seed=1046,
                effects=Effects().also(*Effects.artefacts()),
            ),
            _SMALL.replace(
                name="afterimages",
                program="01047",
                title="Simulated bright cluster in SUB256, two filters, with after-images",
                filters=("F560W", "F1500W"),
                ngroups=16,
                nints=1,
                tiles=(SimulatedTile(guide_star_error=_GOOD_GUIDE_STAR),),
                dithers=((0.0, 0.0), (2.4, -1.8), (-2.1, 2.6)),
                field=ProgramField(
                    stars=100, flux_min=300.0, flux_max=60000.0, flux_slope=1.1, separation=2.2, galaxies=0
                ),
                seed=1047,
                effects=Effects().also("persistence"),
            ),
            *observed_programs(),
        )
    }
)
