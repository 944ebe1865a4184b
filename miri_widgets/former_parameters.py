"""
Parameters and steps of earlier versions of jwst, and what took their place: one table for files, code and programs.

References
----------
The change log of jwst (versions 0.9 to 3.0), and the declarations of the steps of jwst 3.0.
"""

from __future__ import annotations

__all__ = ["PARAMETERS", "STEPS", "successor"]

STEPS: dict[str, tuple[str, str]] = {
    "background": ("bkg_subtract", "the step has another name"),
    "tweakreg_catalog": ("tweakreg", "tweakreg finds the sources itself"),
    "undersampling_correction": ("charge_migration", "the step has another name"),
    "outlier_detection_scaled": ("outlier_detection", "one step does all modes"),
    "outlier_detection_stack": ("outlier_detection", "one step does all modes"),
    "subtract_images": ("bkg_subtract", "the step is a part of it"),
}
"""Steps by their former names: the name of now, and why."""

_GONE = ""
PARAMETERS: dict[str, tuple[str, str]] = {
    "tweakreg.align_to_gaia": (
        "tweakreg.abs_refcat",
        "a catalogue such as GAIADR3, or the full path of a file, turns the absolute alignment on; empty text turns it off",
    ),
    "tweakreg.gaia_catalog": ("tweakreg.abs_refcat", "it has another name"),
    "tweakreg.save_gaia_catalog": ("tweakreg.save_abs_catalog", "it has another name"),
    "tweakreg.min_gaia": ("tweakreg.abs_minobj", "it has another name"),
    "tweakreg.fit_geometry": ("tweakreg.fitgeometry", "it has another spelling"),
    "outlier_detection.grow": (_GONE, "outliers are no longer grown; `outlier_detection.snr` and `.scale` decide"),
    "outlier_detection.nlow": (_GONE, "the median is of all images"),
    "outlier_detection.nhigh": (_GONE, "the median is of all images"),
    "outlier_detection.hthresh": (_GONE, "`outlier_detection.snr` decides"),
    "outlier_detection.lthresh": (_GONE, "`outlier_detection.snr` decides"),
    "outlier_detection.nsigma": ("outlier_detection.snr", "it takes two numbers, such as '5.0 4.0'"),
    "outlier_detection.ctegrow": (_GONE, "it was for CCDs"),
    "outlier_detection.scale_detection": (_GONE, "the step tells by the kind of exposure how to work"),
    "outlier_detection.allowed_memory": ("outlier_detection.in_memory", "it keeps images on disk when false"),
    "resample.allowed_memory": ("resample.in_memory", "it keeps images on disk when false"),
    "resample.good_bits": (_GONE, "all pixels take part but those flagged DO_NOT_USE or NON_SCIENCE"),
    "resample.wht_type": ("resample.weight_type", "it has another name"),
    "resample.blend": ("resample.blendheaders", "it has another name"),
    "source_catalog.kernel_xsize": ("source_catalog.kernel_fwhm", "the kernel follows from its FWHM"),
    "source_catalog.kernel_ysize": ("source_catalog.kernel_fwhm", "the kernel follows from its FWHM"),
    "jump.do_yintercept": (_GONE, "the method is gone"),
    "jump.yint_threshold": (_GONE, "the method is gone"),
    "jump.flag_large_events": ("jump.expand_large_events", "it has another name"),
    "jump.mask_persist_grps_next_int": ("jump.mask_snowball_core_next_int", "it has another name"),
    "jump.persist_grps_flagged": ("jump.snowball_time_masked_next_int", "it is a time in seconds"),
    "rscd.type": (_GONE, "the step has one method, which flags first groups"),
    "persistence.flag_pers_cutoff": ("persistence.dn_threshold", "the step has another method"),
    "persistence.input_trapsfilled": ("persistence.persistence_array_file", "the step has another method"),
    "persistence.save_trapsfilled": ("persistence.save_persistence", "the step has another method"),
    "flat_field.flat_suffix": ("flat_field.save_interpolated_flat", "it is true or false"),
}  # fmt: skip
"""Parameters by their former full names: the full name of now, empty when nothing took its place, and a remark."""


def successor(name: str) -> str:
    """
    Return what took the place of a parameter or a step of earlier versions of jwst, as an imperative.

    Parameters
    ----------
    name : str
        Full name of a parameter, such as ``tweakreg.align_to_gaia``.

    Returns
    -------
    str
        Without a full stop; empty for names that were never known here.
    """
    step, _, label = name.rpartition(".")
    if name in PARAMETERS:
        new, remark = PARAMETERS[name]
        return f"use {new} instead ({remark})" if new else f"remove it: nothing took its place ({remark})"
    if step in STEPS or name in STEPS:
        new, remark = STEPS[step or name]
        return f"use the step {new} instead: {f'{new}.{label}' if step else new} ({remark})"
    return ""
