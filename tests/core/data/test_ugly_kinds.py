"""The reader is general: files of all the published kinds, and of further ones, that no rule was written for."""

import pytest

from tests.core.data.ugly_case import Case
from tests.core.data.ugly_judge import problems
from tests.core.data.ugly_kinds import all_cases

CASES = all_cases()


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_reader_makes_of_a_file_what_a_careful_person_would(case: Case) -> None:
    assert not problems(case)


def test_the_collection_is_large_and_each_of_its_files_is_small() -> None:
    assert len(CASES) > 300
    assert len({case.name for case in CASES}) == len(CASES)
    assert max(len(case.content) for case in CASES) < 1_000_000
