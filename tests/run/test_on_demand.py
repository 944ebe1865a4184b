"""Products that are made on demand: who asks has them, and who needs them without asking is refused with the parameter."""

from dataclasses import replace

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.run import Workspace, key_settings, plan_stages
from miri_widgets.run.on_demand import asked_for
from miri_widgets.run.planner import Planner
from miri_widgets.steps.stages import preset, stage
from tests.run.conftest import ENVIRONMENT, make_exposure

TAKER = replace(stage("image2"), takes="i2d", gives=("cal",), on_demand=())
"""A stage that takes the resampled images of single exposures, as a package may add one."""


@pytest.mark.parametrize(
    ("name", "settings", "suffixes"),
    [
        ("image2", {}, ["i2d"]),
        ("image2", {"resample.skip": False}, ["i2d"]),
        ("image2", {"resample.skip": True}, []),
        ("image2", preset("image2", "F770W"), []),
        ("detector1", {}, []),
        ("detector1", {"save_calibrated_ramp": True}, ["ramp"]),
        ("image3", {"resample.skip": False}, []),
    ],
)
def test_settings_ask_for_products(name, settings, suffixes):
    assert asked_for(stage(name), settings) == suffixes


def planner(folder, skip):
    exposures = [make_exposure(folder, number) for number in (1, 2)]
    made = Planner(Workspace(folder), ENVIRONMENT, {"image2": {"resample.skip": skip}}, "")
    for name in ("detector1", "image2"):
        made.add(stage(name), exposures)
    return made, exposures


def test_a_stage_that_takes_resampled_images_has_them_when_they_are_asked_for(tmp_path):
    made, exposures = planner(tmp_path, skip=False)
    made.add(TAKER, exposures)
    assert [plan.inputs[0].product for plan in made.plans[-2:]] == [
        f"{one.root}_i2d.fits" for one in exposures
    ]


def test_a_stage_that_takes_resampled_images_is_refused_with_the_parameter_that_asks_for_them(tmp_path):
    made, exposures = planner(tmp_path, skip=True)
    with pytest.raises(ParameterError, match=r"resample\.skip = false in image2: set it"):
        made.add(TAKER, exposures)
    assert {plan.stage for plan in made.plans} == {"detector1", "image2"}


def test_asking_gives_the_key_of_the_pipeline_as_it_is_and_not_asking_another(tmp_path, monkeypatch):
    monkeypatch.setattr(key_settings, "has_context", lambda environment: True)
    monkeypatch.setattr(
        key_settings, "crds_layers", lambda name, exposures, environment: [{} for _ in exposures]
    )

    def key(values):
        some = [make_exposure(tmp_path, 1)]
        return plan_stages(tmp_path, some, ("detector1", "image2"), {"image2": values}, ENVIRONMENT)[1].key

    assert key({"resample.skip": False}) == key({}) != key({"resample.skip": True})
