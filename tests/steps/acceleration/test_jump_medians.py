import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from miri_widgets.steps.acceleration.jump_medians import (
    calc_med_first_diffs,
    median_without_nan,
    run_jump_detection,
)


def nanmedian(values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.nanmedian(values, axis=(0, 1))


@settings(max_examples=300, deadline=None)
@given(st.data(), array_shapes(min_dims=4, max_dims=4, max_side=7), st.sampled_from([np.float32, np.float64]))
def test_medians_are_those_of_numpy(draw, shape, kind):
    width = np.dtype(kind).itemsize * 8
    values = draw.draw(arrays(kind, shape, elements=st.floats(width=width)))
    result = median_without_nan(values.copy())
    assert result.dtype == kind
    assert np.array_equal(result, nanmedian(values), equal_nan=True)


@pytest.mark.parametrize("length", [1, 2, 9, 599, 600, 700])
def test_medians_of_few_and_of_many_values(length):
    random = np.random.default_rng(length)
    values = random.normal(size=(1, length, 5, 6)).astype("float32")
    values[random.random(values.shape) < 0.2] = np.nan
    values[..., 2, 3] = np.nan
    assert np.array_equal(median_without_nan(values), nanmedian(values), equal_nan=True)


@settings(max_examples=200, deadline=None)
@given(st.data(), array_shapes(min_dims=3, max_dims=4, max_side=7), st.sampled_from([np.float32, np.float64]))
def test_clipped_medians_are_those_of_the_pipeline(draw, shape, kind):
    from stcal.jump.twopoint_difference import calc_med_first_diffs as stock

    few = st.sampled_from([0.0, 1.0, 2.5, 7.0, float("nan"), float("inf")])
    width = np.dtype(kind).itemsize * 8
    values = draw.draw(arrays(kind, shape, elements=few | st.floats(width=width)))
    kept = values.copy()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stock(values.copy())
        result = calc_med_first_diffs(values)
    assert result.dtype == expected.dtype
    assert np.array_equal(result, expected, equal_nan=True)
    assert np.array_equal(values, kept, equal_nan=True)


def parameters(nints, ngroups, **changes):
    from stcal.jump.twopoint_difference_class import TwoPointParams

    values = {
        "normal_rej_thresh": 4.0, "two_diff_rej_thresh": 4.0, "three_diff_rej_thresh": 4.0, "nframes": 1,
        "flag_4_neighbors": True, "max_jump_to_flag_neighbors": 200, "min_jump_to_flag_neighbors": 10,
        "fl_good": 0, "fl_dnu": 1, "fl_sat": 2, "fl_jump": 4, "fl_ngv": 8, "fl_ref": 16,
        "after_jump_flag_e1": 0.0, "after_jump_flag_n1": 0, "after_jump_flag_e2": 0.0, "after_jump_flag_n2": 0,
        "minimum_groups": 3, "minimum_sigclip_groups": 100, "only_use_ints": True, "min_diffs_single_pass": 10,
    } | changes  # fmt: skip
    made = TwoPointParams()
    for name, value in values.items():
        setattr(made, name, value)
    made.dt_group = np.ones(ngroups - 1, dtype="float32")
    made.n_reads_groupdiff = np.ones(ngroups - 1, dtype="float32")
    return made


@pytest.mark.parametrize(
    "nints, ngroups, changes",
    [
        (1, 5, {}),
        (1, 14, {}),
        (3, 6, {}),
        (2, 12, {"minimum_sigclip_groups": 8, "only_use_ints": False}),
        (1, 20, {"minimum_sigclip_groups": 12}),
        (1, 8, {"after_jump_flag_e1": 20.0, "after_jump_flag_n1": 2}),
    ],
)
def test_flags_are_those_of_the_pipeline(nints, ngroups, changes, monkeypatch):
    from stcal.jump import twopoint_difference as stcal_module

    random = np.random.default_rng(ngroups * nints)
    data = np.cumsum(random.normal(20, 6, (nints, ngroups, 40, 30)), axis=1).astype("float32")
    hits = random.random(data.shape) < 0.01
    data += np.cumsum(np.where(hits, random.uniform(50, 3000, data.shape), 0), axis=1).astype("float32")
    flags = np.zeros(data.shape, "uint8")
    flags[random.random(data.shape) < 0.03] = 1
    flags[:, ngroups // 2 :][random.random(data[:, ngroups // 2 :].shape) < 0.03] = 2
    flags[:, :, 3, 4] = 1
    noise = random.uniform(0, 8, data.shape[2:]).astype("float32")
    noise[5, 6] = 0

    def find():
        return stcal_module.find_crs(data.copy(), flags.copy(), noise, parameters(nints, ngroups, **changes))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = find()
        monkeypatch.setattr(stcal_module, "run_jump_detection", run_jump_detection)
        monkeypatch.setattr(stcal_module, "calc_med_first_diffs", calc_med_first_diffs)
        result = find()
    assert np.count_nonzero(expected[0] & 4) > 50
    for mine, theirs in zip(result[:3], expected[:3], strict=True):
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()
    assert result[3] == expected[3]
