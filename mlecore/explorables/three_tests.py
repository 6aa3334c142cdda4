"""Live plot 11: Wald, score and likelihood ratio, three distances on one log-likelihood curve."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import traitlets as t
from scipy import optimize, special

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

_MOST_N, _CUT = 100, float(special.chdtri(1, 0.05))
_Z = math.sqrt(_CUT)


class _Family(NamedTuple):
    truth: float      # behind the samples that a seed draws
    n: int
    total: float
    theta0: float
    whole: bool
    least: float      # of the total, per observation (a count: at least 1)
    most: float       # of the total, per observation


_FAMILIES = {
    "binomial": _Family(0.25, 10, 8, 0.5, True, 0, 1),
    "poisson": _Family(3.0, 4, 14, 2.0, True, 0, 10),
    "exponential": _Family(1.0, 5, 5, 2.0, False, 0.2, 5),
}


class ThreeTests(Explorable):
    """Three tests of θ = θ₀ and the 95 % intervals they invert to, on the scale of θ or of its logarithm.

    Parameters
    ----------
    family : {"binomial", "poisson", "exponential"}
        The parameter is the probability, the mean count, the rate.
    n : int
        Observations, 1 to 100 (binomial: 2 to 100).
    total : float, optional
        Their sum: all that these likelihoods need. A whole number for counts, with the estimate inside the
        range: 1 to n - 1 (binomial), 1 to 10 n (Poisson), n/5 to 5 n (exponential).
    theta0 : float, optional
        The value tested, inside the range of θ.
    scale : {"theta", "log"}
        "log": the Wald test works with log θ (binomial: the log-odds). The other two do not notice.
    seed : int
        Behind the next samples that the page draws; ``drawn()`` is the total of this one.

    ``estimate``; ``statistics``, ``p_values`` and ``intervals`` are dicts of "wald", "score" and
    "likelihood_ratio". Score and Wald use the expected information.

    Raises traitlets.TraitError, naming the value and the remedy.
    """

    family = t.Enum(tuple(_FAMILIES), default_value="exponential").tag(sync=True)
    n = Whole(5, 1, _MOST_N)
    total = Number(5.0, "total must be a positive number", 0, open=True)
    theta0 = Number(2.0, "theta0 must be above 0", 0, open=True)
    scale = t.Enum(("theta", "log"), default_value="theta").tag(sync=True)
    seed = Whole(11)

    _shown = ("family", "n", "total", "theta0", "scale")

    def __init__(self, family: str = "exponential", *, n: int | None = None, total: float | None = None,
                 theta0: float | None = None, scale: str = "theta", seed: int = 11, **kwargs: Any) -> None:
        start = _FAMILIES.get(family, _FAMILIES["exponential"])
        n = start.n if n is None else n
        if total is None:
            total = n * start.total / start.n
            if start.whole:
                total = max(1, min(round(total), n - 1 if family == "binomial" else math.inf))
        theta0 = start.theta0 if theta0 is None else theta0
        super().__init__(family=family, n=n, total=total, theta0=theta0, scale=scale, seed=seed, **kwargs)

    @t.observe("family")
    def _restart(self, change: Any) -> None:
        if _problem(self.family, self.n, self.total, self.theta0):
            start = _FAMILIES[self.family]
            with self.hold_trait_notifications():
                self.n, self.total, self.theta0 = start.n, start.total, start.theta0

    @t.validate("n", "total", "theta0")
    def _check(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        state = {"family": self.family, "n": self.n, "total": self.total, "theta0": self.theta0, name: value}
        problem = _problem(**state)
        if problem:
            raise t.TraitError(f"{name} = {value!r} is refused: {problem}")
        return value

    @property
    def estimate(self) -> float:
        """θ̂: the mean of the observations, for the exponential rate one over it."""
        return self.n / self.total if self.family == "exponential" else self.total / self.n

    def information(self, theta: float) -> float:
        """Expected information of the whole sample about θ."""
        return self.n / {"binomial": theta * (1 - theta), "poisson": theta,
                         "exponential": theta**2}[self.family]

    def score(self, theta: float) -> float:
        """ℓ'(θ)."""
        away = self.estimate - theta
        stretch = theta / self.estimate if self.family == "exponential" else 1.0
        return self.information(theta) * away * stretch

    def deviance(self, theta: Any) -> Any:
        """2(ℓ(θ̂) − ℓ(θ))."""
        n, y, best = self.n, self.total, self.estimate
        if self.family == "binomial":
            return 2 * (y * np.log(best / theta) + (n - y) * np.log((1 - best) / (1 - theta)))
        if self.family == "poisson":
            return 2 * (y * np.log(best / theta) + n * (theta - best))
        return 2 * (n * np.log(best / theta) + y * (theta - best))

    def _name(self, theta: float) -> float:
        """θ on the scale of the Wald test."""
        if self.scale == "theta":
            return theta
        return special.logit(theta) if self.family == "binomial" else math.log(theta)

    def _unname(self, value: float) -> float:
        if self.scale == "theta":
            return value
        return special.expit(value) if self.family == "binomial" else math.exp(value)

    def _slope(self, theta: float) -> float:
        """dθ by the Wald test's scale."""
        return 1.0 if self.scale == "theta" else theta * (1 - theta if self.family == "binomial" else 1)

    @property
    def statistics(self) -> dict[str, float]:
        """Three statistics; each is χ² with one degree of freedom for large n, if θ₀ is the truth."""
        best, theta = self.estimate, self.theta0
        wald = (self._name(best) - self._name(theta)) ** 2 * self.information(best) * self._slope(best) ** 2
        return {"wald": float(wald), "score": self.score(theta) ** 2 / self.information(theta),
                "likelihood_ratio": float(self.deviance(theta))}

    @property
    def p_values(self) -> dict[str, float]:
        """Tail areas of χ² with one degree of freedom."""
        return {name: float(special.chdtrc(1, value)) for name, value in self.statistics.items()}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """The values that each test does not reject at 5 %, as values of θ. Wald's may leave the range."""
        n, best = self.n, self.estimate
        half = _Z / math.sqrt(self.information(best)) / self._slope(best)
        wald = tuple(float(self._unname(self._name(best) + side * half)) for side in (-1, 1))
        if self.family == "exponential":
            score = (max(best * (1 - _Z / math.sqrt(n)), 0.0), best * (1 + _Z / math.sqrt(n)))
        else:
            shrink = 1 + _CUT / n if self.family == "binomial" else 1.0
            variance = best * (1 - best) if self.family == "binomial" else best
            root = _Z * math.sqrt(variance / n + _CUT / (4 * n * n))
            score = tuple((best + _CUT / (2 * n) + side * root) / shrink for side in (-1, 1))

        def miss(theta: float) -> float:
            return float(self.deviance(theta)) - _CUT

        high = 1.0 if self.family == "binomial" else best
        while self.family != "binomial" and miss(high) < 0:
            high *= 2
        ends = ((best * 1e-300, best), (best, high * (1 - 1e-16) if self.family == "binomial" else high))
        ratio = tuple(optimize.brentq(miss, *end, xtol=1e-300, rtol=1e-15) for end in ends)
        return {"wald": wald, "score": score, "likelihood_ratio": ratio}

    def drawn(self) -> float:
        """Total of the sample behind the seed; drawn again where the estimate would be on the edge."""
        family, source, n = _FAMILIES[self.family], Generator(self.seed), self.n
        while True:
            u = source.uniform(n)
            if self.family == "binomial":
                total = float(np.sum(u < family.truth))
            elif self.family == "poisson":
                total = float(sum(_count(v, family.truth) for v in u))
            else:
                total = float(np.round(-np.log(u).sum() / family.truth, 2))
            if not _problem(self.family, n, total, self.theta0):
                return total

    def _draw(self, figure: Any) -> None:
        low, high = self._window()
        grid = np.linspace(low, high, 400)
        theta = np.array([self._unname(v) for v in grid])
        inside = (theta > 0) & (theta < (1 if self.family == "binomial" else np.inf))
        best, at = self._name(self.estimate), self._name(self.theta0)
        curvature = self.information(self.estimate) * self._slope(self.estimate) ** 2
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.1))
        fall = -self.deviance(self.theta0) / 2
        top.plot(grid[inside], -self.deviance(theta[inside]) / 2, **style("likelihood"),
                 label="log-likelihood")
        top.plot(grid, -curvature * (grid - best) ** 2 / 2, color=color("muted"), linestyle="--",
                 label="parabola at the top: Wald")
        slope = self.score(self.theta0) * self._slope(self.theta0)
        bend = self.information(self.theta0) * self._slope(self.theta0) ** 2
        top.plot(grid, fall + slope * (grid - at) - bend * (grid - at) ** 2 / 2, color=color("data"),
                 linestyle="-.", linewidth=1.2, label="parabola at θ₀: score")
        top.plot([at, at], [fall, 0], color=color("likelihood"), linewidth=3)
        top.plot([at, best], [0, 0], color=color("muted"), linewidth=3)
        top.set(ylim=(-6, 0.8), ylabel="ℓ(θ) − ℓ(θ̂)",
                title=f"{self.family.capitalize()}, n = {self.n}, total {self.total:g}, θ₀ = {self.theta0:g}")
        top.legend(loc="lower center", fontsize="small")
        looks = {"wald": color("muted"), "score": color("data"), "likelihood_ratio": color("likelihood")}
        for row, (name, (lo, hi)) in enumerate(self.intervals.items()):
            ends = [self._name(v) if self.scale == "theta" or v > 0 else low for v in (lo, hi)]
            below.plot(ends, [-row, -row], color=looks[name], linewidth=4, solid_capstyle="butt")
        below.axvline(at, color=color("data"), linewidth=1)
        names = [f"{name.replace('_', ' ')}, p = {self.p_values[name]:.3f}" for name in looks]
        scale = "θ" if self.scale == "theta" else "log-odds" if self.family == "binomial" else "log θ"
        below.set(xlim=(low, high), yticks=[0, -1, -2], yticklabels=names, ylim=(-2.6, 0.6), xlabel=scale)

    def _window(self) -> tuple[float, float]:
        best, at = self._name(self.estimate), self._name(self.theta0)
        se = 1 / math.sqrt(self.information(self.estimate)) / self._slope(self.estimate)
        low, high = min(best - 4.5 * se, at), max(best + 4.5 * se, at)
        if self.scale == "theta":
            low, high = 0.0, 1.0 if self.family == "binomial" else high
        return low, high

    _size = (7.0, 5.2)


def _count(u: float, rate: float) -> int:
    """Poisson quantile by adding up the mass: the same count in Python and in the browser."""
    k, mass = 0, math.exp(-rate)
    total = mass
    while u > total:
        k += 1
        mass *= rate / k
        total += mass
    return k


def _problem(family: str, n: int, total: float, theta0: float) -> str:
    """What is wrong with a state, and what to do; empty if nothing."""
    which = _FAMILIES[family]
    if family == "binomial" and n < 2:
        return "binomial needs n of at least 2, so that the estimate can lie inside (0, 1)"
    if which.whole and total != int(total):
        return f"total = {total:g} must be a whole number: these are counts"
    low, high = max(1 if which.whole else 0, which.least * n), which.most * n - (family == "binomial")
    if not low <= total <= high:
        return f"with n = {n} total must be between {low:g} and {high:g}"
    if family == "binomial" and not 0 < theta0 < 1:
        return "theta0 must be between 0 and 1"
    return ""
