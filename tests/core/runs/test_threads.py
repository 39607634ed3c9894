"""Threads where nobody said: never more than there are free cores, nor than the work of a step is worth."""

import dataclasses

import pytest

from core import hardware
from core.frameworks.base import ModelSpec
from core.runs.spec import Settings
from core.runs.threads import decide_threads

SMALL = ModelSpec(
    kind="lstm", lookback=20, horizon=5, targets=1, values=10, calendar=0,
    hidden=64, layers=1, dropout=0.0, bidirectional=False, reference="last", season=1,
)  # fmt: skip
LARGE = dataclasses.replace(SMALL, hidden=512)


@pytest.fixture(autouse=True)
def sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of them real."""
    monkeypatch.setattr(hardware, "cores", lambda: 16)
    monkeypatch.setattr(hardware, "physical_cores", lambda: 8)


@pytest.mark.parametrize(
    ("free", "model", "order", "threads", "words"),
    [
        (0.3, LARGE, "alternate", 1, "0.3 of 16 cores are free just now, and more threads than free cores"),
        (0.0, LARGE, "alternate", 1, "0.0 of 16 cores"),
        (1.9, LARGE, "alternate", 1, "many times slower"),
        (4.6, LARGE, "alternate", 4, "half a one is left to the pages"),
        (16.0, LARGE, "alternate", 8, "half a one"),
        (6.8, LARGE, "together", 3, "for both frameworks at once"),
        (16.0, SMALL, "alternate", 2, "too short for more threads to pay"),
        (None, LARGE, "alternate", 1, "was not looked at"),
    ],
)
def test_auto_follows_the_free_cores_and_the_work(
    free: float | None, model: ModelSpec, order: str, threads: int, words: str
) -> None:
    settings = Settings(order=order, batch_size=32)  # type: ignore[arg-type]
    found, why = decide_threads(settings, model, free)
    assert found == threads
    assert why.startswith(f"Threads {threads}: ") and words in why


def test_what_was_asked_is_done_and_doubted_where_it_does_not_fit() -> None:
    asked = Settings(threads=4)
    assert decide_threads(asked, LARGE, 16.0) == (4, "")
    assert decide_threads(asked, LARGE, None) == (4, "")
    threads, why = decide_threads(asked, LARGE, 1.2)
    assert threads == 4 and "as asked, though only 1.2 of 16 cores are free" in why
