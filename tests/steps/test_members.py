"""What members of an association are for is the same to every step of ours: `asn_exptype`."""

import json
from pathlib import Path

import numpy as np
import pytest

from miri_widgets.errors import InputError, ParameterError
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.steps.members import member_files


@pytest.fixture(scope="module")
def cals(tmp_path_factory):
    """Six exposures at six places."""
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    program = calibrated_program("sparse", dithers=6, shape=(60, 80), effects=("noise",))
    folder = tmp_path_factory.mktemp("cals")
    return [write_cal(one, folder) for one in program]


def association(folder: Path, science, background=(), encoding="utf-8", exptypes=("science", "background")):
    members = [
        {"expname": str(path), "exptype": kind}
        for kind, paths in zip(exptypes, (science, background), strict=True)
        for path in paths
    ]
    path = folder / f"asn{len(list(folder.glob('asn*')))}_asn.json"
    path.write_text(
        json.dumps({"asn_type": "image3", "asn_id": "o001", "products": [{"name": "x", "members": members}]}),
        encoding=encoding,
    )
    return path


def grid_shape(source, folder):
    from miri_widgets.steps.grid import MosaicGridStep

    step = MosaicGridStep()
    step.process(str(source))
    return step.report


def test_grid_lies_around_science_members(cals, tmp_path):
    both = association(tmp_path, cals[:2], cals[2:], "utf-8-sig", ("SCIENCE", "Background"))
    assert grid_shape(both, tmp_path) == grid_shape(association(tmp_path, cals[:2]), tmp_path)
    assert grid_shape(both, tmp_path) != grid_shape(association(tmp_path, cals), tmp_path)


def test_shifts_and_stage_inputs_take_science_members(cals, tmp_path):
    from miri_widgets.steps.inputs import check_inputs
    from miri_widgets.steps.stages import stage

    both = association(tmp_path, cals[:2], cals[2:])
    assert member_files(both) == sorted(cals[:2], key=lambda path: path.name)
    names = [one.path.name for one in check_inputs(stage("level_match"), [both])]
    assert names == sorted(path.name for path in cals[:2])


def test_background_members_are_the_dedicated_exposures_of_the_sky_step(cals, tmp_path):
    from jwst.datamodels import ModelLibrary

    from miri_widgets.steps.sky import SkyStep

    both = association(tmp_path, cals[:2], cals[2:], exptypes=("SCIENCE", "BACKGROUND"))
    settings = {"method": "background", "prove": False, "min_separation": 0.1}
    step = SkyStep(**settings)
    corrected = step.process(str(both))
    assert len(corrected) == 2 and step.report["common"]["exposures_in_sky"] == 4
    # as the same exposures handed over by a pipeline
    library = ModelLibrary(
        {
            "products": [
                {
                    "name": "x",
                    "members": [
                        {"expname": str(path), "exptype": "background" if path in cals[2:] else "science"}
                        for path in cals
                    ],
                }
            ]
        }
    )
    again = SkyStep(**settings).process(library)
    with corrected, again:
        for model in corrected:
            index = next(
                place
                for place, member in enumerate(library.asn["products"][0]["members"])
                if Path(member["expname"]).name == model.meta.filename
            )
            other = again.borrow(index)
            np.testing.assert_array_equal(model.data, other.data)
            again.shelve(other, index, modify=False)
            corrected.shelve(model, modify=False)
        untouched = again.borrow(len(cals) - 1)
        from stdatamodels.jwst import datamodels

        with datamodels.open(cals[-1]) as before:
            np.testing.assert_array_equal(untouched.data, before.data)
        again.shelve(untouched, len(cals) - 1, modify=False)


def test_background_members_that_a_method_does_not_use_are_told(cals, tmp_path):
    from miri_widgets.steps.sky import SkyStep

    step = SkyStep(method="self", prove=False, min_separation=0.1)
    assert len(step.process(str(association(tmp_path, cals[:4], cals[4:])))) == 4
    assert len(step.report["common"]["levels"]) == 4
    assert any("2 background exposures take no part" in line for line in step.report["warnings"])
    with pytest.raises(ParameterError, match="background members of an association"):
        SkyStep(method="background", prove=False).process(str(association(tmp_path, cals)))


def test_other_steps_correct_science_members_only(cals, tmp_path):
    from miri_widgets.steps.stripes import StripesStep

    step = StripesStep(prove=False)
    assert len(step.process(str(association(tmp_path, cals[:2], cals[2:])))) == 2
    assert set(step.report["exposures"]) == {read_exposure(path).root for path in cals[:2]}


@pytest.mark.parametrize("exptype", ["background", "psf"])
def test_no_science_member_is_a_sentence(cals, tmp_path, exptype):
    from miri_widgets.steps.grid import MosaicGridStep
    from miri_widgets.steps.level_match import LevelMatchStep

    path = association(tmp_path, cals[:2], exptypes=(exptype, "background"))
    for step in (MosaicGridStep(), LevelMatchStep(prove=False)):
        with pytest.raises(InputError, match="only; expected at least one exposure with exptype science"):
            step.process(str(path))
