"""Exact profile-likelihood intervals: the values a likelihood-ratio test does not reject, by root finding."""

import warnings

import numpy as np
from scipy.special import ndtri

from .errors import ConvergenceError, DataError
from .newton import solve

FARTHEST = 40.0  # how far to look on a log or log-odds scale before calling an end never reached


def critical(level):
    """The normal quantile z of a two-sided interval; DataError unless ``level`` is between 0 and 1."""
    if not (np.ndim(level) == 0 and 0 < level < 1):
        raise DataError(f"level must be between 0 and 1, got {level!r}")
    return float(ndtri(0.5 + level / 2))


def crossing(fall, z, inside, step, farthest):
    """Where ``fall``, twice the fall of a profile log-likelihood, reaches z**2; None where it does not.

    Looks from ``inside`` in the direction of ``step``, whose doublings end past ``farthest``; solved to 1e-10
    of the first step. Near a regular maximum sqrt(fall) is almost a straight line, so its root is sought.
    """
    from scipy.optimize import brentq  # slow to import

    def miss(u):
        return np.sqrt(max(fall(u), 0.0)) - z

    origin, xtol, outside = inside, 1e-10 * abs(step), inside + step
    while miss(outside) < 0:
        inside, step = outside, 2 * step
        outside = inside + step
        if abs(outside - origin) > farthest:
            return None
    return brentq(miss, inside, outside, xtol=xtol, rtol=1e-14, maxiter=200)


def profile_interval(fit, level, name):
    """(low, high) for one parameter of a Fit; an end that is never reached is the edge of the range."""
    if fit._vector:
        return _marginal_intervals(fit, name, level)
    profile, z = Profile(fit, name), critical(level)
    low, high = (profile.end(direction, z) for direction in (-1, 1))
    near = [fit._named(mode.theta)[name] for mode in fit._modes if profile.top.value - mode.value < z**2 / 2]
    apart = sorted({f"{value:.6g}" for value in near if not low <= value <= high})
    if apart:
        warnings.warn(f"the values of {name} that the likelihood-ratio test accepts are not one interval: "
                      f"those near {', '.join(apart)} are accepted too, and lie beyond a valley of the "
                      "likelihood", stacklevel=3)
    return low, high


def _marginal_intervals(fit, name, level):
    """For probabilities that sum to 1: each one's profile is that of its own count against all others."""
    from .fitting import fit as fit_family

    counts = [(fit.n * p, fit.n * (1 - p)) for p in fit.estimate[name]]
    ones = [fit_family("Bernoulli", [1.0, 0.0], weights=pair) for pair in counts]
    return tuple(np.array([profile_interval(one, level, "p") for one in ones]).T)


class Profile:
    """The log-likelihood of one parameter with all others at their best, in the units of the fit."""

    def __init__(self, fit, name):
        self.fit, self.name, self.top, self.warm = fit, name, fit._point, fit._point.theta
        self.constraint = fit.family.parameters[name]
        self.index = list(fit.family.parameters).index(name)

    def deviance(self, u):
        """Twice the fall of the log-likelihood with the parameter at unconstrained coordinate u."""
        theta = self.warm.copy()
        theta[self.index] = self.constraint.from_free(u)
        given = {self.name, *self.fit.fixed}
        held = {n: v for n, v in zip(self.fit.family.parameters, theta, strict=True) if n in given}
        point, reached, *_ = solve(self.fit._sample, held, lambda: [theta], strict=False)
        if reached > 1e-5:
            at = f"{theta[self.index]:.6g}: score {reached:.0e}"
            raise ConvergenceError(f"the profile of {self.name} did not converge at {at}")
        fall = 2 * (self.top.value - point.value)
        if fall < -1e-6:
            better = self.fit._named(point.theta)
            raise ConvergenceError(f"the profile of {self.name} found a higher likelihood than the fit, near "
                                   f"{better}: give these as start={{...}}")
        self.warm = point.theta
        return fall

    def end(self, direction, z):
        """The value where the deviance reaches z**2, looking in ``direction`` from the estimate."""
        self.warm, best = self.top.theta, self.top.theta[self.index]
        edge = self.constraint.high if direction > 0 else self.constraint.low
        if best == edge:
            return edge
        bounded = self.constraint.low > -np.inf
        if self.constraint.at_edge(best):
            inside, step = 0.0, 1.0
            while self.deviance(inside) > z**2:  # back toward the estimate, at infinity on this scale
                inside, step = inside - direction * step, 2 * step
        else:
            i = self.fit._free.index(self.index)
            error = np.sqrt(self.fit._inner_covariance[i, i]) / self.constraint.slopes(best)[0]
            inside, step = self.constraint.to_free(best), z * error
            step = min(step, 2.0) if bounded else step
        u = crossing(self.deviance, z, inside, direction * step, FARTHEST if bounded else 1e9 * step)
        if u is None:
            return edge
        sample = self.fit._sample
        return float(self.constraint.change_units(self.constraint.from_free(u), sample.center, sample.unit))
