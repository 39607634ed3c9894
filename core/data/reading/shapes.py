"""What a cell looks like, without reading it: a number, a time, a word, or nothing. Good enough to find a header by."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Shape = Literal["blank", "number", "time", "text"]

# Around cells these are taken away: blanks of all widths and signs without width; inside a cell all is data.
BLANKS = " \t\n\r\v\f\u00a0\u1680\u180e\u200b\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MISSING = frozenset(
    words(
        """- -- --- – — . .. ... ? * / # #n/a #n/v #na #nv #div/0! #value! #wert! #ref! #bezug! #num! #null! #name?
        n/a na n.a. n.a nan nan. null none nil n/d nd n.d. s/d n.v. nv k.a. k.a b.d. <na> (null) (leer) (blank) missing
        unknown void inf -inf +inf infinity -infinity ∞ -∞ 1.#ind -1.#ind 1.#qnan"""
    )
)
LONGEST = 48  # signs; a longer cell is text

_GAP = r"[ \u00a0\u2007\u2009\u202f]"
_MONEY = r"[$€£¥₹₽₺₩₴₫₪฿¢]|R\$|Rs\.?|kr\.?|zł|Kč|Ft|Fr\.?|[A-Z]{3}"
_UNIT = r"[%‰°$€£¥₹₽₺₩µμΩ/a-zA-Złč²³]{1,6}\.?"
NUMBER = re.compile(
    rf"[(+\-−–]*{_GAP}?(?:[$€£¥₹₽₺₩₴₫₪฿¢]{_GAP}?|(?:{_MONEY}){_GAP})?[+\-−–(]?"
    rf"(?:\d{{1,3}}(?:[.,'’]\d{{2,3}}|{_GAP}\d{{2,3}})+|\d+)?(?:[.,]\d*)?(?:[eE][+\-]?\d+)?"
    rf"[-)]?(?:{_GAP}?(?:{_MONEY}|{_UNIT}))?[-)]?"
)

_MONTHS = words(
    """jan jän feb fév fev mar mär maer mrz maa mrt mars apr avr abr kwi may mai mag maj mei mayo juin jun giu
    cze jul     juil lug lip aug août aou ago sie sep set wrz oct okt ott out paź paz nov lis dec déc dez dic
    gru ene gen sty lut led úno     bře dub kvě čer čvn čvc srp zář říj pro янв фев мар апр май мая июн июл
    авг сен окт ноя дек oca şub mart nis haz tem     ağu eyl eki kas ara
    ápr máj jún júl ianu iuni iuli noie січ лют бер кві тра чер лип сер вер жов лис гру ιαν φεβ μαρ απρ μαΐ μάι μαϊ
    ιουν ιουλ αυγ σεπ οκτ νοε δεκ tammi helmi maalis huhti touko kesäk heinäk eloku syysk lokak marras jouluk siječ
    velja ožuj travn svib lipnj srpnj kolovo rujn listop stude"""
)
_WORDS = frozenset(
    words(
        """t z am pm a m p utc gmt cet cest mez mesz est edt cst cdt mst mdt pst pdt bst h uhr of de del w kw wk
        week         woche semaine semana q qtr quarter quartal trimestre trim s sem st nd rd th mon tue wed thu
        fri sat sun mo di mi         do fr sa so lun mar mer jeu ven sam dim tues thur thurs lunes martes montag
        dienstag mittwoch donnerstag freitag         samstag sonntag monday tuesday wednesday thursday friday
        saturday sunday"""
    )
)
_WORD = re.compile(r"[^\W\d_]+")
_DATE = re.compile(r"\d{1,4}(?:[-/.]|年|\. )\d{1,2}(?:[-/.]|月|\. )\d{1,4}日?(?:[T,\s].*|Z)?")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AaPp]\.?\s?[Mm]\.?)?")
_MONTH = re.compile(r"\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4}|\d{4}年\d{1,2}月")
_PART = re.compile(
    r"\d{4}[-/ ]?(?:W|KW|Q|T|S|H)[ -]?\d{1,2}(?:-?\d)?|(?:W|KW|CW|Q|T|S|H)\s?\d{1,2}[-/. ]+\d{2,4}"
    r"|\d\.?\s?(?:Quartal|Quarter|trimestre|trim\.?|Q)[ ./]+\d{2,4}",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_TIME_SIGNS = re.compile(r"[\w\s.,:/+\-'’\[\]]*")


def shape(cell: str) -> Shape:
    """What a cell looks like; a spelling of “missing” is blank."""
    cell = cell.strip(BLANKS)
    return "text" if len(cell) > LONGEST else _shape(cell)


@lru_cache(maxsize=1 << 14)
def _shape(cell: str) -> Shape:
    if not cell or cell.casefold() in MISSING:
        return "blank"
    if not _DIGIT.search(cell):
        return "text"
    if _is_time(cell):
        return "time"
    return "number" if NUMBER.fullmatch(cell) else "text"


def filled(cells: Sequence[str]) -> int:
    """How many cells hold anything, spellings of “missing” included."""
    return sum(1 for cell in cells if cell.strip(BLANKS))


def _is_time(cell: str) -> bool:
    if _CLOCK.fullmatch(cell) or _MONTH.fullmatch(cell) or _PART.fullmatch(cell):
        return True
    found = [word.casefold() for word in _WORD.findall(cell)]
    known = all(word in _WORDS or word.startswith(_MONTHS) for word in found)
    if _DATE.fullmatch(cell):
        return known or "年" in cell
    months = any(word.startswith(_MONTHS) for word in found)
    return months and known and _TIME_SIGNS.fullmatch(cell) is not None
