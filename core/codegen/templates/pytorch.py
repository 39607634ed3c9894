"""The whole script in PyTorch, around the networks, losses and dropout of core.frameworks.pytorch."""

from math import cos, inf, pi

import numpy as np
import torch
from torch import Tensor, nn

from core.codegen.templates.data import parts, read
from core.codegen.templates.report import own_units, report
from core.codegen.templates.settings import run, spec, training
from core.frameworks.base import epoch_order, improves
from core.frameworks.pytorch.dropout import restart_dropout
from core.frameworks.pytorch.losses import FUNCTIONS
from core.frameworks.pytorch.models import NETWORKS, relative
from core.frameworks.schedules import plateaus


class Forecaster(nn.Module):
    """A window (batch, lookback, columns) in, a forecast (batch, horizon, targets) out."""

    def __init__(self) -> None:
        super().__init__()
        self.network = NETWORKS[spec.kind](spec)

    def forward(self, window: Tensor) -> Tensor:
        if spec.reference != "none":
            window, reference = relative(window, spec)
        if training.precision == "float32":
            change = self.network(window)
        else:
            with torch.autocast(run.device_type, torch.bfloat16):
                change = self.network(window).float()
        if spec.reference == "none":
            return change.reshape(-1, spec.horizon, spec.targets)
        return reference + change.reshape(-1, spec.horizon, spec.targets)


def build() -> Forecaster:
    """The model with its initial weights."""
    torch.manual_seed(run.seed)
    if not run.weights and run.device_type == "cpu":
        return Forecaster()
    model = Forecaster()
    if run.weights:
        with np.load("initial_weights_pytorch.npz") as weights:
            model.network.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights})
    if run.second_bias:  # an LSTM of PyTorch has two biases where Keras has one: the second stays at zero
        for name, parameter in model.named_parameters():
            if "bias_hh" in name:
                parameter.requires_grad_(False)
    if run.masks:
        restart_dropout(model.network, run.seed)
    if run.device_type == "cpu":
        return model
    return model.to(run.device)


def fit(model: Forecaster, series: Tensor, train: Tensor, validation: Tensor) -> list[tuple[float, float]]:
    """Learn from the windows at `train`; the model ends with the weights of its best epoch by `validation`."""
    trainable = [each for each in model.parameters() if each.requires_grad]
    optimizer = run.optimizer
    if training.maths == "stock":
        shuffle = torch.Generator().manual_seed(run.seed)
    losses, best_loss, best = [], inf, None
    if run.patience:
        waited = 0  # epochs without gain
    for epoch in range(1, run.epochs + 1):
        if training.schedule != "constant":
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(epoch, [validation_loss for _, validation_loss in losses])
        if training.maths == "matched":
            order = train[epoch_order(run.seed, epoch, len(train))]
        else:
            order = train[torch.randperm(len(train), generator=shuffle)]
        train_loss, validation_loss = learn(model, series, order, optimizer), evaluate(model, series, validation)
        losses.append((train_loss, validation_loss))
        print(f"epoch {epoch}: training loss {train_loss:.9g}, validation loss {validation_loss:.9g}")
        if improves(validation_loss, best_loss):
            best_loss, best = validation_loss, {name: tensor.clone() for name, tensor in model.state_dict().items()}
        if run.patience:
            waited = 0 if validation_loss == best_loss else waited + 1
            if waited == run.patience:
                break
    model.load_state_dict(best)
    return losses


def learning_rate(epoch: int, losses: list[float]) -> float:
    """The learning rate of an epoch, after the validation losses of those before."""
    if training.schedule == "cosine":
        return training.learning_rate * (1 + cos(pi * (epoch - 1) / run.epochs)) / 2
    if training.schedule == "halve":
        return training.learning_rate * 0.5 ** (epoch - 1)
    return training.learning_rate * 0.5 ** plateaus(losses)


def learn(model: Forecaster, series: Tensor, order: Tensor, optimizer: torch.optim.Optimizer) -> float:
    """One epoch: the windows in this order, a step after each batch; returns the mean of their losses."""
    model.train()
    total = 0.0
    if training.accumulate == 1:
        for batch in order.split(training.batch_size):
            optimizer.zero_grad()
            loss = loss_of(model, *gather(series, batch))
            loss.backward()
            if training.clip_norm:
                nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
            optimizer.step()
            total += loss.item() * len(batch)
    else:
        for step in order.split(training.batch_size * training.accumulate):
            optimizer.zero_grad()
            for batch in step.split(training.batch_size):  # whose gradients add up
                loss = loss_of(model, *gather(series, batch))
                (loss * len(batch) / len(step)).backward()
                total += loss.item() * len(batch)
            if training.clip_norm:
                nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
            optimizer.step()
    return total / len(order)


def loss_of(model: Forecaster, window: Tensor, target: Tensor) -> Tensor:
    if run.loss_sees_window:
        return FUNCTIONS[training.loss](training, model(window), target, window)
    return FUNCTIONS[training.loss](training, model(window), target)


@torch.no_grad()
def evaluate(model: Forecaster, series: Tensor, origins: Tensor) -> float:
    """The mean loss of windows that are not learned from."""
    model.eval()
    batches = origins.split(1024)
    return sum(loss_of(model, *gather(series, batch)).item() * len(batch) for batch in batches) / len(origins)


@torch.no_grad()
def predict(model: Forecaster, series: Tensor, origins: Tensor) -> np.ndarray:
    """Forecasts (windows, horizon, targets), scaled."""
    model.eval()
    return np.concatenate([model(gather(series, batch)[0]).numpy(force=True) for batch in origins.split(1024)])


def gather(series: Tensor, origins: Tensor) -> tuple[Tensor, Tensor]:
    """Windows (batch, lookback, columns) and what follows them (batch, horizon, targets)."""
    before, behind = torch.arange(-spec.lookback, 0), torch.arange(spec.horizon)
    return series[origins[:, None] + before], series[origins[:, None] + behind, : spec.targets]


def main() -> None:
    torch.set_num_threads(run.threads)
    frame, values, shift, scale = read()
    series = torch.from_numpy(values)
    if run.device_type != "cpu":
        series = series.to(run.device)
    train, validation, test = map(torch.from_numpy, parts())
    model = build()
    if training.compile:
        model = torch.compile(model)
    losses = fit(model, series, train, validation)
    forecast, origins = predict(model, series, test), test.numpy()
    known = frame[run.target_names].to_numpy()[origins - 1]
    report(frame, own_units(forecast, shift, scale, known), origins, losses, "timeseries_pytorch.png")


if __name__ == "__main__":
    main()
