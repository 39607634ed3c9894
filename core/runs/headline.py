"""The verdict in a few sentences: first what matters most, then what stands behind it."""

from collections.abc import Sequence

from core.data.words import listed
from core.evaluation.baselines import METHODS
from core.runs import results
from core.runs.schema import Comparison
from core.runs.schema_verdict import AccuracyVerdict, BeatsBaseline, RatioVerdict, Verdict


def told(comparison: Comparison) -> str:
    """The headline of a comparison as it was kept."""
    if comparison.verdict is not None:
        return comparison.verdict.headline
    return "An earlier version made this comparison, without a verdict. Run it again to have one."


def headline(comparison: Comparison, verdict: Verdict) -> str:
    """Which framework to use here, or why that is open. The first sentence can be repeated to a client by itself.

    Where no network beats the best simple forecast, that comes first, whatever the frameworks' own race says.
    """
    if verdict.beats_baseline is None and not any(map(results.score_fits, comparison.runs)):
        return f"No run got as far as a forecast. {_endings(comparison)}".strip()
    race = _race(verdict.accuracy)
    simple = _simple(comparison, verdict.beats_baseline)
    beaten = verdict.beats_baseline is not None and True in _answers(verdict.beats_baseline)
    parts = [race, simple] if beaten or not simple else [simple, race]
    return " ".join(part for part in (*parts, _speed(verdict), _rests(comparison, verdict)) if part)


def _race(accuracy: AccuracyVerdict) -> str:
    """The frameworks' own race for accuracy."""
    said = {
        "pytorch_better": "PyTorch forecasts better here: {}",
        "tensorflow_better": "TensorFlow forecasts better here: {}",
        "no_difference": "No difference that matters between PyTorch's and TensorFlow's forecasts: {}",
        "cannot_tell": "Which framework forecasts better cannot be told: {}",
        "equal_by_construction": "Equal by construction: {}",
    }.get(accuracy.outcome)
    if said is None:  # a single framework
        return ""
    if accuracy.outcome in ("cannot_tell", "equal_by_construction") or accuracy.gap is None:
        return said.format(_lower(accuracy.reason)) + _what_next(accuracy)
    return said.format(_gap_words(accuracy)) + "."


def _gap_words(accuracy: AccuracyVerdict) -> str:
    """The gap and its interval as a person says them."""
    gap, interval = accuracy.gap or 0.0, accuracy.interval or [0.0, 0.0]
    if accuracy.outcome == "no_difference":
        return f"the gap is {percent(gap)} ({_range(interval)}), below the {percent(accuracy.margin)} that would matter"
    better, other = ("PyTorch", "TensorFlow") if gap > 0 else ("TensorFlow", "PyTorch")
    if gap > 0:  # TensorFlow errs more
        return f"{other}'s error is {percent(gap)} larger than {better}'s (95% interval {_range(interval)})"
    return f"{better}'s error is {percent(-gap)} smaller than {other}'s ({_range([-interval[1], -interval[0]])})"


def _what_next(accuracy: AccuracyVerdict) -> str:
    if accuracy.outcome != "cannot_tell":
        return ""
    if accuracy.more_seeds and accuracy.interval is None:  # below the number from which anything can be said
        return f" At least {accuracy.more_seeds} more {'seed is' if accuracy.more_seeds == 1 else 'seeds are'} needed."
    if accuracy.more_seeds:
        return f" About {accuracy.more_seeds} more seeds would settle it."
    if accuracy.interval is None:  # the reason says what would do
        return ""
    return f" {accuracy.more[:1].upper()}{accuracy.more[1:]}." if accuracy.more else ""


