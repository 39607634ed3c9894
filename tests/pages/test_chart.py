"""What a browser says of a chart's view is checked before anything is drawn by it."""

from typing import Any

import numpy as np
import pytest

from pages.parts import chart, session


def zoomed(monkeypatch: pytest.MonkeyPatch, zoom: Any) -> Any:
    monkeypatch.setattr(session, "get", lambda key: {"zoom": zoom})
    return chart.zoomed("series", "sales")


def test_the_view_is_two_times_or_two_numbers_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    times = zoomed(monkeypatch, {"of": "sales", "range": ["2024-01-05 13:22:11.1234", "2024-02"]})
    assert times == (np.datetime64("2024-01-05T13:22:11.123400"), np.datetime64("2024-02-01T00:00"))
    assert zoomed(monkeypatch, {"of": "sales", "range": [-3.5, 700]}) == (-3.5, 700)


@pytest.mark.parametrize(
    "zoom",
    [
        None,
        "2024",
        {"of": "another series", "range": [1, 2]},
        {"of": "sales"},
        {"of": "sales", "range": None},
        {"of": "sales", "range": [1]},
        {"of": "sales", "range": [1, 2, 3]},
        {"of": "sales", "range": [2, 1]},
        {"of": "sales", "range": [1, "2024-01-01"]},
        {"of": "sales", "range": ["<script>", "2024-01-01"]},
        {"of": "sales", "range": ["NaT", "2024-01-01"]},
        {"of": "sales", "range": [float("nan"), 2]},
        {"of": "sales", "range": ["9" * 400, "9" * 401]},
        {"of": "sales", "range": [[1], [2]]},
    ],
)
def test_any_other_view_is_that_of_all_rows(monkeypatch: pytest.MonkeyPatch, zoom: Any) -> None:
    assert zoomed(monkeypatch, zoom) is None
