"""`python -m benchmarks.performance [--quick] [NAME …]`: measure, print tables, put them into docs/performance.md."""

import sys

from benchmarks.performance import SUBJECTS
from benchmarks.report import Report

REPORT = Report(
    package="benchmarks.performance",
    subjects=SUBJECTS,
    title="Performance",
    page="performance.md",
    made_by="Made by `python -m benchmarks.performance` (`make performance`, `make accuracy`); do not edit. Targets\n"
    "are held against the median of n interleaved repeats, or the largest where it says so.",
    description="How fast and how accurate the training is.",
)

if __name__ == "__main__":
    sys.exit(REPORT.main())
