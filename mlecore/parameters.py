"""What a parameter may be: its range, its unconstrained coordinate, and how it follows a change of units."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from .errors import DataError


@dataclass(frozen=True)
class Constraint:
    """The range of one parameter and the smooth map between it and the whole real line.

    Parameters
    ----------
    low, high : float
        The ends of the range.
    includes_low, includes_high : bool
        Whether an end itself is a valid value (a proportion may be estimated as exactly 0).
    shift, power : int
        How the parameter follows the data: y -> c + s*y sends it to ``shift*c + s**power * value``. A
        location has (1, 1), a scale (0, 1), a rate (0, -1), a shape (0, 0).
    length : int or None
        None for one number, 0 for a vector of any length (probabilities that sum to one).
    """

    low: float = -np.inf
    high: float = np.inf
    includes_low: bool = False
    includes_high: bool = False
    shift: int = 0
    power: int = 0
    length: int | None = None

    def __str__(self):
        if self.length is not None:
            return "a vector of probabilities that sum to 1"
        if self.high < np.inf:
            return f"between {self.low:g} and {self.high:g}"
        if self.low == -np.inf:
            return "a finite number"
        return f"finite and {'not negative' if self.includes_low else 'positive'}"

    def check(self, name, value):
        """Return ``value`` as a float (or a vector of probabilities), or raise DataError."""
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise DataError(f"{name} must be {self}, got {value!r}") from None
        if array.ndim != (0 if self.length is None else 1):
            raise DataError(f"{name} must be {self}, got an array of shape {array.shape}")
        above = array >= self.low if self.includes_low else array > self.low
        below = array <= self.high if self.includes_high else array < self.high
        if not np.all(np.isfinite(array) & above & below):
            raise DataError(f"{name} must be {self}, got {value!r}")
        if self.length is None:
            return float(array)
        if array.size == 0 or abs(array.sum() - 1) > 1e-8:
            raise DataError(f"{name} must be {self}, got a sum of {array.sum():.10g}")
        array = array / array.sum()
        array.flags.writeable = False
        return array

    def at_edge(self, value):
        """Which values lie on the edge of the range."""
        return (np.asarray(value) == self.low) | (np.asarray(value) == self.high)

    def to_free(self, value):
        """The unconstrained coordinate: the value itself, its logarithm, or its log-odds."""
        if self.low == -np.inf:
            return value
        if self.high == np.inf:
            return np.log(value)
        return logit(value)

    def from_free(self, z):
        """The value at the unconstrained coordinate ``z``."""
        if self.low == -np.inf:
            return z
        if self.high == np.inf:
            return np.exp(z)
        return expit(z)

    def slopes(self, value):
        """First and second derivative of ``from_free``, at the coordinate of ``value``."""
        if self.low == -np.inf:
            return 1.0, 0.0
        if self.high == np.inf:
            return value, value
        return value * (1 - value), value * (1 - value) * (1 - 2 * value)

    def change_units(self, value, center, unit):
        """The parameter of c + s*y, given that of y (c is ``center``, s is ``unit``)."""
        return self.shift * center + unit**self.power * value


LOCATION = Constraint(shift=1, power=1)
POSITIVE = Constraint(low=0.0)
SCALE = Constraint(low=0.0, power=1)
RATE = Constraint(low=0.0, includes_low=True, power=-1)
COUNT_RATE = Constraint(low=0.0, includes_low=True)
PROBABILITY = Constraint(low=0.0, high=1.0, includes_low=True, includes_high=True)
SIMPLEX = Constraint(low=0.0, high=1.0, includes_low=True, includes_high=True, length=0)
