"""The Demo preset with both frameworks, from Start to forecasts.

Each sample as the pages offer it (its target, from its own past), the preset's settings, the real supervisor with warm
workers. The time runs from Start (plan, save, hand over) until the comparison has ended and its scores and forecasts
are written; a page shows them at its next refresh, within a second. Errors are mean absolute errors of all test
windows, in the sample's own units; a gain is the share by which a framework's error is smaller than the seasonal naive
forecast's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import comparing
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from core.data.samples import SAMPLES
from core.evaluation.baselines import simple_names
from core.frameworks.registry import NAMES
from core.runs import results
from core.runs.presets import PRESETS
from core.runs.schema import Comparison

NOTHING_BEATS = "nothing here beats"  # in the headline of core.runs.results


@dataclass(frozen=True)
class Subject:
    """A sample, the seconds it may take, and the gain on seasonal naive that it must exceed; None: nothing may win."""

    sample: str
    seconds: float
    gain: float | None


SUBJECTS = (Subject("retail", 15, 0.30), Subject("electricity", 60, 0.0), Subject("stock", 30, None))


def measure(quick: bool) -> list[Figure]:
    runs: dict[str, list[tuple[float, Comparison]]] = {subject.sample: [] for subject in SUBJECTS}
    with comparing.warm(*NAMES) as engine:
        for _ in range(1 if quick else 3):
            for subject in SUBJECTS:
                runs[subject.sample].append(compared(engine, subject.sample))
    return [figure for subject in SUBJECTS for figure in judged(subject, runs[subject.sample])]


def compared(engine: Engine, sample: str) -> tuple[float, Comparison]:
    """Seconds from Start to the end, and what came out."""
    engine.await_warm()
    dataset = comparing.sample(sample)
    settings = PRESETS["demo"].settings(dataset)
    began = comparing.now()
    folder = engine.start(dataset, settings)
    engine.finish(folder)
    return comparing.now() - began, results.load(folder.path)


def judged(subject: Subject, runs: list[tuple[float, Comparison]]) -> Iterator[Figure]:
    """The figures of one sample; the targets are held against both frameworks."""
    title = SAMPLES[subject.sample].title
    comparisons = [comparison for _, comparison in runs]
    yield Figure(f"{title}: Start to forecasts", [seconds for seconds, _ in runs], "s", subject.seconds)
    errors = {name: [error_of_run(each, name) for each in comparisons] for name in NAMES}
    simple = {name: [error_of_baseline(each, name) for each in comparisons] for name in simple_names(2)}
    if subject.gain is None:
        said = [float(NOTHING_BEATS in results.headline(each)) for each in comparisons]
        yield Figure(f"{title}: the page says that nothing beats naive", said, "%", 1, "at least")
    else:
        sense = "at least" if subject.gain else "more than"
        for name, values in errors.items():
            gains = [1 - error / naive for error, naive in zip(values, simple["seasonal_naive"], strict=True)]
            label = f"{title}: {results.label(name)}, gain on seasonal naive"
            yield Figure(label, gains, "%", subject.gain, sense)
    for name, values in errors.items():
        yield Figure(f"{title}: error of {results.label(name)}", values)
    for name, values in simple.items():
        yield Figure(f"{title}: error of the {results.BASELINE_LABELS[name]}", values)


def error_of_run(comparison: Comparison, framework: str) -> float:
    run = next(run for run in comparison.runs if run.framework == framework)
    error = results.mean_score(run, "mae")
    if error is None:
        raise RuntimeError(f"{framework} has no error on {comparison.name}")
    return error


def error_of_baseline(comparison: Comparison, name: str) -> float:
    return next(each.test.mae for each in comparison.baselines if each.name == name)
