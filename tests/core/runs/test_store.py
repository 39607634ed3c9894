"""What is saved comes back as it was; a failed save leaves the old content; nothing reaches outside the folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from core.data.dataset import Dataset
from core.errors import BadInput, NotFound, StoreFailed
from core.runs import files
from core.runs.files import write_atomic
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store, default_root, new_id
from core.runs.view import ComparisonReader

MakeSpec = Callable[..., ComparisonSpec]


def earlier_version(folder: ComparisonFolder) -> ComparisonFolder:
    """The same folder as the version before seals and manifests wrote it."""
    for path in folder.path.rglob("*.json"):
        content = json.loads(path.read_text())
        content.pop("sha256", None)
        path.write_text(json.dumps(content))
    for path in folder.path.rglob("manifest.json"):
        path.unlink()
    for path in folder.path.rglob("*.safetensors"):
        safetensors.numpy.save_file(safetensors.numpy.load_file(path), path)
    return folder


def test_a_comparison_comes_back_as_it_was(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    spec = make_spec()
    store.create(spec, dataset)
    folder = store.open(spec.id)
    assert folder.spec() == spec
    assert folder.state().state == "queued"
    found = folder.dataset()
    np.testing.assert_array_equal(found.values, dataset.values)
    assert isinstance(found.values, np.memmap), "a million rows are read as they are used"
    assert list(found.index) == list(dataset.index)
    assert (found.columns, found.targets, found.season) == (dataset.columns, dataset.targets, dataset.season)
    run = folder.run("tensorflow").spec()
    assert (run.framework, run.plan, run.id) == ("tensorflow", spec.plan, f"{spec.id}-tensorflow")


def test_rows_without_times_come_back_as_numbers(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    untimed = replace(dataset, index=pd.RangeIndex(len(dataset.values)))
    assert store.create(make_spec(), untimed).index().equals(untimed.index)
    later = replace(dataset, index=pd.RangeIndex(10, 910, 3))  # leading rows were left out
    folder = store.create(make_spec(), later)
    assert folder.index().equals(later.index) and len(folder.index()) == 300
    (folder.path / "rows.json").unlink()
    with pytest.raises(StoreFailed):
        folder.index()
    earlier_version(folder)
    assert folder.index().equals(untimed.index), "an earlier version wrote none"


@pytest.mark.parametrize("first", ["1500-01-01", "2200-01-01"])
def test_times_that_nanoseconds_cannot_count(store: Store, dataset: Dataset, make_spec: MakeSpec, first: str) -> None:
    years = pd.date_range(first, periods=300, freq="YS", unit="us")
    assert store.create(make_spec(), replace(dataset, index=years, frequency="YS")).index().equals(years)


def test_the_history_is_newest_first_and_reports_what_is_damaged(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    specs = [make_spec().model_copy(update={"id": f"20260101-00000000{n}-abcd"}) for n in range(3)]
    for spec in specs:
        store.create(spec, dataset)
    (store.comparisons / specs[1].id / "spec.json").write_text("{")
    assert [summary.id for summary in store.list()] == [specs[2].id, specs[0].id]
    (problem,) = store.damaged()
    assert specs[1].id in problem.where and problem.remedy


def test_a_damaged_comparison_can_be_deleted(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(), dataset)
    for name in ("state.json", "spec.json"):
        (folder.path / name).unlink()
        (damaged,) = store.damaged_comparisons()
        assert (damaged.id, damaged.problem) == (folder.id, store.damaged()[0])
    store.delete(damaged.id)
    assert store.damaged() == () and not any(store.comparisons.iterdir())


def test_ids_of_an_earlier_version_are_found(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    spec = make_spec().model_copy(update={"id": "20260101-000000-abcd"})
    store.create(spec, dataset)
    assert [summary.id for summary in store.list()] == [spec.id] == [store.open(spec.id).id]


def test_times_of_an_earlier_version_are_read(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = earlier_version(store.create(make_spec(), dataset))
    np.save(folder.path / "index.npy", dataset.index.as_unit("ns").asi8)  # type: ignore[union-attr]
    assert list(folder.index()) == list(dataset.index)


HOLDER = """
import sys, time
from pathlib import Path
from core.runs.store import Store
Store(Path(sys.argv[1])).open(sys.argv[2]).hold()
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("state", ["queued", "running", "evaluating"])
def test_what_another_process_drives_goes_on_until_that_process_dies(
    store: Store, dataset: Dataset, make_spec: MakeSpec, state: str
) -> None:
    folder = store.create(make_spec(), dataset)
    folder.set_state(State(state))
    command = [sys.executable, "-c", HOLDER, str(store.root), folder.id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as other:
        try:
            assert other.stdout and other.stdout.readline() == b"held\n"
            assert store.list()[0].state == state == ComparisonReader(folder).view(None).state
            with pytest.raises(BadInput, match="Stop it first"):
                store.delete(folder.id)
            with pytest.raises(StoreFailed, match="Another process"):
                folder.hold()
        finally:
            other.kill()
    assert store.list()[0].state == "interrupted" == ComparisonReader(folder).view(None).state
    store.delete(folder.id)


def test_what_this_process_drives_is_kept_until_it_lets_go(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(), dataset, hold=True)
    assert folder.is_held() and store.list()[0].state == "queued"
    with pytest.raises(BadInput):
        store.delete(folder.id)
    folder.release()
    assert store.list()[0].state == "interrupted"
    folder.set_state(State("finished"))
    assert store.list()[0].state == "finished"


def test_a_comparison_that_is_being_written_is_not_damaged(
    store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    write = ComparisonFolder.write

    def look_before(folder: ComparisonFolder, *what: Any) -> None:
        seen.append((store.damaged(), store.list()))
        write(folder, *what)

    monkeypatch.setattr(ComparisonFolder, "write", look_before)
    store.create(make_spec(), dataset)
    assert seen == [((), ())]


def test_an_installation_without_comparisons_has_an_empty_history(store: Store) -> None:
    assert store.list() == ()


def test_rename_and_delete(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    id = store.create(make_spec(), dataset).id
    store.rename(id, "  Sales,\n autumn ")
    assert store.list()[0].name == "Sales, autumn" == store.open(id).spec().name
    with pytest.raises(BadInput):
        store.rename(id, "  ")
    store.delete(id)
    assert store.list() == () and not any(store.comparisons.iterdir())
    with pytest.raises(NotFound):
        store.open(id)


@pytest.mark.parametrize("id", ["", "..", "../x", "20260101-000000000-abcd/..", "20260101-000000-ABCD", "/etc", "a\0b"])
def test_ids_that_could_leave_the_folder_are_not_found(store: Store, id: str) -> None:
    with pytest.raises(NotFound):
        store.open(id)
    with pytest.raises(NotFound):
        store.delete(id)


@pytest.mark.parametrize("name", ["..", "a/b", "", "A", "x" * 65])
def test_names_of_runs_and_fits_cannot_leave_the_folder(
    store: Store, dataset: Dataset, make_spec: MakeSpec, name: str
) -> None:
    folder = store.create(make_spec(), dataset)
    with pytest.raises(NotFound):
        folder.run(name)
    with pytest.raises(NotFound):
        folder.run("pytorch").fit(name)


def test_ids_are_sortable_and_differ() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id())
        time.sleep(0.002)  # ids of one millisecond may come in any order
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_earlier_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "state.json"
    write_atomic(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync", full) if step == "fsync" else (Path, "replace", full)))
    with pytest.raises(StoreFailed) as raised:
        write_atomic(path, b"new")
    assert "free some space" in str(raised.value)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_comparison_that_cannot_be_saved_leaves_nothing(
    store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(files.os, "fsync", read_only)
    with pytest.raises(StoreFailed, match="read-only"):
        store.create(make_spec(), dataset)
    assert not any(store.comparisons.iterdir())


def test_the_manifest_tells_a_changed_result(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    run = store.create(make_spec(), dataset).run("pytorch")
    write_atomic(run.fit("final") / "weights.safetensors", b"0123456789")
    run.write_fit_manifest("final")
    run.write_manifest()
    run.verify()
    (run.fit("final") / "weights.safetensors").write_bytes(b"0123456780")
    with pytest.raises(StoreFailed):
        run.verify()
    (run.fit("final") / "weights.safetensors").unlink()
    with pytest.raises(StoreFailed):
        run.verify()


def test_values_with_python_objects_are_refused(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(), dataset)
    np.save(folder.path / "values.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(StoreFailed):
        folder.values()


def test_the_root_is_the_one_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINCAST_HOME", str(tmp_path))
    assert default_root() == tmp_path == Store().root
    monkeypatch.delenv("TWINCAST_HOME")
    assert default_root().name == "twincast"
