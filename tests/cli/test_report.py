"""The report without a browser."""

import miri_widgets.models
from miri_widgets.cli import main
from miri_widgets.models.background import Background


def test_it_is_written_where_it_was_asked_for(session, engine, program, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(miri_widgets.models, "open_session", lambda *arguments, **named: session)
    monkeypatch.setattr("miri_widgets.cli.report.load_program", lambda path: program)
    place = tmp_path / "out" / "report.html"
    assert main(["report", "x.toml", "-o", str(place)]) == 1
    assert "no run is complete" in capsys.readouterr().err and not place.exists()
    session.closed = False
    session.background = Background("miri-again")
    session.run_all()
    engine.finish()
    session.poll()
    assert main(["report", "x.toml", "-o", str(place)]) == 0
    assert place.read_text().startswith("<!DOCTYPE html>") and str(place) in capsys.readouterr().out