def _simple(comparison: Comparison, beats: BeatsBaseline | None) -> str:
    """The networks against the best simple forecast."""
    if beats is None or beats.against is None or not beats.gaps:
        return ""
    if "better" in beats.outcomes.values():
        return beaten_words(beats)
    if all(outcome == "worse" for outcome in beats.outcomes.values()):
        each = listed([f"{results.label(name)} errs {percent(gap)} more" for name, gap in beats.gaps.items()])
        return f"On this data nothing here beats {METHODS[beats.against].words}: {each}."
    gaps = listed([f"{results.label(name)} errs {_than(gap)}" for name, gap in beats.gaps.items()])
    return f"On this data no network is shown to beat {METHODS[beats.against].words}: {gaps}."


def _than(gap: float) -> str:
    """How an error compares with that of the simple forecast."""
    return "as much" if percent(abs(gap)) == "0%" else f"{percent(abs(gap))} {'less' if gap < 0 else 'more'}"


def beaten_words(beats: BeatsBaseline) -> str:
    """Which networks beat the best simple forecast, which do not, and of which that is open."""
    winners = [name for name in beats.gaps if beats.outcomes.get(name) == "better"]
    unsure = [results.label(name) for name in beats.gaps if beats.outcomes.get(name) == "cannot_tell"]
    losers = [name for name in map(results.label, beats.gaps) if name not in [*map(results.label, winners), *unsure]]
    each = listed([f"{results.label(name)} by {percent(-beats.gaps[name])}" for name in winners])
    rest = f"; not by {listed(losers)}" if losers else ""
    rest += f"; whether {listed(unsure)} beats it cannot be told" if unsure else ""
    return f"The best simple forecast ({METHODS[beats.against or ''].noun}) is beaten: {each}{rest}."


def _speed(verdict: Verdict) -> str:
    """Training time, where that is sure."""
    words = _times(verdict.speed.epoch, "trains") if verdict.speed is not None else ""
    return f"{words}." if words else ""


def _times(row: RatioVerdict, verb: str) -> str:
    if row.ratio is None or row.outcome not in ("pytorch_better", "tensorflow_better", "no_difference"):
        return ""
    if row.outcome == "no_difference":
        return f"An epoch takes both equally long (ratio {row.ratio:.2f})"
    name = "PyTorch" if row.outcome == "pytorch_better" else "TensorFlow"
    return f"{name} {verb} {_factor(row)} as fast{_bounds(row)}"


def _factor(row: RatioVerdict) -> str:
    ratio = row.ratio or 1.0
    return f"{max(ratio, 1 / ratio):.2g} ×"


def _bounds(row: RatioVerdict) -> str:
    if row.interval is None or row.ratio is None:
        return ""
    ends = sorted(row.interval if row.ratio >= 1 else [1 / end for end in row.interval])
    return f" ({ends[0]:.2g} to {ends[1]:.2g})"


def _rests(comparison: Comparison, verdict: Verdict) -> str:
    """What it rests on, and what is missing."""
    rests = f"Rests on {verdict.accuracy.rests_on}." if verdict.accuracy.rests_on else ""
    return " ".join(part for part in (_endings(comparison), rests) if part)


def _endings(comparison: Comparison) -> str:
    """The runs that did not get to their end."""
    early = [results.label(run.framework) for run in comparison.runs if run.status == "stopped"]
    failed = [results.label(run.framework) for run in comparison.runs if run.status == "failed"]
    said = [f"{listed(early)} stopped early: these are interim figures."] if early else []
    said += [f"{listed(failed)} failed."] if failed else []
    return " ".join(said)


def _answers(beats: BeatsBaseline) -> tuple[bool | None, bool | None]:
    return beats.pytorch, beats.tensorflow


def _range(interval: Sequence[float]) -> str:
    return f"{signed(interval[0])} to {signed(interval[1])}"


def percent(share: float) -> str:
    """A share as a percentage with one digit below ten."""
    return f"{share:.1%}" if abs(share) < 0.0995 and round(share * 100, 1) % 1 else f"{share:.0%}"


def signed(share: float) -> str:
    """The same with its sign, unless it is rounded to nothing."""
    words = percent(abs(share))
    return words if words == "0%" else f"{'−' if share < 0 else '+'}{words}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
