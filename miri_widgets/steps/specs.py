"""Read the parameters of a jwst pipeline from its steps' specs; the only reader of them."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from miri_widgets.errors import CrdsCacheError, StepFailedError
from miri_widgets.settings import Kind, Parameter
from miri_widgets.steps.parameter_docs import doc_of, unit_of

__all__ = ["build_config", "parameter_of", "pipeline_class", "read_pipeline"]

_KINDS = {
    "float": Kind.FLOAT,
    "integer": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
    "string": Kind.STRING,
    "option": Kind.CHOICE,
    "list": Kind.LIST,
    "force_list": Kind.LIST,
    "string_list": Kind.LIST,
    "float_list": Kind.FLOAT_LIST,
    "int_list": Kind.INTEGER_LIST,
    "output_file": Kind.STRING,
    "input_file": Kind.STRING,
    "is_string_or_datamodel": Kind.STRING,
}

_LISTS = (Kind.LIST, Kind.FLOAT_LIST, Kind.INTEGER_LIST)

# Keys that stpipe adds to each step of a pipeline for its own files; not parameters.
_BOOKKEEPING = ("config_file", "name", "class")


def pipeline_class(dotted: str) -> Any:
    """
    Import and return a pipeline class by its dotted name.

    Parameters
    ----------
    dotted : str
        Dotted name of the class.
    """
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


def build_config(step_class: Any, source: str, **keywords: Any) -> Any:
    """
    Return the configuration that ``step_class.call(source, **keywords)`` would use.

    Parameters
    ----------
    step_class : type
        A class of a pipeline or a step.
    source : str
        An exposure or association.
    **keywords
        As for ``call``.

    Raises
    ------
    CrdsCacheError
        If CRDS names a parameter file that cannot be had. jwst itself goes on
        in silence, with other parameters than the context says.
    """
    config, _ = step_class.build_config(source, **keywords)
    _require_parameter_files(step_class, source)
    return config


def _require_parameter_files(cls: Any, source: str) -> None:
    import crds
    from crds.core.exceptions import CrdsError
    from stpipe.step import get_disable_crds_steppars

    if get_disable_crds_steppars() or not hasattr(cls, "step_defs"):
        return
    header, observatory = cls._get_crds_parameters(source)
    for step in (cls, *getattr(cls, "step_defs", {}).values()):
        kind = step.get_config_reftype()
        try:
            name = crds.getrecommendations(header, reftypes=[kind], observatory=observatory, fast=True)[kind]
        except (CrdsError, LookupError):
            # a context need not know the parameters of every step
            continue
        if name.upper().startswith("NOT FOUND") or name.upper() == "N/A":
            continue
        if not Path(crds.locate_file(name, observatory)).is_file():
            raise CrdsCacheError(
                f"the parameter file {name} of {step.__name__} is not in the CRDS cache",
                "all files of the context",
                "fill the cache with `crds sync` while online",
            )


def read_pipeline(dotted: str) -> dict[str, Any]:
    """
    Read all parameters of a pipeline and its steps; imports jwst.

    Parameters
    ----------
    dotted : str
        Dotted name of the pipeline class.

    Returns
    -------
    dict
        ``parameters``: list of Parameter, the pipeline's own first;
        ``docs``: first line of each step's docstring, by step;
        ``classes``: dotted class name, by step, and the pipeline's under "".
    """
    cls = pipeline_class(dotted)
    spec = cls.load_spec_file()
    parameters = [
        parameter_of(key, spec[key], spec.inline_comments.get(key) or "")
        for key in spec.scalars
        if key not in _BOOKKEEPING
    ]
    step_defs = getattr(cls, "step_defs", {})  # a single step has none
    for step in step_defs:
        section = spec["steps"][step]
        parameters += [
            parameter_of(f"{step}.{key}", section[key], section.inline_comments.get(key) or "")
            for key in section.scalars
            if key not in _BOOKKEEPING
        ]
    steps = {"": cls, **step_defs}
    return {
        "parameters": parameters,
        "docs": {
            step: (step_class.__doc__ or "").strip().partition("\n")[0]
            for step, step_class in steps.items()
            if step
        },
        "classes": {
            step: f"{step_class.__module__}.{step_class.__qualname__}" for step, step_class in steps.items()
        },
    }


def parameter_of(name: str, check: str, comment: str) -> Parameter:
    """
    Turn one line of a spec into a Parameter.

    Parameters
    ----------
    name : str
        Full name of the parameter.
    check : str
        What configobj validates with, such as ``float(min=0, default=4.0)``.
    comment : str
        The words behind it.

    Raises
    ------
    StepFailedError
        If jwst declares a kind of value that this package does not know.
    """
    from configobj.validate import Validator

    # the parser of configobj is private, but to parse its grammar again would be a second truth
    function, arguments, options, default = Validator()._parse_with_caching(check)
    if function not in _KINDS:
        raise StepFailedError(
            f"the installed jwst declares {name} as {function}",
            "one of " + ", ".join(_KINDS),
            "install the version of jwst that this package asks for",
        )
    kind = _KINDS[function]
    low, high = (float(options[key]) if key in options else None for key in ("min", "max"))
    is_list = kind in _LISTS
    doc = doc_of(name, comment)
    undecided = Parameter(
        name=name,
        kind=kind,
        low=None if is_list else low,
        high=None if is_list else high,
        # configobj lets None through every check; jwst lists it as a word where it means "none of these"
        choices=tuple(choice for choice in arguments if choice != "None") if kind == Kind.CHOICE else (),
        optional=default in (None, "None") or "None" in arguments,
        unit=unit_of(name, doc),
        doc=doc,
        minimum_items=int(low) if is_list and low is not None else None,
        maximum_items=int(high) if is_list and high is not None else None,
    )
    value = None if default in (None, "None") else undecided.check(default)
    return replace(undecided, kind=kind, default=value)
