"""
Programs as TOML files: what a dashboard opens.

Example::

    title = "LMC flat field"
    description = "Five tiles around the LMC astrometric field."
    program = "01040"
    folders = ["/data/1040/uncal"]        # or: simulated = "demo"
    workspace = "/data/1040/workspace"
    crds_path = "/data/crds_cache"        # optional; else the environment
    crds_context = "jwst_1464.pmap"       # optional; else the environment
    stages = ["sky", "level_match"]       # optional stages that take part from the start

    [settings.detector1]
    "jump.rejection_threshold" = 5.0
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import write_text
from miri_widgets.products.fits_files import shown_name

__all__ = ["Program", "data_root", "load_program", "save_program"]

_KEYS = {
    "name": str,
    "title": str,
    "description": str,
    "program": str,
    "folders": list,
    "workspace": str,
    "crds_path": str,
    "crds_context": str,
    "product_name": str,
    "simulated": str,
    "stages": list,
    "settings": dict,
}


def data_root() -> Path:
    """Return the folder of simulated programs: MIRI_WIDGETS_DATA, else the user's data folder."""
    return Path(os.environ.get("MIRI_WIDGETS_DATA") or platformdirs.user_data_dir("miri_widgets"))


@dataclass(frozen=True)
class Program:
    """
    What one dashboard is about.

    Attributes
    ----------
    name : str
        Short name, from the TOML file's name unless given.
    title, description : str
        For people.
    program : str
        Program number, five digits; empty when exposures of any may come.
    folders : tuple of Path
        Where the exposures are.
    workspace : Path
        Where runs and their products go.
    crds_path, crds_context : str
        The CRDS cache and context; empty to take the environment's.
    product_name : str
        Root of mosaic names; ``{filter}``, ``{program}`` and ``{name}`` are replaced.
    simulated : str
        Name of the simulated twin, when the program is one.
    stages : tuple of str
        Optional stages that take part from the start.
    settings : mapping
        Parameter values by stage and full name.
    """

    name: str
    folders: tuple[Path, ...]
    workspace: Path
    title: str = ""
    description: str = ""
    program: str = ""
    crds_path: str = ""
    crds_context: str = ""
    product_name: str = "{name}_{filter}"
    simulated: str = ""
    stages: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def mosaic_name(self, filter_name: str) -> str:
        """Return the root of the mosaic's file names in one filter, lower case."""
        return self.product_name.format(name=self.name, filter=filter_name, program=self.program).lower()

    def environment(self) -> dict[str, str]:
        """
        Return the CRDS variables that the pipeline runs under.

        The program's own values come before those of the process.
        """
        names = ("CRDS_PATH", "CRDS_CONTEXT", "CRDS_SERVER_URL")
        found = {name: os.environ[name] for name in names if os.environ.get(name)}
        if self.crds_path:
            found["CRDS_PATH"] = self.crds_path
        if self.crds_context:
            found["CRDS_CONTEXT"] = self.crds_context
        if self.simulated:
            # a "serverless" address keeps CRDS from asking the network
            found["CRDS_SERVER_URL"] = "https://jwst-serverless.stsci.edu"
        return found


def load_program(path: Path) -> Program:
    """
    Read a program's TOML file; relative paths are taken from its folder.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is not TOML, has an unknown key or a value of the wrong type.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no program file {shown_name(path)}", f"a TOML file in {path.parent}", "correct its name"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTableError(f"{shown_name(path)}: {error}", "a TOML file", "correct that line") from error
    _check(values, path)
    simulated = values.get("simulated", "")
    twin = data_root() / simulated
    folders = values.get("folders") or ([str(twin / "uncal")] if simulated else [])
    if not folders:
        raise BadTableError(
            f"{shown_name(path)} names no folders", "folders = [...] with exposures", "add them"
        )
    crds_path = values.get("crds_path") or (str(data_root() / "crds") if simulated else "")
    workspace = values.get("workspace") or (twin / "workspace" if simulated else path.stem + "_workspace")
    return Program(
        name=values.get("name", path.stem),
        folders=tuple(_absolute(folder, path) for folder in folders),
        workspace=_absolute(workspace, path),
        title=values.get("title", path.stem),
        description=values.get("description", ""),
        program=values.get("program", ""),
        crds_path=str(_absolute(crds_path, path)) if crds_path else "",
        crds_context=values.get("crds_context", ""),
        product_name=values.get("product_name", "{name}_{filter}"),
        simulated=simulated,
        stages=tuple(str(name) for name in values.get("stages", ())),
        settings=values.get("settings", {}),
    )


def save_program(program: Program, path: Path) -> None:
    """Write a program as TOML, atomically."""
    values: dict[str, Any] = {
        key: getattr(program, key)
        for key in (
            "name",
            "title",
            "description",
            "program",
            "crds_path",
            "crds_context",
            "product_name",
            "simulated",
        )
        if getattr(program, key)
    }
    values["folders"] = [str(folder) for folder in program.folders]
    values["workspace"] = str(program.workspace)
    if program.stages:
        values["stages"] = list(program.stages)
    values["settings"] = {stage: dict(entries) for stage, entries in program.settings.items()}
    write_text(Path(path), tomli_w.dumps(values))


def _check(values: Mapping[str, Any], path: Path) -> None:
    for key, value in values.items():
        if key not in _KEYS:
            raise BadTableError(
                f"{shown_name(path)} has the key {key[:60]!r}",
                "one of " + ", ".join(_KEYS),
                "correct or remove it",
            )
        if not isinstance(value, _KEYS[key]):
            raise BadTableError(
                f"{shown_name(path)}: {key} = {str(value)[:60]!r}",
                f"a {_KEYS[key].__name__}",
                "correct the value",
            )
    for stage, entries in values.get("settings", {}).items():
        if not isinstance(entries, dict):
            raise BadTableError(
                f"{shown_name(path)}: settings.{stage} is no table",
                f"[settings.{stage}] with values",
                "correct it",
            )


def _absolute(folder: str | Path, path: Path) -> Path:
    return (path.parent / Path(folder).expanduser()).resolve()
