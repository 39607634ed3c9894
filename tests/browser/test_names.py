"""Names from files and people stay text in a real browser, which makes links of whatever looks like one."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from core.data.dataset import Dataset
from core.frameworks.base import Device
from core.runs.evaluate import evaluate
from core.runs.planning import plan_comparison
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder, State, Store
from tests.browser.conftest import ROOT, idle, serving
from tests.core.runs.made_run import finished_run

pytestmark = pytest.mark.browser

ADDRESSES = (
    "https://evil.example/x HTTP://EVIL.EXAMPLE (https://www.evil.example) ftp://evil.example http: evil.example",
    "www.evil.example WwW.evil.example me@evil.example mailto:me@evil.example xmpp:me@evil.example/x",
)


@pytest.fixture
def compared(tmp_path: Path) -> ComparisonFolder:
    """A scored comparison whose file and columns have addresses for names."""
    days = np.arange(300)
    index = pd.date_range("2020-01-01", periods=300, freq="D", unit="ns")
    columns = ("www.evil.example", "me@evil.example")
    values = np.stack([np.sin(days / 7) * 10 + 50, np.cos(days / 7) * 4], axis=1)
    file = "https://evil.example/x.csv"
    dataset = Dataset("https://evil.example/x", file, "00" * 32, index, values, columns, columns, "D", 7)
    asked = Settings(epochs=3, lookback=14, horizon=5, hidden=4, baselines="simple")
    found = dict.fromkeys(asked.frameworks, (Device("cpu", "a processor", 8.0),))
    spec = plan_comparison(dataset, asked, name="Waves", frameworks=found, command="python -m core compare x.csv")
    folder = Store(tmp_path).create(spec, dataset)
    last = np.repeat(values[-1:][None], 5, axis=1)
    for framework in asked.frameworks:
        finished_run(folder, framework, {"final": last})
    folder.set_state(State("evaluating"))
    evaluate(folder)
    folder.set_state(State("finished"))
    return folder


def test_no_name_becomes_a_link(compared: ComparisonFolder, page: Page, tmp_path: Path) -> None:
    pages = ("history", f"compare?comparison={compared.id}", f"train?comparison={compared.id}")
    with serving(ROOT / "app.py", tmp_path) as server:
        for name, path in product(ADDRESSES, pages):
            Store(tmp_path).rename(compared.id, name)
            page.goto(f"{server.url}/{path}")
            idle(page)
            main = page.locator(".stMain")
            expect(main.get_by_text("evil").first).to_be_visible()
            assert name in main.inner_text().replace("\u2060", ""), path
            assert not links(page), path
        page.goto("about:blank")


def links(page: Page) -> Sequence[str]:
    """Addresses of all links to elsewhere."""
    found: Sequence[str] = page.evaluate(
        "[...document.links].map(link => link.href).filter(href => !href.startsWith(location.origin))"
    )
    return found
