"""One measurement of the tips, live while it goes on: all together first, a chart, and an answer for each tip."""

import time
from collections.abc import Iterator, Sequence
from functools import partial

import streamlit as st

from core.errors import NotFound, StoreFailed
from core.figures import tips as figure
from core.frameworks import catalogue
from core.runs import tips, tips_catalogue, tips_text
from core.runs.tips import FrameworkTips, Report, Row
from core.runs.view import ComparisonView
from pages.parts import controls, engine, errors, live
from pages.parts.chart import chart

SHORT = {tips.TOGETHER: "All that help", tips.SAME_MATHS: "… with the same results"}
BADGES = {
    "faster": "green",
    "slower": "orange",
    "no_gain": "gray",
    "cannot_tell": "blue",
    "not_available": "gray",
    "not_measured": "gray",
}


def show(watched: str) -> bool:
    """False when there is no such measurement (any more)."""
    try:
        view, report = _look(watched)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        return False
    controls.failure()
    running = _changes(view)
    st.fragment(_tick, run_every=1.0 if running else None)(watched, running)
    if not running:
        explanations(list(report.frameworks))
        _take_away(watched, report)
    return True


def _look(watched: str) -> tuple[ComparisonView, Report]:
    view = engine.view(watched)
    if not view.tips:
        raise NotFound("This is a comparison, not a measurement of the tips", watched, "Open it from the history.")
    return view, tips.report(engine.store().open(watched))


def _changes(view: ComparisonView) -> bool:
    return engine.is_under_way(view) and engine.alive()


def _tick(watched: str, page_thinks_it_runs: bool) -> None:
    """One refresh. A failure here must not repeat every second as a new error, so it is caught and said."""
    try:
        view, report = _look(watched)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        return
    running = _changes(view)
    if page_thinks_it_runs and not running:
        st.rerun()
    _header(view, report, running)
    _problems(view, report)
    _cards(report, running)
    _chart(watched, report, running)
    _table(report, running)


def _header(view: ComparisonView, report: Report, running: bool) -> None:
    text, colour = live.badge(view)
    text = {"Training": "Measuring", "Scoring": "Measured"}.get(text, text)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"#### {errors.escape(view.name)} &nbsp; :{colour}-badge[{text}]")
        if running and view.id in engine.supervisor().active():
            with st.container(horizontal=True, width="content"):
                controls.stop(view)
    if running:
        st.progress(_share(view, report), text=_stages(report))
    st.caption(_words(report))


def _share(view: ComparisonView, report: Report) -> float:
    gone = time.time() - view.started_at if view.started_at else 0.0
    return min(1.0, gone / report.budget_s)


def _stages(report: Report) -> str:
    """PyTorch: measuring round 3 · TensorFlow: waiting."""
    return " · ".join(f"{each.label}: {each.stage or each.state}" for each in report.frameworks.values())


def _words(report: Report) -> str:
    model = report.model
    sizes = f"{catalogue.find(model['model']).label}, batches of {model['batch_size']}"
    said = [f"{errors.escape(report.file)} · {sizes} · {report.budget_s:g} s for all"]
    said += [f"{each.label}: {tips_text.size(each)}" for each in report.frameworks.values() if each.plain]
    if report.contended:
        said.append("Other programs kept the machine busy meanwhile: intervals are wider than they need to be.")
    return "  \n".join(said)


def _problems(view: ComparisonView, report: Report) -> None:
    """How it ended, where that was before its time."""
    for each in report.frameworks.values():
        if (problem := tips.problem_of(each)) is not None:
            errors.show_problem(problem)
    if view.state == "interrupted":
        st.info("The server ended meanwhile. What had been measured by then is shown.", icon=":material/power_off:")
    elif view.state == "stopped":
        st.info("It was stopped. What had been measured by then is shown.", icon=":material/stop_circle:")
    elif view.error is not None:
        errors.show_problem(view.error)


def _cards(report: Report, running: bool) -> None:
    """All that help, together: the one number a person remembers of each framework."""
    with st.container(horizontal=True, key="together"):
        for each in report.frameworks.values():
            for row in (each.together, each.together_same_maths):
                if row is not None:
                    _card(each, row)
            if each.together is None and running:
                st.metric(f"{each.label}: {tips_text.ALL[tips.TOGETHER].lower()}", "…", border=True, width=340)


def _card(of: FrameworkTips, row: Row) -> None:
    delta = f"{row.interval[0]:.2f} to {row.interval[1]:.2f}" if row.interval else row.reason or None
    st.metric(
        f"{of.label}: {tips_text.title(row)[0].lower()}{tips_text.title(row)[1:]}",
        f"{row.ratio:.2f} ×" if row.ratio is not None else "–",
        delta=delta,
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=340,
        help=f"Times as fast as the plain script, with a 95% interval. In it: {row.label or 'nothing'}.",
    )


