"""The mosaic of another chain: planned beside the one in use, with all that it needs and nothing more."""

from __future__ import annotations

import pytest

from miri_widgets.models.session import SessionModel
from miri_widgets.run.alternatives import ChainRequest, alternative_runs, missing_runs
from miri_widgets.run.setting_layers import settings_per_filter


@pytest.fixture
def reduced(fakes, tmp_path):
    """A session with sky and stripes in its chain, all of which has run."""
    program = fakes.fake_program(tmp_path, stages=("sky", "stripes"))
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    session.run_all()
    session.services.engine.finish()
    session.poll()
    yield session
    session.close()


def request_of(session):
    values = {name: model.settings for name, model in session.models.items()}
    settings = settings_per_filter(values, session.services.preset)
    return ChainRequest(tuple(session.programs.included), session.chain, settings)


def without(session, name):
    return name, tuple(stage for stage in session.chain if stage != name)


def target(session):
    row = session.stages["image3"].rows[0]
    return "image3", row.label


def test_a_mosaic_without_a_step_has_another_key_and_shares_what_comes_before(reduced):
    own = {plan.key for plan in reduced.plans}
    (run,) = alternative_runs(
        reduced.services, request_of(reduced), [without(reduced, "sky")], target(reduced)
    )
    assert (run.stage, run.used) == ("sky", False)
    assert run.plan.stage == "image3" and run.plan.key not in own
    stages = [plan.stage for plan in run.needed]
    assert stages[-1] == "image3" and "sky" not in stages and "stripes" in stages
    filters = {plan.label for plan in run.needed if plan.stage == "detector1"}
    assert filters and len(filters) < len(reduced.stages["detector1"].rows), "of its own filter alone"
    done = set()
    for plan in run.needed:
        assert set(plan.depends) <= done, "a run comes after those that it needs"
        done.add(plan.key)
    missing = missing_runs(reduced.services, run.needed)
    assert {plan.key for plan in missing} == {plan.key for plan in run.needed} - own
    assert missing[-1] == run.plan and "detector1" not in {plan.stage for plan in missing}


def test_once_it_is_made_nothing_is_missing_and_the_one_in_use_is_what_it_was(reduced):
    rows = reduced.stages["image3"].rows
    (run,) = alternative_runs(
        reduced.services, request_of(reduced), [without(reduced, "sky")], target(reduced)
    )
    reduced.run_plans(missing_runs(reduced.services, run.needed))
    reduced.services.engine.finish()
    reduced.poll()
    assert missing_runs(reduced.services, run.needed) == []
    assert reduced.services.products(run.plan)[0].is_file()
    assert [row.products for row in reduced.stages["image3"].rows] == [row.products for row in rows]


def test_a_chain_that_makes_no_difference_is_left_out(reduced):
    same = ("sky", reduced.chain)
    assert alternative_runs(reduced.services, request_of(reduced), [same], target(reduced)) == ()
    assert alternative_runs(reduced.services, request_of(reduced), [same], ("image3", "no such label")) == ()
