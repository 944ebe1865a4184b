"""How much memory a process may still take: what the machine has free, and what its control group leaves."""

from __future__ import annotations

from pathlib import Path

import psutil

__all__ = ["free_memory", "group_memory"]

_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_LIMITLESS = 2**60


def free_memory() -> int:
    """
    Return the memory that can be taken now, in bytes.

    A container, a batch job or a hub's user has a limit of its own, which the machine's free memory does not show;
    whoever passes it is killed. `psutil` and `distributed.system` know the machine and the limit, but not what is
    left of it.

    Returns
    -------
    int
        The least of what the machine and each control group leave; 0 or more.
    """
    left = group_memory(_GROUPS, _MEMBERSHIP)
    available = int(psutil.virtual_memory().available)
    return max(available if left is None else min(available, left), 0)


def group_memory(groups: Path, membership: Path) -> int | None:
    """
    Return what the control groups of this process leave, in bytes.

    Parameters
    ----------
    groups : Path
        Where control groups are mounted.
    membership : Path
        Which of them this process belongs to, as in ``/proc/self/cgroup``.

    Returns
    -------
    int or None
        The least over a group and those above it, caches that the system gives back counted as free; None when no
        group has a limit.
    """
    try:
        lines = _text(membership).splitlines()
    except OSError:
        return None
    left: list[int] = []
    for line in lines:
        _, kinds, name = [*line.split(":", 2), "", ""][:3]
        if not kinds:  # version 2
            left += _left(groups, name, "memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            left += _left(groups / "memory", name, *names)
    return min(left, default=None)


def _left(root: Path, name: str, limit: str, used: str, cache: str) -> list[int]:
    """Return what is left in a group and in each above it; in a container only the root of them may be visible."""
    folders = [root / part for part in (name.strip("/"), *map(str, Path(name.strip("/")).parents))]
    left = []
    for folder in dict.fromkeys([*folders, root]):
        most, taken = _number(folder / limit), _number(folder / used)
        if most is not None and taken is not None and most < _LIMITLESS:
            left.append(max(most - taken + _statistic(folder / "memory.stat", cache), 0))
    return left


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except (OSError, ValueError):  # not visible, or "max"
        return None


def _statistic(path: Path, name: str) -> int:
    try:
        lines = _text(path).splitlines()
        return int(next((line.split()[1] for line in lines if line.split()[:1] == [name]), 0))
    except (OSError, ValueError, IndexError):
        return 0
