"""
The ``strun`` line of a run, written and read: its values follow the grammar of configobj, as stpipe reads them.

References
----------
stpipe, ``_cmdline._override_config_from_args``; configobj documentation, "List values" and quoting.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from configobj import ConfigObj, ConfigObjError

from miri_widgets.errors import ParameterError

__all__ = ["read_strun", "strun_line", "strun_value"]

_BUILT_IN = frozenset({"debug", "verbose", "disable-crds-steppars"})
"""Options of strun itself that take no value."""
_BUILT_IN_WITH_VALUE = frozenset({"save-parameters", "logcfg", "log-level", "log-file", "log-stream"})


def strun_line(pipeline: str, source: str, settings: Mapping[str, Any]) -> str:
    """
    Return the line for the shell that runs a pipeline or step.

    Parameters
    ----------
    pipeline : str
        Dotted name of the class, or its alias.
    source : str
        An exposure or association.
    settings : mapping
        Parameter values by full name.

    Raises
    ------
    ParameterError
        If a value cannot be given on the command line.
    """
    arguments = ["strun", pipeline, source]
    for name, value in sorted(settings.items()):
        arguments.append(f"--{'steps.' if '.' in name else ''}{name}={strun_value(name, value)}")
    return shlex.join(arguments)


def strun_value(name: str, value: Any) -> str:
    """
    Return a value as ``strun`` reads it: lists with commas, texts in quotes where they need them.

    Parameters
    ----------
    name : str
        Full name of the parameter.
    value : object
        Its value.

    Raises
    ------
    ParameterError
        If it is a text that holds both kinds of quotes, or several lines.
    """
    several = isinstance(value, list | tuple)
    plain = [str(item) for item in value] if several else str(value)
    try:
        # lists are written in its "multiline" mode only; the writer of configobj is private, but its grammar written again would be a second truth
        return ConfigObj(interpolation=False, list_values=True)._quote(plain, multiline=several)
    except ConfigObjError as error:
        raise ParameterError(
            f"{name} = {str(value)[:80]!r} for a strun line",
            "text on one line, with one kind of quotes",
            "use the Python call or a parameter file instead",
        ) from error


def read_strun(line: str) -> tuple[str, dict[str, Any]]:
    """
    Read what a ``strun`` line sets.

    Parameters
    ----------
    line : str
        The line, continued with backslashes or not.

    Returns
    -------
    str
        The class or its alias, as it is written.
    dict of str to str or list of str
        Texts by full name without ``steps.``.

    Raises
    ------
    ParameterError
        If it is no such line.
    """
    try:
        tokens = shlex.split(line.replace("\\\n", " "), comments=False)
    except ValueError as error:
        raise ParameterError(
            f"a strun line that ends within quotes ({error})", "a whole line", "copy all of it"
        ) from error
    if "strun" not in tokens:
        raise ParameterError("no strun in the line", "strun CLASS FILE --NAME=VALUE ...", "copy all of it")
    values: dict[str, Any] = {}
    positional: list[str] = []
    rest = iter(tokens[tokens.index("strun") + 1 :])
    for token in rest:
        if not token.startswith("--"):
            positional.append(token)
            continue
        name, equals, text = token[2:].partition("=")
        if name in _BUILT_IN:
            continue
        if not equals:
            text = next(rest, "")
        if name not in _BUILT_IN_WITH_VALUE:
            values[name.removeprefix("steps.")] = _value(name, text)
    return (positional[0] if positional else ""), values


def _value(name: str, text: str) -> Any:
    try:
        return ConfigObj(interpolation=False, list_values=True)._handle_value(text)[0]
    except (ConfigObjError, SyntaxError) as error:
        raise ParameterError(f"--{name}={text[:80]}", "a value or values with commas", "quote it") from error
