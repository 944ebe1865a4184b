"""Measure parts one after the other, to their end: progress while they run, their times and failures after."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

Measured = tuple[dict[str, float | None], list[str]]
HEARTBEAT_SECONDS = 30.0
"""A part that takes longer says that it is still at work."""


def measure_parts(
    names: Sequence[str], parts: Mapping[str, Callable[[], Measured]]
) -> tuple[dict[str, float | None], list[str], list[str]]:
    """
    Measure parts; one that fails does not keep the others from being measured.

    Parameters
    ----------
    names : sequence of str
        Parts to measure, in this order.
    parts : mapping
        What measures each part: gives values by key, and notes.

    Returns
    -------
    tuple
        Values by key, notes, and the names of the parts that failed.
    """
    values: dict[str, float | None] = {}
    notes: list[str] = []
    failed: list[str] = []
    taken: list[tuple[str, float]] = []
    began = time.perf_counter()
    for number, name in enumerate(names, start=1):
        print(f"[{number}/{len(names)}] {name} ...", flush=True)
        start = time.perf_counter()
        ended = threading.Event()
        threading.Thread(target=_heartbeat, args=(name, start, ended), daemon=True).start()
        try:
            measured, said = parts[name]()
            values |= measured
            notes += said
        except Exception:
            traceback.print_exc()
            failed.append(name)
        finally:
            ended.set()
        taken.append((name, time.perf_counter() - start))
        how = "FAILED" if name in failed else "done"
        print(f"[{number}/{len(names)}] {name} {how} after {duration(taken[-1][1])}", flush=True)
    longest = ", ".join(
        f"{name} {duration(seconds)}" for name, seconds in sorted(taken, key=lambda one: -one[1])
    )
    notes.append(f"took {duration(time.perf_counter() - began)}: {longest}")
    return values, notes, failed


def _heartbeat(name: str, start: float, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_SECONDS):
        print(f"    {name}: at work for {duration(time.perf_counter() - start)}", flush=True)


def duration(seconds: float) -> str:
    """Return a time as text."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def conclude(missed: Sequence[str], failed: Sequence[str]) -> int:
    """
    Say at the very end what is missed and what failed.

    Parameters
    ----------
    missed : sequence of str
        Keys whose bound is missed, each with its value and bound.
    failed : sequence of str
        Parts that could not be measured.

    Returns
    -------
    int
        Exit status: 1 when there is anything to say.
    """
    if failed:
        print(f"FAILED, not measured: {', '.join(failed)}", file=sys.stderr)
    if missed:
        print(f"MISSED {len(missed)} of the bounds:", *missed, sep="\n  ")
    if not failed and not missed:
        print("all parts were measured, all bounds are met")
    return int(bool(failed or missed))
