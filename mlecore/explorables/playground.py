"""The playground: one family, one sample, one prior, and everything that can be said of the parameters."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import traitlets as t
from scipy import optimize, stats
from scipy.special import betaln, expit, gammaln, log_expit, logit

import mlecore as mle
from mlecore.palette import color, style

from ._base import Explorable, Number, Numbers, Whole
from ._random import Generator

MOST_VALUES = 20_000
_LARGEST, _SMALLEST = 1e9, 1e-9
_SEEN = 1e-5  # of their size, must values differ to differ in what the plot prints


# ---- coordinates: free ones (η) without bounds, natural ones (θ) as they are read ----


class _Link(NamedTuple):
    to: Any  # θ → η
    back: Any  # η → θ
    log_jacobian: Any  # log dθ/dη
    slope: Any  # its derivative


_IDENTITY = _Link(lambda x: x, lambda e: e, lambda e: 0 * e, lambda e: 0 * e)
_LOG = _Link(np.log, np.exp, lambda e: e, lambda e: 1 + 0 * e)
_LOGIT = _Link(logit, expit, lambda e: log_expit(e) + log_expit(-e), lambda e: expit(-e) - expit(e))


class _Model(NamedTuple):
    label: str
    parameters: tuple[str, ...]
    links: tuple[_Link, ...]
    priors: tuple[str, ...]
    truth: tuple[float, ...]
    least: int
    law: Any  # (θ…, nu) → a distribution of mlecore
    support: str


_WIDE = ("flat", "normal", "laplace")
_RATE = ("flat", "gamma", "normal", "laplace")
_MODELS = {
    "normal": _Model(
        "Normal",
        ("mu", "sigma"),
        (_IDENTITY, _LOG),
        _WIDE,
        (3.5, 1.2),
        2,
        lambda mu, sigma, nu: mle.Normal(mu=mu, sigma=sigma),
        "",
    ),
    "bernoulli": _Model(
        "Bernoulli",
        ("p",),
        (_LOGIT,),
        ("flat", "beta", "normal", "laplace"),
        (0.35,),
        1,
        lambda p, nu: mle.Bernoulli(p=p),
        "Bernoulli values are 0 or 1",
    ),
    "poisson": _Model(
        "Poisson",
        ("rate",),
        (_LOG,),
        _RATE,
        (4.2,),
        1,
        lambda rate, nu: mle.Poisson(rate=rate),
        "counts are whole numbers from 0",
    ),
    "exponential": _Model(
        "Exponential",
        ("rate",),
        (_LOG,),
        _RATE,
        (0.5,),
        1,
        lambda rate, nu: mle.Exponential(rate=rate),
        "waiting times are 0 or more",
    ),
    "student_t": _Model(
        "Student-t",
        ("mu", "sigma"),
        (_IDENTITY, _LOG),
        _WIDE,
        (3.5, 1.2),
        2,
        lambda mu, sigma, nu: mle.StudentT(nu=nu, mu=mu, sigma=sigma),
        "",
    ),
    "gamma": _Model(
        "Gamma",
        ("shape", "rate"),
        (_LOG, _LOG),
        _RATE,
        (2.5, 0.8),
        2,
        lambda shape, rate, nu: mle.Gamma(shape=shape, scale=1 / rate),
        "gamma values are above 0",
    ),
}
_OUTSIDE = {
    "bernoulli": lambda y: (y != 0) & (y != 1),
    "poisson": lambda y: (y < 0) | (y != np.floor(y)),
    "exponential": lambda y: y < 0,
    "gamma": lambda y: y <= 0,
}


def sample(family: str, seed: int, n: int, nu: float = 4.0) -> list[float]:
    """n draws from the family's fixed truth: the data that the page shows for this seed."""
    source = Generator(seed)
    if family == "normal":
        y = source.normal(3.5, 1.2, n)
    elif family == "bernoulli":
        return (source.uniform(n) < 0.35).astype(float).tolist()
    elif family == "poisson":
        return [float(source.poisson(4.2)) for _ in range(n)]
    elif family == "exponential":
        y = -np.log(source.uniform(n)) / 0.5
    elif family == "student_t":  # Bailey (1994): the polar method of the normal, for any nu
        u, v = source.uniform(2 * n).reshape(n, 2).T
        y = 3.5 + 1.2 * np.sqrt(nu * (u ** (-2 / nu) - 1)) * np.cos(2 * np.pi * v)
    else:
        y = np.array([_gamma_draw(source, 2.5) / 0.8 for _ in range(n)])
    y = np.floor(y * 100 + 0.5) / 100
    return (np.maximum(y, 0.01) if family in ("exponential", "gamma") else y).tolist()


