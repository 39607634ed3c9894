"""The comparison's data as data.csv: what was understood of the person's file, and of it what the models were given."""

import pandas as pd

from core.codegen.taken import holiday_name
from core.data.dataset import Dataset
from core.data.public_holidays import NONE, holiday_columns
from core.data.spreadsheet import marked
from core.data.table_csv import time_texts
from core.runs.spec import Settings


def csv(dataset: Dataset, settings: Settings) -> bytes:
    """UTF-8: the times or numbers of the rows, the targets, the other columns; 0 and 1 for holidays where asked for.

    Numbers are as exact as they are kept. No name in it is a formula to a spreadsheet.
    """
    columns = {marked(name): dataset.values[:, place] for place, name in enumerate(dataset.columns)}
    frame = pd.DataFrame(columns, index=pd.Index(time_texts(dataset.index), name=_index_name(dataset)))
    if settings.holidays != NONE and isinstance(dataset.index, pd.DatetimeIndex):
        days = holiday_columns(dataset.index, dataset.frequency, settings.holidays, settings.horizon)[:, 0]
        frame[holiday_name(dataset.columns)] = days.astype(int)
    return frame.to_csv(lineterminator="\n").encode()


def _index_name(dataset: Dataset) -> str:
    name = "time" if isinstance(dataset.index, pd.DatetimeIndex) else "row"
    while name in dataset.columns:
        name += "_"
    return name
