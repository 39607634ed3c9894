"""Which frameworks compile the arithmetic of a step, and where a trial is to find that out."""

from core.frameworks import catalogue
from core.runs.spec import Settings

COMPILE_FROM_STEPS = 6_000  # XLA costs about 2 s once and saves about 0.4 ms a step on a CPU: it pays from 5,000 on
WHY_NOT_TORCH = {  # whether it is a processor
    True: "PyTorch as it runs by itself: torch.compile takes ten seconds and more, and seldom saves as much.",
    False: "PyTorch as it runs by itself: what torch.compile saves on a graphics processor is not measured here.",
}


def decide_compile(settings: Settings, device: str, steps: float) -> tuple[tuple[str, ...], str]:
    """Those that compile, and why; so many `steps` are to come."""
    recurrent = catalogue.find(settings.model).uses("bidirectional")  # walks from row to row
    if settings.compile == "on":
        around = "torch.compile leaves LSTM and GRU layers as they are, and compiles what is around them."
        return settings.frameworks, around if recurrent and "pytorch" in settings.frameworks else ""
    if settings.compile == "off":
        return (), ""
    if settings.devices > 1:
        return (), "Nothing is compiled where several devices train."
    if settings.loads:
        return (), "Nothing is compiled where a loader brings the windows, unless asked for."
    xla, why_xla = _decide_xla(settings, device, steps)
    why = {"tensorflow": why_xla, "pytorch": WHY_NOT_TORCH[device == "cpu"]}
    compiled = tuple(name for name in settings.frameworks if name == "tensorflow" and xla)
    return compiled, " ".join(why[name] for name in settings.frameworks if name in why)


def _decide_xla(settings: Settings, device: str, steps: float) -> tuple[bool, str]:
    """XLA for TensorFlow where the steps to come repay its compilation; measured on processors only."""
    if device != "cpu":
        return False, "TensorFlow without XLA: on a graphics processor its own recurrent kernels are used."
    if catalogue.find(settings.model).uses("kernel"):
        return False, "TensorFlow without XLA: on a processor it makes convolutions slower."
    if steps >= COMPILE_FROM_STEPS:
        return True, f"TensorFlow with XLA: about {steps:,.0f} steps repay the 2 seconds of compiling."
    return False, f"TensorFlow without XLA: about {steps:,.0f} steps would not repay the 2 seconds of compiling."


def decide_tries(settings: Settings, device: str) -> tuple[str, ...]:
    """Where trial steps can tell whether compiling pays: on a processor, with nothing else training beside them.

    Not in PyTorch, whose trial would take longer than what it could save.
    """
    alone = settings.order == "alternate" or len(settings.frameworks) == 1
    several = settings.loads or settings.devices > 1
    tried = settings.compile == "auto" and not several and device == "cpu" and alone
    return tuple(name for name in settings.frameworks if name == "tensorflow" and tried)
