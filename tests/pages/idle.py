"""A supervisor that begins nothing, for pages whose comparisons only wait."""

from core.frameworks.base import Device
from core.runs.store import Store
from core.runs.supervisor import FrameworkStatus, Supervisor

PROCESSOR = (Device("cpu", "a processor", 8.0),)
READY = {name: FrameworkStatus(name, "ready", "1.2.3", PROCESSOR) for name in ("pytorch", "tensorflow")}


class Idle(Supervisor):
    """Takes comparisons into its queue and begins none; its frameworks are as it is told."""

    alive = True
    found = READY

    def __init__(self, store: Store) -> None:
        super().__init__(store, warm=())

    def set_frameworks(self, statuses: dict[str, FrameworkStatus]) -> None:
        self.found = statuses

    def frameworks(self) -> dict[str, FrameworkStatus]:
        return dict(self.found)

    def end(self, id: str) -> None:
        """It leaves the queue, as at its end."""
        self._queue = [ticket for ticket in self._queue if ticket.id != id]
        self._let_go(id)
