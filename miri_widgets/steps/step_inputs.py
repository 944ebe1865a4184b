"""What goes into a step of ours: files, data models, libraries and associations, of which exposures are opened one at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jwst.datamodels import ModelLibrary
from stdatamodels.jwst import datamodels

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import MissingFileError, WrongSuffixError
from miri_widgets.products.association import (
    SCIENCE,
    check_members,
    read_association,
    science_members,
)
from miri_widgets.steps.model_arrays import (
    exposure_arrays_of,
    require_miri_imager,
)

__all__ = [
    "association_of",
    "copied",
    "exposure_arrays_in",
    "files_of",
    "indices_by_name",
    "indices_of",
    "is_single",
    "opened_model",
    "product_name",
    "science_association",
]

log = logging.getLogger(f"stpipe.{__name__}")


def is_single(source: Any) -> bool:
    """
    Return whether a step was given one exposure: a data model, or a file that is no association.

    Parameters
    ----------
    source : object
        What the step was given: a file, an association, models, or a list of them.
    """
    if isinstance(source, str | Path):
        return Path(source).suffix.lower() != ".json"
    return isinstance(source, datamodels.JwstDataModel)


def files_of(source: Any) -> list[Path]:
    """
    Return the files that go into a step; none for data models, which have left theirs.

    Parameters
    ----------
    source : object
        A file, an association, a list, a library or a data model.
    """
    if isinstance(source, str | Path):
        path = Path(source).resolve()
        if path.suffix.lower() != ".json":
            return [path]
        return [member.resolve() for member in check_members(path)]
    if isinstance(source, list | tuple):
        return [path for entry in source for path in files_of(entry)]
    if isinstance(source, ModelLibrary):
        # as a hook of a pipeline, whose association names files
        members = source.asn["products"][0]["members"]
        return [(Path(source.asn_dir) / member["expname"]).resolve() for member in members]
    return []  # data models have left their files


def copied(model: Any) -> Any:
    """
    Return a data model of its own: opening one gives another with the same arrays.

    Parameters
    ----------
    model : object
        The data model.
    """
    return model.copy() if isinstance(model, datamodels.JwstDataModel) else datamodels.open(model)


def association_of(files: list[Any]) -> dict[str, Any]:
    # not `level3_association`: a library keeps the order of the list that it is made from
    """
    Return an association of science exposures, in the order of the files.

    Parameters
    ----------
    files : list
        Paths of exposures.
    """
    members = [{"expname": str(Path(path).resolve()), "exptype": "science"} for path in files]
    return {
        "asn_type": "image3",
        "asn_rule": "DMS_Level3_Base",
        "asn_id": "a3001",
        "asn_pool": "none",
        "products": [{"name": "", "members": members}],
    }


def science_association(path: Path) -> dict[str, Any]:
    """
    Return an association of the science members, of any letter case, with their places in full.

    Parameters
    ----------
    path : Path
        File of an association.
    """
    members = [{**member.entry, "expname": str(member.path.resolve())} for member in science_members(path)]
    association = read_association(path)
    log.info("%s: %d science members", path.name, len(members))
    name = next((str(product["name"]) for product in association["products"] if product.get("name")), "")
    return {**association, "table_name": path.name, "products": [{"name": name, "members": members}]}


def indices_by_name(models: Any) -> list[int]:
    """
    Return the places of the science models by name: results depend neither on the order of files nor of members.

    Parameters
    ----------
    models : object
        Library of models, or a list of models or files.
    """
    if not isinstance(models, ModelLibrary):
        return list(range(len(models)))
    indices = indices_of(models, SCIENCE)
    if not indices:
        raise MissingFileError(
            "a library without science exposures", "at least one", "correct the exptype of its members"
        )
    members = models.asn["products"][0]["members"]
    return sorted(indices, key=lambda index: Path(members[index]["expname"]).name)


def indices_of(models: Any, exptype: str) -> list[int]:
    """
    Return the places of the models of a library that are for something, such as "background".

    Parameters
    ----------
    models : object
        Library of models, or a list of models or files.
    exptype : str
        Type of members, such as ``"background"``.
    """
    members = models.asn["products"][0]["members"]
    return [
        index
        for index, member in enumerate(members)
        if str(member.get("exptype", SCIENCE)).lower() == exptype
    ]


@contextmanager
def opened_model(models: Any, index: int, *, modify: bool = False) -> Iterator[Any]:
    """
    Give one model of a library, or of a list, and put it back.

    Parameters
    ----------
    models : object
        Library of models, or a list of models.
    index : int
        Number of the member, 0-based.
    modify : bool
        Whether the library keeps what is changed.
    """
    if not isinstance(models, ModelLibrary):
        yield models[index]
        return
    with models:
        model = models.borrow(index)
        try:
            yield model
        finally:
            models.shelve(model, index, modify=modify)


def exposure_arrays_in(models: Any, index: int) -> ExposureArrays:
    """
    Return the arrays of one exposure of a library, or of a list of data models or files.

    Parameters
    ----------
    models : object
        Library of models, or a list of models or files.
    index : int
        Number of the member, 0-based.
    """
    if isinstance(models, list) and isinstance(models[index], str | Path):
        with datamodels.open(models[index]) as model:
            _require_imaging(model)
            return exposure_arrays_of(model)
    with opened_model(models, index) as model:
        _require_imaging(model)
        return exposure_arrays_of(model)


def _require_imaging(model: Any) -> None:
    if not isinstance(model, datamodels.ImageModel):
        raise WrongSuffixError(
            f"{model.meta.filename} is a {type(model).__name__}",
            "exposures of one plane (rate or cal)",
            "choose rate or cal files",
        )
    require_miri_imager(model)


def product_name(models: Any) -> str:
    """
    Return the name that an association gives to its product; empty for a single model.

    Parameters
    ----------
    models : object
        Library of models, or a list of models or files.
    """
    if not isinstance(models, ModelLibrary) or len(models) == 1:
        return ""
    products = models.asn.get("products") or [{}]
    return str(products[0].get("name") or "").strip()
