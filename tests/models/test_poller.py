"""A session that looks by itself, in an event loop."""

import asyncio
import logging

import pytest

from miri_widgets.models import SessionModel, StageState, open_session


def test_following_in_an_event_loop(fakes, program):
    async def follow():
        session = open_session(program, fakes.fake_services(program))
        assert not session.programs.scanned
        for _ in range(100):
            await asyncio.sleep(0.05)
            if session.stages["detector1"].rows:
                break
        assert session.stages["detector1"].state == StageState.READY
        assert session.services.engine.recovered == 1
        session.close()
        await asyncio.sleep(0.3)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(follow())


def test_a_notebook_waits_until_all_is_settled(fakes, program):
    async def cells():
        session = SessionModel(program, fakes.fake_services(program))
        session.follow()
        await session.settled()
        assert session.models["detector1"].loaded and not session.planning
        before = session.stages["detector1"].rows[0].key
        session.models["detector1"].set({"jump.rejection_threshold": 5.5})
        await session.settled()
        assert session.stages["detector1"].rows[0].key != before
        session.close()
        await session.settled()  # comes back at once

    asyncio.run(asyncio.wait_for(cells(), 30))
    session = SessionModel(program, fakes.fake_services(program))
    asyncio.run(session.settled())  # nothing follows: it looks by itself
    assert session.plans
    session.close()


@pytest.mark.parametrize("error", [KeyError("pipeline"), ValueError("a bad header"), OSError("disk gone")])
def test_a_failure_of_any_kind_is_shown_and_the_following_goes_on(fakes, program, caplog, error):
    async def follow():
        session = SessionModel(program, fakes.fake_services(program))
        poller, calls, sentences = session._poller, [], []
        session.observe(lambda change: sentences.append(change.new), "trouble")
        read = poller._read

        def fail_three_times(request):
            calls.append(request)
            if len(calls) <= 3:
                raise error
            return read(request)

        poller._read = fail_three_times
        session.follow()
        with caplog.at_level(logging.ERROR):
            for _ in range(300):
                await asyncio.sleep(0.1)
                if session.stages["detector1"].rows:
                    break
        assert session.stages["detector1"].state == StageState.READY, "it went on"
        assert sentences and str(error) in sentences[0], "the page said so"
        assert session.trouble == "", "the sentence goes when the trouble is over"
        assert len([line for line in caplog.records if "goes on" in line.message]) == 1, "logged, and once"
        session.close()

    asyncio.run(asyncio.wait_for(follow(), 60))


def test_a_recovery_that_fails_in_an_unforeseen_way_does_not_end_the_following(fakes, program):
    async def follow():
        session = SessionModel(program, fakes.fake_services(program))

        def recover():
            raise RuntimeError("the record of a job is of no known kind")

        session.services.engine.recover = recover
        session.follow()
        for _ in range(300):
            await asyncio.sleep(0.1)
            if session.stages["detector1"].rows:
                break
        assert session.stages["detector1"].state == StageState.READY
        assert "of no known kind" in session.messages.text
        session.close()

    asyncio.run(asyncio.wait_for(follow(), 60))
