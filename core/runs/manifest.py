"""manifest.json: the SHA-256 and size of every file of a folder that is written once, checked before it is read.

There is one in each fit's folder (written when the fit is done), one in each run's (when the run has ended), and one
for the whole comparison (from its beginning on). Each lists the manifests below it that are final, and is itself a
sealed JSON file: whoever trusts the comparison's can trust all.

    {"files": {"values.npy": {"sha256": …, "size": …}}, "coming": {"comparison.json": {…}}, "sha256": seal}

A folder's manifest is written after its files, so that a kill leaves files that are not listed, which count as not
there. A file that is listed and has to be replaced is first listed as "coming", too: at every moment the one that is
there, old or new, is listed. A manifest that has to change is first taken out of the one above it.
What was checked is remembered in the process, for as long as the file's inode, time and size stay the same.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import StoreFailed
from core.runs.files import Latest, damaged, read_json, refused, replacing, sha256, sync_folder, write_json

NAME = "manifest.json"
GROWS = ("events.jsonl",)  # listed as it was; what was added since has checksums of its own

ATTEMPTS = (1, 2)  # another process may replace a file between a look at its entry and one at the file

Entry = dict[str, Any]
Entries = dict[str, Entry]


class Manifest:
    """The manifest of one folder; `above` is the one that lists it once it is final."""

    def __init__(self, folder: Path, above: "Manifest | None" = None) -> None:
        self.folder, self.above = folder, above
        self.path = folder / NAME

    def content(self) -> dict[str, Entries] | None:
        """None as long as it is not written. Raises StoreFailed when it is missing or damaged."""
        if self.above and self.above.lists(self.path):
            self.above.check(self.path)
        elif not self.path.exists():
            return None
        with damaged(self.path):
            return _contents.get(self.path)

    def lists(self, path: Path) -> bool:
        """Whether the file is there, or ought to be."""
        content, name = self.content() or {}, self._name(path)
        return name in content.get("files", {}) or (name in content.get("coming", {}) and path.is_file())

    def check(self, path: Path) -> None:
        """Raises StoreFailed unless the file is there, as it is listed."""
        for attempt in ATTEMPTS:
            accepted = self._accepted(path)
            with damaged(path):
                if any(_is(path, entry) for entry in accepted):
                    return
                _unless_replaced(attempt)

    def read(self, path: Path) -> bytes:
        """The file's content, and no other. Raises StoreFailed."""
        for attempt in ATTEMPTS:
            accepted = self._accepted(path)
            with damaged(path):
                found = path.read_bytes()
                if hashlib.sha256(found).hexdigest() in [entry["sha256"] for entry in accepted]:
                    break
                _unless_replaced(attempt)
        return found

    def check_itself(self) -> None:
        """Raises StoreFailed unless it is written, and intact."""
        self._written()

    def check_all(self) -> None:
        """Raises StoreFailed unless it is written, and every file is as it is listed."""
        for name in self._written()["files"]:
            self.check(self.folder / name)

    def write(self, paths: Iterable[Path]) -> None:
        """List these files as they are now, and no others. Raises StoreFailed."""
        self._put({"files": self._entries(paths)})

    def replace(self, writers: Mapping[str, Callable[[BinaryIO], None]], also: Iterable[Path] = ()) -> None:
        """Write listed files anew, and list these others as they are now.

        Each file is the old or the new one at every moment; the first takes its place last. Raises StoreFailed.
        """
        files, coming = self._settled(), {}
        with ExitStack() as stack:
            for name, write in writers.items():
                file = stack.enter_context(replacing(self.folder / name))
                write(file)
                file.flush()
                coming[name] = _entry(Path(file.name))
            self._put({"files": files, "coming": coming})
        self._put({"files": files | coming | self._entries(also)})

    def drop(self, path: Path) -> None:
        """List a file no longer. Raises StoreFailed."""
        files = self._settled()
        if files.pop(self._name(path), None) is not None:
            self._put({"files": files})

    def withdraw(self) -> None:
        """The folder's files are going to change. Raises StoreFailed."""
        self._leave()
        with refused(self.path):
            if self.path.exists():
                self.path.unlink()
                sync_folder(self.folder)

    def _put(self, content: dict[str, Entries]) -> None:
        with suppress(StoreFailed):  # a damaged one is replaced
            if self.content() == content:
                return
        self._leave()
        write_json(self.path, content)

    def _leave(self) -> None:
        if self.above and self.above.lists(self.path):
            self.above.drop(self.path)

    def _settled(self) -> Entries:
        """What is listed, with the files that have come since."""
        content = self.content() or {"files": {}}
        with damaged(self.path):
            come = {
                name: entry
                for name, entry in content.get("coming", {}).items()
                if (self.folder / name).is_file() and _is(self.folder / name, entry)
            }
            return content["files"] | come

    def _accepted(self, path: Path) -> list[Entry]:
        return _accepted(self._written(), self._name(path))

    def _written(self) -> dict[str, Entries]:
        content = self.content()
        with damaged(self.path):
            if content is None:
                raise FileNotFoundError(self.path)
            return content

    def _entries(self, paths: Iterable[Path]) -> Entries:
        with refused(self.path):
            return {self._name(path): _entry(path) for path in sorted(paths)}

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def forget() -> None:
    """Check everything again when it is next read, as a new process does."""
    _contents.forget()
    _digests.forget()


def _unless_replaced(attempt: int) -> None:
    if attempt == ATTEMPTS[-1]:
        raise ValueError("the checksum does not match")


def _accepted(content: dict[str, Entries], name: str) -> list[Entry]:
    return [entries[name] for entries in content.values() if name in entries]


def _entry(path: Path) -> Entry:
    return {"sha256": _digests.get(path), "size": path.stat().st_size}


def _is(path: Path, entry: Entry) -> bool:
    size = path.stat().st_size
    if path.name in GROWS and size > entry["size"]:
        return bool(sha256(path, entry["size"]) == entry["sha256"])
    return bool(size == entry["size"] and _digests.get(path) == entry["sha256"])


_contents: Latest[dict[str, Entries]] = Latest(read_json)
_digests: Latest[str] = Latest(sha256)
