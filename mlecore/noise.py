"""Noise models: what a loss says about y given the linear predictor.

A noise model has one or more linear predictors (its location, first) and positive shape parameters, which the
fitting kernel moves on the log scale. `pointwise` is all that the kernel needs: per observation the negative
log-likelihood (NLL), its gradient and its Hessian in (location predictor(s), log shape parameters). Written
so, a shape parameter is one more predictor whose design is a constant, as in vector generalized linear models
(Yee 2015, chapter 3), and one Newton kernel serves every model.

Subclasses register themselves by `name`; `NOISES[name]` is the class.
"""

import numpy as np
from scipy.special import gammaln, log_softmax, polygamma, xlogy

from .blocks import as_vector
from .families import FAMILIES, Support
from .families.base import below
from .special import huber_mass, log1pmx, log_curvature, log_minus_digamma, rising_factorial, stirling_error

LOG_2PI = np.log(2 * np.pi)
NOISES = {}


class Noise:
    """Base of the noise models; it defines the protocol and the defaults.

    name: key in `NOISES`. shape: names of the positive shape parameters, estimated unless fixed; those in
    `fixed` have a default and are never estimated; guess: where those after the scale start. support: of y.
    Arrays are of one block: y and eta have shape (n,), `logs` holds one float per shape parameter.
    """

    name = None
    shape = ()
    fixed = {}  # noqa: RUF012
    guess = {}  # noqa: RUF012
    log_link = False
    convex = True
    support = Support("any real number")

    def __init_subclass__(cls):
        if cls.name:
            NOISES[cls.name] = cls

    def check(self, y):
        """`y` as floats, shape (n,), or DataError naming the first value outside the support."""
        y = as_vector(y)
        self.support.check(y, y.min(), y.max(), f"{self.name} noise")
        return y

    def working(self, y):
        """Response whose least-squares fit starts the predictor."""
        return y

    def start(self, moments):
        """Start of the log shape parameters, the scale first, from {"rms": root mean squared residual, …}."""
        scale = moments.get("mad") or moments["rms"]
        return np.log([scale, *self.guess.values()])[: len(self.shape)]

    def pointwise(self, y, eta, logs):
        """NLL (n,) without `constant`, its gradient [d_a] and Hessian [[h_ab for b >= a] for a]."""
        raise NotImplementedError

    def constant(self, y):
        """The part of the NLL, shape (n,), that no parameter moves."""
        return 0.0

    def mean(self, eta):
        """Location of y on its own scale: the mean, where there is one."""
        return np.exp(eta) if self.log_link else eta

    def violation(self, y, move):
        """How far moving the predictor by t * move, t to infinity, is from never raising each NLL: (n,).

        Zero for every observation along some direction means that no maximum likelihood estimate exists:
        separation (Albert and Anderson 1984).
        """
        return np.abs(move)


class _LocationScale(Noise):
    """y = eta + scale * z: the family's own density, with an observation's predictor as its location."""

    shape = ("sigma",)
    family = None

    def pointwise(self, y, eta, logs):
        names, values = ("mu", *self.shape), [eta, *np.exp(logs)]
        at = [names.index(name) for name in self.family.parameters]
        member = self.family._at([values[i] for i in at])
        score, lower = member._score(y), member._hessian(y)
        spread = lambda v, factor: np.broadcast_to(v * -factor, y.shape)  # noqa: E731
        rate = [1.0, *values[1:]]  # of each parameter in its own logarithm; the location moves as it is
        gradient, hessian = [None] * len(names), [[None] * (len(names) - i) for i in range(len(names))]
        for i, j in enumerate(at):
            gradient[j] = spread(score[i], rate[j])
        for (i, j), entry in zip(below(len(names)), lower, strict=True):
            a, b = sorted((at[i], at[j]))
            hessian[a][b - a] = spread(entry, rate[a] * rate[b]) + (gradient[a] if a == b > 0 else 0.0)
        return -member._log_prob(y), gradient, hessian


class Normal(_LocationScale):
    """y ~ Normal(eta, sigma**2): squared error."""

    name, family = "normal", FAMILIES["Normal"]


class StudentT(_LocationScale):
    """y = eta + sigma t, t Student with nu degrees of freedom. Not convex."""

    name, family = "student_t", FAMILIES["StudentT"]
    shape = ("sigma", "nu")
    guess = {"nu": 4.0}  # noqa: RUF012
    convex = False


class Cauchy(_LocationScale):
    """y = eta + scale * Cauchy: the loss log(1 + r**2). Not convex."""

    name, family = "cauchy", FAMILIES["Cauchy"]
    shape = ("scale",)
    convex = False


class Laplace(_LocationScale):
    """y ~ Laplace(eta, scale): absolute error. The kink at 0 has no second derivative: see `solvers.lad`."""

    name, family = "laplace", FAMILIES["Laplace"]
    shape = ("scale",)


class Huber(Noise):
    """Huber's least-favorable density: Gaussian body for |z| <= k, Laplace tails beyond; y = eta + sigma z.

    NLL = rho(z) + log sigma + log of the normalizer, rho(z) = z**2 / 2 or k |z| - k**2 / 2. sigma, when
    estimated, is the maximum likelihood scale of this density (sum of z psi(z) = n), not Huber's proposal 2
    and not scikit-learn's concomitant scale; the joint NLL is convex in (beta / sigma, 1 / sigma). k is a
    choice, never estimated. The coefficients resist outliers only as long as sigma does, and this sigma grows
    with the largest residual: fix it from a robust estimate, or use Student-t noise.
    Source: Huber (1964).
    """

    name = "huber"
    shape = ("sigma", "k")
    fixed = guess = {"k": 1.345}  # noqa: RUF012

    def pointwise(self, y, eta, logs):
        sigma, k = np.exp(logs)
        z = (y - eta) / sigma
        psi, body = np.clip(z, -k, k), np.abs(z) <= k
        zpsi = z * psi
        value = psi * (z - 0.5 * psi) + (np.log(huber_mass(k)) + logs[0])
        hessian = [[body / sigma**2, (psi + z * body) / sigma], [zpsi + z * z * body]]
        return value, [-psi / sigma, 1 - zpsi], hessian


