"""The proofs of a stage: one for each run, or for each exposure of a run that corrected several."""

from types import SimpleNamespace

import pytest
import traitlets

from miri_widgets.panels.charts.proofs import Validations
from miri_widgets.run.status_rows import RowState, RunRow


class Model(traitlets.HasTraits):
    rows = traitlets.Tuple()
    session = SimpleNamespace(programs=SimpleNamespace(find=lambda root: None))

    def row(self, key):
        return next((row for row in self.rows if row.key == key), None)


def proof(verdict, words):
    return {"verdict": verdict, "sentences": [words], "grades": [verdict]}


@pytest.fixture
def view():
    model = Model()
    made = Validations(model.session, model)
    yield made
    made.close()


def test_each_exposure_of_a_run_has_its_proof_harm_first(view):
    report = {
        "exposures": {"jw1": {}, "jw2": {}, "jw3": {}},
        "warnings": [],
        "proofs": [proof("good", "Fine."), proof("harm", "Lost 7 %."), None],
    }
    view.model.rows = (RunRow("k", "three", ("jw1", "jw2", "jw3"), RowState.DONE, report=report),)
    assert [label for label, _ in view.choice.options] == ["✗ jw2", "✓ jw1", "jw3"]
    assert "Lost 7 %." in view.view.status.value
    view.choice.value = ("k", 0)
    assert "Fine." in view.view.status.value
    view.choice.value = ("k", 2)
    assert "No proof yet" in view.view.status.value
    assert view.choice.layout.display == ""


def test_one_proof_of_a_run_needs_no_choice(view):
    view.model.rows = (
        RunRow("k", "one", ("jw1",), RowState.DONE, report={"proof": proof("doubtful", "Perhaps.")}),
    )
    assert view.choice.options == (("! jw1", ("k", 0)),)
    assert "Perhaps." in view.view.status.value
    assert view.choice.layout.display == "none"
    view.model.rows = ()
    assert "No proof yet" in view.view.status.value
