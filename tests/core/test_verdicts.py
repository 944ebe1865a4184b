"""Laws of verdicts: more harm never gives a better one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.proof import Bin, Change, Proof
from miri_widgets.core.proof_words import findings
from miri_widgets.core.verdicts import GRADES, LIMITS, grade, worst

names = st.sampled_from(sorted(LIMITS))
values = st.floats(-2, 2)
errors = st.floats(0, 0.5)

GOOD = Proof(
    sources=200, places=50, flux_bias=0.001, flux_bias_err=0.001, flux_bias_median=0.0, noise_ratio=1.02,
    noise_ratio_err=0.01, noise_over_err=Change(1.0, 1.0, 0.02, 0.02), pixel_noise=0.1, unit="MJy/sr",
    bins=(Bin(10, 30, 0.001, 0.002, 60),), patch_kept=0.99, patch_kept_err=0.01, patch_fwhm_arcsec=6.0,
    structure={"column_rms": Change(0.02, 0.005, 0.001, 0.001)}, sky_structure=0.001, sky_structure_err=0.001,
    masked_fraction=0.2, newly_flagged=0.0, area_lost=0.0,
)  # fmt: skip


def rank(word):
    return GRADES.index(word)


def verdict(proof):
    return worst([one.grade for one in findings(proof)])


@settings(deadline=None, max_examples=200)
@given(names, values, st.floats(0, 2), errors)
def test_more_harm_is_never_better(name, value, more, err):
    assert rank(grade(name, value + more, err)) >= rank(grade(name, value, err))


@settings(deadline=None, max_examples=200)
@given(names, values, errors, st.floats(0, 1))
def test_a_larger_error_never_accuses(name, value, err, more):
    assert rank(grade(name, value, err + more)) <= rank(grade(name, value, err))


@given(names, errors)
def test_what_was_not_measured_accuses_nobody(name, err):
    assert grade(name, float("nan"), err) == "good"
    assert grade(name, 1.0, float("inf")) == "good"


@given(st.lists(st.sampled_from(GRADES)), st.sampled_from(GRADES))
def test_the_worst_counts(grades, more):
    assert rank(worst([*grades, more])) == max(rank(worst(grades)), rank(more))


def test_every_limit_has_its_reason_and_order():
    for limit in LIMITS.values():
        assert 0 <= limit.doubtful <= limit.harm
        assert len(limit.reason) > 20


def test_the_good_case_is_good():
    assert verdict(GOOD) == "good", findings(GOOD)


worse = {
    "flux": lambda x: {"flux_bias": -x / 10},
    "bins": lambda x: {"bins": (Bin(10, 30, x / 5, 0.001, 60),)},
    "noise": lambda x: {"noise_ratio": 1.02 + x},
    "err": lambda x: {"noise_over_err": Change(1.0, 1 + x, 0.01, 0.01)},
    "structure": lambda x: {"structure": {"row_rms": Change(0.01, 0.01 + x / 10, 0.001, 0.001)}},
    "patch": lambda x: {"patch_kept": 0.99 - x, "sky_structure": 1.0, "sky_structure_err": 0.1},
    "sky": lambda x: {
        "sky_structure_lost": x, "sky_structure_lost_err": 0.01, "sky_structure": 1.0, "sky_structure_err": 0.1
    },
    "area": lambda x: {"area_lost": x},
    "nan": lambda x: {"unflagged_nan": round(1000 * x)},
    "flags": lambda x: {"flags_taken": round(1000 * x)},
}  # fmt: skip


@pytest.mark.parametrize("name", worse)
def test_each_harm_is_found_and_grows(name):
    ranks = [rank(verdict(replace(GOOD, **worse[name](x)))) for x in (0.0, 0.05, 0.12, 0.3, 0.6, 0.9)]
    assert ranks == sorted(ranks)
    assert ranks[0] == rank("good")
    assert ranks[-1] == rank("harm")


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(worse)), st.sampled_from(sorted(worse)), st.floats(0, 1), st.floats(0, 1))
def test_a_second_harm_does_not_hide_the_first(one, other, x, y):
    first = replace(GOOD, **worse[one](x))
    both = replace(GOOD, **{**worse[other](y), **worse[one](x)})
    assert rank(verdict(both)) >= rank(verdict(first))


def test_faint_light_counts_where_there_is_some():
    lost = {"patch_kept": 0.75}
    assert verdict(replace(GOOD, **lost)) == "good"
    assert verdict(replace(GOOD, **lost, sky_structure=1.0, sky_structure_err=0.1)) == "harm"


def test_words_name_number_error_and_unit():
    said = " ".join(one.sentence for one in findings(replace(GOOD, flux_bias=-0.02, patch_kept=0.62)))
    assert "\N{MINUS SIGN}2.0 \N{PLUS-MINUS SIGN} 0.1 %" in said
    assert "38.0 \N{PLUS-MINUS SIGN} 1.0 % of its flux: do not use this step on nebulae" in said
    assert "MJy/sr" in said


def test_a_crowded_field_is_told():
    said = [one.sentence for one in findings(replace(GOOD, masked_fraction=0.7))]
    assert any("crowded" in one for one in said)
    assert not any("crowded" in one.sentence for one in findings(GOOD))
    # a step that leaves the signal alone may be used everywhere
    alone = replace(
        GOOD, masked_fraction=0.7, flux_bias=0.0, noise_ratio=1.0, patch_kept=1.0, level_change=0.0
    )
    assert not any("crowded" in one.sentence for one in findings(alone))
