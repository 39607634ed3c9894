"""The live view of one comparison: progress, loss curves, Stop. Ticks once a second while it runs."""

import time

import streamlit as st

from core.errors import NotFound, StoreFailed
from core.figures import losses, steps
from core.runs.following import FitView, RunView, described
from core.runs.results import label
from core.runs.store import UNENDED
from core.runs.view import ComparisonView
from pages.parts import controls, engine, errors
from pages.parts.chart import chart

STATES = {
    "queued": ("Waiting", "blue"),
    "running": ("Training", "green"),
    "evaluating": ("Scoring", "green"),
    "finished": ("Finished", "gray"),
    "stopped": ("Stopped", "orange"),
    "interrupted": ("Interrupted", "orange"),
    "failed": ("Failed", "red"),
}

FACTS_HEIGHT = 68  # px, of three lines on a narrow screen: what stands below does not move when they become more


def panel(comparison: str) -> bool:
    """Draw the live view; False when there is no such comparison (any more)."""
    try:
        view = engine.view(comparison)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        return False
    controls.failure()
    running = _changes(view)
    st.fragment(_tick, run_every=1.0 if running else None)(comparison, running)
    return True


def _tick(comparison: str, page_thinks_it_runs: bool) -> None:
    """One refresh. A failure here must not repeat every second as a new error, so it is caught and said."""
    try:
        view = engine.view(comparison)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        return
    if page_thinks_it_runs and not _changes(view):
        st.rerun()
    _header(view)
    if view.state == "evaluating" and view.scoring:
        st.caption(f"Simple methods are fitted to the same data, to compare with: {view.scoring}")
    if view.error is not None:
        errors.show_problem(view.error)
    elif view.state == "interrupted":
        st.info(_interrupted(view), icon=":material/power_off:")
    for column, run in zip(st.columns(max(1, len(view.runs))), view.runs.values(), strict=False):
        with column.container(border=True):
            _run(run, _judged_by_all(view))
    _curves(view)


def _changes(view: ComparisonView) -> bool:
    """Whether there will be news; none come when the supervisor's thread has ended, which the whole page says."""
    return engine.is_under_way(view) and engine.alive()


def _header(view: ComparisonView) -> None:
    text, colour = badge(view)
    if view.state == "queued" and text != "Stopping":
        text = _waiting(engine.waiting(view.id))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"#### {errors.escape(view.name)} &nbsp; :{colour}-badge[{text}]{_clock(view)}")
        with st.container(horizontal=True, width="content"):
            _buttons(view)


def _clock(view: ComparisonView) -> str:
    """How long it has taken so far, or took; none where it is not known."""
    ended = view.ended_at if view.ended else time.time()
    if view.started_at is None or ended is None:
        return ""
    minutes, seconds = divmod(int(max(0.0, ended - view.started_at)), 60)
    return f" &nbsp; :gray[:material/timer: {minutes}:{seconds:02}]"


def _interrupted(view: ComparisonView) -> str:
    """What became of it when its server ended, and what there is to do."""
    if view.started_at is None and not any(run.version or run.fits for run in view.runs.values()):
        return "The server ended while this was waiting. Nothing of it had begun: run it again."
    ended = "The server ended while this was training."
    if engine.is_scored_later(view):
        return f"{ended} What it had learned is kept: the forecasts so far are made as soon as the machine is free."
    ways = ["go on from here"] if engine.can_go_on(view) else []
    ways += ["see the forecasts so far"] if engine.has_results(view.id) else []
    if not ways:
        return f"{ended} It had not learned anything yet: run it again."
    return f"{ended} What it had learned is kept: {', or '.join(ways)}."


def under_way() -> None:
    """For a window that watches nothing: one line on what trains meanwhile, and the way there."""
    view = engine.going()
    if view is None:
        return
    how = {"queued": "is waiting for its turn", "running": "is training now", "evaluating": "is being scored"}
    if view.tips:
        how |= {"running": "is being measured now"}
    st.page_link(
        "tips.py" if view.tips else "train.py",
        label=f"{errors.escape(view.name)} {how.get(view.state, 'is being scored')}: watch it",
        icon=":material/visibility:",
        query_params={"tips" if view.tips else "comparison": view.id},
    )


def badge(view: ComparisonView) -> tuple[str, str]:
    """How it stands, in words and in a colour."""
    if view.state in ("queued", "running") and controls.is_stopping(view):
        return "Stopping", "orange"
    if view.parked and view.state == "evaluating":
        stopped = any(run.state == "stopped" for run in view.runs.values())
        return ("Stopped; its forecasts follow", "orange") if stopped else ("Trained; its forecasts follow", "green")
    if view.parked and view.state == "running":
        return "Waiting for its turn", "blue"
    return STATES[view.state]


def _buttons(view: ComparisonView) -> None:
    """What there is to do next, and no more."""
    if view.state in UNENDED:
        if view.id in engine.supervisor().active():
            controls.stop(view)
        return
    controls.go_on(view)
    if view.state in ("failed", "interrupted"):
        controls.run_again(view.id)
    if (view.state in ("finished", "stopped") or engine.has_results(view.id)) and st.button(
        "See the forecasts", type="primary", icon=":material/arrow_forward:", key="to_compare"
    ):
        st.switch_page("compare.py", query_params={"comparison": view.id})


def _waiting(waiting: engine.Waiting) -> str:
    if not waiting.others:
        return "Waiting for another process of this installation" if waiting.elsewhere else "Starting"
    time = f", about {_duration(waiting.seconds)}" if waiting.seconds >= 1 else ""
    return f"Waiting for {waiting.others} other{'s' if waiting.others > 1 else ''}{time}"


