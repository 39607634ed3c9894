"""Nothing is read back unchecked: what was changed, exchanged or taken away is said, and what is intact is shown."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_run import finished_run, save_probe
from test_store import earlier_version

from core.data.dataset import Dataset, Split
from core.data.windows import window_parts
from core.errors import NotFound, StoreFailed
from core.runs import manifest, parity, results
from core.runs.evaluate import evaluate
from core.runs.files import read_json, read_weights, write_json, write_weights
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store

MakeSpec = Callable[..., ComparisonSpec]
H = 5
ORIGINS = window_parts(Split(200, 40, 60), 14, H).test
FIT = "seed0-fold0"


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec: MakeSpec) -> ComparisonFolder:
    """Both runs have ended; nothing is scored yet."""
    made = store.create(make_spec(("score", "final", "certificate")), dataset)
    made.set_state(State("evaluating", load_before=0.0))
    exact = np.stack([dataset.values[o : o + H, :1] for o in ORIGINS])
    for name in ("pytorch", "tensorflow"):
        finished_run(made, name, {FIT: exact + 0.5, "final": np.full((1, H, 1), 50.0)})
        save_probe(made, name, "certificate", (0.5, 0.4))
        weights = made.run(name).fit(FIT) / "weights.safetensors"
        write_weights(weights, {"a": np.arange(3, dtype=np.float32)}, 2)
        made.run(name).write_fit_manifest(FIT)
    return made


@pytest.fixture
def compared(folder: ComparisonFolder) -> ComparisonFolder:
    evaluate(folder)
    folder.set_state(replace(folder.state(), state="finished"))
    return folder


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def test_what_is_intact_is_read(compared: ComparisonFolder) -> None:
    compared.run("pytorch").verify()
    assert results.verified_bytes(compared.path, "forecasts.csv") == (compared.path / "forecasts.csv").read_bytes()
    assert results.verified(compared.path, "comparison.json") == compared.path / "comparison.json"
    weights, epoch = compared.run("pytorch").weights(FIT)
    assert (list(weights["a"]), epoch) == ([0, 1, 2], 2)


READERS: dict[str, Callable[[ComparisonFolder], object]] = {
    "spec.json": lambda folder: folder.spec(),
    "state.json": lambda folder: folder.state(),
    "values.npy": lambda folder: folder.values(),
    "index.npy": lambda folder: folder.index(),
    "comparison.json": lambda folder: results.load(folder.path),
    "forecasts.csv": lambda folder: results.verified_bytes(folder.path, "forecasts.csv"),
    "manifest.json": lambda folder: results.load(folder.path),
    "runs/pytorch/spec.json": lambda folder: folder.run("pytorch").spec(),
    "runs/pytorch/events.jsonl": lambda folder: folder.run("pytorch").check_journal(),
    "runs/pytorch/timing.json": lambda folder: folder.run("pytorch").timing(),
    "runs/pytorch/manifest.json": lambda folder: results.forecasts(folder.path, "pytorch", FIT),
    f"runs/pytorch/fits/{FIT}/manifest.json": lambda folder: results.forecasts(folder.path, "pytorch", FIT),
    f"runs/pytorch/fits/{FIT}/forecast.npy": lambda folder: results.forecasts(folder.path, "pytorch", FIT),
    "runs/pytorch/fits/final/forecast.npy": lambda folder: results.future(folder.path, "pytorch"),
    f"runs/pytorch/fits/{FIT}/weights.safetensors": lambda folder: folder.run("pytorch").weights(FIT),
    "runs/pytorch/fits/certificate/initial_output.npy": lambda folder: parity.measure(folder, folder.spec()),
    "runs/pytorch/fits/certificate/fit.json": lambda folder: parity.measure(folder, folder.spec()),
    "runs/pytorch/fits/certificate/first_gradient.safetensors": lambda folder: parity.measure(folder, folder.spec()),
}


def test_every_damaged_file_is_said(
    compared: ComparisonFolder, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    other = store.create(make_spec(("score",)), replace(dataset, values=dataset.values + 1)).path
    for name, read in READERS.items():
        path = compared.path / name
        content = path.read_bytes()
        exchanged = (other / name).read_bytes() if (other / name).is_file() else b"{}"
        flipped = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
        for harm in (flipped, content[:-1], b"", exchanged, None):
            read(compared)  # what was checked before is checked again once the file is another one
            path.unlink() if harm is None else path.write_bytes(harm)
            if harm != content:  # both have the same times
                with pytest.raises(StoreFailed, match="missing or damaged") as raised:
                    read(compared)
                assert compared.id in raised.value.problems[0].where
            path.write_bytes(content)


def test_files_that_exchanged_their_places_are_not_believed(compared: ComparisonFolder) -> None:
    one, other = (compared.run(name).fit(FIT) / "forecast.npy" for name in ("pytorch", "tensorflow"))
    np.save(other, np.load(one) + 1)
    compared.run("tensorflow").write_fit_manifest(FIT)
    shutil.copyfile(other, one)
    with pytest.raises(StoreFailed):
        results.forecasts(compared.path, "pytorch", FIT)


def test_weights_of_a_fit_that_goes_on_have_their_own_seal(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    run = store.create(make_spec(), dataset).run("pytorch")
    best, last = (run.fit(FIT) / f"{name}.safetensors" for name in ("weights", "last"))
    write_weights(best, {"a": np.zeros(4, np.float32)}, 1)
    write_weights(last, {"a": np.ones(4, np.float32)}, 2)
    assert run.weights(FIT, "last")[1] == 2
    shutil.copyfile(best, last)
    with pytest.raises(StoreFailed):
        run.weights(FIT, "last")
    flip(best)
    with pytest.raises(StoreFailed):
        run.weights(FIT)


def test_a_fit_that_is_not_done_has_no_forecasts(compared: ComparisonFolder) -> None:
    compared.run("pytorch").withdraw_fit(FIT)
    with pytest.raises(NotFound):
        results.forecasts(compared.path, "pytorch", FIT)
    assert results.forecasts(compared.path, "tensorflow", FIT).horizon == H
    assert results.load(compared.path).runs[0].error is None, "the earlier scores stay"


@pytest.mark.parametrize(
    "name", ["events.jsonl", "timing.json", f"fits/{FIT}/forecast.npy", f"fits/{FIT}/manifest.json"]
)
def test_a_damaged_run_is_set_aside_and_the_other_is_scored(folder: ComparisonFolder, name: str) -> None:
    path = folder.run("pytorch").path / name
    path.unlink() if name.endswith("manifest.json") else flip(path)
    evaluate(folder)
    aside, whole = results.load(folder.path).runs
    assert aside.status == "failed" and aside.error is not None and "damaged" in aside.error.what
    assert str(path) in aside.error.where and not results.score_fits(aside)
    assert whole.error is None and len(results.score_fits(whole)) == 1
    lines = (folder.path / "forecasts.csv").read_text().splitlines()[1:]
    assert {line.split(",")[1] for line in lines} == {"tensorflow"}


def test_damaged_forecasts_leave_the_scores(compared: ComparisonFolder) -> None:
    flip(compared.run("pytorch").fit(FIT) / "forecast.npy")
    assert all(results.score_fits(run) for run in results.load(compared.path).runs)
    with pytest.raises(StoreFailed):
        results.forecasts(compared.path, "pytorch", FIT)
    assert results.forecasts(compared.path, "tensorflow", FIT).horizon == H


def test_a_damaged_name_is_said_and_hides_nothing(compared: ComparisonFolder, store: Store) -> None:
    store.rename(compared.id, "Autumn")
    flip(compared.path / "name.json")
    assert store.list()[0].name == "Waves compared (its later name is damaged)"
    store.rename(compared.id, "Winter")
    assert store.list()[0].name == "Winter"


def test_a_damaged_manifest_is_said_in_the_history(compared: ComparisonFolder, store: Store) -> None:
    (compared.path / "manifest.json").unlink()
    (damaged,) = store.damaged_comparisons()
    assert damaged.id == compared.id and not store.list()


def test_scoring_again_replaces_the_results(compared: ComparisonFolder) -> None:
    run = compared.run("pytorch")
    run.withdraw()
    run.withdraw_fit(FIT)
    path = run.fit(FIT) / "forecast.npy"
    np.save(path, np.load(path) + 1)
    run.write_fit_manifest(FIT)
    before = results.load(compared.path).runs[0].fits[0].test
    evaluate(compared)
    after = results.load(compared.path).runs[0].fits[0].test
    assert before is not None and after is not None and after.mae == pytest.approx(1.5, rel=1e-4) != before.mae
    run.verify()


def test_a_comparison_of_an_earlier_version_is_read_as_it_is(compared: ComparisonFolder, store: Store) -> None:
    loaded = results.load(compared.path)
    forecast = np.array(results.forecasts(compared.path, "pytorch", FIT).forecast)
    earlier_version(compared)
    manifest.forget()
    assert [summary.id for summary in store.list()] == [compared.id] and not store.damaged()
    assert results.load(compared.path) == loaded
    np.testing.assert_array_equal(results.forecasts(compared.path, "pytorch", FIT).forecast, forecast)
    assert results.future(compared.path, "pytorch") is not None
    assert compared.run("pytorch").weights(FIT)[1] == 0, "it did not know the epoch"
    assert parity.measure(compared, compared.spec()) == loaded.parity
    compared.set_state(State("finished"))
    store.rename(compared.id, "Autumn")
    compared.run("pytorch").withdraw()
    evaluate(compared)
    assert store.list()[0].name == "Autumn" and not store.damaged()
    assert results.load(compared.path).runs == loaded.runs


def test_a_seal_that_was_lost_is_missed(compared: ComparisonFolder) -> None:
    path = compared.path / "state.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    path.write_text(json.dumps(content))
    with pytest.raises(StoreFailed):
        compared.state()


@pytest.mark.parametrize("content", [{}, {"a": 1.5, "b": [1, None, "ü"], "c": {"d": True}}, {"a": 1e-300}])
def test_sealed_content_comes_back(tmp_path: Path, content: dict[str, object]) -> None:
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    with pytest.raises(StoreFailed):
        read_json(tmp_path / "b.json")


def test_an_installation_may_move(compared: ComparisonFolder, store: Store, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "comparisons"
    shutil.copytree(store.comparisons, target)
    moved = Store(target.parent)
    assert moved.list() == store.list() and results.load(moved.open(compared.id).path) == results.load(compared.path)


def test_no_changed_byte_of_weights_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_weights(path, {"a": np.arange(3, dtype=np.float32)}, 7)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(StoreFailed):
            read_weights(path)
