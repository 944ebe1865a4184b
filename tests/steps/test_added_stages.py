"""Stages of other packages: found, checked, put in order; their code is part of the key of every run."""

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from miri_widgets.steps import stages
from miri_widgets.steps.added_stages import GROUP, code_mark, put_in_order
from miri_widgets.steps.stages import STAGES, Scope, Stage

STAGE = """
from miri_widgets.steps.stages import Scope, Stage

STAGE = Stage(
    name="pedestal",
    title="Pedestal: of each exposure",
    summary="Subtracts the level of each exposure.",
    version=1,
    pipeline="added_package.step.PedestalStep",
    scope=Scope.EXPOSURE,
    takes="cal",
    gives=("cal",),
    main="cal",
    steps=("test_pedestal",),
    essential=("nsigma",),
    optional=True,
    correction="added_package.correction:subtract",
    after="stripes",
)
"""
CORRECTION = """
import numpy as np
from miri_widgets.core.exposure_arrays import Lazy, CorrectionResult


def subtract(exposures, *, nsigma=3.0):
    return CorrectionResult(Lazy.mapped(lambda one: one.but(sci=one.sci - np.float32(np.nanmedian(one.sci))), exposures))
"""
STEP = """
from miri_widgets.steps.miri_step import CorrectionStep
from added_package.correction import subtract


class PedestalStep(CorrectionStep):
    \"\"\"Subtract the level.\"\"\"

    class_alias = "test_pedestal"
    operation = staticmethod(subtract)
    spec = \"\"\"
        nsigma = float(min=1, max=10, default=3.0)  # Values beyond this do not count. [sigma]
    \"\"\"
"""


def write_package(folder, **files):
    """Write a package that adds a stage, with what an installation leaves behind."""
    home = folder / "added_package"
    home.mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "stage": STAGE,
        "correction": CORRECTION,
        "step": STEP,
        **files,
    }.items():
        (home / f"{name}.py").write_text(text)
    info = folder / "added_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\npedestal = added_package.stage:STAGE\n")
    return home


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package, on the path of this process and of its children."""
    home = write_package(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    path = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("MIRI_WIDGETS_CACHE", str(tmp_path / "cache"))
    stages.forget_stages()
    yield home
    stages.forget_stages()
    for name in [name for name in sys.modules if name.partition(".")[0] == "added_package"]:
        del sys.modules[name]


def entry(value, name="one"):
    return EntryPoint(name=name, value=value, group=GROUP)


def added(**changes):
    values = {
        "name": "mine",
        "title": "Mine",
        "summary": "Mine.",
        "version": 1,
        "pipeline": "json.Decoder",
        "scope": Scope.EXPOSURE,
        "takes": "cal",
        "gives": ("cal",),
        "main": "cal",
        "steps": ("mine",),
        "essential": (),
        "optional": True,
        "after": "sky",
    }
    return Stage(**{**values, **changes})


class Given(EntryPoint):
    """An entry point whose object is given, not imported."""

    def load(self):
        return GIVEN[self.name]


GIVEN: dict[str, object] = {}


def ordered(*objects):
    GIVEN.clear()
    GIVEN.update({f"s{index}": one for index, one in enumerate(objects)})
    return put_in_order(STAGES, [Given(name=name, value="x:y", group=GROUP) for name in GIVEN])


def test_without_packages_the_stages_are_ours():
    assert put_in_order(STAGES, ()) == (STAGES, ())


def test_a_stage_stands_behind_the_one_that_it_names(package):
    names = [one.name for one in stages.all_stages()]
    assert names.index("pedestal") == names.index("stripes") + 1
    assert [name for name in names if name != "pedestal"] == [one.name for one in STAGES]
    found = stages.stage("pedestal")
    assert found.is_own and found.is_single_step and found.code
    assert stages.problems_of_added() == ()


def test_added_stages_may_stand_behind_each_other_in_any_order():
    first, second = added(name="first"), added(name="second", after="first")
    for objects in ((first, second), (second, first), ([second, first],)):
        found, problems = ordered(*objects)
        names = [one.name for one in found]
        place = names.index("sky")
        assert names[place : place + 3] == ["sky", "first", "second"]
        assert problems == ()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"name": "sky"}, "taken"),
        ({"name": "Not A Name"}, "small letters"),
        ({"optional": False}, "optional"),
        ({"after": "nothing"}, "stand behind"),
        ({"main": "i2d"}, "does not give"),
        ({"steps": ()}, "no steps"),
    ],
)
def test_a_wrong_stage_is_left_out_with_a_sentence(wrong, word):
    found, (problem,) = ordered(added(**wrong), added(name="good"))
    assert [one.name for one in found if one not in STAGES] == ["good"]
    assert word in problem and problem.endswith(".")


def test_what_cannot_be_imported_takes_no_other_with_it():
    found, problems = put_in_order(STAGES, [entry("no_such_module:STAGE"), entry("json:decoder", "two")])
    assert found == STAGES
    assert "cannot be imported" in problems[0] and "not a Stage" in problems[1]


def test_the_mark_follows_the_code(package):
    parts = ("added_package.step.PedestalStep", "added_package.correction:subtract")
    before = code_mark(*parts)
    assert (
        before and before == code_mark(*reversed(parts)) and code_mark("jwst.pipeline.Image2Pipeline") == ""
    )
    (package / "helper.py").write_text("X = 1\n")
    assert code_mark(*parts) != before


def test_changed_code_makes_another_key(package, tmp_path):
    from miri_widgets.run.planner import code_identity

    before = stages.stage("pedestal")
    (package / "correction.py").write_text(CORRECTION + "\n# changed\n")
    assert stages.stage("pedestal") == before, "one process keeps to what it has read"
    stages.forget_stages()
    assert code_identity(stages.stage("pedestal")) != code_identity(before) != []
    assert code_identity(stages.stage("sky")) == []


def test_a_run_refuses_other_code_and_an_unknown_stage(package):
    from miri_widgets.errors import EngineError
    from miri_widgets.run.child import require_code
    from miri_widgets.run.plan import RunPlan

    code = stages.stage("pedestal").code
    plan = RunPlan("k", "pedestal", "l", (), (), {}, {}, stage_code=code)
    require_code(plan)
    assert RunPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    with pytest.raises(EngineError, match="other code"):
        require_code(RunPlan("k", "pedestal", "l", (), (), {}, {}, stage_code="other"))
    with pytest.raises(EngineError, match="does not know"):
        require_code(RunPlan("k", "gone", "l", (), (), {}, {}, stage_code=code))


def test_other_processes_find_it(package):
    code = "from miri_widgets.steps.stages import stage; print(stage('pedestal').code)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == stages.stage("pedestal").code


def test_a_preview_calls_its_correction(package):
    from miri_widgets.steps.previews import operation_of

    assert operation_of("pedestal").__module__ == "added_package.correction"


def test_its_parameters_are_declared_and_a_broken_one_harms_only_itself(package):
    from miri_widgets.steps.declarations import declared, forget_declarations

    def forget():
        stages.forget_stages()
        forget_declarations()

    try:
        forget()
        (parameter,) = [one for one in declared("pedestal") if one.name == "nsigma"]
        assert (parameter.low, parameter.high, parameter.default, parameter.unit) == (1, 10, 3.0, "sigma")
        (package / "step.py").write_text("raise RuntimeError('broken')\n")
        forget()
        assert declared("pedestal") == () and declared("sky")
    finally:
        forget()
