"""The main job as a person does it, in a real browser, with both real frameworks."""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, Server, drawn, idle, serving

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]

TRAINED = 90_000  # ms; a slow machine imports TensorFlow first


def test_from_the_first_page_to_forecasts_side_by_side(server: Server, page: Page) -> None:
    opened(page, server.url)
    expect(page.get_by_text("293 rows, monthly, January 1992 to May 2016")).to_be_visible()
    drawn(page, "series")
    train_on_this(page)
    expect(page.get_by_text(re.compile("About .* second"))).to_be_visible()
    start(page)
    drawn_losses(page, "PyTorch, training", "TensorFlow, validation")
    finished(page)

    page.get_by_role("button", name="See the forecasts").click()
    expect(
        page.get_by_role(
            "heading", name=re.compile("On this data no network is shown to beat .*PyTorch .* and TensorFlow")
        )
    ).to_be_visible()
    figure = page.locator("[class*='st-key-forecasts_'] .js-plotly-plot")
    expect(figure).to_be_visible()
    drawn_in(page, {"PyTorch": "x", "TensorFlow": "x2"})
    expect(page.get_by_text("the two agree to")).to_be_visible()

    rows = list(csv.DictReader(io.StringIO(download(page, "Forecasts (CSV)"))))
    assert {row["framework"] for row in rows} == {"pytorch", "tensorflow"}
    future = [row for row in rows if row["fit"] == "final"]
    assert [row["time"][:7] for row in future[:2]] == ["2016-06", "2016-07"]
    assert all(row["actual"] == "" and float(row["forecast"]) > 300_000 for row in future)
    comparison = json.loads(download(page, "The whole comparison (JSON)"))
    assert [run["status"] for run in comparison["runs"]] == ["finished", "finished"]
    assert comparison["parity"]["largest_loss_difference"] < 1e-5


def test_forecasts_laid_over_each_other_a_fixed_step_and_the_future(server: Server, page: Page) -> None:
    open_trained(page, server.url)
    page.get_by_role("radio", name="Overlaid").click()
    idle(page)
    drawn_in(page, {"PyTorch": "x", "TensorFlow": "x"})
    page.get_by_role("radio", name="After the last row").click()
    idle(page)
    expect(page.get_by_text("Made by a last training on all rows")).to_be_visible()
    page.get_by_role("radio", name="Held-out period").click()
    idle(page)
    expect(page.locator(".st-key-shown_step input")).to_have_value("whole horizon")
    page.locator(".st-key-shown_step input").click()
    page.get_by_role("option", name="3 steps ahead").click()
    expect(page.get_by_text("Every point was forecast 3 steps before it came.")).to_be_visible()


def test_an_uploaded_file_is_understood_and_its_columns_are_chosen(server: Server, page: Page, tmp_path: Path) -> None:
    lines = ["day;visitors;rain", *(f"2024-{1 + d // 28:02}-{1 + d % 28:02};{100 + d % 7};{d % 3}" for d in range(140))]
    opened(page, server.url)
    upload(page, tmp_path / "museum.csv", "\n".join(lines).encode())
    expect(page.get_by_text(re.compile(r"museum.*140 rows.*forecasting visitors"))).to_be_visible()
    page.locator(".st-key-file_in_use").get_by_text("museum.csv").wait_for()
    page.locator("[class*='st-key-inputs_'] input").click()
    page.get_by_role("option", name="rain").click()
    expect(page.get_by_text(re.compile("forecasting visitors.*rain"))).to_be_visible()


