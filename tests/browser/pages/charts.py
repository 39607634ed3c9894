"""A live loss chart, forecasts of both frameworks, time and history: made-up numbers, one second a tick."""

import time

import numpy as np
import streamlit as st

from core.data.dataset import Split
from core.figures import bars, forecasts, losses, series
from core.figures.forecasts import Actual, Forecast, Segment
from pages.parts.chart import chart
from pages.parts.theme import ICON

st.set_page_config("Charts", ICON, layout="wide")
TIMES = np.arange("2005-01", "2025-01", dtype="datetime64[M]").astype("datetime64[s]")  # (240,)
LABELS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def page() -> None:
    st.title("Charts")
    with st.container(border=True):
        live()
    sales = seasonal()
    with st.container(border=True):
        chart(series.history(TIMES, {"sales": sales}, Split(168, 24, 48)), key="history", height=300)
    overlaid = st.toggle("Over each other", key="overlaid")
    with st.container(border=True):
        draw = forecasts.overlaid if overlaid else forecasts.side_by_side
        figure = draw(Actual(TIMES[-72:], sales[-72:]), made(sales), naive(sales), unit="million dollars")
        chart(figure, key="forecasts", height=380)
    with st.container(border=True):
        chart(bars.figure(times(), LABELS), key="times", height=150)
    if st.button("Fail"):
        raise ValueError("made up")


@st.fragment(run_every=1.0 if st.query_params.get("live") else None)
def live() -> None:
    log = st.toggle("Log scale", key="log")
    begun = st.session_state.setdefault("begun", time.monotonic() - 12)
    epochs = int(st.query_params.get("epochs") or time.monotonic() - begun)
    chart(losses.figure([curve(name, epochs) for name in LABELS], log=log, epochs=60), key="losses", height=340)
    st.caption(f"epoch {epochs}")


def curve(framework: str, epochs: int) -> losses.LossCurve:
    noise = np.random.default_rng(len(framework))
    steps = np.arange(1, 201)
    fits = []
    for shift in (0.03, 0.06, 0.0):
        train = 0.08 + shift + 0.9 * np.exp(-steps / 14) + noise.normal(0, 0.008, 200)
        fits.append((train[:200], (train * 1.12 + 0.03 + noise.normal(0, 0.012, 200))[:200]))
    now = fits.pop()
    earlier = [(list(train[:40]), list(validation[:40])) for train, validation in fits]
    return losses.LossCurve(framework, LABELS[framework], list(now[0][:epochs]), list(now[1][:epochs]), earlier)


def seasonal() -> np.ndarray:
    months = np.arange(240)
    noise = np.random.default_rng(0).normal(0, 4_000, 240)
    return 250_000 + 900 * months + 30_000 * np.sin(months * np.pi / 6) + 25_000 * (months % 12 == 11) + noise


def made(sales: np.ndarray) -> list[Forecast]:
    return [
        shifted(sales, name, label, bias) for (name, label), bias in zip(LABELS.items(), (4_000, -6_000), strict=True)
    ]


def shifted(sales: np.ndarray, name: str, label: str, bias: float) -> Forecast:
    noise = np.random.default_rng(len(name))
    starts = range(240 - 48, 240, 12)
    segments = [Segment(TIMES[s : s + 12], sales[s : s + 12] + bias + noise.normal(0, 5_000, 12)) for s in starts]
    ahead = (TIMES[-12:].astype("datetime64[M]") + 12).astype("datetime64[s]")
    return Forecast(name, label, segments, Segment(ahead, sales[-12:] + 10_000 + bias))


def naive(sales: np.ndarray) -> Forecast:
    segments = [Segment(TIMES[s : s + 12], sales[s - 12 : s]) for s in range(240 - 48, 240, 12)]
    return Forecast("seasonal_naive", "seasonal naive", segments)


def times() -> list[bars.Quantity]:
    return [
        bars.Quantity("Import", "s", {"pytorch": 1.82, "tensorflow": 4.51}),
        bars.Quantity("First epoch", "s", {"pytorch": 0.31, "tensorflow": 2.4}),
        bars.Quantity("Steady epoch", "s", {"pytorch": 0.274, "tensorflow": 0.33}),
        bars.Quantity("One forecast", "s", {"pytorch": 0.0008, "tensorflow": 0.0024}),
        bars.Quantity("Peak memory", "MB", {"pytorch": 512, "tensorflow": 1030}),
    ]


page()
