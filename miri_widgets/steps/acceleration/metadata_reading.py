"""
Metadata of a file, read once as long as the file is the same.

References
----------
``stdatamodels.jwst.datamodels.util.read_metadata`` of stdatamodels 6 (BSD-3-Clause, STScI): a pipeline reads the
metadata of its input for its own parameters, for those of its steps and for their references.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from miri_widgets.steps.acceleration.registry import stock_function

__all__ = ["TARGET", "read_metadata"]

TARGET = "stdatamodels.jwst.datamodels.util:read_metadata"
_KEPT = 4
"""Files whose metadata are kept."""

_known: dict[tuple[Any, ...], dict[str, Any]] = {}


def read_metadata(fname: str | Path, model_type: str | None = None, flatten: bool = True) -> dict[str, Any]:
    """
    Return the metadata of a file, as the function of this name of the datamodels.

    Parameters
    ----------
    fname : str or Path
        The file.
    model_type : str, optional
        Type of the datamodel; that of the header by default.
    flatten : bool, optional
        Whether keys are names with dots.

    Notes
    -----
    A file is the same as long as its number on the disk, its size and its times are. Every caller gets a copy.
    """
    stock = stock_function(TARGET)
    if not isinstance(fname, (str, Path)):
        return stock(fname, model_type, flatten)
    try:
        state = Path(fname).stat()
    except OSError:
        return stock(fname, model_type, flatten)
    times = (state.st_mtime_ns, state.st_ctime_ns)
    mark = (str(fname), state.st_dev, state.st_ino, state.st_size, *times, model_type, bool(flatten))
    if mark not in _known:
        metadata = stock(fname, model_type, flatten)
        while len(_known) >= _KEPT:
            del _known[next(iter(_known))]
        _known[mark] = metadata
    return copy.deepcopy(_known[mark])
