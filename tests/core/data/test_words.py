"""Words shown to a person: what a name from a file may do to a sentence around it."""

import pytest

from core.data.words import visible


@pytest.mark.parametrize(
    "sign", [*"\u202a\u202e\u2066\u2069\u200e\u200f\u061c", "\x00", "\x07", "\x1b", "\x7f", "\x9b"]
)
def test_signs_that_move_or_hide_the_words_behind_them_are_seen(sign: str) -> None:
    assert visible(f"a{sign}[2Jb") == "a\ufffd[2Jb"


def test_blanks_stay_in_line_and_all_else_stays_as_it_is() -> None:
    assert visible("a\tb\nc\rd\u2028e") == "a b c d e"
    assert visible("Größe 日本 \u200dمبيعات €") == "Größe 日本 \u200dمبيعات €"
