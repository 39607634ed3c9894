"""Subjects measured one after the other: their tables printed, and a page of docs made from them."""

import argparse
import importlib
import importlib.metadata
import platform
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.figure import Figure, table
from core import hardware

DOCS = Path(__file__).parents[1] / "docs"
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
        footer = f"`{self.name}`: {self.seconds:.0f} s; load average before it {self.load_before:.2f}."
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
        sections = []
        for name in asked.names or self.subjects:
            sections.append(self.measured(name, asked.quick))
            print(sections[-1].markdown(), flush=True)
        if not asked.names and not asked.quick:
            (DOCS / self.page).write_text(self.text(sections))
            print(f"Written to docs/{self.page}.")
        return 1 if any(section.failure for section in sections) else 0

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

    def text(self, sections: Sequence[Section]) -> str:
        """The page: on what and when it was measured, what was missed, then each subject."""
        machine = hardware.describe_machine()
        versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in PACKAGES)
        targets = [figure for section in sections for figure in section.figures if figure.met is not None]
        missed = [figure.name for figure in targets if not figure.met]
        return "\n".join(
            [
                f"# {self.title}",
                "",
                self.made_by,
                "",
                f"- Measured on {datetime.now().astimezone():%d %B %Y, %H:%M %Z}, in "
                f"{sum(section.seconds for section in sections) / 60:.0f} minutes.",
                f"- Machine: {machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB, "
                f"graphics processors: {', '.join(machine.gpus) or 'none'}; {platform.system()} {platform.machine()}.",
                f"- Python {platform.python_version()}, {versions}.",
                f"- {len(targets) - len(missed)} of {len(targets)} targets met"
                + (f"; missed: {'; '.join(missed)}." if missed else "."),
                "",
                *(section.markdown() for section in sections),
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
