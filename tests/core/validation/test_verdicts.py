"""Laws of verdicts: more harm never gives a better one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.validation.figures import Bin, Change, Extended, Proof
from miri_widgets.core.validation.findings import findings, headline
from miri_widgets.core.validation.verdicts import GRADES, LIMITS, SIGNIFICANT, grade, is_significant, worst

names = st.sampled_from(sorted(LIMITS))
values = st.floats(-2, 2)
errors = st.floats(0, 0.5)


def discs(kept, err=0.01, sizes=(3.0, 7.0, 15.0)):
    return tuple(Extended(size, brightness, kept, err, 6) for size in sizes for brightness in (0.2, 1.0))


GOOD = Proof(
    sources=200, places=50, flux_bias=0.001, flux_bias_err=0.001, flux_bias_median=0.0, noise_ratio=1.02,
    noise_ratio_err=0.01, noise_over_err=Change(1.0, 1.0, 0.02, 0.02), pixel_noise=0.1, unit="MJy/sr",
    bins=(Bin(10, 30, 0.001, 0.002, 60),), extended=discs(0.99),
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
def test_a_larger_error_never_accuses_of_harm(name, value, err, more):
    """It may make a figure useless, which is doubtful, and no more."""
    before, after = grade(name, value, err), grade(name, value, err + more)
    useless = LIMITS[name].required and LIMITS[name].sigmas * (err + more) > LIMITS[name].harm
    assert rank(after) <= max(rank(before), rank("doubtful") if useless else 0)


@settings(deadline=None, max_examples=200)
@given(names, st.floats(0, 2), st.floats(0, 2), errors, st.floats(0, 1))
def test_larger_and_more_significant_loss_never_reads_better(name, value, more, err, part):
    if is_significant(value, err):
        assert rank(grade(name, value + more, part * err)) >= rank(grade(name, value, err))


@given(names, errors)
def test_what_was_not_measured_is_doubtful(name, err):
    assert grade(name, float("nan"), err) == "doubtful"
    assert grade(name, 1.0, float("inf")) == grade(name, 0.0, float("nan")) == "doubtful"


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
    "patch": lambda x: {
        "extended": discs(0.99 - x), "sky_structure": 1.0, "sky_structure_err": 0.1, "sky_structure_lost": 0.0,
        "sky_structure_lost_err": 0.01,
    },
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
    lost = {"extended": discs(0.99, sizes=(3.0,)) + discs(0.6, sizes=(7.0, 15.0))}
    assert verdict(replace(GOOD, **lost)) == "doubtful"
    assert verdict(replace(GOOD, **lost, sky_structure=1.0, sky_structure_err=0.1)) == "harm"


def test_harm_to_faint_light_can_be_reached_without_structure_in_the_field():
    assert verdict(replace(GOOD, extended=discs(0.6, sizes=(3.0,)))) == "harm"


def test_the_worse_of_two_brightnesses_counts():
    faint = (Extended(3.0, 0.2, 0.6, 0.01, 6), Extended(3.0, 1.0, 1.0, 0.01, 6))
    assert verdict(replace(GOOD, extended=faint)) == "harm"
    assert verdict(replace(GOOD, extended=faint[::-1])) == "harm"


def test_light_of_the_field_whose_loss_is_not_known_is_doubtful():
    unknown = {"sky_structure": 1.0, "sky_structure_err": 0.1, "sky_structure_lost": float("nan")}
    assert verdict(replace(GOOD, **unknown)) == "doubtful"
    # neither does a known loss of the field make up for patches that could not be measured
    alone = {"extended": (), "sky_structure_lost": 0.0, "sky_structure_lost_err": 0.01}
    assert verdict(replace(GOOD, **alone)) == "doubtful"


def test_words_name_number_error_and_unit():
    said = " ".join(one.sentence for one in findings(replace(GOOD, flux_bias=-0.02, extended=discs(0.62))))
    assert "\N{MINUS SIGN}2.0 \N{PLUS-MINUS SIGN} 0.1 %" in said
    assert (
        "38.0 \N{PLUS-MINUS SIGN} 1.0 % of their light at 0.2 times the noise of a pixel: do not use this step on nebulae"
        in said
    )
    assert "MJy/sr" in said


def test_a_crowded_field_is_told():
    said = [one.sentence for one in findings(replace(GOOD, masked_fraction=0.7))]
    assert any("crowded" in one for one in said)
    assert not any("crowded" in one.sentence for one in findings(GOOD))
    # a step that leaves the signal alone may be used everywhere
    alone = replace(
        GOOD, masked_fraction=0.7, flux_bias=0.0, noise_ratio=1.0, extended=discs(1.0), level_change=0.0
    )
    assert not any("crowded" in one.sentence for one in findings(alone))


SIZES = (0.0, 0.002, 0.01, 0.03, 0.049, 0.051, 0.064, 0.1, 0.2, 0.5)
ERRORS = (0.001, 0.003, 0.009, 0.02, 0.05, 0.09)


def told_of_disc(lost, err, **more):
    proof = replace(GOOD, extended=discs(1 - lost, err, sizes=(3.0,)), **more)
    found = findings(proof)
    return found, next(one for one in found if "Added discs" in one.sentence)


def test_seven_sigma_loss_of_faint_emission_is_not_headed_by_no_harm():
    """6.4 +- 0.9 % of emission of 3 arcsec, in a field of a lensing cluster."""
    found, disc = told_of_disc(0.064, 0.009)
    assert disc.grade == "doubtful"
    assert "radius 3 arcsec lose 6.4 \N{PLUS-MINUS SIGN} 0.9 % of their light" in disc.sentence
    assert "take care" in disc.sentence
    assert headline(worst([one.grade for one in found]), [one.sentence for one in found]) == "doubtful"


@pytest.mark.parametrize("structured", [False, True])
def test_words_follow_size_and_significance_over_a_grid(structured):
    known = {"sky_structure_lost": 0.0, "sky_structure_lost_err": 0.01}
    more = {"sky_structure": 1.0, "sky_structure_err": 0.1, **known} if structured else {}
    for err in ERRORS:
        ranks = []
        for lost in SIZES:
            found, disc = told_of_disc(lost, err, **more)
            ranks.append(rank(disc.grade))
            significant = lost > SIGNIFICANT * err + 1e-9
            head = headline(worst([one.grade for one in found]), [one.sentence for one in found])
            if significant and lost > 0.05:
                assert disc.grade != "good" and head != "no harm found"
            elif significant:
                assert "small but significant" in disc.sentence
                assert disc.grade == "good" and head == "small but significant change"
            else:
                assert disc.grade == "good" and "significant" not in disc.sentence
        assert ranks == sorted(ranks)


@pytest.mark.parametrize("err", [0.0005, 0.002, 0.01, 0.04])
def test_words_do_not_alarm_where_nothing_was_lost(err):
    """A simulated null: the figures scatter by their error about no change."""
    rng = np.random.default_rng(5)
    heads = []
    for flux, disc, noise in rng.normal(0, 1, (400, 3)):
        proof = replace(
            GOOD, flux_bias=flux * min(err, 0.004), flux_bias_err=min(err, 0.004),
            extended=discs(1 - disc * err, err, sizes=(3.0,)), noise_ratio=1 + noise * err, noise_ratio_err=err,
        )  # fmt: skip
        found = findings(proof)
        heads.append(headline(worst([one.grade for one in found]), [one.sentence for one in found]))
    # three figures, each beyond three of its errors once in 370 times
    assert heads.count("no harm found") >= 0.98 * len(heads)
    assert "harm" not in heads


def test_figures_too_uncertain_to_exclude_harm_are_doubtful():
    flux = findings(replace(GOOD, flux_bias=0.001, flux_bias_err=0.02))[0]
    assert flux.grade == "doubtful" and "too uncertain" in flux.sentence
    noise = next(one for one in findings(replace(GOOD, noise_ratio_err=0.3)) if "noise" in one.sentence)
    assert noise.grade == "doubtful" and "too uncertain" in noise.sentence


NOT_MEASURED = {
    "flux": {"sources": 3},
    "noise": {"noise_ratio": float("nan")},
    "ERR": {"noise_over_err": Change(1.0, float("nan"), 0.1, float("nan"))},
    "structure": {"structure": {"gradient": Change()}},
    "S/N": {"bins": (Bin(10, 30, 0.001, 0.002, 60), Bin(30, 100, float("nan"), float("nan"), 0))},
    "few of a S/N": {"bins": (Bin(10, 30, 0.001, 0.002, 60), Bin(30, 100, 0.0, 0.001, 3))},
    "extended emission": {"extended": ()},
    "15 arcsec": {
        "extended": (*discs(0.99, sizes=(3.0, 7.0)), Extended(15.0, 0.2), Extended(15.0, 1.0, 0.99, 0.01, 4))
    },
    "usable": {"area_lost": float("nan")},
}


@pytest.mark.parametrize("what", NOT_MEASURED)
def test_a_figure_that_could_not_be_had_is_doubtful_in_words(what):
    found = [one for one in findings(replace(GOOD, **NOT_MEASURED[what])) if one.grade != "good"]
    assert [one.grade for one in found] == ["doubtful"]
    assert "nan" not in found[0].sentence and len(found[0].sentence) > 30


def test_a_step_that_changes_no_value_needs_no_noise_to_be_judged():
    same = replace(
        GOOD, unchanged=True, flux_bias=0.0, noise_ratio=float("nan"), extended=(),
        structure={"gradient": Change()}, level_change=0.0,
    )  # fmt: skip
    assert verdict(same) == "good"
