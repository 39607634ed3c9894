"""The well-known tips for a faster training, as data: what each changes in the plain script, and when it cannot.

One that another framework has too is a line more here; `tips_for` is all that the measuring and the pages ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.frameworks.base import Hardware, TrainingSpec
from core.graphics import Limit

TIMES_LARGER = 4  # of a batch, and batches that make a step
WORKERS = 2
STEPS = 32
PLAIN: dict[str, Any] = {  # of the plain script, whatever the person has chosen; all else is theirs
    "speed": "stock",
    "maths": "stock",
    "compile": False,
    "precision": "float32",
    "fused": "auto",
    "accumulate": 1,
    "devices": 1,
    "steps_per_execution": None,
    "data_path": "auto",
    "workers": 0,
    "pin_memory": "auto",
    "cache": "off",
    "prefetch": "auto",
}


@dataclass(frozen=True)
class Here:
    """What a tip is tried on: the plain script, and what this machine has."""

    framework: str
    plain: TrainingSpec
    hardware: Hardware
    cores: int
    tuned_compile: bool  # whether Twincast's tuned training compiles
    windows: int  # to train on
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Tip:
    """`changes` are members of TrainingSpec or Hardware; those of Hardware need a process of their own."""

    name: str
    label: str
    words: str  # what it does, for people who do not program
    code: Mapping[str, str]  # the line that does it, by framework; the frameworks that have it
    changes: Callable[[Here], Mapping[str, Any]]
    detail: Callable[[Here], str] = lambda here: ""  # such as: 128 instead of 32
    shows: str = ""  # the setting in force that differs from the plain script's where the tip took effect
    changes_maths: bool = False
    limit: Callable[[Here], tuple[str, str] | None] = lambda here: None  # setting and choice, see core.graphics
    missing: Callable[[Here], str] = lambda here: ""  # why it makes no sense here
    setup_s: float = 0.0  # beyond the plain script's own, about, on a processor
    combines: bool = True  # with others; not what is a combination already

    def label_here(self, here: Here) -> str:
        detail = self.detail(here)
        return f"{self.label}: {detail}" if detail else self.label

    def unavailable(self, here: Here) -> str:
        """Why this machine or this version cannot do it; empty where it can be tried."""
        asked = self.limit(here)
        found = next((each.reason for each in here.limits if (each.setting, each.choice) == asked), "")
        unknown = [name for name in self.changes(here) if name not in KNOWN]
        return found or self.missing(here) or ("This version cannot be asked for it." if unknown else "")


KNOWN = {field.name for kind in (TrainingSpec, Hardware) for field in fields(kind)}


def tips_for(framework: str) -> tuple[Tip, ...]:
    """In the order in which they are tried: what is quick to set up comes first."""
    return tuple(tip for tip in TIPS if framework in tip.code or EVERY in tip.code)


def find(name: str) -> Tip:
    return next(tip for tip in TIPS if tip.name == name)


def plain_of(training: TrainingSpec) -> TrainingSpec:
    """The plain script that learns the same with the same model, loss and optimiser."""
    return replace(training, **{name: value for name, value in PLAIN.items() if name in KNOWN})


def changed(here: Here, *tips: Tip) -> tuple[TrainingSpec, Hardware]:
    """The plain script with these tips."""
    changes = {name: value for tip in tips for name, value in tip.changes(here).items()}
    training, hardware = asdict(here.plain), asdict(here.hardware)
    return (
        TrainingSpec(**{**training, **{name: value for name, value in changes.items() if name in training}}),
        Hardware(**{**hardware, **{name: value for name, value in changes.items() if name in hardware}}),
    )


def other_threads(here: Here) -> int:
    """All cores, or one where the plain script has them all."""
    return here.cores if here.hardware.threads < here.cores else 1


def mixed(here: Here) -> str:
    """float16 is for graphics processors; processors have bfloat16."""
    return "bfloat16" if here.hardware.device == "cpu" else "float16"


EVERY = "every"  # framework
TIPS = (
    Tip(
        "tuned",
        "Twincast's tuned setting",
        "Everything that the page Train does unless you choose the plain script: windows are gathered from one array "
        "that stays where it is trained, and each framework's quickest way of training is used. Nothing is learned "
        "differently.",
        {EVERY: "python -m core compare … --speed tuned"},
        lambda here: {"speed": "tuned", "compile": here.tuned_compile},
        shows="speed",
        combines=False,
    ),
    Tip(
        "fused",
        "Fused optimiser",
        "One kernel updates all weights instead of a loop over them.",
        {"pytorch": "torch.optim.Adam(model.parameters(), fused=True)"},
        lambda here: {"fused": "on"},
        shows="fused",
        missing=lambda here: "RMSprop has no fused kernel." if here.plain.optimizer == "rmsprop" else "",
    ),
    Tip(
        "pin_memory",
        "Pinned memory",
        "Batches wait in memory that a graphics processor can fetch by itself.",
        {"pytorch": "DataLoader(windows, batch_size, shuffle=True, pin_memory=True)"},
        lambda here: {"pin_memory": "on"},
        shows="pin_memory",
        limit=lambda here: ("pin_memory", "on"),
    ),
    Tip(
        "prefetch",
        "Prefetch",
        "The next batch is made ready while the present one is learned.",
        {"tensorflow": "dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)"},
        lambda here: {"data_path": "loader", "prefetch": "on"},
    ),
    Tip(
        "cache",
        "Cache",
        "Windows are cut out of the series once and stay in memory from the first epoch on.",
        {"tensorflow": "dataset.map(window_at).cache()"},
        lambda here: {"data_path": "loader", "cache": "on"},
        shows="cache",
    ),
    Tip(
        "steps_per_execution",
        "Steps per execution",
        "Keras runs many steps before it comes back to Python.",
        {"tensorflow": f"model.compile(…, steps_per_execution={STEPS})"},
        lambda here: {"steps_per_execution": STEPS},
        lambda here: f"{STEPS} instead of 1",
        shows="steps_per_execution",
    ),
    Tip(
        "batch_size",
        "Larger batches",
        "More windows a step, so fewer steps an epoch. The model then learns differently: fewer, smoother steps, and "
        "the best learning rate is another one.",
        {
            EVERY: "",
            "pytorch": "DataLoader(windows, batch_size=4 * batch_size, shuffle=True)",
            "tensorflow": "model.fit(windows, targets, batch_size=4 * batch_size)",
        },
        lambda here: {"batch_size": TIMES_LARGER * here.plain.batch_size},
        lambda here: f"{TIMES_LARGER * here.plain.batch_size:,} windows instead of {here.plain.batch_size:,}",
        shows="batch_size",
        changes_maths=True,
        missing=lambda here: (
            f"There are only {here.windows:,} windows to train on."
            if here.windows < TIMES_LARGER * here.plain.batch_size
            else ""
        ),
    ),
    Tip(
        "accumulate",
        "Gradient accumulation",
        "The gradients of several batches make one step, as a larger batch would, in the memory of a small one. It is "
        "for models that do not fit otherwise, and the model learns differently, as with larger batches.",
        {"pytorch": f"(loss / {TIMES_LARGER}).backward()  # optimizer.step() after {TIMES_LARGER} batches"},
        lambda here: {"accumulate": TIMES_LARGER},
        lambda here: f"{TIMES_LARGER} batches a step",
        shows="accumulate",
        changes_maths=True,
    ),
    Tip(
        "precision",
        "Mixed precision",
        "Large products are computed with fewer digits, which is quicker on processors made for it and slower on "
        "others. Weights stay in float32.",
        {
            "pytorch": "with torch.autocast(device.type, torch.bfloat16):",
            "tensorflow": 'keras.config.set_dtype_policy("mixed_bfloat16")',
        },
        lambda here: {"precision": mixed(here)},
        lambda here: mixed(here),
        shows="precision",
        changes_maths=True,
        limit=lambda here: ("precision", mixed(here)),
    ),
    Tip(
        "workers",
        "DataLoader workers",
        "Other processes cut the windows out of the series while this one trains.",
        {"pytorch": f"DataLoader(windows, batch_size, shuffle=True, num_workers={WORKERS})"},
        lambda here: {"workers": WORKERS},
        lambda here: f"{WORKERS} processes",
        shows="workers",
    ),
    Tip(
        "xla",
        "XLA",
        "The arithmetic of a step is compiled into one program for this processor.",
        {"tensorflow": "model.compile(…, jit_compile=True)"},
        lambda here: {"compile": True},
        shows="compile",
        limit=lambda here: ("compile", "tensorflow"),
        setup_s=2.0,
    ),
    Tip(
        "threads",
        "Threads",
        "Work on several processor cores at once. A small model's steps are too short for that, and more threads than "
        "free cores are many times slower.",
        {
            EVERY: "",
            "pytorch": "torch.set_num_threads(cores)",
            "tensorflow": "tf.config.threading.set_intra_op_parallelism_threads(cores)",
        },
        lambda here: {"threads": other_threads(here)},
        lambda here: f"{other_threads(here)} instead of {here.hardware.threads}",
        shows="threads",
        missing=lambda here: "There is one core to train on." if here.cores < 2 else "",
    ),
    Tip(
        "devices",
        "Several devices",
        "Each device learns from its part of a batch, and their gradients are added up. The windows are gathered on "
        "the devices, as in Twincast's tuned setting.",
        {
            "pytorch": "model = DistributedDataParallel(model, device_ids=[rank])",
            "tensorflow": "with tf.distribute.MirroredStrategy().scope():",
        },
        lambda here: {"devices": 2},
        lambda here: "two instead of one",
        shows="devices",
        limit=lambda here: ("devices", "several gpus"),
    ),
    Tip(
        "torch_compile",
        "torch.compile",
        "The model is translated into a program of its own, once, at the start.",
        {"pytorch": "model = torch.compile(model)"},
        lambda here: {"compile": True},
        shows="compile",
        limit=lambda here: ("compile", "pytorch"),
        setup_s=12.0,
    ),
)
