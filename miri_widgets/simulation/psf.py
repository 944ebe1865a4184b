"""The point-spread function of each filter, diffracted by the segmented pupil, and how it is put on pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import gaussian_filter, uniform_filter

from miri_widgets.simulation.instrument import FILTERS, PIXEL_ARCSEC

__all__ = ["HALF_WIDTH", "OVERSAMPLING", "SimulatedPointSpread", "point_spread", "pupil"]

OVERSAMPLING = 5
"""Samples per detector pixel."""

HALF_WIDTH = 110
"""Half width of the stamp in detector pixels (12.2 arcsec). Fluxes are those inside the stamp."""

_PUPIL_METRES, _PUPIL_SAMPLES = 6.6, 256
_SEGMENT_METRES, _GAP_METRES = 1.32, 0.007
_SECONDARY_RADIUS, _STRUT_HALF_WIDTH = 0.37, 0.06
_WAVELENGTHS = 9
# Jitter and charge diffusion, sigma in pixels: chosen to give the documented widths at the shortest wavelengths.
_BLUR_PIXELS = 0.30


@dataclass(frozen=True, eq=False)
class SimulatedPointSpread:
    """
    A pixel-integrated point-spread function.

    Attributes
    ----------
    values : ndarray, shape (n, n)
        Fraction of the flux that a detector pixel centred on the sample receives. Samples every 1/`oversampling`
        pixel; the sum over whole pixels is 1.
    oversampling : int
        Samples per detector pixel.
    """

    values: NDArray[np.float64]
    oversampling: int = OVERSAMPLING

    @property
    def half_width(self) -> int:
        """Half width of the stamp in detector pixels."""
        return self.values.shape[0] // 2 // self.oversampling

    @cached_property
    def _spline(self) -> RectBivariateSpline:
        axis = (np.arange(self.values.shape[0]) - self.values.shape[0] // 2) / self.oversampling
        return RectBivariateSpline(axis, axis, self.values)

    @cached_property
    def _profile(self) -> tuple[NDArray, NDArray, NDArray]:
        """Radii in pixels, azimuthal mean per pixel, and flux inside of each radius."""
        radius = np.concatenate([np.arange(0, 6, 0.05), np.arange(6, self.half_width, 0.25)])
        # no multiple of six: spikes of the pupil would be met always or never
        angle = np.linspace(0, 2 * np.pi, 251, endpoint=False)[:, None]
        mean = self._spline.ev(radius * np.sin(angle), radius * np.cos(angle)).mean(axis=0)
        ring = 2 * np.pi * radius * mean
        inside = np.concatenate([[0.0], np.cumsum((ring[1:] + ring[:-1]) / 2 * np.diff(radius))])
        return radius, mean, inside

    def add(
        self, image: NDArray[np.floating], x: float, y: float, total: float, radius: int | None = None
    ) -> None:
        """
        Add a point source to an image.

        Parameters
        ----------
        image : ndarray of float, shape (ny, nx)
            Modified in place.
        x, y : float
            Position in 0-based pixels; may lie outside of the image.
        total : float
            Sum of the source over all pixels, in units of the image.
        radius : int, optional
            Half width of the stamp in pixels; the whole function when not given.
        """
        reach = min(radius or self.half_width, self.half_width - 1)
        column, row = round(x), round(y)
        x0, x1 = max(column - reach, 0), min(column + reach + 1, image.shape[1])
        y0, y1 = max(row - reach, 0), min(row + reach + 1, image.shape[0])
        if x0 < x1 and y0 < y1:
            image[y0:y1, x0:x1] += total * self._spline(np.arange(y0, y1) - y, np.arange(x0, x1) - x)

    def on_pixels(self, half_width: int) -> NDArray[np.float64]:
        """
        Return the function centred on a pixel, shape (2 half_width + 1,) * 2.

        Parameters
        ----------
        half_width : int
            Half size of the image, pixels.
        """
        return self.sampled(np.arange(-half_width, half_width + 1))

    def sampled(self, offsets: NDArray) -> NDArray[np.float64]:
        """
        Return the fractions that pixels at these distances from the source receive, in rows and columns alike.

        Parameters
        ----------
        offsets : NDArray
            Distances from the source, detector pixels.
        """
        return self._spline(offsets, offsets)

    def encircled(self, radius: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """
        Return the fraction of the flux inside a circle of `radius` detector pixels.

        Parameters
        ----------
        radius : ndarray or float
            Radius, detector pixels.
        """
        return np.interp(radius, self._profile[0], self._profile[2])

    def radius_of(self, fraction: float) -> float:
        """
        Return the radius in detector pixels of the circle that holds `fraction` of the flux.

        Parameters
        ----------
        fraction : float
            Fraction of the flux, 0 to 1.
        """
        return float(np.interp(fraction, self._profile[2], self._profile[0]))

    def fwhm(self) -> float:
        """Return the full width at half maximum of the azimuthal mean, arcsec."""
        radius, mean, _ = self._profile
        first = int(np.argmax(mean < mean[0] / 2))
        edge = np.interp(mean[0] / 2, [mean[first], mean[first - 1]], [radius[first], radius[first - 1]])
        return float(2 * edge * PIXEL_ARCSEC)

    def drizzled(self) -> SimulatedPointSpread:
        """
        Return the function as it is in a mosaic of equal pixels.

        Notes
        -----
        Drizzling with the square kernel and pixfrac 1 weighs an input pixel by its overlap with an output pixel.
        Averaged over sub-pixel phases this is a convolution with the overlap of two squares: twice a pixel.
        """
        return self._convolved(2)

    def under_aperture(self) -> SimulatedPointSpread:
        """
        Return the function as an aperture with exact overlaps sees it.

        Notes
        -----
        Such an aperture takes the light as uniform inside of each pixel: one more convolution with a pixel.
        """
        return self._convolved(1)

    def _convolved(self, times: int) -> SimulatedPointSpread:
        values = self.values
        for _ in range(times):
            values = uniform_filter(values, self.oversampling)
        return SimulatedPointSpread(values, self.oversampling)


@lru_cache(maxsize=9)
def point_spread(filter_name: str) -> SimulatedPointSpread:
    """
    Return the point-spread function of a filter.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.

    Notes
    -----
    Fraunhofer diffraction (a matrix Fourier transform; Soummer et al. 2007, Optics Express 15, 15935) by a perfect
    segmented pupil at nine wavelengths over the band, blurred by jitter and charge diffusion, integrated over pixels.
    No aberrations and no cruciform artefact.
    """
    band = FILTERS[filter_name]
    aperture, positions = pupil()
    samples = 2 * HALF_WIDTH * OVERSAMPLING + 1
    angles = np.deg2rad((np.arange(samples) - samples // 2) * PIXEL_ARCSEC / OVERSAMPLING / 3600)
    image = np.zeros((samples, samples))
    for wavelength in np.linspace(
        band.wavelength - band.width / 2, band.wavelength + band.width / 2, _WAVELENGTHS
    ):
        kernel = np.exp(-2j * np.pi * np.outer(angles, positions) / (wavelength * 1e-6)).astype(np.complex64)
        image += np.abs(kernel @ aperture @ kernel.T) ** 2
    image = gaussian_filter(image, _BLUR_PIXELS * OVERSAMPLING)
    image = uniform_filter(image, OVERSAMPLING)
    return SimulatedPointSpread(image / (image.sum() / OVERSAMPLING**2))


def pupil() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """
    Return the entrance pupil of JWST.

    Returns
    -------
    transmission : ndarray of float32, shape (n, n)
        1 on the 18 hexagons, 0 elsewhere, behind the secondary mirror and its three struts.
    positions : ndarray of float, shape (n,)
        Positions of rows and columns, metres.

    Notes
    -----
    Segments of 1.32 m from flat to flat with 7 mm gaps (JWST documentation, "JWST Telescope").
    """
    positions = (np.arange(_PUPIL_SAMPLES) - _PUPIL_SAMPLES / 2 + 0.5) * _PUPIL_METRES / _PUPIL_SAMPLES
    x, y = np.meshgrid(positions, positions)
    transmission = np.zeros(x.shape, np.float32)
    half, root = _SEGMENT_METRES / 2, np.sqrt(3) / 2
    for q, r in (
        (q, r) for q in range(-2, 3) for r in range(-2, 3) if 0 < max(abs(q), abs(r), abs(q + r)) < 3
    ):
        pitch = _SEGMENT_METRES + _GAP_METRES
        dx, dy = np.abs(x - pitch * root * q), np.abs(y - pitch * (r + q / 2))
        transmission[(dy <= half) & (root * dx + dy / 2 <= half)] = 1
    transmission[np.hypot(x, y) < _SECONDARY_RADIUS] = 0
    for angle in np.deg2rad((90.0, 240.0, 300.0)):
        along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        transmission[(along > 0) & (np.abs(across) < _STRUT_HALF_WIDTH)] = 0
    return transmission, positions
