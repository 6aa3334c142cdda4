"""Priors on regression coefficients: a penalty is the negative log of a prior density.

Every prior here has the negative log density, up to a constant, ``l1 |w| + l2 w**2 / 2`` per coefficient,
which is all the fitting kernels need to know. The intercept never has a prior.

The scale of a prior says nothing about scikit-learn's ``alpha`` until the noise is named: squared error
carries a factor 1 / (2 sigma**2) that ``alpha`` absorbs. `to_sklearn` and `from_sklearn` convert, with sigma
where it belongs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx

from .errors import DataError


def _positive(name, value):
    scale = np.asarray(value, dtype=float)
    if not (np.all(np.isfinite(scale)) and np.all(scale > 0)):
        raise DataError(f"{name} must be positive and finite, got {value!r}; use prior=None for a flat prior")


@dataclass(frozen=True)
class _Prior:
    l1 = l2 = 0.0

    def __post_init__(self):
        for name, value in vars(self).items():
            _positive(name, value)


@dataclass(frozen=True)
class NormalPrior(_Prior):
    """w ~ Normal(0, scale**2), independently: ridge, or L2, regularization.

    scale: standard deviation tau in the units of the coefficient; a number, or one per column, shape (d,).
    Raises DataError when a scale is not positive and finite.
    """

    scale: float = 1.0

    @property
    def l2(self):
        return 1.0 / np.square(np.asarray(self.scale, dtype=float))

    def log_prob(self, w):
        """Log density of each coefficient, the shape of `w`."""
        return 0.5 * (np.log(self.l2 / (2 * np.pi)) - self.l2 * np.square(w))


@dataclass(frozen=True)
class LaplacePrior(_Prior):
    """w ~ Laplace(0, scale), density exp(-|w| / scale) / (2 scale): the lasso, or L1, regularization.

    scale: b in the units of the coefficient; a number, or one per column, shape (d,).
    Raises DataError when a scale is not positive and finite. Source: Tibshirani (1996), section 5.
    """

    scale: float = 1.0

    @property
    def l1(self):
        return 1.0 / np.asarray(self.scale, dtype=float)

    def log_prob(self, w):
        """Log density of each coefficient, the shape of `w`."""
        return np.log(self.l1 / 2) - self.l1 * np.abs(w)


@dataclass(frozen=True)
class ElasticNetPrior(_Prior):
    """Density proportional to the product of Normal(0, normal_scale**2) and Laplace(0, laplace_scale).

    Both scales are in the units of the coefficient, numbers or one per column, shape (d,).
    Raises DataError when a scale is not positive and finite. Source of the penalty: Zou and Hastie (2005).
    """

    normal_scale: float = 1.0
    laplace_scale: float = 1.0

    @property
    def l1(self):
        return LaplacePrior(self.laplace_scale).l1

    @property
    def l2(self):
        return NormalPrior(self.normal_scale).l2

    def log_prob(self, w):
        """Log density of each coefficient, the shape of `w`; the normalizer is a Gaussian tail integral."""
        normalizer = np.sqrt(2 * np.pi / self.l2) * erfcx(self.l1 / np.sqrt(2 * self.l2))
        return -self.l1 * np.abs(w) - 0.5 * self.l2 * np.square(w) - np.log(normalizer)


# scikit-learn's objective is c * (our penalized NLL); its penalty is P1 |w|_1 + P2 |w|^2 / 2, so l1 = P1 / c
# and l2 = P2 / c. Per estimator: c(n, sigma), then the arguments from (P1, P2) and back.
_SKLEARN = {
    "Ridge": (lambda n, s: 2 * s**2, lambda p1, p2: {"alpha": p2 / 2}, lambda alpha: (0.0, 2 * alpha)),
    "Lasso": (lambda n, s: s**2 / n, lambda p1, p2: {"alpha": p1}, lambda alpha: (alpha, 0.0)),
    "ElasticNet": (lambda n, s: s**2 / n, lambda p1, p2: {"alpha": p1 + p2, "l1_ratio": p1 / (p1 + p2)},
                   lambda alpha, l1_ratio=0.5: (alpha * l1_ratio, alpha * (1 - l1_ratio))),
    # LogisticRegression multiplies the NLL by C and leaves its penalty alone.
    "LogisticRegression": (lambda n, s: 1.0, lambda p1, p2: {"C": 1 / (p1 + p2), "l1_ratio": p1 / (p1 + p2)},
                           lambda C, l1_ratio=0.0: (l1_ratio / C, (1 - l1_ratio) / C)),
    "PoissonRegressor": (lambda n, s: 1 / n, lambda p1, p2: {"alpha": p2}, lambda alpha: (0.0, alpha))}
_NEEDS = {"Ridge": ["sigma"], "Lasso": ["n", "sigma"], "ElasticNet": ["n", "sigma"],
          "PoissonRegressor": ["n"]}


def _conversion(estimator, n, sigma):
    if estimator not in _SKLEARN:
        raise DataError(f"no conversion for {estimator!r}; known: {', '.join(_SKLEARN)}")
    for name in _NEEDS.get(estimator, ()):
        value = {"n": n, "sigma": sigma}[name]
        if value is None:
            raise DataError(f"{estimator} needs {name}=: its alpha mixes the prior with {name}")
        _positive(name, value)
    factor, arguments, strengths = _SKLEARN[estimator]
    return factor(n, sigma), arguments, strengths


def to_sklearn(prior, estimator, *, n=None, sigma=None):
    """The arguments that make a scikit-learn estimator minimize the same objective as `prior` does.

    prior: NormalPrior, LaplacePrior or ElasticNetPrior with scalar scales. estimator: "Ridge", "Lasso",
    "ElasticNet", "LogisticRegression" or "PoissonRegressor". n: number of observations (Lasso, ElasticNet,
    PoissonRegressor average their loss). sigma: noise standard deviation (Ridge, Lasso, ElasticNet leave it
    out of theirs).
    Returns a dict of arguments, for example ``Ridge(**to_sklearn(NormalPrior(2.0), "Ridge", sigma=10.0))``.
    Raises DataError when `n` or `sigma` is missing or the estimator's penalty cannot express the prior.
    """
    factor, arguments, strengths = _conversion(estimator, n, sigma)
    p1, p2 = float(prior.l1) * factor, float(prior.l2) * factor
    result = arguments(p1, p2)
    if not np.allclose(strengths(**result), (p1, p2), rtol=1e-12, atol=0):
        raise DataError(f"{estimator} has no penalty for {prior}; choose an estimator of the same penalty")
    return result


def from_sklearn(estimator, *, n=None, sigma=None, **arguments):
    """The prior that scikit-learn's arguments claim, the inverse of `to_sklearn`.

    ``from_sklearn("Ridge", alpha=25.0, sigma=10.0)`` is ``NormalPrior(2.0)``; None when nothing is penalized.
    Raises DataError as `to_sklearn` does, and when a strength is negative.
    """
    factor, _, strengths = _conversion(estimator, n, sigma)
    p1, p2 = strengths(**arguments)
    if p1 < 0 or p2 < 0:
        raise DataError(f"penalty strengths must not be negative, got {arguments}")
    normal, laplace = float(np.sqrt(factor / p2)) if p2 else None, float(factor / p1) if p1 else None
    if normal and laplace:
        return ElasticNetPrior(normal, laplace)
    if normal:
        return NormalPrior(normal)
    return LaplacePrior(laplace) if laplace else None
