"""The scenes by name: of each kind some on which constants may be chosen, and others that judge."""

from __future__ import annotations

from functools import lru_cache

from scene import Scene, Spec, make_scene

__all__ = ["SCENES", "scene"]

_ROWS = (
    # name, kind, filter, dithers, step in arcsec, more
    ("sparse", "sparse", "F770W", 8, 3.0, {}),
    ("sparse_long", "sparse", "F1500W", 10, 2.0, {"flat": 0.01}),
    ("crowded", "crowded", "F770W", 8, 4.0, {}),
    ("few_four", "sparse", "F1500W", 4, 4.0, {}),
    ("few_five", "galaxies", "F1500W", 5, 6.0, {"flat": 0.02}),
    ("few_longest", "sparse", "F2550W", 4, 5.0, {"flat": 0.01}),
    ("few_longest_five", "sparse", "F2550W", 5, 3.0, {"flat": 0.01, "drift": 0.01}),
    ("cluster", "cluster", "F770W", 10, 5.0, {}),
    ("cluster_long", "cluster", "F1500W", 10, 6.0, {"flat": 0.01}),
    ("cirrus", "cirrus", "F770W", 8, 5.0, {}),
    ("nebula", "nebula", "F1500W", 8, 5.0, {}),
    ("saturated", "saturated", "F770W", 5, 4.0, {}),
    ("galaxies", "galaxies", "F770W", 10, 5.0, {}),
    ("rows", "sparse", "F770W", 8, 3.0, {"rows": 0.4}),
    ("close", "sparse", "F770W", 5, 0.6, {}),
    ("pair", "sparse", "F770W", 2, 8.0, {}),
)

SCENES = {
    f"{name}{'.held' if held else ''}": Spec(
        f"{name}{'.held' if held else ''}", kind, filter_name, dithers, step * (1.0 if not held else 1.1),
        100 * number + (57 if held else 1), held, **more,
    )
    for number, (name, kind, filter_name, dithers, step, more) in enumerate(_ROWS, 1)
    for held in (False, True)
}  # fmt: skip
"""Every scene; those named ``.held`` are for `make science` alone."""


@lru_cache(maxsize=2)
def scene(name: str) -> Scene:
    """Return a scene by its name; the last two are kept."""
    return make_scene(SCENES[name])
