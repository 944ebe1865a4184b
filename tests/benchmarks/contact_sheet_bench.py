"""How soon the thumbnails of 45 full exposures stand: read the first time, and again from the workspace."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from astropy.io import fits
from astropy.visualization import ZScaleInterval
from keys import Key

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.contact_sheet import ContactSheetPanel
from tests.support import fake_rooms

KEYS = (
    Key("contact_sheet.first_s", "s", at_most=3.0),
    Key("contact_sheet.again_s", "s", at_most=0.5),
)
COUNT = 45
SHAPE = (1024, 1032)
REPEATS = 3


def write_cal(path: Path, number: int) -> None:
    """Write a full exposure as image2 gives it: SCI, ERR and DQ, with stars and flagged pixels."""
    rng = np.random.default_rng(number)
    image = rng.normal(10 + 0.05 * number, 0.3, SHAPE).astype(np.float32)
    y, x = rng.integers(2, 1020, (2, 400))
    image[y, x] += rng.exponential(200, 400).astype(np.float32)
    dq = (rng.uniform(size=SHAPE) < 0.03).astype(np.uint32)
    image[dq > 0] = np.nan
    hdus = [fits.ImageHDU(data, name=name) for name, data in (("SCI", image), ("ERR", image), ("DQ", dq))]
    hdus[0].header["BUNIT"] = "MJy/sr"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)


def reduced_session(folder: Path) -> SessionModel:
    """Return a session of 45 exposures in five tiles, each of which has its full ``cal`` product."""
    program = fake_rooms.fake_program(folder, dithers=9, filters=("F770W",), tiles=5)
    session = SessionModel(program, fake_rooms.fake_services(program))
    session.poll()
    session.tab = "contact_sheet"
    paths = []
    for number, exposure in enumerate(session.programs.exposures):
        paths.append(folder / f"{exposure.root}_cal.fits")
        write_cal(paths[-1], number)
    session.stages["image2"].products = tuple(paths)
    return session


def opened(session: SessionModel) -> float:
    """Return seconds until the panel has the pictures of all exposures."""
    began = time.perf_counter()
    panel = ContactSheetPanel(session)
    pictures = panel.grid.pictures
    seconds = time.perf_counter() - began
    assert len(pictures) == COUNT and all(pictures.values())
    assert all(card.suffix == "cal" for card in panel.model.cards)
    panel.close()
    return seconds


def by_hand(paths: list[Path]) -> SimpleNamespace:
    """Return seconds and MB of the loop of notebooks: ZScale of whole images, drawn by matplotlib."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    began, size = time.perf_counter(), 0
    for path in paths:
        image = fits.getdata(path, "SCI")
        low, high = ZScaleInterval().get_limits(image[np.isfinite(image)])
        figure, axes = plt.subplots(figsize=(4, 4))
        axes.imshow(image, vmin=low, vmax=high, origin="lower", cmap="gray")
        stream = io.BytesIO()
        figure.savefig(stream)
        plt.close(figure)
        size += stream.tell()
    return SimpleNamespace(seconds=time.perf_counter() - began, megabytes=size / 1e6)


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Open the sheet in a new workspace, then again; of the second openings the slowest counts."""
    with tempfile.TemporaryDirectory() as name:
        session = reduced_session(Path(name))
        first = opened(session)
        again = max(opened(session) for _ in range(REPEATS))
        paths = list(session.stages["image2"].products)
        session.close()
        hand = by_hand(paths[:9])
    each = COUNT / 9
    note = (
        f"contact sheet: {COUNT} exposures of {SHAPE[1]} x {SHAPE[0]}; a loop of ZScale and matplotlib takes "
        f"{each * hand.seconds:.1f} s (of 9, times 5), each at a scaling of its own; load {os.getloadavg()[0]:.1f}"
    )
    return {"contact_sheet.first_s": first, "contact_sheet.again_s": again}, [note]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("contact_sheet_bench", KEYS, *measure()))))
