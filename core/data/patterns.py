"""What repeats: the usual day, week and year of a series, its autocorrelation, and the windows they suggest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Table
from core.data.frequency import DAY, season_length, step_of_clock, suggest_windows, suited_windows
from core.data.words import counted, season_words

Floats = npt.NDArray[np.float64]
By = Literal["hour", "weekday", "month"]

ROUNDS = 2  # of a day, a week or a year, at least, for a usual one
WANDERS = 0.9  # correlation with the row before, from which changes tell more than values
SOME = 0.1  # correlation of a repetition that the calendar explains
CLEAR = 0.3  # correlation of a repetition that no calendar explains
ALIKE = 0.1  # a repetition comes back after two and three rounds about as strongly
MOST_LAGS = 1440  # a day of minutes
ENOUGH = 200_000  # rows at the end, to know what repeats
CHANCE = 1.96  # standard deviations: 95 % of pure chance


@dataclass(frozen=True)
class Profile:
    """The usual values of the target in each hour of the day, day of the week or month of the year.

    All are as long as `labels`; NaN where no row falls.
    """

    target: str
    by: By
    labels: tuple[str, ...]  # "00:00", "Monday", "January"
    mean: tuple[float, ...]
    lower: tuple[float, ...]  # a quarter of the values lie below
    median: tuple[float, ...]
    upper: tuple[float, ...]  # a quarter of the values lie above
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Autocorrelation:
    """How alike a series is to itself some rows earlier; inside ±`band` it may be chance (95 %)."""

    lags: npt.NDArray[np.int64]  # (L,) from 1 on
    values: Floats  # (L,) from -1 to 1, NaN where too few rows overlap
    band: float
    of: Literal["values", "changes"]  # changes from row to row, where the series wanders


@dataclass(frozen=True)
class Suggestion:
    """Windows that suit the data, and why."""

    season: int  # rows; 1 = none
    lookback: int
    horizon: int
    reasons: tuple[str, ...]


def profiles(table: Table, target: str) -> tuple[Profile, ...]:
    """By hour, weekday and month, those that the step can tell and at least two rounds of which are there."""
    index = table.frame.index
    values = table.frame[target].to_numpy(dtype=np.float64)
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return ()
    there = np.isfinite(values)
    days = (index[-1] - index[0]) / pd.Timedelta(days=1)
    return tuple(
        _profile(target, by, places[there], labels, values[there])
        for by, places, labels, round_days in _rounds(index)
        if days >= ROUNDS * round_days - 1 and len(np.unique(places)) > 1 and _fine_enough(index, days, by)
    )


def autocorrelation(values: Floats, lags: int) -> Autocorrelation:
    """Of a series (T,), missing cells left out, with itself 1 to `lags` rows earlier.

    A straight trend is taken away first. A series that wanders, always near its last value and never back where it was,
    is told by its changes from row to row.
    """
    values = np.where(np.isfinite(values), np.asarray(values, dtype=np.float64), np.nan)
    lags = max(0, min(lags, len(values) - 2))
    of_values = _correlations(_without_trend(values), lags)
    wanders = lags > 0 and of_values[0] > WANDERS and not _comes_back(of_values)
    changes = np.diff(values) if len(values) else values
    found = _correlations(changes - _mean(changes), lags) if wanders else of_values
    count = int(np.isfinite(changes if wanders else values).sum())
    band = CHANCE / np.sqrt(count) if count else 1.0
    return Autocorrelation(np.arange(1, lags + 1, dtype=np.int64), found, band, "changes" if wanders else "values")


def lags_shown(rows: int, season: int) -> int:
    """Two and a half seasons, or forty rows without one, where a third of the series is as long."""
    return max(1, min(int(2.5 * season) if season > 1 else 40, max(rows // 3, 10), rows - 2))


def suggest(table: Table, target: str) -> Suggestion:
    """Season, lookback and horizon from the step and from what repeats.

    The season of the calendar (a day of hours, a year of months) is kept unless another repetition is clear and that
    one is not. The windows are those of `suggest_windows`, or two seasons back and one ahead for another season.
    """
    values = table.frame[target].to_numpy(dtype=np.float64)[-ENOUGH:]
    usual, called, found = _calendar(values, table.frequency)
    season, said = _season(found, usual, called)
    rows, suited = len(table.frame), suited_windows(table.frequency)
    windows = suggest_windows(rows, table.frequency)
    if season not in (1, usual):
        suited, windows = (2 * season, season), _shrunk(2 * season, season, rows)
    named = called if season == usual else "one season"
    return Suggestion(season, *windows, (said, *_windows_words(season, named, windows, suited)))


def _shrunk(lookback: int, horizon: int, rows: int) -> tuple[int, int]:
    """Windows that leave half of the training part, and half of the validation part, to begin in."""
    return max(1, min(lookback, int(rows * 0.7) // 2)), max(1, min(horizon, int(rows * 0.1) // 2))


def _calendar(values: Floats, frequency: str | None) -> tuple[int, str, Autocorrelation]:
    """The season of the calendar, what it is called, and what repeats; of minutes, a day where it is the plainer."""
    usual = season_length(frequency)
    found = autocorrelation(values, lags_shown(len(values), max(usual, 20)))
    day = DAY // step if (step := step_of_clock(frequency)) and DAY % step == 0 else 1
    if 1 < usual < day <= MOST_LAGS and len(values) >= ROUNDS * day:
        longer = autocorrelation(values, min(int(1.5 * day), len(values) - 2))
        if _near(longer, day) > max(CLEAR, _near(longer, usual) + ALIKE):
            return day, "a day", longer
    return usual, season_words(frequency), found


def _near(found: Autocorrelation, lag: int) -> float:
    """The highest correlation that rises above those beside it near a lag; slower cycles push it aside."""
    return max((float(found.values[at - 1]) for at in _peaks(found) if abs(at - lag) <= lag // 20), default=0.0)


def _season(found: Autocorrelation, usual: int, called: str) -> tuple[int, str]:
    """The length of a season and the sentence that says why."""
    peaks = _peaks(found)
    highest = max((found.values[lag - 1] for lag in peaks), default=0.0)
    strongest = next((lag for lag in peaks if found.values[lag - 1] > highest - ALIKE), None)  # 10, not 20 or 30
    named = f" ({called})"
    correlation = _near(found, usual)
    if usual > 1 and correlation > max(SOME, 1.5 * found.band):
        most = "The strongest repetition is" if correlation > highest - ALIKE else "A clear repetition is"
        return usual, f"{most} every {usual:,} rows{named}: correlation {correlation:.2f}."
    if strongest is not None and strongest > 2 and found.values[strongest - 1] >= max(CLEAR, 2 * found.band):
        correlation = found.values[strongest - 1]
        return strongest, f"The strongest repetition is every {strongest:,} rows: correlation {correlation:.2f}."
    if usual > 1:
        return usual, f"No repetition stands out; the season of the calendar is {usual:,} rows{named}."
    return 1, "No repetition stands out: the series has no season."


def _peaks(found: Autocorrelation) -> list[int]:
    """Lags above the band and above their neighbours on both sides, after a lag that lies clearly lower."""
    values = np.nan_to_num(found.values, nan=-1.0)
    inner = np.arange(1, len(values) - 1)
    higher = (values[inner] > values[inner - 1]) & (values[inner] >= values[inner + 1]) & (values[inner] > found.band)
    lowest = np.minimum.accumulate(values)[inner - 1] if len(inner) else values
    risen = values[inner] - lowest > max(2 * found.band, 0.1)
    return [int(place) + 1 for place in inner[higher & risen]]


def _windows_words(season: int, named: str, windows: tuple[int, int], suited: tuple[int, int]) -> Sequence[str]:
    """Why these windows; `suited` are those that more rows would have got."""
    (lookback, horizon), (wanted_back, wanted_ahead) = windows, suited
    back, ahead = f"Looking back {counted(lookback, 'row')}", f"Forecasting {counted(horizon, 'row')} ahead"
    times = lookback / season
    if season > 1 and times >= 1:
        back += f" shows a model {'one season' if times == 1 else f'{times:.2g} seasons'}."
    elif lookback < wanted_back:
        back += f"{' is less than a season' if season > 1 else ''}: more does not fit into so few rows."
    else:
        back += " is less than a season: a longer window takes longer to train." if season > 1 else " suits the step."
    if horizon == season > 1:
        ahead += f" is {named}."
    else:
        ahead += " leaves enough windows to judge it on." if horizon < wanted_ahead else " suits the step."
    return back, ahead


def _rounds(index: pd.DatetimeIndex) -> list[tuple[By, npt.NDArray[np.int64], tuple[str, ...], float]]:
    """By what, the place of each row in it, the places' names, and how many days it takes."""
    names = pd.date_range("2024-01-01", periods=7, freq="D").day_name()  # a Monday
    months = pd.date_range("2024-01-01", periods=12, freq="MS").month_name()
    return [
        ("hour", index.hour.to_numpy(dtype=np.int64), tuple(f"{hour:02}:00" for hour in range(24)), 1.0),
        ("weekday", index.day_of_week.to_numpy(dtype=np.int64), tuple(names), 7.0),
        ("month", index.month.to_numpy(dtype=np.int64) - 1, tuple(months), 365.0),
    ]


