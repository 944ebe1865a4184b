"""Options of serving reach the server."""

from __future__ import annotations

import pytest

from miri_widgets.cli import demo, main
from miri_widgets.serve.policy import GRACE, PING


@pytest.mark.parametrize(
    ("words", "ping", "grace"), [([], PING, GRACE), (["--ping", "2.5", "--grace", "1800"], 2.5, 1800.0)]
)
def test_ping_and_grace_reach_the_server(monkeypatch, tmp_path, words, ping, grace):
    given = {}
    monkeypatch.setattr(demo, "serve", lambda folder, **options: given.update(options, folder=folder))
    assert main(["serve", "--dashboards", str(tmp_path), *words]) == 0
    assert (given["ping"], given["grace"], given["folder"]) == (ping, grace, tmp_path)


@pytest.mark.parametrize("text", ["0", "-3", "nan", "inf", "soon"])
@pytest.mark.parametrize("option", ["--ping", "--grace"])
def test_a_time_that_is_none_is_refused(capsys, option, text):
    with pytest.raises(SystemExit):
        main(["serve", f"{option}={text}"])
    assert "; expected a number from 0.1 to" in capsys.readouterr().err
