"""Every reason why settings cannot be used with a dataset on this machine, found before anything starts."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.data.calendar import NAMES as CALENDAR
from core.data.dataset import Dataset, Split
from core.data.split import make_split, most_folds
from core.data.transforms import lost_rows
from core.errors import BadInput, BadSettings, NotFound, Problem
from core.frameworks import catalogue, registry
from core.hardware import cores
from core.runs.data_checks import check_holidays, check_known, check_transform, still
from core.runs.device_checks import check_devices
from core.runs.devices import Devices
from core.runs.model_checks import check_model
from core.runs.spec import FRAMEWORKS, Settings
from core.runs.speed_checks import check_speed
from core.runs.training_checks import check_training

Checker = Callable[[Settings, Dataset, Devices], list[Problem]]

RANGE = re.compile(r"(\d{1,9})\s*(?:-|–|\.\.+|:)\s*(\d{1,9})")
LONGEST_RANGE = 20  # numbers that a remedy writes out
EXAMPLES = {"split": "0.7,0.1,0.2"}
LARGEST_SEED = 2**32 - 1  # NumPy's and Keras' limit


def check(values: Mapping[str, Any], dataset: Dataset, devices: Devices) -> Settings:
    """Settings from what a form or a command line gave. Raises BadSettings with everything that is wrong at once."""
    found = _ranges(values)
    wrong = {problem.where for problem in found}
    values = {name: value for name, value in values.items() if name not in wrong}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        found += problems_of(error)
        wrong |= {str(each["loc"][0]) for each in error.errors()}
        settings = Settings(**{name: value for name, value in values.items() if name not in wrong})
    found += [each for each in problems(settings, dataset, devices) if not wrong & set(_settings_in(each))]
    if found:
        raise BadSettings(found)
    return settings


def problems(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """What stands against a run of valid `settings`; empty when it can start. `where` names the setting."""
    return [problem for checker in CHECKERS for problem in checker(settings, dataset, devices)]


def problems_of(error: ValidationError) -> list[Problem]:
    """One problem in plain words for each field that pydantic refused; `where` is the setting's name."""
    first_of_field = {str(each["loc"][0]): each for each in reversed(error.errors())}
    return [_field_problem(name, each) for name, each in reversed(first_of_field.items())]


