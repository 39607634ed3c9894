"""What Twincast costs and delivers, measured: `python -m benchmarks [NAME …]` prints tables of figures.

Each subject is a module with `measure(quick)`, which returns figures; its docstring says how they are measured.
Linux only: processes are looked at through /proc.
"""

SUBJECTS = (
    "server",
    "page_rerun",
    "first_point",
    "worker_overhead",
    "live_view",
    "crowd",
    "memory",
    "reading",
    "demo",
    "decide",
)
