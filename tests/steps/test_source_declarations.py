"""Declarations of stages are read from the source of their steps, and are what an import gives."""

from importlib import import_module

import pytest

from miri_widgets.steps.source_declarations import read_aliases, read_stages
from miri_widgets.steps.stages import STAGES

HEAD = "from miri_widgets.steps.stage import Scope, Stage\n\nSTAGE = "


def declaration(name, after="", **more):
    values = {
        "title": "A", "summary": "B.", "version": 1, "pipeline": "a.B", "takes": "cal", "gives": ("cal",), "main": "cal",
        "steps": ("a",), "essential": (), "optional": True, **more,
    }  # fmt: skip
    listed = ", ".join(f"{key}={value!r}" for key, value in values.items())
    return f"Stage(name={name!r}, after={after!r}, scope=Scope.EXPOSURE, {listed})\n"


def names(folder):
    return [one.name for one in read_stages(folder)]


def write(folder, *stages):
    folder.mkdir(exist_ok=True)
    for index, text in enumerate(stages):
        (folder / f"module_{index}.py").write_text(HEAD + text)
    return folder


@pytest.mark.parametrize("one", STAGES, ids=lambda one: one.name)
def test_an_import_gives_the_same(one):
    module = "official_stages" if not one.is_own else one.pipeline.split(".")[-2]
    declared = import_module(f"miri_widgets.steps.{module}").STAGE
    assert one in (declared if isinstance(declared, tuple) else (declared,))


def test_a_new_stage_slips_into_the_chain_and_no_other_declaration_changes(tmp_path):
    chain = [declaration("first"), declaration("second", "first"), declaration("third", "second")]
    assert names(write(tmp_path / "a", *chain)) == ["first", "second", "third"]
    for place in ("first", "second"):
        found = names(write(tmp_path / place, *chain, declaration("new", place)))
        assert found.index("new") == found.index(place) + 1
        assert [one for one in found if one != "new"] == ["first", "second", "third"]


def test_an_optional_stage_stands_before_the_last_one_that_is_not(tmp_path):
    chain = [declaration("first"), declaration("last", "first", optional=False), declaration("new", "first")]
    assert names(write(tmp_path / "a", *chain)) == ["first", "new", "last"]


def test_several_stages_of_one_module_and_of_equal_rank_have_an_order(tmp_path):
    several = f"(\n    {declaration('b', 'a').strip()},\n    {declaration('c', 'a').strip()},\n    {declaration('a').strip()},\n)\n"
    assert names(write(tmp_path / "a", several)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (declaration("lost", "nothing"), "no stage leads to lost"),
        (declaration("round", "round"), "no stage leads to round"),
        ("Stage(name=open('x').read())\n", "literals"),
        ("Stage(name=NAME)\n", "line 3: 'NAME'"),
        (declaration("first"), "a second stage 'first'"),
    ],
)
def test_a_wrong_declaration_is_a_sentence_with_its_file(tmp_path, text, words):
    with pytest.raises(TypeError, match=words):
        read_stages(write(tmp_path / "a", declaration("first"), text))


def test_aliases_are_those_of_the_classes(tmp_path):
    (tmp_path / "one.py").write_text(
        'class AStep(Step):\n    """Do."""\n\n    class_alias = "miri_a"\n\n\nclass Other:\n    alias = "b"\n'
    )
    assert read_aliases(tmp_path, "some.steps") == {"miri_a": "some.steps.one.AStep"}
