"""Whose turn it is: frameworks in turn train one at a time, so that their timings are true; together is a race."""

from collections import deque
from collections.abc import Sequence


class Turns:
    """One comparison's turns, fit by fit. Who goes first changes from one fit to the next.

    In turn, nothing starts before every framework has asked once: nobody imports or builds beside a timed fit.
    A token between processes, or between comparisons, would be asked for in `grant`.
    """

    def __init__(self, frameworks: Sequence[str], fits: Sequence[str], order: str) -> None:
        self._alternate = order == "alternate"
        self._expected = set(frameworks)  # those that have not asked yet
        self._wanted: dict[str, str] = {}
        self._training: str | None = None
        rounds = [(frameworks if n % 2 == 0 else tuple(reversed(frameworks)), fit) for n, fit in enumerate(fits)]
        self._schedule = deque((framework, fit) for names, fit in rounds for framework in names)

    def want(self, framework: str, fit: str) -> None:
        self._expected.discard(framework)
        self._wanted[framework] = fit

    def done(self, framework: str) -> None:
        if self._training == framework:
            self._training = None

    def leave(self, framework: str) -> None:
        """It has ended, in whichever way: nobody waits for it."""
        self.done(framework)
        self._expected.discard(framework)
        self._wanted.pop(framework, None)
        self._schedule = deque(turn for turn in self._schedule if turn[0] != framework)

    def grant(self) -> tuple[tuple[str, str], ...]:
        """(framework, fit) of those who may start now; each is granted once."""
        if not self._alternate:
            granted, self._wanted = tuple(self._wanted.items()), {}
            return granted
        if self._training or self._expected or not self._schedule:
            return ()
        framework, fit = self._schedule[0]
        if self._wanted.get(framework) != fit:
            return ()
        self._schedule.popleft()
        del self._wanted[framework]
        self._training = framework
        return ((framework, fit),)
