"""Have a simulated twin made outside of this process, which then needs neither the memory nor the imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from miri_widgets.errors import EngineError

__all__ = ["make_twin"]


def make_twin(name: str, notify: Callable[[str], None]) -> None:
    """
    Make a twin and wait for it.

    Parameters
    ----------
    name : str
        A simulated program.
    notify : callable
        Called with one line per finished piece of work.

    Raises
    ------
    EngineError
        If it could not be made.

    Notes
    -----
    The process goes on when this one ends; the next to ask for the same twin waits for it and makes nothing twice.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "miri_widgets.simulation.make", name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        last = ""
        for line in process.stdout:
            last = line.strip() or last
            notify(last)
    if process.returncode:
        raise EngineError(
            f"the simulated twin {name[:60]!r} was not made ({last[:300].rstrip('.')})",
            "its exposures",
            f"correct that, or run `miri-widgets demo --program {name[:60]} --no-serve` in a terminal",
        )
