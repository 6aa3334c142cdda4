"""The dictionary: each loss, the noise model whose negative log-likelihood it is, and the test that decides.

A loss l(y, f) is the negative log-likelihood (NLL) of a noise model, up to a positive factor and terms free
of the prediction f, if and only if for some beta > 0 and some base measure nu on the outcomes that does not
depend on f, Z(f) = integral of exp(-beta l(y, f)) nu(dy) does not depend on f: then exp(-beta l) nu / Z is
the noise model, and nu is what the loss dropped. Otherwise no model of y given f has this loss.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize_scalar, nnls
from scipy.special import gammaln, logsumexp, xlog1py, xlogy

from .errors import DataError
from .special import huber_mass

COUNTS = 5_000  # terms of a sum over the counts
NODES = 4_001  # of the quadrature on each side of the prediction


@dataclass(frozen=True)
class Loss:
    """One row of the dictionary.

    loss(y, f, **params): values for outcomes y (n,) and predictions f (n,), or (n, k) where a prediction has
    parts. a(**params) > 0 and c(y, **params): NLL = a * loss + c, both free of f; None where no noise model
    exists.
    outcomes: "real", "positive", "counts" or a tuple of values. predictions: examples for the test. params:
    example values of the constants that the loss or the noise model needs. dropped: c in words. reason: the
    verdict in words.
    """

    name: str
    formula: str
    loss: Callable = field(repr=False)
    noise: str | None
    link: str
    outcomes: str | tuple
    predictions: np.ndarray = field(repr=False)
    a: Callable | None = field(default=None, repr=False)
    c: Callable | None = field(default=None, repr=False)
    params: dict = field(default_factory=dict)
    dropped: str = ""
    reason: str = ""

    @property
    def is_likelihood(self):
        """Whether the loss is the NLL of a noise model; `is_likelihood` computes the same verdict."""
        return self.a is not None

    def __call__(self, y, f):
        """The loss at the example parameters, (n,)."""
        return self.loss(np.asarray(y), np.asarray(f, dtype=float), **self.params)

    def nll(self, y, f):
        """NLL = a * loss + c with every constant, at the example parameters, (n,). DataError if there is
        none.
        """
        if self.a is None:
            raise DataError(f"{self.name} is not the negative log-likelihood of a noise model: {self.reason}")
        return self.a(**self.params) * self(y, f) + self.c(np.asarray(y), **self.params)


@dataclass(frozen=True)
class LikelihoodTest:
    """Verdict of the Z(f) test, true or false in an if, with its evidence.

    beta: the factor used, the best one found when none was given. log_z (m,): log Z at each of the m
    predictions.
    base: weights nu of finite outcomes, summing to one, else None. spread: range of log Z divided by beta
    times the range of the loss, 0 for a likelihood. reason: one sentence.
    """

    is_likelihood: bool
    beta: float
    log_z: np.ndarray = field(repr=False)
    base: np.ndarray | None
    spread: float
    reason: str

    def __bool__(self):
        return self.is_likelihood


def is_likelihood(loss, outcomes=None, predictions=None, *, beta=None, base=None, tol=1e-6):
    """The Z(f) test: is this loss the negative log-likelihood of a noise model?

    Parameters
    ----------
    loss : a row of `LOSSES`, or callable loss(y, f)
        Called with arrays y (n,) and one prediction f.
    outcomes : "real", "positive", "counts", or a sequence of values
        Where y lives. Needed for a callable.
    predictions : sequence of m predictions f
        Where Z is compared. For finite outcomes more than there are outcomes, else some nu fits them all.
    beta : float or None
        The factor to test; None searches over a wide range.
    base : callable or None
        Density nu(y) with respect to length (or counting measure); None is 1. Finite outcomes need none:
        every positive nu is tried, by non-negative least squares. For a row of `LOSSES` it is exp(-c), what
        it dropped.
    tol : float
        Largest `spread` that passes.

    Returns a `LikelihoodTest`. Raises DataError when outcomes or predictions are missing or too few.
    """
    if isinstance(loss, Loss):
        outcomes = loss.outcomes if outcomes is None else outcomes
        predictions = loss.predictions if predictions is None else predictions
        if loss.a is not None and base is None and isinstance(outcomes, str):
            beta = loss.a(**loss.params) if beta is None else beta
            return _compare(loss, outcomes, predictions, beta, lambda y: -loss.c(y, **loss.params), tol)
    if outcomes is None or predictions is None:
        raise DataError("give outcomes= and predictions=: the test compares Z over predictions")

    def log_base(y):
        with np.errstate(divide="ignore"):
            return np.zeros(np.shape(y)) if base is None else np.log(base(y))

    return _compare(loss, outcomes, predictions, beta, log_base, tol)


def _compare(loss, outcomes, predictions, beta, log_base, tol):
    predictions = np.asarray(predictions, dtype=float)

    def evaluate(y, f):
        return np.asarray(loss(y, np.broadcast_to(f, (len(y), *f.shape))), dtype=float)

    if isinstance(outcomes, str):
        if outcomes not in _MEASURES:
            raise DataError(f"outcomes must be {', '.join(_MEASURES)} or a sequence, got {outcomes!r}")
        if len(predictions) < 2:
            raise DataError("Z at one prediction is always constant: give several predictions")
        points = [_MEASURES[outcomes](f if np.ndim(f) == 0 else f[0]) for f in predictions]
        losses = [evaluate(y, f) for (y, _), f in zip(points, predictions, strict=True)]
        measures = [log_w + log_base(y) for y, log_w in points]

        def attempt(beta):
            return np.array([_log_sum(w - beta * v) for v, w in zip(losses, measures, strict=True)]), None

        middle = [v[np.abs(y - np.median(y)) <= 10] for v, (y, _) in zip(losses, points, strict=True)]
        scale = float(np.median([np.ptp(v[np.isfinite(v)]) for v in middle])) or 1.0
    else:
        values = np.asarray(outcomes)
        if len(predictions) <= len(values) + 1:
            raise DataError(f"need more than {len(values) + 1} predictions, got {len(predictions)}")
        table = np.array([evaluate(values, f) for f in predictions])
        finite = table[np.isfinite(table)]
        scale = float(np.ptp(finite)) or 1.0

        def attempt(beta):
            weights, _ = nnls(np.exp(-beta * (table - finite.min())), np.ones(len(table)))
            if np.min(weights) <= 1e-12 * np.max(weights):
                return np.full(len(table), np.nan), weights
            with np.errstate(divide="ignore"):
                return logsumexp(np.log(weights) - beta * table, axis=1), weights

    def spread(beta):
        log_z, _ = attempt(beta)
        return float(np.ptp(log_z) / min(beta * scale, 1.0)) if np.all(np.isfinite(log_z)) else np.inf

    if beta is None:
        beta = 1.0 if spread(1.0) <= tol else _best(spread, scale)
    log_z, weights = attempt(beta)
    worst = spread(beta)
    if np.isnan(log_z).any() and weights is not None:
        reason = "no base measure that gives every outcome some weight keeps Z constant"
    elif np.isinf(worst):
        reason = "Z is infinite: the loss grows too slowly to be a density's negative log"
    elif worst > tol:
        reason = f"Z changes with the prediction for every beta tried, by {np.ptp(log_z):.3g} in log at best"
    else:
        reason = f"Z is the same at all {len(predictions)} predictions for beta = {beta:.6g}"
    base = None if weights is None else weights / max(weights.sum(), np.finfo(float).tiny)
    return LikelihoodTest(worst <= tol, float(beta), log_z, base, worst, reason)


def _best(spread, scale):
    """The beta with the least spread: a grid of six decades around 1 / scale, then a search near the best."""
    grid = np.log(np.geomspace(1e-3, 1e3, 61) / scale)
    values = np.array([spread(b) for b in np.exp(grid)])
    candidates = []
    for i in np.argsort(values)[:3]:
        bounds = (grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)])
        found = minimize_scalar(lambda b: spread(np.exp(b)), bounds, bounds, method="bounded",
                                options={"xatol": 1e-13})
        candidates.append((found.fun, np.exp(found.x)))
    return min(candidates)[1]


def _log_sum(terms):
    """log of a sum or integral from the logs of its terms in order of y; nan when they do not fall off at
    an end.
    """
    falls = terms[-3] < terms[-203] or np.isneginf(terms[-3])
    rises = len(terms) == COUNTS or terms[2] < terms[202] or np.isneginf(terms[2])
    return logsumexp(terms) if falls and rises else np.nan


def _simpson_weights(slope):
    """Log weights of composite Simpson on evenly spaced nodes with dy = slope dt."""
    weights = np.full(NODES, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    return np.log(weights / 3) + np.log(slope)


def _real(f):
    # Exp-sinh (double exponential) nodes on both sides of f, where losses have their kink (Takahasi, Mori
    # 1974).
    t = np.linspace(-4.0, 4.0, NODES)
    reach = np.exp(np.pi / 2 * np.sinh(t))
    log_w = _simpson_weights(np.pi / 2 * np.cosh(t) * reach * (t[1] - t[0]))
    return np.concatenate([f - reach[::-1], f + reach]), np.concatenate([log_w[::-1], log_w])


def _positive(f):
    t = np.linspace(0.0, 6.0, NODES)
    s, step = np.sinh(t), np.cosh(t) * (t[1] - t[0])
    y = np.concatenate([f * np.exp(-s[::-1]), f * np.exp(s)])
    return y, np.concatenate([_simpson_weights(step)[::-1], _simpson_weights(step)]) + np.log(y)


def _counts(f):
    return np.arange(COUNTS, dtype=float), np.zeros(COUNTS)


_MEASURES = {"real": _real, "positive": _positive, "counts": _counts}


def _pick(f, y):
    return np.take_along_axis(f, np.asarray(y, dtype=np.intp)[..., None], axis=-1)[..., 0]


def _huber(y, f, delta, sigma):
    r = np.abs(y - f)
    return np.where(r <= delta, 0.5 * r * r, delta * (r - 0.5 * delta))


def _smoothed(y, f, epsilon):
    log_f = np.log(f)
    return -(1 - epsilon) * _pick(log_f, y) - epsilon * log_f.mean(axis=-1)


def _constant(value):
    return lambda y, **params: value(**params) + np.zeros(np.shape(y))


_ON_LINE = np.array([-3.0, -1.0, 0.0, 0.5, 2.0, 7.0])
_ABOVE_ZERO = np.array([0.2, 0.7, 1.0, 2.5, 6.0])
_PROBABILITY = np.linspace(0.02, 0.98, 25)
_SIMPLEX = np.array([[i, j, 12 - i - j] for i in range(1, 11) for j in range(1, 12 - i)]) / 12
_LOCATION_SCALE = np.array([[-2.0, 0.0], [0.0, -1.0], [1.0, 0.5], [3.0, 1.2]])
_MARGIN = np.linspace(-3, 3, 25)

LOSSES = {row.name: row for row in [
    Loss("squared", "(y − f)²", lambda y, f, sigma: (y - f) ** 2, "Normal(f, σ)", "identity", "real",
         _ON_LINE, lambda sigma: 1 / (2 * sigma**2),
         _constant(lambda sigma: np.log(sigma) + 0.5 * np.log(2 * np.pi)), {"sigma": 1.5}, "log σ + ½ log 2π",
         "Z is a Gaussian integral, wherever f is"),
    Loss("binary_cross_entropy", "−y log f − (1 − y) log(1 − f)",
         lambda y, f: -xlogy(y, f) - xlog1py(1 - y, -f), "Bernoulli(f)", "logit", (0, 1), _PROBABILITY,
         lambda: 1.0, _constant(lambda: 0.0), {}, "nothing", "f + (1 − f) = 1"),
    Loss("cross_entropy", "−log f_y", lambda y, f: -np.log(_pick(f, y)), "Categorical(f)", "softmax",
         (0, 1, 2), _SIMPLEX, lambda: 1.0, _constant(lambda: 0.0), {}, "nothing",
         "the probabilities sum to one"),
    Loss("poisson", "f − y log f", lambda y, f: f - xlogy(y, f), "Poisson(f)", "log", "counts", _ABOVE_ZERO,
         lambda: 1.0, lambda y: gammaln(np.asarray(y) + 1.0), {}, "log y!", "Σ f^y e^−f / y! = 1"),
    Loss("absolute", "|y − f|", lambda y, f, scale: np.abs(y - f), "Laplace(f, b)", "identity", "real",
         _ON_LINE, lambda scale: 1 / scale, _constant(lambda scale: np.log(2 * scale)), {"scale": 0.8},
         "log 2b", "Z is the same integral, shifted"),
    Loss("cauchy", "log(1 + (y − f)²/s²)", lambda y, f, scale: np.log1p(((y - f) / scale) ** 2),
         "Cauchy(f, s)", "identity", "real", _ON_LINE, lambda scale: 1.0,
         _constant(lambda scale: np.log(np.pi * scale)), {"scale": 1.3}, "log πs",
         "Z is the same integral, shifted"),
    Loss("huber", "½r² for |r| ≤ δ, else δ|r| − ½δ²; r = y − f", _huber,
         "Huber's least-favorable density, k = δ/σ", "identity", "real", _ON_LINE,
         lambda delta, sigma: 1 / sigma**2,
         _constant(lambda delta, sigma: np.log(sigma * huber_mass(delta / sigma))),
         {"delta": 1.345, "sigma": 1.0},
         "log σ + log(√(2π) erf(k/√2) + 2e^(−k²/2)/k)",
         "Z is the same integral, shifted; with σ free it must stay in c"),
    Loss("student_t", "log(1 + (y − f)²/(νσ²))",
         lambda y, f, nu, sigma: np.log1p(((y - f) / sigma) ** 2 / nu), "StudentT(ν, f, σ)", "identity",
         "real", _ON_LINE, lambda nu, sigma: (nu + 1) / 2,
         _constant(lambda nu, sigma:
                   gammaln(nu / 2) - gammaln((nu + 1) / 2) + 0.5 * np.log(nu * np.pi) + np.log(sigma)),
         {"nu": 4.0, "sigma": 1.2}, "log σ + ½ log νπ + log Γ(ν/2) − log Γ((ν+1)/2)",
         "Z is the same integral, shifted"),
    Loss("exponential", "y/f + log f", lambda y, f: y / f + np.log(f), "Exponential with mean f", "log",
         "positive", _ABOVE_ZERO, lambda: 1.0, _constant(lambda: 0.0), {}, "nothing", "∫ e^(−y/f) dy = f"),
    Loss("gamma", "y/f + log f", lambda y, f, shape: y / f + np.log(f), "Gamma with mean f and shape k",
         "log", "positive", _ABOVE_ZERO, lambda shape: shape,
         lambda y, shape: gammaln(shape) - shape * np.log(shape) - (shape - 1) * np.log(y), {"shape": 2.5},
         "log Γ(k) − k log k − (k − 1) log y", "the exponential's loss: only a and what was dropped differ"),
    Loss("negative_binomial", "(y + 1/α) log(1 + αf) − y log f",
         lambda y, f, alpha: (y + 1 / alpha) * np.log1p(alpha * f) - xlogy(y, f),
         "NegativeBinomial(mean f, α)", "log", "counts", _ABOVE_ZERO, lambda alpha: 1.0,
         lambda y, alpha: gammaln(y + 1.0) + gammaln(1 / alpha) - gammaln(y + 1 / alpha) - y * np.log(alpha),
         {"alpha": 0.6}, "log y! + log Γ(1/α) − log Γ(y + 1/α) − y log α", "the binomial series"),
    Loss("quantile", "(τ − 1{y < f}) (y − f)", lambda y, f, tau, scale: (tau - (y < f)) * (y - f),
         "asymmetric Laplace(f, s, τ)", "identity", "real", _ON_LINE, lambda tau, scale: 1 / scale,
         _constant(lambda tau, scale: np.log(scale / (tau * (1 - tau)))), {"tau": 0.8, "scale": 1.0},
         "log s − log τ(1 − τ)", "Z = s/τ + s/(1 − τ), wherever f is"),
    Loss("gaussian_variance_head", "½ (y − μ)²/σ² + log σ; f = (μ, log σ)",
         lambda y, f: 0.5 * ((y - f[..., 0]) * np.exp(-f[..., 1])) ** 2 + f[..., 1],
         "Normal(μ, σ), both predicted", "identity, log", "real", _LOCATION_SCALE, lambda: 1.0,
         _constant(lambda: 0.5 * np.log(2 * np.pi)), {}, "½ log 2π",
         "σ is predicted, so log σ may not be dropped"),
    Loss("label_smoothing", "−(1 − ε) log f_y − ε mean log f", _smoothed, None, "softmax", (0, 1, 2),
         _SIMPLEX, params={"epsilon": 0.1},
         reason="not of the label: the NLL of softened labels, (1 − ε) of the observed, ε/K of each class"),
    Loss("focal", "−(1 − f_y)^γ log f_y",
         lambda y, f, gamma: -((1 - _pick(f, y)) ** gamma) * np.log(_pick(f, y)), None, "softmax", (0, 1, 2),
         _SIMPLEX, params={"gamma": 2.0},
         reason="no β and weights keep the sum of exp(−β loss) constant; nor is its minimizer the true p"),
    Loss("hinge", "max(0, 1 − y f)", lambda y, f: np.maximum(0, 1 - y * f), None, "none", (-1, 1), _MARGIN,
         reason="no two weights keep exp(−β max(0, 1 − f)) and exp(−β max(0, 1 + f)) at one sum"),
    Loss("brier", "(y − f)² on y in {0, 1}", lambda y, f: (y - f) ** 2, None, "logit", (0, 1),
         np.linspace(0, 1, 25),
         reason="a proper score, but no two weights keep exp(−βf²) and exp(−β(1 − f)²) at one sum")]}
