"""Names from files and people are text, however the browser would like to read them."""

import re

import pytest

from pages.parts import errors

# As the browser's Markdown does: it looks for addresses in the text that is left once all backslashes are gone.
ADDRESSES = (
    re.compile(r"(https?://|www(?=\.))([-.\w]+)", re.IGNORECASE),
    re.compile(r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)"),
    re.compile(r"\b(ftp|mailto|xmpp):/*\w", re.IGNORECASE),
)
LINKS = (
    "https://evil.example/x",
    "http://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "(https://evil.example)",
    "ftp://evil.example",
    "www.evil.example",
    "WwW.evil.example",
    "https://www.evil.example",
    "me@evil.example",
    "one.more@evil@evil.example",
    "https://me@evil.example",
)


@pytest.mark.parametrize("name", LINKS)
def test_an_address_in_a_name_is_no_link(name: str) -> None:
    read = re.sub(r"\\(.)", r"\1", errors.escape(name))
    assert not any(address.search(read) for address in ADDRESSES), read
    assert read.replace("\u2060", "") == name


@pytest.mark.parametrize("name", ["12:30, at 5 degrees", "évènement/jour", "http:", "evil.example", "wwwhat"])
def test_all_else_is_left_as_it_is(name: str) -> None:
    assert re.sub(r"\\(.)", r"\1", errors.escape(name)) == name


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\x1b", "\x00", "\x9b"])
def test_no_name_turns_round_or_hides_what_stands_behind_it(sign: str) -> None:
    assert errors.escape(f"a{sign}b") == "a\ufffdb"
