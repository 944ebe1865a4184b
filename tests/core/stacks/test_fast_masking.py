"""Values under masks, against plain assignment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from miri_widgets.core.stacks.fast_masking import blank, keep

FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(arrays(np.float32, (3, 5), elements=FLOATS), arrays(bool, (3, 5)))
@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_as_an_assignment(kind, values, mask):
    blanked, kept = values.copy(), values.copy()
    blank(blanked, mask.astype(kind))
    keep(kept, mask.astype(kind))
    np.testing.assert_array_equal(blanked, np.where(mask, np.nan, values))
    np.testing.assert_array_equal(kept, np.where(mask, values, 0))
