"""A simulated program as one value: field, tiles, dithers, exposures and effects."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.serialization import Serializable
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.extended_objects import ExtendedObject
from miri_widgets.simulation.instrument import FILTERS, SUBARRAYS, Subarray
from miri_widgets.simulation.setups import FilterSetup

__all__ = ["ProgramField", "SimulatedProgram", "SimulatedTile"]


@dataclass(frozen=True)
class ProgramField:
    """
    What is on the sky.

    Attributes
    ----------
    stars : int
        Number of stars within the extent of the program.
    flux_min, flux_max : float
        Flux of the faintest and of the brightest star in the first filter, microjansky.
    flux_slope : float
        Slope a of the counts, dN/dF ~ F**-a. Between 1 (equal numbers per decade) and 2 on the sky.
    separation : float
        Least distance of two sources, arcsec.
    galaxies : int
        Number of galaxies with an exponential profile.
    galaxy_flux : tuple of float
        Faintest and brightest galaxy in the first filter, microjansky.
    emission : float
        Peak of the extended emission in units of the sky level; 0 for none.
    emission_scale : float
        Size (sigma) of a cloud of the extended emission, arcsec.
    around_tiles : bool
        Sources lie in the fields of the tiles, emission in those that are no background; else in the rectangle
        around all tiles, which is mostly never looked at when tiles lie far apart.
    bright : tuple of tuple of float
        Stars at given places: (ra, dec) in degrees and flux in the first filter, microjansky; some of `stars`.
    extended : tuple of ExtendedObject
        Shells and spiral galaxies.
    colours : bool
        Whether one star in five has warm dust, and galaxies are old or forming stars; else stars are photospheres and
        galaxies have the same flux in all filters.
    """

    stars: int = 300
    flux_min: float = 3.0
    flux_max: float = 2000.0
    flux_slope: float = 1.4
    separation: float = 1.2
    galaxies: int = 20
    galaxy_flux: tuple[float, float] = (20.0, 400.0)
    emission: float = 0.0
    emission_scale: float = 12.0
    around_tiles: bool = False
    bright: tuple[tuple[float, float, float], ...] = ()
    # not in the representation, of which twins are stamped: those without them stay as they are
    extended: tuple[ExtendedObject, ...] = dataclasses.field(default=(), repr=False)
    colours: bool = dataclasses.field(default=False, repr=False)


@dataclass(frozen=True)
class SimulatedTile:
    """
    One visit: a pointing with its own guide star.

    Attributes
    ----------
    visit : int
        Visit number, 1 to 999.
    offset_ra, offset_dec : float
        Offset of the tile from the target, (dRA cos Dec, dDec) in arcsec.
    guide_star_error : tuple of float
        Where the telescope really points minus where the header says, (dRA cos Dec, dDec) in arcsec.
    roll_error : float
        True minus planned roll, degrees.
    guide_star : str
        Identifier of the guide star, as in the keyword GDSTARID.
    observation : int
        Observation number, 1 to 999.
    pa_v3 : float, optional
        Position angle of the V3 axis, degrees; that of the program when not given.
    start_mjd : float, optional
        Start of the visit; after the visit before it when not given.
    dithers : tuple of tuple of float
        Its own dithers; those of the program when empty.
    sky : tuple of (str, float)
        Filters whose sky has another level in this visit, MJy/sr.
    background : bool
        Whether it is a dedicated exposure of empty sky.
    visit_group : str
        As in the file names, two digits.
    group_per_filter : bool
        Whether each filter has a visit group of its own, and exposures are number 2 of a sequence.
    sets : int
        How often the visit goes through all filters.
    """

    visit: int = 1
    offset_ra: float = 0.0
    offset_dec: float = 0.0
    guide_star_error: tuple[float, float] = (0.0, 0.0)
    roll_error: float = 0.0
    guide_star: str = "S1HP090792"
    observation: int = 1
    pa_v3: float | None = None
    start_mjd: float | None = None
    dithers: tuple[tuple[float, float], ...] = ()
    sky: tuple[tuple[str, float], ...] = ()
    background: bool = False
    visit_group: str = "02"
    group_per_filter: bool = False
    sets: int = 1


@dataclass(frozen=True)
class SimulatedProgram(Serializable):
    """
    A simulated program, complete: equal values give equal pixels.

    Attributes
    ----------
    name : str
        Short name.
    program : str
        Program number, five digits.
    title : str
        Title of the proposal.
    ra, dec : float
        Target, ICRS degrees.
    pa_v3 : float
        Position angle of the V3 axis at the target, degrees.
    filters : tuple of str
        Imaging filters, in the order of the exposures.
    subarray : str
        Name of the subarray.
    ngroups, nints : int
        Groups per integration and integrations per exposure. FASTR1.
    tiles : tuple of Tile
        Visits, in time order.
    dithers : tuple of tuple of float
        Moves (x, y) of the field of view within a visit in the ideal frame of the aperture, arcsec.
    field : Field
        What is on the sky.
    seed : int
        Seed of everything random.
    start_mjd : float
        Start of the first exposure.
    effects : Effects
        Effects that are switched on.
    setups : tuple of FilterSetup
        Filters that are read in a way of their own; others have `ngroups` and `nints`.
    target : str
        Name of the target; that of the program when empty.
    """

    name: str
    program: str
    title: str
    ra: float = 80.4875
    dec: float = -69.4983
    pa_v3: float = 105.0
    filters: tuple[str, ...] = ("F770W",)
    subarray: str = "FULL"
    ngroups: int = 10
    nints: int = 1
    tiles: tuple[SimulatedTile, ...] = (SimulatedTile(),)
    dithers: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    field: ProgramField = dataclasses.field(default_factory=ProgramField)
    seed: int = 1
    start_mjd: float = 59775.0
    effects: Effects = dataclasses.field(default_factory=Effects)
    setups: tuple[FilterSetup, ...] = ()
    target: str = ""

    def __post_init__(self) -> None:
        _require(
            self.subarray in SUBARRAYS, f"the subarray {self.subarray!r}", "one of " + ", ".join(SUBARRAYS)
        )
        for name in self.filters:
            _require(name in FILTERS, f"the filter {name!r}", "one of " + ", ".join(FILTERS))
        _require(len(self.filters) > 0, "no filter", "at least one imaging filter")
        _require(
            len(self.program) == 5 and self.program.isdigit(),
            f"the program number {self.program!r}",
            "five digits",
        )
        _require(self.ngroups >= 2, f"{self.ngroups} groups", "at least 2 groups, to have a slope")
        _require(self.nints >= 1, f"{self.nints} integrations", "at least 1 integration")
        for setup in self.setups:
            _require(
                setup.filter in self.filters,
                f"a readout of {setup.filter}",
                "one of " + ", ".join(self.filters),
            )
            _require(
                setup.ngroups >= 2 and setup.nints >= 1,
                f"{setup.ngroups} groups x {setup.nints} integrations in {setup.filter}",
                "at least 2 groups and 1 integration",
            )
        _require(
            len(self.tiles) > 0 and len(self.dithers) > 0, "no exposure", "at least one tile and one dither"
        )
        _require(
            abs(self.dec) < 89.9, f"the declination {self.dec}", "a target away from the celestial poles"
        )
        visits = {(tile.observation, tile.visit) for tile in self.tiles}
        _require(
            len(visits) == len(self.tiles), "tiles with the same observation and visit", "a number per visit"
        )

    @property
    def window(self) -> Subarray:
        """The subarray as a value."""
        return SUBARRAYS[self.subarray]

    @property
    def exposures(self) -> int:
        """Number of exposures."""
        return sum(tile.sets * len(self.dithers_of(tile)) for tile in self.tiles) * len(self.filters)

    def setup(self, filter_name: str) -> FilterSetup:
        """
        Return how a filter is read.

        Parameters
        ----------
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        own = next((setup for setup in self.setups if setup.filter == filter_name), None)
        return own or FilterSetup(filter_name, self.ngroups, self.nints, 0.0, self.filters.index(filter_name))

    def dithers_of(self, tile: SimulatedTile) -> tuple[tuple[float, float], ...]:
        """
        Return the dithers of a visit.

        Parameters
        ----------
        tile : SimulatedTile
            A visit's tile.
        """
        return tile.dithers or self.dithers

    def sky_factor(self, tile: SimulatedTile, filter_name: str) -> float:
        """
        Return the level of the sky of a visit, relative to the usual one of the filter.

        Parameters
        ----------
        tile : SimulatedTile
            A visit's tile.
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        usual = FILTERS[filter_name].sky
        return (dict(tile.sky).get(filter_name) or self.setup(filter_name).sky or usual) / usual

    def replace(self, **changes: Any) -> SimulatedProgram:
        """
        Return a copy with some attributes changed.

        Parameters
        ----------
        **changes : object
            New values by name of the attribute.
        """
        return replace(self, **changes)


def _require(condition: bool, found: str, expected: str) -> None:
    if not condition:
        raise ParameterError(found, expected, "change the simulated program")
