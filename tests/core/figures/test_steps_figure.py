"""Gradient norm and learning rate by epoch."""

from core.figures import steps
from core.figures.steps import StepCurve
from tests.core.figures.accepted import accepted


def curve(framework: str = "pytorch", norms: tuple[float | None, ...] = (2.0, 0.5), rate: float = 0.001) -> StepCurve:
    return StepCurve(framework, framework.title(), norms, [rate] * len(norms))


def test_norms_stand_above_and_rates_below_in_the_colours_of_their_framework() -> None:
    drawn = accepted(steps.figure([curve(), curve("tensorflow")], epochs=5))
    lines = {trace.uid: trace for trace in drawn.data}
    assert list(lines["pytorch-norm"].y) == [2, 0.5] and list(lines["pytorch-rate"].y) == [0.001, 0.001]
    assert lines["pytorch-rate"].yaxis == "y2" and lines["pytorch-norm"].yaxis is None
    assert lines["tensorflow-norm"].line.color == lines["tensorflow-rate"].line.color == "#1f6fb2"
    assert drawn.layout.yaxis.domain[0] > drawn.layout.yaxis2.domain[1]
    assert lines["pytorch-norm"].showlegend is None and lines["pytorch-rate"].showlegend is False


def test_what_cannot_be_drawn_is_a_gap() -> None:
    (norms, _) = accepted(steps.figure([curve(norms=(None, 0.0, float("inf"), 1.0))])).data
    assert list(norms.y) == [None, None, None, 1]


def test_runs_of_an_earlier_version_have_neither() -> None:
    figure = steps.figure([StepCurve("pytorch", "PyTorch", [None, None], [None, None])])
    assert [each.text for each in accepted(figure).layout.annotations] == ["No epoch has ended yet"]


def test_it_says_where_it_stands() -> None:
    said = steps.figure([curve(), curve("tensorflow", ())]).description
    assert said == "Gradient norm and learning rate by epoch. Pytorch after epoch 2: norm 0.5, rate 0.001."
    assert steps.figure([]).description.endswith("No epoch has ended yet.")
