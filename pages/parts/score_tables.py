"""Scores, time and settings of a comparison as tables."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.baselines import METHODS
from core.figures import bars
from core.figures.figure import DARK, LIGHT
from core.runs import results
from core.runs.schema import Baseline, Comparison, LayerRow, Scores
from pages.parts import errors
from pages.parts.chart import chart

COLUMNS = {
    "mae": ("MAE", "Mean absolute error, in the data's own units. Smaller is better."),
    "rmse": ("RMSE", "Root of the mean squared error: large errors count more. Smaller is better."),
    "mase": (
        "MASE",
        "MAE in units of what repeating the last season missed by in the training part: it makes series comparable. "
        "What that reached in the test part stands in its own row.",
    ),
    "smape": ("sMAPE %", "Error in percent of the values, from 0 to 200. Smaller is better."),
    "r2": ("R²", "Share of the variance that is explained, fold by fold. 1 is perfect, 0 is no better than the mean."),
    "direction": ("Right direction", "Share of steps that go up or down as forecast. One half is a coin toss."),
}
SCALED = {
    "scaled_mae": ("Scaled MAE", "Mean absolute error in deviations of the training part, over all targets."),
    "scaled_mse": ("Scaled MSE", "Mean squared error in deviations of the training part, over all targets."),
}
WORDS = (
    "MAE and RMSE are errors in the data's own units; RMSE counts large ones more. MASE is MAE in units of what "
    "repeating the last season missed by in the training part; the mark to beat is not 1, but the rows of the "
    "simple forecasts. sMAPE is the error in percent of the values. R² is the share of the ups and downs that is "
    "explained: 1 is perfect, 0 no better than the mean. Right direction is how often up or down was forecast "
    "rightly: one half is a coin toss."
)
SCALED_WORDS = (
    "Errors in standard deviations of the training part, over all columns. MAE is the mean error, MSE the mean squared "
    "error, which counts large ones more. Smaller is better."
)
HOW, HOW_HELP = "How", "What each simple method does, and what was fitted; or why it was not finished."
FIRST_COLUMN, VALUE_COLUMN = 150, 110  # px, so that values are in view on a narrow screen, too

MEANINGS = {
    "parameters": "trainable numbers; PyTorch's recurrent layers keep two biases where Keras keeps one",
    "epsilon": "small number in Adam's formula that avoids division by zero",
    "fused": "one operation updates all weights at once",
    "steps_per_execution": "batches that run before Python is asked again",
    "compile": "whether the arithmetic is compiled, by XLA or torch.compile",
    "loss_scaling": "losses multiplied while float16 computes, so that small gradients are not lost",
    "data_path": "how windows reach the device: resident, or by a loader, a pipeline or arrays",
    "workers": "processes of the loader; 0 is the training's own",
    "pin_memory": "memory from which copies to a graphics processor need not wait",
    "cache": "windows stay in memory from the first epoch on",
    "prefetch": "the next batch is gathered while one is learned from",
    "keras": "version of Keras, which TensorFlow's models are written in",
    "tf32": "whether a graphics processor may round its products to fewer digits",
    "device": "where it ran",
    "threads": "processor threads",
}


def scores(comparison: Comparison) -> None:
    """Each framework beside the simple forecasts; a loser is called one."""
    st.subheader("Scores on the held-out rows")
    targets = comparison.data.targets
    chosen = None
    if len(targets) > 1:
        place = st.segmented_control(
            "Scores of",
            range(len(targets) + 1),
            format_func=lambda place: errors.escape(targets[place - 1]) if place else "All columns",
            default=0,
            required=True,
            key="scored_target",
        )
        chosen = targets[place - 1] if place else None
    rows = [_row(results.label(run.framework), results.seed_scores(run, chosen)) for run in comparison.runs]
    simple = [*results.baselines(comparison), *results.unfinished_baselines(comparison)]
    rows += [_row(results.method_label(each), [_of(each, chosen)]) for each in simple]
    columns = SCALED if len(targets) > 1 and chosen is None else COLUMNS
    table = {"": [row[0] for row in rows]}
    table |= {title: [results.rounded(row[1].get(name)) for row in rows] for name, (title, _) in columns.items()}
    table[HOW] = [""] * len(comparison.runs) + [_how(each) for each in simple]
    st.dataframe(
        pd.DataFrame(table).style.apply(_grey, axis=1, first=len(comparison.runs)),
        hide_index=True,
        placeholder="–",
        column_config={"": st.column_config.Column(width=FIRST_COLUMN), HOW: st.column_config.Column(help=HOW_HELP)}
        | {
            title: st.column_config.NumberColumn(title, help=help, format=_format(name))
            for name, (title, help) in columns.items()
        },
    )
    st.caption(SCALED_WORDS if columns is SCALED else WORDS)
    _seeds(comparison)


def _row(name: str, given: Sequence[Scores]) -> tuple[str, dict[str, float | None]]:
    """The mean over seeds."""
    return name, {score: _mean([getattr(each, score) for each in given]) for score in {**COLUMNS, **SCALED}}


def _of(part: Any, target: str | None) -> Scores:
    if target is None or part.test_by_target is None:  # one that was not finished has no scores at all
        return part.test  # type: ignore[no-any-return]
    return part.test_by_target[target]  # type: ignore[no-any-return]


def _how(method: Baseline) -> str:
    """What a simple method does and what came of it, or why nothing did."""
    if method.status != "finished":
        return f"Not finished. {method.note or ''}"
    known = METHODS.get(method.name)
    return " ".join(words for words in (known.help if known else "", f"{method.note}." if method.note else "") if words)


def _grey(row: "pd.Series[Any]", first: int) -> list[str]:
    """The simple methods' rows, from the `first` on, stand behind the frameworks'."""
    grey = (DARK if st.context.theme.type == "dark" else LIGHT)["muted"]
    return [f"color: {grey}" if int(str(row.name)) >= first else ""] * len(row)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _format(name: str) -> str:
    return {"direction": "percent", "smape": "%.1f"}.get(name, "localized")


def _seeds(comparison: Comparison) -> None:
    """Every training by itself: how much of a difference is luck."""
    if all(len(results.score_fits(run)) < 2 for run in comparison.runs):
        return
    name = "mae" if len(comparison.data.targets) == 1 else "scaled_mae"
    folds = any(fit.fold for run in comparison.runs for fit in results.score_fits(run))
    with st.expander("Every training by itself"):
        rows = [
            {
                "framework": results.label(run.framework),
                "seed": fit.seed,
                **({"fold": fit.fold + 1} if folds else {}),
                "best epoch": fit.best_epoch,
                {**COLUMNS, **SCALED}[name][0]: results.rounded(getattr(fit.test, name)),
            }
            for run in comparison.runs
            for fit in results.score_fits(run)
        ]
        st.dataframe(rows, hide_index=True)


def time_and_memory(comparison: Comparison) -> None:
    st.subheader("Time and memory")
    quantities = _quantities(comparison)
    if not quantities:
        st.write("Nothing was measured to its end.")
        return
    labels = {run.framework: results.label(run.framework) for run in comparison.runs}
    chart(
        bars.figure(quantities, labels),
        key=f"time_{comparison.id}",
        height=170,
        narrow_height=320 if len(quantities) > 2 else 170,
    )
    st.caption(" ".join(_time_notes(comparison)))
    for words in _resumed(comparison):
        st.caption(errors.escape(words))


def _resumed(comparison: Comparison) -> Iterator[str]:
    """Of each run that was interrupted and went on: what its times are made of."""
    for run in comparison.runs:
        notes = [note for note in run.settings.notes if note.startswith("The fit ")]
        if notes and run.timing.total_s is None:
            notes.append("How long all of it took is not known: it was interrupted and went on.")
        if notes:
            yield f"{results.label(run.framework)}: {' '.join(notes)}"


def _time_notes(comparison: Comparison) -> list[str]:
    """How the times were measured, and which of them must not be compared."""
    notes = ["Once: measured a single time. A steady epoch is the median of all epochs after the first."]
    if timed := _timed_fits(comparison):
        notes.append(f"Both trained at the same time, so these times are from {timed} short trainings each, in turn.")
    contended, imported = _contended(comparison), _contended(comparison, "import_contended")
    if contended and _together(comparison) and not timed:
        notes.append("Hatched: both trained at the same time. That is no fair race: for true times, train in turn.")
    elif contended:
        notes.append(
            f"Hatched: something else kept this machine busy meanwhile, so {_names(contended)}'s times may be too "
            "long; they are not to be compared."
        )
    if imported:
        notes.append(
            f"Import, hatched: something else kept this machine busy while importing {_names(imported)}, so that "
            "time is not to be compared."
        )
    return notes


def _contended(comparison: Comparison, what: str = "contended") -> list[str]:
    """The frameworks whose times (or whose `import_contended`) were measured beside other work, as far as is known."""
    return [run.framework for run in comparison.runs if getattr(run.timing, what)]


def _names(frameworks: Sequence[str]) -> str:
    return " and ".join(map(results.label, frameworks))


def _together(comparison: Comparison) -> bool:
    return len(comparison.runs) > 1 and any(run.settings.asked.get("order") == "together" for run in comparison.runs)


def _timed_fits(comparison: Comparison) -> int:
    """How many fits of each framework were made for their times alone."""
    return max(sum(fit.fit.startswith("timed") for fit in run.timing.interleaved) for run in comparison.runs)


def _quantities(comparison: Comparison) -> list[bars.Quantity]:
    """Without those that no framework has."""
    runs = comparison.runs
    contended, imported = _contended(comparison), _contended(comparison, "import_contended")

    def of(title: str, name: str, contended: Sequence[str] = contended, scale: float = 1.0) -> bars.Quantity:
        values = {run.framework: getattr(run.timing, name) for run in runs}
        scaled = {key: None if value is None else value * scale for key, value in values.items()}
        return bars.Quantity(title, "s", scaled, contended)

    quantities = (
        of("Import, once", "import_s", imported),
        of("Set-up, once", "build_s"),
        of("First epoch, once", "first_epoch_s"),
        of("Steady epoch", "epoch_s"),
        of("One forecast", "forecast_ms", scale=0.001),
        bars.Quantity("Peak memory", "MB", {run.framework: run.peak_memory_mb for run in runs}),
    )
    return [each for each in quantities if any(value is not None for value in each.values.values())]


def settings(comparison: Comparison) -> None:
    """Settings as applied by the workers; what differs between the runs comes first."""
    st.subheader("Settings as applied")
    differences = results.settings_differences(comparison)
    if differences:
        st.markdown("Where the two runs differ:")
        st.dataframe(
            [
                {"setting": row.setting.replace("_", " ")}
                | {results.label(name): _words(value) for name, value in row.values.items()}
                | {"what it is": MEANINGS.get(row.setting, "")}
                for row in differences
            ],
            hide_index=True,
            column_config={"setting": st.column_config.Column(width=FIRST_COLUMN)}
            | {results.label(run.framework): st.column_config.Column(width=VALUE_COLUMN) for run in comparison.runs},
        )
    elif len(comparison.runs) > 1:
        st.markdown("The settings of both runs are the same.")
    _layers(comparison)
    with st.expander("All settings, machine and versions"):
        _all_settings(comparison)


def _layers(comparison: Comparison) -> None:
    """The model as each framework built it: layers of the same name side by side."""
    named = {run.framework: {layer.name: layer for layer in run.layers} for run in comparison.runs if run.layers}
    if not named:
        return
    rows = [
        {"layer": name}
        | {
            f"{results.label(framework)} {what}": words
            for framework, layers in named.items()
            if name in layers
            for what, words in _layer_words(layers[name]).items()
        }
        for name in dict.fromkeys(name for layers in named.values() for name in layers)
    ]
    with st.expander("The model's layers"):
        st.dataframe(rows, hide_index=True)
        st.caption("Shapes are those of one window. Only layers that hold numbers to learn are listed.")


def _layer_words(layer: LayerRow) -> dict[str, str]:
    shape = " × ".join(f"{size:,}" for size in layer.output)
    return {"type": layer.kind, "gives on": shape, "learns": f"{layer.parameters:,}"}


def _words(value: object) -> str:
    """A setting's value as text; a framework without such a setting gets a dash."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _all_settings(comparison: Comparison) -> None:
    for run in comparison.runs:
        st.markdown(f"**{results.label(run.framework)}** {run.version or ''} · {run.parameters or 0:,} parameters")
        st.dataframe(
            [{"setting": name, "value": _words(value)} for name, value in run.settings.applied.items()],
            hide_index=True,
            column_config={"setting": st.column_config.Column(width=FIRST_COLUMN)},
        )
        for note in run.settings.notes:
            st.caption(errors.escape(note))
    machine = comparison.machine
    st.markdown(f"**Machine** · {errors.escape(machine.cpu)}, {machine.cores} cores, {machine.memory_gb:.0f} GB")
    st.caption(", ".join(f"{name} {version}" for name, version in comparison.versions.items()))
