"""A stage is declared once: who else names it is counted, and what is made of the declaration is held against it."""

import ast
import importlib
import re
import shutil
import sys
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import pytest

from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.source_declarations import read_aliases, read_stages
from miri_widgets.steps.stage import Stage, StageIdentity, StageInputs, StagePresentation, StageRules
from miri_widgets.steps.stages import STAGES, stage

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "miri_widgets"
DEVELOPERS = ROOT / "docs" / "developers.md"
MOST_FILES = 12
"""More files of the package than this never name one stage."""
HOMONYMS = {
    "sky": {
        "core/photometry/matched.py": "a column of a table of fluxes",
        "core/shifts/transfers.py": "the frame of a shift",
        "core/validation/findings.py": "light of large structures",
        "core/validation/verdicts.py": "limits of the same",
        "panels/parts/display.py": "images of the sky as a kind of image",
        "panels/shifts.py": "vectors on the sky",
        "products/names.py": "suffix of a product",
        "products/program_schema.py": "unit of that product",
        "simulation/observed.py": "level of the sky in an observation",
        "viewer/view_position.py": "a position on the sky",
    },
    "shifts": {
        "cli/main.py": "the command",
        "cli/shifts.py": "the command",
        "panels/charts/shiftplots.py": "what a chart shows",
        "products/names.py": "suffix of a product",
        "report/report.py": "facts of any run that moved exposures",
        "steps/facts.py": "the same facts",
        "steps/tweakreg_shifts.py": "name of a product of tweakreg",
    },
}
"""Files in which the word means another thing than the stage, with what it means there."""
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
stage_table = importlib.import_module("stage_table")


@lru_cache(maxsize=1)
def _sources():
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _strings(tree):
    """The strings of a module that are no docstrings."""
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts
    ]


@lru_cache(maxsize=1)
def _texts():
    """The strings of each module, and what it imports from."""
    return {
        path: {
            *_strings(tree),
            *(one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)),
        }
        for path, tree in _sources().items()
    }


def _names(path, name):
    """Whether a module names a stage: as a string, by its alias or modules, or by its own file name."""
    code = re.compile(rf"(miri_)?{name}([.:]\w+)*|.*\b(steps|panels)\.{name}\b.*", re.DOTALL)
    return path.stem == name or any(code.fullmatch(text) for text in _texts()[path] if name in text)


def files_that_name(name):
    """The files of the package that name a stage."""
    found = [path for path in _sources() if _names(path, name)]
    found += list(PACKAGE.rglob(f"{name}.md"))
    files = {str(path.relative_to(PACKAGE)) for path in found}
    other = HOMONYMS.get(name, {})
    assert all((PACKAGE / path).is_file() for path in other), "an entry of HOMONYMS that is no file any more"
    return files - other.keys()


def test_few_files_name_a_stage():
    counts = {one.name: len(files_that_name(one.name)) for one in STAGES if one.is_own}
    print("\n".join(f"{name:14} {count:3} files" for name, count in sorted(counts.items())))
    assert max(counts.values()) <= MOST_FILES, counts
    assert {"steps/sky.py", "panels/help/sky.md"} < files_that_name("sky")


def test_no_list_of_stages_stands_beside_their_declarations():
    own = {one.name for one in STAGES if one.is_own}
    for path, tree in _sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Set):
                parts = node.keys if isinstance(node, ast.Dict) else node.elts
                listed = {one.value for one in parts if isinstance(one, ast.Constant)} & own
                # a simulation has effects of these names, products have suffixes
                room = path.relative_to(PACKAGE).parts[0]
                assert len(listed) < 3 or room == "simulation" or path.name == "names.py", (path, listed)


def test_the_readme_has_the_table_of_the_declarations():
    text = stage_table.README.read_text(encoding="utf-8")
    assert text == stage_table.written(text), "write it: .venv/bin/python docs/_ext/stage_table.py"
    for one in STAGES:
        assert text.count(f"\n| `{one.name}` | {one.summary}") == 1


@pytest.mark.parametrize("one", STAGES, ids=lambda one: one.name)
def test_what_a_declaration_names_is_there(one):
    from miri_widgets.panels.sections import sections_of
    from miri_widgets.panels.stage import StagePanel
    from miri_widgets.panels.stage_panel import panel_class

    assert issubclass(panel_class(one), StagePanel)
    assert {str(section) for section in one.sections} <= set(sections_of(one))
    names = {parameter.name for parameter in declared(one.name)}
    assert {region.parameter for region in one.regions} <= names
    assert {name for name, _ in one.preset} <= names
    assert {*one.essential, *one.one_of, *filter(None, [one.empty_sky])} <= names
    assert {figure.suffix for figure in one.figures} <= {*one.gives}
    assert not one.after or stage(one.after)
    if one.correction:
        module, _, function = one.correction.partition(":")
        assert callable(getattr(import_module(module), function))


