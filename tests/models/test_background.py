"""Slow work: which thread runs and applies it, which request wins, how errors arrive, and what close leaves alive."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from miri_widgets.errors import InputError, UnexpectedError
from miri_widgets.models.background import Background, BackgroundValue
from tests.support.held_threads import HeldThreads

LATE = InputError("nothing", "something", "try again")
INTERLEAVINGS = 1000
STEPS = 24
LONGEST = 60.0


class Loop:
    """Stands for the event loop of a page: what is to be called soon is called at once."""

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)


@pytest.fixture
def loop():
    asyncio._set_running_loop(Loop())
    yield
    asyncio._set_running_loop(None)


@pytest.fixture
def threads():
    return HeldThreads()


@pytest.fixture
def value(threads, loop):
    return BackgroundValue(Background("test", executor=threads))


def heard(value):
    states = []
    value.observe(
        lambda change: states.append((change["name"], value.value, value.working, value.sentence)),
        ["value", "working", "sentence"],
    )
    return states


# -- one value ------------------------------------------------------------------


def test_who_hears_that_nothing_works_any_more_finds_the_new_value_and_no_old_sentence(value, threads):
    value.request(1, str)
    threads.held[0][0].set_exception(LATE)
    assert value.sentence and not value.working
    states = heard(value)
    value.request(2, str)
    assert states and all(state[1:] == (None, True, "") for state in states)
    states.clear()
    threads.held[1][0].set_result("value")
    assert {state[0] for state in states} == {"value", "working"}
    assert all(state[1:] == ("value", False, "") for state in states)


def test_a_sentence_comes_with_the_end_of_the_work_and_without_the_value_before(value, threads):
    value.request(1, str)
    threads.held[0][0].set_result("value")
    value.request(2, str)
    states = heard(value)
    threads.held[1][0].set_exception(LATE)
    assert all(state[1:] == (None, False, str(LATE)) for state in states) and len(states) == 3


def test_a_mistake_is_logged_and_becomes_a_sentence(value, threads, caplog):
    value.request(1, str)
    threads.held[0][0].set_exception(RuntimeError("a mistake"))
    assert not value.working and value.value is None
    assert "RuntimeError: a mistake" in value.sentence and "try again" in value.sentence
    (record,) = caplog.records
    assert record.levelno == logging.ERROR and isinstance(record.exc_info[1], RuntimeError)


def test_the_same_key_is_computed_once_until_it_is_cleared(value, threads):
    value.request(1, str)
    value.request(1, str)
    assert len(threads.held) == 1
    threads.held[0][0].set_result("value")
    value.request(1, str)
    assert len(threads.held) == 1 and value.value == "value"
    value.clear()
    assert value.value is None
    value.request(1, str)
    assert len(threads.held) == 2 and value.working


def test_a_result_of_before_is_dropped_whenever_it_comes(value, threads):
    value.request(1, str)
    value.request(2, str)
    threads.held[0][0].set_result("old")
    assert value.working and value.value is None
    threads.held[1][0].set_result("new")
    assert value.value == "new"
    value.request(3, str)
    value.clear()
    threads.held[2][0].set_result("of nobody")
    assert value.value is None and not value.working


def test_who_requests_something_else_when_work_begins_wins(value, threads):
    """An observer of `working` is called within the request."""
    value.observe(lambda change: change["new"] and value.request(2, str, "second"), "working")
    value.request(1, str, "first")
    for future, call, arguments in threads.held:
        future.set_result(call(*arguments))
    assert value.value == "second"


def test_results_of_threads_are_applied_by_the_loop_and_only_the_last_counts():
    seen = []
    gate = threading.Event()

    async def request():
        value = BackgroundValue(Background("test", threads=2))
        value.observe(lambda change: seen.append((change["new"], threading.get_ident())), "value")
        value.request(1, lambda: gate.wait(5) and "old")
        value.request(2, lambda: "new")
        value.request(2, lambda: "never requested")
        assert value.working and value.value is None
        gate.set()
        await until(lambda: value.value is not None)
        await asyncio.sleep(0.05)
        value.close()
        value.background.close()

    asyncio.run(request())
    assert seen == [("new", threading.get_ident())]


# -- without an event loop ------------------------------------------------------


def test_without_an_event_loop_the_value_is_there_on_return():
    value = BackgroundValue()
    value.request(1, threading.get_ident)
    assert value.value not in (None, threading.get_ident()), "computed in another thread"
    value.request(2, int, "x")
    assert "ValueError" in value.sentence and value.value is None
    value.close()


def test_without_an_event_loop_results_wait_until_they_are_wanted():
    background, found = Background("test"), []
    here = threading.get_ident()

    def work(number, notify):
        notify(number / 2)
        return number

    background.start(
        work, 4,
        done=lambda result: found.append((result, threading.get_ident())),
        failed=found.append,
        progress=lambda part: found.append((part, threading.get_ident())),
    )  # fmt: skip
    assert found == [] and background.tasks
    background.wait()
    assert found == [(2.0, here), (4, here)] and not background.tasks
    background.close()


def test_a_result_can_be_waited_for_while_the_event_loop_is_held_up():
    found = []

    async def cell():
        background = Background("test")
        background.start(str, 7, done=found.append, failed=found.append)
        background.wait()
        assert found == ["7"]
        await asyncio.sleep(0.05)
        background.close()

    asyncio.run(cell())
    assert found == ["7"], "and is applied once"


def test_what_an_ended_loop_has_not_applied_does_not_hide_what_comes_next():
    background, found = Background("test"), []
    begun, end = threading.Event(), threading.Event()

    async def first():
        background.start(
            lambda: (begun.set(), end.wait(5)) and "first", done=found.append, failed=found.append
        )
        begun.wait(5)

    async def second():
        background.start(lambda: "second", done=found.append, failed=found.append)
        await until(lambda: "second" in found)

    asyncio.run(first())
    end.set()
    asyncio.run(second())
    background.close()
    assert found == ["first", "second"]


# -- close ----------------------------------------------------------------------


def test_a_coroutine_awaits_the_result_and_handles_its_errors():
    async def use():
        background = Background("test")
        assert await background.run(int, "7") == 7
        with pytest.raises(ValueError, match="invalid literal"):
            await background.run(int, "x")
        background.close()

    asyncio.run(use())


def test_close_can_finish_what_must_reach_the_disk():
    background, written, applied = Background("test"), [], []
    for number in range(20):
        background.start(
            lambda number=number: (time.sleep(0.001), written.append(number)),
            done=applied.append,
            failed=applied.append,
        )
    background.close(finish=True)
    assert written == list(range(20)), "in the order of the requests"
    background.wait()
    assert applied == []
    background.close()


def test_after_close_a_request_does_nothing(threads, loop):
    background = Background("test", executor=threads)
    value, found = BackgroundValue(background), []
    background.close()
    value.request(1, str)
    task = background.start(str, done=found.append, failed=found.append)
    task.settle()
    assert threads.held == [] and not value.working and not task.pending and found == []


def test_a_closed_value_leaves_the_threads_of_others_alone(threads, loop):
    background = Background("test", executor=threads)
    first, second = BackgroundValue(background), BackgroundValue(background)
    first.request(1, str)
    second.request(1, str)
    first.close()
    first.request(2, str)
    assert len(threads.held) == 2
    for future, *_ in threads.held:
        future.set_result("value")
    assert first.value is None and second.value == "value"


def test_a_mistake_of_a_handler_does_not_keep_other_results_away():
    def broken(_):
        raise RuntimeError("a mistake of a view")

    found, raised = [], []

    async def use():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: raised.append(context["exception"])
        )
        background = Background("test")
        background.start(int, done=broken, failed=found.append)
        background.start(int, done=found.append, failed=found.append)
        await until(lambda: found)
        background.close()

    asyncio.run(use())
    assert found == [0] and "a mistake of a view" in str(raised[0])


# -- everything at once ---------------------------------------------------------


async def until(condition):
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end, "the condition never held"
        await asyncio.sleep(0.0005)


class RecordingThreads(ThreadPoolExecutor):
    """Real threads; keeps every future."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.futures = []

    def submit(self, call, /, *arguments, **named):
        self.futures.append(super().submit(call, *arguments, **named))
        return self.futures[-1]