class Poisson(Noise):
    """y ~ Poisson(exp(eta)); any y >= 0 is taken, as the quasi-likelihood reading allows."""

    name = "poisson"
    log_link = True
    support = Support("y >= 0", low=0)

    def working(self, y):
        return np.log(y + 0.5)

    def pointwise(self, y, eta, logs):
        mu = np.exp(eta)
        return mu - y * eta, [mu - y], [[mu]]

    def constant(self, y):
        return gammaln(y + 1)

    def deviance(self, y, mu, shape):
        return 2 * (xlogy(y, y / mu) - y + mu)

    def violation(self, y, move):
        return np.where(y > 0, np.abs(move), np.maximum(move, 0))


class NegativeBinomial(Poisson):
    """Count with mean exp(eta) and variance mu + alpha mu**2 (NB2).

    Source: Lawless (1987), section 2.
    """

    name = "negative_binomial"
    shape = ("alpha",)

    def start(self, moments):
        return [np.log(np.clip(moments["alpha"], 1e-4, 1e4))]

    def pointwise(self, y, eta, logs):
        alpha = np.exp(logs[0])
        mu = np.exp(eta)
        x = alpha * mu
        q = 1 + x
        s0, s1, s2 = rising_factorial(y, alpha)
        nll = (y + 1 / alpha) * np.log1p(x) - y * eta - s0
        d_alpha = y * mu / q - s1 - (log1pmx(x) + x * x / q) / alpha**2
        d_alpha2 = s2 - (log_curvature(x) - x**3 / q**2) / alpha**3 - y * (mu / q) ** 2
        d_eta = (mu - y) / q
        hessian = [[mu * (1 + alpha * y) / q**2, -x * d_eta / q], [alpha * d_alpha + alpha**2 * d_alpha2]]
        return nll, [d_eta, alpha * d_alpha], hessian

    def deviance(self, y, mu, shape):
        alpha = shape["alpha"]
        return 2 * (xlogy(y, y / mu) - (y + 1 / alpha) * np.log((1 + alpha * y) / (1 + alpha * mu)))


class Gamma(Noise):
    """y ~ Gamma with mean exp(eta) and shape parameter `shape`: variance mu**2 / shape, log link."""

    name = "gamma"
    shape = ("shape",)
    log_link = True
    support = Support("y > 0", low=0, closed=False)

    def working(self, y):
        return np.log(y)

    def start(self, moments):
        return np.log([moments["rms"] ** -2.0])

    def pointwise(self, y, eta, logs):
        k = np.exp(logs[0])
        log_y = np.log(y)
        log_t = log_y - eta
        excess = np.expm1(log_t)
        unit = excess - log_t  # t - 1 - log t, half the unit deviance
        value = stirling_error(k) + 0.5 * (LOG_2PI - np.log(k))
        first, second = -log_minus_digamma(k), polygamma(1, k) - 1 / k
        d_k = k * (unit + first)
        hessian = [[k * (1 + excess), -k * excess], [d_k + k * k * second]]
        return k * unit + value + log_y, [-k * excess, d_k], hessian

    def deviance(self, y, mu, shape):
        return 2 * (y / mu - 1 - np.log(y / mu))


class Bernoulli(Noise):
    """y in {0, 1} with P(y = 1) = 1 / (1 + exp(-eta)): binary cross-entropy."""

    name = "bernoulli"

    def working(self, y):
        return 4 * (y - 0.5)

    def pointwise(self, y, eta, logs):
        small = np.exp(-np.abs(eta))  # cannot overflow; serves loss, gradient and curvature
        p = np.where(eta >= 0, 1.0, small) / (1 + small)
        return np.log1p(small) + np.maximum(eta, 0) - y * eta, [p - y], [[small / (1 + small) ** 2]]

    def violation(self, y, move):
        return np.maximum(np.where(y > 0, -move, move), 0)


class Categorical(Noise):
    """y in {0, …, K-1} with P = softmax(logits), logits = eta contrast.T.

    K logits are one too many: adding a constant to all changes nothing. contrast, shape (K, m), has
    orthonormal columns; with m = K - 1 columns orthogonal to (1, …, 1) the logits sum to zero and the
    redundancy is gone, with the identity (m = K) it stays.
    """

    name = "categorical"

    def __init__(self, contrast):
        self.contrast = contrast

    def pointwise(self, y, eta, logs):
        codes = y.astype(np.intp)
        c = self.contrast
        log_p = log_softmax(eta @ c.T, axis=1)
        p = np.exp(log_p)
        nll = -np.take_along_axis(log_p, codes[:, None], axis=1)[:, 0]
        pc = p @ c
        gradient = pc - c[codes]
        m = c.shape[1]
        hessian = [[p @ (c[:, a] * c[:, b]) - pc[:, a] * pc[:, b] for b in range(a, m)] for a in range(m)]
        return nll, list(gradient.T), hessian

    def violation(self, y, move):
        logits = move @ self.contrast.T
        return logits.max(axis=1) - np.take_along_axis(logits, y.astype(np.intp)[:, None], axis=1)[:, 0]
