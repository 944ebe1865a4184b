"""
Programs as TOML files: what a dashboard opens.

Example::

    title = "LMC flat field"
    description = "Five tiles around the LMC astrometric field."
    program = "01040"
    folders = ["/data/1040/uncal"]        # or: simulated = "demo"
    exclude = ["/data/1040/uncal/old"]    # optional: files and folders in them that are left out; * and ? stand for letters
    start = "uncal"                       # optional: or "rate", "cal", when the folders hold products of the archive
    workspace = "/data/1040/workspace"
    crds_path = "/data/crds_cache"        # optional; else the environment
    crds_context = "jwst_1464.pmap"       # optional; else the environment
    acceleration_off = ["all"]            # optional: fast replacements of pipeline functions that are not to act, or all
    stages = ["sky", "level_match"]       # optional stages that take part from the start
    chain = ["persistence", "detector1"]  # optional: the only stages of a small dashboard, else all
    twin = "lmc_1040"                     # optional: simulated program, as long as the folders are empty

    [only]
    sky = ["F560W", "F770W"]              # optional: filters that an optional stage takes, else all

    [settings.detector1]
    "jump.rejection_threshold" = 5.0

    [filters.F770W.sky]                   # optional: values for one filter, weaker than those above
    exclude_delta = 1.0

    [display.F770W]                       # optional: black and white that this filter is looked at with
    rate = [17.0, 50.0]                   # DN/s
    cal = [5.0, 40.0]                     # MJy/sr, as are: sky, subtracted

Files that parameters name may lie beside the TOML file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

from miri_widgets.errors import BadTableError
from miri_widgets.products.atomic import write_text
from miri_widgets.products.file_search import is_fits_name, search_files
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of
from miri_widgets.products.program_schema import (
    STARTS,
    check_values,
    path_named,
    read_program_number,
    read_ranges,
)
from miri_widgets.products.program_toml import full_settings, names_in, paths_named, read_toml

__all__ = ["INSTITUTE_CACHE", "Program", "as_simulated", "data_root", "load_program", "save_program"]


INSTITUTE_CACHE = Path("/grp/crds/cache")


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
    pitfalls : tuple of str
        What is known to go wrong with this program, as sentences.
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
    chain : tuple of str
        The only stages of a small dashboard, of which all take part from the start; empty for every stage.
    settings : mapping
        Parameter values by stage and full name.
    twin : str
        Name of the simulated program that stands in as long as there is no raw exposure.
    start : str
        Suffix of the products in the folders that the chain begins with, of
        `miri_widgets.products.program_schema.STARTS`.
    awaited : tuple of Path
        Folders of real exposures that the twin stands in for; empty when it does not.
    only : mapping of str to tuple of str
        Filters that an optional stage takes; all where nothing is said.
    filters : mapping
        Parameter values by filter, stage and full name; weaker than `settings`.
    display : mapping
        Black and white by filter and kind of image (`miri_widgets.products.program_schema.DISPLAYED`), in the unit of the kind.
    exclude : tuple of Path
        Files and folders that are left out; they may hold wildcards.
    acceleration_off : tuple of str
        Exact replacements of slow functions of the pipeline that runs go without, by name, or ``all``; no pixel changes.
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
    chain: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pitfalls: tuple[str, ...] = ()
    twin: str = ""
    start: str = "uncal"
    awaited: tuple[Path, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filters: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    display: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    exclude: tuple[Path, ...] = ()
    acceleration_off: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Where the exposures come from, and how to change it, for a page; empty when they are real."""
        if self.awaited:
            folders = " or ".join(map(str, self.awaited))
            return (
                f"Simulated twin: there are no {STARTS[self.start]} ({self.start} files) in {folders}, so simulated ones with the "
                f"pointings, dates and filters of {self._real} stand in. Put the real ones there and open this page again."
            )
        return self.provenance

    @property
    def provenance(self) -> str:
        """Where the exposures come from, as a sentence for a paper; empty when they are real."""
        if self.awaited:
            return (
                f"Simulated twin: there were no {STARTS[self.start]} ({self.start} files), so simulated ones with the "
                f"pointings, dates and filters of {self._real} stood in."
            )
        return "Simulated exposures with known truth." if self.simulated else ""

    @property
    def _real(self) -> str:
        """Which of the real exposures a twin repeats."""
        return "the real ones" if self.simulated.endswith("_full") else "some of the real ones"

    def has_exposures(self) -> bool:
        """Say whether the folders hold any exposure to begin with; the search stops at the first."""
        files = search_files(
            self.folders,
            exclude=self.excluded_paths,
            wanted=lambda name: is_fits_name(name) and suffix_of(name) == self.start,
        )
        return any(suffix_of(path) == self.start for path in files)

    @property
    def excluded_paths(self) -> tuple[Path, ...]:
        """What is not searched for exposures: what the file excludes, and a workspace that lies in a folder."""
        inside = any(folder in self.workspace.parents for folder in self.folders)
        return (*self.exclude, *([self.workspace] if inside else []))

    def preset(self, stage: str, filter_name: str) -> dict[str, Any]:
        """
        Return the values of the program for one stage in one filter.

        Parameters
        ----------
        stage : str
            Name of the stage.
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        return dict(self.filters.get(filter_name, {}).get(stage, {}))

    def mosaic_name(self, filter_name: str) -> str:
        """
        Return the root of the mosaic's file names in one filter, lower case.

        Parameters
        ----------
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        return self.product_name.format(name=self.name, filter=filter_name, program=self.program).lower()

    def environment(self) -> dict[str, str]:
        """
        Return the CRDS variables that the pipeline runs under.

        The program's own values come before those of the process. Where neither names a cache, it is
        ``crds_cache`` in the home folder with the public server, as the JWST documentation proposes: a person who
        clicks sets no variables. A cache of the institute, where `crds` looks by itself, comes before it.
        """
        names = ("CRDS_PATH", "CRDS_CONTEXT", "CRDS_SERVER_URL")
        environment = {name: os.environ[name] for name in names if os.environ.get(name)}
        if self.crds_path:
            environment["CRDS_PATH"] = self.crds_path
        if self.crds_context:
            environment["CRDS_CONTEXT"] = self.crds_context
        if not environment.get("CRDS_PATH") and not INSTITUTE_CACHE.is_dir():
            environment["CRDS_PATH"] = str(Path.home() / "crds_cache")
            environment.setdefault("CRDS_SERVER_URL", "https://jwst-crds.stsci.edu")
        if self.simulated:
            # the context of simulated references is named after their content, and known by their cache alone
            if not self.crds_context:
                environment.pop("CRDS_CONTEXT", None)
            # a "serverless" address keeps CRDS from asking the network
            environment["CRDS_SERVER_URL"] = "https://jwst-serverless.stsci.edu"
        return environment


