"""Ask a child process for facts that only jwst knows, so that the caller never imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import platformdirs

from miri_widgets.errors import MiriWidgetsError, StepFailedError, error_from_dict
from miri_widgets.steps.causes import cause_of_lost_answer
from miri_widgets.steps.failures import as_our_error

__all__ = ["answer", "cache_folder", "call_in_child", "jwst_version"]

TIMEOUT_SECONDS = 300
"""Importing jwst takes 5 to 20 s; a cold network disk may take minutes."""


def cache_folder() -> Path:
    """Return the folder of what can be asked again: MIRI_WIDGETS_CACHE, else the user's cache."""
    return Path(os.environ.get("MIRI_WIDGETS_CACHE") or platformdirs.user_cache_dir("miri_widgets"))


def jwst_version() -> str:
    """
    Return the version of the installed jwst, without importing it.

    It is looked up again when something was installed or removed: a plan asks thousands of times.

    Raises
    ------
    StepFailedError
        If it is not installed.
    """
    return _jwst_version(tuple(_changed(Path(folder)) for folder in sys.path))


def _changed(folder: Path) -> tuple[str, int]:
    """Return a folder of `sys.path` and when something came into it or left it; 0 where it is no folder."""
    try:
        return str(folder), folder.stat().st_mtime_ns
    except OSError:
        return str(folder), 0


@lru_cache(maxsize=1)
def _jwst_version(_: tuple[tuple[str, int], ...]) -> str:
    try:
        return version("jwst")
    except PackageNotFoundError as error:
        raise StepFailedError(
            "the package jwst is not installed",
            "the JWST pipeline beside this package",
            "install the environment again, as the README says",
        ) from error


def call_in_child(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    """
    Run ``python -m module OUTPUT arguments...`` and return what it answers.

    Parameters
    ----------
    module : str
        A module of this package whose main part calls `answer`.
    *arguments : str
        Passed after the path of the answer.
    environment : mapping, optional
        Variables set on top of this process's.

    Raises
    ------
    MiriWidgetsError
        What the child raised; StepFailedError when it died without an answer.
    """
    with tempfile.TemporaryDirectory(prefix="miri_widgets-") as folder:
        path = Path(folder) / "answer.json"
        output, status = "", 0
        try:
            ended = subprocess.run(
                [sys.executable, "-P", "-m", module, str(path), *arguments],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
            output, status = ended.stderr, ended.returncode
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            late = isinstance(error, subprocess.TimeoutExpired)
            cause = cause_of_lost_answer(output or str(error), status, timed_out=late)
            raise StepFailedError(
                f"asking jwst in a child process failed: {cause.found}", cause.expected, cause.remedy
            ) from error
    if "error" in values:
        raise error_from_dict(values["error"])
    return values["answer"]


def answer(path: Path, question: Callable[[], Any]) -> None:
    """
    Write what `question` returns, or the error it raises, to `path` as JSON.

    The main part of a child calls this, so that no error is lost on the way.

    Parameters
    ----------
    path : Path
        Where to write.
    question : callable
        Called without arguments; returns plain values.
    """
    try:
        values: dict[str, Any] = {"answer": question()}
    # a child's answer must also carry SystemExit, which is how CRDS ends
    except BaseException as error:
        ours: MiriWidgetsError = as_our_error(error)
        values = {"error": ours.to_dict()}
    Path(path).write_text(json.dumps(values, default=str), encoding="utf-8")
