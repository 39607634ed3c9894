"""More seeds for a comparison that has ended: the trainings there are stay, and the verdict is made anew.

Who adds seeds until an answer comes out finds one by luck sooner or later. So there are at most three extensions, and
all looks at the verdict share one budget of error (core.evaluation.significance.Looks).
"""

from core.errors import BadInput
from core.runs.events import Resumed
from core.runs.files import Journal
from core.runs.folders import ComparisonFolder, State
from core.runs.planning import DECIDING_SEEDS, make_fits
from core.runs.spec import ComparisonSpec

MORE = 5  # seeds an extension
EXTENSIONS = 3


def obstacle(spec: ComparisonSpec) -> str | None:
    """Why no seeds can be added; None where they can."""
    if spec.settings.maths == "matched":
        return "Under matched maths both frameworks learn the same from every seed: more of them tell nothing new."
    if len(spec.settings.frameworks) < 2:
        return "There is only one framework, so there is nothing to settle."
    if spec.extensions >= EXTENSIONS:
        return f"Seeds were added {EXTENSIONS} times already; who adds them until an answer comes finds one by luck."
    return None


def left(spec: ComparisonSpec) -> int:
    """Seeds that can still be added."""
    return 0 if obstacle(spec) else MORE * (EXTENSIONS - spec.extensions)


def extended(spec: ComparisonSpec) -> ComparisonSpec:
    """The same with more seeds. A look counts only where the one before could have named a winner."""
    seeds = spec.settings.seeds
    unused = (number for number in range(max(seeds) + 1, max(seeds) + 1 + MORE))
    settings = spec.settings.model_copy(update={"seeds": (*seeds, *unused)})
    return spec.model_copy(
        update={
            "settings": settings,
            "plan": spec.plan.model_copy(update={"fits": make_fits(settings)}),
            "looks": spec.looks + (1 if len(seeds) >= DECIDING_SEEDS else 0),
            "extensions": spec.extensions + 1,
            "command": with_seeds(spec.command, settings.seeds),
        }
    )


def with_seeds(command: str, seeds: tuple[int, ...]) -> str:
    """The command line that trains these seeds at once."""
    before, found, after = command.partition(" --seeds ")
    told = f" --seeds {','.join(map(str, seeds))}"
    if found:
        return before + told + "".join(after.partition(" ")[1:])
    before, out, after = command.rpartition(" --out ")
    return before + told + out + after


def prepare_to_extend(folder: ComparisonFolder) -> None:
    """Takes an ended comparison in hand, adds seeds to it, and queues it. Raises StoreFailed, BadInput."""
    if not folder.try_hold():
        raise BadInput("This comparison is already waiting or training", folder.id, "Watch it on the page Train.")
    try:
        spec = folder.spec()
        why = obstacle(spec)
        if why is not None or not folder.sealed:
            raise BadInput(why or "An earlier version made this comparison", folder.id, "Run it again with more seeds.")
        for run in folder.runs():
            run.withdraw()
            journal = Journal(run.events)  # before the specs: a run that counts as finished would not go on
            journal.write(Resumed())
            journal.close()
        folder.rewrite(extended(spec))
        earlier = folder.state()
        folder.set_state(State("queued", load_before=earlier.load_before, load_during=earlier.load_during))
    except BaseException:
        folder.release()
        raise
