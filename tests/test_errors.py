"""The error tree: drawn whole in its docstring, and safe to send between processes."""

import pickle

import pytest

from miri_widgets import errors

KINDS = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_sentence_and_round_trips(kind):
    error = kind("two filters", "one filter", "choose one")
    assert str(error) == "two filters; expected one filter: choose one."
    assert kind.__name__ in errors.__doc__
    for copy in (pickle.loads(pickle.dumps(error)), errors.error_from_dict(error.to_dict())):
        assert type(copy) is kind
        assert str(copy) == str(error)


def test_unknown_kind_becomes_the_base():
    assert type(errors.error_from_dict({"kind": "annotations", "found": "x"})) is errors.MiriWidgetsError
