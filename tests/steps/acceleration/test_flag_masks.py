"""Masks of reference files against the datamodels' own."""

from types import SimpleNamespace

import numpy as np
import pytest

from miri_widgets.steps.acceleration.flag_masks import dynamic_mask

BITS = {
    "DO_NOT_USE": 1,
    "SATURATED": 2,
    "NO_FLAT_FIELD": 262144,
    "UNRELIABLE_SLOPE": 16777216,
    "OTHER": 2**31,
}


def table(rows):
    return np.array(rows, dtype=[("BIT", "i4"), ("VALUE", "u4"), ("NAME", "U40"), ("DESCRIPTION", "U80")])


ROWS = {
    "usual": [
        (0, 1, "DO_NOT_USE", ""),
        (1, 2, " OTHER ", ""),
        (2, 4, "NO_FLAT_FIELD", ""),
        (3, 4, "SATURATED", ""),
    ],
    "unknown": [(0, 1, "DO_NOT_USE", ""), (5, 32, "NO_SUCH_FLAG", "")],
    "empty": [],
}


@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
@pytest.mark.parametrize("kind", ["uint32", "uint8", "int32"])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("rows", ROWS)
def test_a_mask_is_that_of_the_datamodels(rows, inverse, kind, share, caplog):
    from stdatamodels.dynamicdq import dynamic_mask as stock

    random = np.random.default_rng(3)
    flags = random.integers(0, 100, (2, 30, 20)).astype(kind)
    flags[random.random(flags.shape) >= share] = 0
    model = SimpleNamespace(dq=flags, dq_def=table(ROWS[rows]))

    def outcome(function):
        caplog.clear()
        try:
            made = function(model, BITS, inverse)
        except (OverflowError, TypeError) as error:  # a flag that the type of the mask cannot hold
            return type(error)
        return made.dtype, made.tobytes(), made is flags, [record.getMessage() for record in caplog.records]

    expected, result = outcome(stock), outcome(dynamic_mask)
    assert result == expected


@pytest.mark.parametrize("definition", [None, 3.0, np.float64(2), np.array(3.0)])
def test_without_a_table_the_flags_are_handed_on(definition):
    from stdatamodels.dynamicdq import dynamic_mask as stock

    model = SimpleNamespace(dq=np.arange(4, dtype="uint32"), dq_def=definition)
    assert dynamic_mask(model, BITS) is stock(model, BITS) is model.dq


def test_datamodels_that_are_opened_use_it(tmp_path):
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.acceleration import accelerated

    flags = np.zeros((8, 8), "uint32")
    flags[2, 3] = 5
    path = tmp_path / "mask.fits"
    with datamodels.MaskModel(dq=flags) as model:
        model.dq_def = np.array(ROWS["usual"], dtype=model.get_dtype("dq_def"))
        model.save(path)
    made = []
    for off in (["reference_flags"], []):
        with accelerated(off), datamodels.MaskModel(path) as model:
            made.append(model.dq.copy())
    assert np.array_equal(*made) and made[0][2, 3] != flags[2, 3]
