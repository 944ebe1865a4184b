"""What ipywidgets keeps alive; it has no public face of that."""

from ipywidgets.widgets import widget

__all__ = ["OPEN_WIDGETS"]

OPEN_WIDGETS = widget._instances
"""All widgets that are not closed, by their identifiers; changes by itself."""
