import asdf
import pytest
from asdf import schema as asdf_schema

from miri_widgets.steps.acceleration.schema_loading import load_schema, make_schema_loader

URI = "asdf://example.org/schemas/example-1.0.0"


def test_every_schema_is_that_of_asdf():
    mine, theirs = make_schema_loader(), asdf_schema._make_schema_loader()
    uris = [uri for uri in asdf.get_config().resource_manager if "schemas" in uri]
    assert len(uris) > 100
    for uri in uris:
        assert mine(uri) == theirs(uri), uri


def test_a_resource_that_changes_is_parsed_again():
    load = make_schema_loader()
    for title in ("first", "second"):
        with asdf.config_context() as config:
            config.add_resource_mapping({URI: f"title: {title}\n".encode()})
            assert load(URI)[0]["title"] == title


def test_what_asdf_hands_out_is_a_copy(monkeypatch):
    monkeypatch.setattr(asdf_schema, "_make_schema_loader", make_schema_loader)
    asdf_schema._load_schema_cached.cache_clear()
    uri = "http://stsci.edu/schemas/asdf/core/asdf-1.1.0"
    asdf_schema.load_schema(uri).clear()
    assert asdf_schema.load_schema(uri)
    asdf_schema._load_schema_cached.cache_clear()


def test_an_unknown_address_ends_as_in_asdf():
    for loader in (make_schema_loader(), asdf_schema._make_schema_loader()):
        with pytest.raises(FileNotFoundError):
            loader("file:///no/such/schema.yaml")


def same(one, other):
    """Compare trees with the types of all their nodes."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("resolved", [False, True])
def test_a_copy_is_that_of_asdf_for_every_schema_of_the_pipeline(resolved):
    from stdatamodels.jwst import datamodels

    models = (getattr(datamodels, name) for name in datamodels.__all__)
    uris = sorted({model.schema_url for model in models if getattr(model, "schema_url", None)})
    assert len(uris) > 50
    for uri in [*uris[::5], "http://stsci.edu/schemas/jwst_datamodel/core.schema"]:
        assert same(load_schema(uri, resolved), asdf_schema.load_schema(uri, resolved)), uri


def test_copies_are_apart_and_follow_what_asdf_keeps():
    uri = "http://stsci.edu/schemas/asdf/core/asdf-1.1.0"
    first = load_schema(uri)
    first.clear()
    assert load_schema(uri) == asdf_schema.load_schema(uri) != first
    for title in ("first", "second"):
        asdf_schema._load_schema_cached.cache_clear()
        with asdf.config_context() as config:
            config.add_resource_mapping({URI: f"title: {title}\n".encode()})
            assert load_schema(URI) == {"title": title}
    asdf_schema._load_schema_cached.cache_clear()
