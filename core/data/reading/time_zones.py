"""Offsets from UTC and names of zones at the ends of times, and what they make of local times."""

import re
from functools import lru_cache
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

from core.data.reading.time_cells import Words
from core.data.reading.time_parts import SECOND, Bools, Moments

HOURS = {  # abbreviations that mean one thing to nearly everybody, in hours from UTC
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("cet", "mez", "west", "bst", "wat"), 1.0),
    **dict.fromkeys(("cest", "mesz", "eet", "sast", "oez"), 2.0),
    **dict.fromkeys(("eest", "msk", "oesz", "trt"), 3.0),
    **{"gst": 4.0, "pkt": 5.0, "ist": 5.5, "sgt": 8.0, "hkt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0},
    **{"acst": 9.5, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0},
    **{"art": -3.0, "brt": -3.0, "ast": -4.0, "edt": -4.0, "est": -5.0, "cdt": -5.0, "cst": -6.0, "mdt": -6.0},
    **{"mst": -7.0, "pdt": -7.0, "pst": -8.0, "akdt": -8.0, "akst": -9.0, "hst": -10.0},
}
BOTH = {  # one name for winter and summer: local time
    **dict.fromkeys(("cet/cest", "mez/mesz"), "Europe/Brussels"),
    **{"eet/eest": "Europe/Athens", "wet/west": "Europe/Lisbon", "gmt/bst": "Europe/London"},
    **{"est/edt": "America/New_York", "cst/cdt": "America/Chicago", "mst/mdt": "America/Denver"},
    **{"pst/pdt": "America/Los_Angeles"},
}
OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+−-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


@lru_cache(maxsize=512)
def zone_of(text: str) -> int | str | None:
    """Microseconds that a zone is ahead of UTC, or the name of one whose clocks change, or None for no zone."""
    match = OFFSET.fullmatch(text)
    if match:
        ahead = int(match[2]) * 3600 + int(match[3] or 0) * 60
        return (ahead if match[1] == "+" else -ahead) * SECOND if ahead <= 15 * 3600 else None
    name = text.strip().casefold()
    if name in HOURS:
        return int(HOURS[name] * 3600) * SECOND
    return BOTH.get(name) or _known_places().get(name)


@lru_cache(maxsize=1)
def _known_places() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if "/" in name}


def to_utc(times: Moments, zones: Words) -> tuple[Moments, Bools, tuple[str, ...]]:
    """Local times as times in UTC, whether each cell's zone is known or absent, and the zones as written.

    The hour that a clock change repeats is the one before it first, where the order of the rows does not tell.
    """
    moved, known = times.copy(), np.full(len(times), True)
    for place, name in enumerate(zones.names):
        zone = zone_of(name)
        here = zones.codes == place
        if zone is None:
            known &= ~here
        elif isinstance(zone, str):
            moved[here] = _from_place(times[here], zone)
        elif zone:
            moved[here] -= np.timedelta64(zone, "us")
    return moved, known, zones.names


def _from_place(times: Moments, zone: str) -> Moments:
    local = pd.DatetimeIndex(times)
    try:
        aware = local.tz_localize(zone, ambiguous="infer", nonexistent="shift_forward")
    except ValueError:  # the hour is not there twice: nothing to infer from
        aware = local.tz_localize(zone, ambiguous=np.full(len(local), True), nonexistent="shift_forward")
    return aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
