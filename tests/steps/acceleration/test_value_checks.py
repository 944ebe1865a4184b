"""Checks of metadata: what is let through fast is what the datamodels let through, and errors are theirs."""

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.steps.acceleration.value_checks import check_value, is_plainly_valid


def outcome(function, value, schema, model):
    try:
        function(value, schema, model)
    except Exception as error:
        return type(error), str(error)
    return None


@pytest.fixture(scope="module")
def model():
    from stdatamodels.jwst import datamodels

    with datamodels.ImageModel((4, 4)) as made:
        yield made


WORDS = ["FULL", "MIRI", "", "F770W", "N/A"]
PLAIN = (
    st.sampled_from(WORDS)
    | st.text(max_size=4)
    | st.integers()
    | st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**52, 2**53, -(2**53), 2**70])
    | st.floats()
    | st.booleans()
    | st.none()
    | st.sampled_from([np.str_("FULL"), np.float32(1.5), np.int16(3), np.bool_(True), np.nan, 1j, b"FULL"])
    | st.sampled_from([[], [1, None], {}, {"a": 2**60}, {1.5: 2}, datetime.datetime(2022, 1, 1), object])
)
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "null"])
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3),
        "enum": st.lists(st.sampled_from([*WORDS, 0, 1, 2, True, False, 1.0]), min_size=1, max_size=4),
        "title": st.just("A title"),
        "fits_keyword": st.just("KEYWORD"),
        "default": st.just(3),
        "maxLength": st.just(3),
        "minimum": st.just(2),
        "anyOf": st.just([{"enum": ["FULL"]}, {"type": "number"}]),
        "datatype": st.just("float32"),
        "max_ndim": st.just(2),
        "pattern": st.just("^F"),
        "propertyOrder": st.just(["a"]),
    },
)


@settings(max_examples=600, deadline=None)
@given(PLAIN, SCHEMAS, st.booleans())
def test_the_outcome_is_that_of_the_datamodels(model, value, schema, arrays):
    from stdatamodels.validate import _check_value as stock

    model._validate_arrays = arrays
    assert outcome(check_value, value, schema, model) == outcome(stock, value, schema, model)


@pytest.mark.parametrize("arrays", [False, True])
@pytest.mark.parametrize(
    "array",
    [
        *(np.ones((2, 3), dtype=kind) for kind in ("f4", ">f4", "f8", "i2", ">u2", "u1", "i8", "u4", "b1")),
        *(np.ones((2, 3), dtype=kind) for kind in ("f2", "c8", "U3", "O", "M8[s]")),
        np.ones((2, 3), dtype=[("a", "f4"), ("b", "U4")]),
        np.float32(3) * np.ones(()),
        np.ones((0, 3)),
        np.ones((4, 6))[::2, ::3],
        np.broadcast_to(1.0, (3, 3)),
        np.ones((2, 3)).T,
        np.full((2, 2), 2**60),
        np.ma.masked_equal([1.0, 2.0], 2),
        np.rec.array([(1, 2.0)], names="a,b"),
    ],
    ids=lambda array: f"{type(array).__name__} {array.dtype.str} {array.shape} {array.strides}",
)
def test_arrays_as_well(model, array, arrays):
    from stdatamodels.validate import _check_value as stock

    model._validate_arrays = arrays
    for schema in (
        {},
        {"datatype": "float32", "max_ndim": 2, "fits_hdu": "SCI"},
        {"type": "array"},
        {"ndim": 1},
        {"tag": "tag:stsci.edu:asdf/core/ndarray-1.0.0"},
    ):
        assert outcome(check_value, array, schema, model) == outcome(stock, array, schema, model)


def test_most_of_the_metadata_of_an_exposure_go_the_fast_way():
    from stdatamodels import validate
    from stdatamodels.jwst import datamodels
    from stdatamodels.properties import _get_schema_for_property as part

    with datamodels.ImageModel() as made:
        meta = part(made._schema, "meta")
        instrument = part(meta, "instrument")
        for value, schema in (
            ("MIRI", part(instrument, "name")),
            (12.5, part(part(meta, "pointing"), "ra_v1")),
            (10, part(part(meta, "exposure"), "ngroups")),
            (np.ones((4, 4), ">f4"), part(made._schema, "data")),
        ):
            assert schema and is_plainly_valid(value, schema, validate.YAML_VALIDATORS)
        assert not is_plainly_valid("NO SUCH", part(instrument, "name"), validate.YAML_VALIDATORS)