def test_a_hostile_column_name_is_text_on_the_page_and_in_the_chart(server: Server, page: Page, tmp_path: Path) -> None:
    for name in ("@text", "@rate/min", "<b>bold</b>", ":material/bolt:"):
        lines = [f"day,{name}", *(f"2024-{1 + d // 28:02}-{1 + d % 28:02},{100 + d % 7}" for d in range(140))]
        opened(page, server.url)
        upload(page, tmp_path / "hostile.csv", "\n".join(lines).encode())
        expect(page.get_by_text(re.compile("hostile.*140 rows"))).to_be_visible()
        shown = page.get_by_text(re.compile("hostile.*140 rows")).inner_text().replace("\u2060", "")
        assert f"forecasting {name} from" in shown
        title = page.locator(".st-key-series .ytitle")
        expect(title).to_have_text(name)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "picture"),
        ("names.csv", b"time,name\n" + b"2024-01-01,Ann\n" * 40, "number"),
        ("nothing.csv", b"", "empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_plain_words(
    server: Server, page: Page, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    opened(page, server.url)
    upload(page, tmp_path / name, content)
    refusal = page.get_by_test_id("stAlert")
    expect(refusal).to_contain_text(re.compile(sentence, re.IGNORECASE))
    assert "Traceback" not in page.content()
    page.get_by_role("radio", name="US retail sales").click()
    expect(page.get_by_text("293 rows, monthly")).to_be_visible()


def test_all_impossible_settings_are_refused_at_once(server: Server, page: Page) -> None:
    opened(page, server.url)
    train_on_this(page)
    page.get_by_role("radio", name="My own settings").click()
    idle(page)
    fill(page, "lookback", "500")
    page.get_by_role("tab", name="Training").click()
    fill(page, "epochs", "0")
    refusal = page.get_by_test_id("stAlert")
    expect(refusal).to_contain_text("Look back")
    expect(refusal).to_contain_text("Epochs at most")
    expect(page.locator(".st-key-start button")).to_be_disabled()


def test_a_double_click_starts_one_and_what_waits_is_cancelled_at_once(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    with serving(ROOT / "app.py", tmp_path) as alone:
        opened(page, alone.url)
        page.get_by_role("radio", name="Electricity load").click()
        idle(page)
        train_on_this(page)
        page.locator(".st-key-start button").dblclick()
        expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=20_000)
        idle(page)
        page.wait_for_timeout(1500)
        assert len(comparisons(tmp_path)) == 1

        second = browser.new_context().new_page()
        opened(second, alone.url)
        train_on_this(second)
        second.locator(".st-key-start button").click()
        expect(second.get_by_text(re.compile("Waiting for 1 other|Starting|Training")).first).to_be_visible()
        opened(second, alone.url + "/history")
        second.get_by_role("button", name="Rename").first.click()
        second.get_by_label("New name").fill("Half typed")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped", exact=True)).to_be_visible(timeout=30_000)
        expect(second.get_by_text("Stopped", exact=True)).to_be_visible(timeout=10_000)  # without a reload
        expect(second.get_by_label("New name")).to_have_value("Half typed")
        second.context.close()
        page.goto("about:blank")
    assert len(comparisons(tmp_path)) == 2


def comparisons(home: Path) -> list[Path]:
    return [path for path in (home / "comparisons").iterdir() if (path / "spec.json").is_file()]


def test_reload_another_browser_and_stop_while_it_trains(server: Server, page: Page, browser: Browser) -> None:
    opened(page, server.url)
    page.get_by_role("radio", name="Electricity load").click()
    idle(page)
    train_on_this(page)
    page.get_by_role("radio", name="My own settings").click()
    idle(page)
    page.get_by_role("tab", name="Training").click()
    fill(page, "epochs", "200")
    start(page)
    drawn_losses(page, "PyTorch, training", "TensorFlow, training")
    address = page.url
    assert "comparison=" in address
    epochs = curves(page)["PyTorch, training"]

    page.reload()
    idle(page)
    drawn_losses(page, "PyTorch, training")
    assert curves(page)["PyTorch, training"] >= epochs
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(address)
    expect(elsewhere.get_by_role("button", name="Stop")).to_be_visible(timeout=20_000)
    elsewhere.context.close()

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Someone else started this, or you did before this page was reloaded")).to_be_visible()
    page.wait_for_timeout(2500)  # the question stays while the panel is drawn anew
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("button", name="See the forecasts").click(timeout=30_000)
    expect(page.get_by_text("was stopped before its end").first).to_be_visible()
    expect(page.locator("[class*='st-key-forecasts_'] .js-plotly-plot")).to_be_visible()
    low, high = page.evaluate(
        "document.querySelector(\"[class*='st-key-forecasts_'] .js-plotly-plot\")._fullLayout.yaxis2.range"
    )
    assert low < 1500 < 3000 < high  # a long series opens on its last forecasts, on an axis that shows them


def test_history_outlives_a_restart_and_comparisons_can_be_renamed_and_deleted(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("kept")
    with serving(ROOT / "app.py", home) as first:
        opened(page, first.url)
        train_on_this(page)
        page.get_by_role("radio", name="PyTorch").click()
        idle(page)
        start(page)
        finished(page)
    page.goto("about:blank")
    with serving(ROOT / "app.py", home) as second:
        opened(page, second.url + "/history")
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("New name").fill(" ")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("A comparison needs a name")).to_be_visible()
        page.get_by_label("New name").fill("Spring <b>forecast</b>")
        page.get_by_label("New name").press("Enter")
        expect(page.get_by_text("Spring <b>forecast</b>").first).to_be_visible()
        expect(page.get_by_label("New name")).to_be_hidden()
        page.get_by_role("button", name="Open").click()
        expect(page.locator("[class*='st-key-forecasts_'] .js-plotly-plot")).to_be_visible()
        page.goto(second.url + "/history")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("Nothing here yet")).to_be_visible()
        page.goto("about:blank")


