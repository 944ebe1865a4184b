"""Values with which each parameter of our stages that are no correction of calibrated exposures is tried."""

from __future__ import annotations

from parameter_trials.trials import OTHER, Trials

__all__ = ["IN_RECORD", "REFUSES", "UNSEEN", "VALUES"]

IN_RECORD = ("prove", "proof_sources")
"""Parameters of the proof, which is made on copies of the exposures and stands in the record."""

REFUSES = ("showers:miri_showers.skip", "showers:ramp_fit.skip")
"""By stage and parameter: steps that a stage does not run without; another value is refused."""

EARLY = {"trigger": "saturation"}
LATE = {"positive_minutes": 0.001}
LIST = {"user_mask": "@pixels.txt"}
DRAWN = {"miri_showers.showers_file": "@drawn.reg"}
QUICK = {"prove": False}
MOVING = {"catalog": "@moving.csv", "catalog_epoch": 2016.0}

VALUES: dict[str, Trials] = {
    "persistence": {
        "trigger": ("saturation", {"dose": 0.05}),
        "dose": (1000.0, {"negative_hours": 0.0}),
        "negative_dose": (1000.0, LATE),
        "unsaturated_groups": (0, EARLY),
        "groups_by_filter": (("F560W=0",), EARLY),
        "positive_minutes": (0.001, {}),
        "negative_hours": (0.0, LATE),
        "negative_groups": (7, {**LATE, **EARLY}),
        "grow_pixels": (2, {}),
        "do_not_use": (False, {}),
        "user_mask": ("@pixels.txt", {}),
        "prove": (False, {}),
        "one_based": (False, LIST),
    },
    "showers": {
        "save_unmasked": (True, QUICK),
        "prove": (False, DRAWN),
        "proof_sources": (20, DRAWN),
        "miri_showers.showers_file": ("@drawn.reg", QUICK),
        "ramp_fit.algorithm": ("LIKELY", QUICK),
        "ramp_fit.int_name": ("other", QUICK),
        "ramp_fit.save_opt": (True, QUICK),
        "ramp_fit.opt_name": ("other", {**QUICK, "ramp_fit.save_opt": True}),
        "ramp_fit.suppress_one_group": (False, QUICK),
        "ramp_fit.firstgroup": (2, QUICK),
        "ramp_fit.lastgroup": (5, QUICK),
        "ramp_fit.override_readnoise": (OTHER, QUICK),
        "ramp_fit.override_gain": (OTHER, QUICK),
        "gain_scale.skip": (True, QUICK),
        "gain_scale.override_gain": (OTHER, QUICK),
    },
    "rates": {
        "rateints_file": ("@other_rateints.fits", {}),
        "algorithm": ("LIKELY", {}),
        "tolerance": (1.0, {}),
    },
    "rate_stripes": {
        "prove": (False, {}),
        "proof_sources": (20, {}),
        "rateints_file": ("@other_rateints.fits", QUICK),
        "columns": (False, QUICK),
        "rows": (False, QUICK),
        "method": ("profiles", QUICK),
        "protect_scale": (10.0, QUICK | {"method": "profiles"}),
        "adaptive": (False, QUICK | {"method": "profiles"}),
        "source_nsigma": (20.0, QUICK),
        "exclude_above": (21.0, QUICK),
        "exclude_file": ("@drawn.reg", QUICK),
        "coronagraphs": ("leave", QUICK),
        "min_pixels": (90, QUICK),
    },
    "grid": {
        "pixel_scale": (0.06, {}),
        "rotation": (30.0, {}),
        "tightest": (True, {}),
        "centre": ((80.49, -69.497), {}),
        "size": ((300, 310), {}),
        "margin": (60, {}),
    },
    "shifts": {
        "catalog": ("@stars.csv", {}),
        "catalog_epoch": (1991.0, MOVING),
        "search_radius": (0.6, {}),
        "together": (False, {}),
        "own_stars": (False, {}),
        "rotation": (False, {}),
        "reference_filter": ("F770W", {}),
        "regroup": (("@split",), {}),
        "min_matches": (900.0, {}),
        "other_guide_stars": (True, {"catalog": "@stars.csv"}),
        "min_significance": (90.0, {}),
    },
    "apply_shift": {
        "shift_table": ("@shifts.ecsv", {"dx": 0.2}),
        "dx": (-0.5, {"dy": 0.2}),
        "dy": (-0.5, {"dx": 0.2}),
        "rotation": (0.5, {"dx": 0.2}),
        "undo": (True, {"dx": 0.2}),
        "sip_error_mas": (50.0, {"dx": 0.2}),
    },
}
"""By stage and parameter: another value, and the settings with which it acts."""

UNSEEN = {
    "showers": "prove proof_sources miri_showers.showers_file ramp_fit.algorithm ramp_fit.int_name ramp_fit.save_opt"
    " ramp_fit.opt_name ramp_fit.suppress_one_group ramp_fit.firstgroup ramp_fit.lastgroup ramp_fit.override_readnoise"
    " ramp_fit.override_gain gain_scale.skip gain_scale.override_gain",
    "rate_stripes": "proof_sources",
    "grid": "pixel_scale rotation tightest centre size margin",
    "shifts": "catalog catalog_epoch search_radius together own_stars rotation reference_filter regroup min_matches"
    " other_guide_stars min_significance",
    "apply_shift": "sip_error_mas",
}
"""By stage, parameters whose trial no whole sweep has confirmed yet: `make fuzz` makes it, days do not."""
