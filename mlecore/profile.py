"""Exact profile-likelihood intervals: the values a likelihood-ratio test does not reject, by root finding."""

import numpy as np
from scipy.special import ndtri

from .errors import ConvergenceError

TOLERANCE = 1e-9  # on the deviance at an end, relative to the cut
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
    from .fitting import fit as fit_family

    ends = []
    for p in fit.estimate[name]:
        one = fit_family("Bernoulli", [1.0, 0.0], weights=[fit.n * p, fit.n * (1 - p)])
        ends.append(profile_interval(one, "p", level))
    low, high = np.array(ends).T
    return low, high


class Profile:
    """The log-likelihood of one parameter with all others at their best, in the units of the fit."""

    def __init__(self, fit, name):
        self.fit, self.name, self.sample = fit, name, fit._sample
        self.constraint = fit.family.parameters[name]
        self.index = list(fit.family.parameters).index(name)
        self.top = fit._point
        self.warm = self.top.theta

    def deviance(self, u):
        """Twice the fall of the log-likelihood at unconstrained coordinate u, and its slope in u."""
        from .fitting import solve

        theta = self.warm.copy()
        theta[self.index] = self.constraint.from_free(u)
        names = list(self.fit.family.parameters)
        held = {n: theta[names.index(n)] for n in names if n == self.name or n in self.fit.fixed}
        point, reached, *_ = solve(self.sample, held, lambda: [theta], strict=False)
        if reached > 1e-5:
            raise ConvergenceError(
                f"the profile of {self.name} did not converge at {theta[self.index]:.6g}: score {reached:.0e}"
            )
        fall = 2 * (self.top.value - point.value)
        if fall < -1e-6:
            raise ConvergenceError(
                f"the profile of {self.name} found a higher likelihood than the fit, near "
                f"{self.fit._named(point.theta)}: give these as start={{...}}"
            )
        self.warm = point.theta
        return fall, -2 * point.score[self.index] * self.constraint.slopes(theta[self.index])[0]

    def end(self, direction, cut):
        """The value where the deviance reaches ``cut``, looking in ``direction`` from the estimate."""
        self.warm = self.top.theta
        edge = self.constraint.high if direction > 0 else self.constraint.low
        best = self.top.theta[self.index]
        if best == edge:
            return edge
        if self.constraint.at_edge(best):
            near, u = None, 0.0
        else:
            near = self.constraint.to_free(best)
            i = self.fit._free.index(self.index)
            step = np.sqrt(self.fit._inner_covariance[i, i] * cut) / self.constraint.slopes(best)[0]
            if self.constraint.low > -np.inf:
                step = min(step, 2.0)
            u = near + direction * step
        return self._outward(self._root(u, near, direction, cut), edge)

    def _root(self, u, near, direction, cut):
        """Safeguarded Newton on the root of the deviance, almost a straight line; None if never reached.

        ``near`` is a coordinate known to lie inside the interval, or None.
        """
        far, origin, reach = None, u if near is None else near, 1.0 if near is None else abs(u - near)
        farthest = FARTHEST if self.constraint.low > -np.inf else 1e9 * reach
        for _ in range(200):
            fall, slope = self.deviance(u)
            miss = np.sqrt(max(fall, 0.0)) - np.sqrt(cut)
            if abs(fall - cut) <= TOLERANCE * cut:
                return u
            if miss < 0:
                near = u
            else:
                far = u
            rate = slope / (2 * np.sqrt(max(fall, 1e-12)))
            proposal = u - miss / rate if rate != 0 else np.inf * direction
            if near is None or far is None:
                reach *= 2
                bound = u + (direction if miss < 0 else -direction) * reach
                proposal = np.clip(proposal, min(u, bound), max(u, bound)) if proposal != u else bound
                if abs(proposal - u) < 0.1 * reach and abs(miss) > 0.5:
                    proposal = bound
                if abs(proposal - origin) > farthest:
                    return None
            elif not min(near, far) < proposal < max(near, far):
                proposal = 0.5 * (near + far)
            if proposal == u or (
                far is not None and near is not None and abs(far - near) <= 4 * np.spacing(abs(u))
            ):
                return u
            u = proposal
        raise ConvergenceError(f"the profile interval of {self.name} was not found in 200 steps")

    def _outward(self, u, edge):
        if u is None:
            return edge
        value = self.constraint.from_free(u)
        return float(self.constraint.change_units(value, self.sample.center, self.sample.unit))