def opened(page: Page, url: str) -> None:
    page.goto(url)
    idle(page)


def open_trained(page: Page, url: str) -> None:
    """Compare, with the latest comparison that has both frameworks; the first test leaves one, else it is made."""
    opened(page, url + "/history")
    if not page.get_by_text("PyTorch and TensorFlow").count():
        opened(page, url)
        train_on_this(page)
        start(page)
        finished(page)
        opened(page, url + "/history")
    page.get_by_role("button", name="Open").first.click()
    idle(page)
    expect(page.locator("[class*='st-key-forecasts_'] .js-plotly-plot")).to_be_visible()


def train_on_this(page: Page) -> None:
    page.get_by_role("button", name="Train on this").click()
    expect(page.locator(".st-key-start button")).to_be_enabled()
    idle(page)


def start(page: Page) -> None:
    page.locator(".st-key-start button").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def finished(page: Page) -> None:
    expect(page.get_by_role("button", name="See the forecasts")).to_be_visible(timeout=TRAINED)


def fill(page: Page, setting: str, text: str) -> None:
    page.locator(f".st-key-setting_{setting} input").fill(text)
    page.locator(f".st-key-setting_{setting} input").press("Enter")
    idle(page)


def upload(page: Page, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(path)
    idle(page)


def download(page: Page, label: str) -> str:
    with page.expect_download() as coming:
        page.get_by_role("button", name=label).click()
    return Path(coming.value.path()).read_text(encoding="utf-8")


def drawn_losses(page: Page, *names: str) -> None:
    """Wait until each named curve has a point."""
    end = time.monotonic() + TRAINED / 1000
    while not all(curves(page).get(name) for name in names):
        assert time.monotonic() < end, f"not drawn: {names}, only {curves(page)}"
        page.wait_for_timeout(200)


def curves(page: Page) -> dict[str, int]:
    """Points by curve."""
    return dict(
        page.evaluate(
            """(document.querySelector("[class*='st-key-losses_'] .js-plotly-plot")?.data ?? [])
            .filter(line => line.name).map(line => [line.name, line.y.length])"""
        )
    )


def drawn_in(page: Page, wanted: dict[str, str]) -> None:
    """Wait until each framework's forecasts are drawn on the wanted x axis."""
    end = time.monotonic() + 20
    while panels(page) != wanted:
        assert time.monotonic() < end, panels(page)
        page.wait_for_timeout(200)


def panels(page: Page) -> dict[str, str]:
    """Which x axis each framework's forecasts are drawn on."""
    lines = page.evaluate(
        """document.querySelector("[class*='st-key-forecasts_'] .js-plotly-plot")
        .data.map(line => [line.name, line.xaxis || "x"])"""
    )
    return {name: axis for name, axis in lines if name in ("PyTorch", "TensorFlow")}
