"""
The views that only products fill, without the pipeline: what pages of the browser tests display.

`write_pixels` is called by a test; a kernel imports this file for `pixels` and `apart`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import look_pages
from ipywidgets import VBox

from miri_widgets.dashboard import Dashboard
from miri_widgets.steps.previews import preview
from miri_widgets.viewer import ImageViewer, make_viewer
from tests.support import catalog_files, fake_rooms, shift_files

CELL = """
import sys
sys.path.insert(0, {here!r})
import views_page
views_page.{name}({folder!r})
"""
REGIONS = "# Region file format: DS9\nimage\ncircle(40,50,9)\nbox(80,70,20,12,0)\n"
FILTERS = ("F560W", "F1500W")


def cell(folder: Path, name: str) -> str:
    """Return the code that displays what a function here makes."""
    return CELL.format(here=str(Path(__file__).parent), name=name, folder=str(folder))


def _light() -> ImageViewer:
    return make_viewer("light", height="380px")


def write_pixels(folder: Path) -> None:
    """Write a program whose stages have run, the last one with two mosaics and their catalogues; and regions."""
    look_pages.write_look(folder, (256, 420), dithers=4)
    session = look_pages.open_look(folder)
    mosaics = folder / "mosaics"
    mosaics.mkdir()
    for name in FILTERS:
        catalog_files.write(mosaics, name, colour=0.5 if name == "F1500W" else 1.0)
    shift_files.finish_stage(session, "image3", tuple(sorted(mosaics.iterdir())), {})
    kept = session.program.workspace / "regions"
    kept.mkdir()
    (kept / "stars.reg").write_text(REGIONS)
    session.close()


def pixels(folder: str) -> Dashboard:
    """Return the dashboard of what `write_pixels` wrote, with an exposure of a step of ours in view."""
    session = look_pages.open_look(folder)
    # fakes declare parameters that the corrections do not have
    own = {"lyot": True, "coronagraphs": True, "margin": 0}
    session.services = replace(
        session.services, preview=lambda stage, files, _, root: preview(stage, files, own, root)
    )
    session.follow()
    session.show(session.stages["areas"].products[0])
    return Dashboard(session, viewer=_light())


def apart(folder: str) -> VBox:
    """Return all that stands without a program: two files, a catalogue, shifts, a table of shifts, the opener."""
    from miri_widgets.panels.catalog import show_catalog
    from miri_widgets.panels.compare import show_differences
    from miri_widgets.panels.opener import Opener
    from miri_widgets.panels.shift_file import ShiftFilePanel

    base = Path(folder)
    os.environ["MIRI_WIDGETS_DATA"] = str(base / "data")
    for name in ("files", "shifts", "data", "exposures"):
        (base / name).mkdir(parents=True)
    for number in range(4):
        fake_rooms.write_uncal(base / "exposures", number)
    pair = [base / "files" / f"jw09999001001_02101_0000{n}_mirimage_cal.fits" for n in (1, 2)]
    for number, path in enumerate(pair):
        fake_rooms.write_product(path, unit="MJy/sr", level=20.0 + number, size=64)
    mosaics = [catalog_files.write(base / "files", name) for name in FILTERS]
    shift_files.write_shift_files(base / "shifts", groups=3, each=3, shared=1)
    session = measured_session(base / "field")
    opener = Opener(lambda path: VBox(), start=None)
    opener.folders.go(str(base / "exposures"))
    table = ShiftFilePanel(base / "shifts")
    table.folders.go(str(base / "shifts" / "jw09999_shifts.ecsv"))
    parts: dict[str, Any] = {
        "differences": show_differences(*pair, folder=base / "files", viewer=_light()),
        "catalog": show_catalog(mosaics, base, _light()),
        "field": Dashboard(session, ("shifts", "apply_shift", "grid"), viewer=_light()),
        "table": table,
        "opener": opener,
    }
    for name, part in parts.items():
        part.add_class(f"view-{name}")
    return VBox(list(parts.values()))


def measured_session(folder: Path) -> Any:
    """Return a session whose shifts are measured: of three guide stars, one cannot be believed."""
    from miri_widgets.core.shifts.verdicts import Verdict

    folder.mkdir()
    session = shift_files.field_session(fake_rooms, folder / "program", tiles=3, each=3)
    groups = [shift_files.trusted(tile, 3, first=3 * tile - 2) for tile in (1, 2)]
    failed = shift_files.trusted(3, 3, Verdict.FAIL, "the mean of its program", first=7)
    files = folder / "made"
    files.mkdir()
    made = shift_files.write_shift_files(files, (*groups, replace(failed, used=0)), shared=1)
    shift_files.finish_stage(session, "shifts", (made.table, made.measured), made.report)
    session.follow()
    session.tab = "shifts"
    return session
