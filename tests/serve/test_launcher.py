"""The server without a browser: what it lists, what it refuses, what it sends along."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from miri_widgets.errors import EngineError, MissingFileError
from miri_widgets.serve import ServerProcess, serve, start_server
from miri_widgets.serve.dashboard_list import list_dashboards
from miri_widgets.serve.policy import UNUSED_EXTENSIONS, is_loopback

PATIENCE = 600.0
"""Seconds for an answer, on a machine that may be busy; most come at once."""

LATE = """
import sys
import time
from IPython.display import display
sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0
get_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(6))
display({"text/plain": "late" + " output"}, raw=True)
"""
"""A cell whose output comes seconds after its answer, as on a busy machine that of a cell that makes many widgets."""


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace"), dict(error.headers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dashboard and with files that must stay in it."""
    top = tmp_path_factory.mktemp("dashboards")
    metadata = {"miri_widgets": {"title": "A <b>title</b>", "description": "What it does."}}
    (top / "one.ipynb").write_text(
        json.dumps({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    (top / "broken.ipynb").write_text("{")
    for name in ("public", "private", ".hidden", "public/.deep"):
        (top / name).mkdir()
        for file in ("a.png", "a.svg", "a.txt", "a.fits", "a.py"):
            (top / name / file).write_text("x")
    (top.parent / "outside.png").write_text("x")
    (top / "public" / "link.png").symlink_to(top.parent / "outside.png")
    return top


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    """A server below a prefix."""
    with start_server(folder, base_url="/hub/user", timeout=PATIENCE) as running:
        yield running


def test_dashboards_are_listed_with_their_titles(folder: Path) -> None:
    broken, one = sorted(list_dashboards(folder), key=lambda each: each.name)
    assert (one.title, one.description) == ("A <b>title</b>", "What it does.")
    assert broken.title == "Broken" and "cannot be read" in broken.description


def test_the_first_page_lists_dashboards_and_escapes_titles(server: ServerProcess) -> None:
    assert server.url.endswith("/hub/user/")
    status, text, headers = get(server.url)
    assert status == 200
    assert "A &lt;b&gt;title&lt;/b&gt;" in text and "<b>title" not in text
    assert "/hub/user/voila/render/one.ipynb" in text
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "https://" not in text


def test_pictures_in_public_are_served(server: ServerProcess) -> None:
    assert get(f"{server.url}voila/files/public/a.png")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "one.ipynb",
        "private/a.png",
        "private/a.txt",
        "public/a.svg",
        "public/a.txt",
        "public/a.fits",
        "public/.deep/a.png",
        "public/../private/a.png",
        "public/%2e%2e/private/a.png",
        "public/..%2fprivate/a.png",
        "public/link.png",
        ".hidden/a.png",
        "/etc/passwd",
        "../outside.png",
    ],
)
def test_other_files_stay_where_they_are(server: ServerProcess, path: str) -> None:
    assert get(f"{server.url}voila/files/{path}")[0] in {403, 404}


@pytest.mark.parametrize(
    "path", ["voila/tree", "voila/api/contents", "voila/render/no.ipynb", "voila/render/../x"]
)
def test_there_is_no_listing_and_no_other_page(server: ServerProcess, path: str) -> None:
    assert get(server.url + path)[0] == 404


def test_an_address_that_is_none_gets_our_page(server: ServerProcess) -> None:
    for path in ("nowhere", "voila/tree"):
        status, text, headers = get(f"{server.url}{path}")
        assert status == 404 and "There is no such page" in text and '<html lang="en">' in text
        assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_scripts_are_compressed_and_kept_by_browsers(server: ServerProcess) -> None:
    _, _, headers = get(f"{server.url}voila/static/v1/voila.js", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in headers["Cache-Control"]


def test_output_that_comes_long_after_the_answer_of_its_cell_is_on_the_page(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "source": LATE,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "id": "late",
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "late.ipynb").write_text(json.dumps(notebook))
    with start_server(tmp_path, timeout=PATIENCE) as running:
        assert "late output" in get(running.page_url("late.ipynb"))[1]


def test_a_foreign_host_name_is_refused_on_loopback(folder: Path) -> None:
    with start_server(folder, timeout=PATIENCE) as running:
        assert get(running.url, Host="evil.example")[0] == 403


def test_with_a_token_nothing_is_open(folder: Path) -> None:
    with start_server(folder, token="secret", timeout=PATIENCE) as running:
        assert "Log in" in get(running.url)[1]
        assert get(f"{running.url}?token=secret")[0] == 200
        assert get(f"{running.url}voila/files/public/a.png")[0] == 403
        assert get(f"{running.url}voila/files/public/a.png?token=secret")[0] == 200
        assert "Log in" in get(f"{running.url}voila/render/one.ipynb")[1]


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="is not a folder"):
        serve(tmp_path / "gone")
    with pytest.raises(EngineError, match="did not start"):
        start_server(tmp_path / "gone")


def test_the_extension_that_draws_images_is_never_left_out() -> None:
    assert not {"bqplot-linlog", "bqplot", "bqplot-image-gl"} & set(UNUSED_EXTENSIONS)


@pytest.mark.parametrize(
    ("ip", "answer"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.1", False)]
)
def test_loopback(ip: str, answer: bool) -> None:
    assert is_loopback(ip) is answer


def test_importing_the_room_is_light() -> None:
    code = "import sys, miri_widgets.serve; print([m for m in ('voila', 'tornado', 'jdaviz') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_dashboard_alone_is_preheated():
    import re

    from miri_widgets.serve.policy import voila_configuration

    (pattern,) = voila_configuration(preheat=True, only="demo.ipynb")["VoilaKernelManager"][
        "preheat_denylist"
    ]
    assert not re.match(pattern, "demo.ipynb")
    for other in ("artefacts.ipynb", "demo.ipynb.ipynb", "my_demo.ipynb", "folder/demo.ipynb"):
        assert re.match(pattern, other), other
    assert voila_configuration(preheat=True)["VoilaKernelManager"]["preheat_denylist"] == []
