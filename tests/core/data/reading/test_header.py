"""Names, units and titles above the data are told apart, in whatever order programs write them."""

import pytest

from core.data.reading.grid import Grid, read_grid
from core.data.spreadsheet import unmarked
from core.errors import BadFile

DAYS = [f"2017-11-{day:02}" for day in range(1, 31)]


def table(header: str, columns: int = 2, sign: str = ",") -> bytes:
    """Thirty days under a header; column k of day n holds n + k/4."""
    rows = [sign.join([day, *(str(n + k / 4) for k in range(1, columns + 1))]) for n, day in enumerate(DAYS)]
    return "\n".join([header, *rows, ""] if header else [*rows, ""]).encode()


def codes(grid: Grid) -> list[str]:
    return [notice.code for notice in grid.notices]


def test_titles_above_the_header_are_skipped_and_shown_as_they_stand() -> None:
    grid = read_grid(table("Relevé du parc\nExporté le 03/12/2017\n\nParc;Brest\nJour;Vent;Houle", sign=";"))
    assert (grid.names, grid.rows, grid.line(0)) == (("Jour", "Vent", "Houle"), 30, 6)
    (notice,) = grid.notices
    assert (notice.code, notice.count) == ("skipped_lines", 3)
    assert notice.examples == ("line 1: Relevé du parc", "line 2: Exporté le 03/12/2017", "line 4: Parc;Brest")


def test_titles_padded_with_delimiters_as_spreadsheets_write_them() -> None:
    grid = read_grid(table("Sea report,,\nCreated,2017-12-03,\n,,\nday,wind,swell"))
    assert (grid.names, codes(grid)) == (("day", "wind", "swell"), ["skipped_lines"])


def test_pairs_of_words_above_a_table_of_two_columns() -> None:
    grid = read_grid(table("Site,Brest\nUnit,m/s\nSince,2017-11-01\nday,wind", 1))
    assert (grid.names, grid.notices[0].count) == (("day", "wind"), 3)


@pytest.mark.parametrize("sign", ["#", "//"])
def test_comments_are_skipped_wherever_they_stand(sign: str) -> None:
    grid = read_grid(
        table(f"{sign} made by hand, in 2017\nday,wind,swell\n{sign} units: m/s, m") + f"{sign} end".encode()
    )
    assert (grid.names, grid.rows) == (("day", "wind", "swell"), 30)
    assert grid.notices[0].count == 3


def test_names_behind_a_comment_sign_are_names() -> None:
    assert read_grid(table("# made by hand\n# day,wind,swell")).names == ("day", "wind", "swell")
    assert read_grid(table("#day,wind,swell")).names == ("#day", "wind", "swell")


def test_a_table_drawn_by_a_database_client() -> None:
    grid = read_grid(table(" day | wind \n-----+------", 1, "|") + b"(30 rows)\n")
    assert (grid.names, grid.rows) == (("day", "wind"), 30)


@pytest.mark.parametrize("title", ["", "Export 2017\n\n", "Export 2017,,\n"])
def test_without_a_header_columns_are_called_by_their_place(title: str) -> None:
    grid = read_grid(title.encode() + table(""))
    assert grid.names == ("column 1", "column 2", "column 3")
    assert (grid.nameless, grid.header_rows, grid.rows) == (frozenset(grid.names), 0, 30)
    assert codes(grid)[0] == "no_header"
    assert grid.columns[0][0].as_py() == DAYS[0]


def test_numbers_alone_have_no_header_and_numbered_names_are_one() -> None:
    assert read_grid(b"1.5,2\n2.5,3\n3.5,4\n").header_rows == 0
    assert read_grid(table("day,1,2")).names == ("day", "1", "2")
    assert read_grid(b"PM2.5,T2\n1.5,2\n2.5,3\n").names == ("PM2.5", "T2")


@pytest.mark.parametrize("labels", ["2014,2015,2016,2017", "201401,201402,201403", "01.2014,02.2014,03.2014"])
def test_years_and_months_along_the_header_of_a_turned_table_are_names(labels: str) -> None:
    values = ",".join("5" for _ in labels.split(","))
    grid = read_grid(f"Land,{labels}\nPeru,{values}\nChile,{values}\nCuba,{values}\n".encode())
    assert (grid.names, grid.rows) == (("Land", *labels.split(",")), 3)


