"""Every notebook of the served folder is a dashboard: two cells, a program that loads, an entry on the first page."""

from pathlib import Path

import nbformat
import pytest

from miri_widgets.products.program import load_program
from miri_widgets.serve.dashboard_list import list_dashboards, sections_of
from miri_widgets.simulation import PROGRAMS
from miri_widgets.steps.stages import STAGES

FOLDER = Path(__file__).parents[2] / "dashboards"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def entries():
    """What the first page lists, by name."""
    return {Path(each.name).stem: each for each in list_dashboards(FOLDER, states=True)}


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_two_cells_and_an_entry(name, entries):
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["code", "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    entry = entries[name]
    assert entry.title and len(entry.description) > 40
    assert entry.state is not None and entry.state.data, "the first page says what data it takes"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_program_file_loads_and_belongs_to_a_notebook(path, tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path))
    program = load_program(path)
    assert program.title and program.description
    assert program.simulated in PROGRAMS, "there is a twin as long as there are no data"
    assert {*program.stages, *program.chain} <= {stage.name for stage in STAGES}
    text = "".join(cell.source for cell in nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells)
    assert path.name in text


@pytest.mark.parametrize("page", ["README.md", "docs/programs.md"])
def test_the_documents_list_them(page):
    text = (FOLDER.parent / page).read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []


def test_the_first_page_begins_with_your_data(entries):
    parts = {
        title: {each.name.removesuffix(".ipynb") for each in part}
        for title, part in sections_of(entries.values())
    }
    assert list(parts) == ["Your data", "Programs", "Tools", "Demonstrations"]
    assert parts["Your data"] == {"any_program"}
    assert {"smacs0723_2736", "lmc_1040"} <= parts["Programs"]
    assert parts["Tools"] == {"compare", "persistence", "shifts"}
    assert {"demo", "artefacts"} <= parts["Demonstrations"]
    assert set().union(*parts.values()) == set(entries), "each stands once"
