"""Values are made once while they are among the last used, and no more of them are kept."""

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.simulation.kept_values import made_once


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 4))
def test_the_last_used_are_kept_and_not_made_again(keys, count):
    store, made, last = OrderedDict(), [], []
    for key in keys:
        before = list(last)
        value = made_once(store, key, count, lambda key: made.append(key) or key * key)
        assert value == key * key
        last = [*(other for other in before if other != key), key][-count:]
        assert list(store) == last
        assert (made[-1:] == [key]) or key in before
    # what is always asked for among few enough others is made once
    if len(set(keys)) <= count:
        assert sorted(made) == sorted(set(keys))
