import asdf
import pytest
from asdf import schema as asdf_schema

from miri_widgets.steps.acceleration.schema_loading import make_schema_loader

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