def _gamma_draw(source: Generator, shape: float) -> float:
    """Marsaglia and Tsang (2000), for a shape of at least 1."""
    d = shape - 1 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        x = float(source.normal(0.0, 1.0, 1)[0])
        v = (1 + c * x) ** 3
        if v > 0 and math.log(source.uniform(1)[0]) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v


def refusal(family: str, data: list[float], nu: float = 4.0) -> str:
    """ "" or what is wrong with the data, by the place and name of the value."""
    model, y = _MODELS[family], np.asarray(data, dtype=float)
    for wrong, what in (
        (~np.isfinite(y), "not a finite number"),
        (np.abs(y) > _LARGEST, "larger than 1e9 in size"),
        ((y != 0) & (np.abs(y) < _SMALLEST), "smaller than 1e-9 in size: choose another unit"),
    ):
        if wrong.any():
            i = int(np.argmax(wrong))
            return f"value {i + 1}, {y[i]:g}, is {what}"
    outside = _OUTSIDE.get(family, lambda y: np.zeros(y.size, bool))(y)
    if outside.any():
        i = int(np.argmax(outside))
        return f"value {i + 1} is {y[i]:g}: {model.support}"
    if y.size > MOST_VALUES:
        return f"{y.size} values: at most {MOST_VALUES}"
    if y.size < model.least:
        return f"{y.size} value{'' if y.size == 1 else 's'}: {model.label} needs at least {model.least}"
    if family in ("normal", "gamma") and np.all(y == y[0]):
        return (
            f"all values are {y[0]:g}: the likelihood grows without bound; give at least two different values"
        )
    if family == "gamma" and np.var(y) <= 1e-7 * np.mean(y) ** 2:
        return "the spread is lost beside the mean: choose Normal"
    if family == "exponential" and not y.any():
        return "all values are 0: the likelihood grows without bound; give at least one value above 0"
    if family == "student_t":
        values, counts = np.unique(y, return_counts=True)
        most = int(counts.max())
        if most >= (y.size - most) * nu:
            return (
                f"{values[counts.argmax()]:g} stands {most} times among {y.size} values: the likelihood "
                "grows without bound as sigma falls to 0 there; give more different values"
            )
    if family in ("normal", "student_t") and np.ptp(y) <= _SEEN * np.abs(y).max():
        return "the values differ by too little for their size: subtract a number from all of them"
    return ""


