"""Prediction intervals of a comparison: as often right as promised, and made from nothing that was not known yet."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_run import failed_run, finished_run

from core.data.dataset import Dataset, Split
from core.data.windows import fold_parts
from core.evaluation import conformal
from core.runs import band_files, bands, interval_words, results
from core.runs.evaluate import evaluate
from core.runs.schema import Comparison
from core.runs.spec import ComparisonSpec, FitSpec
from core.runs.store import ComparisonFolder, Store

H = 5
ROWS = 1300
SPLIT = Split(200, 40, 1060)
WINDOWS = SPLIT.test - H + 1

MakeSpec = Callable[..., ComparisonSpec]
MakeRun = Callable[..., ComparisonFolder]


@pytest.fixture
def walk(dataset: Dataset) -> Dataset:
    """A random walk that stays far above zero."""
    steps = np.random.default_rng(0).normal(0, 1, ROWS)
    values = np.stack([300 + np.cumsum(steps), steps], axis=1)
    return replace(dataset, index=pd.date_range("2020-01-01", periods=ROWS, freq="D"), values=values)


@pytest.fixture
def judged(store: Store, walk: Dataset, make_spec: MakeSpec) -> MakeRun:
    """A comparison of two frameworks that repeat the last value, PyTorch a little better, scored."""

    def make(data: Dataset = walk, test: int = SPLIT.test, folds: int = 1, **settings: object) -> ComparisonFolder:
        split = Split(200, 40, test)
        data = replace(data, index=data.index[: split.end], values=data.values[: split.end])
        parts = fold_parts(split, folds, 14, H)
        fits = [FitSpec(id=f"seed0-fold{n}", kind="score", seed=0, fold=n, maths="stock") for n in range(folds)]
        fits.append(FitSpec(id="final", kind="final", seed=0, maths="stock"))
        spec = make_spec(folds=folds, horizon=H, **settings)
        plan = spec.plan.model_copy(update={"split": (200, 40, test), "fits": tuple(fits)})
        folder = store.create(spec.model_copy(update={"plan": plan}), data)
        for framework, noise in (("pytorch", 0.1), ("tensorflow", 0.3)):
            luck = np.random.default_rng(7).normal(0, noise, (split.end, H, 1))
            made = {
                f"seed0-fold{n}": np.repeat(data.values[part.test - 1, None, :1], H, axis=1) + luck[part.test]
                for n, part in enumerate(parts)
            }
            finished_run(folder, framework, made | {"final": np.repeat(data.values[-1:, None, :1], H, axis=1)})
        evaluate(folder)
        return folder

    return make


def table(folder: ComparisonFolder) -> pd.DataFrame:
    return pd.read_csv(folder.path / "forecasts.csv", parse_dates=["origin", "time"])


def over_all(folder: ComparisonFolder) -> dict[tuple[str, float], object]:
    """The intervals over all steps, by framework or method and level."""
    rows = results.load(folder.path).intervals or []
    return {(row.run.rsplit("-", 1)[-1], row.level): row for row in rows if row.step == 0}


def test_bands_hold_about_as_often_as_promised_and_the_result_says_how_often(judged: MakeRun) -> None:
    folder = judged()
    told = over_all(folder)
    lines = table(folder)
    for framework in ("pytorch", "tensorflow"):
        test = lines[(lines.framework == framework) & (lines.fit == "seed0-fold0")].dropna(subset="lo80")
        assert test.origin.nunique() == WINDOWS - 44, "the first windows have too few before them"
        for level, low, high in ((0.8, test.lo80, test.hi80), (0.95, test.lo95, test.hi95)):
            held = ((low <= test.actual) & (test.actual <= high)).mean()
            row = told[framework, level]
            assert held == pytest.approx(level, abs=0.04)
            assert (row.coverage, row.promised, row.n) == (pytest.approx(held, abs=1e-4), level, WINDOWS - 44)
            assert row.low < level < row.high
    simple = results.best_baseline(results.load(folder.path))
    assert told[simple.name, 0.8].coverage == pytest.approx(0.8, abs=0.04), "the same for every model"
    steps = [row.step for row in results.load(folder.path).intervals if row.run.endswith("pytorch")]
    assert steps == [*range(H + 1)] * 2


def test_bands_widen_with_the_horizon_and_with_the_level(judged: MakeRun) -> None:
    future = table(judged()).query("fit == 'final' and framework == 'pytorch'")
    assert (np.diff(future.hi80 - future.lo80) > 0).all()
    assert (future.lo95 < future.lo80).all() and (future.hi80 < future.hi95).all()
    np.testing.assert_allclose(future.forecast - future.lo80, future.hi80 - future.forecast, rtol=1e-3)


def test_a_band_does_not_know_what_came_after_its_origin(judged: MakeRun, walk: Dataset) -> None:
    """Forecasts and actual values after a day change; all that was made by then stays as it was."""
    folder = judged(folds=3)
    day = 240 + int(band_files.read(folder, "pytorch").starts[12])  # the first that a new band forecasts
    changed = replace(walk, values=walk.values.copy())
    changed.values[day:, 0] += np.random.default_rng(1).normal(0, 30, ROWS - day)
    before, after = table(folder), table(judged(changed, folds=3))
    known = before.origin <= walk.index[day - 1]
    columns = ["lo80", "hi80", "lo95", "hi95"]
    assert before[known & (before.fit != "final")].lo80.notna().sum() > 1000
    pd.testing.assert_frame_equal(before.loc[known, columns], after.loc[known, columns])
    wider = (after.hi80 - after.lo80)[~known].mean() / (before.hi80 - before.lo80)[~known].mean()
    assert wider > 2, "and later ones learn of it"


def test_the_windows_of_earlier_folds_count(judged: MakeRun) -> None:
    one, three = (table(judged(folds=folds)) for folds in (1, 3))
    pd.testing.assert_series_equal(one.lo80, three.lo80)


def test_targets_learned_as_logarithms_have_bands_in_proportion(judged: MakeRun) -> None:
    lines = table(judged(transform="log")).dropna(subset="lo80")
    np.testing.assert_allclose(lines.hi80 / lines.forecast, lines.forecast / lines.lo80, rtol=1e-5)
    shares = (lines.actual <= lines.hi80) & (lines.actual >= lines.lo80)
    assert shares[lines.actual.notna()].mean() == pytest.approx(0.8, abs=0.05)


def test_few_windows_give_bands_without_a_promise(judged: MakeRun) -> None:
    folder = judged(test=120)
    row = over_all(folder)["pytorch", 0.8]
    assert row.promised is None and row.coverage is not None and "likely to hold between" in row.note
    kept = band_files.read(folder, "pytorch")
    assert set(kept.kinds) == {"uncertain"}
    assert "too few windows for a promise" in interval_words.line(results.load(folder.path))


def test_too_few_windows_give_none_and_the_reason(judged: MakeRun) -> None:
    folder = judged(test=43)  # 39 windows
    assert table(folder)[["lo80", "hi80", "lo95", "hi95"]].isna().all(axis=None)
    row = over_all(folder)["tensorflow", 0.95]
    assert (row.coverage, row.n) == (None, 0) and "No band" in row.note
    assert "at least 40 are needed" in str(band_files.read(folder, "pytorch").reasons[-1])


def test_the_future_may_have_a_band_where_the_test_part_has_none(judged: MakeRun) -> None:
    lines = table(judged(test=46))  # 42 windows
    assert lines[lines.fit == "final"].lo80.notna().all()
    assert lines[lines.fit != "final"].lo80.isna().all()


def test_a_quantile_is_judged_by_how_often_it_is_not_exceeded(judged: MakeRun, walk: Dataset) -> None:
    folder = judged(loss="quantile", quantile=0.9)
    lines = table(folder)
    assert lines.lo80.isna().all()
    test = lines[(lines.framework == "pytorch") & lines.actual.notna()]
    row = over_all(folder)["pytorch", 0.9]
    assert row.coverage == pytest.approx((test.actual <= test.forecast).mean(), abs=1e-4)
    assert row.promised is None and "90%" in row.note, "a loss aims, it does not promise"
    assert not band_files.has(folder, "pytorch")
    assert over_all(judged(loss="quantile", quantile=0.5))["pytorch", 0.8].coverage > 0.7, "the median has bands"


def test_a_diverged_run_has_no_bands_and_says_why(store: Store, judged: MakeRun, walk: Dataset) -> None:
    folder = judged()
    finished_run(folder, "pytorch", {"seed0-fold0": np.full((WINDOWS, H, 1), np.nan)})
    failed_run(folder, "tensorflow")
    evaluate(folder)
    assert over_all(folder)["pytorch", 0.8].note == bands.NOT_FINITE
    assert ("tensorflow", 0.8) not in over_all(folder)


def test_what_is_drawn_is_what_the_file_says(judged: MakeRun) -> None:
    folder = judged(folds=3)
    kept = band_files.read(folder, "tensorflow")
    arrays = results.seed_forecasts(folder.path, "tensorflow", 0)
    limits = kept.around(arrays.forecast[:, :, 0], np.arange(WINDOWS), 0)
    lines = table(folder).query("framework == 'tensorflow' and fit != 'final'")
    np.testing.assert_allclose(limits[:, 0, 0].ravel(), lines.lo80, rtol=1e-6)
    np.testing.assert_allclose(limits[:, 1, 1].ravel(), lines.hi95, rtol=1e-6)


def test_of_very_many_windows_some_are_looked_at(judged: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at once stays small, and the bands are hardly other ones."""
    whole = band_files.read(judged(), "pytorch").half_widths[-1]
    most = 0

    def read(self: bands.Residuals, windows: np.ndarray) -> np.ndarray:
        nonlocal most
        most = max(most, len(windows))
        return self.actual[windows] - self.read(windows)

    monkeypatch.setattr(conformal, "MOST_WINDOWS", 300)
    monkeypatch.setattr(conformal, "MOST_JUDGED", 300)
    monkeypatch.setattr(bands.Residuals, "__getitem__", read)
    folder = judged()
    assert most == 300
    np.testing.assert_allclose(band_files.read(folder, "pytorch").half_widths[-1], whole, rtol=0.2)
    assert over_all(folder)["pytorch", 0.8].n == WINDOWS - 44


def test_the_line_of_the_command_names_every_model(judged: MakeRun) -> None:
    told: Comparison = results.load(judged().path)
    line = interval_words.line(told)
    assert line.startswith("Prediction intervals: PyTorch 80% held ") and "TensorFlow" in line and "forecast" in line
    assert "\n" not in line and "promise" not in line
    assert interval_words.line(told.model_copy(update={"intervals": None})) == ""
