"""Pictures of the newest mosaics, for the first page."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tornado.web import HTTPError, authenticated

from miri_widgets.products.thumbnails import make_sheet
from miri_widgets.serve.dashboard_list import list_dashboards, read_dashboard, with_state
from miri_widgets.serve.handlers import ErrorPageHandler

__all__ = ["MosaicPictureHandler", "mosaic_picture"]


def mosaic_picture(folder: Path, name: str) -> bytes:
    """
    Return the newest mosaic of a dashboard's program as a small PNG.

    Parameters
    ----------
    folder : Path
        Folder of the dashboards.
    name : str
        File name of a notebook in it.

    Returns
    -------
    bytes
        The picture; empty when there is no mosaic, or it cannot be read.
    """
    state = with_state(read_dashboard(folder / name), folder).state
    if state is None or state.mosaic is None:
        return b""
    cache = state.mosaic.parents[3] / "thumbnails"  # that of the contact sheet, in the workspace
    return make_sheet({"mosaic": state.mosaic}, cache).pictures.get("mosaic", b"")


class MosaicPictureHandler(ErrorPageHandler):
    """The newest mosaic of a dashboard's program."""

    @authenticated
    async def get(self, name: str) -> None:
        """
        Answer with the picture, made outside of the event loop.

        Parameters
        ----------
        name : str
            File name of the notebook.
        """
        folder = Path(self.settings["dashboards"])
        if name not in {dashboard.name for dashboard in list_dashboards(folder)}:
            raise HTTPError(404, "There is no dashboard of this name")
        content = await asyncio.to_thread(mosaic_picture, folder, name)
        if not content:
            raise HTTPError(404, "There is no mosaic yet")
        self.set_header("Content-Type", "image/png")
        self.set_header("Cache-Control", "private, max-age=86400")  # its address names the time of the mosaic
        self.finish(content)
