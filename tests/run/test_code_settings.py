"""From the panel to code and back: every parameter of every stage, with values that are hard to write."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from miri_widgets.errors import ParameterError
from miri_widgets.models.stage import StageModel
from miri_widgets.run import RunPlan, code_for, export_notebook, export_script
from miri_widgets.run.code_settings import settings_from_code
from miri_widgets.run.plan import RunInput
from miri_widgets.run.strun import read_strun, strun_line, strun_value
from miri_widgets.settings import Kind, Parameter
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import STAGES, stage

TEXTS = (
    "plain",
    "two words",
    "a,b",
    "it's",
    'a "quoted" word',
    "/data/my files/x #2.reg",
    "x=y",
    "--dash",
    "",
)


def others(parameter: Parameter) -> list:
    """Legal values other than the default, from what the parameter declares."""
    low = parameter.low if parameter.low is not None else min(parameter.high or 0.0, 0.0) - 3
    high = parameter.high if parameter.high is not None else max(low, 0.0) + 7.25
    number = {
        Kind.FLOAT: [low, high, (low + high) / 2, low + (high - low) * 1e-7],
        Kind.INTEGER: [int(low), int(high), int((low + high) / 2)],
    }
    count = parameter.minimum_items or 1
    most = parameter.maximum_items or max(count, 3)
    values = {
        **number,
        Kind.BOOLEAN: [True, False],
        Kind.CHOICE: list(parameter.choices),
        Kind.STRING: list(TEXTS),
        Kind.LIST: [["one"], ["a", "b c"], ["1,2", "it's"]],
        Kind.FLOAT_LIST: [[0.1] * count, [1e-9] * most],
        Kind.INTEGER_LIST: [[2] * count, [7] * most],
    }[parameter.kind]
    if parameter.optional:
        values = [*values, None]
    return [one for one in values if one != parameter.default]


def model_of(name: str) -> StageModel:
    session = SimpleNamespace(
        touch=lambda: None, services=SimpleNamespace(read_code=settings_from_code), chain=()
    )
    model = StageModel(stage(name), session)
    model.use_layers(declared(name), {})
    return model


def code_of(model: StageModel, inputs: tuple = ()) -> str:
    """The code that the panel shows."""
    raw = RunInput("raw", "0", path="/data/x_uncal.fits")
    plan = RunPlan(
        "k" * 20, model.name, "x", ("x",), (raw, *inputs), model.settings.passed(), {"CRDS_CONTEXT": "c"}, "prod"
    )  # fmt: skip
    return code_for(plan, "/work")


def shell_line(code: str) -> str:
    mark = "# in the shell: "
    return next(line for line in code.splitlines() if line.startswith(mark)).removeprefix(mark)


def in_the_shell(parameter: Parameter, value: object) -> bool:
    """Whether strun can set it: a choice that is None it takes for the word None."""
    return value is not None or parameter.kind != Kind.CHOICE


SETTABLE = {one.name: [p for p in declared(one.name) if not owned_reason(p.name)] for one in STAGES}


@pytest.mark.parametrize("name", SETTABLE)
def test_every_parameter_goes_to_code_and_back(name):
    assert SETTABLE[name]
    here, there = model_of(name), model_of(name)
    for parameter in SETTABLE[name]:
        assert others(parameter), parameter.name
        for value in others(parameter):
            here.reset()
            here.set({parameter.name: value})
            code = code_of(here)
            if not in_the_shell(parameter, value):
                assert f"# not in the shell: strun cannot set {parameter.name} to None" in code
            for text in (code, shell_line(code)) if in_the_shell(parameter, value) else (code,):
                there.reset()
                assert there.load_code(text) == (), (parameter.name, text)
                assert there.settings == here.settings, (parameter.name, value, text)


@pytest.mark.parametrize("name", SETTABLE)
def test_all_parameters_at_once(name):
    here, there = model_of(name), model_of(name)
    here.set({parameter.name: others(parameter)[0] for parameter in SETTABLE[name]})
    for text in (code_of(here), shell_line(code_of(here))):
        there.reset()
        there.load_code(text)
        assert there.settings == here.settings


ASK_STPIPE = """
import json, sys
from stpipe import _cmdline, config_parser
for argv, wanted in json.load(sys.stdin):
    cls, config, _, _, parent, known = _cmdline._config_and_class_from_cmdline(argv)
    spec = cls.load_spec_file()
    parser = _cmdline._build_arg_parser_from_spec(spec, cls, parent)
    args = parser.parse_args(argv)
    for name in [n for n in vars(args) if n in ("cfg_file_or_class", "args") or n.replace("_", "-") in
                 _cmdline.built_in_configuration_parameters + ["save-parameters", "disable-crds-steppars"]]:
        delattr(args, name)
    _cmdline._override_config_from_args(config, args)
    config_parser.validate(config, spec)
    for name, value in wanted.items():
        place = config
        for part in name.split(".") if "." not in name else ["steps", *name.split(".")]:
            place = place[part]
        if place != value:
            print(argv[0], name, repr(place), "is not", repr(value))
