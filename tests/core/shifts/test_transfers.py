"""Shifts of one filter fill in for another: at its zero point, with its errors, and not when the filters disagree."""

import math
from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.core.shifts.choices import trust_shifts
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.core.shifts.transfers import transfer_shifts
from miri_widgets.core.shifts.verdicts import Verdict

GROUPS = tuple(
    Group(name, tuple(f"{name}{n}" for n in range(4)), guide_star=f"S{name}", times=(float(ord(name)),) * 4)
    for name in "abcd"
)
TRUE = {"a": (0.0, 0.0), "b": (0.8, -0.3), "c": (-1.2, 0.4), "d": (0.2, 1.4)}


def run(
    measured, *, relative=True, zero="a", failing="", filter_name="F770W", seed=1, wrong=0.0, noise=0.002
):
    """Solve the groups that are measured; those of `failing` have too few stars."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in measured:
        for root in next(one.roots for one in GROUPS if one.name == name):
            dx, dy = np.array(TRUE[name]) - (TRUE[zero] if relative else (0, 0)) + rng.normal(0, noise, 2)
            row = Measurement(root, name, dx + wrong, dy, noise, 40, 0.01, relative=relative)
            if name in failing:
                row = replace(row, matches=2, dx=dx + rng.uniform(-0.5, 0.5))
            elif relative and name == zero:
                row = replace(row, dx=0.0, dy=0.0, status=Status.REFERENCE, sigma=math.nan)
            rows.append(row)
    return trust_run(rows, GROUPS, reference=zero, filter_name=filter_name, find_shared=False)


def filled(first, other):
    transfer = transfer_shifts(other, first)
    shifts = trust_shifts(
        GROUPS, first.solution.shifts, first.judgements, filter_name="F770W", shorter=transfer.shifts
    )
    return {one.group.name: one for one in shifts}, transfer


def off(one, zero="a"):
    return math.hypot(
        one.dx - TRUE[one.group.name][0] + TRUE[zero][0], one.dy - TRUE[one.group.name][1] + TRUE[zero][1]
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("zero", ["b", "d"])
def test_a_failed_group_takes_the_shorter_filter_at_the_zero_point_of_the_own(seed, zero):
    """The two runs count from different groups: what is taken must not be off by their difference."""
    first = run("abcd", failing="c", seed=seed)
    assert first.judgements["c"].verdict is Verdict.FAIL
    found, transfer = filled(first, run("abcd", zero=zero, filter_name="F560W", seed=seed + 1))
    taken = found["c"]
    assert off(taken) < 0.006
    assert taken.source.startswith("filter F560W, where it is") and taken.verdict is Verdict.FAIL
    assert taken.dx_err > 0
    assert any("zero point of F560W was brought" in line for line in transfer.notes)
    assert all(found[name].own for name in "abd")


def test_the_error_of_the_zero_point_is_in_that_of_the_shift():
    other = run("abcd", zero="b", filter_name="F560W")
    (one,) = transfer_shifts(other, run("abcd", failing="c")).shifts
    alone = next(shift for shift in other.shifts if shift.group.name == "c")
    assert one.dx_err > alone.dx_err


def test_absolute_shifts_are_taken_as_they_are():
    first = run("abd", relative=False)
    found, transfer = filled(first, run("abcd", relative=False, filter_name="F560W", seed=2))
    assert off(found["c"]) < 0.006
    assert transfer.notes == ()
    # it failed at nothing, so it is judged by the filter that measured it
    assert found["c"].verdict is Verdict.PASS
    assert "not measured in this filter" in found["c"].reason and "in F560W: 4 of 4" in found["c"].reason


def test_absolute_shifts_without_common_groups_share_the_sky():
    found, _ = filled(run("ab", relative=False), run("cd", relative=False, filter_name="F560W"))
    assert max(off(found[name]) for name in "cd") < 0.006


def test_relative_shifts_without_common_groups_are_not_comparable():
    found, transfer = filled(run("ab"), run("cd", zero="c", filter_name="F560W"))
    assert transfer.shifts == ()
    assert "has a zero point of its own" in transfer.notes[0]
    assert found["c"].source.startswith("zero") and found["c"].verdict is Verdict.FAIL
    assert "2 groups on other guide stars disagree" in found["c"].source


@pytest.mark.parametrize("relative", [True, False])
def test_filters_that_disagree_on_common_groups_are_not_mixed(relative):
    first = run("abcd", failing="c", relative=relative)
    other = run("abcd", relative=relative, filter_name="F560W")
    bent = replace(
        other,
        shifts=tuple(replace(one, dx=one.dx + 0.2 * (one.group.name == "b")) for one in other.shifts),
    )
    found, transfer = filled(first, bent)
    assert transfer.shifts == ()
    assert "they disagree by" in transfer.notes[0]
    assert not found["c"].source.startswith("filter")


def test_a_smaller_disagreement_makes_it_weak():
    first = run("abd", relative=False)
    (one,) = transfer_shifts(run("abcd", relative=False, filter_name="F560W", wrong=0.03), first).shifts
    assert one.verdict is Verdict.WEAK
    assert "disagree by 3" in one.reason


def test_when_nothing_is_believed_the_other_filter_stands_for_all():
    found, _ = filled(
        run("abcd", failing="abcd", relative=False), run("abc", relative=False, filter_name="F560W")
    )
    assert max(off(found[name]) for name in "abc") < 0.006
    assert (
        found["d"].source.startswith("zero") and "3 groups on other guide stars disagree" in found["d"].source
    )


def test_what_failed_there_too_is_not_taken():
    found, _ = filled(run("abcd", failing="c"), run("abcd", failing="c", filter_name="F560W"))
    assert not found["c"].source.startswith("filter")
