"""The command line: exit codes, one JSON object, refusals that name everything, and a comparison from end to end."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import cli
from core.data.reader import read_table
from core.data.samples import load_sample
from core.data.selection import make_dataset
from core.errors import BadInput
from core.runs.command import command_line
from core.runs.schema import Comparison
from core.runs.spec import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
QUICK = ("--target", "load", "--frameworks", "linear", "--epochs", "3", "--lookback", "24", "--horizon", "6")
QUICK += ("--baselines", "simple")  # those that are fitted take seconds: tests/core/runs/test_baseline_runs.py


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 hours with a daily wave."""
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    load = 100 + 10 * np.sin(np.arange(400) * 2 * np.pi / 24) + np.random.default_rng(0).normal(0, 0.5, 400)
    path = tmp_path_factory.mktemp("data") / "load.csv"
    pd.DataFrame({"time": hours, "load": load.round(3)}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def start(home: Path, arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        env={**os.environ, "TWINCAST_HOME": str(home), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(home: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(home, arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def compared(csv: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[int, str, str], Path]:
    out = tmp_path_factory.mktemp("out") / "new"
    return run(home, "compare", str(csv), *QUICK, "--out", str(out), "--json"), out


def test_a_comparison_from_end_to_end(compared: tuple[tuple[int, str, str], Path]) -> None:
    (code, out, err), folder = compared
    assert (code, err) == (0, ""), "no progress line where there is no terminal"
    comparison = Comparison.model_validate_json(out)
    assert comparison == Comparison.model_validate_json((folder / "comparison.json").read_bytes())
    (linear,) = comparison.runs
    assert linear.status == "finished" and len(linear.fits) == 2
    assert linear.fits[0].test is not None and linear.fits[0].test.mae is not None
    assert [baseline.name for baseline in comparison.baselines] == ["naive", "seasonal_naive", "drift"]
    table = pd.read_csv(folder / "forecasts.csv", parse_dates=["time"])
    scored = table[table.fit == "seed0-fold0"]
    assert (scored.forecast - scored.actual).abs().mean() == pytest.approx(linear.fits[0].test.mae, rel=1e-5)
    future = table[table.fit == "final"]
    assert list(future.time) == list(pd.date_range("2024-01-17 16:00", periods=6, freq="h"))


def test_the_command_in_the_result_parses_to_the_same_settings(compared: tuple[tuple[int, str, str], Path]) -> None:
    comparison = json.loads(compared[0][1])
    words = shlex.split(comparison["command"])
    assert words[:4] == ["python", "-m", "core", "compare"]
    values = cli.setting_values(cli.parse(words[3:]))
    expected = {"frameworks": ["linear"], "epochs": "3", "lookback": "24", "horizon": "6", "baselines": "simple"}
    assert values == expected


def test_it_is_kept_and_can_be_renamed_and_deleted(
    compared: object, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWINCAST_HOME", str(home))
    assert cli.main(["history", "--json"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert (kept["state"], kept["targets"]) == ("finished", ["load"])
    assert cli.main(["history", "--rename", kept["id"], "Load, hourly"]) == 0
    assert "Load, hourly" in capsys.readouterr().out
    assert cli.main(["history", "--delete", kept["id"]]) == 0
    assert "Nothing was compared" in capsys.readouterr().out
    assert "no such comparison" in refused(capsys, "history", "--delete", kept["id"])


@pytest.mark.slow
def test_tips_print_one_json_object(csv: Path, home: Path) -> None:
    quick = ("tips", str(csv), "--frameworks", "linear", "--lookback", "24", "--horizon", "6", "--budget", "3")
    code, out, err = run(home, *quick, "--json")
    assert code == 0, err
    (told,) = map(json.loads, out.splitlines())
    rows = {row["tip"]: row for row in told["frameworks"]["linear"]["rows"]}
    assert rows["batch_size"]["changes_maths"] and rows["batch_size"]["n"] >= 1
    assert told["budget_s"] == 3 and told["frameworks"]["linear"]["plain"]["windows_per_second"] > 0


def test_an_interrupt_keeps_what_was_trained(csv: Path, home: Path, tmp_path: Path) -> None:
    arguments = ["--epochs", "10000", "--seeds", ",".join(map(str, range(50)))]
    process = start(home, ["compare", str(csv), *QUICK, *arguments, "--out", str(tmp_path), "--json"])
    deadline = time.monotonic() + 60
    while not any(b"EpochDone" in path.read_bytes() for path in home.glob("comparisons/*/runs/linear/events.jsonl")):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "was stopped" in err
    (run,) = Comparison.model_validate_json(out).runs
    assert run.status == "stopped" and len(run.fits[0].history) > 0
    assert (tmp_path / "forecasts.csv").is_file()


def test_a_damaged_comparison_is_listed_with_its_id_and_can_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWINCAST_HOME", str(tmp_path))
    folder = tmp_path / "comparisons" / "20260101-000000000-abcd"
    folder.mkdir(parents=True)
    assert cli.main(["history"]) == 0
    assert capsys.readouterr().err.startswith(folder.name)
    assert cli.main(["history", "--delete", folder.name]) == 0
    assert not folder.exists() and capsys.readouterr().err == ""


def test_a_store_that_cannot_be_written_is_told_with_where_the_logs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWINCAST_HOME", str(tmp_path))
    folder = tmp_path / "comparisons" / "20260101-000000000-abcd"
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text("{}")
    (folder / "name.json").mkdir()  # so that no file can take its place
    assert cli.main(["history", "--rename", folder.name, "Autumn"]) == 1
    assert str(tmp_path / "logs") in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_comparison_is_told_as_interrupted(csv: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = start(home, ["compare", str(csv), *QUICK, "--epochs", "10000", "--out", str(tmp_path / "out")])
    deadline = time.monotonic() + 60
    while not any(b"EpochDone" in path.read_bytes() for path in home.glob("comparisons/*/runs/linear/events.jsonl")):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    (listed,) = json.loads(run(home, "history", "--json")[1])["comparisons"]
    assert listed["state"] == "running"
    code, _, said = run(home, "history", "--delete", listed["id"])
    assert code == 2 and "Stop it first" in said
    process.kill()
    process.communicate()
    (listed,) = json.loads(run(home, "history", "--json")[1])["comparisons"]
    assert listed["state"] == "interrupted"
    assert run(home, "history", "--delete", listed["id"])[0] == 0


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said on stderr of a command that must end with 2 and print nothing."""
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_all_wrong_settings_are_refused_at_once(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--epochs", "0", "--lookback", "1000", "--model", "wavenet", "--threads", "999", "--folds", "30"]
    said = refused(capsys, "compare", str(csv), "--target", "load", *options, "--out", str(tmp_path))
    assert tmp_path.is_dir() and not list(tmp_path.iterdir())
    new = tmp_path / "made" / "for it"
    assert refused(capsys, "compare", str(csv), "--target", "load", *options, "--out", str(new)) == said
    assert not new.parent.exists(), "nothing was compared, so nothing is left"
    for words in ("epochs", "lookback", "wavenet is not a choice", "999 threads", "30 folds"):
        assert words in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tips", "x.csv", "--json"], "cannot be read"),
        (["compare"], "required"),
        (["compare", "x.csv", "--target", "load"], "--out"),
        (["compare", "x.csv", "--target", "y", "--out", "o", "--bogus"], "--bogus"),
        (["compare", "nowhere.csv", "--target", "y", "--out", "o"], "cannot be read"),
        (["read", "x.csv"], "cannot be read"),
        (["read", "x.csv", "--decimal", ":"], "comma or a point"),
        (["read", "x.csv", "--day-first", "--month-first"], "not allowed with"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, *arguments)
    assert words in said and "Traceback" not in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["FILE", "--csv", "/nowhere/x.csv"], 1),
        (["FILE", "--series", "north"], 2),
        (["nowhere.csv"], 2),
        (["FILE", "--time", "load"], 2),
        (["FILE", "--delimiter", ""], 2),
    ],
)
def test_reading_prints_one_json_object_whatever_happens(
    arguments: list[str], code: int, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["read", *(str(csv) if each == "FILE" else each for each in arguments), "--json"]) == code
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["accepted"] is False and told["reason"] and told["remedy"]
    assert told["reason"].split(" (")[0] in printed.err and len(printed.err.splitlines()) == 1


def test_what_was_read_is_told_and_written(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.csv"
    assert cli.main(["read", str(csv), "--json", "--csv", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["rows"], told["frequency"], told["target"]) == (True, 400, "h", "load")
    assert (told["first"], told["missing"], told["time"]) == ("2024-01-01T00:00:00", {"load": 0}, "time")
    pd.testing.assert_frame_equal(pd.read_csv(out, parse_dates=["time"]), pd.read_csv(csv, parse_dates=["time"]))
    assert cli.main(["read", str(csv)]) == 0
    assert "400 rows of load" in capsys.readouterr().out


def test_a_file_without_end_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "larger than 200 MB" in refused(capsys, "read", "/dev/zero")


def test_unknown_columns_and_two_kinds_of_seeds(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "price" in refused(capsys, "compare", str(csv), "--target", "price", "--out", str(tmp_path))
    seeds = ["--seed", "1", "--seeds", "1,2"]
    assert "Give one" in refused(capsys, "compare", str(csv), "--target", "load", *seeds, "--out", str(tmp_path))


def test_only_the_own_past_is_learned_from_unless_inputs_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "shop.csv"
    table.write_text("date,sales,price\n" + "".join(f"2024-01-{day:02d},{day},1\n" for day in range(1, 31)))
    arguments = ["compare", str(table), "--target", "sales", "--out", "o"]
    assert cli.read_dataset(cli.parse(arguments)).inputs == ()
    assert cli.read_dataset(cli.parse([*arguments, "--inputs", "all"])).inputs == ("price",)
    with pytest.raises(SystemExit):
        cli.parse(["compare", "--help"])
    assert "other columns to learn from (none)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("column", ["-x", "--out", "all", "none", "a, b", "-1", 'say "c"'])
def test_the_line_that_repeats_a_comparison_works_with_any_name(
    column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"-when": pd.date_range("2024-01-01", periods=30), "to": range(30), column: range(30)})
    frame["to"] = pd.date_range("2025-01-01", periods=30)
    for other in ("-other", "third"):
        frame[other] = range(30)
    frame.to_csv("-shop.csv", index=False)
    table = read_table(Path("-shop.csv").read_bytes(), "-shop.csv", time="-when")
    for targets, inputs in (([column], ["-other"]), (["-other"], [column]), ([column, "third"], [])):
        dataset = make_dataset(table, targets, inputs or "none")
        line = command_line(dataset, Settings(seeds=(3, 4)), out="-out", reading={"time": "-when"})
        options = cli.parse(shlex.split(line)[3:])
        again = cli.read_dataset(options)
        assert (again.targets, again.inputs, again.index[0]) == (dataset.targets, dataset.inputs, dataset.index[0])
        assert (options.out, options.time) == ("-out", "-when")


def test_the_line_for_a_sample_reads_it_from_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make_dataset(load_sample("retail"), ["y"], "none", name="US retail sales")
    words = shlex.split(command_line(dataset, Settings()))
    assert words[4] == "core/data/samples/us_retail_sales_monthly.csv"
    monkeypatch.chdir(ROOT)
    assert cli.read_dataset(cli.parse(words[3:])).sha256 == dataset.sha256


def test_no_digit_of_a_setting_is_lost_in_the_line(csv: Path) -> None:
    dataset = make_dataset(read_table(csv.read_bytes(), csv.name), ["load"], "none")
    settings = Settings(learning_rate=0.00123456789, split=(1 / 3, 1 / 3, 0.2))
    values = cli.setting_values(cli.parse(shlex.split(command_line(dataset, settings))[3:]))
    assert float(values["learning_rate"]) == settings.learning_rate
    assert tuple(map(float, values["split"])) == settings.split


def test_every_option_of_the_public_interface_exists() -> None:
    options = """target inputs time series frameworks model hidden layers dropout lookback horizon reference calendar
        scaler epochs patience batch-size optimizer learning-rate schedule loss maths speed device threads order seed
        seeds folds split out"""
    arguments = [word for name in options.split() for word in (f"--{name}", "1")]
    assert cli.parse(["compare", "x.csv", *arguments]).learning_rate == "1"
    with pytest.raises(BadInput):
        cli.parse(["compare", "x.csv", "--target", "y", "--out", "o", "--learn", "1"])
