"""
Values of metadata, checked without a validator of their own where a type and a list of values decide.

References
----------
``stdatamodels.validate._check_value`` of stdatamodels 6 (BSD-3-Clause, STScI) and ``asdf.schema.validate`` of asdf 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_value", "is_plainly_valid"]

_LARGEST = 2**31
"""Whole numbers below it are literals of ASDF for certain."""

_ARRAYS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"})
"""Kinds and sizes of numbers that ASDF can write."""

_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
}


def check_value(value: Any, schema: dict[str, Any], ctx: Any) -> None:
    """
    Check a value against its schema, as the datamodels' function ``_check_value``.

    Parameters
    ----------
    value : object
        The value.
    schema : dict
        Its schema.
    ctx : DataModel
        The datamodel.

    Notes
    -----
    What is not plainly valid goes the way of the datamodels, which finds the words of the error.
    """
    from asdf import schema as asdf_schema
    from asdf import yamlutil
    from stdatamodels import validate as stock
    from stdatamodels.util import convert_fitsrec_to_array_in_tree, remove_none_from_tree

    if value is None:
        return
    validators = stock._VALIDATORS if ctx._validate_arrays else stock.YAML_VALIDATORS
    if is_plainly_valid(value, schema, validators):
        return
    if not isinstance(value, stock._PLAIN_SCALAR_TYPES):
        value = convert_fitsrec_to_array_in_tree(remove_none_from_tree(value))
        with ctx._asdf._blocks.write_context(None):
            value = yamlutil.custom_tree_to_tagged_tree(value, ctx._asdf)
    asdf_schema.validate(value, ctx=ctx._asdf, schema=schema, validators=validators)


def is_plainly_valid(value: Any, schema: Mapping[str, Any], validators: Mapping[str, Any]) -> bool:
    """
    Return whether a value is valid for certain, by its type and the list of values alone.

    Parameters
    ----------
    value : object
        The value.
    schema : mapping
        Its schema.
    validators : mapping
        What is checked, by word of the schema; other words of the schema mean nothing.
    """
    kind = type(value)
    if kind is np.ndarray:
        return not any(keyword in validators for keyword in schema) and _is_plain_array(value)
    if kind is int:
        if not -_LARGEST < value < _LARGEST:
            return False
    elif kind is not str and kind is not float and kind is not bool:
        return False
    # an empty schema is taken from the tag, which plain values have not
    for keyword in schema:
        if keyword == "type":
            names = schema["type"]
            names = [names] if isinstance(names, str) else names
            if not any(kind in _TYPES.get(name, ()) for name in names):
                return False
        elif keyword == "enum":
            if kind is not str or value not in schema["enum"]:
                return False
        elif keyword in validators:
            return False
    return True


def _is_plain_array(array: NDArray) -> bool:
    """Return whether ASDF writes an array as a block of numbers, so that nothing of its schema can fail."""
    from asdf import get_config

    config = get_config()
    return (
        f"{array.dtype.kind}{array.dtype.itemsize}" in _ARRAYS
        and array.ndim > 0
        and array.size > 0
        and array.flags.c_contiguous
        and config.array_inline_threshold is None
        and config.all_array_storage is None
    )
