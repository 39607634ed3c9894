"""The benchmarks import and their table tells the truth; nothing is timed here."""

import importlib
import sys
from pathlib import Path

import pytest

import benchmarks
from benchmarks import performance, report
from benchmarks.__main__ import REPORT
from benchmarks.figure import Figure, table
from benchmarks.performance import accuracy, rivals
from benchmarks.performance.training import called
from benchmarks.performance.work import Work, from_text
from benchmarks.report import Section


@pytest.mark.parametrize("name", [*benchmarks.SUBJECTS, *(f"performance.{name}" for name in performance.SUBJECTS)])
def test_each_subject_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    title, _, how = module.__doc__.partition("\n\n")
    assert callable(module.measure) and title.endswith(".") and len(how) > 100


@pytest.mark.parametrize(
    ("values", "limit", "sense", "by", "met"),
    [
        ((1, 2, 9), 2, "at most", "median", True),
        ((1, 2.1, 9), 2, "at most", "median", False),
        ((1,) * 9 + (9,), 2, "at most", "p95", False),
        ((1,) * 99 + (9,), 2, "at most", "largest", False),
        ((0.3,), 0.3, "at least", "median", True),
        ((0.0,), 0, "more than", "median", False),
        ((1,), None, "at most", "median", None),
    ],
)
def test_a_target_is_held_against_the_median_the_95th_percentile_or_the_largest(values, limit, sense, by, met) -> None:  # type: ignore[no-untyped-def]
    assert Figure("x", values, "s", limit, sense, by).met is met


def test_the_table_shows_target_measured_range_and_a_miss() -> None:
    figures = [
        Figure("server ready", (1.5, 1.25, 4), "s", limit=2),
        Figure("gain", (0.123,), "%", limit=0.3, sense="at least"),
        Figure("memory", (1234.5,), "MB"),
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table(figures).splitlines()]
    assert rows[0] == ["figure", "target", "measured", "range", "n", "met"]
    assert rows[2] == ["server ready", "at most 2 s", "1.5 s", "1.25 s to 4 s", "3", "yes"]
    assert rows[3] == ["gain", "at least 30%", "12.3%", "", "1", "**no**"]
    assert rows[4] == ["memory", "", "1,234 MB", "", "1", ""]


def test_the_page_names_what_was_missed_and_what_could_not_be_measured() -> None:
    missed = Section("server", "One.\n\nHow.", [Figure("ready", (3,), "s", limit=2), Figure("size", (1,))], 0.1, 2.0)
    failed = Section("memory", "Two.\n\nHow.", [], 0.1, 2.0, failure="TimeoutError: waited")
    text = REPORT.text({"memory": failed.markdown(), "server": missed.markdown()})
    assert "0 of 1 targets met; missed: ready." in text
    assert "Not measured: TimeoutError: waited" in text
    assert text.index("## One") < text.index("## Two"), "in the order of the subjects"


def test_a_subject_measured_again_leaves_the_others_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "DOCS", tmp_path)
    first = Section("server", "One.\n\nHow.", [Figure("ready", (3,), "s", limit=2)], 0.1, 2.0)
    other = Section("memory", "Two.\n\nHow.", [Figure("peak", (1,), "MB", limit=2)], 0.1, 2.0)
    (tmp_path / "figures.md").write_text(REPORT.text({each.name: each.markdown() for each in (first, other)}))
    again = Section("server", "One.\n\nHow.", [Figure("ready", (1,), "s", limit=2)], 0.1, 2.0)
    text = REPORT.text({**REPORT.kept(), "server": again.markdown()})
    assert "2 of 2 targets met." in text
    assert text.count("## ") == 2 and other.markdown() in text


RIVAL = """
import sys
name, log = sys.argv[1:]
for turn, _ in enumerate(sys.stdin):
    open(log, "a").write(name)
    print(turn / 10, flush=True)
    if name == "c":
        sys.exit("it broke")
"""


def test_rivals_take_turns_each_beginning_a_round_and_warm_up_uncounted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    commands = {name: [sys.executable, "-c", RIVAL, name, str(log)] for name in "ab"}
    assert rivals.raced(commands, rounds=3, warm_up=2) == {"a": [0.2, 0.3, 0.4], "b": [0.2, 0.3, 0.4]}
    assert log.read_text() == "aabb" + "ab" + "ba" + "ab"


def test_a_rival_that_ends_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RIVAL, "c", str(tmp_path / "log")]
    with pytest.raises(RuntimeError, match="c ended by itself: it broke"):
        rivals.raced({"c": command}, rounds=1, warm_up=1)


def test_a_race_is_about_as_many_windows_and_operations_as_it_says() -> None:
    work = Work()
    assert len(work.series()) - work.lookback - work.horizon + 1 == 8_000 == work.steps * work.batch
    assert work.gigaflop == pytest.approx(18.2, abs=0.1)  # three times the forward pass
    assert from_text(work.text()) == work
    assert called("darts").startswith("Darts 0.") and called("tensorflow matched") == "TensorFlow tuned, matched Adam"


def test_published_errors_are_held_against_the_median_seed_and_frameworks_against_each_other_seed_by_seed() -> None:
    def run(framework: str, errors: dict[int, float]) -> dict[str, object]:
        fits = [{"seed": seed, "test": {"scaled_mse": error, "scaled_mae": error}} for seed, error in errors.items()]
        return {"framework": framework, "fits": [*fits, {"seed": 0, "test": None}]}

    comparison = {"runs": [run("pytorch", {0: 1.0, 1: 1.02, 2: 9.0}), run("tensorflow", {2: 9.0, 1: 1.02, 0: 1.002})]}
    found = {figure.name: figure for figure in accuracy.scored("X", comparison, (1.0, 0.9))}
    assert found["X, PyTorch: MSE, off the published 1.0"].measured == pytest.approx(0.02)
    assert found["X, PyTorch: MSE, off the published 1.0"].met
    assert found["X, TensorFlow: MAE, off the published 0.9"].met is False
    apart = found["X: MSE, between the frameworks"]
    assert apart.measured == pytest.approx(0.002) and apart.met is False, "of the seed whose errors differ most"
