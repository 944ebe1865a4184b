"""The truth file: everything that was injected into a simulated program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file, write_json
from miri_widgets.simulation.ramp_artefacts import RampArtefacts, Shower

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["ExposureTruth", "Truth", "load_truth", "write_artefacts", "write_table", "write_truth"]

_VERSION = 1


@dataclass(frozen=True)
class ExposureTruth:
    """
    What was injected into one exposure.

    Attributes
    ----------
    filename : str
        Name of the raw exposure.
    filter : str
        Filter.
    visit : str
        Program, observation and visit numbers.
    guide_star : str
        Identifier of the guide star.
    pointing_error : tuple of float
        True minus header position, (dRA cos Dec, dDec) in arcsec: guide star and dither error together.
    guide_star_error : tuple of float
        The part of it that all exposures of the visit share.
    roll_error : float
        True minus header roll, degrees.
    velocity_aberration : float
        Scale factor, also in the header.
    sky : float
        Uniform sky, MJy/sr.
    cosmic_ray_pixels : int
        Pixels hit, summed over all reads.
    saturated_pixels : int
        Pixels above the saturation threshold at the end of an integration.
    sources : str
        File beside the truth file with ``id``, ``x``, ``y`` (0-based pixels of the subarray) and ``flux_ujy``.
    rate : str
        File beside the truth file with the noiseless rate [DN/s]; empty when it was not asked for.
    sky_factor : float
        Level of the sky relative to that of the filter.
    showers : tuple of Shower
        Showers, in time order.
    artefacts : str
        File beside the truth file with what the pipeline leaves in (`Truth.artefacts`); empty when all of it is off.
    """

    filename: str
    filter: str
    visit: str
    guide_star: str
    pointing_error: tuple[float, float]
    guide_star_error: tuple[float, float]
    roll_error: float
    velocity_aberration: float
    sky: float
    cosmic_ray_pixels: int
    saturated_pixels: int
    sources: str
    rate: str = ""
    sky_factor: float = 1.0
    showers: tuple[Shower, ...] = ()
    artefacts: str = ""


@dataclass(frozen=True, eq=False)
class Truth:
    """
    The truth of a simulated program.

    Attributes
    ----------
    path : Path
        The truth file.
    program : mapping
        The program as plain values.
    catalog : Table
        All sources: ``id``, ``ra``, ``dec``, ``type``, ``flux_ujy``, ``flux_<filter>``, ``isolated`` ...
    exposures : mapping
        `ExposureTruth` by file name of the raw exposure, in time order.
    """

    path: Path
    program: Mapping[str, Any]
    catalog: Table
    exposures: Mapping[str, ExposureTruth]

    def sources(self, filename: str) -> Table:
        """
        Return the sources of an exposure with their pixels: ``id``, ``x``, ``y``, ``flux_ujy``.

        Parameters
        ----------
        filename : str
            Name of the exposure's file.
        """
        return _read_table(self.path.parent / self.exposures[filename].sources)

    def artefacts(self, filename: str) -> dict[str, NDArray[np.float32]]:
        """
        Return what the pipeline leaves in an exposure.

        Parameters
        ----------
        filename : str
            Name of the exposure's file.

        Returns
        -------
        dict of str to ndarray of float32, shape (ny, nx)
            ``stripes``, ``pullupdown``, ``warm`` and ``persistence`` in DN/s, ``showers`` in DN; empty when all of
            it is off.
        """
        from astropy.io import fits

        name = self.exposures[filename].artefacts
        if not name:
            return {}
        path = self.path.parent / name
        if not path.is_file():
            raise MissingFileError(f"{path} is gone", "all files of the truth folder", "simulate again")
        with fits.open(path) as hdus:
            return {hdu.name.lower(): np.array(hdu.data, np.float32) for hdu in hdus[1:]}


def write_table(table: Table, path: Path) -> None:
    """
    Write a table as ECSV, atomically.

    Parameters
    ----------
    table : Table
        The table.
    path : Path
        Where to write.
    """
    with new_file(path) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)


def write_artefacts(path: Path, left: RampArtefacts, seconds: float) -> None:
    """
    Write the images of what the pipeline leaves in an exposure of `seconds`, atomically.

    Parameters
    ----------
    path : Path
        Where to write.
    left : RampArtefacts
        What the pipeline leaves in the exposure.
    seconds : float
        Length of the exposure, s.
    """
    from astropy.io import fits

    shape = left.stripes.shape
    showers = sum(
        (shower.image((shape[0], shape[1])) for shower in left.showers), np.zeros(shape, np.float32)
    )
    images = {
        "stripes": (left.stripes, "DN/s"),
        "pullupdown": (left.pullupdown, "DN/s"),
        "warm": (left.warm, "DN/s"),
        "persistence": (left.persistence(seconds), "DN/s"),
        "showers": (showers, "DN"),
    }
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for name, (image, unit) in images.items():
        hdus.append(fits.ImageHDU(image, fits.Header({"BUNIT": unit}), name=name.upper()))
    with new_file(path) as temporary:
        hdus.writeto(temporary, overwrite=True)


def write_truth(
    path: Path, program: Mapping[str, Any], catalog: Table, exposures: tuple[ExposureTruth, ...]
) -> None:
    """
    Write the truth file and, beside it, ``catalog.ecsv``; the per-exposure tables are written where they are made.

    Parameters
    ----------
    path : Path
        Where to write.
    program : mapping
        Facts of the program.
    catalog : Table
        Sources of the program.
    exposures : tuple of ExposureTruth
        Truth of each exposure.
    """
    write_table(catalog, path.parent / "catalog.ecsv")
    values = {
        "version": _VERSION,
        "program": dict(program),
        "catalog": "catalog.ecsv",
        "exposures": [asdict(exposure) for exposure in exposures],
    }
    write_json(path, values)


def load_truth(path: Path) -> Truth:
    """
    Read a truth file.

    Parameters
    ----------
    path : Path
        ``truth.json``, or the folder that holds it, or the folder given to `simulate`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it cannot be read.
    """
    path = Path(path)
    candidates = (path, path / "truth.json", path / "truth" / "truth.json")
    table_path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if table_path is None:
        raise MissingFileError(
            f"no truth file in {path}", "truth.json", "give the folder of a simulated program"
        )
    try:
        values = json.loads(table_path.read_text(encoding="utf-8"))
        exposures = {item["filename"]: _exposure(item) for item in values["exposures"]}
        catalog = _read_table(table_path.parent / values["catalog"])
        return Truth(table_path, values["program"], catalog, exposures)
    except (ValueError, KeyError, TypeError) as error:
        raise BadTableError(
            f"the truth file {table_path} cannot be read ({error})",
            "a truth file of this version",
            "simulate again",
        ) from error


def _exposure(item: Mapping[str, Any]) -> ExposureTruth:
    pairs = {
        name: (float(item[name][0]), float(item[name][1])) for name in ("pointing_error", "guide_star_error")
    }
    showers = tuple(Shower(**shower) for shower in item.get("showers", ()))
    return ExposureTruth(**{**item, **pairs, "showers": showers})


def _read_table(path: Path) -> Table:
    from astropy.table import Table

    if not path.is_file():
        raise MissingFileError(f"the table {path} is gone", "all files of the truth folder", "simulate again")
    return Table.read(path, format="ascii.ecsv")
