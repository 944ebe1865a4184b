"""Values with which each parameter of the steps of Image 2 is tried."""

from __future__ import annotations

from parameter_trials.trials import OTHER, RESAMPLE, SIP, Trials

BACKGROUNDS = {
    "bkg_list": ("@background1.fits", "@background2.fits", "@background3.fits", "@background4.fits")
}

VALUES: dict[str, Trials] = {
    "bkg_subtract": {
        "skip": (True, BACKGROUNDS),
        "bkg_list": (BACKGROUNDS["bkg_list"], {}),
        "save_combined_background": (True, BACKGROUNDS),
        "sigma": (1.0, BACKGROUNDS),
        "maxiters": (1, {**BACKGROUNDS, "sigma": 1.0}),
        "soss_source_percentile": (50.0, BACKGROUNDS),
        "soss_bkg_percentile": ((10.0, 20.0), BACKGROUNDS),
        "wfss_mmag_extract": (20.0, BACKGROUNDS),
        "wfss_mask": ("@mask.fits", BACKGROUNDS),
        "wfss_maxiter": (2, BACKGROUNDS),
        "wfss_rms_stop": (5.0, BACKGROUNDS),
        "wfss_outlier_percent": (5.0, BACKGROUNDS),
        "override_bkg": (OTHER, BACKGROUNDS),
        "override_wavelengthrange": (OTHER, BACKGROUNDS),
    },
    "assign_wcs": {
        **SIP,
        "slit_y_low": (-0.2, {}),
        "slit_y_high": (0.2, {}),
        "nrs_ifu_slice_wcs": (True, {}),
        **{
            f"override_{name}": (OTHER, {})
            for name in [
                "distortion",
                "filteroffset",
                "specwcs",
                "regions",
                "wavelengthrange",
                "camera",
                "chromcorr",
                "collimator",
                "disperser",
                "fore",
                "fpa",
                "msa",
                "ote",
                "ifupost",
                "ifufore",
                "ifuslicer",
            ]
        },
    },
    "flat_field": {
        "save_interpolated_flat": (True, {}),
        "user_supplied_flat": (OTHER, {}),
        "inverse": (True, {}),
        "override_flat": (OTHER, {}),
        "override_fflat": (OTHER, {}),
        "override_sflat": (OTHER, {}),
        "override_dflat": (OTHER, {}),
    },
    "photom": {
        "inverse": (True, {}),
        "source_type": ("POINT", {}),
        "apply_time_correction": (False, {"override_photom": "@photom.fits"}),
        "override_photom": (OTHER, {}),
        "override_area": (OTHER, {}),
    },
    "resample": RESAMPLE,
}
