"""The model of the archive: asked, narrowed, chosen, downloaded; in a script and in an event loop."""

import asyncio
import threading

import pytest

from miri_widgets.models.archive import ArchiveModel, FileState
from miri_widgets.products.download.partial_files import part_of
from miri_widgets.products.download.retry_policy import RetryPolicy

QUICK = RetryPolicy(retries=1, delay=0.01, longest=0.05, connect=2, read=2)


@pytest.fixture
def model(mast, tmp_path, monkeypatch):
    monkeypatch.delenv("MAST_API_TOKEN", raising=False)
    mast.add_program("02736")
    model = ArchiveModel(tmp_path / "raw", "2736", server=mast.address, retry_policy=QUICK)
    yield model
    model.close()


def test_asked_it_shows_raw_files_first(model):
    assert model.blockers() == ["Type a program number and look it up."]
    model.look_up()
    assert not model.asking and model.sentence == "" and len(model.files) == 14
    assert [one.level for one in model.shown()] == ["uncal"] * 4
    assert model.choices("levels") == ("uncal", "rate", "cal", "i2d")
    assert model.choices("filters") == ("F770W", "F1500W")
    assert model.choices("observations") == ("001", "002")
    assert set(model.states.values()) == {FileState.ABSENT}
    assert model.blockers() == ["Choose files in the table."]


def test_filters_narrow_and_none_means_all(model):
    model.look_up()
    model.filters = ("F1500W",)
    assert [one.observation for one in model.shown()] == ["002", "002"]
    model.levels = ()
    assert len(model.shown()) == 7
    model.observations = ("001",)
    assert model.shown() == ()


def test_chosen_files_come_and_are_not_fetched_again(model, mast):
    model.look_up()
    model.choose_shown()
    assert model.chosen_text() == "4 files, 240.0 kB" and model.blockers() == []
    model.download()
    assert model.faults == () and model.success == f"4 files downloaded to {model.folder}."
    assert model.fetched == 4 and model.chosen == () and model.progress is None
    assert sum(state == FileState.HERE for state in model.states.values()) == 4
    model.choose_shown()
    assert model.chosen == ()
    model.choose(one.name for one in model.shown())
    model.download()
    assert model.success == "4 were there already." and len(mast.seen) == 4


def test_unknown_program_is_a_sentence_and_the_next_question_clears_it(model):
    model.look_up("9999")
    assert "knows no JWST program 9999" in model.sentence and model.holdings is None
    model.look_up("2736")
    assert model.sentence == "" and len(model.files) == 14


def test_faults_are_told_once_and_the_part_is_told(model, mast):
    model.look_up()
    first, second = (one for one in model.shown() if one.observation == "001")
    mast.faults[first.uri] = [("cut", 30_000), ("always", ("status", 503))]
    model.choose((first.name, second.name))
    model.download()
    (fault,) = model.faults
    assert "down or overloaded (HTTP 503)" in fault
    assert model.states[first.name] == FileState.PARTLY and not (model.folder / first.name).exists()
    mast.faults.clear()
    model.download()
    assert model.faults == () and model.states[first.name] == FileState.HERE
    assert (model.folder / first.name).read_bytes() == mast.files[first.uri]


def test_proprietary_files_need_a_token_that_is_nowhere_seen(mast, tmp_path, monkeypatch):
    monkeypatch.delenv("MAST_API_TOKEN", raising=False)
    mast.add_program("02736", rights="EXCLUSIVE_ACCESS", released=61500.0)
    model = ArchiveModel(tmp_path, "2736", server=mast.address, retry_policy=QUICK)
    model.look_up()
    model.choose_shown()
    assert "proprietary" in model.chosen_text() and "make a token" in model.blockers()[0]
    model.download()
    assert mast.seen == []
    model.use_token("wrong")
    model.download()
    (fault,) = model.faults
    assert "does not open" in fault and fault.endswith("The same holds for 3 more files.")
    model.use_token(f" {mast.secret} ")
    model.download()
    assert model.success.startswith("4 files downloaded")
    assert mast.secret not in repr(model._trait_values)
    for path in tmp_path.rglob("*"):
        assert mast.secret.encode() not in path.read_bytes()
    model.use_token("")
    assert not model.has_token
    model.close()


def test_token_of_the_environment(mast, tmp_path, monkeypatch):
    monkeypatch.setenv("MAST_API_TOKEN", mast.secret)
    mast.add_program("02736", rights="EXCLUSIVE_ACCESS")
    model = ArchiveModel(tmp_path, "2736", server=mast.address, retry_policy=QUICK)
    model.look_up()
    model.choose_shown()
    model.download()
    assert model.fetched == 4
    model.close()


def test_without_a_folder_the_program_names_one(mast, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mast.add_program("02736")
    model = ArchiveModel(server=mast.address, retry_policy=QUICK)
    model.look_up("2736")
    assert model.folder == tmp_path / "jw02736"
    model.use_folder(str(tmp_path / "mine"))
    model.look_up("2736")
    assert model.folder == tmp_path / "mine"
    model.close()


async def until(condition, seconds=10.0):
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition never held")


def test_in_an_event_loop_everything_is_written_in_its_thread(model, mast):
    threads, progress = set(), []

    async def use():
        model.observe(lambda change: threads.add(threading.get_ident()))
        model.observe(lambda change: progress.append(change["new"]), "progress")
        model.look_up()
        assert model.asking
        await until(lambda: model.holdings is not None)
        model.choose_shown()
        model.download()
        assert model.downloading
        await until(lambda: not model.downloading)

    asyncio.run(use())
    assert threads == {threading.get_ident()}
    assert model.fetched == 4 and [step.index for step in progress if step][-1] == 4


def test_cancel_keeps_what_came(model, mast):
    async def use():
        model.look_up()
        await until(lambda: model.holdings is not None)
        model.choose_shown()
        first = model.picked()[0]
        mast.faults[first.uri] = [("slow", 0.1)]
        model.download()
        await until(
            lambda: part_of(model.folder / first.name).is_file() and model.progress and model.progress.done
        )
        model.cancel()
        assert model.stopping
        await until(lambda: not model.downloading, 2)
        return first

    first = asyncio.run(use())
    assert "was stopped" in model.faults[0] and not model.stopping
    assert model.states[first.name] == FileState.PARTLY and list(model.folder.glob("*.fits")) == []
    model.download()
    assert model.fetched == 4 and (model.folder / first.name).read_bytes() == mast.files[first.uri]


def test_a_closed_model_hears_nothing_and_its_download_ends(model, mast):
    async def use():
        model.look_up()
        await until(lambda: model.holdings is not None)
        model.choose_shown()
        mast.faults[model.picked()[0].uri] = [("stall", 10_000)]
        model.download()
        await asyncio.sleep(0.3)
        model.close()
        await asyncio.sleep(0.3)

    asyncio.run(use())
    assert model.faults == () and list(model.folder.glob("*.fits")) == []
    assert not any(
        thread.name.startswith("miri-archive") and thread.is_alive() for thread in threading.enumerate()
    )


def test_what_went_wrong_with_another_token_or_folder_is_over(model, mast, tmp_path):
    model.look_up()
    first = model.shown()[0]
    mast.faults[first.uri] = [("always", ("status", 503))]
    model.choose([first.name])
    model.download()
    assert model.faults
    model.use_token("an-unused-token")
    assert model.faults == ()
    model.download()
    assert model.faults
    model.use_folder(str(tmp_path / "other"))
    assert model.faults == () and model.success == ""
