"""The report without a browser: of the program's file and flags; a page counts only when somebody says so."""

from miri_widgets.cli import headless, main
from miri_widgets.products.session_file import SessionFile, session_file_of

THRESHOLD = "detector1.jump.rejection_threshold=9"


def test_it_is_written_where_it_was_asked_for(options, small_program, quick_engine, tmp_path, capsys):
    file = tmp_path / "out" / "report.html"
    assert main(["report", "x.toml", "-o", str(file)]) == 1
    assert "no run is complete" in capsys.readouterr().err and not file.exists()
    assert headless.run_program(options) == 0
    assert main(["report", "x.toml", "-o", str(file)]) == 0
    text = file.read_text()
    assert text.startswith("<!DOCTYPE html>") and str(file) in capsys.readouterr().out
    assert not (small_program.workspace / "session.json").exists(), "a report leaves no page behind"


def test_it_is_about_the_settings_that_it_is_given(options, quick_engine, tmp_path, capsys):
    options.set = [THRESHOLD]
    assert headless.run_program(options) == 0
    file = tmp_path / "report.html"
    assert main(["report", "x.toml", "-o", str(file)]) == 1, "runs of other settings are never taken"
    assert main(["report", "x.toml", "-o", str(file), "--set", THRESHOLD]) == 0
    assert "jump.rejection_threshold" in file.read_text()


def test_what_was_chosen_on_a_page_counts_when_somebody_says_so(
    options, small_program, quick_engine, tmp_path, capsys
):
    SessionFile(session_file_of(small_program)).write(
        {"settings": {"detector1": {"jump.rejection_threshold": 9.0}}}, immediately=True
    )
    options.session = True
    assert headless.run_program(options) == 0
    file = tmp_path / "report.html"
    assert main(["report", "x.toml", "-o", str(file)]) == 1
    assert main(["report", "x.toml", "-o", str(file), "--session"]) == 0
