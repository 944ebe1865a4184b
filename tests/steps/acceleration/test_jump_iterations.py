"""Jumps of short ramps against the pipeline's own search, flag by flag."""

import warnings

import numpy as np
import pytest

from miri_widgets.steps.acceleration import accelerated
from miri_widgets.steps.acceleration import jump_iterations as fast

from .test_jump_medians import parameters


def ramps(nints, ngroups, ny=40, nx=30, kind="float32"):
    random = np.random.default_rng(ngroups * nints + ny)
    data = np.cumsum(random.normal(20, 6, (nints, ngroups, ny, nx)), axis=1)
    hits = random.random(data.shape) < 0.02
    data += np.cumsum(np.where(hits, random.uniform(50, 3000, data.shape), 0), axis=1)
    diffs = np.diff(data, axis=1).astype(kind)
    diffs[random.random(diffs.shape) < 0.1] = np.nan
    if ny > 7 and nx > 7:
        diffs[..., 3, 4] = np.nan
        diffs[:, 1:, 5, 5] = np.nan
        diffs[..., 6, 6] = np.inf
        diffs[..., 7, 7] = 12.5  # all are the largest
    flags = random.integers(0, 3, (nints, ngroups, ny, nx)).astype("uint8")
    noise = random.uniform(0, 8, (ny, nx)).astype("float32")
    noise[0, 0] = 0
    return diffs, flags, noise


CASES = [
    (1, 2, {}),
    (1, 3, {}),
    (1, 5, {"two_diff_rej_thresh": 2.0, "three_diff_rej_thresh": 3.0}),
    (1, 14, {}),
    (3, 6, {}),
    (7, 4, {"normal_rej_thresh": 1.0}),
    (2, 9, {"normal_rej_thresh": 0.0}),
    (2, 9, {"normal_rej_thresh": -1.0}),
]


@pytest.mark.parametrize("medians", [True, False])
@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("nints, ngroups, changes", CASES)
def test_flags_are_those_of_the_pipeline(nints, ngroups, changes, kind, medians, monkeypatch):
    from stcal.jump import twopoint_difference as stcal_module

    monkeypatch.setattr(fast, "BLOCK", 1000)  # several pieces
    diffs, flags, noise = ramps(nints, ngroups, kind=kind)
    given = parameters(nints, ngroups, **changes)
    count = nints * (ngroups - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stcal_module.iterative_jump(flags.copy(), count, diffs.copy(), noise, given)
        with accelerated(() if medians else ("jump_clipped_medians",)):
            kept = diffs.copy()
            result = fast.iterative_jump(flags.copy(), count, diffs, noise, given)
    assert result.dtype == expected.dtype and np.array_equal(result, expected)
    assert np.array_equal(diffs, kept, equal_nan=True)
    assert np.any(expected != flags) or ngroups == 2


def test_one_step_of_time_for_all_groups_and_one_row():
    from stcal.jump import twopoint_difference as stcal_module

    diffs, flags, noise = ramps(2, 8, ny=1, nx=50)
    given = parameters(2, 8)
    given.dt_group, given.n_reads_groupdiff = np.ones(1, "float32"), np.ones(1, "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stcal_module.iterative_jump(flags.copy(), 14, diffs.copy(), noise, given)
        result = fast.iterative_jump(flags.copy(), 14, diffs, noise, given)
    assert np.array_equal(result, expected) and np.any(expected != flags)
