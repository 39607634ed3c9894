"""What each tip buys: each alone against the plain script, then all that help together, within a budget of seconds.

Randomised blocks: a round trains the plain script and every tip once, in a new random order, and a tip's time is set
against that of the plain script in the same round, so that whatever slows the machine for a while slows both. All
train the same windows for the same epochs from the same start; the first epoch warms up and is not timed.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.errors import TwincastError
from core.frameworks.base import Hardware
from core.runs.tips import SAME_MATHS, STOPPED, TOGETHER, Plain, Row
from core.runs.tips_bench import Slice, Workbench
from core.runs.tips_catalogue import TIMES_LARGER, Here, Tip, find, tips_for
from core.runs.tips_ways import Way, alone, loss_difference, together

PLAIN = "plain"
FOR_TOGETHER = 0.25  # of the budget
ROUNDS = 8  # to aim at
SHORTEST_S, LONGEST_S = 0.1, 0.5  # of what is timed at a time
EPOCH_S = 0.3  # of a shorter epoch what it costs to begin one is too large a part; data or budget may have no more
SHORTEST_BUDGET_S = 12.0  # that has room for it
MOST_EPOCHS = 50
HOPELESS = 10  # times as long as the plain script is not waited for, nor
PATIENCE_S = 2.0  # longer than this
LONGER = "Give a longer budget."
NO_TIME = f"No time was left for it. {LONGER}"

Tell = Callable[[str, Mapping[str, Any]], None]


class Measurement:
    """One framework's rows. `tell` hears what becomes known: plain, row, together, together_same_maths, stage.

    `elsewhere` gives a process with other threads or devices; `import_s` is what its start takes, about.
    """

    def __init__(
        self,
        here: Here,
        bench: Workbench,
        *,
        elsewhere: Callable[[Hardware], Workbench],
        import_s: float,
        budget_s: float,
        tell: Tell,
        stop: Callable[[], bool],
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.here, self.tell, self.stop, self.now = here, tell, stop, now
        self.elsewhere, self.import_s, self.budget_s = elsewhere, import_s, budget_s
        self.end = now() + budget_s
        self.benches: dict[Hardware, Workbench] = {here.hardware: bench}
        self.shuffle = random.Random(0).shuffle
        self.tips = tips_for(here.framework)
        self.plain = Way(PLAIN, Row(tip=PLAIN, label="Plain script"), here.plain, here.hardware, bench=bench)
        self.applied: dict[str, Any] = {}  # of the plain script
        self.windows, self.epochs = 0, 1  # of a slice
        self.other_order: Slice | None = None  # of the plain script, for its losses
        self.only: dict[str, Way] = {}  # kinds of together that come to a single tip

    def go(self) -> None:
        """Until everything is known well enough, the budget is used up, or it is stopped.

        Raises TwincastError where the plain script itself cannot be trained.
        """
        reserved = self.end - FOR_TOGETHER * self.budget_s
        try:
            self.begin()
            ways = self.set_up_alone(reserved)
            self.repeat(ways, reserved)
            several = self.try_together(ways)
            self.repeat(several or ways, self.end)
            self.repeat(ways, self.end)  # those together may have been settled early
            if not several:
                self.try_together(ways)  # once more: a single one needs no time
            self.tell_unmeasured([*ways, *several])
        finally:
            for hardware, bench in self.benches.items():
                if hardware != self.here.hardware:
                    bench.close()

    # The plain script

    def begin(self) -> None:
        """Build the plain script, and choose how many windows and epochs are timed each time."""
        self.say("the plain script")
        block = self.block
        self.windows, began = min(self.here.windows, block), self.now()
        self.applied = self.plain_bench.prepare(PLAIN, self.here.plain, self.windows, self.budget_s) or {}
        self.plain.prepared_s = self.now() - began
        whole = self.here.windows // block * block or self.here.windows
        wanted_s = EPOCH_S * min(1.0, self.budget_s / SHORTEST_BUDGET_S)
        while timed := self.train(self.plain, self.end):
            if self.windows == whole or timed.seconds >= wanted_s:
                self.epochs = min(MOST_EPOCHS, max(1, round(self.timed_s / timed.seconds)))
                break
            larger = int(self.windows * min(10.0, wanted_s / timed.seconds)) // block * block
            self.windows = min(whole, max(2 * self.windows, larger))  # in whole steps of every tip
        self.other_order = self.train(self.plain, self.end, order=1)

    @property
    def timed_s(self) -> float:
        """Seconds of training to time at once, so that the budget has room for some rounds of all tips."""
        slices = 2 * ROUNDS * (len(self.tips) + 1)  # each warms up about as long
        return min(LONGEST_S, max(SHORTEST_S, self.budget_s / 2 / slices))

    @property
    def block(self) -> int:
        """Windows of whole steps of every tip: a shorter last step would have to be compiled, too."""
        return TIMES_LARGER * self.here.plain.batch_size

    @property
    def plain_bench(self) -> Workbench:
        return self.benches[self.here.hardware]

    # Tips, alone and together

    def set_up_alone(self, deadline: float) -> list[Way]:
        """Every tip that can be tried; those that are slow to set up once the others have been measured once."""
        ways = [way for tip in self.tips if (way := self.try_alone(tip))]
        quick = [way for way in ways if not way.setup_s and way.hardware == self.here.hardware]
        ready = [way for way in quick if self.set_up(way, deadline)]
        self.round(ready, deadline)
        return ready + [way for way in ways if way not in quick and self.set_up(way, deadline)]

    def try_alone(self, tip: Tip) -> Way | None:
        """None where that cannot be here, which its row says."""
        way, why_not = alone(tip, self.here), tip.unavailable(self.here)
        if why_not:
            self.tell_row(way, way.without(why_not, available=False))
        return None if why_not else way

    def try_together(self, ways: Sequence[Way]) -> list[Way]:
        """All that help; and apart from them, where that differs, those that leave the maths alone."""
        helping = [way for way in ways if self.row(way).outcome == "faster" and find(way.row.tip).combines]
        same = [way for way in helping if not way.row.changes_maths]
        self.only.clear()
        found = [self.try_several(TOGETHER, helping, ways)]
        if same and len(same) < len(helping):
            found.append(self.try_several(SAME_MATHS, same, ways))
        return [way for way in found if way]

    def try_several(self, kind: str, helping: Sequence[Way], ways: Sequence[Way]) -> Way | None:
        way = together(kind, [find(each.row.tip) for each in helping], self.here)
        if not helping:
            self.tell_row(way, way.without(self.why_none(ways)))
        if len(helping) == 1:
            self.only[kind] = helping[0]
            self.tell_only(helping[0])
        if len(helping) < 2:
            return None
        way.setup_s = sum(max(0.0, each.prepared_s - self.plain.prepared_s) for each in helping)
        return way if self.set_up(way, self.end) else None

    def why_none(self, ways: Sequence[Way]) -> str:
        """Why no tip is known to help."""
        if self.stop():
            return STOPPED
        unsure = any(self.row(way).outcome == "cannot_tell" for way in ways)
        return f"No tip is sure to help yet. {LONGER}" if unsure else "None of the tips makes it faster here."

    def tell_only(self, way: Way) -> None:
        """Where it is the single tip that helps, all together are that one."""
        for kind in (kind for kind, only in self.only.items() if only is way):
            same = {"tip": kind, "members": (way.row.tip,), "reason": "It is the only one that helps."}
            self.tell(kind, self.row(way).model_copy(update=same).model_dump())

    def set_up(self, way: Way, deadline: float) -> bool:
        """Build and compile it; where there is no time for that, or it fails, its row says so."""
        new = way.hardware not in self.benches
        need = way.setup_s + 2 * self.plain.cost_s + (self.import_s if new else 0.0)
        if self.stop() or self.now() + need > deadline:
            self.tell_row(way, way.without(STOPPED if self.stop() else NO_TIME))
            return False
        self.say(way.row.label)
        try:
            bench, began = self.bench_with(way.hardware), self.now()
            patience = HOPELESS * max(self.plain.prepared_s, self.plain.cost_s, way.setup_s)
            limit = min(patience, deadline - began)
            applied = bench.prepare(way.row.tip, way.training, self.block, limit)
        except TwincastError as error:
            self.tell_row(way, way.without(error.problems[0].sentence(), available=False))
            return False
        if applied is None:
            self.tell_row(way, way.without(f"Its first steps took longer than {limit:.0f} s, and were not waited for."))
            return False
        way.bench, way.prepared_s, way.cost_s = bench, self.now() - began, self.plain.cost_s
        if way.shows and applied.get(way.shows) == self.applied.get(way.shows):
            self.tell_row(way, way.without("It was asked for, and is not in force.", available=False))
            return False
        return True

    def bench_with(self, hardware: Hardware) -> Workbench:
        if hardware not in self.benches:
            self.benches[hardware] = self.elsewhere(hardware)
        return self.benches[hardware]

    # Rounds

    def repeat(self, ways: Sequence[Way], deadline: float) -> None:
        """Rounds of those that are not settled yet; where a whole one does not fit, of those measured least."""
        while not self.stop() and (some := self.fitting(ways, deadline - self.now())):
            self.say(f"round {len(self.plain.seconds) + 1}")
            self.round(some, deadline)

    def fitting(self, ways: Sequence[Way], seconds: float) -> list[Way]:
        """As many as there is time for beside the plain script, fewest rounds first."""
        left, some = seconds - self.plain.cost_s, []
        for way in sorted(ways, key=lambda way: len(way.seconds)):
            if not way.settled and way.cost_s <= left:
                some.append(way)
                left -= way.cost_s
        return some

    def round(self, ways: Sequence[Way], deadline: float) -> None:
        """The plain script and each of these once, in random order; rows are told as soon as both are known."""
        order = [self.plain, *ways]
        self.shuffle(order)
        beside: Slice | None = None
        waiting: list[tuple[Way, Slice]] = []
        for way in order:
            timed = self.train(way, deadline)
            if way is self.plain:
                beside = timed
                self.note_plain(timed)
            elif timed is not None:
                waiting.append((way, timed))
            elif way.given_up:
                self.tell_row(way, way.row)
            while beside is not None and waiting:
                way, own = waiting.pop(0)
                way.add(beside, own)
                self.tell_row(way, self.row(way))
                self.tell_only(way)

    def note_plain(self, timed: Slice | None) -> None:
        if timed is not None:
            self.plain.first = self.plain.first or timed
            self.plain.seconds.append(timed.seconds)
            self.tell_plain()

    def train(self, way: Way, deadline: float, order: int = 0) -> Slice | None:
        """One slice. None where it was stopped, its time was up, or it failed."""
        assert way.bench
        began = self.now()
        patience = max(PATIENCE_S, HOPELESS * self.plain.cost_s) if way is not self.plain else float("inf")
        limit = min(patience, deadline - began)
        if self.stop() or limit <= 0:
            return None
        try:
            timed = way.bench.train(way.row.tip, self.windows, self.epochs, limit, order)
        except TwincastError as error:
            if way is self.plain:
                raise
            self.give_up(way, error.problems[0].sentence())
            return None
        way.cost_s = self.now() - began
        if timed is None and limit == patience and not self.stop():
            way.cut_off += 1  # once may be the machine's fault
            if way.cut_off > 1:
                self.give_up(way, f"It takes more than {HOPELESS} times as long as the plain script.", "slower")
        return timed

    def give_up(self, way: Way, reason: str, outcome: str = "not_measured") -> None:
        way.given_up = True
        way.row = way.row.model_copy(update={"reason": reason, "outcome": outcome})

    # What is told

    def row(self, way: Way) -> Row:
        return way.row if way.given_up else way.measured(self.plain.first, self.epochs)

    def say(self, what: str) -> None:
        self.tell("stage", {"text": f"measuring {what}"})

    def tell_unmeasured(self, ways: Sequence[Way]) -> None:
        """Those that were set up, and for which no round was left."""
        for way in ways:
            if not way.seconds and not way.given_up:
                self.tell_row(way, way.without(STOPPED if self.stop() else NO_TIME))

    def tell_row(self, way: Way, row: Row) -> None:
        self.tell(way.kind, row.model_dump())

    def tell_plain(self) -> None:
        seconds = statistics.median(self.plain.seconds)
        told = Plain(
            windows_per_second=self.epochs * self.windows / seconds,
            n=len(self.plain.seconds),
            setup_s=self.plain.prepared_s,
            windows=self.windows,
            windows_in_data=self.here.windows,
            epochs=self.epochs,
            threads=self.here.hardware.threads,
            device=self.here.hardware.device,
            order_difference=loss_difference(self.plain.first, self.other_order),
        )
        self.tell(PLAIN, told.model_dump())
