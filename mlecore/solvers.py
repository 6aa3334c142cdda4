"""Optimizers of the regression models: Newton with exact zeros where asked, and least absolute deviations.

They know nothing of statistics. An objective is a function theta -> (value, gradient, Hessian); its scale is
that of a negative log-likelihood, so that the Newton decrement sqrt(g' H^-1 g) is a distance in standard
errors.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr
from scipy.optimize import lsq_linear

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


def newton(objective, theta, l1=None, *, max_iter=200, watch=None, close=CLOSE, enough=ENOUGH):
    """Minimize objective(theta) + sum of l1 |theta| by (proximal) Newton steps with a halving line search.

    theta: start, (m,). l1: None or non-negative weights (m,); entries at zero come out as exact zeros.
    watch(theta, step, n_iter): called after every step, may raise. `close` and `enough` as the module's
    constants.
    Returns an `Optimum`; raises ConvergenceError when neither decrement is reached.
    Sources: Nocedal and Wright (2006), chapter 3; Lee, Sun and Saunders (2014) for the proximal step.
    """
    penalty = (lambda t: 0.0) if l1 is None else (lambda t: float(l1 @ np.abs(t)))
    value, gradient, hessian = objective(theta)
    if not np.isfinite(value):
        raise ConvergenceError("the objective is not finite at the start: standardize the columns of X")
    for n_iter in range(1, max_iter + 1):
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
        if decrement <= close and (l1 is None or np.array_equal(target != 0, theta != 0)):
            return Optimum(theta, value, gradient, hessian, n_iter - 1, decrement)
        start, noise, t = value + penalty(theta), 100 * EPS * (abs(value) + 1), 1.0
        while t > 1e-12:
            trial = theta + t * step if t < 1 or l1 is None else target
            there = objective(trial)
            if np.isfinite(there[0]) and there[0] + penalty(trial) <= start + 1e-4 * t * slope + noise:
                break
            t /= 2
        else:
            break
        stalled = decrement <= enough and np.array_equal(trial, theta)
        theta, (value, gradient, hessian) = trial, there
        if stalled:
            break
        if watch is not None:
            watch(theta, t * step, n_iter)
    if decrement <= enough:
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
    slope = gradient + hessian @ (z - theta)
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
    raise ConvergenceError(f"no zeros settled in {SWEEPS} sweeps of descent: remove duplicated columns")


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
    shrinking threshold leads to the neighborhood (Madsen and Nielsen 1993); without l2, exchanges of one
    interpolated row for another along descending edges then reach an optimal vertex (Barrodale and Roberts
    1973). An L1 penalty is p more rows, and zeros are exact.
    Returns (b, dual) with dual (n,) in [-w, w]; the pair is optimal because the duality gap is zero, which is
    checked: ConvergenceError otherwise.
    """
    n, p = design.shape
    l2 = np.zeros(p) if l2 is None else np.asarray(l2, dtype=float)
    if l1 is not None and np.any(l1 > 0):
        on = np.flatnonzero(l1 > 0)
        design = np.vstack([design, np.eye(p)[on]])
        y, weights = np.concatenate([y, np.zeros(on.size)]), np.concatenate([weights, l1[on]])
    b = _huber_path(design, y, weights, l2)
    b, dual = (_on_active if l2.any() else _exchange)(design, y, weights, b, l2)
    residual = y - design @ b
    # Dual of the problem: dual'y - (A'dual)' L2^-1 (A'dual) / 2, so the gap is complementary slackness alone.
    slack = np.abs(weights * np.abs(residual) - dual * residual)
    magnitude = weights * _magnitude(design, y, b)
    stationarity = np.abs(design.T @ dual - l2 * b).max() / (np.abs(design).T @ weights).max()
    excess = np.max(np.abs(dual) - weights, initial=0.0) / weights.max()
    if np.any(slack > 1e-8 * magnitude) or max(stationarity, excess) > 1e-8:
        raise ConvergenceError(f"least absolute deviations stopped at a duality gap of {slack.sum():.1e}")
    if l1 is not None and design.shape[0] > n:
        b[on[np.abs(dual[n:]) < weights[n:]]] = 0.0
    return b, dual[:n]


def _magnitude(design, y, b):
    """Size, row by row, of what a residual is the difference of: rounding in it is relative to that."""
    size = np.abs(y) + np.abs(design) @ np.abs(b)
    return np.maximum(size, max(np.median(size), 1e-6 * size.max())) + np.finfo(float).tiny


