"""The demo program against its truth: positions after tweakreg, fluxes on the mosaic, sky."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from stdatamodels.jwst import datamodels

from miri_widgets.cli.headless import wait_for_job
from miri_widgets.core.photometry.aperture import aperture_flux, isolated
from miri_widgets.core.registration import group_rms, sky_offset
from miri_widgets.products.names import ExposureName
from miri_widgets.products.program import load_program
from miri_widgets.run.reduction import Reduction
from miri_widgets.simulation import load_truth
from miri_widgets.simulation.psf import point_spread
from miri_widgets.simulation.truth import Truth
from miri_widgets.simulation.twins import ensure_twin

ROOT = Path(__file__).parents[2]
SIGNAL_TO_NOISE = 50.0


def reduce_demo() -> tuple[Truth, list[Path], list[Path], Path]:
    """Reduce the demo; return its truth, cal and crf files, and the mosaic."""
    twin = ensure_twin("demo")
    program = replace(
        load_program(ROOT / "dashboards" / "demo.toml"), workspace=ROOT / "build" / "science" / "demo"
    )
    reduction = Reduction(program)
    if not wait_for_job(reduction, reduction.submit(), lambda line: print(line, file=sys.stderr)):
        raise RuntimeError("the demo did not reduce")
    products = [path for plan in reduction.planned.plans for path in reduction.runs.products(plan)]
    cal = [path for path in products if path.name.endswith("_cal.fits")]
    crf = sorted(path for path in products if path.name.endswith("_crf.fits"))
    mosaic = next(path for path in products if path.name.endswith("_i2d.fits"))
    # each cal lies in a folder of its own run: the order is that of the names
    return load_truth(twin.truth), sorted(cal, key=lambda path: path.name), crf, mosaic


def exposure_offset(path: Path, truth: Truth) -> tuple[float, float]:
    """Median (dRA cos Dec, dDec) in mas of the WCS of one exposure minus truth, at its true source pixels."""
    name = ExposureName.parse(path)
    sources = truth.sources(name.with_suffix("uncal").filename)
    with datamodels.open(path) as model:
        ny, nx = model.data.shape
        inside = (sources["x"] > 0) & (sources["x"] < nx) & (sources["y"] > 0) & (sources["y"] < ny)
        sources = sources[inside]
        ra, dec = model.meta.wcs(np.asarray(sources["x"]), np.asarray(sources["y"]), with_bounding_box=False)
    where = {int(row["id"]): row for row in truth.catalog}
    true = Table(rows=[where[int(number)] for number in sources["id"]], names=truth.catalog.colnames)
    dra, ddec = sky_offset(ra, dec, np.asarray(true["ra"]), np.asarray(true["dec"]))
    return 1e3 * float(np.median(dra)), 1e3 * float(np.median(ddec))


def positions(truth: Truth, cal: list[Path], crf: list[Path]) -> tuple[dict[str, float], tuple[float, float]]:
    """Figures on positions, and the common offset (mas) of the mosaic."""
    group = np.array([int(ExposureName.parse(path).visit) for path in crf])
    before = np.array([exposure_offset(path, truth) for path in cal])
    after = np.array([exposure_offset(path, truth) for path in crf])
    common = after.mean(axis=0)
    spread = np.sqrt(np.mean(np.sum((after - common) ** 2, axis=1)))
    values = {
        "demo.tile_offset_before_mas": group_rms(before[:, 0], before[:, 1], group)[0],
        "demo.tile_offset_rms_mas": group_rms(after[:, 0], after[:, 1], group)[0],
        "demo.exposure_offset_rms_mas": float(spread),
    }
    return values, (float(common[0]), float(common[1]))


def fluxes(truth: Truth, mosaic: Path, common: tuple[float, float]) -> dict[str, float]:
    """Figures on the fluxes of isolated stars, measured on the mosaic."""
    with datamodels.open(mosaic) as model:
        stars = truth.catalog
        dec = np.asarray(stars["dec"]) + common[1] / 3.6e6
        ra = np.asarray(stars["ra"]) + common[0] / 3.6e6 / np.cos(np.deg2rad(dec))
        x, y = model.meta.wcs.invert(ra, dec, with_bounding_box=False)
        image, err = np.array(model.data), np.array(model.err)
        to_ujy = model.meta.photometry.pixelarea_steradians * 1e12
        filter_name = model.meta.instrument.filter
    spread = point_spread(filter_name).drizzled()
    radius, inner, outer = 6.0, 10.0, 15.0
    inside = np.pi * (outer**2 - inner**2)
    in_annulus = (spread.encircled(outer) - spread.encircled(inner)) / inside * np.pi * radius**2
    total = float(spread.encircled(radius) - in_annulus)
    flux = np.asarray(stars["flux_ujy"], float)
    alone = isolated(x, y, flux, radius=20.0, fraction=0.02) & (np.asarray(stars["type"]) == "star")
    ok = np.isfinite(x) & np.isfinite(y) & alone
    measured = aperture_flux(image, err, x[ok], y[ok], radius=radius, sky_inner=inner, sky_outer=outer)
    with np.errstate(invalid="ignore", divide="ignore"):
        good = measured.complete & (measured.flux / measured.err > SIGNAL_TO_NOISE)
    ratio = measured.flux[good] * to_ujy / total / flux[ok][good]
    scatter = 1.4826 * float(np.median(np.abs(ratio - np.median(ratio))))
    return {
        "demo.flux_bias": abs(float(np.median(ratio)) - 1),
        "demo.flux_bias_err": 1.2533 * scatter / np.sqrt(ratio.size),
        "demo.flux_scatter": scatter,
        "demo.flux_stars": int(ratio.size),
    } | catalog_fluxes(stars[ok][good], mosaic, common)


def catalog_fluxes(stars: Table, mosaic: Path, common: tuple[float, float]) -> dict[str, float]:
    """The same stars in the pipeline's own catalogue."""
    catalog = Table.read(mosaic.with_name(mosaic.name.replace("_i2d.fits", "_cat.ecsv")), format="ascii.ecsv")
    ra, dec = np.asarray(catalog["sky_centroid"].ra.deg), np.asarray(catalog["sky_centroid"].dec.deg)
    ratios = []
    for star in stars:
        dra, ddec = sky_offset(ra, dec, star["ra"], star["dec"])
        distance = np.hypot(dra - common[0] / 1e3, ddec - common[1] / 1e3)
        nearest = int(np.argmin(distance))
        if distance[nearest] < 0.1:
            ratios.append(1e6 * float(catalog["aper_total_flux"][nearest]) / float(star["flux_ujy"]))
    return {"demo.catalog_flux_bias": float(np.median(ratios)) - 1}


