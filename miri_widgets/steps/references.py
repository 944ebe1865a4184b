"""
The reference files that exposures need: which, whether the CRDS cache has them, and from where they come.

CRDS is asked in a child process: it keeps the first environment it sees for
good, and may end the process. Files are fetched by `products.downloads`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miri_widgets.errors import CrdsCacheError, WorkspaceError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.download.resumable import Remote
from miri_widgets.products.observing_modes import ObservingMode
from miri_widgets.steps.children import answer, cache_folder, call_in_child, jwst_version
from miri_widgets.steps.stages import all_stages

__all__ = ["Reference", "ReferenceNeeds", "main", "needed_references", "reference_remotes"]

_SECONDS = "30"
"""How long CRDS waits for its server; an hour by default."""


@dataclass(frozen=True)
class Reference:
    """
    One reference file.

    Attributes
    ----------
    kinds : tuple of str
        Its types, such as flat or pars-jumpstep.
    name : str
        The file.
    filters : tuple of str
        The filters that need it.
    path : Path
        Where it is, or will be, in the cache.
    present : bool
        Whether it is there.
    size : int
        Bytes; 0 when unknown.
    expected : int
        Bytes as CRDS lists; 0 when unknown.
    url, sha1 : str
        Its address and checksum; empty when unknown.
    """

    kinds: tuple[str, ...]
    name: str
    filters: tuple[str, ...]
    path: Path
    present: bool
    size: int = 0
    expected: int = 0
    url: str = ""
    sha1: str = ""

    @property
    def damaged(self) -> bool:
        """Whether the file in the cache has another size than CRDS lists."""
        return self.present and 0 < self.expected != self.size


@dataclass(frozen=True)
class ReferenceNeeds:
    """
    What exposures need, and what of it is there.

    Attributes
    ----------
    context : str
        The CRDS context by its name.
    references : tuple of Reference
        By type and name.
    unmatched : tuple of str
        "type for filter", for which the context has rules but no file.
    offline : str
        Why the CRDS server could not be asked; empty when it was, or was not needed.
    """

    context: str
    references: tuple[Reference, ...]
    unmatched: tuple[str, ...] = ()
    offline: str = ""

    @property
    def missing(self) -> tuple[Reference, ...]:
        """Those that have to be fetched."""
        return tuple(reference for reference in self.references if not reference.present or reference.damaged)


def needed_references(modes: Sequence[ObservingMode], environment: Mapping[str, str]) -> ReferenceNeeds:
    """
    Ask CRDS which reference files the stages of the official pipeline need.

    Parameters
    ----------
    modes : sequence of ObservingMode
        Of the exposures.
    environment : mapping
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL.

    Raises
    ------
    CrdsCacheError
        If the rules of the context are not in the cache and cannot be fetched.
    StepFailedError
        If the child process failed.

    Notes
    -----
    The rules of the context, small text files, are fetched by crds itself when a server can be reached.
    """
    if not environment.get("CRDS_PATH") and not os.environ.get("CRDS_PATH"):
        raise CrdsCacheError(
            "there is no folder for reference files",
            "CRDS_PATH naming the CRDS cache",
            "set crds_path in the program's file, or CRDS_PATH",
        )
    values = call_in_child(
        "miri_widgets.steps.references",
        json.dumps([mode.to_dict() for mode in modes]),
        environment={"CRDS_CLIENT_TIMEOUT_SECONDS": _SECONDS, "CRDS_OBSERVATORY": "jwst", **environment},
    )
    references = (
        Reference(
            **{
                **entry,
                "kinds": tuple(entry["kinds"]),
                "filters": tuple(entry["filters"]),
                "path": Path(entry["path"]),
            }
        )
        for entry in values["references"]
    )
    return ReferenceNeeds(
        context=values["context"],
        references=tuple(sorted(references, key=lambda reference: (reference.kinds, reference.name))),
        unmatched=tuple(values["unmatched"]),
        offline=values["offline"],
    )


def reference_remotes(references: Sequence[Reference]) -> tuple[Remote, ...]:
    """
    Return what `products.downloads.download` fetches into the cache.

    A damaged file is kept beside under another name, so that the right one can take its place.

    Parameters
    ----------
    references : sequence of Reference
        References that are missing or damaged.

    Raises
    ------
    CrdsCacheError
        If CRDS does not say where a file is.
    """
    lost = [reference.name for reference in references if not reference.url]
    if lost:
        raise CrdsCacheError(
            f"{len(lost)} reference files are not in the cache, {lost[0]} first, and CRDS cannot be asked for them",
            "a CRDS server, or a full cache",
            "set CRDS_SERVER_URL to https://jwst-crds.stsci.edu while online, or copy the files into the cache",
        )
    for reference in references:
        if reference.damaged:
            reference.path.replace(reference.path.with_name(reference.path.name + ".damaged"))
    return tuple(
        Remote(reference.url, reference.path, reference.expected, reference.sha1) for reference in references
    )


def _kinds() -> dict[str, list[str]]:
    """Return the types that each pipeline asks for; remembered, as importing jwst takes long."""
    note = cache_folder() / "reference_types" / f"{jwst_version()}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return {name: list(kinds) for name, kinds in json.loads(note.read_text(encoding="utf-8")).items()}
    from miri_widgets.steps.specs import pipeline_class

    kinds_of = {}
    for stage in all_stages():
        if stage.is_own or not stage.pipeline:
            continue
        cls = pipeline_class(stage.pipeline)
        steps = list(getattr(cls, "step_defs", {}).values())
        kinds = {kind for step in steps for kind in step.reference_file_types}
        kinds |= {step.get_config_reftype() for step in (cls, *steps)}
        kinds_of[stage.pipeline] = sorted(kinds)
    with suppress(OSError, WorkspaceError):
        write_json(note, kinds_of)
    return kinds_of


def _needed(text: str) -> dict[str, Any]:
    import crds
    from crds.core import heavy_client
    from crds.core.exceptions import CrdsError

    modes = [ObservingMode(**mode) for mode in json.loads(text)]
    kinds = sorted({kind for names in _kinds().values() for kind in names})
    names: dict[str, dict[str, Any]] = {}
    unmatched = []
    if modes:
        # unguarded: without the rules of the context there is no answer at all
        crds.getrecommendations(modes[0].parameters(), reftypes=["distortion"], observatory="jwst", fast=True)
    for mode in modes:
        for kind in kinds:
            try:
                recommendations = crds.getrecommendations(
                    mode.parameters(), reftypes=[kind], observatory="jwst", fast=True
                )[kind]
            except (CrdsError, LookupError):
                continue  # a context need not know every type
            if recommendations.upper() in ("N/A", "NOT FOUND N/A"):
                continue
            if recommendations.upper().startswith("NOT FOUND"):
                if not kind.startswith("pars-"):
                    unmatched.append(f"{kind} for {mode.label}")
                continue
            entry = names.setdefault(recommendations, {"kinds": set(), "filters": {}})
            entry["kinds"].add(kind)
            entry["filters"][mode.filter] = None
    paths = {name: Path(crds.locate_file(name, "jwst")) for name in names}
    lost = [name for name, path in paths.items() if not path.is_file()]
    info, offline = _cached_info(), ""
    described = _described(info)
    if lost or not set(names) <= set(described):  # what the cache was told may be older than its rules
        info, offline = _server_info(info)
        described = _described(info)
    address = _address(info)
    context = heavy_client.get_context_name("jwst")
    return {
        "context": str(context),
        "offline": offline,
        "unmatched": unmatched,
        "references": [
            {
                "name": name,
                "kinds": sorted(entry["kinds"]),
                "filters": list(entry["filters"]),
                "path": str(paths[name]),
                "present": paths[name].is_file(),
                "size": paths[name].stat().st_size if paths[name].is_file() else 0,
                "expected": int(described.get(name, {}).get("size") or 0),
                "sha1": str(described.get(name, {}).get("sha1sum") or "").replace("none", ""),
                "url": f"{address.rstrip('/')}/{name}" if address else "",
            }
            for name, entry in names.items()
        ],
    }


def _cached_info() -> Mapping[str, Any]:
    """Return the server's facts of when the cache was last filled."""
    from crds.core import heavy_client

    try:
        return dict(heavy_client.load_server_info("jwst"))
    except (Exception, SystemExit):
        # crds ends the process when the cache was never filled
        return {}


