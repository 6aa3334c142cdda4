"""The normal distribution."""

import numpy as np
from scipy.special import log_ndtr

from ..errors import IdentifiabilityError
from ..parameters import LOCATION, SCALE
from .base import HALF_LOG_2PI, Family, average


class Normal(Family):
    """Normal with mean ``mu`` and standard deviation ``sigma``, both in the units of y.

    log f = -(y - mu)**2 / (2 sigma**2) - log sigma - log(2 pi)/2, on the real line. The MLE is the mean and
    the root of the mean squared deviation (divisor n): exactly the row that a sample is pooled to. The
    information of one observation is diag(1, 2)/sigma**2. Right-censored data are taken: P(Y > y) is the
    upper tail, its slope the inverse Mills ratio.

    ``fit`` raises DataError where all y are equal and sigma is free, IdentifiabilityError where every
    observation is censored and mu is free.
    Sources: Casella and Berger (2002), chapter 7; Johnson, Kotz and Balakrishnan (1994), chapter 13.
    """

    mu = LOCATION
    sigma = SCALE
    pools = True
    needs_spread = ("sigma",)
    limits = (("sigma", 1e-9, "too few distinct uncensored values: use fixed={'sigma': ...}"),)

    @classmethod
    def gaps(cls, y, center):
        return ((y - center) ** 2,)

    def _log_prob(self, y, variance=0.0):
        return -0.5 * ((y - self.mu) ** 2 + variance) / self.sigma**2 - np.log(self.sigma) - HALF_LOG_2PI

    def _score(self, y, variance=0.0):
        z = (y - self.mu) / self.sigma
        return z / self.sigma, (z * z + variance / self.sigma**2 - 1) / self.sigma

    def _hessian(self, y, variance=0.0):
        z, s2 = (y - self.mu) / self.sigma, self.sigma**2
        return -1 / s2, -2 * z / s2, (1 - 3 * (z * z + variance / s2)) / s2

    def _log_survival(self, y):
        return log_ndtr((self.mu - y) / self.sigma)

    def _hazard(self, y):
        """z and the inverse Mills ratio phi(z)/P(Z > z), through logs so that it never overflows."""
        z = (y - self.mu) / self.sigma
        return z, np.exp(-0.5 * z * z - HALF_LOG_2PI - log_ndtr(-z))

    def _survival_score(self, y):
        z, h = self._hazard(y)
        return h / self.sigma, z * h / self.sigma

    def _survival_hessian(self, y):
        z, h = self._hazard(y)
        s2, slope = self.sigma**2, h * (h - z)  # slope = dh/dz
        return -slope / s2, -(h + z * slope) / s2, -(2 * z * h + z * z * slope) / s2

    def fisher_information(self):
        return np.diag([1.0, 2.0]) / self.sigma**2

    def sample(self, size, rng):
        return rng.normal(self.mu, self.sigma, size)

    def sample_mle(self, n, size, known, rng):
        df = n if "mu" in known else n - 1
        sigma = self.sigma * np.sqrt(rng.chisquare(df, size) / n) if df else np.zeros(size)
        return {"mu": rng.normal(self.mu, self.sigma / np.sqrt(n), size), "sigma": sigma}

    @classmethod
    def start(cls, y, w):
        mu = np.average(y, weights=w)
        return mu, np.sqrt(np.average((y - mu) ** 2, weights=w))

    @classmethod
    def closed_form(cls, columns, w, fixed):
        y, variance = columns
        mu = fixed.get("mu", average(y, w))
        return mu, fixed.get("sigma", np.sqrt(average(variance + (y - mu) ** 2, w)))

    @classmethod
    def diagnose(cls, sample, fixed):
        if sample.events == 0 and "mu" not in fixed:
            raise IdentifiabilityError("Normal: every observation is censored: nothing bounds mu from above")
