"""From answers to a recommendation: the five scenarios, measurements that count, and what would turn it."""

from dataclasses import replace

import pytest

from core.advice import recommend
from core.advice.claims import claim
from core.advice.measured import FIGURES, Measured, counted_lines
from core.advice.recommend import EITHER, Change, rules

LINES = {"code_lines": counted_lines()}
SCENARIOS = {each.id: each for each in rules().scenarios}


def measured(figure: str, favours: str | None) -> Measured:
    return Measured(figure, "PyTorch 1, TensorFlow 2", favours, "Waves, LSTM", "20260321-140500000-ab12")


def answer(**answers: str) -> str:
    return recommend.recommend(answers, {}).framework


@pytest.mark.parametrize(
    ("scenario", "framework"),
    [
        ("demo", "tensorflow"),
        ("phd", "pytorch"),
        ("mobile", "tensorflow"),
        ("trading", "pytorch"),
        ("platform", "tensorflow"),
    ],
)
def test_each_scenario_gets_its_recommendation_by_the_same_rules(scenario: str, framework: str) -> None:
    found = recommend.recommend(SCENARIOS[scenario].answers, LINES)
    assert found.framework == framework == claim(SCENARIOS[scenario].claim).favours
    assert found.speaking_for(framework)


def test_a_scenario_answers_every_question_and_nothing_else() -> None:
    for each in rules().scenarios:
        assert recommend.complete(each.answers) == each.answers


def test_either_is_an_answer_where_nothing_decides() -> None:
    found = recommend.recommend({}, {})
    assert found.framework == EITHER and not found.reasons


def test_one_weak_reason_decides_nothing_and_a_strong_one_does() -> None:
    assert answer(kept_by="programmers") == EITHER
    assert answer(control="all") == "pytorch"
    assert answer(control="none") == "tensorflow"


def test_reasons_of_equal_weight_cancel_and_both_are_told() -> None:
    found = recommend.recommend({"control": "all", "purpose": "learning"}, {})
    assert found.framework == EITHER
    assert found.speaking_for("pytorch") and found.speaking_for("tensorflow")


def test_an_answer_nobody_knows_is_the_default_one() -> None:
    assert recommend.complete({"purpose": "<script>"})["purpose"] == "forecast"


def test_one_s_own_accuracy_decides_and_is_marked_as_measured() -> None:
    found = recommend.recommend({}, {"accuracy_gap": measured("accuracy_gap", "tensorflow")})
    assert found.framework == "tensorflow"
    (reason,) = found.speaking_for("tensorflow")
    assert reason.basis == "measured" and "PyTorch 1, TensorFlow 2" in reason.words


def test_a_measurement_that_cannot_tell_counts_for_nobody() -> None:
    found = recommend.recommend({"control": "all"}, {"accuracy_gap": measured("accuracy_gap", None)})
    assert found.framework == "pytorch"
    assert [reason.basis for reason in found.speaking_for(EITHER)] == ["measured"]


def test_speed_counts_only_where_it_was_measured() -> None:
    figures = {"epoch_ratio": measured("epoch_ratio", "tensorflow")}
    assert recommend.recommend({"runs_on": "here"}, figures).speaking_for("tensorflow")
    for elsewhere in ("server", "onnx", "phone", "gpus", "tpu"):
        found = recommend.recommend({"runs_on": elsewhere}, figures)
        assert not any(reason.basis == "measured" for reason in found.reasons)


@pytest.mark.parametrize(("where", "what"), [("tpu", "a TPU"), ("phone", "a phone"), ("gpus", "several graphics")])
def test_hardware_that_is_not_here_is_said_to_be_missing(where: str, what: str) -> None:
    assert any(reason.missing.startswith(what) for reason in recommend.recommend({"runs_on": where}, {}).reasons)


def test_every_flip_turns_it_and_every_single_change_that_turns_it_is_listed() -> None:
    """Tried out by changing the answers anew, not by the code that made the list."""
    for each in (*(scenario.answers for scenario in SCENARIOS.values()), recommend.complete({})):
        found = recommend.recommend(each, LINES)
        listed = {(question, option) for flip in found.flips for question, option in one(flip.changes).answers.items()}
        turning = {
            (question.id, option.id)
            for question in rules().questions
            for option in question.options
            if recommend.recommend({**each, question.id: option.id}, LINES).framework != found.framework
        }
        assert listed == turning
        for flip in found.flips:
            change = one(flip.changes)
            after = recommend.recommend({**each, **change.answers}, {**LINES, **change.figures})
            assert after.framework == flip.to != found.framework


def one(changes: tuple[Change, ...]) -> Change:
    (change,) = changes
    return change


def test_a_measurement_can_turn_it_too() -> None:
    flips = recommend.recommend({}, {}).flips
    assert {flip.to for flip in flips if "accuracy_gap" in flip.changes[0].figures} == {"pytorch", "tensorflow"}
    assert not any("epoch_ratio" in flip.changes[0].figures for flip in flips), "one weak reason alone decides nothing"


def test_where_no_single_change_turns_it_pairs_are_named() -> None:
    answers = {"purpose": "research", "runs_on": "gpus", "kept_by": "programmers", "control": "all", "loss": "history"}
    found = recommend.recommend(answers, {})
    assert found.clear and 0 < len(found.flips) <= 3
    assert not recommend.recommend(answers, {"accuracy_gap": measured("accuracy_gap", "pytorch")}).flips
    for flip in found.flips:
        assert len(flip.changes) == 2 and flip.to != "pytorch"


def test_the_rules_use_known_words() -> None:
    options = {question.id: {option.id for option in question.options} for question in rules().questions}
    for rule in rules().rules:
        assert rule.answer in options[rule.question] and rule.weight in (1, 2)
        assert rule.favours in ("pytorch", "tensorflow", EITHER)
        assert claim(rule.claim)
    for evidence in rules().evidence:
        assert evidence.figure in FIGURES
        assert all(set(allowed) <= options[question] for question, allowed in (evidence.only or {}).items())


def test_an_option_s_words_are_those_of_the_address_and_belong_to_it_alone() -> None:
    for question in rules().questions:
        labels = [option.label for option in question.options]
        assert len(set(labels)) == len(labels)


def test_a_person_s_own_i_stays_large_within_a_sentence() -> None:
    answers = {question.id: question.options[-1].id for question in rules().questions}
    maintained = {change.words for change in recommend._changes(answers, {})}
    assert "I do" in maintained and "analysts who program little" in maintained


def test_a_rule_never_speaks_against_the_claim_it_rests_on() -> None:
    for rule in rules().rules:
        favours = claim(rule.claim).favours
        assert EITHER in (rule.favours, favours) or rule.favours == favours, rule


def test_counted_lines_that_speak_for_one_count_where_code_matters() -> None:
    figures = {"code_lines": replace(LINES["code_lines"], favours="pytorch")}
    assert recommend.recommend({"purpose": "learning"}, figures).speaking_for("pytorch")
    assert not recommend.recommend({"purpose": "production"}, figures).speaking_for("pytorch")
