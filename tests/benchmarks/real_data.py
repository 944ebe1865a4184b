"""Real ramps of a MIRI detector and real mosaics of the Orion Bar, where they are present."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from miri_widgets.core.photometry.source_finding import find_sources
from miri_widgets.products.fits_reader import read_image
from miri_widgets.products.scan import scan
from miri_widgets.run import plan_stages
from miri_widgets.run.engine import Engine
from miri_widgets.run.workspace import Workspace
from miri_widgets.simulation import crds_environment, import_laboratory_ramp
from miri_widgets.simulation.twins import ensure_twin

F770W_FWHM_PIX = 0.269 / 0.11


def measure(shared: Path) -> tuple[dict[str, float | None], list[str]]:
    """
    Return the figures and notes.

    Parameters
    ----------
    shared : Path
        Folder with ``raw`` and ``i2d``.
    """
    keys = ("real.ramp_cds_noise_dn", "real.ramp_rate_dn_s", "real.mosaic_sources")
    ramps = sorted((shared / "raw").glob("*.fits"))
    if not ramps:
        return dict.fromkeys(keys), [f"real: no real files in {shared}"]
    values: dict[str, float | None] = dict(ramp(ramps[0]))
    mosaic = next(one for one in scan([shared / "i2d"]).mosaics if one.filter == "F770W")
    table = find_sources(read_image(mosaic.path).astype(float), fwhm=F770W_FWHM_PIX, nsigma=5)
    values["real.mosaic_sources"] = len(table)
    return values, [f"real: {ramps[0].name} through detector1, {mosaic.path.name} through the source finder"]


def ramp(path: Path) -> dict[str, float]:
    """Reduce a laboratory ramp with the simulated references; return noise [DN] and rate [DN/s]."""
    twin = ensure_twin("small")
    with tempfile.TemporaryDirectory(prefix="miri-real-") as folder:
        uncal, _ = import_laboratory_ramp(path, Path(folder))
        engine = Engine(Workspace(Path(folder) / "workspace"), workers=1)
        environment = crds_environment(twin.cache, twin.context)
        plans = plan_stages(engine.workspace, scan([uncal]).exposures, ["detector1"], {}, environment)
        state = engine.wait(engine.submit(plans), timeout=900)
        engine.shutdown()
        if not state.runs[0].status.good:
            raise RuntimeError(str(state.runs[0].error))
        rate = next(engine.workspace.run_folder("detector1", plans[0].key).glob("*_rate.fits"))
        with fits.open(rate) as hdus:
            good = (hdus["DQ"].data & 1) == 0
            level = float(np.nanmedian(hdus["SCI"].data[good]))
        with fits.open(uncal) as hdus:
            ramps = hdus["SCI"].data.astype(float)
    # third differences of a smooth ramp leave noise only; their variance is 20 times that of one read
    third = np.diff(ramps[:, 5:-5], n=3, axis=1)
    noise = 1.4826 * float(np.median(np.abs(third - np.median(third)))) / np.sqrt(20)
    return {"real.ramp_cds_noise_dn": noise, "real.ramp_rate_dn_s": level}
