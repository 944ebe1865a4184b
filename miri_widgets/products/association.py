"""
Level-3 associations: which exposures make one mosaic.

References
----------
JWST documentation, "Associations": ``asn_rule``, ``products``, ``members`` with ``expname`` and ``exptype``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError, MixedExposuresError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.fits_files import shown_name

__all__ = ["check_members", "level3_association", "read_association", "require_one", "write_association"]


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
    """Write an association as the pipeline reads it, atomically."""
    write_json(path, association)


def read_association(path: Path) -> dict[str, Any]:
    """
    Read an association.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is not JSON, or names no products and members.
    """
    path = Path(path)
    try:
        association = json.loads(path.read_text(encoding="utf-8"))
        [member["expname"] for product in association["products"] for member in product["members"]]
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no association {shown_name(path)}", f"a file in {path.parent}", "make the association again"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadTableError(
            f"{shown_name(path)} is no association",
            "JSON with products and their members",
            "make the association again",
        ) from error
    return dict(association)


def check_members(path: Path) -> tuple[Path, ...]:
    """
    Return the members of an association; MissingFileError if one is gone.
    """
    association = read_association(path)
    folder = Path(path).parent
    members = tuple(
        folder / member["expname"] for product in association["products"] for member in product["members"]
    )
    for member in members:
        if not member.is_file():
            raise MissingFileError(
                f"the association member {shown_name(member)} is gone",
                f"a file in {member.parent}",
                "run the stage that makes it again",
            )
    return members


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
        found = " and ".join(values) if values else "no exposure"
        raise MixedExposuresError(f"{found} together", f"exposures of one {what}", f"choose one {what}")
    return values[0]
