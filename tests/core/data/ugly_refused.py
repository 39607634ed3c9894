"""What is no table of numbers over time: each refused for its own reason, with a remedy."""

import bz2
import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tests.core.data.ugly_case import Case, either, reject, rows, text, truth, with_column

FEW = ("at least", "too few", "not enough", "only")
BOOK = ("excel", "workbook", "spreadsheet")
ZIPPED = ("zip", "compress", "archive", "unpack", "packed")


def cases() -> Iterator[Case]:
    yield from too_little()
    yield from other_kinds()
    yield from packed()
    yield from too_much()


def too_little() -> Iterator[Case]:
    yield reject("a_mark_and_nothing", b"\xef\xbb\xbf", "empty", "no data")
    yield reject("utf16_mark_and_nothing", b"\xff\xfe", "empty", "no data")
    yield reject("only_delimiters", ";;;\r\n" * 40, "empty", "no data", "no value", "number")
    yield reject("one_letter", "x", "row", "header", "empty", "number", "column")
    yield reject("header_only_german", "Datum;Umsatz;Menge\r\n", "header", "no row", "no data", "only")
    yield reject("header_and_blank_lines", "date,value\n\n\n  \n", "header", "no row", "no data", "only")
    yield reject("title_and_header_only", "Report 2021\n\nDatum;Umsatz\n", "header", "no row", "no data", "only", "row")
    known = truth("few", "2021-01-01", "MS", 60, "value")
    yield reject("one_row_german", "Datum;Wert\r\n01.05.2021;12,5\r\n", *FEW, "1 row", "one row")
    table = rows(known)
    yield reject("five_rows", text(table[:6]), *FEW, "5")
    few = truth("few", "2021-01-01", "MS", 12, "value")
    yield either("twelve_months", text(rows(few)), few, FEW)
    same = [table[0], *(["2021-01-01", line[1]] for line in table[1:])]
    numbered = replace(known, index=None)
    yield either("one_time_sixty_times", text(same), numbered, (*FEW, "same time", "1 row"), time=None)
    words = with_column([line[:1] for line in table], 1, "note", lambda row: ["fine", "bad", "late"][row % 3])
    yield reject("no_numeric_column", text(words), "number", "numeric")
    yield reject("only_dates", text([line[:1] for line in table]), "number", "numeric", "column", "value")
    empty = with_column([line[:1] for line in table], 1, "value", "")
    yield reject("only_empty_values", text(empty), "number", "numeric", "empty", "value")
    yield reject(
        "only_missing_words",
        text(with_column([line[:1] for line in table], 1, "value", "n/a")),
        "number",
        "numeric",
        "empty",
        "value",
    )
    prose = "Dear all,\nplease find attached the figures that we talked about last week.\nBest, Ann\n" * 12
    yield reject("a_letter", prose, "number", "numeric", "table", "column", "row")
    names = [["name", "city"], *[[f"Person {row}", f"Town {row % 7}"] for row in range(60)]]
    yield reject("only_text", text(names), "number", "numeric")


