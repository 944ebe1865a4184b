"""A stage is made of its parts."""

import pytest

from miri_widgets.steps.stage import ChainPreset, Scope, Stage
from miri_widgets.steps.stages import chain_presets


def test_presets_of_the_chain_are_what_stages_say():
    presets = chain_presets()
    assert list(presets) == [str(one) for one in ChainPreset]
    assert presets["Pipeline only"] == ()
    assert presets["With sky from dithers"] == ("grid", "areas", "sky")
    assert presets["With tile shifts"] == ("grid", "areas", "shifts", "apply_shift")
    assert set(presets["With every correction"]) >= {"persistence", "sky", "pullupdown", "stripes"}


def test_a_stage_is_made_of_its_parts():
    values = {
        "name": "a", "title": "A: b", "summary": "B.", "version": 1, "pipeline": "a.B", "scope": Scope.FILTER, "takes": "cal",
        "gives": ("cal",), "main": "cal", "steps": ("a",), "essential": (),
    }  # fmt: skip
    stage = Stage(**values)
    assert (stage.short, stage.is_own, stage.is_single_step, stage.per_exposure, stage.is_added) == (
        "A", True, True, False, False,
    )  # fmt: skip
    with pytest.raises(TypeError):
        Stage(**values, no_such_field=1)
