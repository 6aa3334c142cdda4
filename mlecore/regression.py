"""Likelihood regression: choosing a loss is choosing a noise model, choosing a penalty is choosing a prior.

One Newton kernel over the pointwise derivatives of the noise model (`mlecore.noise`) fits every model; only
least squares (closed form) and absolute error (a kink) have their own (`mlecore.problem`). Estimates come
with their inference (`mlecore.inference`): covariance from the observed information, Wald, t and profile
intervals, sandwich covariances.
"""

from itertools import islice

import numpy as np
from scipy.linalg import helmert
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from .blocks import Blocks, as_weights
from .design import Design, in_memory
from .errors import DataError
from .families.laplace import weighted_median
from .inference import Inference
from .noise import NOISES, Bernoulli, Categorical
from .problem import Problem


class _LikelihoodModel(Inference, BaseEstimator):
    """Data in, a `Problem` solved: what the regressor and the classifier share."""

    def _fit(self, design, noise, m, working, given):
        problem = Problem(design, noise, m, working, given, self.prior)
        self._store(problem, problem.solve())
        first, w = int(self.fit_intercept), self._coefficients
        self.intercept_, self.coef_ = w[:, 0].copy() if first else np.zeros(len(w)), w[:, first:].copy()

    def _design_of(self, X, y, sample_weight, encode, **checks):
        """`Design` of arrays or blocks; encode(y, used) checks the responses and returns them as floats."""
        blocks = as_blocks(X, y, sample_weight)
        if blocks is not None:
            return self._design_of_blocks(blocks, encode)
        weights, used = None, slice(None)
        try:
            X, y = validate_data(self, X, y, dtype=np.float64, **checks)
            y = column_or_1d(y, warn=True)
            if sample_weight is not None:
                weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
                used = weights > 0
                if not used.any():
                    raise DataError("every sample weight is zero")
                weights = weights[used]
            X, y = X[used], encode(y, used)[used]
        except ValueError as problem:
            raise DataError(str(problem)) from None
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(X.shape[1])])
        return Design(in_memory(X, y, weights), self.fit_intercept, names, in_memory=True)

    def _design_of_blocks(self, blocks, encode):
        """`Design` over blocks (X, y) or (X, y, weights), each checked as it is read."""
        first = next(iter(blocks.map(shape_and_names, islice(blocks, 1))), None)
        if first is None:
            raise DataError("there are no blocks")
        width, names = first

        def clean(block):
            X, y, w = (*block, None)[:3]
            X = np.asarray(X, dtype=float)
            if X.ndim != 2 or len(X) != len(y) or X.shape[1] != width:
                raise DataError(f"a block has X of shape {X.shape} for {len(y)} y; expected (rows, {width})")
            if not np.all(np.isfinite(X)):
                raise DataError("a block of X holds NaN or infinite values: clean it first")
            return X, encode(np.asarray(y)), as_weights(w, len(y))

        source = blocks.source if not blocks.once else iter(blocks)
        self.n_features_in_ = width
        cleaned = Blocks(source, map=lambda f, parts: blocks.map(lambda block: f(clean(block)), parts))
        return Design(cleaned, self.fit_intercept, names)


def far_center(y):
    """The middle of y's range where it lies beyond 1000 ranges, so that rounding hides y; else 0."""
    low, high = float(y.min()), float(y.max())
    return 0.5 * (low + high) if abs(low + high) > 2e3 * (high - low) > 0 else 0.0


def shape_and_names(block):
    """Number of columns of a block's X (-1 where it is no matrix) and their names."""
    X = block[0]
    width = np.shape(X)[1] if np.ndim(X) == 2 else -1
    return width, list(getattr(X, "columns", [f"x{j}" for j in range(width)]))


def labels(block):
    return np.unique(np.asarray(block[1]))


def as_blocks(X, y, weights=None):
    """The `Blocks` that X stands for, or None where X is an array in memory."""
    if isinstance(X, Blocks):
        return X
    if hasattr(X, "__dask_graph__"):
        if y is None:
            raise DataError("X is a Dask array: pass y too, as a Dask array of its own")
        return Blocks.from_dask(*(array for array in (X, y, weights) if array is not None))
    pairs = isinstance(X, (list, tuple)) and all(isinstance(block, tuple) for block in X)
    return Blocks(X) if y is None and (callable(X) or hasattr(X, "__next__") or pairs) else None


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
        constant (Laplace noise excepted, which needs the residuals' order). Dask arrays X, y and
        sample_weight are blocks too, summed where they are.
        """
        if self.noise not in NOISES or self.noise in ("bernoulli", "categorical"):
            names = ", ".join(n for n in NOISES if n not in ("bernoulli", "categorical"))
            raise DataError(f"noise must be one of {names}, got {self.noise!r}; for classes use "
                            "LikelihoodClassifier")
        noise, far = NOISES[self.noise](), 0.0
        moves = self.fit_intercept and not noise.log_link

        def encode(y, used=None):
            nonlocal far
            y = noise.check(y)
            far = far_center(y) if moves and used is not None else 0.0
            return y - far if far else y

        design = self._design_of(X, y, sample_weight, encode, y_numeric=True)
        design.offset = far
        self._fit(design, noise, 1, noise.working, self.noise_params or {})
        self.intercept_, self.coef_ = float(self.intercept_[0]), self.coef_[0]
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
            return float(1 - w @ np.abs(y - mu) / (w @ np.abs(y - weighted_median(y, w))))
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
        """Fit on X (n, d), class labels y (n,), sample_weight (n,) or None; or on blocks or Dask arrays, as
        the regressor.
        """
        blocks = as_blocks(X, y, sample_weight)
        classes = None if blocks is None else np.unique(np.concatenate(list(blocks.each(labels))))

        def encode(y, used=None):
            nonlocal classes
            if used is not None:
                check_classification_targets(y)
                classes = np.unique(y[used])
            return np.searchsorted(classes, y).astype(float)

        design = self._design_of(X if blocks is None else blocks, y, sample_weight, encode)
        self.classes_, k = classes, len(classes)
        if k < 2:
            raise DataError(f"y has one class, {classes[0]}: a classifier needs at least two classes")
        if k == 2:
            self._fit(design, Bernoulli(), 1, Bernoulli().working, {})
        else:
            # An L1 penalty depends on which of the equivalent logits are used, so all K are kept for it.
            full = self.prior is not None and np.any(self.prior.l1)
            contrast = np.eye(k) if full else helmert(k).T
            self._fit(design, Categorical(contrast), contrast.shape[1], np.zeros_like, {})
        return self

    def decision_function(self, X):
        """Log odds (n,) of the second class, or logits (n, K)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        logits = X @ self.coef_.T + self.intercept_
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def _logits(self, X):
        """Logits (n, K); for two classes that of the first is 0."""
        logits = self.decision_function(X)
        return np.column_stack([np.zeros(len(logits)), logits]) if logits.ndim == 1 else logits

    def predict_proba(self, X):
        """Class probabilities (n, K)."""
        return softmax(self._logits(X), axis=1)

    def predict_log_proba(self, X):
        """Log class probabilities (n, K), finite however extreme the logits are."""
        return log_softmax(self._logits(X), axis=1)

    def predict(self, X):
        """Most probable class, (n,)."""
        best = np.argmax(self._logits(X), axis=1)
        return self.classes_[best]
