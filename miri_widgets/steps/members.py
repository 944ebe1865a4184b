"""The files that a step is given which looks at many and changes none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.association import read_association, science_members

__all__ = ["member_files", "product_root"]


def member_files(source: Any) -> list[Path]:
    """
    Return the science members of an association, a list of names, or the one file of a name; sorted by name.

    Parameters
    ----------
    source : object
        What the step was given: a file, an association, models, or a list of them.

    Raises
    ------
    WrongSuffixError
        If it is something else, such as data models.
    MissingFileError, BadTableError
        If an association or a member of it is not there, or no member is science.
    MixedExposuresError
        If an exposure is a member twice.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        files = (
            [member.path for member in science_members(path)] if path.suffix.lower() == ".json" else [path]
        )
        return sorted(files, key=lambda path: path.name)
    if isinstance(source, list | tuple) and source and all(isinstance(entry, str | Path) for entry in source):
        return sorted((Path(entry) for entry in source), key=lambda path: path.name)
    raise WrongSuffixError(
        f"{str(source)[:80]}", "an association of cal files", "give the name of an association"
    )


def product_root(source: Any, suffix: str, otherwise: str) -> str:
    """
    Return what the name of a product begins with: that of an association's product, without `suffix`.

    Parameters
    ----------
    source : object
        What the step was given.
    suffix : str
        Ending of the product's name, which an association may carry already.
    otherwise : str
        For anything but an association with a name.
    """
    if isinstance(source, str | Path) and Path(source).suffix.lower() == ".json":
        named = str(read_association(Path(source))["products"][0].get("name") or "").strip()
        return named.removesuffix(f"_{suffix}") or otherwise
    return otherwise
