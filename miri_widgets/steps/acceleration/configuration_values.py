"""
Values of astropy's configuration, checked once.

References
----------
``astropy.config.configuration.ConfigItem.__call__`` of astropy 7 and 8 (BSD-3-Clause), which checks the value of an
item each time that it is read; each card of a FITS header reads several.
"""

from __future__ import annotations

from typing import Any

from miri_widgets.steps.acceleration.registry import stock_function

__all__ = ["TARGET", "configuration_value"]

TARGET = "astropy.config.configuration:ConfigItem.__call__"
_KEPT = "_value_by_text"
_PLAIN = (bool, int, float, str)


def configuration_value(self: Any) -> Any:
    """
    Return the value of `self`, an item of the configuration, as ``ConfigItem.__call__``.

    Notes
    -----
    A value is kept together with the objects that it was read from: the configuration, its section and the text. As
    long as they are the same objects, the value is the same.
    """
    from astropy.config import configuration

    configurations: Any = configuration._cfgobjs
    kept = self.__dict__.get(_KEPT)
    if kept is not None:
        package, whole, name, section, text, value = kept
        if (
            whole is configurations.get(package)
            and _entry(whole, name) is section
            and _entry(section, self.name) is text
        ):
            return value
    value = stock_function(TARGET)(self)
    _keep(self, value, configurations)
    return value


def _keep(item: Any, value: Any, configurations: dict[str, Any]) -> None:
    """Keep a plain value of an item that has one name only and lies in a section."""
    item.__dict__.pop(_KEPT, None)
    package, _, name = item.module.partition(".")
    whole: Any = configurations.get(package)
    if whole is None or not name or item.aliases or type(value) not in _PLAIN:
        return
    section = _entry(whole, name)
    if section is None:
        return
    text = _entry(section, item.name)
    if text is not None:
        item.__dict__[_KEPT] = (package, whole, name, section, text, value)


def _entry(section: Any, name: str) -> Any:
    """Return what a section holds, without the interpolation of texts; None where it does not."""
    return dict.get(section, name)
