"""Live plot 4: one outlier under four noise models: tails, influence functions, estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize
from scipy.special import erf

import mlecore as mle
from mlecore.palette import color

from ._base import Explorable, Number, Numbers, Whole
from ._random import Generator

NINE = [-1.8, -1.2, -0.7, -0.3, 0.0, 0.4, 0.8, 1.1, 1.7]
MODELS = {"gaussian": "-", "laplace": ":", "huber": "--", "student_t": "-."}


def sample(seed: int, n: int) -> list[float]:
    """n draws from N(0, 1), rounded to two decimals."""
    return (np.floor(Generator(seed).normal(0, 1, n) * 100 + 0.5) / 100).tolist()


class TailsAndOutliers(Explorable):
    """Drag an outlier away from the data and watch four estimates of the center follow it, or not.

    All four noise models have scale 1; the estimate of each is the location that is likeliest for the data
    and the outlier together.

    Parameters
    ----------
    data : sequence of float, optional
        At least two finite numbers. Default: nine numbers between -2 and 2 for seed 0, else nine draws from
        N(0, 1), fixed by ``seed``.
    outlier : float
        One more observation.
    k : float
        Where Huber's density turns from Gaussian to Laplace; k > 0.
    nu : float
        Degrees of freedom of Student's t; nu > 0.
    seed : int
        Of the default data; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for NaN, an empty list, k or nu <= 0.
    """

    data = Numbers(NINE, 2)
    outlier = Number(6.0, "outlier must be a finite number")
    k = Number(1.345, "k must be a number above 0, at most 10", 0, 10, open=True)
    nu = Number(4.0, "nu must be a number from 0.1 to 1000", 0.1, 1000)
    seed = Whole(0)

    _shown = ("data", "outlier", "k", "nu", "seed")

    def __init__(self, data: Any = None, *, outlier: float = 6.0, k: float = 1.345, nu: float = 4.0,
                 seed: int = 0, **kwargs: Any) -> None:
        super().__init__(outlier=outlier, k=k, nu=nu, seed=seed, **kwargs)
        if data is None:
            data = sample(self.seed, len(NINE)) if self.seed else NINE
        self.data = data

    @property
    def y(self) -> np.ndarray:
        """(n + 1,) the data and the outlier, last."""
        return np.array([*self.data, self.outlier])

    @property
    def gaussian(self) -> float:
        """Estimate under Gaussian noise: the mean."""
        return float(mle.fit(mle.Normal, self.y, fixed={"sigma": 1.0}).estimate["mu"])

    @property
    def laplace(self) -> float:
        """Estimate under Laplace noise: the median, the middle of the likeliest locations."""
        return float(np.median(self.y))

    @property
    def huber(self) -> float:
        """Estimate under Huber's least-favorable density: where the clipped residuals balance.

        Their sum is linear between the points y ± k, so the root is found without iteration; the middle,
        where a whole interval balances.
        """
        knots = np.sort(np.concatenate([self.y - self.k, self.y + self.k]))
        balance = np.clip(self.y - knots[:, None], -self.k, self.k).sum(axis=1)
        tiny = 1e-12 * self.k * self.y.size
        above, below = np.flatnonzero(balance > tiny)[-1], np.flatnonzero(balance < -tiny)[0]
        if below == above + 1:
            part = balance[above] / (balance[above] - balance[below])
            return float(knots[above] + part * (knots[below] - knots[above]))
        return float((knots[above + 1] + knots[below - 1]) / 2)

    @property
    def student_t(self) -> float:
        """Estimate under Student's t: the highest of the likelihood's peaks."""
        y, nu = self.y, self.nu

        def slope(mu: float) -> float:
            r = y - mu
            return float(np.sum((nu + 1) * r / (nu + r * r)))

        if np.ptp(y) == 0:
            return float(y[0])
        grid = np.linspace(y.min(), y.max(), 401)
        slopes = np.array([slope(mu) for mu in grid])
        peaks = [optimize.brentq(slope, grid[i], grid[i + 1], xtol=1e-14, rtol=1e-15)
                 for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))]
        return float(max(peaks, key=lambda mu: mle.StudentT(nu=nu, mu=mu, sigma=1.0).log_prob(y).sum()))

    def log_density(self, model: str, r: Any) -> np.ndarray:
        """Log density of residuals under "gaussian", "laplace", "huber" or "student_t" noise of scale 1."""
        r = np.asarray(r, dtype=float)
        if model == "huber":
            k = self.k  # the mass is Huber's (1964), in closed form
            mass = np.sqrt(2 * np.pi) * erf(k / np.sqrt(2)) + 2 / k * np.exp(-k * k / 2)
            return np.where(np.abs(r) <= k, -0.5 * r**2, 0.5 * k**2 - k * np.abs(r)) - np.log(mass)
        laws = {"gaussian": mle.Normal(mu=0.0, sigma=1.0), "laplace": mle.Laplace(mu=0.0, scale=1.0),
                "student_t": mle.StudentT(nu=self.nu, mu=0.0, sigma=1.0)}
        return laws[model].log_prob(r)

    def influence(self, model: str, r: Any) -> np.ndarray:
        """ψ(r), the derivative of −log density: how hard a residual pulls."""
        r = np.asarray(r, dtype=float)
        return {"gaussian": r, "laplace": np.sign(r), "huber": np.clip(r, -self.k, self.k),
                "student_t": (self.nu + 1) * r / (self.nu + r * r)}[model]

    _size = (7.0, 5.2)

    def _draw(self, figure: Any) -> None:
        grid = figure.add_gridspec(2, 3)
        axis, y = figure.add_subplot(grid[0, :]), self.y
        axis.plot(y[:-1], np.zeros(y.size - 1), "o", color=color("data"))
        axis.plot(y[-1:], [0], "X", color=color("wrong"), markersize=9)
        r = np.linspace(-4, 12, 321)
        panels = [figure.add_subplot(grid[1, i]) for i in range(3)]
        for row, (model, dash) in enumerate(MODELS.items(), 1):
            at, idea = getattr(self, model), color("data" if model == "gaussian" else "likelihood")
            axis.plot([at], [-row], "D", color=idea)
            axis.hlines(-row, y.min(), y.max(), color=idea, linestyle=dash, linewidth=1)
            log_density = self.log_density(model, r)
            for panel, curve in zip(panels, (np.exp(log_density), -log_density, self.influence(model, r)),
                                    strict=True):
                panel.plot(r, curve, color=idea, linestyle=dash)
        axis.set(title=f"{y.size} observations, four estimates of the center",
                 yticks=range(0, -5, -1), yticklabels=["data", "Gaussian", "Laplace", "Huber", "Student-t"])
        for panel, title, limits in zip(panels, ("density", "−log density", "ψ"),
                                        ((0, 0.55), (0, 12), (-2, 3.2)), strict=True):
            panel.set(title=title, xlabel="residual r", ylim=limits)
