"""Live plot 7: a prior against data, for one mean; a penalty's shape against the likelihood's ellipses."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import traitlets as t
from scipy import optimize
from scipy.special import erfcx, log_ndtr

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

TRUTH, SIGMA = 2.0, 2.0  # the mean that made the data, and the known standard deviation of one observation
VIEWS = ("normal", "laplace", "box", "weights")


@lru_cache(maxsize=64)
def _mean(seed: int, n: int) -> float:
    return float(Generator(seed).normal(TRUTH, SIGMA, n).mean())


def _hazard(z: float) -> float:
    """φ(z)/Φ(z), also far in the tail."""
    return math.exp(-z * z / 2 - 0.5 * math.log(2 * math.pi) - log_ndtr(z))


def _truncated_mean(m: float, s: float, low: float, high: float) -> float:
    """Mean of N(m, s²) between low and high."""
    a, b = (low - m) / s, (high - m) / s
    if b < 0:
        return -_truncated_mean(-m, s, -high, -low)
    if a > 0:  # both ends in one tail: take the exponential out
        gone = math.exp(-(b - a) * (b + a) / 2)
        return m + s * (1 - gone) / (
            math.sqrt(math.pi / 2) * (erfcx(a / math.sqrt(2)) - gone * erfcx(b / math.sqrt(2))))
    phi = [math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in (a, b)]
    return m + s * (phi[0] - phi[1]) / (1 - math.exp(log_ndtr(a)) - math.exp(log_ndtr(-b)))


class PriorAgainstData(Explorable):
    """A mean under a prior and n observations; or two weights under a penalty between diamond and ball.

    The data are N(2, 2²), the standard deviation known. ``show`` "normal", "laplace" and "box" are the shapes
    of the prior for the mean, all three with the same center and standard deviation. "weights" shows two
    coefficients whose likelihood is (w - mle)' R (w - mle) / 2 with R = [[1, rho], [rho, 1]], and the penalty
    strength * sum |w|^q / q.

    Parameters
    ----------
    show : {"normal", "laplace", "box", "weights"}
    center, scale : float
        Of the prior for the mean; scale is its standard deviation, 0.05 to 5.
    n : int
        Number of observations, 1 to 1000. A larger n continues the same sample.
    w1, w2, rho : float
        Where the likelihood of the two weights has its top, and how its ellipses lean; -0.9 <= rho <= 0.9.
    strength, q : float
        Of the penalty; 1 <= q <= 2 (1: the Laplace prior's diamond, 2: the Gaussian prior's ball).
    seed : int
        Of the data; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for NaN or a value outside these limits.
    """

    show = t.Enum(VIEWS, "normal").tag(sync=True)
    center = Number(-1.0, "center must be a number from -5 to 7", -5, 7)
    scale = Number(0.5, "scale must be a number from 0.05 to 5", 0.05, 5)
    n = Whole(5, 1, 1000)
    w1 = Number(1.4, "w1 must be a number from -3 to 3", -3, 3)
    w2 = Number(2.2, "w2 must be a number from -3 to 3", -3, 3)
    rho = Number(0.5, "rho must be a number from -0.9 to 0.9", -0.9, 0.9)
    strength = Number(1.0, "strength must be a number from 0 to 8", 0, 8)
    q = Number(2.0, "q must be a number from 1 to 2", 1, 2)
    seed = Whole(1)

    _shown = ("show", "center", "scale", "n", "w1", "w2", "rho", "strength", "q", "seed")

    def __init__(self, show: str = "normal", **kwargs: Any) -> None:
        super().__init__(show=show, **kwargs)

    # ---- one mean ----

    @property
    def data(self) -> np.ndarray:
        """(n,) the observations."""
        return Generator(self.seed).normal(TRUTH, SIGMA, self.n)

    @property
    def mle(self) -> float:
        """The sample mean."""
        return _mean(self.seed, self.n)

    @property
    def se(self) -> float:
        """Standard error of the sample mean, the width of the likelihood."""
        return SIGMA / math.sqrt(self.n)

    @property
    def bounds(self) -> tuple[float, float]:
        """Ends of the box prior."""
        half = math.sqrt(3) * self.scale
        return self.center - half, self.center + half

    def log_prior(self, theta: Any) -> np.ndarray:
        """Log density of the prior at theta."""
        theta, c, s = np.asarray(theta, dtype=float), self.center, self.scale
        if self.show == "laplace":
            b = s / math.sqrt(2)
            return -np.abs(theta - c) / b - math.log(2 * b)
        if self.show == "box":
            low, high = self.bounds
            return np.where((theta >= low) & (theta <= high), -math.log(high - low), -np.inf)
        return -0.5 * ((theta - c) / s) ** 2 - math.log(s) - 0.5 * math.log(2 * math.pi)

    def log_likelihood(self, theta: Any) -> np.ndarray:
        """ℓ(θ) below its top."""
        return -0.5 * ((np.asarray(theta, dtype=float) - self.mle) / self.se) ** 2

    @property
    def map(self) -> float:
        """The posterior's top: a weighted mean, a soft threshold, or the nearest point of the box."""
        y, c, v = self.mle, self.center, self.se**2
        if self.show == "laplace":
            step = v * math.sqrt(2) / self.scale
            return c + math.copysign(max(0.0, abs(y - c) - step), y - c)
        if self.show == "box":
            low, high = self.bounds
            return min(max(y, low), high)
        return (y * self.scale**2 + c * v) / (self.scale**2 + v)

    @property
    def mean(self) -> float:
        """The posterior's mean."""
        y, c, s = self.mle, self.center, self.se
        if self.show == "box":
            return _truncated_mean(y, s, *self.bounds)
        if self.show != "laplace":
            return self.map
        shift = s * s * math.sqrt(2) / self.scale
        left, right = (c - y - shift) / s, (y - shift - c) / s  # two halves of normals, glued at the center
        log_odds = float(log_ndtr(left) + left**2 / 2 - log_ndtr(right) - right**2 / 2)
        weight = 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0
        means = y + shift - s * _hazard(left), y - shift + s * _hazard(right)
        return float(weight * means[0] + (1 - weight) * means[1])

    @property
    def shift(self) -> float:
        """How far the prior moves the estimate, in standard errors of the sample mean."""
        return (self.map - self.mle) / self.se

    # ---- two weights ----

    def weights_at(self, strength: float) -> tuple[float, float]:
        """The penalized weights at a strength of the penalty."""
        top, rho, q = (self.w1, self.w2), self.rho, self.q

        def shrink(z: float) -> float:
            size = abs(z)
            if q == 1:
                return math.copysign(max(0.0, size - strength), z) if size > strength else 0.0
            if q == 2 or size == 0 or strength == 0:
                return z / (1 + strength) if q == 2 else z
            root = optimize.brentq(
                lambda w: w + strength * w ** (q - 1) - size, 0, size, xtol=1e-300, rtol=1e-15)
            return math.copysign(root, z)

        w = list(top)
        for _ in range(5000):
            before = tuple(w)
            w[0] = shrink(top[0] + rho * (top[1] - w[1]))
            w[1] = shrink(top[1] + rho * (top[0] - w[0]))
            if abs(w[0] - before[0]) + abs(w[1] - before[1]) <= 1e-15:
                break
        return w[0], w[1]

    @property
    def weights(self) -> tuple[float, float]:
        """The penalized weights."""
        return self.weights_at(self.strength)

    # ---- without JavaScript ----

    _size = (7.0, 5.0)

    def _draw(self, figure: Any) -> None:
        (self._draw_weights if self.show == "weights" else self._draw_mean)(figure)

    def _draw_mean(self, figure: Any) -> None:
        low, high = min(-4.0, self.center - 2), max(6.0, self.center + 2)
        theta = np.unique(np.concatenate([
            np.linspace(low, high, 801), self.center + self.scale * np.linspace(-5, 5, 201),
            self.mle + self.se * np.linspace(-5, 5, 201)]))
        logs = {"prior": self.log_prior(theta), "likelihood": self.log_likelihood(theta)}
        logs["posterior"] = logs["prior"] + logs["likelihood"]
        top, below = figure.subplots(2, 1, sharex=True)
        for name, curve in logs.items():
            curve = curve - (curve[np.isfinite(curve)].max() if np.isfinite(curve).any() else 0)
            top.plot(theta, np.exp(curve), label=name, **style(name))
            below.plot(theta, np.where(np.isfinite(curve), curve, np.nan), **style(name))
        top.axvline(TRUTH, **style("truth"), linewidth=1.5)
        top.plot([self.mle], [1], "D", color=color("likelihood"))
        top.plot([self.map], [1], "^", color=color("posterior"), markersize=9)
        top.set(title=f"n = {self.n}: MLE {self.mle:.3f}, MAP {self.map:.3f}", ylabel="relative height",
                xlim=(low, high))
        below.set(xlabel="θ", ylabel="logarithm", ylim=(-8, 0.5))
        top.legend(loc="upper left")

    def _draw_weights(self, figure: Any) -> None:
        plane, path = figure.subplots(1, 2)
        strengths = np.linspace(0, 8, 81)
        walk = np.array([self.weights_at(k) for k in strengths])
        w = np.array(self.weights)
        angle = np.linspace(0, 2 * np.pi, 361)
        circle = np.array([np.cos(angle), np.sin(angle)])
        lean = np.linalg.inv(np.linalg.cholesky(np.array([[1, self.rho], [self.rho, 1]])).T)
        gap = w - [self.w1, self.w2]
        reached = math.sqrt(max(0.0, gap[0] ** 2 + gap[1] ** 2 + 2 * self.rho * gap[0] * gap[1]))
        for radius, width in [*((k, 0.8) for k in (0.5, 1, 1.5, 2)), (reached, 2)]:
            ring = np.array([[self.w1], [self.w2]]) + radius * lean @ circle
            plane.plot(*ring, color=color("likelihood"), linewidth=width)
        sizes = np.sum(np.abs(circle) ** self.q, axis=0)
        ball = circle * (np.sum(np.abs(w) ** self.q) / sizes) ** (1 / self.q)
        plane.plot(*ball, **style("prior"))
        plane.plot(*walk.T, **style("posterior"))
        plane.plot([self.w1], [self.w2], "D", color=color("likelihood"))
        plane.plot(*w[:, None], "^", color=color("posterior"), markersize=9)
        plane.set(title=f"penalty Σ|w|^q, q = {self.q:g}", xlabel="w₁", ylabel="w₂", xlim=(-3.2, 3.2),
                  ylim=(-3.2, 3.2), aspect="equal")
        path.plot(strengths, walk[:, 0], color=color("posterior"))
        path.plot(strengths, walk[:, 1], color=color("posterior"), linestyle="--")
        path.axvline(self.strength, color=color("prior"), linewidth=1.5)
        path.set(title=f"λ = {self.strength:g}: ({w[0]:.3f}, {w[1]:.3f})", xlabel="penalty weight λ",
                 ylabel="w₁ (solid), w₂ (dashed)")
