"""Frames of positions in tables: as columns, descriptions, headers and comments state them."""

from __future__ import annotations

import re
from typing import Any

from miri_widgets.products.tables.reader import FileTable

__all__ = ["frame_label", "frame_of_text", "sky_columns", "table_frame"]

_KEYS = frozenset(
    (
        "equinox", "frame", "radesys", "radecsys", "coosys", "coordsys", "coord_system", "coord_frame", "coordinate_system",
        "system", "refsys", "reference_frame", "coordinates", "sky_frame",
    )
)  # fmt: skip
"""What headers call a frame; without case, spaces as ``_``."""

_EPOCH = re.compile(r"\bep(?:och)?\.?\s*[=:]?\s*[jb]?\d{4}(?:\.\d+)?", re.IGNORECASE)
_EQUINOX = re.compile(r"equinox\s*[=:]?\s*([jb]?)\s*(\d{4}(?:\.\d+)?)", re.IGNORECASE)
_YEAR = re.compile(r"(?<![a-z0-9.])([jb])\s*(\d{4}(?:\.\d+)?)", re.IGNORECASE)
_BARE_YEAR = re.compile(r"(?:eq_)?(?:fk[45])?[\s,]*(\d{4}(?:\.\d+)?)", re.IGNORECASE)
_LONGEST_COMMENT = 80
"""Letters; longer lines are prose about how a catalogue was made."""


def frame_of_text(text: str, *, is_equinox: bool = False) -> Any:
    """
    Read a frame out of words such as ``FK5 J1975``, ``eq_FK4 B1950``, ``galactic`` or ``Right ascension (B1950)``.

    Parameters
    ----------
    text : str
        A value of a header, or a description.
    is_equinox : bool, optional
        Whether a year alone is an equinox.

    Returns
    -------
    astropy.coordinates.BaseCoordinateFrame or None
        None when the words state none.

    Notes
    -----
    Equinoxes before 1976 without letter are Besselian (FK4), as in the FITS standard; epochs are no equinoxes.
    """
    from astropy.coordinates import FK4, FK5, ICRS, BarycentricMeanEcliptic, Galactic

    text_lower = _EPOCH.sub(" ", str(text)).replace("_", " ").lower()
    if "icrs" in text_lower:
        return ICRS()
    if re.search(r"\bgalactic\b|\bgal\b", text_lower):
        return Galactic()
    if re.search(r"\becliptic\b|\becl\b", text_lower):
        return BarycentricMeanEcliptic()
    letter, year = "", 0.0
    if (match := _EQUINOX.search(text_lower)) or (match := _YEAR.search(text_lower)):
        letter, year = match[1].upper(), float(match[2])
    elif (is_equinox or "fk" in text_lower) and (match := _BARE_YEAR.search(text_lower.strip())):
        year = float(match[1])
    if not 1800 <= year <= 2200:
        year = 0.0
    is_fk5 = bool(re.search(r"\bfk5\b", text_lower))
    if re.search(r"\bfk4\b", text_lower) or (
        not is_fk5 and (letter == "B" or (year and not letter and year < 1976))
    ):
        return FK4(equinox=f"B{year or 1950.0}")
    if is_fk5 or year:
        return FK5(equinox=f"J{year or 2000.0}")
    return None


def frame_label(frame: Any) -> str:
    """
    Name a frame as astronomers write it.

    Parameters
    ----------
    frame : astropy.coordinates.BaseCoordinateFrame
        Any.
    """
    equinox = getattr(frame, "equinox", None)
    year = "" if equinox is None or frame.name not in ("fk4", "fk5") else f" {equinox.value}"
    return frame.name.upper() + year.replace(".000", "") if frame.name.startswith("fk") else frame.name


def sky_columns(table: FileTable) -> tuple[int, int, Any] | None:
    """
    Return the two columns of a SkyCoord that astropy wrote as text, and its frame with all attributes.

    Parameters
    ----------
    table : FileTable
        As read.

    Returns
    -------
    (int, int, astropy.coordinates.BaseCoordinateFrame) or None
        Longitude, latitude; None when there is none.
    """
    from astropy.coordinates import frame_transform_graph

    stored = table.meta.get("__serialized_columns__")
    if not isinstance(stored, dict):
        return None
    stems = [stem for stem, facts in stored.items() if isinstance(facts, dict) and _is_sky(facts)]
    # jwst writes the corners of each source beside its centroid
    stems.sort(key=lambda stem: ("centroid" not in stem, "bbox" in stem, _first_column(table, stem)))
    for stem in stems:
        facts = stored[stem]
        kind = frame_transform_graph.lookup_name(str(facts.get("frame", "icrs")))
        if kind is None:
            raise table.wrong(
                f"gives positions in the frame {str(facts.get('frame'))[:40]!r}",
                "ICRS, FK4, FK5, galactic or ecliptic", "convert its positions",
            )  # fmt: skip
        frame = kind(**{key: facts[key] for key in kind.frame_attributes if facts.get(key) is not None})
        axes = {generic: name for name, generic in frame.representation_component_names.items()}
        names = [f"{stem}.{axes.get(axis, axis)}" for axis in ("lon", "lat")]
        if all(name in table.names for name in names):
            return table.names.index(names[0]), table.names.index(names[1]), frame
    return None


def _is_sky(facts: dict[str, Any]) -> bool:
    return "SkyCoord" in str(facts.get("__class__", ""))


def _first_column(table: FileTable, stem: str) -> int:
    """Index of the first column of a SkyCoord; headers name them by the alphabet."""
    return next(
        (index for index, name in enumerate(table.names) if name.startswith(f"{stem}.")), len(table.names)
    )


def table_frame(table: FileTable, index: int) -> Any:
    """
    Return the frame that the description of a column, or else the header, states.

    Parameters
    ----------
    table : FileTable
        As read.
    index : int
        A column of longitudes.

    Returns
    -------
    astropy.coordinates.BaseCoordinateFrame or None
        None when nothing states one.
    """
    if table.descriptions and (frame := frame_of_text(table.descriptions[index])) is not None:
        return frame
    stated = {_key(key): value for key, value in table.meta.items() if _key(key) in _KEYS}
    # the system before the equinox, which alone does not say whether it is FK5
    for key in sorted(stated, key=lambda key: key == "equinox"):
        stated_text = str(stated[key])
        if key != "equinox" and "equinox" in stated and "icrs" not in stated_text.lower():
            stated_text = f"{stated_text} equinox {stated['equinox']}"
        if (frame := frame_of_text(stated_text, is_equinox=True)) is not None:
            return frame
    frames = [
        frame
        for line in table.meta.get("comments", ())
        if len(str(line)) <= _LONGEST_COMMENT and (frame := frame_of_text(str(line))) is not None
    ]
    # comments that name several frames are about something else
    return frames[0] if len({frame_label(frame) for frame in frames}) == 1 else None


def _key(key: Any) -> str:
    return re.sub(r"[\s-]+", "_", str(key).strip().lower())
