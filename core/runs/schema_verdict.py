"""The verdict of comparison.json, and what its prediction intervals achieved."""

from pydantic import Field

from core.runs.schema_part import Part


class Interval(Part):
    """How often a prediction interval held what happened, in the test part: beside what it promises."""

    run: str = Field(description="id of a run, or the name of a baseline")
    level: float = Field(description="0.8 or 0.95; of a run under the quantile loss its quantile")
    step: int = Field(description="of the horizon, from 1; 0: over all of them")
    promised: float | None = Field(
        None, description="share of actual values within; null: nothing is promised, as `note` says"
    )
    coverage: float | None = Field(None, description="share that was within; null: no test window had a band")
    low: float | None = Field(None, description="lower end of the 95% interval of `coverage`")
    high: float | None = Field(None, description="its upper end")
    n: int = Field(description="test windows with a band")
    note: str | None = Field(None, description="why nothing, or less than usual, is promised")


class BeatsBaseline(Part):
    """Each framework's error against the best simple forecast's; gaps are run / baseline - 1, of the scaled MAE."""

    pytorch: bool | None = Field(None, description="false: it does not, or loses; null: cannot be told, or no run")
    tensorflow: bool | None = Field(None, description="the same")
    against: str | None = Field(None, description="name of the best simple forecast")
    interval: list[float] | None = Field(None, description="95% interval of the better framework's gap")
    gaps: dict[str, float] = Field({}, description="by framework")
    intervals: dict[str, list[float]] = Field({}, description="95% interval of each gap, by framework")
    outcomes: dict[str, str] = Field({}, description="better, worse, no_difference or cannot_tell, by framework")


class AccuracyVerdict(Part):
    """Which framework's forecasts are better; see docs/verdict.md."""

    outcome: str = Field(
        description=(
            "pytorch_better, tensorflow_better, no_difference, cannot_tell, equal_by_construction or not_applicable"
        )
    )
    gap: float | None = Field(None, description="TensorFlow / PyTorch - 1, of the scaled MAE over all targets")
    interval: list[float] | None = Field(None, description="95% interval of the gap")
    margin: float = Field(description="share from which a gap matters, as the person chose it")
    smallest_detectable: float | None = Field(None, description="gap that would be found with 80% power")
    more_seeds: int | None = Field(
        None, description="further seeds that would settle it; null: it is settled, or only more data would"
    )
    more: str | None = Field(None, description="what else would settle it; null: it is settled, or seeds would")
    rests_on: str = Field(description="seeds, folds and windows, in words")
    reason: str = Field("", description="why this outcome, in a sentence")


class RatioVerdict(Part):
    """One quantity of both frameworks: TensorFlow's divided by PyTorch's."""

    ratio: float | None = Field(None, description="TensorFlow / PyTorch; below 1: TensorFlow needs less")
    interval: list[float] | None = Field(None, description="95% interval of the ratio; null: measured once")
    n: int = Field(0, description="measurements of each framework, the smaller number")
    outcome: str = Field(
        description="pytorch_better, tensorflow_better, no_difference, cannot_tell, one_measurement or not_measured"
    )
    pytorch: float | None = Field(None, description="median, in the unit of the quantity")
    tensorflow: float | None = Field(None, description="median, in the unit of the quantity")
    note: str = Field("", description="what was left out, and why")


class SpeedVerdict(Part):
    """Each from measurements that nothing else disturbed."""

    import_: RatioVerdict = Field(alias="import", description="importing the framework, seconds")
    first_epoch: RatioVerdict = Field(description="first epoch of a process, compiling included, seconds")
    epoch: RatioVerdict = Field(description="steady epoch, seconds")
    forecast: RatioVerdict = Field(description="one forecast from a trained model, milliseconds")
    break_even_retrainings: float | None = Field(
        None,
        description=(
            "retrainings in one process after which the faster epoch has repaid the slower start; null: never, at "
            "once, or not to be told"
        ),
    )


class Verdict(Part):
    """Which framework to use, or why that cannot be said."""

    headline: str
    beats_baseline: BeatsBaseline | None = None
    accuracy: AccuracyVerdict
    speed: SpeedVerdict | None = None
    memory: RatioVerdict | None = Field(None, description="peak memory of the worker's process, MB")
