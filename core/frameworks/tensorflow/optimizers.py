"""The optimisers in Keras, each twice: as it comes, and with PyTorch's formula and defaults for matched maths."""

from typing import Any

import keras
import tensorflow as tf

from core.frameworks.base import TrainingSpec

OPTIONS = {  # those of each that matter, as Keras calls them, and as they are called on screen
    "adam": {"beta_1": "betas", "beta_2": "betas", "epsilon": "epsilon"},
    "adamw": {"beta_1": "betas", "beta_2": "betas", "epsilon": "epsilon", "weight_decay": "weight_decay"},
    "sgd": {"momentum": "momentum"},
    "rmsprop": {"rho": "rho", "epsilon": "epsilon"},
}


def build_optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    """The optimiser asked for; under stock maths with Keras' own defaults for all that is not set."""
    if training.maths == "matched":
        options = PYTORCH[training.optimizer] | asked(training)
        return MATCHED[training.optimizer](training.learning_rate, **options)
    optimizer = STOCK[training.optimizer](training.learning_rate, **asked(training), **by_itself(training))
    return keras.optimizers.LossScaleOptimizer(optimizer) if training.precision == "float16" else optimizer


def by_itself(training: TrainingSpec) -> dict[str, Any]:
    """What the optimiser sees to where `fit` brings the windows; else the trainer does."""
    if not training.loads:
        return {}
    several = training.accumulate if training.accumulate > 1 else None
    return {"global_clipnorm": training.clip_norm, "gradient_accumulation_steps": several}


def restart_optimizer(optimizer: keras.optimizers.Optimizer, training: TrainingSpec) -> None:
    """As it was built."""
    for variable in optimizer.variables:  # step count and moments
        variable.assign(tf.zeros_like(variable))
    optimizer.learning_rate = training.learning_rate
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.dynamic_scale.assign(optimizer.initial_scale)


def asked(training: TrainingSpec) -> dict[str, Any]:
    """Options that a person has set."""
    if training.optimizer == "sgd":
        return {"momentum": training.momentum}
    if training.optimizer == "adamw" and training.weight_decay is not None:
        return {"weight_decay": training.weight_decay}
    return {}


def in_force(optimizer: keras.optimizers.Optimizer, training: TrainingSpec) -> dict[str, Any]:
    """The optimiser's options, read back from it."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of one that scales losses
    options = optimizer.get_config()
    found = {called: options[name] for name, called in OPTIONS[training.optimizer].items()}
    if "betas" in found:
        found["betas"] = [options["beta_1"], options["beta_2"]]
    rate = float(optimizer.learning_rate.numpy())
    return {"optimizer": type(optimizer).__name__, "learning_rate": rate, **found}


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


class MatchedAdamW(keras.optimizers.AdamW):
    """Adam as above, after weights have decayed by rate · decay: Loshchilov and Hutter (2019), torch.optim.AdamW."""

    update_step = MatchedAdam.update_step


class MatchedSGD(keras.optimizers.SGD):
    """Momentum as in torch.optim.SGD: of gradients. Keras' is of steps, and remembers the rate that each one had."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.momentum == 0:
            super().update_step(gradient, variable, learning_rate)
            return
        m = self.momentums[self._get_variable_index(variable)]
        m.assign(m * self.momentum + gradient)
        variable.assign_sub(m * learning_rate)


class MatchedRMSprop(keras.optimizers.RMSprop):
    """RMSprop as in torch.optim.RMSprop: epsilon is added to the root. Keras adds it below the root."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        v = self._velocities[self._get_variable_index(variable)]
        v.assign(v * self.rho + tf.square(gradient) * (1 - self.rho))
        variable.assign_sub(learning_rate * gradient / (tf.sqrt(v.value) + self.epsilon))


STOCK = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
}
MATCHED = {"adam": MatchedAdam, "adamw": MatchedAdamW, "sgd": MatchedSGD, "rmsprop": MatchedRMSprop}
PYTORCH: dict[str, dict[str, Any]] = {  # its defaults, where Keras has others
    "adam": {"epsilon": 1e-8},
    "adamw": {"epsilon": 1e-8, "weight_decay": 0.01},
    "sgd": {},
    "rmsprop": {"epsilon": 1e-8, "rho": 0.99},
}