def _fine_enough(index: pd.DatetimeIndex, days: float, by: By) -> bool:
    """Whether the rows come often enough: every few hours, days or months."""
    longest = {"hour": 0.3, "weekday": 1.5, "month": 95.0}[by]
    return days / (len(index) - 1) <= longest


def _profile(target: str, by: By, places: npt.NDArray[np.int64], labels: tuple[str, ...], values: Floats) -> Profile:
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(labels))
    parts = np.split(values[order], np.cumsum(counts)[:-1])
    quarters = [np.quantile(part, [0.25, 0.5, 0.75]) if len(part) else np.full(3, np.nan) for part in parts]
    lower, median, upper = (tuple(float(value) for value in row) for row in np.array(quarters).T)
    mean = tuple(float(part.mean()) if len(part) else float("nan") for part in parts)
    return Profile(target, by, labels, mean, lower, median, upper, tuple(int(count) for count in counts))


def _without_trend(values: Floats) -> Floats:
    """A straight line, fitted by least squares, taken away."""
    there = np.isfinite(values)
    if there.sum() < 3:
        return values - _mean(values)
    rows = np.arange(len(values), dtype=np.float64)
    centred, level = rows - rows[there].mean(), values[there].mean()
    slope = float(np.dot(centred[there], values[there] - level) / np.dot(centred[there], centred[there]))
    return np.asarray(values - level - slope * centred)


