"""`python -m benchmarks [--quick] [NAME …]`: measure, print tables, and put them into docs/figures.md."""

import sys

from benchmarks import SUBJECTS
from benchmarks.report import Report

REPORT = Report(
    package="benchmarks",
    subjects=SUBJECTS,
    title="Figures",
    page="figures.md",
    made_by="Made by `python -m benchmarks` (`make bench`); do not edit. Targets are held against the median of n\n"
    "repeats, or the 95th percentile where it says so.",
    description="What Twincast costs and delivers.",
)

if __name__ == "__main__":
    sys.exit(REPORT.main())
