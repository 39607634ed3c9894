"""The test of the test: how often the verdict is wrong where the truth is known. `make calibration` runs all of it.

Everything is simulated and seeded, one core for a few minutes; the tables go into docs/verdict.md, between its markers.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.evaluation import conformal, simulation
from core.evaluation.significance import MARGIN, Gap, Looks, judge
from core.evaluation.simulation import Series, World

Floats = npt.NDArray[np.float64]

PAGE = Path(__file__).parents[2] / "docs" / "verdict.md"
BEGIN, END = "<!-- calibration: begin -->", "<!-- calibration: end -->"

COMPARISONS = 400
FALSE_WINNERS = 28  # of 400 at most
BUTTON = 5  # seeds more, each time it is pressed
SERIES = 500


@dataclass(frozen=True)
class Preset:
    """One that may name a winner."""

    name: str
    seeds: int
    folds: int


STANDARD, DECIDE = Preset("Standard", 3, 1), Preset("Decide", 5, 3)
DEVIATIONS = (0.01, 0.03, 0.08)
SIZES = ((200, 5), (600, 12), (1500, 24))  # test windows, horizon


@dataclass(frozen=True)
class Visit:
    """What one user sees, who presses the button as long as the answer is "can't tell"."""

    only: Gap  # had the user planned to look once, without a button
    first: Gap
    last: Gap


def visit(preset: Preset, world: World, horizon: int, gap: float, rng: np.random.Generator) -> Visit:
    """One comparison whose true gap is `gap`, from Start to the last press of the button."""
    planned = Looks().planned
    pytorch, tensorflow = simulation.errors(world, preset.seeds + BUTTON * (planned - 1), gap, rng)
    folds = simulation.fold_of(world)
    answers: list[Gap] = []
    for look in range(1, planned + 1):
        seeds = preset.seeds + BUTTON * (look - 1)
        answers.append(judge(pytorch[:seeds], tensorflow[:seeds], folds, horizon, MARGIN, Looks(look, planned)))
        if answers[-1].outcome != "cannot_tell":
            break
    only = judge(pytorch[: preset.seeds], tensorflow[: preset.seeds], folds, horizon, MARGIN, Looks(1, 1))
    return Visit(only, answers[0], answers[-1])


def visits(preset: Preset, world: World, horizon: int, gap: float, count: int, seed: int = 0) -> list[Visit]:
    """`count` comparisons with a preset; the same `seed`, the same luck."""
    rng = np.random.default_rng(seed)
    world = replace(world, folds=preset.folds)
    return [visit(preset, world, horizon, gap, rng) for _ in range(count)]


def winners(answers: Sequence[Gap]) -> int:
    return sum(answer.outcome in ("pytorch_better", "tensorflow_better") for answer in answers)


def holding(answers: Sequence[Gap], gap: float) -> float:
    """Share of the intervals that hold the true gap."""
    return float(np.mean([low <= gap <= high for low, high in _intervals(answers)]))


def simulated_detectable(answers: Sequence[Gap]) -> float:
    """The gap that 80% of these comparisons would have found, from ties.

    A true gap moves every measured log ratio by the same amount and leaves its interval as wide, so that each tie tells
    how large a gap it would have taken, once for either side.
    """
    gaps = np.log1p([answer.gap or 0.0 for answer in answers])
    half = np.log1p([high for _, high in _intervals(answers)]) - gaps
    needed = np.maximum(half, np.log1p(MARGIN))
    return float(np.expm1(np.quantile(np.concatenate([needed - gaps, needed + gaps]), 0.8)))


def _intervals(answers: Sequence[Gap]) -> list[tuple[float, float]]:
    return [answer.interval for answer in answers if answer.interval]


def ties() -> list[str]:
    """A/A: two frameworks that are equally good; every winner is a false one. And what gap could have been found."""
    rows = []
    for preset in (STANDARD, DECIDE):
        for deviation in DEVIATIONS:
            for windows, horizon in SIZES:
                world = World(deviation, windows)
                rows.append(
                    [*_names(preset, world, horizon), *_tie_cells(visits(preset, world, horizon, 0, COMPARISONS))]
                )
    return _table((*_WORLD, *_TIES), rows)


def harder_ties() -> list[str]:
    """A/A again, in worlds that break what the method would like to assume."""
    usual = World(0.03, 600)
    worlds = {
        "as above": usual,
        "frameworks differ much from window to window": replace(usual, framework=0.2),
        "each fit has much of its own": replace(usual, fit=0.3),
        "a seed is as lucky in every fold": replace(usual, shared_by_folds=1.0),
        "a seed's luck is new in every fold": replace(usual, shared_by_folds=0.0),
        "windows remember longer, AR(0.9)": replace(usual, memory=0.9, framework=0.2),
    }
    rows = [
        [preset.name, name, *_tie_cells(visits(preset, world, 12, 0, COMPARISONS))]
        for preset in (STANDARD, DECIDE)
        for name, world in worlds.items()
    ]
    return _table(("preset", "world", *_TIES), rows)


_WORLD = ("preset", "seed deviation", "windows", "horizon")
_TIES = (
    "false winners, first look",
    "false winners, with the button",
    "no difference",
    "interval holds, one look planned",
    "interval holds, first look",
    "interval holds, with the button",
    "smallest detectable",
    "simulated",
    "ratio",
)


def _names(preset: Preset, world: World, horizon: int) -> list[str]:
    return [preset.name, f"{world.seeds:.0%}", str(world.windows), str(horizon)]


def _tie_cells(seen: Sequence[Visit]) -> list[str]:
    only, first, last = ([getattr(each, which) for each in seen] for which in ("only", "first", "last"))
    promised = float(np.mean([answer.smallest_detectable for answer in first if answer.smallest_detectable]))
    simulated = simulated_detectable(first)
    return [
        *(f"{winners(answers)} of {len(answers)}" for answers in (first, last)),
        f"{np.mean([answer.outcome == 'no_difference' for answer in last]):.0%}",
        *(f"{holding(answers, 0):.1%}" for answers in (only, first, last)),
        f"{promised:.1%}",
        f"{simulated:.1%}",
        f"{promised / simulated:.2f}",
    ]


def plain_bootstrap() -> list[str]:
    """The same ties judged by a percentile bootstrap that draws seeds and windows as if each were independent."""
    rows = []
    for preset in (STANDARD, DECIDE):
        for deviation in DEVIATIONS:
            world, rng = World(deviation, 600, preset.folds), np.random.default_rng(0)
            wrong = sum(_bootstrap_excludes_0(world, preset.seeds, rng) for _ in range(COMPARISONS))
            rows.append([*_names(preset, world, 12), f"{wrong} of {COMPARISONS}", f"{wrong / COMPARISONS:.0%}"])
    return _table((*_WORLD, "false winners", "share"), rows)


def _bootstrap_excludes_0(world: World, seeds: int, rng: np.random.Generator, draws: int = 500) -> bool:
    sides = simulation.errors(world, seeds, 0, rng)
    windows = rng.multinomial(
        world.windows, np.full(world.windows, 1 / world.windows), draws
    )  # how often each is drawn
    drawn = [rng.multinomial(seeds, np.full(seeds, 1 / seeds), draws) for _ in sides]
    means = [((often @ side) * windows).sum(axis=1) for often, side in zip(drawn, sides, strict=True)]
    low, high = np.quantile(means[1] / means[0] - 1, (0.025, 0.975))
    return bool(low > 0 or high < 0)


def found() -> list[str]:
    """A true gap of 10%, TensorFlow's error the larger: how often PyTorch is named."""
    rows = []
    for preset in (STANDARD, DECIDE):
        for deviation in (0.01, 0.02, 0.03, 0.04, 0.08):
            for windows, horizon in SIZES:
                world = World(deviation, windows)
                seen = visits(preset, world, horizon, 0.1, COMPARISONS)
                answers = ([each.first for each in seen], [each.last for each in seen])
                shares = [np.mean([answer.outcome == "pytorch_better" for answer in some]) for some in answers]
                wrong = sum(answer.outcome == "tensorflow_better" for answer in answers[1])
                held = f"{holding(answers[1], 0.1):.1%}"
                rows.append([*_names(preset, world, horizon), *(f"{share:.0%}" for share in shares), str(wrong), held])
    return _table((*_WORLD, "found, first look", "found, with the button", "wrong winners", "interval holds"), rows)


