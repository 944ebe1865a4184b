"""Files that parameters of jwst name: masks, catalogues, backgrounds and reference files, made when they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def _mask(path: Path, laboratory: Any) -> None:
    from stdatamodels.jwst import datamodels

    mask = np.ones((256, 256), dtype="uint8")
    mask[50:200, 50:120] = 0
    model = datamodels.ImageModel(mask)
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _persistence(path: Path, laboratory: Any) -> None:
    """After-images that last until half a minute after the exposure has begun."""
    import asdf

    rows, cols = np.mgrid[40:60, 40:60].reshape(2, -1)
    start = laboratory.input("detector1", "persistence").meta.exposure.start_time
    # seconds since 1970
    until = np.full(rows.size, (start - 40587) * 86400 + 30)
    tree = {"MIRIMAGE": {"rows": rows, "cols": cols, "vals": until, "pers_time": 60}}
    asdf.AsdfFile(tree).write_to(path)


def _background(path: Path, laboratory: Any) -> None:
    model = laboratory.input("image2", "assign_wcs").copy()
    shift = int(path.stem[-1])
    model.data = np.roll(model.data, 7 * shift, axis=1) * (1 + 0.02 * shift)
    model.data[100 + shift, 100] += 1e4
    model.meta.filename = path.name
    model.save(str(path))


def _dq(path: Path, laboratory: Any) -> None:
    from stdatamodels.jwst import datamodels

    dq = np.zeros((256, 256), dtype="uint32")
    dq[30:40, 30:40] = 1
    model = datamodels.MaskModel(dq=dq)
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _emi(path: Path, laboratory: Any) -> None:
    """A reference that corrects SUB256, too."""
    from stdatamodels.jwst import datamodels

    waves = [np.roll(np.sin(np.linspace(0, 2 * np.pi, 500)), shift) for shift in (0, 60)]
    model = datamodels.EmiModel()
    model.frequencies = {
        name: {"frequency": frequency, "phase_amplitudes": wave}
        for name, frequency, wave in zip(("Hz218", "Hz10"), (218.52055, 10.039216), waves, strict=True)
    }
    model.subarray_cases = {
        "SUB256": {
            "rowclocks": 96,
            "frameclocks": 29952,
            "freqs": {"FAST": ["Hz218"], "SLOW": {"MIRIMAGE": ["Hz10"]}},
        }
    }
    model.meta.instrument.name = "MIRI"
    model.save(str(path))


def _wcs(path: Path, laboratory: Any) -> None:
    import asdf

    model = laboratory.output("image3", "resample")
    wcs = model.meta.wcs
    asdf.AsdfFile({"wcs": wcs, "array_shape": list(model.data.shape)}).write_to(path)


def _catalogue(path: Path, laboratory: Any) -> None:
    laboratory.catalogue(path)


def _catfile(path: Path, laboratory: Any) -> None:
    name = laboratory.uncal[0].name.replace("_uncal", "_cal")
    path.write_text(f"{name} {laboratory.file('few_stars.ecsv')}\n")


def _skylist(path: Path, laboratory: Any) -> None:
    names = [one.name.replace("_uncal", "_cal") for one in laboratory.uncal]
    first = 2.0 if path.name.startswith("other") else 0.5
    path.write_text("".join(f"{name} {first + place}\n" for place, name in enumerate(names)))


def _flat(path: Path, laboratory: Any) -> None:
    laboratory.other_flat(path)


def _photom(path: Path, laboratory: Any) -> None:
    """A conversion to surface brightness that falls with time."""
    from astropy.io import fits
    from jwst.photom import PhotomStep

    source = PhotomStep().get_reference_file(laboratory.input("image2", "photom"), "photom")
    with fits.open(source) as hdus:
        rows = len(next(hdu.data for hdu in hdus[1:] if hdu.data is not None and hdu.data.dtype.names))
        columns = [("t0", "f4"), ("lossperyear", "f4")]
        table = np.array([(59000.0, 0.05)] * rows, dtype=columns)
        hdus.append(fits.BinTableHDU(table, name="TIMECOEFF_LINEAR"))
        hdus.writeto(path)


FILES = {
    "photom.fits": _photom,
    "dq.fits": _dq,
    "emi.asdf": _emi,
    "emi_reference.asdf": _emi,
    "mask.fits": _mask,
    "persistence.asdf": _persistence,
    "background1.fits": _background,
    "background2.fits": _background,
    "background3.fits": _background,
    "background4.fits": _background,
    "output_wcs.asdf": _wcs,
    "stars.ecsv": _catalogue,
    "few_stars.ecsv": _catalogue,
    "catfile.txt": _catfile,
    "skylist.txt": _skylist,
    "other_skylist.txt": _skylist,
    "flat.fits": _flat,
}
