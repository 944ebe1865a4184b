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
    "detector1:gain_scale": "skip",
    "image2:photom": "apply_time_correction",
    "image3:tweakreg": "sigma_radius connectivity nlevels contrast multithresh_mode deblend enforce_user_order searchrad use2dhist abs_searchrad abs_use2dhist",
    "image3:outlier_detection": "good_bits pixmap_stepsize",
    "image3:source_catalog": "ci1_star_threshold ci2_star_threshold connectivity contrast deblend multithresh_mode nlevels",
}
"""
By stage and step, parameters that were read to act, and whose trial changes no product yet: `make fuzz` makes it, days do not.

Most of them decide about faint, blended or misplaced sources, of which these exposures of few and bright stars have none.
"""


def is_seen(stage: str, step: str, label: str) -> bool:
    """Return whether the trial of a parameter was seen to show that it acts."""
    return label not in UNSEEN.get(f"{stage}:{step}", "").split()
