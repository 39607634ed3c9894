"""What is no table of text is refused by its name; a compressed table is unpacked, within bounds."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile

import pytest

from core.data.reading.grid import Grid, read_grid
from core.errors import BadFile

TABLE = b"hora,caudal\n" + b"".join(b"2019-03-%02d,%d.25\n" % (day, 40 + day) for day in range(1, 29))


def refusal(content: bytes, limit: int = 1 << 24) -> str:
    with pytest.raises(BadFile) as refused:
        read_grid(content, limit=limit)
    (problem,) = refused.value.problems
    assert problem.remedy
    return str(refused.value)


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in files.items():
            archive.writestr(name.replace("__", "/"), inside)
    return packed.getvalue()


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b" \t\n\n  ", b"\xef\xbb\xbf\n", b";;;\n;;;\n", b"\xff\xfe\n\x00"])
def test_nothing_but_blanks_is_empty(content: bytes) -> None:
    assert refusal(content).startswith("The file is empty.")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG picture"),
        (b"GIF89a\x01\x00", "GIF picture"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "WebP picture"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "Excel workbook"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"SQLite format 3\x00\x10", "SQLite"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"<!DOCTYPE html>\n<html><p>1,2</p>", "web page"),
        (b"\xef\xbb\xbf\n <!-- saved -->\n<HTML lang=pt>", "web page"),
        ("<html><body>Anmeldung</body></html>".encode("utf-16"), "web page"),
        (b"<table><tr><td>1</td></tr></table>", "web page"),
        (b"<?xml version='1.0'?><rows/>", "XML"),
        (b'{"data": [1, 2]}', "JSON"),
        (b'[{"t": "2020", "v": 1},\n {"t": "2021"}]', "JSON"),
        (b'{"t": 1}\n{"t": 2}\n', "JSON"),
        (bytes(range(1, 256)) * 20, "binary"),
        (zipped(**{"[Content_Types].xml": b"<x/>", "xl__workbook.xml": b"<x/>"}), "Excel workbook"),
        (zipped(**{"mimetype": b"x", "content.xml": b"<x/>"}), "OpenDocument"),
        (zipped(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"}), "Office document"),
        (zipped(**{"a.csv": TABLE, "b.csv": TABLE}), "2 files"),
        (zipped(**{"a.csv": gzip.compress(TABLE)}), "compressed file inside"),
        (b"PK\x03\x04 and then nothing of an archive", "damaged"),
    ],
)
def test_other_kinds_are_called_by_their_name(content: bytes, word: str) -> None:
    assert word in refusal(content)


def test_nul_bytes_are_told_with_the_line_they_begin_on() -> None:
    told = refusal(TABLE + bytes(4096))
    assert "NUL" in told
    assert "(line 30)" in told


def packed_in_all_ways() -> dict[str, bytes]:
    return {
        "gzip": gzip.compress(TABLE),
        "bzip2": bz2.compress(TABLE),
        "xz": lzma.compress(TABLE),
        "zip": zipped(**{"caudal.csv": TABLE, "__MACOSX__._caudal.csv": b"\x00"}),
    }


@pytest.mark.parametrize("way", packed_in_all_ways())
def test_a_compressed_table_is_unpacked_and_it_is_told(way: str) -> None:
    grid: Grid = read_grid(packed_in_all_ways()[way])
    assert (grid.names, grid.rows) == (("hora", "caudal"), 28)
    (notice,) = grid.notices
    assert notice.code == "inflated"
    assert way in notice.message


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda text: zipped(**{"a.csv": text})])
def test_what_unpacks_to_more_than_is_allowed_is_refused(pack: object) -> None:
    assert callable(pack)
    trap = pack(b"1,2\n" * 1_500_000)
    assert "more than" in refusal(trap, limit=1 << 30)  # for its size
    assert "more than 300 bytes" in refusal(pack(TABLE), limit=300)


def test_a_trap_is_not_unpacked_beyond_what_is_allowed() -> None:
    trap = gzip.compress(bytes(1 << 26), 1)
    tracemalloc.start()
    refusal(trap, limit=1 << 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 201 * len(trap) < 1 << 26


def test_an_archive_that_is_cut_off_is_told_as_damaged() -> None:
    assert "damaged" in refusal(gzip.compress(TABLE)[:-12])
    assert "damaged" in refusal(lzma.compress(TABLE)[:-20])


@pytest.mark.parametrize("first", ["<script>alert(1)</script>", "<b>dia</b>", "[dia]", "{0}{x!r}", "{dia}", "<DIA>"])
def test_a_strange_name_makes_no_page_and_no_json_of_a_table(first: str) -> None:
    lines = TABLE.split(b"\n", 1)[1]
    assert read_grid(f"{first},valor\n".encode() + lines).names == (first, "valor")
