"""The exponential distribution."""

import numpy as np

from ..errors import DataError
from ..parameters import RATE
from .base import Family, Support


class Exponential(Family):
    """Waiting times with constant hazard ``rate``, in events per unit of y (mean 1/rate).

    log f = log(rate) - rate y, on y >= 0. The MLE is events / total time, censored times counted in the
    total; with no event at all it is 0, the edge. The information of one observation is 1/rate**2.
    ``fit`` raises DataError for a negative y, and where every time is 0.
    Source: Cox and Oakes (1984), chapter 3.
    """

    rate = RATE
    support = Support("y >= 0", low=0)
    pools = True

    def _log_prob(self, y):
        return np.log(self.rate) - self.rate * y

    def _score(self, y):
        return (1 / self.rate - y,)

    def _hessian(self, y):
        return (-1 / self.rate**2,)

    def _log_survival(self, y):
        return -self.rate * y

    def _survival_score(self, y):
        return (-y,)

    def _survival_hessian(self, y):
        return (0.0,)

    def fisher_information(self):
        return np.array([[1 / self.rate**2]])

    def sample(self, size, rng):
        return rng.exponential(1 / self.rate, size)

    def sample_mle(self, n, size, known, rng):
        return {"rate": n / rng.gamma(n, 1 / self.rate, size)}

    @classmethod
    def closed_form(cls, columns, w, fixed):
        return cls.censored_closed_form(w.sum(), w @ columns[0])

    @classmethod
    def censored_closed_form(cls, events, total):
        if total == 0:
            raise DataError("every time is 0: the rate would be infinite; check the units of y")
        return (events / total,)