SERIES_KINDS = {"AR(0.5)": Series(0.5), "AR(0.9)": Series(0.9), "random walk": Series(1.0)}


def bands() -> list[str]:
    """Mean coverage of the bands of 100 windows after the fewest calibration windows that carry the full promise."""
    rows = []
    for name, series in SERIES_KINDS.items():
        for horizon in (5, 12, 24):
            count = max(conformal.FULL_WINDOWS, conformal.FULL_HORIZONS * horizon)
            held = covered(series, count, horizon, SERIES)
            shares = [f"{share:.1%}" for level in held for share in (level.mean(), level[0], level[-1])]
            rows.append([name, str(horizon), str(count), *shares])
    steps = ("all steps", "first step", "last step")
    return _table(
        (
            "series",
            "horizon",
            "calibration windows",
            *(f"{level:.0%}: {step}" for level in (0.8, 0.95) for step in steps),
        ),
        rows,
    )


def covered(series: Series, windows: int, horizon: int, count: int, seed: int = 0) -> Floats:
    """Mean coverage (levels, H) over `count` series of the 100 windows after `windows` calibration windows.

    Between the two lie horizon − 1 windows whose actual values are not known yet.
    """
    rng = np.random.default_rng(seed)
    all_errors = simulation.residuals(series, 500, windows + horizon - 1 + 100, horizon, count, rng)
    held = []
    for errors in all_errors:
        widths = conformal.half_widths(errors[:windows])  # (levels, H, 1)
        held.append((np.abs(errors[-100:])[:, None] <= widths).mean(axis=(0, 3)))
    return np.asarray(np.mean(held, axis=0))


