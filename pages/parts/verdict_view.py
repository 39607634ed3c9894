"""The verdict on Compare: one sentence, one row a criterion, and the measurements that stand behind each."""

import re
from collections.abc import Sequence

import streamlit as st

from core.figures import criteria
from core.figures.criteria import Criterion
from core.runs import headline, results
from core.runs.headline import percent, signed
from core.runs.schema import Comparison, Run
from core.runs.schema_verdict import AccuracyVerdict, RatioVerdict, Verdict
from pages.parts import errors
from pages.parts.chart import chart

TABLE = 600  # px: a popover is as wide as what is in it
LABELS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
OUTCOMES = {
    "pytorch_better": "PyTorch",
    "tensorflow_better": "TensorFlow",
    "no_difference": "no difference that matters",
    "cannot_tell": "cannot tell",
    "equal_by_construction": "equal by construction",
    "one_measurement": "one measurement",
    "not_measured": "not measured",
    "not_applicable": "not compared",
}
EVIDENCE = (
    "A seed is a number that a training starts from: other seeds, other luck. A fold is a stretch of time that is "
    "forecast after a training on all rows before it. A test window is one forecast that was held against what "
    "happened; blocks of them stand for good and bad times. Each press of “Run 5 more seeds” is another look, and all "
    "looks share one allowance for being wrong."
)
ROWS = {  # of speed: title, unit, what is listed
    "import_": ("Import", "s", "import_s"),
    "first_epoch": ("First epoch", "s", "first_epoch_s"),
    "epoch": ("Epoch", "s", "epoch_s"),
    "forecast": ("One forecast", "ms", "forecast_ms"),
}


def show(comparison: Comparison) -> None:
    """Begins the page: what a client is told, and what it rests on."""
    first, _, rest = headline.told(comparison).partition(". ")
    st.markdown(f"#### {errors.escape(first.rstrip('.'))}.")
    told, found, evidence = rest.rpartition("Rests on ")
    if told or not found:
        st.markdown(errors.escape(told or rest))
    if found:
        st.caption(f"Rests on {errors.escape(evidence)}", help=EVIDENCE)


def undecided(comparison: Comparison) -> set[str]:
    """The frameworks of which it is open whether they beat the best simple method: their gap gets no colour."""
    beats = comparison.verdict.beats_baseline if comparison.verdict else None
    outcomes = beats.outcomes if beats else {}
    return {results.label(name) for name, outcome in outcomes.items() if outcome == "cannot_tell"}


def show_criteria(comparison: Comparison) -> None:
    """One row a criterion; nothing where there is only one framework."""
    verdict = comparison.verdict
    if verdict is None or verdict.accuracy.outcome == "not_applicable":
        return
    st.subheader("Criterion by criterion")
    error, times = [_accuracy(verdict.accuracy)], _times(verdict)
    for name, rows, less in (("error", error, "errs less"), ("times", times, "needs less")):
        if rows:
            chart(
                criteria.figure(rows, LABELS, less), key=f"verdict_{name}_{comparison.id}", height=criteria.height(rows)
            )
    st.caption(_notes(comparison, verdict))
    sources(comparison, verdict)


def _accuracy(accuracy: AccuracyVerdict) -> Criterion:
    interval = accuracy.interval
    gap = "" if accuracy.gap is None else signed(accuracy.gap)
    bounds = f" ({signed(interval[0])} to {signed(interval[1])})" if interval else ""
    return Criterion(
        "Forecast error",
        None if accuracy.gap is None else 1 + accuracy.gap,
        (1 + interval[0], 1 + interval[1]) if interval else None,
        accuracy.outcome,
        f"{OUTCOMES[accuracy.outcome]}<br>{gap}{bounds}",
        accuracy.margin,
    )


def _times(verdict: Verdict) -> list[Criterion]:
    rows = []
    if verdict.speed is not None:
        rows = [_ratio(title, getattr(verdict.speed, name), unit) for name, (title, unit, _) in ROWS.items()]
    if verdict.memory is not None:
        rows.append(_ratio("Peak memory", verdict.memory, "MB"))
    return rows


