"""Adam twice: as Keras comes, and with PyTorch's arithmetic for matched training."""

from typing import Any

import keras
import tensorflow as tf

from core.frameworks.base import TrainingSpec


def build_optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    """Keras' own Adam under stock maths, PyTorch's formula under matched maths."""
    if training.maths == "matched":
        return MatchedAdam(training.learning_rate, epsilon=1e-8)
    return keras.optimizers.Adam(training.learning_rate)


class MatchedAdam(keras.optimizers.Adam):
    """Adam as in Kingma and Ba (2015), algorithm 1, and in torch.optim.Adam.

    Keras' own adds epsilon before the bias correction of the second moment (the paper's "epsilon hat") and forms
    1 - beta^t from a float32 beta: enough for two loss curves to part at the first step.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        step = tf.cast(self.iterations + 1, tf.float64)
        correction_1 = 1 - tf.constant(self.beta_1, tf.float64) ** step
        correction_2 = 1 - tf.constant(self.beta_2, tf.float64) ** step
        step_size = tf.cast(tf.cast(learning_rate, tf.float64) / correction_1, variable.dtype)
        m = self._momentums[self._get_variable_index(variable)]
        v = self._velocities[self._get_variable_index(variable)]
        m.assign_add((gradient - m) * (1 - self.beta_1))
        v.assign(v * self.beta_2 + tf.square(gradient) * (1 - self.beta_2))
        spread = tf.sqrt(v.value) / tf.cast(tf.sqrt(correction_2), variable.dtype) + self.epsilon
        variable.assign_sub(step_size * m / spread)
