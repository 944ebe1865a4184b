"""How quick the map of 400 exposures is: until it stands, after another colour, and after a click."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from keys import Key

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.exposuremap import ExposureMapView
from tests.support import fake_rooms
from tests.support.placed_files import place_all

KEYS = (
    Key("map.open_400_s", "s", at_most=2.0),
    Key("map.colour_400_s", "s", at_most=0.5),
    Key("map.click_400_s", "s", at_most=0.2),
)
REPEATS = 5


def seconds(call: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Open, colour and click; the slowest of some times counts."""
    with tempfile.TemporaryDirectory() as name:
        program = fake_rooms.fake_program(Path(name), dithers=20, filters=("F770W", "F1500W"), tiles=10)
        place_all(program.folders[0])
        session = SessionModel(program, fake_rooms.fake_services(program))
        session.poll()
        views: list[ExposureMapView] = []
        opened = seconds(lambda: views.append(ExposureMapView(session)))
        view = views[0]
        assert len(view.model.corners) == 400
        ra, dec = view.model.corners[session.programs.exposures[200].root][0]
        clicks = [seconds(lambda: view._picked(ra + 1e-4, dec + 1e-4)) for _ in range(REPEATS)]
        assert session.programs.selected
        colours = []
        for colour in ("tile", "state", "guide_star", "filter", "tile"):
            colours.append(seconds(lambda colour=colour: setattr(view.colour, "value", colour)))
        view.close()
        session.close()
    values: dict[str, float | None] = {
        "map.open_400_s": opened,
        "map.colour_400_s": max(colours),
        "map.click_400_s": max(clicks),
    }
    return values, [f"map of 400 exposures: load {os.getloadavg()[0]:.1f}"]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("exposure_map_bench", KEYS, *measure()))))
