"""Likelihood regression: choosing a loss is choosing a noise model, choosing a penalty is choosing a prior.

One Newton kernel over the pointwise derivatives of the noise model (`mlecore.noise`) fits every model; only
least squares (closed form) and absolute error (a kink) have their own. Estimates come with their inference:
covariance from the observed information, Wald, t and profile intervals, sandwich covariances.
"""

import numpy as np
from scipy.linalg import helmert
from scipy.optimize import brentq
from scipy.special import softmax
from scipy.stats import chi2, norm, t
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from .blocks import Blocks
from .design import Design, in_memory
from .errors import ConvergenceError, DataError, IdentifiabilityError
from .noise import NOISES, Bernoulli, Categorical
from .solvers import EPS, Optimum, cholesky, lad, newton, solve_spd
from .summary import Table, stars

RANDOM_STARTS = 8
START_ROWS = 2_000


class Objective:
    """NLL, score and information of a model as sums over the blocks of a design.

    theta is the coefficients of the m location predictors, row after row, then the logs of the free shape
    parameters. logs: all log shape parameters, with the fixed ones at their values. free: positions of the
    free ones. l2: (m p,) diagonal of the Gaussian prior's precision in working coordinates, or None.
    """

    def __init__(self, design, noise, m, logs, free, l2=None):
        self.design, self.noise, self.m, self.free = design, noise, m, list(free)
        self.logs, self.l2 = np.array(logs, dtype=float), l2

    def split(self, theta):
        """Coefficients (m, p) and all log shape parameters."""
        k = self.m * self.design.p
        logs = self.logs.copy()
        logs[self.free] = theta[k:]
        return theta[:k].reshape(self.m, -1), logs

    def predictor(self, A, coefficients):
        return A @ coefficients.T if self.m > 1 else A @ coefficients[0]

    def nll(self, theta):
        """Value, gradient and Hessian of the negative log-likelihood, `noise.constant` left out."""
        coefficients, logs = self.split(theta)
        m, kept = self.m, [*range(self.m), *(self.m + i for i in self.free)]

        def kernel(A, y, w):
            value, first, second = self.noise.pointwise(y, self.predictor(A, coefficients), logs)
            if w is not None:
                value, first = w * value, [w * d for d in first]
            gradient = np.concatenate([first[a] @ A if a < m else [first[a].sum()] for a in kept])
            blocks = [[None] * len(kept) for _ in kept]
            for i, a in enumerate(kept):
                for j, b in enumerate(kept[i:], i):
                    v = second[a][b - a] if w is None else w * second[a][b - a]
                    blocks[i][j] = (
                        _gram(A, v) if b < m else (A.T @ v)[:, None] if a < m else np.full((1, 1), v.sum())
                    )
                    blocks[j][i] = blocks[i][j].T
            return value.sum(), gradient, np.block(blocks)

        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self.design.sum(kernel)

    def __call__(self, theta):
        value, gradient, hessian = self.nll(theta)
        if self.l2 is not None:
            k = self.l2.size
            pull = self.l2 * theta[:k]
            value += 0.5 * pull @ theta[:k]
            gradient[:k] += pull
            hessian[range(k), range(k)] += self.l2
        return value, gradient, hessian

    def scores(self, theta, leverage=None, power=0):
        """Sum over observations of score score', each divided by (1 - leverage)**power."""
        coefficients, logs = self.split(theta)
        kept = [self.m + i for i in self.free]

        def kernel(A, y, w):
            _, first, second = self.noise.pointwise(y, self.predictor(A, coefficients), logs)
            parts = [first[a][:, None] * A for a in range(self.m)] + [first[a][:, None] for a in kept]
            weight = np.ones(len(y)) if w is None else w
            if power:
                weight = weight / (1 - second[0][0] * np.einsum("ij,jk,ik->i", A, leverage, A)) ** power
            rows = np.hstack(parts)
            return ((rows * weight[:, None]).T @ rows,)

        return self.design.sum(kernel)[0]


def _gram(A, v):
    """A' diag(v) A; half the work where v is non-negative."""
    if np.min(v, initial=0.0) >= 0:
        B = A * np.sqrt(v)[:, None]
        return B.T @ B
    return (A * v[:, None]).T @ A


