"""Compare's prediction intervals and residual views: drawn where asked for, and no more said than is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from visitor import Visitor, plain
from waves import make_waves

from core.data.dataset import Dataset, Split
from core.data.windows import window_parts
from core.runs.evaluate import evaluate
from core.runs.store import ComparisonFolder, State
from tests.core.runs.made_run import finished_run

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
H = 5


def walk(rows: int) -> Dataset:
    """A random walk, of which the next move cannot be known."""
    data = make_waves()
    steps = np.random.default_rng(0).normal(0, 1, (rows, 2))
    index = pd.date_range("2020-01-01", periods=rows, freq="D")
    return Dataset(**{**vars(data), "values": 300 + np.cumsum(steps, axis=0), "index": index})


@pytest.fixture
def compared(make: Make, leave: Callable[[ComparisonFolder], None]) -> Make:
    """A walk whose last value PyTorch repeats, while TensorFlow half knows the moves."""

    def compare(rows: int = 1000, **asked: object) -> ComparisonFolder:
        folder = make(dataset=walk(rows), split=(200, 40, rows - 240), **asked)
        folder.set_state(State("evaluating"))
        spec, values = folder.spec(), folder.values()[:, :1]
        test = window_parts(Split(*spec.plan.split), spec.settings.lookback, H).test
        last = np.repeat(values[test - 1][:, None], H, axis=1)
        actual = values[test[:, None] + np.arange(H)]
        final = {"final": np.repeat(values[-1:, None], H, axis=1)}
        finished_run(folder, "pytorch", {"seed0-fold0": last, **final})
        finished_run(folder, "tensorflow", {"seed0-fold0": (last + actual) / 2, **final})
        evaluate(folder)
        leave(folder)
        folder.set_state(State("finished"))
        return folder

    return compare


def show(visitor: Visitor, folder: ComparisonFolder) -> Visitor:
    return visitor.open("compare.py", comparison=folder.id)


def drawn(visitor: Visitor, key: str = "forecasts_") -> list[str]:
    """The traces of a chart, by their names."""
    figure = next(figure for name, figure in visitor.charts.items() if name.startswith(key))
    return [trace["uid"] for trace in figure["data"]]


def test_panels_of_their_own_show_both_bands_until_they_are_hidden(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    assert {"pytorch-band0-1", "pytorch-band1-1", "tensorflow-band0-2", "tensorflow-band1-2"} <= set(drawn(visitor))
    visitor.set("shown_band_beside", "none")
    assert not any("band" in name for name in drawn(visitor))
    assert "The darker part of a band" not in visitor.text


def test_laid_over_each_other_one_band_at_a_time_is_drawn(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared()).set("layout", "over")
    for framework, other in (("pytorch", "tensorflow"), ("tensorflow", "pytorch")):
        visitor.set("shown_band_over", framework)
        assert f"{framework}-band0" in drawn(visitor) and f"{other}-band0" not in drawn(visitor)


def test_the_future_and_a_fixed_step_have_their_bands_too(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared()).set("shown_step", 3)
    assert {"pytorch-band0-1", "pytorch-band0-uncertain-1"} <= set(drawn(visitor))
    assert "3 steps ahead" in visitor.text
    visitor.set("period", "future")
    assert "pytorch-band0-1" in drawn(visitor) and "Calibrated on 756 earlier test windows." in visitor.text


def test_what_was_promised_stands_beside_what_was_achieved(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    assert "| PyTorch | 80% promised → " in visitor.text and "; 712 windows |" in visitor.text
    assert "| TensorFlow |" in visitor.text and " forecast | 80% promised" in visitor.text


def test_bands_from_few_windows_are_hatched_and_say_how_uncertain_they_are(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(rows=400))
    names = drawn(visitor)
    assert "pytorch-band0-uncertain-1" in names and "pytorch-band0-1" not in names
    assert "It is hatched, as nothing can be promised of so little" in visitor.text
    assert "likely to hold between" in visitor.text and "| PyTorch | 80% aimed at → " in visitor.text


def test_without_enough_windows_there_is_no_band_and_the_reason(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(rows=280))
    assert not any("band" in name for name in drawn(visitor))
    assert "No band in the test part: its 36 windows are too few" in visitor.text
    visitor.set("period", "future")
    assert "at least 40 are needed" in visitor.text


def test_under_the_quantile_loss_it_is_said_what_the_line_means(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(loss="quantile", quantile=0.9))
    assert "should not be exceeded in 90% of cases" in visitor.text
    assert "| Does the line hold? |" in visitor.text and "| PyTorch | 90% aimed at → " in visitor.text
    assert not any("band" in name for name in drawn(visitor)) and not visitor.has("shown_band_beside")


def test_a_fit_that_only_repeats_the_last_value_is_told_of(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    (said,) = [plain(each.value) for each in visitor.at.warning]
    assert "PyTorch: Over the whole period it explains" in said and "hardly does more than repeat that value" in said
    assert "TensorFlow" not in said


def test_residuals_are_looked_at_only_once_opened(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    assert not any(key.startswith("residuals_") for key in visitor.charts)
    visitor.at.session_state["residuals"] = True
    visitor.run()
    assert drawn(visitor, "residuals_")[-1] == "tensorflow-line"
    for view in ("time", "weekday", "size"):
        visitor.set("shown_residuals", view)
        names = drawn(visitor, "residuals_")
        assert any(name.startswith("pytorch") for name in names) and any(name.startswith("tensor") for name in names)
