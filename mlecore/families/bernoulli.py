"""The Bernoulli distribution."""

import numpy as np
from scipy.special import xlog1py, xlogy

from ..parameters import PROBABILITY
from .base import Family, Support, average


class Bernoulli(Family):
    """One yes (1) or no (0) with probability ``p`` of yes, a pure number.

    log f = y log p + (1 - y) log(1 - p). The MLE is the proportion k/n; for k = 0 or n it is at the edge, and
    Wald intervals raise IdentifiabilityError. The information of one observation is 1/(p (1 - p)).
    ``fit`` raises DataError for a y that is neither 0 nor 1.
    Source: Casella and Berger (2002), chapter 7.
    """

    p = PROBABILITY
    support = Support("0 or 1", low=0, high=1, integer=True)
    _somewhere = 0.0
    pools = True

    def _log_prob(self, y):
        return xlogy(y, self.p) + xlog1py(1 - y, -self.p)

    def _score(self, y):
        return ((y - self.p) / (self.p * (1 - self.p)),)

    def _hessian(self, y):
        return (-y / self.p**2 - (1 - y) / (1 - self.p) ** 2,)

    def fisher_information(self):
        return np.array([[1 / (self.p * (1 - self.p))]])

    def sample(self, size, rng):
        return rng.binomial(1, self.p, size)

    def sample_mle(self, n, size, known, rng):
        return {"p": rng.binomial(n, self.p, size) / n}

    @classmethod
    def closed_form(cls, columns, w, fixed):
        return (average(columns[0], w),)
