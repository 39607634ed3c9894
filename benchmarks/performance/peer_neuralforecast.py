"""`python -m benchmarks.performance.peer_neuralforecast WORK [lean]`, in the peers' environment: its LSTM as a rival.

As it comes it scales every window and its decoder has two layers; lean, it does no more than the other rivals. It has
no epochs: each step draws its windows at random from all, so that as many steps as fill an epoch count as one. Progress
bar, log and checkpoints are off; the other columns are historic exogenous ones.
"""

import sys

import pandas as pd
import torch
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MSE
from neuralforecast.models import LSTM
from pytorch_lightning.callbacks import Callback

from benchmarks.performance.gate import Gate
from benchmarks.performance.work import LEARNING_RATE, Work, from_text

STEPS = 1_000_000_000  # the gate ends it
LEAN = {"decoder_layers": 1, "scaler_type": "identity"}


class Turn(Callback):
    """As many steps as an epoch has go through the gate together."""

    def __init__(self, gate: Gate, work: Work) -> None:
        self.gate, self.steps, self.done = gate, work.steps, 0

    def on_train_start(self, trainer: object, module: object) -> None:
        self.gate.open()

    def on_train_batch_end(self, *_: object) -> None:
        self.done += 1
        if self.done % self.steps == 0:
            self.gate.close()
            self.gate.open()


def main(work: Work, lean: bool) -> None:
    torch.set_num_threads(1)
    others = [f"x{column}" for column in range(1, work.inputs)]
    frame = pd.DataFrame(work.series(), columns=["y", *others])
    frame["ds"] = pd.date_range("2000-01-01", periods=work.rows, freq="h")
    frame["unique_id"] = "waves"
    model = LSTM(
        h=work.horizon,
        input_size=work.lookback,
        encoder_n_layers=1,
        encoder_hidden_size=work.hidden,
        hist_exog_list=others,
        loss=MSE(),
        max_steps=STEPS,
        learning_rate=LEARNING_RATE,
        batch_size=1,  # series
        windows_batch_size=work.batch,
        val_check_steps=STEPS,
        accelerator="cpu",
        callbacks=[Turn(Gate(), work)],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        logger=False,
        **(LEAN if lean else {}),
    )
    NeuralForecast(models=[model], freq="h").fit(frame)


if __name__ == "__main__":
    main(from_text(sys.argv[1]), lean=sys.argv[2:] == ["lean"])
