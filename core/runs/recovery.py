"""What becomes of comparisons whose process ended before they did."""

import time
from collections.abc import Iterator
from dataclasses import replace

from core.errors import BadInput, StoreFailed, TwincastError
from core.runs import resuming
from core.runs.folders import UNENDED, ComparisonFolder, State
from core.runs.following import Follower
from core.runs.store import Store


def mark_interrupted(store: Store) -> Iterator[str]:
    """Writes down what nobody drives any more as interrupted; gives those, held, that have something to score.

    One that cannot be read or written is left alone: the history says so.
    """
    for summary in store.list():
        if summary.state != "interrupted":
            continue
        folder = store.open(summary.id)
        try:
            folder.hold()
        except StoreFailed:  # another process was quicker
            continue
        try:
            worth_scoring = _mark(folder)
        except TwincastError:
            worth_scoring = False
        if worth_scoring:
            yield folder.id
        else:
            folder.release()


def prepare_to_go_on(folder: ComparisonFolder) -> None:
    """Takes an ended comparison in hand and queues it. Raises StoreFailed, BadInput when nothing is left to do."""
    if not folder.try_hold():
        raise BadInput("This comparison is already waiting or training", folder.id, "Watch it on the page Train.")
    try:
        if not resuming.can_go_on(folder):
            raise BadInput("Everything in this comparison has been trained", folder.id, "Run it again instead.")
        earlier = folder.state()  # how loaded the machine was stays: part of the timings is from then
        folder.set_state(State("queued", load_before=earlier.load_before, load_during=earlier.load_during))
    except BaseException:
        folder.release()
        raise


def _mark(folder: ComparisonFolder) -> bool:
    """Returns whether something was learned that has not been scored since."""
    state = folder.state()
    if state.state not in UNENDED:  # marked at an earlier start: its journals need not be read again
        return state.unscored
    spec = folder.spec()
    views = [Follower(run, spec).read() for run in folder.runs()]
    learned = any(fit.history for view in views for fit in view.fits)
    ended_at = max((view.last_event_at for view in views if view.last_event_at), default=None) or time.time()
    folder.set_state(replace(state, state="interrupted", ended_at=ended_at, error=None, unscored=learned))
    return learned
