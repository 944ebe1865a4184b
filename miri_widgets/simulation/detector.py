"""The detector: its numbers, its maps and its laws. Simulator and reference files are both made from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation.instrument import FILTERS, FULL_SHAPE, REFERENCE_COLUMNS

__all__ = ["DETECTOR", "DQ", "Detector", "DetectorMaps", "coronagraph_areas", "detector_maps", "flat_field"]

DQ = {
    "GOOD": 0,
    "DO_NOT_USE": 1,
    "NON_SCIENCE": 512,
    "DEAD": 1024,
    "HOT": 2048,
    "NO_FLAT_FIELD": 262144,
    "UNRELIABLE_SLOPE": 16777216,
    "REFERENCE_PIXEL": 2147483648,
}
"""Bits of the JWST data quality that the reference files use (JWST pipeline documentation, "Data Quality Flags")."""


@dataclass(frozen=True)
class Detector:
    """
    Numbers of the simulated detector. DN unless said otherwise; "signal" is DN above the pedestal.

    Attributes
    ----------
    gain : float
        Electrons per DN: about 4 (JWST documentation).
    read_noise : float
        Noise of a single read: CDS noise / sqrt(2) of real laboratory ramps (JPL, 2018).
    pedestal : float
        Mean of a read without signal, same laboratory ramps.
    pedestal_spread : float
        Pixel-to-pixel spread of the pedestal.
    full_well : float
        Linear signal at which a pixel stops to collect: 210,000 electrons.
    saturation : float
        Raw DN above which the saturation reference flags; a margin below the full well.
    quadratic, cubic : float
        Linearity law: linear signal = s + quadratic s**2 + cubic s**3 of the measured signal s; 8 % at 45,000 DN.
    dark_current : float
        DN/s: 0.2 electrons per second (JWST documentation).
    settling, settling_groups : float
        Amplitude of the slow settling of the dark after a reset and its time constant in groups.
    reset_amplitude, reset_amplitude_later, reset_groups : float
        Reset anomaly in the first and in later integrations, and its decay in groups.
    reset_length : int
        Groups after which the anomaly is over; the length of the reset reference.
    first_frame : float
        Deficit of the first frame of each integration (8 DN and more in the laboratory ramps).
    rscd_offset, rscd_fraction, rscd_groups : float
        Deficit after a reset between integrations: offset plus a fraction of the last signal of the previous
        integration, decaying over `rscd_groups`.
    last_frame, last_frame_fraction : float
        Excess of the last frame (14 DN in the laboratory ramps) and its pull-down per signal.
    coupling : float
        Inter-pixel capacitance: fraction of the signal that each of four neighbours receives.
    drift : float
        Spread from group to group of the level of each output and row parity.
    emi : tuple of (float, float)
        Frequency [Hz] and amplitude of the interference; `Subarray.emi` says where. Frequencies: jwst.emicorr.
    cosmic_rays : float
        Hits per second and square centimetre, at the second Lagrange point.
    pixel_cm : float
        Pixel size, 25 micron.
    hot, dead, noisy : float
        Fractions of such pixels.
    noisy_factor : float
        How much more a noisy pixel varies than its read noise says: it is unstable, and only its flag warns of it.
    """

    gain: float = 4.0
    read_noise: float = 5.3
    pedestal: float = 12100.0
    pedestal_spread: float = 120.0
    full_well: float = 52500.0
    saturation: float = 56000.0
    quadratic: float = 1.4e-6
    cubic: float = 8.0e-12
    dark_current: float = 0.05
    settling: float = 6.0
    settling_groups: float = 3.0
    reset_amplitude: float = 25.0
    reset_amplitude_later: float = 14.0
    reset_groups: float = 1.6
    reset_length: int = 6
    first_frame: float = 25.0
    rscd_offset: float = 30.0
    rscd_fraction: float = 0.02
    rscd_groups: float = 0.9
    last_frame: float = 14.0
    last_frame_fraction: float = 0.01
    coupling: float = 0.006
    drift: float = 3.0
    emi: tuple[tuple[float, float], ...] = ((390.625, 8.0), (10.039216, 8.0))
    cosmic_rays: float = 5.0
    pixel_cm: float = 25e-4
    hot: float = 0.0015
    dead: float = 0.0010
    noisy: float = 0.0005
    noisy_factor: float = 8.0

    def measured(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        """
        Apply the non-linearity: linear raw DN, pedestal included, to measured raw DN.

        Parameters
        ----------
        linear : ndarray
            Linear raw DN, pedestal included.
        """
        goal = linear - np.float32(self.pedestal)
        signal = goal.copy()
        a, b = np.float32(self.quadratic), np.float32(self.cubic)
        for _ in range(3):
            signal -= (signal * (1 + signal * (a + b * signal)) - goal) / (
                1 + signal * (2 * a + 3 * b * signal)
            )
        return signal + np.float32(self.pedestal)

    def linearity_coefficients(self) -> NDArray[np.float64]:
        """Return the polynomial, lowest power first, that takes measured raw DN back to linear raw DN."""
        law = np.polynomial.Polynomial([0.0, 1.0, self.quadratic, self.cubic])
        return np.asarray((law(np.polynomial.Polynomial([-self.pedestal, 1.0])) + self.pedestal).coef, float)

    def dark_settling(self, group: int) -> float:
        """
        Fraction of the settling that has happened at the end of 0-based `group`.

        Parameters
        ----------
        group : int
            Number of the group, 0-based.
        """
        return 1.0 - float(np.exp(-(group + 1) / self.settling_groups))

    def reset_decay(self, integration: int, group: int) -> float:
        """
        Reset anomaly, DN, at 0-based `group`, before its pattern over the array.

        Parameters
        ----------
        integration : int
            Number of the integration, 0-based.
        group : int
            Number of the group, 0-based.
        """
        if group >= self.reset_length:
            return 0.0
        amplitude = self.reset_amplitude if integration == 0 else self.reset_amplitude_later
        return -amplitude * float(np.exp(-group / self.reset_groups))

    def ipc_kernel(self) -> NDArray[np.float64]:
        """Return the coupling kernel, shape (3, 3), sum 1."""
        c = self.coupling
        return np.array([[0, c, 0], [c, 1 - 4 * c, c], [0, c, 0]])


DETECTOR = Detector()


@dataclass(frozen=True, eq=False)
class DetectorMaps:
    """
    Full-frame maps, shape (1024, 1032) each; shared, do not modify.

    Attributes
    ----------
    pedestal, read_noise : ndarray of float32
        DN.
    response : ndarray of float32
        Pixel-to-pixel response, mean 1, reference pixels 1.
    dark : ndarray of float32
        Dark current, DN/s; 0 in reference pixels.
    settling, reset_pattern : ndarray of float32
        Patterns of the dark settling [DN] and of the reset anomaly [mean 1]; 0 in reference pixels.
    dq : ndarray of uint32
        Bad and reference pixels, as in the mask reference.
    reference, noisy : ndarray of bool
        Reference pixels; unstable pixels.
    """

    pedestal: NDArray[np.float32]
    read_noise: NDArray[np.float32]
    response: NDArray[np.float32]
    dark: NDArray[np.float32]
    settling: NDArray[np.float32]
    reset_pattern: NDArray[np.float32]
    dq: NDArray[np.uint32]
    reference: NDArray[np.bool_]
    noisy: NDArray[np.bool_]


@lru_cache(maxsize=1)
def detector_maps() -> DetectorMaps:
    """
    Return the maps of the one simulated detector, the same in every process.

    Notes
    -----
    Dark and reset anomaly are absent from the reference pixels. Were they there, the reference-pixel correction
    would undo or repeat what the dark and reset steps do, and both steps would be silent no-ops.
    """
    detector, rng = DETECTOR, np.random.default_rng(20220712)
    y, x = np.indices(FULL_SHAPE)
    reference = (x < REFERENCE_COLUMNS) | (x >= FULL_SHAPE[1] - REFERENCE_COLUMNS)
    normal = [rng.standard_normal(FULL_SHAPE, np.float32) for _ in range(4)]
    # the four outputs read interleaved columns
    pedestal = detector.pedestal + detector.pedestal_spread * normal[0] + 60 * (x % 4 - 1.5) + 40 * (y % 2)
    read_noise = detector.read_noise * np.clip(1 + 0.08 * normal[1], 0.7, 2)
    response = (1 + 0.02 * normal[2]) * (1 + 0.03 * np.sin(x / 160) * np.cos(y / 210))
    dark = detector.dark_current * np.clip(1 + 0.3 * normal[3], 0.2, 3) * (1 + 0.5 * np.sin(y / 300))
    settling = detector.settling * (1 + 0.6 * np.cos(x / 140) * np.cos(y / 260))
    reset_pattern = (1 + 0.5 * np.cos(x / 180) * np.sin(y / 240 + 0.6)) * (1 + 0.3 * (y % 2 - 0.5))
    dq = np.zeros(FULL_SHAPE, np.uint32)
    draw = rng.random(FULL_SHAPE)
    hot = draw < detector.hot
    dead = (draw > 1 - detector.dead) & ~hot
    noisy = (draw > 0.5) & (draw < 0.5 + detector.noisy)
    dark[hot] += rng.exponential(40.0, hot.sum())
    response[dead] = 0.02
    dq[hot] |= DQ["DO_NOT_USE"] | DQ["HOT"]
    dq[dead] |= DQ["DO_NOT_USE"] | DQ["DEAD"]
    dq[noisy] |= DQ["DO_NOT_USE"] | DQ["UNRELIABLE_SLOPE"]
    # columns 384 and 385: flagged by hand in the STScI list of bad MIRI pixels
    dq[:, 384:386] |= DQ["UNRELIABLE_SLOPE"]
    response[reference] = 1
    dq[reference] = DQ["REFERENCE_PIXEL"]
    for part in (dark, settling, reset_pattern):
        part[reference] = 0
    images = (pedestal, read_noise, response, dark, settling, reset_pattern)
    frozen = [_frozen(image.astype(np.float32)) for image in images]
    arrays: list[NDArray] = [*frozen, _frozen(dq), _frozen(reference), _frozen(noisy & ~reference)]
    return DetectorMaps(*arrays)


@lru_cache(maxsize=9)
def flat_field(filter_name: str) -> NDArray[np.float32]:
    """
    Return the response in one filter, coronagraphs not included, shape (1024, 1032); shared, do not modify.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    """
    order = list(FILTERS).index(filter_name)
    y, x = np.indices(FULL_SHAPE, dtype=np.float32)
    large_scale = 1 + 0.015 * np.cos(x / (250 + 20 * order)) * np.sin(y / 300 + 0.4 * order)
    maps = detector_maps()
    return _frozen(np.where(maps.reference, 1, maps.response * large_scale).astype(np.float32))


@lru_cache(maxsize=1)
def coronagraph_areas() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint32]]:
    """
    Return what the coronagraphs do to a full frame.

    Returns
    -------
    transmission : ndarray of float32, shape (1024, 1032)
        1 where the imager sees the sky; less behind the masks, their windows and support bars.
    glow : ndarray of float32, shape (1024, 1032)
        Stray light in units of the sky level: 0 in the imager field, some per cent behind the Lyot window.
    dq : ndarray of uint32, shape (1024, 1032)
        NON_SCIENCE in the 4QPM part, on support bars and occulting spots, as in the flat references of the imager.
        The Lyot window itself is not flagged: its sky differs, and to mask it or not is the astronomer's choice.

    Notes
    -----
    Windows are the subarrays MASK1065, MASK1140, MASK1550 and MASKLYOT of MIRI_Subarrays.xml, their centres the SIAF
    reference points. The imager field begins at column 360.
    """
    transmission = np.ones(FULL_SHAPE, np.float32)
    dq = np.zeros(FULL_SHAPE, np.uint32)
    y, x = np.indices(FULL_SHAPE)
    transmission[:, :360] = 0.05
    for first_row, row, column in ((19, 132.1, 120.2), (245, 354.2, 119.8), (467, 575.3, 119.8)):
        window = (slice(first_row - 1, first_row + 223), slice(4, 288))
        transmission[window] = 0.85
        cross = (np.abs(x - column) < 2) | (np.abs(y - row) < 2)
        transmission[window] = np.where(cross[window], 0.3, transmission[window])
    transmission[716:1020, 4:320] = 0.92
    lyot = np.hypot(x - 143.3, y - 884.9)
    transmission[lyot < 20] = 0.05
    transmission[(np.abs(x - 143.3) < 4) & (y > 716) & (y < 885)] = 0.05
    dq[(x < 360) & (y < 716)] = DQ["DO_NOT_USE"] | DQ["NON_SCIENCE"]
    dq[transmission < 0.1] = DQ["DO_NOT_USE"] | DQ["NON_SCIENCE"]
    glow = np.zeros(FULL_SHAPE, np.float32)
    glow[716:1020, 4:320] = 0.06
    return _frozen(transmission), _frozen(glow), _frozen(dq)


def _frozen(array: NDArray) -> NDArray:
    array.setflags(write=False)
    return array
