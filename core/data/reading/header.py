"""What stands above the data: titles and comments to skip, one to three lines of names, a line of units."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.reading.kinds import empty
from core.data.reading.lines import Dialect, Record, cut
from core.data.reading.names import TIME_NAME, Names, are_labels, clean, name_columns, without_end
from core.data.reading.shapes import BLANKS, Shape, filled, shape
from core.data.reading.units import is_units
from core.errors import BadFile

MOST = 3  # lines that name the columns
USUAL = 0.7  # of a column's cells look alike: then it is one of numbers, or of times
FEW = 0.1  # of the lines may be wider than the header: they are odd ones
COMMENT = re.compile(r"\s*(?:#(?!\w*[,;|\t\x1f])|//|%%)")
RULER = re.compile(r"[\s\-=+|_,;*\x1f]+")  # drawn between header and data


@dataclass(frozen=True)
class Header:
    names: Names
    rows: tuple[tuple[str, ...], ...]  # the lines of names and of units, as cells
    named: int  # how many of them name the columns
    width: int  # cells of most rows of data, which may be fewer or more than there are names
    body: Record  # the first row of data
    shapes: tuple[Shape, ...]  # what the cells of each column mostly look like
    skipped: tuple[Record, ...]  # lines above the data that are neither


def find_header(head: Sequence[Record], rest: Sequence[Sequence[str]], dialect: Dialect) -> Header:
    """The header over the records of `head`; `rest` are cells of lines further down.

    Raises BadFile when no row of data follows it, or when its width and that of the data cannot be brought together.
    """
    there = [record for record in head if filled(record.cells)]
    if not there:
        raise empty()
    shapes = column_shapes([record.cells for record in there], rest)
    first = _with_damaged_times(there, _first_row(there, shapes), shapes)
    if first >= len(there) or (first == len(there) - 1 and is_units(clean(there[first].cells))):
        raise header_only()
    rows = [*(record.cells for record in there[first:]), *rest]
    width = usual_width(rows)
    plan = _plan(there[:first], width, dialect)
    if plan.names:
        plan.names[-1] = _as_wide(plan.names[-1], width, shapes, rows, there[first])
    names = name_columns(plan.names, plan.index, plan.units, width)
    below = [row for row in (plan.index, plan.units) if row]
    cells = tuple(tuple(row) for row in (*plan.names, *below))
    named = len(plan.names) + bool(plan.index)
    return Header(names, cells, named, width, there[first], shapes, tuple(plan.skipped))


def header_only() -> BadFile:
    return BadFile("There is a header and no line below it", remedy="Upload a CSV with one line for each time.")


def column_shapes(head: Sequence[Sequence[str]], rest: Sequence[Sequence[str]]) -> tuple[Shape, ...]:
    """What the cells of each column mostly look like, by the lines behind the first few."""
    rows = [*head[min(5, len(head) // 2) :], *rest]
    found: list[Shape] = []
    for place in range(usual_width(rows) if rows else 0):
        looks = Counter(look for row in rows if len(row) > place and (look := shape(row[place])) != "blank")
        look, number = looks.most_common(1)[0] if looks else ("blank", 0)
        found.append(look if number >= USUAL * looks.total() else "text")
    return tuple(found)


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """How many cells most rows have; of equally frequent widths the larger."""
    widths = Counter(len(row) for row in rows)
    return max(widths, key=lambda width: (widths[width], width))


def fits(cells: Sequence[str], shapes: Sequence[Shape]) -> bool:
    """Whether the cells look like a row of data: a time where the times are, and mostly what else the columns hold."""
    like = unlike = 0
    for place, (cell, usual) in enumerate(zip(cells, shapes, strict=False)):
        look = shape(cell)
        if usual in ("blank", "text") or look == "blank":
            continue
        if look == usual:
            like += 2 if usual == "time" else 1  # names are hardly ever times
        elif usual == "time" and look == "text" and "time" not in shapes[:place]:
            return False
        else:
            unlike += 2 if look == "time" else 1
    return like > unlike


def is_comment(text: str) -> bool:
    return COMMENT.match(text) is not None or RULER.fullmatch(text) is not None


def _first_row(there: Sequence[Record], shapes: Sequence[Shape]) -> int:
    """The place of the first row of data; behind the first line of usual width where no column tells."""
    if not any(look in ("number", "time") for look in shapes):
        return _first_of_words(there)
    least = min(2, len(shapes))
    for place, record in enumerate(there):
        below_names = place > 0 and filled(there[place - 1].cells) >= least
        if is_comment(record.text) or not fits(record.cells, shapes):
            continue
        if filled(record.cells) < least and not below_names:
            continue
        following = there[place + 1 : place + 4]
        if not following or any(fits(other.cells, shapes) for other in following):
            return place + 1 if are_labels(record.cells) else place
    return _first_of_words(there)


def _with_damaged_times(there: Sequence[Record], first: int, shapes: Sequence[Shape]) -> int:
    """The first row of data may have a time that cannot be read, yet numbers where the others have them: no names."""
    if first < len(there) and "time" in shapes and "number" in shapes and not are_labels(there[first - 1].cells):
        while first > 1 and _lacks_only_a_time(there[first - 1].cells, shapes):
            first -= 1
    return first


def _lacks_only_a_time(cells: Sequence[str], shapes: Sequence[Shape]) -> bool:
    time = shapes.index("time")
    looks = [shape(cell) for cell, usual in zip(cells, shapes, strict=False) if usual == "number"]
    digits = time < len(cells) and any(sign.isdigit() for sign in cells[time])
    return digits and "number" in looks and not {"text", "time"} & set(looks)


def _first_of_words(there: Sequence[Record]) -> int:
    width = usual_width([record.cells for record in there])
    for place, record in enumerate(there):
        if len(record.cells) == width and not is_comment(record.text):
            return place + 1
    return 1


@dataclass(frozen=True)
class _Plan:
    """Which of the lines above the data are what."""

    names: list[list[str]] = field(default_factory=list)  # top one first
    index: list[str] = field(default_factory=list)  # names only the first column, below the others
    units: list[str] = field(default_factory=list)
    skipped: list[Record] = field(default_factory=list)


def _plan(above: Sequence[Record], width: int, dialect: Dialect) -> _Plan:
    rest = list(above)
    remarks = _remarks_at_the_end(rest, width, dialect)
    index: list[str] = []
    if len(rest) > 1 and _are_names(rest[-2].cells, width):
        last = clean(rest[-1].cells)
        if _is_index(last, width):
            index = last
            rest.pop()
        elif is_units(last) and not _names_the_time(last, clean(rest[-2].cells)):
            names, titles = _stack(rest[:-1], width, dialect, False)
            if _tells_apart(names, last):
                return _Plan(names, [], last, titles + remarks)
    names, titles = _stack(rest, width, dialect, bool(index))
    below = (row for row in names[1:] if is_units(row) and not _names_the_time(row, names[0]))
    units = next((row for row in below if _tells_apart(names[:1], row)), [])
    if units:
        names.remove(units)
    return _Plan(names, index, units, titles + remarks)


def _stack(above: Sequence[Record], width: int, dialect: Dialect, index: bool) -> tuple[list[list[str]], list[Record]]:
    """The lines of names at the end of those above the data, the top one first, and the lines over them."""
    rest, names = list(above), []
    if rest and (lowest := _lowest(rest[-1], width, dialect, alone=len(rest) == 1)):
        names.append(lowest)
        rest.pop()
    while rest and names and len(names) + index < MOST and _is_top(rest[-1], names[0], width, index):
        names.insert(0, clean(rest.pop().cells))
    return names, rest


def _tells_apart(names: Sequence[list[str]], units: Sequence[str]) -> bool:
    """Whether the names do without the line of units: where a group's name is repeated, the line below tells apart."""
    over = [name for name, cell in zip(name_columns(names, [], [], len(units)).wanted, units, strict=False) if cell]
    numbers = {"number", "time"} & {shape(name) for name in over}
    return bool(names) and all(over) and len(set(over)) == len(over) and not numbers


