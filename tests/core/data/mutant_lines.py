"""Lines, cells, columns, line ends and encodings broken: each says how many lines may read otherwise."""

import csv
from collections.abc import Callable
from dataclasses import replace

from tests.core.data.mutant_source import Cells, Mutant, Random, Source, pick

GARBLED = ("###ERROR: connection lost", "-" * 60, "Source: our own figures", "=== 2 of 3 ===", "(continued)")


def _row(source: Source, random: Random) -> int:
    """A row of data, not the last three: those may be a footer."""
    return int(random.integers(source.header, len(source.table) - 3)) if len(source.table) > 12 else source.header


def _filled(source: Source, random: Random) -> tuple[int, int]:
    """A row of data and a place in it that holds something, not the first."""
    row = _row(source, random)
    places = [place for place, cell in enumerate(source.table[row]) if cell.strip() and place] or [0]
    return row, int(random.choice(places))


def _with_cell(source: Source, random: Random, change: Callable[[str], str], what: str) -> Mutant:
    row, place = _filled(source, random)
    table = [list(line) for line in source.table]
    table[row][place] = change(table[row][place])
    return Mutant(source.written(table), f"{what} in row {row}, cell {place}", 1, mild=True)


def deleted_line(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    return Mutant(source.written(source.table[:row] + source.table[row + 1 :]), f"row {row}", 1, mild=True)


def doubled_line(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    return Mutant(source.written(source.table[: row + 1] + source.table[row:]), f"row {row}", 1, mild=True)


def swapped_lines(source: Source, random: Random) -> Mutant:
    one, other = _row(source, random), _row(source, random)
    table = list(source.table)
    table[one], table[other] = table[other], table[one]
    return Mutant(source.written(table), f"rows {one} and {other}", 2, mild=True)


def shuffled_lines(source: Source, random: Random) -> Mutant:
    body = source.table[source.header :]
    order = random.permutation(len(body))
    return Mutant(source.written([*source.table[: source.header], *(body[place] for place in order)]), "", None)


def garbled_line(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    table = [*source.table[:row], [pick(random, GARBLED)], *source.table[row:]]
    return Mutant(source.written(table), f"before row {row}", 0, mild=True)


def blank_lines(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    blanks: Cells = [[] for _ in range(int(random.integers(1, 9)))]
    return Mutant(
        source.written([*source.table[:row], *blanks, *source.table[row:]]), f"before row {row}", 0, mild=True
    )


def short_lines(source: Source, random: Random) -> Mutant:
    table = [list(line) for line in source.table]
    rows = {_row(source, random) for _ in range(3)}
    for row in rows:
        table[row] = table[row][: int(random.integers(1, max(len(table[row]), 2)))]
    return Mutant(source.written(table), f"rows {sorted(rows)}", len(rows), mild=True)


def long_lines(source: Source, random: Random) -> Mutant:
    table = [list(line) for line in source.table]
    rows = {_row(source, random) for _ in range(3)}
    for row in rows:
        table[row] += ["extra"] * int(random.integers(1, 4))
    return Mutant(source.written(table), f"rows {sorted(rows)}", len(rows), mild=True)


def deleted_cell(source: Source, random: Random) -> Mutant:
    row, place = _filled(source, random)
    table = [list(line) for line in source.table]
    del table[row][place]
    return Mutant(source.written(table), f"row {row}, cell {place}", 1, mild=True)


def doubled_cell(source: Source, random: Random) -> Mutant:
    row, place = _filled(source, random)
    table = [list(line) for line in source.table]
    table[row].insert(place, table[row][place])
    return Mutant(source.written(table), f"row {row}, cell {place}", 1, mild=True)


def swapped_cells(source: Source, random: Random) -> Mutant:
    row, place = _filled(source, random)
    table = [list(line) for line in source.table]
    table[row][0], table[row][place] = table[row][place], table[row][0]
    return Mutant(source.written(table), f"row {row}, cells 0 and {place}", 2)  # the time may be another row's


def number_to_text(source: Source, random: Random) -> Mutant:
    word = pick(random, ["broken", "see note 3", "#####", "1.2.3.4", "twelve", "<null>", "💥"])
    return _with_cell(source, random, lambda cell: word, word)


def control_sign(source: Source, random: Random) -> Mutant:
    sign = pick(random, ["\x00", "\x07", "\x1b", "\x7f", "\ufeff", "\u200b", "\u202e", "\ufffd"])
    changed = _with_cell(source, random, lambda cell: cell[:1] + sign + cell[1:], f"U+{ord(sign):04X}")
    return replace(changed, mild=sign != "\x00")


def huge_cell(source: Source, random: Random) -> Mutant:
    sign = pick(random, ["x", "7", "=", "ab,", "€"])
    return _with_cell(source, random, lambda cell: (sign * 100_000)[:100_000], f"100 kB of {sign}")


def stray_quote(source: Source, random: Random) -> Mutant:
    """It may open a cell that ends at the next quote or never: no promise."""
    text = source.text or ""
    at = int(random.integers(len(text)))
    return Mutant(source.encoded(text[:at] + '"' + text[at:]), f"at {at}")


def header_dropped(source: Source, random: Random) -> Mutant:
    if source.file.startswith(("30", "31")):  # without its header, nothing says what these are
        return Mutant(source.written(source.table[source.header :]))
    return Mutant(source.written(source.table[source.header :]), "", 0, mild=True, by_name=False)


def header_again(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    head = source.table[: source.header]
    return Mutant(source.written([*source.table[:row], *head, *source.table[row:]]), f"at row {row}", 0, mild=True)


def file_twice(source: Source, random: Random) -> Mutant:
    times = not source.file.startswith(("16", "31", "32"))  # series of a name, rows without times or numbered anew
    text = source.text or ""
    end = "" if text.endswith(("\r", "\n")) else "\r\n"
    return Mutant(source.encoded(text + end + text), "", 0 if times else None, mild=times)


def shuffled_columns(source: Source, random: Random) -> Mutant:
    width = len(source.table[0])
    order = random.permutation(width)
    fit = [line for line in source.table if len(line) == width]
    table = [[line[place] for place in order] for line in fit]
    uneven = len(source.table) - len(fit)
    turned = source.file.startswith("31")
    return Mutant(source.written(table), "", None if turned else uneven, mild=not turned, by_name=False)


def blank_column(source: Source, random: Random) -> Mutant:
    place = int(random.integers(len(source.table[0]) + 1))
    table = [[*line[:place], "", *line[place:]] if line else line for line in source.table]
    return Mutant(source.written(table), f"at {place}", sum(len(line) <= place for line in source.table), mild=True)


def other_delimiter(source: Source, random: Random) -> Mutant:
    delimiter = pick(random, [sign for sign in ",;\t|" if sign != source.delimiter])
    return Mutant(source.written(source.table, delimiter), repr(delimiter), 0, mild=True)


def delimiter_in_places(source: Source, random: Random) -> Mutant:
    """Another delimiter in some lines only: those cannot be read."""
    text = source.written(source.table).decode(source.encoding).split("\r\n")
    rows = {_row(source, random) for _ in range(3)}
    for row in rows:
        text[row] = text[row].replace(source.delimiter, "¦")
    return Mutant(
        source.encoded("\r\n".join(text)), f"lines {sorted(rows)}", len(rows) if source.file[:2] != "48" else None
    )


def all_quoted(source: Source, random: Random) -> Mutant:
    return Mutant(source.written(source.table, quoting=csv.QUOTE_ALL), "", 0, mild=True)


def padded_cells(source: Source, random: Random) -> Mutant:
    table = [[f" {cell}  " for cell in line] for line in source.table]
    return Mutant(source.written(table), "", 0, mild=True, by_name=False)


def trailing_delimiters(source: Source, random: Random) -> Mutant:
    return Mutant(source.written([[*line, ""] for line in source.table]), "", 0, mild=True)


def line_ends(source: Source, random: Random) -> Mutant:
    inside = any("\n" in cell for line in source.table for cell in line)  # which in a Mac's file would end a line
    end = pick(random, ["\n", "\r\n", "\n\r\n", *([] if inside else ["\r"])])
    return Mutant(source.written(source.table, end=end), repr(end), 0, mild=True)


def mixed_line_ends(source: Source, random: Random) -> Mutant:
    lines = [source.written([line]) for line in source.table]
    mark = source.encoded("")  # of the encoding, once a line
    bare = [
        line[len(mark) :].decode(source.encoding.replace("utf-16", "utf-16-le").removesuffix("-sig")) for line in lines
    ]
    ends = random.choice(["\n", "\r\n", "\r"], len(bare))
    text = "".join(line.removesuffix("\r\n") + str(end) for line, end in zip(bare, ends, strict=True))
    return Mutant(source.encoded(text), "", 0, mild=True)


def line_end_removed(source: Source, random: Random) -> Mutant:
    row = _row(source, random)
    table = [*source.table[:row], source.table[row] + source.table[row + 1], *source.table[row + 2 :]]
    return Mutant(source.written(table), f"after row {row}", 2, mild=True)


def no_line_ends(source: Source, random: Random) -> Mutant:
    return Mutant(source.encoded((source.text or "").replace("\r", "").replace("\n", "")))


OTHER_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp1250", "mac-roman")


def _holds(encoding: str, text: str) -> bool:
    return text.encode(encoding, "ignore").decode(encoding) == text


def other_encoding(source: Source, random: Random) -> Mutant:
    able = [encoding for encoding in OTHER_ENCODINGS if _holds(encoding, source.text or "")]
    encoding = pick(random, able)
    return Mutant(source.encoded((source.text or "").lstrip("\ufeff"), encoding), encoding, 0, mild=True, by_name=False)


TEXTS: dict[str, Callable[[Source, Random], Mutant]] = {
    made.__name__: made
    for made in (
        *(
            deleted_line,
            doubled_line,
            swapped_lines,
            shuffled_lines,
            garbled_line,
            blank_lines,
            short_lines,
            long_lines,
        ),
        *(deleted_cell, doubled_cell, swapped_cells, number_to_text, control_sign, huge_cell, stray_quote),
        *(header_dropped, header_again, file_twice, shuffled_columns, blank_column, other_delimiter),
        *(delimiter_in_places, all_quoted, padded_cells, trailing_delimiters, line_ends, mixed_line_ends),
        *(line_end_removed, no_line_ends, other_encoding),
    )
}
