"""References that hold laws and tables: distortion, pixel area, photometry, aperture corrections, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from miri_widgets.simulation.distortion import Distortion, flight_distortion, pixel_areas
from miri_widgets.simulation.instrument import APERTURES, FILTERS, REFERENCE_COLUMNS, SUBARRAYS
from miri_widgets.simulation.psf import SimulatedPointSpread, point_spread
from miri_widgets.simulation.references import USEAFTER, SimulatedReference, describe

if TYPE_CHECKING:
    from astropy.modeling import Model

__all__ = [
    "annulus",
    "aperture_correction",
    "distortion_model",
    "distortion_reference",
    "filter_offset_reference",
    "nominal_area",
    "parameters",
    "table_references",
]

_ENERGIES = (20, 30, 40, 50, 60, 70, 80)


def table_references(filters: tuple[str, ...]) -> Iterator[SimulatedReference]:
    """
    Make the references of optics and photometry, and the parameter files, for some filters.

    Parameters
    ----------
    filters : tuple of str
        Names of the filters.
    """
    yield distortion_reference(flight_distortion())
    yield filter_offset_reference(flight_distortion())
    yield from _photometry()
    yield _aperture_corrections(filters)
    yield _vega_offsets()
    yield from _parameter_files(filters)


def distortion_model(distortion: Distortion) -> Model:
    """
    Return the transform from 0-based full-frame pixels to V2, V3 in arcsec as an astropy model, as CRDS serves it.

    Parameters
    ----------
    distortion : Distortion
        Transforms of the simulated instrument.
    """
    from astropy.modeling import models

    def affine(matrix: Any) -> Model:
        return models.AffineTransformation2D(matrix=matrix[:2, :2], translation=matrix[:2, 2])

    def polynomial(coefficients: Any) -> Model:
        names = {f"c{i}_{j}": coefficients[i, j] for i in range(5) for j in range(5 - i)}
        return models.Polynomial2D(4, **names)

    def chain(*parts: Model) -> Model:
        return reduce(or_, parts)

    columns = float(REFERENCE_COLUMNS)
    twice = models.Mapping((0, 1, 0, 1))
    model = chain(
        models.Shift(-columns) & models.Identity(1),
        affine(distortion.pixel_to_plane),
        twice,
        polynomial(distortion.forward_x) & polynomial(distortion.forward_y),
        affine(distortion.plane_to_sky),
    )
    model.inverse = chain(
        affine(distortion.sky_to_plane),
        twice,
        polynomial(distortion.backward_x) & polynomial(distortion.backward_y),
        affine(distortion.plane_to_pixel),
        models.Shift(columns) & models.Identity(1),
    )
    return model


def distortion_reference(distortion: Distortion) -> SimulatedReference:
    """
    Make the distortion reference.

    Parameters
    ----------
    distortion : Distortion
        Transforms of the simulated instrument.
    """
    from astropy import units
    from stdatamodels.jwst.datamodels import DistortionModel

    model = DistortionModel(model=distortion_model(distortion))
    describe(model, "distortion")
    model.meta.input_units, model.meta.output_units = units.pix, units.arcsec
    model.meta.exposure.p_exptype = "MIR_IMAGE|"
    return SimulatedReference("distortion", (), model)


def filter_offset_reference(distortion: Distortion) -> SimulatedReference:
    """
    Make the filter offset reference: minus the boresight shifts, which is what the pipeline adds to pixels.

    Parameters
    ----------
    distortion : Distortion
        Transforms of the simulated instrument.
    """
    from stdatamodels.jwst.datamodels import FilteroffsetModel

    rows = [
        {"filter": name, "column_offset": -dx, "row_offset": -dy}
        for name, (dx, dy) in distortion.boresight.items()
    ]
    model = FilteroffsetModel(filters=rows, instrument="MIRI")
    describe(model, "filteroffset")
    model.meta.input_units = "pixel"
    return SimulatedReference("filteroffset", (), model)


def nominal_area() -> float:
    """Return the nominal pixel area in square arcsec: that of the reference pixel of the full frame.

    The photom reference of 2022 says 0.0121, the square of 0.11. The distortion gives 0.01230, which is what
    fluxes need: with 0.0121 every flux measured on an image times PIXAR_SR would be 1.7 % low.
    """
    reference = APERTURES["MIRIM_FULL"]
    return float(pixel_areas()[int(reference.y - 1), int(reference.x - 1)])


def _photometry() -> Iterator[SimulatedReference]:
    from stdatamodels.jwst.datamodels import MirImgPhotomModel, PixelAreaModel

    rows = [(f.name, s, f.photmjsr, 0.02 * f.photmjsr) for f in FILTERS.values() for s in SUBARRAYS]
    dtype = [("filter", "S12"), ("subarray", "S17"), ("photmjsr", "f4"), ("uncertainty", "f4")]
    area = nominal_area()
    photom = MirImgPhotomModel(phot_table=np.array(rows, dtype=dtype))
    pixels = PixelAreaModel(data=(pixel_areas() / area).astype(np.float32))
    for kind, model in (("photom", photom), ("area", pixels)):
        describe(model, kind)
        model.meta.photometry.pixelarea_arcsecsq = area
        model.meta.photometry.pixelarea_steradians = area * np.deg2rad(1 / 3600) ** 2
        yield SimulatedReference(kind, (), model)


def _aperture_corrections(filters: tuple[str, ...]) -> SimulatedReference:
    """Aperture corrections of drizzled point sources, with the sky taken in an annulus that holds their wings."""
    from stdatamodels.jwst.datamodels import MirImgApcorrModel

    rows = []
    for name in filters:
        spread = point_spread(name).drizzled()
        measured = spread.under_aperture()
        inner, outer = annulus(name)
        for energy in _ENERGIES:
            radius = spread.radius_of(energy / 100)
            factor = aperture_correction(measured, radius, inner, outer)
            rows += [(name, subarray, energy / 100, radius, factor, inner, outer) for subarray in SUBARRAYS]
    names = ("eefraction", "radius", "apcorr", "skyin", "skyout")
    dtype = [("filter", "S12"), ("subarray", "S17"), *((name, "f4") for name in names)]
    model = MirImgApcorrModel(apcorr_table=np.array(rows, dtype=dtype))
    describe(model, "apcorr")
    return SimulatedReference("apcorr", (), model)


def annulus(filter_name: str) -> tuple[float, float]:
    """
    Return the radii of the sky annulus in pixels: beyond the second dark ring, growing with the wavelength.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    """
    scale = FILTERS[filter_name].wavelength / FILTERS["F770W"].wavelength
    return 12.0 * scale, 18.0 * scale


def aperture_correction(spread: SimulatedPointSpread, radius: float, inner: float, outer: float) -> float:
    """
    Return total flux over flux in a circle, the mean of an annulus subtracted.

    Parameters
    ----------
    spread : PointSpread
        The point source as the aperture sees it: `SimulatedPointSpread.under_aperture`, on a mosaic also `drizzled`.
    radius, inner, outer : float
        Radii of the circle and of the annulus, pixels.
    """
    ring = (spread.encircled(outer) - spread.encircled(inner)) / (np.pi * (outer**2 - inner**2))
    return float(1 / (spread.encircled(radius) - ring * np.pi * radius**2))


def _vega_offsets() -> SimulatedReference:
    from astropy.table import Table
    from stdatamodels.jwst.datamodels import ABVegaOffsetModel

    model = ABVegaOffsetModel()
    # the table is an attribute: given to the constructor it is taken for a file
    model.abvega_offset = Table(
        {"filter": list(FILTERS), "abvega_offset": [band.ab_vega for band in FILTERS.values()]}
    )
    describe(model, "abvegaoffset")
    return SimulatedReference("abvegaoffset", (), model)


def parameters(filter_name: str) -> Mapping[str, tuple[str, dict[str, Any]]]:
    """
    Return the step parameters that CRDS serves for a filter: step name to (class, parameters).

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.

    Notes
    -----
    Values in force for MIRI in 2026 (program 5952) where known: kernel_fwhm, snr_threshold, weight_type, snr and
    scale of the outlier detection. Different here, with the reason:

    * tweakreg ``minsep_fwhm`` and ``roundhi``: the simulated point-spread function has sharp knots on its
      diffraction rings. The stock finder takes them for stars, and pairs of knots then vote for wrong shifts.
    * tweakreg ``minobj``, and ``brightest``: subarrays hold few stars.
    * source_catalog ``kernel_fwhm`` follows the filter; ``deblend`` off, as for the real MIRI.
    """
    width = FILTERS[filter_name].kernel_fwhm
    short = FILTERS[filter_name].wavelength < 10.5
    tweakreg = {
        "kernel_fwhm": width,
        "snr_threshold": 15.0,
        "starfinder": "iraf",
        "minsep_fwhm": 6.0,
        "sharplo": 0.4,
        "roundhi": 0.3,
        "brightest": 100,
        "bkg_boxsize": 128,
        "minobj": 6 if short else 5,
        "fitgeometry": "rshift" if short else "shift",
        "searchrad": 2.0,
        "separation": 1.0,
        "tolerance": 0.7,
        "expand_refcat": True,
    }
    catalog = {
        "kernel_fwhm": width * 1.04,
        "snr_threshold": 5.0,
        "npixels": max(8, round(1.5 * width**2)),
        "bkg_boxsize": 100,
        "deblend": False,
    }
    return {
        "emicorr": ("jwst.emicorr.emicorr_step.EmiCorrStep", {"skip": False}),
        "jump": (
            "jwst.jump.jump_step.JumpStep",
            {"rejection_threshold": 5.0, "min_jump_to_flag_neighbors": 15.0},
        ),
        "tweakreg": ("jwst.tweakreg.tweakreg_step.TweakRegStep", tweakreg),
        "outlierdetection": (
            "jwst.outlier_detection.outlier_detection_step.OutlierDetectionStep",
            {"weight_type": "exptime", "snr": "4.0 3.0", "scale": "1.0 0.8"},
        ),
        "resample": ("jwst.resample.resample_step.ResampleStep", {"weight_type": "exptime", "pixfrac": 1.0}),
        "sourcecatalog": ("jwst.source_catalog.source_catalog_step.SourceCatalogStep", catalog),
    }


_FILTERED_PARAMETERS = ("tweakreg", "sourcecatalog")


def _parameter_files(filters: tuple[str, ...]) -> Iterator[SimulatedReference]:
    for number, filter_name in enumerate(filters):
        for step, (class_name, values) in parameters(filter_name).items():
            filtered = step in _FILTERED_PARAMETERS
            if filtered or number == 0:
                kind = f"pars-{step}step"
                keys = (filter_name,) if filtered else ()
                yield SimulatedReference(kind, keys, _parameter_tree(kind, class_name, values))


def _parameter_tree(kind: str, class_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """What ``Step.export_config`` writes, with the metadata that CRDS wants."""
    name = class_name.rpartition(".")[2]
    return {
        "class": class_name,
        "name": name,
        "parameters": values,
        "meta": {
            "author": "miri_widgets simulation",
            "date": USEAFTER,
            "description": f"Parameters of {name} for simulated MIRI exposures",
            "instrument": {"name": "MIRI"},
            "origin": "SIMULATION",
            "pedigree": "DUMMY",
            "reftype": kind,
            "telescope": "JWST",
            "useafter": USEAFTER,
            "exposure": {"type": "MIR_IMAGE"},
        },
    }
