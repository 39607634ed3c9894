"""Source code in a real browser: beside each other where there is room, and a ZIP that is whole."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.runs.store import State, Store
from tests.browser.conftest import ROOT, Server, idle, serving
from tests.core.codegen.planned import planned
from tests.core.codegen.running import series

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a comparison that is in the store."""
    home = tmp_path_factory.mktemp("home")
    folder = Store(home).create(planned("gru"), series())
    folder.set_state(State("finished"))
    with serving(ROOT / "app.py", home) as running:
        yield f"{with_page(running)}?comparison={folder.id}"


def with_page(server: Server) -> str:
    return f"{server.url}/source_code"


def places(page: Page) -> tuple[dict[str, float], dict[str, float]]:
    """Where the code of each framework's window function stands."""
    boxes = [
        page.locator(".stCode:visible", has_text=text).first.bounding_box() for text in ("def batches", "tf.range")
    ]
    assert boxes[0] is not None and boxes[1] is not None
    return dict(boxes[0]), dict(boxes[1])


def test_code_stands_beside_each_other_or_below_where_it_is_narrow(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="Source code")).to_be_visible()
    idle(page)
    pytorch, keras = places(page)
    assert keras["x"] >= pytorch["x"] + pytorch["width"]
    page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for_timeout(500)
    pytorch, keras = places(page)
    assert keras["x"] == pytorch["x"] and keras["y"] > pytorch["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_concept_has_its_tab_and_the_zip_is_whole(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Training").click()
    expect(page.get_by_text("def train_epoch").first).to_be_visible()
    expect(page.get_by_text("PyTorch's loop is written out.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Everything as a ZIP").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {"data.csv", "timeseries_pytorch.py", "timeseries_deep_learning.py"} <= set(names)
        for name in (each for each in names if each.endswith(".py")):
            compile(archive.read(name), name, "exec")
