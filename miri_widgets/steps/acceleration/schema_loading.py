"""
Schemas of asdf, parsed once per process.

References
----------
``asdf.schema._make_schema_loader`` of asdf 4 and 5 (BSD-3-Clause), whose loader parses the text of a schema again
each time that it is asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["make_schema_loader"]


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


@cache
def _parsed(content: bytes) -> Any:
    import yaml
    from asdf import yamlutil

    return yaml.load(content, Loader=yamlutil.AsdfLoader)  # a loader that stands on the safe one of PyYAML
