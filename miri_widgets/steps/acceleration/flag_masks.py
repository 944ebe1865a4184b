"""
Flags of reference files in the pipeline's own bits, for the flagged pixels only.

References
----------
``stdatamodels.dynamicdq.dynamic_mask`` of stdatamodels 6 (BSD-3-Clause, STScI), which goes through all pixels for
each kind of flag.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dynamic_mask"]


def dynamic_mask(input_model: Any, mnemonic_map: Mapping[str, int], inv: bool = False) -> NDArray[np.integer]:
    """
    Return a mask in the pipeline's bits, as the function of this name of the datamodels.

    Parameters
    ----------
    input_model : DataModel
        Has ``dq`` and ``dq_def``.
    mnemonic_map : mapping
        Bits of the pipeline by name.
    inv : bool, optional
        Whether to go from the pipeline's bits to those of `input_model`.

    Notes
    -----
    A pixel without any flag gets none: only the others are gone through.
    """
    table = input_model.dq_def
    # the datamodels' order of conditions: a scalar has no shape
    if table is None or np.isscalar(table) or not len(table.shape) or not len(table):
        return input_model.dq
    flags = input_model.dq
    mask = np.zeros(flags.shape, dtype=flags.dtype)
    flagged = np.nonzero(flags)
    values = flags[flagged]
    made = np.zeros(values.shape, dtype=flags.dtype)
    for record in table:
        name = record["NAME"].strip()
        try:
            standard = mnemonic_map[name]
        except KeyError:
            logging.getLogger("stdatamodels.dynamicdq").warning(
                f"Keyword {name} does not correspond to an existing DQ mnemonic, so will be ignored"
            )
            continue
        seen, given = (standard, record["VALUE"]) if inv else (record["VALUE"], standard)
        made[np.bitwise_and(values, seen) != 0] |= given
    mask[flagged] = made
    return mask
