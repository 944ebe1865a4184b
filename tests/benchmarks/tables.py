"""Print figures as a table and write them as one flat JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from keys import Key  # noqa: E402 - the scripts beside this file are no package

BUILD = HERE.parents[1] / "build"


def write(
    name: str, keys: Sequence[Key], values: Mapping[str, float | None], notes: Sequence[str] = ()
) -> list[str]:
    """
    Print the table, write ``build/NAME.json`` and return the bounds that are missed, each as text.

    Parameters
    ----------
    name : str
        ``bench`` or ``science``.
    keys : sequence of Key
        In the order of the table.
    values : mapping
        Figures by key; a key that is absent or None was not measured.
    notes : sequence of str
        Lines below the table.
    """
    known = {key.name for key in keys}
    unknown = sorted(set(values) - known)
    if unknown:
        raise KeyError(f"figures without a key: {unknown}")
    BUILD.mkdir(exist_ok=True)
    path = BUILD / f"{name}.json"
    old = json.loads(path.read_text()) if path.is_file() else {}
    merged = {key: value for key, value in old.items() if key in known} | dict(values)
    path.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n")
    width = max(len(key.name) for key in keys)
    missed: list[str] = []
    print(f"\n{'key':{width}}  {'value':>12}  {'unit':15} {'bound':>10}  verdict")
    for key in keys:
        if key.name not in values:
            continue
        value = values[key.name]
        verdict = key.verdict(value)
        shown = "-" if value is None else f"{value:.5g}"
        if verdict == "MISSED":
            missed.append(f"{key.name} = {shown} {key.unit}, wanted {key.bound}")
        print(f"{key.name:{width}}  {shown:>12}  {key.unit:15} {key.bound:>10}  {verdict}")
    for note in notes:
        print(f"  {note}")
    print(f"\nwritten to {path}")
    return missed
