"""What masks cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.validation.mask_validation import prove_masks
from miri_widgets.errors import ParameterError

seeds = st.integers(0, 2**32 - 1)
SHAPE = (80, 90)


def mask(seed, share):
    return np.random.default_rng(seed).uniform(size=SHAPE) < share


def prove(*masks, usable=None, **more):
    good = [np.ones(SHAPE, bool) if usable is None else usable for _ in masks]
    return prove_masks(masks, good, [2.5] * len(masks), [f"e{n}" for n in range(len(masks))], **more)


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(0.01, 0.4))
def test_the_mean_loss_is_the_masked_part(seed, share):
    one = mask(seed, share)
    proof = prove(one, sources=4000)
    assert -proof.flux_bias == pytest.approx(one.mean(), abs=5 * proof.flux_bias_err + 0.03 * share)
    assert proof.area_lost == pytest.approx(one.mean())


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(0.0, 0.2), st.floats(0.0, 0.2))
def test_a_larger_mask_never_gets_a_better_verdict(seed, share, more):
    order = ["good", "doubtful", "harm"]
    one = mask(seed, share)
    both = one | mask(seed + 1, more)
    first, second = prove(one), prove(both)
    assert order.index(second.verdict) >= order.index(first.verdict)
    assert second.flux_bias <= first.flux_bias + 1e-9


@settings(deadline=None, max_examples=10)
@given(seeds)
def test_pixels_that_were_unusable_before_are_no_loss(seed):
    usable = np.random.default_rng(seed).uniform(size=SHAPE) < 0.8
    proof = prove(~usable, usable=usable)
    assert proof.verdict == "good" and proof.flux_bias == 0 and proof.area_lost == 0


def test_nothing_masked_is_no_harm_and_the_worst_exposure_is_named():
    assert prove(mask(1, 0)).verdict == "good"
    proof = prove(mask(1, 0.001), mask(2, 0.3))
    assert proof.verdict == "harm" and "in e1." in proof.sentences[1]
    assert prove(mask(1, 0.01), seed=3).to_dict() == prove(mask(1, 0.01), seed=3).to_dict()


def test_no_exposure_is_a_sentence():
    with pytest.raises(ParameterError, match="no mask"):
        prove_masks([], [], [], [])
