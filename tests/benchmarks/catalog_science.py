"""The catalogue of two mosaics against the sources that were put in: points and galaxies told apart, colours."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from astrometry_science import crds_cache
from keys import Key

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("catalog.points_right", "fraction", at_least=0.95),
    Key("catalog.points_right.pipeline", "fraction"),
    Key("catalog.galaxies_right", "fraction", at_least=0.8),
    Key("catalog.galaxies_right.pipeline", "fraction"),
    Key("catalog.point_colour_bias", "mag", at_most=0.02),
    Key("catalog.galaxy_colour_bias", "mag", at_most=0.05),
    Key("catalog.galaxy_colour_bias.pipeline", "mag"),
    Key("catalog.forced_pull", "sigma"),
)

FILTERS = ("F770W", "F1500W")
DITHERS = 4
BRIGHT = 30.0  # signal over noise from which shapes and colours are judged
MATCH = 0.25  # arcsec
SMALL = 0.15  # arcsec: half-light radius of galaxies that are points to MIRI
CLEAR = 3.0  # arcsec: no other source of a tenth of the flux is nearer


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures, and what they mean."""
    from miri_widgets.analysis.source_catalog import catalog_of
    from miri_widgets.simulation.calibrated import calibrated_program

    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="miri-catalog-") as name:
        warnings.simplefilter("ignore")
        folder = Path(name)
        with crds_cache(folder, FILTERS):
            programs = [calibrated_program("sparse", each, dithers=DITHERS) for each in FILTERS]
            mosaics = _mosaics(programs, folder)
            catalog = catalog_of(mosaics)
            flags = _pipeline(mosaics[0])
    return _figures(catalog, programs, flags)


def _mosaics(programs, folder: Path) -> list[Path]:
    from jwst.pipeline import Image3Pipeline

    from miri_widgets.products.exposure_headers import read_exposure
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps.mosaic_grid import grid_of_exposures, write_grid

    files = {
        each: [write_cal(exposure, folder / each) for exposure in program]
        for each, program in zip(FILTERS, programs, strict=True)
    }
    grid = grid_of_exposures([read_exposure(path) for own in files.values() for path in own])
    write_grid(grid, folder / "grid.asdf")
    found = []
    for each, own in files.items():
        association = folder / f"{each}_asn.json"
        association.write_text(_association(each, own))
        Image3Pipeline.call(
            str(association),
            output_dir=str(folder),
            save_results=True,
            steps={"tweakreg": {"skip": True}, "resample": {"output_wcs": str(folder / "grid.asdf")}},
        )
        found.append(folder / f"{each.lower()}_i2d.fits")
    return found


def _association(name: str, files: list[Path]) -> str:
    import json

    members = [{"expname": str(path), "exptype": "science"} for path in files]
    return json.dumps(
        {"asn_type": "image3", "asn_id": "a3001", "asn_pool": "none", "program": "01050",
         "products": [{"name": name.lower(), "members": members}]}
    )  # fmt: skip


def _pipeline(mosaic: Path) -> dict[int, tuple[bool, float]]:
    """What the pipeline says by itself: extended or not, and the total flux, by label."""
    from miri_widgets.products.tables.source_catalogs import catalog_beside, read_catalog

    return {one.number: (one.extended, one.flux) for one in read_catalog(catalog_beside(mosaic))}


def _figures(catalog, programs, flags) -> tuple[dict[str, float | None], list[str]]:
    from miri_widgets.core.photometry.catalog import EXTENDED, POINT
    from miri_widgets.core.shifts.matches import match_pairs

    truth = programs[0].catalog
    flux = [np.array(program.catalog["flux_ujy"]) for program in programs]
    true_colour = -2.5 * np.log10(flux[0] / flux[1])
    sources = [one for one in catalog.sources if one.fluxes[0].kind == "measured"]
    ra, dec = np.array([(one.ra, one.dec) for one in sources]).T
    clear = _clear(np.array(truth["ra"]), np.array(truth["dec"]), flux[0])
    pairs = match_pairs(ra, dec, np.array(truth["ra"]), np.array(truth["dec"]), radius=MATCH)
    kinds = np.array([one.shape for one in sources])
    rows = [
        (sources[i], bool(truth["type"][j] == "galaxy"), true_colour[j], kinds[i])
        for i, j in zip(pairs.index_a, pairs.index_b, strict=True)
        if sources[i].snr > BRIGHT and clear[j]
    ]
    points, galaxies = ([row for row in rows if row[1] == wanted] for wanted in (False, True))

    def bias(own, colours) -> float:
        return abs(float(np.nanmedian([one - row[2] for row, one in zip(own, colours, strict=True)])))

    def plain(row) -> float:
        first, second = (row[0].fluxes[place].flux for place in (0, 1))
        return -2.5 * np.log10(first / second) if first > 0 and second > 0 else np.nan

    values: dict[str, float | None] = {
        "catalog.points_right": float(np.mean([row[3] == POINT for row in points])),
        "catalog.points_right.pipeline": float(np.mean([not flags[row[0].labels[0]][0] for row in points])),
        "catalog.galaxies_right": float(np.mean([row[3] == EXTENDED for row in galaxies])),
        "catalog.galaxies_right.pipeline": float(np.mean([flags[row[0].labels[0]][0] for row in galaxies])),
        "catalog.point_colour_bias": bias(points, [row[0].colours[0][0] for row in points]),
        "catalog.galaxy_colour_bias": bias(galaxies, [row[0].colours[0][0] for row in galaxies]),
        "catalog.galaxy_colour_bias.pipeline": bias(galaxies, [plain(row) for row in galaxies]),
        "catalog.forced_pull": _forced_pull(catalog, programs),
    }
    sizes = [
        float(truth["radius"][j])
        for i, j in zip(pairs.index_a, pairs.index_b, strict=True)
        if truth["type"][j] == "galaxy"
    ]
    notes = [
        f"catalog: {len(catalog.sources)} sources, {len(points)} clear stars and {len(galaxies)} clear galaxies above"
        f" {BRIGHT:g} sigma; half-light radii {min(sizes, default=0):.2f} to {max(sizes, default=0):.2f} arcsec",
        *catalog.notes,
        *catalog.sentences,
    ]
    return values, notes


def _clear(ra: np.ndarray, dec: np.ndarray, flux: np.ndarray) -> np.ndarray:
    from miri_widgets.core.photometry.aperture import isolated

    x, y = ra * np.cos(np.deg2rad(dec.mean())) * 3600, dec * 3600
    return isolated(x, y, flux, radius=CLEAR, fraction=0.1)


def _forced_pull(catalog, programs) -> float | None:
    """Robust standard deviation of (forced flux - truth) / error, for stars that one filter does not list."""
    from miri_widgets.core.levels.exposure_level import robust_sigma
    from miri_widgets.core.shifts.matches import match_pairs

    truth = programs[0].catalog
    found = []
    for place, program in enumerate(programs):
        own = [one for one in catalog.sources if one.fluxes[place].kind == "forced"]
        if not own:
            continue
        ra, dec = np.array([(one.ra, one.dec) for one in own]).T
        pairs = match_pairs(ra, dec, np.array(truth["ra"]), np.array(truth["dec"]), radius=MATCH)
        for i, j in zip(pairs.index_a, pairs.index_b, strict=True):
            if truth["type"][j] == "galaxy" and truth["radius"][j] > SMALL:
                continue
            one = own[i].fluxes[place]
            found.append((one.flux - float(program.catalog["flux_ujy"][j])) / one.err)
    return float(robust_sigma(np.array(found), float(np.median(found)))) if len(found) > 5 else None
