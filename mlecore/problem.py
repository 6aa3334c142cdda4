"""One regression to solve: a design, a noise model and a prior, and the three ways to its maximum."""

import numpy as np

from .errors import ConvergenceError, DataError, IdentifiabilityError
from .linalg import EPS, cholesky
from .noise import NOISES
from .objective import Objective, Rows
from .solvers import Optimum, lad, newton

RANDOM_STARTS = 8
START_ROWS = 2_000


class Problem:
    """What has to be maximized, and how: least squares, absolute error, and Newton for all the rest.

    design: a `Design`, prepared here. noise: a `Noise`. m: number of location predictors. given: fixed shape
    parameters by name. prior: None or a prior. Raises DataError and IdentifiabilityError where no maximum
    exists.
    l1, l2 (m p,): penalties of the coefficients in working coordinates, or None. objective: the smooth part.
    """

    def __init__(self, design, noise, m, working, given, prior):
        self.design, self.noise, self.m, self.prior = design, noise, m, prior
        unknown = set(given) - set(noise.shape)
        if unknown:
            raise DataError(f"{noise.name} noise has no parameter {min(unknown)!r}; it has "
                            f"{list(noise.shape) or 'none'}")
        for name, value in given.items():
            if not (np.isscalar(value) and np.isfinite(value) and value > 0):
                raise DataError(f"noise_params[{name!r}] must be a positive number, got {value!r}")
        held = {**noise.fixed, **given}
        self.free = [i for i, name in enumerate(noise.shape) if name not in held]
        self.l1, self.l2 = self._penalties()
        penalized = self.l1 is not None or self.l2 is not None
        scaled = bool(noise.shape) and noise.name != "negative_binomial"
        design.prepare(working, identified=penalized, exact=scaled)
        if scaled and 0 in self.free:
            name = noise.shape[0]
            if penalized and design.n <= design.p:
                raise IdentifiabilityError(f"n_samples = {design.n:g} is fitted exactly by {design.p} "
                                           "coefficients, prior or not, so the noise scale goes to zero: fix "
                                           f"it, noise_params={{{name!r}: …}}")
            size = np.sqrt(design.norms**2 @ (design.to_original @ design.start) ** 2)
            require_spread(np.sqrt(design.rss), size + np.sqrt(design.n) * design.magnitude, name)
        logs = [np.log(held.get(name, 1.0)) for name in noise.shape]
        self.objective = Objective(design, noise, m, logs, self.free, self.l2)

    def _penalties(self):
        """L1 and L2 weights (m p,) in working coordinates, or None each."""
        if self.prior is None:
            return None, None
        if not all(hasattr(self.prior, name) for name in ("l1", "l2", "log_prob")):
            raise DataError(f"prior must be None or one of mlecore's three priors, got {self.prior!r}")
        d, result = len(self.design.names), []
        for strength in (self.prior.l1, self.prior.l2):
            if np.ndim(strength) and np.shape(strength) != (d,):
                raise DataError(f"the prior's scale has shape {np.shape(strength)}, X has {d} columns")
            row = np.append(np.zeros(int(self.design.fit_intercept)), np.broadcast_to(strength, d))
            result.append(np.tile(row, self.m) if np.any(row) else None)
        return result

    def solve(self):
        """The `Optimum`, in working coordinates; the errors are those of the class and ConvergenceError."""
        if self.noise.name == "normal" and self.l1 is None and self.l2 is None:
            return self._least_squares()
        if self.noise.name == "laplace":
            return self._absolute()
        with self.design.held():
            return self._newton()

    def _least_squares(self):
        design, free = self.design, len(self.free)
        logs = np.array([0.5 * np.log(design.rss / design.n)]) if free else self.objective.logs
        variance = np.exp(2 * logs[0])
        value = 0.5 * design.rss / variance + design.n * (logs[0] + 0.5 * np.log(2 * np.pi))
        gradient = np.append(-design.slope / variance, np.zeros(free))
        hessian = np.diag(np.append(np.zeros(design.p), np.full(free, 2 * design.n)))
        hessian[: design.p, : design.p] = design.gram / variance
        return Optimum(np.append(design.start, logs[self.free]), value, gradient, hessian, 1, 0.0)

    def _absolute(self):
        design, free = self.design, len(self.free)
        A, y, w = design.sample(design.n_rows)
        b = np.exp(self.objective.logs[0])
        if free:
            b = max(np.sqrt(design.rss / design.n), np.finfo(float).tiny)
        for n_iter in range(1, 501):  # noqa: B007
            theta, _ = lad(A, y, w, *(None if v is None else b * v for v in (self.l1, self.l2)))
            spread, previous = w @ np.abs(y - A @ theta), b
            if free:
                require_spread(spread, w @ np.abs(y) + w @ (np.abs(A) @ np.abs(theta)), "scale")
                b = spread / design.n
            if self.prior is None or abs(b - previous) <= 1e-13 * b:
                break
        else:
            raise ConvergenceError("the scale did not settle: fix noise_params={'scale': …}")
        l2 = np.zeros(design.p) if self.l2 is None else self.l2
        value = design.n * np.log(2 * b) + spread / b + 0.5 * l2 @ theta**2
        hessian = np.diag(np.append(l2, np.full(free, design.n)))
        hessian[: design.p, : design.p] += design.gram / b**2  # expected: the kink has no second derivative
        theta = np.append(theta, [np.log(b)] * free)
        return Optimum(theta, value, np.zeros(theta.size), hessian, n_iter, 0.0)

    def _newton(self):
        design, noise = self.design, self.noise
        l1 = None if self.l1 is None else np.append(self.l1, np.zeros(len(self.free)))
        if noise.log_link and design.mean_y == 0:
            raise IdentifiabilityError("every count is zero: the rate's estimate is 0, and log 0 is -inf")
        failures, fits = [], []
        for theta in self._starts():
            try:
                fits.append(newton(self.objective, theta, l1, watch=self._watch))
            except (ConvergenceError, IdentifiabilityError) as failure:
                failures.append(failure)
        fits = [f for f in fits if l1 is not None or cholesky(f.hessian)[2] > EPS]
        if not fits:
            if not failures:
                raise IdentifiabilityError("no curvature at the maximum: give the coefficients a prior")
            raise next((f for f in failures if isinstance(f, IdentifiabilityError)), failures[0])
        best = min(fits, key=lambda f: f.value)
        if noise.name == "student_t" and len(self.free) == 2 and self.prior is None:
            normal = design.n * (0.5 * np.log(2 * np.pi * design.rss / design.n) + 0.5)  # nu at infinity
            if best.value >= normal:
                raise _runaway_nu()
        return best

    def _starts(self):
        """Starting points of Newton's method; several where the likelihood may have several maxima."""
        design, noise = self.design, self.noise
        if self.m > 1:
            return [np.zeros(self.m * design.p)]
        if noise.name == "negative_binomial":
            return [self._poisson_start()]
        rms = np.sqrt(max(design.rss, EPS * design.total, np.finfo(float).tiny) / design.n)
        if noise.name not in ("huber", "student_t", "cauchy"):
            return [np.append(design.start, noise.start({"rms": rms})[self.free])]
        A, y, w = design.sample(START_ROWS if not noise.convex else 10 * START_ROWS)

        def with_scale(b):
            mad = np.median(np.abs(y - A @ b)) / 0.6745
            shape = noise.start({"rms": rms, "mad": mad if mad > 1e-12 * rms else rms})
            return np.append(b, shape[self.free])

        if noise.convex:
            sigma, k = np.exp(self.objective.split(with_scale(design.start))[1])
            inside = np.count_nonzero(np.abs(y - A @ design.start) <= k * sigma)
            # Beyond its threshold Huber's loss has no curvature to step by; near the median line it has.
            b = design.start if inside > 2 * design.p else lad(A, y, w * k / sigma, self.l1, self.l2)[0]
            return [with_scale(b)]
        rng, candidates = np.random.default_rng(0), [design.start, lad(A, y, w, self.l1, self.l2)[0]]
        for _ in range(RANDOM_STARTS):
            chosen = rng.choice(len(y), size=min(design.p + 1, len(y)), replace=False)
            candidates.append(np.linalg.lstsq(A[chosen], y[chosen], rcond=1e-8)[0])
        pilot = Objective(Rows(A, y, w), noise, 1, self.objective.logs, self.free, self.l2)
        ranked = sorted((with_scale(b) for b in candidates), key=lambda theta: pilot(theta)[0])
        return [*ranked[:4], with_scale(design.start)]

    def _poisson_start(self):
        """Poisson fit and a moment estimate of alpha; an error where the variance is not above the mean."""
        poisson = Objective(self.design, NOISES["poisson"](), 1, [], [], self.l2)
        b = newton(poisson, self.design.start, self.l1, watch=self._watch).theta
        if not self.free:
            return b

        def excess(A, y, w):
            mu = np.exp(A @ b)
            weight = 1.0 if w is None else w
            return np.sum(weight * ((y - mu) ** 2 - y)), np.sum(weight * mu**2)

        above, scale = self.design.sum(excess)
        # The score of alpha at alpha = 0 is above / 2: where it is negative, the maximum is at the edge.
        if above <= 0:
            raise IdentifiabilityError("the counts vary no more than Poisson counts around their fitted "
                                       "mean, so alpha goes to 0: use noise='poisson'")
        return np.append(b, self.noise.start({"alpha": above / scale}))

    def _watch(self, theta, step, n_iter):
        """Stop a fit that has no maximum: separation, a vanishing scale, degrees of freedom that run away."""
        design, k = self.design, self.m * self.design.p
        for i, log in zip(self.free, theta[k:], strict=False):  # a Poisson start has no shape
            name = self.noise.shape[i]
            if name == "nu" and log > np.log(1e5):
                raise _runaway_nu()
            if name in ("sigma", "scale"):
                require_spread(np.exp(log), design.magnitude, name)
        if self.prior is None and n_iter >= 8 and n_iter % 4 == 0 and self.noise.shape[:1] != ("sigma",):
            for direction in (step[:k], theta[:k]):
                self._require_overlap(direction.reshape(self.m, -1))

    def _require_overlap(self, direction):
        """Raise IdentifiabilityError when moving along `direction` (m, p) forever never raises any NLL."""
        design, noise, predictor = self.design, self.noise, self.objective.predictor

        def kernel(A, y, w):
            move = predictor(A, direction)
            return np.max(noise.violation(y, move)), np.max(np.abs(move))

        worst, largest = np.max(list(design.map(kernel)), axis=0)
        if largest > 0 and worst <= 1e-6 * largest:
            d = self.noise.contrast @ direction if self.m > 1 else direction
            toward = (d @ design.to_original.T)[np.argmax(np.abs(d).max(axis=1))]
            size = np.abs(toward) * design.norms
            kept = [j for j in np.argsort(-size) if size[j] > 1e-3 * size.max()][:5]
            names, largest = design.all_names, np.abs(toward[kept]).max()
            text = " ".join(f"{toward[j] / largest:+.3g}·{names[j]}" for j in kept)
            raise IdentifiabilityError(f"separation: the likelihood rises forever along {text}, so no "
                                       "maximum exists. Remove the column that separates, or say how large "
                                       "coefficients can be: prior=NormalPrior(scale=2.5)")


def _runaway_nu():
    return IdentifiabilityError("the residuals have tails no heavier than normal ones, so nu grows without "
                                "bound: use noise='normal', or fix it, noise_params={'nu': …}")


def require_spread(spread, magnitude, name):
    """Raise IdentifiabilityError when residuals of this size are rounding beside data of that magnitude."""
    if spread <= 64 * EPS * magnitude:
        raise IdentifiabilityError("perfect fit: the residuals are zero, so the noise scale goes to 0, the "
                                   "likelihood to infinity. Remove parameters, or fix "
                                   f"noise_params={{{name!r}: …}}")
