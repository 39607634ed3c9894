"""Reasons why settings of the training cannot be used, and what is said of those that change nothing."""

from core.data.dataset import Dataset
from core.data.transforms import lost_rows
from core.data.words import listed
from core.errors import Problem
from core.frameworks import loss_catalogue
from core.runs.spec import Settings

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with momentum", "rmsprop": "RMSprop"}
OF_OPTIMIZERS = {"momentum": "sgd", "weight_decay": "adamw"}  # settings that only one of them has a use for
OF_FRAMEWORKS = {"fused": ("pytorch", "PyTorch"), "steps_per_execution": ("tensorflow", "TensorFlow")}
NAMES = {  # as they are called in a sentence
    "momentum": "a momentum",
    "weight_decay": "a weight decay",
    "quantile": "a quantile",
    "direction_weight": "a weight of direction",
}


def check_training(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    """A direction is that of the values; learned as changes, the last value known would be a change itself."""
    if settings.loss != "direction" or not lost_rows(settings.transform):
        return []
    return [
        Problem(
            "The direction loss compares forecasts with the last value, and the target is learned as changes of it",
            "loss, transform",
            "Choose the loss mse, or learn the target as measured (none) or as logarithms (log).",
        )
    ]


def check_speed(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    """What an optimiser cannot do; and what plain scripts do not do, such as to follow another framework's order."""
    found = _rounded(settings)
    if settings.speed != "stock":
        return found + (_not_fused(settings) if settings.fused == "on" else [])
    if settings.fused == "on" or settings.steps_per_execution not in ("auto", 1):
        found.append(
            Problem(
                "Plain scripts take the optimiser as it comes, and run one step at a time",
                "speed, fused, steps_per_execution",
                "Choose the speed tuned, or leave the other two at auto.",
            )
        )
    if settings.maths == "matched":
        found.append(
            Problem(
                "Plain scripts shuffle in their own ways, so their curves cannot be matched",
                "speed, maths",
                "Choose the speed tuned, or the maths stock.",
            )
        )
    if settings.accumulate > 1:
        found.append(
            Problem(
                "Plain scripts make a step from each batch",
                "speed, accumulate",
                f"Choose the speed tuned, or 1 batch a step and a batch size of "
                f"{settings.batch_size * settings.accumulate:,}.",
            )
        )
    return found


def _rounded(settings: Settings) -> list[Problem]:
    if settings.precision == "float32" or settings.maths == "stock":
        return []
    return [
        Problem(
            "With the three digits of bfloat16 two frameworks cannot be matched: each rounds at other places",
            "precision, maths",
            "Choose the precision float32, or the maths stock.",
        )
    ]


def _not_fused(settings: Settings) -> list[Problem]:
    if settings.optimizer != "rmsprop" or "pytorch" not in settings.frameworks:
        return []
    return [
        Problem(
            "PyTorch has no RMSprop in one kernel",
            "fused, optimizer",
            "Choose auto for fused, or the optimiser adam, adamw or sgd.",
        )
    ]


def idle(optimizer: str, loss: str) -> tuple[str, ...]:
    """Settings that neither this optimiser nor this loss has a use for."""
    of_losses = {each.setting: each.name for each in loss_catalogue.losses().values() if each.setting}
    others = [name for name, user in OF_OPTIMIZERS.items() if user != optimizer]
    return (*others, *(name for name, user in of_losses.items() if user != loss))


def idle_words(settings: Settings) -> str:
    """Which of the settings that were chosen change nothing."""
    chosen = [
        NAMES.get(name, name)
        for name in idle(settings.optimizer, settings.loss)
        if getattr(settings, name) != Settings.model_fields[name].default
    ]
    users = f"{OPTIMIZERS[settings.optimizer]} with the loss {settings.loss}"
    said = [f"{users} has no use for {listed(chosen, 'or')}: what was chosen changes nothing."] if chosen else []
    said += [
        f"The setting {name} is {label}'s alone, which does not take part."
        for name, (framework, label) in OF_FRAMEWORKS.items()
        if getattr(settings, name) != "auto" and framework not in settings.frameworks
    ]
    return " ".join(said)
