"""
Every foreign exception as one sentence of ours.

Classes are recognised by their dotted names: the engine, which imports neither jwst
nor crds, can use this too.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from miri_widgets.errors import (
    BadTableError,
    CancelledError,
    CrdsCacheError,
    DiskFullError,
    MiriWidgetsError,
    MissingFileError,
    MissingReferenceError,
    NotFitsError,
    NotJwstError,
    NotWritableError,
    ParameterError,
    StepFailedError,
    TooLargeError,
)
from miri_widgets.products.foreign_errors import class_names, one_line

__all__ = ["as_our_error"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_SENTENCES = (
    "not enough space on disk",
    "no space left on device",
    "file too large",
    "disk quota exceeded",
)
# what numpy says, without errno, when the disk took only a part of an array
_CUT_SHORT = re.compile(r"\d+ requested and \d+ written")
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_LOOKUPS = (
    "crds.core.exceptions.CrdsLookupError",
    "crds.core.exceptions.CrdsUnknownReftypeError",
    "crds.core.exceptions.CrdsUnknownInstrumentError",
    "crds.core.exceptions.CrdsBadReferenceError",
    "crds.core.exceptions.IrrelevantReferenceTypeError",
    "crds.core.exceptions.OmitReferenceTypeError",
)
_NETWORK = ("requests.exceptions.RequestException", "urllib.error.URLError", "builtins.ConnectionError")


def as_our_error(
    error: BaseException, stage: str = "", inputs: Sequence[Path | str] = (), *, step: str = ""
) -> MiriWidgetsError:
    """
    Translate any exception into one that an astronomer can act on.

    Parameters
    ----------
    error : BaseException
        What was raised, SystemExit and KeyboardInterrupt included.
    stage : str
        The stage that ran.
    inputs : sequence of path
        Its inputs.
    step : str
        The step that was running, when known.

    Returns
    -------
    MiriWidgetsError
        `error` itself when it is one of ours; never raises.
    """
    if isinstance(error, MiriWidgetsError):
        return error
    # an error that says what it was raised from is translated by that, unless it is known itself
    for link in _causes(error):
        if isinstance(link, MiriWidgetsError):
            return link
        for translate in (_process, _crds, _disk, _settings, _files):
            ours = translate(link)
            if ours is not None:
                return ours
    return _step_failed(error, stage, inputs, step)


def _process(error: BaseException) -> MiriWidgetsError | None:
    if isinstance(error, SystemExit):
        # CRDS ends so when it finds no configuration
        return _cache_error("CRDS found no usable cache") if _is_of_crds(error) else None
    if isinstance(error, KeyboardInterrupt):
        return CancelledError("the run was interrupted", "a run to its end", "start it again")
    if isinstance(error, MemoryError):
        return TooLargeError(
            "the memory of this machine did not suffice" + _in_brackets(error),
            "arrays that fit",
            "run fewer exposures side by side, set in_memory to false, or use a larger machine",
        )
    return None


def _crds(error: BaseException) -> MiriWidgetsError | None:
    names = class_names(error)
    if not any(name.startswith("crds.") for name in names):
        return None
    if names & set(_LOOKUPS):
        return MissingReferenceError(
            "CRDS knows no reference file" + _in_brackets(error),
            f"one in the context {os.environ.get('CRDS_CONTEXT') or 'in use'}",
            "choose another context, or give the file with the step's override parameter",
        )
    # offline, CRDS says of a file that is not in the cache: "Failed downloading cache config"
    if "crds.core.exceptions.CrdsNetworkError" in names or "crds.core.exceptions.CrdsDownloadError" in names:
        return _cache_error("a reference file is not in the CRDS cache and cannot be downloaded", error)
    return _cache_error("the CRDS cache is damaged", error)


def _cache_error(failure: str, error: BaseException | None = None) -> CrdsCacheError:
    path = os.environ.get("CRDS_PATH")
    context = os.environ.get("CRDS_CONTEXT")
    return CrdsCacheError(
        failure + (_in_brackets(error) if error is not None else ""),
        f"the files of {context or 'a context'} in {path}" if path else "CRDS_PATH naming the cache",
        "check CRDS_PATH and CRDS_CONTEXT, and fill the cache with `crds sync` while online",
    )


def _disk(error: BaseException) -> MiriWidgetsError | None:
    # astropy raises a new OSError without errno; the true one hangs behind it
    for link in _chain(error):
        if not isinstance(link, OSError):
            continue
        text = _shown(link).lower()
        if (
            link.errno in _FULL
            or any(sentence in text for sentence in _FULL_SENTENCES)
            or _CUT_SHORT.search(text)
        ):
            return DiskFullError(
                "no space left on the disk" + _named_file(link),
                "room for the products",
                "free some space and run again; what is finished is kept",
            )
        if link.errno in _FORBIDDEN:
            return NotWritableError(
                "no permission" + _named_file(link),
                "files that you may read and folders that you may write to",
                "change the permissions, or choose another workspace",
            )
    return None


def _settings(error: BaseException) -> MiriWidgetsError | None:
    names = class_names(error)
    if "stpipe.exceptions.ValidationError" in names:
        return ParameterError(
            f"jwst refuses a parameter ({_shown(error)})", "a value that its step declares", "correct it"
        )
    if any(name.startswith("configobj.") for name in names):
        return BadTableError(
            f"a parameter file cannot be read ({_shown(error)})", "ASDF or an INI file", "write it again"
        )
    return None


def _files(error: BaseException) -> MiriWidgetsError | None:
    names = class_names(error)
    if names & set(_NETWORK):
        return StepFailedError(
            "the run asked the network and got no answer" + _in_brackets(error),
            "local files only",
            "give tweakreg.abs_refcat as a local catalogue, and fill the CRDS cache before",
        )
    if isinstance(error, FileNotFoundError):
        return MissingFileError(
            "a file is gone" + _named_file(error),
            "all inputs and reference files in their place",
            "put it back, or run the stage that makes it again",
        )
    text = _shown(error).lower()
    if isinstance(error, OSError) and (
        "corrupt fits" in text or "truncated" in text or "simple card" in text
    ):
        return NotFitsError(
            "a FITS file is damaged" + _in_brackets(error), "a whole file", "download or copy it again"
        )
    if isinstance(error, KeyError) and "asdf" in text and "not found" in text:
        return NotJwstError(
            "a file has lost its ASDF extension, which holds its world coordinates and the metadata that the pipeline reads",
            "files as the pipeline or the archive gives them",
            "take the original file, and save changes with jwst.datamodels.open(...).save(...), not with astropy alone",
        )
    if any(name.startswith(("asdf.", "yaml.")) for name in names):
        return NotFitsError(
            "the ASDF part of a file cannot be read" + _in_brackets(error),
            "a file as jwst writes it",
            "make or download it again",
        )
    return None


def _step_failed(
    error: BaseException, stage: str, inputs: Sequence[Path | str], step: str
) -> StepFailedError:
    where = f"the step {step}" if step else f"the stage {stage}" if stage else "the pipeline"
    names = [Path(path).name for path in inputs]
    of = f" on {names[0]}" if names else ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    code = getattr(error, "exit_status", getattr(error, "code", None))
    if isinstance(error, SystemExit) or "stpipe.exceptions.StpipeExitException" in class_names(error):
        # the status comes first among the arguments, the words after it
        sentence = " ".join(str(arg) for arg in error.args if arg != code)
        text = f" ({' '.join(sentence.split())[:300].rstrip('.')})" if sentence.strip() else ""
        return StepFailedError(
            f"{where} ended the run by itself{of}{more}, with the exit status {code}{text}",
            "a run to its end",
            "read the log of this run, change the step's parameters or leave the exposure out",
        )
    root = list(_causes(error))[-1]
    because = "" if root is error else f", because of {type(root).__name__}: {_shown(root) or 'no words'}"
    return StepFailedError(
        f"{where} failed{of}{more}: {type(error).__name__}: {_shown(error) or 'no words'}{because}",
        "a run to its end",
        "read the log of this run, change the step's parameters or leave the exposure out",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what it was raised from, to the first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__


def _is_of_crds(error: SystemExit) -> bool:
    """Whether CRDS ended the run; so it is taken when nobody knows where it was raised."""
    trace, names = error.__traceback__, []
    while trace is not None:
        names.append(str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    return not names or "crds" in names


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _shown(error: BaseException) -> str:
    line = one_line(error)
    return (line[:297] + "...") if len(line) > 300 else line.rstrip(".")


def _in_brackets(error: BaseException) -> str:
    text = _shown(error)
    return f" ({text})" if text else ""


def _named_file(error: OSError) -> str:
    return f" for {error.filename}" if error.filename else _in_brackets(error)
