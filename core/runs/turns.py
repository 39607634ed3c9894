"""Whose turn it is: frameworks in turn train one at a time, so that their timings are true; together is a race."""

from collections import deque
from collections.abc import Container, Sequence
from itertools import groupby


class Turns:
    """One comparison's turns, fit by fit. Who goes first changes from one fit to the next.

    In turn, nothing starts before every framework has asked once: nobody imports or builds beside a timed fit. A race
    has fits that are `timed`, too: one framework at a time trains them, once the other has come as far.
    """

    def __init__(self, frameworks: Sequence[str], fits: Sequence[str], order: str, timed: Container[str] = ()) -> None:
        self._members = set(frameworks)  # those whose run has not ended
        self._expected = set(frameworks)  # those that have not asked yet
        self._wanted: dict[str, str] = {}
        self._training: set[str] = set()
        parts = [
            (in_turn, [*some]) for in_turn, some in groupby(fits, lambda fit: order == "alternate" or fit in timed)
        ]
        self._in_turn = [in_turn for in_turn, _ in parts]
        self._part = {fit: part for part, (_, some) in enumerate(parts) for fit in some}
        self._reached = dict.fromkeys(frameworks, 0)  # the part of the fit that each asked for last
        rounds = [(frameworks if n % 2 == 0 else tuple(reversed(frameworks)), fit) for n, fit in enumerate(fits)]
        self._schedule = deque((framework, fit) for names, fit in rounds for framework in names)

    @property
    def at_rest(self) -> bool:
        """Whether nobody trains or prepares: all who are left have asked and wait."""
        return not self._training and self._wanted.keys() == self._members

    def want(self, framework: str, fit: str) -> None:
        self._expected.discard(framework)
        self._wanted[framework] = fit
        self._reached[framework] = self._part[fit]

    def done(self, framework: str) -> None:
        self._training.discard(framework)

    def leave(self, framework: str) -> None:
        """It has ended, in whichever way: nobody waits for it."""
        self.done(framework)
        self._members.discard(framework)
        self._expected.discard(framework)
        self._wanted.pop(framework, None)
        self._schedule = deque(turn for turn in self._schedule if turn[0] != framework)

    def grant(self, alone: bool = True) -> tuple[tuple[str, str], ...]:
        """(framework, fit) of those who may start now; each is granted once.

        Unless it is `alone`, other comparisons wait for this one's rest: a race then goes on fit by fit, too.
        """
        part = min((self._reached[framework] for framework in self._members), default=0)
        granted = self._next_in_turn() if self._in_turn[part] else self._all_at_once(part, alone)
        for framework, _ in granted:
            del self._wanted[framework]
            self._training.add(framework)
        return granted

    def _all_at_once(self, part: int, alone: bool) -> tuple[tuple[str, str], ...]:
        """Who is in a later part already waits there."""
        here = tuple((framework, fit) for framework, fit in self._wanted.items() if self._part[fit] == part)
        return here if alone or self.at_rest else ()

    def _next_in_turn(self) -> tuple[tuple[str, str], ...]:
        """Fits that a framework does not ask for, as it has them from an earlier time, are passed over."""
        if self._training or self._expected:
            return ()
        while self._schedule:
            framework, fit = self._schedule[0]
            wanted = self._wanted.get(framework)
            if wanted is None:
                return ()
            self._schedule.popleft()
            if wanted == fit:
                return ((framework, fit),)
        return ()