class _LikelihoodModel(BaseEstimator):
    """Fitting and inference shared by the regressor and the classifier."""

    def _fit(self, design, noise, m, working, noise_params):
        """Fit on a `Design`; sets every fitted attribute but the names of the coefficients' shape."""
        self._design, self._noise, self._m = design, noise, m
        unknown = set(noise_params) - set(noise.shape)
        if unknown:
            raise DataError(
                f"{noise.name} noise has no parameter {min(unknown)!r}; it has {list(noise.shape) or 'none'}"
            )
        for name, value in noise_params.items():
            if not (np.isscalar(value) and np.isfinite(value) and value > 0):
                raise DataError(f"noise_params[{name!r}] must be a positive number, got {value!r}")
        held = {**noise.fixed, **noise_params}
        free = [i for i, name in enumerate(noise.shape) if name not in held]
        l1, l2 = self._penalty(design, m)
        self._l1, self._l2 = l1, l2
        scaled = bool(noise.shape) and noise.name != "negative_binomial"
        design.prepare(working, identified=l1 is not None or l2 is not None, exact=scaled)
        if l1 is not None or l2 is not None:
            self._require_scale(design, noise, free)
        if 0 in free and scaled:
            magnitude = np.sqrt(design.norms**2 @ (design.to_original @ design.start) ** 2)
            _require_spread(np.sqrt(design.rss), magnitude + np.sqrt(design.total), noise.shape[0])
        logs = [np.log(held.get(name, 1.0)) for name in noise.shape]
        self._objective = Objective(design, noise, m, logs, free, l2)
        if noise.name == "normal" and l1 is None and l2 is None:
            optimum = self._least_squares()
        elif noise.name == "laplace":
            optimum = self._absolute()
        else:
            with design.held():
                optimum = self._newton()
        self._store(optimum)
        return self

    def _penalty(self, design, m):
        """L1 and L2 weights (m p,) in working coordinates, or None each."""
        if self.prior is None:
            return None, None
        if not all(hasattr(self.prior, name) for name in ("l1", "l2", "log_prob")):
            raise DataError(
                f"prior must be None, NormalPrior, LaplacePrior or ElasticNetPrior, got {self.prior!r}"
            )
        d, result = len(design.names), []
        for strength in (self.prior.l1, self.prior.l2):
            if np.ndim(strength) and np.shape(strength) != (d,):
                raise DataError(f"the prior's scale has shape {np.shape(strength)}, X has {d} columns")
            row = np.concatenate([np.zeros(int(design.fit_intercept)), np.broadcast_to(strength, d)])
            result.append(np.tile(row, m) if np.any(row) else None)
        return result

    @staticmethod
    def _require_scale(design, noise, free):
        if 0 in free and noise.name != "negative_binomial" and design.n <= design.p:
            raise IdentifiabilityError(
                f"n_samples = {design.n:g} is fitted exactly by {design.p} coefficients, prior or not, so "
                f"the noise scale goes to zero: fix it, noise_params={{{noise.shape[0]!r}: …}}"
            )

    # ------------------------------------------------------------------ the three ways to a maximum

    def _least_squares(self):
        design, objective = self._design, self._objective
        sigma2 = design.rss / design.n
        magnitude = np.sqrt(design.norms**2 @ (design.to_original @ design.start) ** 2) + np.sqrt(
            design.total
        )
        if objective.free:
            _require_spread(np.sqrt(design.rss), magnitude, "sigma")
            logs = np.array([0.5 * np.log(sigma2)])
        else:
            logs = objective.logs
        noise_variance = np.exp(2 * logs[0])
        theta = np.concatenate([design.start, logs[objective.free]])
        value = 0.5 * design.rss / noise_variance + design.n * (logs[0] + 0.5 * np.log(2 * np.pi))
        p, k = design.p, theta.size
        hessian, gradient = np.zeros((k, k)), np.zeros(k)
        hessian[:p, :p] = design.gram / noise_variance
        gradient[:p] = -design.slope / noise_variance
        if objective.free:
            hessian[p, p] = 2 * design.n
        return Optimum(theta, value, gradient, hessian, 1, 0.0)

    def _absolute(self):
        design, objective = self._design, self._objective
        A, y, w = design.sample(design.n_rows)
        scale = np.exp(objective.logs[0]) if not objective.free else None
        penalized = self._l1 is not None or self._l2 is not None
        b = scale if scale is not None else max(np.sqrt(design.rss / design.n), np.finfo(float).tiny)
        for n_iter in range(1, 501):  # noqa: B007
            l1, l2 = (None if v is None else b * v for v in (self._l1, self._l2))
            theta, _ = lad(A, y, w, l1, l2)
            spread = w @ np.abs(y - A @ theta)
            if objective.free:
                _require_spread(spread, w @ np.abs(y) + w @ (np.abs(A) @ np.abs(theta)), "scale")
            previous, b = b, scale if scale is not None else spread / design.n
            if not penalized or abs(b - previous) <= 1e-13 * b:
                break
        else:
            raise ConvergenceError(
                "the scale of the Laplace noise did not settle: fix noise_params={'scale': …}"
            )
        value = design.n * np.log(2 * b) + spread / b
        k = design.p + len(objective.free)
        hessian = np.zeros((k, k))
        hessian[: design.p, : design.p] = design.gram / b**2  # expected: the kink has no second derivative
        if self._l2 is not None:
            value += 0.5 * self._l2 @ theta**2
            hessian[range(design.p), range(design.p)] += self._l2
        if objective.free:
            hessian[-1, -1] = design.n
        theta = np.append(theta, [np.log(b)] * len(objective.free))
        return Optimum(theta, value, np.zeros(k), hessian, n_iter, 0.0)

    def _newton(self):
        objective, design, noise = self._objective, self._design, self._noise
        l1 = None if self._l1 is None else np.concatenate([self._l1, np.zeros(len(objective.free))])
        if noise.log_link and design.mean_y == 0:
            raise IdentifiabilityError(
                "every count is zero: the rate's maximum likelihood estimate is 0, log 0 is -inf"
            )
        failures, fits = [], []
        for theta in self._starts():
            try:
                fits.append(newton(objective, theta, l1, watch=self._watch))
            except (ConvergenceError, IdentifiabilityError) as failure:
                failures.append(failure)
        fits = [f for f in fits if l1 is not None or cholesky(f.hessian)[2] > EPS]
        if not fits:
            if not failures:
                raise IdentifiabilityError(
                    "the likelihood has no curvature at its maximum: give the coefficients a prior"
                )
            raise next((f for f in failures if isinstance(f, IdentifiabilityError)), failures[0])
        best = min(fits, key=lambda f: f.value)
        if noise.name == "student_t" and len(objective.free) == 2 and self.prior is None:
            limit = design.n * (0.5 * np.log(2 * np.pi * design.rss / design.n) + 0.5)
            if best.value >= limit:
                raise _runaway_nu()
        return best

    def _starts(self):
        """Starting points of Newton's method; several where the likelihood may have several maxima."""
        objective, design, noise = self._objective, self._design, self._noise
        p, free = design.p, objective.free
        if self._m > 1:
            return [np.zeros(self._m * p)]
        rms = np.sqrt(max(design.rss, EPS * design.total, np.finfo(float).tiny) / design.n)
        moments = {"rms": rms}
        if noise.name == "negative_binomial":
            return [self._poisson_start(design.start)]
        if noise.name not in ("huber", "student_t", "cauchy"):
            return [np.concatenate([design.start, np.array(noise.start(moments))[free]])]
        A, y, w = design.sample(START_ROWS if not noise.convex else 10 * START_ROWS)

        def with_scale(b):
            mad = np.median(np.abs(y - A @ b)) / 0.6745
            shape = np.array(noise.start({"rms": rms, "mad": mad if mad > 1e-12 * rms else rms}))
            return np.concatenate([b, shape[free]])

        if noise.convex:
            theta = with_scale(design.start)
            logs = objective.split(theta)[1]
            inside = np.count_nonzero(np.abs(y - A @ design.start) <= np.exp(logs[0] + logs[1]))
            # Beyond its threshold Huber's loss has no curvature to step by; near the median regression it
            # has.
            return [theta if inside > 2 * p or self.prior is not None else with_scale(lad(A, y, w)[0])]
        rng, candidates = np.random.default_rng(0), [design.start]
        if self.prior is None:
            candidates.append(lad(A, y, w)[0])
        for _ in range(RANDOM_STARTS):
            chosen = rng.choice(len(y), size=min(p + 1, len(y)), replace=False)
            candidates.append(np.linalg.lstsq(A[chosen], y[chosen], rcond=1e-8)[0])
        pilot = Objective(_Sample(A, y, w), noise, 1, objective.logs, free, self._l2)
        ranked = sorted((with_scale(b) for b in candidates), key=lambda theta: pilot(theta)[0])
        return [*ranked[:4], with_scale(design.start)]

    def _poisson_start(self, start):
        """Poisson fit and a moment estimate of alpha; an error where the variance is not above the mean."""
        design, objective = self._design, self._objective
        poisson = Objective(design, NOISES["poisson"](), 1, [], [], self._l2)
        b = newton(poisson, start, self._l1, watch=self._watch).theta
        if not objective.free:
            return b

        def excess(A, y, w):
            mu = np.exp(A @ b)
            weight = 1.0 if w is None else w
            return np.sum(weight * ((y - mu) ** 2 - y)), np.sum(weight * mu**2)

        above, scale = design.sum(excess)
        # The score of alpha at alpha = 0 is above / 2: where it is negative, the maximum is at the edge.
        if above <= 0:
            raise IdentifiabilityError(
                "the counts vary no more than Poisson counts around their fitted mean, so alpha goes to 0: "
                "use noise='poisson'"
            )
        return np.append(b, self._noise.start({"alpha": above / scale}))

    def _watch(self, theta, step, n_iter):
        """Stop a fit that has no maximum: separation, a scale that collapses, degrees of freedom that run
        away.
        """
        objective, design, noise = self._objective, self._design, self._noise
        k = self._m * design.p
        for i, log in zip(objective.free, theta[k:], strict=False):  # a Poisson start has no shape
            name = noise.shape[i]
            if name == "nu" and log > np.log(1e5):
                raise _runaway_nu()
            if name in ("sigma", "scale"):
                _require_spread(np.exp(log), np.sqrt(design.total / design.n), name)
        if self.prior is None and n_iter >= 8 and n_iter % 4 == 0 and not noise.shape[:1] == ("sigma",):
            for direction in (step[:k], theta[:k]):
                self._require_overlap(direction.reshape(self._m, -1))

    def _require_overlap(self, direction):
        """Raise IdentifiabilityError when moving along `direction` (m, p) forever never raises any NLL."""

        def kernel(A, y, w):
            move = self._objective.predictor(A, direction)
            return np.max(self._noise.violation(y, move)), np.max(np.abs(move))

        worst, largest = np.max(list(self._design.map(kernel)), axis=0)
        if largest > 0 and worst <= 1e-6 * largest:
            d = self._noise.contrast @ direction if self._m > 1 else direction
            toward = (d @ self._design.to_original.T)[np.argmax(np.abs(d).max(axis=1))]
            size = np.abs(toward) * self._design.norms
            names = ["intercept"] * self._design.fit_intercept + self._design.names
            kept = [j for j in np.argsort(-size) if size[j] > 1e-3 * size.max()][:5]
            text = " ".join(f"{toward[j] / np.abs(toward[kept]).max():+.3g}·{names[j]}" for j in kept)
            raise IdentifiabilityError(
                f"separation: the likelihood rises forever along {text}, so no maximum exists. Remove the "
                "column that separates, or say how large coefficients can be: prior=NormalPrior(scale=2.5)"
            )

    # ------------------------------------------------------------------ what a fit leaves behind

    def _store(self, optimum):
        design, objective, noise = self._design, self._objective, self._noise
        self._optimum = optimum
        theta, k = optimum.theta, self._m * design.p
        working, logs = objective.split(theta)
        coefficients = working @ design.to_original.T
        if self._m > 1:
            coefficients = noise.contrast @ coefficients
            if design.fit_intercept:
                coefficients[:, 0] -= coefficients[:, 0].mean()
        self._coefficients = coefficients
        self.n_iter_ = optimum.n_iter
        self.noise_params_ = {name: float(np.exp(log)) for name, log in zip(noise.shape, logs, strict=True)}
        penalty = 0.0 if self._l2 is None else 0.5 * self._l2 @ theta[:k] ** 2

        def constant(block):
            value = np.broadcast_to(noise.constant(block[1]), block[1].shape)
            return (value.sum() if block[2] is None else block[2] @ value,)

        self.log_likelihood_ = float(penalty - optimum.value - design.blocks.sum(constant)[0])
        counted = np.count_nonzero(theta[:k]) if self._l1 is not None else k
        self._n_parameters = int(counted) + len(objective.free)
        self._n = design.n

    def _dispersion(self):
        """What multiplies the noise variance of the fit in its covariance: s**2 / sigma_MLE**2 for normal
        noise.
        """
        if self._noise.name != "normal" or not self._objective.free:
            return 1.0
        spare = self._n - self._design.p
        if spare <= 0:
            raise IdentifiabilityError(
                f"{self._n:g} observations leave no degrees of freedom beside {self._design.p} coefficients: "
                "fix noise_params={'sigma': …}"
            )
        return self._n / spare

    def _working_covariance(self):
        """Inverse information of all free parameters in working coordinates."""
        if self._l1 is not None:
            raise IdentifiabilityError(
                f"{type(self.prior).__name__} puts a corner at zero, where curvature is not spread: no "
                "standard errors exist. Use prior=NormalPrior(...), or bootstrap"
            )
        hessian = self._optimum.hessian.copy()
        k = self._m * self._design.p
        if self._noise.name == "normal":
            prior = np.zeros(k) if self._l2 is None else self._l2
            hessian[:k, :k] = (hessian[:k, :k] - np.diag(prior)) / self._dispersion() + np.diag(prior)
            hessian[:k, k:] = hessian[k:, :k] = 0.0
        factor, scale, rcond = cholesky(hessian)
        if rcond == 0:
            raise IdentifiabilityError(
                "the information is singular: no standard errors exist; drop or combine columns"
            )
        return solve_spd(factor, scale, np.eye(len(hessian)))

    def _to_coefficients(self, covariance):
        """Covariance of the reported coefficients from that of the working parameters."""
        k = self._m * self._design.p
        change = self._design.to_original
        if self._m > 1:
            change = np.kron(self._noise.contrast, change)
        return change @ covariance[:k, :k] @ change.T

    def _shaped(self, values):
        return values.reshape(self._coefficients.shape + values.shape[1:]) if self._m > 1 else values

    @property
    def covariance_(self):
        """Covariance of the coefficients, intercept first, (p, p); class after class for K > 2.

        The inverse of the observed information (expected for Laplace noise), with s**2 = RSS / (n - p) for
        normal noise. Under a NormalPrior it is the posterior covariance of the Laplace approximation. Raises
        IdentifiabilityError under an L1 penalty.
        """
        check_is_fitted(self)
        return self._to_coefficients(self._working_covariance())

    @property
    def standard_errors_(self):
        """Square roots of the diagonal of `covariance_`, (p,), or (K, d + 1) for K > 2."""
        return self._shaped(np.sqrt(np.diag(self.covariance_)))

    @property
    def p_values_(self):
        """Two-sided Wald p-values of "this coefficient is zero", shaped as `standard_errors_`."""
        check_is_fitted(self)
        return 2 * norm.sf(np.abs(self._shaped(self._coefficients.ravel()) / self.standard_errors_))

    @property
    def score_in_se_(self):
        """Largest |score| times standard error at the solution: how far, in standard errors, it is from the
        maximum.
        """
        check_is_fitted(self)
        if self._l1 is not None:
            return self._optimum.decrement
        scale = np.sqrt(np.diag(self._working_covariance()))
        return float(np.max(np.abs(self._optimum.gradient) * scale))

    @property
    def aic_(self):
        """-2 log-likelihood + 2 k, k counting every free parameter (under an L1 penalty the non-zero
        ones).
        """
        check_is_fitted(self)
        return 2 * self._n_parameters - 2 * self.log_likelihood_

    @property
    def bic_(self):
        """-2 log-likelihood + k log n, n the sum of the weights, k as in `aic_`."""
        check_is_fitted(self)
        return float(np.log(self._n)) * self._n_parameters - 2 * self.log_likelihood_

    @property
    def s2_(self):
        """RSS / (n - p), the unbiased noise variance behind the standard errors of normal noise."""
        check_is_fitted(self)
        if self._noise.name != "normal":
            raise DataError(f"s2_ belongs to normal noise, not {self._noise.name}; see noise_params_")
        return self.noise_params_["sigma"] ** 2 * self._dispersion()

    def confidence_interval(self, level=0.95, method="wald"):
        """Intervals of the coefficients, intercept first, (p, 2), or (K, d + 1, 2) for K > 2.

        method: "wald", estimate ± z SE; "t", exact for normal noise with unknown sigma, estimate ± t_{n-p}
        SE; "profile", where twice the drop of the profile log-likelihood is the chi-squared cut, solved to
        1e-8; an end that is never reached is infinite. Under a NormalPrior only "wald", a posterior interval
        of the Laplace approximation. Raises DataError on a bad level or a method that does not apply.
        """
        check_is_fitted(self)
        if not 0 < level < 1:
            raise DataError(f"level must lie between 0 and 1, got {level!r}")
        estimate = self._coefficients.ravel()
        if method == "profile":
            if self.prior is not None:
                raise DataError("a profile is of a likelihood, and this fit has a prior: use method='wald'")
            with self._design.held():
                return self._shaped(self._profile(estimate, chi2.ppf(level, 1)))
        if method == "wald":
            cut = norm.isf((1 - level) / 2)
        elif method == "t":
            if self._noise.name != "normal" or not self._objective.free or self.prior is not None:
                raise DataError(
                    "method='t' is exact for normal noise with unknown sigma only: use 'wald' or 'profile'"
                )
            cut = t.isf((1 - level) / 2, self._n - self._design.p)
        else:
            raise DataError(f"method must be 'wald', 't' or 'profile', got {method!r}")
        half = cut * np.sqrt(np.diag(self.covariance_))
        return self._shaped(np.column_stack([estimate - half, estimate + half]))

    def _profile(self, estimate, cut):
        spread = np.sqrt(np.diag(self.covariance_))
        if self._noise.name == "normal":
            # The profile of the normal model is a function of the t statistic alone.
            spare = self._n - self._design.p
            reach = np.sqrt(spare * np.expm1(cut / self._n)) if self._objective.free else np.sqrt(cut)
            return np.column_stack([estimate - reach * spread, estimate + reach * spread])
        drop = self._absolute_profile if self._noise.name == "laplace" else self._newton_profile
        ends = np.empty((estimate.size, 2))
        for j, (center, se) in enumerate(zip(estimate, spread, strict=True)):
            for side, sign in enumerate((-1, 1)):
                ends[j, side] = center + sign * se * _crossing(drop(j, center, sign * se), cut)
        return ends

    def _newton_profile(self, j, center, unit):
        """x -> twice the drop of the log-likelihood profiled at coefficient j = center + x unit."""
        design, optimum = self._design, self._optimum
        direction = np.zeros(optimum.theta.size)
        row = design.to_original
        if self._m > 1:
            row = np.kron(self._noise.contrast, row)
        direction[: row.shape[1]] = row[j]
        fixed = direction / (direction @ direction)
        free = np.linalg.svd(direction[None, :])[2][1:].T
        state = {"x": 0.0, "theta": optimum.theta, "best": optimum.value}
        # Along the profile theta moves, to first order, with the covariance of the estimates.
        slope = self._working_covariance() @ direction
        slope /= direction @ slope

        def drop(x):
            base = state["theta"] + (x - state["x"]) * unit * slope
            base = base + fixed * (center + x * unit - direction @ base)

            def objective(z):
                value, gradient, hessian = self._objective(base + free @ z)
                return value, free.T @ gradient, free.T @ hessian @ free

            try:
                found = newton(objective, np.zeros(free.shape[1]))
            except ConvergenceError:
                if abs(x - state["x"]) < 0.01:
                    raise
                drop(0.5 * (x + state["x"]))  # too long a stride: go halfway first
                return drop(x)
            state.update(x=x, theta=base + free @ found.theta)
            return 2 * (found.value - state["best"])

        return drop

    def _absolute_profile(self, j, center, unit):
        A, y, w = self._design.sample(self._design.n_rows)
        change = self._design.to_original
        raw = A @ np.linalg.inv(change)
        others = np.delete(raw, j, axis=1)
        scale = np.exp(self._objective.logs[0])

        def spread(x):
            residual = y - raw[:, j] * (center + x * unit)
            return w @ np.abs(
                residual if not others.size else residual - others @ lad(others, residual, w)[0]
            )

        best = w @ np.abs(y - raw @ self._coefficients[0])
        if self._objective.free:
            return lambda x: 2 * self._n * np.log(spread(x) / best)
        return lambda x: 2 * (spread(x) - best) / scale

    def robust_covariance(self, kind="HC0"):
        """Sandwich covariance A^-1 B A^-1 of the coefficients, (p, p): valid when the noise model is wrong.

        A is the observed information, B the sum of score score'. HC1 multiplies by n / (n - p); HC2 and HC3
        divide each squared score by (1 - h) and (1 - h)**2, h the leverage. Weights are frequencies. Raises
        DataError on an unknown kind, IdentifiabilityError where there is no information matrix (L1 penalties,
        Laplace noise).
        Sources: White (1980); MacKinnon and White (1985).
        """
        check_is_fitted(self)
        power = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}.get(kind)
        if power is None:
            raise DataError(f"kind must be HC0, HC1, HC2 or HC3, got {kind!r}")
        if self._noise.name == "laplace":
            raise IdentifiabilityError(
                "absolute error has no second derivative, so no sandwich: use the bootstrap"
            )
        if power and (self._m > 1 or not self._noise.convex or self._noise.name == "negative_binomial"):
            raise DataError(
                f"{kind} needs the leverage of a single predictor; use HC0 or HC1 for {self._noise.name}"
            )
        objective, theta, p = self._objective, self._optimum.theta, self._design.p
        if self._noise.name in ("normal", "gamma"):  # the scale cancels from the sandwich of the coefficients
            objective = Objective(self._design, self._noise, 1, objective.split(theta)[1], [], self._l2)
            theta = theta[:p]
        bread = self._inverse(objective(theta)[2])
        meat = objective.scores(theta, bread, power)
        factor = (
            self._n / (self._n - self._n_parameters + len(self._objective.free)) if kind == "HC1" else 1.0
        )
        return factor * self._to_coefficients(bread @ meat @ bread)

    def _inverse(self, hessian):
        self._working_covariance()  # its errors are the right ones here too
        return solve_spd(*cholesky(hessian)[:2], np.eye(len(hessian)))

    def _names(self):
        return ["intercept"] * self._design.fit_intercept + self._design.names

    def summary(self):
        """Table of estimates, standard errors, z, p-values and 95 % Wald intervals; rich HTML in a
        notebook.
        """
        check_is_fitted(self)
        names = self._names()
        if self._m > 1:
            names = [f"{name} [{label}]" for label in self.classes_ for name in names]
        facts = [
            (
                "noise",
                f"{self._noise.name} ({', '.join(f'{k} = {v:.6g}' for k, v in self.noise_params_.items())})"
                if self.noise_params_
                else self._noise.name,
            ),
            ("prior", "flat" if self.prior is None else repr(self.prior)),
            ("observations", f"{self._n:g}"),
            ("log-likelihood", f"{self.log_likelihood_:.3f}"),
            ("AIC, BIC", f"{self.aic_:.3f}, {self.bic_:.3f}"),
        ]
        estimate = self._coefficients.ravel()
        if self._l1 is not None:
            rows = [(name, f"{value:.4f}") for name, value in zip(names, estimate, strict=True)]
            zeros = int(np.sum(estimate == 0))
            return Table(
                type(self).__name__, tuple(facts), ("", "estimate"), tuple(rows), (f"Exact zeros: {zeros}.",)
            )
        se, p_values = self.standard_errors_.ravel(), self.p_values_.ravel()
        ends = self.confidence_interval().reshape(-1, 2)
        rows = tuple(
            (
                name,
                f"{b:.4f}",
                f"{s:.4f}",
                f"{b / s:.3f}",
                f"{q:.4g} {stars(q)}".strip(),
                f"{low:.4f}",
                f"{high:.4f}",
            )
            for name, b, s, q, (low, high) in zip(names, estimate, se, p_values, ends, strict=True)
        )
        spread = "std. error" if self.prior is None else "posterior sd"
        notes = ["*** p < 0.001, ** p < 0.01, * p < 0.05; z tests, two-sided."]
        if self._noise.name == "normal" and self._objective.free:
            notes.append(
                f"Standard errors use s² = {self.s2_:.6g} (÷ n−p); the log-likelihood uses σ̂² = "
                f"{self.noise_params_['sigma'] ** 2:.6g} (÷ n)."
            )
        columns = ("", "estimate", spread, "z", "p-value", "2.5 %", "97.5 %")
        return Table(type(self).__name__, tuple(facts), columns, rows, tuple(notes))

    # ------------------------------------------------------------------ data in

    def _blocks_of(self, X, y):
        """The `Blocks` that X stands for, or None when X is an array."""
        if isinstance(X, Blocks):
            return X
        pairs = isinstance(X, (list, tuple)) and len(X) > 0 and all(isinstance(block, tuple) for block in X)
        return Blocks(X) if y is None and (callable(X) or hasattr(X, "__next__") or pairs) else None

    def _design_of_blocks(self, blocks, convert):
        """`Design` over blocks (X, y) or (X, y, weights), each checked as it is read first."""

        def clean(block):
            X, y, w = (*block, None)[:3]
            X = np.asarray(X, dtype=float)
            if X.ndim != 2 or len(X) != len(y) or X.shape[1] != width:
                raise DataError(
                    f"a block has X of shape {X.shape} and {len(y)} values of y; expected (rows, {width})"
                )
            if not np.all(np.isfinite(X)):
                raise DataError("a block of X holds NaN or infinite values: clean it first")
            return X, convert(np.asarray(y)), None if w is None else np.asarray(w, dtype=float)

        first = next(iter(blocks), None)
        if first is None:
            raise DataError("there are no blocks")
        width = np.shape(first[0])[1] if np.ndim(first[0]) == 2 else -1
        names = list(getattr(first[0], "columns", [f"x{j}" for j in range(width)]))
        source = blocks.source if not blocks.once else iter(blocks)
        self.n_features_in_ = width
        cleaned = Blocks(source, map=lambda f, parts: blocks.map(lambda block: f(clean(block)), parts))
        return Design(cleaned, self.fit_intercept, names)

    def _design_of_arrays(self, X, y, sample_weight):
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
            keep = weights > 0
            if not keep.any():
                raise DataError("every sample weight is zero")
            X, y, weights = X[keep], y[keep], weights[keep]
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(X.shape[1])])
        return Design(in_memory(X, y, weights), self.fit_intercept, names, in_memory=True)


