"""The page of documentation and the models it is made from say the same."""

import math
from pathlib import Path

from core.runs.schema import Scores, to_markdown

PAGE = Path(__file__).parents[2] / "docs" / "comparison-json.md"


def test_the_page_is_the_one_that_the_models_make() -> None:
    assert PAGE.read_text() == to_markdown(), "run: python -m core.runs.schema > docs/comparison-json.md"


def test_every_field_of_the_public_interface_is_there() -> None:
    text = to_markdown()
    names = """id created name command machine versions data runs baselines parity intervals verdict cpu
        cores memory_gb gpus load_before file sha256 rows frequency first last targets inputs split train
        validation test season notices framework version status error what where remedy settings asked
        applied notes fits seed fold final history epoch train_loss validation_loss seconds best_epoch
        test_by_target test_by_step timing import_s warm build_s compile_s first_epoch_s epoch_s forecast_ms total_s
        contended peak_memory_mb parameters mae rmse mase smape r2 direction scaled_mse scaled_mae maths
        initial_weights_difference initial_output_difference first_gradient_difference
        largest_loss_difference parted_at_epoch run level step promised coverage n"""
    assert [name for name in names.split() if f"| `{name}` |" not in text] == []


def test_the_page_says_how_to_join_the_forecasts() -> None:
    assert "apostrophe" in to_markdown()


def test_numbers_that_are_not_finite_become_null() -> None:
    text = Scores(mae=math.nan, rmse=math.inf).model_dump_json()
    assert Scores.model_validate_json(text) == Scores()