def _names_the_time(cells: Sequence[str], over: Sequence[str]) -> bool:
    """Whether a line is one of names because it names the times, and the line over it does not."""
    first = cells[0]
    named = TIME_NAME.search(first) and first.casefold() != "utc" and not first.startswith(("(", "[", "{"))
    return bool(named) and not TIME_NAME.search(over[0])


def _remarks_at_the_end(rest: list[Record], width: int, dialect: Dialect) -> list[Record]:
    """Comments and rulers between the names and the data, taken away from `rest`."""
    remarks: list[Record] = []
    named = any(len(record.cells) == width > 1 and not is_comment(record.text) for record in rest)
    while len(rest) > 1 and is_comment(rest[-1].text) and (named or not _lowest(rest[-1], width, dialect, False)):
        remarks.insert(0, rest.pop())
    while len(rest) > 1 and len(rest[-1].cells) == 1 and _are_all_words(rest[-2].cells, width):
        remarks.insert(0, rest.pop())  # a remark, or a line of data in other signs
    return remarks


def _are_all_words(cells: Sequence[str], width: int) -> bool:
    return len(cells) == filled(cells) == width > 1 and all(shape(cell) == "text" for cell in clean(cells))


def _are_names(cells: Sequence[str], width: int) -> bool:
    return filled(cells) >= min(2, width) and len(cells) <= max(width + 1, 2)