class _Sample:
    """Stands for a `Design` whose rows are at hand already."""

    def __init__(self, A, y, w):
        self.parts, self.p = (A, y, w), A.shape[1]

    def sum(self, kernel):
        return kernel(*self.parts)


def _runaway_nu():
    return IdentifiabilityError(
        "the residuals have tails no heavier than normal ones, so nu grows without bound: use "
        "noise='normal', or fix it, noise_params={'nu': …}"
    )


def _require_spread(spread, magnitude, name):
    """Raise IdentifiabilityError when residuals of size `spread` are rounding beside data of size
    `magnitude`.
    """
    if spread <= 64 * EPS * magnitude:
        raise IdentifiabilityError(
            "perfect fit: the residuals are zero, so the noise scale goes to 0, the likelihood to infinity. "
            f"Remove parameters, or fix noise_params={{{name!r}: …}}"
        )


def _crossing(drop, cut):
    """x > 0 where drop(x) = cut, solved to 1e-9; inf when the drop never gets there.

    drop(x) is about x**2 near a regular maximum, so its square root is the function to solve.
    """
    root = np.sqrt(cut)

    def signed(x):
        fall = drop(x)
        if fall < -1e-6:
            raise ConvergenceError("the profile found a higher likelihood: the fit is a local maximum")
        return np.sqrt(max(fall, 0.0)) - root

    low, high, at_high = 0.0, root, signed(root)
    while at_high < 0:
        low, high = high, 2 * high
        if high > 1e4 * root:
            return np.inf
        at_high = signed(high)
    return brentq(signed, low, high, xtol=1e-9, rtol=1e-10) if at_high > 0 else high


