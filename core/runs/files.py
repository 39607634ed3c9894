"""Files that survive: a save leaves the old content or the new one, an event that was written is never lost.

And files that can be trusted: what is rewritten as things go on carries its own seal, a SHA-256 of its content and its
place, in the file itself, so that no kill can part the two. JSON has it as the member "sha256", weights have it in the
metadata of safetensors, and each line of a journal has a CRC (core.runs.events). What is written once is listed in a
manifest (core.runs.manifest). The place is part of the seal, so that an intact file of another run or comparison is
not taken for this one's. Files of an earlier version have no seal: only who reads such a comparison accepts that.
"""

import errno
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from core.errors import StoreFailed, TwincastError
from core.runs.events import Event, to_line

T = TypeVar("T")
Weights = Mapping[str, npt.NDArray[np.float32]]

COMPARISONS = "comparisons"  # the folder that holds a folder for each comparison
DRAFT = ".new-"  # a comparison's folder until it is whole
SEAL = "sha256"
GONE = "The folder is gone"


def write_atomic(path: Path, content: bytes | memoryview) -> None:
    """Raises StoreFailed with the earlier file intact."""
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Sealed: `read_json` tells when it is not what was written here."""
    write_atomic(path, json_bytes(path, content))


def json_bytes(path: Path, content: Mapping[str, Any]) -> bytes:
    """What `write_json` writes to this very place."""
    return json.dumps({**content, SEAL: _json_seal(path, content)}, allow_nan=False, indent=1).encode()


def read_json(path: Path, unsealed: bool = False) -> dict[str, Any]:
    """What `write_json` was given. Raises StoreFailed; `unsealed`: an earlier version may have written it."""
    with damaged(path):
        content: dict[str, Any] = json.loads(path.read_bytes())
        seal = content.pop(SEAL, None)
        if not (seal is None and unsealed) and seal != _json_seal(path, content):
            raise ValueError("the seal does not match")
        return content


def is_sealed(path: Path) -> bool:
    """Whether a JSON file carries a seal, right or wrong. Raises StoreFailed."""
    with damaged(path):
        return SEAL in json.loads(path.read_bytes())


def write_weights(path: Path, weights: Weights, epoch: int) -> None:
    """Sealed, as safetensors; `epoch`: after how many epochs these are the weights."""
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    metadata = {"epoch": str(epoch), SEAL: _weights_seal(path, arrays, str(epoch))}
    write_atomic(path, safetensors.numpy.save(arrays, metadata))


def read_weights(path: Path, unsealed: bool = False) -> tuple[dict[str, npt.NDArray[np.float32]], int]:
    """Weights and their epoch. Raises StoreFailed; `unsealed`: an earlier version, which knew no epoch, may have
    written them."""
    with damaged(path), safetensors.safe_open(path, framework="numpy") as file:
        told = file.metadata() or {}
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        epoch, seal = told.get("epoch", "0"), told.get(SEAL)
        if not (seal is None and unsealed) and seal != _weights_seal(path, arrays, epoch):
            raise ValueError("the seal does not match")
        return arrays, int(epoch)


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
        make_folder(path.parent)
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
        sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """With its parents, but never a comparison's own: one that was deleted meanwhile must not come back as a torso."""
    missing = []
    while not folder.exists():
        if folder.parent.name == COMPARISONS:
            raise FileNotFoundError(errno.ENOENT, GONE, str(folder))
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def sync_folder(path: Path) -> None:
    """What was made, renamed or removed in it is on the disk."""
    if os.name != "posix":  # Windows cannot open a folder
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256(path: Path, size: int | None = None) -> str:
    """Of the whole file, or of its first `size` bytes."""
    with path.open("rb") as file:
        if size is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        return hashlib.sha256(file.read(size)).hexdigest()


class Latest(Generic[T]):
    """What was made of each file, made again only when the file is another one: its inode, time or size differ."""

    def __init__(self, make: Callable[[Path], T], most: int = 256) -> None:
        self._make, self._most = make, most
        self._made: dict[Path, tuple[tuple[int, int, int], T]] = {}
        self._lock = threading.Lock()

    def get(self, path: Path) -> T:
        """Raises OSError when there is no such file, and what `make` raises."""
        status = os.stat(path)  # noqa: PTH116  pages ask each second
        now = (status.st_ino, status.st_mtime_ns, status.st_size)
        seen = self._made.get(path)
        if seen is None or seen[0] != now:
            seen = (now, self._make(path))
            self._keep(path, seen)
        return seen[1]

    def _keep(self, path: Path, made: tuple[tuple[int, int, int], T]) -> None:
        """The latest ones come last; of too many the first ones go."""
        with self._lock:
            self._made.pop(path, None)
            self._made[path] = made
            while len(self._made) > self._most:
                del self._made[next(iter(self._made))]

    def forget(self) -> None:
        self._made.clear()


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
    except TwincastError:
        raise
    except Exception as error:
        remedy = "Delete this comparison, or put the file back from a backup."
        raise StoreFailed("A saved file is missing or damaged", str(path), remedy) from error


class Journal:
    """A run's events, each a line and a single write: whatever kills the writer, no earlier line is lost.

    A line that could not be written whole (the disk was full, the power failed) is cut off: every line is an event.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with refused(path):
            make_folder(path.parent)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            self._cut_torn_line()

    def write(self, event: Event) -> None:
        """Raises StoreFailed, with the earlier lines intact."""
        line = to_line(event)
        with refused(self.path):
            whole = os.fstat(self._file).st_size
            try:
                if os.write(self._file, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                os.ftruncate(self._file, whole)
                raise

    def sync(self) -> None:
        """What was written is on the disk. Raises StoreFailed."""
        with refused(self.path):
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)

    def _cut_torn_line(self) -> None:
        whole = size = os.fstat(self._file).st_size
        while whole:
            start = max(0, whole - (1 << 16))
            os.lseek(self._file, start, os.SEEK_SET)
            end = os.read(self._file, whole - start).rfind(b"\n")
            whole = start if end < 0 else start + end + 1
            if end >= 0:
                break
        if whole < size:
            os.ftruncate(self._file, whole)


REMEDIES = {
    errno.ENOSPC: "The disk is full: free some space and start again.",
    errno.EDQUOT: "The disk quota is used up: free some space and start again.",
    errno.EFBIG: "The system allows no larger file here: set TWINCAST_HOME to another folder.",
    errno.EROFS: "The folder is read-only: set TWINCAST_HOME to one that can be written.",
    errno.EACCES: "The folder may not be written: set TWINCAST_HOME to one that can be.",
    errno.EPERM: "The folder may not be written: set TWINCAST_HOME to one that can be.",
    errno.EEXIST: "A comparison of this name is there already: start again.",
    errno.ENOENT: "It was deleted or moved, or its disk was taken away: start again, or bring it back.",
    errno.EIO: "The disk does not answer as it should: set TWINCAST_HOME to a folder on another one.",
}


def place(path: Path) -> str:
    """Where a file belongs, wherever the installation lies: "<comparison>/runs/pytorch/timing.json"."""
    parts = path.parts
    if COMPARISONS not in parts[:-1]:
        return path.name
    below = parts[len(parts) - parts[::-1].index(COMPARISONS) :]
    return "/".join((below[0].removeprefix(DRAFT), *below[1:]))


def _json_seal(path: Path, content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{place(path)}\n{canonical}".encode()).hexdigest()


def _weights_seal(path: Path, arrays: Weights, epoch: str) -> str:
    digest = hashlib.sha256(f"{place(path)}\n{epoch}\n".encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
