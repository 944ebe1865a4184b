"""The context of a plan is a name, whatever the environment says."""

import pytest

from miri_widgets.errors import CrdsCacheError
from miri_widgets.run.crds_context import crds_variables, resolved_context


@pytest.mark.parametrize("wanted", ["", "latest", "jwst-operational"])
def test_context_is_always_a_name(tmp_path, wanted):
    environment = {"CRDS_PATH": str(tmp_path), "CRDS_CONTEXT": wanted}
    with pytest.raises(CrdsCacheError):
        resolved_context(environment)
    config = tmp_path / "config" / "jwst" / "server_config"
    config.parent.mkdir(parents=True)
    config.write_text("{'operational_context': 'jwst_1413.pmap', 'observatory': 'jwst'}")
    assert resolved_context(environment) == "jwst_1413.pmap"
    assert crds_variables(environment)["CRDS_CONTEXT"] == "jwst_1413.pmap"
    config.write_text("{broken")
    with pytest.raises(CrdsCacheError):
        resolved_context(environment)


def test_other_variables_stay_out_of_a_plan(monkeypatch):
    monkeypatch.setenv("CRDS_SERVER_URL", "https://here")
    found = crds_variables({"CRDS_CONTEXT": "jwst_1413.pmap", "HOME": "/x"})
    assert "HOME" not in found and found["CRDS_SERVER_URL"] == "https://here"
