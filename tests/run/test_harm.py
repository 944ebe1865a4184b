"""The chain asks before it goes on after a step that did harm."""

import pytest

from miri_widgets.errors import error_from_dict
from miri_widgets.run import RunStatus
from miri_widgets.run.harm import accept_harm, harm_in, is_accepted


def chain(bench, verdict):
    return bench.plan(bench.exposures(1), ("detector1", "image2"), verdict=verdict)


def test_what_needs_harmed_products_is_not_started(shared):
    plans = chain(shared, "harm")
    state = shared.run(plans)
    assert [run.status for run in state.runs] == [RunStatus.DONE, RunStatus.FAILED]
    sentence = str(error_from_dict(state.runs[1].error))
    assert "did harm. Fluxes of added sources change by -7 %" in sentence and "accept it there" in sentence
    assert not shared.workspace.run_folder("image2", plans[1].key).exists()


def test_it_goes_on_when_the_harm_is_accepted(shared):
    plans = chain(shared, "harm")
    shared.run(plans)
    accept_harm(shared.workspace, plans[0].key, "seen")
    assert is_accepted(shared.workspace, plans[0].key)
    state = shared.run(plans)
    assert [run.status for run in state.runs] == [RunStatus.REUSED, RunStatus.DONE]


@pytest.mark.parametrize("verdict", ["good", "doubtful"])
def test_other_verdicts_do_not_stop_the_chain(shared, verdict):
    state = shared.run(chain(shared, verdict))
    assert {run.status for run in state.runs} == {RunStatus.DONE}


def test_acceptance_belongs_to_one_run(shared):
    plans = chain(shared, "harm")
    shared.run(plans)
    accept_harm(shared.workspace, plans[0].key)
    other = shared.plan(shared.exposures(1), ("detector1", "image2"), verdict="harm", tag="other settings")
    state = shared.run(other)
    assert [run.status for run in state.runs] == [RunStatus.DONE, RunStatus.FAILED]


def test_harm_is_told_once_and_only_for_that_verdict():
    bad = {"verdict": "harm", "sentences": ["a", "b"]}
    assert harm_in({}) == harm_in({"proof": None}) == harm_in({"proof": {"verdict": "good"}}) == ""
    assert harm_in({"proofs": [bad, None, bad]}) == "a b"
