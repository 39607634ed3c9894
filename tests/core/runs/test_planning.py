"""Every `auto` is decided once for all frameworks, with its reason; presets follow from the data alone."""

import shlex
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import cli, hardware
from core.data.dataset import Dataset, Split
from core.data.names import comma_list, split_list
from core.errors import BadSettings
from core.evaluation import variance
from core.frameworks.base import Device
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.planning import DECIDING_BLOCKS, plan_comparison, steps_an_epoch, undecidable_words
from core.runs.presets import PRESETS, default_settings
from core.runs.spec import ComparisonSpec, Settings

CPU, GPU = Device("cpu", "processor"), Device("gpu:0", "accelerator")
BOTH = {"pytorch": [CPU], "tensorflow": [CPU]}


def plan(dataset: Dataset, devices: Any = BOTH, **settings: Any) -> ComparisonSpec:
    return plan_comparison(dataset, Settings(**settings), name="A name", frameworks=devices, command="again")


def series(rows: int, frequency: str, season: int) -> Dataset:
    index = pd.date_range("2010-01-01", periods=rows, freq=frequency)
    values = np.sin(np.arange(rows) * 2 * np.pi / season)[:, None] + np.arange(rows)[:, None] * 1e-3
    return Dataset("Any", "any.csv", "00", index, values, ("y",), ("y",), frequency, season)


def test_too_few_windows_to_decide_are_said_before_the_start(dataset: Dataset) -> None:
    asked = Settings(seeds=(0, 1, 2), horizon=12)
    assert "no winner: there are 49 test windows" in undecidable_words(asked, Split(200, 40, 60))
    assert undecidable_words(asked, Split(200, 40, 131)) == ""
    assert undecidable_words(asked.model_copy(update={"seeds": (0,)}), Split(200, 40, 60)) == ""
    assert DECIDING_BLOCKS == variance.BLOCKS


def test_the_plan_holds_what_was_asked_and_what_it_came_to(dataset: Dataset) -> None:
    spec = plan(dataset, lookback=14, epochs=3)
    assert (spec.name, spec.command, spec.dataset.columns) == ("A name", "again", ("wave", "other"))
    assert (spec.settings.threads, spec.plan.threads) == ("auto", 1)
    assert (spec.settings.device, spec.plan.device) == ("auto", "cpu")
    assert spec.plan.split == (210, 30, 60)
    assert spec.plan.calendar == ("weekday",)
    assert any("one season back" in note or "last value" in note for note in spec.plan.notes)
    assert ComparisonSpec.model_validate_json(spec.model_dump_json()) == spec


def test_what_is_given_is_not_decided(dataset: Dataset) -> None:
    spec = plan(dataset, reference="none", calendar="none", threads=2, device="cpu")
    assert (spec.plan.reference, spec.plan.calendar, spec.plan.threads, spec.plan.device) == ("none", (), 2, "cpu")


def test_the_reference_looks_at_the_targets_alone(dataset: Dataset) -> None:
    """Inputs that turn round within a week say nothing about a target that repeats each week."""
    turning = np.tile(np.repeat([0.0, 1.0], 7), 22)[:300]
    values = np.column_stack([np.tile([0.0, 1, 2, 3, 9, 5, 6], 50)[:300], turning, turning])
    other = replace(dataset, values=values, columns=("wave", "one", "two"))
    assert plan(other, lookback=14).plan.reference == "seasonal"


def test_impossible_settings_are_refused_together(dataset: Dataset) -> None:
    with pytest.raises(BadSettings) as error:
        plan(dataset, lookback=1000, seeds=(1, 1))
    assert len(error.value.problems) == 2


def test_the_fits_of_two_frameworks_end_with_a_certificate(dataset: Dataset) -> None:
    fits = plan(dataset, seeds=(3, 4)).plan.fits
    assert [(fit.id, fit.kind, fit.seed, fit.maths) for fit in fits] == [
        ("seed3-fold0", "score", 3, "stock"),
        ("seed4-fold0", "score", 4, "stock"),
        ("final", "final", 3, "stock"),
        ("certificate", "certificate", 3, "matched"),
    ]


def test_no_certificate_where_there_is_nothing_to_prove(dataset: Dataset) -> None:
    for settings in ({"frameworks": ("pytorch",)}, {"maths": "matched"}):
        assert [fit.kind for fit in plan(dataset, **settings).plan.fits] == ["score", "final"]


def test_a_device_is_chosen_only_when_all_frameworks_find_it(dataset: Dataset) -> None:
    assert plan(dataset, {"pytorch": [CPU, GPU], "tensorflow": [CPU, GPU]}).plan.device == "gpu:0"
    mixed = plan(dataset, {"pytorch": [CPU, GPU], "tensorflow": [CPU]})
    assert mixed.plan.device == "cpu"
    assert any("not every chosen framework" in note for note in mixed.plan.notes)


