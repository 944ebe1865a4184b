"""Where `miri_widgets` is installed, and how jupyter-server-proxy starts its dashboards there."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["find_interpreter", "proxied_server"]

_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" rx="16" \
fill="#101a33"/><path d="M50 12 66 21v18L50 48 34 39V21zM33 42 49 51v18L33 78 17 69V51zM67 42 83 51v18L67 78 51 69V51z" \
fill="none" stroke="#e8b84a" stroke-width="4"/></svg>"""

_ASK_LIMIT = 60.0
"""How long an interpreter may take to say whether it has the package, s."""


def proxied_server() -> dict[str, Any]:
    """
    Return the configuration of the server; the package itself gives it, in its own environment.

    Returns
    -------
    dict
        Configuration of a ``ServerProcess`` of jupyter-server-proxy; without a tile where the package is nowhere.
    """
    os.environ.setdefault("MIRI_WIDGETS_PREFIX", os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/"))
    python = find_interpreter()
    if python is None:
        logging.getLogger("ServerApp").warning(
            "miri_widgets is in no kernel's environment and not on the PATH: no tile; name its interpreter in "
            "MIRI_WIDGETS_PYTHON"
        )
    command = ["-P", "-m", "miri_widgets", "serve", "--unix-socket", "{unix_socket}"]
    command += ["--base-url", "{base_url}miri-widgets/", "--end-with", str(os.getpid())]
    return {
        "command": [str(python or "miri-widgets-is-not-installed"), *command],
        "unix_socket": True,
        "absolute_url": True,
        "timeout": 90.0,
        "new_browser_tab": True,
        "launcher_entry": {
            "enabled": python is not None,
            "title": "MIRI imaging",
            "icon_path": str(_icon()),
            "category": "Notebook",
        },
    }


def find_interpreter() -> Path | None:
    """Return an interpreter that has `miri_widgets`, or None."""
    return next((python for python in dict.fromkeys(_candidates()) if _has_package(python)), None)


def _candidates() -> Iterator[Path]:
    """Interpreters to ask, best first."""
    if named := os.environ.get("MIRI_WIDGETS_PYTHON"):
        yield Path(named)
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        specifications = KernelSpecManager().get_all_specs()
    except Exception:  # a damaged kernel must not take the tile away
        specifications = {}
    for _, specification in sorted(specifications.items()):
        argv = specification.get("spec", {}).get("argv") or [""]
        if "python" in Path(argv[0]).name:
            yield Path(shutil.which(argv[0]) or argv[0])
    if command := shutil.which("miri-widgets"):
        yield Path(command).resolve().with_name("python")


def _has_package(python: Path) -> bool:
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('miri_widgets') is None)"
    try:
        result = subprocess.run(
            [python, "-P", "-c", code], capture_output=True, timeout=_ASK_LIMIT, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return result.returncode == 0


def _icon() -> Path:
    """Write the picture of the tile into the cache of the user, and return its path."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "miri_widgets"
    path = folder / "tile.svg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(_ICON, encoding="utf-8")
    except OSError:  # a home that is read-only: the tile comes without a picture
        return Path(os.devnull)
    return path
