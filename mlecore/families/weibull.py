"""The Weibull distribution."""

import numpy as np
from scipy.special import xlogy

from ..errors import IdentifiabilityError
from ..parameters import POSITIVE, SCALE
from .base import Family, Support


class Weibull(Family):
    """Lifetimes with survival exp(-(y/scale)**shape); scale in the units of y.

    log f = log(shape/scale) + (shape - 1) log(y/scale) - (y/scale)**shape, on y > 0: with v = shape *
    log(y/scale) the log hazard is log(shape) + v - log(y) and the log survival is -exp(v). The hazard rises
    where shape > 1. Right-censored data are taken. The MLE has no closed form.

    ``fit`` raises DataError for y <= 0 and where all y are equal, IdentifiabilityError where no or all but
    coinciding events leave the shape without a maximum.
    Sources: Cox and Oakes (1984), chapter 3; Johnson, Kotz and Balakrishnan (1994), chapter 21.
    """

    shape = POSITIVE
    scale = SCALE
    support = Support("y > 0", low=0, closed=False)
    needs_spread = ("shape",)
    limits = (("shape", 1e7, "the events all but coincide: measure them from a known minimum, or fix shape"),)

    def _v(self, y):
        return self.shape * np.log(y / self.scale)

    def _log_prob(self, y):
        k, s = self.shape, self.scale
        return np.log(k / s) + xlogy(k - 1, y / s) - np.exp(self._v(y))

    def _score(self, y):
        k, v = self.shape, self._v(y)
        return (1 - v * np.expm1(v)) / k, k / self.scale * np.expm1(v)

    def _hessian(self, y):
        k, s, v = self.shape, self.scale, self._v(y)
        e = np.exp(v)
        return -(1 + e * v * v) / k**2, (np.expm1(v) + v * e) / s, -k / s**2 * (np.expm1(v) + k * e)

    def _log_survival(self, y):
        return -np.exp(self._v(y))

    def _survival_score(self, y):
        v = self._v(y)
        e = np.exp(v)
        return -v * e / self.shape, self.shape / self.scale * e

    def _survival_hessian(self, y):
        k, s, v = self.shape, self.scale, self._v(y)
        e = np.exp(v)
        return -e * v * v / k**2, e * (1 + v) / s, -k / s**2 * e * (1 + k)

    def fisher_information(self):
        k, s, g = self.shape, self.scale, 1 - np.euler_gamma
        return np.array([[(g * g + np.pi**2 / 6) / k**2, -g / s], [-g / s, k**2 / s**2]])

    def sample(self, size, rng):
        return self.scale * rng.weibull(self.shape, size)

    @classmethod
    def start(cls, y, w):
        logs = np.log(y)
        mean = np.average(logs, weights=w)
        spread = np.sqrt(np.average((logs - mean) ** 2, weights=w)) or 1.0
        shape = np.pi / np.sqrt(6) / spread
        return shape, np.exp(mean + np.euler_gamma / shape)

    @classmethod
    def diagnose(cls, sample, fixed):
        if sample.events == 0:
            raise IdentifiabilityError("Weibull: every observation is censored, so nothing bounds the scale")
