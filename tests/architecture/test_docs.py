"""The documentation: every stage has its words, which panel and page share; what they name is there; the site builds."""

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from miri_widgets.steps.stages import STAGES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
help_fields = importlib.import_module("help_fields")
package_pages = importlib.import_module("package_pages")

each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


@pytest.fixture(scope="module")
def figure_keys():
    command = [sys.executable, str(ROOT / "tests" / "benchmarks" / "keys.py")]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@each_stage
def test_a_stage_says_what_when_when_not_how_good_and_whence(stage):
    words = help_fields.read_help(stage.name)
    for field in ("what", "when", "never", "good", "source"):
        assert len(getattr(words, field)) > 20, field
    assert "science.py" in words.good or "pytest" in words.good, "a figure has the command that shows it"


@each_stage
def test_what_it_names_is_there(stage, figure_keys):
    words = help_fields.read_help(stage.name)
    assert set(words.keys) <= figure_keys
    assert bool(words.keys) == bool(words.parts)
    text = (ROOT / "tests" / "benchmarks" / "README.md").read_text()
    assert all(
        f"`{part}`" in text or (ROOT / f"tests/benchmarks/{part}_science.py").is_file()
        for part in words.parts
    )
    for path in re.findall(r"tests/[\w/]+\.py", words.good):
        assert (ROOT / path).is_file(), path
    if stage.is_own:
        from miri_widgets.steps.registry import CLASSES

        named = re.findall(r"`(miri_\w+)`", words.source)
        assert named and set(named) <= set(CLASSES)


@each_stage
def test_the_page_has_every_parameter_once(stage):
    from miri_widgets.steps.declarations import declared, owned_reason

    page = package_pages.stage_page(stage, {})
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]", page, re.MULTILINE)
    wanted = [one.name for one in declared(stage.name) if not owned_reason(one.name)]
    assert sorted(rows) == sorted(wanted)
    cells = [re.split(r"(?<!\\)\|", line) for line in page.splitlines() if line.startswith("| `")]
    assert {len(row) for row in cells} == {7}


def test_the_panel_shows_the_same_words():
    from miri_widgets.panels.parts.theme import help_page

    for stage in STAGES:
        page = help_page(stage.name)
        assert all(f"<h3>{title}</h3>" in page for title in help_fields.FIELDS.values()), stage.name


def test_figures_are_found_by_their_keys(figure_keys):
    text = (ROOT / "tests" / "benchmarks" / "README.md").read_text()
    meanings = package_pages.meanings_of(text)
    named = {key for stage in STAGES for key in help_fields.read_help(stage.name).keys}
    assert named <= set(meanings)


def test_every_panel_has_a_small_picture():
    kept = {path.stem: path for path in (DOCS / "pictures").glob("*.png")}
    wanted = {stage.name for stage in STAGES} | set(package_pages.PANELS) | {"proof", "catalog"}
    assert set(kept) == wanted
    assert max(path.stat().st_size for path in kept.values()) <= 150_000


@pytest.mark.docs
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb", "pydata_sphinx_theme")),
    reason="the extra docs is not installed",
)
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    told = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    for stage in STAGES:
        assert (tmp_path / "html" / "generated" / "stages" / f"{stage.name}.html").is_file()
