"""What the headers of a JWST product say about how it was made: the only record of a file from elsewhere."""

from __future__ import annotations

from pathlib import Path

from miri_widgets.products.fits_reader import read_headers
from miri_widgets.products.header_values import header_text

__all__ = ["header_facts"]

_VERSIONS = {"CAL_VER": "jwst", "CAL_VCS": "jwst commit", "SDP_VER": "SDP", "CRDS_VER": "crds"}
_NOT_REFERENCES = ("R_", "N/A", "")


def header_facts(path: Path) -> dict[str, dict[str, str]]:
    """
    Read how a product was made, from its headers.

    Parameters
    ----------
    path : Path
        A FITS product.

    Returns
    -------
    dict of str to dict of str to str
        ``step`` (status of ``S_*`` steps, by keyword without ``S_``), ``reference file`` (by type), ``context``,
        ``version`` (by package) and ``exposure`` (filter, times, target ...).

    Raises
    ------
    MissingFileError, NotFitsError, TooLargeError
        As `read_headers`.
    """
    facts: dict[str, dict[str, str]] = {
        kind: {} for kind in ("context", "version", "step", "reference file", "exposure")
    }
    header = read_headers(path)[0]
    for key in header:
        value = header_text(header, key)
        if key.startswith("S_") and key != "S_REGION":
            facts["step"][key[2:].lower()] = value
        elif key.startswith("R_") and value not in _NOT_REFERENCES:
            facts["reference file"][key[2:].lower()] = value.removeprefix("crds://")
        elif key == "CRDS_CTX":
            facts["context"]["CRDS context"] = value
        elif key in _VERSIONS:
            facts["version"][_VERSIONS[key]] = value
        elif key in _EXPOSURE:
            facts["exposure"][_EXPOSURE[key]] = value
    return facts


_EXPOSURE = {
    "FILENAME": "file name",
    "FILTER": "filter",
    "SUBARRAY": "subarray",
    "READPATT": "readout",
    "NGROUPS": "groups",
    "NINTS": "integrations",
    "DATE-OBS": "date",
    "TARGPROP": "target",
    "GS_ID": "guide star",
}
