"""Rows that say the same are one; what differs stays apart."""

from types import SimpleNamespace

from miri_widgets.report.facts import ValidationFacts
from miri_widgets.report.grouped_rows import (
    acceleration_groups,
    exposure_groups,
    same_findings,
    verdict_groups,
)


def exposure(name, ngroups=10, tile=1, start="2022-06-12T10:00:00"):
    return SimpleNamespace(filter=name, ngroups=ngroups, nints=1, tile=tile, exposure_time=100.0, start=start)


def test_exposures_by_filter_and_readout():
    made = [
        (exposure("F1500W"), True),
        (exposure("F770W"), True),
        (exposure("F770W", tile=2, start="2022-06-14T00:00:00"), True),
    ]
    made += [(exposure("F770W", ngroups=20), True), (exposure("F770W"), False)]
    found = exposure_groups(made)
    assert [(one.filter, one.count, one.tiles, one.ngroups, one.seconds) for one in found] == [
        ("F770W", 2, 2, 10, 200.0), ("F770W", 1, 1, 20, 100.0), ("F1500W", 1, 1, 10, 100.0)
    ]  # fmt: skip
    assert (found[0].first, found[0].last) == ("2022-06-12", "2022-06-14")


def test_runs_with_the_same_verdict_and_the_same_words():
    facts = [
        ValidationFacts("sky", "a", "good", ("unchanged",)), ValidationFacts("sky", "b", "good", ("unchanged",)),
        ValidationFacts("sky", "c", "good", ("other",)), ValidationFacts("sky", "d", "harm", ("unchanged",)),
    ]  # fmt: skip
    assert [(one.verdict, one.labels) for one in verdict_groups(facts)] == [
        ("good", ("a", "b", "c")),
        ("harm", ("d",)),
    ]
    assert [one.label for one in same_findings(facts)] == ["a, b", "c", "d"]
    assert acceleration_groups([("x", "on"), ("y", "off"), ("z", "on")]) == (
        (("x", "z"), "on"),
        (("y",), "off"),
    )
