"""In how many digits PyTorch computes."""

import torch
from torch import nn

from core.frameworks.base import TrainingSpec

LOW = {"bfloat16": torch.bfloat16, "float16": torch.float16}

RECURRENT_TF32: bool = torch.backends.cudnn.allow_tf32  # as torch comes: on, though its plain matrix products are exact


def set_tf32(maths: str) -> None:
    """Full float32 on GPUs under matched maths, torch's own choice under stock. Not measured on a GPU yet.

    TF32 keeps 10 of a product's 23 mantissa bits. The flag is the process's, so every fit sets it anew.
    """
    torch.backends.cudnn.allow_tf32 = RECURRENT_TF32 and maths == "stock"


def tf32(device: torch.device) -> str:
    """Where TF32 is in force; processors have none."""
    if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
        return "nowhere"
    return "everywhere" if torch.backends.cuda.matmul.allow_tf32 else "recurrent layers"


def precision(model: nn.Module, training: TrainingSpec) -> str:
    """That of the numbers; mixed: weights stay in float32, and what is quick in fewer digits is computed so."""
    kept = str(next(model.parameters()).dtype).removeprefix("torch.")
    return kept if training.precision == kept else f"mixed_{training.precision}"
