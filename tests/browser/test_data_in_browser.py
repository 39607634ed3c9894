"""Data in a real browser: ugly files are read, corrected by one control or refused, and nothing in them runs."""

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.data.dataset import Split
from core.data.reader import read_table
from core.data.selection import make_dataset
from core.data.windows import window_parts
from core.frameworks.base import Device
from core.runs import results
from core.runs.evaluate import evaluate
from core.runs.planning import plan_comparison
from core.runs.spec import Settings
from core.runs.store import State, Store
from pages.parts import data_chart
from tests.browser.conftest import ROOT, Server, drawn, idle, serving
from tests.core.runs.made_run import finished_run

pytestmark = pytest.mark.browser

UGLY = ROOT / "tests" / "data" / "ugly"
ALARM = "window.alarms = []; for (const name of ['alert', 'confirm']) window[name] = () => window.alarms.push(name);"


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("01_", "400 rows, daily, 1 January 2021 to 4 February 2022, forecasting Umsatz"),
        ("02_", "400 rows, daily, 1 January 2021 to 4 February 2022, forecasting Chiffre d’affaires"),
        ("11_", "720 rows, hourly, 28 November 2021 00:00 to 27 December 2021 23:00, forecasting kWh"),
        ("21_", "96 rows, monthly, January 2015 to December 2022, forecasting passengers"),
        ("36_", "forecasting"),
    ],
)
def test_an_ugly_file_is_understood(server: Server, page: Page, start: str, sentence: str) -> None:
    upload(page, server, start)
    expect(page.get_by_text(re.compile(re.escape(sentence)))).to_be_visible()
    drawn(page, "series")
    drawn(page, "correlation")


def test_a_wrong_guess_is_corrected_by_one_control(server: Server, page: Page) -> None:
    upload(page, server, "10_")
    expect(page.get_by_text("monthly, January 2015 to December 2022")).to_be_visible()
    choose(page, "day_first", "Month first")
    expect(page.get_by_text("1 January 2015 to 12 January 2022")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_text("monthly, January 2015 to December 2022")).to_be_visible()
    expect(page.get_by_role("button", name="Start over")).to_have_count(0)


