"""The sign between cells is found by what the lines have in common, not by the first one that occurs."""

from collections.abc import Callable

import pytest

from core.data.reading.dialect import COLUMNS_LIMIT
from core.data.reading.grid import read_grid
from core.errors import BadFile

DAYS = [f"{day:02}.09.2018" for day in range(1, 31)]


def table(header: str, line: Callable[[int, str], str]) -> bytes:
    return "\n".join([header, *(line(place, day) for place, day in enumerate(DAYS)), ""]).encode()


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", ":"])
def test_each_delimiter(sign: str) -> None:
    grid = read_grid(table(f"dag{sign}neerslag{sign}plaats", lambda n, day: sign.join([day, f"{n}.5", "Delft"])))
    assert (grid.delimiter, grid.names) == (sign, ("dag", "neerslag", "plaats"))
    assert grid.columns[1].to_pylist()[:2] == ["0.5", "1.5"]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_decimal_commas_part_no_cells(sign: str) -> None:
    for line in (lambda n, day: f"{day}{sign}{n},25", lambda n, day: f"{day}{sign}1.0{n:02},5{sign}{n},75"):
        names = sign.join(["dag", "a", "b"][: 1 + line(0, "").count(sign)])
        grid = read_grid(table(names, line))
        assert grid.delimiter == sign
        assert len(grid.names) == len(names.split(sign))


def test_commas_in_every_line_part_no_cells_where_they_tear_numbers() -> None:
    grid = read_grid(table("dag;mm, som", lambda n, day: f"{day};{n},25"))
    assert (grid.delimiter, grid.names) == (";", ("dag", "mm, som"))


def test_a_single_column_of_decimal_commas_stays_one() -> None:
    grid = read_grid(table("opbrengst", lambda n, day: f"{n},5"))
    assert (grid.names, grid.columns[0][3].as_py()) == (("opbrengst",), "3,5")


def test_delimiters_in_texts_and_quoted_cells_do_not_mislead() -> None:
    prose = read_grid(table("dag;mm;nota", lambda n, day: f"{day};{n};Wind, 3 Bft, then rain"))
    assert prose.delimiter == ";"
    quoted = read_grid(table("dag,mm,nota", lambda n, day: f'{day},{n},"a;b;3;4"'))
    assert (quoted.delimiter, quoted.columns[2][0].as_py()) == (",", "a;b;3;4")
    decimals = read_grid(table('dag,"mm"', lambda n, day: f'{day},"{n},5"'))
    assert (decimals.delimiter, decimals.columns[1][2].as_py()) == (",", "2,5")


def test_the_delimiter_asked_for_is_taken() -> None:
    content = b"a;b,c\n1;2,3\n2;3,4\n"
    assert read_grid(content, ";").names == ("a", "b,c")
    assert read_grid(content, ",").names == ("a;b", "c")
    assert read_grid(b"a\tb\n1\t2\n", "\\t").names == ("a", "b")


@pytest.mark.parametrize("sign", ["||", "§", "¦", ";;"])
def test_a_delimiter_of_several_bytes_can_be_asked_for(sign: str) -> None:
    grid = read_grid(table(f"dag{sign}mm", lambda n, day: f"{day}{sign}{n}"), sign)
    assert (grid.names, grid.delimiter) == (("dag", "mm"), sign)


def test_a_line_that_names_the_delimiter_is_honoured_and_no_row() -> None:
    grid = read_grid(b"sep=|\n" + table("dag|a,b", lambda n, day: f"{day}|{n},5"))
    assert (grid.names, grid.delimiter, grid.line(0)) == (("dag", "a,b"), "|", 3)
    assert not grid.notices
    utf_16 = ("sep=;\r\n" + table("dag;ø", lambda n, day: f"{day};{n},5").decode()).encode("utf-16")
    assert read_grid(utf_16).names == ("dag", "ø")


@pytest.mark.parametrize("gap", [" ", "   ", "\t  "])
def test_blanks_part_cells_where_nothing_else_does(gap: str) -> None:
    grid = read_grid(table(gap.join(["dag", "tijd", "mm"]), lambda n, day: gap.join([day, "06:00", f"{n}.5"])))
    assert grid.names == ("dag", "tijd", "mm")
    assert grid.columns[2].to_pylist()[-1] == "29.5"


def test_columns_of_fixed_width_may_have_empty_cells() -> None:
    lines = table("dag         mm   hPa", lambda n, day: f"{day}{'' if n == 4 else f'{n:4}':>4}  {1000 + n}")
    grid = read_grid(lines)
    assert grid.names == ("dag", "mm", "hPa")
    assert [column[4].as_py() for column in grid.columns] == ["05.09.2018", "", "1004"]


def test_day_and_time_of_day_under_one_name_are_two_columns() -> None:
    grid = read_grid(table("Tijdstip mm", lambda n, day: f"{day} 06:00 {n}.5"))
    assert grid.names == ("Tijdstip", "column 2", "mm")


