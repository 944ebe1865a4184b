"""The house rules that no single module can keep: rooms, dependencies, lightness, words."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "miri_widgets"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py")


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_imports_go_down_only():
    result = run(tool("lint-imports"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_code_is_formatted_and_linted():
    assert (formatted := run(tool("ruff"), "format", "--check", ".")).returncode == 0, formatted.stdout
    assert (linted := run(tool("ruff"), "check", ".")).returncode == 0, linted.stdout


def test_types_hold():
    result = run(tool("mypy"), "miri_widgets")
    assert result.returncode == 0, result.stdout


def test_environment_lists_the_same_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = set(project["dependencies"]) | set(project["optional-dependencies"]["test"])
    lines = (ROOT / "environment.yml").read_text().splitlines()
    listed = {line.strip().removeprefix("- ").strip('"') for line in lines if line.startswith("      - ")}
    assert listed - {"--editable ."} == wanted
    assert "  - python" + project["requires-python"] in lines


@pytest.mark.parametrize(
    "module",
    ["core", "run", "models", "simulation", "cli", "panels", "viewer", "dashboard", "serve"],
)
def test_import_is_light(module):
    heavy = [
        "jwst",
        "stdatamodels",
        "stpipe",
        "crds",
        "jdaviz",
        "distributed",
        "pysiaf",
        "photutils",
        "gwcs",
        "astroquery",
    ]
    code = f"import sys, miri_widgets.{module}; print(' '.join(m for m in {heavy} if m in sys.modules))"
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_says_what_it_is_and_what_it_offers(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module starts with what it is for"
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    exported = {
        name
        for node in tree.body
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets)
        for name in (ast.literal_eval(node.value) if isinstance(node.value, ast.List | ast.Tuple) else ())
    }
    assert public <= exported, f"not in __all__: {sorted(public - exported)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_happens_at_import(path):
    """No call at module level that changes the process: warnings, environment, logging, network."""
    if path.name == "preload.py":
        pytest.skip("the forkserver preloads this module for its effect, as its docstring says")
    banned = (
        "warnings.filterwarnings",
        "warnings.simplefilter",
        "logging.basicConfig",
        "os.environ",
        "os.putenv",
    )
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Expr | ast.Assign) and not isinstance(
            getattr(node, "value", None), ast.Constant
        ):
            text = ast.unparse(node)
            assert not any(word in text for word in banned), text


def test_every_stage_and_command_is_in_the_readme():
    from miri_widgets.steps.stages import STAGES

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for stage in STAGES:
        assert f"| `{stage.name}` |" in readme
    for command in ("demo", "simulate", "import", "serve", "run", "report", "shifts", "doctor"):
        assert f"miri-widgets {command}" in readme


def test_every_benchmark_can_be_imported():
    code = (
        "import sys; sys.path.insert(0, 'tests/benchmarks'); from importlib import import_module; from bench import PARTS\n"
        "[import_module(call.partition('.')[0]) for calls in PARTS.values() for call in calls]"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr


def test_every_benchmark_key_is_explained():
    keys = run(sys.executable, "tests/benchmarks/keys.py").stdout.split()
    table = (ROOT / "tests/benchmarks/README.md").read_text(encoding="utf-8")
    assert keys
    assert [key for key in keys if f"`{key}`" not in table] == []
