"""The Poisson distribution."""

import numpy as np

from ..parameters import COUNT_RATE
from ..special import log_excess, stirling_tail
from .base import Family, Support, average


class Poisson(Family):
    """Counts with mean ``rate``, in counts per observation.

    log f = y log(rate) - rate - log y!. The MLE is the sample mean (0, at the edge, for all zeros); the
    information of one observation is 1/rate. The gap is that of log y!, so that the log-likelihood keeps it.
    ``fit`` raises DataError for a y that is not an integer >= 0.
    Sources: Johnson, Kemp and Kotz (2005), chapter 4; Loader (2000) for the way log f is computed.
    """

    rate = COUNT_RATE
    support = Support("integers 0, 1, 2, ...", low=0, integer=True)
    _somewhere = 0.0
    pools = True

    @classmethod
    def gaps(cls, y, center):
        values = np.arange(y.max() + 1) if y.max() < y.size else y
        gap = stirling_tail(values) - stirling_tail(center) - deficit(values, center)
        return (gap if values is y else gap[y.astype(np.int64)],)

    def _log_prob(self, y, gap=0.0):
        # Loader's saddle-point form (2000): y log(rate) - rate - log y! without subtracting large numbers.
        return deficit(y, self.rate) - stirling_tail(y) - gap

    def _score(self, y, gap=0.0):
        return ((y - self.rate) / self.rate,)

    def _hessian(self, y, gap=0.0):
        return (-y / self.rate**2,)

    def fisher_information(self):
        return np.array([[1 / self.rate]])

    def sample(self, size, rng):
        return rng.poisson(self.rate, size)

    def sample_mle(self, n, size, known, rng):
        return {"rate": rng.poisson(n * self.rate, size) / n}

    @classmethod
    def closed_form(cls, columns, w, fixed):
        return (average(columns[0], w),)


def deficit(y, rate):
    """y log(rate/y) + y - rate: how far the log mass at y is below what it is with rate = y."""
    at = np.where(y > 0, y, 1.0)
    return np.where(y > 0, at * log_excess(rate, at), -rate)
