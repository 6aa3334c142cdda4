"""The categorical distribution."""

import numpy as np

from ..errors import DataError
from ..parameters import SIMPLEX
from .base import Family, Support, Tallied

MOST = 1000


class Categorical(Tallied, Family):
    """One of the labels 0, ..., K-1 with probabilities ``p``, shape (K,), which sum to 1.

    log f = log p[y]. The MLE is the vector of proportions, with K one more than the largest label.
    Derivatives are those of log(p[y] / sum(p)), so that the score has mean 0 and the information has rank
    K-1; the covariance is (diag(p) - p p')/n, of rank K-1 too.

    ``fit`` raises DataError for a y that is not an integer >= 0, and for labels so large that they must be
    codes.
    Source: Johnson, Kotz and Balakrishnan (1997), chapter 35.
    """

    p = SIMPLEX
    support = Support("labels 0, 1, 2, ...", low=0, integer=True)
    _somewhere = 0.0

    @classmethod
    def _at(cls, theta):
        member = object.__new__(cls)
        member.__dict__["p"] = theta
        return member

    @classmethod
    def pool(cls, y, w):
        if y.max() >= MOST:
            raise DataError(f"Categorical takes labels below {MOST}, got {y.max():.0f}: encode them first, "
                            "with np.unique(y, return_inverse=True)[1]")
        return super().pool(y, w)

    def _log_prob(self, y):
        known = y < self.p.size
        return np.where(known, np.log(self.p)[np.where(known, y, 0).astype(int)], -np.inf)

    def _score(self, y):
        return tuple((y == j) / p - 1 for j, p in enumerate(self.p))

    def _hessian(self, y):
        k = self.p.size
        return tuple(1 - (y == i) / self.p[i] ** 2 if i == j else 1.0 for i in range(k) for j in range(i + 1))

    def fisher_information(self):
        return np.diag(1 / self.p) - 1

    def sample(self, size, rng):
        return rng.choice(self.p.size, size, p=self.p)

    @classmethod
    def closed_form(cls, columns, w, fixed):
        return (np.bincount(columns[0].astype(int), weights=w) / w.sum(),)

    def covariance(self, hessian, n, free):
        return (np.diag(self.p) - np.outer(self.p, self.p)) / n
