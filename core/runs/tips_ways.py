"""A way of training under measurement: the plain script, one tip, or several together; and the row it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.evaluation.ratio import Ratio, ratio
from core.frameworks.base import Hardware, TrainingSpec
from core.runs.tips import FEWEST, Row, judged
from core.runs.tips_bench import Slice, Workbench
from core.runs.tips_catalogue import Here, Tip, changed

ROUNDS = {1: "One measurement", 2: "Two measurements"}
ENOUGH = 4  # rounds, before a row counts as settled
PRECISE = 0.01  # half the width of an interval, as a share: more rounds would tell nothing new
FAR_SLOWER = 0.5  # times as fast: how much slower need not be known any better


@dataclass
class Way:
    """`kind`: plain, row, together or together_same_maths. `row` is what is known of it before any measurement."""

    kind: str
    row: Row
    training: TrainingSpec
    hardware: Hardware
    setup_s: float = 0.0  # beyond the plain script's own, as expected
    shows: str = ""  # the setting that must differ from the plain script's
    bench: Workbench | None = None  # once it is set up
    prepared_s: float = 0.0  # measured: until the first epoch was through
    seconds: list[float] = field(default_factory=list)  # of each round
    plain: list[float] = field(default_factory=list)  # the plain script's beside them
    first: Slice | None = None
    cost_s: float = 0.0  # of a slice, all in all, the last time
    cut_off: int = 0  # times that it took too long to wait for
    given_up: bool = False

    @property
    def found(self) -> Ratio | None:
        """How many times as fast as the plain script."""
        return ratio(self.plain, self.seconds)

    @property
    def settled(self) -> bool:
        """Whether more rounds would change nothing that matters: by the width alone, never by who is ahead."""
        found = self.found
        if self.given_up or found is None or found.interval is None or found.n < ENOUGH:
            return self.given_up
        low, high = found.interval
        return high / low < (1 + PRECISE) ** 2 or high < FAR_SLOWER

    def add(self, plain: Slice, own: Slice) -> None:
        """Both of one round."""
        self.first = self.first or own
        self.plain.append(plain.seconds)
        self.seconds.append(own.seconds)

    def measured(self, plain: Slice | None, epochs: int) -> Row:
        """The row as it stands; `plain` is the plain script's first slice, of the same windows and epochs."""
        found = self.found
        if found is None or self.first is None:
            return self.row
        known = found.n >= FEWEST
        changes = {
            "ratio": found.ratio,
            "interval": found.interval if known else None,
            "n": found.n,
            "setup_s": max(0.0, self.prepared_s - self.first.seconds / epochs),
            "loss_difference": loss_difference(plain, self.first),
            "outcome": judged(found),
            "reason": "" if known else f"{ROUNDS[found.n]}: too few to tell.",
        }
        return self.row.model_copy(update=changes)

    def without(self, reason: str, available: bool = True) -> Row:
        """The row of a way that could not be measured."""
        outcome = "not_measured" if available else "not_available"
        return self.row.model_copy(update={"available": available, "reason": reason, "outcome": outcome})


def alone(tip: Tip, here: Here) -> Way:
    row = Row(tip=tip.name, label=tip.label_here(here), changes_maths=tip.changes_maths)
    return Way("row", row, *changed(here, tip), setup_s=tip.setup_s, shows=tip.shows)


def together(kind: str, tips: Sequence[Tip], here: Here) -> Way:
    """Several tips at once."""
    names = tuple(tip.name for tip in tips)
    label = " + ".join(tip.label for tip in tips)
    row = Row(tip=kind, label=label, changes_maths=any(tip.changes_maths for tip in tips), members=names)
    return Way(kind, row, *changed(here, *tips), setup_s=sum(tip.setup_s for tip in tips))


def loss_difference(plain: Slice | None, own: Slice | None) -> float | None:
    """The largest difference of two train losses after the same number of windows, as a share of the plain script's."""
    if plain is None or own is None:
        return None
    shares = [abs(one - other) / abs(other) for one, other in zip(own.losses, plain.losses, strict=True) if other]
    return max(shares, default=None)
