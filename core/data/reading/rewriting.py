"""Texts that Arrow cannot cut as they are, rewritten: delimiters of several signs, columns of fixed width."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.data.reading.lines import LINE, Dialect, Source, cut
from core.errors import BadFile

STAND_IN = "\x1f"  # takes the place of delimiters that are not one sign of one byte


def with_plain_delimiter(source: Source, delimiter: str, quote: str, lines: Sequence[str]) -> tuple[Source, Dialect]:
    """The source with one sign of one byte between cells; `lines` are some of its own, `"  "` two blanks or more."""
    if delimiter in ("  ", " "):
        return _cut_at_gaps(source, delimiter, lines), Dialect(STAND_IN, quote, " ")
    if not delimiter.strip("\r\n\"'"):
        raise BadFile("Line ends and quotation marks cannot part cells", "delimiter", "Name another delimiter.")
    if len(delimiter.encode()) == 1:
        dialect = Dialect(delimiter, quote)
        return _without_padded_quotes(_without_escapes(source, dialect, lines), dialect, lines), dialect
    data = source.data[source.start :].replace(delimiter.encode(), STAND_IN.encode())
    return replace(source, data=data, start=0), Dialect(STAND_IN, quote, delimiter)


def unwrapped(source: Source) -> Source:
    """Without the quotation marks around whole lines."""
    lines = (found[0] for found in LINE.finditer(source.data, source.start))
    plain = (re.sub(rb'\A"(.*)"(\s*)\Z', rb"\1\2", line, flags=re.DOTALL).replace(b'""', b'"') for line in lines)
    return replace(source, data=b"".join(plain), start=0)


def _cut_at_gaps(source: Source, gap: str, lines: Sequence[str]) -> Source:
    """Cells are parted where all lines have blanks; else by blanks, so many as `gap` has or more."""
    blanks = re.compile(r"[ \t]{2,}" if gap == "  " else r"[ \t]+")
    begins = _columns(lines, blanks)
    text = source.data[source.start :].decode("utf-8", errors="replace")
    parts = re.split(r"(\r\n|\n|\r)", text)  # lines and their ends in turn
    parts[::2] = [STAND_IN.join(_cells(line, begins, blanks)) if line.strip() else "" for line in parts[::2]]
    return replace(source, data="".join(parts).encode(), start=0)


def _columns(lines: Sequence[str], blanks: re.Pattern[str]) -> list[int]:
    """Where columns of fixed width begin; [] when they do not have one."""
    expanded = [line.expandtabs().rstrip() for line in lines]
    longest = max(map(len, expanded), default=0)
    taken = [any(place < len(line) and line[place] != " " for line in expanded) for place in range(longest)]
    begins = [place for place in range(longest) if taken[place] and (place == 0 or not taken[place - 1])]
    widths = {len(blanks.split(line.strip())) for line in lines}
    return begins if len(widths) > 1 and len(begins) == max(widths) else []


def _cells(line: str, begins: Sequence[int], blanks: re.Pattern[str]) -> list[str]:
    line = line.expandtabs() if begins else line
    if not begins or any(len(line) > place > 0 and line[place - 1] != " " for place in begins):
        return blanks.split(line.strip())
    return [line[begin:end] for begin, end in zip(begins, [*begins[1:], len(line) + 1], strict=True)]


def _without_padded_quotes(source: Source, dialect: Dialect, lines: Sequence[str]) -> Source:
    """Blanks between a delimiter and a quotation mark are taken away: quoted cells begin with the mark."""
    gap = "[ ]+" if dialect.delimiter == "\t" else "[ \t]+"
    begins = re.compile(gap + dialect.quote)
    if dialect.quote.encode() not in source.data or dialect.delimiter == " ":
        return source
    if not any(begins.match(cell) for line in lines for cell in cut(line, dialect)):
        return source
    gaps = re.compile(re.escape(dialect.delimiter.encode()) + begins.pattern.encode())
    plain = gaps.sub((dialect.delimiter + dialect.quote).encode(), source.data[source.start :])
    return replace(source, data=plain, start=0)


def _without_escapes(source: Source, dialect: Dialect, lines: Sequence[str]) -> Source:
    """A quotation mark inside a quoted cell is doubled, where the file has a backslash before it."""
    sign = re.escape(dialect.delimiter)
    torn = re.compile(rf'(?:^|{sign})"(?:[^"]|"")*+"(?!{sign}|$)')  # something behind a mark that closes
    escaping = [line for line in lines if '\\"' in line]
    if dialect.quote != '"' or not escaping or not all(torn.search(line) for line in escaping):
        return source
    escaped = re.compile(rb'\\"(?=[^\r\n' + re.escape(dialect.delimiter.encode()) + rb"])")
    plain = escaped.sub(b'""', source.data[source.start :])
    return replace(source, data=plain, start=0)
