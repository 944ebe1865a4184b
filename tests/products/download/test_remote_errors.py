"""Errors of servers become sentences that say what to do."""

import astroquery.exceptions
import pytest
import requests.exceptions
import urllib3.exceptions

from miri_widgets import errors
from miri_widgets.products.download.remote_errors import archive_error, refusal


@pytest.mark.parametrize("module", [astroquery.exceptions, requests.exceptions, urllib3.exceptions])
def test_every_foreign_error_is_mapped(module):
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    assert len(kinds) > 5
    unnamed = {
        kind.__name__
        for kind in kinds
        if type(archive_error(kind.__new__(kind), "https://mast.stsci.edu")) is errors.ArchiveError
    }
    # nothing that a query by program number or a download raises
    assert unnamed <= {"ResolverError", "NameResolverError", "CorruptDataError", "EmptyResponseError"}, (
        unnamed
    )


@pytest.mark.parametrize(
    ("status", "token", "kind", "words"),
    [
        (401, False, errors.NotPermittedError, "no token was given"),
        (403, True, errors.NotPermittedError, "does not open .* to this token"),
        (404, False, errors.NotInArchiveError, "has no x.fits"),
        (500, False, errors.ArchiveDownError, "down or overloaded"),
        (400, False, errors.ArchiveDownError, "refuses"),
    ],
)
def test_refusals_say_what_to_do(status, token, kind, words):
    error = refusal(status, "https://mast.stsci.edu", token=token, what="x.fits")
    assert type(error) is kind
    with pytest.raises(kind, match=words):
        raise error
