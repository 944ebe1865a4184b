"""Program files as people write them: read, or one sentence; never a traceback."""

import json
import os

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError, MiriWidgetsError, MissingFileError
from miri_widgets.products.checks import program_numbers
from miri_widgets.products.names import program_number
from miri_widgets.products.program import Program, load_program, save_program
from miri_widgets.products.program_schema import PROGRAM_KEYS


def load(folder, text, **options):
    path = folder / "field.toml"
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text, **options)
    return load_program(path)


@pytest.mark.parametrize(
    "written",
    [
        "2736",
        '"2736"',
        '"02736"',
        '"jw02736"',
        '"JW02736"',
        '"GO 2736"',
        '"PID 2736"',
        '"JWST-2736"',
        '"DD 2736"',
        '"GO-2736"',
        '"Program 2736"',
        '"proposal ID 2736"',
        '"JWST GO #2736"',
        '" 2736 "',
        '"ERS: 2736"',
    ],
)
def test_program_numbers_are_read_as_people_write_them(tmp_path, written):
    assert load(tmp_path, f'folders = ["x"]\nprogram = {written}').program == "02736"


@pytest.mark.parametrize(
    "written",
    ['"SMACS 0723"', '"jw02736001001"', "2736.0", "true", '"abc"', "-5", "0", '"27 36"', "[2736]", "2736000"],
)
def test_program_numbers_that_are_none_are_sentences(tmp_path, written):
    with pytest.raises(BadTableError, match=r"field\.toml: program = "):
        load(tmp_path, f'folders = ["x"]\nprogram = {written}')


@pytest.mark.parametrize("written", ["", "  "])
def test_no_number_is_any_program(tmp_path, written):
    assert load(tmp_path, f'folders = ["x"]\nprogram = "{written}"').program == ""


def test_a_number_as_people_write_it_checks_foreign_exposures():
    class Foreign:
        header_program = program = "02733"

    for number in ("02736", "jw02736", "GO 2736"):
        assert "is of program 02733" in program_numbers(number, [Foreign()])[0]
    assert program_number("2733") == "02733" and not program_numbers("GO 2733", [Foreign()])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_boms_and_notepad(tmp_path, encoding, end):
    text = f'title = "LMC, 30°"{end}folders = ["x"]{end}'
    assert load(tmp_path, text.encode(encoding)).title == "LMC, 30°"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no folders"),
        ("folders=[1]", r"folders = 1; expected a list of paths"),
        ('folders=["~nosuchuser/x"]', "a user of this machine"),
        ('folders=["a\\u0000b"]', "folders = "),
        ('folders=["' + 5000 * "a" + '"]', "a path that a disk can hold"),
        ('folders=["' + 300 * "a" + '"]', "a path that a disk can hold"),
        ('folders=[""]', "a list of paths"),
        ('folders=[["x"]]', "a list of paths"),
        ("folders=true", "a list or text"),
        ('folders=["x"]\nworkspace="~nosuchuser"', "workspace = .*a user of this machine"),
        ('folders=["x"]\nworkspace="x"', "the workspace is a folder of exposures"),
        ('folders=["x"]\ncrds_path="' + 5000 * "a" + '"', "crds_path = "),
        ('folders=["x"]\nfolders=["y"]', "Cannot overwrite a value"),
        ('folders=["x"]\ntitel="y"', "the key 'titel'; expected title[?]"),
        ('folders=["x"]\nFolders=["y"]', "expected folders[?]"),
        ('folders=["x"]\ntitle=1979-05-27', "title = datetime"),
        ('folders=["x"]\ntitle=true', "title = True"),
        ('folders=["x"]\nstages="sky"', "stages = 'sky'; expected a list"),
        ('folders=["x"]\nstages=[3]', "stages = 3"),
        ('folders=["x"]\nonly=3', "only = 3; expected a table"),
        ('folders=["x"]\n[only]\nsky=["F777W"]', "only.sky = 'F777W'; expected F770W[?]"),
        ('folders=["x"]\n[filters.f770w.sky]\nclip_low=3', "filters.f770w = 'f770w'; expected F770W[?]"),
        ('folders=["x"]\nname="a/b"', "name = 'a/b'"),
        ('folders=["x"]\nproduct_name="{field}"', "product_name = .*{filter}"),
        ('folders=["x"]\nproduct_name="a/{filter}"', "product_name"),
        ('folders=["x"]\nproduct_name="{name.__class__}"', "product_name"),
        ('folders=["x"]\ntwin="../../etc"', "twin = "),
        ("folders=" + "[" * 5000, "field.toml"),
        ("x=" + "9" * 5000, "field.toml"),
        (json.dumps({"folders": ["x"]}), "not JSON"),
        ("\0", "NUL"),
    ],
)
def test_toml_tracebacks_are_sentences(tmp_path, text, words):
    with pytest.raises(BadTableError, match=words):
        load(tmp_path, text)


