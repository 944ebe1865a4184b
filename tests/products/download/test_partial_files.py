"""A part of a file that is being downloaded has one owner."""

import pytest

from miri_widgets.errors import WorkspaceError
from miri_widgets.products.download.partial_files import own_part


def test_a_download_has_one_owner(tmp_path):
    part = tmp_path / "a.fits.part"
    with own_part(part) as stream:
        stream.write(b"1")
        with pytest.raises(WorkspaceError, match="being downloaded to this folder already"), own_part(part):
            pass
    with own_part(part) as stream:
        assert stream.read() == b"1"
