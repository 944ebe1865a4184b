"""Laws of the rate that integrations give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS
from miri_widgets.core.rates.rate_check import compare_rates, rate_from_integrations
from miri_widgets.errors import MixedExposuresError, ParameterError

DNU, SAT = 1 << BITS["DO_NOT_USE"], 1 << BITS["SATURATED"]
SHAPE = (4, 8, 9)

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["read noise", "total", "none"])
some = settings(deadline=None, max_examples=30)


def integrations(seed, shape=SHAPE, rate=50.0):
    rng = np.random.default_rng(seed)
    poisson = rng.uniform(0.5, 2.0, shape)
    rnoise = rng.uniform(0.1, 4.0, shape)
    sci = rng.normal(rate, np.sqrt(poisson + rnoise))
    return [part.astype(np.float32) for part in (sci, poisson, rnoise)] + [np.zeros(shape, np.uint32)]


@some
@given(seeds, kinds, st.floats(0.01, 100))
def test_rate_follows_scale(seed, kind, scale):
    sci, poisson, rnoise, dq = integrations(seed)
    one = rate_from_integrations(sci, poisson, rnoise, dq, weighting=kind)
    other = rate_from_integrations(scale * sci, scale**2 * poisson, scale**2 * rnoise, dq, weighting=kind)
    np.testing.assert_allclose(other.sci, scale * one.sci, rtol=1e-4)
    np.testing.assert_allclose(other.err, scale * one.err, rtol=1e-4)


@some
@given(seeds, st.sampled_from(["read noise", "none"]), st.floats(-1e3, 1e3))
def test_rate_follows_shift(seed, kind, shift):
    sci, poisson, rnoise, dq = integrations(seed)
    one = rate_from_integrations(sci, poisson, rnoise, dq, weighting=kind)
    other = rate_from_integrations(sci + np.float32(shift), poisson, rnoise, dq, weighting=kind)
    np.testing.assert_allclose(other.sci, one.sci + shift, rtol=1e-4, atol=1e-3)
    assert np.array_equal(other.err, one.err)


@some
@given(seeds, kinds, st.permutations(range(4)))
def test_order_of_integrations_does_not_matter(seed, kind, order):
    parts = integrations(seed)
    one = rate_from_integrations(*parts, weighting=kind)
    other = rate_from_integrations(*(part[list(order)] for part in parts), weighting=kind)
    np.testing.assert_allclose(other.sci, one.sci, rtol=1e-6)
    np.testing.assert_allclose(other.err, one.err, rtol=1e-6)


@some
@given(seeds, kinds, st.sampled_from([np.nan, np.inf, 1e30]))
def test_integrations_that_are_not_usable_do_not_count(seed, kind, value):
    sci, poisson, rnoise, dq = integrations(seed)
    bad = np.random.default_rng(seed).random(sci.shape) < 0.4
    dq[bad] = DNU
    one = rate_from_integrations(sci, poisson, rnoise, dq, weighting=kind)
    other = rate_from_integrations(np.where(bad, value, sci), poisson, rnoise, dq, weighting=kind)
    assert np.array_equal(one.sci, other.sci, equal_nan=True)
    assert np.array_equal(one.err, other.err, equal_nan=True)
    assert np.array_equal(one.count, (~bad).sum(axis=0))


@some
@given(seeds, kinds)
def test_rate_lies_within_its_integrations_and_err_below_theirs(seed, kind):
    sci, poisson, rnoise, dq = integrations(seed)
    found = rate_from_integrations(sci, poisson, rnoise, dq, weighting=kind)
    assert (found.sci >= sci.min(axis=0) - 1e-3).all()
    assert (found.sci <= sci.max(axis=0) + 1e-3).all()
    assert (found.err <= np.sqrt(poisson + rnoise).max(axis=0)).all()
    np.testing.assert_allclose(found.err**2, found.var_poisson + found.var_rnoise, rtol=1e-4)


@some
@given(seeds, kinds)
def test_one_integration_is_the_rate(seed, kind):
    sci, poisson, rnoise, dq = integrations(seed, (1, 5, 6))
    found = rate_from_integrations(sci, poisson, rnoise, dq, weighting=kind)
    np.testing.assert_allclose(found.sci, sci[0], rtol=1e-6)
    np.testing.assert_allclose(found.err, np.sqrt(poisson + rnoise)[0], rtol=1e-5)
    assert not compare_rates(sci[0], dq[0], found.err, found).differs.any()


def test_err_is_the_scatter_of_the_rate():
    rng = np.random.default_rng(5)
    rnoise = np.broadcast_to(np.float32([4.0, 1.0, 0.25])[:, None, None], (3, 100, 100))
    poisson = np.full_like(rnoise, 1e-6)
    sci = rng.normal(10.0, np.sqrt(rnoise)).astype(np.float32)
    found = rate_from_integrations(sci, poisson, rnoise, np.zeros(sci.shape, np.uint32))
    assert found.sci.std() == pytest.approx(found.err.mean(), rel=0.03)


@some
@given(seeds)
def test_inputs_are_not_modified(seed):
    parts = integrations(seed)
    before = [part.copy() for part in parts]
    found = rate_from_integrations(*parts)
    compare_rates(found.sci, parts[3][0], found.err, found)
    assert all(np.array_equal(one, other) for one, other in zip(parts, before, strict=True))


@some
@given(seeds)
def test_every_difference_has_a_reason_and_nothing_else_has(seed):
    rng = np.random.default_rng(seed)
    sci, poisson, rnoise, dq = integrations(seed)
    dq |= rng.choice([0, 0, 0, DNU, SAT], sci.shape).astype(np.uint32)
    sci[rng.random(sci.shape) < 0.1] = np.nan
    found = rate_from_integrations(sci, poisson, rnoise, dq)
    rate, rate_dq = found.sci.copy(), np.where(np.isnan(found.sci), DNU, 0).astype(np.uint32)
    assert not compare_rates(rate, rate_dq, found.err, found).differs.any()
    plain = rate_from_integrations(sci, poisson, rnoise, dq, weighting="none")
    compared = compare_rates(rate, rate_dq, found.err, plain)
    assert np.array_equal(compared.differs, compared.reasons != 0)
    assert compared.facts["other"] == 0
    assert compared.facts["differ"] == compared.differs.sum()


def test_reasons_are_told_in_words():
    sci, poisson, rnoise, dq = integrations(1, (2, 2, 3))
    found = rate_from_integrations(sci, poisson, np.ones_like(rnoise), dq)
    rate, rate_dq = found.sci.copy(), np.zeros((2, 3), np.uint32)
    rate[0, 0] += 5
    rate[0, 1] = np.nan
    compared = compare_rates(rate, rate_dq, found.err, found)
    assert compared.facts["other"] == compared.facts["no_rate"] == 1
    assert any("nothing in the integrations explains it" in line for line in compared.sentences)
    assert any("although integrations have" in line for line in compared.sentences)
    same = compare_rates(found.sci, rate_dq, found.err, found)
    assert same.sentences == ("The rate is what its integrations give, in all 6 pixels that have both.",)


def test_defect_unweighted_mean():
    sci = np.float32([2000.0, 3000.0]).reshape(2, 1, 1)
    rnoise = np.float32([100.0, 1.0]).reshape(2, 1, 1)
    found = rate_from_integrations(sci, np.full_like(sci, 1e-3), rnoise, np.zeros(sci.shape, np.uint32))
    assert found.sci[0, 0] == pytest.approx((2000 / 100 + 3000) / 1.01, rel=1e-6)


def test_defect_no_value_becomes_rate_zero():
    sci, poisson, rnoise, dq = integrations(2)
    sci[:, 0, 0] = np.nan
    dq[:, 1, 1] = DNU
    found = rate_from_integrations(sci, poisson, rnoise, dq)
    for pixel in ((0, 0), (1, 1)):
        assert np.isnan([found.sci[pixel], found.err[pixel], found.var_rnoise[pixel]]).all()
        assert found.count[pixel] == 0


def test_defect_nan_integration_dilutes_the_rate():
    sci, poisson, rnoise, dq = integrations(3, rate=2000.0)
    sci[1:, 0, 0] = np.nan
    assert rate_from_integrations(sci, poisson, rnoise, dq).sci[0, 0] == sci[0, 0, 0]


def test_what_does_not_belong_together_is_refused():
    sci, poisson, rnoise, dq = integrations(4)
    with pytest.raises(MixedExposuresError, match="one shape"):
        rate_from_integrations(sci, poisson[:1], rnoise, dq)
    with pytest.raises(ParameterError, match="weighting"):
        rate_from_integrations(sci, poisson, rnoise, dq, weighting="heavy")
    found = rate_from_integrations(sci, poisson, rnoise, dq)
    with pytest.raises(MixedExposuresError, match="rateints"):
        compare_rates(sci[0, :2], dq[0, :2], sci[0, :2], found)
