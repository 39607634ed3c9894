"""How many processor threads a framework gets where nobody said: no more than there are free cores, nor than pay."""

from core import hardware
from core.frameworks.base import ModelSpec
from core.frameworks.catalogue import multiplications
from core.runs.spec import Settings

LEFT = 0.5  # cores for the pages, and for what begins meanwhile
OPERATIONS_A_THREAD = 35e6  # of a step: half a millisecond at 70 GFLOP/s; with less, waiting for each other eats it up
OPERATIONS = 6  # a window and multiplication: two forward, four backward


def decide_threads(settings: Settings, model: ModelSpec, free: float | None, parts: int = 1) -> tuple[int, str]:
    """The number, and why. `free`: cores that others leave free just now; None: not looked at, so one is safe.

    `parts` of the processor train at once, each with so many.
    """
    frameworks = len(settings.frameworks) if settings.order == "together" else 1
    together = parts * frameworks
    if settings.threads != "auto":
        return settings.threads, _asked(settings.threads, together, free)
    if free is None:
        return 1, "Threads 1: one is safe on any machine, and how many cores are free was not looked at."
    room = int(max(free - LEFT, 0.0) / together)
    worth = int(OPERATIONS * multiplications(model) * settings.batch_size / OPERATIONS_A_THREAD)
    threads = max(1, min(room, worth, hardware.physical_cores()))
    shared = ("", ", for both frameworks at once")[frameworks > 1] if parts == 1 else f", for {together} parts at once"
    return threads, f"Threads {threads}: {_why(free, room, worth, shared)}"


def _why(free: float, room: int, worth: int, shared: str) -> str:
    cores = f"{free:.1f} of {hardware.cores()} cores are free just now"
    if worth <= room:
        return f"{cores}{shared}, and a step of this model is too short for more threads to pay."
    if room <= 1:
        return f"{cores}{shared}, and more threads than free cores make training many times slower."
    return f"{cores}{shared}; half a one is left to the pages."


def _asked(threads: int, together: int, free: float | None) -> str:
    """A word of warning where what was asked does not fit."""
    if free is None or threads * together <= free + LEFT:
        return ""
    each = " each" if together > 1 else ""
    return (
        f"Threads {threads}{each} as asked, though only {free:.1f} of {hardware.cores()} cores are free just now: "
        "this may be many times slower than fewer threads."
    )
