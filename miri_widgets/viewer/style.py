"""The stylesheet of a viewer, which may be alone on a page."""

from __future__ import annotations

from importlib import resources

from ipywidgets import HTML, Layout

__all__ = ["viewer_style"]


def viewer_style() -> HTML:
    """
    Return the invisible widget with the stylesheet.

    Returns
    -------
    ipywidgets.HTML
        The widget.
    """
    style = resources.files("miri_widgets.viewer").joinpath("style.css").read_text(encoding="utf-8")
    return HTML(f"<style>{style}</style>", layout=Layout(display="none"))
