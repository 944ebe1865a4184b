"""Check an installation and advise how to fix what is wrong."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil
from humanize import naturalsize

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.atomic import require_writable
from miri_widgets.products.free_memory import free_memory
from miri_widgets.products.program import data_root

__all__ = ["Check", "CheckState", "examine", "report"]

DISK_NEEDED = 6e9
"""The demo's references, exposures, products and room to write them twice."""

MEMORY_NEEDED = 4e9
"""Two FULL exposures at a time (about 1 GB each), the preloaded pipeline and a viewer."""


class CheckState(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Check:
    """
    One line of the report.

    Attributes
    ----------
    name, result, advice : str
        Subject of the check, its result, and what to do (empty when all is well).
    state : CheckState
        How it ended.
    """

    name: str
    state: CheckState
    result: str
    advice: str = ""


def examine(*, port: int = 8866) -> tuple[Check, ...]:
    """
    Run all checks; none of them raises or needs the network.

    Parameters
    ----------
    port : int
        The port that the dashboards are to be served on.

    Returns
    -------
    tuple of Check
        The checks in the order of the report.
    """
    checks: tuple[Callable[[], Check], ...] = (
        _python,
        _packages,
        _added_stages,
        _accelerations,
        _bytecode,
        _crds,
        _disk,
        _memory,
        _browser,
        lambda: _port(port),
    )
    return tuple(check() for check in checks)


def report(checks: tuple[Check, ...]) -> str:
    """
    Return the checks as a table for a terminal.

    Parameters
    ----------
    checks : tuple of Check
        Results of `examine`.

    Returns
    -------
    str
        One line per check, then the advice.
    """
    lines = [f"{check.state:8} {check.name:12} {check.result}" for check in checks]
    advice = [f"  - {check.name}: {check.advice}." for check in checks if check.advice]
    return "\n".join(lines + (["", "What to do:", *advice] if advice else ["", "All is well."]))


def _python() -> Check:
    return Check("python", CheckState.OK, f"Python {sys.version.split()[0]} in {sys.prefix}")


def _added_stages() -> Check:
    from miri_widgets.steps.stages import all_stages, problems_of_added

    names = ", ".join(stage.name for stage in all_stages() if stage.is_added) or "none"
    if problems := problems_of_added():
        return Check("own stages", CheckState.WARNING, names, " ".join(problems).rstrip("."))
    return Check("own stages", CheckState.OK, f"{names} added by other packages")


def _accelerations() -> Check:
    from miri_widgets.steps.acceleration import SWITCH, acceleration_states, switched_off
    from miri_widgets.steps.acceleration import State as AccelerationState

    try:
        states = acceleration_states()
    except MiriWidgetsError as error:
        return Check("acceleration", CheckState.FAILED, error.found, error.remedy)
    stock = [
        f"{name} {state}"
        for name, state in states.items()
        if state not in (AccelerationState.ON, AccelerationState.OFF)
    ]
    states_text = ", ".join(f"{name} {state.partition(':')[0]}" for name, state in states.items())
    if switched_off():
        states_text += f" ({SWITCH}={','.join(switched_off())})"
    if stock:
        return Check(
            "acceleration",
            CheckState.WARNING,
            f"{states_text} (the products are the same, only slower)",
            "install the versions that this package was proven with to have the speed back",
        )
    return Check("acceleration", CheckState.OK, states_text)


def _packages() -> Check:
    requirements = [
        line for line in importlib.metadata.requires("miri_widgets") or [] if "extra ==" not in line
    ]
    missing, outdated = [], []
    for requirement in requirements:
        name = re.split(r"[<>=!~ ;\[]", requirement, maxsplit=1)[0]
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if not _satisfies(version, requirement[len(name) :]):
            outdated.append(f"{name} {version} ({requirement[len(name) :]})")
    main_versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("jwst", "jdaviz", "voila")
        if name not in missing
    )
    if missing or outdated:
        problems = "; ".join(
            filter(None, ["missing: " + ", ".join(missing) if missing else "", ", ".join(outdated)])
        )
        return Check("packages", CheckState.FAILED, problems, "install again: pip install -e .")
    return Check("packages", CheckState.OK, main_versions)


def _satisfies(version: str, bounds: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(bounds).contains(version, prereleases=True)


def _bytecode() -> Check:
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return Check(
            "bytecode",
            CheckState.WARNING,
            "PYTHONDONTWRITEBYTECODE is set: imports take two to three times longer",
            "unset PYTHONDONTWRITEBYTECODE",
        )
    return Check("bytecode", CheckState.OK, "compiled modules are kept")


def _crds() -> Check:
    path = os.environ.get("CRDS_PATH")
    if not path:
        return Check(
            "CRDS",
            CheckState.OK,
            "CRDS_PATH is not set: simulated programs bring their own cache",
            "" if _simulated_cache().is_dir() else "set CRDS_PATH and CRDS_CONTEXT before reducing real data",
        )
    config = Path(path) / "config" / "jwst" / "server_config"
    if not Path(path).is_dir():
        return Check(
            "CRDS", CheckState.FAILED, f"CRDS_PATH={path} does not exist", "make it or correct CRDS_PATH"
        )
    if not config.is_file() and not os.environ.get("CRDS_SERVER_URL"):
        return Check(
            "CRDS",
            CheckState.WARNING,
            f"CRDS_PATH={path} holds no server_config",
            "set CRDS_SERVER_URL=https://jwst-crds.stsci.edu and run `crds sync --contexts` once with a network",
        )
    return Check(
        "CRDS", CheckState.OK, f"{path}, context {os.environ.get('CRDS_CONTEXT', 'as the cache says')}"
    )


def _simulated_cache() -> Path:
    return data_root() / "crds"


def _disk() -> Check:
    root = data_root()
    try:
        require_writable(root)
    except MiriWidgetsError as error:
        return Check("disk", CheckState.FAILED, error.found, error.remedy)
    free = shutil.disk_usage(root).free
    free_text = f"{naturalsize(free)} free in {root}"
    if free < DISK_NEEDED:
        return Check(
            "disk",
            CheckState.FAILED,
            free_text,
            f"free at least {naturalsize(DISK_NEEDED)} or set MIRI_WIDGETS_DATA",
        )
    return Check("disk", CheckState.OK, free_text)


def _memory() -> Check:
    memory = psutil.virtual_memory()
    available = free_memory()  # of a container or of a batch job, not of the machine
    free_text = f"{naturalsize(available)} free of {naturalsize(memory.total)}, {os.cpu_count()} cores"
    if available < MEMORY_NEEDED:
        advice = f"close other programs or run with --workers 1: two exposures at a time want {naturalsize(MEMORY_NEEDED)}"
        return Check("memory", CheckState.WARNING, free_text, advice)
    return Check("memory", CheckState.OK, free_text)


def _browser() -> Check:
    for name in ("chromium", "chromium-browser", "google-chrome", "firefox", "safari", "msedge"):
        if shutil.which(name):
            return Check("browser", CheckState.OK, f"{shutil.which(name)}")
    if sys.platform in ("darwin", "win32"):
        return Check("browser", CheckState.OK, "the system's own")
    return Check(
        "browser",
        CheckState.WARNING,
        "no browser on this machine",
        "open the dashboards' address from another machine through ssh -L, or install chromium",
    )


def _port(port: int) -> Check:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Check(
                "port",
                CheckState.WARNING,
                f"port {port} is taken",
                "stop what listens there, or serve with --port 0 (any)",
            )
    return Check("port", CheckState.OK, f"{port} is free")
