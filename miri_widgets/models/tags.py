"""The tags of a program's exposures: changed here, kept in the workspace, and what other pages say of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError, NotWritableError
from miri_widgets.models.background import Background
from miri_widgets.models.capabilities import HasBackground
from miri_widgets.models.messages import Subject
from miri_widgets.products.tags import Tag, change_tags, changed, rejected_roots

__all__ = ["TagsModel"]

_Changes = Mapping[str, Mapping[str, Any]]


class TagsModel(traitlets.HasTraits):
    """
    Observable tags; a change acts at once and is on the disk a moment later.

    Parameters
    ----------
    session : HasBackground
        The session that it belongs to; plans follow what is rejected.
    """

    tags: traitlets.Dict[str, Tag] = traitlets.Dict(help="root -> Tag, of those that say something")

    def __init__(self, session: HasBackground) -> None:
        super().__init__()
        self.session = session
        self.path: Path = session.program.workspace / "tags.json"
        self.epoch = 0
        """Counts changes: what was read before the last one is out of date."""
        self._kept: dict[str, Tag] = {}
        self._writing: deque[Mapping[str, Mapping[str, Any]]] = deque()
        self.on_change: Callable[[_Changes, _Changes], None] = lambda before, after: None
        """Called with the values before and after a change that was made here."""
        # one thread: changes reach the disk in the order in which they were made
        self._background = Background("miri-tags", threads=1)
        self.observe(self._replan, "tags")

    def of(self, root: str) -> Tag:
        """
        Return the tag of an exposure.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        return self.tags.get(root, Tag())

    @property
    def rejected(self) -> frozenset[str]:
        """Roots of the exposures that leave the mosaic."""
        return rejected_roots(self.tags)

    def change(self, roots: Iterable[str], **values: Any) -> None:
        """
        Change some attributes of exposures; see `miri_widgets.products.tags.Tag`.

        Parameters
        ----------
        roots : iterable of str
            Exposures by name without suffix.
        **values : object
            New values by attribute of a tag.

        Raises
        ------
        ParameterError
            If a value is not allowed; nothing is changed then.
        """
        self.merge(dict.fromkeys(roots, values))

    def merge(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """
        Change attributes by exposure.

        Parameters
        ----------
        changes : mapping of str to mapping
            New values by attribute, for each exposure by name without suffix.

        Raises
        ------
        ParameterError
            As `change`.
        """
        after = changed(self.tags, changes)
        if after == self.tags or self.session.closed:
            return
        before = {
            root: {name: getattr(self.of(root), name) for name in values} for root, values in changes.items()
        }
        own: dict[str, Mapping[str, Any]] = {root: dict(values) for root, values in changes.items()}
        self._writing.append(own)
        self._background.start(_write, self.path, own, done=self._follow_disk, failed=self._refuse)
        self.epoch += 1
        self.tags = after
        if any(set(values) - {"seen"} for values in own.values()):  # to have looked at it is no choice
            self.on_change(before, own)

    def take(self, tags: Mapping[str, Tag] | None, epoch: int) -> None:
        """
        Take what was read from the disk, unless something has changed here since it was asked for.

        Parameters
        ----------
        tags : mapping of str to Tag or None
            Tags by exposure; None when they were not read.
        epoch : int
            Count of the changes here when they were asked for.
        """
        if tags is not None and epoch == self.epoch and not self._writing:
            self._kept = dict(tags)
            self.tags = dict(tags)

    def wait(self) -> None:
        """Block until all changes have reached the disk."""
        self._background.wait()

    def _follow_disk(self, kept: Mapping[str, Tag]) -> None:
        """Take what the disk says after a change has reached it."""
        self._kept = dict(kept)
        self.session.messages.drop(Subject.TAGS)
        self._written()

    def _refuse(self, error: MiriWidgetsError) -> None:
        self.session.messages.put(Subject.TAGS, str(error))
        self._written()

    def _written(self) -> None:
        """Show what is on the disk, with the changes that have not reached it yet."""
        self._writing.popleft()
        self.epoch += 1
        tags: Mapping[str, Tag] = self._kept
        for changes in self._writing:
            tags = changed(tags, changes)
        self.tags = dict(tags)

    def _replan(self, change: Mapping[str, Any]) -> None:
        before, after = (rejected_roots(change[name] or {}) for name in ("old", "new"))
        if before != after:
            self.session.touch()

    def stop(self) -> None:
        """Let the last changes reach the disk."""
        self._background.close(finish=True)


def _write(path: Path, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Tag]:
    try:
        return change_tags(path, changes)
    except OSError as error:
        raise NotWritableError(
            f"the tags cannot be kept: {error}",
            "a workspace that can be written",
            "check the disk and its permissions",
        ) from error
