"""Which bytes mean which signs: any encoding becomes UTF-8, which Arrow cuts into cells."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import from_bytes

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.alphabets import plausible_encoding
from core.data.reading.lines import Source, shown

BLOCK = 1 << 20  # bytes decoded at a time
SAMPLE = 1 << 15  # bytes of lines with signs beyond ASCII, by which an encoding is recognised
FEW = 8  # signs tell nothing about a language
LOOKED_AT = 5000  # such lines, at most
DETECTED = 1 << 13  # bytes given to charset-normalizer, which is slow
BEYOND_ASCII, LINE_END = re.compile(rb"[\x80-\xff]"), re.compile(rb"[\r\n]")
NO_WORDS = bytes(range(0x41))  # digits, blanks and delimiters tell nothing
ASIAN = ["gb18030", "cp932", "shift_jis", "euc_jp", "big5", "euc_kr", "cp949"]
BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NUL_SHARE = 0.25  # of the bytes at even or at odd places, in UTF-16 of any script: digits and delimiters have one each
BROKEN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Text:
    source: Source
    encoding: str  # utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, utf-32, cp1252, …
    notices: tuple[Notice, ...] = ()


def to_utf8(content: bytes) -> Text:
    """The content as UTF-8. What is UTF-8 already is not copied, and always taken for it; broken bytes are told."""
    encoding = _wide(content)
    if encoding:
        return _decoded(content, encoding)
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    name = "utf-8-sig" if start else "utf-8"
    if content.isascii() or _is_utf8(content):
        return Text(Source(content, start), name)
    if start or _is_broken_utf8(content):
        return _decoded(content[start:], "utf-8", name)
    return _decoded(content, _one_byte(content))


def _wide(content: bytes) -> str | None:
    for mark, name in BOMS:
        if content.startswith(mark) and (name == "utf-16" or len(content) % 4 == 0):
            return name
    head = content[:4096]
    even, odd = head[::2].count(0) / max(1, len(head[::2])), head[1::2].count(0) / max(1, len(head[1::2]))
    if odd >= NUL_SHARE and even < 0.01:
        return "utf-16-le"
    if even >= NUL_SHARE and odd < 0.01:
        return "utf-16-be"
    return None


def _is_utf8(content: bytes) -> bool:
    """Checked in blocks, so that no decoded copy of it all is held."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), BLOCK):
            decoder.decode(content[start : start + BLOCK], final=start + BLOCK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def _is_broken_utf8(content: bytes) -> bool:
    """UTF-8 with some broken bytes: signs of several bytes are at least as many. By chance they hardly occur."""
    sample = b"\n".join(_lines_beyond_ascii(content))
    text = sample.decode("utf-8", errors="replace")
    broken = text.count(BROKEN)
    return sum(1 for sign in text if sign > "\x7f") - broken >= broken


def _one_byte(content: bytes) -> str:
    """An encoding of one byte a sign by the words it gives, or an Asian one of one or two."""
    sample = b"\n".join(_lines_beyond_ascii(content))
    found = plausible_encoding(sample, mac=b"\r" in content and b"\n" not in content)
    if found or len(BEYOND_ASCII.findall(sample)) < FEW:
        return found or "cp1252"
    best = from_bytes(sample[:DETECTED], cp_isolation=ASIAN, steps=3, chunk_size=1024).best()
    return best.encoding if best else "cp1252"


def _lines_beyond_ascii(content: bytes) -> Iterator[bytes]:
    """Lines with signs beyond ASCII, each wording once; of a file with very many those at the beginning."""
    seen: set[bytes] = set()
    size = place = 0
    for _ in range(LOOKED_AT):
        found = BEYOND_ASCII.search(content, place)
        if not found or size > SAMPLE:
            return
        start = max(content.rfind(b"\n", place, found.start()), content.rfind(b"\r", place, found.start())) + 1
        end = LINE_END.search(content, found.start())
        place = end.start() if end else len(content)
        line = content[max(start, found.start() - 256) : min(place, found.start() + 1024)]
        wording = line.translate(None, NO_WORDS)
        if wording not in seen:
            seen.add(wording)
            size += len(line)
            yield line


def _decoded(content: bytes, encoding: str, name: str | None = None) -> Text:
    text = content.decode(encoding, errors="windows" if encoding.startswith("cp125") else "replace")
    text = text.removeprefix("\ufeff")
    source = Source(text.encode("utf-8", errors="replace"))
    broken = _broken(content, encoding, source)
    return Text(source, name or {"cp932": "shift_jis"}.get(encoding, encoding), broken)


def _broken(content: bytes, encoding: str, source: Source) -> tuple[Notice, ...]:
    mark = BROKEN.encode()
    count = source.data.count(mark)
    if not count or (encoding == "utf-8" and mark in content and count == content.count(mark)):
        return ()
    examples: list[str] = []
    for number, line in enumerate(source.data.splitlines(), 1):
        if mark in line and len(examples) < EXAMPLES:
            examples.append(shown(number, line.decode("utf-8")))
    signs = "1 sign is" if count == 1 else f"{count:,} signs are"
    told = f"{signs} damaged and shown as {BROKEN}, first in {examples[0].split(':')[0]}."
    return (Notice("broken_text", told, count=count, examples=tuple(examples)),)


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    """Bytes that Windows leaves undefined (81, 8D, 8F, 90, 9D) become the control signs of Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("windows", _as_latin1)
