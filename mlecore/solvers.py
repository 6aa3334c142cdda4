"""Optimizers of the regression models: Newton with exact zeros where asked, and least absolute deviations.

They know nothing of statistics. An objective is a function theta -> (value, gradient, Hessian); its scale is
that of a negative log-likelihood, so that the Newton decrement sqrt(g' H^-1 g) is a distance in standard
errors.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import pinvh
from scipy.optimize import brentq

from .errors import ConvergenceError
from .linalg import EPS, cholesky, convexify, solve_spd

CLOSE = 1e-9  # Newton decrement at which a fit is finished
ENOUGH = 1e-6  # ... and at which rounding may end it
SWEEPS = 4_000


@dataclass
class Optimum:
    """A minimum: theta (m,), the objective's value, gradient and Hessian there, Newton steps taken,
    decrement.
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    n_iter: int
    decrement: float


def newton(objective, theta, l1=None, watch=None):
    """Minimize objective(theta) + sum of l1 |theta| by (proximal) Newton steps with a halving line search.

    theta: start, (m,). l1: None or non-negative weights (m,); entries at zero come out as exact zeros.
    watch(theta, step, n_iter): called after every step, may raise.
    Returns an `Optimum`; raises ConvergenceError when neither `CLOSE` nor `ENOUGH` is reached.
    Sources: Nocedal and Wright (2006), chapter 3; Lee, Sun and Saunders (2014) for the proximal step.
    """
    penalty = (lambda t: 0.0) if l1 is None else (lambda t: float(l1 @ np.abs(t)))
    value, gradient, hessian = objective(theta)
    if not (np.isfinite(value) and np.all(np.isfinite(hessian))):
        raise ConvergenceError("the objective is not finite at the start: standardize the columns of X")
    for n_iter in range(1, 201):
        model = convexify(hessian, 1e-9 if l1 is None else 1e-5)
        if l1 is None:
            step = -solve_spd(*cholesky(model)[:2], gradient)
            slope = gradient @ step
            decrement = np.sqrt(max(-slope, 0.0))
        else:
            target = quadratic_l1(model, gradient, theta, l1)
            step = target - theta
            slope = gradient @ step + penalty(target) - penalty(theta)
            decrement = np.sqrt(max(step @ model @ step, 0.0))
        if decrement <= CLOSE and (l1 is None or np.array_equal(target != 0, theta != 0)):
            return Optimum(theta, value, gradient, hessian, n_iter - 1, decrement)
        start, noise, t = value + penalty(theta), 100 * EPS * (abs(value) + 1), 1.0
        while t > 1e-12:
            trial = theta + t * step if t < 1 or l1 is None else target
            there = objective(trial)
            if np.isfinite(there[2]).all() and there[0] + penalty(trial) <= start + 1e-4 * t * slope + noise:
                break
            t /= 2
        else:
            break
        if np.array_equal(trial, theta):
            break
        theta, (value, gradient, hessian) = trial, there
        if watch is not None:
            watch(theta, t * step, n_iter)
    if decrement <= ENOUGH:
        return Optimum(theta, value, gradient, hessian, n_iter, decrement)
    raise ConvergenceError(f"no maximum after {n_iter} Newton steps: the estimate is still {decrement:.1e} "
                           "standard errors away from where its score points. Standardize the columns, add "
                           "prior=NormalPrior(...), or drop parameters")


def quadratic_l1(hessian, gradient, theta, l1):
    """Minimize g'(z - theta) + (z - theta)' H (z - theta) / 2 + sum of l1 |z| over z, to its optimality
    conditions.

    Coordinate descent finds the support and its signs; the linear system on that support then gives the
    solution, which is accepted when the signs hold and the other coordinates' gradients stay within l1.
    hessian (m, m) positive semidefinite; gradient, theta, l1 (m,). Returns z (m,) with exact zeros.
    Source: Friedman, Hastie and Tibshirani (2010), section 2.
    """
    diagonal = np.diag(hessian)
    z = np.where((l1 > 0) & (diagonal <= 0), 0.0, theta)
    slope = gradient.copy()
    moving = np.flatnonzero(diagonal > 0)
    for sweep in range(SWEEPS):
        for j in moving:
            pull = z[j] - slope[j] / diagonal[j]
            new = np.copysign(max(abs(pull) - l1[j] / diagonal[j], 0.0), pull)
            if new != z[j]:
                slope += hessian[:, j] * (new - z[j])
                z[j] = new
        if sweep % 4 == 3:
            polished = _on_support(hessian, gradient, theta, l1, z)
            if polished is not None:
                return polished
            slope = gradient + hessian @ (z - theta)
    raise ConvergenceError(f"no zeros settled in {SWEEPS} sweeps: standardize or drop columns of X")


def _on_support(hessian, gradient, theta, l1, z):
    """The solution that has the zeros and signs of z, or None when it breaks an optimality condition."""
    on = (z != 0) | (l1 == 0)
    signs = np.sign(z)
    rhs = hessian[np.ix_(on, ~on)] @ theta[~on] - gradient[on] - l1[on] * signs[on]
    block = hessian[np.ix_(on, on)]
    factor, scale, rcond = cholesky(block)
    step = solve_spd(factor, scale, rhs) if rcond > EPS else np.linalg.lstsq(block, rhs, rcond=None)[0]
    solution = np.zeros_like(z)
    solution[on] = theta[on] + step
    slope = gradient + hessian @ (solution - theta)
    # Rounding in the slope is relative to the terms it is made of.
    slack = 1e-9 * l1 + 100 * EPS * (np.abs(gradient) + np.abs(hessian) @ (np.abs(solution) + np.abs(theta)))
    keeps_signs = np.all((np.sign(solution) == signs)[on & (l1 > 0)])
    within = np.all(np.abs(slope[~on]) <= l1[~on] + slack[~on])
    settled = np.all(np.abs(slope + l1 * signs)[on] <= slack[on] + 1e-7 * np.abs(slope[on]))
    return solution if keeps_signs and within and settled else None


