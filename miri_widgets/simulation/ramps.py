"""From a noiseless count rate to raw ramps: everything that the detector does, in the order in which it does it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation.detector import DETECTOR, DQ, Detector, DetectorMaps, detector_maps
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import Subarray
from miri_widgets.simulation.ramp_artefacts import RampArtefacts

__all__ = ["Ramps", "emi_phase_times", "emi_waveform", "expose"]

_CONVERTER_MAXIMUM = 65535
_CLOCK_SECONDS = 10e-6


@dataclass(frozen=True, eq=False)
class Ramps:
    """
    Raw data of one exposure.

    Attributes
    ----------
    data : ndarray of uint16, shape (nints, ngroups, ny, nx)
        Raw DN.
    reference_output : ndarray of uint16, shape (nints, ngroups, ny, nx // 4)
        Fifth output.
    hits : ndarray of bool, shape (nints, ngroups, ny, nx)
        Pixels hit by a cosmic ray between this read and the one before.
    saturated : int
        Pixels whose last read lies above the saturation threshold in any integration.
    """

    data: NDArray[np.uint16]
    reference_output: NDArray[np.uint16]
    hits: NDArray[np.bool_]
    saturated: int


def expose(
    rate: NDArray[np.float32],
    subarray: Subarray,
    ngroups: int,
    nints: int,
    effects: Effects,
    rng: np.random.Generator,
    artefacts: RampArtefacts | None = None,
) -> Ramps:
    """
    Expose the detector to a count rate.

    Parameters
    ----------
    rate : ndarray of float32, shape (ny, nx)
        Noiseless rate without dark, DN/s. Not modified.
    subarray : Subarray
        Readout window; sets the frame time.
    ngroups, nints : int
        Groups (one frame each) per integration and integrations; one reset frame between integrations.
    effects : Effects
        What to include.
    rng : Generator
        Source of all randomness.
    artefacts : RampArtefacts, optional
        What the pipeline leaves in.

    Notes
    -----
    The order is the reverse of the detector stage of the pipeline: charge and dark, non-linearity, transients of
    first frames, resets and last frames, coupling, drifts, interference, read noise.
    """
    shape = (nints, ngroups, *subarray.shape)
    pixels = _Pixels(rate, subarray, effects, artefacts)
    data, hits = np.empty(shape, np.uint16), np.zeros(shape, bool)
    output = np.empty((nints, ngroups, subarray.ysize, subarray.xsize // 4), np.uint16)
    phases = rng.random(len(DETECTOR.emi))
    previous = np.zeros(subarray.shape, np.float32)
    saturated = np.zeros(subarray.shape, bool)
    for integration in range(nints):
        charge = np.zeros(subarray.shape, np.float32)
        for group in range(ngroups):
            charge += pixels.collected(rng)
            if artefacts is not None:
                charge += artefacts.arriving(subarray, ngroups, integration, group) * pixels.active
            if effects.cosmic_rays:
                _strike(charge, hits[integration, group], subarray, rng)
            if effects.saturation:
                np.minimum(charge, DETECTOR.full_well, out=charge)
            frame = pixels.transients(
                pixels.voltage(charge, group), charge, previous, integration, group, ngroups
            )
            frame = pixels.readout(frame, integration * (ngroups + 1) + group, phases, rng)
            data[integration, group] = np.clip(np.rint(frame), 0, _CONVERTER_MAXIMUM)
            output[integration, group] = np.rint(rng.normal(9000, 4, output.shape[2:]))
        previous = charge
        saturated |= data[integration, -1] >= DETECTOR.saturation
    return Ramps(data, output, hits, int(saturated.sum()))


class _Pixels:
    """The pixels of one window and what happens to a frame in them."""

    def __init__(
        self,
        rate: NDArray[np.float32],
        subarray: Subarray,
        effects: Effects,
        artefacts: RampArtefacts | None = None,
    ) -> None:
        self.detector: Detector = DETECTOR
        self.effects, self.subarray = effects, subarray
        full = detector_maps()
        self.maps = DetectorMaps(
            *(getattr(full, name)[subarray.window] for name in DetectorMaps.__dataclass_fields__)
        )
        ordinary = ~effects.bad_pixels & ((self.maps.dq & (DQ["HOT"] | DQ["DEAD"])) != 0)
        self.dark = np.where(ordinary, self.detector.dark_current, self.maps.dark) if effects.dark else 0.0
        if artefacts is not None:
            self.dark = self.dark + artefacts.warm
        self.expected = (
            np.clip(rate + self.dark, 0, None).astype(float) * subarray.frame_time * self.detector.gain
        )
        self.artefacts = artefacts
        unstable = self.maps.noisy & np.bool_(effects.bad_pixels)
        self.noise = self.maps.read_noise * np.where(unstable, self.detector.noisy_factor, 1).astype(
            np.float32
        )
        self.clocks = emi_phase_times(subarray)
        self.active = np.where(self.maps.reference, 0, 1).astype(np.float32)
        self.odd = (np.arange(subarray.ysize) % 2)[:, None]

    def collected(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Signal in DN that arrives during one frame."""
        electrons = rng.poisson(self.expected) if self.effects.photon_noise else self.expected
        return (electrons / self.detector.gain).astype(np.float32)

    def voltage(self, charge: NDArray, group: int) -> NDArray[np.float32]:
        """Measured raw DN for this charge: pedestal, settling dark and non-linearity."""
        pedestal = self.maps.pedestal if self.effects.bias else np.float32(self.detector.pedestal)
        linear = charge + pedestal
        if self.artefacts is not None:
            seconds = np.float32((group + 1) * self.subarray.frame_time)
            linear += self.artefacts.offset * seconds * self.active
        if self.effects.dark:
            linear += self.maps.settling * np.float32(self.detector.dark_settling(group))
        return self.detector.measured(linear) if self.effects.nonlinearity else linear

    def transients(
        self, frame: NDArray, charge: NDArray, previous: NDArray, integration: int, group: int, ngroups: int
    ) -> NDArray[np.float32]:
        """Add the offsets that depend on where in the integration a frame is; none in the reference pixels."""
        detector, offset = self.detector, np.zeros(frame.shape, np.float32)
        if self.effects.reset_anomaly:
            offset += self.maps.reset_pattern * np.float32(detector.reset_decay(integration, group))
        if self.effects.first_frame and group == 0:
            offset -= np.float32(detector.first_frame)
        if self.effects.rscd and integration > 0:
            decay = np.float32(np.exp(-group / detector.rscd_groups))
            offset -= decay * (detector.rscd_offset + np.float32(detector.rscd_fraction) * previous)
        if self.effects.last_frame and group == ngroups - 1:
            pull = np.float32(detector.last_frame_fraction) * charge
            offset += detector.last_frame * (1 + 0.5 * self.odd).astype(np.float32) - pull
        return frame + offset * self.active

    def readout(
        self, frame: NDArray, read: int, phases: NDArray, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Couple neighbours and add drifts, interference and noise; `read` counts frames from the first, resets too."""
        detector = self.detector
        if self.effects.ipc:
            frame = _couple(frame, self.maps.reference, np.float32(detector.coupling))
        if self.effects.reference_drift and self.subarray.reads_reference_pixels_on_both_sides:
            drift = rng.normal(0, detector.drift, (2, 4)).astype(np.float32)
            frame += np.tile(drift, (frame.shape[0] // 2, frame.shape[1] // 4))
        if self.effects.emi:
            for (frequency, amplitude), phase in zip(detector.emi, phases, strict=True):
                if frequency not in self.subarray.emi:
                    continue
                cycles = (self.clocks + read * self.subarray.frameclocks) * _CLOCK_SECONDS * frequency + phase
                wave = emi_waveform(cycles).astype(np.float32) * np.float32(amplitude)
                frame += np.repeat(wave, 4, axis=1)
        if self.effects.read_noise:
            frame += rng.standard_normal(frame.shape, np.float32) * self.noise
        return frame


def emi_phase_times(subarray: Subarray) -> NDArray[np.float64]:
    """
    Return when each group of four pixels is read, shape (ny, nx // 4), in pixel times of 10 microseconds.

    Parameters
    ----------
    subarray : Subarray
        Readout window; sets the frame time.
    """
    rows, samples = (
        np.arange(subarray.ysize, dtype=float)[:, None],
        np.arange(subarray.xsize // 4, dtype=float),
    )
    return rows * subarray.rowclocks + samples


def emi_waveform(cycles: NDArray[np.floating]) -> NDArray[np.floating]:
    """
    Return the interference, amplitude about 1, at a time in cycles.

    Parameters
    ----------
    cycles : ndarray
        Time, cycles.
    """
    angle = 2 * np.pi * (cycles % 1)
    return np.sin(angle) + 0.3 * np.sin(2 * angle)


def _couple(frame: NDArray, reference: NDArray[np.bool_], coupling: np.float32) -> NDArray[np.float32]:
    """Share signal with four neighbours; edges and reference pixels neither give nor take."""
    shared = np.zeros_like(frame)
    for source, other in (
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
    ):
        flow = (frame[source] - frame[other]) * coupling * ~(reference[source] | reference[other])
        shared[source] -= flow
        shared[other] += flow
    return frame + shared


def _strike(charge: NDArray, hits: NDArray[np.bool_], subarray: Subarray, rng: np.random.Generator) -> None:
    """
    Add the cosmic rays of one frame, in place.

    Notes
    -----
    Straight tracks of 1 to 5 pixels; energy per track log-normal with a median of 900 electrons. Rate and spread
    after Rieke et al. (2015, PASP 127, 665), in shape only.
    """
    ny, nx = charge.shape
    area = ny * nx * DETECTOR.pixel_cm**2
    for _ in range(rng.poisson(DETECTOR.cosmic_rays * area * subarray.frame_time)):
        x, y, angle = rng.uniform(0, nx), rng.uniform(0, ny), rng.uniform(0, 2 * np.pi)
        steps = np.arange(rng.integers(1, 6)) * 0.8
        columns, rows = (x + steps * np.cos(angle)).astype(int), (y + steps * np.sin(angle)).astype(int)
        energy = np.exp(rng.normal(6.8, 1.3)) * rng.random(len(steps)) / DETECTOR.gain
        detector_columns = columns + subarray.xstart - 1
        inside = (columns >= 0) & (columns < nx) & (rows >= 0) & (rows < ny)
        inside &= (detector_columns >= 4) & (detector_columns < 1028)
        np.add.at(charge, (rows[inside], columns[inside]), energy[inside])
        hits[rows[inside], columns[inside]] = True
