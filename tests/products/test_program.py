"""Programs: TOML in, TOML out, mistakes as sentences."""

from dataclasses import replace

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
        ('folders = ["x"]\n[only]\nsky = "F560W"', "only.sky"),
        ('folders = ["x"]\n[filters]\nF770W = 3', "filters.F770W"),
        ('folders = ["x"]\nstart = "ramp"', "start = 'ramp'.*one of uncal, rate, cal"),
        ('folders = ["x"]\n[display]\nF770W = 3', "display.F770W = .*expected a range for any of rate, cal"),
        ('folders = ["x"]\n[display]\nF770W = { raw = [1, 2] }', "display.F770W = .*rate, cal, sky"),
        ('folders = ["x"]\n[display]\nF770W = { cal = [1] }', "display.F770W.cal = .*black, white"),
        ('folders = ["x"]\n[display]\nF770W = { cal = [true, 2] }', "display.F770W.cal"),
        ('folders = ["x"]\n[display]\nF770W = { cal = [5, 1] }', "display.F770W.cal = .*white above black"),
        ('folders = ["x"]\n[display]\nF770W = { cal = [nan, 1] }', "display.F770W.cal"),
        (f'folders = ["x"]\n[display]\nF770W = {{ cal = [1, 1{"0" * 400}] }}', "display.F770W.cal"),
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


def observed(tmp_path, monkeypatch, text=""):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    path = tmp_path / "lmc.toml"
    path.write_text(
        f'folders = ["data"]\nworkspace = "work"\ntwin = "lmc_1040"\ncrds_context = "jwst_1464.pmap"\n{text}'
    )
    return path


def test_a_twin_stands_in_only_while_there_is_no_raw_exposure(tmp_path, monkeypatch):
    path = observed(tmp_path, monkeypatch)
    monkeypatch.setenv("CRDS_CONTEXT", "jwst_1234.pmap")
    twin = load_program(path)
    assert (twin.simulated, twin.awaited) == ("lmc_1040", (tmp_path / "data",))
    assert twin.folders == (tmp_path / "root/lmc_1040/uncal",)
    assert twin.workspace == tmp_path / "root/lmc_1040/workspace"
    assert "CRDS_CONTEXT" not in twin.environment()
    assert "Simulated twin" in twin.origin and str(tmp_path / "data") in twin.origin
    (tmp_path / "data/F560W/stage0").mkdir(parents=True)
    (tmp_path / "data/F560W/stage0/readme.fits").touch()
    assert load_program(path).simulated
    (tmp_path / "data/F560W/stage0/jw01040001001_03101_00001_mirimage_uncal.fits").touch()
    real = load_program(path)
    assert (real.simulated, real.awaited, real.origin) == ("", (), "")
    assert (real.folders, real.workspace) == ((tmp_path / "data",), tmp_path / "work")
    assert real.environment()["CRDS_CONTEXT"] == "jwst_1464.pmap"
    save_program(real, tmp_path / "copy.toml")
    assert load_program(tmp_path / "copy.toml") == replace(real, name="lmc")


def test_the_stars_of_a_twin_take_the_place_of_gaia(tmp_path, monkeypatch):
    path = observed(tmp_path, monkeypatch, '[settings.shifts]\ncatalog = "GAIADR3"\n')
    truth = tmp_path / "root/lmc_1040/truth/catalog.ecsv"
    assert load_program(path).settings["shifts"] == {"catalog": str(truth)}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/jw01040001001_03101_00001_mirimage_uncal.fits").touch()
    assert load_program(path).settings["shifts"] == {"catalog": "GAIADR3"}


def test_the_full_twin_on_request(tmp_path, monkeypatch):
    path = observed(tmp_path, monkeypatch)
    monkeypatch.setenv("MIRI_WIDGETS_TWINS", "full")
    assert load_program(path).simulated == "lmc_1040_full"


def test_what_filters_have_of_their_own(tmp_path, monkeypatch):
    (tmp_path / "points.reg").write_text("fk5\n")
    program = load_program(
        observed(
            tmp_path,
            monkeypatch,
            '[only]\nsky = ["F560W"]\n[settings.pullupdown]\nsources_file = "points.reg"\nother = "none.reg"\n'
            "[filters.F770W.sky]\nexclude_delta = 1.0\n",
        )
    )
    assert program.only == {"sky": ("F560W",)}
    assert program.preset("sky", "F770W") == {"exclude_delta": 1.0}
    assert program.preset("sky", "F560W") == program.preset("stripes", "F770W") == {}
    assert program.settings["pullupdown"] == {
        "sources_file": str(tmp_path / "points.reg"),
        "other": "none.reg",
    }


def test_ranges_that_a_program_is_looked_at_with(tmp_path, monkeypatch):
    program = load_program(
        observed(tmp_path, monkeypatch, "[display]\nF770W = { rate = [17, 50], subtracted = [-0.1, 5] }\n")
    )
    assert program.display == {"F770W": {"rate": (17.0, 50.0), "subtracted": (-0.1, 5.0)}}
    save_program(program, tmp_path / "copy.toml")
    assert load_program(tmp_path / "copy.toml").display == program.display


def test_a_program_begins_with_what_its_folders_hold(tmp_path, monkeypatch):
    path = observed(tmp_path, monkeypatch, 'start = "cal"\n')
    twin = load_program(path)
    assert (twin.simulated, twin.start) == ("lmc_1040", "uncal"), "twins are raw"
    assert "no calibrated images (cal files)" in replace(twin, start="cal").origin
    (tmp_path / "data").mkdir()
    (tmp_path / "data/jw01040001001_03101_00001_mirimage_uncal.fits").touch()
    assert load_program(path).simulated, "raw exposures are not what it begins with"
    (tmp_path / "data/jw01040001001_03101_00001_mirimage_cal.fits").touch()
    real = load_program(path)
    assert (real.simulated, real.start, real.has_exposures()) == ("", "cal", True)
    save_program(real, tmp_path / "copy.toml")
    assert load_program(tmp_path / "copy.toml").start == "cal"


def test_a_person_who_clicks_needs_no_variables(tmp_path, monkeypatch):
    monkeypatch.setattr("miri_widgets.products.program.INSTITUTE_CACHE", tmp_path / "grp")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CRDS_PATH", "CRDS_CONTEXT", "CRDS_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "one.toml"
    path.write_text('folders = ["data"]\n')
    assert load_program(path).environment() == {
        "CRDS_PATH": str(tmp_path / "crds_cache"),
        "CRDS_SERVER_URL": "https://jwst-crds.stsci.edu",
    }
    (tmp_path / "grp").mkdir()
    assert load_program(path).environment() == {}, "crds finds the cache of the institute by itself"
    monkeypatch.setenv("CRDS_PATH", "/mine")
    assert load_program(path).environment() == {"CRDS_PATH": "/mine"}
    path.write_text('folders = ["data"]\ncrds_path = "own"\n')
    assert load_program(path).environment() == {"CRDS_PATH": str(tmp_path / "own")}
