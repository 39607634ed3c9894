"""Charts in a real browser: what a person did to one outlives its refreshes, and it follows the theme."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server, drawn, idle, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        ROOT / "tests" / "browser" / "pages" / "app.py", tmp_path_factory.mktemp("charts"), "/_stcore/health"
    ) as it:
        yield it


def test_a_zoom_and_a_hidden_line_outlive_live_refreshes(charts: Server, page: Page) -> None:
    opened(page, charts, live=True)
    page.locator(".st-key-losses .traces .legendtoggle").first.click()
    page.wait_for_timeout(600)  # plotly waits for a second click
    drag(page, "losses", 0.3, 0.6)
    zoomed, epochs = losses(page), points(page)
    ticks(page, epochs, 3)
    assert losses(page)["x"] == zoomed["x"]
    assert losses(page)["y"] == zoomed["y"]
    assert losses(page)["hidden"] == ["PyTorch, training"]


def test_a_drag_in_progress_outlives_live_refreshes(charts: Server, page: Page) -> None:
    opened(page, charts, live=True)
    full = losses(page)["x"]
    box = plot(page, "losses")
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    for share in range(30, 61, 3):  # over two refreshes
        page.mouse.move(box["x"] + box["width"] * share / 100, box["y"] + box["height"] * 0.4)
        page.wait_for_timeout(250)
    epochs = points(page)
    page.mouse.up()
    page.wait_for_timeout(500)
    low, high = losses(page)["x"]
    assert full[0] < low < high < full[1]
    ticks(page, epochs, 1)


def test_the_hover_box_stays_while_the_chart_refreshes(charts: Server, page: Page) -> None:
    opened(page, charts, live=True)
    box = plot(page, "losses")
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.5)
    shown = page.locator(".st-key-losses .hoverlayer .legend")
    expect(shown).to_be_visible()
    ticks(page, points(page), 2)
    expect(shown).to_be_visible()


def test_without_a_zoom_the_chart_grows_with_the_epochs(charts: Server, page: Page) -> None:
    opened(page, charts, live=True)
    ticks(page, points(page), 2)
    assert losses(page)["hidden"] == []


def test_both_panels_zoom_together(charts: Server, page: Page) -> None:
    opened(page, charts)
    drag(page, "forecasts", 0.1, 0.3)
    page.wait_for_timeout(300)
    x, other = axes(page, "forecasts", "xaxis"), axes(page, "forecasts", "xaxis2")
    assert x == other
    assert axes(page, "forecasts", "yaxis") == axes(page, "forecasts", "yaxis2")
    assert x[0] > "2019-06"


def test_panels_stand_below_each_other_where_it_is_narrow(charts: Server, page: Page) -> None:
    opened(page, charts)
    assert domains(page) == [[0, 0.482], [0, 1]]
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_timeout(500)
    assert domains(page) == [[0, 1], [0.58, 1]]


def test_a_change_of_theme_recolours_the_lines(charts: Server, page: Page) -> None:
    opened(page, charts)
    assert line_colours(page) == {"#d1495b", "#1f6fb2"}
    assert text_colour(page) == "#17212b"
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(800)
    assert line_colours(page) == {"#ff8a94", "#6cb4ee"}
    assert text_colour(page) == "#e6ebf0"


def test_a_chart_says_what_it_shows(charts: Server, page: Page) -> None:
    opened(page, charts)
    picture = page.get_by_role("img", name="Loss by epoch. PyTorch after epoch 30")
    expect(picture).to_be_visible()


def test_a_chart_is_saved_as_a_picture(charts: Server, page: Page) -> None:
    opened(page, charts)
    page.locator(".st-key-losses .twincast-chart").hover()
    with page.expect_download() as download:
        page.locator(".st-key-losses .modebar-btn").last.click()
    assert download.value.suggested_filename == "twincast.png"


def test_an_unforeseen_error_shows_a_reference_and_no_traceback(charts: Server, page: Page) -> None:
    opened(page, charts)
    page.get_by_role("button", name="Fail").click()
    box = page.get_by_test_id("stAlert")
    expect(box).to_contain_text("Something went wrong that Twincast did not foresee (reference ")
    expect(page.locator("body")).not_to_contain_text("ValueError")
    expect(page.locator("body")).not_to_contain_text("made up")
    reference = box.inner_text().split("reference ")[1].split(")")[0]
    assert f"reference {reference}" in charts.log.read_text()


def test_the_font_is_the_local_one(charts: Server, page: Page) -> None:
    opened(page, charts)
    assert page.evaluate("[...document.fonts].some(f => f.family === 'Inter' && f.status === 'loaded')")


def opened(page: Page, charts: Server, live: bool = False) -> None:
    page.goto(charts.url + ("/?live=1" if live else "/?epochs=30"))
    idle(page)
    for key in ("losses", "forecasts"):
        drawn(page, key)
    page.wait_for_timeout(300)


def ticks(page: Page, epochs: int, more: int) -> None:
    """Wait for so many more epochs on the loss chart than `epochs`. (The page's policy forbids wait_for_function.)"""
    end = time.monotonic() + 15
    while points(page) < epochs + more:
        assert time.monotonic() < end, "the chart no longer refreshes"
        page.wait_for_timeout(100)


CHART = "document.querySelector('.st-key-losses .twincast-chart')"


def points(page: Page) -> int:
    count: int = page.evaluate(f"{CHART}.data.at(-1).x.length")
    return count


def losses(page: Page) -> dict[str, Any]:
    state: dict[str, Any] = page.evaluate(
        f"""() => {{
            const full = {CHART}._fullLayout;
            const hidden = {CHART}._fullData.filter(t => t.showlegend && t.visible === 'legendonly').map(t => t.name);
            return {{x: full.xaxis.range, y: full.yaxis.range, hidden}};
        }}"""
    )
    return state


def line_colours(page: Page) -> set[str]:
    return set(page.evaluate(f"{CHART}._fullData.map(t => t.line.color)"))


def text_colour(page: Page) -> str:
    colour: str = page.evaluate(f"{CHART}._fullLayout.font.color")
    return colour


def axes(page: Page, key: str, axis: str) -> list[Any]:
    script = f"document.querySelector('.st-key-{key} .twincast-chart')._fullLayout.{axis}.range"
    found: list[Any] = page.evaluate(script)
    return found


def domains(page: Page) -> list[list[float]]:
    script = "const l = document.querySelector('.st-key-forecasts .twincast-chart')._fullLayout;"
    found: list[list[float]] = page.evaluate(f"() => {{ {script} return [l.xaxis.domain, l.yaxis.domain]; }}")
    return [[round(end, 3) for end in domain] for domain in found]


def plot(page: Page, key: str) -> dict[str, float]:
    """Where the (first) plotting area is, in px."""
    area = page.locator(f".st-key-{key} .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    return dict(box)


def drag(page: Page, key: str, start: float, end: float) -> None:
    """Zoom by dragging a rectangle over the plotting area, corners by shares of its width and height."""
    box = plot(page, key)
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] * start)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + box["height"] * end, steps=8)
    page.mouse.up()
    page.wait_for_timeout(300)
