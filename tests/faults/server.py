"""`python -m tests.faults.server KIND …`: the real server, with workers of that kind (tests/faults/witness.py).

The other arguments are those of `streamlit run app.py`. It starts a comparison for each file in the folder `wishes` of
its home, {"settings": …, "kinds": …, "session": …}, and answers with the comparison's id in a file of the same name in
`granted`.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from streamlit.web import cli

from core.runs import process
from tests.faults import asked

LOOK_S = 0.05


def main() -> None:
    kind, *arguments = sys.argv[1:]
    process.COMMAND = asked.command(kind)
    threading.Thread(target=grant, args=(kind, Path(os.environ["TWINCAST_HOME"])), daemon=True).start()
    sys.argv = ["streamlit", "run", "app.py", *arguments]
    cli.main()


def grant(kind: str, home: Path) -> None:
    from pages.parts import engine

    while True:
        for path in sorted((home / "wishes").glob("*.json")):
            wish = json.loads(path.read_text())
            path.unlink()
            supervisor = engine.supervisor()
            spec = asked.planned(kind, wish["kinds"], **wish["settings"])
            id = supervisor.submit(spec, asked.data(kind), wish["session"])
            asked.appear(home / "granted" / path.name, id)
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
