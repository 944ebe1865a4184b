"""How soon the composite of three mosaics of 2000 x 2000 pixels stands, and how soon it follows a slider."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from keys import Key

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.composite import CompositePanel
from miri_widgets.panels.parts.compositepicture import CompositePicture
from tests.support import fake_rooms
from tests.support.composite_files import FILTERS, SKY, wcs_of, write_mosaic

KEYS = (
    Key("composite.first_s", "s", at_most=2.0),
    Key("composite.repaint_ms", "ms", at_most=150.0),
    Key("composite.zoom_ms", "ms"),
)
SIDE = 2000
SCREEN = {"left": 0, "bottom": 0, "right": 1, "top": 1, "size": [900, 900]}
MOVES = 15


def write_all(folder: Path) -> None:
    """Write three mosaics with noise and a thousand stars."""
    for number, name in enumerate(FILTERS):
        rng = np.random.default_rng(number)
        image = rng.normal(SKY[name], 0.1, (SIDE, SIDE)).astype(np.float32)
        y, x = np.random.default_rng(9).integers(3, SIDE - 3, (2, 1000))
        image[y, x] += rng.exponential(300, 1000).astype(np.float32)
        image[:150] = np.nan
        write_mosaic(folder, name, image=image, wcs=wcs_of(25.0, image.shape))


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return seconds from the click on the tab to the encoded picture, and milliseconds from a slider to the next one."""
    with tempfile.TemporaryDirectory() as folder:
        program = fake_rooms.fake_program(Path(folder))
        write_all(program.folders[0])
        session = SessionModel(program, fake_rooms.fake_services(program))
        session.poll()
        start = time.perf_counter()
        panel, picture = CompositePanel(session), CompositePicture(session.composite)
        picture.frame.vue_see(SCREEN)
        session.composite.awake = True
        session.background.wait()
        first = time.perf_counter() - start
        assert picture.frame.painted
        slider, moved = panel.channels["F1000W"].weight, []
        for number in range(MOVES):
            before, start = picture.frame.painted, time.perf_counter()
            slider.value = 0.5 + 0.04 * number
            session.background.wait()
            moved.append(1e3 * (time.perf_counter() - start))
            assert picture.frame.painted != before
        start = time.perf_counter()
        picture.frame.vue_see({**SCREEN, "right": 0.5, "top": 0.5})
        session.background.wait()
        zoomed = 1e3 * (time.perf_counter() - start)
        panel.close()
        picture.close()
        session.close()
    values = {"composite.first_s": first, "composite.repaint_ms": median(moved), "composite.zoom_ms": zoomed}
    return values, [f"composite: slowest of {MOVES} repaints {max(moved):.0f} ms"]


if __name__ == "__main__":
    print(measure())
