"""Facts about jwst that need no import of it."""

import pytest

from miri_widgets.errors import StepFailedError
from miri_widgets.steps import children


def install(folder, version):
    """Put the metadata of a jwst into a folder."""
    made = folder / f"jwst-{version}.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: jwst\nVersion: {version}\n")
    return made


def test_the_version_follows_what_is_installed_and_is_looked_up_once(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(StepFailedError, match="jwst is not installed"):
        children.jwst_version()
    old = install(tmp_path, "3.0.0")
    assert children.jwst_version() == "3.0.0"
    asked = []
    real = children.version
    monkeypatch.setattr(children, "version", lambda name: asked.append(name) or real(name))
    for _ in range(50):
        assert children.jwst_version() == "3.0.0"
    assert asked == []
    (old / "METADATA").unlink()
    old.rmdir()
    install(tmp_path, "3.1.0")
    assert children.jwst_version() == "3.1.0" and asked == ["jwst"]
