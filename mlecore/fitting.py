"""``fit``: maximum likelihood for one sample of one family, and everything that can be said of the result."""

import warnings
from functools import cached_property, partial

import numpy as np

from .errors import ConvergenceError, DataError, IdentifiabilityError
from .families.base import FAMILIES
from .newton import CONVERGED, Step, solve
from .profile import critical, profile_interval
from .sample import Sample
from .summary import Table, as_text


def fit(family, y, weights=None, censored=None, fixed=None, start=None):
    """Maximum likelihood estimate of a family's parameters, with honest inference.

    Parameters
    ----------
    family : class or str
        Such as ``mle.Normal`` or ``"Normal"``.
    y : array-like, shape (n,), or Blocks
        The observations. ``Blocks`` (or a generator of blocks) are read piece by piece in constant memory;
        a block is ``y`` or a tuple ``(y, weights, censored)``.
    weights : array-like, shape (n,), optional
        Frequencies: an observation of weight 3 counts three times, and n is their sum.
    censored : array-like of bool, shape (n,), optional
        True where y is only a lower bound (right-censored). Exponential, Weibull, Normal.
    fixed : dict, optional
        Parameters held at given values, such as ``{"nu": 4.0}``.
    start : dict, optional
        Starting values for some or all parameters; the others start from moments. The fit is the maximum
        reached from there; a warning says where the family's own starts reach a higher one.

    Returns
    -------
    Fit

    Raises
    ------
    DataError
        The data cannot come from this family, or are constant where a spread is needed.
    IdentifiabilityError
        The likelihood has no maximum here, or no unique one; the message names the remedy.
    ConvergenceError
        No stationary point with negative definite Hessian was found. Never returned as a result.

    Notes
    -----
    A closed form where one exists; else Newton's method with analytic derivatives and a line search, on log
    and log-odds scales; else L-BFGS-B, polished by Newton.
    """
    result = fit_from(family, y, weights, censored, fixed, start)
    if start and result.method == "newton":
        result._look_elsewhere()
    return result


def fit_from(family, y, weights=None, censored=None, fixed=None, start=None):
    """As ``fit``, without looking for a better maximum than the one reached from ``start``."""
    family = FAMILIES.get(family, family) if isinstance(family, str) else family
    if not (isinstance(family, type) and family in FAMILIES.values()):
        raise DataError(f"unknown family {family!r}; there are {', '.join(sorted(FAMILIES))}")
    fixed = _named(family, fixed, "fixed")
    start = _named(family, start, "start")
    sample = Sample(family, y, weights, censored)
    if sample.low == sample.high and family.needs_spread and not set(fixed) & set(family.needs_spread):
        names = " or ".join(family.needs_spread)
        raise DataError(f"every observation equals {sample.low:g} (n = {sample.n:g}), so the likelihood of "
                        f"{family.__name__} has no maximum: fix {names}, or collect values that differ")
    family.diagnose(sample, fixed)
    return Fit(sample, fixed, *_solve(sample, fixed, start))


def _named(family, values, what):
    """Checked copy of a dict of parameters."""
    values = dict(values or {})
    for name, value in values.items():
        if name not in family.parameters:
            names = ", ".join(family.parameters)
            raise DataError(f"{what}: {family.__name__} has no {name!r}; it has {names}")
        values[name] = family.parameters[name].check(name, value)
        if family.parameters[name].length is not None:
            raise DataError(f"{what}: the vector {name} cannot be given")
    return values


def _solve(sample, fixed, start):
    """``solve``, with ``fixed`` and ``start`` in the caller's units."""
    family = sample.family
    held = {name: _inward(sample, name, value) for name, value in fixed.items()}

    def starts():
        guess = dict(zip(family.parameters, family.start(*sample.preview), strict=True))
        guess |= {name: _inward(sample, name, value) for name, value in start.items()}
        several = [guess] if start else family.starts(sample, guess, fixed)
        return [np.array([(one | held)[name] for name in family.parameters]) for one in several]

    return solve(sample, held, starts)


def _inward(sample, name, value):
    """A parameter value in the units of the fit."""
    unit = 1 / sample.unit
    return sample.family.parameters[name].change_units(value, -sample.center * unit, unit)


