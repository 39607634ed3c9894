"""The command line: `python -m core read …` tells what a file holds, `compare` trains and scores,
`tips` measures what each tip for a faster training buys, `since` holds forecasts against what happened, `history` lists
what was kept.

Exit codes: 0 done; 2 the file or the settings cannot be used, said in one sentence on stderr; 1 anything else.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, get_args

from core.data import repair, table_csv, understood
from core.data.dataset import Dataset, Table
from core.data.names import split_list
from core.data.reader import read_table
from core.data.reading.kinds import UPLOAD_LIMIT
from core.data.selection import make_dataset
from core.data.words import visible
from core.errors import BadFile, BadInput, BadSettings, Problem, StoreFailed, TwincastError
from core.frameworks import catalogue, loss_catalogue
from core.runs import headless, headline, interval_words, results, tips_text
from core.runs.rereading import DELIMITERS
from core.runs.schema import Comparison
from core.runs.store import Store
from core.runs.tips import report
from core.runs.tips_plan import ASKED, BUDGET_S
from core.runs.view import ComparisonView
from core.since_cli import add_since

LATER_COMMANDS = ("export", "migrate")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        return int(options.run(options))
    except StoreFailed as error:
        _tell(f"{error} The logs are in {Store().root / 'logs'}.")
        return error.exit_code
    except TwincastError as error:
        _tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _tell("Stopped.")
        return 1
    except Exception as error:
        log = Store().root / "logs"
        _tell(f"It was stopped by an unexpected error ({type(error).__name__}: {error}). The logs are in {log}.")
        return 1


def read(options: argparse.Namespace) -> int:
    """Say what is understood of a file, and write the table as understood to --csv."""
    try:
        table = read_file(options)
        if options.csv:
            _write(Path(options.csv), table_csv.write(table, whole=options.series is None))
    except TwincastError as error:
        if options.json:
            print(json.dumps(understood.refusal(error)))
        raise
    print(json.dumps(understood.as_json(table, options.series)) if options.json else _plain(understood.text(table)))
    return 0


def compare(options: argparse.Namespace) -> int:
    """Train, score, print, and write comparison.json and forecasts.csv into --out."""
    store, out = Store(), Path(options.out)
    request = headless.Request(
        dataset=read_dataset(options),
        values=setting_values(options),
        file=options.file,
        out=options.out,
        reading=reading_words(options),
    )
    with output_folder(out):
        folder, view = headless.run(request, store, warn=_tell, watch=show_progress)
        clear_progress()
        if not (folder / "comparison.json").is_file():
            raise TwincastError(*_words(view, "No forecast could be made", str(store.root / "logs")))
        for name in ("comparison.json", "forecasts.csv"):
            _copy(results.verified(folder, name), out / name)
    comparison = results.load(folder)
    print(comparison.model_dump_json() if options.json else text(comparison))
    return _exit_code(comparison, view, folder)


def tips(options: argparse.Namespace) -> int:
    """Measure what each tip buys, and print it."""
    store = Store()
    request = headless.Request(
        dataset=read_dataset(options),
        values=setting_values(options),
        file=options.file,
        out="",
        reading=reading_words(options),
        tips_s=number("budget", options.budget),
    )
    _, view = headless.run(request, store, warn=_tell, watch=show_progress)
    clear_progress()
    found = report(store.open(view.id))
    if all(each.plain is None for each in found.frameworks.values()):
        raise TwincastError(*_words(view, "Nothing could be measured", str(store.root / "logs")))
    print(found.model_dump_json() if options.json else tips_text.text(found))
    return 0 if all(each.state == "finished" for each in found.frameworks.values()) else 1


def history(options: argparse.Namespace) -> int:
    """List, rename or delete what this installation keeps."""
    store = Store()
    if options.rename:
        store.rename(*options.rename)
    if options.delete:
        store.delete(options.delete)
    kept = store.list()
    if options.json:
        print(json.dumps({"comparisons": [asdict(each) for each in kept]}))
        return 0
    for each in kept:
        when = each.created[:16].replace("T", " ")
        print(f"{each.id}  {when}  {each.state:<11}  {each.name}: {', '.join(each.targets)}")
    if not kept:
        print("Nothing was compared on this installation yet.")
    for damaged in store.damaged_comparisons():
        _tell(f"{damaged.id}: {damaged.problem.sentence()}")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Options as given, values unread: `core.runs.checks` refuses wrong ones all at once. Raises BadInput."""
    if arguments and arguments[0] in LATER_COMMANDS:
        remedy = "Use read, compare, tips, since or history."
        raise BadInput(f"The command {arguments[0]} is not available yet", "", remedy)
    parser = Parser(prog="python -m core", description="PyTorch or TensorFlow, on your data and your hardware?")
    commands = parser.add_subparsers(title="commands", required=True, metavar="read | compare | tips | since | history")
    add_read(commands.add_parser("read", help="what is understood of a CSV file"))
    add_compare(commands.add_parser("compare", help="train both frameworks on a CSV file and compare their forecasts"))
    add_tips(commands.add_parser("tips", help="what each tip for a faster training buys, on a CSV file and here"))
    add_since(commands.add_parser("since", help="how a comparison's forecasts have done, by a file with newer rows"))
    add_history(commands.add_parser("history", help="what was compared on this installation"))
    return parser.parse_args(arguments)


