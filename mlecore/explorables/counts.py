"""Live plot 3: Bernoulli and Poisson counts, and what n buys."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t
from scipy import optimize, stats
from scipy.special import xlogy

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

_MOST = 5000
_CUT = stats.chi2(1).ppf(0.95) / 2
_START = {"bernoulli": (0.35, 0.5), "poisson": (4.2, 5.0)}  # truth, theta


def sample(family: str, seed: int, truth: float, n: int) -> np.ndarray:
    """(n,) observations behind a seed; a larger n continues the same sample."""
    source = Generator(seed)
    draw = source.poisson if family == "poisson" else lambda p: source.binomial(1, p)
    return np.array([draw(truth) for _ in range(n)])


class Counts(Explorable):
    """L and ℓ of n counts with total k: underflow, likelihood-ratio and Wald intervals, at the edges too.

    Parameters
    ----------
    family : {"bernoulli", "poisson"}
    n : int
        Number of observations, 1 to 5000.
    k : int, optional
        Their total. Default: the total of a sample drawn from ``truth`` with ``seed``; then a larger n
        adds observations to the same sample. A k that is given, or set later, makes ``truth`` None.
    theta : float
        The probability or rate at which L and ℓ are read.
    truth : float, optional
        The parameter behind the sample: 0.35 or 4.2.
    seed : int
        Of the sample; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for a negative count, k > n for Bernoulli, a
    theta outside the parameter space.
    """

    family = t.Enum(tuple(_START), default_value="bernoulli").tag(sync=True)
    n = Whole(20, 1, _MOST)
    k = Whole(7)
    theta = Number(0.5, "theta must be a finite number, 0 or more", 0)
    truth = t.Float(None, allow_none=True).tag(sync=True)
    seed = Whole(1)

    _shown = ("family", "n", "k", "theta", "truth", "seed")

    def __init__(self, family: str = "bernoulli", *, n: int = 20, k: int | None = None,
                 theta: float | None = None, truth: float | None = None, seed: int = 1,
                 **kwargs: Any) -> None:
        start_truth, start_theta = _START.get(family, _START["bernoulli"])
        super().__init__(family=family, n=n, k=0 if k is None else k, seed=seed,
                         theta=start_theta if theta is None else theta, **kwargs)
        if k is None:
            self.truth = start_truth if truth is None else truth
        elif truth is not None:
            self.truth = truth  # draws the sample
            if self.k != k:
                raise t.TraitError(f"k = {k!r} is refused: the sample behind seed={seed} has total {self.k}; "
                                   "leave out k, or leave out truth")

    def _inside(self, name: str, value: float) -> str:
        if self.family == "bernoulli" and not 0 <= value <= 1:
            return f"{name} = {value!r} is refused: a probability lies between 0 and 1"
        return "" if 0 <= value < np.inf else f"{name} = {value!r} is refused: {name} must be 0 or more"

    @t.validate("theta", "truth")
    def _check_parameter(self, proposal: Any) -> float | None:
        value = proposal["value"]
        problem = "" if value is None else self._inside(proposal["trait"].name, value)
        if problem:
            raise t.TraitError(problem)
        return value

    @t.validate("k")
    def _check_k(self, proposal: Any) -> int:
        if self.family == "bernoulli" and proposal["value"] > self.n:
            raise t.TraitError(f"k = {proposal['value']!r} is refused: it exceeds n = {self.n}; "
                               "raise n first")
        return proposal["value"]

    @t.validate("n")
    def _check_n(self, proposal: Any) -> int:
        if self.family == "bernoulli" and self.truth is None and proposal["value"] < self.k:
            raise t.TraitError(f"n = {proposal['value']!r} is refused: k = {self.k} exceeds it; "
                               "lower k first")
        return proposal["value"]

    @t.observe("family", "n", "truth", "seed")
    def _draw_again(self, change: Any) -> None:
        if change["name"] == "family":
            truth, theta = _START[self.family]
            if self._inside("theta", self.theta):
                self.theta = theta
            if self.truth is not None and self._inside("truth", self.truth):
                self.truth = truth
            elif self.truth is None and self.family == "bernoulli" and self.k > self.n:
                self.k = self.n
        if self.truth is not None:
            self.k = self._drawn_total

    @t.observe("k")
    def _leave_the_sample(self, change: Any) -> None:
        if self.truth is not None and self.k != self._drawn_total:
            self.truth = None

    @property
    def _drawn_total(self) -> int:
        return int(sample(self.family, self.seed, self.truth, self.n).sum())

    @property
    def data(self) -> np.ndarray:
        """(n,) observations: the sample behind the seed, else n counts with total k, as even as can be."""
        if self.truth is not None:
            return sample(self.family, self.seed, self.truth, self.n)
        low, extra = divmod(self.k, self.n)
        return np.repeat([low + 1, low], [extra, self.n - extra])

    def _mass(self, theta: float) -> Any:
        return stats.bernoulli(theta) if self.family == "bernoulli" else stats.poisson(theta)

    @property
    def likelihood(self) -> float:
        """The product of the n probabilities at theta, as float64 forms it: 0 where it underflows."""
        return float(np.prod(self._mass(self.theta).pmf(self.data)))

    @property
    def log_likelihood(self) -> float:
        """Sum of the n log probabilities at theta."""
        return float(self._mass(self.theta).logpmf(self.data).sum())

    @property
    def estimate(self) -> float:
        """θ̂ = k/n."""
        return self.k / self.n

    def _below(self, theta: Any) -> Any:
        """ℓ(θ) − ℓ(θ̂): the terms without θ cancel."""
        k, n = self.k, self.n

        def ell(value: Any) -> Any:
            rest = xlogy(n - k, 1 - value) if self.family == "bernoulli" else -n * value
            return xlogy(k, value) + rest

        return ell(theta) - ell(self.estimate)

    @property
    def likelihood_interval(self) -> tuple[float, float]:
        """95 %: where ℓ is less than 1.92 below its top; an end that is never reached is the edge."""
        best, n = self.estimate, self.n

        def crossing(a: float, b: float) -> float:
            return float(optimize.brentq(lambda v: self._below(v) + _CUT, a, b, xtol=1e-15, rtol=1e-14))

        low = 0.0 if self.k == 0 else crossing(best * 1e-9 / n, best)
        if self.family == "bernoulli":
            return low, 1.0 if self.k == n else crossing(best, 1 - (1 - best) * 1e-9 / n)
        return low, crossing(best, best + (4 + 4 * np.sqrt(self.k + 1)) / n)

    @property
    def wald_interval(self) -> tuple[float, float]:
        """95 %: θ̂ ± 1.96 standard errors. At k = 0 or n it has no width: shown, not recommended."""
        best = self.estimate
        variance = best * (1 - best) if self.family == "bernoulli" else best
        half = np.sqrt(2 * _CUT * variance / self.n)
        return float(best - half), float(best + half)

    def _draw(self, figure: Any) -> None:
        top = 1.0 if self.family == "bernoulli" else max(10.0, 1.2 * self.estimate, self.theta)
        theta = np.linspace(0, top, 1001)
        with np.errstate(divide="ignore"):
            below = self._below(theta)
        axes = figure.subplots()
        axes.plot(theta, below, **style("likelihood"), label="log-likelihood below its top")
        axes.axhline(-_CUT, color=color("muted"), linewidth=0.8)
        for y, (low, high), idea, name in ((-4.6, self.likelihood_interval, "likelihood", "likelihood ratio"),
                                           (-5.5, self.wald_interval, "muted", "Wald")):
            axes.plot([low, high], [y, y], color=color(idea), linewidth=4)
            axes.annotate(f"{name}: {low:.3g} to {high:.3g}", ((low + high) / 2, y), xytext=(0, 6),
                          textcoords="offset points", ha="left" if (low + high) / 2 < top / 2 else "right",
                          color=color(idea, text=True))
        if self.truth is not None:
            axes.axvline(self.truth, **style("truth"))
        axes.plot([self.estimate], [0], **style("likelihood", marker=True))
        axes.set(xlim=(0, top), ylim=(-6.6, 0.5), xlabel="θ", ylabel="ℓ(θ) − ℓ(θ̂)",
                 title=f"{self.family.capitalize()}: n = {self.n}, total k = {self.k}")

    _size = (7.0, 3.8)
