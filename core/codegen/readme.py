"""What is in the ZIP, how to run it, and what to expect: one page for each framework."""

from core.codegen.scripts import COMPLETE, REQUIREMENTS, SIMPLE, title
from core.codegen.taken import Taken
from core.runs.spec import ComparisonSpec

NAME = {"pytorch": "README_PYTORCH.md", "tensorflow": "README.md"}


def text(spec: ComparisonSpec, of: Taken) -> str:
    simple, complete = SIMPLE[of.framework], COMPLETE[of.framework]
    parts = [
        f"# {title(of).rstrip('.')}",
        f"Made from the comparison {spec.id}; its settings stand at the top of each script.",
        "## Run it",
        f"```\npython -m pip install -r {REQUIREMENTS[of.framework]}\npython {simple}\npython {complete}\n```",
        "Both read `data.csv`, which lies beside them, print scores on the test rows and save a picture.",
        "## The two sizes",
        f"- `{simple}`: the same settings in as few lines as it takes, with the framework's own layers. It trains all "
        "epochs and scores the last weights.",
        f"- `{complete}`: the networks, losses and arithmetic that really ran. It keeps the weights of the best epoch "
        f"by the validation rows{', stops early' if of.run.patience else ''}, and scores those.",
        "## What to expect",
        f"- {_match(of)}",
        f"- They train as the first training of the comparison did (seed {of.run.seed}): on the first {of.run.train} "
        f"rows, with {of.run.validation} rows for validation, and score the {of.run.test} rows behind them.",
        *(f"- {sentence}" for sentence in left_out(spec, of)),
        "## The data",
        f"`data.csv` has the rows as they were understood: {_columns(spec, of)}.",
    ]
    return "\n\n".join(parts).replace(".\n\n- ", ".\n- ") + "\n"


def left_out(spec: ComparisonSpec, of: Taken) -> list[str]:
    """What the scripts do not do as the comparison did, a sentence each."""
    settings = spec.settings
    found = []
    if len(settings.seeds) > 1 or settings.folds > 1:
        found.append("More seeds and folds are not in them: one training is enough to read, too little for a verdict.")
    if of.training.precision == "float16":
        found.append("Scaled float16 is not in them: they compute in bfloat16 instead, which needs no scaling.")
    if of.training.devices > 1:
        found.append("They train on one device.")
    if of.training.loads:
        found.append("Windows are gathered from memory; no loader is in them.")
    return found


def _match(of: Taken) -> str:
    if of.run.weights:
        return (
            f"`{COMPLETE[of.framework]}` starts from the weights in `initial_weights_{of.framework}.npz`, takes the "
            "windows in the same order and uses the matched optimiser: with the same versions and one thread it prints "
            "the losses of the run, to about six digits."
        )
    return (
        "The run used each framework's own arithmetic and random numbers, so losses come out alike, not equal. "
        "With matched arithmetic the scripts bring their initial weights and repeat the run."
    )


def _columns(spec: ComparisonSpec, of: Taken) -> str:
    more = len(spec.dataset.columns) - len(spec.dataset.targets)
    told = f"what is forecast stands first ({len(spec.dataset.targets)} of {len(spec.dataset.columns)} columns)"
    told += ", then what else the models are given" if more else ""
    return told + (f"; `{of.run.holiday}` is 1 on public holidays" if of.run.holidays else "")
