"""What the headers of an answer say of a file on a server."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["announced", "content_range", "retry_after", "validator"]

_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_HEX_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_SHA256 = re.compile(r"sha-256=:?([A-Za-z0-9+/=]{43,44}):?")


def announced(heads: Mapping[str, str]) -> dict[str, str]:
    """
    Return what the server says of the whole file.

    Parameters
    ----------
    heads : mapping of str to str
        Headers of the response.
    """
    facts = {"validator": validator(heads)}
    if given := heads.get("Content-MD5"):
        with suppress(binascii.Error, ValueError):
            facts["md5"] = base64.b64decode(given, validate=True).hex()
    # S3 tags with the MD5 what was not uploaded in parts; what it encrypts with KMS with something else
    tagged = heads.get("Server") == "AmazonS3" and "kms" not in heads.get("x-amz-server-side-encryption", "")
    if tagged and "md5" not in facts and (match := _HEX_MD5.fullmatch(heads.get("ETag", ""))):
        facts["md5"] = match[1]
    digest = _SHA256.search(heads.get("Repr-Digest") or heads.get("Digest") or "")
    if digest:
        with suppress(binascii.Error, ValueError):
            facts["sha256"] = base64.b64decode(digest[1]).hex()
    return facts


def validator(heads: Mapping[str, str]) -> str:
    """
    Return the validator of the file's version; empty when the server gives none.

    Parameters
    ----------
    heads : mapping of str to str
        Headers of the response.
    """
    etag = heads.get("ETag", "")
    # If-Range may not carry a weak one
    return etag if etag and not etag.startswith("W/") else heads.get("Last-Modified", "")


def content_range(heads: Mapping[str, str]) -> tuple[int, int]:
    """
    Return the first byte of a part, -1 when unknown, and the bytes of the whole file, 0 when unknown.

    Parameters
    ----------
    heads : mapping of str to str
        Headers of the response.
    """
    match = _RANGE.fullmatch(heads.get("Content-Range", "").strip())
    if match is None:
        return -1, 0
    return int(match[1] or -1), int(match[2]) if match[2].isdigit() else 0


def retry_after(heads: Mapping[str, str]) -> float:
    """
    Return the seconds that the server asks us to wait; 0 when it does not.

    Parameters
    ----------
    heads : mapping of str to str
        Headers of the response.
    """
    value = heads.get("Retry-After")
    # the other form, a date, is left to our own patience
    return float(value) if value and value.isdigit() else 0.0