def other_kinds() -> Iterator[Case]:
    page = "<html><head><title>Login</title></head><body><table><tr><td>1</td></tr></table></body></html>"
    web = ("web page", "html", "webpage")
    yield reject("web_page", "<!DOCTYPE html>\n" + page, *web)
    yield reject("web_page_after_blanks", "\n\n   " + page.upper(), *web)
    yield reject("web_page_with_mark", b"\xef\xbb\xbf<!-- saved -->\r\n<!doctype html>" + page.encode(), *web)
    yield reject("xml", '<?xml version="1.0"?>\n<rows><row date="2021-01-01">5</row></rows>\n', "xml", *web)
    records = [{"date": f"2021-01-{day:02}", "value": day} for day in range(1, 29)]
    yield reject("json", json.dumps(records), "json")
    yield reject("json_indented", json.dumps({"data": records}, indent=2), "json")
    image = ("image", "picture", "photo", "png", "jpeg", "gif", "bmp", "tiff", "webp")
    noise = np.random.default_rng(1).bytes(900)
    yield reject("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + noise, *image)
    yield reject("gif", b"GIF89a\x10\x00\x10\x00" + noise, *image)
    yield reject("webp", b"RIFF\x84\x03\x00\x00WEBPVP8 " + noise, *image)
    yield reject("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\n" + noise, "pdf")
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + noise
    yield reject("xls", old, *BOOK, "office")
    yield reject("parquet", b"PAR1" + noise + b"PAR1", "parquet", "binary", "not a text", "not text")
    database = sqlite3.connect(":memory:")
    database.execute("create table x (t text, v real)")
    yield reject("sqlite", database.serialize(), "database", "sqlite", "binary", "not text")
    yield reject("noise", noise * 4, "binary", "not text", "not a text", "no text", "text")
    yield reject(
        "nul_block",
        b"date,value\n2021-01-01,5\n" + b"\0" * 4_000,
        "nul",
        "zero",
        "empty bytes",
        "damaged",
        "binary",
        "not text",
    )
    yield reject("only_nul", b"\0" * 4_096, "nul", "zero", "empty", "damaged", "binary", "not text")
    yield reject(
        "rtf",
        r"{\rtf1\ansi\deff0 {\fonttbl {\f0 Arial;}} 2021-01-01;5 }",
        "rtf",
        "word",
        "text document",
        "document",
        "row",
        "number",
    )


def packed() -> Iterator[Case]:
    known = truth("packed", "2021-01-01", "D", 90, "value")
    content = text(rows(known)).encode()
    yield either("gzip", gzip.compress(content, mtime=0), known, ZIPPED, encoding=None)
    yield reject("gzip_bomb", gzip.compress(b"0" * 80_000_000, 9, mtime=0), *ZIPPED, "large", "big", "grow")
    yield reject("gzip_cut", gzip.compress(content, mtime=0)[:-40], *ZIPPED, "damaged", "incomplete")
    yield either("bzip2", bz2.compress(content), known, ZIPPED, encoding=None)
    yield either("zip", zipped({"data.csv": content}), known, ZIPPED, encoding=None)
    yield reject("zip_bomb", zipped({"data.csv": b"1,2\n" * 20_000_000}), *ZIPPED, "large", "big", "grow")
    yield reject("zip_of_two", zipped({"a.csv": content, "b.csv": content}), *ZIPPED)
    yield reject("7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + zlib.compress(content), *ZIPPED, "7-zip", "binary")
    yield either("xlsx", workbook([["date", "value"], *rows(known)[1:]]), known, BOOK, delimiter=None, encoding=None)
    yield reject(
        "ods",
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>" * 90}),
        *BOOK,
        *ZIPPED,
        "opendocument",
        "libreoffice",
    )


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2021, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def workbook(table: list[list[str]]) -> bytes:
    """The smallest workbook that Excel opens: one sheet, its text in the cells."""

    def cell(value: str) -> str:
        try:
            return f"<c><v>{float(value)}</v></c>"
        except ValueError:
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    lines = "".join(f"<row>{''.join(map(cell, line))}</row>" for line in table)
    names = "http://schemas.openxmlformats.org"
    main, package = f"{names}/spreadsheetml/2006/main", f"{names}/package/2006"
    office = f"{names}/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    return zipped({name: part.encode() for name, part in parts.items()})


def too_much() -> Iterator[Case]:
    known = truth("wide", "2021-01-01", "D", 3, "value")
    names = ",".join(f"sensor{place}" for place in range(5_000))
    line = ",".join(["1.5"] * 5_000)
    yield reject(
        "five_thousand_columns", f"date,{names}\n" + "".join(f"{row[0]},{line}\n" for row in rows(known)[1:]), "column"
    )
    yield reject("hundred_thousand_columns", ",".join(map(str, range(100_000))) + "\n", "column")
    yield reject(
        "german_columns", f"Datum;{names.replace(',', ';')}\r\n01.01.2021;{line.replace(',', ';')}\r\n", "column"
    )
