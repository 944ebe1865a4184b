"""Copies of reference files with other numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def changed_reference(source: Path, target: Path) -> Path:
    """Write a copy of a reference file whose numbers are other ones."""
    import asdf
    from astropy.io import fits

    if source.suffix == ".asdf":
        with asdf.open(source, lazy_load=False, memmap=False) as opened:
            tree = opened.tree.copy()
            _change_tree(tree)
            asdf.AsdfFile(tree).write_to(target)
        return target
    with fits.open(source) as hdus:
        for hdu in hdus[1:]:
            data = hdu.data
            if hdu.name == "ASDF" or data is None:
                continue
            if data.dtype.names:
                floats = [name for name in data.dtype.names if data[name].dtype.kind == "f"]
                for name in floats:
                    data[name] *= 1.1
                for name in data.dtype.names if not floats else ():
                    if data[name].dtype.kind in "iu":
                        data[name] += 1
            elif data.dtype.kind == "f":
                data *= 1.1
            elif data.dtype.kind in "iu" and "DQ" in hdu.name:
                data[..., 100:120, 100:120] |= 1
        hdus.writeto(target, overwrite=True)
    return target


def _change_tree(tree: dict) -> None:
    from astropy.modeling import Model
    from astropy.modeling.models import Identity, Shift
    from astropy.table import Table

    for key, value in tree.items():
        if key in ("meta", "asdf_library", "history"):
            continue
        if isinstance(value, Model):
            tree[key] = value | (
                Shift(0.5) & Shift(0.5)
                if value.n_outputs == 2
                else Shift(0.5) & Identity(value.n_outputs - 1)
            )
        elif isinstance(value, Table):
            for name in value.colnames:
                if value[name].dtype.kind == "f":
                    value[name] = value[name] + 0.1
        elif isinstance(value, dict):
            _change_tree(value)
        elif isinstance(value, list):
            _change_tree(dict(enumerate(value))) if value and isinstance(value[0], dict) else None
        elif isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            tree[key] = value + 0.1
