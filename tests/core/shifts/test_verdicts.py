"""Verdicts get no worse by better evidence, and what fails takes its shift along the stated chain."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.shifts.choices import trust_shifts
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.measurements import GroupShift, Measurement
from miri_widgets.core.shifts.verdicts import Evidence, Judgement, Limits, Verdict, judge

RANK = {Verdict.PASS: 0, Verdict.WEAK: 1, Verdict.FAIL: 2}
length = st.floats(0, 0.3)
evidence = st.builds(
    Evidence,
    exposures=st.integers(8, 10),
    used=st.integers(0, 8),
    shared=st.integers(0, 8),
    overlaps=st.integers(0, 3),
    err=length,
    tied=st.booleans(),
    matches=st.one_of(st.none(), st.floats(0, 100)),
    significance=st.one_of(st.just(math.nan), st.floats(0, 20)),
    rms=length,
    disagreement=length,
)


@given(evidence, st.data())
def test_better_evidence_never_makes_it_worse(one, data):
    better = replace(
        one,
        used=data.draw(st.integers(one.used, 8)),
        shared=data.draw(st.integers(0, one.shared)),
        overlaps=one.overlaps + data.draw(st.integers(0, 2)),
        err=one.err * data.draw(st.floats(0, 1)),
        tied=one.tied or data.draw(st.booleans()),
        matches=None if one.matches is None else one.matches + data.draw(st.floats(0, 50)),
        significance=one.significance + data.draw(st.floats(0, 5)),
        rms=one.rms * data.draw(st.floats(0, 1)),
        disagreement=one.disagreement * data.draw(st.floats(0, 1)),
    )
    assert RANK[judge(better).verdict] <= RANK[judge(one).verdict]


@given(evidence)
def test_a_verdict_has_a_reason_and_a_worse_one_names_what_is_wrong(one):
    judgement = judge(one)
    assert judgement.reason
    assert ("exposures agree" in judgement.reason) == (judgement.verdict is Verdict.PASS)


GOOD = Evidence(exposures=4, used=4, err=0.002, matches=40, significance=15, rms=0.02, disagreement=0.004)


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, Verdict.PASS, "4 of 4 exposures agree"),
        ({"matches": 7}, Verdict.WEAK, "7 matched stars"),
        ({"matches": 3}, Verdict.FAIL, "3 matched stars"),
        ({"significance": 4.0}, Verdict.FAIL, "4.0 sigma above chance"),
        ({"rms": 0.07}, Verdict.WEAK, "70 mas"),
        ({"disagreement": 0.03}, Verdict.WEAK, "differ by 30 mas"),
        ({"disagreement": 1.4}, Verdict.FAIL, "differ by 1400 mas"),
        ({"err": 0.02}, Verdict.WEAK, "standard error 20 mas"),
        ({"used": 1}, Verdict.WEAK, "one exposure only"),
        ({"used": 0}, Verdict.FAIL, "no exposure was measured"),
        ({"used": 3, "exposures": 8}, Verdict.WEAK, "only 3 of 8 exposures count"),
        ({"used": 0, "overlaps": 3}, Verdict.WEAK, "3 overlaps"),
        ({"used": 0, "exposures": 0}, Verdict.FAIL, "not measured in this filter"),
        ({"used": 2, "exposures": 2, "matches": None}, Verdict.WEAK, "two exposures only"),
        ({"used": 2, "exposures": 2}, Verdict.PASS, "2 of 2"),
        ({"shared": 1, "used": 3}, Verdict.PASS, "1 of 4 exposures carry only"),
        ({"tied": False}, Verdict.WEAK, "relative"),
    ],
)
def test_reasons_in_words(change, verdict, words):
    judgement = judge(replace(GOOD, **change))
    assert judgement.verdict is verdict
    assert words in judgement.reason


def test_limits_may_be_changed():
    assert judge(GOOD, Limits(matches=(100, 50))).verdict is Verdict.FAIL


def group(name, star="", mjd=math.nan, visit="001"):
    return Group(name, (f"{name}e",), "01040", "001", visit, star, (mjd,))


def chosen(groups, verdicts, **options):
    shifts = {
        one.name: GroupShift(one.name, 0.1 * index, -0.1 * index, 0.002, 0.002, 0.0, 4, 4)
        for index, one in enumerate(groups, start=1)
    }
    judgements = {
        one.name: Judgement(verdict, ("because",)) for one, verdict in zip(groups, verdicts, strict=True)
    }
    return trust_shifts(groups, shifts, judgements, **options)


PASS, WEAK, FAIL = Verdict


def test_the_chain_goes_to_the_shorter_filter_first():
    groups = [group("a", "S1", 1), group("b", "S1", 2)]
    shorter = [replace(one, filter="F560W", dx=9.0) for one in chosen(groups, [PASS, PASS])]
    first, failed = chosen(groups, [PASS, FAIL], shorter=shorter, filter_name="F1000W")
    assert first.own and first.dx == pytest.approx(0.1)
    assert (failed.dx, failed.source, failed.verdict) == (9.0, "filter F560W, where it is PASS", FAIL)


def test_what_failed_or_was_borrowed_in_the_shorter_filter_is_not_taken():
    groups = [group("a", "S1", 1), group("b", "S1", 2)]
    shorter = chosen(groups, [PASS, FAIL], filter_name="F560W")
    assert not shorter[1].own
    failed = chosen(groups, [PASS, FAIL], shorter=shorter)[1]
    assert failed.source.startswith("group a")


def test_same_guide_star_comes_before_nearer_in_time():
    groups = [group("far", "S1", 1.0), group("near", "S2", 8.9), group("lost", "S1", 9.0)]
    lost = chosen(groups, [PASS, PASS, FAIL])[2]
    assert lost.source == "group far, on the same guide star"
    assert lost.dx_err > 0.009


def test_other_guide_stars_stand_in_only_when_asked_for_and_when_they_agree():
    groups = [group("far", "S1", 1.0), group("near", "S2", 8.9), group("lost", "S3", 9.0)]
    lost = chosen(groups, [PASS, PASS, FAIL])[2]
    assert (lost.dx, lost.dy, lost.verdict) == (0, 0, FAIL)
    assert "2 groups on other guide stars agree within 71 mas on (+0.150, -0.150) arcsec" in lost.source
    assert "only when other_guide_stars is set" in lost.source
    guess = chosen(groups, [PASS, PASS, FAIL], other_guide_stars=True)[2]
    assert (guess.dx, guess.dy) == pytest.approx((0.15, -0.15))
    # the scatter of 0.1 and 0.2
    assert (guess.dx_err, guess.dy_err) == pytest.approx((0.1 / math.sqrt(2),) * 2)
    assert guess.verdict is FAIL and guess.source.endswith("a guess")


def test_other_guide_stars_that_disagree_never_stand_in():
    groups = [group("one", "S1"), group("two", "S2"), group("three", "S3"), group("lost", "S4")]
    lost = chosen(groups, [PASS, PASS, PASS, FAIL], other_guide_stars=True)[3]
    assert (lost.dx, lost.dy) == (0, 0) and "disagree" in lost.source
    assert "0.14 arcsec from their mean" in lost.source


def test_one_group_cannot_agree_with_itself():
    lost = chosen([group("one", "S1"), group("lost", "S4")], [PASS, FAIL], other_guide_stars=True)[1]
    assert (lost.dx, lost.source) == (0, "zero: no shift can stand in")


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("what, value", [("program", "02729"), ("target", "ORION")])
@pytest.mark.parametrize("star", ["S1", "S9"])
def test_nothing_is_taken_from_another_program_or_target(asked, what, value, star):
    """The nearest in time may be of another field: a table of several programs is one file."""
    home = [replace(group(name, "S1", 1.0), target="LMC") for name in ("a", "b")]
    strangers = [replace(group(name, "S1", 2.0), **{"target": "LMC", what: value}) for name in ("x", "y")]
    lost = replace(group("lost", star, 2.0), target="LMC")
    found = chosen([*strangers, lost], [PASS, PASS, FAIL], other_guide_stars=asked)[2]
    assert (found.dx, found.dy, found.source) == (0, 0, "zero: no shift can stand in")
    found = chosen([lost], [FAIL], shorter=chosen(strangers, [PASS, PASS]), other_guide_stars=asked)[0]
    assert (found.dx, found.source) == (0, "zero: no shift can stand in")
    found = chosen([*strangers, *home, lost], [PASS] * 4 + [FAIL], other_guide_stars=asked)[4]
    # two visits on one other guide star agree whatever its error is
    expected = (
        (0.3, "group a, on the same guide star") if star == "S1" else (0, "zero: no shift can stand in")
    )
    assert (pytest.approx(found.dx), found.source) == expected


def test_targets_that_are_not_known_are_no_contradiction():
    groups = [group("a", "S1", 1.0), replace(group("lost", "S1", 2.0), target="LMC")]
    assert chosen(groups, [PASS, FAIL])[1].source == "group a, on the same guide star"


def test_what_was_never_measured_is_judged_by_what_it_takes():
    groups = [group("a", "S1", 1), group("b", "S1", 2), group("c", "S3", 3)]
    shifts = {"a": GroupShift("a", 0.1, 0.2, 0.002, 0.002, 0.0, 4, 4)}
    judgements = {"a": Judgement(PASS, ("because",))}
    _, same_star, guess = trust_shifts(groups, shifts, judgements, filter_name="F770W")
    assert (same_star.verdict, guess.verdict) == (WEAK, FAIL)
    assert same_star.source == "group a, on the same guide star" and same_star.dx == 0.1
    assert "not measured in this filter; taken from another group" in same_star.reason
    other = replace(chosen(groups, [PASS, PASS, WEAK])[2], filter="F560W", reason="few stars")
    _, _, in_other = trust_shifts(groups, shifts, judgements, filter_name="F770W", shorter=[other])
    assert (in_other.verdict, in_other.source) == (WEAK, "filter F560W, where it is WEAK")
    assert "in F560W: few stars" in in_other.reason


def test_groups_of_other_filters_serve_as_neighbours_after_those_of_the_own():
    groups = [group("a", "S1", 1), group("b", "S1", 2)]
    shorter = [replace(one, filter="F560W", dx=9.0) for one in chosen(groups, [PASS, FAIL])]
    failed = chosen(groups, [FAIL, FAIL], shorter=shorter)[1]
    assert (failed.dx, failed.source) == (9.0, "group a, on the same guide star")


def test_nearest_visit_where_times_are_not_known():
    groups = [group("a", "S1", visit="001"), group("b", "S1", visit="004"), group("lost", "S1", visit="005")]
    assert chosen(groups, [PASS, PASS, FAIL])[2].source.startswith("group b")


def test_the_common_shift_and_then_zero_end_the_chain():
    groups = [group("a", "S1", 1)]
    assert chosen(groups, [FAIL], shared={"a": (0.006, -1.64)})[0].dy == -1.64
    zero = chosen(groups, [FAIL])[0]
    assert (zero.dx, zero.dy) == (0, 0) and zero.source.startswith("zero")


def test_a_sparse_field_is_not_averaged_silently():
    rng = np.random.default_rng(1)
    rows = [
        Measurement(f"e{number}", "g", *rng.uniform(-0.5, 0.5, 2), matches=int(rng.integers(0, 4)))
        for number in range(4)
    ]
    (one,) = trust_run(rows, [Group("g", tuple(row.root for row in rows))]).shifts
    assert one.verdict is FAIL and "matched stars" in one.reason
    assert (one.dx, one.dy) == (0, 0)


def test_told_statuses_are_believed_when_asked():
    rows = [Measurement(f"e{n}", "g", 0.1, 0.2, matches=30) for n in range(4)]
    groups = [Group("g", tuple(row.root for row in rows))]
    assert trust_run(rows, groups).shifts[0].verdict is FAIL
    assert trust_run(rows, groups, find_shared=False).shifts[0].verdict is PASS


def test_estimates_with_other_zero_points_are_not_compared():
    rng = np.random.default_rng(3)
    first = [
        Measurement(f"{g}{n}", g, *rng.normal(0.5, 0.003, 2), matches=30) for g in "ab" for n in range(4)
    ]
    second = [replace(one, relative=True, dx=one.dx + 0.2) for one in first]
    groups = [Group(g, tuple(f"{g}{n}" for n in range(4))) for g in "ab"]
    assert all(one.verdict is PASS for one in trust_run(first, groups, second=second).shifts)


def test_two_estimates_that_disagree_fail():
    rng = np.random.default_rng(2)
    first = [Measurement(f"e{n}", "g", *rng.normal(0.1, 0.003, 2), matches=30) for n in range(4)]
    second = [Measurement(f"e{n}", "g", *rng.normal(0.9, 0.003, 2)) for n in range(4)]
    groups = [Group("g", tuple(row.root for row in first))]
    assert trust_run(first, groups).shifts[0].verdict is PASS
    (one,) = trust_run(first, groups, second=second).shifts
    assert one.verdict is FAIL and "two estimates differ" in one.reason
