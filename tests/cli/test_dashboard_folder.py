"""Which dashboards are served: a checkout's, those of a variable, or one's own copy of the installed ones."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from miri_widgets.cli import dashboard_folder
from miri_widgets.cli.dashboard_folder import FOLDER_VARIABLE, dashboards_folder
from miri_widgets.errors import MissingFileError, NotWritableError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is installed, with dashboards beside it, for a user with an empty home."""
    share = tmp_path / "prefix" / "share" / "miri_widgets" / "dashboards"
    (share / "public").mkdir(parents=True)
    (share / "demo.ipynb").write_text("demo")
    (share / "demo.toml").write_text("title = 'demo'")
    (share / "public" / "demo.png").write_text("picture")
    site = tmp_path / "prefix" / "lib" / "miri_widgets"
    site.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(dashboard_folder.sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(dashboard_folder.miri_widgets, "__file__", str(site / "__init__.py"))
    return tmp_path


def test_a_checkout_serves_its_own(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert dashboards_folder() == repository / "dashboards"


def test_an_installed_package_serves_a_copy_that_keeps_what_the_user_changed(installed: Path) -> None:
    own = dashboards_folder()
    assert own == installed / "home" / "miri_widgets" / "dashboards"
    assert (own / "public" / "demo.png").read_text() == "picture"
    (own / "demo.toml").write_text("title = 'mine'")
    (own / "demo.ipynb").unlink()
    assert dashboards_folder() == own
    assert (own / "demo.toml").read_text() == "title = 'mine'" and (own / "demo.ipynb").read_text() == "demo"


def test_the_variable_and_the_option_come_first(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("of_variable", "of_option"):
        (installed / name).mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(installed / "of_variable"))
    assert dashboards_folder() == installed / "of_variable"
    assert dashboards_folder(installed / "of_option") == installed / "of_option"
    monkeypatch.setenv(FOLDER_VARIABLE, str(installed / "gone"))
    with pytest.raises(MissingFileError, match="gone"):
        dashboards_folder()


def test_what_is_missing_or_cannot_be_written_is_told(installed: Path) -> None:
    (installed / "home" / "miri_widgets").write_text("a file")
    with pytest.raises(NotWritableError, match=FOLDER_VARIABLE):
        dashboards_folder()
    shutil.rmtree(installed / "prefix" / "share")
    with pytest.raises(MissingFileError, match="--dashboards"):
        dashboards_folder()


def test_the_wheel_brings_dashboards_and_tiles(repository: Path, tmp_path: Path) -> None:
    for name in ("miri_widgets", "dashboards"):
        shutil.copytree(
            repository / name,
            tmp_path / "source" / name,
            ignore=shutil.ignore_patterns("__pycache__", "build"),
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(repository / name, tmp_path / "source" / name)
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "source", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".data/data/")[2] for name in archive.namelist()} - {""}
        points = archive.read(next(n for n in archive.namelist() if n.endswith("entry_points.txt"))).decode()
    kept = {f"share/miri_widgets/dashboards/{path.relative_to(repository / 'dashboards')}"
            for pattern in ("*.ipynb", "*.toml", "*.reg", "public/*.png") for path in (repository / "dashboards").glob(pattern)}  # fmt: skip
    tiles = {f"share/jupyter/jupyter_app_launcher/{name}" for name in ("jp_app_launcher_miri_widgets.yaml", "miri_widgets.svg")}  # fmt: skip
    assert names == kept | tiles
    assert "jupyter_serverproxy_servers" in points
