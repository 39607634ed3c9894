"""Scripts that stand alone: a run's model and settings as one file for each framework, short and complete."""

from dataclasses import replace

from core.codegen import constants
from core.codegen.pieces import (
    CORE,
    TEMPLATES,
    Piece,
    gathered,
    import_block,
    imports_of,
    tidy,
    used,
    with_tables,
    without_imports,
)
from core.codegen.settled import settle
from core.codegen.taken import Taken, short
from core.frameworks import catalogue

COMPLETE = {"pytorch": "timeseries_pytorch.py", "tensorflow": "timeseries_deep_learning.py"}
SIMPLE = {"pytorch": "simple_pytorch_example.py", "tensorflow": "simple_timeseries_example.py"}
REQUIREMENTS = {"pytorch": "requirements_pytorch.txt", "tensorflow": "requirements.txt"}
TWINS = ("models.py", "dropout.py", "losses.py", "optimizers.py")
SHARED = ("neutral.py", "schedules.py", "base.py")


def complete(taken: Taken) -> str:
    """The whole training as it ran, with the twin files' own networks, losses and matched arithmetic."""
    frameworks = CORE / "frameworks"
    files = [
        TEMPLATES / "data.py",
        *(frameworks / taken.framework / name for name in TWINS),
        *(frameworks / name for name in SHARED),
        TEMPLATES / f"{taken.framework}.py",
        TEMPLATES / "report.py",
    ]
    pieces, imports = gathered(["main"], files, taken.known)
    code = _joined(pieces)
    head = f'"""{title(taken)}\n\n{HOW[taken.framework]}\n"""'
    return f"{head}\n\n{import_block(imports)}\n\n{constants.block(code, taken.values)}\n\n\n{code}{MAIN}"


def simple(taken: Taken) -> str:
    """The same settings in as few lines as an expert would need, with the framework's own layers."""
    taken = short(taken)
    template = TEMPLATES / f"simple_{taken.framework}.py"
    twins = [CORE / "frameworks" / taken.framework / name for name in TWINS]
    known = replace(with_tables(twins, taken.known), unused=frozenset())
    body = tidy(settle(without_imports(template.read_text("utf-8")), known))
    pieces, imports = gathered(sorted(used(body)), twins, taken.known)
    imports = sorted({*imports, *imports_of(used(body), [template])})
    first, *rest = body.split("\n\n\n")
    code = "\n\n\n".join([first, *(each.text for each in pieces), *rest])
    lines = constants.short_block(code, taken.values)
    return f'"""{title(taken)}"""\n\n{import_block(imports)}\n\n{lines}\n{code}\n'


def title(taken: Taken) -> str:
    spec, label = taken.spec, {"pytorch": "PyTorch", "tensorflow": "Keras"}[taken.framework]
    model = catalogue.find(spec.kind).label
    return f"{model} in {label}: the next {spec.horizon} rows from the {spec.lookback} before."


def _joined(pieces: list[Piece]) -> str:
    """Functions and classes, `main` at last; constants of the twin files before them."""
    plain = [each.text for each in pieces if not each.text.startswith(("def", "class", "@"))]
    main = [each.text for each in pieces if each.names == ("main",)]
    others = [each.text for each in pieces if each.text not in (*plain, *main)]
    return "\n\n\n".join([*(["\n".join(plain)] if plain else []), *others, *main])


HOW = {
    name: f"Beside data.csv: pip install -r {REQUIREMENTS[name]} && python {COMPLETE[name]}" for name in REQUIREMENTS
}
MAIN = '\n\n\nif __name__ == "__main__":\n    main()\n'