def _server_info(cached: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return the server's facts, else `cached` and why the server was not used."""
    from crds.client import api
    from crds.core import heavy_client

    try:
        info = api.get_server_info()
    except Exception as error:
        server = api.get_crds_server()
        if "serverless" in server:
            return cached, f"CRDS_SERVER_URL {server} says that there is no server"
        return cached, f"the CRDS server {server} cannot be asked ({str(error)[:160]})"
    if not cached:
        # an empty cache gets what it needs to work offline later; one that has a context keeps it
        with suppress(Exception):
            heavy_client.update_config_info("jwst")
    return info, ""


def _described(info: Mapping[str, Any]) -> Mapping[str, Any]:
    from crds.client import proxy

    try:
        metadata = proxy.crds_decode(info["download_metadata"])
    except (KeyError, ValueError, TypeError, OSError):
        return {}
    return metadata if isinstance(metadata, Mapping) else {}


def _address(info: Mapping[str, Any]) -> str:
    url = info.get("reference_url", {})
    if isinstance(url, Mapping):
        url = url.get("unchecked", url)
    return str(url.get("jwst", "")) if isinstance(url, Mapping) else ""


def main(arguments: list[str]) -> None:
    """
    Answer the parent: ``python -m miri_widgets.steps.references OUTPUT MODES``.

    Parameters
    ----------
    arguments : list of str
        Arguments of the command line.
    """
    answer(Path(arguments[0]), lambda: _needed(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
