"""`python -m benchmarks.performance.peer_darts WORK`, in the peers' environment: its LSTM as a rival.

Its series are float32, as every rival's, though Darts takes float64 unless told; progress bar, log and checkpoints are
off. The other columns are past covariates.
"""

import sys

import numpy as np
import torch
from darts import TimeSeries
from darts.models import BlockRNNModel
from pytorch_lightning.callbacks import Callback

from benchmarks.performance.gate import Gate
from benchmarks.performance.work import LEARNING_RATE, Work, from_text

EPOCHS = 1_000_000  # the gate ends it


class Turn(Callback):
    """Every epoch goes through the gate."""

    def __init__(self, gate: Gate, work: Work) -> None:
        self.gate, self.work = gate, work

    def on_train_epoch_start(self, trainer: object, module: object) -> None:
        self.gate.open()

    def on_train_epoch_end(self, trainer: object, module: object) -> None:
        assert trainer.num_training_batches == self.work.steps, trainer.num_training_batches
        self.gate.close()


def main(work: Work) -> None:
    torch.set_num_threads(1)
    values = work.series().astype(np.float32)
    target, others = TimeSeries.from_values(values[:, :1]), TimeSeries.from_values(values[:, 1:])
    model = BlockRNNModel(
        model="LSTM",
        input_chunk_length=work.lookback,
        output_chunk_length=work.horizon,
        hidden_dim=work.hidden,
        n_rnn_layers=1,
        batch_size=work.batch,
        n_epochs=EPOCHS,
        optimizer_kwargs={"lr": LEARNING_RATE},
        random_state=0,
        pl_trainer_kwargs={
            "accelerator": "cpu",
            "callbacks": [Turn(Gate(), work)],
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "enable_checkpointing": False,
            "logger": False,
        },
    )
    model.fit(target, past_covariates=others)


if __name__ == "__main__":
    main(from_text(sys.argv[1]))
