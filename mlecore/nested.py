"""Tests of nested models, and the delta method."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from .errors import DataError
from .newton import Climber
from .profile import critical


@dataclass(frozen=True)
class TestResult:
    """A test statistic with its degrees of freedom and p-value (chi-squared)."""

    name: str
    statistic: float
    df: int
    p_value: float

    __test__ = False  # not for pytest to collect

    def __str__(self):
        return f"{self.name}: chi2({self.df}) = {self.statistic:.4f}, p = {self.p_value:.4g}"


def likelihood_ratio_test(restricted, full, boundary=False):
    """Twice the gain in log-likelihood of the full model over the restricted one, against chi-squared.

    Parameters
    ----------
    restricted, full : Fit, or a fitted LikelihoodRegressor or LikelihoodClassifier
        Fits of nested models to the same data. Families may differ, as Poisson within NegativeBinomial.
    boundary : bool
        True where the restriction puts one parameter on the edge of its range (alpha = 0). The statistic
        is then 0 half of the time, and the p-value is halved (Self and Liang 1987, case 5).

    Raises
    ------
    DataError
        The full model has no more parameters, or a lower likelihood: the models are not nested.
    """
    sizes, values = zip(*map(_size_and_value, (restricted, full)), strict=True)
    df = sizes[1] - sizes[0]
    if df < 1:
        raise DataError(f"the full model has {sizes[1]} parameters, the restricted {sizes[0]}: swap them?")
    if getattr(restricted, "n", None) != getattr(full, "n", None):
        raise DataError(f"the fits hold {restricted.n:g} and {full.n:g} observations: they must share data")
    statistic = 2 * (values[1] - values[0])
    if statistic < -1e-6 * (1 + abs(values[0])):
        raise DataError(f"the restricted model is likelier by {-statistic / 2:.4g}: they are not nested")
    statistic = max(statistic, 0.0)
    if boundary and df != 1:
        raise DataError("boundary=True is for one parameter on the edge")
    tail = chdtrc(df, statistic)
    p_value = (0.5 * tail if statistic > 0 else 1.0) if boundary else tail
    return TestResult("likelihood ratio", float(statistic), df, float(p_value))


def _size_and_value(model):
    """Number of free parameters (from the AIC, which counts them) and log-likelihood."""
    suffix = "" if hasattr(model, "log_likelihood") else "_"
    value = getattr(model, "log_likelihood" + suffix)
    return round(getattr(model, "aic" + suffix) / 2 + value), value


def wald_test(full, hypothesis):
    """Squared distance of the estimate from ``hypothesis``, such as ``{"mu": 0.0}``, in standard errors.

    Uses only the full fit. Depends on the parametrization, unlike the likelihood ratio.
    """
    names = full.free_names
    for name in hypothesis:
        if name not in names:
            raise DataError(f"{name!r} is not a free parameter of this fit; they are {', '.join(names)}")
    rows = [names.index(name) for name in hypothesis]
    gap = np.array([full.estimate[name] - value for name, value in hypothesis.items()])
    statistic = gap @ np.linalg.solve(full.covariance[np.ix_(rows, rows)], gap)
    return TestResult("Wald", float(statistic), len(rows), float(chdtrc(len(rows), statistic)))


def score_test(restricted):
    """How steep the full likelihood still is at the restricted fit, in standard errors (Rao's test).

    The hypothesis is what the fit holds fixed: ``score_test(fit(Normal, y, fixed={"mu": 0.0}))`` tests
    mu = 0. Uses the expected information, or the observed one where data are censored.
    """
    if not restricted.fixed:
        raise DataError("this fit holds nothing fixed, so there is no hypothesis to test: use fixed={...}")
    sample, theta = restricted._sample, restricted._point.theta
    point = Climber(sample, []).at(theta)
    information = -point.hessian
    if sample.events == sample.n:
        information = sample.n * sample.family._at(theta).fisher_information()
    df = len(restricted.fixed)
    statistic = point.score @ np.linalg.solve(information, point.score)
    return TestResult("score", float(statistic), df, float(chdtrc(df, statistic)))


@dataclass(frozen=True)
class Derived:
    """A function of the parameters (a number or a vector) with its delta-method standard error."""

    value: float
    standard_error: float
    covariance: np.ndarray

    def confidence_interval(self, level=0.95):
        """(low, high): value ± z standard errors."""
        half = critical(level) * self.standard_error
        return self.value - half, self.value + half


def delta_method(fit, function):
    """Estimate and standard error of a function of the parameters: sqrt(g' C g), with g its gradient.

    Parameters
    ----------
    fit : Fit
    function : callable
        Takes the parameters by name, such as ``lambda mu, sigma: mu / sigma``, and returns a number or a
        vector. The gradient is a fourth-order central difference with steps of a thousandth of a standard
        error.

    Returns
    -------
    Derived
    """
    value = np.asarray(function(**fit.estimate), dtype=float)
    gradient = []
    for name, error in fit.standard_errors.items():
        if np.ndim(error):
            raise DataError("the delta method takes scalars; refit as Bernoulli for one probability")
        along = lambda v, name=name: np.asarray(function(**{**fit.estimate, name: v}), dtype=float)  # noqa: E731
        gradient.append(slope(along, fit.estimate[name], 1e-3 * error))
    gradient = np.array(gradient)
    covariance = np.atleast_2d(gradient.T @ fit.covariance @ gradient)
    error = np.sqrt(np.diag(covariance)).reshape(value.shape)
    return Derived(value[()], error[()], covariance)


def slope(function, x, h):
    """Derivative of ``function`` at x by a fourth-order central difference of step h."""
    near, far = function(x + h) - function(x - h), function(x + 2 * h) - function(x - 2 * h)
    return (8 * near - far) / (12 * h)