def _mean(values: Floats) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else 0.0


def _correlations(centred: Floats, lags: int) -> Floats:
    """Mean product of pairs of present cells `lag` rows apart over the mean square, by the fast Fourier transform."""
    there = np.isfinite(centred)
    filled = np.where(there, centred, 0.0)
    power = float(np.dot(filled, filled))
    scale = float(np.abs(filled).max(initial=0.0))
    if lags < 1 or there.sum() < 3 or power <= (1e-12 * scale) ** 2 * len(filled):
        return np.full(lags, np.nan)
    length = 1 << int(len(filled) + lags).bit_length()
    products, pairs = (
        np.fft.irfft(np.abs(np.fft.rfft(part, length)) ** 2, length)[1 : lags + 1] for part in (filled, there * 1.0)
    )
    pairs = np.round(pairs)
    means = np.divide(products, pairs, out=np.full(lags, np.nan), where=pairs >= 3)
    found: Floats = np.clip(means / (power / there.sum()), -1.0, 1.0)
    return found


def _comes_back(correlations: Floats) -> bool:
    """Whether it falls and clearly rises again, as that of a daily cycle does."""
    values = np.nan_to_num(correlations, nan=-1.0)
    return bool((np.maximum.accumulate(values[::-1])[::-1] - values).max() > CLEAR)
