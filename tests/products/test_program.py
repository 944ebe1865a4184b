"""Programs: TOML in, TOML out, mistakes as sentences."""

import pytest

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.program import load_program, save_program


def test_round_trip(tmp_path):
    path = tmp_path / "lmc.toml"
    path.write_text(
        'title = "LMC"\nprogram = "01040"\nfolders = ["data"]\n[settings.detector1]\n"jump.rejection_threshold" = 5.0\n'
    )
    program = load_program(path)
    assert program.name == "lmc"
    assert program.folders == (tmp_path / "data",)
    assert program.mosaic_name("F770W") == "lmc_f770w"
    save_program(program, tmp_path / "copy.toml")
    assert load_program(tmp_path / "copy.toml") == program


def test_simulated_twin(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    path = tmp_path / "demo.toml"
    path.write_text('simulated = "demo"\n')
    program = load_program(path)
    assert program.folders == (tmp_path / "root/demo/uncal",)
    assert program.environment()["CRDS_PATH"] == str(tmp_path / "root/crds")
    assert "serverless" in program.environment()["CRDS_SERVER_URL"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = \nx = 1", "line 1"),
        ('folder = ["x"]', "the key 'folder'"),
        ("folders = 3", "expected a list"),
        ('title = "x"', "names no folders"),
        ('folders = ["x"]\n[settings]\njump = 3', "settings.jump"),
    ],
)
def test_mistakes(tmp_path, text, words):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(BadTableError, match=words):
        load_program(path)


def test_missing(tmp_path):
    with pytest.raises(MissingFileError):
        load_program(tmp_path / "none.toml")
