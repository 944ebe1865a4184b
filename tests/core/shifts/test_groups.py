"""Groups are visits and guide stars, whatever the order and number of exposures."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.shifts.groups import Group, check_groups, group_exposures, merge, split
from miri_widgets.errors import ParameterError


@dataclass(frozen=True)
class Facts:
    root: str
    visit: str = "001"
    guide_star: str = ""
    start_mjd: float = 60000.0
    program: str = "01040"
    observation: str = "001"


def field(sizes, stars):
    return [
        Facts(f"jw01040001{visit:03}_02101_{number:05}", f"{visit:03}", star)
        for visit, (size, star) in enumerate(zip(sizes, stars, strict=True), start=1)
        for number in range(1, size + 1)
    ]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.randoms())
def test_visits_of_unequal_size_in_any_order(sizes, random):
    exposures = field(sizes, [f"S{size}" for size in sizes])
    shuffled = list(exposures)
    random.shuffle(shuffled)
    groups = group_exposures(shuffled)
    assert [len(group) for group in groups] == sizes
    assert groups == group_exposures(exposures)


def test_two_guide_stars_in_one_visit_are_two_groups():
    exposures = [Facts("a", guide_star="S1"), Facts("b", guide_star="S2"), Facts("c", guide_star="S1")]
    assert [group.roots for group in group_exposures(exposures)] == [("a", "c"), ("b",)]


def test_one_guide_star_in_two_visits_is_two_groups():
    names = [group.name for group in group_exposures(field([2, 2], ["S9", "S9"]))]
    assert names == ["jw01040001001:S9", "jw01040001002:S9"]


def test_exposure_without_guide_star_joins_its_visit_only_when_that_is_clear():
    clear = [Facts("a", guide_star="S1"), Facts("b")]
    assert [group.roots for group in group_exposures(clear)] == [("a", "b")]
    unclear = [*clear, Facts("c", guide_star="S2")]
    assert len(group_exposures(unclear)) == 3


@given(st.integers(2, 8), st.data())
def test_merging_a_split_group_gives_it_back(size, data):
    (group,) = group_exposures(field([size], ["S1"]))
    leaving = data.draw(st.sets(st.sampled_from(group.roots), min_size=1, max_size=size - 1))
    stay, leave = split(group, leaving)
    assert set(leave.roots) == leaving and set(stay.roots) == set(group.roots) - leaving
    assert merge([leave, stay]) == group
    check_groups([stay, leave])


def test_merging_visits_keeps_what_they_were():
    merged = merge(group_exposures(field([2, 3], ["S1", "S2"])))
    assert len(merged) == 5
    assert (merged.visit, merged.guide_star) == ("001+002", "S1+S2")


@pytest.mark.parametrize("roots", [[], ["jw01040001001_02101_00001", "jw01040001001_02101_00002"], ["other"]])
def test_split_that_makes_no_two_groups_is_refused(roots):
    (group,) = group_exposures(field([2], ["S1"]))
    with pytest.raises(ParameterError):
        split(group, roots)


def test_an_exposure_in_two_groups_is_refused():
    with pytest.raises(ParameterError, match="is in the groups"):
        merge([Group("one", ("a", "b")), Group("two", ("b",))])


def test_time_is_the_mean_of_what_is_known():
    group = group_exposures(
        [Facts("a", start_mjd=1.0), Facts("b", start_mjd=3.0), Facts("c", start_mjd=0.0)]
    )[0]
    assert group.mjd == 2.0
