"""Without a browser, too, a stage that cannot be planned is told, and the others run."""

import pytest

from miri_widgets.cli import headless

pytestmark = pytest.mark.usefixtures("quick_engine")


def test_the_others_run_and_the_end_is_no_success(options, quick_engine, capsys):
    options.also = "apply_shift"
    assert headless.run_program(options) == 1
    assert {plan.stage for plan in quick_engine.made["job1"].plans} == {"detector1", "image2"}
    told = capsys.readouterr().out
    assert "not run: apply_shift with nothing to apply" in told
    assert "not run: image3 has to wait for apply_shift" in told


def test_stages_that_were_not_asked_for_spoil_nothing(options):
    options.also, options.stages = "apply_shift", "detector1"
    assert headless.run_program(options) == 0


def test_a_whole_chain_is_a_success(options):
    options.also, options.set = "apply_shift", ["apply_shift.dx=0.1"]
    assert headless.run_program(options) == 0