def _run(run: RunView, judged: set[str]) -> None:
    """One framework: state, progress, and figures that change."""
    fit = next((each for each in run.fits if each.id == run.fit), None)
    st.markdown(f"**{label(run.framework)}** {run.version or ''}")
    st.progress(_share(run), text=_stage(run, fit))
    if run.error is not None:
        errors.show_problem(run.error)
        return
    facts = [
        f"**{_duration(run.eta_s)}** left" if run.eta_s is not None and run.state == "training" else "",
        f"**{run.windows_per_second:,.0f}** windows/s" if run.windows_per_second and _is_judged(fit) else "",
        f"**{run.memory_mb:,.0f} MB**" if run.memory_mb else "",
        f"validation loss **{_number(validation)}**" if (validation := _best_validation(run)) is not None else "",
        _so_far(run, judged),
    ]
    with st.container(height=FACTS_HEIGHT, border=False):
        st.caption(" · ".join(fact for fact in facts if fact))


def _judged_by_all(view: ComparisonView) -> set[str]:
    """The fits whose error is known of every framework that has any: only their means can be set side by side."""
    known = [{fit.id for fit in run.fits if fit.scaled_mae is not None} for run in view.runs.values()]
    return set.intersection(*filter(None, known)) if any(known) else set()


def _so_far(run: RunView, judged: set[str]) -> str:
    """What the trainings that have ended came to on the rows held out, while there are more to come."""
    ended = [fit.scaled_mae for fit in run.fits if fit.scaled_mae is not None and fit.id in judged]
    if not ended:
        return ""
    count = f"{len(ended)} training{'s' if len(ended) > 1 else ''}"
    return f"error so far **{_number(sum(ended) / len(ended))}** standard deviations ({count})"


def _is_judged(fit: FitView | None) -> bool:
    """Speeds of the other fits, smaller or with both formulas, would only confuse."""
    return fit is not None and fit.kind == "score" and not fit.done


def _share(run: RunView) -> float:
    """Share of all epochs of all fits that are done, as far as is known."""
    return 1.0 if run.state == "finished" else min(1.0, max(0.0, run.progress))


def _stage(run: RunView, fit: FitView | None) -> str:
    if run.state == "training" and fit is not None:
        what = described(fit.kind, fit.seed, fit.fold, run.folds)
        return f"{what}: epoch {min(run.epoch, fit.epochs)} of {fit.epochs}"
    return run.stage or run.state


def _curves(view: ComparisonView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("###### Loss by epoch", width="content")
        log = st.toggle(
            "Log scale",
            key="log_scale",
            persist_state="session",
            help="Shows small losses as large as big ones: useful once the curves have become flat.",
        )
    curves = [_curve(run) for run in view.runs.values()]
    epochs = max((fit.epochs for run in view.runs.values() if (fit := _shown_fit(run))), default=None)
    chart(losses.figure(curves, log=log, epochs=epochs), key=f"losses_{view.id}", height=380)
    if any(curve.earlier for curve in curves):
        st.caption(
            "Drawn bold is the latest training; behind it, faint, its fold's earlier ones or the range they lie in."
        )
    with st.expander("Gradient norm and learning rate", key="steps", icon=":material/stairs:"):
        st.caption(
            "The norm is the length of the gradient of all weights, before it is clipped: the mean over every 16th "
            "step of an epoch. One that grows from epoch to epoch comes before a training diverges."
        )
        drawn = [_steps(run) for run in view.runs.values()]
        chart(steps.figure(drawn, epochs=epochs), key=f"steps_{view.id}", height=300)


def _curve(run: RunView) -> losses.LossCurve:
    shown = _shown_fit(run)
    fold = shown.fold if shown else 0  # other folds end elsewhere, and their losses lie elsewhere
    fits = [fit for fit in run.fits if fit.kind == "score" and fit.fold == fold]
    earlier = [fit for fit in fits if fit is not shown and fit.history]
    return losses.LossCurve(
        framework=run.framework,
        label=label(run.framework),
        train=[epoch.train_loss for epoch in shown.history] if shown else [],
        validation=[epoch.validation_loss for epoch in shown.history] if shown else [],
        earlier=[([e.train_loss for e in fit.history], [e.validation_loss for e in fit.history]) for fit in earlier],
    )


def _steps(run: RunView) -> steps.StepCurve:
    shown = _shown_fit(run)
    history = shown.history if shown else ()
    return steps.StepCurve(
        framework=run.framework,
        label=label(run.framework),
        norms=[epoch.gradient_norm for epoch in history],
        rates=[epoch.learning_rate for epoch in history],
    )


def _shown_fit(run: RunView) -> FitView | None:
    """The latest fit with an epoch, judged ones first: final and certificate fits have curves of another kind."""
    judged = [fit for fit in run.fits if fit.kind == "score"]
    drawn = [fit for fit in judged if fit.history] or [fit for fit in run.fits if fit.history] or judged
    return drawn[-1] if drawn else None


def _best_validation(run: RunView) -> float | None:
    """The smallest validation loss of the fit that is drawn."""
    shown = _shown_fit(run)
    losses = [epoch.validation_loss for epoch in shown.history] if shown is not None else []
    return min((loss for loss in losses if loss is not None), default=None)


def _number(value: float) -> str:
    return f"{value:.4g}"


def _duration(seconds: float) -> str:
    if seconds < 0.5:
        return "under 1 s"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
