"""The unpublished collection: files of the published kinds and further ones, with other values, names and languages."""

from functools import cache

from tests.core.data import ugly_columns, ugly_further, ugly_layouts, ugly_refused, ugly_text, ugly_times, ugly_values
from tests.core.data.ugly_case import Case

GROUPS = (ugly_text, ugly_values, ugly_times, ugly_columns, ugly_layouts, ugly_further, ugly_refused)


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(case for group in GROUPS for case in group.cases())
