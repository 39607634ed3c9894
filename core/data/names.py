"""Names of columns in one line of text: with commas between them, as on the command line."""

import csv
import io
from collections.abc import Sequence


def comma_list(names: Sequence[str]) -> str:
    """Names with commas between them; quoted where a name holds a comma itself."""
    cell = io.StringIO()
    csv.writer(cell, lineterminator="").writerow(names)
    return cell.getvalue()


def split_list(text: str) -> list[str]:
    """The names of a `comma_list`."""
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip()]
