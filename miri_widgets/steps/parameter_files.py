"""
Sets of parameters as files: ASDF as jwst reads it, and tables of a program's TOML.

An ASDF file written here can be given to ``strun``, to
``Step.from_config_file`` and to ``call(config_file=...)``; those that jwst or
CRDS write, of a pipeline or of one step, can be read here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.text_files import read_text
from miri_widgets.settings import Kind, Parameter, Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason, step_classes
from miri_widgets.steps.stages import stage

__all__ = ["from_toml", "load_asdf", "save_asdf", "to_toml"]

_LAYERS = "miri_widgets_layers"
_BOOKKEEPING = ("name", "class", "config_file")


def save_asdf(stage_name: str, settings: Settings, path: Path) -> None:
    """
    Write the values that depart from spec and CRDS as a jwst parameter file.

    Parameters
    ----------
    stage_name : str
        The stage.
    settings : Settings
        Its settings.
    path : Path
        An ``.asdf`` file; replaced when it is there.
    """
    import asdf

    classes = step_classes(stage_name)
    own, steps = _by_step(settings.passed())
    tree = {
        "class": classes[""],
        "name": classes[""].rpartition(".")[2],
        "parameters": own,
        "steps": [
            {"class": classes[step], "name": step, "parameters": values} for step, values in steps.items()
        ],
        # jwst ignores this part; it keeps apart what came from preset, program and user
        _LAYERS: {str(source): sorted(values) for source, values in _passed_layers(settings).items()},
    }
    if not steps:
        del tree["steps"]
    with new_file(Path(path)) as temporary:
        asdf.AsdfFile(tree).write_to(temporary)


def load_asdf(stage_name: str, path: Path) -> Settings:
    """
    Read a jwst parameter file of a stage's pipeline or of one of its steps.

    Parameters
    ----------
    stage_name : str
        Name of the stage.
    path : Path
        The parameter file.

    Returns
    -------
    Settings
        The file's values as the user's, or in the layers they were saved from.
        Values that every run sets itself are left out.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no parameter file, or belongs to another stage.
    ParameterError
        If it names a parameter that does not exist, or a value that is not allowed.
    """
    tree = _read_tree(Path(path))
    parameters = {parameter.name: parameter for parameter in declared(stage_name)}
    values = {
        name: value
        for name, value in _flatten(stage_name, tree, Path(path)).items()
        if not owned_reason(name)
    }
    layers: dict[Source, dict[str, Any]] = {}
    sources = _sources(tree)
    for name, value in values.items():
        layers.setdefault(sources.get(name, Source.USER), {})[name] = value
    return Settings(tuple(parameters.values()), layers)


def to_toml(settings: Mapping[str, Settings]) -> str:
    """
    Return settings as the ``[settings.<stage>]`` tables of a program file.

    Parameters
    ----------
    settings : mapping of str to Settings
        By stage. Values that depart from spec and CRDS are written; None,
        which TOML lacks, as the text "None".
    """
    import tomli_w

    tables = {}
    for name, value in settings.items():
        stage(name)
        tables[name] = {key: _without_none(value) for key, value in value.passed().items()}
    return tomli_w.dumps({"settings": tables})


def from_toml(text: str) -> dict[str, Settings]:
    """
    Read the ``[settings.<stage>]`` tables of a program file.

    Parameters
    ----------
    text : str
        TOML. Full names as quoted keys, or a table per step; other tables are ignored.

    Returns
    -------
    dict of str to Settings
        By stage, with the values as the program's.

    Raises
    ------
    BadTableError
        If the text is not TOML, or a table is no table.
    ParameterError
        If a stage or parameter does not exist, or a value is not allowed.
    """
    try:
        tables = tomllib.loads(text).get("settings", {})
    except tomllib.TOMLDecodeError as error:
        raise BadTableError(f"the settings are not TOML ({error})", "TOML", "correct that line") from error
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise BadTableError("settings is no table", "[settings.<stage>] with values", "correct it")
    settings = {}
    for name, table in tables.items():
        parameters = declared(stage(name).name)
        by_name = {parameter.name: parameter for parameter in parameters}
        values = {key: _with_none(value, by_name.get(key)) for key, value in _full_names(table).items()}
        settings[name] = Settings(parameters, {Source.PROGRAM: values})
    return settings


def _by_step(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    own: dict[str, Any] = {}
    steps: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        step, _, label = name.rpartition(".")
        (steps.setdefault(step, {}) if step else own)[label] = value
    return own, steps


def _passed_layers(settings: Settings) -> dict[Source, Mapping[str, Any]]:
    passed = (Source.PRESET, Source.PROGRAM, Source.USER)
    top = {name: settings.effective(name).source for name in settings.passed()}
    return {
        source: {name: None for name, section in top.items() if section is source}
        for source in passed
        if source in top.values()
    }


def _read_tree(path: Path) -> dict[str, Any]:
    if path.suffix.lower() in (".cfg", ".ini"):
        return _read_configuration(path)
    import asdf

    try:
        # plain values only; arrays or foreign objects have no place in a parameter file
        with asdf.open(path, lazy_load=False) as file:
            tree = dict(file.tree)
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no parameter file {path.name[:120]}", f"a file in {path.parent}", "correct its name"
        ) from error
    except Exception as error:
        # asdf passes on what YAML, zlib and its own blocks raise
        raise _bad(path, f"cannot be read ({' '.join(str(error).split())[:120]})") from error
    if not isinstance(tree.get("parameters"), dict):
        raise _bad(path, "has no parameters")
    return tree


def _read_configuration(path: Path) -> dict[str, Any]:
    """Read a configuration file, as jwst wrote and read them before 2021: texts, as `Settings` takes them."""
    from configobj import ConfigObj, ConfigObjError

    what = "a jwst configuration file of this stage"
    text = read_text(path, what, "choose another file")
    try:
        values = ConfigObj(text.splitlines(), interpolation=False, list_values=True).dict()
    except (ConfigObjError, SyntaxError) as error:
        raise _bad(path, f"cannot be read ({' '.join(str(error).split())[:120]})") from error
    steps = values.pop("steps", {})
    if not isinstance(steps, dict):
        raise _bad(path, "has steps that are no sections")
    return {
        "class": values.pop("class", ""),
        "parameters": {name: value for name, value in values.items() if not isinstance(value, dict)},
        "steps": [{"name": name, "parameters": parameters} for name, parameters in steps.items()],
    }


def _flatten(stage_name: str, tree: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Give full names to the values of a pipeline's or a step's file."""
    classes = {step: name.rpartition(".")[2] for step, name in step_classes(stage_name).items()}
    parameters = dict(tree["parameters"])
    # files of before 2020 keep class and steps within the parameters
    name = str(tree.get("class") or parameters.get("class") or "").rpartition(".")[2]
    owner = next((step for step, cls in classes.items() if cls == name), None)
    if owner is None:
        raise _bad(path, f"belongs to {name[:60] or 'no step'}")
    nested = parameters.pop("steps", None) or tree.get("steps") or []
    if isinstance(nested, dict):
        nested = [{"name": step, "parameters": values} for step, values in nested.items()]
    try:
        sections = {owner: parameters} | {str(step["name"]): dict(step["parameters"]) for step in nested}
    except (KeyError, TypeError, ValueError) as error:
        raise _bad(path, "has a step without name or parameters") from error
    return {
        f"{step}.{label}" if step else label: value
        for step, values in sections.items()
        for label, value in values.items()
        if label not in _BOOKKEEPING
    }


def _sources(tree: Mapping[str, Any]) -> dict[str, Source]:
    layers = tree.get(_LAYERS)
    sources = {}
    for source in (Source.PRESET, Source.PROGRAM):
        for name in (layers.get(str(source)) or ()) if isinstance(layers, dict) else ():
            sources[str(name)] = source
    return sources


def _bad(path: Path, what: str) -> BadTableError:
    return BadTableError(
        f"{path.name[:120]} {what}",
        "a jwst parameter file (ASDF, or a .cfg file) of this stage",
        "choose another file",
    )


def _full_names(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    names: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            names |= _full_names(value, f"{prefix}{key}.")
        else:
            names[prefix + key] = value
    return names


def _without_none(value: Any) -> Any:
    return "None" if value is None else value


def _with_none(value: Any, parameter: Parameter | None) -> Any:
    nullable = parameter is not None and (parameter.optional or parameter.default is None)
    if value == "None" and nullable and parameter is not None and parameter.kind in (Kind.STRING, Kind.LIST):
        return None
    return value
