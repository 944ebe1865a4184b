"""
Why a pipeline ended without its product, or failed: the cause, not the last line of the log.

The state of the inputs is looked at first, then what the steps said; when neither gives a cause, the message says so, with
the last warnings as context.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from miri_widgets.core.dq import has

__all__ = ["Cause", "cause_of_lost_answer", "cause_of_nothing", "state_of_inputs"]

CEILING = 65535
"""DN: the highest number of the 16-bit converter of the detector."""

_ENOUGH = 0.999
"""Part of the pixels that counts as all: reference pixels never saturate."""

_MOST_OPENED = 8
"""Inputs that are opened at most."""


@dataclass(frozen=True)
class Cause:
    """What was found, what was expected and what to do, as in `miri_widgets.errors`; `found` ends a sentence."""

    found: str
    expected: str = "a run to its end"
    remedy: str = "leave this exposure out"


_LOGGED: tuple[tuple[re.Pattern[str], Cause], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cause)
    for pattern, cause in (
        (
            r"all groups have all pixels flagged|all groups saturated|all pixels .* flagged as DO_NOT_USE|"
            r"no (?:usable|valid) (?:groups|pixels|data)|all .* are bad|will not process this dataset",
            Cause(
                "all pixels of all groups are flagged DO_NOT_USE",
                "pixels with at least two usable groups",
                "look at the flags that masks, regions and `dq_init.user_supplied_dq` set, or leave this exposure out",
            ),
        ),
        (
            r"no overlap|does not overlap|no (?:input )?images? (?:to|overlap)",
            Cause(
                "no exposure lies on the output grid",
                "exposures that overlap it",
                "check the grid and the WCS",
            ),
        ),
        (
            r"No (?:\w+ )?reference file (?:was )?found|reference file name is 'N/A'",
            Cause(
                "CRDS has no reference file for a step that is needed",
                "reference files for this mode",
                "choose another CRDS context, or give the file with the step's override parameter",
            ),
        ),
    )
)


def cause_of_nothing(
    inputs: Sequence[Path | str], messages: Mapping[str, Sequence[str]], warnings: Sequence[str]
) -> Cause:
    """
    Return why a run ended well, but without its product.

    Parameters
    ----------
    inputs : sequence of path
        What went in.
    messages : mapping of str to sequence of str
        What each step said, in running order.
    warnings : sequence of str
        Warnings of the log.
    """
    state = state_of_inputs(inputs, messages)
    if state is not None:
        return state
    # the step nearest to the end first: what it misses is why there is nothing
    for step in reversed(list(messages)):
        for pattern, cause in _LOGGED:
            if any(pattern.search(line) for line in messages[step]):
                return Cause(f"{cause.found} (step {step})", cause.expected, cause.remedy)
    last = "; ".join(line.rstrip(".; ") for line in warnings[-2:])
    context = f"; the last warnings are: {last}" if last else "; the log has no warning"
    return Cause(f"the cause is not known{context}", "a product", "read the log of this run")


_RAISED = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning)|[A-Z]\w*Error\w*)(?::\s*(.*))?$"
)
"""The line of a traceback that names the exception."""

_DIRECT = "The above exception was the direct cause of the following exception"


def cause_of_lost_answer(output: str, status: int, *, timed_out: bool = False) -> Cause:
    """
    Return why a child process ended without an answer.

    Parameters
    ----------
    output : str
        What it wrote to its standard error.
    status : int
        Its exit status; below 0 the signal that ended it.
    timed_out : bool
        Whether it was stopped because it took too long.
    """
    expected, remedy = (
        "an installed jwst that can be imported",
        "run `python -c 'import jwst.pipeline'` and repair what it says",
    )
    if timed_out:
        return Cause(
            "it did not end in time", "an answer within minutes", "try again when the machine is quieter"
        )
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        if name == "SIGKILL":
            return Cause(
                "it was killed (SIGKILL), most likely for lack of memory",
                "enough free memory to import jwst",
                "end other work on this machine, or use a larger one",
            )
        return Cause(f"it was ended by {name}", expected, remedy)
    raised = [(at, match) for at, match in enumerate(map(_RAISED.match, output.splitlines())) if match]
    if raised:
        lines = output.splitlines()
        # an exception that was raised from another one is explained by that, one during handling is not
        index = len(raised) - 1
        while index and any(_DIRECT in line for line in lines[raised[index - 1][0] : raised[index][0]]):
            index -= 1
        name, text = raised[index][1].group(1), (raised[index][1].group(2) or "").strip()
        if name == "MemoryError":
            return Cause("its memory did not suffice", "enough free memory", "end other work on this machine")
        return Cause(f"{name}: {text[:300].rstrip('.')}" if text else name, expected, remedy)
    # without a traceback the interpreter says it in one line (no such module), before what is printed at exit
    last = next(
        (line for line in output.strip().splitlines() if "No module named" in line or "rror" in line), ""
    )
    return Cause(last[:300] if last else f"it ended with status {status} and no reason", expected, remedy)


def state_of_inputs(
    inputs: Sequence[Path | str], messages: Mapping[str, Sequence[str]] | None = None
) -> Cause | None:
    """
    Return what is wrong with the pixels of the inputs; None when nothing is that is known here.

    Parameters
    ----------
    inputs : sequence of path
        Exposures. They are opened, never written.
    messages : mapping of str to sequence of str, optional
        What each step said: the saturation step counts what lies above the limits of its reference file.
    """
    names, causes = [Path(path).name for path in inputs], []
    for path in inputs[:_MOST_OPENED]:
        try:
            causes.append(_state(Path(path), messages or {}))
        except Exception:  # a file that cannot be read is reported elsewhere; this only explains
            return None
    # a single bad exposure among several is named; all of them need no name
    for name, cause in zip(names, causes, strict=False):
        if cause is not None:
            of = "" if len(names) == 1 else f" of {name}"
            return Cause(cause.found.replace("{of}", of), cause.expected, cause.remedy)
    return None


def _state(path: Path, messages: Mapping[str, Sequence[str]]) -> Cause | None:
    with fits.open(path, memmap=False) as hdus:
        names = {hdu.name for hdu in hdus}
        sci = np.asarray(hdus["SCI"].data) if "SCI" in names and hdus["SCI"].data is not None else np.zeros(0)
        flags = next((hdus[name].data for name in ("DQ", "PIXELDQ") if name in names), None)
    if not sci.size:
        return Cause("the image{of} has no pixel", "an image", "download or make it again")
    finite = np.isfinite(sci)
    if not finite.any():
        return Cause(f"all {_pixels(sci)} pixels{{of}} are NaN or infinite", "finite values")
    if flags is not None and flags.size and has(np.asarray(flags), "DO_NOT_USE").all():
        return Cause(
            f"all {_pixels(sci)} pixels{{of}} are flagged DO_NOT_USE",
            "usable pixels",
            "look at what has flagged them: masks, regions, the step before; or leave this exposure out",
        )
    return _state_of_ramp(sci, messages) if sci.ndim == 4 else None


def _state_of_ramp(sci: NDArray[np.generic], messages: Mapping[str, Sequence[str]]) -> Cause | None:
    groups, pixels = sci.shape[1], _pixels(sci)
    full = np.mean(np.asarray(sci) >= CEILING, axis=(2, 3)).min(axis=0)
    if full[-1] >= _ENOUGH:
        first = int(np.argmax(full >= _ENOUGH)) + 1
        return _saturated(int(np.floor(full[first - 1] * pixels + 0.5)), pixels, first, groups)
    if not np.any(sci):
        return Cause(
            f"all {pixels} pixels{{of}} are 0 in every group, at the floor of the converter", "signal"
        )
    if np.mean(np.all(np.asarray(sci) <= 0, axis=(0, 1))) >= _ENOUGH:
        return Cause(
            f"nearly all of the {pixels} pixels{{of}} are 0 in every group, at the floor of the converter",
            "signal",
        )
    counted = _counted(messages, r"Detected (\d+) saturated pixels")
    if counted is not None and counted >= _ENOUGH * pixels:
        return _saturated(counted, pixels, 0, groups)
    return None


def _saturated(count: int, pixels: int, first: int, groups: int) -> Cause:
    which = f"all {pixels} pixels{{of}}" if count >= pixels else f"{count} of {pixels} pixels{{of}}"
    since = f" from group {first} of {groups} on" if first else " above the limits of the reference file"
    remedy = "leave this exposure out"
    if first == 2:
        remedy = (
            "set `ramp_fit.suppress_one_group` to false to fit the one good group, or leave this exposure out"
        )
    return Cause(
        f"{which} are saturated{since}, so that no ramp can be fitted",
        "at least two groups below saturation",
        remedy,
    )


def _counted(messages: Mapping[str, Sequence[str]], pattern: str) -> int | None:
    matches = [re.search(pattern, line) for line in messages.get("saturation", ())]
    return next((int(match[1]) for match in matches if match), None)


def _pixels(sci: NDArray[np.generic]) -> int:
    return int(sci.shape[-1] * sci.shape[-2]) if sci.ndim >= 2 else int(sci.size)
