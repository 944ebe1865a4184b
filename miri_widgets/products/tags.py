"""
Tags of exposures: what was said of each on the contact sheet, in one file of the workspace.

Several pages may write at the same time: each change is merged into what the file says at that moment, under a lock
that the death of a process frees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from miri_widgets.errors import BadTableError, ParameterError, WorkspaceError
from miri_widgets.products.atomic import os_errors_as_ours, write_json
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.serialization import Serializable

__all__ = [
    "ANOMALIES",
    "LOCK_SECONDS",
    "ExposureVerdict",
    "Tag",
    "TagFile",
    "change_tags",
    "changed",
    "read_tags",
    "rejected_roots",
    "tag_from",
]

ANOMALIES: Mapping[str, str] = {
    "cosmic_ray_shower": "cosmic-ray shower",
    "column_pull_up": "column pull-up",
    "column_pull_down": "column pull-down",
    "row_pull_up": "row pull-up",
    "row_pull_down": "row pull-down",
    "tree_rings": "tree rings",
    "internal_reflection": "internal reflection",
    "persistence": "persistence",
    "excessive_saturation": "excessive saturation",
    "guidestar_failure": "guide-star failure",
    "diffraction_spike": "diffraction spike",
    "mrs_glow": "MRS glow",
    "mrs_zipper": "MRS zipper",
    "lrs_contamination": "LRS contamination",
}
"""The anomalies of MIRI and how they are written; the names are those of JWQL. Those of imaging come first."""

_VERSION = 1
_LONGEST_COMMENT = 2000
LOCK_SECONDS = 10.0


class ExposureVerdict(StrEnum):
    """What an exposure is good for."""

    NONE = ""
    OK = "ok"
    SUSPECT = "suspect"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Tag(Serializable):
    """
    What was said of one exposure.

    Attributes
    ----------
    verdict : Verdict
        A rejected exposure leaves the mosaic; the others are words only.
    anomalies : tuple of str
        Names of `ANOMALIES`, in their order.
    comment : str
        Text of a user, with nothing that cannot be printed but line breaks.
    seen : bool
        Whether somebody looked at it.
    """

    verdict: ExposureVerdict = ExposureVerdict.NONE
    anomalies: tuple[str, ...] = ()
    comment: str = ""
    seen: bool = False


def tag_from(values: Mapping[str, Any], base: Tag | None = None) -> Tag:
    """
    Return a tag with some values of another, checked.

    Parameters
    ----------
    values : mapping
        Values by the names of a tag's attributes; the others stay.
    base : Tag, optional
        Where they stay from; an empty tag by default.

    Raises
    ------
    ParameterError
        If there is no such verdict, anomaly or attribute.
    """
    known = {field.name for field in fields(Tag)}
    if unknown := sorted(set(values) - known):
        raise ParameterError(f"{str(unknown[0])[:40]!r} of a tag", ", ".join(sorted(known)), "correct it")
    checked = dict(values)
    if "verdict" in checked:
        checked["verdict"] = _verdict(checked["verdict"])
    if "anomalies" in checked:
        checked["anomalies"] = _anomalies(checked["anomalies"])
    if "comment" in checked:
        checked["comment"] = _comment(checked["comment"])
    if "seen" in checked:
        checked["seen"] = bool(checked["seen"])
    return replace(base or Tag(), **checked)


def _verdict(value: Any) -> ExposureVerdict:
    try:
        return ExposureVerdict(str(value or ""))
    except ValueError as error:
        choices = ", ".join(verdict for verdict in ExposureVerdict if verdict)
        raise ParameterError(f"the tag {str(value)[:40]!r}", choices, "correct the tag") from error


def _anomalies(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else list(value)
    for name in names:
        if name not in ANOMALIES:
            raise ParameterError(
                f"the anomaly {str(name)[:40]!r}", "one of " + ", ".join(ANOMALIES), "correct its name"
            )
    return tuple(name for name in ANOMALIES if name in names)


def _comment(value: Any) -> str:
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    # what cannot be printed turns text around or hides it; half a surrogate pair cannot be written at all
    kept = "".join(
        letter if letter.isprintable() or letter == "\n" else " " * letter.isspace() for letter in text
    )
    return kept.strip()[:_LONGEST_COMMENT].rstrip()


def changed(tags: Mapping[str, Tag], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Tag]:
    """
    Return tags with some attributes of some exposures changed.

    Parameters
    ----------
    tags : mapping of str to Tag
        By root. Not modified.
    changes : mapping of str to mapping
        Values by attribute, by root; see `tag_from`.

    Returns
    -------
    dict of str to Tag
        Those that say something.
    """
    result = dict(tags)
    for root, values in changes.items():
        result[root] = tag_from(values, result.get(root))
    return {root: tag for root, tag in sorted(result.items()) if tag != Tag()}


def read_tags(path: Path) -> dict[str, Tag]:
    """
    Read the tags of a workspace.

    Parameters
    ----------
    path : Path
        The tag file.

    Returns
    -------
    dict of str to Tag
        By root of the exposure; nothing when there is no file.

    Raises
    ------
    BadTableError
        If the file is damaged: it is left as it is.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']!r}")
        return {str(root): tag_from(values) for root, values in content["exposures"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ParameterError) as error:
        raise BadTableError(
            f"{shown_name(path)} cannot be read ({str(error)[:120]})",
            "the tags of this workspace",
            f"move it out of {Path(path).parent}, and load tags from an export",
        ) from error


def change_tags(path: Path, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Tag]:
    """
    Merge changes into the tags of a workspace, and return what the file says then.

    Parameters
    ----------
    path : Path
        The file.
    changes : mapping of str to mapping
        See `changed`. What is not named stays as others have left it.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    BadTableError
        If the file is damaged: it is left as it is.
    WorkspaceError
        If another page holds it for longer than some seconds, or the disk refuses.
    """
    path = Path(path)
    with _locked(path.with_suffix(".lock")):
        before = read_tags(path)
        after = changed(before, changes)
        if after != before:
            written = {root: tag.to_dict() for root, tag in after.items()}
            write_json(path, {"version": _VERSION, "exposures": written})
    return after


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file of its own: that of the tags gets another inode with every change."""
    lock = FileLock(path, timeout=LOCK_SECONDS, poll_interval=0.01)
    with os_errors_as_ours(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise WorkspaceError(
                "another page has held the tags of this workspace for a while",
                "one change at a time",
                "tag the exposure again",
            ) from error
    try:
        yield
    finally:
        lock.release()


class TagFile:
    """
    Reads the tags of a workspace again only when the file has changed.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._stamp: tuple[int, ...] | None = ()
        self._tags: dict[str, Tag] = {}

    def read(self) -> dict[str, Tag]:
        """
        Return the current tags.

        Raises
        ------
        BadTableError
            As `read_tags`.
        """
        stamp = self._current_stamp()
        if stamp != self._stamp:
            self._tags = read_tags(self._path)
            self._stamp = stamp
        return self._tags

    def _current_stamp(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


def rejected_roots(tags: Mapping[str, Tag]) -> frozenset[str]:
    """
    Return the roots of the exposures that mosaics leave out.

    Parameters
    ----------
    tags : mapping of str to Tag
        Tags by root.
    """
    return frozenset(root for root, tag in tags.items() if tag.verdict == ExposureVerdict.REJECTED)
