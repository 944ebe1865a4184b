"""Fields take what people type and paste, with the obvious meaning, or answer with a sentence; nothing is clipped."""

import pytest

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.archive import ArchiveModel
from miri_widgets.models.run_differences import RunDifferencesModel
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.models.showers import suggestion_threshold
from miri_widgets.panels.archive import ArchivePanel
from miri_widgets.panels.compare import DifferencesPanel
from miri_widgets.panels.parts.code_view import CodeView
from miri_widgets.panels.parts.form import Form
from miri_widgets.panels.parts.regionlist import RegionList
from miri_widgets.panels.parts.showerlist import ShowerList
from miri_widgets.panels.shifts import ShiftsView
from miri_widgets.products.entered import entered_number, entered_path, entered_token

from .stub_viewer import Viewer

NO_NUMBERS = ("", " ", "text", "nan", "inf", "-inf", "1e400", "-5", "1,5", "1.9", "100.1", "5 mJy", "1_0")
NO_PATHS = (
    "",
    "  ",
    '""',
    "a\0b",
    "/a\nb",
    "https://a.example/b",
    "~nobody_of_this_name/x",
    "/" + "a" * 5000,
)


def pasted(path):
    """Return a path as it comes out of terminals, file managers and browsers."""
    address = "file://" + str(path).replace(" ", "%20")
    return (
        str(path),
        f"  {path} ",
        f"'{path}'",
        f'"{path}"',
        address,
        address.replace("file://", "file://localhost"),
    )


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.delenv("MAST_API_TOKEN", raising=False)
    panel = ArchivePanel(ArchiveModel(tmp_path / "raw", server="http://127.0.0.1:9"))
    panel.owns_model = True
    yield panel
    panel.close()


def test_a_pasted_path_is_what_it_means(tmp_path):
    for path in (tmp_path / "my data", tmp_path / "plain"):
        assert {entered_path(one) for one in pasted(path)} == {path}
    assert entered_path("~/x").is_absolute()
    for entered in NO_PATHS:
        with pytest.raises(MiriWidgetsError, match="expected"):
            entered_path(entered)
    with pytest.raises(MiriWidgetsError, match="begins with /"):
        entered_path("data/x", whole=True)


def test_a_number_is_within_its_limits_or_refused():
    for entered in ("3", " 3 ", "3 sigma", "3σ", "3.0", 3):
        assert entered_number(entered, "It", 2, 100, unit="σ", units=("sigma",)) == 3
    for entered in NO_NUMBERS:
        with pytest.raises(MiriWidgetsError, match="a number from 2 to 100 σ: enter one"):
            suggestion_threshold(entered)


def test_the_threshold_of_showers_is_never_clipped(session):
    session.use_stage("showers")
    view = ShowerList(session)
    for entered in NO_NUMBERS:
        view.threshold.value = "7"
        view.threshold.value = entered
        assert "from 2 to 100 σ" in view.error.value and view.threshold.value == entered
    view.threshold.value = "3 sigma"
    assert view.error.value == ""
    view.close()


def test_program_numbers_and_folders_of_the_archive(archive, tmp_path):
    for entered in ("", "text", "nan", "-1", "1e400", "27 36 1", "1,5"):
        archive.number.value = "0"
        archive.number.value = entered
        assert "enter one such as 2736" in archive.state.value and not archive.model.asking
    place = tmp_path / "new place"
    for entered in pasted(place):
        archive.folder.value = str(tmp_path / "other")
        archive.folder.value = entered
        assert archive.model.folder == place and archive.folder_status.value == ""
    (tmp_path / "file").write_text("")
    for entered in (*NO_PATHS, str(tmp_path / "file")):
        archive.folder.value = str(place)
        archive.folder.value = entered
        assert "Files still go to" in archive.folder_status.value and archive.model.folder == place
    archive.folder.value = str(place)
    assert archive.folder_status.value == "", "the right folder takes the sentence away"


