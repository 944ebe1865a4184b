"""Plain values of what is on disk: there and back, older and newer files, and one sentence for what does not fit."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from miri_widgets.run.plan import RunInput, RunPlan
from miri_widgets.run.records import Record
from miri_widgets.serialization import Serializable
from miri_widgets.simulation.programs import PROGRAMS


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner(Serializable):
    number: float = 0.0


@dataclass(frozen=True)
class Outer(Serializable):
    name: str
    count: int = 0
    colour: Colour = Colour.RED
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    pair: tuple[float, float] | None = None
    place: Path = Path("/a")
    on: bool = False
    free: dict[str, Any] = field(default_factory=dict)


FULL = Outer(
    "x", 3, Colour.RED, Inner(2.5), (Inner(1.0), Inner()), (1.0, 2.0), Path("/b/c"), True, {"a": [1, None]}
)


def test_there_and_back_through_json():
    plain = json.loads(json.dumps(FULL.to_dict()))
    assert plain == FULL.to_dict()
    assert list(plain) == ["name", "count", "colour", "inner", "many", "pair", "place", "on", "free"]
    assert (
        plain["colour"] == "red"
        and plain["place"] == "/b/c"
        and plain["many"] == [{"number": 1.0}, {"number": 0.0}]
    )
    assert Outer.from_dict(plain) == FULL


def test_older_and_newer_files_are_read():
    assert Outer.from_dict({"name": "x", "of a newer version": 1}) == Outer("x")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "name: it is missing"),
        ({"name": 5}, "name: '5' is not text"),
        ({"name": "x", "count": 1.5}, "count: '1.5' is not a whole number"),
        ({"name": "x", "count": True}, "count: 'True' is not a whole number"),
        ({"name": "x", "on": 1}, "on: '1' is not true or false"),
        ({"name": "x", "inner": {"number": "a"}}, "inner.number: 'a' is not a number"),
        ({"name": "x", "many": [{}, {"number": None}]}, r"many\[1\].number: 'None' is not a number"),
        ({"name": "x", "colour": "blue"}, "colour: 'blue' is none of red"),
        ({"name": "x", "pair": [1.0]}, "pair: "),
        ([1], "is not a table of values"),
        (None, "is not a table of values"),
    ],
)
def test_what_does_not_fit_is_one_sentence(values, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        Outer.from_dict(values)
    assert "\n" not in str(caught.value)


def test_plans_and_programs_are_written_as_their_fields_stand():
    plan = RunPlan(
        "k", "sky", "l", ("a", "b"), (RunInput("raw", "id", "/x"),), {"x": [1, 2.0]}, {"CRDS_PATH": "/c"}
    )
    for value in (plan, *PROGRAMS.values()):
        assert json.dumps(value.to_dict()) == json.dumps(asdict(value))
    assert RunPlan.from_dict(plan.to_dict()) == plan


def test_a_record_of_an_earlier_version_is_read():
    """Pairs keep the order of products, which objects in JSON lose when they are sorted."""
    old = {
        "key": "k",
        "stage": "image3",
        "products": [["b_i2d.fits", 2], ["a_cat.ecsv", 1]],
        "exposures": ["jw1"],
        "gone": 1,
    }
    record = Record.from_dict(old)
    assert list(record.products) == ["b_i2d.fits", "a_cat.ecsv"] and record.exposures == ("jw1",)
    assert record.to_dict()["products"] == old["products"]
    with pytest.raises(ValueError, match="peak_rss_mb: 'x' is not a number"):
        Record.from_dict(old | {"peak_rss_mb": "x"})
