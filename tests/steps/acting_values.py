"""Values with which each parameter of the steps of jwst is tried, and the exposures on which it has something to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

D, I2, I3 = "detector1", "image2", "image3"
OTHER = "@other"

BEFORE: dict[tuple[str, str], tuple[str, str] | None] = {
    (D, "group_scale"): None,
    (D, "dq_init"): None,
    (D, "saturation"): (D, "dq_init"),
    (D, "ipc"): (D, "saturation"),
    (D, "emicorr"): (D, "saturation"),
    (D, "firstframe"): (D, "saturation"),
    (D, "lastframe"): (D, "saturation"),
    (D, "reset"): (D, "saturation"),
    (D, "linearity"): (D, "reset"),
    (D, "rscd"): (D, "linearity"),
    (D, "dark_current"): (D, "rscd"),
    (D, "refpix"): (D, "dark_current"),
    (D, "charge_migration"): (D, "dark_current"),
    (D, "jump"): (D, "dark_current"),
    (D, "picture_frame"): (D, "jump"),
    (D, "clean_flicker_noise"): (D, "jump"),
    (D, "persistence"): (D, "jump"),
    (D, "ramp_fit"): (D, "jump"),
    (D, "gain_scale"): (D, "ramp_fit"),
    (I2, "bkg_subtract"): (D, "gain_scale"),
    (I2, "assign_wcs"): (D, "gain_scale"),
    (I2, "flat_field"): (I2, "assign_wcs"),
    (I2, "photom"): (I2, "flat_field"),
    (I2, "resample"): (I2, "photom"),
    (I3, "tweakreg"): (I3, "calibrated"),
    (I3, "skymatch"): (I3, "calibrated"),
    (I3, "outlier_detection"): (I3, "calibrated"),
    (I3, "resample"): (I3, "outlier_detection"),
    (I3, "source_catalog"): (I3, "resample"),
}
"""By step, the step whose product goes in."""


def with_bright_star(model: Any) -> Any:
    """A star that saturates late in the ramp, and one that does at once."""
    ramp = np.arange(1, model.data.shape[1] + 1)[:, None, None]
    model.data = np.array(model.data, dtype="float32")
    model.data[:, :, 60:63, 60:63] += (9000 * ramp)[None]
    model.data[:, :, 160:162, 90:92] += (60000 * ramp)[None]
    # pixels hit by a cosmic ray within their second group
    model.data[:, 1, 20, 20:60] = np.linspace(25000, 64000, 40)
    model.data[:, 2:, 20, 20:60] = 65000
    model.data = np.minimum(model.data, 65000)
    return model


def with_events(model: Any) -> Any:
    """Cosmic rays of many sizes, events with saturated cores, and a shower."""
    generator = np.random.default_rng(5)
    groups = model.data.shape[1]
    for integration in range(model.data.shape[0]):
        for _ in range(150):
            group, y, x = generator.integers(1, groups), *generator.integers(8, 248, 2)
            model.data[integration, group:, y, x] += 10 ** generator.uniform(1.3, 4.5)
    y, x = np.mgrid[:256, :256]
    for place, (cy, cx, core, halo) in enumerate(
        ((90, 90, 4.2, 9), (14, 180, 3.2, 8), (200, 60, 1.8, 6), (180, 180, 0, 5))
    ):
        distance = np.hypot(y - cy, x - cx)
        at = 2 + place % 2
        model.data[0, at:, distance < halo] += 3000.0
        model.groupdq[0, at:, distance < core] |= 2
    distance = np.hypot(y - 120, (x - 200) / 1.5)
    model.data[0, 4:, distance < 22] += 12.0
    # ramps of three groups, each with a jump
    model.groupdq[1, 3:, 205:250, 100:180] |= 2
    model.data[1, 2:, 205:250, 100:180] += np.linspace(5, 400, 80)[None, None]
    # a pixel with a single group left
    model.groupdq[:, 1:, 30, 30] |= 2
    return model


def on_whole_detector(model: Any) -> Any:
    """A ramp of the whole detector: only that has reference pixels."""
    generator = np.random.default_rng(3)
    shape = (1, 3, 1024, 1032)
    model.data = generator.normal(5000, 20, shape).astype("float32")
    model.data[:, :, ::2] += 30
    model.groupdq = np.zeros(shape, dtype="uint8")
    pixeldq = np.zeros(shape[2:], dtype="uint32")
    # bit 31: reference pixels
    pixeldq[:, :4] = pixeldq[:, -4:] = 2147483648
    model.pixeldq = pixeldq
    model.meta.subarray.name = "FULL"
    model.meta.subarray.xsize, model.meta.subarray.ysize = 1032, 1024
    model.meta.subarray.xstart = model.meta.subarray.ystart = 1
    model.meta.exposure.nints, model.meta.exposure.ngroups = 1, 3
    model.meta.exposure.integration_start, model.meta.exposure.integration_end = 1, 1
    return model


EVENTS = {
    (D, "refpix"): on_whole_detector,
    (D, "saturation"): with_bright_star,
    (D, "jump"): with_events,
    (D, "charge_migration"): with_bright_star,
    (D, "clean_flicker_noise"): with_bright_star,
}
"""What is put into an exposure before a step, as functions of its datamodel."""

UPSTREAM: dict[tuple[str, str], dict[str, Any]] = {}


# -- files --------------------------------------------------------------------


def _mask(path: Path, laboratory: Any) -> None:
    from stdatamodels.jwst import datamodels

    mask = np.ones((256, 256), dtype="uint8")
    mask[50:200, 50:120] = 0
    model = datamodels.ImageModel(mask)
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _persistence(path: Path, laboratory: Any) -> None:
    import asdf

    rows, cols = np.mgrid[40:60, 40:60].reshape(2, -1)
    tree = {"MIRIMAGE": {"rows": rows, "cols": cols, "vals": np.full(rows.size, 500.0), "pers_time": 60}}
    asdf.AsdfFile(tree).write_to(path)


def _background(path: Path, laboratory: Any) -> None:
    model = laboratory.input(I2, "assign_wcs").copy()
    shift = int(path.stem[-1])
    model.data = np.roll(model.data, 7 * shift, axis=1) * (1 + 0.02 * shift)
    model.data[100 + shift, 100] += 1e4
    model.meta.filename = path.name
    model.save(str(path))


def _dq(path: Path, laboratory: Any) -> None:
    from stdatamodels.jwst import datamodels

    dq = np.zeros((256, 256), dtype="uint32")
    dq[30:40, 30:40] = 1
    model = datamodels.MaskModel(dq=dq)
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _emi(path: Path, laboratory: Any) -> None:
    """A reference that corrects SUB256, too."""
    from stdatamodels.jwst import datamodels

    waves = [np.roll(np.sin(np.linspace(0, 2 * np.pi, 500)), shift) for shift in (0, 60)]
    model = datamodels.EmiModel()
    model.frequencies = {
        name: {"frequency": frequency, "phase_amplitudes": wave}
        for name, frequency, wave in zip(("Hz390", "Hz10"), (390.625, 10.039216), waves, strict=True)
    }
    model.subarray_cases = {
        "SUB256": {
            "rowclocks": 96,
            "frameclocks": 29952,
            "freqs": {"FAST": ["Hz390"], "SLOW": {"MIRIMAGE": ["Hz10"]}},
        }
    }
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _wcs(path: Path, laboratory: Any) -> None:
    import asdf

    model = laboratory.output(I3, "resample")
    wcs = model.meta.wcs
    asdf.AsdfFile({"wcs": wcs, "array_shape": list(model.data.shape)}).write_to(path)


def _catalogue(path: Path, laboratory: Any) -> None:
    laboratory.catalogue(path)


def _catfile(path: Path, laboratory: Any) -> None:
    name = laboratory.uncal[0].name.replace("_uncal", "_cal")
    path.write_text(f"{name} {laboratory.file('few_stars.ecsv')}\n")


def _skylist(path: Path, laboratory: Any) -> None:
    names = [one.name.replace("_uncal", "_cal") for one in laboratory.uncal]
    first = 2.0 if path.name.startswith("other") else 0.5
    path.write_text("".join(f"{name} {first + place}\n" for place, name in enumerate(names)))


def _flat(path: Path, laboratory: Any) -> None:
    laboratory.other_flat(path)


FILES = {
    "dq.fits": _dq,
    "emi.asdf": _emi,
    "emi_reference.asdf": _emi,
    "mask.fits": _mask,
    "persistence.asdf": _persistence,
    "background1.fits": _background,
    "background2.fits": _background,
    "background3.fits": _background,
    "background4.fits": _background,
    "output_wcs.asdf": _wcs,
    "stars.ecsv": _catalogue,
    "few_stars.ecsv": _catalogue,
    "catfile.txt": _catfile,
    "skylist.txt": _skylist,
    "other_skylist.txt": _skylist,
    "flat.fits": _flat,
}

# -- values -------------------------------------------------------------------

BIG = {"expand_large_events": True}
SHOWERS = {"find_showers": True, "extend_min_area": 40}
EMI = {"override_emicorr": "@emi.asdf"}
SEQUENTIAL = {**EMI, "algorithm": "sequential"}
FLY = {"onthefly_corr_freq": (390.625,)}
MEMORY = {"persistence_time": 60, "dn_threshold": 200.0}
BACKGROUNDS = {
    "bkg_list": ("@background1.fits", "@background2.fits", "@background3.fits", "@background4.fits")
}
ABS = {"abs_refcat": "@stars.ecsv"}
SEG = {"starfinder": "segmentation"}
USER = {"skymethod": "user", "skylist": "@skylist.txt"}
DAO = {"starfinder": "dao"}

_SIP = {
    "sip_approx": (False, {}),
    "sip_max_pix_error": (1e-6, {}),
    "sip_degree": (1, {}),
    "sip_max_inv_pix_error": (1e-6, {}),
    "sip_inv_degree": (1, {}),
    "sip_npoints": (5, {}),
}

_RESAMPLE = {
    "pixfrac": (0.6, {}),
    "kernel": ("point", {}),
    "fillval": ("-5", {}),
    "weight_type": ("exptime", {}),
    "output_shape": ((200, 210), {}),
    "crpix": ((100.0, 90.0), {}),
    "crval": ((83.9, -69.1), {}),
    "rotation": (20.0, {}),
    "pixel_scale_ratio": (1.3, {}),
    "pixel_scale": (0.14, {}),
    "output_wcs": ("@output_wcs.asdf", {}),
    "single": (True, {}),
    "blendheaders": (False, {}),
    "in_memory": (False, {"single": True}),
    "enable_ctx": (False, {}),
    "enable_err": (False, {}),
    "report_var": (False, {}),
    "propagate_dq": (True, {}),
    "pixmap_stepsize": (8.0, {}),
    "pixmap_order": (3, {"pixmap_stepsize": 16.0}),
}

VALUES: dict[str, dict[str, tuple[Any, dict[str, Any]]]] = {
    "dq_init": {"user_supplied_dq": ("@dq.fits", {}), "override_mask": (OTHER, {})},
    "emicorr": {
        "algorithm": ("sequential", EMI),
        "nints_to_phase": (1, SEQUENTIAL),
        "nbins": (40, SEQUENTIAL),
        "scale_reference": (False, SEQUENTIAL),
        "onthefly_corr_freq": ((390.625,), {}),
        "use_n_cycles": (1, SEQUENTIAL),
        "fit_ints_separately": (True, EMI),
        "user_supplied_reffile": ("@emi_reference.asdf", {}),
        "save_intermediate_results": (True, FLY),
        "override_emicorr": ("@emi.asdf", {}),
    },
    "saturation": {
        "n_pix_grow_sat": (3, {}),
        "use_readpatt": (False, {}),
        "override_saturation": (OTHER, {}),
        "override_superbias": (OTHER, {}),
    },
    "ipc": {"override_ipc": (OTHER, {})},
    "refpix": {
        "odd_even_rows": (False, {}),
        "odd_even_columns": (False, {}),
        "use_side_ref_pixels": (False, {}),
        "side_smoothing_length": (5, {}),
        "side_gain": (2.0, {}),
        "ovr_corr_mitigation_ftr": (1.0, {}),
        "preserve_irs2_refpix": (True, {}),
        "irs2_mean_subtraction": (True, {}),
        "refpix_algorithm": ("sirs", {}),
        "sigreject": (2.0, {}),
        "gaussmooth": (3.0, {}),
        "halfwidth": (10, {}),
        "siglimit": (1.5, {}),
        "override_refpix": (OTHER, {}),
        "override_sirskernel": (OTHER, {}),
    },
    "rscd": {"override_rscd": (OTHER, {})},
    "firstframe": {"bright_use_group1": (False, {})},
    "linearity": {"override_linearity": (OTHER, {})},
    "dark_current": {"average_dark_current": (5.0, {}), "override_dark": (OTHER, {})},
    "reset": {"override_reset": (OTHER, {})},
    "persistence": {
        "persistence_time": (60, {"dn_threshold": 200.0}),
        "dn_threshold": (2000.0, MEMORY),
        "persistence_array_file": ("@persistence.asdf", MEMORY),
        "persistence_dnu": (True, MEMORY),
    },
    "charge_migration": {"signal_threshold": (10000.0, {})},
    "jump": {
        "rejection_threshold": (10.0, {}),
        "three_group_rejection_threshold": (20.0, {}),
        "four_group_rejection_threshold": (20.0, {}),
        "flag_4_neighbors": (False, {}),
        "max_jump_to_flag_neighbors": (50.0, {}),
        "min_jump_to_flag_neighbors": (50.0, {}),
        "after_jump_flag_dn1": (20000.0, {"after_jump_flag_time1": 10.0}),
        "after_jump_flag_time1": (10.0, {}),
        "after_jump_flag_dn2": (20000.0, {"after_jump_flag_time2": 10.0}),
        "after_jump_flag_time2": (10.0, {}),
        "expand_large_events": (True, {}),
        "min_sat_area": (40.0, BIG),
        "min_jump_area": (150.0, BIG),
        "expand_factor": (4.0, BIG),
        "use_ellipses": (True, BIG),
        "sat_required_snowball": (False, BIG),
        "min_sat_radius_extend": (20.0, BIG),
        "sat_expand": (6, BIG),
        "edge_size": (2, BIG),
        "mask_snowball_core_next_int": (False, BIG),
        "snowball_time_masked_next_int": (1, BIG),
        "find_showers": (True, {"extend_min_area": 40}),
        "max_shower_amplitude": (0.01, SHOWERS),
        "extend_snr_threshold": (4.0, SHOWERS),
        "extend_min_area": (4000, {"find_showers": True}),
        "extend_inner_radius": (4.0, SHOWERS),
        "extend_outer_radius": (6.0, SHOWERS),
        "extend_ellipse_expand_ratio": (2.0, SHOWERS),
        "time_masked_after_shower": (0.3, SHOWERS),
        "min_diffs_single_pass": (2, {}),
        "max_extended_radius": (2, {**BIG, "expand_factor": 4.0}),
        "minimum_groups": (9, {}),
        "minimum_sigclip_groups": (2, {}),
        "only_use_ints": (False, {"minimum_sigclip_groups": 5}),
        "override_gain": (OTHER, {}),
        "override_readnoise": (OTHER, {}),
    },
    "picture_frame": {
        "mask_science_regions": (False, {}),
        "n_sigma": (3.0, {}),
        "save_mask": (True, {}),
        "save_correction": (True, {}),
        "override_pictureframe": (OTHER, {}),
    },
    "clean_flicker_noise": {
        "autoparam": (True, {}),
        "fit_method": ("fft", {}),
        "fit_by_channel": (True, {}),
        "background_method": ("model", {}),
        "background_box_size": ((16, 16), {"background_method": "model"}),
        "mask_science_regions": (True, {}),
        "apply_flat_field": (True, {}),
        "n_sigma": (1.0, {}),
        "fit_histogram": (True, {}),
        "single_mask": (False, {}),
        "user_mask": ("@mask.fits", {}),
        "save_mask": (True, {}),
        "save_background": (True, {}),
        "save_noise": (True, {}),
        "override_flat": (OTHER, {"apply_flat_field": True}),
        "override_pastasoss": (OTHER, {}),
    },
    "ramp_fit": {
        "algorithm": ("LIKELY", {}),
        "int_name": ("other", {}),
        "save_opt": (True, {}),
        "opt_name": ("other", {"save_opt": True}),
        "suppress_one_group": (False, {}),
        "firstgroup": (2, {}),
        "lastgroup": (5, {}),
        "override_readnoise": (OTHER, {}),
        "override_gain": (OTHER, {}),
    },
    "gain_scale": {"override_gain": (OTHER, {})},
    "bkg_subtract": {
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
        **_SIP,
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
        "apply_time_correction": (False, {}),
        "override_photom": (OTHER, {}),
        "override_area": (OTHER, {}),
    },
    "resample": _RESAMPLE,
    "tweakreg": {
        "save_catalogs": (True, {}),
        "use_custom_catalogs": (True, {"catfile": "@catfile.txt"}),
        "catalog_format": ("fits", {"save_catalogs": True}),
        "catfile": ("@catfile.txt", {"use_custom_catalogs": True}),
        "starfinder": ("dao", {}),
        "snr_threshold": (40.0, {}),
        "kernel_fwhm": (3.5, {}),
        "bkg_boxsize": (60, {}),
        "minsep_fwhm": (15.0, DAO),
        "sigma_radius": (4.0, DAO),
        "sharplo": (0.6, {}),
        "sharphi": (0.8, {}),
        "roundlo": (0.05, {}),
        "roundhi": (0.1, {}),
        "brightest": (18, {}),
        "peakmax": (100.0, {}),
        "npixels": (40, SEG),
        "connectivity": ("4", SEG),
        "nlevels": (2, SEG),
        "contrast": (0.5, SEG),
        "multithresh_mode": ("linear", SEG),
        "localbkg_width": (5, SEG),
        "apermask_method": ("none", SEG),
        "kron_params": ((1.5, 1.0), SEG),
        "deblend": (False, SEG),
        "enforce_user_order": (True, {}),
        "expand_refcat": (True, {}),
        "minobj": (1000, {}),
        "fitgeometry": ("general", {}),
        "nclip": (0, {"sigma": 1.0}),
        "sigma": (1.0, {}),
        "searchrad": (0.05, {}),
        "use2dhist": (False, {}),
        "separation": (8.0, {}),
        "tolerance": (0.01, {}),
        "xoffset": (1.0, {"use2dhist": False}),
        "yoffset": (1.0, {"use2dhist": False}),
        "abs_refcat": ("@stars.ecsv", {}),
        "save_abs_catalog": (True, {**ABS, "abs_refcat": "GAIADR3"}),
        "abs_minobj": (1000, ABS),
        "abs_fitgeometry": ("general", ABS),
        "abs_nclip": (0, {**ABS, "abs_sigma": 1.0}),
        "abs_sigma": (1.0, ABS),
        "abs_searchrad": (0.05, ABS),
        "abs_use2dhist": (False, ABS),
        "abs_separation": (8.0, ABS),
        "abs_tolerance": (0.01, ABS),
        **_SIP,
        "in_memory": (False, {}),
    },
    "skymatch": {
        "skymethod": ("local", {}),
        "match_down": (False, {}),
        "subtract": (True, {}),
        "skylist": ("@other_skylist.txt", USER),
        "stepsize": (40, {}),
        "skystat": ("mean", {}),
        "dqbits": ("~DO_NOT_USE+NON_SCIENCE+JUMP_DET", {}),
        "lower": (1.0, {}),
        "upper": (10.0, {}),
        "nclip": (0, {}),
        "lsigma": (1.0, {}),
        "usigma": (1.0, {}),
        "binwidth": (0.5, {}),
        "in_memory": (False, {}),
    },
    "outlier_detection": {
        "weight_type": ("exptime", {}),
        "pixfrac": (0.5, {}),
        "kernel": ("point", {}),
        "fillval": ("-50", {"maskpt": 0.0}),
        "maskpt": (0.99, {}),
        "snr": ("50.0 40.0", {}),
        "scale": ("12.0 7.0", {}),
        "backg": (20.0, {"skymatch.skip": True}),
        "kernel_size": ("3 3", {}),
        "threshold_percent": (90.0, {}),
        "rolling_window_width": (3, {}),
        "ifu_second_check": (True, {}),
        "save_intermediate_results": (True, {}),
        "resample_data": (False, {}),
        "good_bits": ("~DO_NOT_USE+NON_SCIENCE", {}),
        "in_memory": (False, {}),
        "pixmap_stepsize": (16.0, {}),
        "pixmap_order": (3, {"pixmap_stepsize": 32.0}),
    },
    "source_catalog": {
        "aperture_ee1": (40, {}),
        "aperture_ee2": (60, {}),
        "aperture_ee3": (80, {}),
        "ci1_star_threshold": (1.0, {}),
        "ci2_star_threshold": (1.0, {}),
        "starfinder": ("dao", {}),
        "snr_threshold": (10.0, {}),
        "bkg_boxsize": (60, {}),
        "kernel_fwhm": (4.0, {}),
        "minsep_fwhm": (15.0, DAO),
        "sigma_radius": (4.0, DAO),
        "sharplo": (0.6, DAO),
        "sharphi": (0.7, DAO),
        "roundlo": (0.05, DAO),
        "roundhi": (0.1, DAO),
        "brightest": (5, DAO),
        "peakmax": (50.0, DAO),
        "npixels": (60, {}),
        "connectivity": ("4", {}),
        "nlevels": (2, {}),
        "contrast": (0.5, {}),
        "multithresh_mode": ("linear", {}),
        "localbkg_width": (5, {}),
        "apermask_method": ("none", {}),
        "kron_params": ((1.5, 1.0), {}),
        "deblend": (False, {}),
        "override_apcorr": (OTHER, {}),
        "override_abvegaoffset": (OTHER, {}),
    },
}
"""By step and parameter: another legal value, and the settings with which it acts."""

READ = {
    "detector1:save_calibrated_ramp": "writes a product of the pipeline, tests/run/test_pipeline.py",
    "image2:save_bsub": "writes a product of the pipeline",
    "image3:in_memory": "pixels must not depend on where exposures are kept",
}
"""Parameters that are answered by reading, with the reason."""

SHOWN = {
    "detector1:saturation": "n_pix_grow_sat override_saturation",
    "detector1:ipc": "override_ipc",
    "detector1:firstframe": "bright_use_group1",
    "detector1:reset": "override_reset",
    "detector1:linearity": "override_linearity",
    "detector1:rscd": "override_rscd",
    "detector1:dark_current": "average_dark_current override_dark",
    "detector1:charge_migration": "signal_threshold",
    "detector1:jump": "rejection_threshold four_group_rejection_threshold flag_4_neighbors max_jump_to_flag_neighbors min_jump_to_flag_neighbors after_jump_flag_dn1 after_jump_flag_time1 after_jump_flag_dn2 after_jump_flag_time2 expand_large_events min_sat_area min_jump_area expand_factor sat_required_snowball sat_expand edge_size mask_snowball_core_next_int find_showers extend_snr_threshold extend_min_area extend_inner_radius extend_outer_radius extend_ellipse_expand_ratio min_diffs_single_pass max_extended_radius minimum_sigclip_groups override_gain override_readnoise three_group_rejection_threshold min_sat_radius_extend snowball_time_masked_next_int time_masked_after_shower only_use_ints",
    "detector1:clean_flicker_noise": "fit_method background_method background_box_size apply_flat_field n_sigma fit_histogram single_mask user_mask save_mask save_background save_noise override_flat",
    "detector1:persistence": "persistence_time persistence_dnu",
    "detector1:ramp_fit": "algorithm save_opt",
    "detector1:dq_init": "user_supplied_dq override_mask",
    "detector1:emicorr": "algorithm nbins scale_reference",
    "detector1:refpix": "odd_even_rows siglimit",
    "image2:bkg_subtract": "bkg_list save_combined_background sigma",
    "image2:assign_wcs": "sip_approx sip_max_pix_error sip_degree sip_max_inv_pix_error sip_inv_degree sip_npoints override_distortion override_filteroffset",
    "image2:flat_field": "save_interpolated_flat user_supplied_flat inverse override_flat",
    "image2:photom": "inverse override_photom override_area",
    "image2:resample": "pixfrac kernel fillval weight_type output_shape crpix crval rotation pixel_scale_ratio pixel_scale",
    "image3:tweakreg": "save_catalogs use_custom_catalogs catfile starfinder bkg_boxsize roundlo roundhi brightest peakmax npixels expand_refcat minobj fitgeometry nclip sigma separation",
    "image3:skymatch": "skymethod match_down subtract stepsize skystat lower upper nclip lsigma usigma binwidth",
    "image3:outlier_detection": "weight_type pixfrac kernel maskpt snr scale resample_data",
}
"""By stage and step, the parameters that a usual run shows to act; the others wait for the whole sweep."""
