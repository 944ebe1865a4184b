"""
The one declaration of when each parameter of the official pipelines acts, by step; stages of ours declare their own.

What is not named always acts when its step runs. Every answer is tested: by the products of small runs
(`tests/steps/test_acting.py`, `tests/steps/test_acting_rules.py`), or by the reason that stands beside it.

References
----------
The ``process`` methods of jwst 3.0.0, and stcal, tweakwcs and photutils as they call them.
"""

from __future__ import annotations

from collections.abc import Mapping

from miri_widgets.steps.conditions import (
    Rule,
    above,
    absent,
    given,
    is_not,
    never,
    rule,
    value,
)

__all__ = ["PROVEN", "RULES"]

_NIR = "For near-infrared detectors only; MIRI takes no notice of it."
_SPECTRA = "For spectra only; images take no notice of it."
_IN_PIPELINE = "Ignored within the pipeline, which hands its exposures on in memory or on disk as its own in_memory says."
_ONLINE = ("GAIADR3", "GAIADR2", "GAIADR1", "GAIAREFCAT")

_STARS = (
    rule(
        value("starfinder", "dao", "iraf"),
        "minsep_fwhm sigma_radius sharplo sharphi roundlo roundhi brightest peakmax",
    ),
    rule(
        value("starfinder", "segmentation"),
        "npixels connectivity nlevels contrast multithresh_mode localbkg_width apermask_method kron_params deblend",
    ),
    rule(value("deblend", True), "nlevels contrast multithresh_mode"),
)
_SIP = rule(
    value("sip_approx", True),
    "sip_max_pix_error sip_degree sip_max_inv_pix_error sip_inv_degree sip_npoints",
)
_RESAMPLE = (
    rule(absent("output_wcs"), "pixel_scale pixel_scale_ratio rotation crval crpix"),
    rule(absent("pixel_scale"), "pixel_scale_ratio"),
    rule(value("single", True), "in_memory"),
    rule(value("single", False), "enable_ctx enable_err report_var"),
    rule(value("enable_err", True), "report_var"),
    rule(above("pixmap_stepsize", 1.0), "pixmap_order"),
)
_RAMP_FIT = (
    never(
        "int_name", "jwst 3 declares it and makes no use of it: integrations go into the rateints product."
    ),
    rule(value("save_opt", True), "opt_name"),
)

