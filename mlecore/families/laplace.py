"""The Laplace (double exponential) distribution."""

import numpy as np

from ..blocks import slices
from ..parameters import LOCATION, SCALE
from .base import Family


class Laplace(Family):
    """Location ``mu`` (mean and median) and mean absolute deviation ``scale``, both in the units of y.

    log f = -|y - mu|/scale - log(2 scale). The MLE is the sample median and the mean distance from it. The
    likelihood has a kink at every observation, so its curvature says nothing about mu: minus the expected
    information, the unit matrix over scale**2, stands in for the Hessian, and convergence means that 0 lies
    in the subdifferential. The median is not a sum over blocks, so blocks are kept.

    ``fit`` raises DataError where all y are equal and the scale is free.
    Source: Johnson, Kotz and Balakrishnan (1995), chapter 24.
    """

    mu = LOCATION
    scale = SCALE
    pools = True
    needs_spread = ("scale",)

    @classmethod
    def pool(cls, y, w):
        return (y,), np.ones(y.size) if w is None else w

    def _log_prob(self, y):
        return -np.abs(y - self.mu) / self.scale - np.log(2 * self.scale)

    def _score(self, y):
        r = y - self.mu
        return np.sign(r) / self.scale, (np.abs(r) / self.scale - 1) / self.scale

    def _hessian(self, y):
        return -1 / self.scale**2, 0.0, -1 / self.scale**2

    def _totals(self, columns, w):
        r, s, n = columns[0] - self.mu, self.scale, w.sum()
        signs, sizes = w @ np.sign(r), w @ np.abs(r)
        return -sizes / s - n * np.log(2 * s), np.array([signs, sizes / s - n]) / s, -n / s**2 * np.eye(2)

    def fisher_information(self):
        return np.eye(2) / self.scale**2

    def sample(self, size, rng):
        return rng.laplace(self.mu, self.scale, size)

    @classmethod
    def closed_form(cls, columns, w, fixed):
        (y,) = columns
        mu = fixed["mu"] if "mu" in fixed else weighted_median(y, w)
        if "scale" in fixed:
            return mu, fixed["scale"]
        return mu, sum(w[s] @ np.abs(y[s] - mu) for s in slices(y.size)) / w.sum()

    def _kink(self, sample, theta):
        ties = sample.weights @ (sample.columns[0] == theta[0])
        return np.array([ties / theta[1], 0.0])


def weighted_median(y, w):
    """The middle of the interval of medians; the usual median where all weights are equal."""
    if w.min() == w.max():
        return np.median(y)
    order = np.argsort(y)
    y, below = y[order], np.cumsum(w[order])
    half = below[-1] / 2
    return 0.5 * (y[np.searchsorted(below, half, "left")] + y[np.searchsorted(below, half, "right")])
