"""
Best references by the few keywords that decide, each choice made once.

References
----------
``crds.core.heavy_client.hv_best_references`` of crds 13 and 14 (BSD-3-Clause, STScI), which conditions the whole
metadata of an exposure each time that a step looks for a reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.steps.acceleration.registry import stock_function

__all__ = ["TARGET", "hv_best_references"]

TARGET = "crds.core.heavy_client:hv_best_references"
_INSTRUMENT = "META.INSTRUMENT.NAME"
_PLAIN = (str, int, float, bool, type(None))
_chosen: dict[tuple[Any, ...], tuple[Any, dict[str, Any]]] = {}


def hv_best_references(
    context_file: str, header: Mapping[str, Any], include: Sequence[str] | None = None, condition: bool = True
) -> dict[str, Any]:
    """
    Return the best references, as the function of this name of CRDS.

    Parameters
    ----------
    context_file : str
        The context.
    header : mapping
        Metadata of the exposure, flat.
    include : sequence of str, optional
        Types of references; all by default.
    condition : bool, optional
        Whether values are brought into the form of the rules.

    Notes
    -----
    A context says which keywords its rules look at. Equal values of these give the same references.
    """
    from crds.core import heavy_client

    stock = stock_function(TARGET)
    if include is None or not condition:
        return stock(context_file, header, include, condition)
    context = heavy_client.get_symbolic_mapping(context_file, cached=True)
    # of two keys that differ in case only the last counts, as in CRDS
    upper = {key.upper(): value for key, value in header.items()}
    try:
        rules = context.get_imap(str(upper.get(_INSTRUMENT)))
        needed = {key.upper() for key in (*rules.get_required_parkeys(), context.instrument_key)}
        decisive = {key: value for key, value in upper.items() if _model_path(key) in needed}
    except Exception:  # whatever is wrong with it, CRDS says it
        return stock(context_file, header, include, condition)
    if not all(type(value) in _PLAIN for value in decisive.values()):
        return stock(context_file, header, include, condition)
    mark = (
        context_file,
        tuple(include),
        tuple((key, type(value), value) for key, value in sorted(decisive.items())),
    )
    known = _chosen.get(mark)
    if known is None or known[0] is not context:
        known = _chosen[mark] = (context, stock(context_file, decisive, include, condition))
    return dict(known[1])


def _model_path(key: str) -> str:
    """Return the path of a keyword in the datamodels, as CRDS finds it."""
    from crds.jwst import locate

    if key.startswith("META."):
        return key
    (path,) = locate.cached_dm_find_fits_keyword(key) or (key,)
    return str(path).upper()