def _huber_path(design, y, weights, l2):
    """Minimizer of the Huber-smoothed problem, the threshold shrunk until few residuals lie within it."""
    factor, scale, _ = cholesky(design.T @ (weights[:, None] * design) + np.diag(l2))
    b = solve_spd(factor, scale, design.T @ (weights * y))
    ridge = 1e-10 * scale**2
    threshold = np.median(np.abs(y - design @ b))
    floor = 1e-13 * (np.abs(y).max() + np.abs(b) @ np.abs(design).max(axis=0))
    for _ in range(60):
        threshold = max(threshold / 4, floor)

        def smoothed(b, k=threshold):
            residual = y - design @ b
            psi = np.clip(residual / k, -1, 1)
            inside = np.abs(residual) <= k
            value = weights @ (psi * (residual - 0.5 * k * psi)) + 0.5 * b @ (l2 * b)
            rows = design[inside]
            hessian = rows.T @ ((weights[inside] / k)[:, None] * rows) + np.diag(l2 + ridge / k)
            return value, l2 * b - design.T @ (weights * psi), hessian

        try:
            b = newton(smoothed, b, max_iter=60).theta
        except ConvergenceError:
            break
        inside = np.count_nonzero(np.abs(y - design @ b) <= threshold)
        if threshold == floor or (inside <= 3 * design.shape[1] and not l2.any()):
            break
    return b


def _exchange(design, y, weights, b, _):
    """Simplex exchanges from the vertex nearest to b to an optimal one; returns (b, dual)."""
    n, p = design.shape
    order, take = np.argsort(np.abs(y - design @ b), kind="stable"), p
    while True:
        near = order[: min(take, n)]
        _, triangle, pivots = qr(design[near].T, mode="economic", pivoting=True)
        sizes = np.abs(np.diag(triangle))
        if np.count_nonzero(sizes > 1e-11 * sizes[0]) == p or take >= n:
            basis = near[pivots[:p]]
            break
        take *= 2
    # Ties would let the exchanges cycle. A perturbation of y far below its precision in use breaks them, and
    # the basis it ends on is optimal for y itself: dual feasibility does not involve y.
    magnitude = _magnitude(design, y, b)
    shake = np.random.default_rng(0).uniform(0.5, 1.0, n) * magnitude
    for size in (1e-11, 1e-9, 1e-7):
        dual = _descend(design, y + size * shake, weights, basis)
        if dual is not None:
            return np.linalg.solve(design[basis], y[basis]), dual
    raise ConvergenceError("least absolute deviations: too many exchanges")


def _descend(design, y, weights, basis):
    """Exchange rows of `basis` (p,), in place, until its vertex is optimal; the dual (n,), or None after
    too many.
    """
    p = len(basis)
    for _ in range(1_000 + 100 * p):
        square = design[basis]
        residual = y - design @ np.linalg.solve(square, y[basis])
        dual = weights * np.sign(residual)
        dual[basis] = 0.0
        dual[basis] = -np.linalg.solve(square.T, design.T @ dual)
        excess = np.abs(dual[basis]) - weights[basis]
        leaving = int(np.argmax(excess))
        if excess[leaving] <= 1e-10 * weights[basis][leaving]:
            return dual
        edge = np.linalg.solve(square, -np.sign(dual[basis][leaving]) * np.eye(p)[leaving])
        rate = -(design @ edge)
        rate[basis] = 0.0
        hits = np.flatnonzero(residual * rate < 0)
        times = -residual[hits] / rate[hits]
        by_time = np.argsort(times)
        slopes = np.cumsum(2 * weights[hits[by_time]] * np.abs(rate[hits[by_time]])) - excess[leaving]
        basis[leaving] = hits[by_time[min(np.searchsorted(slopes, 0.0), hits.size - 1)]]
    return None


def _on_active(design, y, weights, b, l2):
    """With an L2 penalty: interpolate the rows whose residual is zero, if that satisfies the optimality
    conditions.
    """
    residual = y - design @ b
    # Rounding, or what the shrinking threshold has left where b is zero.
    active = np.abs(residual) <= np.maximum(1e-9 * _magnitude(design, y, b), 1e-12 * np.abs(y).max())
    rows, m = design[active], int(active.sum())
    dual = weights * np.sign(residual)
    dual[active] = 0.0
    system = np.block([[np.diag(l2), -rows.T], [rows, np.zeros((m, m))]])
    solution = np.linalg.lstsq(system, np.concatenate([design.T @ dual, y[active]]), rcond=None)[0]
    b, dual[active] = solution[: len(b)], solution[len(b) :]
    if np.any(np.abs(dual) > weights):  # more rows than needed pass through zero: their dual is not unique
        limits = (-weights[active], weights[active])
        dual[active] = 0.0
        dual[active] = lsq_linear(rows.T, l2 * b - design.T @ dual, bounds=limits, method="bvls", tol=1e-14).x
    return b, dual
