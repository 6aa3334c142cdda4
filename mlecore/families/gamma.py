"""The gamma distribution."""

import numpy as np
from scipy.special import gammaln, polygamma, xlogy

from ..parameters import POSITIVE, SCALE
from ..special import log_excess, log_minus_digamma, stirling_error
from .base import HALF_LOG_2PI, Family, Support, symmetric


class Gamma(Family):
    """Positive values with mean ``shape * scale`` and variance ``shape * scale**2``; scale in the units of y.

    log f = (shape - 1) log y - y/scale - shape log(scale) - log Gamma(shape). The gap is mean(log y) -
    log(mean y), the only thing beside the mean that the MLE looks at; the shape has no closed form. The
    information of one observation is [[psi'(shape), 1/scale], [1/scale, shape/scale**2]].

    ``fit`` raises DataError for y <= 0 and where all y are equal, IdentifiabilityError where the shape runs
    away because the spread is lost beside the mean.
    Sources: Johnson, Kotz and Balakrishnan (1994), chapter 17; Minka (2002) for the start.
    """

    shape = POSITIVE
    scale = SCALE
    support = Support("y > 0", low=0, closed=False)
    pools = True
    needs_spread = ("shape",)
    limits = (("shape", 1e7, "the spread is lost beside the mean: use Normal"),)

    @classmethod
    def gaps(cls, y, center):
        return (np.log(y / center),)

    def _log_prob(self, y, gap=0.0):
        # (shape-1) log y - y/scale - shape log(scale) - log Gamma(shape), arranged around the mean so that
        # nothing large cancels.
        k, mean = self.shape, self.shape * self.scale
        body = k * (log_excess(y, mean) + gap) - np.log(y) - gap
        edge = xlogy(k - 1, y) - k * np.log(self.scale) - gammaln(k)
        return np.where(y > 0, body + 0.5 * np.log(k) - stirling_error(k) - HALF_LOG_2PI, edge)

    def _score(self, y, gap=0.0):
        mean = self.shape * self.scale
        return np.log(y / mean) + gap + log_minus_digamma(self.shape), (y - mean) / self.scale**2

    def _hessian(self, y, gap=0.0):
        k, s = self.shape, self.scale
        return -polygamma(1, k), -1 / s, (k - 2 * y / s) / s**2

    def fisher_information(self):
        return -symmetric(self._hessian(self.shape * self.scale), 2)  # linear in y, so at the mean

    def sample(self, size, rng):
        return rng.gamma(self.shape, self.scale, size)

    @classmethod
    def start(cls, y, w):
        mean = np.average(y, weights=w)
        gap = -np.average(log_excess(y, mean), weights=w)
        gap = max(gap, 1e-9)
        shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)  # Minka (2002)
        return shape, mean / shape