def lad(design, y, weights, l1=None, l2=None):
    """Least absolute deviations: minimize sum of w |y - A b| + sum of l1 |b| + sum of l2 b**2 / 2.

    design A (n, p) of full column rank, y and weights (n,), l1 and l2 (p,) or None. Huber's loss with a
    shrinking threshold leads to the neighborhood; interpolating the rows within the threshold then gives the
    solution, once they are the right ones (Madsen and Nielsen 1993). An L1 penalty is p more rows, and zeros
    are exact.
    Returns (b, dual) with dual (n,) in [-w, w]; the pair is optimal because the duality gap is zero, which is
    checked: ConvergenceError otherwise.
    """
    n, p = design.shape
    size = np.sqrt(np.square(design).T @ weights)
    size = np.where(size > 0, size, 1.0)
    unit = np.median(np.abs(y)) or np.abs(y).max() or 1.0
    design, y, l2 = design / size, y / unit, np.zeros(p) if l2 is None else unit * l2 / size**2
    on = np.flatnonzero(np.zeros(p) if l1 is None else l1)
    if on.size:
        design = np.vstack([design, np.eye(p)[on]])
        y, weights = np.concatenate([y, np.zeros(on.size)]), np.concatenate([weights, (l1 / size)[on]])
    for b, psi in _huber_path(design, y, weights, l2):
        b, dual = _interpolated(design, y, weights, l2, b, psi)
        residual = y - design @ b
        # Dual of the problem: dual'y - (A'dual)' L2^-1 (A'dual) / 2, so the gap is complementary slackness.
        slack = np.abs(weights * np.abs(residual) - dual * residual)
        stationarity = np.abs(design.T @ dual - l2 * b).max() / np.sqrt(weights.sum())
        excess = np.max(np.abs(dual) - weights) / weights.max()
        if max(stationarity, excess) <= 1e-8 and np.all(slack <= 1e-8 * weights * _magnitude(design, y, b)):
            rounding = np.abs(b[on]) <= 1e-9  # beside a y of about 1
            b[on[rounding & (-dual[n:] * b[on] < weights[n:] * np.abs(b[on]))]] = 0.0
            return unit * b / size, dual[:n]
    raise ConvergenceError(f"least absolute deviations stopped at a duality gap of {slack.sum():.1e}: "
                           "standardize the columns of X, or use noise='huber' with a small k")


def _magnitude(design, y, b):
    """Size, row by row, of what a residual is the difference of: rounding in it is relative to that."""
    size = np.abs(y) + np.abs(design) @ np.abs(b)
    return np.maximum(size, max(np.median(size), 1e-6 * size.max())) + np.finfo(float).tiny


def _huber_path(design, y, weights, l2):
    """Minimizers b (p,) of the Huber-smoothed problem as its threshold shrinks, with psi (n,) in [-1, 1].

    Newton steps, each of the length at which the slope along it, which only rises, is zero.
    """
    gram = design.T @ (weights[:, None] * design) + np.diag(l2)
    b = solve_spd(*cholesky(convexify(gram, 1e-9))[:2], design.T @ (weights * y))
    ridge = np.diag(1e-10 * np.diag(gram))
    floor = 1e-13 * (np.abs(y).max() + np.abs(b) @ np.abs(design).max(axis=0)) + np.finfo(float).tiny
    for threshold in np.maximum(np.median(np.abs(y - design @ b)) * 0.1 ** np.arange(1, 31), floor):
        for _ in range(60):
            residual = y - design @ b
            psi = np.clip(residual / threshold, -1, 1)
            gradient = l2 * b - design.T @ (weights * psi)
            if np.abs(gradient).max() <= 1e-12 * np.sqrt(weights.sum()):
                break
            inside = np.abs(psi) < 1
            rows = design[inside]
            hessian = (rows.T @ (weights[inside][:, None] * rows) + ridge) / threshold + np.diag(l2)
            step = -solve_spd(*cholesky(convexify(hessian, 1e-9))[:2], gradient)
            along = design @ step

            def slope(t, k=threshold, r=residual, a=along, b=b, step=step):
                return step @ (l2 * (b + t * step)) - (weights * a) @ np.clip((r - t * a) / k, -1, 1)

            if slope(0.0) >= 0:  # rounding has the last word
                break
            b = b + step * (1.0 if slope(1.0) <= 0 else brentq(slope, 0.0, 1.0, xtol=1e-300, rtol=0.1))
        yield b.copy(), psi


def _interpolated(design, y, weights, l2, b, psi):
    """(b, dual) near a smoothed solution that has the rows with |psi| < 1 interpolated, if they can be.

    The smallest change of both that makes the residuals of those rows zero, and l2 b = A'dual: twice, for
    the second takes out the rounding of the first.
    """
    inside, p = np.abs(psi) < 1, len(b)
    rows, dual = design[inside], weights * psi
    gram = rows.T @ rows
    inverse = pinvh(np.block([[np.diag(l2), gram], [gram, np.zeros_like(gram)]]))
    for _ in range(2):
        miss = np.concatenate([design.T @ dual - l2 * b, rows.T @ (y - design @ b)[inside]])
        step = inverse @ miss
        b, dual[inside] = b + step[:p], dual[inside] - rows @ step[p:]
    return b, dual
