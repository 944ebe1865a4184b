"""An answer that takes time: what is heard of it always belongs together."""

from concurrent.futures import Future

import pytest

from miri_widgets.errors import InputError
from miri_widgets.models.background_value import BackgroundValue

LATE = InputError("nothing", "something", "try again")


class Slow:
    """Stands for the threads of a session: `end` gives the answer."""

    def __init__(self):
        self.futures = []

    def __call__(self, call, *arguments):
        self.futures.append(Future())
        return self.futures[-1]


@pytest.fixture
def slow(monkeypatch):
    import asyncio

    class Loop:
        def call_soon_threadsafe(self, call):
            pass

    monkeypatch.setattr(asyncio, "get_running_loop", Loop)
    return Slow()


def heard(reading):
    states = []
    reading.observe(
        lambda change: states.append((change["name"], reading.value, reading.working, reading.sentence)),
        ["value", "working", "sentence"],
    )
    return states


def test_who_hears_that_nothing_works_any_more_finds_the_new_answer_and_no_old_sentence(slow):
    reading = BackgroundValue(slow)
    reading.ask(1, str)
    slow.futures[0].set_exception(LATE)
    reading.tick()
    assert reading.sentence and not reading.working
    states = heard(reading)
    reading.ask(2, str)
    assert states and all(state[1:] == (None, True, "") for state in states)
    states.clear()
    slow.futures[1].set_result("answer")
    reading.tick()
    assert {state[0] for state in states} == {"value", "working"}
    assert all(state[1:] == ("answer", False, "") for state in states)


def test_a_sentence_comes_with_the_end_of_the_work_and_without_the_answer_before(slow):
    reading = BackgroundValue(slow)
    reading.ask(1, str)
    slow.futures[0].set_result("answer")
    reading.tick()
    reading.ask(2, str)
    states = heard(reading)
    slow.futures[1].set_exception(LATE)
    reading.tick()
    assert all(state[1:] == (None, False, str(LATE)) for state in states) and len(states) == 3


def test_a_mistake_is_raised_and_leaves_nothing_at_work(slow):
    reading = BackgroundValue(slow)
    reading.ask(1, str)
    slow.futures[0].set_exception(RuntimeError("a mistake"))
    with pytest.raises(RuntimeError):
        reading.tick()
    assert not reading.working and reading.value is None
