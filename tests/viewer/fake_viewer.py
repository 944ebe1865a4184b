"""A viewer that remembers what it was asked, for tests of what uses a viewer."""

from __future__ import annotations

from typing import Any

from ipywidgets import Label


class FakeViewer:
    """Satisfies `miri_widgets.viewer.ImageViewer`; ``calls`` lists the verbs with their arguments."""

    ready = True

    def __init__(self) -> None:
        self.widget, self.calls, self.shown = Label("fake viewer"), [], {}

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.shown)

    def front(self, label: str) -> bool:
        return label in self.shown

    def show(self, image: Any, *, label: str, extension: str = "SCI", hints: Any = None) -> None:
        self.shown[label] = (image, extension)

    def remove(self, label: str) -> None:
        self.shown.pop(label, None)

    def on_ready(self, callback: Any) -> None:
        callback()

    def regions(self) -> dict[str, Any]:
        return {}

    def on_click(self, callback: Any) -> None:
        self.clicked = callback

    def _note(self, *arguments: Any, **options: Any) -> None:
        self.calls.append((arguments, options))

    blink = on_view = on_cursor = overlay = clear_overlay = set_range = mark = unmark = center_on = (
        stretch
    ) = close = _note
    draw = erase = outline = restore = _note

    def state(self) -> dict[str, Any]:
        return {"images": list(self.shown)}
