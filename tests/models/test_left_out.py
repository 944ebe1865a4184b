"""A result that was made with steps left out says so: in the row, the notes of the stage, the report and before the run."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from miri_widgets.report.record_facts import left_out_sentences
from miri_widgets.run.snapshot import Snapshot
from miri_widgets.run.status_reduction import stage_values
from miri_widgets.run.status_rows import RowState, RunRow

WORDS = "jump, rscd (too few groups)"
FACTS = [
    {"step": "jump", "reason": "too few groups", "usual": ""},
    {"step": "rscd", "reason": "too few groups", "usual": ""},
    {"step": "refpix", "reason": "it does not apply to these data", "usual": "yes"},
]


def test_the_state_of_a_row_says_that_steps_were_left_out():
    done = RunRow("k", "jw1", state=RowState.DONE)
    assert done.status == "done"
    assert RunRow("k", "jw1", state=RowState.DONE, left_out=WORDS).status == "done, with steps left out"


def test_the_stage_notes_what_was_left_out_and_of_how_many():
    stage = SimpleNamespace(name="detector1", takes="uncal")
    rows = tuple(
        RunRow(f"k{n}", f"jw{n}", state=RowState.DONE, left_out=WORDS if n else "") for n in range(3)
    )
    notes = stage_values(stage, {"detector1": rows}, Snapshot(0), [])["notes"]
    assert notes == (f"The pipeline left steps out of 2 of 3 runs, such as jw1: {WORDS}.",)


@dataclass
class Record:
    facts: dict = field(default_factory=dict)


def test_the_report_says_it_once_for_equal_steps():
    plans = [SimpleNamespace(stage="detector1", label=f"jw{n}") for n in range(3)]
    made = [
        (plans[0], Record()),
        (plans[1], Record({"left_out": FACTS})),
        (plans[2], Record({"left_out": FACTS})),
    ]
    assert left_out_sentences(made) == (
        f"The pipeline left steps of detector1 out of 2 of 3 runs (jw1, jw2): {WORDS}.",
    )
    assert left_out_sentences(made[:1]) == ()
