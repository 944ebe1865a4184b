"""
Simulated twins of programs that were observed, from ``data/observed.toml``.

Each comes twice: small, to be made and reduced in minutes, and full (its name ends in ``_full``) with every visit,
dither and filter on the full detector.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import APERTURES, FULL_SHAPE, SUBARRAYS
from miri_widgets.simulation.program import ProgramField, SimulatedProgram, SimulatedTile
from miri_widgets.simulation.setups import FilterSetup

__all__ = ["FULL", "observed_programs"]

FULL = "_full"
"""Ending of the name of a full twin."""


def observed_programs() -> tuple[SimulatedProgram, ...]:
    """Return the twins, the small one of each program before its full one."""
    table = tomllib.loads(files(__package__).joinpath("data/observed.toml").read_text(encoding="utf-8"))
    return tuple(
        twin for name, facts in table.items() for twin in (_small(name, facts), _full(name + FULL, facts))
    )


def _full(name: str, facts: Mapping[str, Any]) -> SimulatedProgram:
    return SimulatedProgram(
        name=name,
        program=facts["program"],
        title=f"Simulated twin: {facts['title']}",
        target=facts["target"],
        ra=facts["ra"],
        dec=facts["dec"],
        pa_v3=facts["visits"][0]["roll"],
        filters=tuple(setup["filter"] for setup in facts["filters"]),
        setups=tuple(
            FilterSetup(setup["filter"], setup["groups"], setup.get("ints", 1), setup.get("sky", 0.0), number)
            for number, setup in enumerate(facts["filters"])
        ),
        tiles=_visits(facts),
        dithers=_pairs(facts["dithers"]),
        field=_field(facts["field"]),
        seed=facts["seed"],
        start_mjd=facts["visits"][0]["mjd"],
        effects=Effects().also(*facts.get("effects", ())),
    )


def _small(name: str, facts: Mapping[str, Any]) -> SimulatedProgram:
    full, small = _full(name, facts), facts["small"]
    window = small.get("subarray", "BRIGHTSKY")
    shrunk = min(1.0, SUBARRAYS[window].ysize / FULL_SHAPE[0])
    tiles = [full.tiles[number] for number in small.get("visits", range(len(full.tiles)))]
    numbers = small.get("dithers", range(len(full.dithers)))
    return full.replace(
        name=name,
        subarray=window,
        filters=tuple(small["filters"]),
        setups=tuple(
            FilterSetup(
                setup.filter,
                min(small.get("groups", setup.ngroups), setup.ngroups),
                min(small.get("ints", setup.nints), setup.nints),
                setup.sky,
                setup.number,
            )
            for setup in full.setups
            if setup.filter in small["filters"]
        ),
        tiles=tuple(_nearer(tile, shrunk) for tile in tiles),
        dithers=tuple(full.dithers[number] for number in numbers),
        field=_field(
            {
                **facts["field"],
                **{key: small[key] for key in small if key in ProgramField.__dataclass_fields__},
            }
        ),
    )


def _nearer(tile: SimulatedTile, shrunk: float) -> SimulatedTile:
    values = vars(tile) | {
        "offset_ra": tile.offset_ra * shrunk,
        "offset_dec": tile.offset_dec * shrunk,
        "sets": 1,
    }
    return SimulatedTile(**values)


def _field(values: Mapping[str, Any]) -> ProgramField:
    frozen = {key: tuple(values[key]) for key in ("galaxy_flux",) if key in values}
    bright = tuple((float(ra), float(dec), float(flux)) for ra, dec, flux in values.get("bright", ()))
    return ProgramField(**{**values, **frozen, "bright": bright}, around_tiles=True)


def _visits(facts: Mapping[str, Any]) -> tuple[SimulatedTile, ...]:
    tiles = []
    for number, visit in enumerate(facts["visits"]):
        if "ra" in visit:
            east = (visit["ra"] - facts["ra"]) * np.cos(np.deg2rad(facts["dec"])) * 3600
            north = (visit["dec"] - facts["dec"]) * 3600
        else:
            east, north = _on_sky(facts["offsets_in_frame"][number], visit["roll"])
        tiles.append(
            SimulatedTile(
                visit=visit["visit"],
                observation=visit["observation"],
                offset_ra=float(east),
                offset_dec=float(north),
                guide_star_error=_pair(visit.get("error", (0.0, 0.0))),
                # stars whose names are not known carry those of their visits
                guide_star=visit.get("guide_star", f"SIM{visit['observation']:03d}{visit['visit']:03d}"),
                pa_v3=visit["roll"],
                start_mjd=visit.get("mjd"),
                dithers=_pairs(visit.get("dithers", ())),
                sky=tuple(visit.get("sky", {}).items()),
                background=visit.get("background", False),
                visit_group=facts.get("visit_group", "02"),
                # dedicated backgrounds have a visit group per filter: 02201, 04201 ...
                group_per_filter=visit.get("background", False),
                sets=visit.get("sets", 1),
            )
        )
    return tuple(tiles)


def _on_sky(move: Sequence[float], roll: float) -> tuple[float, float]:
    """Turn an offset (x, y) in the ideal frame of the full detector to (east, north), as dithers are."""
    angle, turn = np.deg2rad(APERTURES["MIRIM_FULL"].v3_angle), np.deg2rad(roll)
    x, y = move
    v2, v3 = -x * np.cos(angle) + y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    return v2 * np.cos(turn) + v3 * np.sin(turn), -v2 * np.sin(turn) + v3 * np.cos(turn)


def _pair(values: Sequence[float]) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _pairs(values: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple(_pair(value) for value in values)
