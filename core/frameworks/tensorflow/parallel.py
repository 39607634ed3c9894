"""Training on several devices in TensorFlow: MirroredStrategy, with a copy of the model on each device.

One process leads them all through the same `fit`, each on its share of every batch, so that losses and weights are
those of one device with the same batch.
"""

from typing import Any

import keras
import tensorflow as tf

from core.frameworks.base import ModelSpec, TrainingSpec
from core.frameworks.fit import NORM_EVERY
from core.frameworks.tensorflow.steps import steps_per_execution
from core.frameworks.tensorflow.training import Trainer, WindowModel


class ParallelTrainer(Trainer):
    """As on one device, but for the model; the first device is asked for forecasts and weights."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: str) -> None:
        self.strategy = strategy(device, training.devices)
        with self.strategy.scope():
            super().__init__(model, training, device)
        parts = self.strategy.num_replicas_in_sync
        self.applied |= {"devices": parts, "threads": self.applied["threads"] // (parts if device == "cpu" else 1)}

    def window_model(self, network: keras.Model) -> WindowModel:
        return ParallelModel(network, self.spec, self.training)


class ParallelModel(WindowModel):
    """A model with a copy on each device. Weights are equal on all at every step, as all apply the same gradients."""

    def __init__(self, network: keras.Model, spec: ModelSpec, training: TrainingSpec) -> None:
        super().__init__(network, spec, training, block=1)  # devices wait for each other between two steps
        steps = steps_per_execution(spec, training)
        self.compile(self.optimizer, steps_per_execution=steps, jit_compile=False)
        self.built = True  # `fit` would call it to build it, and it is not called: its network is
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.norms = tf.Variable(self.norms.numpy(), trainable=False, aggregation=first)
        # A function of its own for the arithmetic alone: within one, no device may wait for another.
        self.own_slopes = tf.function(self.slopes, jit_compile=training.compile)

    def fit(self, steps: tf.data.Dataset, **options: Any) -> keras.callbacks.History:
        """A strategy deals out among its devices what it iterates over: the number of a step, once for each."""
        devices = self.distribute_strategy.num_replicas_in_sync
        return super().fit(steps.map(lambda step: tf.fill([devices], step)), **options)

    def train_step(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """One update from this device's share of step number `step` of the epoch's order."""
        replica, step = tf.distribute.get_replica_context(), step[0]
        devices = replica.num_replicas_in_sync
        origins = tf.reshape(self.order[step], (-1, devices))
        windows = tf.math.count_nonzero(origins >= 0, dtype=tf.float32)  # of all devices
        own = origins[:, replica.replica_id_in_sync_group]
        window, target = self.gather(self.series, tf.maximum(own, self.spec.lookback))
        loss, gradients = self.own_slopes(window, target, tf.cast(own >= 0, tf.float32), windows)
        gradients = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        norm = tf.linalg.global_norm(gradients)
        self.norms.assign_add(tf.where(step % NORM_EVERY == 0, [norm, 1.0], [0.0, 0.0]))
        # The optimiser adds up all devices' gradients, but only after it was too late to clip their sum: it is given
        # an equal part of the sum for each device.
        parts = [gradient / devices for gradient in self.clip(gradients)]
        self.optimizer.apply(parts, self.network.trainable_variables)
        self.mean_loss.update_state(loss * devices, sample_weight=windows)
        return {"loss": self.mean_loss.result()}


def strategy(device: str, devices: int) -> tf.distribute.Strategy:
    """Over parts of the processor, or graphics processors (not measured here) by NCCL.

    Neither is TensorFlow's default: its collective operations cannot be in the loop that `fit` makes of several steps
    per execution (keras-team/keras, issue 19246).
    """
    if device == "cpu":
        names = [f"CPU:{number}" for number in range(devices)]
        return tf.distribute.MirroredStrategy(names, tf.distribute.ReductionToOneDevice())
    names = [f"GPU:{number}" for number in range(devices)]  # of those that are visible
    return tf.distribute.MirroredStrategy(names, tf.distribute.NcclAllReduce())