class Parser(argparse.ArgumentParser):
    """Refuses with one sentence instead of a page of usage."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise BadInput(message[0].upper() + message[1:], "", f"See {self.prog} --help.")


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Every option of `compare`; a setting that is not given keeps its default."""
    parser.set_defaults(run=compare)
    parser.add_argument("file", metavar="FILE", help="a CSV file")
    parser.add_argument("--out", required=True, metavar="DIR", help="where comparison.json and forecasts.csv go")
    parser.add_argument("--json", action="store_true", help="print comparison.json instead of the table")
    add_data(parser, target_required=True)
    settings = parser.add_argument_group("settings")
    for name, (values, words) in SETTINGS.items():
        add_setting(settings, name, values, words)
    settings.add_argument("--seed", metavar="N", help="one training, from this seed (0)")
    settings.add_argument("--bidirectional", action="store_const", const=True, help="read windows both ways")


def add_tips(parser: argparse.ArgumentParser) -> None:
    """The options of `compare` that a plain script has, and how long it may take."""
    parser.set_defaults(run=tips, seed=None, **dict.fromkeys((*SETTINGS, "bidirectional")))
    parser.add_argument("file", metavar="FILE", help="a CSV file")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--budget", default=f"{BUDGET_S:g}", metavar="SECONDS", help=f"for all of it ({BUDGET_S:g})")
    add_data(parser, target_required=False)
    settings = parser.add_argument_group("settings")
    for name, (values, words) in SETTINGS.items():
        if name in ASKED:
            add_setting(settings, name, values, words)
    settings.add_argument("--bidirectional", action="store_const", const=True, help="read windows both ways")


def add_data(parser: argparse.ArgumentParser, target_required: bool) -> None:
    """Which columns do what, and how the file is read and repaired."""
    data = parser.add_argument_group("data")
    default = "" if target_required else " (the one the reader chooses)"
    data.add_argument(
        "--target",
        action="append",
        required=target_required,
        metavar="COL",
        help=f"column to forecast; repeatable{default}",
    )
    data.add_argument("--inputs", default="none", metavar="all|none|A,B", help="other columns to learn from (none)")
    data.add_argument("--known", default="", metavar="A,B", help="inputs known for the rows after the target's (none)")
    add_reading(data)
    data.add_argument("--merge", metavar="HOW", help="rows of the same time: mean, sum, last, first, min or max (mean)")
    data.add_argument("--resample", metavar="STEP[:HOW]", help="one row a step, such as h or D, by mean, sum, last …")
    data.add_argument("--fill", metavar="HOW", help="gaps and missing cells: leave_out, last, interpolate or seasonal")


def add_setting(settings: argparse._ArgumentGroup, name: str, values: str, words: str) -> None:
    settings.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar=values, help=words)


def add_read(parser: argparse.ArgumentParser) -> None:
    """Everything a person may know better than the reader, and where to write what it made of the file."""
    parser.set_defaults(run=read)
    parser.add_argument("file", metavar="FILE", help="a CSV file")
    parser.add_argument("--csv", metavar="OUT.csv", help="write the table as understood: every series, or --series")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_reading(parser)