class Fit:
    """A maximum likelihood fit. Made by :func:`fit`.

    Attributes
    ----------
    distribution : Family
        The fitted member.
    estimate : dict
        Every parameter by name, fixed ones too.
    n : float
        Number of observations, the sum of the weights.
    log_likelihood, aic, bic : float
        AIC and BIC count every free parameter; BIC uses log(n).
    score_in_se : float
        Largest absolute score times standard error over the free parameters. This small number is what
        "converged" means.
    at_boundary : tuple of str
        Parameters estimated at the edge of their range, where the score need not vanish.
    method : str
        "closed form", "newton", or "evaluation" where everything was fixed.
    trace : tuple of Step
        The optimizer's path: iteration, estimate, log_likelihood, score_in_se, step_length, method.
    """

    def __init__(self, sample, fixed, point, _, history, modes, method):
        family = sample.family
        self.family, self.n, self.fixed, self.method = family, sample.n, dict(fixed), method
        self._sample, self._point, self._modes = sample, point, modes
        self._constraints = family.parameters
        self.distribution = family(**(self._named(point.theta) | fixed))
        self.estimate = {name: getattr(self.distribution, name) for name in family.parameters}
        at_edge = {n: np.any(self._constraints[n].at_edge(v)) for n, v in self.estimate.items()}
        self.at_boundary = tuple(name for name in self.free_names if at_edge[name])
        self.log_likelihood = self._outward_value(point.value)
        self.score_in_se = self._judge()
        self.trace = tuple(
            Step(i, self._named(p.theta), self._outward_value(p.value), *rest) for i, p, *rest in history)

    def _named(self, theta):
        """The caller's parameters from a vector in the units of the fit."""
        member, units = self.family._at(theta), (self._sample.center, self._sample.unit)
        values = {n: c.change_units(getattr(member, n), *units) for n, c in self._constraints.items()}
        return {n: float(v) if np.ndim(v) == 0 else v for n, v in values.items()}

    def _outward_value(self, value):
        """Log-likelihood in the caller's units: each density is divided by the unit."""
        return float(value - self._sample.events * np.log(self._sample.unit))

    def _look_elsewhere(self):
        """Warn where the family's own starting values lead to a higher maximum; note the others too."""
        try:
            best, reached, _, modes, _ = _solve(self._sample, self.fixed, {})
        except (ConvergenceError, IdentifiabilityError):
            return
        self._modes += modes
        if reached <= CONVERGED and best.value > self._point.value + 1e-6:
            there = self._named(best.theta)
            better = ", ".join(f"{name}={there[name]:.6g}" for name in self.free_names)
            warnings.warn(f"{self.family.__name__}: from this start the log-likelihood reaches "
                          f"{self.log_likelihood:.6g}; a better stationary point is known, {better}, with "
                          f"{self._outward_value(best.value):.6g}: leave out start=", stacklevel=3)

    @cached_property
    def _free(self):
        """Positions of the free parameters in the flat vector."""
        every, names = range(self._point.theta.size), list(self._constraints)
        return list(every) if self._vector else [names.index(name) for name in self.free_names]

    @property
    def _vector(self):
        """Whether the family's one parameter is a vector of probabilities."""
        return any(c.length is not None for c in self._constraints.values())

    def _judge(self):
        """The score at the solution in standard-error units, or the error that says why there is none."""
        if self.at_boundary:
            return 0.0
        inner = self._inner_covariance
        if inner is not None:
            slack = self.distribution._kink(self._sample, self._point.theta)
            score = np.maximum(np.abs(self._point.score) - slack, 0.0)[self._free]
            reached = float(np.max(score * np.sqrt(np.diag(inner)), initial=0.0))
            if reached <= CONVERGED:
                return reached
            raise ConvergenceError(f"{self.family.__name__}: the optimizer stopped at a score of "
                                   f"{reached:.2g} standard errors: try start={{...}} with rough values, "
                                   "or another family")
        described = ", ".join(f"{name}={value:.6g}" for name, value in self.estimate.items())
        raise IdentifiabilityError(f"{self.family.__name__}: the likelihood has no strict maximum (the "
                                   f"information at {described} is singular): the data cannot tell these "
                                   "parameters apart; fix one of them or collect more data")

    @cached_property
    def _inner_covariance(self):
        """As ``covariance``, in the units of the fit; None where the information is singular."""
        member = self.family._at(self._point.theta)
        return member.covariance(self._point.hessian, self.n, self._free)

    @property
    def covariance(self):
        """Inverse observed information of the free parameters, shape (k, k), in declared order."""
        if self.at_boundary:
            name = self.at_boundary[0]
            raise IdentifiabilityError(f"{name} is estimated at the edge of its range "
                                       f"({self.estimate[name]}), where standard errors and Wald intervals "
                                       "are invalid: use confidence_interval(method='profile')")
        factors = self._sample.unit ** np.array([float(self._constraints[n].power) for n in self.free_names])
        return self._inner_covariance * np.outer(factors, factors)

    @property
    def standard_errors(self):
        """Standard error of each free parameter, by name: square roots of the diagonal of ``covariance``."""
        errors = np.sqrt(np.diag(self.covariance))
        return dict(zip(self.free_names, [errors] if self._vector else errors.tolist(), strict=True))

    @property
    def free_names(self):
        """Names of the estimated parameters, in declared order."""
        return [name for name in self._constraints if name not in self.fixed]

    @property
    def k(self):
        """Number of free parameters; probabilities that sum to one count one less than their number."""
        return len(self._free) - self._vector

    @property
    def aic(self):
        return 2 * self.k - 2 * self.log_likelihood

    @property
    def bic(self):
        return float(self.k * np.log(self.n) - 2 * self.log_likelihood)

    def confidence_interval(self, level=0.95, method="wald"):
        """Confidence intervals of the free parameters.

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        method : {"wald", "profile"}
            "wald": estimate ± z standard errors, symmetric, and free to leave the parameter space. "profile":
            all values the likelihood-ratio test does not reject, by root finding to 1e-8; an end the
            likelihood never reaches is the edge of the parameter space. It is the piece around the estimate:
            a warning names values in another piece, where a climb of the fit has ended in one.

        Returns
        -------
        dict
            name -> (low, high)
        """
        z = critical(level)
        if method == "profile":
            ends = map(partial(profile_interval, self, level), self.free_names)
            return dict(zip(self.free_names, ends, strict=True))
        if method != "wald":
            raise DataError(f"method must be 'wald' or 'profile', got {method!r}")
        ends = {name: (self.estimate[name], z * error) for name, error in self.standard_errors.items()}
        return {name: (value - half, value + half) for name, (value, half) in ends.items()}

    def summary(self, level=0.95):
        """Table of estimates, standard errors and intervals; rich HTML in a notebook."""
        method = "profile" if self.at_boundary else "wald"
        intervals = self.confidence_interval(level, method)
        errors = {} if self.at_boundary else self.standard_errors
        tail = 50 * (1 - level)
        rows = []
        for name, value in self.estimate.items():
            columns = (value, errors.get(name, np.nan), *intervals.get(name, (np.nan, np.nan)))
            for i, cells in enumerate(np.broadcast(*columns)):
                label = name if np.ndim(value) == 0 else f"{name}[{i}]"
                rows.append((label, *map(as_text, cells)))
        notes = [f"fixed: {', '.join(self.fixed)}"] if self.fixed else []
        if self.at_boundary:
            notes.append(f"{', '.join(self.at_boundary)} at the edge of the range: no standard errors")
        facts = (("observations", f"{self.n:g}"), ("log-likelihood", f"{self.log_likelihood:.3f}"),
                 ("AIC, BIC", f"{self.aic:.3f}, {self.bic:.3f}"),
                 ("score at the solution", f"{self.score_in_se:.0e} standard errors"))
        columns = "parameter", "estimate", "std. error", f"{tail:g}%", f"{100 - tail:g}%"
        title = f"{self.family.__name__}: maximum likelihood ({self.method})"
        return Table(title, facts, columns, tuple(rows), (f"{method} intervals", *notes))

    def __repr__(self):
        return f"Fit({self.distribution!r}, n={self.n:g}, log_likelihood={self.log_likelihood:.3f})"

    def _repr_html_(self):
        return self.summary()._repr_html_()
