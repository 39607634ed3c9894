"""What has become of a comparison's forecasts, in sentences that can be repeated, and in the rows of two tables."""

import math
from collections.abc import Sequence

import numpy as np

from core.data.frequency import counted_steps
from core.data.words import counted, enumerated, moment, quoted
from core.evaluation.baselines import METHODS
from core.runs.aftermath import Aftermath, Model, Score
from core.runs.results import digits, rounded

FEW = 5  # steps; those of one forecast err together, so that fewer are hardly more than a single error
UNUSUAL = 0.05  # of the test forecasts missed by more
LEAST_TESTED = 40  # test forecasts; of fewer, one in twenty is one or two

Row = dict[str, object]


def sentences(aftermath: Aftermath) -> list[str]:
    """What is said first: what happened, how much of it lies within the prediction intervals, and what that tells."""
    told = (sentence(aftermath), inside(aftermath), judgement(aftermath))
    return [words for words in told if words]


def sentence(aftermath: Aftermath) -> str:
    """How far each framework has missed, and the best simple method of the test part, beside what was promised."""
    asked, happened = len(aftermath.times), _happened(aftermath)
    steps = counted_steps(asked, aftermath.frequency)
    begin = f"Of the {steps} forecast, {happened:,} {_have(happened)} happened"
    if happened == asked:
        begin = f"The {steps} forecast {_have(asked)} happened"
    shown = [*_networks(aftermath), *_best_simple(aftermath)]
    missed = [_missed(model, model is shown[0], aftermath) for model in shown]
    return f"{begin}: {'; '.join(missed)}."


def inside(aftermath: Aftermath) -> str:
    """How many of the new values the narrowest prediction intervals hold; nothing where there are none."""
    banded = [model for model in _networks(aftermath) if model.scores[-1].within]
    if not banded:
        return ""
    level, known = min(banded[0].scores[-1].within), banded[0].scores[-1].known
    held = [f"{model.scores[-1].within[level]:,} {{}}within {model.label}'s" for model in banded]
    first = held[0].format("lie " if banded[0].scores[-1].within[level] != 1 else "lies ")
    told = f"Of {counted(known, 'new value')}, {enumerated([first, *(each.format('') for each in held[1:])])}"
    few = ", which rests on few test forecasts" if any(model.uncertain for model in banded) else ""
    return f"{told} {level:.0%} prediction interval{few}."


def judgement(aftermath: Aftermath) -> str:
    """Whether that is what was promised, as far as one forecast can tell."""
    networks, happened = _networks(aftermath), _happened(aftermath)
    unusual = [model for model in networks if _is_unusual(model.scores[-1])]
    if unusual:
        share = min(math.floor(100 * (1 - (model.scores[-1].worse or 0.0))) for model in unusual)
        of = "all" if share == 100 else f"{share}%"
        their = "its" if len(unusual) == 1 else "their"
        who = enumerated(model.label for model in unusual)
        told = f"{who} missed by more than {of} of {their} test forecasts did over the same steps"
        return f"{told}: the series may have changed, and it is time to train on the new rows."
    if happened < FEW:
        words = counted_steps(happened, aftermath.frequency)
        return f"{words} {'is' if happened == 1 else 'are'} too little to judge by."
    if any(model.scores[-1].tested < LEAST_TESTED for model in networks):
        return "It is one forecast, and the test part is too short to tell how unusual its error is."
    shares = enumerated(f"{model.scores[-1].worse or 0.0:.0%} of {model.label}'s" for model in networks)
    return f"No surprise: over the same steps {shares} test forecasts missed by more."


def notes(aftermath: Aftermath) -> list[str]:
    """What else there is to know of the newer file."""
    newer, known = aftermath.newer, aftermath.newer.known.any(axis=1)
    gaps = int(np.flatnonzero(known)[-1]) + 1 - _happened(aftermath)
    earlier, elsewhere, beyond = newer.revised, newer.elsewhere, newer.beyond
    told = {
        f"{earlier:,} of {counted(newer.compared, 'earlier value')} {_have(earlier)} changed since; the forecasts were "
        "made from what they were.": earlier,
        f"{counted_steps(gaps, aftermath.frequency)} before the latest {_have(gaps)} no value in the file.": gaps,
        f"{counted(elsewhere, 'new row')} {_are(elsewhere)} at no time that was forecast, and left out.": elsewhere,
        f"{counted(beyond, 'new row')} {_are(beyond)} later than what was forecast.": beyond,
        "The rows have no regular step: the first new row counts as the first step, and so on.": newer.in_order,
    }
    return [words for words, there in told.items() if there]


def models_table(aftermath: Aftermath) -> list[Row]:
    """One row a model, or one a model and target."""
    several = len(aftermath.targets) > 1
    return [
        {
            "": model.label,
            **({"column": score.target or "all, in standard deviations"} if several else {}),
            "new values": score.known,
            "missed by": rounded(score.recent),
            "promised": rounded(score.promised),
            "test forecasts worse": None if score.worse is None else round(score.worse, 2),
            **{f"within {level:.0%}": f"{inside} of {score.known}" for level, inside in score.within.items()},
        }
        for model in aftermath.models
        for score in model.scores
    ]


def steps_table(aftermath: Aftermath) -> list[Row]:
    """One row a step, or one a step and target: what happened beside what was forecast."""
    several = len(aftermath.targets) > 1
    return [
        {
            "time": moment(time, aftermath.frequency),
            **({"column": target} if several else {}),
            "happened": None if np.isnan(value := aftermath.newer.values[step, place]) else rounded(float(value)),
            **{model.label: rounded(float(model.forecast[step, place])) for model in _networks(aftermath)},
        }
        for place, target in enumerate(aftermath.targets)
        for step, time in enumerate(aftermath.times)
    ]


def _missed(model: Model, first: bool, aftermath: Aftermath) -> str:
    """The first one in full, "PyTorch missed by 6,100 on average, promised 7,200"; the others "TensorFlow by …"."""
    score = model.scores[-1]
    who = f"the {METHODS[model.name].noun}" if model.simple else model.label
    how = f"{who}{' missed' if first else ''} by {digits(score.recent)}"
    if first and score.target is None:
        how += f" standard deviations of {enumerated(quoted(name) for name in aftermath.targets)}"
    if first and score.known > 1:
        how += " on average"
    return how if score.promised is None else f"{how}, promised {digits(score.promised)}"


def _networks(aftermath: Aftermath) -> list[Model]:
    return [model for model in aftermath.models if not model.simple]


def _best_simple(aftermath: Aftermath) -> Sequence[Model]:
    """By what was known when the forecast was made."""
    simple = [model for model in aftermath.models if model.simple and model.scores[-1].promised is not None]
    return [min(simple, key=lambda model: model.scores[-1].promised or 0.0)] if simple else []


def _is_unusual(score: Score) -> bool:
    return score.worse is not None and score.worse < UNUSUAL and score.tested >= LEAST_TESTED


def _happened(aftermath: Aftermath) -> int:
    return int(aftermath.newer.known.any(axis=1).sum())


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