def test_several_lines_of_names_begin_with_the_top_one() -> None:
    grid = read_grid(table("Price,Open,Open\nTicker,SAP,BMW\nDate,,"))
    assert (grid.names, grid.header_rows) == (("Date", "Open SAP", "Open BMW"), 3)
    assert codes(grid) == ["header_rows"]
    assert read_grid(table("Price,Open\nTicker,SAP\nDate,", 1)).names == ("Date", "Open SAP")


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (",Nord,,Süd,\nTag,Wind,Welle,Wind,Welle", ("Tag", "Nord Wind", "Nord Welle", "Süd Wind", "Süd Welle")),
        ("Tag,Nord,,Süd,\n,Wind,Welle,Wind,Welle", ("Tag", "Nord Wind", "Nord Welle", "Süd Wind", "Süd Welle")),
        ("Tag,Nord,Nord,Süd,Süd\n,min,max,min,max", ("Tag", "Nord min", "Nord max", "Süd min", "Süd max")),
        (
            "Küste,Nord,,Ost,\nOrt,Sylt,Emden,Kiel,Binz\nTag,Wind,Wind,Wind,Wind",
            ("Tag", "Nord Sylt Wind", "Nord Emden Wind", "Ost Kiel Wind", "Ost Binz Wind"),
        ),
    ],
)
def test_groups_of_merged_cells_name_the_columns_below_them(header: str, names: tuple[str, ...]) -> None:
    grid = read_grid(table(header, 4))
    assert (grid.names, grid.rows) == (names, 30)


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("(UTC),(m/s),(hPa)", {"dag": "UTC", "wind": "m/s", "druk": "hPa"}),
        (",[kn],[mbar]", {"wind": "kn", "druk": "mbar"}),
        (",EUR,%", {"wind": "EUR", "druk": "%"}),
        ("UTC,kWh,°C", {"dag": "UTC", "wind": "kWh", "druk": "°C"}),
    ],
)
def test_a_line_of_units_is_no_row_and_no_part_of_the_names(line: str, units: dict[str, str]) -> None:
    grid = read_grid(table(f"dag,wind,druk\n{line}"))
    assert (grid.names, grid.units, grid.header_rows, grid.rows) == (("dag", "wind", "druk"), units, 1, 30)
    assert codes(grid) == ["units"]


def test_units_below_groups_and_names_that_are_units() -> None:
    grouped = read_grid(table(",Nord,,Süd,\nTag,Wind,Welle,Wind,Welle\n,[kn],[m],[kn],[m]", 4))
    assert grouped.units == {"Nord Wind": "kn", "Nord Welle": "m", "Süd Wind": "kn", "Süd Welle": "m"}
    assert read_grid(table("Meter,12345,x\nTime,kWh,EUR")).names == ("Time", "kWh", "EUR")
    assert read_grid(table("Zeit,Wind [kn],Druck (hPa)")).names == ("Zeit", "Wind [kn]", "Druck (hPa)")


def test_each_name_occurs_once() -> None:
    grid = read_grid(table("day,v,v,v (2),v", 4))
    assert grid.names == ("day", "v", "v (3)", "v (2)", "v (4)")
    (notice,) = grid.notices
    assert (notice.code, notice.count, notice.examples) == ("duplicate_names", 2, ("v (3)", "v (4)"))


def test_nameless_columns_are_called_by_their_place() -> None:
    grid = read_grid(table("day,,column 2,", 3))
    assert grid.names == ("day", "column 2 (2)", "column 2", "column 4")
    assert grid.nameless == {"column 2 (2)", "column 4"}


def test_names_keep_everything_but_the_blanks_around_them() -> None:
    names = ["two\nlines", "🌊 höhe", "<b>x</b>", "a  b", "\u202egnp", "{0}%s", "../../x", "'quoted", "''=a", "x" * 400]
    header = ",".join(["day", *(f'"\u00a0 {name}\ufeff\t"' for name in names)])
    assert read_grid(table(header, len(names))).names == ("day", *names[:-2], "'=a", names[-1])


