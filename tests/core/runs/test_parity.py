"""The certificate says how far two matched trainings are apart, from when on, and why as far as that is known."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.runs.files import write_weights
from core.runs.parity import measure
from core.runs.schema import Parity
from core.runs.store import ComparisonFolder, Store
from tests.core.runs.made_run import save_probe

Measure = Callable[..., Parity]


@pytest.fixture
def certified(store: Store, dataset: Dataset, make_spec) -> Measure:  # type: ignore[no-untyped-def]
    """What is measured of two matched trainings with these losses."""

    def make(
        one: Sequence[float], other: Sequence[float], change: Callable[[ComparisonFolder], None] | None = None
    ) -> Parity:
        folder = store.create(make_spec(fits=("score", "certificate")), dataset)
        for name, losses in (("pytorch", one), ("tensorflow", other)):
            save_probe(folder, name, "certificate", losses)
        if change:
            change(folder)
            folder.run("tensorflow").write_fit_manifest("certificate")
        found = measure(folder, folder.spec())
        assert found is not None
        return found

    return make


def test_curves_on_each_other_need_no_reason(certified: Measure) -> None:
    parity = certified((1.0, 0.5), (1.0, 0.5 + 1e-6))
    assert parity.loss_differences == pytest.approx([0, 2e-6], rel=1e-3)
    assert (parity.parted_at_epoch, parity.reason) == (None, None)


def test_a_difference_that_grows_is_put_down_to_rounding(certified: Measure) -> None:
    parity = certified((1.0, 1.0, 1.0), (1 + 1e-7, 1 + 1e-5, 1 + 1e-3))
    assert parity.parted_at_epoch == 3
    assert "grew from 1e-07 in the first epoch to 1e-03, as rounding does" in (parity.reason or "")


def test_curves_that_part_at_once_have_no_known_reason(certified: Measure) -> None:
    parity = certified((1.0, 1.0), (1.1, 1.1))
    assert parity.parted_at_epoch == 1
    assert "is not known" in (parity.reason or "")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("initial_weights.safetensors", "did not start from the same numbers"),
        ("initial_output.npy", "compute the model differently"),
        ("first_gradient.safetensors", "compute the loss or its slope differently"),
    ],
)
def test_what_differs_before_the_first_step_is_the_reason(certified: Measure, file: str, reason: str) -> None:
    def change(folder: ComparisonFolder) -> None:
        path = folder.run("tensorflow").fit("certificate") / file
        if file.endswith(".npy"):
            np.save(path, np.load(path) + np.float32(0.01))
        else:
            write_weights(path, {"kernel": np.full((2, 3), 0.51, np.float32)}, 0)

    assert reason in (certified((1.0,), (1.1,), change).reason or "")
    assert certified((1.0,), (1.0,), change).reason is None, "as long as the curves lie on each other"


def test_large_numbers_round_to_more(certified: Measure) -> None:
    """A ten-millionth of gradients around 1e6 is a tenth, and no other formula."""

    def change(folder: ComparisonFolder) -> None:
        for name, shift in (("pytorch", 0.0), ("tensorflow", 0.1)):
            path = folder.run(name).fit("certificate") / "first_gradient.safetensors"
            write_weights(path, {"kernel": np.full((2, 3), 1e6 + shift, np.float32)}, 0)
        folder.run("pytorch").write_fit_manifest("certificate")

    parity = certified((1.0,), (1.1,), change)
    assert parity.first_gradient_difference == pytest.approx(0.125)
    assert "is not known" in (parity.reason or "")
