"""The stylesheet that comes with a viewer, as a viewer may stand on a page that has no other."""

from __future__ import annotations

from importlib import resources

from ipywidgets import HTML, Layout

__all__ = ["viewer_style"]


def viewer_style() -> HTML:
    """Return the widget that brings the stylesheet; it takes no room."""
    style = resources.files("miri_widgets.viewer").joinpath("style.css").read_text(encoding="utf-8")
    return HTML(f"<style>{style}</style>", layout=Layout(display="none"))
