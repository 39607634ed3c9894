"""A sample of `make calibration`, and the tables it has put into docs/verdict.md."""

import re

import numpy as np
import pytest

from core.evaluation.calibration import (
    BEGIN,
    DECIDE,
    END,
    FALSE_WINNERS,
    PAGE,
    STANDARD,
    Preset,
    Visit,
    covered,
    simulated_detectable,
    visits,
    winners,
)
from core.evaluation.significance import BUDGET, FIRST_LOOK, MARGIN
from core.evaluation.simulation import Series, World
from core.evaluation.variance import BLOCKS, MIN_SEEDS


@pytest.fixture(scope="module", params=[STANDARD, DECIDE], ids=lambda preset: preset.name)
def ties(request: pytest.FixtureRequest) -> list[Visit]:
    preset: Preset = request.param
    return visits(preset, World(seeds=0.03, windows=400), 12, 0.0, 200, seed=11)


def test_ties_seldom_get_a_winner_however_often_the_button_is_pressed(ties: list[Visit]) -> None:
    assert winners([each.last for each in ties]) <= FALSE_WINNERS / 2  # 200 comparisons instead of 400


def test_the_smallest_detectable_gap_is_what_these_comparisons_could_have_found(ties: list[Visit]) -> None:
    first = [each.first for each in ties]
    promised = np.mean([each.smallest_detectable for each in first if each.smallest_detectable])
    assert promised == pytest.approx(simulated_detectable(first), rel=0.2)


def test_intervals_hold_the_truth_about_as_often_as_they_say(ties: list[Visit]) -> None:
    for answers in ([each.only for each in ties], [each.last for each in ties]):
        held = [each.interval[0] <= 0 <= each.interval[1] for each in answers if each.interval]
        assert 0.92 <= np.mean(held) <= 1.0


def test_a_gap_of_ten_percent_is_found() -> None:
    found = visits(DECIDE, World(seeds=0.04, windows=400), 12, 0.1, 100, seed=12)
    assert sum(each.last.outcome == "pytorch_better" for each in found) >= 80


def test_bands_hold_at_every_step_with_the_fewest_windows_that_carry_the_promise() -> None:
    held = covered(Series(1.0), 288, 24, 200, seed=13)
    assert held.mean(axis=1) == pytest.approx([0.8, 0.95], abs=0.02)


def rows(heading: str) -> list[dict[str, str]]:
    """The rows of a table of docs/verdict.md, by column; two columns of one name keep the later."""
    between = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in between.partition(f"### {heading}\n")[2].partition("###")[0].splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


@pytest.mark.parametrize("heading", ["Ties", "Ties in harder worlds"])
def test_the_page_shows_few_false_winners_and_true_smallest_gaps(heading: str) -> None:
    assert len(rows(heading)) >= 12
    for row in rows(heading):
        assert int(row["false winners, with the button"].split()[0]) <= FALSE_WINNERS, row
        assert float(row["ratio"]) == pytest.approx(1, abs=0.2), row


def test_the_page_shows_that_decide_finds_ten_percent() -> None:
    asked = [row for row in rows("A gap of 10%") if row["preset"] == "Decide" and row["seed deviation"] != "8%"]
    assert len(asked) == 12
    assert all(float(row["found, with the button"].rstrip("%")) >= 80 for row in asked)


def test_the_page_shows_bands_within_two_points_of_the_promise() -> None:
    assert len(rows("Prediction intervals: coverage")) == 9
    for row in rows("Prediction intervals: coverage"):
        for column, cell in row.items():
            if found := re.match(r"(\d\d)%: ", column):
                assert float(cell.rstrip("%")) == pytest.approx(float(found[1]), abs=2), row


def test_the_page_names_the_numbers_that_the_code_uses() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"**margin**, {MARGIN:.0%} unless changed" in text
    assert f"share one budget of {BUDGET:.0%}" in text
    assert f"the first look has {FIRST_LOOK:.0%} of it" in text
    assert f"fewer than {MIN_SEEDS} seeds, or fewer than {BLOCKS} blocks" in text
