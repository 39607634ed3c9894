"""Words around times in the main European languages: months, weekdays, quarters and weeks, and what columns are called.

A table of our own: CLDR has no genitives for half of these languages, and hardly one of the abbreviations people type.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from core.data.reading.numbers_spellings import BLANK, MISSING, TICK

JOINED = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)  # no accents, but letters


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """Lower case without accents and dots: "Févr." is "fevr"."""
    letters = unicodedata.normalize("NFKD", word.casefold().translate(JOINED))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace(".", "").strip()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS = (  # en de fr es it pt nl pl sv da/no cs hu ro tr ru uk bg el; genitives where dates have them
    "january januar janner janvier enero gennaio janeiro januari styczen stycznia leden ledna ianuarie ocak "
    "январь января січень січня януари ιανουαριος ιανουαριου",
    "february februar feber fevrier febrero febbraio fevereiro februari luty lutego unor unora februarie "
    "subat февраль февраля лютий лютого февруари φεβρουαριος φεβρουαριου",
    "march marz maerz mars marzo marco maart marzec marca marts brezen brezna mrt mrz marcius martie "
    "mart март марта березень березня μαρτιος μαρτιου",
    "april avril abril aprile kwiecien kwietnia duben dubna aprilis aprilie nisan апрель апреля "
    "квітень квітня април απριλιος απριλιου",
    "may mai mayo maggio maio mei maj maja kveten kvetna majus mayis май мая травень травня μαιος μαιου",
    "june juni juin junio giugno junho czerwiec czerwca cerven cervna cvn junius iunie haziran июнь "
    "июня червень червня юни ιουνιος ιουνιου",
    "july juli juillet julio luglio julho lipiec lipca cervenec cervence cvc julius iulie temmuz июль июля "
    "липень липня юли ιουλιος ιουλιου",
    "august aout agosto augustus sierpien sierpnia augusti srpen srpna augusztus agustos август "
    "августа серпень серпня αυγουστος αυγουστου",
    "september septembre septiembre setiembre settembre setembro wrzesien wrzesnia zari szeptember "
    "septembrie eylul сентябрь сентября вересень вересня септември σεπτεμβριος σεπτεμβριου",
    "october oktober octobre octubre ottobre outubro pazdziernik pazdziernika rijen rijna octombrie "
    "ekim октябрь октября жовтень жовтня октомври οκτωβριος οκτωβριου",
    "november novembre noviembre novembro listopad listopada listopadu noiembrie kasim ноябрь "
    "ноября листопад листопада ноември νοεμβριος νοεμβριου",
    "december dezember decembre diciembre dicembre dezembro grudzien grudnia desember prosinec prosince decembrie "
    "aralik декабрь декабря грудень грудня декември δεκεμβριος δεκεμβριου",
)
OTHER_MONTHS = (  # of languages in which a name or its first letters mean another month than in those above
    "sijecanj veljaca ozujak travanj svibanj lipanj srpanj kolovoz rujan listopad studeni prosinac",  # hr
    "sijecnja veljace ozujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
    "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesakuu heinakuu elokuu syyskuu lokakuu marraskuu joulukuu",  # fi
)
WEEKDAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag "
    "sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes "
    "sabado domingo lunedi martedi mercoledi giovedi venerdi sabato domenica segunda terca quarta quinta sexta "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag poniedzialek wtorek sroda czwartek piatek sobota "
    "niedziela mandag tisdag tirsdag onsdag torsdag fredag lordag sondag pondeli utery streda ctvrtek patek nedele "
    "pon pn wt sr czw cz pt so nd po ut st ct pa ne dom seg ter qua qui sex"
)
UNITS = {  # what a number beside a year counts; weeks and half-years share letters in some languages
    "quarter": "q k t quarter qtr quartal trimestre trim kwartaal kwartal kvartal kv kvart ctvrtleti qu quart",
    "week": "w kw week wk wo woche semaine semana settimana sett vecka v uge u uke tydzien tyden s sem",
    "half": "h s hj halbjahr half semestre sem semester halvar polrocze pololeti",
    "month": "m",
    "day": "d",
}
MONTH_NUMBERS = {plain(name): number for number, names in enumerate(MONTHS, 1) for name in names.split()}
OTHER_NUMBERS = tuple({name: number for number, name in enumerate(names.split(), 1)} for names in OTHER_MONTHS)
UNIT_WORDS = {unit: _words(words) for unit, words in UNITS.items()}
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}


@lru_cache(maxsize=4096)
def month_number(word: str, language: int = -1) -> int:
    """The month a word names, in full or by its first letters (three at least); 0 for any other word.

    `language` is a place in OTHER_MONTHS, -1 for all others together.
    """
    name = plain(word)
    numbers = MONTH_NUMBERS if language < 0 else OTHER_NUMBERS[language]
    name = name.removesuffix("ta") if name.endswith("kuuta") else name  # Finnish dates
    if name in numbers:
        return numbers[name]
    found = {number for full, number in numbers.items() if full.startswith(name)} if len(name) >= 3 else set()
    return found.pop() if len(found) == 1 else 0


def month_numbers(words: Collection[str]) -> dict[str, int]:
    """The month that each of a column's words names, in the language in which the most are known; 0 for no month."""
    tables = [{word: month_number(word, place) for word in words} for place in range(-1, len(OTHER_MONTHS))]
    return max(tables, key=lambda table: sum(map(bool, table.values())))