def _check_windows(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """Each part must hold one window at least: lookback + horizon rows to train on, horizon rows to judge."""
    try:
        split = make_split(dataset.rows, settings.split)
    except BadInput as error:
        return list(error.problems)
    found = []
    if settings.lookback + settings.horizon + lost_rows(settings.transform) > split.train:
        found.append(_too_long(settings, split))
    rows, part, why = min(
        (split.validation, "validation", "the best epoch cannot be chosen"),
        (split.test, "test", "the forecasts cannot be judged"),
    )
    if settings.horizon > rows:  # the shorter part is the limit; the other one may be too short as well
        found.append(
            Problem(
                f"The {part} part has {rows:,} rows, fewer than a forecast of {settings.horizon:,} steps: {why}",
                "horizon, split",
                f"Choose a horizon of at most {rows:,}, or use a longer file. {_by_split(f'the {part} part larger')}",
            )
        )
    return found


def _check_folds(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """Each fold must hold a whole forecast; where the test part itself holds none, that is told by _check_windows."""
    try:
        most = most_folds(make_split(dataset.rows, settings.split), settings.horizon)
    except BadInput:
        return []
    if settings.folds <= most or most < 1:
        return []
    rows = make_split(dataset.rows, settings.split).test
    what = (
        f"The test part has {rows:,} rows, too few for {settings.folds:,} folds of at least {settings.horizon:,} rows"
    )
    shorter = f"Choose at most {most:,} fold{'s' if most > 1 else ''}, a shorter horizon, or use a longer file."
    return [Problem(f"{what}, one forecast", "folds, horizon", f"{shorter} {_by_split('the test part larger')}")]


def _by_split(what: str) -> str:
    """A way that the pages do not have."""
    return f"(On the command line, --split can make {what}.)"


def _too_long(settings: Settings, split: Split) -> Problem:
    lost = lost_rows(settings.transform)
    largest, change = split.train - settings.horizon - lost, " and a first change" if lost else ""
    remedy = (
        f"Choose a lookback of at most {largest:,}, a shorter horizon, or use a longer file."
        if largest >= 1
        else "Choose a shorter horizon and lookback, or use a longer file."
    )
    return Problem(
        f"A window of lookback {settings.lookback:,} and horizon {settings.horizon:,}{change} needs"
        f" {settings.lookback + settings.horizon + lost:,} rows, and the training part has {split.train:,}",
        "lookback, horizon",
        remedy,
    )


def _check_targets(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """A target that never moves while it is learned, or always by the same, has no scale and nothing to learn."""
    try:
        train = make_split(dataset.rows, settings.split).train
    except BadInput:
        return []  # told by _check_windows
    words = "always changes by the same amount" if lost_rows(settings.transform) else "never changes"
    return [
        Problem(
            f"{target} {words} in the training part, so there is nothing to learn",
            "target",
            "Forecast another column, or use a file in which it changes sooner. "
            + _by_split("the training part longer"),
        )
        for target, stays in zip(
            dataset.targets, still(settings, dataset.values[:train, : len(dataset.targets)]), strict=True
        )
        if stays
    ]


def _check_reference(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    if settings.reference != "seasonal" or not catalogue.find(settings.model).uses("reference"):
        return []
    if dataset.season <= 1:
        what, remedy = "The series has no season, so forecasts cannot be relative to one", "Choose auto, last or none."
        return [Problem(what, "reference", remedy)]
    if settings.lookback < 2 * dataset.season:
        return [
            Problem(
                "Forecasts relative to the last season compare two seasons, and a lookback of "
                f"{settings.lookback} rows does not hold {2 * dataset.season}",
                "reference, lookback",
                f"Choose a lookback of at least {2 * dataset.season}, or the reference auto, last or none.",
            )
        ]
    return []


def _check_calendar(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    if isinstance(settings.calendar, str):
        return []
    names = f"Choose auto, none, or from {', '.join(CALENDAR)}."
    found = [
        Problem(f"{name} is not a calendar input", "calendar", names)
        for name in settings.calendar
        if name not in CALENDAR
    ]
    if settings.calendar and not hasattr(dataset.index, "hour"):
        found.append(
            Problem("The data have no times to take calendar inputs from", "calendar", "Choose a time column, or none.")
        )
    return found


def _check_frameworks(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    missing = [_missing(name) for name in settings.frameworks if name not in devices]
    return missing + _repeated(settings.frameworks, "frameworks")


def _missing(name: str) -> Problem:
    try:
        found = registry.find(name)
    except NotFound:
        remedy = f"Choose from {', '.join(FRAMEWORKS)}."
        return Problem(f"{name} is not a framework that Twincast knows", "frameworks", remedy)
    what = "cannot be used here: importing it fails" if found.installed else "is not installed here"
    return Problem(f"{found.label} {what}", "frameworks", f"{found.how_to_install}. Or leave it out.")


def _check_seeds(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    found = [
        Problem(f"Seed {seed} is not usable", "seeds", "Choose whole numbers from 0 to 4,294,967,295.")
        for seed in settings.seeds
        if not 0 <= seed <= LARGEST_SEED
    ]
    return found + _repeated(settings.seeds, "seeds")


def _repeated(values: Sequence[object], setting: str) -> list[Problem]:
    twice = [str(value) for value, count in Counter(values).items() if count > 1]
    if not twice:
        return []
    return [Problem(f"{', '.join(twice)} is named more than once", setting, "Name each once.")]


def _check_device(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """The device must be there for every framework that is to use it."""
    asked = settings.device
    if asked in ("auto", "cpu"):
        return []
    if not re.fullmatch(r"gpu:\d+|mps", asked):
        remedy = "Choose auto, cpu, gpu:0, gpu:1 and so on, or mps."
        return [Problem(f"{asked} is not the name of a device", "device", remedy)]
    found = []
    for framework in settings.frameworks:
        there = [device.id for device in devices.get(framework, ())]
        if there and asked not in there:
            remedy = f"Found: {', '.join(there)}. Choose one of these or auto."
            what = f"{registry.find(framework).label} finds no device {asked} on this machine"
            found.append(Problem(what, "device", remedy))
    return found


def _check_threads(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    if settings.threads == "auto" or settings.threads <= cores():
        return []
    return [
        Problem(
            f"{settings.threads} threads are more than the {cores()} cores of this machine",
            "threads",
            f"Choose auto, or at most {cores()}: more threads than free cores make training many times slower.",
        )
    ]


CHECKERS: tuple[Checker, ...] = (
    _check_windows,
    _check_folds,
    _check_targets,
    _check_reference,
    _check_calendar,
    check_model,
    check_training,
    check_speed,
    check_holidays,
    check_transform,
    check_known,
    _check_frameworks,
    _check_seeds,
    _check_device,
    check_devices,
    _check_threads,
)


def _field_problem(name: str, error: ErrorDetails) -> Problem:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if isinstance(error["loc"][-1], int) and ("parsing" in kind or "_type" in kind or kind == "int_from_float"):
        return _item_problem(name, str(given), "whole numbers" if kind.startswith("int") else "numbers")
    if name not in Settings.model_fields:
        return Problem(f"There is no setting named {name}", name, "Leave it out.")
    if kind == "literal_error":
        return Problem(f"{given!s} is not a choice", name, f"Choose {_or(_choices(name))}.")
    if given is None or given == "":
        return Problem("Nothing is filled in", name, f"Give {_type_words(name)}.")
    if "parsing" in kind or "_type" in kind or kind == "int_from_float":
        return Problem(f"{given!s} is not {_type_words(name)}", name, f"Give {_type_words(name)}.")
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        return Problem(f"{given!s} is out of range", name, f"Choose {words} {context[key]:,}.")
    if name == "split" and kind in ("missing", "too_short", "too_long"):
        return Problem("The split needs three parts", name, "Give training, validation and test, as in 0.7,0.1,0.2.")
    if kind == "too_short":
        return Problem("Nothing is chosen", name, "Choose at least one.")
    return Problem(f"{given!s} cannot be used", name, str(error["msg"]) + ".")


def _ranges(values: Mapping[str, Any]) -> list[Problem]:
    """Seeds as in 0-5, which pydantic would take for the number -5."""
    seeds = values.get("seeds")
    given = [str(seed).strip() for seed in seeds] if isinstance(seeds, list | tuple) else []
    found = [(text, RANGE.fullmatch(text)) for text in given]
    return [
        Problem(
            f"{text} is a range, and every number has to be given", "seeds", _written_out(int(ends[1]), int(ends[2]))
        )
        for text, ends in found
        if ends
    ]


def _written_out(first: int, last: int) -> str:
    numbers = range(first, last + 1) if 0 <= last - first < LONGEST_RANGE else range(3)
    return f"Write each number, as in {', '.join(map(str, numbers))}."


def _item_problem(name: str, given: str, wanted: str) -> Problem:
    """One of several values with commas between them is no number."""
    remedy = f"Give {wanted} with commas between them, such as {EXAMPLES.get(name, '0, 1, 2')}."
    return Problem(f"{given} is not {'a whole number' if wanted.startswith('whole') else 'a number'}", name, remedy)


_LIMITS = {
    "greater_than_equal": ("a value of at least", "ge"),
    "greater_than": ("a value above", "gt"),
    "less_than_equal": ("a value of at most", "le"),
    "less_than": ("a value below", "lt"),
}


def _choices(name: str) -> tuple[str, ...]:
    """The words that a setting's type allows."""
    schema = Settings.model_json_schema()["properties"][name]
    parts = [schema, *schema.get("anyOf", [])]
    return tuple(str(word) for part in parts for word in part.get("enum", [part["const"]] if "const" in part else []))


def _type_words(name: str) -> str:
    schema = Settings.model_json_schema()["properties"][name]
    kinds = [part.get("type") for part in (schema, *schema.get("anyOf", []))]
    words = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "yes or no",
        "string": "a word",
        "array": "numbers or names with commas between them, such as 0, 1, 2",
    }
    known = [words[kind] for kind in kinds if kind in words]
    return _or([*[word for word in known if word != "a word"], *_choices(name)] or known)


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "another value"


def _settings_in(problem: Problem) -> list[str]:
    return problem.where.split(", ")
