"""The claims of guides: each has its place, known words, a source, and sane dates."""

import re
from datetime import date

import pytest

from core.advice.claims import SOURCE, STATUSES, Claim, checked, claim, claims
from core.advice.measured import FIGURES

# Every claim, tip, scenario and example of the guide that the product grew out of, by its sections.
GUIDE = {
    "quick decision: PyTorch": {
        "more control over training": "torch_control",
        "debug and understand internals": "torch_internals",
        "research, novel architectures": "torch_research",
        "more Pythonic": "torch_pythonic",
        "customise every aspect": "torch_customise",
        "comfortable with loops": "torch_loops",
    },
    "quick decision: TensorFlow": {
        "results quickly with minimal code": "keras_quick",
        "high-level interfaces": "keras_high_level",
        "TF Serving, TF Lite": "keras_production",
        "fewer lines": "keras_fewer_lines",
        "new to deep learning": "keras_beginners",
        "mobile and edge": "keras_mobile",
    },
    "code comparison": {
        "250 lines against 150": "code_script_length",
        "PyTorch's loop": "code_torch_loop",
        "Keras' fit": "code_keras_fit",
        "LSTM as a class": "code_torch_model",
        "LSTM as a list of layers": "code_keras_model",
    },
    "feature comparison": {
        "learning curve": "feature_learning_curve",
        "code length": "feature_code_length",
        "training loop": "feature_training_loop",
        "debugging": "feature_debugging",
        "flexibility": "feature_flexibility",
        "production deployment": "feature_production",
        "mobile support": "feature_mobile",
        "community size": "feature_community",
        "industry adoption": "feature_industry",
        "research papers": "feature_papers",
        "GPU utilisation": "feature_gpu",
        "multi-GPU": "feature_multi_gpu",
        "TPU support": "feature_tpu",
    },
    "performance": {
        "similar on a single GPU": "speed_gpu",
        "same model, same speed": "speed_one_device",
        "TensorFlow faster on TPU": "speed_tpu",
        "PyTorch faster for research": "speed_research",
        "both mix precision and distribute": "speed_techniques",
        "Keras prototypes faster": "development_keras",
        "PyTorch debugs faster": "development_torch",
    },
    "use cases": {
        "financial time series": "use_finance",
        "research": "use_research",
        "production": "use_production",
        "learning": "use_learning",
        "large scale": "use_large",
    },
    "scenarios": {
        "client demo": "scenario_demo",
        "PhD": "scenario_phd",
        "mobile app": "scenario_mobile",
        "trading with a custom loss": "scenario_trading",
        "enterprise platform": "scenario_platform",
    },
    "migration": {
        "Keras to PyTorch": "code_migration",
        "data format": "difference_data",
        "training": "difference_training",
        "gradients": "difference_gradients",
        "device": "difference_device",
    },
    "files and installation": {
        "both in one package": "files_both",
        "pip install tensorflow": "install_keras",
        "pip install torch, cu118": "install_torch",
    },
    "performance tips": {
        "DataLoader workers, pinned memory": "tip_loader",
        "torch.cuda.amp": "tip_torch_precision",
        "gradient accumulation": "tip_accumulation",
        "prefetch": "tip_prefetch",
        "mixed_float16": "tip_keras_precision",
        "MirroredStrategy": "tip_devices",
    },
    "conclusion": {
        "both excellent": "end_both",
        "start with Keras": "start_keras",
        "PyTorch for control": "start_torch",
        "try both, simple first, then adapt": "start_try",
        "the one you are most productive with": "start_productive",
        "great results with both": "end_great",
    },
}


def test_every_claim_of_the_guide_has_its_place_and_no_other_is_made_up() -> None:
    expected = [id for section in GUIDE.values() for id in section.values()]
    assert sorted(expected) == sorted(each.id for each in claims())


def test_ids_are_unique_in_the_file() -> None:
    ids = re.findall(r'^id = "(.*)"$', SOURCE.read_text("utf-8"), re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(claims())


@pytest.mark.parametrize("each", claims(), ids=lambda each: each.id)
def test_a_claim_is_whole(each: Claim) -> None:
    assert each.title and each.guide and each.today and each.source
    assert not each.measured_by or each.measured_by in FIGURES
    assert not each.url or each.url.startswith("https://")
    assert len(each.today) <= 240, "a row of a table, not a paragraph"
    if each.began is not None:
        assert date(2017, 1, 1) <= each.began <= checked()


@pytest.mark.parametrize("each", claims(), ids=lambda each: each.id)
def test_what_is_said_to_be_checked_names_what_against_and_what_is_not_says_so(each: Claim) -> None:
    if each.status in ("changed", "wrong", "still true"):
        assert not each.source.startswith("no "), "a fact needs a source"
    if each.status == "not verified":
        assert re.search("no |not |measured|counted", each.source)


def test_every_status_is_in_use() -> None:
    assert {each.status for each in claims()} == set(STATUSES)


@pytest.mark.parametrize(
    "wrong", [{"status": "true"}, {"favours": "keras"}, {"section": "x"}, {"hardware": "npu"}, {"since": "May 2025"}]
)
def test_a_word_that_no_claim_may_use_is_refused(wrong: dict[str, str]) -> None:
    words = {"title": "t", "guide": "g", "today": "t", "status": "opinion", "source": "s"}
    with pytest.raises(ValueError, match="x:"):
        Claim(**{"id": "x", "section": "uses", "favours": "either", **words, **wrong})


def test_the_older_guides_errors_are_put_right() -> None:
    """What the field knows to have ended is not recommended any more."""
    assert "archived" in claim("feature_production").today
    assert claim("feature_production").began == date(2025, 8, 7)
    assert "ExecuTorch" in claim("feature_mobile").today and "LiteRT" in claim("feature_mobile").today
    assert "torch.amp" in claim("tip_torch_precision").today
    assert "Input" in claim("code_keras_model").today
    assert claim("feature_community").status == claim("feature_industry").status == "not verified"
