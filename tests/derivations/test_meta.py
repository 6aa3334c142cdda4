"""Every labeled equation has a check with its very LaTeX, and every check notices a wrong equation."""

import re

import pytest

from tests.chapters._pages import pages
from tests.derivations._check import checks, latex_of, normalized, survivors

EQUATIONS = [equation for page in pages() for equation in page.equations()]
CHECKS = checks()


def test_labels_are_unique_and_well_formed():
    seen = {}
    for equation in EQUATIONS:
        where, label = equation.where, equation.label
        assert re.fullmatch(r"eq(-[a-z0-9]+)+", label), f"{where}: label {label} must be like eq-normal-score"
        assert label not in seen, f"{label} labels two equations: {where} and {seen[label]}"
        seen[label] = where


def test_every_labeled_equation_has_a_check():
    missing = [f"{e.label} ({e.where})" for e in EQUATIONS if e.label not in CHECKS]
    assert not missing, f"no check in tests/derivations for: {missing}; see tests/derivations/_check.py"


def test_every_check_has_an_equation():
    orphans = sorted(CHECKS.keys() - {e.label for e in EQUATIONS})
    assert not orphans, f"checks of labels that no chapter has: {orphans}"


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.label)
def test_docstring_is_the_equation(equation):
    if equation.label not in CHECKS:
        pytest.fail(f"{equation.label} has no check")
    checked = latex_of(CHECKS[equation.label])
    assert normalized(equation.latex) == checked, (
        f"{equation.label} is printed in {equation.where} as\n  {normalized(equation.latex)}\n"
        f"and checked as\n  {checked}\nWhich one is right? Change the other.")


@pytest.mark.parametrize("label", sorted(CHECKS))
def test_check_goes_red_when_the_equation_is_wrong(label):
    alive = survivors(CHECKS[label])
    assert not alive, f"{label} is as true after these changes, says its check:\n  " + "\n  ".join(alive)
