"""What kind of file it is: text is let through, a compressed text unpacked, everything else refused by its name."""

import bz2
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import pyarrow as pa

from core.data.dataset import Notice
from core.data.reading.lines import Source
from core.errors import BadFile

UPLOAD_LIMIT = 200 << 20  # bytes; the server's own limit for an upload
RATIO = 200  # of unpacked to packed bytes: tables of numbers reach 20, traps 1,000
SMALL = 1 << 20  # bytes that any packed file may unpack to
HEAD = 1 << 16  # bytes looked at to tell text from anything else
WIDE = 0.02  # of NUL bytes among them: from there on it may be UTF-16
JUNK = 0.05  # of control signs among them: in text there are hardly any

SAVE_NUMBERS = "Upload the numbers themselves, saved as CSV."
SAVE_SHEET = "Open it in a spreadsheet program and save the sheet as CSV."
EXPORT = "Open it in the program that wrote it and export the table as CSV."
UNPACK = "Unpack it and upload the CSV inside."

STARTS = (  # what a file of another kind begins with
    (b"\x89PNG", "a PNG picture", SAVE_NUMBERS),
    (b"\xff\xd8\xff", "a JPEG picture", SAVE_NUMBERS),
    (b"GIF8", "a GIF picture", SAVE_NUMBERS),
    (b"II*\x00", "a TIFF picture", SAVE_NUMBERS),
    (b"MM\x00*", "a TIFF picture", SAVE_NUMBERS),
    (b"%PDF", "a PDF document", SAVE_NUMBERS),
    (b"%!PS", "a PostScript document", SAVE_NUMBERS),
    (b"{\\rtf", "a text document (RTF)", SAVE_NUMBERS),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or another old Office document", SAVE_SHEET),
    (b"\x09\x08", "a very old Excel workbook (.xls)", SAVE_SHEET),
    (b"PAR1", "a Parquet file", EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", EXPORT),
    (b"ARROW1", "an Arrow file", EXPORT),
    (b"FEA1", "a Feather file", EXPORT),
    (b"\x89HDF", "an HDF5 file", EXPORT),
    (b"CDF\x01", "a NetCDF file", EXPORT),
    (b"CDF\x02", "a NetCDF file", EXPORT),
    (b"\x93NUMPY", "a NumPy file", EXPORT),
    (b"MATLAB 5.0", "a MATLAB file", EXPORT),
    (b"$FL2", "an SPSS file", EXPORT),
    (b"<stata_dta>", "a Stata file", EXPORT),
    (b"RDX", "an R data file", EXPORT),
    (b"\x80\x04\x95", "a Python pickle", EXPORT),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive (7z)", UNPACK),
    (b"Rar!", "a compressed archive (RAR)", UNPACK),
    (b"MZ\x90", "a program", SAVE_NUMBERS),
    (b"\x7fELF", "a program", SAVE_NUMBERS),
)


def unpack(content: bytes, limit: int = UPLOAD_LIMIT) -> tuple[bytes, tuple[Notice, ...]]:
    """The bytes of a text file, out of its archive where it came in one.

    Raises BadFile for what is empty, no text, or unpacks to more than `limit` bytes or `RATIO` times its size.
    """
    packing = _packing(content)
    if packing is None:
        _refuse_what_is_no_text(content)
        return content, ()
    inner = packing.open(content, limit)
    if _packing(inner):
        raise BadFile(f"This is {packing.name} with a compressed file inside", remedy=UNPACK)
    _refuse_what_is_no_text(inner)
    told = f"The file came as {packing.name} and was unpacked: {len(inner):,} bytes of text."
    return inner, (Notice("inflated", told),)


def refuse_other_text(source: Source) -> None:
    """Raise BadFile for text that is no table: nothing at all, web pages, XML, JSON, NUL blocks."""
    head = source.data[source.start : source.start + HEAD]
    if not _SIGN.search(source.data, source.start):
        raise empty()
    _refuse_junk(head)
    nul = source.data.find(b"\x00", source.start)
    if nul >= 0:
        line = len(re.findall(rb"\r\n|\n|\r", source.data[source.start : nul])) + source.line
        told = "From there on the file holds NUL bytes instead of text: it is damaged, or no text file"
        raise BadFile(told, f"line {line}", "Save or download the CSV again, or delete the text from that line on.")
    start = re.sub(rb"\A(?:\s+|<!--.*?-->|<\?xml.*?\?>)*", b"", head, flags=re.DOTALL)
    _refuse_markup(start, head)
    if _is_json(start, source):
        raise BadFile("This is a JSON document, not a CSV text file", remedy="Export the table as CSV instead of JSON.")


def empty() -> BadFile:
    return BadFile("The file is empty", remedy="Upload a CSV with a header and one line for each time.")


def _refuse_what_is_no_text(content: bytes) -> None:
    if not _SIGN.search(content):
        raise empty()
    for start, name, remedy in STARTS:
        if content.startswith(start):
            raise BadFile(f"This is {name}, not a CSV text file", remedy=remedy)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        raise BadFile("This is a WebP picture, not a CSV text file", remedy=SAVE_NUMBERS)
    if content[:2] == b"BM" and int.from_bytes(content[2:6], "little") == len(content):
        raise BadFile("This is a BMP picture, not a CSV text file", remedy=SAVE_NUMBERS)
    if content[257:262] == b"ustar":
        raise BadFile("This is an archive (tar), not a CSV text file", remedy=UNPACK)
    if content[4:8] == b"ftyp":
        raise BadFile("This is a video or a picture, not a CSV text file", remedy=SAVE_NUMBERS)
    head = content[:HEAD]
    if head.count(0) < WIDE * len(head):
        _refuse_junk(head)


def _refuse_junk(head: bytes) -> None:
    if len(_CONTROL.findall(head)) > JUNK * len(head):
        raise BadFile("This is a binary file, not a text file", remedy=EXPORT)


_SIGN = re.compile(rb'[^\s,;|"]')  # delimiters alone are nothing
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")  # not NUL: a block of it is told apart


def _refuse_markup(start: bytes, head: bytes) -> None:
    low = start[:2000].lower()
    page = re.match(rb"<(?:!doctype\s+html|html|head|body)[\s>]", low)
    part = re.match(rb"<(?:table|meta|title|div|style|link|script|p|h1)[\s>]", low)
    if part and not page:  # a column may be called "<script>": then a delimiter follows in its line
        line = re.sub(rb"<[^>]*>", b"", start.splitlines()[0])
        page = None if re.search(rb"[,;\t|]", line) else part
    if page:
        raise BadFile(
            "This is a web page, not a CSV text file",
            remedy="Download the data itself: a link to a file often leads to a page about it first.",
        )
    if head.lstrip().startswith(b"<?xml") or low.startswith((b"<svg", b"<!doctype")):
        raise BadFile("This is an XML document, not a CSV text file", remedy=EXPORT)


def _is_json(start: bytes, source: Source) -> bool:
    if re.match(rb'\{\s*(?:"[^"]*"\s*:|\})|\[\s*(?:\{\s*"|\[|\])', start):
        return True
    if start[:1] in b"[{" and len(source.data) < SMALL:
        try:
            json.loads(source.data[source.start :])
        except (ValueError, RecursionError):
            return False
        return True
    return False


@dataclass(frozen=True)
class Packing:
    name: str
    open: Callable[[bytes, int], bytes]


def _packing(content: bytes) -> Packing | None:
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Packing("a zip archive", _unzip)
    if content.startswith(b"\x1f\x8b"):
        return Packing("a gzip file", lambda packed, limit: _stream(pa.CompressedInputStream, packed, limit, "gzip"))
    if content.startswith(b"BZh") and content[4:10] == b"1AY&SY":
        return Packing("a bzip2 file", lambda packed, limit: _inflate(bz2.BZ2File(io.BytesIO(packed)), packed, limit))
    if content.startswith(b"\xfd7zXZ\x00"):
        return Packing("an xz file", lambda packed, limit: _inflate(lzma.LZMAFile(io.BytesIO(packed)), packed, limit))
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return Packing("a zstd file", lambda packed, limit: _stream(pa.CompressedInputStream, packed, limit, "zstd"))
    return None


def _stream(opener: Callable[..., IO[bytes]], packed: bytes, limit: int, name: str) -> bytes:
    return _inflate(opener(pa.BufferReader(packed), name), packed, limit)


def _inflate(stream: IO[bytes], packed: bytes, limit: int) -> bytes:
    """Everything the stream holds; never more than one byte above what is allowed is unpacked."""
    most = min(limit, max(SMALL, RATIO * len(packed)))
    try:
        inner = stream.read(most + 1)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        told = "The compressed file is damaged or cut off: it cannot be unpacked"
        raise BadFile(told, remedy="Download or compress it again, or upload the CSV itself.") from None
    if len(inner) > most:
        raise BadFile(
            f"The compressed file unpacks to more than {most:,} bytes, which is more than is allowed for its size",
            remedy="Upload the CSV itself, or fewer rows.",
        )
    return inner


def _unzip(packed: bytes, limit: int) -> bytes:
    try:
        archive = zipfile.ZipFile(io.BytesIO(packed))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise BadFile("This is a damaged zip archive or Excel workbook", remedy="Upload the CSV itself.") from None
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    _refuse_documents(names)
    inside = [name for name in names if not name.startswith("__MACOSX/") and not name.split("/")[-1].startswith(".")]
    if len(inside) != 1:
        told = f"This is a zip archive with {len(inside):,} files in it" if inside else "This is an empty zip archive"
        raise BadFile(told, remedy="Unpack it and upload one CSV.")
    if archive.getinfo(inside[0]).flag_bits & 1:
        raise BadFile("This zip archive is locked by a password", remedy=UNPACK)
    try:
        stream = archive.open(inside[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise BadFile("This zip archive is damaged, or packed in a way that cannot be read", remedy=UNPACK) from None
    return _inflate(stream, packed, limit)


def _refuse_documents(names: list[str]) -> None:
    if any(name.startswith("xl/") for name in names):
        raise BadFile("This is an Excel workbook, not a CSV text file", remedy=SAVE_SHEET)
    if any(name.startswith("Index/") or name.endswith(".iwa") for name in names):
        raise BadFile("This is a Numbers or Pages document, not a CSV text file", remedy=SAVE_SHEET)
    if "content.xml" in names:
        raise BadFile("This is an OpenDocument spreadsheet or text, not a CSV text file", remedy=SAVE_SHEET)
    if "[Content_Types].xml" in names:
        raise BadFile("This is an Office document, not a CSV text file", remedy=SAVE_SHEET)
