"""Reference files of the detector: mask, gain, noise, saturation, linearity, dark, reset, RSCD, coupling, flat, EMI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import convolve2d

from miri_widgets.simulation.detector import DETECTOR, DQ, coronagraph_areas, detector_maps, flat_field
from miri_widgets.simulation.instrument import FULL_SHAPE, SUBARRAYS
from miri_widgets.simulation.ramps import emi_waveform

if TYPE_CHECKING:
    from stdatamodels.jwst.datamodels import JwstDataModel

__all__ = ["DARK_GROUPS", "USEAFTER", "SimulatedReference", "describe", "detector_references"]

USEAFTER = "2022-01-01T00:00:00"
# Longer exposures are extrapolated by the pipeline with the last difference, which has settled by then.
DARK_GROUPS = 10
# Groups to skip: 1 and 4 for FASTR1 imaging (RSCD reference files of MIRI).
_RSCD_SKIP = (1, 4)
_EMI_SAMPLES = 500


@dataclass(frozen=True, eq=False)
class SimulatedReference:
    """
    A reference file that is still to be written.

    Attributes
    ----------
    kind : str
        Reference type of CRDS, such as ``"dark"``.
    keys : tuple of str
        Values by which CRDS selects it, in the order of the keywords of the type; empty for "always".
    content : object
        A data model or, for parameter files, a tree of plain values.
    """

    kind: str
    keys: tuple[str, ...]
    content: Any


def detector_references(
    filters: tuple[str, ...], subarrays: tuple[str, ...], error: float
) -> Iterator[SimulatedReference]:
    """
    Make the references of the detector, one after the other.

    Parameters
    ----------
    filters, subarrays : tuple of str
        For which ones.
    error : float
        Measurement error in units of a realistic one; 0 makes references that equal the simulated truth.

    Notes
    -----
    Realistic errors, 1 sigma: read noise 3 %, linearity coefficients 2 %, dark 10 % of its structure per pixel,
    reset 5 %, flat 0.2 % per pixel, saturation 1 %. They are made up, not measured.
    """
    yield from _constant_references(error)
    for name in subarrays:
        yield from _subarray_references(name, error)
    for name in filters:
        yield _flat(name, error)


def describe(
    model: JwstDataModel, kind: str, *, subarray: str | None = None, filter_name: str | None = None
) -> None:
    """
    Set the metadata that every reference file has, in place.

    Parameters
    ----------
    model : JwstDataModel
        Changed in place.
    kind : str
        Type of the reference, as CRDS names it.
    subarray : str or None
        Subarray that it holds for; None for all.
    filter_name : str or None
        Filter that it holds for; None for all.
    """
    meta = model.meta
    meta.telescope, meta.reftype, meta.pedigree = "JWST", kind.upper(), "DUMMY"
    meta.author, meta.useafter = "miri_widgets simulation", USEAFTER
    meta.description = f"Simulated MIRI imager {kind}, not for science"
    meta.instrument.name = "MIRI"
    if hasattr(meta, "exposure"):  # not in the schema of every reference type
        meta.exposure.type = "MIR_IMAGE"
    if kind not in ("abvegaoffset", "emicorr"):
        meta.instrument.detector = "MIRIMAGE"
    if filter_name:
        meta.instrument.filter = filter_name
    if subarray:
        window = SUBARRAYS[subarray]
        part = meta.subarray
        part.name, part.fastaxis, part.slowaxis = window.name, 1, 2
        part.xstart, part.ystart, part.xsize, part.ysize = (
            window.xstart,
            window.ystart,
            window.xsize,
            window.ysize,
        )


def _constant_references(error: float) -> Iterator[SimulatedReference]:
    from stdatamodels.jwst import datamodels

    maps, rng, definition = detector_maps(), np.random.default_rng(101), _dq_definition()
    none = np.zeros(FULL_SHAPE, np.uint32)
    frame = FULL_SHAPE

    def noisy(values: NDArray, spread: float) -> NDArray[np.float32]:
        return (values * (1 + error * spread * rng.standard_normal(np.shape(values)))).astype(np.float32)

    yield _reference(datamodels.MaskModel(dq=maps.dq, dq_def=definition), "mask", subarray="FULL")
    yield _reference(
        datamodels.GainModel(data=np.full(frame, DETECTOR.gain, np.float32)), "gain", subarray="FULL"
    )
    # the pipeline wants the noise of a difference of two reads
    model = datamodels.ReadnoiseModel(data=noisy(maps.read_noise * np.sqrt(2), 0.03))
    model.meta.exposure.readpatt = "FASTR1"
    yield _reference(model, "readnoise", subarray="FULL")
    level = noisy(np.full(frame, DETECTOR.saturation, np.float32), 0.01)
    yield _reference(
        datamodels.SaturationModel(data=level, dq=none, dq_def=definition), "saturation", subarray="FULL"
    )
    coefficients = DETECTOR.linearity_coefficients()
    # an error of the curvature, leaving pedestal and slope at the pedestal as they are
    signal_law = np.polynomial.Polynomial(
        [0, 1, *(noisy(np.array([DETECTOR.quadratic, DETECTOR.cubic]), 0.02))]
    )
    if error:
        shifted = np.polynomial.Polynomial([-DETECTOR.pedestal, 1.0])
        coefficients = np.asarray((signal_law(shifted) + DETECTOR.pedestal).coef, float)
    cube = np.broadcast_to(coefficients[:, None, None].astype(np.float32), (len(coefficients), *frame)).copy()
    yield _reference(
        datamodels.LinearityModel(coeffs=cube, dq=none, dq_def=definition), "linearity", subarray="FULL"
    )
    yield _rscd()
    yield _reference(datamodels.IPCModel(data=_inverse_kernel()), "ipc")
    yield _emi()


def _subarray_references(name: str, error: float) -> Iterator[SimulatedReference]:
    from stdatamodels.jwst import datamodels

    window, maps = SUBARRAYS[name], detector_maps()
    rng = np.random.default_rng([102, list(SUBARRAYS).index(name)])
    dark_scale = (1 + error * 0.1 * rng.standard_normal(window.shape)).astype(np.float32)
    current, settling = maps.dark[window.window] * dark_scale, maps.settling[window.window] * dark_scale
    dark = np.stack(
        [
            current * ((g + 1) * window.frame_time) + settling * DETECTOR.dark_settling(g)
            for g in range(DARK_GROUPS)
        ]
    ).astype(np.float32)
    model = datamodels.DarkMIRIModel(
        data=dark[None], dq=np.zeros((1, 1, *window.shape), np.uint32), dq_def=_dq_definition()
    )
    exposure = model.meta.exposure
    exposure.readpatt, exposure.nframes, exposure.groupgap = "FASTR1", 1, 0
    exposure.ngroups, exposure.nints, exposure.average_dark_current = (
        DARK_GROUPS,
        1,
        DETECTOR.dark_current * DETECTOR.gain,
    )
    yield _reference(model, "dark", keys=(name,), subarray=name)
    pattern = maps.reset_pattern[window.window] * (1 + error * 0.05 * rng.standard_normal(window.shape))
    reset = np.array(
        [[DETECTOR.reset_decay(i, g) * pattern for g in range(DETECTOR.reset_length)] for i in range(2)],
        np.float32,
    )
    model = datamodels.ResetModel(data=reset, dq=np.zeros(window.shape, np.uint32), dq_def=_dq_definition())
    model.meta.exposure.readpatt, model.meta.exposure.nints, model.meta.exposure.ngroups = (
        "FASTR1",
        2,
        DETECTOR.reset_length,
    )
    yield _reference(model, "reset", keys=(name,), subarray=name)


def _flat(name: str, error: float) -> SimulatedReference:
    from stdatamodels.jwst import datamodels

    transmission, _, flags = coronagraph_areas()
    maps, rng = detector_maps(), np.random.default_rng([103, int(name[1:-1])])
    flat = flat_field(name) * (1 + error * 0.002 * rng.standard_normal(FULL_SHAPE, np.float32))
    flat = np.where(flags == 0, flat * transmission, flat)
    dq = flags | np.where(maps.dq & DQ["DEAD"], DQ["NO_FLAT_FIELD"] | DQ["DO_NOT_USE"], 0).astype(np.uint32)
    model = datamodels.FlatModel(
        data=flat.astype(np.float32),
        err=np.full(FULL_SHAPE, 0.002, np.float32),
        dq=dq,
        dq_def=_dq_definition(),
    )
    return _reference(model, "flat", keys=(name,), subarray="FULL", filter_name=name)


def _rscd() -> SimulatedReference:
    from stdatamodels.jwst import datamodels

    rows = [(name, pattern, *_RSCD_SKIP) for name in SUBARRAYS for pattern in ("FASTR1", "FAST")]
    dtype = [("subarray", "S17"), ("readpatt", "S12"), ("group_skip1", "i4"), ("group_skip", "i4")]
    return _reference(datamodels.RSCDModel(rscd_group_skip_table=np.array(rows, dtype=dtype)), "rscd")


def _emi() -> SimulatedReference:
    """
    Interference waves and the frequencies to correct per subarray.

    A subarray without any is not listed: the pipeline then skips the step.
    """
    from stdatamodels.jwst import datamodels

    wave = emi_waveform((np.arange(_EMI_SAMPLES) + 0.5) / _EMI_SAMPLES)
    names = {frequency: f"Hz{int(frequency)}" for frequency, _ in DETECTOR.emi}
    model = datamodels.EmiModel()
    model.frequencies = {
        name: {"frequency": frequency, "phase_amplitudes": wave} for frequency, name in names.items()
    }
    model.subarray_cases = {
        ("FULL_FAST" if name == "FULL" else name): {
            "rowclocks": window.rowclocks,
            "frameclocks": window.frameclocks,
            "freqs": {
                "FAST": [names[frequency] for frequency in window.corrected_emi],
                "SLOW": {"MIRIMAGE": ["Hz10"]},
            },
        }
        for name, window in SUBARRAYS.items()
        if window.corrected_emi
    }
    return _reference(model, "emicorr")


def _inverse_kernel() -> NDArray[np.float32]:
    """Kernel that undoes the coupling to second order, shape (3, 3), sum 1: the series 1 - C + C**2, cut to 3 x 3."""
    unit = np.zeros((3, 3))
    unit[1, 1] = 1
    coupling = DETECTOR.ipc_kernel() - unit
    kernel = unit - coupling + convolve2d(coupling, coupling)[1:4, 1:4]
    return (kernel / kernel.sum()).astype(np.float32)


def _dq_definition() -> NDArray:
    rows = [(int(np.log2(value)), value, name, name) for name, value in DQ.items() if value]
    return np.array(rows, dtype=[("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")])


def _reference(
    model: JwstDataModel,
    kind: str,
    *,
    keys: tuple[str, ...] = (),
    subarray: str | None = None,
    filter_name: str | None = None,
) -> SimulatedReference:
    describe(model, kind, subarray=subarray, filter_name=filter_name)
    return SimulatedReference(kind, keys, model)
