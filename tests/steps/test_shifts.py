"""Which estimate of an exposure is solved, and how groups without one are judged: without a pipeline run."""

import math

import pytest

from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.tables.exposure_shifts import ExposureShift

GROUPS = tuple(Group(name, (f"{name}1", f"{name}2", f"{name}3")) for name in "ab")


def measured(root, status=Status.MEASURED, dx=0.3, **more):
    values = {"matches": 40, "rms": 0.01, "sigma": 0.002, "relative": True} | more
    return Measurement(root, root[0], dx, -0.1, status=status, **values)


def failed(root, **more):
    return measured(root, Status.FAILED, math.nan, matches=0, rms=math.nan, sigma=math.nan, **more)


def reference(root):
    return measured(root, Status.REFERENCE, 0.0, matches=0, rms=math.nan, sigma=math.nan)


def run(pairs):
    from miri_widgets.steps.shifts import measurements_to_solve

    exposures = [ExposureShift(first, second, 50) for first, second in pairs]
    found = trust_run(measurements_to_solve(exposures), GROUPS, reference="a", find_shared=False)
    return {one.group.name: one for one in found.shifts}


def test_the_group_that_others_are_aligned_to_is_not_blamed_for_having_no_matches():
    shifts = run(
        [(reference(root), reference(root)) for root in GROUPS[0].roots]
        + [(measured(root), measured(root, significance=20.0)) for root in GROUPS[1].roots]
    )
    assert shifts["a"].verdict == Verdict.WEAK and "matched" not in shifts["a"].reason
    assert shifts["a"].own and (shifts["a"].dx, shifts["a"].dy) == (0, 0)
    assert shifts["b"].dx == pytest.approx(0.3)


def test_histograms_stand_in_where_tweakreg_failed():
    absolute = {"relative": False}
    shifts = run(
        [
            (measured(root, **absolute), measured(root, significance=20.0, **absolute))
            for root in GROUPS[0].roots
        ]
        + [
            (failed(root, **absolute), measured(root, dx=0.5, significance=9.0, **absolute))
            for root in GROUPS[1].roots
        ]
    )
    assert shifts["b"].own and shifts["b"].dx == pytest.approx(0.5)
    assert [shifts[name].verdict for name in "ab"] == [Verdict.PASS] * 2


def test_a_fit_that_no_peak_confirms_fails():
    absolute = {"relative": False}
    shifts = run(
        [
            (measured(root, **absolute), measured(root, significance=20.0, **absolute))
            for root in GROUPS[0].roots
        ]
        + [
            (measured(root, dx=2.0, **absolute), failed(root, significance=1.2, **absolute))
            for root in GROUPS[1].roots
        ]
    )
    assert shifts["b"].verdict == Verdict.FAIL and "1.2 sigma above chance" in shifts["b"].reason
    # no guide star is known: the other group may be off by something else
    assert not shifts["b"].own and shifts["b"].dx == 0 and shifts["b"].source.startswith("zero")


def test_a_group_without_overlap_with_the_reference_is_not_blamed_for_it():
    nothing = [failed(root, significance=0.0) for root in GROUPS[1].roots]
    shifts = run(
        [(reference(root), reference(root)) for root in GROUPS[0].roots]
        + [(measured(root), one) for root, one in zip(GROUPS[1].roots, nothing, strict=True)]
    )
    assert shifts["b"].verdict == Verdict.WEAK and "sigma" not in shifts["b"].reason


@pytest.mark.parametrize("stage_name, name", [("shifts", "catalog"), ("apply_shift", "shift_table")])
def test_files_are_given_by_their_full_path(stage_name, name, tmp_path):
    from miri_widgets.errors import MissingFileError
    from miri_widgets.steps.inputs import check_settings
    from miri_widgets.steps.stages import stage

    file = tmp_path / "file.ecsv"
    for wrong in ("file.ecsv", str(file)):
        with pytest.raises(MissingFileError, match="the full path of a file"):
            check_settings(stage(stage_name), {name: wrong})
    file.write_text("")
    assert check_settings(stage(stage_name), {name: str(file)}) == {name: str(file)}
    if name == "catalog":
        assert check_settings(stage(stage_name), {name: "GAIADR3"}) == {name: "GAIADR3"}


@pytest.mark.parametrize("name", ["grid", "shifts", "apply_shift"])
def test_essential_parameters_are_declared_and_explained(name):
    from miri_widgets.steps.declarations import declared, owned_reason
    from miri_widgets.steps.stages import stage

    by_name = {parameter.name: parameter for parameter in declared(name)}
    for essential in (*stage(name).essential, *stage(name).one_of):
        assert by_name[essential].doc and not owned_reason(essential)


def test_our_steps_are_found_by_their_alias():
    from importlib import import_module

    from miri_widgets.steps.registry import CLASSES
    from miri_widgets.steps.stages import stage

    for name in ("grid", "shifts", "apply_shift"):
        module, _, cls = stage(name).pipeline.rpartition(".")
        alias = getattr(import_module(module), cls).class_alias
        assert CLASSES[alias] == stage(name).pipeline and stage(name).steps == (alias,)
