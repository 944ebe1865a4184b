"""Parameters as declared, and settings as one immutable, validated value."""

from miri_widgets.settings.parameter import Kind, Parameter
from miri_widgets.settings.settings import Effective, Settings, Source

__all__ = ["Effective", "Kind", "Parameter", "Settings", "Source"]
