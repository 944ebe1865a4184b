"""Make a simulated twin in a process of its own: ``python -m miri_widgets.simulation.make NAME``, one line per piece."""

from __future__ import annotations

import sys

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.simulation.twins import ensure_twin

__all__ = ["main"]


def main(name: str) -> int:
    """
    Make the twin called `name` if it is not there; what goes wrong becomes one line on stderr.

    Parameters
    ----------
    name : str
        Name of the simulated program.
    """
    try:
        twin = ensure_twin(name, notify=lambda line: print(line, flush=True))
    except MiriWidgetsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(twin.uncal)} simulated exposures are in {twin.folder / 'uncal'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
