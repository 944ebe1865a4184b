"""The twin of a program: said, made on request, found afterwards; and the program files that are served."""

from dataclasses import replace

import pytest

from miri_widgets.errors import EngineError
from miri_widgets.models import SessionModel
from miri_widgets.products.program import load_program
from miri_widgets.simulation import PROGRAMS
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import STAGES
from tests.support.held_threads import HeldThreads

OBSERVED = (
    "lmc_1040",
    "stephans_quintet_2732",
    "smacs0723_2736",
    "thirty_dor_2729",
    "carina_2731",
    "ngc3132_2733",
    "ngc628_2107",
)


@pytest.fixture
def twin(fakes, tmp_path):
    """A session whose simulated exposures are not made yet, and what makes them."""
    program = fakes.fake_program(tmp_path / "made")
    made, place = program.folders[0], tmp_path / "twin" / "uncal"
    program = replace(
        program, folders=(place,), simulated="small", twin="small", awaited=(tmp_path / "real",)
    )
    told = []

    def make(name, say):
        told.append(name)
        say("exposure 1 of 4: one")
        if len(told) > 1 or not made.is_dir():
            raise EngineError("the simulated twin was not made", "its exposures", "try again")
        place.parent.mkdir(parents=True)
        made.rename(place)

    session = SessionModel(program, replace(fakes.fake_services(program), make_twin=make))
    session.poll()
    yield session, told, made
    session.close()


def test_nothing_is_made_before_it_is_asked_for(twin):
    session, told, _ = twin
    assert told == [] and session.twin.wanted
    assert "Make the simulated twin" in session.programs.blockers()[0]
    session.twin.make()
    assert session.twin.working
    session.poll()
    session.poll()
    assert told == ["small"]
    assert not session.twin.wanted and not session.twin.working and session.twin.sentence == ""
    assert len(session.programs.exposures) == 4 and session.programs.blockers() == []
    session.twin.make()
    session.poll()
    assert told == ["small"], "a twin that is there is not made again"


def test_what_goes_wrong_is_a_sentence_and_can_be_tried_again(twin):
    session, _, made = twin
    made.rename(made.with_name("gone"))
    session.twin.make()
    session.poll()
    assert "the simulated twin was not made" in session.twin.sentence
    assert session.twin.wanted and not session.twin.working


def test_the_session_tells_what_headers_contradict(fakes, tmp_path):
    program = fakes.fake_program(tmp_path / "F1280W", filters=("F770W",))
    session = SessionModel(replace(program, program="02732"), fakes.fake_services(program))
    session.poll()
    lines = session.programs.warnings
    session.close()
    assert any("the folder says F1280W" in line for line in lines)
    assert any("while this program is 02732" in line for line in lines)


@pytest.mark.parametrize("name", OBSERVED)
def test_program_files_name_stages_parameters_and_a_twin_that_exist(repository, name, tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path))
    program = load_program(repository / "dashboards" / f"{name}.toml")
    assert program.twin == name and program.simulated == name
    assert PROGRAMS[name].program == program.program
    assert len(program.pitfalls) >= 2 and program.description
    order = [stage.name for stage in STAGES]
    assert list(program.stages) == sorted(program.stages, key=order.index), "in running order"
    assert {stage.name for stage in STAGES if stage.optional} >= set(program.stages)
    for stage, entries in [
        *program.settings.items(),
        *(pair for stages in program.filters.values() for pair in stages.items()),
    ]:
        known = {parameter.name: parameter for parameter in declared(stage)}
        for key, value in entries.items():
            known[key].check(value)
    assert set(program.filters) | {f for names in program.only.values() for f in names} <= set(
        PROGRAMS[f"{name}_full"].filters
    )
    assert (repository / "dashboards" / f"{name}.ipynb").is_file()


def test_while_a_twin_is_made_one_count_is_on_the_page_and_it_goes_with_its_state(fakes, tmp_path):
    import ipywidgets

    from miri_widgets.dashboard import Dashboard
    from miri_widgets.panels.parts.runbar import Runbar

    program = fakes.fake_program(tmp_path / "made")
    made, place = program.folders[0], tmp_path / "twin" / "uncal"
    program = replace(
        program, folders=(place,), simulated="small", twin="small", awaited=(tmp_path / "real",)
    )
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    page, runs = Dashboard(session), Runbar(session.stages["detector1"])
    threads, others = HeldThreads(), session.background.executor

    def texts(widget):
        own = [str(widget.value)] if isinstance(widget, ipywidgets.HTML) else []
        return own + [text for child in getattr(widget, "children", ()) for text in texts(child)]

    def with_count(count):
        return [text for text in (*texts(page), *texts(runs)) if count in text]

    def follow():
        session.background.apply()
        session.apply(session.snapshot())

    together = []
    session.twin.observe(
        lambda _: together.append((session.twin.fraction, session.twin.sentence)), "fraction"
    )
    session.background.executor = threads
    session.twin.make()
    session.background.executor = others
    ((end, _, (name, notify)),) = threads.held
    assert name == "small"
    notify("reference files: 10 of about 40, now a flat")
    follow()
    assert len(with_count("10 of about 40")) == 1 and session.twin.fraction == 0.25
    notify("exposure 3 of 4: jw")
    follow()
    assert with_count("10 of") == [] and len(with_count("3 of 4")) == 1
    assert (0.75, "The simulated twin is being made: exposure 3 of 4: jw") in together
    assert (
        "exposures are being simulated" in page.header.title.value
        and page.tabs.items[0]["detail"] == "being simulated"
    )
    assert "being made" in runs.status.value, "the stages say why they wait, without a count of their own"
    place.parent.mkdir(parents=True)
    made.rename(place)
    end.set_result(None)
    follow()
    follow()
    assert with_count("3 of 4:") == [] and "being made" not in " ".join(texts(page) + texts(runs))
    assert "4 of 4 exposures" in page.header.title.value
    page.close(), runs.close(), session.close()


def test_why_a_twin_could_not_be_made_is_over_when_its_exposures_are_there(twin):
    session, _, made = twin
    made.rename(made.with_name("gone"))
    session.twin.make()
    session.poll()
    assert "was not made" in session.twin.sentence
    made.with_name("gone").rename(session.program.folders[0].parent.with_name("uncal"))
    session.program.folders[0].parent.mkdir(parents=True, exist_ok=True)
    session.program.folders[0].parent.with_name("uncal").rename(session.program.folders[0])
    session.rescan()
    session.poll()
    assert session.twin.sentence == "" and not session.twin.wanted


def test_a_mistake_while_a_twin_is_made_does_not_leave_it_at_work(twin, caplog):
    session, _, _ = twin

    def broken(name, say):
        raise RuntimeError("a mistake")

    session.services = replace(session.services, make_twin=broken)
    session.twin.make()
    session.poll()
    assert "a mistake" in caplog.text and "Traceback" in caplog.text
    assert not session.twin.working and "could not be made" in session.twin.sentence
