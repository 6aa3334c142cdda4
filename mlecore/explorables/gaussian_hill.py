"""Live plot 2: the log-likelihood of normal data as a hill over (μ, σ)."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t

import mlecore as mle
from mlecore.palette import color, style

from ._base import Explorable, Number, Numbers, Whole
from ._random import Generator

TRUTH = (3.5, 1.2)


def sample(seed: int, n: int) -> list[float]:
    """n draws from N(3.5, 1.2), rounded to two decimals: the data that the plot shows for this seed."""
    return (np.floor(Generator(seed).normal(*TRUTH, n) * 100 + 0.5) / 100).tolist()


class GaussianHill(Explorable):
    """Drag the data, drag (μ, σ) on the contour map of ℓ, climb by gradient or Newton steps.

    Parameters
    ----------
    data : sequence of float, optional
        At least two different finite numbers. Default: ``n`` draws from N(3.5, 1.2), fixed by ``seed``.
    mu, sigma : float
        The normal whose likelihood is read; sigma > 0.
    seed : int
        Of the default data; "New sample" on the plot counts it up.
    n : int
        Length of the default data.

    Raises traitlets.TraitError, naming the value and the remedy, for NaN, an empty list, equal data,
    sigma <= 0.
    """

    data = Numbers([1.0, 2.0], 2)
    mu = Number(2.0, "mu must be a finite number")
    sigma = Number(2.0, "sigma must be a finite number above 0", 0, open=True)
    seed = Whole(1)

    _shown = ("data", "mu", "sigma", "seed")

    def __init__(self, data: Any = None, *, mu: float = 2.0, sigma: float = 2.0, seed: int = 1, n: int = 10,
                 **kwargs: Any) -> None:
        super().__init__(mu=mu, sigma=sigma, seed=seed, **kwargs)
        if data is None and not (isinstance(n, int) and n >= 2):
            raise t.TraitError(f"n = {n!r} is refused: draw at least 2 data points")
        self.data = sample(self.seed, n) if data is None else data

    @t.validate("data")
    def _check_data(self, proposal: Any) -> list[float]:
        data = proposal["value"]
        if min(data) == max(data):
            raise t.TraitError(f"data all equal to {data[0]!r} are refused: the likelihood grows without "
                               "bound as sigma falls to 0; give at least two different numbers")
        return data

    @property
    def _law(self) -> Any:
        return mle.Normal(mu=self.mu, sigma=self.sigma)

    @property
    def log_likelihood(self) -> float:
        """ℓ(μ, σ) of the data."""
        return float(self._law.log_prob(np.array(self.data)).sum())

    @property
    def score(self) -> tuple[float, float]:
        """(∂ℓ/∂μ, ∂ℓ/∂σ) at the present parameters."""
        return tuple(float(s) for s in self._law.score(np.array(self.data)).sum(axis=0))

    @property
    def mle(self) -> tuple[float, float]:
        """(μ̂, σ̂): the top of the hill; σ̂ divides by n."""
        estimate = mle.fit(mle.Normal, np.array(self.data)).estimate
        return float(estimate["mu"]), float(estimate["sigma"])

    _size = (7.0, 5.6)

    def _draw(self, figure: Any) -> None:
        bell, hill = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.7))
        y = np.array(self.data)
        mean, spread = self.mle
        low, high = min(y.min() - 0.7 * spread, self.mu), max(y.max() + 0.7 * spread, self.mu)
        x = np.linspace(low, high, 240)
        density = np.exp(self._law.log_prob(x))
        bell.plot(x, density, **style("likelihood"))
        bell.vlines(y, 0, np.exp(self._law.log_prob(y)), color=color("likelihood"), linewidth=1.2)
        bell.plot(y, np.zeros_like(y), **style("data", marker=True), clip_on=False)
        bell.set(title=f"N({self.mu:.4g}, {self.sigma:.4g}): ℓ = {self.log_likelihood:.3f}",
                 ylabel="density", ylim=(0, None), xlim=(low, high))
        sigma = np.linspace(0.3 * spread, max(2.9 * spread, self.sigma * 1.1), 120)
        m, s = np.meshgrid(x, sigma)
        ell = -y.size * (0.5 * np.log(2 * np.pi) + np.log(s) + (spread**2 + (mean - m) ** 2) / (2 * s**2))
        levels = ell.max() - np.array([64, 32, 16, 8, 4, 2, 1, 0.5])
        hill.contour(x, sigma, ell, levels=levels, colors=color("likelihood"), linewidths=1,
                     linestyles="solid")
        hill.plot([mean], [spread], **style("likelihood", marker=True), markersize=8)
        hill.annotate("MLE", (mean, spread), xytext=(8, 6), textcoords="offset points",
                      color=color("likelihood", text=True))
        hill.plot([self.mu], [self.sigma], **style("data", marker=True), markersize=9)
        hill.set(xlabel="μ, on the axis of y", ylabel="σ")
