"""Files that survive: a save leaves the old content or the new one, an event that was written is never lost."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import StoreFailed
from core.runs.events import Event, to_line


def write_atomic(path: Path, content: bytes | memoryview) -> None:
    """Raises StoreFailed with the earlier file intact."""
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_atomic(path, json.dumps(content, allow_nan=False, indent=1).encode())


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    with replacing(path) as file:
        np.save(file, array, allow_pickle=False)


def write_blocks(path: Path, shape: tuple[int, ...], blocks: Iterable[npt.NDArray[np.float32]]) -> None:
    """A float32 array of this shape as .npy, from its blocks along the first axis: never whole in memory."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)), "fortran_order": False, "shape": shape}
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, np.float32).data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A temporary file in the same folder that takes the place of `path` once it is whole and on the disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with refused(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """An OSError while writing becomes StoreFailed."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(
            error.errno or 0, "Look at the folder's permissions, or set TWINCAST_HOME to another one."
        )
        raise StoreFailed(f"The result could not be saved: {error.strerror or error}", str(path), remedy) from error


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Whatever goes wrong while reading becomes StoreFailed."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        remedy = "Delete this comparison, or put the file back from a backup."
        raise StoreFailed("A saved file is missing or damaged", str(path), remedy) from error


class Journal:
    """A run's events, each a line and a single write: whatever kills the writer, no earlier line is lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with refused(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            size = os.fstat(self._file).st_size
            os.lseek(self._file, max(0, size - 1), os.SEEK_SET)
            if size and os.read(self._file, 1) != b"\n":  # a torn last line stays a line of its own
                os.write(self._file, b"\n")

    def write(self, event: Event) -> None:
        """Raises StoreFailed."""
        line = to_line(event)
        with refused(self.path):
            if os.write(self._file, line) != len(line):
                raise OSError(28, "No space left on device")

    def close(self) -> None:
        os.close(self._file)


REMEDIES = {
    28: "The disk is full: free some space and start again.",  # ENOSPC
    122: "The disk quota is used up: free some space and start again.",  # EDQUOT
    30: "The folder is read-only: set TWINCAST_HOME to one that can be written.",  # EROFS
    13: "The folder may not be written: set TWINCAST_HOME to one that can be.",  # EACCES
    17: "A comparison of this name is there already: start again.",  # EEXIST
}


def _sync_folder(path: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
