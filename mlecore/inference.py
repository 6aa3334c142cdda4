"""What a fitted regression can say: covariance, intervals, tests, sandwich covariances, a summary."""

import numpy as np
from scipy.stats import norm, t
from sklearn.utils.validation import check_is_fitted

from .errors import ConvergenceError, DataError, IdentifiabilityError
from .linalg import cholesky, solve_spd
from .objective import Objective
from .profile import critical, crossing
from .solvers import lad, newton
from .summary import Table, stars


class Inference:
    """Mixin of the fitted estimators: everything that follows from a `Problem` and its `Optimum`."""

    def _store(self, problem, optimum):
        self._problem, self._optimum = problem, optimum
        self._design, self._noise, self._objective = problem.design, problem.noise, problem.objective
        theta, self._k = optimum.theta, problem.m * problem.design.p
        working, logs = self._objective.split(theta)
        coefficients = working @ self._design.to_original.T
        if problem.m > 1:
            coefficients = self._noise.contrast @ coefficients
            if self._design.fit_intercept:
                coefficients[:, 0] -= coefficients[:, 0].mean()
        self._inner = coefficients.ravel().copy()
        self._coefficients = coefficients
        if self._design.offset:
            coefficients[0, 0] += self._design.offset
        self.n_iter_ = optimum.n_iter
        self.noise_params_ = dict(zip(self._noise.shape, np.exp(logs).tolist(), strict=True))
        penalty = 0.0 if problem.l2 is None else 0.5 * problem.l2 @ theta[: self._k] ** 2

        def constant(block, noise=self._noise):
            value = np.broadcast_to(noise.constant(block[1]), block[1].shape)
            return (value.sum() if block[2] is None else block[2] @ value,)

        self.log_likelihood_ = float(penalty - optimum.value - self._design.blocks.sum(constant)[0])
        counted = self._k if problem.l1 is None else int(np.count_nonzero(theta[: self._k]))
        self._n_parameters = counted + len(problem.free)
        self._n = self._design.n

    @property
    def _estimates_sigma(self):
        """Whether the noise is normal with sigma unknown, so that s**2 and t belong to it."""
        return self._noise.name == "normal" and bool(self._problem.free)

    def _dispersion(self):
        """What multiplies the noise variance in the covariance: s**2 / sigma_MLE**2 where s**2 is used."""
        if not self._estimates_sigma:
            return 1.0
        spare = self._n - self._design.p
        if spare <= 0:
            raise IdentifiabilityError(f"n = {self._n:g} leaves no degrees of freedom beside "
                                       f"{self._design.p} coefficients: fix noise_params={{'sigma': …}}")
        return self._n / spare

    def _working_covariance(self):
        """Inverse information of all free parameters in working coordinates."""
        if self._problem.l1 is not None:
            raise IdentifiabilityError(f"{type(self.prior).__name__} puts a corner at zero, so no standard "
                                       "errors exist. Use prior=NormalPrior(...), or bootstrap")
        hessian, k = self._optimum.hessian.copy(), self._k
        if self._noise.name == "normal":
            prior = np.zeros((k, k)) if self._problem.l2 is None else np.diag(self._problem.l2)
            hessian[:k, :k] = (hessian[:k, :k] - prior) / self._dispersion() + prior
            hessian[:k, k:] = hessian[k:, :k] = 0.0
        factor, scale, rcond = cholesky(hessian)
        if rcond == 0:
            raise IdentifiabilityError("the information is singular, no standard errors: drop columns")
        return solve_spd(factor, scale, np.eye(len(hessian)))

    @property
    def _change(self):
        """From working parameters to the reported coefficients, (rows, k)."""
        change = self._design.to_original
        return change if self._problem.m == 1 else np.kron(self._noise.contrast, change)

    def _to_coefficients(self, covariance):
        """Covariance of the reported coefficients from that of the working parameters."""
        return self._change @ covariance[: self._k, : self._k] @ self._change.T

    def _shaped(self, values):
        return values.reshape(self._coefficients.shape + values.shape[1:]) if self._problem.m > 1 else values

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
        """Largest |score| times standard error at the solution: its distance from the maximum, in SEs."""
        check_is_fitted(self)
        if self._problem.l1 is not None:
            return self._optimum.decrement
        scale = np.sqrt(np.diag(self._working_covariance()))
        return float(np.max(np.abs(self._optimum.gradient) * scale))

    @property
    def aic_(self):
        """-2 log-likelihood + 2 k; k counts the free parameters (under an L1 penalty the non-zero ones)."""
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
        z, estimate = critical(level), self._coefficients.ravel()
        if method == "profile":
            if self.prior is not None:
                raise DataError("a profile is of a likelihood, and this fit has a prior: use method='wald'")
            with self._design.held():
                return self._shaped(self._profile(estimate, z))
        if method == "t":
            if not self._estimates_sigma or self.prior is not None:
                raise DataError("method='t' is for normal noise with unknown sigma: use 'wald' or 'profile'")
            z = t.isf((1 - level) / 2, self._n - self._design.p)
        elif method != "wald":
            raise DataError(f"method must be 'wald', 't' or 'profile', got {method!r}")
        half = z * np.sqrt(np.diag(self.covariance_))
        return self._shaped(np.column_stack([estimate - half, estimate + half]))

    def _profile(self, estimate, z):
        spread = np.sqrt(np.diag(self.covariance_))
        if self._noise.name == "normal":
            # The profile of the normal model is a function of the t statistic alone.
            spare = self._n - self._design.p
            reach = np.sqrt(spare * np.expm1(z**2 / self._n)) if self._problem.free else z
            return np.column_stack([estimate - reach * spread, estimate + reach * spread])
        drop = self._absolute_profile if self._noise.name == "laplace" else self._newton_profile
        ends = np.empty((estimate.size, 2))
        for j, (center, se) in enumerate(zip(estimate, spread, strict=True)):
            for side, unit in enumerate((-se, se)):
                x = crossing(drop(j, self._inner[j], unit), z, 0.0, z, 1e4 * z)
                ends[j, side] = center + unit * (np.inf if x is None else x)
        return ends

    def _newton_profile(self, j, center, unit):
        """x -> twice the drop of the log-likelihood profiled at coefficient j = center + x unit."""
        optimum = self._optimum
        direction = np.append(self._change[j], np.zeros(optimum.theta.size - self._k))
        fixed = direction / (direction @ direction)
        free = np.linalg.svd(direction[None, :])[2][1:].T
        state = {"x": 0.0, "theta": optimum.theta}
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
            if found.value < optimum.value - 5e-7:
                raise ConvergenceError("the profile found a higher likelihood: the fit is a local maximum")
            return 2 * (found.value - optimum.value)

        return drop

    def _absolute_profile(self, j, center, unit):
        """As `_newton_profile`, for Laplace noise."""
        A, y, w = self._design.sample(self._design.n_rows)
        raw = A @ np.linalg.inv(self._design.to_original)
        others = np.delete(raw, j, axis=1)

        def spread(x):
            residual = y - raw[:, j] * (center + x * unit)
            rest = others @ lad(others, residual, w)[0] if others.size else 0.0
            return w @ np.abs(residual - rest)

        best, scale = w @ np.abs(y - raw @ self._inner), self.noise_params_["scale"]
        if self._problem.free:
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
        problem, name, p = self._problem, self._noise.name, self._design.p
        power = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}.get(kind)
        if power is None:
            raise DataError(f"kind must be HC0, HC1, HC2 or HC3, got {kind!r}")
        if name == "laplace":
            raise IdentifiabilityError("absolute error has no second derivative: use the bootstrap")
        if power and (problem.m > 1 or not self._noise.convex or name == "negative_binomial"):
            raise DataError(f"{kind} needs the leverage of a single predictor; use HC0 or HC1 for {name}")
        self._working_covariance()  # raises where there is no information
        objective, theta = self._objective, self._optimum.theta
        if name in ("normal", "gamma"):  # the scale cancels from the sandwich of the coefficients
            objective = Objective(self._design, self._noise, 1, objective.split(theta)[1], [], problem.l2)
            theta = theta[:p]
        bread = solve_spd(*cholesky(objective(theta)[2])[:2], np.eye(theta.size))
        meat = objective.scores(theta, bread, power)
        spare = self._n - self._n_parameters + len(problem.free)
        return (self._n / spare if kind == "HC1" else 1.0) * self._to_coefficients(bread @ meat @ bread)

    def summary(self):
        """Table of estimates, standard errors, z, p-values and 95 % Wald intervals; HTML in a notebook."""
        check_is_fitted(self)
        title, names, estimate = type(self).__name__, self._design.all_names, self._coefficients.ravel()
        if self._problem.m > 1:
            names = [f"{name} [{label}]" for label in self.classes_ for name in names]
        shape = ", ".join(f"{name} = {value:.6g}" for name, value in self.noise_params_.items())
        facts = (("noise", f"{self._noise.name} ({shape})" if shape else self._noise.name),
                 ("prior", "flat" if self.prior is None else repr(self.prior)),
                 ("observations", f"{self._n:g}"), ("log-likelihood", f"{self.log_likelihood_:.3f}"),
                 ("AIC, BIC", f"{self.aic_:.3f}, {self.bic_:.3f}"))
        if self._problem.l1 is not None:
            rows = tuple((name, f"{value:.4f}") for name, value in zip(names, estimate, strict=True))
            return Table(title, facts, ("", "estimate"), rows, (f"Exact zeros: {np.sum(estimate == 0)}.",))
        se, ends = self.standard_errors_.ravel(), self.confidence_interval().reshape(-1, 2)
        rows = []
        for name, b, s, q, end in zip(names, estimate, se, self.p_values_.ravel(), ends, strict=True):
            p_value = f"{q:.4g} {stars(q)}".strip()
            rows.append((name, f"{b:.4f}", f"{s:.4f}", f"{b / s:.3f}", p_value, *(f"{v:.4f}" for v in end)))
        notes = ["*** p < 0.001, ** p < 0.01, * p < 0.05; z tests, two-sided."]
        if self._estimates_sigma:
            mle = self.noise_params_["sigma"] ** 2
            notes.append(f"Standard errors use s² = {self.s2_:.6g} (÷ n−p); the log-likelihood uses σ̂² = "
                         f"{mle:.6g} (÷ n).")
        spread = "std. error" if self.prior is None else "posterior sd"
        columns = ("", "estimate", spread, "z", "p-value", "2.5 %", "97.5 %")
        return Table(title, facts, columns, tuple(rows), tuple(notes))
