"""What is declared is what the installed jwst declares, one to one."""

import subprocess
import sys
import warnings

import pytest
from configobj.validate import ValidateError, Validator

from miri_widgets.errors import MiriWidgetsError, StepFailedError
from miri_widgets.settings import Kind
from miri_widgets.steps import declarations
from miri_widgets.steps.declarations import OWNED, declared, owned_reason, step_classes, step_docs
from miri_widgets.steps.specs import parameter_of, pipeline_class
from miri_widgets.steps.stages import STAGES

BOOKKEEPING = {"config_file", "name", "class"}


def specs(stage):
    """The spec of every parameter by full name, each step's read from its own class."""
    cls = pipeline_class(stage.pipeline)
    own = cls.load_spec_file()
    found = {key: own[key] for key in own.scalars}
    for step, step_class in cls.step_defs.items():
        spec = step_class.load_spec_file()
        found |= {f"{step}.{key}": spec[key] for key in spec.scalars}
    return found


@pytest.fixture(scope="module")
def validator():
    checks = Validator()
    for name in ("output_file", "input_file", "is_string_or_datamodel"):
        checks.functions[name] = lambda value: value
    return checks


OFFICIAL = [stage for stage in STAGES if not stage.is_own]
every = pytest.mark.parametrize("stage", OFFICIAL, ids=lambda stage: stage.name)


@every
def test_names_are_those_of_jwst(stage):
    assert {parameter.name for parameter in declared(stage.name)} == {
        name for name in specs(stage) if name.rpartition(".")[2] not in BOOKKEEPING
    }


@every
def test_defaults_are_those_of_jwst_and_pass_their_own_declaration(stage, validator):
    spec = specs(stage)
    for parameter in declared(stage.name):
        theirs = validator.get_default_value(spec[parameter.name])
        theirs = tuple(theirs) if isinstance(theirs, list) else theirs
        assert parameter.default == theirs, parameter.name
        assert type(parameter.default) is type(theirs), parameter.name
        assert parameter.check(parameter.default) == parameter.default


@every
def test_bounds_and_lengths_are_those_of_jwst(stage, validator):
    spec = specs(stage)
    for parameter in declared(stage.name):
        check = spec[parameter.name]
        for bound, beyond in ((parameter.low, -1), (parameter.high, 1)):
            if bound is not None:
                validator.check(check, f"{bound:g}")
                with pytest.raises(ValidateError):
                    validator.check(check, f"{bound + beyond:g}")
        for count, beyond in ((parameter.minimum_items, -1), (parameter.maximum_items, 1)):
            if count is not None:
                validator.check(check, ["1"] * count)
                with pytest.raises(ValidateError):
                    validator.check(check, ["1"] * (count + beyond))
        if parameter.kind in (Kind.FLOAT, Kind.INTEGER):
            for bound, value in ((parameter.low, "-1000000"), (parameter.high, "1000000")):
                if bound is None:
                    validator.check(check, value)


@every
def test_choices_are_those_of_jwst(stage, validator):
    spec = specs(stage)
    for parameter in declared(stage.name):
        if parameter.kind is Kind.CHOICE:
            assert parameter.choices
            assert all(validator.check(spec[parameter.name], word) == word for word in parameter.choices)
            declared_words = spec[parameter.name].count(",")
            assert len(parameter.choices) + ("None" in spec[parameter.name]) == declared_words
            with pytest.raises(ValidateError):
                validator.check(spec[parameter.name], "no such word")


def test_known_declarations():
    by_name = {parameter.name: parameter for stage in STAGES for parameter in declared(stage.name)}
    jump = by_name["jump.rejection_threshold"]
    assert (jump.kind, jump.low, jump.default, jump.unit) == (Kind.FLOAT, 0, 4.0, "sigma")
    assert by_name["resample.crval"].minimum_items == by_name["resample.crval"].maximum_items == 2
    assert by_name["resample.weight_type"].choices == ("ivm", "exptime")
    assert by_name["resample.weight_type"].check("None") is None
    assert by_name["emicorr.skip"].default is True
    assert by_name["tweakreg.connectivity"].check(4) == "4"
    assert by_name["tweakreg.searchrad"].unit == "arcsec"
    assert by_name["skip"].step == ""


