"""What every unit test gets."""

import mpmath
import pytest


@pytest.fixture(autouse=True)
def forty_digits():
    """mpmath at 40 digits inside the test, and as it was outside: the derivations choose their own."""
    with mpmath.workdps(40):
        yield
