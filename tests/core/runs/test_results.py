"""What pages show of a comparison: which windows, which sentences."""

from pathlib import Path

import numpy as np
import pytest
from made_run import failed_run, finished_run

from core.data.dataset import Dataset, Split
from core.data.windows import window_parts
from core.errors import NotFound, StoreFailed
from core.runs import results
from core.runs.evaluate import evaluate
from core.runs.schema import Comparison
from core.runs.store import ComparisonFolder, Store

H = 5
ORIGINS = window_parts(Split(200, 40, 60), 14, H).test


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec) -> ComparisonFolder:  # type: ignore[no-untyped-def]
    made = store.create(make_spec(), dataset)
    exact = np.stack([dataset.values[o : o + H, :1] for o in ORIGINS])
    finished_run(made, "pytorch", {"seed0-fold0": exact + 0.5, "final": np.full((1, H, 1), 50.0)})
    failed_run(made, "tensorflow")
    evaluate(made)
    return made


def with_errors(comparison: Comparison, baselines: dict[str, float], **errors: float) -> Comparison:
    """The same comparison with other scaled (and plain) mean absolute errors."""
    content = comparison.model_dump()
    run = content["runs"][0]
    content["runs"] = [
        {**run, "framework": name, "id": name, "fits": [_fit(run["fits"][0], error)]} for name, error in errors.items()
    ]
    content["baselines"] = [
        {**content["baselines"][0], "name": name, "test": {"mae": error, "scaled_mae": error}}
        for name, error in baselines.items()
    ]
    return Comparison(**content)


def _fit(fit: dict, error: float) -> dict:  # type: ignore[type-arg]
    return {**fit, "test": {"mae": error, "scaled_mae": error}}


def test_forecasts_lie_beside_what_happened(folder: ComparisonFolder, dataset: Dataset) -> None:
    arrays = results.forecasts(folder.path, "pytorch", "seed0-fold0")
    assert arrays.actual.shape == arrays.forecast.shape == (56, H, 1)
    np.testing.assert_array_equal(arrays.actual[3, :, 0], dataset.values[243 : 243 + H, 0])
    assert list(arrays.times(3)) == list(dataset.index[243 : 243 + H])
    assert isinstance(arrays.forecast, np.memmap)


def test_consecutive_forecasts_do_not_overlap_and_end_with_the_test_part(folder: ComparisonFolder) -> None:
    arrays = results.consecutive(results.forecasts(folder.path, "pytorch", "seed0-fold0"))
    assert (np.diff(arrays.origins) == H).all()
    assert arrays.origins[-1] + H == 300
    assert len(arrays.origins) == 12
    np.testing.assert_allclose(arrays.forecast - arrays.actual, 0.5, atol=1e-5)


def test_a_fixed_step_ahead_is_one_line(folder: ComparisonFolder, dataset: Dataset) -> None:
    line = results.fixed_step(results.forecasts(folder.path, "pytorch", "seed0-fold0"), H)
    assert list(line.times) == list(dataset.index[240 + H - 1 :])
    np.testing.assert_allclose(line.forecast - line.actual, 0.5, atol=1e-5)


def test_the_future_comes_after_the_last_row(folder: ComparisonFolder, dataset: Dataset) -> None:
    future = results.future(folder.path, "pytorch")
    assert future is not None and future.values.shape == (H, 1)
    assert future.times[0] > dataset.index[-1]
    assert results.future(folder.path, "tensorflow") is None


def test_what_is_not_there_is_said(folder: ComparisonFolder, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="TensorFlow has no forecasts"):
        results.forecasts(folder.path, "tensorflow", "seed0-fold0")
    with pytest.raises(NotFound, match="no results yet"):
        results.load(tmp_path)
    (folder.path / "comparison.json").write_text("{")
    with pytest.raises(StoreFailed):
        results.load(folder.path)


def test_differences_of_applied_settings_are_pointed_out(folder: ComparisonFolder) -> None:
    comparison = with_errors(results.load(folder.path), {"naive": 1.0}, pytorch=1.0, tensorflow=1.0)
    content = comparison.model_dump()
    content["runs"][0]["settings"]["applied"] = {"threads": 1, "rate": 0.001, "fused": True}
    content["runs"][1]["settings"]["applied"] = {"threads": 2, "rate": float(np.float32(0.001))}
    found = {row.setting: row.values for row in results.settings_differences(Comparison(**content))}
    assert found == {"threads": {"pytorch": 1, "tensorflow": 2}, "fused": {"pytorch": True, "tensorflow": None}}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (29_499.4, "29,499"), (232.11, "232.1"), (77.93, "77.93"), (0.46944, "0.4694")]
)
def test_digits(value: float | None, text: str) -> None:
    assert results.digits(value) == text
