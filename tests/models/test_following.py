"""A session that looks by itself, in an event loop."""

import asyncio

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