def test_the_parts_of_a_stage_share_no_field():
    parts = (StageIdentity, StageInputs, StageRules, StagePresentation)
    fields = [name for part in parts for name in part.__dataclass_fields__]
    assert len(fields) == len(set(fields)) and set(fields) == set(Stage.__dataclass_fields__)
    text = " ".join(Path(PACKAGE / "steps" / "stage.py").read_text(encoding="utf-8").split())
    assert all(re.search(rf"\b{name}\b[^:.]* : ", text) for name in fields), "every field is documented"


# -- what a change touches ----------------------------------------------------


def listed(heading):
    """The files of a numbered list of the developers' page, in order."""
    text = DEVELOPERS.read_text(encoding="utf-8").partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return re.findall(r"^\d+\. `([\w/.]+)`", text, re.MULTILINE)


def _homes(of):
    """The files of the package that may name a parameter of a correction."""
    core = PACKAGE / of.correction.partition(":")[0].replace("miri_widgets.", "").replace(".", "/")
    room = core.parent if core.parent != PACKAGE / "core" else core.with_suffix(".py")
    step = PACKAGE / "steps" / f"{of.pipeline.split('.')[-2]}.py"
    return room, step, PACKAGE / "panels" / "help" / f"{of.name}.md"


def test_a_new_parameter_of_a_step_touches_what_is_listed():
    assert listed("A parameter of a step") == [
        "core/SUBJECT/NAME.py", "steps/NAME.py", "panels/help/NAME.md", "tests/core/SUBJECT/test_NAME.py",
        "tests/steps/parameter_trials/corrections.py",
    ]  # fmt: skip
    corrections = [one for one in STAGES if one.correction]
    parameters = {one.name: {parameter.name for parameter in declared(one.name)} for one in STAGES}
    others = {name for one in STAGES if not one.correction for name in parameters[one.name]}
    for one in corrections:
        # a name of one word may mean anything; what all corrections share is proven by the step they have in common
        mine = {name for name in parameters[one.name] - others if "_" in name and not owned_reason(name)}
        for name in mine - {"proof_sources", "rateints_file"}:
            allowed = [
                place for other in corrections if name in parameters[other.name] for place in _homes(other)
            ]
            for path, words in _words().items():
                here = str(path.relative_to(PACKAGE))
                if name in words and not _general(here):
                    assert any(place == path or place in path.parents for place in allowed), (name, here)


@lru_cache(maxsize=1)
def _words():
    """What each module names in its code: arguments, and words of its strings."""
    return {
        path: {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg | ast.keyword)}
        | {word for text in _strings(tree) for word in re.findall(r"\w+", text)}
        for path, tree in _sources().items()
    }


def _general(here):
    """Whether a file uses such names for ideas of its own, as functions that all corrections share do."""
    return here.startswith("core/stacks/") or here in {
        "core/rates/integrations.py",
        "core/validation/validation.py",
    }


def test_a_new_stage_of_ours_touches_what_is_listed(tmp_path):
    assert listed("A stage in this package") == [
        "core/SUBJECT/NAME.py", "steps/NAME.py", "panels/help/NAME.md", "panels/NAME.py",
        "tests/core/SUBJECT/test_NAME.py", "tests/benchmarks/NAME_science.py",
    ]  # fmt: skip
    steps = tmp_path / "steps"
    shutil.copytree(PACKAGE / "steps", steps, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_bytes() for path in steps.rglob("*.py")}
    text = (PACKAGE / "steps" / "areas.py").read_text(encoding="utf-8")
    for old, new in (
        ('name="areas"', 'name="pedestal"'), ('after="grid"', 'after="stripes"'), ("AreasStep", "PedestalStep"),
        ('"miri_areas"', '"miri_pedestal"'), ("steps.areas.", "steps.pedestal."),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (steps / "pedestal.py").write_text(text, encoding="utf-8")
    names = [one.name for one in read_stages(steps)]
    assert names.index("pedestal") == names.index("stripes") + 1
    assert [name for name in names if name != "pedestal"] == [one.name for one in STAGES]
    assert (
        read_aliases(steps, "miri_widgets.steps")["miri_pedestal"]
        == "miri_widgets.steps.pedestal.PedestalStep"
    )
    assert "| `pedestal` | " in stage_table.stage_table(read_stages(steps))
    assert all(path.read_bytes() == content for path, content in before.items())
