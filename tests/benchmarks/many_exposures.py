"""What the page of the table's benchmark displays: a program of many exposures, and the same table made plainly."""

from __future__ import annotations

import html
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import ipywidgets
from astropy.io import fits

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.program import ProgramPanel
from miri_widgets.products.program import Program
from miri_widgets.products.scan import scan
from tests.support import fake_rooms

CARDS = 260
"""Other keywords of a real primary header."""

CELL = """
import sys
sys.path.insert(0, {here!r})
import many_exposures
many_exposures.page({folder!r}, plain={plain!r})
"""


def write(folder: Path, count: int) -> None:
    """Write raw exposures with long headers and hardly a pixel: four dithers, five filters, many visits."""
    raw = folder / "uncal"
    raw.mkdir(parents=True)
    for number in range(count):
        write_exposure(folder, number)


def write_exposure(folder: Path, number: int) -> Path:
    """Write the exposure of a number: a copy of the first one with other cards, which takes no time."""
    filters = ("F560W", "F770W", "F1000W", "F1130W", "F1500W")
    template = _template(folder)
    visit, place = number // 20 + 1, number % 20 + 1
    start = 60000.0 + visit * 0.1 + place * 0.005
    cards = {
        "FILTER": filters[number // 4 % 5], "PATT_NUM": number % 4 + 1, "EFFEXPTM": 55.5 + number, "EXPSTART": start,
        "EXPEND": start + 0.001, "DATE-BEG": f"2023-02-25T00:{place:02d}:00.000",
    }  # fmt: skip
    content = bytearray(template)
    for key, value in cards.items():
        place_of_card = template.index(f"{key:<8}=".encode())
        content[place_of_card : place_of_card + 80] = str(fits.Card(key, value)).encode("ascii")
    path = folder / "uncal" / f"jw09999{visit:03d}001_02101_{place:05d}_mirimage_uncal.fits"
    path.write_bytes(content)
    return path


@lru_cache(maxsize=1)
def _template(folder: Path) -> bytes:
    more = {f"KEY{place:05d}": f"a value of keyword {place}" for place in range(CARDS)}
    path = fake_rooms.write_uncal(folder, 1, **more)
    content = path.read_bytes()
    path.unlink()
    return content


def cell(folder: Path, *, plain: bool = False) -> str:
    """Return the code of the page's notebook."""
    return CELL.format(here=str(Path(__file__).parent), folder=str(folder), plain=plain)


def page(folder: str, *, plain: bool) -> ipywidgets.Widget:
    """Return a button that opens the program below it; or the table made plainly."""
    if plain:
        return _plain(Path(folder))
    place, go = ipywidgets.VBox(), ipywidgets.Button(description="Open")
    told = ipywidgets.Label("")
    told.add_class("bench-told")

    def open_it(_: Any) -> None:
        began = time.perf_counter()
        session = _session(Path(folder))
        session.follow()
        panel = ProgramPanel(session)
        place.children = (panel,)
        # the time in which the kernel was at work for the panel alone
        told.value = f"{time.perf_counter() - began:.3f}"

    go.on_click(open_it)
    return ipywidgets.VBox([go, told, place])


def _session(folder: Path) -> SessionModel:
    stages = tuple(one.name for one in fake_rooms.stages.STAGES if one.optional)
    program = Program(
        name="many", title="Many exposures", folders=(folder / "uncal",), workspace=folder / "workspace",
        stages=stages,
    )  # fmt: skip
    return SessionModel(program, fake_rooms.fake_services(program))


def _plain(folder: Path) -> ipywidgets.Widget:
    """A table as HTML, made anew by the kernel for every letter that is typed."""
    exposures = scan([folder / "uncal"]).exposures
    names = ("filter", "tile", "dither", "ngroups", "nints", "exposure_time", "start", "subarray",
             "guide_star", "target")  # fmt: skip
    rows = [[str(one.root), *(str(getattr(one, name)) for name in names)] for one in exposures]
    words, table = ipywidgets.Text(placeholder="plain filter"), ipywidgets.HTML()

    def fill(_: Any) -> None:
        wanted = words.value.lower().split()
        shown = [row for row in rows if all(word in " ".join(row).lower() for word in wanted)]
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(item)}</td>" for item in row) + "</tr>" for row in shown
        )
        table.value = f'<table class="bench-plain"><tbody>{cells}</tbody></table>'

    words.observe(fill, "value")
    fill(None)
    return ipywidgets.VBox([words, table])
