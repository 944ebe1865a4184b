"""Groups as the user wants them, and the filter that shifts are measured in."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.shifts.groups import group_exposures
from miri_widgets.core.shifts.reference_filter import choose_reference_filter, exposures_for_shifts
from miri_widgets.core.shifts.regrouping import regroup
from miri_widgets.errors import ParameterError

FILTERS = ("F560W", "F770W", "F1500W")


@dataclass(frozen=True)
class Seen:
    root: str
    visit: str = "001"
    guide_star: str = "S1"
    filter: str = "F770W"
    program: str = "01040"
    observation: str = "001"
    start_mjd: float = 59000.0


FIELD = [Seen("a"), Seen("b"), Seen("c", "002", "S2"), Seen("d", "003", "S3"), Seen("e", "003", "S4")]
GROUPS = group_exposures(FIELD)


def members(groups):
    return {one.name: one.roots for one in groups}


def test_merging_and_splitting():
    found = regroup(GROUPS, ["merge jw01040001001:S1 jw01040001002", ""])
    assert members(found)["jw01040001001:S1+jw01040001002:S2"] == ("a", "b", "c")
    found = regroup(GROUPS, ["split jw01040001001 b"])
    assert members(found)["jw01040001001:S1/1"] == ("a",)
    assert members(found)["jw01040001001:S1/2"] == ("b",)
    back = regroup(found, ["merge jw01040001001:S1/1 jw01040001001:S1/2"])
    assert back == GROUPS
    assert regroup(GROUPS, []) == GROUPS


@pytest.mark.parametrize(
    "line, words",
    [
        ("join jw01040001001 jw01040001002", "merge GROUP GROUP"),
        ("merge jw01040001001", "merge GROUP GROUP"),
        ("split jw01040001001:S1 z", "z is not in group"),
        ("merge jw01040001001 jw01040001009", "'jw01040001009' names no group"),
        ("split jw01040001003 d", "names 2 groups; expected one of jw01040001003:S3, jw01040001003:S4"),
        ("split jw01040001002 c", "at least one exposure in each part"),
    ],
)
def test_what_cannot_be_done_is_told(line, words):
    with pytest.raises(ParameterError, match=words):
        regroup(GROUPS, [line])


seen = st.builds(
    Seen,
    st.text("abcdefgh", min_size=3, max_size=3),
    st.sampled_from(["001", "002", "003"]),
    st.just("S1"),
    st.sampled_from(FILTERS),
)
fields = st.lists(seen, min_size=1, max_size=12, unique_by=lambda one: one.root)


@given(field=fields, data=st.data())
def test_the_choice_knows_no_order_and_stands_when_only_its_exposures_are_left(field, data):
    chosen = choose_reference_filter(field, FILTERS)
    shuffled = data.draw(st.permutations(field))
    assert choose_reference_filter(shuffled, FILTERS) == chosen
    taken = exposures_for_shifts(shuffled, chosen, FILTERS)
    assert taken == exposures_for_shifts(field, chosen, FILTERS)
    assert {one for one in field if one.filter == chosen} <= set(taken)
    assert {one.visit for one in taken} == {one.visit for one in field}
    names = {one.filter for one in taken}
    assert {one for one in field if one.filter in names} == set(taken), (
        "whole filters, to compare zero points"
    )
    # what a run gets tells it the same filter
    assert choose_reference_filter(taken, FILTERS) == chosen


def test_most_guide_stars_count_more_than_a_short_wavelength():
    field = [Seen("a", filter="F560W"), Seen("b"), Seen("c", "002", "S2"), Seen("d", "002", "S2", "F1500W")]
    assert choose_reference_filter(field, FILTERS) == "F770W"
    assert choose_reference_filter(field[:2], FILTERS) == "F560W"
    assert choose_reference_filter(field, FILTERS, "F1500W") == "F1500W"
    with pytest.raises(ParameterError, match="one of F560W, F770W, F1500W, in which there are exposures"):
        choose_reference_filter(field, FILTERS, "F2550W")
    with pytest.raises(ParameterError, match="no exposures"):
        choose_reference_filter([], FILTERS)


def test_shorter_filters_stand_by_and_longer_ones_only_for_what_nobody_else_saw():
    field = [Seen("a", filter="F560W"), Seen("b"), Seen("c", "002", "S2"), Seen("d", "002", "S2", "F1500W")]
    taken = exposures_for_shifts(field, "F770W", FILTERS)
    assert [one.root for one in taken] == ["a", "b", "c"]
    field += [Seen("e", "003", "S3", "F1500W"), Seen("f", "004", "S4", "F1500W")]
    assert [one.root for one in exposures_for_shifts(field, "F770W", FILTERS)] == [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
    ]
    assert [one.root for one in exposures_for_shifts(field[:2], "F560W", FILTERS)] == ["a"]