def _chart(watched: str, report: Report, running: bool) -> None:
    lines = _lines(report, running)
    if not lines:
        st.caption("Rows appear here as soon as the plain script and the first tips have been timed.")
        return
    st.markdown("###### How many times as fast as the plain script")
    labels = {name: each.label for name, each in report.frameworks.items()}
    chart(figure.figure(lines, labels), key=f"tips_{watched}", height=figure.height(lines))


def _lines(report: Report, running: bool) -> list[figure.Line]:
    """All together first, then the tips; sorted by what they buy once nothing moves any more."""
    found: dict[str, list[figure.Mark]] = {}
    for name, each in report.frameworks.items():
        for row in tips_text.rows(each):
            if row.ratio is not None:
                mark = figure.Mark(name, row.ratio, row.interval, tips_text.factor(row))
                found.setdefault(row.tip, []).append(mark)
    order = list(found) if running else sorted(found, key=partial(_gain, found), reverse=True)
    order.sort(key=lambda tip: list(tips_text.ALL).index(tip) if tip in tips_text.ALL else len(tips_text.ALL))
    return [figure.Line(_short(tip), found[tip]) for tip in order]


def _gain(found: dict[str, list[figure.Mark]], tip: str) -> float:
    return max(mark.ratio for mark in found[tip])


def _short(tip: str) -> str:
    """On the chart and in the table; the details are in a cell."""
    return SHORT.get(tip) or tips_catalogue.find(tip).label


def _table(report: Report, running: bool) -> None:
    """One answer for each tip and framework, in words."""
    each = list(report.frameworks.values())
    head = ["", *(errors.escape(tips.label) for tips in each)]
    lines = [head, ["---"] * len(head)]
    for tip in _tips(each):
        rows = [next((row for row in tips_text.rows(of) if row.tip == tip), None) for of in each]
        if any(rows):
            lines.append([_short(tip), *(_cell(row, of, running) for row, of in zip(rows, each, strict=True))])
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _tips(each: Sequence[FrameworkTips]) -> Iterator[str]:
    """Those of any framework, all together first."""
    yield from dict.fromkeys(
        [*tips_text.ALL, *(tip.name for tip in tips_catalogue.TIPS if any(_has(of, tip.name) for of in each))]
    )


def _has(of: FrameworkTips, tip: str) -> bool:
    return any(row.tip == tip for row in of.rows)


def _cell(row: Row | None, of: FrameworkTips, running: bool) -> str:
    if row is None:
        return "–"
    if running and row.outcome == "not_measured" and not row.reason:
        return ":gray[to come]"
    said = [f":{BADGES[row.outcome]}-badge[{tips_text.OUTCOMES[row.outcome]}]"]
    if row.ratio is not None:
        said.append(f"**{row.ratio:.2f} ×**")
    detail = row.label.partition(": ")[2] if row.tip not in tips_text.ALL else row.label
    said += [errors.escape(part.rstrip(".")) for part in (detail, row.reason) if part]
    if differs := tips_text.loss_words(row, of):
        said.append(differs)
    if (later := tips_text.later(row, of)) is not None:
        said.append(f"starts {later:.1f} s later")
    return " · ".join(said)


def explanations(frameworks: Sequence[str]) -> None:
    """What each tip is, and the line that does it, of the tips that these frameworks have."""
    with st.expander("What each tip does, and the line of code", key="explained", icon=":material/code:"):
        known = {tip.name for name in frameworks for tip in tips_catalogue.tips_for(name)}
        for tip in tips_catalogue.TIPS:
            if tip.name in known:
                maths = f" {tips_text.MATHS}" if tip.changes_maths else ""
                st.markdown(f"**{tip.label}.** {tip.words}{maths}")
                of = (*frameworks, tips_catalogue.EVERY)
                lines = [line for name, line in tip.code.items() if line and name in of]
                st.code("\n".join(lines), language="python", wrap_lines=True)
        st.caption(HOW)


HOW = (
    "Each round trains the plain script and every tip once, in a new random order: the same windows, from the same "
    "start. A tip's time is set against that of the plain script in its own round; the first epoch of each, which "
    "warms up, is not timed. The figure is the median of the rounds, with a 95% interval (Student's t on the "
    "logarithms). Setting up and compiling are not in it: they are said apart. Losses are compared after the same "
    "number of windows; another order of the same windows already makes them differ a little."
)


def _take_away(watched: str, report: Report) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "All figures (JSON)",
            data=lambda: report.model_dump_json(indent=1),
            file_name=f"tips-{watched}.json",
            mime="application/json",
            icon=":material/download:",
            key="download_tips",
            on_click="ignore",
        )
    st.caption("The same without a browser:")
    st.code(engine.store().open(watched).spec().command, language="bash", wrap_lines=True)
