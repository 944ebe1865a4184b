"""Values with which each parameter of our corrections of calibrated exposures is tried."""

from __future__ import annotations

from typing import Any

from miri_widgets.core.regions import Region
from parameter_trials.trials import Trials

__all__ = ["ACTS", "BASE", "IDLE", "NOT_PIXELS"]

NOT_PIXELS = {
    "prove": "a proof is made on copies of the exposures",
    "proof_sources": "a proof is made on copies of the exposures",
    "rateints_file": "read by the step, tests/steps/test_rate_stripes.py",
    "background_observations": "names exposures, tests/core/sky/test_subtraction.py",
    "min_exposures": "a limit that refuses",
}

ACTS: dict[str, Trials] = {
    "areas": {
        "lyot": (False, {}),
        "coronagraphs": (False, {}),
        "margin": (100, {}),
    },
    "sky": {
        "method": ("median", {}),
        "leave_one_out": (False, {}),
        "clip_low": (1.0, {}),
        "clip_high": (1.0, {}),
        "scaling": ("none", {}),
        "match_background": (True, {"method": "background"}),
        "preserve_level": (True, {}),
        "mask_sources": (False, {}),
        "sources_from": ("exposures", {}),
        "source_threshold": (8.0, {}),
        "source_grow": (6.0, {}),
        "mask_rounds": (1, {}),
        "exclude_above": ("level", {}),
        "exclude_delta": (0.05, {}),
        "exclude_file": ([Region("circle", ((60.0, 60.0),), (30.0,))], {}),
        "min_separation": (20.0, {}),
        "min_samples": (4, {}),
        "fill": (False, {"min_samples": 4}),
    },
    "level_match": {
        "model": ("plane", {"plane_sigma": 1.0, "min_cells": 3}),
        "group": ("tile", {}),
        "reference": ("lowest", {"group": "exposure"}),
        "box": (32, {"group": "exposure"}),
        "min_cells": (10000, {}),
        "plane_sigma": (1.0, {"model": "plane", "min_cells": 3}),
        "own_shapes": (False, {"min_cells": 3, "plane_sigma": 0.1, "group": "exposure"}),
    },
    "stripes": {
        "columns": (False, {}),
        "rows": (False, {}),
        "method": ("profiles", {}),
        "protect_scale": (10.0, {"method": "profiles"}),
        "adaptive": (False, {"method": "profiles"}),
        "source_nsigma": (10.0, {}),
        "exclude_above": ("level", {}),
        "exclude_file": ([Region("circle", ((60.0, 60.0),), (30.0,))], {}),
        "coronagraphs": ("leave", {"coronagraphs": "own"}),
        "min_pixels": (200, {}),
    },
    "warm_pixels": {
        "nsigma": (8.0, {}),
        "fraction": (1.0, {"blinking": 0.0}),
        "min_exposures": (100, {}),
        "min_separation": (20.0, {}),
        "box": (15, {}),
        "cold": (True, {}),
        "blinking": (0.0, {}),
        "pattern_sigma": (100.0, {}),
        "do_not_use": (False, {}),
    },
    "pullupdown": {
        "sources_file": ([Region("circle", ((100.0, 120.0),), (5.0,))], {}),
        "find": (False, {}),
        "brighter_than": (None, {}),
        "top": (False, {}),
        "bottom": (False, {}),
        "left": (False, {}),
        "right": (False, {}),
        "width": (10, {}),
        "offset": (60, {}),
        "source_nsigma": (20.0, {}),
        "significance": (100.0, {}),
    },
}
"""By stage and parameter: another value, and the settings with which it acts."""

BASE: dict[str, dict[str, Any]] = {
    "sky": {"min_exposures": 1},
    "pullupdown": {"brighter_than": 300.0},
    "level_match": {"group": "exposure", "box": 8},
}

IDLE: dict[str, dict[str, dict[str, Any]]] = {
    "areas": {"margin": {"lyot": False, "coronagraphs": False}},
    "sky": {
        "leave_one_out": {"method": "median"},
        "min_separation": {"method": "median"},
        "clip_low": {"method": "median"},
        "clip_high": {"method": "median"},
        "match_background": {"method": "self"},
        "sources_from": {"mask_sources": False},
        "source_threshold": {"mask_sources": False},
        "source_grow": {"mask_sources": False},
    },
    "pullupdown": {"brighter_than": {"find": False}},
    "stripes": {"protect_scale": {"method": "joint"}, "adaptive": {"method": "joint"}},
}
"""By stage and parameter: the settings with which it does not act."""
