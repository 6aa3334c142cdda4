"""Live plot 8: many log-likelihoods of one truth, the spread of their slopes, and the bound it sets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import traitlets as t
from scipy import stats
from scipy.special import xlogy

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

_MOST, _MOST_N, _SHOWN = 1000, 50, 40
_SIGMA = 2.0  # of the Normal family; the Laplace family has scale 1


class _Range(NamedTuple):
    theta: float
    low: float
    high: float
    axis: tuple[float, float]


_RANGES = {
    "normal": _Range(0.0, -3, 3, (-4, 4)),
    "bernoulli": _Range(0.3, 0.02, 0.98, (0, 1)),
    "poisson": _Range(3.0, 0.2, 8, (0, 10)),
    "exponential": _Range(1.0, 0.1, 2, (0, 3)),
    "laplace": _Range(0.0, -2, 2, (-3, 3)),
}


def spread(values: np.ndarray) -> tuple[float, float]:
    """Variance (divided by R - 1) and its Monte-Carlo standard error, from the fourth moment."""
    r = len(values)
    variance = float(np.var(values, ddof=1))
    fourth = np.mean((values - values.mean()) ** 4)
    return variance, float(np.sqrt(max(fourth - variance**2 * (r - 3) / (r - 1), 0.0) / r))


class CurvatureIsInformation(Explorable):
    """The log-likelihoods of many samples around their common truth; score, curvature, estimate of each.

    Parameters
    ----------
    family : {"normal", "bernoulli", "poisson", "exponential", "laplace"}
        Normal with σ = 2 and Laplace with scale 1: the location is the parameter.
    n : int
        Observations per sample, 1 to 50.
    theta : float, optional
        The truth behind every sample, in the range that the plot shows.
    replicates : int
        Samples, 2 to 1000.
    seed : int
        Sample r is drawn from its own stream, so that more samples leave the first ones as they are.

    ``information`` is I(θ*) = n I₁(θ*), ``bound`` 1/I₁(θ*). ``scores``, ``curvatures`` and ``estimates`` have
    one entry per sample; ``score_variance``, ``mean_curvature`` and ``n_variance`` (n times the variance of
    the estimates) are pairs: the number and its Monte-Carlo error.

    Raises traitlets.TraitError, naming the value and the remedy.
    """

    family = t.Enum(tuple(_RANGES), default_value="normal").tag(sync=True)
    n = Whole(10, 1, _MOST_N)
    theta = Number(0.0, "theta must be a finite number")
    replicates = Whole(200, 2, _MOST)
    seed = Whole(15)

    _shown = ("family", "n", "theta", "replicates", "seed")

    def __init__(self, family: str = "normal", *, n: int = 10, theta: float | None = None,
                 replicates: int = 200, seed: int = 15, **kwargs: Any) -> None:
        start = _RANGES.get(family, _RANGES["normal"]).theta if theta is None else theta
        super().__init__(family=family, n=n, theta=start, replicates=replicates, seed=seed, **kwargs)

    @t.validate("theta")
    def _check_theta(self, proposal: Any) -> float:
        value, (_, low, high, _) = proposal["value"], _RANGES[self.family]
        if not low <= value <= high:
            raise t.TraitError(f"theta = {value!r} is refused: the {self.family} family is drawn for theta "
                               f"between {low} and {high}")
        return value

    @t.observe("family")
    def _move(self, change: Any) -> None:
        start, low, high, _ = _RANGES[self.family]
        if not low <= self.theta <= high:
            self.theta = start

    def _streams(self) -> list[Generator]:
        return [Generator((self.seed * 1_000_003 + r) % 2**32) for r in range(self.replicates)]

    @property
    def _statistic(self) -> np.ndarray:
        """What ℓ needs of each sample: mean, total, or (Laplace) all of its deviations from the truth."""
        n, theta, streams = self.n, self.theta, self._streams()
        if self.family == "normal":
            return theta + _SIGMA / np.sqrt(n) * np.array([s.normal(0, 1, 1)[0] for s in streams])
        if self.family == "poisson":
            return stats.poisson(n * theta).ppf([s.uniform(1)[0] for s in streams])
        u = np.array([s.uniform(n) for s in streams])
        if self.family == "bernoulli":
            return np.sum(u < theta, axis=1).astype(float)
        if self.family == "exponential":
            return -np.log(u).sum(axis=1) / theta
        return np.where(u < 0.5, np.log(2 * u), -np.log(2 * (1 - u)))

    @property
    def information(self) -> float:
        """I(θ*) of the whole sample."""
        return self.n / self.bound

    @property
    def bound(self) -> float:
        """1/I₁(θ*): no unbiased estimator has a smaller n·Var."""
        theta = self.theta
        return float({"normal": _SIGMA**2, "bernoulli": theta * (1 - theta), "poisson": theta,
                      "exponential": theta**2, "laplace": 1.0}[self.family])

    @property
    def scores(self) -> np.ndarray:
        """(replicates,) ℓ'(θ*) of each sample."""
        n, theta, statistic = self.n, self.theta, self._statistic
        return {"normal": lambda: n * (statistic - theta) / _SIGMA**2,
                "bernoulli": lambda: (statistic - n * theta) / (theta * (1 - theta)),
                "poisson": lambda: statistic / theta - n,
                "exponential": lambda: n / theta - statistic,
                "laplace": lambda: np.sign(statistic).sum(axis=1)}[self.family]()

    @property
    def curvatures(self) -> np.ndarray:
        """(replicates,) −ℓ''(θ*) of each sample; 0 for Laplace, whose ℓ is made of straight pieces."""
        n, theta, statistic = self.n, self.theta, self._statistic
        return {"normal": lambda: np.full(self.replicates, n / _SIGMA**2),
                "bernoulli": lambda: statistic / theta**2 + (n - statistic) / (1 - theta) ** 2,
                "poisson": lambda: statistic / theta**2,
                "exponential": lambda: np.full(self.replicates, n / theta**2),
                "laplace": lambda: np.zeros(self.replicates)}[self.family]()

    @property
    def estimates(self) -> np.ndarray:
        """(replicates,) θ̂ of each sample."""
        statistic = self._statistic
        if self.family == "laplace":
            return self.theta + np.median(statistic, axis=1)
        if self.family == "exponential":
            return self.n / statistic
        return statistic / (1 if self.family == "normal" else self.n)

    @property
    def score_variance(self) -> tuple[float, float]:
        """Simulated Var ℓ'(θ*), and its error: near I(θ*)."""
        return spread(self.scores)

    @property
    def mean_curvature(self) -> tuple[float, float]:
        """Average of −ℓ''(θ*), and its error: I(θ*) too, except for Laplace."""
        bends = self.curvatures
        return float(bends.mean()), float(bends.std(ddof=1) / np.sqrt(self.replicates))

    @property
    def n_variance(self) -> tuple[float, float]:
        """n·Var(θ̂) over the samples, and its error: compare with ``bound``."""
        return tuple(self.n * part for part in spread(self.estimates))

    def curves(self, grid: np.ndarray) -> np.ndarray:
        """(samples, len(grid)) ℓ(θ) − ℓ(θ*) of the newest samples, forty at most."""
        n, theta, grid = self.n, self.theta, np.asarray(grid, float)
        s = self._statistic[-_SHOWN:]
        if self.family == "laplace":
            return np.abs(s).sum(axis=1)[:, None] - np.abs(s[:, :, None] - (grid - theta)).sum(axis=1)
        s = s[:, None]

        def ell(at: Any) -> Any:
            return {"normal": lambda: -n * (s - at) ** 2 / (2 * _SIGMA**2),
                    "bernoulli": lambda: xlogy(s, at) + xlogy(n - s, 1 - at),
                    "poisson": lambda: xlogy(s, at) - n * at,
                    "exponential": lambda: n * np.log(at) - at * s}[self.family]()

        return ell(grid) - ell(theta)

    def mean_curve(self, grid: np.ndarray) -> np.ndarray:
        """E[ℓ(θ) − ℓ(θ*)] on a grid: −n times a Kullback–Leibler divergence."""
        n, theta, grid = self.n, self.theta, np.asarray(grid, float)
        if self.family == "laplace":
            away = np.abs(grid - theta)
            return -n * (away + np.exp(-away) - 1)
        return {"normal": lambda: -n * (grid - theta) ** 2 / (2 * _SIGMA**2),
                "bernoulli": lambda: n * (theta * np.log(grid / theta)
                                          + (1 - theta) * np.log((1 - grid) / (1 - theta))),
                "poisson": lambda: n * (theta * np.log(grid / theta) - grid + theta),
                "exponential": lambda: n * (np.log(grid / theta) - grid / theta + 1)}[self.family]()

    def _draw(self, figure: Any) -> None:
        low, high = _RANGES[self.family].axis
        grid = np.linspace(low, high, 203)[1:-1]
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        top.plot(grid, self.curves(grid).T, color=color("likelihood"), linewidth=0.7, alpha=0.4)
        top.plot(grid, self.mean_curve(grid), color=color("likelihood"), linewidth=2.6,
                 label="mean of all log-likelihoods")
        top.plot(grid, -self.information * (grid - self.theta) ** 2 / 2, **style("truth"),
                 label="parabola with curvature I(θ*)")
        top.set(ylim=(-6, 4.5), ylabel="ℓ(θ) − ℓ(θ*)",
                title=f"{self.family.capitalize()}, n = {self.n}: {self.replicates} samples")
        top.legend(loc="lower left")
        (variance, error), estimates = self.n_variance, self.estimates
        below.hist(estimates, bins=np.linspace(low, high, 81), density=True, color=color("likelihood"),
                   alpha=0.45)
        below.plot(grid, stats.norm(self.theta, np.sqrt(self.bound / self.n)).pdf(grid), **style("truth"))
        below.set(xlim=(low, high), xlabel="θ", ylabel="estimates",
                  title=f"n·Var(θ̂) = {variance:.3g} ± {error:.2g}, bound 1/I₁ = {self.bound:.3g}")

    _size = (7.0, 5.2)
