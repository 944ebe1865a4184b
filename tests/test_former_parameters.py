"""Parameters that jwst has removed: files, code and programs all say what took their place."""

import asdf
import pytest

from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.former_parameters import PARAMETERS, STEPS, successor
from miri_widgets.run.code_settings import settings_from_code
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.inputs import check_settings
from miri_widgets.steps.parameter_files import from_toml, load_asdf
from miri_widgets.steps.stages import STAGES, stage

OFFICIAL = [one for one in STAGES if not one.is_own]
WORDS = {"align_to_gaia": "use tweakreg.abs_refcat instead", "grow": "nothing took its place"}
NAMES = {"align_to_gaia": "tweakreg.align_to_gaia", "grow": "outlier_detection.grow"}


def known_names():
    return {parameter.name for one in OFFICIAL for parameter in declared(one.name)}


def test_no_former_name_is_declared_and_every_successor_is():
    known = known_names()
    steps = {name.partition(".")[0] for name in known if "." in name}
    assert not known & set(PARAMETERS) and not steps & set(STEPS)
    assert {new for new, _ in PARAMETERS.values() if new} <= known
    assert {new for new, _ in STEPS.values()} <= steps


@pytest.mark.parametrize("name", [*PARAMETERS, *(f"{step}.skip" for step in STEPS)])
def test_every_former_name_is_told_in_one_sentence(name):
    remedy = successor(name)
    assert remedy.startswith(("use ", "remove it")) and not remedy.endswith(".")
    assert successor("tweakreg.nobody_knows") == ""


def asdf_file(folder, name):
    step, _, label = name.partition(".")
    tree = {
        "class": "jwst.pipeline.Image3Pipeline",
        "name": "Image3Pipeline",
        "parameters": {},
        "steps": [{"class": "x", "name": step, "parameters": {label: 1}}],
    }
    asdf.AsdfFile(tree).write_to(folder / "pars.asdf")
    return folder / "pars.asdf"


def cfg_file(folder, name, mark="", ends="\n"):
    step, _, label = name.partition(".")
    lines = [
        'name = "Image3Pipeline"',
        'class = "jwst.pipeline.Image3Pipeline"',
        "[steps]",
        f"[[{step}]]",
        f"{label} = 1",
    ]
    (folder / "pars.cfg").write_bytes((mark + ends.join(lines) + ends).encode("utf-8"))
    return folder / "pars.cfg"


WAYS = {
    "ASDF": lambda folder, name: load_asdf("image3", asdf_file(folder, name)),
    "cfg": lambda folder, name: load_asdf("image3", cfg_file(folder, name)),
    "TOML": lambda folder, name: from_toml(f'[settings.image3]\n"{name}" = 1\n'),
    "code": lambda folder, name: settings_from_code(
        "image3", "Image3Pipeline.call('a.json', steps={{'{}': {{'{}': 1}}}})".format(*name.split("."))
    ),
    "strun": lambda folder, name: settings_from_code("image3", f"strun calwebb_image3 a.json --steps.{name}=1"),
    "run": lambda folder, name: check_settings(stage("image3"), {name: 1}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WORDS)
def test_removed_parameters_name_what_took_their_place(way, name, tmp_path):
    with pytest.raises(ParameterError, match=WORDS[name]) as caught:
        WAYS[way](tmp_path, NAMES[name])
    assert NAMES[name] in str(caught.value)


def test_a_renamed_step_is_told_by_its_name_of_now(tmp_path):
    with pytest.raises(ParameterError, match="bkg_subtract"):
        from_toml('[settings.image2]\n"background.skip" = true\n')


@pytest.mark.parametrize(("mark", "ends"), [("", "\n"), ("\ufeff", "\r\n")])
def test_a_cfg_file_of_old_gives_its_values(mark, ends, tmp_path):
    found = load_asdf("image3", cfg_file(tmp_path, "tweakreg.minobj", mark, ends))
    assert found.user == {"tweakreg.minobj": 1}


def test_a_cfg_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "pars.cfg").write_text("[steps\n", encoding="utf-8")
    with pytest.raises(BadTableError, match=r"pars\.cfg"):
        load_asdf("image3", tmp_path / "pars.cfg")
