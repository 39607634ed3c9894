"""How fast and how accurate the training is, measured: `python -m benchmarks.performance [NAME …]`.

Each subject is a module with `measure(quick)`, which returns figures; its docstring says how they are measured.
`rivals` starts the processes that a subject compares and lets them train in turn; a rival imports little besides its
framework, as Darts and NeuralForecast live in an environment without this project's packages.
"""

SUBJECTS = ("training", "loops", "growth", "single_forecast", "accuracy")
