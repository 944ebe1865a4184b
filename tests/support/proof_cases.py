"""Exposures and corrections on which proofs are tried."""

from functools import partial

import numpy as np
from scipy.ndimage import median_filter

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy

SCALE = 0.11 / 3600
SHAPE = (192, 192)
NOISE = 0.1


def to_sky(x, y, *, offset):
    dec = 10 + (np.asarray(y, float) + offset[1]) * SCALE
    return 150 + (np.asarray(x, float) + offset[0]) * SCALE / np.cos(np.deg2rad(10)), dec


def to_pixel(ra, dec, *, offset):
    x = (np.asarray(ra, float) - 150) * np.cos(np.deg2rad(10)) / SCALE - offset[0]
    return x, (np.asarray(dec, float) - 10) / SCALE - offset[1]


def exposure(index, *, seed=1, shape=SHAPE, dither=11.0, scene=None, wcs=True, bad=0.01, offset=None):
    rng = np.random.default_rng([seed, index])
    if offset is None:
        turn = 2.4 * index
        offset = (dither * index**0.5 * np.cos(turn), dither * index**0.5 * np.sin(turn))
    sci = rng.normal(5.0, NOISE, shape)
    if scene is not None:
        y, x = np.indices(shape)
        sci += scene(x + offset[0], y + offset[1])
    dq = rng.integers(0, 2, shape).astype(np.uint32) * np.uint32(4)
    wrong = rng.random(shape) < bad
    sci[wrong], dq[wrong] = np.nan, dq[wrong] | np.uint32(1)
    err = np.where(wrong, np.nan, NOISE).astype(np.float32)
    return ExposureArrays(
        sci.astype(np.float32), err, dq, root=f"jw{index:02d}", filter="F770W", start_mjd=index / 500, corner=(500, 300),
        to_sky=partial(to_sky, offset=offset) if wcs else None,
        to_pixel=partial(to_pixel, offset=offset) if wcs else None,
    )  # fmt: skip


def program(count=3, **settings):
    return [exposure(index, **settings) for index in range(count)]


def each(function):
    """A correction of each exposure by itself."""
    return lambda exposures: CorrectionResult(Lazy.mapped(function, exposures))


def identity(planes):
    return planes


def scaled(factor):
    def correct(planes):
        return planes.replace(sci=planes.sci * np.float32(factor), err=planes.err * np.float32(abs(factor)))

    return each(correct)


def shifted(level):
    return each(lambda planes: planes.replace(sci=planes.sci + np.float32(level)))


def noisy(sigma):
    def correct(planes):
        # the same noise for both copies: it is the correction's own
        more = np.random.default_rng(9).normal(0, sigma * NOISE, planes.shape).astype(np.float32)
        return planes.replace(sci=planes.sci + more)

    return each(correct)


def without_median(size):
    def correct(planes):
        filled = np.where(planes.good, planes.sci, np.nanmedian(planes.sci))
        return planes.replace(sci=planes.sci - median_filter(filled, size))

    return each(correct)


def flag_cores(nsigma=12):
    def correct(planes):
        with np.errstate(invalid="ignore"):
            high = planes.sci > np.nanmedian(planes.sci) + nsigma * NOISE
        return planes.replace(dq=planes.dq | np.where(high, np.uint32(17), np.uint32(0)))

    return each(correct)


def flag_fixed(fraction):
    """Flag pixels of the detector, whatever they show."""

    def correct(planes):
        flags = np.random.default_rng(4).random(planes.shape) < fraction
        return planes.replace(dq=planes.dq | np.where(flags, np.uint32(1), np.uint32(0)))

    return each(correct)


def median_of_all(exposures):
    """Subtract the picture of the detector that all exposures make, own included."""
    picture = np.nanmedian(np.stack([planes.sci for planes in exposures]), axis=0)
    return CorrectionResult([planes.replace(sci=planes.sci - picture) for planes in exposures])
