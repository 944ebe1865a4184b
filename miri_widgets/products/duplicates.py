"""The same exposure twice in a tree of folders: equal files count once, unequal ones are told."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

from miri_widgets.errors import MixedExposuresError
from miri_widgets.products.exposure import Exposure

__all__ = ["without_duplicates"]

_CHUNK = 1 << 20


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
        first, *others = sorted(same, key=lambda one: (-one.mtime_ns, len(str(one.path)), str(one.path)))
        kept.append(first)
        for other in others:
            if not _equal(first, other):
                problems.append((other.path, _unequal(first, other)))
    return kept, problems


def _equal(first: Exposure, second: Exposure) -> bool:
    zipped = [one.path.name.lower().endswith(".gz") for one in (first, second)]
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
    names = ("filter", "subarray", "ngroups", "nints", "start", "size")
    differ = [
        f"{name} {getattr(first, name)} and {getattr(other, name)}"
        for name in names
        if getattr(first, name) != getattr(other, name)
    ]
    return MixedExposuresError(
        f"{first.name.filename} is there twice with different content "
        f"({'; '.join(differ) or 'pixels or other keywords'}): {first.path}, which was changed last and is taken, "
        f"and {other.path}, which is left out",
        "each exposure once",
        "remove one of them, or write the one that you do not want as exclude = [...] in the program's file",
    )