RULES: Mapping[str, tuple[Rule, ...]] = {
    # -- Detector 1 -------------------------------------------------------------
    "group_scale": (
        never("skip", "MIRI never averages frames within a group: jwst leaves this step out by itself."),
    ),
    "emicorr": (
        rule(absent("onthefly_corr_freq"), "algorithm user_supplied_reffile override_emicorr"),
        rule(
            (value("algorithm", "sequential"), given("onthefly_corr_freq")),
            "nints_to_phase nbins scale_reference use_n_cycles",
        ),
        rule(value("algorithm", "joint"), "fit_ints_separately"),
        rule(absent("onthefly_corr_freq"), "fit_ints_separately"),
        rule(given("onthefly_corr_freq"), "save_intermediate_results"),
        rule(absent("user_supplied_reffile"), "override_emicorr"),
    ),
    "saturation": (never("override_superbias", _NIR),),
    "refpix": (
        never(
            "odd_even_columns use_side_ref_pixels side_smoothing_length side_gain ovr_corr_mitigation_ftr"
            " preserve_irs2_refpix irs2_mean_subtraction refpix_algorithm sigreject gaussmooth halfwidth"
            " siglimit override_refpix override_sirskernel",
            _NIR,
        ),
    ),
    "persistence": (rule(given("persistence_time"), "dn_threshold persistence_array_file persistence_dnu"),),
    "jump": (
        never(
            "max_shower_amplitude",
            "jwst 3.0 does not hand it on: showers are limited to 6 DN/s, whatever is set.",
        ),
        never("minimum_groups", "On one core jwst 3.0 takes 3, whatever is set; runs here take one core."),
        never("use_ellipses", "jwst 3.0 declares it and makes no use of it."),
        rule(
            value("expand_large_events", True),
            "min_sat_area min_jump_area expand_factor sat_required_snowball min_sat_radius_extend sat_expand"
            " edge_size mask_snowball_core_next_int snowball_time_masked_next_int",
        ),
        rule(value("mask_snowball_core_next_int", True), "snowball_time_masked_next_int"),
        rule(
            value("find_showers", True),
            "extend_snr_threshold extend_min_area extend_inner_radius extend_outer_radius"
            " extend_ellipse_expand_ratio time_masked_after_shower",
        ),
        rule(
            (value("find_showers", True), value("expand_large_events", True)),
            "max_extended_radius",
        ),
        rule(is_not("after_jump_flag_time1", 0.0), "after_jump_flag_dn1"),
        rule(is_not("after_jump_flag_time2", 0.0), "after_jump_flag_dn2"),
        rule(value("flag_4_neighbors", True), "max_jump_to_flag_neighbors min_jump_to_flag_neighbors"),
    ),
    "picture_frame": (
        never(
            "skip mask_science_regions n_sigma save_mask save_correction override_pictureframe",
            "For NIRSpec only; jwst leaves this step out for MIRI.",
        ),
    ),
    "clean_flicker_noise": (
        rule(
            value("fit_method", "median"),
            "background_method background_box_size mask_science_regions apply_flat_field n_sigma fit_histogram"
            " single_mask user_mask save_mask save_background save_noise override_flat",
            "The fit 'fft' is for NIRSpec: with it jwst leaves this step out for MIRI.",
        ),
        never("autoparam fit_by_channel override_pastasoss", _NIR),
        rule(value("background_method", "model"), "background_box_size"),
        rule(value("apply_flat_field", True), "override_flat"),
        rule(absent("user_mask"), "mask_science_regions fit_histogram"),
        rule(is_not("n_sigma", 0.0), "fit_histogram"),
        rule(is_not("background_method", "median_image"), "single_mask"),
    ),
    "ramp_fit": _RAMP_FIT,
    # -- Image 2 ----------------------------------------------------------------
    "image2": (rule(given("bkg_subtract.bkg_list"), "save_bsub"),),
    "bkg_subtract": (
        never(
            "soss_source_percentile soss_bkg_percentile wfss_mmag_extract wfss_mask wfss_maxiter wfss_rms_stop"
            " wfss_outlier_percent override_bkg override_wavelengthrange",
            _SPECTRA,
        ),
        rule(given("bkg_list"), "skip save_combined_background sigma maxiters"),
    ),
    "assign_wcs": (
        _SIP,
        never(
            "slit_y_low slit_y_high nrs_ifu_slice_wcs override_specwcs override_regions override_wavelengthrange"
            " override_camera override_chromcorr override_collimator override_disperser override_fore override_fpa"
            " override_msa override_ote override_ifupost override_ifufore override_ifuslicer",
            _SPECTRA,
        ),
    ),
    "flat_field": (
        never("override_fflat override_sflat override_dflat", _SPECTRA),
        rule(absent("user_supplied_flat"), "override_flat"),
    ),
    "photom": (never("source_type", _SPECTRA),),
    "image2:resample": (
        *_RESAMPLE,
        never("blendheaders", "One exposure has no headers to blend."),
    ),
    # -- Image 3 ----------------------------------------------------------------
    "tweakreg": (
        *_STARS,
        _SIP,
        never("in_memory", _IN_PIPELINE),
        rule(value("use_custom_catalogs", True), "catfile"),
        rule(value("save_catalogs", True), "catalog_format"),
        rule(
            given("abs_refcat"),
            "abs_minobj abs_fitgeometry abs_nclip abs_sigma abs_searchrad abs_use2dhist"
            " abs_separation abs_tolerance",
        ),
        rule(
            value("abs_refcat", *_ONLINE),
            "save_abs_catalog",
            "A catalogue that is a file is not written again.",
        ),
        rule(absent("abs_refcat"), "expand_refcat", "With a reference catalogue jwst always expands it."),
        rule(value("use2dhist", False), "xoffset yoffset"),
    ),
    "skymatch": (
        never("in_memory", _IN_PIPELINE),
        rule(value("skymethod", "user"), "skylist"),
        rule(value("skymethod", "match", "global+match"), "match_down stepsize"),
        rule(
            is_not("skymethod", "user"),
            "skystat dqbits lower upper nclip lsigma usigma binwidth",
        ),
        rule(value("skystat", "mode", "midpt"), "binwidth"),
        rule(above("nclip", 0), "lsigma usigma"),
    ),
    "outlier_detection": (
        never("in_memory", _IN_PIPELINE),
        never("kernel_size threshold_percent ifu_second_check", _SPECTRA),
        never("rolling_window_width", "For time series only; dithered images take no notice of it."),
        rule(
            value("resample_data", True),
            "pixfrac kernel fillval scale backg pixmap_stepsize pixmap_order",
        ),
        rule(above("pixmap_stepsize", 1.0), "pixmap_order"),
        rule(
            (value("skymatch.skip", True), value("skymatch.subtract", True)),
            "backg",
            "Otherwise the level that skymatch measured is added back.",
        ),
    ),
    "resample": _RESAMPLE,
    "source_catalog": _STARS,
}
"""
Rules by step. ``stage:step`` stands before ``step`` for one stage; the name of a stage is for parameters of its
pipeline itself.
"""

PROVEN = frozenset(
    f"{step}.{label}"
    for step, labels in {
        "emicorr": "algorithm fit_ints_separately nints_to_phase nbins scale_reference use_n_cycles save_intermediate_results user_supplied_reffile",
        "jump": "max_shower_amplitude minimum_groups use_ellipses",
        "picture_frame": "mask_science_regions n_sigma save_mask save_correction",
        "clean_flicker_noise": "autoparam fit_by_channel",
        "ramp_fit": "int_name",
        "bkg_subtract": "soss_source_percentile soss_bkg_percentile wfss_mmag_extract wfss_mask wfss_maxiter wfss_rms_stop"
        " wfss_outlier_percent",
        "assign_wcs": "slit_y_low slit_y_high nrs_ifu_slice_wcs",
        "photom": "source_type",
        "skymatch": "in_memory",
        "outlier_detection": "kernel_size threshold_percent rolling_window_width",
    }.items()
    for label in labels.split()
)
"""
Parameters of steps of jwst of which products of small runs prove that they rest where their rules say so. The others
are read from the code of jwst; another reference file is never among them, as its name stands in the headers.
"""