@lru_cache(maxsize=1024)
def is_weekday(word: str) -> bool:
    """Whether a word names a day of the week, in full or by its first letters (two at least)."""
    name = plain(word).removesuffix("-feira")
    return len(name) >= 2 and any(full.startswith(name) for full in WEEKDAYS)


def units_of(word: str) -> frozenset[str]:
    """What a number beside the word may count: quarters, weeks, halves of a year, months or days."""
    name = plain(word)
    return frozenset(unit for unit, words in UNIT_WORDS.items() if name in words)


ROLES = {  # of a column that holds one part of a time, by what it is called
    "year": "year yr y yyyy jahr annee an ano anno rok ar aar jaar kalenderjahr",
    "quarter": "quarter qtr q quartal trimestre trim kwartaal kwartal kvartal ctvrtleti",
    "month": "month mon mo m mm monat mois mes mese maand miesiac manad maned mesic",
    "week": "week weeknum weekno wk woche kw kalenderwoche semaine semana settimana vecka uge uke tydzien tyden",
    "yearday": "doy yday dayofyear julian yearday jultag",
    "day": "day d dd dy dom tag jour dia giorno dag dzien den",
    "hour": "hour hr h hh stunde std heure hora ora uur timme time godzina hodina he",
    "minute": "minute min mi minuten minuto minuut minut minuta",
    "second": "second sec ss sekunde seconde segundo secondo seconden sekund sekunda",
}
ROLE_WORDS = {role: _words(words) for role, words in ROLES.items()}
TIME_WORDS = _words(
    "date datum data fecha dato ds ts time timestamp datetime stamp zeit uhrzeit zeitstempel zeitpunkt tid "
    "tidspunkt tijd hora heure horodatage jour dia day tag mois mes mese monat month period periode periodo quarter "
    "quartal trimestre week woche semaine semana year jahr annee ano anno an rok ar jaar kw interval moment czas "
    "cas dag dzien den maand manad maned miesiac mesic vecka uge tydzien tyden t dt giorno ora orario settimana "
    "momento instant yearweek yearwk yyyyww yyyywk isoweek calweek yyyymm yyyymmdd yymmdd ddmmyyyy mmddyyyy ddmmyy "
    "mmddyy yyyyddd yeardoy yearmonth yearmon yearquarter"
)
TIME_ENDS = ("date", "datum", "zeit", "stempel", "stamp", "time", "dato", "tag", "monat", "jahr", "woche", "fecha")
CLOCK_WORDS = _words(
    "time zeit uhrzeit heure hora ora orario tijd tid klokkeslaet klokke klockslag kl czas godzina cas hodina hour "
    "stunde uhr timme uur clock hhmm tod h"
)
RECORD_WORDS = _words(  # when a row was written, or something outside the series: never its time if there is another
    "created updated modified inserted loaded imported exported changed ingested processed erstellt angelegt "
    "geandert importiert exportiert geburtsdatum birth birthdate birthday expiry expires valid modifie cree creado "
    "downloaded aktualisiert stand deleted due"
)
COUNT_WORDS = _words(
    "id no nr num number index order row rownames rownum count key code nummer numero menge anzahl lfd pos item "
    "customer kunde kundennummer artikel auftrag bestellung commande pedido zip plz meter counter zahler"
)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name: "OrderDate_utc" is ("order", "date", "utc")."""
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.replace(".", " "))
    return tuple(re.findall(r"[a-z]+", plain(parted)))


def role_of(name: str) -> str | None:
    """Which part of a time a column's name says it holds: "Jahr" is a year, "day of year" a yearday."""
    words = words_of(name)
    joined = "".join(words)
    for role, known in ROLE_WORDS.items():
        if joined in known:
            return role
    held = {role for role, known in ROLE_WORDS.items() if any(len(word) > 2 and word in known for word in words)}
    return held.pop() if len(held) == 1 and len(words) <= 2 else None


def time_hint(name: str) -> int:
    """How far a column's name says that it holds the time: 3 its whole name, 2 or 1 a part, 0 not, -1 rather not."""
    words = words_of(name)
    if RECORD_WORDS.intersection(words):
        return -1
    if "".join(words) in TIME_WORDS or (len(words) == 1 and words[0] in TIME_WORDS):
        return 3
    if TIME_WORDS.intersection(word for word in words if len(word) > 1):
        return 2
    return 1 if any(word.endswith(TIME_ENDS) or word.startswith(("date", "zeit")) for word in words) else 0


def says_weeks(name: str) -> bool:
    """Whether a column's name says that it holds weeks, also beside the year: “YearWeek”."""
    return any(word in ROLE_WORDS["week"] or word.endswith("week") for word in words_of(name))


def counts(name: str) -> bool:
    """Whether a column's name says that it numbers things."""
    return bool(COUNT_WORDS.intersection(words_of(name)))


_MISSING = re.compile(f"{BLANK}|{MISSING}|{TICK}", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_missing(cell: str) -> bool:
    return not cell[:1].isdigit() and bool(_MISSING.match(cell))
