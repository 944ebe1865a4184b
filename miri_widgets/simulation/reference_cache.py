"""A local CRDS cache, with its own context, that serves simulated references to the unmodified pipeline."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from miri_widgets.errors import CrdsCacheError, ParameterError
from miri_widgets.products.atomic import os_errors_as_ours, sync_tree
from miri_widgets.simulation.detector import DETECTOR
from miri_widgets.simulation.instrument import FILTERS, SUBARRAYS
from miri_widgets.simulation.mappings import write_mappings

__all__ = ["CACHE_VERSION", "ReferenceCache", "crds_environment", "write_reference_cache"]

CACHE_VERSION = 3
"""Raised when the code makes other references from the same description of the detector."""

_STAMP = "simulated.json"
_SERVERLESS = "https://jwst-serverless.stsci.edu"


@dataclass(frozen=True)
class ReferenceCache:
    """
    A CRDS cache on disk.

    Attributes
    ----------
    path : Path
        Its folder, the value of ``CRDS_PATH``.
    context : str
        Its context, the value of ``CRDS_CONTEXT``.
    """

    path: Path
    context: str

    def environment(self) -> dict[str, str]:
        """Return the variables that make the pipeline use this cache and nothing else."""
        return crds_environment(self.path, self.context)


def crds_environment(cache: Path, context: str) -> dict[str, str]:
    """
    Return the environment variables for a cache that is complete.

    Parameters
    ----------
    cache : Path
        Folder of the cache.
    context : str
        Name of the context, such as ``jwst_9001.pmap``.

    Notes
    -----
    A server name with "serverless" in it makes the CRDS client refuse every remote call on its own, without a
    look-up or a time-out.
    """
    return {
        "CRDS_PATH": str(cache),
        "CRDS_CONTEXT": context,
        "CRDS_OBSERVATORY": "jwst",
        "CRDS_SERVER_URL": _SERVERLESS,
    }


def write_reference_cache(
    folder: Path,
    *,
    filters: Sequence[str] = tuple(FILTERS),
    subarrays: Sequence[str] = tuple(SUBARRAYS),
    reference_error: float = 0.0,
    progress: Callable[[int, int, str], None] | None = None,
) -> ReferenceCache:
    """
    Write references and rules for simulated exposures, or find them complete.

    Parameters
    ----------
    folder : Path
        The cache. A complete cache of the same detector is returned at once; one that lacks filters or subarrays
        is made anew with the old and the new ones.
    filters, subarrays : sequence of str
        For which ones.
    reference_error : float
        Measurement error of the references in units of a realistic one. The default, 0, makes references that equal
        the simulated truth: what then differs from the truth is noise or the doing of the reduction. With 1 the
        context has another name.
    progress : callable, optional
        Called as ``progress(done, total, file name)``.

    Raises
    ------
    ParameterError
        If a filter or a subarray is unknown, or the error negative.
    CrdsCacheError
        If the folder holds something else.
    """
    folder = Path(folder).resolve()
    wanted = _Request(_known(filters, FILTERS), _known(subarrays, SUBARRAYS), float(reference_error))
    if wanted.error < 0:
        raise ParameterError(
            f"a reference error of {wanted.error}", "0 or more", "change the reference error"
        )
    context = _context(wanted)
    stamp = _stamp(folder)
    if stamp is not None and stamp.covers(wanted):
        return ReferenceCache(folder, context)
    _require_ours(folder)
    if stamp is not None and stamp.error == wanted.error and stamp.identity == wanted.identity:
        wanted = _Request(
            _known({*stamp.filters, *wanted.filters}, FILTERS),
            _known({*stamp.subarrays, *wanted.subarrays}, SUBARRAYS),
            wanted.error,
        )
    with os_errors_as_ours(folder.parent):
        _build(folder, wanted, context, progress)
    return ReferenceCache(folder, context)


@dataclass(frozen=True)
class _Request:
    filters: tuple[str, ...]
    subarrays: tuple[str, ...]
    error: float
    identity: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", self.identity or _identity())

    def covers(self, other: _Request) -> bool:
        return (
            self.identity == other.identity
            and self.error == other.error
            and set(self.filters) >= set(other.filters)
            and set(self.subarrays) >= set(other.subarrays)
        )


def _identity() -> str:
    """Hash of everything that the references follow from."""
    data = files("miri_widgets.simulation").joinpath("data/instrument.toml").read_bytes()
    text = json.dumps(
        [CACHE_VERSION, asdict(DETECTOR), version("stdatamodels"), version("pysiaf")], sort_keys=True
    )
    return hashlib.sha256(data + text.encode()).hexdigest()


def _context(wanted: _Request) -> str:
    """
    Name the context after its content.

    Runs are named by their context among others: other references under the same
    name would make old products pass for new ones. Real contexts are far below 9000.
    """
    digest = hashlib.sha256(f"{wanted.identity} {wanted.error}".encode()).hexdigest()
    return f"jwst_{9000 + 2 * (int(digest[:8], 16) % 500) + (wanted.error > 0)}.pmap"


def _stamp(folder: Path) -> _Request | None:
    try:
        values = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return _Request(
            tuple(values["filters"]), tuple(values["subarrays"]), values["error"], values["identity"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _require_ours(folder: Path) -> None:
    if folder.exists() and not (folder / _STAMP).is_file() and any(folder.iterdir()):
        raise CrdsCacheError(
            f"the folder {folder} holds something else than a simulated CRDS cache",
            "an empty or a new folder",
            "choose another folder for the references",
        )


def _build(
    folder: Path, wanted: _Request, context: str, progress: Callable[[int, int, str], None] | None
) -> None:
    """Make the cache in a sibling and rename it, so that a killed call leaves no cache that looks complete."""
    staging = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        served = _write_files(staging, wanted, progress)
        write_mappings(staging, served, context)
        (staging / _STAMP).write_text(json.dumps(asdict(wanted), indent=1), encoding="utf-8")
        sync_tree(staging)
        old = folder.with_name(f"{folder.name}.{os.getpid()}.old")
        if folder.exists():
            folder.rename(old)
        staging.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_files(
    staging: Path, wanted: _Request, progress: Callable[[int, int, str], None] | None
) -> list[tuple[str, tuple[str, ...], str]]:
    """Write the reference files; return (kind, keys, file name) of each."""
    target = staging / "references" / "jwst" / "miri"
    target.mkdir(parents=True)
    served: list[tuple[str, tuple[str, ...], str]] = []
    total = 17 + 2 * len(wanted.subarrays) + 3 * len(wanted.filters)
    numbers: dict[str, int] = {}
    for kind, keys, content in _references(wanted):
        numbers[kind] = numbers.get(kind, 9000) + 1
        asdf = kind.startswith("pars-") or kind in ("distortion", "filteroffset", "emicorr", "abvegaoffset")
        name = f"jwst_miri_{kind}_{numbers[kind]}.{'asdf' if asdf else 'fits'}"
        _write(content, target / name)
        served.append((kind, keys, name))
        if progress is not None:
            progress(len(served), max(total, len(served)), name)
    return served


def _references(wanted: _Request) -> Iterator[tuple[str, tuple[str, ...], object]]:
    from miri_widgets.simulation.reference_tables import table_references
    from miri_widgets.simulation.references import detector_references

    for reference in detector_references(wanted.filters, wanted.subarrays, wanted.error):
        yield reference.kind, reference.keys, reference.content
    for reference in table_references(wanted.filters):
        yield reference.kind, reference.keys, reference.content


def _write(content: object, path: Path) -> None:
    if isinstance(content, dict):
        import asdf

        asdf.AsdfFile(content).write_to(path)
        return
    content.save(str(path))  # type: ignore[attr-defined]
    content.close()  # type: ignore[attr-defined]


def _known(names: Sequence[str] | set[str], table: object) -> tuple[str, ...]:
    """Sort names as in the table and refuse unknown ones."""
    known = list(table)  # type: ignore[call-overload]
    for name in names:
        if name not in known:
            raise ParameterError(f"{name!r}", "one of " + ", ".join(known), "correct the name")
    return tuple(name for name in known if name in names)