def test_a_folder_in_place_of_the_file(tmp_path):
    with pytest.raises(BadTableError, match="is a folder"):
        load_program(tmp_path)
    with pytest.raises(MissingFileError, match="nowhere"):
        load_program(tmp_path / "nowhere.toml")


def test_a_folder_as_text_and_names_with_dots_are_read_as_they_are_meant(tmp_path):
    program = load(
        tmp_path,
        'folders = "data"\nexclude = "data/old"\n[settings.detector1]\njump.rejection_threshold = 5.0\n"ramp_fit.skip" = false\n',
    )
    assert program.folders == (tmp_path / "data",) and program.exclude == (tmp_path / "data/old",)
    assert program.settings == {"detector1": {"jump.rejection_threshold": 5.0, "ramp_fit.skip": False}}
    save_program(program, tmp_path / "copy.toml")
    assert load_program(tmp_path / "copy.toml").exclude == program.exclude


def test_a_workspace_in_the_folder_is_not_searched(tmp_path):
    program = load(tmp_path, 'folders = ["."]\nworkspace = "work"')
    made = tmp_path / "work/runs/jw01234001001_02101_00001_mirimage_uncal.fits"
    made.parent.mkdir(parents=True)
    made.touch()
    assert not program.has_exposures()
    (tmp_path / made.name).touch()
    assert program.has_exposures()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["~", "~nobodyhere/x", "a" * 5000, "../..", "{", "{0}", "{name:>9999999999}", "F770W", "rate"]
    )
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(one) for key, one in value.items() if one is not None}
    return [without_none(one) for one in value if one is not None] if isinstance(value, list) else value


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from(sorted(PROGRAM_KEYS)), values, max_size=4), st.booleans())
def test_any_value_of_any_key_is_a_program_or_a_sentence(tmp_path_factory, content, folders):
    content = without_none(content) | ({"folders": ["x"]} if folders else {})
    content = {key: value for key, value in content.items() if value is not None}
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    try:
        path.write_text(tomli_w.dumps(content), encoding="utf-8")
    except (ValueError, TypeError):  # lone surrogates and the like cannot be written
        return
    try:
        program = load_program(path)
    except MiriWidgetsError as error:
        assert str(error).endswith(".") and "\n" not in error.found[:200]
    else:
        assert isinstance(program, Program) and program.mosaic_name("F770W")
        program.has_exposures()


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_a_program_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    with pytest.raises(MiriWidgetsError):
        load_program(path)


@pytest.mark.parametrize("command", ["run", "report"])
@pytest.mark.parametrize("text", ["folders=[1]", 'folders=["x"]\nprogram="SMACS"', None])
def test_commands_say_the_sentence(tmp_path, capsys, command, text):
    from miri_widgets.cli.main import main

    path = tmp_path / "field.toml"
    if text is None:
        os.mkdir(path)
    else:
        path.write_text(text)
    assert main([command, str(path)]) != 0
    printed = capsys.readouterr()
    assert "field.toml" in printed.err + printed.out and "Traceback" not in printed.err