class LikelihoodRegressor(RegressorMixin, _LikelihoodModel):
    """Regression by maximum likelihood, or maximum a posteriori with a prior on the coefficients.

    Parameters
    ----------
    noise : {"normal", "laplace", "huber", "student_t", "cauchy", "poisson", "negative_binomial", "gamma"}
        The distribution of y about its location X w + b, for the last three about exp(X w + b).
        Student-t and Cauchy likelihoods are not convex: several starts are tried, and the best stationary
        point is kept, which may not be the global maximum. With nu free they are even unbounded near an exact
        fit of p points; the estimate is the best interior maximum.
    prior : None, NormalPrior, LaplacePrior or ElasticNetPrior
        On the coefficients, never on the intercept.
    fit_intercept : bool
    noise_params : dict or None
        Fixed shape parameters, such as {"sigma": 10.0}, {"nu": 4.0}, {"alpha": 0.5}, {"shape": 2.0},
        {"scale": 1.0}; the others are estimated, except Huber's threshold {"k": 1.345}, which is a choice.

    Attributes
    ----------
    intercept_ : float; coef_ : (d,); noise_params_ : dict of all shape parameters, fixed or estimated (sigma
    is the MLE, ÷ n); standard_errors_, p_values_ : (p,), intercept first; covariance_ : (p, p);
    log_likelihood_, aic_, bic_, n_iter_, score_in_se_.

    Normal noise: standard errors use s**2 = RSS / (n - p), `log_likelihood_` the MLE of sigma. With a prior
    and sigma unknown, (coefficients, log sigma) maximize likelihood times prior jointly, from the
    least-squares start.
    Errors: DataError (unusable data), IdentifiabilityError (no maximum: collinear columns, separation, a
    perfect fit, underdispersed counts, runaway nu), ConvergenceError. Sources: McCullagh and Nelder (1989);
    Lawless (1987).
    """

    def __init__(self, noise="normal", prior=None, fit_intercept=True, noise_params=None):
        self.noise = noise
        self.prior = prior
        self.fit_intercept = fit_intercept
        self.noise_params = noise_params

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.noise in ("poisson", "negative_binomial", "gamma")
        return tags

    def fit(self, X, y=None, sample_weight=None):
        """Fit on X (n, d), y (n,), sample_weight (n,) frequencies or None; or on blocks.

        Blocks: X is a list of tuples (X, y) or (X, y, weights), a callable returning an iterator over such
        tuples, or `mlecore.blocks.Blocks`, and y is None. Only sums over blocks are kept, so memory is
        constant (Laplace noise excepted, which needs the residuals' order).
        """
        if self.noise not in NOISES or self.noise in ("bernoulli", "categorical"):
            names = ", ".join(n for n in NOISES if n not in ("bernoulli", "categorical"))
            raise DataError(
                f"noise must be one of {names}, got {self.noise!r}; for classes use LikelihoodClassifier"
            )
        noise = NOISES[self.noise]()
        blocks = self._blocks_of(X, y)
        if blocks is not None:

            def convert(y):
                y = np.asarray(y, dtype=float)
                noise.check(y)
                return y

            design = self._design_of_blocks(blocks, convert)
        else:
            try:
                X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
                y = column_or_1d(y, warn=True).astype(float)
            except ValueError as problem:
                raise DataError(str(problem)) from None
            noise.check(y)
            design = self._design_of_arrays(X, y, sample_weight)
        self._fit(design, noise, 1, noise.working, self.noise_params or {})
        first = int(self.fit_intercept)
        self.intercept_ = float(self._coefficients[0, 0]) if first else 0.0
        self.coef_ = self._coefficients[0, first:].copy()
        return self

    def predict(self, X):
        """Location of y at X (n, d): the mean (the median for Laplace and Cauchy noise), shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return self._noise.mean(self.intercept_ + X @ self.coef_)

    def score(self, X, y, sample_weight=None):
        """Share of the deviance explained: R² for location noise, D² for counts, gamma and Laplace noise.

        Source: Hastie, Tibshirani and Wainwright (2015), section 3.1, for D².
        """
        mu = self.predict(X)
        y = column_or_1d(y).astype(float)
        w = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        if self.noise == "laplace":
            order = np.argsort(y)
            middle = y[order][np.searchsorted(np.cumsum(w[order]), 0.5 * w.sum())]
            return float(1 - w @ np.abs(y - mu) / (w @ np.abs(y - middle)))
        if not self._noise.log_link:
            return super().score(X, y, sample_weight)
        null = np.full(len(y), w @ y / w.sum())
        deviances = [w @ self._noise.deviance(y, m, self.noise_params_) for m in (mu, null)]
        return float(1 - deviances[0] / deviances[1])


class LikelihoodClassifier(ClassifierMixin, _LikelihoodModel):
    """Logistic regression: Bernoulli noise for two classes, categorical noise (softmax) for K > 2.

    Parameters
    ----------
    prior : None, NormalPrior, LaplacePrior or ElasticNetPrior
        On the coefficients, never on the intercepts.
    fit_intercept : bool

    K = 2: `coef_` (1, d), `intercept_` (1,), `standard_errors_` (d + 1,), intercept first. K > 2: `coef_` (K,
    d), `intercept_` (K,), `standard_errors_` (K, d + 1) in the symmetric parametrization: the logits of K
    classes are determined up to a constant, and where nothing penalizes a column its K coefficients sum to
    zero (a NormalPrior makes them do so too). `covariance_`, (K (d + 1), K (d + 1)), is that of this
    parametrization, of lower rank. Without a prior, separated classes raise IdentifiabilityError: no maximum
    likelihood estimate exists.
    Sources: Albert and Anderson (1984); Friedman, Hastie and Tibshirani (2010), section 4, for the symmetric
    form.
    """

    def __init__(self, prior=None, fit_intercept=True):
        self.prior = prior
        self.fit_intercept = fit_intercept

    def fit(self, X, y=None, sample_weight=None):
        """Fit on X (n, d), class labels y (n,), sample_weight (n,) or None; or on blocks, as the
        regressor.
        """
        blocks = self._blocks_of(X, y)
        if blocks is not None:
            self.classes_ = np.unique(np.concatenate([np.unique(np.asarray(block[1])) for block in blocks]))
            design = self._design_of_blocks(blocks, self._encode)
        else:
            try:
                X, y = validate_data(self, X, y, dtype=np.float64)
                y = column_or_1d(y, warn=True)
                check_classification_targets(y)
            except ValueError as problem:
                raise DataError(str(problem)) from None
            used = y if sample_weight is None else y[np.asarray(_check_sample_weight(sample_weight, X)) > 0]
            self.classes_ = np.unique(used)
            weights = sample_weight
            y = self._encode(y) if weights is None else np.searchsorted(self.classes_, y).astype(float)
            design = self._design_of_arrays(X, y, weights)
        k = len(self.classes_)
        if k < 2:
            raise DataError(f"y has one class, {self.classes_[0]}: a classifier needs at least two classes")
        if k == 2:
            self._fit(design, Bernoulli(), 1, Bernoulli().working, {})
        else:
            # An L1 penalty depends on which of the equivalent logits are used, so all K are kept for it.
            full = self.prior is not None and np.any(self.prior.l1)
            contrast = np.eye(k) if full else helmert(k).T
            self._fit(design, Categorical(contrast), contrast.shape[1], np.zeros_like, {})
        first = int(self.fit_intercept)
        self.intercept_ = self._coefficients[:, 0].copy() if first else np.zeros(len(self._coefficients))
        self.coef_ = self._coefficients[:, first:].copy()
        return self

    def _encode(self, y):
        return np.searchsorted(self.classes_, y).astype(float)

    def decision_function(self, X):
        """Log odds (n,) of the second class, or logits (n, K)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        logits = X @ self.coef_.T + self.intercept_
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X):
        """Class probabilities (n, K)."""
        logits = self.decision_function(X)
        return softmax(
            np.column_stack([np.zeros(len(logits)), logits]) if logits.ndim == 1 else logits, axis=1
        )

    def predict_log_proba(self, X):
        """Log class probabilities (n, K), finite however extreme the logits are."""
        logits = self.decision_function(X)
        logits = np.column_stack([np.zeros(len(logits)), logits]) if logits.ndim == 1 else logits
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

    def predict(self, X):
        """Most probable class, (n,)."""
        probability = self.predict_proba(X)
        return self.classes_[np.argmax(probability, axis=1)]
