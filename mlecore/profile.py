"""Exact profile-likelihood intervals: the values a likelihood-ratio test does not reject, by root finding."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from .errors import ConvergenceError
from .fitting import fit as fit_family
from .fitting import solve

FARTHEST = 40.0  # how far to look on a log or log-odds scale before calling an end never reached


def profile_interval(fit, name, level):
    """(low, high) for one parameter of a Fit; an end that is never reached is the edge of the range."""
    constraint = fit.family.parameters[name]
    if constraint.length is not None:
        return _marginal_intervals(fit, name, level)
    profile = Profile(fit, name)
    cut = ndtri(0.5 + level / 2) ** 2
    return tuple(profile.end(direction, cut) for direction in (-1, 1))


def _marginal_intervals(fit, name, level):
    """For probabilities that sum to 1: each one's profile is that of its own count against all others."""
    ends = []
    for p in fit.estimate[name]:
        one = fit_family("Bernoulli", [1.0, 0.0], weights=[fit.n * p, fit.n * (1 - p)])
        ends.append(profile_interval(one, "p", level))
    low, high = np.array(ends).T
    return low, high


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
            raise ConvergenceError(
                f"the profile of {self.name} found a higher likelihood than the fit, near {better}: "
                "give these as start={...}"
            )
        self.warm = point.theta
        return max(fall, 0.0)

    def end(self, direction, cut):
        """The value where the deviance reaches ``cut``, looking in ``direction`` from the estimate."""
        self.warm, best = self.top.theta, self.top.theta[self.index]
        edge = self.constraint.high if direction > 0 else self.constraint.low
        if best == edge:
            return edge

        def miss(u):
            return np.sqrt(self.deviance(u)) - np.sqrt(cut)  # almost a straight line

        bounded = self.constraint.low > -np.inf
        if self.constraint.at_edge(best):
            inside, step = 0.0, 1.0
            while miss(inside) > 0:  # back toward the estimate, at infinity on this scale
                inside, step = inside - direction * step, 2 * step
        else:
            i = self.fit._free.index(self.index)
            error = np.sqrt(self.fit._inner_covariance[i, i]) / self.constraint.slopes(best)[0]
            inside, step = self.constraint.to_free(best), error * np.sqrt(cut)
            step = min(step, 2.0) if bounded else step
        origin, outside = inside, inside + direction * step
        while miss(outside) < 0:
            inside, step = outside, 2 * step
            outside = inside + direction * step
            if abs(outside - origin) > (FARTHEST if bounded else 1e9 * step):
                return edge
        u = brentq(miss, inside, outside, xtol=1e-300, rtol=1e-14, maxiter=200)
        sample = self.fit._sample
        return float(self.constraint.change_units(self.constraint.from_free(u), sample.center, sample.unit))
