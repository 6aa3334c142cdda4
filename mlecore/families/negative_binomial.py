"""The negative binomial distribution, by mean and overdispersion."""

import numpy as np
from scipy.special import betainc

from ..errors import IdentifiabilityError
from ..parameters import POSITIVE
from ..special import log1pmx, log_curvature, rising_factorial, stirling_error
from .base import Family, Support, Tallied


class NegativeBinomial(Tallied, Family):
    """Counts with ``mean`` and variance ``mean + alpha * mean**2`` (NB2): Poisson with a gamma rate.

    log f = log(Gamma(y + 1/alpha) / (Gamma(1/alpha) y!)) + y log(u/(1 + u)) - log(1 + u)/alpha, u = alpha *
    mean; mean in counts per observation, alpha a pure number. mean and alpha are orthogonal. The MLE of the
    mean is the sample mean; that of alpha is positive exactly when the sample variance (divisor n) exceeds
    the mean. The data are pooled to distinct counts.

    ``fit`` raises DataError for a y that is not an integer >= 0, IdentifiabilityError, naming the Poisson,
    where the variance does not exceed the mean.
    Sources: Lawless (1987); Levin and Reeds (1977) for the condition; Loader (2000) for the way log f is
    computed; Johnson, Kemp and Kotz (2005), chapter 5.
    """

    mean = POSITIVE
    alpha = POSITIVE
    support = Support("integers 0, 1, 2, ...", low=0, integer=True)
    _somewhere = 0.0
    limits = (("alpha", 1e-12, "there is no overdispersion: use Poisson"),)

    def _log_prob(self, y):
        # Loader's saddle-point form (2000), with r = 1/alpha: exact also where alpha is tiny.
        m, r = self.mean, 1 / self.alpha
        at = np.where(y > 0, y, 1.0)
        body = r * log1pmx((at - m) / (r + m)) + at * log1pmx(r / (r + m) * (m - at) / at)
        body = body + stirling_error(r + at) - stirling_error(r) - stirling_error(at)
        body = body - 0.5 * np.log(2 * np.pi * at) - 0.5 * np.log1p(at / r)
        return np.where(y > 0, body, -r * np.log1p(self.alpha * m))

    def _score(self, y):
        m, a, u = self.mean, self.alpha, self.alpha * self.mean
        alpha = rising_factorial(y, a)[1] + (log1pmx(u) + u * u / (1 + u)) / a**2 - y * m / (1 + u)
        return (y - m) / (m * (1 + u)), alpha

    def _hessian(self, y):
        m, u = self.mean, self.alpha * self.mean
        mean_mean = -(m * (1 + u) + (y - m) * (1 + 2 * u)) / (m * (1 + u)) ** 2
        alpha_alpha = self._curvature(y) - rising_factorial(y, self.alpha)[2]
        return mean_mean, -(y - m) / (1 + u) ** 2, alpha_alpha

    def _curvature(self, y):
        """Second derivative in alpha of -(y + 1/alpha) log(1 + alpha mean)."""
        m, u = self.mean, self.alpha * self.mean
        return (log_curvature(u) - u**3 / (1 + u) ** 2) / self.alpha**3 + y * (m / (1 + u)) ** 2

    def fisher_information(self):
        # The mean is orthogonal to alpha. The expected sum over j < Y is a sum of tail probabilities, cut
        # where they fall below 1e-17.
        m, a = self.mean, self.alpha
        deviation = np.sqrt(m + a * m * m)
        j = np.arange(np.ceil(m + 40 * (deviation + a * m) + 50))
        tail = betainc(j + 1, 1 / a, a * m / (1 + a * m))
        return np.diag([1 / deviation**2, tail @ (j / (1 + a * j)) ** 2 - self._curvature(m)])

    def sample(self, size, rng):
        return rng.negative_binomial(1 / self.alpha, 1 / (1 + self.alpha * self.mean), size)

    @classmethod
    def start(cls, y, w):
        mean = np.average(y, weights=w)
        spread = np.average((y - mean) ** 2, weights=w)
        return mean, max((spread - mean) / mean**2, 1e-3)

    @classmethod
    def diagnose(cls, sample, fixed):
        if sample.high == 0:
            raise IdentifiabilityError("NegativeBinomial: every count is 0, and so is the mean: use Poisson")
        y, w = sample.columns[0], sample.weights
        mean = fixed.get("mean", w @ y / sample.n)
        variance = w @ (y - mean) ** 2 / sample.n
        if "alpha" not in fixed and variance <= w @ y / sample.n:
            raise IdentifiabilityError(f"NegativeBinomial: the variance {variance:.4g} does not exceed the "
                                       f"mean {w @ y / sample.n:.4g}, so alpha would be 0: use Poisson")
