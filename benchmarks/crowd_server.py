"""`python -m benchmarks.crowd_server …`: the real server, with a long comparison that both real frameworks train.

The arguments are those of `streamlit run app.py`. Each framework has one thread and both train at the same time.
"""

import sys

from streamlit.web import cli

from benchmarks import comparing
from benchmarks.comparing import Engine
from core.runs.spec import Settings
from pages.parts import engine

EPOCHS = 1_000  # more than are trained while the crowd watches


def main() -> None:
    supervisor = engine.supervisor()
    settings = Settings(order="together", threads=1, epochs=EPOCHS, patience=None, lookback=48, horizon=24)
    Engine(supervisor, supervisor.store, ()).start(comparing.sample("electricity"), settings)
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
