"""A simulated program as one value: field, tiles, dithers, exposures and effects."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, dataclass, replace
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS, SUBARRAYS, Subarray

__all__ = ["Field", "SimulatedProgram", "Tile"]


@dataclass(frozen=True)
class Field:
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


@dataclass(frozen=True)
class Tile:
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
    """

    visit: int = 1
    offset_ra: float = 0.0
    offset_dec: float = 0.0
    guide_star_error: tuple[float, float] = (0.0, 0.0)
    roll_error: float = 0.0
    guide_star: str = "S1HP090792"
    observation: int = 1


@dataclass(frozen=True)
class SimulatedProgram:
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
    tiles: tuple[Tile, ...] = (Tile(),)
    dithers: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    field: Field = dataclasses.field(default_factory=Field)
    seed: int = 1
    start_mjd: float = 59775.0
    effects: Effects = dataclasses.field(default_factory=Effects)

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

    def but(self, **changes: Any) -> SimulatedProgram:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the program as plain values, for the truth file."""
        return asdict(self)


def _require(condition: bool, found: str, expected: str) -> None:
    if not condition:
        raise ParameterError(found, expected, "change the simulated program")
