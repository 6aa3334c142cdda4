"""The Student-t distribution."""

import numpy as np
from scipy.special import polygamma

from ..parameters import LOCATION, POSITIVE, SCALE
from ..special import student_constant
from .base import HALF_LOG_2PI, Family, location_starts


class StudentT(Family):
    """Location ``mu``, scale ``sigma`` and ``nu`` degrees of freedom, free to fall below 2 or 1.

    The fit is the local maximum reached from the median. (With nu free the likelihood has no global one: it
    grows without bound as sigma and nu go to 0 at an observation; Fernandez and Steel 1999.) Where the data
    have tails no heavier than the normal, nu runs away and ``fit`` says so.
    """

    nu = POSITIVE
    mu = LOCATION
    sigma = SCALE
    needs_spread = ("sigma",)
    limits = (
        ("nu", 1e6, "the tails are no heavier than normal ones: use Normal or fixed={'nu': ...}"),
        ("nu", 1e-3, "too many observations coincide: use fixed={'nu': ...}"),
        ("sigma", 1e-9, "too many observations coincide: use fixed={'sigma': ...} or a discrete family"),
    )

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

    def _hessian(self, y):
        nu, s = self.nu, self.sigma
        z = (y - self.mu) / s
        zz = z * z
        q = 1 / (nu + zz)
        w, dw = (nu + 1) * q, (zz - 1) * q * q  # dw = dw/dnu
        nu_nu = student_constant(nu)[2] + 0.5 * zz / nu * (q + dw - w / nu)
        mu_mu = -w * (nu - zz) * q / s**2
        sigma_mu = -2 * nu * w * z * q / s**2
        sigma_sigma = (1 - w * zz * (1 + 2 * nu * q)) / s**2
        return nu_nu, z * dw / s, mu_mu, zz * dw / s, sigma_mu, sigma_sigma

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
        low, middle, high = np.quantile(y, [0.25, 0.5, 0.75], weights=w, method="inverted_cdf")
        return 5.0, middle, 0.7 * (high - low) or np.average(np.abs(y - middle), weights=w)

    @classmethod
    def starts(cls, sample, guess, fixed):
        # With sigma free and nu >= 1 there is one mode (Kent and Tyler 1991).
        return location_starts(sample, guess) if "sigma" in fixed and "mu" not in fixed else [guess]