def sky(truth: Truth, cal: list[Path]) -> dict[str, float]:
    """Median of the cal images minus the sky that was put in, MJy/sr; sources and emission raise it."""
    differences = []
    for path in cal:
        with fits.open(path) as hdus:
            good = (hdus["DQ"].data & 1) == 0
            level = float(np.median(hdus["SCI"].data[good]))
        name = ExposureName.parse(path).with_suffix("uncal").filename
        differences.append(level - truth.exposures[name].sky)
    return {"demo.sky_bias": float(np.median(differences))}


def measure() -> tuple[dict[str, float], list[str]]:
    """Return the figures of the demo, and notes on them."""
    truth, cal, crf, mosaic = reduce_demo()
    values, common = positions(truth, cal, crf)
    values |= fluxes(truth, mosaic, common) | sky(truth, cal)
    notes = [
        f"mosaic as a whole is off by ({common[0]:.0f}, {common[1]:.0f}) mas: the guide-star error of the exposure that"
        " tweakreg takes as reference, which nothing removes without an absolute catalogue",
        f"fluxes: {values['demo.flux_stars']} isolated stars of S/N > {SIGNAL_TO_NOISE:.0f} on the mosaic,"
        " 6-pixel aperture, encircled energy of the PSF that was put in",
        "demo.sky_bias includes the extended emission and the wings of the stars that were put in",
    ]
    return values, notes