def test_repeated_times_are_added_up_at_800_pixels(server: Server, page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    file = tmp_path / "twice.csv"
    days = range(1, 31)
    file.write_text("day,sales\n" + "".join(f"{n:02}/01/2024,{n}\n{n:02}/01/2024,{n}.5\n" for n in days))
    open_with(page, server, file)
    for role in ("time", "day_first", "merge"):
        control, box = (
            page.locator(place).first.bounding_box()
            for place in (f"[class*='st-key-{role}_']", ".st-key-findings [data-testid=stVerticalBlock]")
        )
        assert control and box and control["x"] + control["width"] <= box["x"] + box["width"], role
    choose(page, "merge", "Sum")
    first = download(page, "All rows as understood").splitlines()[1]
    assert first == "2024-01-01,2.5"


def test_a_reload_says_that_the_file_is_lost(server: Server, page: Page) -> None:
    upload(page, server, "01_")
    page.get_by_role("link", name="Train", exact=True).first.click()
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    idle(page)
    page.reload()
    expect(page.get_by_test_id("stAlert")).to_contain_text("not kept over a reload")
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    page.get_by_role("link", name="Choose another series").click()
    page.get_by_text("Seattle weather").click()
    expect(page.get_by_role("button", name="Train on this")).to_be_visible()
    assert "file=" not in page.url


def test_a_picture_is_refused_in_plain_words(server: Server, page: Page) -> None:
    upload(page, server, "49_")
    expect(page.get_by_test_id("stAlert")).to_contain_text("PNG")
    expect(page.locator(".main-svg")).to_have_count(0)


def test_hostile_names_are_text_on_the_data_page(server: Server, page: Page) -> None:
    page.add_init_script(ALARM)
    upload(page, server, "48_")
    names = hostile_names()
    choose_all(page, "targets")
    titles = page.locator(".st-key-series [class^='g-y'] text")
    expect(titles).to_have_count(data_chart.MOST)
    begins = [name[:20].split() for name in names]  # a label has one line, and room for 40 letters
    assert [title[:20].split() for title in titles.all_text_contents()] == begins[: data_chart.MOST]
    chips = page.locator("[class*='st-key-targets_'] [data-tag]")
    assert [chip[:20].split() for chip in chips.all_inner_texts()] == begins
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    heads = table.locator("[role='columnheader']")
    expect(heads.nth(4)).to_be_attached()
    assert [head[:20].split() for head in heads.all_text_contents()[1:5]] == begins[:4]  # those in view
    rows = list(csv.reader(io.StringIO(download(page, "All rows as understood"))))
    assert rows[0][1:] == names
    nothing_ran(page)


def test_a_formula_is_text_in_what_is_downloaded(server: Server, page: Page) -> None:
    page.add_init_script("delete window.showSaveFilePicker")  # the table's own download would ask where to
    upload(page, server, "47_")
    rows = list(csv.reader(io.StringIO(download(page, "All rows as understood"))))
    assert not [cell for row in rows for cell in row if re.match(r"[=+@\t]|-(?![\d.])", cell)]
    assert any(cell.startswith("'=") for cell in rows[0])
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    expect(table.locator("[role='columnheader']").nth(2)).to_have_text(re.compile("^=cmd"))  # as it is in the file
    table.hover()
    rows = list(csv.reader(io.StringIO(download(page, "Download as CSV").removeprefix("\ufeff"))))
    assert not [cell for row in rows for cell in row if re.match(r"[=+@\t]|-(?![\d.])", cell)]
    assert any(cell.startswith("'=") for cell in rows[0])


def test_hostile_names_are_text_on_the_other_pages(page: Page, tmp_path: Path) -> None:
    """In the charts, tables and downloads of a comparison of them."""
    page.add_init_script(ALARM)
    names = hostile_names()[:3]
    id = compared(tmp_path, names)
    with serving(ROOT / "app.py", tmp_path) as server:
        for path in ("history", f"train?comparison={id}", f"compare?comparison={id}"):
            page.goto(f"{server.url}/{path}")
            idle(page)
            nothing_ran(page)
        title = page.locator("[class*='st-key-forecasts_'] [class^='g-y'] text").first
        expect(title).to_contain_text(names[0][:10])
        rows = list(csv.DictReader(io.StringIO(download(page, "Forecasts (CSV)"))))
        assert {row["target"] for row in rows} == set(names)
        page.goto("about:blank")


def test_zooming_a_long_series_brings_finer_points_and_a_double_click_all_of_it(
    server: Server, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "long.csv"
    hours = range(30_000)
    file.write_text("step,load\n" + "".join(f"{hour},{hour % 24 * 10 + hour % 7}\n" for hour in hours))
    open_with(page, server, file)
    expect(page.get_by_text("30,000 rows without times")).to_be_visible()
    drawn(page, "series")
    first, inside = view(page)
    drag(page, 0.4, 0.5)
    zoomed, few = view(page)
    assert zoomed[1] - zoomed[0] < (first[1] - first[0]) / 5
    until(page, lambda: view(page)[1] > 5 * few)
    assert view(page)[0] == zoomed
    drag(page, 0.4, 0.5)
    until(page, lambda: view(page)[1] == int(view(page)[0][1]) - int(view(page)[0][0]))
    page.locator(".st-key-series .nsewdrag").first.dblclick()
    until(page, lambda: view(page) == (first, inside))


def upload(page: Page, server: Server, start: str) -> None:
    (file,) = UGLY.glob(f"{start}*")
    open_with(page, server, file)


def open_with(page: Page, server: Server, file: Path) -> None:
    page.goto(server.url)
    idle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(file)
    page.locator(".st-key-file_in_use").get_by_text(file.name).wait_for()
    idle(page)


def choose(page: Page, role: str, option: str) -> None:
    field = page.locator(f"[class*='st-key-{role}_'] input").first
    field.scroll_into_view_if_needed()
    idle(page)  # a list that opens while the page still scrolls closes again
    field.click()
    page.get_by_role("option", name=option).click()
    idle(page)


def choose_all(page: Page, role: str) -> None:
    page.locator(f"[class*='st-key-{role}_'] input").click()
    page.get_by_role("option", name="Select all").click()
    page.keyboard.press("Escape")
    idle(page)


def hostile_names() -> list[str]:
    """Columns of numbers as the reader calls them, the preselected one first."""
    table = read_table(next(UGLY.glob("48_*")).read_bytes(), "48.csv")
    names = [str(name) for name in table.frame.columns]
    return sorted(names, key=lambda name: name != table.target)


def compared(home: Path, names: list[str]) -> str:
    """A scored comparison of these columns."""
    dataset = make_dataset(read_table(next(UGLY.glob("48_*")).read_bytes(), "48.csv"), names, "none")
    asked = Settings(epochs=3, lookback=14, horizon=5, hidden=4, baselines="simple")
    found = dict.fromkeys(asked.frameworks, (Device("cpu", "a processor", 8.0),))
    spec = plan_comparison(dataset, asked, name=names[0], frameworks=found, command="python -m core compare x.csv")
    folder = Store(home).create(spec, dataset)
    origins = window_parts(Split(*spec.plan.split), 14, 5).test
    held_out = results.actual(dataset.values[:, : len(names)], origins, 5) + 1
    for framework in asked.frameworks:
        finished_run(folder, framework, {"seed0-fold0": held_out, "final": held_out[-1:]})
    folder.set_state(State("evaluating"))
    evaluate(folder)
    folder.set_state(State("finished"))
    return folder.id


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.alarms") == []
    assert page.locator(".stMain script, .stMain img[onerror], .stMain [src='x']").count() == 0
    links = page.evaluate(
        "[...document.links].map(link => link.href).filter(href => !href.startsWith(location.origin))"
    )
    assert not links


def download(page: Page, label: str) -> str:
    with page.expect_download() as coming:
        page.get_by_role("button", name=label).click()
    return Path(coming.value.path()).read_text(encoding="utf-8")


CHART = "document.querySelector('.st-key-series .twincast-chart')"


def view(page: Page) -> tuple[list[float], int]:
    """The rows in view, and how many of them are drawn."""
    found: list[Any] = page.evaluate(
        f"""() => {{
            const [low, high] = {CHART}._fullLayout.xaxis.range;
            return [[low, high], {CHART}.data[0].x.filter(x => x >= low && x <= high).length];
        }}"""
    )
    return found[0], found[1]


def drag(page: Page, start: float, end: float) -> None:
    """Zoom in time, by shares of the plotting area's width."""
    area = page.locator(".st-key-series .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=8)
    page.mouse.up()


def until(page: Page, holds: Any) -> None:
    """(The page's policy forbids wait_for_function.)"""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, view(page)
        page.wait_for_timeout(50)