def load_program(path: Path) -> Program:
    """
    Read a program's TOML file; relative paths are taken from its folder.

    Where no raw exposure is found, the program's simulated twin stands in: the small one, or with
    MIRI_WIDGETS_TWINS=full in the environment the full one.

    Parameters
    ----------
    path : Path
        The program's TOML file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is not TOML, has an unknown key or a value of the wrong type.
    """
    path = Path(path)
    values = read_toml(path)
    check_values(values, path)
    if not (values.get("folders") or values.get("simulated")):
        raise BadTableError(
            f"{shown_name(path)} names no folders", "folders = [...] with exposures", "add them"
        )
    crds_path = values.get("crds_path", "")
    program = Program(
        name=values.get("name", path.stem),
        folders=paths_named(values, "folders", path),
        exclude=paths_named(values, "exclude", path),
        workspace=path_named(values.get("workspace", path.stem + "_workspace"), "workspace", path),
        title=values.get("title", path.stem),
        description=values.get("description", ""),
        program=read_program_number(values, path),
        crds_path=str(path_named(crds_path, "crds_path", path)) if crds_path else "",
        crds_context=values.get("crds_context", ""),
        product_name=values.get("product_name", "{name}_{filter}"),
        stages=tuple(values.get("stages", ())),
        chain=tuple(values.get("chain", ())),
        settings={
            stage: full_settings(entries, path) for stage, entries in values.get("settings", {}).items()
        },
        pitfalls=tuple(values.get("pitfalls", ())),
        twin=values.get("twin", ""),
        start=values.get("start", "uncal"),
        only={stage: tuple(names) for stage, names in values.get("only", {}).items()},
        filters={
            name: {stage: full_settings(entries, path) for stage, entries in stages.items()}
            for name, stages in values.get("filters", {}).items()
        },
        display=read_ranges(values.get("display", {}), path),
        acceleration_off=names_in(values.get("acceleration_off", ())),
    )
    if program.workspace in program.folders:
        raise BadTableError(
            f"{shown_name(path)}: the workspace is a folder of exposures, {program.workspace}",
            "a folder of its own for products",
            "name another one, such as workspace in it",
        )
    if simulated := values.get("simulated", ""):
        twin = as_simulated(program, simulated)
        kept = {
            key: getattr(program, key) for key in ("folders", "workspace", "crds_path") if values.get(key)
        }
        return replace(twin, crds_context=program.crds_context, start=program.start, awaited=(), **kept)
    if program.twin and not program.has_exposures():
        return as_simulated(
            program, program.twin + "_full" * (os.environ.get("MIRI_WIDGETS_TWINS") == "full")
        )
    return program


