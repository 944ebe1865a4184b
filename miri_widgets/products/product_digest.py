"""What a product holds, apart from when and where it was made: two runs of one key must agree in it."""

from __future__ import annotations

import hashlib
import json
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from miri_widgets.products.fits_reader import read_headers

__all__ = ["VOLATILE", "content_hash", "content_parts"]

VOLATILE = {
    "DATE": "when the file was written",
    "CHECKSUM": "of a header that has a date in it",
    "HISTORY": "may name a time",
    "COMMENT": "no value",
}
"""Header keywords that say when a file was made, with the reason; columns of tables of headers, too."""

_VOLATILE_META = {
    "date": "when the file was written",
    "history": "names the libraries that wrote the tree, and when",
    "asdf_library": "names the library that wrote the tree",
    "cal_logs": "the log of the pipeline has a time in each line",
    "_fits_hash": "of the whole file, dates included",
}
"""The same in trees of ASDF, in associations and in the metadata of ECSV tables, with the reason."""

_SEPARATOR = b"\n...\n"


class _Plain(yaml.SafeLoader):
    """YAML whose tags (``!transform/polynomial-1.2.0``) are kept as words: no class of gwcs is needed."""


def _tagged(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {"tag": suffix, **loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return [suffix, *loader.construct_sequence(node, deep=True)]
    return f"{suffix} {node.value}"


_Plain.add_multi_constructor("!", _tagged)
_Plain.add_multi_constructor("tag:", _tagged)


def content_hash(path: Path) -> str:
    """
    Return a hash of what a product holds, apart from `VOLATILE` keywords.

    Parameters
    ----------
    path : Path
        FITS, an ECSV table, an association, or any other file, of which every byte counts.

    Raises
    ------
    MissingFileError, NotFitsError, TooLargeError
        As `miri_widgets.products.fits_reader.read_headers`.
    """
    return _digest(json.dumps(content_parts(path), sort_keys=True).encode())


def content_parts(path: Path) -> dict[str, str]:
    """
    Return hashes of a product, part by part, so that a difference can be named.

    Parameters
    ----------
    path : Path
        As for `content_hash`.

    Returns
    -------
    dict of str to str
        For FITS ``SCI,1 header`` and ``SCI,1 data`` of each extension; else ``table``, ``members`` or ``bytes``.
    """
    path = Path(path)
    if path.suffix == ".ecsv":
        return {"table": _table(path)}
    if path.name.endswith("_asn.json"):
        return {"members": _association(path)}
    if path.suffix != ".fits":
        return {"bytes": _digest(path.read_bytes())}
    read_headers(path)  # refuses what is damaged or too large, as a sentence
    with warnings.catch_warnings(), fits.open(path, do_not_scale_image_data=True) as hdus:
        warnings.simplefilter("ignore", AstropyWarning)
        parts = {}
        for index, hdu in enumerate(hdus):
            name = f"{hdu.name or index},{hdu.ver}"
            parts[f"{name} header"] = _digest(_cards(hdu.header).encode())
            if hdu.data is not None:
                parts[f"{name} data"] = _data(hdu)
    return parts


def _cards(header: fits.Header) -> str:
    # a tree with a date in it has no fixed length
    left_out = {*VOLATILE, "NAXIS1", "TFORM1"} if header.get("EXTNAME") == "ASDF" else VOLATILE
    kept = [(card.keyword, repr(card.value)) for card in header.cards if card.keyword not in left_out]
    return json.dumps(kept)


def _data(hdu: Any) -> str:
    if hdu.name == "ASDF":
        return _tree(np.asarray(hdu.data).tobytes())
    data = hdu.data
    if data.dtype.names is None:
        return _digest(f"{data.dtype.newbyteorder('=').str} {data.shape}".encode() + data.tobytes())
    text = b""
    for name in data.dtype.names:
        if name.upper() not in VOLATILE:
            text += name.encode() + np.ascontiguousarray(data.field(name)).tobytes()
    return _digest(text)


def _tree(raw: bytes) -> str:
    """Hash an ASDF tree within FITS: its values without dates, and its binary blocks."""
    start = raw.find(b"#ASDF")
    tree, _, blocks = raw[start:].partition(_SEPARATOR)
    try:
        values = yaml.load(tree.split(b"---", 1)[1].partition(b"\n")[2], _Plain)
    except (yaml.YAMLError, IndexError):
        return _digest(raw)
    # the index of the blocks follows the length of the tree
    binary = blocks.partition(b"#ASDF BLOCK INDEX")[0].rstrip(b"\0")
    return _digest(json.dumps(_steady(values), sort_keys=True, default=str).encode() + binary)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _steady(entry) for key, entry in value.items() if str(key) not in _VOLATILE_META}
    if isinstance(value, list):  # pairs are how YAML gives an ordered mapping
        pairs = [entry for entry in value if isinstance(entry, tuple)]
        return [_steady(entry) for entry in value] if not pairs else _steady(dict(pairs))
    return value


def _association(path: Path) -> str:
    """Hash an association; its members lie in the workspace of the run, wherever that is."""
    try:
        values = _steady(json.loads(path.read_text(encoding="utf-8")))
        for product in values["products"]:
            for member in product["members"]:
                member["expname"] = Path(member["expname"]).name
    except (ValueError, KeyError, TypeError):
        return _digest(path.read_bytes())
    return _digest(json.dumps(values, sort_keys=True).encode())


def _table(path: Path) -> str:
    """Hash an ECSV table as it is written: read as a table, its mixed columns would have to be distinguished."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "\n".join(line[2:] for line in lines if line.startswith("# ") and not line.startswith("# %"))
    rows = "\n".join(line for line in lines if not line.startswith("#"))
    with suppress(yaml.YAMLError):
        head = json.dumps(_steady(yaml.load(head, _Plain)), sort_keys=True, default=str)
    return _digest(f"{head}\n{rows}".encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]
