"""Live plot 10: a normal model, a truth with two bumps, and the normal nearest to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets as t
from scipy import optimize
from scipy.special import ndtri

from mlecore.families.normal import Normal
from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

WEIGHT = 0.65                    # of the left bump; both have standard deviation 1
NODES, REACH = 2000, 10          # of the quadrature: intervals, and standard deviations to each side
MOST = 1000


def trapezoid(f: Callable, low: float, high: float) -> float:
    """∫ f by the trapezoid rule, which is exact to rounding for a smooth f that vanishes at both ends."""
    values = f(np.linspace(low, high, NODES + 1))
    return float((high - low) / NODES * (values.sum() - (values[0] + values[-1]) / 2))


class ProjectionByKl(Explorable):
    """Drag a normal model over a truth with two bumps: both divergences, the risk and its sample version.

    The truth g is 0.65 N(-gap/2, 1) + 0.35 N(gap/2, 1).

    Parameters
    ----------
    mu, sigma : float
        The model, N(mu, sigma²): mu from -6 to 6, sigma from 0.3 to 5.
    gap : float
        Distance of the bumps, 0 to 8; at 0 the model is right.
    n : int
        Number of draws from g behind the empirical risk, 5 to 1000; a larger n adds to the same sample.
    direction : {"forward", "reverse"}
        Which divergence is drawn and minimized: KL(g ‖ f) or KL(f ‖ g).
    seed : int
        Of the draws; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for anything outside these ranges.
    """

    mu = Number(2.5, "mu must be a number from -6 to 6", -6, 6)
    sigma = Number(1.0, "sigma must be a number from 0.3 to 5", 0.3, 5)
    gap = Number(6.0, "gap must be a number from 0 to 8", 0, 8)
    n = Whole(20, 5, MOST)
    direction = t.Enum(("forward", "reverse"), "forward").tag(sync=True)
    seed = Whole(1)

    _shown = ("mu", "sigma", "gap", "n", "direction", "seed")

    # ---- the truth ----

    def log_truth(self, y: Any) -> np.ndarray:
        """log g(y)."""
        left, right = (Normal(mu=side * self.gap / 2, sigma=1.0).log_prob(y) for side in (-1, 1))
        return np.logaddexp(np.log(WEIGHT) + left, np.log1p(-WEIGHT) + right)

    @property
    def data(self) -> np.ndarray:
        """(n,) draws from g."""
        u = Generator(self.seed).uniform(2 * self.n).reshape(-1, 2)
        return np.where(u[:, 0] < WEIGHT, -1, 1) * self.gap / 2 + ndtri(u[:, 1])

    def _over_truth(self, f: Callable) -> float:
        edge = self.gap / 2 + REACH
        return trapezoid(lambda y: np.exp(self.log_truth(y)) * f(y), -edge, edge)

    @property
    def entropy(self) -> float:
        """Differential entropy of g, -∫ g log g."""
        return self._over_truth(lambda y: -self.log_truth(y))

    # ---- the model against it ----

    @property
    def forward(self) -> float:
        """KL(g ‖ f), by quadrature."""
        return self._over_truth(lambda y: self.log_truth(y) - self._model.log_prob(y))

    @property
    def reverse(self) -> float:
        """KL(f ‖ g), by quadrature."""
        return self._reverse(self.mu, self.sigma)

    def _reverse(self, mu: float, sigma: float) -> float:
        f = Normal(mu=mu, sigma=sigma)
        return trapezoid(lambda y: np.exp(f.log_prob(y)) * (f.log_prob(y) - self.log_truth(y)),
                         mu - REACH * sigma, mu + REACH * sigma)

    @property
    def risk(self) -> float:
        """Population risk -E_g[log f(Y)]: entropy of g plus KL(g ‖ f)."""
        return self.entropy + self.forward

    @property
    def empirical_risk(self) -> float:
        """Average of -log f over the n draws."""
        return float(-self._model.log_prob(self.data).mean())

    @property
    def mle(self) -> tuple[float, float]:
        """(mu, sigma) of the least empirical risk."""
        return float(self.data.mean()), float(self.data.std())

    @property
    def projection(self) -> tuple[float, float]:
        """(mu, sigma) of the least divergence in the direction chosen.

        Forward: mean and standard deviation of g. Reverse: the deepest of the minima, at the heavy bump.
        """
        if self.direction == "forward":
            share = WEIGHT * (1 - WEIGHT)
            return (0.5 - WEIGHT) * self.gap, float(np.sqrt(1 + share * self.gap**2))
        ends = [self._downhill(side * self.gap / 2, 1.0) for side in (-1, 1)]
        return min(ends, key=lambda end: self._reverse(*end))

    def _slope(self, point: Any) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of KL(f ‖ g) in (mu, sigma)."""
        mu, sigma = point
        z = np.linspace(-REACH, REACH, NODES + 1)
        y, phi = mu + sigma * z, np.exp(Normal(mu=0.0, sigma=1.0).log_prob(z)) * 2 * REACH / NODES
        left = WEIGHT * np.exp(Normal(mu=-self.gap / 2, sigma=1.0).log_prob(y) - self.log_truth(y))
        first = self.gap / 2 * (1 - 2 * left) - y            # of log g
        second = self.gap**2 * left * (1 - left) - 1
        gradient = [-np.sum(phi * first), -1 / sigma - np.sum(phi * z * first)]
        across = -np.sum(phi * z * second)
        return np.array(gradient), np.array([[-np.sum(phi * second), across],
                                             [across, 1 / sigma**2 - np.sum(phi * z * z * second)]])

    def _downhill(self, mu: float, sigma: float) -> tuple[float, float]:
        """The minimum of KL(f ‖ g) below a start."""
        near = optimize.minimize(lambda p: self._reverse(p[0], np.exp(p[1])), [mu, np.log(sigma)],
                                 method="BFGS").x
        point = np.array([near[0], np.exp(near[1])])
        for _ in range(4):  # Newton's last digits
            gradient, hessian = self._slope(point)
            point = point - np.linalg.solve(hessian, gradient)
        return float(point[0]), float(point[1])

    @property
    def _model(self) -> Normal:
        return Normal(mu=self.mu, sigma=self.sigma)

    _size = (7.0, 5.6)

    def _draw(self, figure: Any) -> None:
        grid = figure.add_gridspec(3, 2, height_ratios=(1.5, 1, 1.2))
        above, middle = figure.add_subplot(grid[0, :]), figure.add_subplot(grid[1, :])
        y = np.linspace(-10, 10, 401)
        log_g, log_f = self.log_truth(y), self._model.log_prob(y)
        mu, sigma = self.projection
        above.plot(y, np.exp(log_g), **style("truth"), label="truth g")
        above.plot(y, np.exp(log_f), **style("likelihood"), label="model f")
        above.plot(y, np.exp(Normal(mu=mu, sigma=sigma).log_prob(y)), "--", color=color("muted"),
                   label="nearest f")
        above.legend(loc="upper right")
        forward = self.direction == "forward"
        integrand = np.exp(log_g) * (log_g - log_f) if forward else np.exp(log_f) * (log_f - log_g)
        middle.plot(y, integrand, **style("wrong"))
        middle.fill_between(y, integrand, color=color("wrong"), alpha=0.2)
        name, value = ("KL(g ‖ f)", self.forward) if forward else ("KL(f ‖ g)", self.reverse)
        middle.set(title=f"integrand; its area is {name} = {value:.3f}")
        spans = {"μ": np.linspace(-6, 6, 81), "σ": np.linspace(0.3, 5, 81)}
        center, spread = (0.5 - WEIGHT) * self.gap, 1 + WEIGHT * (1 - WEIGHT) * self.gap**2
        data = self.data
        for i, (letter, span) in enumerate(spans.items()):
            axis = figure.add_subplot(grid[2, i])
            m, s = (span, self.sigma) if i == 0 else (self.mu, span)
            if forward:
                for (a, v), idea in (((center, spread), "truth"), ((data.mean(), data.var()), "likelihood")):
                    risk = 0.5 * np.log(2 * np.pi * s**2) + (v + (a - m) ** 2) / (2 * s**2)
                    axis.plot(span, risk, **style(idea))
                low = self.risk - self.forward
                axis.set(ylim=(low - 0.3, low + max(3, 1.3 * self.forward)))
            else:
                pairs = np.broadcast(m, s)
                axis.plot(span, [self._reverse(a, b) for a, b in pairs], **style("truth"))
                axis.set(ylim=(0, max(3, 1.3 * self.reverse)))
            axis.axvline((self.mu, self.sigma)[i], color=color("data"), linewidth=1)
            axis.set(xlabel=letter, title="risk, true and empirical" if forward else "KL(f ‖ g)")
