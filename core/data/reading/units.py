"""Units of measurement as they stand below names: MW, (°C), [kWh], EUR, %."""

import re
from collections.abc import Sequence

from core.data.reading.shapes import shape, words

BRACKETED = re.compile(
    r"\(\s*([^()]{0,24})\s*\)|\[\s*([^\[\]]{0,24})\s*\]|\{\s*([^{}]{0,24})\s*\}|<\s*([^<>]{1,24})\s*>"
)
_BASES = words("g m s A K mol W Wh J V VA VAh var Hz Pa bar N L l B bit eV Ω ohm t F H T lx lm Bq Gy Sv cal Wp")
_PREFIXES = words("y z a f p n u µ μ m c d da h k M G T P E")
_PLAIN = words(
    """% ‰ ° °c °f ºc degc deg_c deg c degf k € eur euro euros $ usd £ gbp chf jpy ¥ cny sek nok dkk pln czk huf
    us$     teur keur t€ k€ mio mrd m€ mio. mio.€ h hr hrs hour hours min mins minute minutes s sec secs second
    seconds ms d day days     tage month months utc gmt cet cest mez mesz ts rn volts volt amps watts watt km/h
    m/s kn kt knots mph ft in inch mi     lb lbs oz gal psi rpm u/min 1/min 1/s ppm ppb µg/m³ µg/m3 ug/m3 mg/l
    mg/m³ g/m³ g/kg w/m² w/m2 w/m^2 kwh/m² m³     m3 m^3 m² m2 m^2 km² ha m³/h m3/h m3/s m³/s l/s l/h l/min
    nm3/h stk stk. stück pcs pc ea unit units count counts     number no. # - -- st. szt szt. ks db ph vol%
    vol.% w% wt% rad 1 eur/mwh €/mwh euro/mwh ct/kwh €/kwh     eur/t persons people visits yyyy-mm-dd iso
    iso8601 datetime date time kwh mwh gwh kw mw wh hpa mbar     text string float int"""
)
UNITS = frozenset(_PLAIN)  # in any case
SI_UNITS = frozenset(prefix + base for base in _BASES for prefix in ("", *_PREFIXES))


def unit(cell: str) -> str:
    """The unit that a cell of a line of units names, without its brackets."""
    found = BRACKETED.fullmatch(cell.strip())
    return next((part for part in found.groups() if part is not None), "").strip() if found else cell.strip()


def is_units(cells: Sequence[str]) -> bool:
    """Whether a line holds units: all in brackets, or nearly all known ones, and no numbers."""
    there = [cell for cell in cells if cell]
    if set(there) <= {"1"} or any(shape(cell) in ("number", "time") for cell in there if cell != "1"):
        return False
    if all(BRACKETED.fullmatch(cell) for cell in there):
        return True
    known = [
        bool(BRACKETED.fullmatch(cell)) or cell.casefold() in UNITS or cell in SI_UNITS
        for cell in there[1 if cells[0] else 0 :] or there
    ]
    return sum(known) >= max(1, 0.6 * len(known)) and all(len(cell) <= 24 for cell in there)
