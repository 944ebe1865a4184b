"""Which runs a job takes."""

from dataclasses import dataclass

import pytest

from miri_widgets.run.program_runs import runs_to_do


@dataclass(frozen=True)
class Plan:
    key: str
    stage: str
    depends: tuple[str, ...] = ()


CHAIN = (Plan("a", "one"), Plan("b", "two", ("a",)), Plan("c", "three", ("b",)))


@pytest.mark.parametrize(
    ("names", "complete", "keys"),
    [
        (("one", "two", "three"), (), "abc"),
        (("two", "three"), (), ""),
        (("two", "three"), ("a",), "bc"),
        (("one", "three"), ("b",), "ac"),
        (("one", "two", "three"), ("a", "b", "c"), ""),
    ],
)
def test_a_run_is_chosen_when_all_that_it_needs_is_complete_or_chosen_too(names, complete, keys):
    assert "".join(plan.key for plan in runs_to_do(CHAIN, names, complete)) == keys
