"""How lines are cut into cells: the delimiter and the quotation mark, by many lines of head, middle and tail."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.data.reading.lines import LINE, Dialect, Source, cut, line_ends, records, refuse_long_line
from core.data.reading.rewriting import unwrapped, with_plain_delimiter
from core.data.reading.shapes import BLANKS, shape
from core.errors import BadFile

DELIMITERS = (",", ";", "\t", "|")  # of equally good ones the first is taken
RARE = (":", "~", "^")  # tried where none of these cuts the lines
COLUMNS_LIMIT = 2000
HEAD, PART = 1 << 16, 1 << 14  # bytes looked at: at the beginning, and in the middle and at the end
LINES = 300  # of the head
LOOKED_AT = 200  # signs of a cell
CELLS = 600  # whose look is judged, for each delimiter
GOOD = 0.5  # the score from which nothing rarer is tried
SPELLED = {"\\t": "\t", "tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
BLANK_LINES = re.compile(rb"(?:[ \t]*+(?:\r\n|\n|\r))++")
TIME_AND_MORE = re.compile(r"^\d[\d./-]{7,9}[T ]\d\d?:\d\d(?::\d\d)? +\d+$|[~^]")  # 01.03.2022 00:00 500
GLUED = re.compile(r"\d\^[-+]?\d|\w~[-+]?\d")  # two cells with a rare delimiter between them
SEP = re.compile(rb'"?sep=(\\t|[^\r\n"])"?[ \t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """Lines that are not blank: from the head, and from the middle and the end."""

    source: Source
    head_end: int  # in bytes
    head: list[str]
    rest: list[str]

    @property
    def lines(self) -> list[str]:
        return self.head + self.rest

    def rows(self, dialect: Dialect) -> list[list[str]]:
        """Their cells. Only the head may hold line ends in quoted cells: elsewhere a line may begin inside one."""
        if dialect.quote and any(dialect.quote in line for line in self.head):
            head = [record.cells for record, _ in zip(records(self.source, dialect, self.head_end), range(LINES))]  # noqa: B905
        else:
            head = [cut(line, dialect) for line in self.head]
        filled = [cells for cells in head if any(cell.strip(BLANKS) for cell in cells)]
        return filled + [cut(line, dialect) for line in self.rest]


def find_dialect(source: Source, asked: str | None = None) -> tuple[Source, Dialect]:
    """The delimiter asked for, else the one that a line "sep=;" names, else the one that cuts most lines alike.

    The source returned begins behind such a line. Delimiters of several signs, or blanks, are replaced in it.
    Raises BadFile for more columns than the limit.
    """
    named = SEP.match(source.data, source.start)
    if named:
        source = replace(source, start=named.end(), line=source.line + 1)
        asked = asked or named[1].decode("utf-8", errors="replace")
    refuse_long_line(source)
    source = _without_long_tails(_behind_blank_lines(source))
    sample = take_sample(source)
    if _whole_lines_quoted(sample, asked):
        source = unwrapped(source)
        sample = take_sample(source)
    quote = _quote(sample)
    delimiter = SPELLED.get(asked, asked) if asked else _delimiter(sample, quote)
    return with_plain_delimiter(source, delimiter, quote, sample.lines)


def _behind_blank_lines(source: Source) -> Source:
    blank = BLANK_LINES.match(source.data, source.start)
    if not blank:
        return source
    return replace(source, start=blank.end(), line=source.line + line_ends(blank[0]))


def take_sample(source: Source) -> Sample:
    data, size = source.data, len(source.data)
    end = min(size, source.start + HEAD)
    while end < size and data.count(b"\n", source.start, end) + data.count(b"\r", source.start, end) < 20:
        end = min(size, end + 2 * (end - source.start))
    if end < size:
        end = max(data.rfind(b"\n", source.start, end), data.rfind(b"\r", source.start, end)) + 1 or size
    head = _filled(data[source.start : end], LINES)
    middle = max(end, (source.start + size) // 2)
    tail = max(middle + PART, size - PART)
    rest = [line for begin in (middle, tail) for line in _filled(data[begin : begin + PART], 100, begin > end)]
    return Sample(source, end, head, rest)


def _filled(part: bytes, most: int, torn: bool = False) -> list[str]:
    """The lines that are not blank; of a part out of the middle without the first, and without the last if torn."""
    lines = [found[0] for found in LINE.finditer(part)]
    if torn:
        lines = [line for line in lines[1:] if line.endswith((b"\n", b"\r"))]
    texts = (line.decode("utf-8", errors="replace").rstrip("\r\n") for line in lines)
    return [text for text in texts if text.strip(BLANKS)][:most]


def too_many_columns(found: int) -> BadFile:
    return BadFile(
        f"The file has {found:,} columns, and at most {COLUMNS_LIMIT:,} are read",
        "the line of names",
        "Upload a file with the columns you need; if times run along the header, turn the table round first.",
    )


def _without_long_tails(source: Source) -> Source:
    """Refuse more columns than the limit, by the first lines alone; delimiters without end behind them are cut off."""
    tails = set()
    place = source.start
    for _ in range(5):
        found = LINE.match(source.data, place)
        line, place = (found[0], found.end()) if found else (b"", place)
        for delimiter in DELIMITERS:
            sign = delimiter.encode()
            if line.count(sign) < COLUMNS_LIMIT:
                continue
            count = line.rstrip(b"\r\n").rstrip(sign + b' "').count(sign) + 1
            if count > COLUMNS_LIMIT:
                raise too_many_columns(count)
            tails.add(re.escape(sign))
    for sign in tails:
        ends = re.compile(sign + rb"{%d,}(?=[\r\n]|\Z)" % (COLUMNS_LIMIT // 2))
        source = replace(source, data=source.data[: source.start] + ends.sub(b"", source.data[source.start :]))
    return source


def _delimiter(sample: Sample, quote: str) -> str:
    scores = {sign: _score(sample.rows(Dialect(sign, quote)), sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: scores[sign])
    if scores[best] <= GOOD:
        lines = sample.lines
        rare = {sign: _score([cut(line, Dialect(sign, quote)) for line in lines], sign, True) for sign in RARE}
        rare |= {gap: _score([_by_gaps(line, gap) for line in lines], gap, True) for gap in ("  ", " ")}
        other = max(("  ", " ", *RARE), key=lambda sign: rare[sign])
        if rare[other] > max(GOOD, scores[best]):
            return other
    if scores[best] == 0 or (best == "," and _one_column(sample)):
        return ";" if any("," in line for line in sample.lines) else ","
    return best


def _by_gaps(line: str, gap: str) -> list[str]:
    return re.split(r"[ \t]{2,}" if gap == "  " else r"[ \t]+", line.strip())


def _score(rows: list[list[str]], delimiter: str, strict: bool = False) -> float:
    """How alike the lines are cut, times how many cells look whole. `strict`: the first line is cut so too."""
    if not rows:
        return 0.0
    widths = Counter(len(cells) for cells in rows)
    several = {width: number for width, number in widths.items() if width > 1}
    if not several:
        return 0.0
    width = max(several, key=lambda width: (several[width], width))
    if strict and len(rows[0]) != width and (len(rows[0]) < 2 or len(rows[0]) != width - 1):
        return 0.0
    cells = [cell for row in rows if len(row) == width for cell in row][-CELLS:]
    whole = sum(1 for cell in cells if not _is_torn(cell.strip(BLANKS), delimiter)) / len(cells)
    if strict and not any(shape(cell) in ("number", "time") for cell in cells):
        return 0.0
    return several[width] / len(rows) * whole


def _is_torn(cell: str, delimiter: str) -> bool:
    """Whether it is half of a quoted cell, or still several: digits and another delimiter in no number and no time."""
    if cell.count('"') % 2:
        return True
    cell = cell[:LOOKED_AT]  # the patterns below would take for ever on a long one
    if not any(sign.isdigit() for sign in cell):
        return False
    others = {sign for sign in (*DELIMITERS, "  ") if sign not in delimiter and sign in cell}
    if shape(cell) == "time":  # by its beginning: a comma may be in it, another delimiter is behind it
        return bool(others - {","}) or TIME_AND_MORE.search(cell) is not None
    if delimiter not in RARE and GLUED.search(cell):
        return True
    return bool(others) and shape(cell) == "text" and not re.search(r"[^\W\d_]{3,}.*, ", cell)


def _one_column(sample: Sample) -> bool:
    """A column of numbers with decimal commas, under a name without one or under none."""
    first, *others = sample.lines
    numbers = sum(1 for line in others if shape(line) in ("number", "blank"))
    if numbers < 0.9 * len(others) or not others:
        return False
    return ("," not in first and shape(first) == "text") or (shape(first) == "number" and _are_decimals(sample.lines))


def _are_decimals(lines: Sequence[str]) -> bool:
    """Whether the digits behind the only comma are decimals: some begin with a zero, or all are any single digit."""
    parts = [line.strip(BLANKS).split(",") for line in lines if "," in line]
    if any(len(cells) > 2 for cells in parts):
        return False
    counted = [str(number) for number in range(int(parts[0][0]), len(parts))] if parts[0][0] in ("0", "1") else []
    if counted[:20] == [cells[0] for cells in parts][:20]:
        return False
    behind = {cells[1] for cells in parts}
    return any(re.match(r"0\d", digits) for digits in behind) or set("123456789") <= behind <= set("0123456789")


def _quote(sample: Sample) -> str:
    """The double quotation mark; the single one where half of the lines have cells between two and none a double."""
    lines = sample.lines
    if any('"' in line for line in lines):
        return '"'
    cells = re.compile(r"(?:^|[,;\t|])'[^']*'(?=[,;\t|]|$)")
    return "'" if lines and sum(1 for line in lines if cells.search(line)) >= 0.5 * len(lines) else '"'


def _whole_lines_quoted(sample: Sample, asked: str | None) -> bool:
    """Every line is one quoted cell, and what it holds is a line of cells: exported twice."""
    lines = sample.lines
    whole = [line for line in lines if re.fullmatch(r'"(?:[^"]|"")*"', line)]
    if len(whole) < 2 or len(whole) < 0.9 * len(lines):
        return False
    inner = [line[1:-1].replace('""', '"') for line in whole]
    signs: Iterable[str] = (asked,) if asked and len(asked) == 1 else DELIMITERS
    return any(_score([cut(line, Dialect(sign)) for line in inner], sign) >= GOOD for sign in signs)
