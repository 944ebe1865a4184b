"""Whether a token is asked for, and where it comes from."""

from __future__ import annotations

import argparse
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from miri_widgets.serve.options import TOKEN_VARIABLE, add_serving_options, serving_options

PATIENCE = 300.0


def parsed(*words: str) -> dict[str, object]:
    """Return what the server is given."""
    parser = argparse.ArgumentParser()
    add_serving_options(parser)
    return serving_options(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "variable", "token"),
    [
        ((), None, None),
        ((), "", None),
        ((), "kept", "kept"),
        (("--token", "given"), "kept", "given"),
        (("--no-token",), None, ""),
        (("--no-token",), "kept", ""),
    ],
)
def test_a_token_unless_it_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], variable: str | None, token: str | None
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(TOKEN_VARIABLE, variable)
    assert parsed(*words)["token"] == token
    assert TOKEN_VARIABLE not in __import__("os").environ, "kernels do not inherit it"


def test_both_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--token", "a", "--no-token")
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["miri_widgets", "serve", "--dashboards"], ["miri_widgets.serve"]])
def test_a_server_on_loopback_asks_for_a_token_that_it_prints(tmp_path: Path, command: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", *command, str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(line for line in process.stdout if "served at" in line).split()[-1]
        bare, _, token = address.partition("?token=")
        assert len(token) >= 32
        assert "Log in" in urllib.request.urlopen(bare, timeout=PATIENCE).read().decode()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{bare}api/kernels/x", timeout=PATIENCE)
        assert "Log in" not in urllib.request.urlopen(address, timeout=PATIENCE).read().decode()
    finally:
        process.terminate()
        process.wait(PATIENCE)