def _ratio(title: str, row: RatioVerdict, unit: str) -> Criterion:
    values = ""
    if row.pytorch is not None and row.tensorflow is not None:
        values = f"{results.digits(row.pytorch)} and {results.digits(row.tensorflow)} {unit}"
    outcome = "measured beside other work" if row.note and row.ratio is None else OUTCOMES[row.outcome]
    interval = (row.interval[0], row.interval[1]) if row.interval else None
    return Criterion(title, row.ratio, interval, row.outcome, f"{outcome}<br>{values}")


def _notes(comparison: Comparison, verdict: Verdict) -> str:
    said = [
        "A dot is what was measured, TensorFlow's divided by PyTorch's; its bar is the 95% interval, and a hollow dot "
        f"is a single measurement. Grey band: a gap below {percent(verdict.accuracy.margin)}, which you said does not "
        "matter. Values are PyTorch's and TensorFlow's; the first epoch holds the compiling."
    ]
    if verdict.accuracy.smallest_detectable is not None:
        smallest = percent(verdict.accuracy.smallest_detectable)
        said.append(f"This comparison would have found a gap of {smallest} in 4 of 5 cases.")
    if verdict.speed is not None and verdict.speed.break_even_retrainings is not None:
        count = max(1, round(verdict.speed.break_even_retrainings))
        times = "training" if count == 1 else f"{count:,} trainings"
        said.append(f"In one process the faster epoch has repaid the slower start after {times}.")
    return " ".join(said)


def sources(comparison: Comparison, verdict: Verdict) -> None:
    """Every number opens to the trainings and timings it came from."""
    with st.container(horizontal=True):
        with st.popover(f"Errors of {_count(comparison)} trainings", icon=":material/list:"):
            st.dataframe(_errors(comparison), hide_index=True, width=TABLE)
        with st.popover("Timings", icon=":material/timer:"):
            st.dataframe(_timings(comparison.runs), hide_index=True, width=TABLE)
            notes = {row.note for row in _speed_rows(verdict) if row.note}
            for note in sorted(notes):
                st.caption(f"{note[:1].upper()}{note[1:]}.")


def _speed_rows(verdict: Verdict) -> list[RatioVerdict]:
    return [getattr(verdict.speed, name) for name in ROWS] if verdict.speed is not None else []


def _count(comparison: Comparison) -> int:
    return sum(len(results.score_fits(run)) for run in comparison.runs)


def _errors(comparison: Comparison) -> list[dict[str, object]]:
    return [
        {
            "framework": results.label(run.framework),
            "seed": fit.seed,
            "fold": fit.fold + 1,
            "test windows": fit.windows,
            "scaled error": results.rounded(fit.test.scaled_mae if fit.test else None),
            "fit": f"{run.id}/{fit.id}",
        }
        for run in comparison.runs
        for fit in results.score_fits(run)
    ]


def _timings(runs: Sequence[Run]) -> list[dict[str, object]]:
    once: list[dict[str, object]] = [
        {"framework": results.label(run.framework), "what": title, "value": _digits(getattr(run.timing, field), unit)}
        for title, unit, field in (ROWS["import_"], ROWS["first_epoch"])
        for run in runs
    ]
    paired: list[dict[str, object]] = [
        {
            "framework": results.label(run.framework),
            "what": f"{title}, {_which(fit.fit)}{', beside other work' if fit.contended else ''}",
            "value": _digits(getattr(fit, field), unit),
        }
        for title, unit, field in (ROWS["epoch"], ROWS["forecast"])
        for run in runs
        for fit in run.timing.interleaved
    ]
    memory: list[dict[str, object]] = [
        {"framework": results.label(run.framework), "what": "Peak memory", "value": _digits(run.peak_memory_mb, "MB")}
        for run in runs
    ]
    return [*once, *paired, *memory]


def _which(fit: str) -> str:
    """A fit's id in words; folds are counted from 1 for people."""
    if judged := re.fullmatch(r"seed(\d+)-fold(\d+)", fit):
        return f"seed {judged[1]}, fold {int(judged[2]) + 1}"
    timed = re.fullmatch(r"timed(\d+)", fit)
    return f"time {int(timed[1]) + 1} in turn" if timed else fit


def _digits(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{results.digits(value)} {unit}"
