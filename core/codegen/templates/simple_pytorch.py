"""The short script in PyTorch: PyTorch's own layers in a plain loop."""

from itertools import pairwise
from math import cos, pi

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn
from torch.nn import functional as F

from core.codegen.templates.settings import run, spec, training
from core.frameworks.pytorch.models import NETWORKS

torch.manual_seed(run.seed)
frame = pd.read_csv("data.csv", index_col=0, parse_dates=run.times)
if run.holidays:
    holiday = frame.pop(run.holiday)
if run.transform != "none":
    values = frame.to_numpy(float, copy=True)
if run.transform == "log":
    values[:, : spec.targets] = np.log(values[:, : spec.targets])
if run.transform == "difference":
    values[1:, : spec.targets] = np.diff(values[:, : spec.targets], axis=0)
if run.transform == "percent":
    values[1:, : spec.targets] = values[1:, : spec.targets] / values[:-1, : spec.targets] - 1
if run.scaler == "none":
    columns = [run.table]
if run.scaler == "standard":
    scaler = StandardScaler().fit(run.scaled_by)
    columns = [scaler.transform(run.table)]
if run.scaler == "minmax":
    scaler = MinMaxScaler().fit(run.scaled_by)
    columns = [scaler.transform(run.table)]
if run.calendar:
    if run.one_turn:
        columns += [wave(2 * np.pi * turn) for turn in run.turns for wave in (np.sin, np.cos)]
    else:
        turns = run.turns
        columns += [wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)]
if run.holidays:
    columns += [holiday, np.roll(holiday, -spec.horizon)]
if run.known:
    columns += [np.roll(columns[0][:, run.known], -spec.horizon, axis=0)]
series = torch.tensor(np.column_stack(columns), dtype=torch.float32)


