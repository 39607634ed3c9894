"""The pages whose reruns are measured, and the widget that is clicked on each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """A page and two options of one of its widgets, by the widget's `key` and the options' places and values."""

    page: str
    path: str
    key: str
    places: tuple[int, int]  # among the widget's options, from 0
    values: tuple[str, str]  # as the script holds them


SUBJECTS = (
    Subject("Data", "", "sample", (3, 0), ("stock", "retail")),
    Subject("Train", "train", "frameworks", (1, 0), ("pytorch", "both")),
    Subject("Compare", "compare", "layout", (1, 0), ("over", "beside")),
)


def alternate(clicks: int, click: Callable[[int], T]) -> list[T]:
    """Click the two sides in turn; the first two clicks do not count."""
    return [click(number % 2) for number in range(clicks + 2)][2:]