class Playground(Explorable):
    """Choose a family, data and a prior; read likelihood, posterior, MLE, MAP and three kinds of interval.

    Parameters
    ----------
    family : {"normal", "bernoulli", "poisson", "exponential", "student_t", "gamma"}
        Parameters: (mu, sigma), (p,), (rate,), (rate,), (mu, sigma), (shape, rate); the rate of a gamma is
        1/scale. nu of Student-t is fixed by ``nu``.
    data : sequence of float, optional
        Up to 20,000 values in the family's support. Default: ``n`` draws, fixed by ``seed``.
    prior : {"flat", "normal", "laplace", "beta", "gamma"}
        Flat: constant in the natural parameters. Normal and Laplace (``center``, ``scale``): on the
        location, the log of a scale, shape or rate, or the logit of p, as named by ``on``; beta(``a``, ``b``)
        on p; gamma with shape ``a`` and rate ``b`` on a rate. A second parameter keeps a
        flat prior.
    coordinates : {"natural", "free"}
        Whose posterior density has its mode at ``map``, and in which Wald intervals are symmetric.
    theta : sequence of float, optional
        A point at which log-likelihood, score and information are read; default: beside the top.

    Raises traitlets.TraitError, naming the value and the remedy, for data outside the support, too few or
    constant data, a prior that the family does not have, a theta outside the parameter space.
    """

    family = t.Enum(tuple(_MODELS), default_value="normal").tag(sync=True)
    data = Numbers([1.0, 2.0], 1)
    nu = Number(4.0, "nu must be a number from 1 to 100", 1, 100)
    prior = t.Enum(("flat", "normal", "laplace", "beta", "gamma"), default_value="flat").tag(sync=True)
    on = t.Enum(("mu", "sigma", "p", "rate", "shape"), default_value="mu").tag(sync=True)
    center = Number(0.0, "center must be a number from -1e6 to 1e6", -1e6, 1e6)
    scale = Number(1.0, "scale must be a number from 0.01 to 1000", 0.01, 1000)
    a = Number(2.0, "a must be a number from 0.1 to 1000", 0.1, 1000)
    b = Number(2.0, "b must be a number from 0.1 to 1000", 0.1, 1000)
    coordinates = t.Enum(("natural", "free"), default_value="natural").tag(sync=True)
    level = Number(0.95, "level must be a number from 0.5 to 0.99", 0.5, 0.99)
    theta = Numbers([2.0, 2.0], 1)
    view = t.Enum(("likelihood", "log"), default_value="likelihood").tag(sync=True)
    climb = t.Enum(("likelihood", "posterior"), default_value="likelihood").tag(sync=True)
    seed = Whole(1)
    n = Whole(20, 1, MOST_VALUES)

    _shown = (
        "family",
        "data",
        "nu",
        "prior",
        "on",
        "center",
        "scale",
        "a",
        "b",
        "coordinates",
        "level",
        "theta",
        "seed",
    )
    _size = (7.0, 5.2)

    def __init__(
        self,
        family: str = "normal",
        data: Any = None,
        *,
        seed: int = 1,
        n: int | None = None,
        nu: float = 4.0,
        on: str | None = None,
        theta: Any = None,
        **kwargs: Any,
    ) -> None:
        if family not in _MODELS:
            raise t.TraitError(f"family = {family!r} is refused: choose one of {', '.join(_MODELS)}")
        parameters = _MODELS[family].parameters
        if on is None:
            on = "rate" if kwargs.get("prior") == "gamma" else parameters[0]
        elif kwargs.get("prior") == "gamma" and on != "rate":
            raise t.TraitError(f"on = {on!r} is refused: a gamma prior is on the rate")
        size = n if n is not None else 20 if data is None else len(np.ravel(data))
        with_data = self._checked(family, sample(family, seed, size, nu) if data is None else data, nu)
        start = theta if theta is not None else _start(family, with_data, nu)
        super().__init__(
            family=family, data=with_data, nu=nu, on=on, theta=start, seed=seed, n=size, **kwargs
        )
        self._check_together()
        self.observe(self._move, ["family", "nu"])

    @staticmethod
    def _checked(family: str, data: Any, nu: float) -> Any:
        try:
            values = np.asarray(data, dtype=float)
        except (TypeError, ValueError):
            raise t.TraitError(f"data = {data!r} is refused: give a list of numbers") from None
        problem = (
            refusal(family, values, nu) if values.ndim == 1 else f"shape {values.shape}: give a flat list"
        )
        if problem:
            raise t.TraitError(f"data are refused: {problem}")
        return values.tolist()

    def _check_together(self) -> None:
        model = self._model
        if self.prior not in model.priors:
            raise t.TraitError(
                f"prior = {self.prior!r} is refused: {model.label} has {', '.join(model.priors)}"
            )
        if self.prior != "flat" and self.on not in (("rate",) if self.prior == "gamma" else model.parameters):
            raise t.TraitError(
                f"on = {self.on!r} is refused: name one of "
                f"{', '.join(('rate',) if self.prior == 'gamma' else model.parameters)}"
            )
        if self.prior in ("normal", "laplace") and self._link is not _IDENTITY and abs(self.center) > 20:
            raise t.TraitError(f"center = {self.center!r} is refused: on a log or logit scale from -20 to 20")

    @t.validate("data")
    def _check_data(self, proposal: Any) -> list[float]:
        return self._checked(self.family, proposal["value"], self.nu)

    @t.validate("prior", "on", "center")
    def _check_prior(self, proposal: Any) -> Any:
        name, before = proposal["trait"].name, self._trait_values.get(proposal["trait"].name)
        self._trait_values[name] = proposal["value"]
        try:
            if name != "on" and self.prior == "gamma" and "rate" in self._model.parameters:
                self._trait_values["on"] = "rate"
            self._check_together()
        except t.TraitError:
            self._trait_values[name] = before
            raise
        return proposal["value"]

    @t.validate("theta")
    def _check_theta(self, proposal: Any) -> list[float]:
        value, model = proposal["value"], self._model
        with np.errstate(all="ignore"):
            inside = len(value) == len(model.links) and all(
                np.isfinite(link.to(v)) for link, v in zip(model.links, value, strict=True)
            )
        if not inside:
            raise t.TraitError(
                f"theta = {value!r} is refused: give {', '.join(model.parameters)} inside their ranges"
            )
        return value

    def _move(self, change: Any) -> None:
        """A family alone moves everything to values that exist in it."""
        model = self._model
        if refusal(self.family, self.data, self.nu):
            self.data = sample(self.family, self.seed, self.n, self.nu)
        if self.prior not in model.priors:
            self.prior = "flat"
        if self.on not in model.parameters:
            self.on = model.parameters[-1 if self.prior == "gamma" else 0]
        with np.errstate(all="ignore"):
            if len(self.theta) != len(model.links) or not all(
                np.isfinite(link.to(v)) for link, v in zip(model.links, self.theta, strict=True)
            ):
                self.theta = _start(self.family, self.data, self.nu)

    # ---- the likelihood ----

    @property
    def _model(self) -> _Model:
        return _MODELS[self.family]

    @property
    def _link(self) -> _Link:
        return self._model.links[self._model.parameters.index(self.on)]

    @property
    def _fit(self) -> Any:
        return _fit(self.family, np.array(self.data), self.nu)

    @property
    def mle(self) -> tuple[float, ...]:
        """The maximum likelihood estimate, by `mlecore.fit`."""
        return _estimate(self.family, self._fit)

    @property
    def top(self) -> float:
        """ℓ at the MLE."""
        return self._fit.log_likelihood

    def _law(self, theta: Any) -> Any:
        return self._model.law(*theta, self.nu)

    @property
    def log_likelihood(self) -> float:
        """ℓ(θ) of the data at ``theta``."""
        return float(self._law(self.theta).log_prob(np.array(self.data)).sum())

    @property
    def log_posterior(self) -> float:
        """ℓ(θ) + log prior density in ``coordinates``, not normalized."""
        eta = [link.to(v) for link, v in zip(self._model.links, self.theta, strict=True)]
        return float(self._log_posterior(self.coordinates, *eta))

    @property
    def score(self) -> tuple[float, ...]:
        """The gradient of ℓ at ``theta`` in ``coordinates``."""
        return tuple(self._derivatives(self.theta, self.coordinates)[0].tolist())

    @property
    def information(self) -> list[list[float]]:
        """Minus the Hessian of ℓ at ``theta`` in ``coordinates``: its curvature."""
        return (-self._derivatives(self.theta, self.coordinates)[1]).tolist()

    def _derivatives(self, theta: Any, coordinates: str) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of ℓ from mlecore's per-observation ones."""
        law, y, k = self._law(theta), np.array(self.data), len(theta)
        g = law.score(y).sum(axis=0)
        h = np.zeros((g.size, g.size))
        rows = np.tril_indices(g.size)
        h[rows] = [np.sum(np.broadcast_to(part, y.shape)) for part in law._hessian(y)]
        h = h + np.tril(h, -1).T
        g, h = g[-k:], h[-k:, -k:]  # nu is held
        if self.family == "gamma":  # from scale to rate
            rate = theta[1]
            g, h = _chain(g, h, np.array([1, -1 / rate**2]), np.array([0, 2 / rate**3]))
        if coordinates == "free":
            eta = [link.to(v) for link, v in zip(self._model.links, theta, strict=True)]
            first = np.array(
                [np.exp(link.log_jacobian(e)) for link, e in zip(self._model.links, eta, strict=True)]
            )
            slope = np.array([link.slope(e) for link, e in zip(self._model.links, eta, strict=True)])
            g, h = _chain(g, h, first, first * slope)
        return g, h

    @property
    def wald_interval(self) -> list[tuple[float, float]] | None:
        """MLE ± z standard errors in ``coordinates``, by parameter; None at the edge of the range."""
        if self._fit.at_boundary:
            return None
        z = stats.norm.ppf((1 + self.level) / 2)
        errors = np.sqrt(np.diag(np.linalg.inv(-self._derivatives(self.mle, self.coordinates)[1])))
        if self.coordinates == "natural":
            return [(v - z * e, v + z * e) for v, e in zip(self.mle, errors.tolist(), strict=True)]
        return [
            (float(link.back(link.to(v) - z * e)), float(link.back(link.to(v) + z * e)))
            for link, v, e in zip(self._model.links, self.mle, errors, strict=True)
        ]

    @property
    def profile_interval(self) -> list[tuple[float, float]]:
        """Likelihood-ratio intervals, by parameter: the same in all coordinates."""
        found = self._fit.confidence_interval(self.level, method="profile")
        if self.family == "gamma":
            low, high = found["scale"]
            return [found["shape"], (1 / high, 1 / low)]
        return [found[name] for name in self._model.parameters]

    # ---- prior and posterior ----

    def _ell(self, *eta: Any) -> Any:
        """ℓ over arrays of free coordinates."""
        y = np.array(self.data)
        n, total = y.size, y.sum()
        if self.family == "normal":
            square = np.sum((y - y.mean()) ** 2) + n * (y.mean() - eta[0]) ** 2
            return -n * (eta[1] + 0.5 * np.log(2 * np.pi)) - 0.5 * square * np.exp(-2 * eta[1])
        if self.family == "bernoulli":
            return total * log_expit(eta[0]) + (n - total) * log_expit(-eta[0])
        if self.family == "poisson":
            return total * eta[0] - n * np.exp(eta[0]) - gammaln(y + 1).sum()
        if self.family == "exponential":
            return n * eta[0] - total * np.exp(eta[0])
        if self.family == "gamma":
            shape = np.exp(eta[0])
            return (
                n * (shape * eta[1] - gammaln(shape)) + (shape - 1) * np.log(y).sum() - total * np.exp(eta[1])
            )
        constant = gammaln((self.nu + 1) / 2) - gammaln(self.nu / 2) - 0.5 * np.log(self.nu * np.pi)
        weight, sums = np.exp(-2 * eta[1]) / self.nu, 0.0
        for value in y:
            sums = sums + np.log1p((value - eta[0]) ** 2 * weight)
        return n * (constant - eta[1]) - 0.5 * (self.nu + 1) * sums

    def _log_prior(self, coordinates: str, *eta: Any) -> Any:
        """The prior's log density in the coordinates named."""
        total = 0.0
        for name, link, e in zip(self._model.parameters, self._model.links, eta, strict=True):
            about, free = self.prior != "flat" and name == self.on, False
            z = (e - self.center) / self.scale
            if about and self.prior == "normal":
                total, free = total - 0.5 * z**2 - math.log(self.scale) - 0.5 * math.log(2 * math.pi), True
            elif about and self.prior == "laplace":
                total, free = total - np.abs(z) - math.log(2 * self.scale), True
            elif about and self.prior == "beta":
                total = (
                    total
                    + (self.a - 1) * log_expit(e)
                    + (self.b - 1) * log_expit(-e)
                    - betaln(self.a, self.b)
                )
            elif about:
                total = (
                    total
                    + (self.a - 1) * e
                    - self.b * np.exp(e)
                    + self.a * math.log(self.b)
                    - gammaln(self.a)
                )
            total = total + ((coordinates == "free") - free) * link.log_jacobian(e)
        return total

    def _log_posterior(self, coordinates: str, *eta: Any) -> Any:
        with np.errstate(all="ignore"):
            value = self._ell(*eta) + self._log_prior(coordinates, *eta)
        return np.where(np.isnan(value), -np.inf, value)

    def _slopes(self, coordinates: str, eta: Any, side: float | None = None) -> np.ndarray:
        """The gradient of the log posterior in free coordinates; ``side`` of Laplace's kink."""
        links = self._model.links
        theta = [float(link.back(e)) for link, e in zip(links, eta, strict=True)]
        g = self._derivatives(theta, "free")[0]
        for i, (name, link, e) in enumerate(zip(self._model.parameters, links, eta, strict=True)):
            about, free = self.prior != "flat" and name == self.on, self.prior in ("normal", "laplace")
            if about and self.prior == "normal":
                g[i] -= (e - self.center) / self.scale**2
            elif about and self.prior == "laplace":
                g[i] -= (np.sign(e - self.center) if side is None else side) / self.scale
            elif about and self.prior == "beta":
                g[i] += (self.a - 1) * expit(-e) - (self.b - 1) * expit(e)
            elif about:
                g[i] += self.a - 1 - self.b * np.exp(e)
            g[i] += ((coordinates == "free") - (about and free)) * link.slope(e)
        return g

    @property
    def map(self) -> tuple[float, ...]:
        """The mode of the posterior density in ``coordinates``: another one in others."""
        return tuple(
            float(link.back(e))
            for link, e in zip(self._model.links, self._mode(self.coordinates), strict=True)
        )

    def _mode(self, coordinates: str) -> np.ndarray:
        return (
            self._mode_of_one(coordinates) if len(self._model.links) == 1 else self._mode_of_two(coordinates)
        )

    def _mode_of_one(self, coordinates: str) -> np.ndarray:
        free = self.prior in ("normal", "laplace")
        y, turn = np.array(self.data), (coordinates == "free") - free
        # How fast the log posterior falls toward the two ends, as a multiple of |η|.
        ends = {
            "bernoulli": [y.sum(), y.size - y.sum()],
            "poisson": [y.sum(), np.inf],
            "exponential": [y.size, np.inf],
        }[self.family]
        pull = {
            "flat": (0, 0),
            "normal": (np.inf, np.inf),
            "laplace": (1 / self.scale, 1 / self.scale),
            "beta": (self.a - 1, self.b - 1),
            "gamma": (self.a - 1, np.inf),
        }[self.prior]
        low, high = (e + p + turn for e, p in zip(ends, pull, strict=True))
        if low < 0 or high < 0:
            return np.array([-np.inf if low < 0 else np.inf])
        link = self._model.links[0]
        near = (
            link.to((y.sum() + 0.5) / (y.size + 1))
            if self.family != "exponential"
            else link.to(y.size / y.sum())
        )
        grid = np.linspace(min(near, self.center) - 40, max(near, self.center) + 40, 4001)
        best = int(np.argmax(self._log_posterior(coordinates, grid)))
        if (best == 0 and low == 0) or (best == 4000 and high == 0):
            return np.array([-np.inf if best == 0 else np.inf])
        return np.array(
            [
                optimize.brentq(
                    lambda e: self._slopes(coordinates, [e])[0],
                    grid[best - 1],
                    grid[best + 1],
                    xtol=1e-15,
                    rtol=1e-15,
                )
            ]
        )

    def _mode_of_two(self, coordinates: str) -> np.ndarray:
        def height(eta):
            return float(self._log_posterior(coordinates, *eta))

        def climb(start, side=None):
            rough = optimize.minimize(
                lambda e: -height(e),
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000},
            ).x
            return optimize.root(lambda e: self._slopes(coordinates, e, side), rough, tol=1e-14).x

        top = np.array([link.to(v) for link, v in zip(self._model.links, self.mle, strict=True)])
        if self.prior not in ("normal", "laplace"):
            return climb(top)
        j = self._model.parameters.index(self.on)
        spot = top.copy()
        spot[j] = self.center
        if self.prior == "normal":
            return max((climb(top), climb(spot)), key=height)

        def other_slope(e):
            spot[1 - j] = e
            return self._slopes(coordinates, spot, 0)[1 - j]

        width = 1.0 if self._model.links[1 - j] is not _IDENTITY else math.exp(top[1])
        low, high = top[1 - j] - width, top[1 - j] + width
        while other_slope(low) < 0:
            low -= width
        while other_slope(high) > 0:
            high += width
        spot[1 - j] = optimize.brentq(other_slope, low, high, xtol=1e-15, rtol=1e-15)
        pull = self._slopes(coordinates, spot, 0)[j]
        if abs(pull) <= 1 / self.scale:
            return spot
        found = [
            climb(start, np.sign(start[j] - self.center + 1e-9 * np.sign(pull))) for start in (spot, top)
        ]
        return max(found, key=height)

    def quantiles(self, probabilities: Any) -> list[list[float] | None]:
        """Posterior quantiles by quadrature, one list per parameter; None for an improper posterior."""
        marginals = [_Marginal(self, j) for j in range(len(self._model.links))]
        if any(marginal.improper for marginal in marginals):
            return [None] * len(marginals)
        return [
            [float(link.back(marginal.quantile(q))) for q in np.ravel(probabilities)]
            for link, marginal in zip(self._model.links, marginals, strict=True)
        ]

    @property
    def credible_interval(self) -> list[tuple[float, float] | None]:
        """Equal-tailed posterior intervals, by parameter."""
        tail = (1 - self.level) / 2
        return [None if q is None else tuple(q) for q in self.quantiles([tail, 1 - tail])]

    @property
    def median(self) -> list[float | None]:
        """Posterior medians, by parameter."""
        return [None if q is None else q[0] for q in self.quantiles([0.5])]

    # ---- the figure without JavaScript ----

    def _draw(self, figure: Any) -> None:
        upper, lower = figure.subplots(2, 1, height_ratios=(1, 1.5))
        y, model = np.array(self.data), self._model
        best = np.array(self.mle)
        x = (
            np.arange(min(y.min(), 0) - 0.0, y.max() + 2)
            if self.family in ("poisson", "bernoulli")
            else np.linspace(
                y.min() - 0.3 * np.ptp(y) * (self.family in ("normal", "student_t")), y.max() * 1.1, 300
            )
        )
        x = np.array([0.0, 1.0]) if self.family == "bernoulli" else x
        law = self._law(
            np.clip(best, 1e-9, 1 - 1e-9)
            if self.family == "bernoulli"
            else np.maximum(best, 1e-9)
            if len(best) == 1
            else best
        )
        mass = np.exp(law.log_prob(x))
        if self.family in ("poisson", "bernoulli"):
            upper.vlines(x, 0, mass, color=color("likelihood"), linewidth=6)
        else:
            upper.plot(x, mass, **style("likelihood"))
        upper.plot(y, np.zeros_like(y), **style("data", marker=True), clip_on=False)
        values = ", ".join(f"{name} = {v:.4g}" for name, v in zip(model.parameters, best, strict=True))
        upper.set(title=f"{model.label} at its MLE: {values}", ylabel="density", ylim=(0, None))
        ends = np.array(_Ends(self).ranges)
        if len(ends) == 1:
            e = np.linspace(*ends[0], 400)
            for what, height in (
                ("likelihood", self._ell(e)),
                ("prior", self._log_prior(self.coordinates, e) + 0 * e),
                ("posterior", self._log_posterior(self.coordinates, e)),
            ):
                lower.plot(
                    self._model.links[0].back(e), np.exp(height - np.max(height)), label=what, **style(what)
                )
            lower.set(xlabel=model.parameters[0], ylabel="relative height", ylim=(0, None))
            lower.legend()
        else:
            u, v = np.meshgrid(*(np.linspace(*end, 90) for end in ends))
            height = self._ell(u, v)
            lower.contour(
                model.links[0].back(u),
                model.links[1].back(v),
                height,
                levels=self.top - np.array([16, 8, 4, 2, 1, 0.25]),
                colors=color("likelihood"),
                linestyles="solid",
            )
            lower.plot(*best, **style("likelihood", marker=True), label="MLE")
            lower.plot(*self.map, **style("posterior", marker=True), label="MAP")
            lower.set(xlabel=model.parameters[0], ylabel=model.parameters[1])
            lower.legend()