def add_reading(parser: argparse._ActionsContainer) -> None:
    """How the file is read; whatever is not given is found out."""
    parser.add_argument("--time", metavar="COL", help="column of times, or several with commas between them")
    parser.add_argument("--decimal", metavar=",|.", help="decimal sign")
    parser.add_argument("--delimiter", metavar="C", help="between columns; tab may be written as tab")
    order = parser.add_mutually_exclusive_group()
    order.add_argument("--day-first", dest="day_first", action="store_true", default=None, help="31/12/2024")
    order.add_argument("--month-first", dest="day_first", action="store_false", help="12/31/2024")
    parser.add_argument("--series", metavar="ID", help="one series of a file of several, or total for their sum")


def add_history(parser: argparse.ArgumentParser) -> None:
    """Listing, and the two changes that the history page offers."""
    parser.set_defaults(run=history)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rename", nargs=2, metavar=("ID", "NAME"), help="give a comparison another name")
    parser.add_argument("--delete", metavar="ID", help="remove a comparison and all that it kept, damaged or not")


READING = ("time", "delimiter", "decimal", "day_first", "series")
REPAIRS = ("merge", "resample", "fill")
SETTINGS = {  # what a value looks like, and help with the default
    "frameworks": ("A,B", "pytorch, tensorflow or both (both)"),
    "model": ("NAME", f"{', '.join(catalogue.names())} (lstm)"),
    "hidden": ("N", "numbers that each layer gives on (64)"),
    "layers": ("N", "layers on top of each other (1)"),
    "dropout": ("SHARE", "left out at random while training (0)"),
    "kernel": ("N", "rows that a convolution sees at a time (3)"),
    "heads": ("N", "attention heads of a transformer (4)"),
    "patch": ("N", "rows that a transformer takes together, or auto (auto)"),
    "lookback": ("N", "rows a forecast sees (20)"),
    "horizon": ("N", "rows it reaches ahead (5)"),
    "reference": ("WHAT", "what forecasts are relative to: auto, last, seasonal or none (auto)"),
    "calendar": ("WHAT", "calendar inputs: auto, none, or names such as hour,weekday (auto)"),
    "holidays": ("COUNTRY", "public holidays as an input: DE, US, DE-BY and so on, or none (none)"),
    "transform": ("WHAT", "how targets are learned: none, log, difference or percent (none)"),
    "scaler": ("WHAT", "standard, minmax or none (standard)"),
    "epochs": ("N", "passes over the training windows (10)"),
    "patience": ("N", "stop after so many epochs without gain (all epochs run)"),
    "batch_size": ("N", "windows a step (32)"),
    "accumulate": ("N", "batches whose gradients make one step (1)"),
    "optimizer": ("NAME", "adam, adamw, sgd or rmsprop (adam)"),
    "momentum": ("SHARE", "of sgd (0.9)"),
    "weight_decay": ("RATE", "of adamw (each framework's own)"),
    "learning_rate": ("RATE", "size of a step (0.001)"),
    "schedule": ("NAME", "of the learning rate: constant, cosine, halve or plateau (constant)"),
    "clip_norm": ("NORM", "longest gradient of a step (no limit)"),
    "loss": ("NAME", f"{', '.join(loss_catalogue.names())} (mse)"),
    "quantile": ("SHARE", "that the quantile loss aims at (0.5)"),
    "direction_weight": ("WEIGHT", "what a wrong direction costs more, for the loss direction (1)"),
    "maths": ("WHAT", "stock: each framework as it comes; matched: both from the same numbers (stock)"),
    "speed": ("WHAT", "what auto means: tuned, the quickest way; stock, each framework's plain script (tuned)"),
    "precision": ("WHAT", "float32, or bfloat16 or float16 for large products alone (float32)"),
    "compile": ("WHAT", "XLA and torch.compile: auto, on or off (auto)"),
    "fused": ("WHAT", "PyTorch's optimiser in one kernel: auto, on or off (auto)"),
    "steps_per_execution": ("N", "steps that Keras runs in one go, or auto (auto)"),
    "data_path": ("WHAT", "resident: data stay on the device; loader: DataLoader and tf.data bring batches; or auto"),
    "workers": ("N", "processes of PyTorch's loader (0)"),
    "pin_memory": ("WHAT", "of PyTorch's loader: auto, on or off (auto)"),
    "cache": ("WHAT", "of TensorFlow's loader: on or off (off)"),
    "prefetch": ("WHAT", "of TensorFlow's loader: auto, on or off (auto)"),
    "device": ("WHAT", "auto, cpu or gpu:0 (auto)"),
    "devices": ("N", "that share every batch: graphics processors from the device on, or parts of the processor (1)"),
    "threads": ("N", "auto or a number (auto)"),
    "order": ("WHAT", "alternate: in turn, for true timings; together: at once (alternate)"),
    "seeds": ("N,N", "one training each (0)"),
    "folds": ("N", "consecutive blocks of the test part, each forecast after training on all before it (1)"),
    "split": ("A,B,C", "training, validation and test part, in rows or shares (0.7,0.1,0.2)"),
    "baselines": ("all|simple", "methods to beat; simple: without those that take seconds to fit (all)"),
    "margin": ("SHARE", "the gap between the frameworks' errors that matters to you (0.02)"),
}
LISTS = ("frameworks", "seeds", "split")