def test_every_kind_occurs():
    assert {parameter.kind for stage in STAGES for parameter in declared(stage.name)} == set(Kind)


@every
def test_every_parameter_has_words(stage):
    assert [parameter.name for parameter in declared(stage.name) if not parameter.doc] == []


@every
def test_steps_are_explained_and_known_by_class(stage):
    cls = pipeline_class(stage.pipeline)
    assert set(step_docs(stage.name)) == set(cls.step_defs)
    assert all(step_docs(stage.name).values())
    assert step_classes(stage.name)[""].endswith(cls.__name__)


def test_what_a_run_sets_itself_has_a_reason():
    labels = {parameter.label for stage in STAGES for parameter in declared(stage.name)}
    assert set(OWNED) <= labels
    assert "side by side" in owned_reason("jump.maximum_cores")
    assert owned_reason("output_dir") and owned_reason("skip")
    assert owned_reason("jump.skip") == ""


def test_the_caller_never_imports_jwst():
    code = (
        "import sys; from miri_widgets.steps import declarations, execute, parameter_files, crds_parameters;"
        "declarations.declared('image3');"
        "print([m for m in ('jwst', 'stpipe', 'stdatamodels', 'crds', 'gwcs') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_CACHE", str(tmp_path))
    declarations.forget_declarations()
    yield tmp_path
    declarations.forget_declarations()


def test_jwst_is_asked_once_and_again_when_the_memory_is_damaged(empty_cache, monkeypatch):
    known = declared("image2")
    (path,) = empty_cache.glob("declarations-*.json")
    asked = []
    truth = path.read_text()
    monkeypatch.setattr(
        declarations, "call_in_child", lambda module: asked.append(module) or __import__("json").loads(truth)
    )
    declarations.forget_declarations()
    assert declared("image2") == known and asked == []
    path.write_text(truth[: len(truth) // 2])
    declarations.forget_declarations()
    assert declared("image2") == known and len(asked) == 1
    assert path.read_text() == truth


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path, monkeypatch):
    known = [declared(stage.name) for stage in STAGES]
    classes = {stage.name: step_classes(stage.name) for stage in STAGES}
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MIRI_WIDGETS_CACHE", str(tmp_path / "file"))
    answer = {
        stage.name: {
            "parameters": [parameter.to_dict() for parameter in parameters],
            "docs": {},
            "classes": classes[stage.name],
        }
        for stage, parameters in zip(STAGES, known, strict=True)
    }
    monkeypatch.setattr(declarations, "call_in_child", lambda module: answer)
    assert [declared(stage.name) for stage in STAGES] == known


def test_a_kind_that_this_package_does_not_know_is_said():
    with pytest.raises(StepFailedError, match=r"declares new\.thing as tuple"):
        parameter_of("new.thing", "tuple(default=None)", "")


def test_a_child_that_dies_is_a_sentence():
    from miri_widgets.steps.children import call_in_child

    with pytest.raises(MiriWidgetsError, match="No module named"):
        call_in_child("miri_widgets.no_such_module")


def test_reading_the_specs_warns_of_nothing():
    from miri_widgets.steps.specs import read_pipeline

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_pipeline("jwst.pipeline.Image2Pipeline")


@pytest.mark.parametrize(
    ("stage", "name", "unit"),
    [
        ("sky", "exclude_delta", "MJy/sr"),
        ("sky", "source_grow", "FWHM"),
        ("pullupdown", "brighter_than", "MJy/sr"),
        ("shifts", "catalog_epoch", "yr"),
        ("apply_shift", "sip_error_mas", "mas"),
    ],
)
def test_units_of_our_own_parameters_are_spelled_as_declared(stage, name, unit):
    assert {one.name: one.unit for one in declared(stage)}[name] == unit
