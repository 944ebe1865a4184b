"""
What is known by reading alone: parameters of the steps of jwst whose trial is missing, or was not seen to hold yet.

`tests/steps/test_acting_rules.py` counts them; `docs/developers.md` tells how many there are.
"""

from __future__ import annotations

__all__ = ["PARAMETERS", "RULES_OF_OTHER_STEPS", "UNSEEN", "is_seen"]

PARAMETERS = {
    "detector1:save_calibrated_ramp": "belongs to the pipeline: writes the ramp product, tests/run/test_pipeline.py",
    "image2:save_bsub": "belongs to the pipeline: writes a product of its own",
    "image3:in_memory": "belongs to the pipeline: pixels do not depend on where exposures are kept",
    "image3:tweakreg.save_abs_catalog": "acts with a catalogue from a service, which needs a network",
}
"""By stage and parameter, those that no trial shows to act, with the reason."""

RULES_OF_OTHER_STEPS = {
    "image3:outlier_detection.backg": "skymatch decides it, and a trial runs one step",
}
"""By stage and parameter: rules that no trial makes idle."""

UNSEEN = {
    "detector1:emicorr": "fit_ints_separately",
    "detector1:saturation": "skip",
    "detector1:ipc": "skip",
    "detector1:firstframe": "skip",
    "detector1:reset": "skip",
    "detector1:linearity": "skip",
    "detector1:rscd": "skip",
    "detector1:dark_current": "skip",
    "detector1:refpix": "skip",
    "detector1:charge_migration": "skip",
    "detector1:jump": "skip",
    "detector1:clean_flicker_noise": "skip",
    "detector1:persistence": "skip",
    "detector1:ramp_fit": "skip",
    "detector1:gain_scale": "skip",
    "image2:bkg_subtract": "skip",
    "image2:assign_wcs": "skip",
    "image2:flat_field": "skip",
    "image2:photom": "skip apply_time_correction",
    "image2:resample": "skip",
    "image3:tweakreg": "minsep_fwhm sigma_radius connectivity nlevels contrast multithresh_mode localbkg_width apermask_method kron_params deblend enforce_user_order searchrad use2dhist tolerance xoffset yoffset abs_refcat abs_minobj abs_fitgeometry abs_nclip abs_sigma abs_searchrad abs_use2dhist abs_separation abs_tolerance sip_approx sip_max_pix_error sip_degree sip_max_inv_pix_error sip_inv_degree sip_npoints",
    "image3:skymatch": "skip skylist dqbits",
    "image3:outlier_detection": "skip fillval backg save_intermediate_results good_bits pixmap_stepsize pixmap_order",
    "image3:resample": "skip pixfrac kernel fillval weight_type output_shape crpix crval rotation pixel_scale_ratio pixel_scale output_wcs single blendheaders in_memory enable_ctx enable_err report_var propagate_dq pixmap_stepsize pixmap_order",
    "image3:source_catalog": "skip aperture_ee1 aperture_ee2 aperture_ee3 ci1_star_threshold ci2_star_threshold starfinder snr_threshold bkg_boxsize kernel_fwhm minsep_fwhm sigma_radius sharplo sharphi roundlo roundhi brightest peakmax npixels connectivity nlevels contrast multithresh_mode localbkg_width apermask_method kron_params deblend override_apcorr override_abvegaoffset",
}
"""
By stage and step, parameters that were read to act, and whose trial no whole sweep has confirmed yet: `make fuzz` makes it, days do not.

Many of them decide about faint or blended sources, of which these exposures of few and bright stars have none; a skipped step
leaves its exposure alone.
"""


def is_seen(stage: str, step: str, label: str) -> bool:
    """Return whether the trial of a parameter was seen to show that it acts."""
    return label not in UNSEEN.get(f"{stage}:{step}", "").split()