def test_a_token_is_taken_without_what_was_pasted_around_it(archive):
    for entered in ("abc def", "é", "a\0b", "x" * 501):
        archive.token.value = entered
        assert "no token" in archive.token_error.value and entered not in archive.token_error.value
        assert archive.token.value == "" and not archive.model.has_token
    archive.token.value = ' "abc123" '
    assert archive.model.has_token and archive.token_error.value == ""
    assert entered_token("token abc") == "abc"


def test_paths_of_a_comparison(tmp_path):
    panel = DifferencesPanel(RunDifferencesModel(), Viewer())
    for entered in (*NO_PATHS, str(tmp_path / "absent")):
        panel.model.sentence = ""
        panel.folder.value = entered
        panel.list_button.click()
        assert panel.model.sentence, entered
        panel.model.sentence = ""
        panel.first.value = panel.second.value = entered
        panel.compare.click()
        assert panel.model.sentence, entered
    (tmp_path / "my data").mkdir()
    for entered in pasted(tmp_path / "my data"):
        panel.folder.value = entered
        panel.list_button.click()
        assert panel.model.folder == tmp_path / "my data"
    panel.close()


def test_the_name_of_a_copy_of_the_shifts(monkeypatch, tmp_path):
    monkeypatch.setattr(ShiftsModel, "facts", property(lambda _: None))
    view = ShiftsView(ShiftsModel())
    for entered in NO_PATHS:
        view.name.value = entered
        view.save.click()
        assert "mw-bad" in view.notice.value and "shifts" not in view.notice.value, entered
    view.close()


def test_names_and_paths_of_regions(session, tmp_path):
    session.use_stage("sky")
    view = RegionList(session, Viewer())
    for entered in NO_PATHS:
        view.path.value = entered
        view.load.click()
        assert (
            "mw-bad" in view.status.value and "path" in view.status.value
        ) or "home folder" in view.status.value
    for entered in (str(tmp_path), str(tmp_path / "absent.reg")):
        view.path.value = entered
        view.load.click()
        assert "mw-bad" in view.status.value, entered
    source = tmp_path / "my circles.reg"
    source.write_text('icrs\ncircle(10, 20, 3")\n')
    for entered in pasted(source):
        view.path.value = entered
        view.load.click()
        session.poll()
        assert len(view.table.rows) == 1 and "Loaded" in view.status.value, entered
        session.regions.remove(session.regions.sets[0].path)
    view.close()


def test_names_of_parameter_sets_and_paths_of_code(session, tmp_path):
    stage = session.stages["detector1"]
    view = CodeView(stage)
    for entered in ("", " ", "text", "a/b.asdf", "../x.toml", "nan"):
        view.name.value = entered
        view.save.click()
        assert "ending in .asdf or .toml" in view.status.value
    script = tmp_path / "my call.py"
    script.write_text(
        "Detector1Pipeline.call(x, steps={'jump': {'rejection_threshold': 6.5}})", encoding="utf-8-sig"
    )
    for entered in pasted(script):
        stage.reset()
        view.pasted.value = entered
        view.load_code.click()
        assert "1 parameter changed by you" in view.code_status.value, entered
    for entered in (
        "",
        "text",
        "nan",
        "1,5",
        str(tmp_path),
        f"{tmp_path}/absent.py",
        "~nobody_of_this_name/x.py",
        "a\0b.py",
    ):
        view.code_status.value = ""
        view.pasted.value = entered
        view.load_code.click()
        assert "mw-bad" in view.code_status.value, entered
    view.close()


def test_a_search_for_parameters_answers_any_text(session):
    form = Form(session.stages["detector1"])
    form.all.selected_index = 0
    for entered in ("zzz", "nan(", "\0", "3 sigma of it", "[", "\\"):
        form.search.value = entered
        assert "No parameter has these words" in form.matches.children[-1].value
    form.search.value = " "
    assert form.matches.children == ()
    form.close()
