"""How a number is written: sign, currency, digits, groups and unit, and what it is under either decimal sign."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from core.data.reading.numbers_spellings import BLANK, CURRENCIES, FOOTNOTES, INFINITE, LETTERS, MISSING, TICK, WORDS


@dataclass(frozen=True)
class Spelling:
    """One way of writing a number, read from a shape: a cell with every digit written as 0.

    `point` and `comma` are the number as Python would write it, "-0000.00", with the decimal sign of that name; None
    where the shape is no number under it. Their zeros stand for the cell's digits at `digits`, in order.
    """

    point: str | None
    comma: str | None
    digits: tuple[int, ...]  # bytes into the cell
    grouped_point: bool  # whether `point` rests on groups of digits: then no zero comes first
    grouped_comma: bool
    currency: str = ""
    unit: str = ""  # "%", "kWh", "€/MWh"
    power: int = 0  # of ten, when the unit is one: 6 for “Mio.”
    unit_digits: tuple[int, ...] = ()  # bytes into the cell: the 3 of m3

    def text(self, decimal: str) -> str | None:
        return self.point if decimal == "." else self.comma

    @property
    def ambiguous(self) -> bool:
        """1.234 and 1,234: a number under either decimal sign, and another one."""
        return self.point is not None and self.comma is not None and self.point != self.comma

    @property
    def sure(self) -> bool:
        """0.123, 1,234.56, 1.234.567: a number under one sign only, and not for a digit too few, as 12.5 may be."""
        if self.point is not None and self.comma is not None:
            return False
        grouped = self.grouped_comma if self.point is None else self.grouped_point
        return grouped or len((self.point or self.comma or "").partition(".")[2]) == 3

    @property
    def whole_digits(self) -> int:
        """Of a whole number written without groups; 0 for other numbers."""
        whole = "" if self.grouped_point or self.grouped_comma else (self.point or "").removeprefix("-")
        return 0 if whole.strip("0") else len(whole)


class Word(Enum):
    """What stands in the place of a number."""

    BLANK = BLANK
    MISSING = MISSING
    TICK = TICK
    INFINITE = INFINITE


@lru_cache(maxsize=20_000)
def meaning(shape: str) -> Spelling | Word | None:
    """What a shape is; None for text."""
    if len(shape) > LONGEST:
        return None
    if word := next((word for word, pattern in PATTERNS.items() if pattern.match(shape)), None):
        return word
    return _read(shape) if "0" in shape else None


LONGEST = 100  # signs in a cell that is worth a look
PATTERNS = {word: re.compile(word.value, re.IGNORECASE) for word in Word}
FRAME = re.compile(
    r"(?P<left>[^0]{0,12}?)(?P<body>[.,]?0+(?:[.,'_ ]0+)*)(?P<stop>[.,](?!0))?"
    r"(?P<exponent>[eE][-+]?0{1,3}|[dD][-+]0{1,3})?(?P<right>.{0,34})"
)
UNIT = re.compile(
    r"(?!.{21})(?=[^\W\d_]|[%‰°″/€$£¥₹])(?![⁰¹²³⁴-⁹½¼¾])[\w %‰°'″\"/·*^.()\[\]€$£¥₹⁻-]*",
)
UNIT_DIGIT = re.compile(r"(?:m|ft|in|O|PM|[a-z]-)\^?0(?!0)")  # m3, kg/m^2, CO2, PM5, s-1
DASH = re.compile(r"(?:--?|—)")  # 12.– and 12,-- are prices without cents


def _read(shape: str) -> Spelling | None:
    """None when the shape is no number under either decimal sign."""
    text, places = _plain(shape)
    frame = FRAME.fullmatch(text)
    if frame is None:
        return None
    left, body, start = _start(frame["left"], frame["body"], frame.start("body"))
    right, stop = frame["right"], frame["stop"] or ""
    if stop and (dash := DASH.match(right)):
        right = right[dash.end() :]
    beside = _beside(left, right)
    if beside is None:
        return None
    exponent = (frame["exponent"] or "").replace("d", "e").replace("D", "e")
    point, comma = (_number(body + stop, exponent, sign) for sign in ".,")
    if point is None and comma is None:
        return None
    end = frame.end("exponent") if exponent else frame.end("body")
    zeros = [place for place, sign in enumerate(text) if sign == "0"]
    minus = "-" if beside.negative else ""
    return Spelling(
        point=None if point is None else minus + point,
        comma=None if comma is None else minus + comma,
        digits=tuple(places[zero] for zero in zeros if start <= zero < end),
        grouped_point=point is not None and bool(body.partition(".")[0].strip("0")),
        grouped_comma=comma is not None and bool(body.partition(",")[0].strip("0")),
        currency=beside.currency,
        unit=beside.unit,
        power=beside.power,
        unit_digits=tuple(places[zero] for zero in zeros if zero >= end),
    )


INVISIBLE = "Cf"  # marks of writing direction, joiners, byte-order marks
SAME = str.maketrans({**dict.fromkeys("−–‒﹣－", "-"), **dict.fromkeys("’‘`´ʼ′", "'"), "＋": "+", "（": "(", "）": ")"})


def _plain(shape: str) -> tuple[str, list[int]]:
    """The shape with one sign for each of the same meaning and nothing invisible, and the byte of each sign."""
    signs, places, place = [], [], 0
    for sign in shape:
        if unicodedata.category(sign) != INVISIBLE:
            signs.append(" " if sign.isspace() else sign)
            places.append(place)
        place += len(sign.encode())
    text = "".join(signs)
    cut = len(text) - len(text.lstrip())
    return text.strip().translate(SAME), places[cut:]


def _start(left: str, body: str, start: int) -> tuple[str, str, int]:
    """Where the number begins: the dot of “Rs.500” is the currency's, that of “$.50” the number's."""
    if body[0] in ".," and _currency(_bare(left) + body[0]):
        return left + body[0], body[1:], start + 1
    return left, body, start


def _bare(left: str) -> str:
    return left.translate({ord(sign): None for sign in "+-( "})


class Beside(NamedTuple):
    """What the signs and words around the digits say."""

    negative: bool = False
    currency: str = ""
    unit: str = ""
    power: int = 0


def _beside(left: str, right: str) -> Beside | None:
    """None when other text stands there."""
    behind = _closed(right.strip()) if "(" in left else right.strip()
    if behind is None:
        return None
    minus_behind = behind.startswith("-") or behind.endswith("-")
    marks = left.count("(") + left.count("-") + left.count("+") + minus_behind
    before = _bare(left)
    if marks > 1 or (before and not _currency(before)):
        return None
    negative = minus_behind or "-" in left or "(" in left
    found = _behind(behind.removeprefix("-").removesuffix("-").strip(), right[:1] != " ", bool(before))
    if found is None or (before and found.currency and _currency(before) != _currency(found.currency)):
        return None
    return found._replace(negative=negative, currency=before or found.currency)


def _closed(behind: str) -> str | None:
    """Without the bracket that closes a negative number: at once, or behind its unit."""
    if behind.startswith(")"):
        return behind[1:]
    return behind[:-1] if behind.endswith(")") else None


def _behind(text: str, touching: bool, after_currency: bool) -> Beside | None:
    """The currency, or the unit with its power of ten, behind the digits; marks of a footnote do not matter."""
    text = text.rstrip(FOOTNOTES).rstrip()
    if _currency(text):
        return Beside(currency=text)
    power = WORDS.get(text, LETTERS.get(text, 0) if touching else 0)
    if not text or power:
        return Beside(unit=text, power=power)
    if not UNIT.fullmatch(text) or "0" in UNIT_DIGIT.sub("", text) or (text[0] == "/" and not after_currency):
        return None
    return Beside(unit=text)


def _currency(text: str) -> str:
    return CURRENCIES.get(text.lower(), "")


GROUPS = {
    ",": re.compile(r"0{1,3}(?:(?P<sign>[.' _])000)(?:(?P=sign)000)*"),
    ".": re.compile(r"0{1,3}(?:(?P<sign>[,' _])000)(?:(?P=sign)000)*|0{1,2}(?:,00)+,000"),  # the latter: 12,34,567
}


def _number(body: str, exponent: str, decimal: str) -> str | None:
    """The number as Python writes it when `decimal` is the decimal sign."""
    whole, sign, fraction = body.partition(decimal)
    if not (whole + fraction) or fraction.strip("0"):
        return None
    if whole.strip("0"):
        if exponent or not GROUPS[decimal].fullmatch(whole):
            return None
        whole = re.sub("[^0]", "", whole)
    return whole + ("." if sign else "") + fraction + exponent
