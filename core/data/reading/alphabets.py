"""Which encoding of one byte a sign gives words of a real language: an ä in one is a Š in another."""

import re
from collections import Counter
from typing import NamedTuple


class Alphabet(NamedTuple):
    encoding: str
    letters: str  # lower case, beyond ASCII
    frequent: str = ""  # of other scripts: the most frequent letters
    rank: int = 0  # of equally good ones the lowest is taken


def _latin(encoding: str, rank: int, *alphabets: str) -> list[Alphabet]:
    return [Alphabet(encoding, letters, rank=rank) for letters in alphabets]


WESTERN = (
    "äöüß",  # German
    "éèêëàâçùûüîïôœæÿ",  # French
    "áéíóúñü",  # Spanish
    "ãõáéíóúâêôàçü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "åäöé",  # Swedish, Finnish
    "æøåé",  # Danish, Norwegian
    "ëïéèüöáó",  # Dutch
    "àèéíïóòúüç",  # Catalan
)
CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîşţșț",  # Romanian
)
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў"
GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"
OFTEN = "оеаинтсрвл"

ALPHABETS = (
    *_latin("cp1252", 0, *WESTERN),
    *_latin("cp1250", 1, *CENTRAL),
    *_latin("iso8859_2", 2, *CENTRAL),
    *_latin("cp1254", 3, "çğıi̇öşüâî"),
    *_latin("cp1257", 4, "ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
    *_latin("cp1252", 5, "áðéíóúýþæö"),
    *_latin("mac_roman", 6, *WESTERN),
    *_latin("cp850", 7, *WESTERN),
    *_latin("cp852", 8, *CENTRAL),
    Alphabet("cp1251", CYRILLIC, OFTEN, 9),
    Alphabet("koi8_r", CYRILLIC, OFTEN, 10),
    Alphabet("cp866", CYRILLIC, OFTEN, 11),
    Alphabet("iso8859_5", CYRILLIC, OFTEN, 12),
    Alphabet("mac_cyrillic", CYRILLIC, OFTEN, 13),
    Alphabet("cp1253", GREEK, "αοιετσνηυρπκ", 14),
)
NAMES = {"koi8_r": "koi8-r", "gb2312": "gb18030"}
EVERYDAY = 0.9  # of the signs
ASIAN = (
    ("euc_kr", re.compile("[\uac00-\ud7a3\u3000-\u303f\uff00-\uff60]")),  # Hangul
    ("gb2312", re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uff60\u2010-\u2030\u2103]")),
    ("shift_jis", re.compile("[\u3040-\u30ff\u4e00-\u9fff\u3000-\u303f\uff00-\uff60\u2103]")),  # no halfwidth kana
    ("big5", re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uff60\u2103]")),
)
SYMBOLS = "€£¥§©®°±²³¹µ¼½¾«»‘’“”„‚–—…•·‰™\u00a0¿¡ªº×÷№ø"
WORDLIKE = "’·\u00ad"  # may stand between two letters
WESTERN_RUN, CENTRAL_RUN = re.compile("[À-ɏ]{3,}"), re.compile("[À-ɏ]{6,}")  # no word has so many in a row
GOOD = 0.1  # of the letters beyond ASCII may be strange
OFTEN_SHARE = 0.3  # of the letters of another script are frequent ones, in real words


_ASCII = frozenset(map(chr, range(128)))


def plausible_encoding(sample: bytes, mac: bool = False) -> str | None:
    """The encoding in which the sample's letters are those of one language; None if there is none.

    `mac`: the file ends its lines as old Macs did, so that of two equally good ones the Mac's is taken.
    """
    if set(sample.decode("cp1252", errors="replace")) - _ASCII <= set("€\xa0"):
        return "cp1252"  # beside numbers a euro sign, in a Mac's encoding Ä
    best: tuple[float, bool, float, int, str] | None = None
    for encoding in dict.fromkeys(alphabet.encoding for alphabet in ALPHABETS):
        words = _words(sample, encoding)
        for alphabet in ALPHABETS:
            if alphabet.encoding == encoding:
                rank = -1 if mac and encoding.startswith("mac") else alphabet.rank
                strange, often = _strange(words, alphabet)
                score = (strange, bool(alphabet.frequent), -often, rank, NAMES.get(encoding, encoding))
                best = min(best or score, score)
    if best and best[0] <= GOOD and (best[0] == 0 or not best[1]):
        return best[-1]
    return _asian(sample) or (best[-1] if best and best[0] <= GOOD else None)


def _asian(sample: bytes) -> str | None:
    """The Asian encoding whose signs are those of everyday texts; by chance all of them decode much."""
    for encoding, everyday in ASIAN:
        try:
            signs = [sign for sign in sample.decode(encoding) if sign > "\u00ff"]
        except UnicodeDecodeError:
            continue
        torn = len(re.findall("[a-z][^\x00-\u00ff]", sample.decode(encoding)))  # a word of two scripts
        if (
            len(signs) > 2
            and torn < 0.3 * len(signs)
            and sum(1 for sign in signs if everyday.match(sign)) >= EVERYDAY * len(signs)
        ):
            return NAMES.get(encoding, encoding)
    return None


def _words(sample: bytes, encoding: str) -> Counter[str]:
    """Pieces with signs beyond ASCII, parted by blanks, digits and ASCII signs, and how often each occurs."""
    text = sample.decode(encoding, errors="replace")
    return Counter(word for word in re.findall(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]+", text) if not word.isascii())


def _strange(words: Counter[str], alphabet: Alphabet) -> tuple[float, float]:
    """The share of signs that do not belong to the alphabet or stand where they cannot; the share of frequent ones."""
    strange, total, often = 0.0, 0, 0
    for word in words:
        for place, sign in enumerate(word):
            if sign.isascii():
                continue
            total += 1
            strange += _is_strange(word, place, alphabet)
            often += sign.lower() in alphabet.frequent
        if not alphabet.frequent:
            strange += sum(map(len, (WESTERN_RUN if alphabet.letters in WESTERN else CENTRAL_RUN).findall(word)))
    if alphabet.frequent:
        strange += sum(1 for word in words if re.search("[a-zA-Z]", word))  # two scripts in one word
        if often < OFTEN_SHARE * total:
            return 1.0, 0.0
    return strange / max(1, total), often / max(1, total)


def _is_strange(word: str, place: int, alphabet: Alphabet) -> bool:
    sign, before, after = word[place], word[place - 1 : place], word[place + 1 : place + 2]
    if sign.lower() in alphabet.letters:
        return sign.isupper() and before.islower()  # a capital inside a word
    if sign in WORDLIKE:
        return False
    if sign in SYMBOLS:
        between = before.isalpha() and after.isalpha()
        return (
            between or (sign in "¿¡" and before.isalpha()) or (sign in "³¹¼½¾" and before.isalpha() and word[0] != "m")
        )
    return True