def backtests() -> list[str]:
    """Coverage that backtests of 600 windows report, and how often the reported interval holds the level promised."""
    rows = []
    for name, series in SERIES_KINDS.items():
        for horizon in (5, 24):
            rng = np.random.default_rng(0)
            errors = simulation.residuals(series, 500, 600, horizon, SERIES, rng)
            made = [(each, conformal.backtest(each)) for each in errors]
            for kind in _KINDS:
                reports = [report for each, bands in made for report in conformal.coverage(each, bands, (kind,))]
                shares = [cell for level in conformal.LEVELS for cell in _coverage_cells(reports, level)]
                rows.append([name, str(horizon), kind, str(reports[0].n), *shares])
    return _table(("series", "horizon", "promise", "windows", "80%", "interval holds", "95%", "interval holds"), rows)


_KINDS: tuple[conformal.Kind, ...] = ("full", "uncertain")


def _coverage_cells(reports: Sequence[conformal.Coverage], level: float) -> list[str]:
    of_level = [each for each in reports if each.level == level]
    holds = [each.interval[0] <= level <= each.interval[1] for each in of_level]
    return [f"{np.mean([each.coverage for each in of_level]):.1%}", f"{np.mean(holds):.0%}"]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def to_markdown() -> str:
    """All tables, each under its heading."""
    parts = {
        "Ties": ties,
        "Ties in harder worlds": harder_ties,
        "Ties judged by a plain bootstrap": plain_bootstrap,
        "A gap of 10%": found,
        "Prediction intervals: coverage": bands,
        "Prediction intervals: in a backtest": backtests,
    }
    lines = []
    for heading, make in parts.items():
        text = " ".join((make.__doc__ or "").split())
        lines += [f"### {heading}", "", text, "", *make(), ""]
        sys.stderr.write(f"{heading}\n")
    return "\n".join(lines)


def main() -> None:
    """Put the tables into docs/verdict.md."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    if not after:
        sys.exit(f"{PAGE} has no place for the tables: {BEGIN} … {END}")
    PAGE.write_text(f"{before}{BEGIN}\n\n{to_markdown()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
