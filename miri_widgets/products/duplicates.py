"""The same exposure twice in a tree of folders: equal files count once, unequal ones are reported."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError, MixedExposuresError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.fits_reader import read_light_headers
from miri_widgets.products.header_values import header_text

__all__ = ["without_duplicates"]

_CHUNK = 1 << 20
_ORIGIN = ("CAL_VER", "CRDS_CTX", "SDP_VER", "DATE")


def without_duplicates(
    exposures: Sequence[Exposure],
) -> tuple[list[Exposure], list[tuple[Path, MixedExposuresError]]]:
    """
    Keep each exposure once.

    Parameters
    ----------
    exposures : sequence of Exposure
        Of any suffixes.

    Returns
    -------
    list of Exposure
        One of each name: of unequal files the one that was changed last.
    list of tuple of Path and MixedExposuresError
        Files that were left out although they differ from the one that is kept.
    """
    named: dict[str, list[Exposure]] = {}
    for exposure in exposures:
        named.setdefault(exposure.name.filename, []).append(exposure)
    kept, problems = [], []
    for same in named.values():
        first, *others = sorted(
            same, key=lambda exposure: (-exposure.mtime_ns, len(str(exposure.path)), str(exposure.path))
        )
        kept.append(first)
        for other in others:
            if not _equal(first, other):
                problems.append((other.path, _unequal(first, other)))
    return kept, problems


def _equal(first: Exposure, second: Exposure) -> bool:
    zipped = [exposure.path.name.lower().endswith(".gz") for exposure in (first, second)]
    if zipped[0] == zipped[1] and first.size != second.size and not zipped[0]:
        return False
    try:
        return _content(first.path) == _content(second.path)
    except (OSError, EOFError, zlib.error):
        return False


def _content(path: Path) -> str:
    with path.open("rb") as stream:
        is_zipped = stream.read(2) == b"\x1f\x8b"
    digest = hashlib.sha256()
    with gzip.open(path) if is_zipped else path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _unequal(first: Exposure, other: Exposure) -> MixedExposuresError:
    names = ("filter", "subarray", "ngroups", "nints", "start")
    differ = [
        f"{name} {getattr(first, name) or 'missing'} and {getattr(other, name) or 'missing'}"
        for name in names
        if getattr(first, name) != getattr(other, name)
    ]
    ours, theirs = _origin(first.path), _origin(other.path)
    differ += [
        f"{name} {ours.get(name) or 'missing'} and {theirs.get(name) or 'missing'}"
        for name in _ORIGIN
        if ours.get(name) != theirs.get(name)
    ]
    if first.size != other.size:
        differ.append(f"size {first.size} and {other.size} bytes")
    return MixedExposuresError(
        f"{first.name.filename} is there twice with different content "
        f"({'; '.join(differ) or 'pixels or other keywords'}): {first.path}, which was changed last and is taken, "
        f"and {other.path}, which is left out",
        "each exposure once",
        f"write {_line(first.path)} in the program's file to take the other one, or {_line(other.path)} to keep this choice",
    )


def _origin(path: Path) -> dict[str, str]:
    """Return how and when a file was made; empty when it cannot be read."""
    try:
        header = read_light_headers(path)[0]
    except (MiriWidgetsError, OSError):
        return {}
    return {key: header_text(header, key) for key in _ORIGIN}


def _line(path: Path) -> str:
    """Return a line of the program's file that leaves a file out."""
    return f"exclude = [{json.dumps(str(path), ensure_ascii=False)}]"
