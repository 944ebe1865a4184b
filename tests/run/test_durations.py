"""Time spans for people."""

import pytest

from miri_widgets.run.durations import duration, short_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (-3.0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (100_000, "27 h 46 min"),
    ],
)
def test_spans_are_written_with_the_symbols_of_their_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, ""), (0.4, ""), (42, "42 s"), (59.6, "1 min"), (200, "3 min"), (3569, "59 min"), (3960, "1.1 h")],
)
def test_where_there_is_little_room(seconds, text):
    assert short_duration(seconds) == text
