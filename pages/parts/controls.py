"""What can be done with a comparison besides looking at it: stop it, go on from where it ended, run it again."""

from collections.abc import Callable

import streamlit as st

from core.errors import TwincastError
from core.runs import extending
from core.runs.schema import Comparison
from core.runs.view import ComparisonView
from pages.parts import engine, errors, session

ELSEWHERE = "Someone else started this, or you did before this page was reloaded."


def stop(view: ComparisonView, key: str = "stop") -> None:
    """At once what this session started; what another did only after a question."""
    label = "Cancel" if view.state == "queued" else "Stop"
    if engine.is_own(view.id):
        st.button(label, icon=":material/stop_circle:", key=key, on_click=_stop, args=(view.id,))
        return
    with st.popover(label, icon=":material/stop_circle:", key=f"ask_{key}"):
        st.write(f"{ELSEWHERE} {label} it all the same?")
        st.button(f"{label} it", icon=":material/stop_circle:", key=key, on_click=_stop, args=(view.id,))


def go_on(view: ComparisonView, key: str = "go_on") -> None:
    """Offered where there are weights to go on from, or everything is trained and only the scores are missing."""
    if not engine.can_go_on(view):
        return
    label = "Go on from here"
    help = "Trains what is missing, from the last weights that were saved; all else stays as it is."
    if engine.is_trained(view):
        label, help = "Score again", "Everything is trained: only its scores and forecasts are made."
    if st.button(label, icon=":material/resume:", key=key, help=help):
        _begin(lambda: engine.go_on(view.id))


def run_again(comparison: str, key: str = "run_again") -> None:
    if st.button("Run again", icon=":material/replay:", key=key):
        _begin(lambda: engine.start_again(comparison))


def more_seeds(comparison: Comparison, view: ComparisonView, key: str = "more_seeds") -> None:
    """Offered where an answer is open that more trainings may give; else why they would not."""
    verdict = comparison.verdict
    if view.state != "finished" or verdict is None or verdict.accuracy.outcome != "cannot_tell":
        return
    why = engine.why_no_more_seeds(comparison)
    help = why or "Trains five more times in each framework; what is trained already stays. At most three times."
    label = f"Run {extending.MORE} more seeds"
    if st.button(label, icon=":material/add:", key=key, help=help, disabled=why is not None):
        _begin(lambda: engine.extend(comparison.id))


def failure() -> None:
    """Says once why the latest of these could not be done."""
    if (error := session.get("control_failed")) is not None:
        errors.show(error)
        session.put("control_failed", None)


def has_failed() -> bool:
    """Whether there is something that `failure` has not said yet."""
    return session.get("control_failed") is not None


def attempt(action: Callable[[], object]) -> bool:
    """Whether it went well; `failure` says what went wrong."""
    try:
        action()
    except TwincastError as error:
        session.put("control_failed", error)
        return False
    return True


def _begin(start: Callable[[], str]) -> None:
    """Start, and watch what was started."""
    started: list[str] = []
    if not attempt(lambda: started.append(start())):
        st.rerun()
    session.put("stopped", {*session.get("stopped", ())} - set(started))
    session.show_comparison(started[0])
    st.switch_page("train.py", query_params={"comparison": started[0]})


def is_stopping(view: ComparisonView) -> bool:
    """Whether somebody has asked it to stop: here at once, before the supervisor has heard of it, too."""
    return view.id in session.get("stopped", ()) or any(run.stage == "stopping" for run in view.runs.values())


def _stop(comparison: str) -> None:
    session.put("stopped", {*session.get("stopped", ()), comparison})
    engine.supervisor().stop(comparison)
