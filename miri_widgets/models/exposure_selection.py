"""The chosen exposures, and what was made of each: one choice for every table, chart and map of a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.products.names import root_of, suffix_of

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel
    from miri_widgets.run.status_rows import RunRow

__all__ = ["choose", "newest_product", "newest_products", "rows_of"]

_PICTURES = ("rate", "cal", "crf")


def choose(session: SessionModel, roots: Iterable[str], *, show: bool = False) -> None:
    """
    Choose exposures everywhere; unknown names are left out.

    Parameters
    ----------
    session : SessionModel
        The session.
    roots : iterable of str
        Exposures by name without suffix.
    show : bool
        Whether to show the newest product of the first one.
    """
    known = {one.root for one in session.programs.exposures}
    chosen = tuple(dict.fromkeys(root for root in roots if root in known))
    session.programs.selected = chosen
    if show and chosen:
        path = newest_product(session, chosen[0])
        if path is not None:
            session.show(path)


def newest_product(session: SessionModel, root: str) -> Path | None:
    """Return the picture of an exposure that is furthest in the chain, else its raw file; None when it is unknown."""
    made = newest_products(session).get(root)
    if made is not None:
        return made
    exposure = session.programs.find(root)
    return exposure.path if exposure is not None else None


def newest_products(session: SessionModel, suffixes: Iterable[str] = _PICTURES) -> dict[str, Path]:
    """
    Return the product of each exposure that is furthest in the chain, by root.

    Parameters
    ----------
    session : SessionModel
        The session.
    suffixes : iterable of str
        Kinds of products that count.
    """
    kinds = frozenset(suffixes)
    found: dict[str, Path] = {}
    for stage in session.stages.values():
        for row in stage.rows:
            several = len(row.exposures) > 1
            for path in row.products:
                if path.suffix == ".fits" and suffix_of(path) in kinds:
                    root = root_of(path) if several else (*row.exposures, "")[0]
                    # members of a mosaic bear the candidate of its association: what the mosaic made of an exposure
                    if root in row.exposures and not (several and path.stem != f"{root}_{suffix_of(path)}"):
                        found[root] = path
    return found


def rows_of(rows: Iterable[RunRow], roots: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the runs that are of one chosen exposure alone."""
    chosen = set(roots)
    return tuple(row.key for row in rows if len(row.exposures) == 1 and row.exposures[0] in chosen)
