"""
Associations: which exposures make one product, and what each of them is for.

References
----------
JWST documentation, "Associations": ``asn_rule``, ``products``, ``members`` with ``expname`` and ``exptype``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError, MixedExposuresError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import root_of
from miri_widgets.products.text_files import read_text

__all__ = [
    "BACKGROUND",
    "EXPTYPES",
    "SCIENCE",
    "Member",
    "background_members",
    "check_members",
    "level3_association",
    "read_association",
    "read_members",
    "require_one",
    "science_members",
    "write_association",
]

SCIENCE, BACKGROUND = "science", "background"

EXPTYPES = (
    *(
        SCIENCE,
        BACKGROUND,
        "psf",
        "target_acquisition",
        "imprint",
        "selfcal",
        "sourcecat",
        "segmap",
        "direct_image",
    ),
    *("dark", "flat", "autoflat", "autowave", "engineering"),
)
"""What members can be for; those of the imager are science or background, the rest takes no part in its steps."""


@dataclass(frozen=True)
class Member:
    """
    A member of an association.

    Attributes
    ----------
    path : Path
        Its file, from the folder of the association.
    exptype : str
        What it is for, of `EXPTYPES`.
    entry : mapping
        All that the association says of it, such as ``group_id``.
    """

    path: Path
    exptype: str
    entry: Mapping[str, Any] = field(default_factory=dict, compare=False)


def level3_association(members: Iterable[Path], *, product_name: str, program: str) -> dict[str, Any]:
    """
    Describe one mosaic; the order of the members does not matter.

    Parameters
    ----------
    members : iterable of Path
        The ``cal`` files.
    product_name : str
        Root of the names of the products.
    program : str
        Program number, five digits.
    """
    paths = sorted({Path(member) for member in members}, key=lambda path: path.name)
    return {
        "asn_type": "image3",
        "asn_rule": "DMS_Level3_Base",
        "asn_id": "a3001",
        "asn_pool": "none",
        "program": program,
        "products": [
            {
                "name": product_name,
                "members": [{"expname": str(path), "exptype": "science"} for path in paths],
            }
        ],
    }


def write_association(association: dict[str, Any], path: Path) -> None:
    """
    Write an association as the pipeline reads it, atomically.

    Parameters
    ----------
    association : dict
        The association, as the pipeline's JSON.
    path : Path
        Where to write.
    """
    write_json(path, association)


def read_association(path: Path) -> dict[str, Any]:
    """
    Read an association.

    Parameters
    ----------
    path : Path
        A JSON file of level 2 or 3, as the archive, ``asn_from_list`` or an editor writes it.

    Returns
    -------
    dict
        As it stands in the file; the ``exptype`` of members in lower case.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is not JSON, names no products or members, or a member lacks a file name or an exptype that is known.
    """
    path = Path(path)
    remedy = "make the association again, for example with asn_from_list"
    text = read_text(path, "a JSON association", remedy)
    try:
        association = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = str(error).split(":", 1)[0]
        raise BadTableError(f"{shown_name(path)} is no JSON ({why})", "an association", remedy) from error
    products = association.get("products") if isinstance(association, dict) else None
    if not isinstance(products, list) or not all(isinstance(product, dict) for product in products):
        raise BadTableError(
            f"{shown_name(path)} is no association", "JSON with products and their members", remedy
        )
    count = 0
    for product in products:
        members = product.get("members", [])
        if not isinstance(members, list):
            raise BadTableError(
                f"{shown_name(path)}: the members of a product are no list",
                "members with expname and exptype",
                remedy,
            )
        product["members"] = [_checked_member(member, path) for member in members]
        count += len(members)
    if not count:
        raise BadTableError(
            f"{shown_name(path)} has no members",
            "at least one exposure with exptype science",
            "add the exposures",
        )
    return association


def _checked_member(member: Any, path: Path) -> dict[str, Any]:
    name = member.get("expname") if isinstance(member, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise BadTableError(
            f"{shown_name(path)}: a member has no expname",
            "the name of a file",
            "name the file of that member",
        )
    given = member.get("exptype")
    exptype = str(given if given is not None else "").strip().lower()
    if exptype not in EXPTYPES:
        near = get_close_matches(exptype, EXPTYPES, n=1)
        raise BadTableError(
            f"{shown_name(path)}: {shown_name(name)} has "
            + (f"the exptype {str(given)[:40]!r}" if exptype else "no exptype"),
            f"{near[0]}?" if near else "one of " + ", ".join(EXPTYPES),
            "correct the exptype of that member",
        )
    return {**member, "expname": name.strip(), "exptype": exptype}


def read_members(path: Path) -> tuple[Member, ...]:
    """
    Return the members of an association, of all its products, each file once.

    Parameters
    ----------
    path : Path
        The association.

    Returns
    -------
    tuple of Member
        In the order of the file. A file that is science for one product and background for another, as dithers are
        that serve each other, is science. Names without a folder are taken from the folder of the association.

    Raises
    ------
    MissingFileError, BadTableError
        As `read_association`; or if a science or background member is not there.
    MixedExposuresError
        If two science members are products of one exposure.
    """
    path = Path(path)
    members: dict[Path, Member] = {}
    for product in read_association(path)["products"]:
        for entry in product["members"]:
            member = Member(path.parent / entry["expname"], entry["exptype"], entry)
            known = members.get(member.path)
            if known is None or (known.exptype != SCIENCE and member.exptype == SCIENCE):
                members[member.path] = member
    for member in members.values():
        if member.exptype in (SCIENCE, BACKGROUND) and not member.path.is_file():
            raise MissingFileError(
                f"the association member {shown_name(member.path)} is gone",
                f"a file in {member.path.parent}",
                "put it back, run the stage that makes it again, or correct the association",
            )
    names = [root_of(member.path) for member in members.values() if member.exptype == SCIENCE]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise MixedExposuresError(
            f"{shown_name(path)} has {twice} twice", "each exposure once", "leave one of them out"
        )
    return tuple(members.values())


def science_members(path: Path) -> tuple[Member, ...]:
    """
    Return the science members of an association; the only ones that grids, shifts, levels and mosaics are made of.

    Parameters
    ----------
    path : Path
        The association file.

    Raises
    ------
    MissingFileError, BadTableError, MixedExposuresError
        As `read_members`; BadTableError, too, if none is science.
    """
    members = read_members(path)
    science = tuple(member for member in members if member.exptype == SCIENCE)
    if not science:
        kinds = ", ".join(sorted({member.exptype for member in members}))
        raise BadTableError(
            f"{shown_name(path)} has members of {kinds} only",
            "at least one exposure with exptype science",
            "correct the exptype of its members",
        )
    return science


def background_members(path: Path) -> tuple[Member, ...]:
    """
    Return the members that are dedicated exposures of empty sky; errors as of `read_members`.

    Parameters
    ----------
    path : Path
        The association file.
    """
    return tuple(member for member in read_members(path) if member.exptype == BACKGROUND)


def check_members(path: Path) -> tuple[Path, ...]:
    """
    Return the files of all members of an association; errors as of `read_members`.

    Parameters
    ----------
    path : Path
        The association file.
    """
    return tuple(member.path for member in read_members(path))


def require_one(exposures: Iterable[Exposure], what: str) -> str:
    """
    Return the one value of a property that all exposures must share.

    Parameters
    ----------
    exposures : iterable of Exposure
        At least one.
    what : str
        Name of the property: ``filter``, ``subarray``, ``program`` ...

    Raises
    ------
    MixedExposuresError
        If there are several values, or no exposure.
    """
    values = sorted({str(getattr(exposure, what)) for exposure in exposures})
    if len(values) != 1:
        listed = " and ".join(values) if values else "no exposure"
        raise MixedExposuresError(f"{listed} together", f"exposures of one {what}", f"choose one {what}")
    return values[0]