def _is_index(cells: Sequence[str], width: int) -> bool:
    """A line that names the first column alone, as below the names of several levels."""
    return width > 1 and len(cells) >= width and filled(cells) == 1 and shape(cells[0]) == "text"


def _lowest(record: Record, width: int, dialect: Dialect, alone: bool) -> list[str]:
    """The cells of the lowest line of names; none if the line is a title or a remark."""
    cells = clean(record.cells)
    if RULER.fullmatch(record.text):
        return []
    if is_comment(record.text):
        cells = clean(cut(re.sub(r"\A\s*(?:#|//|%)+\s*", "", record.text), dialect))
        words = all(shape(cell) == "text" for cell in cells)
        return cells if words and len(cells) > 1 and len(cells) in (width, width - 1) else []
    if len(cells) == 1 and width > 1:
        return _cut_otherwise(cells[0], width)
    if width > 1 and filled(cells) == 1 and not (len(cells) == 2 and (alone or cells[-1])):
        return []
    return cells if filled(cells) else []


def _cut_otherwise(text: str, width: int) -> list[str]:
    """Names that are parted by another delimiter than the data."""
    for sign in (",", ";", "\t", "|"):
        cells = clean(text.split(sign))
        if len(cells) == width and all(cells):
            return cells
    return [text] if width == 2 and not TIME_NAME.search(text) and " " not in text else []


def _is_top(record: Record, below: Sequence[str], width: int, index: bool) -> bool:
    """Whether a line over other names is one of names too, rather than a title or a remark."""
    cells = clean(record.cells)
    if is_comment(record.text) or not min(width, len(below)) <= len(cells) <= max(width, len(below)):
        return False
    there = filled(cells)
    if index:
        return there >= 2
    groups = len({cell for cell in cells[1:] if cell}) < width - 1
    if not cells[0] or not below[0]:
        return there >= 2
    words = not {shape(cell) for cell in cells} & {"number", "time"}
    gaps = "" in without_end(cells)
    return width > 2 and ((there == width and (groups or words)) or (there > 2 and gaps and words and cells[1] != ""))


def _as_wide(
    row: list[str], width: int, shapes: Sequence[Shape], rows: Sequence[Sequence[str]], body: Record
) -> list[str]:
    """The names, with an empty one before them where rows have names of their own. Raises BadFile where they lack."""
    row = row[: max(width, len(without_end(row)))]
    wider = [cells for cells in rows if any(cell.strip(BLANKS) for cell in cells[len(row) :])]
    if len(row) >= width or len(wider) <= FEW * len(rows):
        return row
    if len(row) == width - 1 and row[0] and shapes[:2] == ("time", "time"):
        return [row[0], "", *row[1:]]  # the blank between day and time of day parts them too
    if len(row) == width - 1 and row[0] and _are_row_names(rows, shapes, row):
        return ["", *row]
    raise BadFile(
        f"The lines have {width} cells where the header has {len(row)}",
        f"line {body.line}",
        "If the numbers have decimal commas, save the file with semicolons between the cells; else correct the header.",
    )


def _are_row_names(rows: Sequence[Sequence[str]], shapes: Sequence[Shape], names: Sequence[str]) -> bool:
    """R writes the names of rows without a name over them: numbers from 1, or times."""
    first = [cells[0].strip(BLANKS) for cells in rows[:20]]
    if first[:2] in (["1", "2"], ["0", "1"]):
        begin = int(first[0])
        return first == [str(number) for number in range(begin, begin + len(first))]
    return shapes[:1] == ("time",) and not TIME_NAME.search(names[0])
