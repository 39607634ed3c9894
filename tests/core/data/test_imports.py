"""The server reads and describes data without loading anything heavy."""

import subprocess
import sys

LIGHT = ["reader", "selection", "frequency", "calendar", "scaling", "split", "prepare", "samples"]
CODE = f"""
import sys
for name in {LIGHT}: __import__("core.data." + name)
import core.evaluation.metrics, core.evaluation.baselines
from core.data.samples import load_sample
load_sample("retail")
heavy = {{"sklearn", "scipy", "statsmodels", "torch", "tensorflow", "streamlit"}}
print(*sorted(heavy & {{name.split(".")[0] for name in sys.modules}}))
"""


def test_reading_data_loads_neither_a_framework_nor_scikit_learn() -> None:
    loaded = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""