class Work:
    """A call that ends when the attack lets it, as the attack wants."""

    def __init__(self, number):
        self.number, self.outcome = number, "result"
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, notify=lambda _: None):
        self.begun.set()
        notify(self.number)
        assert self.may_end.wait(LONGEST)
        notify(self.number)
        if self.outcome == "error":
            raise InputError(f"file {self.number} in pieces", "a whole file", "copy it again")
        if self.outcome == "mistake":
            raise KeyError(self.number)
        return self.number

    def end(self, outcome):
        self.outcome = outcome
        self.may_end.set()


class Attack:
    """One random interleaving of requests, ends, failures, cancellations and closings."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.name = f"attack-{seed}"
        self.executor = RecordingThreads(self.random.randint(1, 3), self.name)
        self.background = Background("unused", executor=self.executor)
        self.values = [BackgroundValue(self.background) for _ in range(2)]
        self.latest: list[Work | None] = [None, None]
        self.closed = [False, False]
        self.tasks = {}  # task -> what its handlers got
        self.cancelled = set()
        self.works = []
        self.events = 0
        for place, value in enumerate(self.values):
            value.observe(lambda _, place=place: self.check(place), ["value", "working", "sentence"])

    def check(self, place):
        """What a view must find, at any time."""
        value, latest = self.values[place], self.latest[place]
        self.events += 1
        assert threading.current_thread() is threading.main_thread()
        assert not self.closed[place] and not self.background.closed, "nothing is applied after close"
        if value.value is not None and not value.working:
            assert value.value == latest.number, "the latest wins"
        if value.sentence:
            assert f"{latest.number}" in value.sentence and not value.working

    def work(self):
        self.works.append(Work(len(self.works) + 1000))
        return self.works[-1]

    def request(self):
        place = self.random.randrange(2)
        work = self.work()
        if not (self.closed[place] or self.background.closed):
            self.latest[place] = work
        self.values[place].request(work.number, work)

    def start(self):
        work, got = self.work(), []

        def take(kind, what):
            self.events += 1
            assert threading.current_thread() is threading.main_thread()
            assert not self.background.closed and task not in self.cancelled
            got.append((kind, what))

        task = self.background.start(
            work,
            done=lambda result: take("done", result),
            failed=lambda error: take("failed", error),
            progress=lambda number: take("progress", number),
        )
        self.tasks[task] = (work, got)

    def cancel(self):
        if self.tasks and self.random.random() < 0.5:
            task = self.random.choice(list(self.tasks))
            if task.pending:
                self.cancelled.add(task)
            task.cancel()
        else:
            place = self.random.randrange(2)
            if not (self.closed[place] or self.background.closed):
                self.latest[place] = None
                self.values[place].clear()

    def end(self):
        waiting = [work for work in self.works if not work.may_end.is_set()]
        if waiting:
            self.random.choice(waiting).end(self.random.choice(["result", "result", "error", "mistake"]))

    def close_value(self):
        if self.random.random() < 0.2:
            place = self.random.randrange(2)
            self.closed[place] = True
            self.values[place].close()

    def close(self):
        self.background.close()

    async def run(self):
        steps = (self.request, self.start, self.cancel, self.end, self.end, self.close_value, None)
        last = self.random.randint(0, STEPS) if self.random.random() < 0.5 else None
        for number in range(STEPS):
            if number == last:
                self.close()
            step = self.random.choice(steps)
            if step is not None:
                step()
            else:
                await asyncio.sleep(self.random.choice([0, 0, 0.0005]))
        if self.random.random() < 0.5:
            for work in self.works:
                work.end(work.outcome)
            await until(lambda: not self.background.tasks)
            self.check_ends()
        self.close()
        await self.check_closed()

    def check_ends(self):
        """Every request that was not cancelled has ended in exactly one way."""
        if self.background.closed:
            return
        for task, (work, got) in self.tasks.items():
            ends = [entry for entry in got if entry[0] != "progress"]
            if task in self.cancelled:
                assert ends == []
                continue
            assert got[:2] == [("progress", work.number)] * 2 and got[2:] == ends, "in order"
            ((kind, what),) = ends
            assert kind == ("done" if work.outcome == "result" else "failed")
            if work.outcome == "result":
                assert what == work.number
            else:
                assert isinstance(what, InputError if work.outcome == "error" else UnexpectedError)
                assert str(work.number) in str(what) and str(what).endswith(".")
        for place, (value, latest) in enumerate(zip(self.values, self.latest, strict=True)):
            if self.closed[place]:
                continue
            assert not value.working
            result = latest is not None and latest.outcome == "result"
            assert value.value == (latest.number if result else None)
            assert bool(value.sentence) == (latest is not None and not result)

    async def check_closed(self):
        """Nothing is left alive, and nothing comes any more."""
        events = self.events
        begun = [work for work in self.works if work.begun.is_set()]
        for work in self.works:
            work.may_end.set()
        alive = [thread for thread in threading.enumerate() if thread.name.startswith(f"{self.name}_")]
        for thread in alive:
            thread.join(LONGEST)
            assert not thread.is_alive()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert self.events == events, "nothing is applied after close"
        assert not self.background.tasks and all(future.done() for future in self.executor.futures)
        late = [work for work in self.works if work.begun.is_set() and work not in begun]
        assert len(late) <= len(alive), (
            "what had not begun never runs, but for what a thread was about to take"
        )
        for value in self.values:
            value.close()


def test_a_thousand_random_interleavings_leave_nothing_alive_and_nothing_late(caplog):
    caplog.set_level(logging.CRITICAL)
    asyncio.run(attack_all(range(INTERLEAVINGS)))


async def attack_all(seeds):
    wrong = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    applied = 0
    for seed in seeds:
        attack = Attack(seed)
        try:
            await attack.run()
        except AssertionError as error:
            raise AssertionError(f"interleaving {seed}: {error}") from error
        assert not wrong, f"interleaving {seed}: {wrong}"
        applied += attack.events
    assert applied > 5 * INTERLEAVINGS, "the attack is one"
