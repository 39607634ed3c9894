"""Every row of a file arrives, in order and whole; what is no row is counted and shown with its line."""

import tracemalloc

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import Notice
from core.data.reading import lines
from core.data.reading.grid import Grid, read_grid
from core.data.reading.shapes import BLANKS
from core.errors import BadFile

ROWS = [f"2016-04-{day:02},{day}.5,{day * 3}" for day in range(1, 31)]


def csv(*lines: str, header: str = "tid,effekt,antal", end: str = "\n") -> bytes:
    return end.join([header, *lines, ""]).encode()


def notice(grid: Grid, code: str) -> Notice:
    (found,) = [told for told in grid.notices if told.code == code]
    return found


def test_plain_tables_are_read_with_nothing_to_tell() -> None:
    grid = read_grid(csv(*ROWS))
    assert grid.names == ("tid", "effekt", "antal")
    assert all(isinstance(column, pa.StringArray) for column in grid.columns)
    assert [",".join(cells) for cells in zip(*(column.to_pylist() for column in grid.columns), strict=True)] == ROWS
    assert grid.column("antal")[4].as_py() == "15"
    assert (grid.rows, grid.line(0), grid.line(29)) == (30, 2, 31)
    assert not grid.notices


def test_ragged_rows_stay_in_their_place_and_are_told() -> None:
    lines = [*ROWS[:10], "2016-05-01,7", "2016-05-02,7,8,extra", "2016-05-03,7,8,,", "2016-05-04", *ROWS[10:]]
    grid = read_grid(csv(*lines))
    assert [column[10:14].to_pylist() for column in grid.columns] == [
        ["2016-05-01", "2016-05-02", "2016-05-03", "2016-05-04"],
        ["7", "7", "7", ""],
        ["", "8", "8", ""],
    ]
    assert (grid.rows, grid.line(13), grid.line(14)) == (34, 15, 16)
    told = notice(grid, "ragged_rows")
    assert told.count == 3  # delimiters at the end of a line are nothing
    assert told.examples == ("line 12: 2016-05-01,7", "line 13: 2016-05-02,7,8,extra", "line 15: 2016-05-04")


def test_many_lines_with_too_many_cells_are_refused_with_the_first() -> None:
    lines = [f"{row},1,2" if place % 4 == 2 else row for place, row in enumerate(ROWS)]
    with pytest.raises(BadFile, match=r"7 lines have more cells.*has 5 instead of 3 \(line 4\)"):
        read_grid(csv(*lines))


def test_a_column_that_most_lines_do_not_reach() -> None:
    grid = read_grid(csv(*ROWS[:20], f"{ROWS[20]},storm", *ROWS[21:], header="tid,effekt,antal,anm"))
    assert grid.column("anm").to_pylist() == [""] * 20 + ["storm"] + [""] * 9
    assert notice(grid, "ragged_rows").count == 30


def test_stray_cells_beyond_the_names_are_kept_or_told() -> None:
    lines = [f"{row}," for row in ROWS]
    lines[7] += "stray"
    grid = read_grid(csv(*lines))
    assert grid.names == ("tid", "effekt", "antal", "column 4")
    assert grid.columns[3][7].as_py() == "stray"


def test_blank_lines_and_lines_of_delimiters_are_no_rows() -> None:
    grid = read_grid(csv("", *ROWS[:5], ",,", "  ", "", *ROWS[5:], end="\r\n"))
    assert (grid.rows, grid.line(0), grid.line(5)) == (30, 3, 11)
    assert not grid.notices


@pytest.mark.parametrize(
    "footer",
    [
        ["Källa: SMHI"],
        ["Källa: SMHI, Norrköping, Sverige, 2016"],
        ["", "* preliminär", "Antal rader: 30"],
        [",,", ",,", "Source: measured by hand,,"],
        ["-- slut --"],
        ["Uppdaterad,2016-05-02,"],
    ],
)
def test_remarks_below_the_data_are_skipped_and_told(footer: list[str]) -> None:
    grid = read_grid(csv(*ROWS, *footer))
    assert (grid.rows, grid.columns[0][29].as_py()) == (30, "2016-04-30")
    told = notice(grid, "skipped_lines")
    expected = [f"line {number}: {line}" for number, line in enumerate(footer, 32) if line]
    assert (told.count, list(told.examples)) == (len(expected), expected)


def test_totals_and_rows_without_a_time_are_left_to_the_next_step() -> None:
    grid = read_grid(csv(*ROWS[:9], "okänd,3,4", *ROWS[9:], "Summa,465.0,1395"))
    assert (grid.rows, grid.columns[0][9].as_py(), grid.columns[0][31].as_py()) == (32, "okänd", "Summa")


def test_repeated_headers_of_files_put_together_are_left_out() -> None:
    parts = [*ROWS[:9], "tid,effekt,antal", *ROWS[9:15], "", "Sida 2", "tid,effekt,antal", *ROWS[15:]]
    grid = read_grid(csv(*parts))
    assert grid.column("antal").to_pylist() == [row.split(",")[2] for row in ROWS]
    shown = [line for told in grid.notices for line in told.examples]
    assert sorted(shown) == ["line 11: tid,effekt,antal", "line 19: Sida 2", "line 20: tid,effekt,antal"]
    assert grid.line(29) == 35


def test_repeated_units_are_left_out_with_the_names() -> None:
    again = ["tid,effekt,antal", "(UTC),(MW),(st)"]
    grid = read_grid(csv(again[1], *ROWS[:9], *again, *ROWS[9:]))
    assert (grid.rows, grid.units["effekt"]) == (30, "MW")


