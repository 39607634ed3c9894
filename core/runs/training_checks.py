"""Reasons why settings of the training cannot be used, and what is said of those that change nothing."""

from core.data.dataset import Dataset
from core.data.transforms import lost_rows
from core.data.words import listed
from core.errors import Problem
from core.frameworks import loss_catalogue
from core.runs.spec import Settings

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with momentum", "rmsprop": "RMSprop"}
OF_OPTIMIZERS = {"momentum": "sgd", "weight_decay": "adamw"}  # settings that only one of them has a use for
OF_FRAMEWORKS = {
    "fused": ("pytorch", "PyTorch"),
    "steps_per_execution": ("tensorflow", "TensorFlow"),
    "workers": ("pytorch", "PyTorch"),
    "pin_memory": ("pytorch", "PyTorch"),
    "cache": ("tensorflow", "TensorFlow"),
    "prefetch": ("tensorflow", "TensorFlow"),
}
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
        if getattr(settings, name) != Settings.model_fields[name].default and framework not in settings.frameworks
    ]
    return " ".join(said)
