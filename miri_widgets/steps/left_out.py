"""
Steps that a pipeline left out, or did by halves, although nobody asked it to: which, and why.

The pipeline ends well when a step has too few groups or no reference file; its product has the status SKIPPED in
``meta.cal_step``, and the log has the reason, more or less. Some steps say COMPLETE and do nothing.

References
----------
The steps of jwst 3.0 and stcal 1.20, whose messages are matched here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["LeftOut", "left_out", "left_out_notes", "left_out_text"]

LeftOut = dict[str, str]
"""``step``, ``reason``, and ``usual``: "yes" when the step never applies to such data, else ""."""

_FEW = "too few groups"
_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"less than the minimum number of usable groups", "too few usable groups"),
        (r"NGROUPS\s*<=\s*\d|too few groups|cannot be performed for ngroups|ngroups needs to be a minimum", _FEW),
        (r"Changing the # of groups to skip in int 1 to (\d+)", "flags fewer first groups than it should, for lack of groups"),
        (r"Number of groups to skip for integration 1 \(for data with <= 5 groups\)", "flags fewer first groups than it should, for lack of groups"),
        (r"No (?:valid )?(?:\w+ )?reference (?:file )?(?:was )?found|reference file name is 'N/A'", "CRDS has no reference file for it"),
        (r"not implemented for|not (?:currently )?supported for|only for MIRI", "it does not know such data"),
        (r"No correction match for this configuration", "its reference file has no entry for this readout and subarray"),
        (r"does not match (?:the )?shape|shape mismatch|cannot be applied", "its reference file does not fit the data"),
    )
)  # fmt: skip

_HALVES: dict[str, re.Pattern[str]] = {
    "jump": re.compile(r"Jump Step was skipped"),
    "rscd": re.compile(r"Changing the # of groups to skip in int 1|for data with <= 5 groups"),
    "ramp_fit": re.compile(r"LIKELY ramp fitting algorithm the ngroups needs"),
}
"""Steps with the status COMPLETE that did not do what they are for."""

_USUAL: dict[str, re.Pattern[str]] = {
    "group_scale": re.compile(r""),
    "gain_scale": re.compile(r""),
    "bkg_subtract": re.compile(r"^(?!.*reference)"),
    "refpix": re.compile(r"skipped for MIRI subarrays"),
    "emicorr": re.compile(r"No correction match"),
    "picture_frame": re.compile(r""),
}
"""Steps that have nothing to do for such data, by their log messages; an empty pattern: whatever they say."""


def left_out(
    steps: Sequence[Mapping[str, Any]],
    resolved: Mapping[str, Any],
    messages: Mapping[str, Sequence[str]],
) -> tuple[LeftOut, ...]:
    """
    Return the steps that were left out, or done by halves, without anybody's wish.

    Parameters
    ----------
    steps : sequence of mapping
        ``name``, ``state`` and ``cal_step`` of each step, as in a record.
    resolved : mapping
        Parameters as they acted, by full name: a step whose ``skip`` is true was not wanted.
    messages : mapping of str to sequence of str
        What each step said in the log.

    Returns
    -------
    tuple of dict
        In running order. Those that never apply to such data have ``usual`` "yes".
    """
    skipped: list[LeftOut] = []
    for step in steps:
        name = str(step["name"])
        if resolved.get(f"{name}.skip") in (True, "True"):
            continue
        logged = " ".join(messages.get(name, ()))
        status = str(step.get("cal_step") or "").upper()
        half = _HALVES.get(name)
        if status == "FAILED":
            skipped.append(
                {"step": name, "reason": f"it failed: {_reason(messages.get(name, ()))}", "usual": ""}
            )
        elif status == "SKIPPED" or (not status and step.get("state") == "skipped"):
            usual = name in _USUAL and bool(_USUAL[name].search(logged))
            reason = "it does not apply to these data" if usual else _reason(messages.get(name, ()))
            skipped.append({"step": name, "reason": reason, "usual": "yes" if usual else ""})
        elif half is not None and half.search(logged):
            skipped.append({"step": name, "reason": _reason(messages.get(name, ())), "usual": ""})
    return tuple(skipped)


def left_out_text(skipped: Sequence[Mapping[str, str]]) -> str:
    """
    Return what was left out as words, steps of one reason together; empty when nothing was, but for the usual.

    Parameters
    ----------
    skipped : sequence of mapping
        As `left_out` gives them.
    """
    by_reason: dict[str, list[str]] = {}
    for entry in skipped:
        if not entry.get("usual"):
            by_reason.setdefault(str(entry.get("reason", "")), []).append(str(entry.get("step", "")))
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def left_out_notes(skipped: Sequence[tuple[str, str]], total: int) -> list[str]:
    """
    Return which results were made with steps left out, one sentence for each set of steps and reasons.

    Parameters
    ----------
    skipped : sequence of (str, str)
        Label of a run, and what `left_out_text` gives for it; runs with empty words are passed over.
    total : int
        Number of all runs of the stage.
    """
    labels: dict[str, list[str]] = {}
    for label, text in skipped:
        if text:
            labels.setdefault(text, []).append(label)
    return [
        f"The pipeline left steps out of {len(some)} of {total} runs, such as {some[0]}: {text}."
        for text, some in labels.items()
    ]


def _reason(messages: Sequence[str]) -> str:
    """Return the known cause among the messages of a step; else its last words, as such."""
    for pattern, reason in _CAUSES:
        if any(pattern.search(line) for line in messages):
            return reason
    last = next((line for line in reversed(messages) if "skip" in line.lower()), "")
    return f'it says "{last[:150].rstrip(".")}"' if last else "the log gives no reason"
