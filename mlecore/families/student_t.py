"""The Student-t distribution."""

import numpy as np
from scipy.special import polygamma

from ..parameters import LOCATION, POSITIVE, SCALE
from ..special import student_constant
from .base import HALF_LOG_2PI, Family, location_starts, middle_and_spread, symmetric


class StudentT(Family):
    """Location ``mu`` and scale ``sigma`` in the units of y; ``nu`` > 0 degrees of freedom.

    log f = log Gamma((nu+1)/2) - log Gamma(nu/2) - log(nu pi)/2 - log sigma - (nu+1)/2 log(1 + z**2/nu), with
    z = (y - mu)/sigma. The fit is the local maximum reached from the median. (With nu free the likelihood
    has no global one: it grows without bound as sigma and nu go to 0 at an observation.)

    ``fit`` raises DataError where all y are equal, IdentifiabilityError where the tails are no heavier than
    normal ones, so that nu runs away, and where too many observations coincide.
    Sources: Lange, Little and Taylor (1989) for weights and information; Fernandez and Steel (1999) for the
    unbounded likelihood; Johnson, Kotz and Balakrishnan (1995), chapter 28.
    """

    nu = POSITIVE
    mu = LOCATION
    sigma = SCALE
    needs_spread = ("sigma",)
    limits = (
        ("nu", 1e6, "the tails are no heavier than normal ones: use Normal or fixed={'nu': ...}"),
        ("nu", 1e-3, "too many observations coincide: use fixed={'nu': ...}"),
        ("sigma", 1e-9, "too many observations coincide: use fixed={'sigma': ...} or a discrete family"))

    def _log_prob(self, y):
        z = (y - self.mu) / self.sigma
        constant = student_constant(self.nu)[0] - HALF_LOG_2PI - np.log(self.sigma)
        return constant - 0.5 * (self.nu + 1) * np.log1p(z * z / self.nu)

    def _score(self, y):
        z = (y - self.mu) / self.sigma
        u = z * z / self.nu
        w = (1 + 1 / self.nu) / (1 + u)  # the weight an observation gets: small far out
        nu = student_constant(self.nu)[1] - 0.5 * (np.log1p(u) - w * u)
        return nu, w * z / self.sigma, (w * z * z - 1) / self.sigma

    def _parts(self, y):
        """z, and q, z q, z**2 q with q = 1/(nu + z**2): bounded, whatever z is."""
        z = (y - self.mu) / self.sigma
        q = 1 / (self.nu + z * z)
        return z, q, z * q, z * (z * q)

    def _second(self, n, t, qq, qa, qt, at, tt):
        """The Hessian of one observation (n = 1) from products of its parts, or of n from their sums."""
        nu, s, c = self.nu, self.sigma, self.nu + 1
        nu_nu = n * student_constant(nu)[2] + 0.5 * (tt - qt - t / nu) / nu
        mu_mu, sigma_sigma = c * (qt - nu * qq) / s**2, (n - c * (t + 2 * nu * qt)) / s**2
        return nu_nu, (at - qa) / s, mu_mu, (tt - qt) / s, -2 * nu * c * qa / s**2, sigma_sigma

    def _hessian(self, y):
        _, q, a, t = self._parts(y)
        return self._second(1, t, q * q, q * a, q * t, a * t, t * t)

    def _totals(self, columns, w):
        # Score and Hessian are linear in a few products, so their sums are dot products: no array per entry.
        z, q, a, t = self._parts(columns[0])
        n, wq, wt, total = (z.size, q, t, np.sum) if w is None else (w.sum(), w * q, w * t, w.dot)
        logs, sum_t = total(np.log1p(z * z / self.nu)), wt.sum()
        constant, slope, _ = student_constant(self.nu)
        c, s = self.nu + 1, self.sigma
        value = n * (constant - HALF_LOG_2PI - np.log(s)) - 0.5 * c * logs
        score = n * slope - 0.5 * (logs - c / self.nu * sum_t), c * (wq @ z) / s, (c * sum_t - n) / s
        lower = self._second(n, sum_t, wq @ q, wq @ a, wq @ t, wt @ a, wt @ t)
        return value, np.array(score), symmetric(lower, 3)

    def fisher_information(self):
        # Lange, Little and Taylor (1989).
        nu, s = self.nu, self.sigma
        half = 0.25 * (polygamma(1, nu / 2) - polygamma(1, (nu + 1) / 2))
        nu_nu = half - (nu + 5) / (2 * nu * (nu + 1) * (nu + 3))
        nu_sigma = -2 / (s * (nu + 1) * (nu + 3))
        mu_mu, sigma_sigma = (nu + 1) / ((nu + 3) * s**2), 2 * nu / ((nu + 3) * s**2)
        return np.array([[nu_nu, 0, nu_sigma], [0, mu_mu, 0], [nu_sigma, 0, sigma_sigma]])

    def sample(self, size, rng):
        return self.mu + self.sigma * rng.standard_t(self.nu, size)

    @classmethod
    def start(cls, y, w):
        middle, spread = middle_and_spread(y, w)
        return 5.0, middle, 0.7 * spread

    @classmethod
    def starts(cls, sample, guess, fixed):
        # With sigma free and nu >= 1 there is one mode (Kent and Tyler 1991).
        return location_starts(sample, guess) if "sigma" in fixed and "mu" not in fixed else [guess]
