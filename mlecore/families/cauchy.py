"""The Cauchy distribution."""

import numpy as np

from ..errors import IdentifiabilityError
from ..parameters import LOCATION, SCALE
from .base import Family, location_starts, middle_and_spread


class Cauchy(Family):
    """Location ``mu`` and half width ``scale``, both in the units of y; no mean exists.

    log f = -log(pi scale) - log(1 + z**2), z = (y - mu)/scale. With both free the likelihood has one mode
    (Copas 1975). With the scale fixed it may have many: the best of climbs from many quantiles is kept. The
    information of one observation is the unit matrix over 2 scale**2.

    ``fit`` raises DataError where all y are equal, IdentifiabilityError where only two values occur or half
    of the observations coincide.
    Sources: Lehmann and Casella (1998), chapter 6, for several roots; Johnson, Kotz and Balakrishnan (1994),
    chapter 16.
    """

    mu = LOCATION
    scale = SCALE
    needs_spread = ("scale",)
    limits = (("scale", 1e-9, "half or more of the observations coincide: use fixed={'scale': ...}"),)

    def _log_prob(self, y):
        z = (y - self.mu) / self.scale
        return -np.log(np.pi * self.scale) - np.log1p(z * z)

    def _score(self, y):
        z = (y - self.mu) / self.scale
        q = 1 / (1 + z * z)
        return 2 * z * q / self.scale, (1 - 2 * q) / self.scale

    def _hessian(self, y):
        z, s2 = (y - self.mu) / self.scale, self.scale**2
        zz = z * z
        q = 1 / (1 + zz)
        return -2 * (1 - zz) * q * q / s2, -4 * z * q * q / s2, q * (1 - zz - 4 * zz * q) / s2

    def fisher_information(self):
        return np.eye(2) / (2 * self.scale**2)

    def sample(self, size, rng):
        return self.mu + self.scale * rng.standard_cauchy(size)

    @classmethod
    def start(cls, y, w):
        middle, spread = middle_and_spread(y, w)
        return middle, 0.5 * spread

    @classmethod
    def starts(cls, sample, guess, fixed):
        return location_starts(sample, guess) if "scale" in fixed else [guess]

    @classmethod
    def diagnose(cls, sample, fixed):
        if not fixed and np.unique(sample.preview[0]).size < 3:
            raise IdentifiabilityError("Cauchy: two distinct values leave a whole curve of maxima (or none): "
                                       "collect more, or use fixed={'scale': ...}")
