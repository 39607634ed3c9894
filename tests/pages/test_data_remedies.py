"""Data: what was found in a file, and each remedy beside it; a refusal that another reading may undo."""

import re
from pathlib import Path
from typing import Any

import pytest
from visitor import Visitor

pytestmark = pytest.mark.slow

UGLY = Path(__file__).parents[1] / "data" / "ugly"
SHOP = "day;sales;visitors;shop\n" + "".join(
    f"2024-01-{n:02d};{n * 3.5};{100 + n * n % 17};north\n" for n in range(1, 31)
)
TWO_TIMES = "day,booked,sales\n" + "".join(f"2024-01-{n:02d},2023-05-{n:02d},{n}\n" for n in range(1, 31))
GAPPY = "day,sales\n" + "".join(f"2024-01-{n:02d},{n * 10}\n" for n in range(1, 32) if n != 20)
TWICE = "day,sales\n" + "".join(f"2024-01-{n:02d},{n * 10}\n2024-01-{n:02d},{n * 20}\n" for n in range(1, 31))


def key(visitor: Visitor, role: str) -> str:
    return str(visitor.find(role).key)


def correct(visitor: Visitor, role: str, value: Any) -> Visitor:
    return visitor.set(key(visitor, role), value)


def ugly(visitor: Visitor, start: str) -> Visitor:
    (file,) = UGLY.glob(f"{start}*")
    return visitor.open().upload(file.read_bytes(), file.name)


def values(visitor: Visitor) -> list[float]:
    """Of the first column in the preview."""
    return list(visitor.at.dataframe[-1].value.iloc[:, 0])


def test_what_was_understood_of_a_file_is_said_with_a_control_for_each(visitor: Visitor) -> None:
    ugly(visitor, "01_")
    for words in ("A semicolon between columns", "decimal comma", "From “Datum”", "Daily.", "Nothing is missing"):
        assert words in visitor.text
    for role in ("delimiter", "decimal", "time", "step"):
        assert visitor.find(f"{role}_")
    assert not visitor.has("start_over")


def test_a_sample_has_no_controls_for_how_it_is_read(visitor: Visitor) -> None:
    visitor.open()
    assert not any((each.key or "").startswith("delimiter_") for each in visitor.at.selectbox)
    assert visitor.find("step_")


def test_day_and_month_are_turned_round(visitor: Visitor) -> None:
    ugly(visitor, "10_")
    assert "96 rows, monthly, January 2015 to December 2022" in visitor.text
    correct(visitor, "day_first_", "month")
    assert "1 January 2015 to 12 January 2022" in visitor.text
    correct(visitor, "day_first_", "auto")
    assert "96 rows, monthly" in visitor.text


def test_another_delimiter(visitor: Visitor) -> None:
    content = "day;a,b;c\n" + "".join(f"2024-01-{n:02d};{n},{n};{n * n % 11}\n" for n in range(1, 31))
    visitor.open().upload(content)
    correct(visitor, "delimiter_", ";")
    assert visitor.find("targets").options == ["a,b", "c"]
    assert not visitor.errors


def test_another_decimal_sign_changes_the_rows_at_once(visitor: Visitor) -> None:
    visitor.open().upload("day;price\n" + "".join(f"2024-01-{n:02d};{n},125\n" for n in range(1, 31)))
    correct(visitor, "decimal_", ",")
    assert values(visitor)[:2] == [1.125, 2.125]
    correct(visitor, "decimal_", ".")
    assert values(visitor)[:2] == [1125, 2125]


def test_the_time_column_can_be_chosen_and_survives_a_page_switch(visitor: Visitor) -> None:
    visitor.open().upload(TWO_TIMES)
    correct(visitor, "time_", ["booked"])
    assert "1 May 2023 to 30 May 2023" in visitor.text
    visitor.open("train.py")
    assert "1 May 2023 to 30 May 2023" in visitor.text
    visitor.open()
    assert visitor.find("time_").value == ["booked"]


def test_one_series_of_several_or_their_total(visitor: Visitor) -> None:
    ugly(visitor, "30_")
    first, second, *_ = visitor.find("series_").options
    assert visitor.find("series_").value == first
    one = values(visitor)[0]
    correct(visitor, "series_", second)
    assert f"this is “{second}”" in visitor.text
    other = values(visitor)[0]
    correct(visitor, "series_", "total")
    assert values(visitor)[0] >= one + other


