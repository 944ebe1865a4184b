"""Kernels that are forked: everything imported already, memory shared, and no other fate than an ordinary kernel's."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from miri_widgets.serve import ServerProcess, start_server
from miri_widgets.serve.warm_kernels import WarmKernelProvisioner, can_fork, imported_modules

PATIENCE = 600.0

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are not forked here")

CELL = """
import sys
early = sorted(name for name in ("jdaviz", "ipywidgets", "distributed") if name in sys.modules)
import os, ipywidgets, {module}
from pathlib import Path
kernel = get_ipython().kernel
targets = sorted(kernel.comm_manager.targets)
Path({facts!r} + str(os.getpid())).write_text(repr((early, targets, os.getpgid(0), Path.cwd().name, os.environ["VOILA_BASE_URL"])))
ipywidgets.HTML("a widget of {{}}".format(os.getpid()))
"""


def write_page(folder: Path, facts: Path, module: str) -> None:
    """Write a dashboard that says what its kernel is like."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None,
            "source": CELL.format(facts=f"{facts}/", module=module)}  # fmt: skip
    folder.mkdir()
    facts.mkdir()
    (folder / "page.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )


def wait_for(condition: Callable[[], object], because: str) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, because
        time.sleep(0.1)


def open_page(server: ServerProcess) -> str:
    """Return the page as a browser gets it."""
    with urllib.request.urlopen(server.page_url("page.ipynb"), timeout=PATIENCE) as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, dict[int, Any]]]:
    """A server with two open pages, and what their kernels say."""
    top = tmp_path_factory.mktemp("warm")
    write_page(top / "pages", top / "facts", "miri_widgets.panels")
    with start_server(top / "pages", timeout=PATIENCE) as server:
        texts = [open_page(server) for _ in range(2)]
        assert all(re.search(r"application/vnd.jupyter.widget-view", text) for text in texts)
        yield server, {int(path.name): eval(path.read_text()) for path in (top / "facts").iterdir()}


def test_pages_begin_with_everything_imported(served: tuple[ServerProcess, dict[int, Any]]) -> None:
    _, facts = served
    assert len(facts) == 2
    for pid, (early, targets, group, folder, prefix) in facts.items():
        assert early[:2] == ["ipywidgets", "jdaviz"] and len(early) == 2, "what nobody imports is not there"
        assert {"jupyter.widget", "jupyter.widget.control"} <= set(targets), "widgets reach the page"
        assert group == pid, "a signal to one kernel reaches no other"
        assert (folder, prefix) == ("pages", "/")


def test_most_of_their_memory_is_shared(served: tuple[ServerProcess, dict[int, Any]]) -> None:
    server, facts = served
    kernels = [psutil.Process(pid) for pid in facts]
    (parent,) = {kernel.ppid() for kernel in kernels}
    assert psutil.Process(parent).ppid() == server.pid
    for kernel in kernels:
        memory = kernel.memory_full_info()
        assert memory.rss > 200e6, "jdaviz is in memory"
        assert memory.uss < 0.6 * memory.rss
        assert "page_ipykernel" in " ".join(kernel.cmdline()), "the list of processes tells what it is"


def test_a_kernel_can_be_killed_alone_and_the_rest_ends_with_the_server(tmp_path: Path) -> None:
    write_page(tmp_path / "pages", tmp_path / "facts", "miri_widgets.panels")
    with start_server(tmp_path / "pages", timeout=PATIENCE) as server:
        for _ in range(2):
            open_page(server)
        first, second = [psutil.Process(int(path.name)) for path in sorted((tmp_path / "facts").iterdir())]
        parent = psutil.Process(first.ppid())
        first.kill()
        wait_for(lambda: server.status()["kernels"] == 1, "the server keeps what has ended")
        assert second.is_running() and parent.is_running()
        os.kill(server.pid, signal.SIGKILL)
        _, left = psutil.wait_procs([second, parent], timeout=PATIENCE)
        assert left == [], "a kernel without a server ends"


def test_where_forking_fails_the_page_comes_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(multiprocessing.Process):
        def start(self) -> None:
            raise OSError("no more processes")

    monkeypatch.setattr(multiprocessing.get_context("forkserver"), "Process", Failing)
    provisioner = WarmKernelProvisioner(kernel_id="x", kernel_spec=None)
    mark = tmp_path / "mark"
    code = f"import sys; open({str(mark)!r}, 'w').write(' '.join(sys.argv[1:]))"

    async def launch() -> None:
        await provisioner.launch_kernel([sys.executable, "-c", code, "-f", "connection.json"], cwd=tmp_path)
        await provisioner.wait()

    asyncio.run(launch())
    assert mark.read_text() == "-f connection.json"
    assert "no more processes" in caplog.text


def test_only_folders_that_use_the_package_are_imported_for(tmp_path: Path) -> None:
    def write(name: str, *sources: object) -> None:
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (tmp_path / name).write_text(json.dumps({"cells": cells}))

    (tmp_path / "damaged.ipynb").write_text("{")
    (tmp_path / "list.ipynb").write_text("[1]")
    write(
        "other.ipynb",
        "import numpy\n# from miri_widgets.no import x",
        "from . import miri_widgets",
        "not python",
        3,
        None,
    )
    assert imported_modules(tmp_path) == ()
    write(
        "ours.ipynb",
        "%matplotlib inline\nfrom miri_widgets.dashboard import show",
        ["import os, miri_widgets\n", "x = 1"],
    )
    write("more.ipynb", "if True:\n    import miri_widgets.panels as panels")
    assert imported_modules(tmp_path) == ("miri_widgets", "miri_widgets.dashboard", "miri_widgets.panels")
    assert imported_modules(tmp_path / "gone") == ()


def test_kernels_start_by_themselves_when_asked(tmp_path: Path) -> None:
    write_page(tmp_path / "pages", tmp_path / "facts", "miri_widgets.products")
    command = [sys.executable, "-P", "-m", "miri_widgets.serve", str(tmp_path / "pages"), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--no-token", "--no-fork-kernels"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = next(line for line in process.stdout if "served at" in line).split()[-1]
        with urllib.request.urlopen(f"{address}voila/render/page.ipynb", timeout=PATIENCE) as answer:
            answer.read()
        (path,) = (tmp_path / "facts").iterdir()
        early = eval(path.read_text())[0]
        assert "jdaviz" not in early
        assert psutil.Process(int(path.name)).ppid() == process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)
