"""
What is wrong with the ASDF extension of a FITS product, found in milliseconds and without a data model.

The extension holds what FITS keywords cannot: the tree of the metadata and, after image2, the gWCS. Programs that do not
know it lose or damage it, while all that they show themselves is whole.

References
----------
ASDF Standard 1.6, "Low-level file layout": header, tree in YAML up to ``...``, binary blocks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import yaml

from miri_widgets.products.header_values import Header, header_text

__all__ = ["asdf_fault", "has_pipeline_metadata"]

_END_OF_TREE = re.compile(rb"\n\.\.\.\r?\n")
_BLOCK = b"\xd3BLK"
_BLOCK_SOURCE = re.compile(rb"\bsource: *(\d+)\b")
_MOST_HASHED = 1_000_000
"""Bytes: checksums of larger blocks are left to the run."""
_WRITTEN_BY_PIPELINE = ("DATAMODL", "CAL_VER", "CRDS_CTX", "S_WCS")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def has_pipeline_metadata(primary: Header) -> bool:
    """
    Return whether a header was written by a data model, which writes an ASDF extension, too.

    Parameters
    ----------
    primary : Header
        Primary header.
    """
    return any(header_text(primary, key) for key in _WRITTEN_BY_PIPELINE)


def asdf_fault(names: Sequence[str], content: bytes, *, needs_wcs: bool) -> str:
    """
    Return what is wrong with the ASDF extension of a product.

    Parameters
    ----------
    names : sequence of str
        Names of the extensions of the file.
    content : bytes
        The data of its ASDF extension.
    needs_wcs : bool
        Whether the product must have a gWCS (``meta.wcs``).

    Returns
    -------
    str
        Completes "the file ..."; empty when nothing is wrong.
    """
    if "ASDF" not in names:
        lost = "its world coordinates and " if needs_wcs else ""
        return f"has lost its ASDF extension, which holds {lost}the metadata that the pipeline reads"
    end = _END_OF_TREE.search(content)
    if not content.startswith(b"#ASDF"):
        return "has an ASDF extension without ASDF in it"
    if end is None:
        return "has an ASDF extension that was cut short"
    try:
        root = yaml.compose(content[: end.end()], _LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return "has an ASDF extension with damaged bytes"
    if fault := _fault_of_blocks(content, end.end()):
        return fault
    if needs_wcs and not _has(root, "meta", "wcs"):
        return "has no world coordinates (meta.wcs) in its ASDF extension"
    return ""


def _fault_of_blocks(content: bytes, start: int) -> str:
    """Walk along the binary blocks, in which arrays of the tree lie."""
    needed = 1 + max((int(number) for number in _BLOCK_SOURCE.findall(content[:start])), default=-1)
    offset, count = start, 0
    while content.startswith(_BLOCK, offset):
        header = offset + 6
        size = int.from_bytes(content[offset + 4 : header], "big")
        allocated = int.from_bytes(content[header + 8 : header + 16], "big")
        used = int.from_bytes(content[header + 16 : header + 24], "big")
        checksum = content[header + 32 : header + 48]
        data = header + size
        if size < 48 or used > allocated or data + used > len(content):
            return "has an ASDF extension that was cut short"
        if any(checksum) and used <= _MOST_HASHED:
            digest = hashlib.md5(content[data : data + used], usedforsecurity=False).digest()
            if digest != checksum:
                return "has an ASDF extension with damaged bytes"
        offset, count = data + allocated, count + 1
    return "" if count >= needed else "has an ASDF extension that was cut short"


def _has(node: yaml.Node | None, *keys: str) -> bool:
    """Return whether a tree has a mapping or another filled value at the end of a path of keys."""
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            return False
        node = next((value for name, value in node.value if name.value == key), None)
    return node is not None and not str(node.tag).endswith(":null")
