"""`python -m tests.faults [--quick] [NAME …]`: inject faults, print tables, and put them into docs/reliability.md."""

import sys

from benchmarks.report import Report
from tests.faults import SUBJECTS

REPORT = Report(
    package="tests.faults",
    subjects=SUBJECTS,
    title="Reliability",
    page="reliability.md",
    made_by="Made by `python -m tests.faults` (`make faults`); do not edit. Targets are held against the largest of n\n"
    "where it says so, else against the one value.",
    description="What the engine survives.",
)

if __name__ == "__main__":
    sys.exit(REPORT.main())
