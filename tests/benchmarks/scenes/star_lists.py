"""Lists of stars as exposures show them, with pointings, rolls and catalogues that are wrong: no images, truth known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scene import PIXEL, TangentWcs

from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.star_positions import StarPositions

__all__ = ["CASES", "Field", "StarField", "make_field"]

Array = NDArray[np.float64]
SHAPE = (1024, 1032)


@dataclass(frozen=True)
class Field:
    """
    What a field of stars is.

    Attributes
    ----------
    stars : int
        Stars that an exposure shows, on average.
    listed : int
        Stars of the field that the catalogue lists, and as many strangers.
    groups, dithers : int
        Tiles side by side, and exposures of each.
    overlap : float
        Part of a side that neighbouring tiles have in common.
    roll : float
        Standard deviation of the roll of a tile, degrees.
    doubled : float
        Distance at which the catalogue lists its stars a second time, arcsec.
    again : float
        Part of the stars that are listed twice.
    wrong : float
        Error of the WCS of one exposure, arcsec.
    wrong_stars : int
        Stars of that exposure; 0 for as many as the others show.
    covered : int
        Tiles that the catalogue covers.
    """

    stars: int = 60
    listed: int = 200
    groups: int = 1
    dithers: int = 4
    overlap: float = 0.12
    roll: float = 0.003
    doubled: float = 0.0
    again: float = 1.0
    wrong: float = 0.0
    wrong_stars: int = 0
    covered: int = 9


CASES = {
    "three_stars": Field(stars=3, listed=25, dithers=2),
    "four_stars": Field(stars=4, listed=60, dithers=4),
    "doubled": Field(doubled=0.2),
    "doubled_some": Field(doubled=0.2, again=0.8, dithers=2),
    "doubled_far": Field(doubled=0.7),
    "doubled_few": Field(stars=8, listed=40, doubled=0.25),
    "wrong_wcs": Field(wrong=20.0),
    "wrong_wcs_crowded": Field(stars=400, listed=800, wrong=8.0),
    "wrong_wcs_few": Field(stars=30, wrong=20.0, wrong_stars=3),
    "wrong_wcs_pair": Field(stars=40, wrong=12.0, dithers=2),
    "no_roll": Field(stars=120, groups=2, covered=1, roll=0.02),
    "no_roll_three": Field(stars=60, groups=3, covered=1, roll=0.01),
    "usual": Field(),
}
"""Fields by name: each is judged on seeds that were not used to choose constants."""


@dataclass(frozen=True, eq=False)
class StarField:
    """
    Star lists and their truth.

    Attributes
    ----------
    stars : list of StarPositions
        Of each exposure, at the places that its WCS claims.
    groups : tuple of Group
        Visits.
    shifts : dict of str to ndarray
        What brings each exposure to the truth, arcsec, by root.
    centres : dict of str to (float, float)
        Reference point of each exposure, degrees.
    catalog : (ndarray, ndarray)
        RA and Dec, degrees.
    """

    stars: list[StarPositions]
    groups: tuple[Group, ...]
    shifts: dict[str, Array] = field(default_factory=dict)
    centres: dict[str, tuple[float, float]] = field(default_factory=dict)
    catalog: tuple[Array, Array] = (np.zeros(0), np.zeros(0))


def make_field(what: Field, seed: int, positions: Array | None = None) -> StarField:
    """
    Draw a field.

    Parameters
    ----------
    what : Field
        What it is.
    seed : int
        Of everything that is drawn.
    positions : ndarray, shape (n, 2), optional
        True positions in the plane, arcsec, instead of drawn ones: of a real catalogue, which then is the catalogue.
    """
    rng = np.random.default_rng([seed, 628])
    width, height = SHAPE[1] * PIXEL, SHAPE[0] * PIXEL
    wide = what.groups * width
    ra, dec, roll = 24.17, 15.78, float(rng.uniform(0, 360))
    sky = TangentWcs(ra, dec, roll, SHAPE, 0.0, 0.0)
    density = what.stars / (width * height)
    if positions is None:
        box = (wide + 60) * (height + 60)
        number = rng.poisson(density / 0.8 * box)
        local = rng.uniform(
            [-width / 2 - 30, -height / 2 - 30], [wide - width / 2 + 30, height / 2 + 30], (number, 2)
        )
        positions = _turned(local, sky)
    made = StarField([], ())
    members: dict[str, list[str]] = {}
    for number in range(what.groups):
        error = rng.normal(0, 0.4, 2)
        turn = np.deg2rad(rng.normal(0, what.roll))
        for dither in range(what.dithers):
            offset = rng.normal(0, 3.0, 2)
            step = _turned(np.array([[number * width * (1 - what.overlap), 0.0]]) + offset, sky)[0]
            root = f"jw02107{number + 39:03d}001_02101_{dither + 1:05d}_mirimage"
            mistake, few = np.zeros(2), 0
            if what.wrong and number == 0 and dither == what.dithers - 1:
                angle = rng.uniform(0, 2 * np.pi)
                mistake, few = what.wrong * np.array([np.cos(angle), np.sin(angle)]), what.wrong_stars
            _add_exposure(made, root, sky, step, error + mistake, turn, positions, few, rng)
            members.setdefault(f"{number}", []).append(root)
    catalog = _catalog(what, positions, sky, wide, rng)
    groups = tuple(
        Group(
            f"jw02107{int(name) + 39:03d}001:S1HP{name}",
            tuple(roots),
            "02107",
            f"{int(name) + 39:03d}",
            "001",
            f"S{name}",
        )
        for name, roots in members.items()
    )
    return replace(made, groups=groups, catalog=catalog)


def _turned(local: Array, sky: TangentWcs) -> Array:
    c, s = np.cos(sky.roll), np.sin(sky.roll)
    return np.column_stack([-local[:, 0] * c + local[:, 1] * s, local[:, 0] * s + local[:, 1] * c])


def _add_exposure(
    made: StarField, root: str, sky: TangentWcs, step: Array, error: Array, turn: float, positions: Array, few: int,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Observe the true positions and write them down where the WCS of the exposure claims them."""
    degrees = np.rad2deg([sky.ra, sky.dec, sky.roll])
    true = TangentWcs(*degrees[:2], float(degrees[2] + np.rad2deg(turn)), SHAPE, *step)
    claimed = TangentWcs(*degrees, SHAPE, *(step - error))
    x, y = true.pixels(*positions.T)
    seen = (x > 4) & (x < SHAPE[1] - 4) & (y > 4) & (y < SHAPE[0] - 4) & (rng.random(x.size) < 0.8)
    index = np.flatnonzero(seen)
    if few:
        index = rng.permutation(index)[:few]
    snr = np.exp(rng.uniform(np.log(10), np.log(300), index.size))
    sigma = np.hypot(1.1 / snr, 0.03)
    x, y = x[index] + rng.normal(0, sigma), y[index] + rng.normal(0, sigma)
    # what is no star: residuals that lie anywhere
    false = rng.poisson(0.1 * index.size)
    x, y = (
        np.append(x, rng.uniform(4, SHAPE[1] - 4, false)),
        np.append(y, rng.uniform(4, SHAPE[0] - 4, false)),
    )
    snr, sigma = np.append(snr, np.full(false, 12.0)), np.append(sigma, np.full(false, 0.1))
    ra, dec = claimed(x, y)
    made.stars.append(StarPositions(root, x, y, ra, dec, snr, snr, sigma))
    middle = (SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2
    centre = tuple(float(part) for part in claimed(*middle))
    truth = tuple(float(part) for part in true(*middle))
    made.centres[root] = centre
    made.shifts[root] = np.array(
        [(truth[0] - centre[0]) * np.cos(np.deg2rad(centre[1])) * 3600, (truth[1] - centre[1]) * 3600]
    )


def _catalog(
    what: Field, positions: Array, sky: TangentWcs, wide: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    width, height = SHAPE[1] * PIXEL, SHAPE[0] * PIXEL
    c, s = np.cos(sky.roll), np.sin(sky.roll)
    local = np.column_stack(
        [-positions[:, 0] * c + positions[:, 1] * s, positions[:, 0] * s + positions[:, 1] * c]
    )
    covered = local[:, 0] < width / 2 + (what.covered - 1) * width * (1 - what.overlap)
    chosen = rng.permutation(np.flatnonzero(covered))[: what.listed]
    listed = positions[chosen] + rng.normal(0, 0.01, (chosen.size, 2))
    if what.doubled:
        angle = rng.uniform(0, 2 * np.pi)
        again = rng.random(chosen.size) < what.again
        ghost = listed[again] + what.doubled * np.array([np.cos(angle), np.sin(angle)])
        listed = np.vstack([listed, ghost])
    strangers = _turned(
        rng.uniform(
            [-width / 2, -height / 2],
            [min(wide, width * what.covered) - width / 2, height / 2],
            (chosen.size // 2, 2),
        ),
        sky,
    )
    listed = np.vstack([listed, strangers])
    xi, eta = (np.deg2rad(part / 3600) for part in listed.T)
    depth = np.cos(sky.dec) - eta * np.sin(sky.dec)
    ra = sky.ra + np.arctan2(xi, depth)
    dec = np.arctan2(np.sin(sky.dec) + eta * np.cos(sky.dec), np.hypot(xi, depth))
    return np.rad2deg(ra), np.rad2deg(dec)
