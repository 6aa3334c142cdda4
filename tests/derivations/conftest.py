"""Fixtures of the equation checks; see _check.py for how to write one."""

import pytest

from tests.derivations._check import Equation, label_of, latex_of


@pytest.fixture
def eq(request):
    """The equation of a test_eq_* check: its label and the LaTeX in its docstring."""
    equation = Equation(label_of(request.function.__name__), latex_of(request.function))
    yield equation
    shown = equation.environments
    if not hasattr(request.function, "claim") and shown < 2:
        pytest.fail(f"{equation.label}: eq.holds was shown {shown} environments; use at least two")


@pytest.fixture
def claim(request):
    """What @by_hand declares."""
    return request.function.claim
