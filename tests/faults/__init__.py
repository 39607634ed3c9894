"""What the engine survives, measured: `python -m tests.faults [NAME …]` injects faults and prints tables of figures.

Each subject is a module with `measure(quick)`, which returns figures; its docstring says how they are measured.
tests/faults/test_sample.py is a sample of it. Linux only: processes are looked at through /proc.
"""

SUBJECTS = (
    "kills",
    "servers",
    "saves",
    "damage",
    "disks",
    "cancels",
    "memory",
    "endurance",
    "missing",
    "fairness",
    "mischief",
)
