"""Stacks that lie on a disk come back as they went."""

import errno
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.stacks.disk_stack import DiskStack
from miri_widgets.errors import DiskFullError


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 7), st.integers(1, 400))
def test_planes_come_back_from_disk_by_plane_and_by_block(count, ny, nx, block_bytes):
    planes = np.random.default_rng(1).normal(size=(count, ny, nx)).astype(np.float32)
    spool, reverse = (DiskStack(count, (ny, nx), block_bytes=block_bytes) for _ in range(2))
    for index, plane in enumerate(planes):
        spool.write(index, plane)
    blocks = [spool.read_block(block) for block in range(spool.blocks)]
    assert np.array_equal(np.concatenate(blocks, axis=1), planes)
    assert sum(spool.rows(block).stop - spool.rows(block).start for block in range(spool.blocks)) == ny
    for block, values in enumerate(blocks):
        reverse.write_block(block, values)
    assert all(np.array_equal(reverse.read(index), plane) for index, plane in enumerate(planes))


def test_a_full_disk_is_our_error(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    spool = DiskStack(1, (4, 4))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DiskFullError, match="TMPDIR"):
        spool.write(0, np.zeros((4, 4)))
