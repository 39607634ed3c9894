"""An epoch beside plain scripts and other libraries.

One LSTM layer of 64 and a linear one on 10 inputs, lookback 20, horizon 5, batch 32, 8,000 windows an epoch, mean
squared error, Adam, float32, no validation, one thread each. Stock maths: every rival has its framework's own Adam and
initial weights; the matched Adam, which follows PyTorch's formula in TensorFlow too, is listed beside it. "Tuned" and
"plain" are the project's own trainers at speed tuned and stock, the latter PyTorch's DataLoader with the loss fetched
at every step, and Keras' `fit` on arrays; tuned TensorFlow is compiled with XLA. Darts and NeuralForecast train an LSTM
of the same size on the same columns, in an environment of their own with the same PyTorch, without progress bars, logs
and checkpoints. NeuralForecast's scales every window and has a decoder of two layers as it comes; "lean" is without
either, as all others are, and only listed. Each rival is a process of its own that waits while another one trains. In
each turn it trains two epochs, of which the second counts; the first turn is left out, the order changes from round to
round, and ratios are taken within each round.
"""

from itertools import chain

from benchmarks.figure import Figure
from benchmarks.performance import rivals
from benchmarks.performance.work import Work

PEERS = {"darts": "Darts", "neuralforecast": "NeuralForecast", "neuralforecast lean": "Lean NeuralForecast"}
PINS = rivals.ROOT / "benchmarks" / "requirements.txt"
LABELS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
PLAIN = {"pytorch": "the plain DataLoader script", "tensorflow": "plain fit"}
TARGETS = {  # times as fast as each
    "pytorch": {"plain": 1.15, "darts": 2.2, "neuralforecast": 3.5},
    "tensorflow": {"plain": 2.0, "darts": 2.0, "neuralforecast": 3.3},
}


def measure(quick: bool) -> list[Figure]:
    work = Work(windows=1_600) if quick else Work()
    commands = {f"{framework} {speed}": rivals.ours(framework, work, speed) for framework, speed in ways()}
    commands |= {f"{name} matched": rivals.ours(name, work, maths="matched") for name in LABELS}
    commands |= {name: rivals.peer(name, work) for name in PEERS}
    found = rivals.raced(commands, rounds=2 if quick else 15)
    seconds = [Figure(f"{called(name)}: an epoch", values, "s") for name, values in found.items()]
    return [*seconds, *chain.from_iterable(compared(framework, found) for framework in LABELS)]


def ways() -> list[tuple[str, str]]:
    return [(framework, speed) for framework in LABELS for speed in ("tuned", "stock")]


def compared(framework: str, found: dict[str, list[float]]) -> list[Figure]:
    """How many times as fast as each rival the tuned trainer is."""
    against = {"plain": f"{framework} stock", "darts": "darts", "neuralforecast": "neuralforecast"}
    label = f"{LABELS[framework]} tuned, times as fast as"
    return [
        Figure(
            f"{label} {PLAIN[framework] if rival == 'plain' else PEERS[rival]}",
            rivals.ratios(found[name], found[f"{framework} tuned"]),
            "×",
            TARGETS[framework][rival],
            "at least",
        )
        for rival, name in against.items()
    ]


def called(rival: str) -> str:
    """As the table calls it: a peer with the version that its environment was asked for."""
    framework, _, way = rival.partition(" ")
    if rival in PEERS:
        pin = next(line for line in PINS.read_text().splitlines() if line.startswith(f"{framework}=="))
        return f"{PEERS[rival]} {pin.partition('==')[2].split()[0]}"
    words = {"tuned": "tuned", "stock": "plain", "matched": "tuned, matched Adam"}
    return f"{LABELS[framework]} {words[way]}"
