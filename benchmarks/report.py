"""Subjects measured one after the other: their tables printed, and their sections put into a page of docs."""

import argparse
import importlib
import importlib.metadata
import platform
import re
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.figure import Figure, table
from core import hardware

DOCS = Path(__file__).parents[1] / "docs"
MET = re.compile(r"\| (?P<figure>[^|]+)\|.*\| (?P<met>yes|\*\*no\*\*) *\|$")  # a row of a table that has a target
PACKAGES = ("streamlit", "plotly", "pandas", "numpy", "torch", "tensorflow", "keras", "scikit-learn")


@dataclass(frozen=True)
class Section:
    """One subject as measured; `failure` says why there are no figures."""

    name: str
    text: str  # how it is measured
    figures: Sequence[Figure]
    load_before: float
    seconds: float
    failure: str = ""

    def markdown(self) -> str:
        title, _, how = self.text.partition("\n\n")
        body = f"Not measured: {self.failure}" if self.failure else table(self.figures)
        when = f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}"
        footer = f"`{self.name}`: {self.seconds:.0f} s until {when}; load average before it {self.load_before:.2f}."
        return f"## {title.rstrip('.')}\n\n{how.strip()}\n\n{body}\n\n{footer}\n"


@dataclass(frozen=True)
class Report:
    """`package` holds a module for each of `subjects`, with `measure(quick)`; the page says how it was made."""

    package: str
    subjects: tuple[str, ...]
    title: str
    page: str  # in docs
    made_by: str  # two lines
    description: str

    def main(self) -> int:
        """0 when everything asked for could be measured, met or not."""
        asked = self._asked()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and workers end with this process
        failed = False
        for name in asked.names or self.subjects:
            section = self.measured(name, asked.quick)
            print(section.markdown(), flush=True)
            failed = failed or bool(section.failure)
            if not asked.quick:
                (DOCS / self.page).write_text(self.text({**self.kept(), name: section.markdown()}))
        return 1 if failed else 0

    def measured(self, name: str, quick: bool) -> Section:
        """A subject that fails does not keep the others from being measured."""
        module = importlib.import_module(f"{self.package}.{name}")
        load, began = hardware.load(), time.perf_counter()
        figures, failure = [], ""
        try:
            figures = module.measure(quick)
        except Exception as error:
            traceback.print_exc()
            failure = f"{type(error).__name__}: {error}"
        return Section(name, module.__doc__, figures, load, time.perf_counter() - began, failure)

    def kept(self) -> dict[str, str]:
        """The sections of the page as it is, by subject."""
        page = DOCS / self.page
        parts = re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE)[1:] if page.exists() else []
        named = [(re.search(r"^`(\w+)`: ", part, re.MULTILINE), part) for part in parts]
        return {match[1]: part.rstrip() + "\n" for match, part in named if match}

    def text(self, sections: Mapping[str, str]) -> str:
        """The page: on what it was measured, what was missed, then each subject, with when it was measured."""
        machine = hardware.describe_machine()
        gpus = ", ".join(gpu.name for gpu in machine.gpus) or "none"
        versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in PACKAGES)
        shown = [sections[name] for name in self.subjects if name in sections]
        judged = [MET.match(line) for section in shown for line in section.splitlines()]
        targets = [match for match in judged if match]
        missed = [match["figure"].strip() for match in targets if match["met"] != "yes"]
        return "\n".join(
            [
                f"# {self.title}",
                "",
                self.made_by,
                "",
                f"- Machine: {machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB, "
                f"graphics processors: {gpus}; {platform.system()} {platform.machine()}.",
                f"- Python {platform.python_version()}, {versions}.",
                f"- {len(targets) - len(missed)} of {len(targets)} targets met"
                + (f"; missed: {'; '.join(missed)}." if missed else "."),
                "",
                *shown,
            ]
        )

    def _asked(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser(prog=f"python -m {self.package}", description=self.description)
        known = ", ".join(self.subjects)
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {known} (all by default)")
        parser.add_argument("--quick", action="store_true", help="a few cases of each, to see that it works")
        asked = parser.parse_args()
        unknown = [name for name in asked.names if name not in self.subjects]
        if unknown:
            parser.error(f"there is no {unknown[0]}; choose from {known}")
        return asked