"""


@pytest.mark.pipeline
def test_stpipe_reads_the_same_values():
    asked = []
    for name, parameters in SETTABLE.items():
        for turn in range(3):
            values = {}
            for parameter in parameters:
                chosen = others(parameter)[turn % len(others(parameter))]
                if in_the_shell(parameter, chosen):
                    values[parameter.name] = parameter.check(chosen)
            # files that are read when the line is parsed must be there, which these are not
            values = {
                key: value
                for key, value in values.items()
                if not key.endswith(("_file", "_mask", "user_dark"))
            }
            line = strun_line(stage(name).pipeline, "x_uncal.fits", values)
            asked.append((shlex.split(line)[1:], values))
    done = subprocess.run(
        [sys.executable, "-c", ASK_STPIPE], input=json.dumps(asked), capture_output=True, text=True, timeout=1800
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == ""


@examples(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30))
def test_any_line_of_text_is_read_back_or_refused(text):
    if "'" in text and '"' in text:
        return
    line = strun_line("cls", "x.fits", {"a.b": text})
    assert read_strun(line) == ("cls", {"a.b": text})


def test_a_text_with_both_quotes_cannot_be_given_to_strun_but_to_python():
    with pytest.raises(ParameterError, match="one kind of quotes"):
        strun_value("x", "both ' and \", here")
    here, there = model_of("image3"), model_of("image3")
    here.set({"tweakreg.abs_refcat": "both ' and \", here"})
    assert "# not in the shell" in code_of(here)
    there.load_code(code_of(here))
    assert there.settings == here.settings


def test_exported_scripts_and_notebooks_can_be_taken():
    values = {"jump.rejection_threshold": 4.5}
    raw = RunInput("raw", "0", path="/data/x_uncal.fits")
    plan = RunPlan("k" * 20, "detector1", "x", ("x",), (raw,), values, {"CRDS_CONTEXT": "c"})
    for text in (export_script([plan], "/work"), export_notebook([plan], "/work")):
        assert dict(settings_from_code("detector1", text).values) == values
        with pytest.raises(ParameterError, match="no call"):
            settings_from_code("image2", text)


def test_dicts_that_notebooks_fill_line_by_line():
    text = """
from collections import defaultdict
limit = 4.5
det1 = defaultdict(dict)
det1['jump']['rejection_threshold'] = limit
det1["ramp_fit"]["algorithm"] = "LIKELY"
for name in files:
    Detector1Pipeline.call(name, steps=det1, save_results=True, output_dir=folder)
"""
    found = settings_from_code("detector1", text)
    assert found.values == {"jump.rejection_threshold": 4.5, "ramp_fit.algorithm": "LIKELY"}
    assert found.left_out == (
        "output_dir is left out: 'folder' is not a plain value. Write the value itself.",
    )


def test_a_call_of_one_step_sets_that_step():
    assert settings_from_code("detector1", "JumpStep.call(x, rejection_threshold=6)").values == {
        "jump.rejection_threshold": 6.0
    }
    assert settings_from_code("detector1", "strun jump x.fits --rejection_threshold 6").values == {
        "jump.rejection_threshold": 6.0
    }
    assert settings_from_code(
        "detector1", "$ strun calwebb_detector1 x.fits \\\n  --steps.jump.skip=true"
    ).values == {"jump.skip": True}


def test_files_of_earlier_runs_are_not_the_users():
    model = model_of("detector1")
    given_by = RunInput(
        "derived", "i", stage="persistence", run_key="0123456789abcdef0123", product="x_dqmask.fits",
        parameter="dq_init.user_supplied_dq",
    )  # fmt: skip
    code = code_of(model, (given_by,))
    assert "user_supplied_dq" in code
    assert model.load_code(code) == (
        "dq_init.user_supplied_dq is left out: an earlier stage gives this file by itself.",
    )
    assert model.settings.user == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no call that can be read"),
        ("Image2Pipeline.call(x)", "a call of Image2Pipeline"),
        ("strun calwebb_image3 x --steps.jump.skip=true", "a call of calwebb_image3"),
        ("Detector1Pipeline.call(x, steps={'jump': {'no_such': 1}})", "no_such"),
        ("Detector1Pipeline.call(x, steps={'jump': {'rejection_threshold': -1}})", "at least 0"),
        ("strun calwebb_detector1 x --steps.jump.skip='open", "ends within quotes"),
        ("(" * 5000, "no call that can be read"),
    ],
)
def test_what_cannot_be_taken_is_a_sentence_and_changes_nothing(text, words):
    model = model_of("detector1")
    model.set({"jump.skip": True})
    with pytest.raises(ParameterError, match=words):
        model.load_code(text)
    assert model.settings.user == {"jump.skip": True}


def test_code_is_never_run(tmp_path):
    mark = tmp_path / "ran"
    text = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\nDetector1Pipeline.call(x, steps={{'jump': {{'skip': __import__('os').remove('x')}}}})"
    found = settings_from_code("detector1", text)
    assert not mark.exists() and not found.values
    assert "is not a plain value" in found.left_out[0]
