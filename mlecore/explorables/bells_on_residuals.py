"""Live plot 5: a line through points, the Gaussian bells that judge it, the squares on its residuals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets as t

import mlecore as mle
from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

INTERCEPT, SLOPE, SIGMA = 2.0, 0.6, 1.2


def sample(seed: int, n: int) -> list[list[float]]:
    """n points about the line 2 + 0.6 x with noise N(0, 1.2), rounded to two decimals; one x in each n-th of
    [0, 10]."""
    source = Generator(seed)
    x = np.floor((np.arange(n) + source.uniform(n)) / n * 1000 + 0.5) / 100
    y = np.floor((INTERCEPT + SLOPE * x + source.normal(0, SIGMA, n)) * 100 + 0.5) / 100
    return np.column_stack([x, y]).tolist()


class Points(t.TraitType):
    """A list of at least three [x, y]; an array of shape (n, 2) is taken too."""

    def __init__(self, default: list[list[float]]) -> None:
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: t.HasTraits, value: Any) -> list[list[float]]:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise t.TraitError(f"{self.name} = {value!r} is refused: give a list of [x, y]") from None
        if array.ndim != 2 or array.shape[1] != 2 or array.shape[0] < 3:
            raise t.TraitError(f"{self.name} of shape {array.shape} is refused: give at least three [x, y]")
        bad = np.argwhere(~np.isfinite(array))
        if bad.size:
            row, column = bad[0]
            raise t.TraitError(f"{self.name}[{row}][{column}] = {array[row, column]} is refused: "
                               "every value must be finite; drop or repair it first")
        x, y = array.T
        if np.ptp(x) == 0:
            raise t.TraitError(f"{self.name} all at x = {float(x[0])!r} are refused: no slope can be told "
                               "from them; give at least two different x")
        if _fit(array)[2] <= 1e-20 * (y @ y + 1):
            raise t.TraitError(f"{self.name} on one straight line are refused: the likelihood grows without "
                               "bound as sigma falls to 0; move one off the line")
        return array.tolist()


def _fit(points: np.ndarray) -> tuple[float, float, float]:
    """Intercept, slope and sum of squares of the least-squares line."""
    x, y = points.T
    design = np.column_stack([np.ones_like(x), x])
    (intercept, slope), *_ = np.linalg.lstsq(design, y)
    residual = y - design @ (intercept, slope)
    return float(intercept), float(slope), float(residual @ residual)


class BellsOnResiduals(Explorable):
    """Drag points and the two ends of a line; compare its sum of squares with its log-likelihood.

    Parameters
    ----------
    points : sequence of (x, y), optional
        At least three finite pairs, not all at one x, not all on one line. Default: ``n`` points about the
        line 2 + 0.6 x with noise N(0, 1.2), fixed by ``seed``.
    intercept, slope : float
        The line that is judged.
    spread : {"estimated", "fixed"}
        Whether each line gets its own best sigma, or every line the same ``sigma``.
    sigma : float
        The standard deviation of the noise where ``spread`` is "fixed"; sigma > 0.
    show : {"bells", "squares", "both"}
        What is drawn on the residuals.
    seed : int
        Of the default points; "New sample" on the plot counts it up.
    n : int
        Number of the default points.

    Raises traitlets.TraitError, naming the value and the remedy, for points that no such line can be
    fitted to, sigma <= 0, NaN.
    """

    points = Points([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]])
    intercept = Number(5.0, "intercept must be a finite number")
    slope = Number(0.0, "slope must be a finite number")
    spread = t.Enum(("estimated", "fixed"), "estimated").tag(sync=True)
    sigma = Number(1.0, "sigma must be a finite number above 0", 0, open=True)
    show = t.Enum(("bells", "squares", "both"), "bells").tag(sync=True)
    seed = Whole(1)

    _shown = ("points", "intercept", "slope", "spread", "sigma", "show", "seed")

    def __init__(self, points: Any = None, *, intercept: float = 5.0, slope: float = 0.0, seed: int = 1,
                 n: int = 20, **kwargs: Any) -> None:
        super().__init__(intercept=intercept, slope=slope, seed=seed, **kwargs)
        if points is None and not (isinstance(n, int) and n >= 3):
            raise t.TraitError(f"n = {n!r} is refused: draw at least 3 points")
        self.points = sample(self.seed, n) if points is None else points

    @property
    def residuals(self) -> np.ndarray:
        """(n,) y minus the line."""
        x, y = np.array(self.points).T
        return y - self.intercept - self.slope * x

    @property
    def sse(self) -> float:
        """Sum of squared residuals of this line."""
        residual = self.residuals
        return float(residual @ residual)

    @property
    def sigma2_mle(self) -> float:
        """SSE/n: the variance under which this line is likeliest."""
        return self.sse / len(self.points)

    @property
    def s2(self) -> float:
        """SSE/(n − 2): unbiased for the least-squares line."""
        return self.sse / (len(self.points) - 2)

    @property
    def scale(self) -> float:
        """Standard deviation of the bells: ``sigma``, or the best one for this line."""
        return self.sigma if self.spread == "fixed" else math.sqrt(self.sigma2_mle)

    @property
    def log_likelihood(self) -> float:
        """ℓ of this line, at ``scale``."""
        return self._log_likelihood(self.residuals)

    def _log_likelihood(self, residual: np.ndarray) -> float:
        scale = self.sigma if self.spread == "fixed" else math.sqrt(residual @ residual / residual.size)
        return float(mle.Normal(mu=0.0, sigma=scale).log_prob(residual).sum())

    @property
    def best_line(self) -> tuple[float, float]:
        """(intercept, slope) with the least SSE, which is the highest ℓ."""
        return _fit(np.array(self.points))[:2]

    @property
    def best_sse(self) -> float:
        """The least SSE."""
        return _fit(np.array(self.points))[2]

    @property
    def best_log_likelihood(self) -> float:
        """ℓ of the best line: with its own best sigma, or with the fixed one."""
        intercept, slope = self.best_line
        x, y = np.array(self.points).T
        return self._log_likelihood(y - intercept - slope * x)

    _size = (7.0, 5.6)

    def _draw(self, figure: Any) -> None:
        main, cost = figure.subplots(2, 1, height_ratios=(2.6, 1))
        x, y = np.array(self.points).T
        pad = 0.08 * np.ptp(x)
        ends = np.array([x.min() - pad, x.max() + pad])
        line = self.intercept + self.slope * x
        best, scale = math.sqrt(self.best_sse / x.size), self.scale
        if self.show != "squares":
            z = np.linspace(-3, 3, 41)
            tall = min(1.5 * np.ptp(x) / x.size * best / scale, 0.12 * np.ptp(x))  # the reach of a bell
            for xi, center, yi in zip(x, line, y, strict=True):
                main.fill_betweenx(center + z * scale, xi, xi + tall * np.exp(-0.5 * z**2), linewidth=0,
                                   color=color("likelihood"), alpha=0.12)
                factor = tall * np.exp(-0.5 * ((yi - center) / scale) ** 2)
                main.plot([xi, xi + factor], [yi, yi], **style("likelihood"))
        main.vlines(x, np.minimum(line, y), np.maximum(line, y), color=color("muted"), linewidth=1)
        main.plot(ends, self.intercept + self.slope * ends, **style("likelihood"))
        main.plot(x, y, **style("data", marker=True), markersize=5)
        main.set(title=f"SSE = {self.sse:.3f}, ℓ = {self.log_likelihood:.3f}", xlabel="x", ylabel="y")
        if self.show != "bells":
            figure.canvas.draw()  # a square is one on the page: it needs the scale of both axes
            per_x, per_y = np.abs(np.diff(main.transData.transform([(0, 0), (1, 1)]), axis=0)[0])
            limits = main.axis()
            for xi, center, yi in zip(x, line, y, strict=True):
                side = (center - yi) * per_y / per_x
                main.fill([xi, xi, xi - abs(side), xi - abs(side)], [center, yi, yi, center],
                          color=color("data"), alpha=0.12, linewidth=0)
            main.axis(limits)
        ratio = self.sse / self.best_sse
        grid = np.linspace(1, max(4.0, 1.1 * ratio), 100)
        main.margins(0)
        cost.plot(grid, [self._drop(r) for r in grid], **style("likelihood"))
        cost.plot([ratio], [self._drop(ratio)], **style("data", marker=True), markersize=8)
        cost.set(xlabel="SSE as a multiple of the least", ylabel="ℓ below the best")

    def _drop(self, ratio: float) -> float:
        """ℓ minus the best line's, for a line with ``ratio`` times the least SSE (eq. linear-profile)."""
        if self.spread == "fixed":
            return -(ratio - 1) * self.best_sse / (2 * self.sigma**2)
        return -len(self.points) / 2 * math.log(ratio)
