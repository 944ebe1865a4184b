"""The code view writes what it shows, and says where."""

from miri_widgets.panels.parts.code_view import CodeView


def test_export_writes_script_and_notebook_and_says_where(session):
    view = CodeView(session.stages["image2"])
    view.export.click()
    folder = session.program.workspace / "exports"
    assert {path.name for path in folder.iterdir()} == {"trial_image2.py", "trial_image2.ipynb"}
    assert (folder / "trial_image2.py").read_text() == session.script("image2")
    for path in folder.iterdir():
        assert str(path) in view.exported.value
    view.close()


def test_an_export_that_cannot_be_written_is_a_sentence(session):
    session.program.workspace.mkdir(exist_ok=True)
    (session.program.workspace / "exports").write_text("a file in the place of the folder")
    view = CodeView(session.stages["image2"])
    view.export.click()
    assert "mw-bad" in view.exported.value
    view.close()


def test_pasted_code_becomes_settings(session, tmp_path):
    stage = session.stages["detector1"]
    view = CodeView(stage)
    view.pasted.value = (
        "Detector1Pipeline.call(x, steps={'jump': {'rejection_threshold': 6.5}}, output_dir=place)"
    )
    view.load_code.click()
    assert stage.settings.user == {"jump.rejection_threshold": 6.5}
    assert (
        "1 parameter changed by you" in view.code_status.value
        and "output_dir is left out" in view.code_status.value
    )
    path = tmp_path / "reduce.sh"
    path.write_text("strun calwebb_detector1 x.fits --steps.jump.rejection_threshold=7\n")
    view.pasted.value = str(path)
    view.load_code.click()
    assert stage.settings.user == {"jump.rejection_threshold": 7.0}
    for bad, words in (("<script>", "no call"), ("/nowhere/x.py", "no file x.py")):
        view.pasted.value = bad
        view.load_code.click()
        assert words in view.code_status.value and "<script>" not in view.code_status.value
    assert stage.settings.user == {"jump.rejection_threshold": 7.0}
    view.close()
