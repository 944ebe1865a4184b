"""The identity of a file follows its bytes."""

import pytest

from miri_widgets.products.file_hash import file_identity


def test_identity_is_taken_once_and_follows_the_bytes(tmp_path, monkeypatch):
    path, remembered = tmp_path / "a.fits", tmp_path / "identities"
    path.write_bytes(b"one")
    first = file_identity(path, remembered)
    with monkeypatch.context() as patch:
        patch.setattr("hashlib.file_digest", lambda *a: pytest.fail("hashed again"))
        assert file_identity(path, remembered) == first
    path.write_bytes(b"two!")
    assert file_identity(path, remembered) != first
