"""`make pictures`: docs/pictures, taken from the real pages while they do the main job."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, ROOT, idle, serving
from tests.browser.test_main_job import drawn_losses, finished, start, train_on_this

FOLDER = ROOT / "docs" / "pictures"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, serving(ROOT / "app.py", Path(home)) as server, sync_playwright() as it:
        chromium = it.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(90_000)
        page.goto(server.url)
        idle(page)
        take(page, "data")
        page.get_by_role("radio", name="Electricity load").click()
        idle(page)
        train_on_this(page)
        start(page)
        drawn_losses(page, "PyTorch, training", "TensorFlow, training")
        page.wait_for_timeout(4000)
        take(page, "train")
        finished(page)
        page.get_by_role("button", name="See the forecasts").click()
        idle(page)
        take(page, "compare")
        page.emulate_media(color_scheme="dark")
        take(page, "compare-dark")
        chromium.close()


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)  # fonts and charts settle
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
