"""Interactive reduction of JWST MIRI imaging, one panel per stage of the official pipeline."""

from importlib.metadata import version as _version

__all__ = ["__version__"]

__version__ = _version("miri_widgets")
