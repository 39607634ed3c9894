"""Compare: a file with newer rows tells how the forecasts have done, for everyone who looks at the comparison."""

from collections.abc import Callable

import numpy as np
import pytest
from visitor import HOSTILE, Visitor
from waves import make_waves

from core.data.dataset import Dataset
from core.runs import newer_rows
from core.runs.evaluate import evaluate
from core.runs.store import ComparisonFolder, State
from pages.parts import source
from tests.core.runs.made_run import finished_run
from tests.core.runs.newer_files import continued, csv

Make = Callable[..., ComparisonFolder]
H = 5
SAID = (
    "Of the 5 days forecast, 2 have happened: PyTorch missed by 3 on average, promised 0.5; TensorFlow by 3, promised 1"
)


@pytest.fixture
def compared(make: Make, leave: Callable[[ComparisonFolder], None]) -> Make:
    """Scored, with 50 as the forecast of every step after the last row."""

    def compare(dataset: Dataset | None = None, final: bool = True) -> ComparisonFolder:
        folder = make(dataset=dataset)
        targets = len(folder.spec().dataset.targets)
        actual = folder.values()[:, :targets]
        for name, error in (("pytorch", 0.5), ("tensorflow", 1.0)):
            test = np.stack([actual[row : row + H] for row in range(240, 296)]) + error
            future = {"final": np.full((1, H, targets), 50.0)} if final else {}
            finished_run(folder, name, {"seed0-fold0": test, **future})
        evaluate(folder)
        leave(folder)
        folder.set_state(State("finished"))
        return folder

    return compare


def show(visitor: Visitor, folder: ComparisonFolder) -> Visitor:
    return visitor.open("compare.py", comparison=folder.id)


def give(visitor: Visitor, content: bytes, name: str = "newer.csv") -> Visitor:
    visitor.find("newer_").set_value((name, content, "text/csv"))
    return visitor.run()


def test_what_has_happened_is_said_drawn_and_listed(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    assert "forecast, 2 have happened" not in show(visitor, folder).text
    give(visitor, csv(continued(make_waves(), 52.0, 46.0)))
    assert SAID in visitor.text
    assert "PyTorch and TensorFlow missed by more than all of their test forecasts did" in visitor.text
    figure = visitor.charts[f"aftermath_{folder.id}"]
    lines = {line["name"]: line for line in figure["data"] if "name" in line}
    assert lines["what happened"]["y"][-2:] == [52, 46] and lines["what happened"]["x"][-1] == "2020-10-28"
    assert lines["PyTorch"]["y"][1:] == [50] * H
    assert {line["uid"] for line in figure["data"]} >= {"pytorch-band0-uncertain", "tensorflow-band1-uncertain"}
    tables = [each.value for each in visitor.at.dataframe]
    scores = next(table for table in tables if "promised" in table).set_index("")
    assert scores.loc["PyTorch", ["new values", "missed by", "promised"]].tolist() == [2, 3, 0.5]
    assert scores.loc["PyTorch", "within 80%"] == "0 of 2" and scores.loc["Naive", "promised"] > 1
    steps = next(table for table in tables if "happened" in table)
    assert steps["happened"].tolist()[:2] == [52, 46] and steps["happened"].isna().sum() == 3


def test_someone_else_sees_it_and_a_wrong_file_leaves_it(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    give(show(visitor, folder), csv(continued(make_waves(), 52.0, 46.0)))
    other = show(Visitor(), folder)
    assert SAID in other.text
    give(other, csv(continued(make_waves(columns=("tide", "other"), targets=("tide",)), 1.0)))
    assert any("no column of numbers called wave" in error for error in other.errors)
    assert SAID in other.text
    give(other, csv(continued(make_waves(), 52.0, 46.0, 51.0)))
    assert not other.errors and "3 have happened" in other.text


def test_hostile_files_and_names_are_text(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(make_waves(targets=HOSTILE[:2], columns=HOSTILE[:2])))
    frame = continued(make_waves(targets=HOSTILE[:2], columns=HOSTILE[:2]), 52.0)
    give(visitor, csv(frame), f"{HOSTILE[2]}.csv")
    assert "1 has happened" in visitor.text
    give(visitor, b"\x00\xff" * 500, f"{HOSTILE[3]}.csv")
    assert visitor.errors
    assert not [text for text in visitor.drawn_as_markdown if any(each in text for each in HOSTILE)]


def test_too_large_a_file_is_refused(visitor: Visitor, compared: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "largest_upload", lambda: 1000)
    give(show(visitor, compared()), csv(continued(make_waves(), 52.0)))
    assert any("larger than" in error for error in visitor.errors)


def test_what_was_kept_and_is_damaged_can_be_given_again(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    (folder.path / newer_rows.KEPT).write_text("{")
    show(visitor, folder)
    assert any("Give the file once more" in error for error in visitor.errors)
    give(visitor, csv(continued(make_waves(), 52.0, 46.0)))
    assert SAID in visitor.text and not visitor.errors


def test_nothing_is_asked_where_nothing_was_forecast(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(final=False))
    assert not any((each.key or "").startswith("newer_") for each in visitor.elements if hasattr(each, "key"))
