"""What people and programs write beside a number or in its place: missing, infinite, currencies.

The patterns hold for Python's `re` and for RE2 (pyarrow), without regard to case. They see shapes: cells with every
digit written as 0.
"""

_BLANKS = "\\s\u00a0\u00ad\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff"  # and invisible marks
BLANK = f"^[{_BLANKS}]*$"

_WORDS = (
    # any language
    r"n[./\\]? ?a\.?|n/?e|-?nan|null?|nil|none|void|empty|blank|missing|undefined|unknown|tb[ad]",
    r"no ?(?:data|value|entry)",
    r"not ?(?:available|applicable|reported|measured|recorded|known|found|specified)|unavailable|\\n",
    # German
    r"fehlt|fehlend|k\. ?a\.?|keine (?:angaben?|daten|werte?)|nicht (?:verfügbar|vorhanden|bekannt|erfasst)|n\. ?v\.?",
    r"n\. ?b\.?|unbekannt|entfällt|leer",
    # French
    r"n[./]? ?d\.?|s\. ?o\.?|n\. ?c\.?|(?:données? )?(?:manquante?s?|non disponibles?)|sans objet|inconnue?|vide",
    r"non (?:disponible|communiqué|renseigné)e?s?|pas de données",
    # Spanish, Portuguese, Italian
    r"s[./] ?d\.?|sin datos?|no (?:disponible|aplica)|faltante|falta|vac[ií]o|desconocido|sem dados?|não disponível",
    r"indisponível|ausente|(?:dato )?(?:mancante|non disponibile)|assente|nessun dato",
    # Dutch, Scandinavian, Finnish
    r"n\. ?v\. ?t\.?|niet (?:beschikbaar|bekend)|onbekend|geen (?:gegevens|data)|ontbreekt|(?:uppgift )?saknas|mangler",
    r"ingen data|ikke (?:tilgjengelig|tilgængelig)|ej tillgänglig|okänd|ukjent|ukendt|puuttuu|ei (?:saatavilla|tietoa)",
    # Slavic, Hungarian, Turkish, Chinese, Japanese
    r"brak(?: danych)?|b\. ?d\.?|niedostępn[eya]|nieznan[eya]|chybí|nedostupn[éý]|není k dispozici|нет данных",
    r"н[./]? ?д\.?|nincs adat|hiányzik|veri yok|yok|无数据|无|缺失|空|欠測|欠損|データなし|なし",
)
_DASHES_AND_DOTS = r"[-_.…?*~/‐-―−]{1,9}"
# Excel's in any language, LibreOffice's, and a colon, which is Eurostat's
_SHEET_ERRORS = r"#n/a.{0,40}|#[¡¿]?[^\s0!?#]{2,20}0?[!?]|#n/?[avdbk]|#brak|#{1,40}|err:0{3}|:"
_C_LIBRARY = r"[-+]?0[.,]#(?:[qs]?nan|ind)0*"
MISSING = rf"^[(<\[{{\"']?(?:{'|'.join(_WORDS)}|{_DASHES_AND_DOTS}|{_SHEET_ERRORS}|{_C_LIBRARY})[)>\]}}\"']?$"
TICK = r"^x{1,3}$"  # stands for “missing” among numbers, and is a tick where there are none

INFINITE = r"^[-+−–]? ?(?:inf(?:inity|inito|ini)?|unendlich|∞|0[.,]#inf0*)$"

NO_NUMBER = f"{BLANK}|{MISSING}|{TICK}|{INFINITE}"

# Whatever may be a number: some digits with little text around them: 12 kg, $ 5.00, 3 m0/h.
NUMBER = rf"^[^0]{{0,12}}0[0.,'’`´_{_BLANKS}]*(?:[ed][-+−]?0{{1,3}})?[^0]{{0,24}}(?:0[^0]{{0,8}}){{0,2}}$"

_SIGNS = {  # of each currency, in small letters
    "EUR": "€ eur eur. euro euros",
    "USD": "$ us$ $us usd dollar dollars",
    "GBP": "£ gbp",
    "CHF": "chf fr. fr sfr. sfr",
    "JPY": "¥ jpy 円",
    "CNY": "cny rmb 元 cn¥",
    "INR": "₹ inr rs rs.",
    "BRL": "r$ brl",
    "PLN": "zł zl pln",
    "CZK": "kč kc czk",
    "HUF": "ft huf",
    "RUB": "₽ руб руб. р. rub",
    "TRY": "₺ tl try",
    "BGN": "лв лв. bgn",
    "RON": "lei ron",
    "UAH": "₴ грн грн. uah",
    "ZAR": "r zar",
    "IDR": "rp rp. idr",
    "MYR": "rm myr",
    "VND": "₫ vnd",
    "KRW": "₩ krw",
    "ILS": "₪ ils",
    "THB": "฿ thb",
    "PHP": "₱ php",
    "PEN": "s/ s/. pen",
    "AUD": "a$ au$ aud",
    "CAD": "c$ ca$ cad",
    "NZD": "nz$ nzd",
    "HKD": "hk$ hkd",
    "SGD": "s$ sgd",
    "TWD": "nt$ twd",
    "MXN": "mx$ mxn",
    "KES": "ksh kes",
    "RSD": "din. rsd",
    "kr": "kr kr.",
}
_CODES = "sek nok dkk isk clp cop ars uyu aed sar egp ngn mad tnd pkr bdt lkr kzt gel btc eth ₦ ₡ ₲ ₵ ₸ ₼ ₾ ₿ ¢"
CURRENCIES = {sign: name for name, signs in _SIGNS.items() for sign in signs.split()}  # by the sign in small letters
CURRENCIES |= {code: code for code in _CODES.split()}

# Statistical offices mark single figures so: provisional, estimated, revised, break in series …
FLAGS = frozenset("bcdefnprsuz")
FOOTNOTES = "*†‡"

# Powers of ten: they multiply where a column mixes them, and are its unit where it does not. Letters count when they
# touch the number: 5 K are kelvins.
LETTERS = {"k": 3, "K": 3, "M": 6, "B": 9, "T": 12}
WORDS = {
    **dict.fromkeys(("Tsd.", "Tsd", "tsd."), 3),
    **dict.fromkeys(("Mio.", "Mio", "mio", "Mn", "mn", "million"), 6),
    **dict.fromkeys(("Mrd.", "Mrd", "mrd", "bn", "Bn"), 9),
}
