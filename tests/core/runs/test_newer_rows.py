"""A newer file for a comparison: read as its own was, checked to be of the same series, and what it tells."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import BadInput, StoreFailed
from core.runs import newer_rows
from core.runs.command import command_line
from core.runs.rereading import reading_of, reread
from core.runs.spec import ComparisonSpec, Settings
from core.runs.store import Store
from tests.core.runs.newer_files import continued, csv

MakeSpec = Callable[..., ComparisonSpec]
H = 5


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec: MakeSpec) -> Path:
    return store.create(make_spec(), dataset).path


def steps(folder: Path, frame: pd.DataFrame) -> list[float]:
    return newer_rows.read(folder, csv(frame), "newer.csv").values[:, 0].tolist()


def test_new_rows_stand_at_the_steps_that_were_forecast(folder: Path, dataset: Dataset) -> None:
    newer = newer_rows.read(folder, csv(continued(dataset, 51.5, None, 53.5)), "newer.csv")
    np.testing.assert_array_equal(newer.values[:, 0], [51.5, np.nan, 53.5, np.nan, np.nan])
    assert (newer.compared, newer.revised, newer.elsewhere, newer.beyond) == (300, 0, 0, 0)


def test_earlier_values_that_changed_are_counted(folder: Path, dataset: Dataset) -> None:
    frame = continued(dataset, 51.5)
    frame.loc[[3, 250], "wave"] += 0.01
    frame.loc[7, "wave"] = None
    newer = newer_rows.read(folder, csv(frame), "newer.csv")
    assert (newer.compared, newer.revised) == (299, 2)


def test_the_latest_rows_alone_are_enough(folder: Path, dataset: Dataset) -> None:
    newer = newer_rows.read(folder, csv(continued(dataset, 51.5)[-30:]), "newer.csv")
    assert (newer.compared, newer.values[0, 0]) == (29, 51.5)


def test_rows_at_other_times_are_left_out_and_counted(folder: Path, dataset: Dataset) -> None:
    frame = continued(dataset, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    late = frame["time"] >= "2020-10-29"  # the third step on
    frame.loc[late, "time"] += pd.Timedelta(hours=1)  # as when clocks change
    frame.loc[frame.index[-6], "time"] += pd.Timedelta(hours=9)  # the second
    newer = newer_rows.read(folder, csv(frame), "newer.csv")
    np.testing.assert_array_equal(newer.values[:, 0], [1.0, np.nan, 3.0, 4.0, 5.0])
    assert (newer.elsewhere, newer.beyond) == (1, 2)


def test_rows_without_times_go_by_their_number(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    numbered = replace(dataset, index=pd.RangeIndex(300), frequency=None)
    spec = make_spec()
    told = spec.dataset.model_copy(update={"frequency": None})
    folder = store.create(spec.model_copy(update={"dataset": told}), numbered).path
    assert steps(folder, continued(numbered, 51.5, 52.5))[:2] == [51.5, 52.5]
    with pytest.raises(BadInput, match="have no times, those of this file have some"):
        steps(folder, continued(dataset, 51.5))


def test_rows_without_a_step_go_in_their_order(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    apart = np.random.default_rng(0).integers(1, 5, 307).cumsum()
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(apart, "D")
    irregular = replace(dataset, index=pd.DatetimeIndex(times[:300]), frequency=None)
    spec = make_spec()
    told = spec.dataset.model_copy(update={"frequency": None})
    folder = store.create(spec.model_copy(update={"dataset": told}), irregular).path
    frame = continued(dataset, *range(7)).assign(time=times)
    newer = newer_rows.read(folder, csv(frame), "newer.csv")
    assert newer.in_order and (newer.values[:, 0].tolist(), newer.beyond) == ([0, 1, 2, 3, 4], 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.rename(columns={"wave": "tide"}), "no column of numbers called wave"),
        (lambda frame: frame[:300], "ends with 26 October 2020, just as what was trained on"),
        (lambda frame: frame[:280], "ends with 6 October 2020, what was trained on ends with 26 October 2020"),
        (lambda frame: frame.assign(wave=frame["wave"][:300]), "rows after 26 October 2020 hold no value of wave"),
        (lambda frame: frame.assign(wave=frame["wave"] * 1.01), "300 of the 300 values"),
        (lambda frame: frame.assign(time=frame["time"] + pd.Timedelta(days=5000)), "none of the rows"),
        (lambda frame: frame.drop(columns="time"), "have times, those of this file have none"),
        (lambda frame: frame.assign(time=pd.date_range("2020-01-01", periods=303, freq="h")), "another step"),
        (lambda frame: frame.drop(index=range(300, 302)).replace({"time": {pd.Timestamp("2020-10-29"): pd.Timestamp(
            "2020-12-01")}}), "1 row after 26 October 2020, from 1 December 2020 on, and none"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_tell_is_refused_in_plain_words(
    folder: Path, dataset: Dataset, change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        steps(folder, change(continued(dataset, 51.5, 52.5, 53.5)))
    assert refused.value.problems[0].remedy and refused.value.problems[0].where == "newer.csv"


def test_a_file_larger_than_the_limit_is_refused(folder: Path, dataset: Dataset) -> None:
    with pytest.raises(BadInput, match="larger than 0 MB"):
        newer_rows.read(folder, csv(continued(dataset, 51.5)), "newer.csv", limit=1000)


def test_it_is_read_as_the_comparison_s_own_file_was(dataset: Dataset) -> None:
    reading = {
        "time": "day, hour",
        "delimiter": "tab",
        "decimal": ",",
        "day_first": "no",
        "series": "-x",
        "merge": "sum",
    }
    target = replace(dataset, columns=("--decimal", "--merge"), targets=("--decimal",), known=("--merge",))
    command = command_line(target, Settings(), reading={**reading, "resample": "D:sum", "fill": "last"})
    expected = {**reading, "day_first": False, "resample": "D:sum"}
    assert reading_of(command) == expected, "without --fill: what it makes up has not happened"
    assert reading_of(command_line(dataset, Settings())) == {}


def test_a_last_step_that_has_not_ended_has_not_happened() -> None:
    hours = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=24 * 30 + 12, freq="h"), "x": 1.0})
    command = "python -m core compare x.csv --target x --resample D:sum"
    assert reread(command, csv(hours), "x.csv", 1 << 20).frame["x"].tolist() == [24.0] * 30
    assert len(reread(command, csv(hours[:-12]), "x.csv", 1 << 20).frame) == 30


def test_what_is_kept_is_read_back_and_damage_is_noticed(folder: Path, dataset: Dataset) -> None:
    assert newer_rows.kept(folder) is None
    newer = newer_rows.read(folder, csv(continued(dataset, 51.5, None, 53.5)), "newer.csv")
    newer_rows.keep(folder, newer)
    kept = newer_rows.kept(folder)
    assert kept is not None and replace(kept, values=newer.values) == newer
    np.testing.assert_array_equal(kept.values, newer.values)
    path = folder / newer_rows.KEPT
    path.write_text(path.read_text().replace("51.5", "51.6"))
    with pytest.raises(StoreFailed):
        newer_rows.kept(folder)