def _fit(family: str, y: np.ndarray, nu: float) -> Any:
    name = {"student_t": "StudentT"}.get(family, family.capitalize())
    return mle.fit(name, y, fixed={"nu": nu} if family == "student_t" else None)


def _estimate(family: str, fit: Any) -> tuple[float, ...]:
    if family == "gamma":
        return float(fit.estimate["shape"]), 1 / float(fit.estimate["scale"])
    return tuple(float(fit.estimate[name]) for name in _MODELS[family].parameters)


def _chain(
    g: np.ndarray, h: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian after a change of each coordinate, with its first two derivatives."""
    return g * first, h * np.outer(first, first) + np.diag(g * second)


def _start(family: str, data: Any, nu: float) -> list[float]:
    """Off the top by two standard errors on the free scale, at three digits."""
    y, links = np.array(data), _MODELS[family].links
    fit = _fit(family, y, nu)
    if fit.at_boundary:
        near = (y.sum() + 0.5) / (y.size + (family == "bernoulli"))
        best, errors = [links[0].to(near)], [1.0]
    else:
        theta = _estimate(family, fit)
        best = [link.to(v) for link, v in zip(links, theta, strict=True)]
        factors = [np.exp(link.log_jacobian(e)) for link, e in zip(links, best, strict=True)]
        natural = list(fit.standard_errors.values())
        if family == "gamma":
            natural[1] *= theta[1] ** 2
        errors = [s / f for s, f in zip(natural, factors, strict=True)]
    signs = [2.0] if len(links) == 1 else [-2.0, 2.0]
    start = [
        float(f"{float(link.back(e + s * d)):.3g}")
        for link, e, s, d in zip(links, best, signs, errors, strict=True)
    ]
    return [min(start[0], 0.999)] if family == "bernoulli" else start


# ---- quadrature ----


class _Ends:
    """Where the posterior is, in free coordinates: its mode, widths, and a range to draw."""

    def __init__(self, w: Playground) -> None:
        self.mode = w._mode("free")
        self.k = self.mode.size
        self.sd = self.within = np.full(self.k, np.nan)
        self.ranges = [(-1.0, 1.0)] * self.k
        if not np.all(np.isfinite(self.mode)):
            return
        step = 1e-3

        def f(*shift):
            return float(w._log_posterior("free", *(self.mode + np.array(shift))))

        scale = np.ones(self.k)
        for _ in range(60):  # widths at which the log posterior has fallen by about one half
            for j in range(self.k):
                shift = np.zeros(self.k)
                shift[j] = scale[j]
                drop = f(*np.zeros(self.k)) - min(f(*shift), f(*-shift))
                scale[j] *= float(np.clip(np.sqrt(0.5 / max(drop, 1e-3)), 0.2, 5))
        self.within = scale
        self.sd = scale.copy()
        self.slopes = [0.0, 0.0]
        if self.k == 2:
            a, b = scale * step**0.5
            cross = (f(a, b) - f(a, -b) - f(-a, b) + f(-a, -b)) / (4 * a * b)
            rho = float(np.clip(cross * scale[0] * scale[1], -0.9999, 0.9999))
            self.sd = scale / np.sqrt(1 - rho**2)
            self.slopes = [cross * scale[1] ** 2, cross * scale[0] ** 2]
        self.ranges = [(m - 4 * s, m + 4 * s) for m, s in zip(self.mode, self.sd, strict=True)]


class _Marginal:
    """The posterior of one free coordinate, by Gauss–Legendre panels in t, η = mode + sd·sinh t.

    Panels end at a kink, are short beside it, and are halved all together until the integrals stand still.
    """

    def __init__(self, w: Playground, j: int) -> None:
        self.w, self.j, self.ends = w, j, _Ends(w)
        self.improper = True
        if not np.all(np.isfinite(self.ends.mode)):
            return
        self.many = len(w.data) > 500
        self.outer, self.inner = np.polynomial.legendre.leggauss(12), np.polynomial.legendre.leggauss(8)
        self.mode, self.sd = self.ends.mode[j], self.ends.sd[j]
        self.top = float(w._log_posterior("free", *self.ends.mode))
        t_grid = np.linspace(0, 40, 401)
        limits = []
        for sign in (-1, 1):
            x = self.mode + self.sd * np.sinh(sign * t_grid)
            center, height = self._ridge(x)
            low = np.flatnonzero(
                height + np.log(self._width(x, center, height)) - self.top + t_grid
                < -42 + np.log(self.ends.within[-1 - j])
            )
            if not low.size:
                return
            limits.append(sign * t_grid[low[0]])
        self.improper = False
        kinks = np.arcsinh((self._kinks(j) - self.mode) / self.sd)
        kinks = kinks[(kinks > limits[0]) & (kinks < limits[1])]
        segments, before = 12 if self.many else 40, np.inf
        while True:
            self.edges = np.sort(np.concatenate([np.linspace(*limits, segments + 1), kinks]))
            self.masses = np.array(
                [self._mass(a, b) for a, b in zip(self.edges[:-1], self.edges[1:], strict=True)]
            )
            whole = self.masses.sum()
            if abs(whole - before) < 1e-10 * whole or self.many or segments > 300:
                return
            before, segments = whole, 2 * segments

    def _kinks(self, i: int) -> np.ndarray:
        """Laplace's kink in coordinate i and places beside it, at twice the distance each."""
        if self.w.prior != "laplace" or self.w._model.parameters[i] != self.w.on:
            return np.array([])
        beside = self.w.scale * 2.0 ** np.arange(-1, 7)
        return self.w.center + np.concatenate([-beside[::-1], [0.0], beside])

    def _mass(self, low: float, high: float, rule: Any = None) -> float:
        nodes, weights = rule or self.outer
        at = (low + high) / 2 + (high - low) / 2 * nodes
        values = np.exp(self.density(self.mode + self.sd * np.sinh(at))) * np.cosh(at)
        return float((high - low) / 2 * weights @ values)

    def _ridge(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The other coordinate's best value, roughly, and the log posterior there."""
        f = self._joint
        if self.ends.k == 1:
            return x, f(x, None)
        scale = self.ends.within[1 - self.j]
        center = self.ends.mode[1 - self.j] + self.ends.slopes[self.j] * (x - self.mode)
        reach = np.full(x.shape, 4 * scale)
        for _ in range(90):
            trial = np.stack([center - reach, center, center + reach])
            heights = np.stack([f(x, c) for c in trial])
            best = heights.argmax(axis=0)
            center = np.take_along_axis(trial, best[None], 0)[0]
            reach = np.where(best == 1, reach / 2, reach * 1.3)
            if np.all(reach < 0.02 * scale):
                break
        return center, f(x, center)

    def _width(self, x: np.ndarray, center: np.ndarray, peak: np.ndarray) -> Any:
        """How far the other coordinate goes until the log posterior has fallen by about one half."""
        if self.ends.k == 1:
            return 1.0
        scale = np.full(x.shape, self.ends.within[1 - self.j])
        for _ in range(12):
            low = np.minimum(self._joint(x, center + scale), self._joint(x, center - scale))
            with np.errstate(all="ignore"):
                factor = np.sqrt(0.5 / np.maximum(peak - low, 1e-3))
            scale = scale * np.clip(np.where(np.isfinite(factor), factor, 1.0), 0.2, 5)
        return scale

    def _joint(self, x: Any, other: Any) -> Any:
        if self.ends.k == 1:
            return self.w._log_posterior("free", x)
        return self.w._log_posterior("free", *((x, other) if self.j == 0 else (other, x)))

    def density(self, x: np.ndarray) -> np.ndarray:
        """(m,) log density less its top, at an array of values."""
        if self.ends.k == 1:
            return self._joint(x, None) - self.top
        center, peak = self._ridge(x)
        scale = self._width(x, center, peak)
        end, panels, before = (4, 10, None) if self.many else (18, 36, None)
        kinks = np.clip(np.arcsinh((self._kinks(1 - self.j) - center[:, None]) / scale[:, None]), -end, end)
        while True:
            cuts = np.sort(
                np.hstack([np.tile(np.linspace(-end, end, panels + 1), (x.size, 1)), kinks]), axis=1
            )
            half = np.diff(cuts)[..., None] / 2
            at = (cuts[:, :-1, None] + half) + half * self.inner[0]
            f = self._joint(x[:, None, None], center[:, None, None] + scale[:, None, None] * np.sinh(at))
            with np.errstate(all="ignore"):
                whole = np.sum(
                    half * self.inner[1] * np.cosh(at) * np.exp(f - peak[:, None, None]), axis=(1, 2)
                )
                if (
                    self.many
                    or panels > 1000
                    or (
                        before is not None
                        and np.all(np.abs(whole - before) * np.exp(peak - self.top) < 1e-11)
                    )
                ):
                    return np.log(whole * scale) + peak - self.top
            before, panels = whole, 2 * panels

    def quantile(self, q: float) -> float:
        below = np.concatenate([[0.0], np.cumsum(self.masses)])
        wanted = q * below[-1]
        p = min(int(np.searchsorted(below, wanted)) - 1, self.masses.size - 1)
        a, b = self.edges[p], self.edges[p + 1]
        rule = np.polynomial.legendre.leggauss(20)
        at = optimize.brentq(lambda e: below[p] + self._mass(a, e, rule) - wanted, a, b, xtol=1e-14)
        return self.mode + self.sd * np.sinh(at)
