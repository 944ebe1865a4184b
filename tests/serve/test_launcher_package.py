"""The small package with the tile alone: it finds the interpreter that has the dashboards, and brings nothing heavy."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from jupyter_server_proxy.config import ServerProcess

from miri_widgets.serve.jupyter_proxy import proxied_server

PACKAGE = Path(__file__).parents[2] / "dashboards" / "launcher"


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The package's module, in a Jupyter server without kernels."""
    for name in ("MIRI_WIDGETS_PREFIX", "MIRI_WIDGETS_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PATH", str(tmp_path))
    specification = importlib.util.spec_from_file_location("launcher", PACKAGE / "miri_widgets_launcher.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.get_all_specs", lambda _self: {})
    return module


def test_the_wheel_is_small_and_asks_for_nothing_of_the_pipeline(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "source")
    code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "source", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert sum(info.file_size for info in archive.infolist()) < 50_000
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
        points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    needed = [
        line.split(":")[1].strip() for line in metadata.splitlines() if line.startswith("Requires-Dist")
    ]
    assert needed == ["jupyter-server-proxy>=4.4"]
    assert "miri-widgets = miri_widgets_launcher:proxied_server" in points
    assert "miri_widgets_launcher.py" in names


def test_it_starts_what_the_package_itself_starts(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRI_WIDGETS_PYTHON", sys.executable)
    found, own = launcher.proxied_server(), proxied_server()
    assert found["command"] == own["command"]
    assert {**found, "launcher_entry": 0} == {**own, "launcher_entry": 0}
    server = ServerProcess(name="miri-widgets", **found)
    assert server.launcher_entry.enabled and Path(server.launcher_entry.icon_path).read_text().startswith(
        "<svg"
    )


def test_the_interpreter_of_a_kernel_is_found_and_those_without_the_package_are_not(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = tmp_path / "python-bare"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    kernels = {
        "a-broken": {"spec": {}},
        "b-gone": {"spec": {"argv": [str(tmp_path / "gone" / "python3"), "-m"]}},
        "c-bare": {"spec": {"argv": [str(bare), "-m", "ipykernel"]}},
        "d-other": {"spec": {"argv": ["/bin/true"]}},
        "e-miri": {"spec": {"argv": [sys.executable, "-m", "ipykernel"]}},
    }
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.get_all_specs", lambda _self: kernels)
    assert launcher.find_interpreter() == Path(sys.executable)


def test_without_the_package_there_is_no_tile_and_the_log_says_why(
    launcher: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    server = ServerProcess(name="miri-widgets", **launcher.proxied_server())
    assert not server.launcher_entry.enabled
    assert "MIRI_WIDGETS_PYTHON" in caplog.text


def test_a_home_that_cannot_be_written_to_costs_only_the_picture(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert launcher.proxied_server()["launcher_entry"]["icon_path"] == os.devnull


def test_it_loads_in_an_interpreter_without_any_package(tmp_path: Path) -> None:
    code = (
        "import json, sys; import miri_widgets_launcher as launcher;"
        "print(json.dumps(sorted(name for name in sys.modules if name in ('jwst', 'jdaviz', 'numpy', 'miri_widgets'))))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE)!r}); {code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(result.stdout) == []
