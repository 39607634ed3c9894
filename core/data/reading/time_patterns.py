"""How times are written: a pattern for each way, its groups named as the parts of a time."""

import re
from dataclasses import dataclass
from functools import cached_property

# `L` stands for a letter of any alphabet: Python and RE2, which reads whole columns, write that differently.
LOOSE = r"(?:\s*[-/.,:'’_]\s*|\s+)"
OF = r"(?:(?:de|del|of)\s+|d['’])?"
WEEKDAY = r"(?:(?P<prefix>L{2,}(?:-feira)?)(?:[.,]+\s*|\s+))?"
ORDINAL = r"(?:st|nd|rd|th|er|ère|ème|e|º|ª|°|\.|:a)?"
NUMBER = r"(?P<number>\d{1,2}|[IVX]{1,4})"
WORD = r"(?P<word>L+)\.?"
YEAR = r"['’]?(?P<year>\d{4}|\d{2})"
NOON = r"(?:\s*(?P<noon>[AaPp]\.?\s?[Mm]\.?))?"
ZONE = r"(?:\s*(?P<zone>[Zz]|(?:UTC|GMT)?\s?[+−-]\d{1,2}(?::?\d{2})?|[A-Z]{3,5}|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+))?"
CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.hH](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,:](?P<fraction>\d{1,9}))?)?)?"
    + NOON
    + r"(?:\s*(?:[Uu]hr|h|hrs))?"
)
TIME = rf"(?:(?:\s*[T,;_:]\s*|\s+(?:(?:at|um|à|kl\.?|-)\s+)?){CLOCK}{ZONE})?"
REMARK = r"(?:\s*[\[(](?P<remark>[^\])]*)[\])])?"
PRECISE = r"(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]?(?P<fraction>\d{1,9}))?)?"


@dataclass(frozen=True)
class Pattern:
    """One way to write times."""

    template: str

    @cached_property
    def python(self) -> re.Pattern[str]:
        return re.compile(self.template.replace(r"\d", "[0-9]").replace("L", r"[^\W\d_]"))

    @cached_property
    def re2(self) -> str:
        return f"^(?:{self.template.replace('L', chr(92) + 'pL')})$"


YMD = Pattern(
    rf"{WEEKDAY}(?P<year>\d{{4}})(?:\s?[-/.年]\s?|\s)(?P<month>\d{{1,2}})(?:\s?[-/.月]\s?|\s)(?P<day>\d{{1,2}})[.日]?"
    rf"{TIME}{REMARK}",
)
ORDERED = Pattern(
    rf"{WEEKDAY}(?P<one>\d{{1,2}})\s?[-/.]\s?(?P<two>\d{{1,2}})\s?[-/.]\s?{YEAR}(?:\.| ?r\.| ?г\.)?{TIME}{REMARK}",
)
YEARS = Pattern(rf"(?:(?:FY|YR|GJ|CY|Year|Jahr|Y)[\s_-]?)?(?P<year>\d{{4}}){REMARK}")  # "1960 [YR1960]"
PATTERNS = (
    YMD,
    ORDERED,
    Pattern(rf"(?P<year>\d{{4}})-?(?P<month>\d{{2}})-?(?P<day>\d{{2}})(?:[T _-]{PRECISE}{ZONE})?{REMARK}"),
    Pattern(
        r"(?P<year>\d{4})[-/._]?(?P<month>\d{2})[-/._]?(?P<day>\d{2})[T _-](?P<hour>\d{2})-(?P<minute>\d{2})"
        r"(?:-(?P<second>\d{2}))?",
    ),
    Pattern(rf"(?P<year>\d{{4}})(?:\s?[-/.年:]\s?|\s|-?[Mm])(?P<month>\d{{1,2}})月?{REMARK}"),
    Pattern(rf"[Mm]?(?P<month>\d{{1,2}})\s?[-/.]\s?(?P<year>\d{{4}}){REMARK}"),
    Pattern(r"(?P<year>\d{4})-(?P<yearday>\d{3})"),
    YEARS,
    Pattern(rf"{WEEKDAY}{NUMBER}{ORDINAL}[-/\s.]?\s*{OF}{WORD}{LOOSE}?{OF}{YEAR}(?:\.| ?r\.)?{TIME}{REMARK}"),
    Pattern(rf"{WEEKDAY}{WORD}[-_\s]?\s*{NUMBER}{ORDINAL}{LOOSE}{OF}{YEAR}{TIME}{REMARK}"),
    Pattern(rf"(?P<year>\d{{4}}){LOOSE}?{WORD}[-/\s]?\s*{NUMBER}(?:-?(?P<weekday>[1-7])|\.)?{TIME}{REMARK}"),
    Pattern(rf"(?P<year>\d{{4}}){LOOSE}{NUMBER}{ORDINAL}\s*{WORD}{REMARK}"),
    Pattern(rf"{WORD}{LOOSE}?{OF}{YEAR}{REMARK}"),
    Pattern(rf"(?P<year>\d{{4}}|\d{{2}}){LOOSE}?{WORD}{REMARK}"),
    Pattern(
        rf"(?P<prefix>L{{2,}})[.,]?\s+{WORD}\s+{NUMBER}\s+(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
        rf"(?::(?P<second>\d{{2}}))?{ZONE}\s+(?P<year>\d{{4}})"
    ),
)

WORDS = {
    "one": ("day", "month", "year"),  # by the order: day first, month first, year first
    "two": ("month", "day", "month"),
    "year": ("year", "year", "day"),
    "noon": "AM/PM",
    "word": "month name",
    "number": "day",
    "zone": "offset",
    "prefix": "weekday",
    "fraction": "fraction",
}
