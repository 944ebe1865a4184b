"""What decides the reference files of an exposure, as CRDS asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from miri_widgets.products.archive.holdings import ArchiveFile
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.serialization import Serializable

__all__ = ["ObservingMode", "assumed_modes", "modes_of"]


@dataclass(frozen=True, order=True)
class ObservingMode(Serializable):
    """
    How the imager was used, and when.

    Attributes
    ----------
    filter, subarray, readpatt : str
        As in the headers.
    date : str
        The day, ISO, UTC: newer reference files may apply from a day on.
    is_time_series : bool
        Whether the visit is a time series: CRDS has parameters of their own for some.
    """

    filter: str
    subarray: str = "FULL"
    readpatt: str = "FASTR1"
    date: str = ""
    is_time_series: bool = False

    def parameters(self) -> dict[str, str]:
        """Return the header of an exposure of this mode, by the names of the CRDS rules."""
        return {
            "META.TELESCOPE": "JWST",
            "META.INSTRUMENT.NAME": "MIRI",
            "META.INSTRUMENT.DETECTOR": "MIRIMAGE",
            "META.INSTRUMENT.FILTER": self.filter,
            "META.INSTRUMENT.BAND": "N/A",
            "META.INSTRUMENT.CHANNEL": "N/A",
            "META.INSTRUMENT.CORONAGRAPH": "NONE",
            "META.INSTRUMENT.LAMP_STATE": "OFF",
            "META.EXPOSURE.TYPE": "MIR_IMAGE",
            "META.EXPOSURE.READPATT": self.readpatt,
            "META.SUBARRAY.NAME": self.subarray,
            "META.VISIT.TSOVISIT": "T" if self.is_time_series else "F",
            "META.OBSERVATION.DATE": self.date or "2022-07-01",
            "META.OBSERVATION.TIME": "00:00:00",
        }

    @property
    def label(self) -> str:
        """A short name for people."""
        series = "time series" if self.is_time_series else ""
        return " ".join(
            part for part in (self.filter, self.subarray, self.readpatt, self.date, series) if part
        )


def modes_of(exposures: Iterable[Exposure]) -> tuple[ObservingMode, ...]:
    """
    Return the different modes of exposures, by wavelength.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.
    """
    return _ordered(
        ObservingMode(
            exposure.filter,
            exposure.subarray,
            exposure.readpatt,
            exposure.start[:10],
            exposure.is_time_series,
        )
        for exposure in exposures
    )


def assumed_modes(files: Iterable[ArchiveFile]) -> tuple[ObservingMode, ...]:
    """
    Return the modes of files that are not here yet.

    Parameters
    ----------
    files : iterable of ArchiveFile
        Files of the archive.

    Notes
    -----
    The archive gives filter and day; the full array and the fast readout, as nearly all imaging has them, are
    assumed until the headers are here.
    """
    return _ordered(ObservingMode(file.filter, date=file.start) for file in files if file.filter)


def _ordered(modes: Iterable[ObservingMode]) -> tuple[ObservingMode, ...]:
    def rank(mode: ObservingMode) -> tuple[int, ObservingMode]:
        return (FILTERS.index(mode.filter) if mode.filter in FILTERS else len(FILTERS), mode)

    return tuple(sorted(set(modes), key=rank))
