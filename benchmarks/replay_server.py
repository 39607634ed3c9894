"""`python -m benchmarks.replay_server …`: the real server, with a long comparison under way whose workers only replay.

The arguments are those of `streamlit run app.py`. The workers sleep instead of training, so that the processor time of
watching is not mixed with that of training on the same cores.
"""

import sys

from streamlit.web import cli

from benchmarks import comparing
from benchmarks.comparing import Engine
from core.runs import process
from core.runs.spec import Settings
from pages.parts import engine

EPOCHS = 1_000


def main() -> None:
    process.COMMAND = (sys.executable, "-m", "benchmarks.replay_worker")
    supervisor = engine.supervisor()
    settings = Settings(order="together", epochs=EPOCHS, lookback=24, horizon=12)
    Engine(supervisor, supervisor.store, ()).start(comparing.sample("retail"), settings)
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
