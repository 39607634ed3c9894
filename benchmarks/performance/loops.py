"""An epoch beside the best loop written by hand.

The work of the section above (one LSTM layer on 10 inputs, lookback 20, horizon 5, 8,000 windows an epoch, Adam as each
framework has it, one thread), at hidden 64 with batches of 32 and at hidden 256 with batches of 128. The tuned trainer
keeps what a product needs: it gathers windows from the resident series by position, adds the loss up over windows,
takes the norm of the gradients at every 16th step, reports progress and can be stopped. The loop by hand has none of
that and lays out all windows in memory; in PyTorch it is autograd with one kernel for Adam, in TensorFlow XLA compiles
the whole epoch as one program. Gigaflop a second count the products of the layers, backward as twice forward;
`torch.mm` multiplies two matrices of 1,024 × 1,024. All take turns, as above.
"""

from benchmarks.figure import Figure
from benchmarks.performance import rivals
from benchmarks.performance.training import LABELS
from benchmarks.performance.work import Work

SIZES = (Work(hidden=64, batch=32), Work(hidden=256, batch=128))
ROUNDS = {64: 21, 256: 11}
LIMIT = 1.05


def measure(quick: bool) -> list[Figure]:
    return [figure for work in SIZES for figure in compared(work, rounds=2 if quick else ROUNDS[work.hidden])]


def compared(work: Work, rounds: int) -> list[Figure]:
    commands = {f"{name} {who}": command for name in LABELS for who, command in contenders(name, work).items()}
    found = rivals.raced(commands | {"torch.mm": rivals.products()}, rounds)
    size = f"hidden {work.hidden}, batch {work.batch}"
    figures = []
    for name, label in LABELS.items():
        tuned, by_hand = found[f"{name} tuned"], found[f"{name} by hand"]
        figures += [
            Figure(f"{label}, {size}: tuned", tuned, "s"),
            Figure(f"{label}, {size}: by hand", by_hand, "s"),
            Figure(f"{label}, {size}: tuned over by hand", rivals.ratios(tuned, by_hand), "×", LIMIT),
            Figure(f"{label}, {size}: tuned", [work.gigaflop / each for each in tuned], "GFLOP/s"),
        ]
    return [*figures, Figure(f"torch.mm beside {size}", found["torch.mm"], "GFLOP/s")]


def contenders(framework: str, work: Work) -> dict[str, list[str]]:
    return {"tuned": rivals.ours(framework, work), "by hand": rivals.by_hand(framework, work)}
