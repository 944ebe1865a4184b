"""Observers and links of one object, let go at once."""

import traitlets

from miri_widgets.models.subscriptions import Subscriptions, emit


class Lamp(traitlets.HasTraits):
    """A model of its own."""

    level = traitlets.Int(0)


def test_links_hold_until_the_end_and_the_end_may_come_twice():
    first, second, third = Lamp(level=3), Lamp(), Lamp()
    watches = Subscriptions()
    watches.link((first, "level"), (second, "level"))
    watches.link((first, "level"), (third, "level"))
    assert (second.level, third.level) == (3, 3)
    second.level = 5
    assert (first.level, third.level) == (5, 5)
    watches.end()
    watches.end()
    second.level = 7
    assert (first.level, third.level) == (5, 5)


def test_a_model_that_was_closed_first_does_no_harm():
    first, second, seen = Lamp(), Lamp(), []
    watches = Subscriptions()
    watches.link((first, "level"), (second, "level"))
    watches.add(first, seen.append, "level")
    watches.add_event(second, seen.append, "click")
    emit(second, "click", 4)
    assert [change["new"] for change in seen] == [4]
    first.unobserve_all()
    watches.end()
    first.level = 9
    assert len(seen) == 1
