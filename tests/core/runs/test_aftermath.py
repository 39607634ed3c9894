"""Forecasts of the future against what happened: recent errors beside those of the same steps in the test part."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import cli
from core.data.dataset import Dataset
from core.errors import BadInput
from core.runs import aftermath, aftermath_words, newer_rows, results
from core.runs.aftermath import Aftermath, Model
from core.runs.evaluate import evaluate
from core.runs.forecasts import origins_by_fold
from core.runs.spec import ComparisonSpec, FitSpec
from core.runs.store import ComparisonFolder, Store
from tests.core.runs.made_run import failed_run, finished_run
from tests.core.runs.newer_files import continued, csv
from tests.core.runs.test_transformed_runs import Seer, make, run

MakeSpec = Callable[..., ComparisonSpec]
H = 5
NOISE = np.random.default_rng(0).normal(0, 1, (2, 56, H, 1))  # of two seeds' test windows
FUTURE = np.array([50.0, 51, 52, 53, 54])


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec: MakeSpec) -> ComparisonFolder:
    """Two seeds on two folds; TensorFlow failed."""
    spec = make_spec(seeds=(0, 1), folds=2)
    fits = [
        FitSpec(id=f"seed{seed}-fold{fold}", kind="score", seed=seed, fold=fold, maths="stock")
        for seed in (0, 1)
        for fold in (0, 1)
    ]
    fits.append(FitSpec(id="final", kind="final", seed=0, maths="stock"))
    spec = spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": tuple(fits)})})
    folder = store.create(spec, dataset)
    finished_run(folder, "pytorch", {**with_noise(spec, dataset), "final": FUTURE[None, :, None]})
    failed_run(folder, "tensorflow")
    evaluate(folder)
    return folder


def with_noise(spec: ComparisonSpec, dataset: Dataset) -> dict[str, np.ndarray]:
    """Each fit's forecasts: what happened and noise that grows with every step."""
    first = origins_by_fold(spec)[0][0]
    found = {}
    for fit in (fit for fit in spec.plan.fits if fit.kind == "score"):
        origins = origins_by_fold(spec)[fit.fold]
        noise = NOISE[fit.seed, origins - first] * np.arange(1, H + 1)[:, None]
        found[fit.id] = results.actual(dataset.values[:, :1], origins, H) + noise
    return found


def since(folder: ComparisonFolder, dataset: Dataset, later: Sequence[float | None]) -> Aftermath:
    newer = newer_rows.read(folder.path, csv(continued(dataset, *later)), "newer.csv")
    return aftermath.judge(folder.path, newer)


def test_the_promise_is_the_test_error_of_the_same_steps(folder: ComparisonFolder, dataset: Dataset) -> None:
    found = since(folder, dataset, (53.0, None, 50.0))
    (score,) = found.models[0].scores
    assert (score.known, score.recent) == (2, pytest.approx((3 + 2) / 2))
    by_step = [
        [step.mae for step in fit.test_by_step or []] for fit in results.score_fits(results.load(folder.path).runs[0])
    ]
    windows = [len(origins) for origins in origins_by_fold(folder.spec())] * 2
    promised = np.average(np.array(by_step)[:, [0, 2]].mean(axis=1), weights=windows)
    assert score.promised == pytest.approx(promised, rel=1e-5)
    errors = np.abs(NOISE[:, :, [0, 2], 0] * [1, 3]).mean(axis=2)
    assert (score.worse, score.tested) == (pytest.approx((errors > 2.5).mean()), 56)


def test_new_values_within_the_prediction_interval_are_counted(folder: ComparisonFolder, dataset: Dataset) -> None:
    low, high = (since(folder, dataset, (50.0,)).models[0].limits[0, end, 0, 0] for end in (0, 1))
    assert low < 50 < high
    inside = [since(folder, dataset, (value,)).models[0].scores[0].within[0.8] for value in (low + 0.01, high + 0.01)]
    assert inside == [1, 0]
    assert since(folder, dataset, (high + 0.01,)).models[0].scores[0].within[0.95] == 1


def test_the_simple_methods_go_on_from_the_last_row(folder: ComparisonFolder, dataset: Dataset) -> None:
    last, season = dataset.values[-1, 0], dataset.values[-7:, 0]
    simple = {model.name: model for model in since(folder, dataset, (last + 2, last + 2)).models if model.simple}
    np.testing.assert_array_equal(simple["naive"].forecast[:, 0], np.full(H, last))
    np.testing.assert_array_equal(simple["seasonal_naive"].forecast[:, 0], season[:H])
    assert simple["naive"].scores[0].recent == pytest.approx(2)
    told = {each.name: each.test_by_step for each in results.baselines(results.load(folder.path))}
    for name, model in simple.items():
        by_step = [step.mae for step in told[name] or []]
        assert model.scores[0].promised == pytest.approx(np.mean(by_step[:2]), rel=1e-5)