def windows(start, end):
    origins = torch.arange(start, end - spec.horizon + 1)[:, None]
    return series[origins + torch.arange(-spec.lookback, 0)], series[
        origins + torch.arange(spec.horizon), : spec.targets
    ]


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        if spec.kind in ("lstm", "gru"):
            if spec.layers > 1 and spec.dropout > 0:
                self.layers = {"lstm": nn.LSTM, "gru": nn.GRU}[spec.kind](
                    spec.seen,
                    spec.hidden,
                    spec.layers,
                    batch_first=True,
                    dropout=spec.dropout,
                    bidirectional=spec.bidirectional,
                )
            elif spec.bidirectional:
                self.layers = {"lstm": nn.LSTM, "gru": nn.GRU}[spec.kind](
                    spec.seen, spec.hidden, spec.layers, batch_first=True, bidirectional=spec.bidirectional
                )
            else:
                self.layers = {"lstm": nn.LSTM, "gru": nn.GRU}[spec.kind](
                    spec.seen, spec.hidden, spec.layers, batch_first=True
                )
            if spec.dropout > 0:
                self.head = nn.Sequential(
                    nn.Dropout(spec.dropout), nn.Linear(spec.hidden * spec.directions, spec.outputs)
                )
            else:
                self.head = nn.Linear(spec.hidden * spec.directions, spec.outputs)
        elif spec.kind == "cnn":
            layers = []
            for width, hidden in pairwise([spec.seen] + [spec.hidden] * spec.layers):
                layers += [
                    nn.ConstantPad1d((spec.kernel - 1, 0), 0.0),
                    nn.Conv1d(width, hidden, spec.kernel),
                    nn.ReLU(),
                ]
                if spec.dropout > 0:
                    layers += [nn.Dropout(spec.dropout)]
            self.network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(spec.read * spec.hidden, spec.outputs))
        elif spec.kind == "tcn":
            self.layers = nn.ModuleList(
                nn.Conv1d(spec.hidden if n else spec.seen, spec.hidden, spec.kernel, dilation=2 ** (n // 2))
                for n in range(2 * spec.blocks)
            )
            self.shortcut = nn.Conv1d(spec.seen, spec.hidden, 1)
            self.head = nn.Linear(spec.hidden, spec.outputs)
        elif spec.kind == "transformer":
            self.embedding = nn.Linear(spec.patch * spec.seen, spec.hidden)
            self.positions = nn.Parameter(0.02 * torch.randn(spec.patches, spec.hidden))
            layer = nn.TransformerEncoderLayer(
                spec.hidden, spec.heads, 4 * spec.hidden, spec.dropout, "gelu", batch_first=True, norm_first=True
            )
            norm = nn.LayerNorm(spec.hidden)
            self.encoder = nn.TransformerEncoder(layer, spec.layers, norm, enable_nested_tensor=False)
            self.head = nn.Linear(spec.patches * spec.hidden, spec.outputs)
        elif spec.kind == "mlp":
            layers = [nn.Flatten()]
            for width, hidden in pairwise([spec.read * spec.seen] + [spec.hidden] * spec.layers):
                layers += [nn.Linear(width, hidden), nn.ReLU()]
                if spec.dropout > 0:
                    layers += [nn.Dropout(spec.dropout)]
            self.network = nn.Sequential(*layers, nn.Linear(spec.hidden, spec.outputs))
        elif spec.kind == "dlinear":
            self.seasonal, self.trend = nn.Linear(spec.lookback, spec.horizon), nn.Linear(spec.lookback, spec.horizon)
        elif spec.kind == "nlinear":
            self.linear = nn.Linear(spec.lookback, spec.horizon)
        else:
            self.network = NETWORKS[spec.kind](spec)

    def forward(self, x):
        if spec.reference != "none":
            values, last = x[..., : spec.values], x[:, -1:, : spec.values]
            if spec.reference == "seasonal":
                change = values[:, spec.season :] - values[:, : -spec.season]
                x = torch.cat(((values - last)[:, spec.season :], x[:, spec.season :, spec.values :], change), dim=-1)
            else:
                x = torch.cat((values - last, x[..., spec.values :]), dim=-1)
        if spec.kind in ("lstm", "gru"):
            if not spec.bidirectional:
                x = self.head(self.layers(x)[0][:, -1])
            else:
                # The backward direction has read the whole window at the first step.
                if spec.kind == "lstm":
                    _, (state, _) = self.layers(x)
                else:
                    _, state = self.layers(x)
                x = self.head(torch.cat((state[-2], state[-1]), dim=1))
        elif spec.kind == "cnn":
            x = self.network(x.transpose(1, 2))
        elif spec.kind == "tcn":
            x = x.transpose(1, 2)
            for n in range(0, 2 * spec.blocks, 2):
                before = nn.ConstantPad1d(((spec.kernel - 1) * 2 ** (n // 2), 0), 0.0)
                if spec.dropout > 0:
                    y = F.dropout(F.relu(self.layers[n](before(x))), spec.dropout, self.training)
                    y = F.dropout(F.relu(self.layers[n + 1](before(y))), spec.dropout, self.training)
                else:
                    y = F.relu(self.layers[n + 1](before(F.relu(self.layers[n](before(x))))))
                x = F.relu(y + (x if n else self.shortcut(x)))
            x = self.head(x[..., -1])
        elif spec.kind == "transformer":
            x = F.pad(x, (0, 0, spec.patches * spec.patch - spec.read, 0))
            x = self.embedding(x.reshape(-1, spec.patches, spec.patch * spec.seen)) + self.positions
            x = self.head(self.encoder(x).flatten(1))
        elif spec.kind == "dlinear":
            x = x[..., : spec.targets].transpose(1, 2)
            average = F.avg_pool1d(F.pad(x, (12, 12), mode="replicate"), 25, stride=1)
            x = (self.seasonal(x - average) + self.trend(average)).transpose(1, 2)
        elif spec.kind == "nlinear":
            x = x[..., : spec.targets].transpose(1, 2)
            x = (self.linear(x - x[..., -1:]) + x[..., -1:]).transpose(1, 2)
        else:
            x = self.network(x)
        if spec.reference == "last":
            return last[..., : spec.targets] + x.reshape(-1, spec.horizon, spec.targets)
        if spec.reference == "seasonal":
            steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
            return values[:, steps, : spec.targets] + x.reshape(-1, spec.horizon, spec.targets)
        return x.reshape(-1, spec.horizon, spec.targets)


model = Forecaster()
optimizer = run.optimizer
if training.schedule == "cosine":
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: (1 + cos(pi * epoch / run.epochs)) / 2)
if training.schedule == "halve":
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
if training.schedule == "plateau":
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
window, target = windows(run.first_origin, run.train)
for epoch in range(run.epochs):
    for batch in torch.randperm(len(window)).split(run.step_windows):
        optimizer.zero_grad()
        loss = run.loss
        loss.backward()
        if training.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
        optimizer.step()
    print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.6g}")
    if training.schedule in ("cosine", "halve"):
        schedule.step()
    if training.schedule == "plateau":
        schedule.step(loss.item())
if spec.dropout > 0:
    model.eval()
window, target = windows(run.train + run.validation, run.train + run.validation + run.test)
pair = [model(window).detach().numpy(), target.numpy()]
if run.scaler == "standard":
    pair = [each * scaler.scale_[: spec.targets] + scaler.mean_[: spec.targets] for each in pair]
if run.scaler == "minmax":
    pair = [each / scaler.scale_[: spec.targets] + scaler.data_min_[: spec.targets] for each in pair]
if run.transform == "log":
    pair = [np.exp(each) for each in pair]
if run.transform in ("difference", "percent"):
    last = frame[run.target_names].to_numpy()[run.train + run.validation - 1 :][: len(window), None]
if run.transform == "difference":
    pair = [last + each.cumsum(axis=1) for each in pair]
if run.transform == "percent":
    pair = [last * (1 + each).cumprod(axis=1) for each in pair]
for place, name in enumerate(run.target_names):
    forecast, actual = (each[:, :, place].ravel() for each in pair)
    print(name, "MAE", mean_absolute_error(actual, forecast), "RMSE", root_mean_squared_error(actual, forecast))
shown = np.stack(pair)[:, :: spec.horizon, :, 0].reshape(2, -1).T
pd.DataFrame(shown, columns=["forecast", "actual"]).plot(title=run.target_names[0]).figure.savefig(
    "simple_pytorch_example.png"
)
