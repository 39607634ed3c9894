"""From a few plain answers to a framework, with the reasons for and against and what would turn it: rules.toml.

No score is shown. A reason either decides (weight 2) or tips the balance (weight 1); a framework whose reasons lead by
`lead` is recommended, and else the answer is "either". What would flip it is found by changing each answer, and each
outcome that can be measured, and asking again.
"""

import functools
import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.advice.claims import HARDWARE, claim
from core.advice.measured import FIGURES, Figures, Measured
from core.frameworks.registry import NAMES

SOURCE = Path(__file__).with_name("rules.toml")
EITHER = "either"
BASES = ("measured", "checked", "opinion", "not verified")


@dataclass(frozen=True)
class Option:
    id: str
    label: str


@dataclass(frozen=True)
class Question:
    """The first option is what is taken where nothing was said."""

    id: str
    ask: str
    short: str
    options: tuple[Option, ...]

    def label(self, answer: str) -> str:
        return next(option.label for option in self.options if option.id == answer)


@dataclass(frozen=True)
class Rule:
    """An answer that speaks for a framework, or for neither."""

    question: str
    answer: str
    favours: str
    weight: int
    claim: str
    because: str


@dataclass(frozen=True)
class Evidence:
    """Something measured that speaks for whom it is better for; its outcomes in words, where it may turn out anew."""

    figure: str
    short: str
    weight: int
    because: str
    pytorch: str = ""
    tensorflow: str = ""
    either: str = ""
    only: Mapping[str, list[str]] | None = None  # answers with which it counts

    def counts(self, answers: Mapping[str, str]) -> bool:
        return all(answers[question] in allowed for question, allowed in (self.only or {}).items())


@dataclass(frozen=True)
class Scenario:
    """Answers to begin with."""

    id: str
    short: str
    claim: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Rules:
    lead: int
    clear: int
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    evidence: tuple[Evidence, ...]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class Reason:
    """Why a framework, or why neither. `claim` is empty where it was measured."""

    favours: str
    weight: int
    words: str
    basis: str  # one of BASES
    claim: str = ""
    missing: str = ""  # hardware that it would take to measure it


@dataclass(frozen=True)
class Change:
    """What else might have been answered or measured."""

    topic: str  # a question in short, or what was measured
    words: str
    answers: Mapping[str, str] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Flip:
    """A change, alone or together with a second one, and what would be recommended then."""

    changes: tuple[Change, ...]
    to: str


@dataclass(frozen=True)
class Recommendation:
    framework: str  # pytorch, tensorflow or either
    clear: bool
    reasons: tuple[Reason, ...]
    flips: tuple[Flip, ...]

    def speaking_for(self, framework: str) -> tuple[Reason, ...]:
        """The stronger first."""
        found = [reason for reason in self.reasons if reason.favours == framework]
        return tuple(sorted(found, key=lambda reason: -reason.weight))


def recommend(answers: Mapping[str, str], figures: Figures) -> Recommendation:
    """`answers` by question, with the default for what is missing or unknown; `figures` as measured."""
    answers = complete(answers)
    reasons = tuple(_reasons(answers, figures))
    framework = _framework(reasons)
    return Recommendation(
        framework, abs(_balance(reasons)) >= rules().clear, reasons, _flips(answers, figures, framework)
    )


def complete(answers: Mapping[str, str]) -> dict[str, str]:
    """Every question with an answer that it has."""
    return {
        question.id: answer if (answer := answers.get(question.id, "")) in known else known[0]
        for question in rules().questions
        if (known := [option.id for option in question.options])
    }


def _reasons(answers: Mapping[str, str], figures: Figures) -> Iterator[Reason]:
    for rule in rules().rules:
        if answers[rule.question] == rule.answer:
            yield _of_rule(rule, figures)
    for evidence in rules().evidence:
        if evidence.counts(answers) and (measured := figures.get(evidence.figure)) is not None:
            yield _of_measurement(evidence, measured)


def _of_rule(rule: Rule, figures: Figures) -> Reason:
    about = claim(rule.claim)
    basis = about.status if about.status in BASES else "checked"
    missing = "" if about.measured_by in figures else HARDWARE.get(about.hardware, "")
    return Reason(rule.favours, rule.weight, rule.because, basis, rule.claim, missing)


def _of_measurement(evidence: Evidence, measured: Measured) -> Reason:
    """Where it cannot tell, it is listed and counts for nobody."""
    words = f"{FIGURES[evidence.figure].capitalize()}: {measured.words}"
    return Reason(measured.favours or EITHER, evidence.weight, f"{words}. {evidence.because}", "measured")


def _framework(reasons: tuple[Reason, ...]) -> str:
    balance = _balance(reasons)
    if abs(balance) < rules().lead:
        return EITHER
    return "pytorch" if balance > 0 else "tensorflow"


def _balance(reasons: tuple[Reason, ...]) -> int:
    """Weights for PyTorch less those for TensorFlow."""
    of = {name: sum(reason.weight for reason in reasons if reason.favours == name) for name in NAMES}
    return of["pytorch"] - of["tensorflow"]


def _flips(answers: Mapping[str, str], figures: Figures, framework: str) -> tuple[Flip, ...]:
    """Every single change that turns it; where none does, the pairs that do, three at most."""
    changes = tuple(_changes(answers, figures))
    single = [Flip((change,), to) for change in changes if (to := _after(answers, figures, change)) != framework]
    if single:
        return tuple(single)
    pairs = (
        Flip((one, other), to)
        for one, other in itertools.combinations(changes, 2)
        if one.topic != other.topic and (to := _after(answers, figures, one, other)) != framework
    )
    return tuple(itertools.islice(pairs, 3))


def _after(answers: Mapping[str, str], figures: Figures, *changes: Change) -> str:
    for change in changes:
        answers, figures = {**answers, **change.answers}, {**figures, **change.figures}
    return _framework(tuple(_reasons(answers, figures)))


def _within(label: str) -> str:
    """An answer in the middle of a sentence."""
    return label if label.startswith("I ") else f"{label[0].lower()}{label[1:]}"


def _changes(answers: Mapping[str, str], figures: Figures) -> Iterator[Change]:
    for question in rules().questions:
        for option in question.options:
            if option.id != answers[question.id]:
                yield Change(question.short, _within(option.label), {question.id: option.id})
    for evidence in rules().evidence:
        present = figures.get(evidence.figure)
        now = present.favours if present else None
        for outcome in (*NAMES, EITHER):
            words = getattr(evidence, outcome)
            if words and outcome != (now or EITHER) and evidence.counts(answers):
                supposed = Measured(evidence.figure, "", outcome, "")
                yield Change(evidence.short, words, figures={evidence.figure: supposed})


@functools.cache
def rules() -> Rules:
    """As written in rules.toml."""
    told: dict[str, Any] = tomllib.loads(SOURCE.read_text("utf-8"))
    return Rules(
        lead=told["lead"],
        clear=told["clear"],
        questions=tuple(
            Question(each["id"], each["ask"], each["short"], tuple(Option(**option) for option in each["options"]))
            for each in told["question"]
        ),
        rules=tuple(Rule(**each) for each in told["rule"]),
        evidence=tuple(Evidence(**each) for each in told["evidence"]),
        scenarios=tuple(Scenario(**each) for each in told["scenario"]),
    )


def scenario(id: str) -> Scenario:
    """Raises KeyError."""
    return {each.id: each for each in rules().scenarios}[id]