@pytest.mark.parametrize(
    ("written", "meant"),
    [("'=cmd", "=cmd"), ("''=x", "'=x"), ("'-5", "-5"), ("'\t1", "\t1"), ("'\r", "\r"), ("'@a", "@a"), ("'+", "+")],
)
def test_the_mark_before_a_formula_is_taken_away_once(written: str, meant: str) -> None:
    assert unmarked(written) == meant
    cells = b'day,note\n1,"%s"\n2,x\n' % written.encode()
    if written.strip() == written:
        assert read_grid(cells).columns[1].to_pylist() == [meant, "x"]


@pytest.mark.parametrize("text", ["'", "''", "'abc", "' =a", "=a", "a'=b", "’=a", ""])
def test_other_apostrophes_are_data(text: str) -> None:
    assert unmarked(text) == text
    assert read_grid(f'day,note\n1,"{text}"\n2,x\n'.encode()).columns[1][0].as_py() == text


def test_row_names_without_a_name_over_them() -> None:
    numbered = b'"wind","druk"\n' + b"".join(b'"%d",%d,%d\n' % (n, n * 2, n * 3) for n in range(1, 9))
    assert read_grid(numbered).names == ("column 1", "wind", "druk")
    dated = read_grid(table("wind druk", sign=" "))
    assert (dated.names, dated.nameless) == (("column 1", "wind", "druk"), {"column 1"})


def test_decimal_commas_that_part_cells_are_refused_with_the_line() -> None:
    lines = b"".join(b"%s,%d,5\n" % (day.encode(), n) for n, day in enumerate(DAYS))
    with pytest.raises(BadFile, match=r"3 cells where the header has 2 \(line 2\).*decimal commas"):
        read_grid(b"day,wind\n" + lines)


def test_delimiters_at_the_ends_of_lines_make_no_columns() -> None:
    rows = table("", 1).replace(b"\n", b",\n")
    assert read_grid(b"day,wind\n" + rows).names == ("day", "wind")
    assert read_grid(table("day,wind,", 1)).names == ("day", "wind")


@pytest.mark.parametrize(
    "content", [b"dag,wind\n", b"dag;wind;druk\r\n;;\r\n", b"dag,wind\n(UTC),(m/s)\n", b"Titel\n\ndag;wind\n", b"wind"]
)
def test_a_header_without_data_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile, match="There is a header and no line below it"):
        read_grid(content)


def test_first_rows_with_missing_values_or_a_damaged_time_are_data() -> None:
    rows = table("").split(b"\n")
    rows[0] = DAYS[0].encode() + b",,"
    grid = read_grid(b"day,wind,swell\n" + b"\n".join(rows))
    assert (grid.rows, grid.header_rows) == (30, 1)
    rows[0] = b"2017-11-01,<1,3"
    assert read_grid(b"day,wind,swell\n" + b"\n".join(rows)).rows == 30
    assert read_grid(b"day,wind\n2017-11-01,<1\n" + b"\n".join(table("", 1).split(b"\n")[1:])).rows == 30
    rows[0] = b"2017-11-x1,3,4"
    grid = read_grid(b"day,wind,swell\n" + b"\n".join(rows))
    assert (grid.rows, grid.names) == (30, ("day", "wind", "swell"))


@pytest.mark.parametrize("above", ["", '"Data Source","World Development Indicators",\n\n"Updated","2020-12-16",\n\n'])
@pytest.mark.parametrize("labels", [("Country",), ("Country Name", "Country Code", "Indicator")])
def test_years_in_the_header_are_names_though_its_lines_end_with_a_delimiter(
    above: str, labels: tuple[str, ...]
) -> None:
    years = [str(year) for year in range(1980, 2020)]
    rows = [[*(f"{label} {n}" for label in labels), *(str(n * 1000 + int(year)) for year in years)] for n in range(8)]
    grid = read_grid((above + "".join(",".join(cells) + ",\n" for cells in [[*labels, *years], *rows])).encode())
    assert (grid.header_rows, grid.rows) == (1, 8)
    assert grid.names[: len(labels) + 40] == (*labels, *years)
