"""How groups of exposures hang together by measurements and overlaps, and what fixes their zero point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.shifts.measurements import Measurement, Overlap

__all__ = ["Network", "connect"]


@dataclass(frozen=True)
class Network:
    """
    How groups hang together.

    Attributes
    ----------
    names : tuple of str
        Groups, sorted.
    component : mapping of str to int
        Number of the connected set of each group.
    tied, fixed : frozenset of str
        Groups whose component has absolute measurements; groups that are zero by definition.
    columns : mapping of str to int
        Number of the unknown of each group that has one.
    frame : int
        Number of the unknown constant of the relative measurements; -1 when there are none.
    gauge : str
        What fixes the zero point, as a sentence.
    notes : tuple of str
        Sentences about groups that are not connected, or not determined.
    """

    names: tuple[str, ...]
    component: Mapping[str, int]
    tied: frozenset[str]
    fixed: frozenset[str]
    columns: Mapping[str, int]
    frame: int
    gauge: str
    notes: tuple[str, ...]


def connect(
    names: Sequence[str],
    owners: Mapping[str, str],
    used: Sequence[Measurement],
    between: Sequence[Overlap],
    reference: str | None,
) -> Network:
    """
    Find connected sets of groups, and fix the zero point of those that no absolute measurement fixes.

    Parameters
    ----------
    names : sequence of str
        All groups, sorted.
    owners : mapping of str to str
        Group by exposure.
    used : sequence of Measurement
        Measurements that count.
    between : sequence of Overlap
        Overlaps of exposures of different groups.
    reference : str or None
        Group to be 0 where no absolute measurement fixes the zero point.
    """
    number = {name: index for index, name in enumerate(names)}
    sky, frame = len(names), len(names) + 1
    edges = [(number[measurement.group], frame if measurement.relative else sky) for measurement in used]
    edges += [(number[owners[overlap.root_a]], number[owners[overlap.root_b]]) for overlap in between]
    labels = _labels(len(names) + 2, edges)
    component = {name: int(labels[number[name]]) for name in names}
    seen = {index for edge in edges for index in edge}
    sizes = Counter(owners.values())
    tied = frozenset(name for name in names if component[name] == labels[sky])
    fixed: list[str] = []
    for label in dict.fromkeys(component[name] for name in names if name not in tied):
        members = [name for name in names if component[name] == label and number[name] in seen]
        if members:
            first = max(members, key=lambda name: (name == reference, sizes[name]))
            fixed.append(first)
    free = [name for name in names if name not in fixed and number[name] in seen]
    lost = [name for name in names if number[name] not in seen]
    order = {label: index for index, label in enumerate(dict.fromkeys(component.values()))}
    return Network(
        tuple(names),
        {name: order[label] for name, label in component.items()},
        tied,
        frozenset(fixed),
        {name: index for index, name in enumerate(free)},
        len(free) if any(measurement.relative for measurement in used) else -1,
        _gauge(tied, fixed),
        _notes(names, component, fixed, lost, bool(tied)),
    )


def _labels(count: int, edges: Sequence[tuple[int, int]]) -> NDArray[np.integer]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.array(edges, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return connected_components(graph.tocsr(), directed=False)[1]


def _gauge(tied: frozenset[str], fixed: Sequence[str]) -> str:
    if tied and not fixed:
        return "The zero point is that of the absolute measurements."
    zero = f"the shift of {' and of '.join(fixed)} is 0 by definition"
    if tied:
        return f"The zero point is that of the absolute measurements where there are any; {zero}."
    return f"No absolute measurement: {zero}." if fixed else "Nothing fixes the zero point."


def _notes(
    names: Sequence[str], component: Mapping[str, int], fixed: Sequence[str], lost: Sequence[str], tied: bool
) -> tuple[str, ...]:
    """What the user must know about groups that are not connected, or not determined."""
    notes = [
        f"Nothing determines the shift of {name}: no exposure and no overlap of it counts." for name in lost
    ]
    for first in fixed if tied or len(fixed) > 1 else ():
        others = [name for name in names if component[name] == component[first] and name != first]
        whole = f"{first} and {', '.join(others)} are" if others else f"{first} is"
        notes.append(
            f"{whole} not connected to the other groups by any measurement: relative to {first} alone, "
            "and not to be compared with the others."
        )
    return tuple(notes)