def setting_values(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, as `core.runs.spec.Settings` reads them. Raises BadSettings."""
    given = {name: getattr(options, name) for name in (*SETTINGS, "bidirectional")}
    values = {name: value for name, value in given.items() if value is not None}
    for name in LISTS:
        if name in values:
            values[name] = split_list(values[name])
    if values.get("calendar", "auto") not in ("auto", "none"):
        values["calendar"] = split_list(values["calendar"])
    if options.seed is not None:
        if "seeds" in values:
            raise BadSettings([Problem("Both --seed and --seeds are given", "seeds", "Give one of them.")])
        values["seeds"] = [options.seed]
    return values


def read_file(options: argparse.Namespace) -> Table:
    """The file as understood. Raises BadInput."""
    given = {name: value for name in READING if (value := getattr(options, name)) is not None}
    given |= {"delimiter": DELIMITERS.get(options.delimiter, options.delimiter)}
    _refuse_signs(given)
    try:
        with Path(options.file).open("rb") as file:
            content = file.read(UPLOAD_LIMIT + 1)
    except OSError as error:
        remedy = "Check its name and folder."
        raise BadFile(f"The file cannot be read: {error.strerror}", options.file, remedy) from error
    if len(content) > UPLOAD_LIMIT:
        raise BadFile(f"The file is larger than {UPLOAD_LIMIT >> 20} MB", options.file, "Give fewer rows or columns.")
    return read_table(content, Path(options.file).name, **given)


def repaired(table: Table, options: argparse.Namespace) -> Table:
    """The rows merged, resampled and filled as asked. Raises BadSettings."""
    if options.merge:
        table = repair.merge(table, _one_of("merge", options.merge, get_args(repair.Aggregate)))
    if options.resample:
        step, _, how = options.resample.partition(":")
        table = repair.resample(table, step, _one_of("resample", how or "mean", get_args(repair.Aggregate)))
    if options.fill:
        how = _one_of("fill", options.fill, get_args(repair.Filling))
        table = repair.fill(table, how, targets=[name for name in options.target if name in table.frame])
    return table


def number(option: str, given: str) -> float:
    """Raises BadSettings."""
    try:
        return float(given)
    except ValueError:
        problem = Problem(f"--{option} is no number: “{given}”", option, "Give one such as 60.")
        raise BadSettings([problem]) from None


def _one_of(option: str, given: str, choices: Sequence[str]) -> Any:
    if given not in choices:
        remedy = f"Choose from {', '.join(choices)}."
        raise BadSettings([Problem(f"--{option} does not know “{given}”", option, remedy)])
    return given


def _refuse_signs(given: Mapping[str, Any]) -> None:
    if given.get("decimal", ".") not in (".", ","):
        problem = Problem("The decimal sign is a comma or a point", "decimal", "Give --decimal , or --decimal .")
        raise BadSettings([problem])
    if given["delimiter"] == "":
        raise BadSettings([Problem("The delimiter is empty", "delimiter", "Give one such as ; or the word tab.")])


def reading_words(options: argparse.Namespace) -> dict[str, str]:
    """How the file is read, as `core.runs.command.command_line` repeats it."""
    given = {name: value for name in (*READING, *REPAIRS) if (value := getattr(options, name)) is not None}
    if "day_first" in given:
        given["day_first"] = "yes" if given["day_first"] else "no"
    return given


def read_dataset(options: argparse.Namespace) -> Dataset:
    """The chosen columns of the file. Raises BadFile, NotFound, BadSettings."""
    table = read_file(options)
    options.target = options.target or [table.target or str(table.frame.columns[0])]
    table = repaired(table, options)
    inputs = options.inputs if options.inputs in ("all", "none") else split_list(options.inputs)
    return make_dataset(table, options.target, inputs, known=split_list(options.known))


def text(comparison: Comparison) -> str:
    """The score table, the headline, and what prediction intervals held."""
    several = len(comparison.data.targets) > 1
    names = ("scaled_mae", "scaled_mse") if several else ("mae", "rmse", "mase", "smape", "r2", "direction")
    rows = [("", *names, "epoch s")]
    for run in comparison.runs:
        cells = [results.digits(results.mean_score(run, name)) for name in names]
        rows.append((results.label(run.framework), *cells, results.digits(run.timing.epoch_s)))
    for baseline in results.baselines(comparison):
        label = results.BASELINE_LABELS.get(baseline.name, baseline.name)
        rows.append((label, *[results.digits(getattr(baseline.test, name)) for name in names], ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    left = results.unfinished_baselines(comparison)
    lines += [f"{results.method_label(each)}: not finished. {each.note or ''}".rstrip() for each in left]
    held = [line] if (line := interval_words.line(comparison)) else []
    return "\n".join([*lines, "", headline.told(comparison), *held])


def show_progress(view: ComparisonView) -> None:
    """One line that is written over; only where a person looks at a terminal."""
    if not sys.stderr.isatty():
        return
    parts = [
        f"{results.label(run.framework)}: {run.stage}{f', epoch {run.epoch}' if run.epoch else ''} ({run.progress:.0%})"
        for run in view.runs.values()
    ]
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write("\r\x1b[K" + "  ".join(parts)[:width])
    sys.stderr.flush()


def clear_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _exit_code(comparison: Comparison, view: ComparisonView, folder: Path) -> int:
    """0 when every run finished; otherwise what happened is said."""
    for run in comparison.runs:
        if run.error is not None:
            problem = Problem(run.error.what, run.error.where, run.error.remedy)
            log = folder / "runs" / run.framework / "worker.log"
            _tell(f"{results.label(run.framework)}: {problem.sentence()} Its log is {log}.")
        elif run.status == "stopped":
            _tell(f"{results.label(run.framework)} was stopped; what it had trained is kept.")
    return 0 if all(run.status == "finished" for run in comparison.runs) else 1


def _words(view: ComparisonView, otherwise: str, log: str) -> tuple[str, str, str]:
    problems = [run.error for run in view.runs.values() if run.error is not None]
    problem = view.error or next(iter(problems), None) or Problem(otherwise)
    return problem.what, problem.where, f"{problem.remedy} The logs are in {log}.".strip()


@contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """There before anything is trained; gone again when nothing was written into it. Raises BadInput."""
    made = [each for each in (path, *path.parents) if not each.exists()]  # the innermost first
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The folder cannot be made: {error.strerror}", str(path), "Choose another --out.") from error
    try:
        yield
    finally:
        for each in made:
            with suppress(OSError):  # it is not empty
                each.rmdir()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreFailed(
            f"The table cannot be written: {error.strerror}", str(path), "Choose another --csv."
        ) from error


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        remedy = f"It is kept in {source.parent}: copy it from there."
        raise StoreFailed(f"The result could not be copied: {error.strerror}", str(target), remedy) from error


def _plain(text: str) -> str:
    """Lines without signs that a terminal would obey."""
    return "\n".join(map(visible, text.split("\n")))


def _tell(sentence: str) -> None:
    print(visible(sentence), file=sys.stderr)
