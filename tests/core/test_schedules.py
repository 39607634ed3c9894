"""The learning rate by epoch, as every framework follows it."""

import math

import pytest

from core.frameworks.schedules import PATIENCE, rate


def rates(schedule, epochs=6, losses=()):
    return [rate(schedule, epoch, epochs, 0.8, losses[: epoch - 1]) for epoch in range(1, epochs + 1)]


def test_a_constant_rate_stays():
    assert rates("constant") == [0.8] * 6


def test_halve_halves_after_every_epoch():
    assert rates("halve", 4) == [0.8, 0.4, 0.2, 0.1]


def test_cosine_falls_from_the_base_towards_0_at_the_end():
    found = rates("cosine", 6)
    assert found[0] == 0.8 and found == sorted(found, reverse=True)
    assert found[3] == pytest.approx(0.4)  # half way
    assert found[-1] == pytest.approx(0.4 * (1 + math.cos(math.pi * 5 / 6)))
    assert rate("cosine", 9, 6, 0.8, ()) == 0.0  # beyond what it is laid out for


def test_plateau_halves_after_three_epochs_without_gain():
    assert PATIENCE == 3
    losses = [1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.5, 0.6]
    assert rates("plateau", 10, losses) == [0.8] * 5 + [0.4] * 3 + [0.2] * 2


def test_a_gain_within_float_noise_is_none():
    """Two frameworks whose losses differ in the last digits must decide alike: a gain is more than 1e-4."""
    stuck = [1.0, 1 - 2e-5, 1 - 4e-5, 1 - 6e-5]
    assert rate("plateau", 5, 9, 0.8, stuck) == 0.4
    assert rate("plateau", 5, 9, 0.8, [1.0, 0.999, 0.998, 0.997]) == 0.8


def test_losses_that_rise_from_the_start_are_a_plateau():
    assert rate("plateau", 5, 9, 0.8, [1.0, 2.0, 3.0, 4.0]) == 0.4
