"""The room of the models holds observable state: what is none is named here, with what it is."""

import importlib
import inspect

import pytest
import traitlets

import miri_widgets.models

VALUES_AND_PROTOCOLS = {
    "in_view": "values: what the viewer shows",
    "comparison_partners": "values: what the image in view can be compared with, and the search for it",
    "subscriptions": "observers of traits and events, which models and views hold",
    "poller": "calls the session again and again, and owns no state of the page",
    "crds_parameters": "a call in the background, once per stage",
    "opening": "the function that opens a session for a program",
    "capabilities": "protocols: what the parts of a session use of it",
}
"""Modules of `miri_widgets.models` without traits, and what they hold instead."""

FOLDER = next(iter(miri_widgets.models.__path__))
NAMES = sorted(
    path.stem for path in __import__("pathlib").Path(FOLDER).glob("*.py") if path.stem != "__init__"
)


def has_traits(name):
    module = importlib.import_module(f"miri_widgets.models.{name}")
    return any(
        issubclass(one, traitlets.HasTraits) and one.__module__ == module.__name__
        for _, one in inspect.getmembers(module, inspect.isclass)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_module_holds_observable_state_or_is_named(name):
    assert has_traits(name) != (name in VALUES_AND_PROTOCOLS)


def test_every_name_is_a_module():
    assert VALUES_AND_PROTOCOLS.keys() <= set(NAMES)