def test_several_targets_are_added_up_in_deviations(store: Store, dataset: Dataset) -> None:
    both = replace(dataset, targets=dataset.columns)
    folder = make(store, both)
    run(folder, Seer("pytorch")).go()
    evaluate(folder)
    last = dataset.values[-1]
    frame = continued(dataset, last[0], last[0])
    frame.loc[300, "other"] = last[1] + 0.5
    newer = newer_rows.read(folder.path, csv(frame), "newer.csv")
    naive = next(model for model in aftermath.judge(folder.path, newer).models if model.name == "naive")
    assert [(score.target, score.known) for score in naive.scores] == [("wave", 2), ("other", 1), (None, 3)]
    deviation = dataset.values[: folder.spec().plan.split[0], 1].std()
    assert [score.recent for score in naive.scores] == pytest.approx([0, 0.5, 0.5 / deviation / 3])
    assert aftermath_words.sentence(aftermath.judge(folder.path, newer)).count("standard deviations of “wave” and") == 1


def test_transformed_targets_are_judged_in_the_data_s_own_units(store: Store, dataset: Dataset) -> None:
    folder = make(store, dataset, transform="percent")
    run(folder, Seer("pytorch")).go()
    evaluate(folder)
    future = results.future(folder.path, "pytorch")
    assert future is not None
    found = since(folder, dataset, (float(future.values[0, 0]) + 2, float(future.values[1, 0]) - 1))
    (score,) = found.models[0].scores
    assert score.recent == pytest.approx(1.5) and score.promised == pytest.approx(0, abs=1e-4)


def test_without_a_training_on_all_rows_there_is_nothing_to_judge(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    folder = store.create(make_spec(), dataset)
    failed_run(folder, "pytorch")
    failed_run(folder, "tensorflow")
    evaluate(folder)
    assert not aftermath.has_forecast(folder.path)
    with pytest.raises(BadInput, match="Nothing was forecast after the last row"):
        since(folder, dataset, (50.0,))


def changed(found: Aftermath, **score: float) -> Aftermath:
    def of(model: Model) -> Model:
        return model if model.simple else replace(model, scores=tuple(replace(each, **score) for each in model.scores))

    return replace(found, models=tuple(map(of, found.models)))


def test_what_is_said_can_be_repeated(folder: ComparisonFolder, dataset: Dataset) -> None:
    found = since(folder, dataset, (53.0, None, 50.0))
    words = aftermath_words.sentence(changed(found, promised=7200.4, recent=6100.2))
    begin, best = words.split("; ")
    assert begin == "Of the 5 days forecast, 2 have happened: PyTorch missed by 6,100 on average, promised 7,200"
    naive = next(model.scores[0] for model in found.models if model.name == "naive")
    assert best == f"the naive forecast by {naive.recent:.2f}, promised {naive.promised:.3f}."
    assert aftermath_words.judgement(found) == "2 days are too little to judge by."
    assert aftermath_words.notes(found) == ["1 day before the latest has no value in the file."]
    one = since(folder, dataset, (51.0,))
    assert "1 has happened: PyTorch missed by 1, promised" in aftermath_words.sentence(one)
    assert aftermath_words.judgement(one) == "1 day is too little to judge by."


def test_whether_an_error_is_unusual_is_said_where_enough_is_known(folder: ComparisonFolder, dataset: Dataset) -> None:
    every = since(folder, dataset, (50.0, 51.5, 52.0, 53.0, 54.0, 1.0))
    assert aftermath_words.sentence(every).startswith("The 5 days forecast have happened: PyTorch missed by 0.1 on")
    assert aftermath_words.judgement(every).startswith("No surprise: over the same steps 100% of PyTorch's test")
    assert aftermath_words.notes(every) == ["1 new row is later than what was forecast."]
    far = since(folder, dataset, (99.0,))
    assert "PyTorch missed by more than all of its test forecasts did" in aftermath_words.judgement(far)
    assert "train on the new rows" in aftermath_words.judgement(far)
    assert "too short to tell" in aftermath_words.judgement(changed(every, tested=39))
    assert "too little to judge by" in aftermath_words.judgement(changed(far, tested=39))


def test_changed_values_are_told(folder: ComparisonFolder, dataset: Dataset) -> None:
    frame = continued(dataset, 50.0)
    frame.loc[[3, 250], "wave"] += 0.01
    newer = newer_rows.read(folder.path, csv(frame), "newer.csv")
    (note,) = aftermath_words.notes(aftermath.judge(folder.path, newer))
    assert note.startswith("2 of 300 earlier values have changed since")


def test_the_command_line_says_it_and_keeps_it(
    folder: ComparisonFolder,
    store: Store,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TWINCAST_HOME", str(store.root))
    file = tmp_path / "newer.csv"
    file.write_bytes(csv(continued(dataset, 53.0, None, 50.0)))
    assert cli.main(["since", f"{folder.id}-pytorch", str(file)]) == 0
    assert capsys.readouterr().out.startswith("Of the 5 days forecast, 2 have happened: PyTorch missed by 2.5")
    assert newer_rows.kept(folder.path) is not None
    assert cli.main(["since", folder.id, str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["known"], told["values"][1], told["models"][0]["scores"][0]["recent"]) == (2, [None], 2.5)
    assert cli.main(["since", folder.id, str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.startswith("The file cannot be read: No such file")
    assert cli.main(["since", "yesterday", str(file)]) == 2
    assert "no such comparison" in capsys.readouterr().err