def test_gaps_are_filled(visitor: Visitor) -> None:
    visitor.open().upload(GAPPY)
    assert "30 rows" in visitor.text
    correct(visitor, "fill_", "interpolate")
    assert "31 rows" in visitor.text
    assert values(visitor)[19] == 200
    correct(visitor, "fill_", "as it is")
    assert "30 rows" in visitor.text


@pytest.mark.parametrize(("how", "becomes"), [("sum", 30), ("last", 20), ("first", 10), ("max", 20), ("mean", 15)])
def test_repeated_times_are_merged_as_a_person_wants(visitor: Visitor, how: str, becomes: int) -> None:
    visitor.open().upload(TWICE)
    assert values(visitor)[0] == 15
    correct(visitor, "merge_", how)
    assert values(visitor)[0] == becomes
    correct(visitor, "merge_", "auto")
    assert values(visitor)[0] == 15
    assert not visitor.has("start_over")


def test_the_command_repeats_how_repeated_times_are_merged(visitor: Visitor, store: Any) -> None:
    visitor.open().upload(TWICE)
    correct(visitor, "merge_", "sum")
    visitor.open("train.py").click("start")
    (summary,) = store.list()
    assert "--merge sum" in store.open(summary.id).spec().command


def test_only_repeated_times_can_be_merged(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    assert not any((each.key or "").startswith("merge_") for each in visitor.at.selectbox)


def test_leaving_rows_out_is_said_to_be_about_the_column_to_forecast(visitor: Visitor) -> None:
    visitor.open().upload(SHOP.replace(";110;", ";;").replace(";100;", ";;"))
    assert "the column to forecast" in visitor.find("fill_").help
    correct(visitor, "inputs", ["visitors"])
    correct(visitor, "fill_", "leave_out")
    assert "No row is left out: this concerns “sales” alone" in visitor.text
    assert "In the other columns: " in visitor.text
    correct(visitor, "inputs", [])
    correct(visitor, "targets", ["visitors"])
    assert "No row is left out" not in visitor.text and "This concerns “visitors” alone." in visitor.text


def test_one_time_column_is_not_all_columns(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    assert not visitor.find("time_").proto.select_all


@pytest.mark.parametrize(
    ("content", "says"), [("GAPPY", "20 January 2024"), ("TWICE", "1 January 2024\n2 January 2024")]
)
def test_gaps_and_repeated_times_can_be_looked_at(visitor: Visitor, content: str, says: str) -> None:
    visitor.open().upload({"GAPPY": GAPPY, "TWICE": TWICE}[content])
    assert any(says in each.value for each in visitor.at.code)


def test_irregular_rows_are_resampled_by_the_step_suggested(visitor: Visitor) -> None:
    ugly(visitor, "59_")
    assert "irregular steps" in visitor.text
    suggested = visitor.find("step_").options[1]
    assert suggested.endswith("(suggested)")
    visitor.find("step_").select(suggested)
    visitor.run()
    assert "irregular steps" not in visitor.text
    mean = values(visitor)[0]
    correct(visitor, "how_", "max")
    assert values(visitor)[0] >= mean


def test_an_impossible_repair_is_refused_and_can_be_taken_back(visitor: Visitor) -> None:
    early = "".join(f"1901-01-{n:02d},{n * n % 7}\n" for n in range(1, 31))
    visitor.open().upload(f"day,sales\n{early}" + early.replace("1901", "2024"))
    correct(visitor, "fill_", "last")
    assert len(visitor.errors) == 1
    assert visitor.find("fill_").value == "last"
    visitor.click("start_over")
    assert not visitor.errors
    assert "60 rows, daily" in visitor.text


def test_start_over_forgets_every_correction(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    before = visitor.text
    correct(visitor, "decimal_", ",")
    correct(visitor, "time_", ["day"])
    correct(visitor, "targets", ["visitors"])
    visitor.click("start_over")
    assert visitor.text == before
    assert not visitor.has("start_over")


def test_corrections_stay_with_their_file(visitor: Visitor) -> None:
    visitor.open().upload(TWO_TIMES)
    correct(visitor, "time_", ["booked"])
    visitor.upload(SHOP)
    assert "1 January 2024 to 30 January 2024" in visitor.text
    assert visitor.find("time_").value == []
    visitor.upload(TWO_TIMES)
    assert "1 May 2023" in visitor.text


def test_lines_that_were_left_out_can_be_looked_at(visitor: Visitor) -> None:
    ugly(visitor, "29_")
    assert any("Total" in each.value or "total" in each.value for each in visitor.at.code)


def test_a_time_column_that_cannot_be_read_leaves_a_way_back(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    correct(visitor, "time_", ["shop"])
    (error,) = visitor.errors
    assert "shop" in error
    assert visitor.find("time_").value == ["shop"]
    visitor.click("start_over")
    assert not visitor.errors
    assert "30 rows, daily, 1 January 2024" in visitor.text


def test_a_refused_table_can_be_read_another_way(visitor: Visitor) -> None:
    visitor.open().upload("name;town\n" + "Ann;York\n" * 40)
    assert len(visitor.errors) == 1
    for role in ("delimiter", "decimal", "time"):
        assert visitor.find(f"{role}_")
    correct(visitor, "delimiter_", ",")
    assert len(visitor.errors) == 1
    visitor.click("start_over")
    assert visitor.find("delimiter_").value == "auto"


def test_the_suggested_windows_go_to_the_form(visitor: Visitor) -> None:
    visitor.open().set("sample", "electricity")
    visitor.click("use_suggestion")
    assert visitor.at.button(key="use_suggestion").disabled
    visitor.click("go_on")
    assert visitor.find("preset").value == "own"
    assert visitor.find("setting_lookback").value >= 24
    assert not visitor.errors


def test_the_command_repeats_what_was_corrected(visitor: Visitor, store: Any) -> None:
    visitor.open().upload(TWO_TIMES.replace(",", ";"), "two.csv")
    correct(visitor, "time_", ["booked"])
    correct(visitor, "delimiter_", ";")
    visitor.open("train.py").click("start")
    (summary,) = store.list()
    command = store.open(summary.id).spec().command
    assert "--time booked" in command and "--delimiter ';'" in command
    assert "--decimal" not in command and "--fill" not in command


def test_a_preview_of_a_wide_table_is_small(visitor: Visitor) -> None:
    ugly(visitor, "60_")
    shown = visitor.at.dataframe[-1].value
    assert shown.size <= 20_000


def test_a_hostile_file_is_text_in_every_control_and_finding(visitor: Visitor) -> None:
    ugly(visitor, "48_")
    assert not visitor.errors
    targets = visitor.find("targets").options
    correct(visitor, "targets", targets[:6])
    correct(visitor, "inputs", targets[6:])
    hostile = [name for name in targets if re.search(r"[<*{]", name)]
    assert len(hostile) > 3
    for text in visitor.drawn_as_markdown:
        assert not any(name in text for name in hostile), text


def test_a_hostile_name_in_a_finding_is_text(visitor: Visitor) -> None:
    name = "**b** <i>x</i> :red[y]"
    visitor.open().upload(SHOP.replace("shop", name).replace("north", name))
    assert f"“{name}”" in visitor.text, "the finding is there"
    assert not any(name in text for text in visitor.drawn_as_markdown)


@pytest.mark.parametrize(
    ("content", "what", "remedy"),
    [
        (b"", "empty", "."),
        (b"a,b\n1,2\n", "only 1 row", "At least 20 are needed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "a PNG picture", "CSV"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "Excel workbook", "CSV"),
        (b"\x1f\x8b\x08" + bytes(range(256)) * 9, "compressed file", "CSV"),
        (b"day,v\n2024-01-01,\x00\n" * 30, "NUL", "CSV"),
        (b"day,v\n" + b"2024-01-01,Ann\n" * 40, "number", "CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(
    visitor: Visitor, content: bytes, what: str, remedy: str
) -> None:
    visitor.open().upload(content)
    (error,) = visitor.errors
    assert what in error and remedy in error
    assert "Traceback" not in error
    assert visitor.has("sample"), "a sample can be chosen instead"
    visitor.open("train.py")
    assert visitor.errors == [error]
    assert "Choose another series" in visitor.links
