"""Newton's method on a sum of log-likelihoods, in unconstrained coordinates, with a line search."""

from dataclasses import dataclass

import numpy as np

from .errors import IdentifiabilityError
from .linalg import cholesky, convexify, invert_information, solve_spd

CONVERGED = 1e-6  # largest acceptable score, in standard-error units
TARGET = 1e-9  # what the iteration aims for
LONGEST = 4.0  # longest step of one coordinate on the log or log-odds scale


@dataclass(frozen=True)
class Step:
    """One line of the optimizer's trace: where it stood, in the caller's units."""

    iteration: int
    estimate: dict
    log_likelihood: float
    score_in_se: float
    step_length: float
    method: str


@dataclass
class Point:
    """A parameter vector (units of the fit) with log-likelihood, score and Hessian there."""

    theta: np.ndarray
    value: float
    score: np.ndarray
    hessian: np.ndarray


class Climber:
    """Maximizes the log-likelihood of one sample over the free parameters.

    Parameters
    ----------
    sample : Sample
    free : list of int
        Which parameters move; the others stay where they start.
    strict : bool
        What happens when a parameter passes its family's ``limits``: an IdentifiabilityError, or (for a
        nuisance parameter of a profile, where the limit of the likelihood is what is wanted) it is held
        there.
    """

    def __init__(self, sample, free, strict=True):
        self.sample, self.free, self.strict = sample, list(free), strict
        self.constraints = list(sample.family.parameters.values())
        self.history = []

    def at(self, theta):
        """The Point at ``theta``."""
        return Point(theta, *self.sample.totals(self.sample.family._at(theta)))

    def free_part(self, theta):
        """The free unconstrained coordinates of ``theta``."""
        return np.array([self.constraints[i].to_free(theta[i]) for i in self.free])

    def moved(self, theta, z):
        """A copy of ``theta`` with its free part at the unconstrained coordinates ``z``."""
        theta = theta.copy()
        theta[self.free] = [self.constraints[i].from_free(v) for i, v in zip(self.free, z, strict=True)]
        return theta

    def local(self, point):
        """Score and Hessian in the free unconstrained coordinates: the chain rule."""
        slopes = np.array([self.constraints[i].slopes(point.theta[i]) for i in self.free]).reshape(-1, 2)
        score = point.score[self.free]
        first, second = slopes.T
        hessian = point.hessian[self.free][:, self.free] * first * first[:, None]
        return score * first, hessian + np.diag(score * second)

    def climb(self, theta, most=200):
        """Newton from ``theta``. Returns (Point, score in standard-error units; inf where not concave)."""
        point = self.at(np.array(theta, dtype=float))
        reached, length = np.inf, 0.0
        for iteration in range(most):
            if not self.free or not np.isfinite(point.value):
                return point, np.inf if self.free else 0.0
            score, hessian = self.local(point)
            covariance = invert_information(-hessian)
            if covariance is not None:
                reached = float(np.max(np.abs(score) * np.sqrt(np.diag(covariance))))
                direction = covariance @ score
            else:  # Newton with the sizes of the eigenvalues goes uphill where the Hessian does not bend down
                reached, direction = np.inf, solve_spd(*cholesky(convexify(-hessian, 1e-6))[:2], score)
            self.history.append((iteration, point, reached, length, "newton"))
            if reached <= TARGET:
                break
            moved, length = self.search(point, direction, score @ direction)
            if moved is None:
                break
            point = moved
            self.guard(point.theta)
        return point, reached

    def search(self, point, direction, slope):
        """Halve the step until the log-likelihood rises enough (Armijo); (None, 0) where it cannot."""
        bounded = [self.constraints[i].low > -np.inf for i in self.free]
        longest = np.max(np.abs(direction[bounded]), initial=0.0)
        length = min(1.0, LONGEST / longest) if longest > 0 else 1.0
        z = self.free_part(point.theta)
        noise = 1e-13 * (1 + abs(point.value))
        for _ in range(50):
            trial = self.at(self.moved(point.theta, z + length * direction))
            enough = point.value + 1e-4 * length * slope - noise
            if np.array_equal(trial.theta, point.theta):
                break
            if trial.value >= enough and np.all(np.isfinite(trial.hessian)):
                return trial, length
            length /= 2
        return None, 0.0

    def guard(self, theta):
        """Refuse, or stop moving, a parameter that runs past its family's limits."""
        family = self.sample.family
        for name, limit, remedy in family.limits:
            i = list(family.parameters).index(name)
            if i in self.free and (theta[i] > limit if limit > 1 else theta[i] < limit):
                what = f"{family.__name__}: {name} runs away to {theta[i]:.3g}"
                if self.strict:
                    raise IdentifiabilityError(f"{what}: {remedy}")
                self.free.remove(i)


def maximize(sample, free, starts, strict=True):
    """The best stationary point over ``starts``; then, if none converged, L-BFGS-B followed by Newton again.

    Returns
    -------
    (Point, float, list, list of Point)
        The point, the score there in standard-error units, the history of the winning climb, and where the
        other climbs converged.
    """
    best, modes = None, []
    for theta in starts:
        climber = Climber(sample, free, strict)
        point, reached = climber.climb(theta)
        modes += [point] if reached <= CONVERGED else []
        if best is None or (reached <= CONVERGED, point.value) > (best[1] <= CONVERGED, best[0].value):
            best = point, reached, climber.history
    if best[1] > CONVERGED:
        best = _fallback(sample, free, best, strict)
    return *best, modes


def _fallback(sample, free, best, strict):
    """L-BFGS-B from the best point so far (it needs no curvature), then Newton from where that ends."""
    from scipy.optimize import minimize  # slow to import and seldom needed

    climber = Climber(sample, free, strict)
    start = best[0].theta

    def downhill(z):
        point = climber.at(climber.moved(start, z))
        score, _ = climber.local(point)
        good = np.isfinite(point.value) and np.all(np.isfinite(score))
        return (-point.value / sample.n, -score / sample.n) if good else (1e300, np.zeros_like(z))

    z = climber.free_part(start)
    result = minimize(downhill, z, jac=True, method="L-BFGS-B", bounds=[(-700, 700)] * z.size)
    point, reached = climber.climb(climber.moved(start, result.x))
    if reached <= CONVERGED or point.value > best[0].value:
        return point, reached, best[2] + climber.history
    return best


@np.errstate(all="ignore")
def solve(sample, held, starts, strict=True):
    """The maximum with the parameters in ``held`` kept: a closed form, else a climb from ``starts()``.

    All values are in the units of the fit. Returns (Point, score in SE, history, other maxima, method).
    """
    family = sample.family
    free = [i for i, name in enumerate(family.parameters) if name not in held]
    climber = Climber(sample, free)
    theta, method = None, "closed form"
    if not free:
        theta, method = tuple(held[name] for name in family.parameters), "evaluation"
    elif sample.pooled:
        theta = family.closed_form(sample.columns, sample.weights, held)
    else:
        theta = family.censored_closed_form(sample.events, sample.total / sample.unit)
    if theta is None:
        return *maximize(sample, free, starts(), strict), "newton"
    point = climber.at(np.hstack(theta).astype(float))
    return point, 0.0, [(0, point, 0.0, 0.0, method)], [], method
