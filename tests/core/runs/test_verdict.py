"""From runs to the verdict: who forecasts better, whether that beats simple methods, and what it costs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from made_run import begun, failed_run, finished_run, fit_events, journal

from core.data.dataset import Dataset, Split
from core.data.windows import window_parts
from core.runs import headline, results, verdict
from core.runs.evaluate import evaluate
from core.runs.events import Finished, FitDone
from core.runs.files import read_json, write_json
from core.runs.schema import Comparison
from core.runs.schema_verdict import BeatsBaseline, RatioVerdict, Verdict
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store

MakeSpec = Callable[..., ComparisonSpec]
H = 5
ORIGINS = window_parts(Split(200, 40, 60), 14, H).test
SEEDS = ("seed0-fold0", "seed1-fold0", "seed2-fold0")


@pytest.fixture
def judged(store: Store, dataset: Dataset, make_spec: MakeSpec) -> Callable[..., Comparison]:
    """A comparison of two frameworks whose forecasts are off by so much, on average over three seeds."""

    def make(
        seeds: int = 3,
        times: dict[str, list[dict[str, Any]]] | None = None,
        stopped: bool = False,
        **off: float | None,
    ) -> Comparison:
        status = "stopped" if stopped else "finished"
        settings = {"seeds": tuple(range(seeds)), "baselines": "simple"}
        folder = store.create(make_spec(("score",) * seeds, **settings), dataset)
        for framework in ("pytorch", "tensorflow"):
            errs = off[framework]
            if errs is None:
                failed_run(folder, framework)
            else:
                finished_run(folder, framework, forecasts(dataset, errs, seeds, framework), status)
                add_times(folder, framework, (times or {}).get(framework, []))
        folder.set_state(State(status))
        evaluate(folder)
        return results.load(folder.path)

    return make


def forecasts(dataset: Dataset, errs: float, seeds: int, framework: str) -> dict[str, np.ndarray]:
    """Off by `errs` on average in every window, with a little luck of the seed and of the window."""
    luck = np.random.default_rng(sum(map(ord, framework)))
    exact = np.stack([dataset.values[origin : origin + H, :1] for origin in ORIGINS])
    sign = np.where(np.arange(len(ORIGINS)) % 2, 1, -1)[:, None, None]
    by_window = 1 + 0.01 * luck.standard_normal((len(ORIGINS), 1, 1))
    return {fit: exact + errs * sign * by_window * (1 + 0.003 * luck.standard_normal()) for fit in SEEDS[:seeds]}


def add_times(folder: ComparisonFolder, framework: str, times: list[dict[str, Any]]) -> None:
    path = folder.run(framework).path / "timing.json"
    write_json(path, {**read_json(path), "interleaved": times})


def decided(comparison: Comparison) -> Verdict:
    assert comparison.verdict is not None
    return comparison.verdict


def test_a_clear_gap_has_a_winner_and_the_headline_can_be_repeated(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=0.5, tensorflow=0.6))
    assert found.accuracy.outcome == "pytorch_better"
    assert found.accuracy.gap == pytest.approx(0.2, abs=0.03) and found.accuracy.interval is not None
    assert found.accuracy.interval[0] < 0.2 < found.accuracy.interval[1]
    assert found.headline.startswith("PyTorch forecasts better here: TensorFlow's error is ")
    assert decided(judged(pytorch=0.6, tensorflow=0.5)).headline.startswith("TensorFlow forecasts better here: ")


def test_a_tie_is_said_to_be_one(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=0.5, tensorflow=0.5))
    assert found.accuracy.outcome == "no_difference"
    assert found.headline.startswith("No difference that matters between PyTorch's and TensorFlow's forecasts")


def test_one_seed_names_no_winner_however_large_the_gap(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(seeds=1, pytorch=0.5, tensorflow=5.0))
    assert (found.accuracy.outcome, found.accuracy.interval, found.accuracy.more_seeds) == ("cannot_tell", None, 2)
    assert "cannot be told" in found.headline and "At least 2 more seeds are needed." in found.headline


def cut_short(store: Store, dataset: Dataset, spec: ComparisonSpec, whole: int) -> Comparison:
    """TensorFlow was stopped in the middle of a seed, after so many whole ones."""
    folder = store.create(spec, dataset)
    for framework, errs in (("pytorch", 0.5), ("tensorflow", 0.5)):
        made = forecasts(dataset, errs, 3, framework)
        made = {fit: each for fit, each in made.items() if framework == "pytorch" or fit in SEEDS[: whole + 1]}
        if framework == "tensorflow":
            made[SEEDS[whole]] = made[SEEDS[whole]] + 20.0
        finished_run(folder, framework, made)
    done = [event for fit in SEEDS[:whole] for event in fit_events(fit, (0.9, 0.4, 0.6), best=2)]
    last = fit_events(SEEDS[whole], (9.0,), best=1)[:-1]
    end = (FitDone(SEEDS[whole], 1, 1, True), Finished("stopped", 4.5, 321.0))
    journal(folder, "tensorflow", [begun("tensorflow"), *done, *last, *end])
    folder.set_state(State("stopped"))
    evaluate(folder)
    return results.load(folder.path)


def test_a_seed_that_was_cut_short_is_no_part_of_the_race(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    def spec() -> ComparisonSpec:
        return make_spec(("score",) * 3, seeds=(0, 1, 2), baselines="simple")

    comparison = cut_short(store, dataset, spec(), whole=2)
    found = decided(comparison).accuracy
    assert [fit.stopped for fit in comparison.runs[1].fits] == [False, False, True]
    assert (found.outcome, found.more_seeds) == ("cannot_tell", 1), "three seeds would have named a winner"
    assert found.gap == pytest.approx(0.0, abs=0.05) and found.rests_on.startswith("3 and 2 seeds")
    alone = decided(cut_short(store, dataset, spec(), whole=0)).accuracy
    assert (alone.outcome, alone.more_seeds) == ("cannot_tell", 2), "without a whole one it is all there is"
    assert alone.gap is not None and alone.gap > 1


def test_a_network_of_which_it_is_open_is_not_called_beaten() -> None:
    beats = BeatsBaseline(
        pytorch=True,
        tensorflow=None,
        against="naive",
        gaps={"pytorch": -0.1, "tensorflow": -0.08},
        outcomes={"pytorch": "better", "tensorflow": "cannot_tell"},
    )
    said = headline.beaten_words(beats)
    assert said.endswith("PyTorch by 10%; whether TensorFlow beats it cannot be told.")
    lost = beats.model_copy(update={"outcomes": {"pytorch": "better", "tensorflow": "worse"}})
    assert headline.beaten_words(lost).endswith("PyTorch by 10%; not by TensorFlow.")


def test_a_gap_to_the_simple_method_is_told_without_signs() -> None:
    beats = BeatsBaseline(
        against="arima",
        gaps={"pytorch": -0.0004, "tensorflow": 0.025},
        outcomes={"pytorch": "cannot_tell", "tensorflow": "cannot_tell"},
    )
    said = headline._simple(Comparison.model_construct(), beats)
    assert said.endswith("beat an ARIMA model: PyTorch errs as much and TensorFlow errs 2.5% more.")
    assert (headline.signed(-0.0004), headline.signed(-0.02), headline.signed(0.013)) == ("0%", "−2%", "+1.3%")


def test_where_nothing_beats_a_simple_method_that_comes_first(judged: Callable[..., Comparison]) -> None:
    comparison = judged(pytorch=30.0, tensorflow=40.0)
    found = decided(comparison)
    assert found.headline.startswith("On this data nothing here beats ")
    assert found.beats_baseline is not None and found.beats_baseline.pytorch is False
    best = results.best_baseline(comparison)
    assert best is not None and found.beats_baseline.against == best.name
    assert found.accuracy.outcome == "pytorch_better", "the frameworks' own race stands, behind it"


def test_a_network_that_beats_every_simple_method_is_said_to(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=0.1, tensorflow=0.1))
    assert found.beats_baseline is not None
    assert found.beats_baseline.pytorch is True and found.beats_baseline.tensorflow is True
    assert "is beaten: PyTorch by" in found.headline
    assert found.beats_baseline.interval is not None and found.beats_baseline.interval[1] < 0


def test_a_framework_that_failed_is_compared_with_nothing(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=0.1, tensorflow=None))
    assert (found.accuracy.outcome, found.speed, found.memory) == ("not_applicable", None, None)
    assert "TensorFlow failed" in found.headline and "is beaten: PyTorch by" in found.headline


def test_nothing_scored_is_said(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=None, tensorflow=None))
    assert found.beats_baseline is None and found.headline.startswith("No run got as far as a forecast.")
    assert "PyTorch and TensorFlow failed" in found.headline


def test_who_stops_it_gets_no_winner(judged: Callable[..., Comparison]) -> None:
    found = decided(judged(pytorch=0.5, tensorflow=0.6, stopped=True))
    assert found.accuracy.outcome == "cannot_tell" and found.accuracy.gap == pytest.approx(0.2, abs=0.03)
    assert "stopped before its end" in found.headline and "Letting it go on would." in found.headline


def timed(seconds: list[float], loads: list[float]) -> list[dict[str, Any]]:
    return [
        {"fit": f"seed{n}-fold0", "epoch_s": one, "forecast_ms": 1.0, "load": load}
        for n, (one, load) in enumerate(zip(seconds, loads, strict=True))
    ]


def test_times_are_paired_fit_by_fit_and_disturbed_ones_left_out(judged: Callable[..., Comparison]) -> None:
    quiet, busy = [0.0] * 3, [0.0, 0.0, 50.0]
    same = judged(
        pytorch=0.5,
        tensorflow=0.5,
        times={"pytorch": timed([1.0, 1.1, 1.05], quiet), "tensorflow": timed([2.0, 2.2, 2.1], quiet)},
    )
    epoch = decided(same).speed
    assert epoch is not None and epoch.epoch.outcome == "pytorch_better" and epoch.epoch.n == 3
    assert epoch.epoch.ratio == pytest.approx(2.0) and epoch.forecast.outcome == "no_difference"
    assert "PyTorch trains 2 × as fast" in decided(same).headline
    disturbed = judged(
        pytorch=0.5,
        tensorflow=0.5,
        times={"pytorch": timed([1.0, 1.1, 9.0], busy), "tensorflow": timed([2.0, 2.2, 2.1], quiet)},
    )
    found = decided(disturbed).speed
    assert found is not None and found.epoch.n == 2 and "1 of 3 pairs" in found.epoch.note
    assert found.epoch.ratio == pytest.approx(2.0)


def row(pytorch: float, tensorflow: float, outcome: str = "cannot_tell") -> RatioVerdict:
    return RatioVerdict(outcome=outcome, pytorch=pytorch, tensorflow=tensorflow)


def test_a_start_that_other_work_disturbed_is_repaid_by_nothing() -> None:
    imports, first, epoch = row(2.0, 5.0), row(1.0, 3.5), row(1.0, 0.5, "tensorflow_better")
    disturbed = row(2.0, 50.0, "not_measured")
    assert verdict.break_even(disturbed, first, epoch, 10) is None
    assert verdict.break_even(imports, disturbed, epoch, 10) is None


def test_the_first_epoch_is_as_disturbed_as_the_fit_that_holds_it(judged: Callable[..., Comparison]) -> None:
    seconds = [1.0, 1.1, 1.05]
    for loads, outcome in (([50.0, 0.0, 0.0], "not_measured"), ([0.0, 50.0, 0.0], "one_measurement")):
        times = {"pytorch": timed(seconds, loads), "tensorflow": timed(seconds, [0.0] * 3)}
        speed = decided(judged(pytorch=0.5, tensorflow=0.5, times=times)).speed
        assert speed is not None and speed.first_epoch.outcome == outcome


def test_epochs_that_early_stopping_left_out_repay_nothing(judged: Callable[..., Comparison]) -> None:
    runs = {run.framework: run for run in judged(pytorch=0.5, tensorflow=0.5).runs}
    assert verdict.epochs_a_training(runs) == 3


def test_a_slower_start_is_repaid_by_a_faster_epoch() -> None:
    imports, first = row(2.0, 5.0), row(1.0, 3.5)
    epoch = row(1.0, 0.5, "tensorflow_better")
    # It starts 3 s + 2.5 s later (+ 0.5 s that its first epoch would save), and saves 10 x 0.5 s a training.
    assert verdict.break_even(imports, first, epoch, epochs=10) == pytest.approx(6.0 / 5.0)
    assert verdict.break_even(imports, first, row(0.5, 1.0, "pytorch_better"), 10) is None, "faster from the start"
    assert verdict.break_even(imports, first, row(1.0, 0.99), 10) is None, "no faster epoch that is sure"
