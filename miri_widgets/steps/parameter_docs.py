"""
Words and units of parameters whose declaration in jwst gives none.

References
----------
JWST pipeline documentation, the "Step arguments" page of each step.
"""

from __future__ import annotations

import re

__all__ = ["doc_of", "unit_of"]

_DOCS = {
    "save_calibrated_ramp": "Save the corrected ramps before the fit, as a ramp product.",
    "search_output_file": "Use the output file that the parent step defines.",
    "charge_migration.skip": "Skip this step.",
    "charge_migration.signal_threshold": "Signal above which groups are flagged for charge migration.",
    "ramp_fit.algorithm": "Fit: OLS_C is weighted least squares, LIKELY is maximum likelihood.",
    "ramp_fit.int_name": "Name of the product per integration; empty for the usual name.",
    "ramp_fit.opt_name": "Name of the optional fit product; empty for the usual name.",
    "tweakreg.abs_fitgeometry": "Fitting geometry when aligning to the absolute reference catalogue.",
    "outlier_detection.weight_type": "Weighting of the images for the median: inverse variance or exposure time.",
    "outlier_detection.fillval": "Value of resampled pixels without weight.",
    "outlier_detection.maskpt": "Share of the mean weight below which a resampled pixel is left out of the median.",
    "outlier_detection.snr": "Thresholds of the first and second rejection pass, as two numbers. [sigma]",
    "outlier_detection.scale": "Factors on the image's derivative in the first and second pass, as two numbers.",
    "outlier_detection.backg": "Background to add back to the median before it is compared.",
    "outlier_detection.kernel_size": "Size of the kernel that normalises detector images; spectra only. [pixels]",
    "outlier_detection.threshold_percent": "Threshold of normalised detector images; spectra only. [percent]",
    "outlier_detection.rolling_window_width": "Integrations in the rolling median; time series only.",
    "outlier_detection.ifu_second_check": "Do a second check; integral-field spectra only.",
    "outlier_detection.save_intermediate_results": "Save the resampled images and their median.",
    "outlier_detection.resample_data": "Resample the images before the median.",
}

_UNITS = {
    "average_dark_current": "e-/s",
    "signal_threshold": "DN",
    "rejection_threshold": "sigma",
    "three_group_rejection_threshold": "sigma",
    "four_group_rejection_threshold": "sigma",
    "max_jump_to_flag_neighbors": "sigma",
    "min_jump_to_flag_neighbors": "sigma",
    "after_jump_flag_dn1": "DN",
    "after_jump_flag_dn2": "DN",
    "after_jump_flag_time1": "s",
    "after_jump_flag_time2": "s",
    "time_masked_after_shower": "s",
    "snowball_time_masked_next_int": "s",
    "max_shower_amplitude": "DN/s",
    "persistence_time": "s",
    "dn_threshold": "DN",
    "rotation": "deg",
    "crval": "deg",
    "crpix": "pixel",
    "output_shape": "pixel",
    "background_box_size": "pixel",
    "max_extended_radius": "pixel",
    "stepsize": "pixel",
    "sip_max_pix_error": "pixel",
    "sip_max_inv_pix_error": "pixel",
}

_BRACKET = re.compile(r"\[(sigma|pixels|percent|DN/s|DN|MJy/sr|s|min|h|yr|groups|arcsec|mas|FWHM)\]\s*$")
_PHRASE = re.compile(
    r"\bin (?:units of )?(arcsec|pixels|seconds|sigma)\b|\((percent)\)|\b(seconds)\b|sigma units",
    re.IGNORECASE,
)
_SHORT = {"pixels": "pixel", "seconds": "s", "percent": "%"}


def doc_of(name: str, declared: str) -> str:
    """
    Return what a parameter does, in one line.

    Parameters
    ----------
    name : str
        Full name.
    declared : str
        The comment of its declaration, may be empty.
    """
    text = declared.strip().lstrip("#").strip()
    return text or _DOCS.get(name) or _DOCS.get(name.rpartition(".")[2], "")


def unit_of(name: str, doc: str) -> str:
    """
    Return the unit of a parameter, empty when it has none or nobody says.

    Parameters
    ----------
    name : str
        Name of the parameter.
    doc : str
        Its description.
    """
    label = name.rpartition(".")[2]
    if label in _UNITS:
        return _UNITS[label]
    if (bracket := _BRACKET.search(doc)) is not None:
        return _SHORT.get(bracket[1], bracket[1])
    match = _PHRASE.search(doc)
    if match is None:
        return ""
    unit = next((group for group in match.groups() if group), "sigma").lower()
    return _SHORT.get(unit, unit)
