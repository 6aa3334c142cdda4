"""The beta distribution."""

import numpy as np
from scipy.special import betaln, polygamma, xlog1py, xlogy

from ..parameters import POSITIVE
from ..special import log_excess, log_minus_digamma, stirling_error
from .base import HALF_LOG_2PI, Family, Support, symmetric


class Beta(Family):
    """Proportions strictly between 0 and 1, with mean ``a / (a + b)``; a and b are pure numbers.

    log f = (a - 1) log y + (b - 1) log(1 - y) - log B(a, b). The gaps are those of log y and log(1 - y); the
    MLE has no closed form. The information of one observation is diag(psi'(a), psi'(b)) - psi'(a + b).

    ``fit`` raises DataError for a y at or outside the ends and where all y are equal, IdentifiabilityError
    where a and b run away because the spread is lost beside the mean.
    Source: Johnson, Kotz and Balakrishnan (1995), chapter 25.
    """

    a = POSITIVE
    b = POSITIVE
    support = Support("0 < y < 1", low=0, high=1, closed=False)
    pools = True
    needs_spread = ("a", "b")
    limits = tuple((name, 1e7, "the spread is lost beside the mean: use Normal") for name in ("a", "b"))

    @classmethod
    def gaps(cls, y, center):
        return np.log(y / center), np.log((1 - y) / (1 - center))

    def _log_prob(self, y, left=0.0, right=0.0):
        # (a-1) log y + (b-1) log(1-y) - log B(a, b), arranged around the mean so that nothing large cancels.
        a, b = self.a, self.b
        n = a + b
        body = a * (log_excess(n * y, a) + left) + b * (log_excess(n * (1 - y), b) + right)
        body = body - np.log(y) - left - np.log1p(-y) - right
        constant = 0.5 * np.log(a / n * b) - HALF_LOG_2PI
        constant += stirling_error(n) - stirling_error(a) - stirling_error(b)
        edge = xlogy(a - 1, y) + xlog1py(b - 1, -y) - betaln(a, b)
        return np.where((y > 0) & (y < 1), body + constant, edge)

    def _score(self, y, left=0.0, right=0.0):
        a, b, n = self.a, self.b, self.a + self.b
        first = np.log(y / (a / n)) + left + log_minus_digamma(a) - log_minus_digamma(n)
        return first, np.log1p(-y) - np.log(b / n) + right + log_minus_digamma(b) - log_minus_digamma(n)

    def _hessian(self, y, left=0.0, right=0.0):
        both = polygamma(1, self.a + self.b)
        return both - polygamma(1, self.a), both, both - polygamma(1, self.b)

    def fisher_information(self):
        return -symmetric(self._hessian(None), 2)

    def sample(self, size, rng):
        return rng.beta(self.a, self.b, size)

    @classmethod
    def start(cls, y, w):
        mean = np.average(y, weights=w)
        variance = max(np.average((y - mean) ** 2, weights=w), 1e-9)
        size = max(mean * (1 - mean) / variance - 1, 1e-2)
        return mean * size, (1 - mean) * size