@pytest.mark.parametrize(("free", "threads"), [(0.2, 1), (6.7, 6), (None, 1)])
def test_a_busy_machine_gets_one_thread_and_the_reason(
    dataset: Dataset, free: float | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cores", lambda: 8)
    monkeypatch.setattr(hardware, "physical_cores", lambda: 8)
    asked = Settings(hidden=512, batch_size=256)
    spec = plan_comparison(dataset, asked, name="A name", frameworks=BOTH, command="again", free=free)
    assert spec.plan.threads == threads
    assert any(note.startswith(f"Threads {threads}: ") for note in spec.plan.notes)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("rows", "frequency", "season"), [(293, "MS", 12), (1461, "D", 7), (17520, "h", 24), (60, "MS", 12), (40, "YS", 1)]
)
def test_presets_can_run_on_any_series(preset: str, rows: int, frequency: str, season: int) -> None:
    data = series(rows, frequency, season)
    settings = check(PRESETS[preset].settings(data).model_dump(), data, BOTH)
    order, seeds, folds = {
        "demo": ("together", 1, 1),
        "standard": ("alternate", 3, 1),
        "decide": ("together", 5, 3),
    }[preset]
    assert (settings.order, len(settings.seeds), settings.maths) == (order, seeds, "stock")
    assert settings.folds == folds


def test_a_race_that_decides_has_fits_in_turn_before_and_after(dataset: Dataset) -> None:
    fits = plan(dataset, order="together", seeds=(3, 4, 5), folds=2, lookback=14).plan.fits
    scored = [f"seed{seed}-fold{fold}" for seed in (3, 4, 5) for fold in (0, 1)]
    timed = [f"timed{n}" for n in range(5)]
    assert [fit.id for fit in fits] == [timed[0], *scored, "final", *timed[1:], "certificate"]
    assert {(fit.seed, fit.fold) for fit in fits if fit.kind == "timed"} == {(3, 0)}


@pytest.mark.parametrize(
    "settings",
    [
        {"order": "alternate", "seeds": (0, 1, 2)},  # its fits are in turn themselves
        {"order": "together", "seeds": (0, 1)},  # two seeds never name a winner
        {"order": "together", "seeds": (0, 1, 2), "frameworks": ("pytorch",)},  # there is nobody to compare with
    ],
)
def test_no_fit_is_timed_where_nobody_needs_it(dataset: Dataset, settings: dict[str, Any]) -> None:
    assert all(fit.kind != "timed" for fit in plan(dataset, lookback=14, **settings).plan.fits)


def test_later_folds_have_more_steps(dataset: Dataset) -> None:
    one, three = (plan(dataset, lookback=14, horizon=5, batch_size=1, folds=folds).plan.steps for folds in (1, 3))
    windows = [210 - 18, 230 - 18, 250 - 18, 300 - 18]  # of each fold's training part, and of all rows
    assert (one, three) == (10 * (windows[0] + windows[3]), 10 * sum(windows))


def test_presets_do_not_know_what_the_series_is_called() -> None:
    data = series(293, "MS", 12)
    for preset in PRESETS.values():
        assert preset.settings(data) == preset.settings(replace(data, name="IBM", file="stock.csv", sha256="11"))


def test_a_form_begins_with_a_horizon_that_the_known_inputs_reach() -> None:
    """Where the file has fewer known rows than the step suggests; without any, the refusal says what is missing."""
    daily = replace(series(1461, "D", 7), known=("y2",), future=np.ones((3, 1)))
    assert default_settings(daily).horizon == 3
    assert default_settings(replace(daily, future=np.ones((0, 1)))).horizon == 7


def test_a_row_without_a_change_is_not_counted_as_a_step() -> None:
    settings = Settings(lookback=20, horizon=5, batch_size=1)
    assert steps_an_epoch(settings, 100) == 76
    assert steps_an_epoch(settings.model_copy(update={"transform": "percent"}), 100) == 75


def test_defaults_follow_the_step() -> None:
    monthly, hourly = default_settings(series(293, "MS", 12)), default_settings(series(17520, "h", 24))
    assert monthly.horizon == 12 and hourly.horizon == 24
    assert hourly.lookback >= 24 and hourly.batch_size > monthly.batch_size


def test_the_command_line_repeats_the_comparison(dataset: Dataset) -> None:
    settings = Settings(
        lookback=14, seeds=(1, 2), split=(200, 40, 60), calendar=("weekday",), bidirectional=True, learning_rate=0.01
    )
    line = command_line(dataset, settings, file="my data/waves.csv", out="out", reading={"decimal": ","})
    words = shlex.split(line)
    assert words[:4] == ["python", "-m", "core", "compare"]
    options = cli.parse(words[3:])
    assert (options.file, options.target, options.inputs, options.decimal) == (
        "my data/waves.csv",
        ["wave"],
        "other",
        ",",
    )
    assert check(cli.setting_values(options), dataset, BOTH) == settings


def test_names_with_commas_survive_a_list() -> None:
    names = ["a, b", 'say "c"', "d"]
    assert split_list(comma_list(names)) == names