def test_cells_between_single_quotation_marks() -> None:
    grid = read_grid(table("'dag','mm, som'", lambda n, day: f"'{day}','{n},5'"))
    assert (grid.names, grid.columns[1][1].as_py()) == (("dag", "mm, som"), "1,5")


def test_blanks_before_quotation_marks() -> None:
    grid = read_grid(table('dag, "mm, som", plaats', lambda n, day: f'{day}, "{n},5", "say ""a, b"""'))
    assert [column[0].as_py() for column in grid.columns] == ["01.09.2018", "0,5", 'say "a, b"']


def test_a_file_exported_twice_has_its_lines_in_quotation_marks() -> None:
    grid = read_grid(table('"dag,""mm, som"",plaats"', lambda n, day: f'"{day},{n},Delft"'))
    assert grid.names == ("dag", "mm, som", "plaats")


def test_quotation_marks_behind_backslashes_and_backslashes_alone() -> None:
    escaped = read_grid(table("dag,mm,nota", lambda n, day: f'{day},{n},"a \\"b, c\\" d"'))
    assert escaped.columns[2][0].as_py() == 'a "b, c" d'
    path = read_grid(table("dag,mm,nota", lambda n, day: f'{day},"C:\\","\\"""'))
    assert [column[0].as_py() for column in path.columns[1:]] == ["C:\\", '\\"']


def test_names_parted_by_another_sign_than_the_data() -> None:
    assert read_grid(table("dag,mm", lambda n, day: f"{day};{n}")).names == ("dag", "mm")


def test_more_columns_than_the_limit_are_refused_by_the_header_alone() -> None:
    wide = ",".join(["dag", *(f"s{place}" for place in range(COLUMNS_LIMIT))])
    with pytest.raises(BadFile, match=r"2,001 columns.*2,000"):
        read_grid(f"{wide}\n1,2\n3".encode())
    just = wide.rsplit(",", 1)[0]
    assert len(read_grid(f"{just}\n{','.join('1' * COLUMNS_LIMIT)}\n".encode()).names) == COLUMNS_LIMIT


def test_delimiters_without_end_behind_the_lines_are_no_columns() -> None:
    tail = ";" * 16_000
    grid = read_grid(table(f"dag;mm{tail}", lambda n, day: f"{day};{n}{tail}"))
    assert (grid.names, grid.rows) == (("dag", "mm"), 30)


@pytest.mark.parametrize("title", ["", "Logger 3\n"])
@pytest.mark.parametrize("sign", [";", "|", "\t"])
@pytest.mark.parametrize("time", ["{}.03.2022 00:00", "{}.03.2022 07:15:00", "2022-03-{} 00:00", "2022-03-{}T00:00:00"])
def test_decimal_commas_behind_times_of_day_part_no_cells(time: str, sign: str, title: str) -> None:
    lines = [f"{time.format(f'{1 + n % 31:02}')}{sign}{500 + n},{n % 100:02}\n" for n in range(300)]
    grid = read_grid((title + "".join(lines)).encode())
    assert (grid.delimiter, grid.rows, len(grid.columns)) == (sign, 300, 2)
    assert grid.columns[1][12].as_py() == "512,12"


@pytest.mark.parametrize("decimals", [1, 2])
def test_a_nameless_column_of_decimal_commas_stays_one(decimals: int) -> None:
    lines = [f"{500 + n * 0.37:.{decimals}f}\n".replace(".", ",") for n in range(60)]
    assert read_grid("".join(lines).encode()).columns[0].to_pylist() == [line.strip() for line in lines]


@pytest.mark.parametrize("line", ["{n},{n}", "{n},{d}", "{m},{n}"])
def test_two_nameless_columns_of_whole_numbers_stay_two(line: str) -> None:
    lines = [line.format(n=n, d=n % 10, m=17 * n % 60) + "\n" for n in range(60)]
    assert len(read_grid("".join(lines).encode()).columns) == 2


@pytest.mark.parametrize("sign", ["~", "^"])
@pytest.mark.parametrize("value", ["{}.5", "{},5"])
def test_rare_delimiters_are_tried_where_no_other_parts_the_lines(sign: str, value: str) -> None:
    grid = read_grid(table(f"dag{sign}mm", lambda n, day: f"{day}{sign}{value.format(n)}"))
    assert (grid.delimiter, grid.names) == (sign, ("dag", "mm"))


@pytest.mark.parametrize("head", [b"", b"day,y\n2020-01-01,"])
def test_a_line_of_one_endless_cell_is_refused_with_its_place(head: bytes) -> None:
    with pytest.raises(BadFile, match=rf"longer than 1 MB.*line {1 + head.count(10)}"):
        read_grid(head + b"1" * (2 << 20) + b"\n")
