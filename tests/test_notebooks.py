"""Every notebook runs from its first cell to its last, says what it shows, and is kept without outputs."""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbclient import NotebookClient

from miri_widgets.run.engine import Engine

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "notebooks").glob("*.ipynb"))
DASHBOARDS = sorted((ROOT / "dashboards").glob("*.ipynb"))
WITHOUT_WIDGETS = ("stage_without_widgets.ipynb", "headless_on_dask.ipynb")


def read(path):
    return nbformat.read(path, as_version=4)


def execute(path, seconds=300):
    notebook = read(path)
    client = NotebookClient(notebook, timeout=seconds, resources={"metadata": {"path": str(path.parent)}})
    client.execute()  # raises on the first error
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def has_widget(cells):
    return any(
        "application/vnd.jupyter.widget-view+json" in output.get("data", {})
        for cell in cells
        for output in cell.outputs
    )


@pytest.fixture(scope="module")
def finished(small_twin):
    """The small program, reduced once; all notebooks find its runs."""
    from miri_widgets.cli.main import main

    workspace = small_twin.folder / "workspace"
    with FileLock(small_twin.folder / "run.lock"):
        assert main(["run", str(ROOT / "notebooks" / "small.toml")]) == 0
    yield workspace
    Engine(workspace).shutdown()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path, finished, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_VIEWER", "light")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    before = set(finished.parent.parent.iterdir())
    cells = execute(path)
    assert all(cell.execution_count for cell in cells)
    assert has_widget(cells) == (path.name not in WITHOUT_WIDGETS)
    assert cells[-1].outputs, "the last cell shows something"
    assert set(finished.parent.parent.iterdir()) == before, "an example leaves nothing behind"


def test_the_viewer_runs_with_jdaviz(monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_VIEWER", "jdaviz")
    assert has_widget(execute(ROOT / "notebooks" / "viewer_alone.ipynb"))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_runs(path):
    assert has_widget(execute(path))


@pytest.mark.parametrize("path", [*EXAMPLES, *DASHBOARDS], ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path):
    for cell in read(path).cells:
        assert cell.cell_type != "code" or (not cell.outputs and cell.execution_count is None)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_cell_closes_what_is_shown(path):
    """*Run All* would leave empty outputs: the end of the kernel closes, and the tests do."""
    shown = ("panel", "viewer", "dashboard", "part", "program_panel", "mosaic_panel")
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert not [name for name in shown if f"{name}.close()" in cell.source]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_last_cell_shows_something(path):
    """It ends with a value or with a print; a loop, a condition or an attempt ends with one, too."""
    last = [cell for cell in read(path).cells if cell.cell_type == "code"][-1]
    statements = list(ast.walk(ast.parse(last.source, mode="exec")))
    prints = [
        one
        for one in statements
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") in ("print", "display")
    ]
    end = ast.parse(last.source).body[-1]
    is_value = isinstance(end, ast.Expr) and not isinstance(end.value, ast.Call)
    assert prints or is_value, ast.unparse(end)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_says_what_it_shows_and_how_long_it_takes(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert "**Shows**" in first.source and "**Takes**" in first.source


def test_there_are_all():
    names = {path.stem for path in EXAMPLES}
    assert names >= {
        "stage_without_widgets",
        "one_panel",
        "viewer_alone",
        "own_dashboard",
        "own_stage",
        "headless_on_dask",
    }
    assert len(DASHBOARDS) >= 2
    assert os.environ["MIRI_WIDGETS_DATA"]  # of the tests, not of the user