def as_simulated(program: Program, name: str = "") -> Program:
    """
    Return a program with a simulated twin in the place of its exposures.

    The catalogue of its stars takes the place of Gaia.

    Parameters
    ----------
    program : Program
        The program of the real exposures.
    name : str, optional
        Another twin than its own, such as the full one.
    """
    name = name or program.twin
    folder = data_root() / name
    settings = {stage: dict(entries) for stage, entries in program.settings.items()}
    if str(settings.get("shifts", {}).get("catalog", "")).upper().startswith("GAIA"):
        # the stars of a twin are its own: the true positions are to it what Gaia is to the sky, and need no network
        settings["shifts"]["catalog"] = str((folder / "truth" / "catalog.ecsv").resolve())
    return replace(
        program,
        settings=settings,
        simulated=name,
        start="uncal",
        awaited=program.awaited or program.folders,
        folders=((folder / "uncal").resolve(),),
        workspace=(folder / "workspace").resolve(),
        crds_path=str((data_root() / "crds").resolve()),
        crds_context="",
    )


def save_program(program: Program, path: Path) -> None:
    """
    Write a program as TOML, atomically; a twin that stands in is written as the simulated program that it is.

    Parameters
    ----------
    program : Program
        What to write.
    path : Path
        Where to write.
    """
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
    if program.exclude:
        values["exclude"] = [str(path) for path in program.exclude]
    values["workspace"] = str(program.workspace)
    if program.twin and not program.awaited:
        values["twin"] = program.twin
    if program.start != "uncal":
        values["start"] = program.start
    if program.pitfalls:
        values["pitfalls"] = list(program.pitfalls)
    for key in ("stages", "chain", "acceleration_off"):
        if names := getattr(program, key):
            values[key] = list(names)
    values["only"] = {stage: list(names) for stage, names in program.only.items()}
    values["filters"] = {
        name: {stage: dict(entries) for stage, entries in stages.items()}
        for name, stages in program.filters.items()
    }
    values["settings"] = {stage: dict(entries) for stage, entries in program.settings.items()}
    values["display"] = {
        name: {kind: list(ends) for kind, ends in kinds.items()} for name, kinds in program.display.items()
    }
    write_text(Path(path), tomli_w.dumps(values))