def test_cells_are_trimmed_of_every_kind_of_blank() -> None:
    lines = ["\u00a0a\u200b, b\t,\ufeffc\u2009", '" d ","\te e\u202f","f\u200bg"', "h,,i"]
    grid = read_grid(csv(*lines))
    assert [column.to_pylist() for column in grid.columns] == [
        ["a", "d", "h"],
        ["b", "e e", ""],
        ["c", "f\u200bg", "i"],
    ]


def test_line_ends_and_delimiters_in_quoted_cells_are_kept() -> None:
    grid = read_grid(
        csv(ROWS[0], '2016-05-01,"Umeå,\nnorr",1', '"2016-05-02","say ""x""\r\ny",2', *ROWS[1:], "2016-06-01,1")
    )
    assert grid.columns[1][1:3].to_pylist() == ["Umeå,\nnorr", 'say "x"\r\ny']
    assert [grid.line(row) for row in (0, 1, 2, 3)] == [2, 3, 5, 7]
    assert notice(grid, "ragged_rows").examples == ("line 36: 2016-06-01,1",)


@pytest.mark.parametrize("place", [0, 12, 29])
@pytest.mark.parametrize("second", [False, True])
def test_a_quotation_mark_that_never_closes_swallows_no_lines(place: int, second: bool) -> None:
    lines = list(ROWS)
    lines[place] = f'2016-05-09,"5.5,{place}'
    if second:
        lines[(place + 5) % 30] = '2016-05-08,"6.5",7'
    grid = read_grid(csv(*lines))
    assert grid.rows == 30
    assert [column[place].as_py() for column in grid.columns] == ["2016-05-09", "5.5", str(place)]
    told = notice(grid, "unclosed_quote")
    assert told.examples == (f"line {place + 2}: {lines[place]}",)


def test_two_marks_that_never_close_swallow_nothing_between_them() -> None:
    lines = list(ROWS)
    lines[6], lines[11] = '2016-05-09,1,"x', '2016-05-10,1,"y'
    grid = read_grid(csv(*lines))
    assert grid.rows == 30
    assert grid.columns[2][11].as_py() == "y"


def test_marks_inside_cells_are_data() -> None:
    grid = read_grid(csv(*(row + '" rör' for row in ROWS)))
    assert grid.columns[2][1].as_py() == '6" rör'


def test_lines_are_right_with_everything_above_them() -> None:
    content = csv('Rapport,"om\nvind"', "", "tid,effekt,antal", "", *ROWS[:3], "# x", ",,", *ROWS[3:], header="Titel")
    grid = read_grid(content)
    found = content.decode().split("\n")
    for row in range(grid.rows):
        assert found[grid.line(row) - 1] == ROWS[row]


def test_a_file_without_a_line_end_at_its_end() -> None:
    assert read_grid(csv(*ROWS).rstrip()).rows == 30
    assert read_grid(b"tid,v\n2016-04-01,5").rows == 1


SIGNS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'", max_codepoint=0x2FFF)
CELLS = st.text(SIGNS, max_size=8).map(lambda text: text.strip(BLANKS))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.sampled_from([",", ";", "\t"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_quoted_cells_come_back_as_they_are(cells: list[tuple[str, str]], sign: str, crlf: bool) -> None:
    quoted = [sign.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    lines = [f"{day}{sign}{day}.5{sign}{row}" for day, row in enumerate(quoted, 1)]
    content = csv(*lines, header=sign.join(["nr", "v", "a", "b"]), end="\r\n" if crlf else "\n")
    grid = read_grid(content, sign)
    assert grid.names == ("nr", "v", "a", "b")
    assert list(zip(grid.column("a").to_pylist(), grid.column("b").to_pylist(), strict=True)) == cells


def test_a_long_file_takes_little_memory() -> None:
    body = b"".join(b"2016-04-%02d %02d:00,%d.25\n" % (n % 28 + 1, n % 24, n % 977) for n in range(1000)) * 200
    content = b"tid,effekt\n" + body
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    grid = read_grid(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grid.rows == 200_000
    assert peak < 3 * len(content)
    assert pa.total_allocated_bytes() - before < 3 * len(content)


@pytest.mark.parametrize(
    ("digits", "marks"),
    [("٠١٢٣٤٥٦٧٨٩", ("٫", "-")), ("०१२३४५६७८९", (".", "-")), ("０１２３４５６７８９", ("．", "－"))],
)
def test_digits_of_other_scripts_are_numbers_and_times_and_stay_in_text(digits: str, marks: tuple[str, str]) -> None:
    other = str.maketrans("0123456789.-", digits + "".join(marks))
    rows = [(f"2022-03-{day:02},{day}.25".translate(other) + f",flat {digits[3]}") for day in range(1, 31)]
    grid = read_grid("\n".join(["day,y,where", *rows, ""]).encode())
    assert [column[1].as_py() for column in grid.columns] == ["2022-03-02", "2.25", f"flat {digits[3]}"]


def test_lines_without_quotation_marks_are_passed_over_in_search_of_open_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    line_at = lines._line_at
    monkeypatch.setattr(lines, "_line_at", lambda data, place: looked_at.append(place) or line_at(data, place))
    content = b'day,y\r\n\r\n1,"2\r\n' + b"1,2\r\n" * 100_000 + b'3,"4'
    mended, broken = lines.mend_quotes(lines.Source(content), lines.Dialect(","))
    assert [(record.line, record.text) for record in broken] == [(3, '1,"2'), (100_004, '3,"4')]
    assert (mended.data, len(looked_at) < 1000) == (content.replace(b'"', b""), True)
