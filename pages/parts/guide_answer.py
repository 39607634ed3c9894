"""Which framework should I use? Five questions, and the answer with its reasons and what would turn it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from core.advice.claims import claim
from core.advice.measured import Figures
from core.advice.recommend import EITHER, Flip, Question, Reason, Recommendation, Scenario, recommend, rules
from core.frameworks.registry import NAMES
from pages.parts import errors, session
from pages.parts.guide_claims import badge

FULL = {"pytorch": "PyTorch", "tensorflow": "TensorFlow, with Keras", EITHER: "either"}
QUESTIONS, ANSWER = 340, 620  # px; below each other where there is less
SENTENCES = {
    ("pytorch", True): "PyTorch",
    ("pytorch", False): "Rather PyTorch",
    ("tensorflow", True): "TensorFlow, with Keras",
    ("tensorflow", False): "Rather TensorFlow, with Keras",
    (EITHER, True): "Either works",
    (EITHER, False): "Either works",
}


def show(figures: Figures) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="scenarios")
    side_by_side = st.container(horizontal=True, gap="medium", key="questions")
    with side_by_side.container(width=QUESTIONS):
        answers = {question.id: ask(question) for question in rules().questions}
    with row:
        scenarios(answers)
    with side_by_side.container(border=True, width=ANSWER, key="recommendation"):
        recommendation(recommend(answers, figures))
        measured_in(figures)


def ask(question: Question) -> str:
    """The answer is in the address, so that a link carries it; a page switch does not lose it."""
    labels = {option.id: option.label for option in question.options}
    answer: str = st.selectbox(
        question.ask,
        list(labels),
        format_func=labels.__getitem__,
        key=question.id,
        bind="query-params",
        persist_state="session",
    )
    return answer


def scenarios(answers: Mapping[str, str]) -> None:
    """Answers to begin with; those in force are marked."""
    st.markdown("Begin with", width="content")
    for scenario in rules().scenarios:
        st.button(
            scenario.short,
            key=f"scenario_{scenario.id}",
            help=claim(scenario.claim).title,
            type="primary" if answers == scenario.answers else "secondary",
            on_click=take,
            args=(scenario,),
        )


def take(scenario: Scenario) -> None:
    for question, answer in scenario.answers.items():
        session.put(question, answer)


def recommendation(found: Recommendation) -> None:
    st.markdown(f"### {SENTENCES[found.framework, found.clear]}")
    if found.framework == EITHER:
        decided = any(found.speaking_for(name) for name in NAMES)
        why = "The reasons balance each other." if decided else "Nothing you said or measured decides it."
        st.markdown(f"{why} Take the one you get most done with.")
        for name in NAMES:
            reasons(f"For {FULL[name]}", found.speaking_for(name))
    else:
        other = next(name for name in NAMES if name != found.framework)
        reasons("For it", found.speaking_for(found.framework))
        reasons(f"Against it, and for {FULL[other]}", found.speaking_for(other))
    reasons("Speaks for neither", found.speaking_for(EITHER))
    flips(found.flips)


def measured_in(figures: Figures) -> None:
    """The comparisons that the figures come from."""
    names = {each.comparison: each.rests_on for each in figures.values() if each.comparison is not None}
    for id, name in names.items():
        address = {"comparison": id}
        st.page_link(
            "compare.py",
            label=f"Measured in {errors.escape(name)}",
            icon=":material/compare_arrows:",
            query_params=address,
        )


def reasons(title: str, given: Sequence[Reason]) -> None:
    if given:
        st.markdown("\n".join([f"**{title}**", "", *map(line, given)]))


def line(reason: Reason) -> str:
    """The reason, what it rests on, and where that can be read up."""
    missing = f" Not measured here: that takes {reason.missing}." if reason.missing else ""
    url = claim(reason.claim).url if reason.claim else ""
    return f"- {reason.words}{missing} {badge(reason.basis)}{f' [source]({url})' if url else ''}"


def flips(given: Sequence[Flip]) -> None:
    """What would turn it, by what would be recommended then."""
    st.markdown("##### What would turn it")
    if not given:
        st.markdown("Neither one change nor two would.")
    elif len(given[0].changes) > 1:
        st.markdown("No single change would. Two together, for example:")
    for to in (*NAMES, EITHER):
        if lines := list(listed([flip for flip in given if flip.to == to])):
            st.markdown("\n".join([f"To **{FULL[to]}**:", "", *lines]))


def listed(given: Sequence[Flip]) -> Iterator[str]:
    """A line a topic: what else might be answered there."""
    for topics, group in itertools.groupby(given, key=lambda flip: [change.topic for change in flip.changes]):
        if len(topics) == 1:
            yield f"- {topics[0]}: {', or '.join(flip.changes[0].words for flip in group)}"
        else:
            yield from (
                f"- {', and '.join(f'{change.topic}: {change.words}' for change in flip.changes)}" for flip in group
            )
