"""Planes of many exposures on disk: written one by one, read back as row blocks of all of them, or the reverse."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import DiskFullError

__all__ = ["BLOCK_BYTES", "DiskStack", "Pieces"]

BLOCK_BYTES = 4 * 2**20
"""Bytes of a row block of all planes: what a reader holds in memory, whatever the number of exposures."""


class DiskStack:
    """
    A temporary file of equal planes of float32, which disappears with this object.

    Parameters
    ----------
    count : int
        Number of planes.
    shape : tuple of int
        (ny, nx) of each.
    block_bytes : int
        A block has as many rows as fit, at least one.

    Notes
    -----
    The file holds block after block, and in each block the rows of every plane. It is read and written with plain
    positioned calls, not mapped: mapped pages would count as memory of the process. Different planes and blocks may
    be read and written by several threads at once. A plane that was never written reads as zeros.
    """

    def __init__(self, count: int, shape: tuple[int, int], *, block_bytes: int = BLOCK_BYTES) -> None:
        self.count = count
        self.shape = shape
        self._rows = int(np.clip(block_bytes // max(4 * count * shape[1], 1), 1, max(shape[0], 1)))
        self._file = tempfile.TemporaryFile(prefix="miri_widgets_")  # noqa: SIM115 - lives as long as this object
        weakref.finalize(self, self._file.close)
        with _disk():
            self._file.truncate(4 * count * shape[0] * shape[1])

    @property
    def blocks(self) -> int:
        """Number of row blocks."""
        return -(-self.shape[0] // self._rows)

    def rows(self, block: int) -> slice:
        """
        Return the rows of a block.

        Parameters
        ----------
        block : int
            Number of the block, 0-based.
        """
        return slice(block * self._rows, min((block + 1) * self._rows, self.shape[0]))

    def write(self, index: int, plane: NDArray[np.floating]) -> None:
        """
        Write the plane of one exposure, shape (ny, nx).

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        plane : ndarray
            Values, shape (ny, nx).
        """
        plane = np.ascontiguousarray(plane, dtype=np.float32)
        for rows, offset in self._parts(index):
            _put(self._file, plane[rows], offset)

    def read(self, index: int) -> NDArray[np.float32]:
        """
        Return the plane of one exposure, shape (ny, nx); a new array.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        """
        return self.read_rows(index, slice(0, self.shape[0]))

    def read_rows(self, index: int, rows: slice) -> NDArray[np.float32]:
        """
        Return rows of one exposure, shape (rows, nx); a new array.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        rows : slice
            Rows to read.
        """
        band = np.empty((rows.stop - rows.start, self.shape[1]), np.float32)
        for part, offset in self._parts(index):
            first, last = max(part.start, rows.start), min(part.stop, rows.stop)
            if first < last:
                skipped = 4 * (first - part.start) * self.shape[1]
                _get(self._file, band[first - rows.start : last - rows.start], offset + skipped)
        return band

    def write_block(self, block: int, values: NDArray[np.floating]) -> None:
        """
        Write the rows of one block of all planes, shape (count, rows, nx).

        Parameters
        ----------
        block : int
            Number of the block, 0-based.
        values : ndarray
            Values to write; float32.
        """
        _put(self._file, np.ascontiguousarray(values, dtype=np.float32), self._offset(block))

    def write_part(self, block: int, index: int, values: NDArray[np.floating]) -> None:
        """
        Write the rows of one block of one plane, shape (rows, nx).

        Parameters
        ----------
        block : int
            Number of the block, 0-based.
        index : int
            Number of the exposure, 0-based.
        values : ndarray
            Values to write; float32.
        """
        rows = self.rows(block)
        start = 4 * index * (rows.stop - rows.start) * self.shape[1]
        _put(self._file, np.ascontiguousarray(values, dtype=np.float32), self._offset(block) + start)

    def read_block(self, block: int) -> NDArray[np.float32]:
        """
        Return the rows of one block of all planes, shape (count, rows, nx); a new array.

        Parameters
        ----------
        block : int
            Number of the block, 0-based.
        """
        rows = self.rows(block)
        values = np.empty((self.count, rows.stop - rows.start, self.shape[1]), np.float32)
        _get(self._file, values, self._offset(block))
        return values

    def _offset(self, block: int) -> int:
        return 4 * block * self._rows * self.count * self.shape[1]

    def _parts(self, index: int) -> Iterator[tuple[slice, int]]:
        """Rows of each block and where they begin in the file, for one plane."""
        for block in range(self.blocks):
            rows = self.rows(block)
            yield rows, self._offset(block) + 4 * index * (rows.stop - rows.start) * self.shape[1]


class Pieces:
    """
    A temporary file of values at some places of each block, for each of `count` planes.

    Parameters
    ----------
    count : int
        Number of planes.
    blocks : int
        Number of blocks, written once each, in any order and by several threads.
    """

    def __init__(self, count: int, blocks: int) -> None:
        self.count = count
        self._offsets = [(0, 0)] * blocks
        self._end = 0
        self._lock = threading.Lock()
        self._file = tempfile.TemporaryFile(prefix="miri_widgets_")  # noqa: SIM115 - lives as long as this object
        weakref.finalize(self, self._file.close)

    def write_block(self, block: int, values: NDArray[np.float32]) -> None:
        """
        Write the values of one block, shape (count, any number).

        Parameters
        ----------
        block : int
            Number of the block, 0-based.
        values : ndarray
            Values to write; float32.
        """
        with self._lock:
            offset, self._end = self._end, self._end + values.nbytes
        self._offsets[block] = offset, values.shape[1]
        _put(self._file, np.ascontiguousarray(values, dtype=np.float32), offset)

    def read(self, index: int) -> NDArray[np.float32]:
        """
        Return the values of one plane, block after block; a new array.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        """
        values = np.empty(sum(number for _, number in self._offsets), np.float32)
        done = 0
        for offset, number in self._offsets:
            _get(self._file, values[done : done + number], offset + 4 * index * number)
            done += number
        return values


def _put(file: IO[bytes], values: NDArray[np.float32], offset: int) -> None:
    rest = _bytes_of(values)
    with _disk():
        while rest:
            done = os.pwrite(file.fileno(), rest, offset)
            rest, offset = rest[done:], offset + done


def _get(file: IO[bytes], values: NDArray[np.float32], offset: int) -> None:
    rest = _bytes_of(values)
    while rest:
        done = os.preadv(file.fileno(), [rest], offset)
        if done == 0:
            raise EOFError("a temporary file was cut short")
        rest, offset = rest[done:], offset + done


def _bytes_of(values: NDArray[np.float32]) -> memoryview:
    return memoryview(values.reshape(-1).view(np.uint8).data)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            f"no space left in {tempfile.gettempdir()}",
            "room for temporary files, about 13 MB per full exposure",
            "free space there, or set TMPDIR to a larger place",
        ) from error
