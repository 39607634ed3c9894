"""Whose turn it is, without any process."""

from core.runs.turns import Turns

BOTH = ("pytorch", "tensorflow")


def wanting(turns: Turns, fit: str, *frameworks: str) -> None:
    for framework in frameworks or BOTH:
        turns.want(framework, fit)


def test_in_turn_one_trains_at_a_time_and_who_goes_first_changes() -> None:
    turns = Turns(BOTH, ["one", "two"], "alternate")
    turns.want("pytorch", "one")
    assert turns.grant() == (), "the other still imports"
    turns.want("tensorflow", "one")
    assert turns.grant() == (("pytorch", "one"),)
    assert turns.grant() == ()
    turns.done("pytorch")
    turns.want("pytorch", "two")
    assert turns.grant() == (("tensorflow", "one"),)
    turns.done("tensorflow")
    turns.want("tensorflow", "two")
    assert turns.grant() == (("tensorflow", "two"),)


def test_it_rests_when_everyone_who_is_left_waits() -> None:
    turns = Turns(BOTH, ["one", "two"], "alternate")
    assert not turns.at_rest, "both prepare their data"
    wanting(turns, "one")
    assert turns.at_rest
    turns.grant()
    assert not turns.at_rest
    turns.done("pytorch")
    assert not turns.at_rest, "it has not asked for its next fit yet: it may still be at work"
    turns.leave("pytorch")
    assert turns.at_rest


def test_a_race_that_is_alone_runs_freely_and_fit_by_fit_when_others_wait() -> None:
    turns = Turns(BOTH, ["one", "two"], "together")
    turns.want("pytorch", "one")
    assert turns.grant(alone=True) == (("pytorch", "one"),)
    turns.want("tensorflow", "one")
    assert turns.grant(alone=False) == (), "the round is under way"
    turns.done("pytorch")
    turns.want("pytorch", "two")
    assert set(turns.grant(alone=False)) == {("pytorch", "two"), ("tensorflow", "one")}
    turns.done("pytorch")
    assert turns.grant(alone=False) == ()


def test_fits_of_an_earlier_time_are_passed_over() -> None:
    turns = Turns(BOTH, ["one", "two"], "alternate")
    turns.want("pytorch", "two")
    turns.want("tensorflow", "one")
    assert turns.grant() == (("tensorflow", "one"),)
    turns.done("tensorflow")
    turns.want("tensorflow", "two")
    assert turns.grant() == (("tensorflow", "two"),)
    turns.done("tensorflow")
    assert turns.grant() == (("pytorch", "two"),)


def test_nobody_waits_for_one_that_has_ended() -> None:
    turns = Turns(BOTH, ["one"], "alternate")
    turns.want("tensorflow", "one")
    turns.leave("pytorch")
    assert turns.grant() == (("tensorflow", "one"),)


def race(*fits: str) -> Turns:
    return Turns(BOTH, fits, "together", timed={"timed0", "timed1"})


def test_the_timed_fits_of_a_race_are_in_turn() -> None:
    turns = race("timed0", "one", "timed1")
    turns.want("pytorch", "timed0")
    assert turns.grant() == (), "the other still imports"
    turns.want("tensorflow", "timed0")
    assert turns.grant() == (("pytorch", "timed0"),)
    turns.done("pytorch")
    turns.want("pytorch", "one")
    assert turns.grant() == (("tensorflow", "timed0"),), "nothing trains beside it, the race least of all"
    assert turns.grant() == ()
    turns.done("tensorflow")
    turns.want("tensorflow", "one")
    assert set(turns.grant()) == {("pytorch", "one"), ("tensorflow", "one")}
    turns.done("pytorch")
    turns.want("pytorch", "timed1")
    assert turns.grant() == (), "the other still races"
    turns.done("tensorflow")
    turns.want("tensorflow", "timed1")
    (first,) = turns.grant()
    turns.done(first[0])
    turns.leave(first[0])
    assert {first, *turns.grant()} == {("pytorch", "timed1"), ("tensorflow", "timed1")}


def test_a_race_goes_on_where_one_has_its_timed_fit_from_an_earlier_time() -> None:
    turns = race("timed0", "one", "timed1")
    turns.want("pytorch", "one")
    turns.want("tensorflow", "timed0")
    assert turns.grant() == (("tensorflow", "timed0"),)
    turns.done("tensorflow")
    turns.want("tensorflow", "timed1")
    assert turns.grant() == (("pytorch", "one"),)
    turns.leave("pytorch")
    assert turns.grant() == (("tensorflow", "timed1"),), "the other has failed: nobody waits for it"
