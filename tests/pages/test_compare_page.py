"""Compare: what came out, in words, cards, charts and tables; and how an unfinished or failed one looks."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from visitor import HOSTILE, Visitor, plain
from waves import make_waves

from core.data.dataset import Split
from core.data.windows import window_parts
from core.errors import Problem
from core.runs import headline, results
from core.runs.evaluate import evaluate
from core.runs.events import Stage
from core.runs.schema import Comparison
from core.runs.schema_verdict import BeatsBaseline, Verdict
from core.runs.store import ComparisonFolder, State, Store
from core.runs.supervisor import Ticket
from pages.parts import score_tables, verdict_view
from tests.core.runs.made_run import begun, failed_run, finished_run, fit_events, journal, save_probe

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
Leave = Callable[[ComparisonFolder], None]
H = 5


def forecast(folder: ComparisonFolder, error: float) -> np.ndarray:
    """(N, H, K): what happened, and `error` too much everywhere."""
    spec = folder.spec()
    origins = window_parts(Split(*spec.plan.split), spec.settings.lookback, H).test
    return results.actual(folder.values()[:, : len(spec.dataset.targets)], origins, H) + error


@pytest.fixture
def compared(make: Make, leave: Leave) -> Make:
    """A comparison that has been scored: `compared(pytorch=0.1, tensorflow=99.0, …)`, None for a run that failed."""

    def compare(pytorch: float | None = 0.1, tensorflow: float | None = 0.2, **asked: object) -> ComparisonFolder:
        folder = make(**asked)
        folder.set_state(State("evaluating"))
        errors = {"pytorch": pytorch, "tensorflow": tensorflow}
        for name in folder.spec().settings.frameworks:
            if (error := errors[name]) is None:
                failed_run(folder, name)
            else:
                last = folder.values()[-1:, : len(folder.spec().dataset.targets)]
                seeds = {f"seed{seed}-fold0": forecast(folder, error) for seed in folder.spec().settings.seeds}
                finished_run(folder, name, {**seeds, "final": np.repeat(last[None], H, axis=1)})
        for shift, name in enumerate(folder.spec().settings.frameworks):
            save_probe(folder, name, "certificate", (0.9, 0.5), shift * 1e-7)
        evaluate(folder)
        leave(folder)
        folder.set_state(State("finished"))
        return folder

    return compare


def rewrite(folder: ComparisonFolder, change: Callable[[dict[str, Any]], object]) -> None:
    """The result as if it had come out otherwise."""
    told = json.loads((folder.path / "comparison.json").read_bytes())
    change(told)
    forecasts = (folder.path / "forecasts.csv").read_bytes()
    contents = {"comparison.json": json.dumps(told).encode(), "forecasts.csv": forecasts}
    folder.publish({name: partial(_write, content) for name, content in contents.items()})


def _write(content: bytes, file: Any) -> None:
    file.write(content)


def show(visitor: Visitor, folder: ComparisonFolder) -> Visitor:
    return visitor.open("compare.py", comparison=folder.id)


def chart(visitor: Visitor) -> dict:  # type: ignore[type-arg]
    return next(figure for key, figure in visitor.charts.items() if key.startswith("forecasts_"))


def panels(figure: dict) -> int:  # type: ignore[type-arg]
    return sum(name.startswith("xaxis") for name in figure["layout"])


def scores(visitor: Visitor) -> dict[str, dict[str, float]]:
    """The score table: by row, then by column."""
    table = next(each.value for each in visitor.at.dataframe if "" in each.value.columns)
    return {str(row[""]): row.to_dict() for _, row in table.iterrows()}


def test_what_came_out_is_said_first(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    show(visitor, folder)
    assert visitor.title == "Waves compared"
    parts = [*visitor.at.markdown[:2], visitor.at.caption[0]]
    said = plain(" ".join(each.value.strip() for each in parts)).removeprefix("#### ")
    assert said == headline.told(results.load(folder.path))
    assert "Which framework forecasts better cannot be told" in visitor.text
    assert not visitor.errors


def test_a_new_name_is_in_the_title(visitor: Visitor, compared: Make, store: Store) -> None:
    folder = compared()
    store.rename(folder.id, "Second try")
    assert show(visitor, folder).title == "Second try"


def test_cards_hold_every_error_in_the_data_s_own_units(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    cards = {card.label: card for card in visitor.at.metric}
    assert list(cards) == ["PyTorch", "TensorFlow", "Naive", "Seasonal naive"]
    assert (cards["PyTorch"].value, cards["TensorFlow"].value) == ("0.1", "0.2")
    assert re.fullmatch(r"\d+% below best simple", cards["PyTorch"].delta)
    assert "in the units of wave" in cards["PyTorch"].help


def test_scores_stand_beside_the_simple_forecasts(visitor: Visitor, compared: Make) -> None:
    table = scores(show(visitor, compared()))
    assert list(table) == ["PyTorch", "TensorFlow", "Naive", "Seasonal naive", "Drift"]
    assert list(table["PyTorch"])[1:] == ["MAE", "RMSE", "MASE", "sMAPE %", "R²", "Right direction", "How"]
    assert table["PyTorch"]["MAE"] == pytest.approx(0.1, rel=1e-3)
    assert table["TensorFlow"]["RMSE"] == pytest.approx(0.2, rel=1e-3)
    assert table["Naive"]["MAE"] > 1 and table["Naive"]["How"] == "Repeats the last value."


def test_a_model_that_loses_is_said_to_lose(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(pytorch=0.1, tensorflow=30.0))
    assert "is beaten: PyTorch by" in visitor.text and "not by TensorFlow." in visitor.text
    card = next(card for card in visitor.at.metric if card.label == "TensorFlow")
    assert card.delta.endswith("% above best simple")


def test_a_gap_has_no_colour_while_it_is_open_whether_the_simple_method_is_beaten() -> None:
    beats = BeatsBaseline(outcomes={"pytorch": "cannot_tell", "tensorflow": "worse"})
    comparison = Comparison.model_construct(verdict=Verdict.model_construct(beats_baseline=beats))
    assert verdict_view.undecided(comparison) == {"PyTorch"}
    assert verdict_view.undecided(Comparison.model_construct(verdict=None)) == set()


def test_numbers_open_to_their_trainings_in_words(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    timings = next(each.value for each in visitor.at.dataframe if list(each.value.columns)[1:2] == ["what"])
    assert not any("seed0-fold0" in what for what in timings["what"])


def test_when_nothing_beats_the_simple_forecast_the_page_says_so(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(pytorch=30.0, tensorflow=40.0))
    assert visitor.at.markdown[0].value.startswith("#### On this data nothing here beats ")
    assert "is beaten" not in visitor.text


def test_the_certificate_says_how_closely_they_agree(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    assert "Is the comparison fair?" in visitor.text
    assert "With the same starting numbers" in visitor.text
    by_epoch = next(each.value for each in visitor.at.dataframe if "epoch" in each.value.columns)
    assert list(by_epoch["epoch"]) == [1, 2] and list(by_epoch["difference of the loss"]) == ["0", "0"]


def test_curves_that_part_are_shown_with_the_epoch_and_the_reason(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    parted = {"parted_at_epoch": 2, "largest_loss_difference": 0.01, "reason": "Rounding grew."}
    rewrite(folder, lambda told: told["parity"].update(parted))
    show(visitor, folder)
    assert "the two part at epoch 2" in visitor.text and "Rounding grew." in visitor.text


def test_defaults_that_differ_are_listed_for_the_model_at_hand(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    table = next(each.value for each in visitor.at.markdown if "Adam's epsilon" in each.value)
    assert "| Adam's epsilon | 1e-8 | 1e-7 | as it comes |" in table
    assert "Starting biases of an LSTM" in table
    assert "GRU" not in table and "convolution" not in table and "RMSprop" not in table


@pytest.mark.parametrize("asked", [{"maths": "matched"}, {"frameworks": ("pytorch",)}])
def test_no_defaults_are_listed_where_none_make_a_difference(visitor: Visitor, compared: Make, asked: Any) -> None:
    show(visitor, compared(**asked))
    assert not any("epsilon |" in each.value for each in visitor.at.markdown)


@pytest.mark.parametrize(
    ("value", "words"),
    [(["month", "weekday"], "month, weekday"), ([], "none"), (18_700, "18,700"), (True, "yes"), (None, "–")],
)
def test_a_setting_is_told_in_words(value: object, words: str) -> None:
    assert score_tables._words(value) == words


@pytest.mark.parametrize(
    ("fit", "words"), [("seed1-fold2", "seed 1, fold 3"), ("timed0", "time 1 in turn"), ("other", "other")]
)
def test_a_training_is_told_in_words(fit: str, words: str) -> None:
    assert verdict_view._which(fit) == words


def test_settings_as_applied_are_shown_as_they_are(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    for name, threads, precise in (("pytorch", 1, 0), ("tensorflow", 2, True)):
        journal(folder, name, [begun(name, threads=threads, layers=1, dropout=0.0, precise=precise)])
    evaluate(folder)
    leave(folder)
    folder.set_state(State("finished"))
    show(visitor, folder)
    assert "Where the two runs differ" in visitor.text
    differing = next(each.value for each in visitor.at.dataframe if "PyTorch" in each.value.columns)
    rows = {row["setting"]: (str(row["PyTorch"]), str(row["TensorFlow"])) for _, row in differing.iterrows()}
    assert rows["threads"] == ("1", "2")
    assert "layers" not in rows
    applied = next(each.value for each in visitor.at.dataframe if list(each.value.columns) == ["setting", "value"])
    values = {row["setting"]: str(row["value"]) for _, row in applied.iterrows()}
    assert (values["threads"], values["layers"], values["dropout"]) == ("1", "1", "0.0")


def test_equal_settings_are_said_to_be_equal(visitor: Visitor, compared: Make) -> None:
    assert "The settings of both runs are the same" in show(visitor, compared()).text


def test_both_downloads_are_what_was_written(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    show(visitor, folder)
    assert visitor.download("download_forecasts.csv") == (folder.path / "forecasts.csv").read_bytes()
    content = visitor.download("download_comparison.json")
    assert json.loads(content)["id"] == folder.id
    assert content == (folder.path / "comparison.json").read_bytes()
    assert not any(button.proto.disabled for button in visitor.at.download_button)
    assert [code.value for code in visitor.at.code] == ["python -m core compare waves.csv"]


def test_a_download_that_is_not_there_is_off(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    (folder.path / "forecasts.csv").unlink()
    show(visitor, folder)
    assert visitor.at.download_button(key="download_forecasts.csv").proto.disabled


def test_forecasts_stand_side_by_side_or_over_each_other(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    assert panels(chart(visitor)) == 2
    beside = visitor.find("layout").value
    visitor.set("layout", "over")
    assert panels(chart(visitor)) == 1
    visitor.set("layout", beside)
    assert panels(chart(visitor)) == 2


def test_a_fixed_step_ahead_can_be_chosen(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    show(visitor, folder)
    assert visitor.find("shown_step").options == ["whole horizon", "1 step ahead"] + [
        f"{n} steps ahead" for n in range(2, H + 1)
    ]
    visitor.set("shown_step", 3)
    assert "Every point was forecast 3 steps before it came" in visitor.text
    lines = {line["name"]: line for line in chart(visitor)["data"]}
    windows = forecast(folder, 0.1)
    assert lines["PyTorch"]["y"] == pytest.approx(windows[:, 2, 0], rel=1e-4)


def test_the_future_after_the_last_row_is_shown(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared()).set("period", "future")
    assert "Made by a last training on all rows" in visitor.text
    last = max(str(x) for line in chart(visitor)["data"] for x in line["x"] if x is not None)
    assert last.startswith("2020-10-31"), "five days after 26 October 2020"
    assert visitor.find("shown_step").disabled and visitor.find("shown_baseline").disabled


@pytest.mark.parametrize("step", [0, 3])
def test_the_chosen_step_outlives_a_look_at_the_future(visitor: Visitor, compared: Make, step: int) -> None:
    show(visitor, compared()).set("shown_step", step).set("period", "future").set("period", "held_out")
    chosen = visitor.find("shown_step")
    assert chosen.value == step and not chosen.disabled
    assert chosen.proto.HasField("default"), "else the browser shows that nothing is chosen"


def test_the_marker_is_where_the_words_say_it_is(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    show(visitor, folder)
    assert "its first step marked" in visitor.text
    assert "its first step (the marker)" in visitor.find("shown_step").help
    line = next(line for line in chart(visitor)["data"] if line["name"] == "PyTorch")
    marked = [x for x, size in zip(line["x"], line["marker"]["size"], strict=True) if size]
    arrays = results.consecutive(results.forecasts(folder.path, "pytorch", "seed0-fold0"))
    assert marked == [str(arrays.times(window)[0].date()) for window in range(len(arrays.origins))]


def test_scores_are_explained_in_plain_words(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    for score in ("MAE", "RMSE", "MASE", "sMAPE", "R²", "Right direction"):
        assert any(score in each.value and "coin toss" in each.value for each in visitor.at.caption)
    show(visitor, compared(dataset=make_waves(("wave", "other"))))
    assert any("standard deviations of the training part" in each.value for each in visitor.at.caption)


@pytest.mark.parametrize(
    ("name", "file"),
    [("Sales / Q1 2024: üben", "Sales-Q1-2024-uben"), ("../../..", None), ("売上", None), ("a" * 200, "a" * 60)],
)
def test_a_download_is_called_after_its_comparison(
    visitor: Visitor, compared: Make, store: Store, name: str, file: str | None
) -> None:
    folder = compared()
    store.rename(folder.id, name)
    show(visitor, folder)
    for what in ("forecasts.csv", "comparison.json"):
        assert visitor.download_name(f"download_{what}") == f"{file or folder.id}-{what}"


@pytest.mark.parametrize("baseline", ["naive", "seasonal_naive", "none"])
def test_a_simple_forecast_is_drawn_beside_them(visitor: Visitor, compared: Make, baseline: str) -> None:
    show(visitor, compared()).set("shown_baseline", baseline)
    assert not visitor.errors


def test_one_framework_alone(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(frameworks=("tensorflow",)))
    assert next(card.label for card in visitor.at.metric) == "TensorFlow"
    assert "PyTorch" not in visitor.text
    assert panels(chart(visitor)) == 1
    assert "forecasts better" not in visitor.text and "Where the two runs differ" not in visitor.text
    assert "Is the comparison fair?" not in visitor.text


def test_a_failed_run_beside_a_finished_one(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(tensorflow=None))
    assert visitor.errors == ["TensorFlow: The training diverged (epoch 1). Lower the rate."]
    assert "is beaten: PyTorch by" in visitor.text and "TensorFlow failed" in visitor.text
    cards = {card.label: card.value for card in visitor.at.metric}
    assert cards["PyTorch"] == "0.1" and cards["TensorFlow"] in ("-", "–")
    assert panels(chart(visitor)) == 1
    assert scores(visitor)["PyTorch"]["MAE"] == pytest.approx(0.1, rel=1e-3)


def test_when_both_failed_nothing_is_drawn(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(pytorch=None, tensorflow=None))
    assert len(visitor.errors) == 2
    assert "No framework got as far as a forecast" in visitor.text


def test_a_stopped_run_is_said_to_be_stopped(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    finished_run(folder, "pytorch", {"seed0-fold0": forecast(folder, 0.1)})
    journal(folder, "tensorflow", [begun("tensorflow"), *fit_events("seed0-fold0", (0.9,), best=0)[:-1]])
    leave(folder)
    folder.set_state(State("stopped"))
    evaluate(folder)
    show(visitor, folder)
    assert [each.value for each in visitor.at.warning] == [
        "TensorFlow was stopped before its end. It had not learned anything yet."
    ]
    visitor.set("period", "future")
    assert not visitor.errors


def test_several_targets_are_scored_together_and_one_by_one(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(dataset=make_waves(("wave", "other"))))
    assert "in deviations, over all targets" in visitor.at.metric[0].help
    assert list(scores(visitor)["PyTorch"])[1:] == ["Scaled MAE", "Scaled MSE", "How"]
    choices = visitor.find("scored_target")
    assert choices.options == ["All columns", "wave", "other"]
    visitor.set("scored_target", 2)
    assert scores(visitor)["PyTorch"]["MAE"] == pytest.approx(0.1, rel=1e-3)
    visitor.set("shown_target", 1)
    assert not visitor.errors


def test_a_column_called_all_columns_can_be_scored(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(dataset=make_waves(("All columns", "other"), ("All columns", "other"))))
    assert visitor.find("scored_target").options == ["All columns", "All columns", "other"]
    assert "MAE" in scores(visitor.set("scored_target", 1))["PyTorch"]


@pytest.mark.parametrize("targets", [HOSTILE[:1], HOSTILE[1:2], HOSTILE[:2], HOSTILE[2:4]])
def test_names_of_columns_are_only_text(visitor: Visitor, compared: Make, targets: tuple[str, ...]) -> None:
    columns = targets if len(targets) > 1 else (*targets, "`other`")
    show(visitor, compared(pytorch=0.1, tensorflow=30.0, dataset=make_waves(targets, columns)))
    assert not visitor.errors
    for text in visitor.drawn_as_markdown:
        assert not any(name in text for name in columns), text


def test_every_seed_is_told(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(seeds=(0, 1)))
    table = next(each.value for each in visitor.at.dataframe if "seed" in each.value.columns)
    assert list(table["seed"]) == [0, 1, 0, 1]
    assert "The first seed is drawn" in visitor.text


def times(visitor: Visitor) -> dict[str, list[str]]:
    """The hatching of each panel's bars, by the panel's title."""
    figure = next(figure for key, figure in visitor.charts.items() if key.startswith("time_"))
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    return {title: bars["marker"]["pattern"]["shape"] for title, bars in zip(titles, figure["data"], strict=True)}


def test_what_was_measured_once_says_so(visitor: Visitor, compared: Make) -> None:
    shown = times(show(visitor, compared(order="alternate")))
    assert [title for title in shown if title.endswith(", once")] == ["Import, once", "First epoch, once"]
    assert "measured a single time" in visitor.text
    assert all(shape == ["", ""] for shape in shown.values())
    assert "Hatched" not in visitor.text


def test_training_together_is_no_fair_race(visitor: Visitor, compared: Make) -> None:
    shown = times(show(visitor, compared(order="together")))
    assert "no fair race" in visitor.text
    assert shown.pop("Import, once") == shown.pop("Peak memory") == ["", ""]
    assert all(shape == ["/", "/"] for shape in shown.values())


def test_times_of_a_busy_machine_are_not_compared(visitor: Visitor, compared: Make) -> None:
    folder = compared(order="alternate")
    rewrite(folder, lambda told: told["runs"][1]["timing"].update(contended=True))
    shown = times(show(visitor, folder))
    assert shown["Steady epoch"] == ["", "/"]
    assert "TensorFlow's times may be too long; they are not to be compared" in visitor.text


def test_an_import_beside_other_work_is_hatched_by_itself(visitor: Visitor, compared: Make) -> None:
    folder = compared(order="alternate")
    timing = {"import_contended": True, "contended": False}
    rewrite(folder, lambda told: told["runs"][0]["timing"].update(timing))
    rewrite(folder, lambda told: told["runs"][1]["timing"].update(import_contended=None))
    shown = times(show(visitor, folder))
    assert shown.pop("Import, once") == ["/", ""]
    assert all(shape == ["", ""] for shape in shown.values())
    assert "while importing PyTorch" in visitor.text and "meanwhile" not in visitor.text


def test_a_busy_machine_during_the_training_says_nothing_of_the_import(visitor: Visitor, compared: Make) -> None:
    folder = compared(order="alternate")
    rewrite(folder, lambda told: told["runs"][0]["timing"].update(import_contended=False, contended=True))
    shown = times(show(visitor, folder))
    assert shown["Import, once"] == ["", ""] and shown["Steady epoch"] == ["/", ""]
    assert "while importing" not in visitor.text


WENT_ON = "The fit seed0-fold0 went on from its weights after epoch 7, its optimiser anew."


def test_a_run_that_went_on_says_so_beside_its_times(visitor: Visitor, compared: Make) -> None:
    folder = compared(order="alternate")

    def resume(told: dict[str, Any]) -> None:
        run = told["runs"][1]
        run["settings"]["notes"] = ["A note on something else.", WENT_ON]
        run["timing"]["total_s"] = None

    rewrite(folder, resume)
    show(visitor, folder)
    beside = [plain(each.value) for each in visitor.at.caption if "went on" in each.value]
    assert beside[0] == f"TensorFlow: {WENT_ON} How long all of it took is not known: it was interrupted and went on."
    assert "PyTorch: " not in "".join(beside)
    assert "not measured" not in str(visitor.charts[next(key for key in visitor.charts if key.startswith("time_"))])


def test_an_interrupted_one_shows_the_forecasts_so_far(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    rewrite(folder, lambda told: [run.update(status="stopped") for run in told["runs"]])
    folder.set_state(State("interrupted"))
    journal(folder, "pytorch", [begun("pytorch"), *fit_events("seed0-fold0", (0.9, 0.4), best=0)[:-1]])
    (folder.run("pytorch").fit("seed0-fold0") / "last.safetensors").write_bytes(b"")
    show(visitor, folder)
    assert visitor.text.count("It was interrupted before its end") == 1
    assert "was stopped before its end" not in visitor.text
    assert any(key.startswith("forecasts_") for key in visitor.charts)
    assert visitor.has("run_again") and visitor.has("go_on")
    assert not visitor.errors


def test_an_interrupted_one_that_is_still_to_be_scored_says_so(
    visitor: Visitor, make: Make, leave: Leave, idle: Any
) -> None:
    folder = make()
    leave(folder)
    folder.set_state(State("interrupted"))
    idle._queue.append(Ticket(folder.id, "recovery", trains=False))
    show(visitor, folder)
    assert "Forecasts from what it had learned by then appear here" in visitor.text
    assert not visitor.errors and not visitor.has("go_on")


def test_one_that_could_not_be_scored_is_scored_again(visitor: Visitor, make: Make, leave: Leave, idle: Any) -> None:
    folder = make()
    leave(folder)
    for framework in ("pytorch", "tensorflow"):
        finished_run(folder, framework, {})
        fit = folder.run(framework).fit("seed0-fold0")
        fit.mkdir(parents=True)
        (fit / "weights.safetensors").write_bytes(b"")
    problem = Problem("The disk is full", "", "Make room, then score it again.")
    folder.set_state(State("failed", error=problem))
    show(visitor, folder)
    assert visitor.errors == ["The disk is full. Make room, then score it again."]
    assert visitor.find("go_on").label == "Score again"
    visitor.click("go_on")
    assert idle.active() == (folder.id,)


def test_while_it_is_scored_it_is_not_said_to_train(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("evaluating"))
    show(visitor, folder)
    assert "Being scored" in visitor.text and "Still training" not in visitor.text


def test_a_window_that_watches_nothing_is_told_what_trains(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make("Sales of *all*")
    folder.set_state(State("running"))
    for page in ("train.py", "compare.py"):
        visitor.open(page)
        assert plain(visitor.links[0]) == "Sales of *all* is training now: watch it"
        assert "comparison" not in visitor.at.query_params
    assert "the wait for 1 training before it included" in visitor.open("train.py").text
    leave(folder)
    folder.set_state(State("finished"))
    assert not visitor.run().links


def test_while_it_trains_the_live_view_is_shown(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("running"))
    journal(folder, "pytorch", [begun("pytorch"), Stage("compiling the training step")])
    show(visitor, folder)
    assert "Still training" in visitor.text
    assert visitor.has("stop")


@pytest.mark.parametrize(("state", "says"), [("running", "interrupted"), ("stopped", "stopped")])
def test_one_that_ended_without_results_says_what_to_do(
    visitor: Visitor, make: Make, leave: Leave, state: str, says: str
) -> None:
    folder = make()
    leave(folder)
    folder.set_state(State(state))
    show(visitor, folder)
    (error,) = visitor.errors
    assert says in error and "again" in error and "Wait" not in error
    assert visitor.links == ["Train", "Earlier comparisons"]


def test_a_damaged_result_is_said(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    (folder.path / "comparison.json").write_text('{"id": ')
    show(visitor, folder)
    (error,) = visitor.errors
    assert "damaged" in error or "cannot be read" in error


def test_damaged_forecasts_are_said(visitor: Visitor, compared: Make) -> None:
    folder = compared()
    (folder.run("pytorch").fit("seed0-fold0") / "forecast.npy").write_bytes(b"torn")
    show(visitor, folder)
    assert not visitor.errors
    said = [plain(each.value) for each in visitor.at.warning if "damaged" in each.value]
    assert said and all(each.startswith("PyTorch is left out of this picture") for each in said)
    assert any(key.startswith("forecasts_") for key in visitor.charts), "the other framework's forecasts are drawn"
    assert "Scores on the held-out rows" in visitor.text, "the rest of the page goes on"


def test_data_without_times(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared(dataset=make_waves(("wave",), times=False)))
    assert not visitor.errors
    visitor.set("period", "future").set("layout", "over")
    assert not visitor.errors


def test_the_layers_of_both_models_stand_side_by_side(visitor: Visitor, compared: Make) -> None:
    show(visitor, compared())
    table = next(each.value for each in visitor.at.dataframe if "layer" in each.value.columns)
    (row,) = table.to_dict("records")
    assert (row["layer"], row["PyTorch type"], row["TensorFlow type"]) == ("head", "Linear", "Dense")
    assert (row["PyTorch gives on"], row["TensorFlow learns"]) == ("5", "777")
