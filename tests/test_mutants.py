"""The planted faults (mutants/) are still to be found in the code; whether the tests see them, CI tries."""

import pytest

from mutants.__main__ import ROOT
from mutants.planted import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_a_planted_fault_finds_its_text_once_and_its_tests(mutant):
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1, "renew it in mutants/planted.py"
    assert mutant.old != mutant.new
    for test in mutant.tests:
        module, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / module).read_text()


def test_each_planted_fault_is_another_one():
    assert len({mutant.fault for mutant in MUTANTS}) == len(MUTANTS)
