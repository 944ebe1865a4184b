"""A live preview follows the settings, and writes nothing."""

import asyncio
from dataclasses import dataclass, replace

import numpy as np
import pytest

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.models import SessionModel
from tests.support.held_threads import HeldThreads
from tests.support.viewer_stand_in import ViewerStandIn


@dataclass
class Found:
    root: str
    before: ExposureArrays
    after: ExposureArrays

    @property
    def difference(self):
        return self.before.sci - self.after.sci


@pytest.fixture
def calls():
    return []


@pytest.fixture
def session(fakes, program, calls):
    def preview(stage, files, values, root):
        calls.append((stage, [path.name for path in files], values["clip_low"], root))
        if values["clip_low"] == 9:
            raise InputError("no sky", "some sky", "look up")
        return Found(root, fakes.flat_planes(5.0), fakes.flat_planes(values["clip_low"]))

    session = SessionModel(program, replace(fakes.fake_services(program), preview=preview))
    session.poll()
    session.use_stage("sky")
    session.poll()
    session.run("detector1", "image2")
    session.services.engine.finish()
    session.poll()
    yield session
    session.close()


def test_only_exposures_with_inputs_can_be_previewed(session):
    assert len(session.previews.roots("sky")) == 4
    assert session.previews.roots("image3") == ()


def test_a_preview_is_computed_from_the_inputs_of_the_run(session, calls):
    root = session.previews.roots("sky")[1]
    session.previews.start("sky", root)
    session.poll()
    (call,) = calls
    assert call[0] == "sky" and call[3] == root
    assert len(call[1]) == 2 and all(name.endswith("_cal.fits") for name in call[1])
    assert session.previews.fresh and not session.previews.working
    assert np.all(session.previews.pixels() == call[2])
    session.previews.shown = "difference"
    assert np.all(session.previews.pixels() == 5.0 - call[2])
    session.previews.shown = "before"
    assert np.all(session.previews.pixels() == 5.0)


def test_it_follows_the_settings_and_is_never_stale(session, calls):
    session.previews.start("sky")
    session.poll()
    session.models["sky"].set({"clip_low": 2.0})
    session.previews.update()
    assert not session.previews.fresh, "an old preview is not shown as fresh"
    session.poll()
    assert session.previews.fresh and np.all(session.previews.pixels() == 2.0)
    session.poll()
    assert [call[2] for call in calls] == [1.0, 2.0], "no more often than settings change"


def test_nothing_is_written(session, program):
    def files():
        kept = sorted(path for path in program.workspace.rglob("*") if path.name != "session.json")
        return [(path, path.stat().st_mtime_ns) for path in kept if path.is_file()]

    before = files()
    session.previews.start("sky")
    session.poll()
    assert session.previews.result is not None
    assert files() == before


def test_an_error_is_a_sentence_and_the_next_setting_is_tried(session):
    session.previews.start("sky")
    session.models["sky"].set({"clip_low": 9.0})
    session.poll()
    assert "no sky" in session.previews.sentence and session.previews.result is None
    session.models["sky"].set({"clip_low": 3.0})
    session.poll()
    assert session.previews.sentence == "" and session.previews.result is not None


def test_in_an_event_loop_one_is_computed_at_a_time_and_the_latest_settings_win(session, calls, monkeypatch):
    monkeypatch.setattr(session.background, "wait", lambda: None)  # a page that polls does not wait

    async def use():
        threads = session.background.executor = HeldThreads()
        session.previews.start("sky")
        for value in (2.0, 4.0):
            session.models["sky"].set({"clip_low": value})
            session.poll()
        assert len(threads.held) == 1 and session.previews.working, "the next one waits"
        end(threads)
        await asyncio.sleep(0)
        assert not session.previews.fresh and np.all(session.previews.pixels() == 1.0)
        assert len(threads.held) == 1 and session.previews.working, "and begins by itself"
        end(threads)
        await asyncio.sleep(0)
        assert session.previews.fresh and np.all(session.previews.pixels() == 4.0)

    executor = session.background.executor
    asyncio.run(use())
    session.background.executor = executor
    assert [call[2] for call in calls] == [1.0, 4.0]


def test_a_preview_that_was_stopped_never_comes(session):
    async def use():
        threads = session.background.executor = HeldThreads()
        session.previews.start("sky")
        session.previews.stop()
        end(threads)
        await asyncio.sleep(0)
        assert session.previews.result is None and not session.previews.working

    executor = session.background.executor
    asyncio.run(use())
    session.background.executor = executor


def end(threads):
    """Let the call that is held end."""
    future, call, arguments = threads.held.pop()
    future.set_result(call(*arguments))


def test_stop_forgets(session):
    session.previews.start("sky")
    session.poll()
    session.previews.stop()
    session.poll()
    assert session.previews.result is None and session.previews.pixels() is None


def test_drawn_regions_become_a_file_named_by_content(session, program):
    from astropy.coordinates import SkyCoord
    from regions import CirclePixelRegion, CircleSkyRegion, PixCoord

    session.attach_viewer(
        ViewerStandIn(regions={"one": CircleSkyRegion(SkyCoord(80.0, -69.0, unit="deg"), 3 * arcsec())})
    )
    path = session.regions.use_drawn("sky", "exclude_file")
    assert path.is_file() and session.models["sky"].settings["exclude_file"] == str(path)
    assert session.regions.use_drawn("sky", "exclude_file") == path, "the same regions, the same file"
    before = [plan.key for plan in session.plans if plan.stage == "sky"]
    session.poll()
    after = [plan.key for plan in session.plans if plan.stage == "sky"]
    assert before != after
    # on the detector they stay in pixels
    session.attach_viewer(ViewerStandIn(regions={"one": CirclePixelRegion(PixCoord(10.0, 12.0), 4.0)}))
    assert (
        "image;circle(11,13,4)" in session.regions.use_drawn("sky", "exclude_file", on_sky=False).read_text()
    )


def arcsec():
    from astropy import units

    return units.arcsec


def test_nothing_drawn_is_a_sentence(session):
    with pytest.raises(ParameterError, match="no region is drawn"):
        session.regions.use_drawn("sky", "exclude_file")


def test_the_content_of_a_file_is_part_of_the_key(session, tmp_path):
    path = tmp_path / "areas.reg"
    path.write_text('icrs;circle(80,-69,3")\n')
    session.models["sky"].set({"exclude_file": str(path)})
    session.poll()
    before = [plan.key for plan in session.plans if plan.stage == "sky"]
    path.write_text('icrs;circle(80,-69,4")\n')
    session.touch()
    session.poll()
    assert [plan.key for plan in session.plans if plan.stage == "sky"] != before


def test_run_it_first_is_over_when_the_stage_before_has_run(session, engine):
    session.models["image2"].set({"photom.skip": True})
    session.poll()
    session.previews.start("sky", session.programs.exposures[0].root)
    session.previews.root = session.programs.exposures[0].root
    session.poll()
    assert "run it first" in session.previews.sentence
    session.run("image2")
    session.services.engine.finish()
    session.poll()
    session.poll()
    assert session.previews.sentence == "" and session.previews.result is not None
