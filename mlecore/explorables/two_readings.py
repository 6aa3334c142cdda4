"""Live plot 1: one function f(y; θ), read as a probability over y or as a likelihood over θ."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import traitlets as t
from scipy import integrate, stats

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole


class _Family(NamedTuple):
    """θ-range of the axis and of the parameter, defaults, and the transformed parameter's derivative."""

    axis: tuple[float, float]
    low: float
    high: float
    theta: float
    y: float
    discrete: bool
    jacobian: Any = None  # d(transformed θ)/dθ


_FAMILIES = {
    "binomial": _Family((0, 1), 0, 1, 0.4, 3, True, lambda p: 1 / (p * (1 - p))),
    "exponential": _Family((0, 4), 0, math.inf, 1.5, 1.5, False, lambda rate: 1 / rate),
    "poisson": _Family((0, 12), 0, math.inf, 4.0, 3, True, lambda rate: 1 / rate),
    "normal": _Family((-4, 4), -math.inf, math.inf, 0.5, -0.5, False),
}


class TwoReadings(Explorable):
    """Slide θ to move a probability over y, slide y to move a likelihood over θ: both cut the same f(y; θ).

    Parameters
    ----------
    family : {"binomial", "exponential", "poisson", "normal"}
        The last is a location family with standard deviation 1.
    theta, y : float
        The parameter (probability, rate, rate, mean) and the observation. Defaults depend on the family;
        setting ``family`` alone moves them to its defaults where the present ones have no meaning in it.
    n : int
        Number of trials of the binomial, 1 to 60.

    Raises traitlets.TraitError, naming the value and the remedy, for a θ or y that the family cannot have.
    """

    family = t.Enum(tuple(_FAMILIES), default_value="binomial").tag(sync=True)
    theta = Number(0.4, "theta must be a finite number")
    y = Number(3.0, "y must be a finite number")
    n = Whole(10, 1, 60)

    _shown = ("family", "theta", "y", "n")

    def __init__(self, family: str = "binomial", *, theta: float | None = None, y: float | None = None,
                 n: int = 10, **kwargs: Any) -> None:
        start = _FAMILIES.get(family, _FAMILIES["binomial"])
        if y is None:
            y = min(start.y, n) if family == "binomial" and isinstance(n, int) else start.y
        super().__init__(family=family, theta=start.theta if theta is None else theta, y=y, n=n, **kwargs)

    def _wrong_theta(self, value: float) -> str:
        family = _FAMILIES[self.family]
        if self.family == "binomial":
            return "" if 0 <= value <= 1 else "theta must be between 0 and 1"
        return "" if family.low < value else "theta must be positive"

    def _wrong_y(self, value: float) -> str:
        if self.family != "normal" and value < 0:
            return "y must not be negative"
        if _FAMILIES[self.family].discrete and value != int(value):
            return "y is a count, give a whole number"
        too_many = self.family == "binomial" and value > self.n
        return f"y exceeds n = {self.n}; raise n first" if too_many else ""

    @t.validate("theta", "y")
    def _check(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        problem = self._wrong_theta(value) if name == "theta" else self._wrong_y(value)
        if problem:
            raise t.TraitError(f"{name} = {value!r} is refused for the {self.family} family: {problem}")
        return value

    @t.validate("n")
    def _check_n(self, proposal: Any) -> int:
        if self.family == "binomial" and proposal["value"] < self.y:
            raise t.TraitError(f"n = {proposal['value']!r} is refused: y = {self.y:g} exceeds it; "
                               "lower y first")
        return proposal["value"]

    @t.observe("family")
    def _enter_family(self, change: Any) -> None:
        start = _FAMILIES[self.family]
        if self._wrong_theta(self.theta):
            self.theta = start.theta
        if self._wrong_y(self.y):
            self.y = min(start.y, self.n)

    def _law_at(self, theta: Any) -> Any:
        theta = np.asarray(theta, dtype=float)
        laws = {"binomial": lambda: stats.binom(self.n, theta), "poisson": lambda: stats.poisson(theta),
                "exponential": lambda: stats.expon(scale=1 / theta), "normal": lambda: stats.norm(theta, 1)}
        return laws[self.family]()

    def _f(self, y: Any, theta: Any) -> Any:
        law = self._law_at(theta)
        return law.pmf(y) if _FAMILIES[self.family].discrete else law.pdf(y)

    @property
    def density(self) -> float:
        """f(y; θ) at the present y and θ: the one number both readings share."""
        return float(self._f(self.y, self.theta))

    @property
    def density_area(self) -> float:
        """Sum or integral of f over y, θ fixed: 1."""
        if _FAMILIES[self.family].discrete:
            top = self.n if self.family == "binomial" else 40 + 10 * math.ceil(self.theta)
            return float(self._f(np.arange(top + 1), self.theta).sum())
        low = -np.inf if self.family == "normal" else 0
        return float(integrate.quad(lambda y: self._f(y, self.theta), low, np.inf)[0])

    def _area(self, weight: Any) -> float:
        family = _FAMILIES[self.family]
        return float(integrate.quad(lambda theta: self._f(self.y, theta) * weight(theta), family.low,
                                    family.high, epsabs=1e-13, epsrel=1e-12, limit=200)[0])

    @property
    def likelihood_area(self) -> float:
        """Integral of the likelihood over θ, y fixed, by quadrature; infinite for an exponential at y = 0."""
        diverges = self.family == "exponential" and self.y == 0
        return math.inf if diverges else self._area(lambda theta: 1.0)

    @property
    def ruler_area(self) -> float | None:
        """The same integral over logit θ (binomial) or log θ; infinite at an edge, None for the normal."""
        jacobian = _FAMILIES[self.family].jacobian
        if jacobian is None:
            return None
        at_edge = self.y == 0 or (self.family == "binomial" and self.y == self.n)
        return math.inf if at_edge else self._area(jacobian)

    def _draw(self, figure: Any) -> None:
        family = _FAMILIES[self.family]
        over_y, over_theta = figure.subplots(1, 2)
        name = self.family.capitalize()
        if family.discrete:
            top = self.n if self.family == "binomial" else max(16, self.y + 3)
            k = np.arange(top + 1)
            over_y.vlines(k, 0, self._f(k, self.theta), color=color("muted"), linewidth=4)
            over_y.vlines([self.y], 0, [self.density], color=color("data"), linewidth=4)
            total = f"the bars sum to {self.density_area:.3g}"
        else:
            y = np.linspace(*(family.axis if self.family == "normal" else (0, max(4, self.y))), 300)
            over_y.plot(y, self._f(y, self.theta), **style("data"))
            over_y.fill_between(y, self._f(y, self.theta), color=color("data"), alpha=0.1)
            total = f"area {self.density_area:.3g}"
        over_y.set(title=f"{name}: θ = {self.theta:.4g} fixed, {total}", xlabel="y", ylabel="f(y; θ)")
        theta = np.linspace(max(family.axis[0], 1e-9) if family.low == 0 else family.axis[0],
                            max(family.axis[1], self.theta), 300)
        over_theta.plot(theta, self._f(self.y, theta), **style("likelihood"))
        over_theta.fill_between(theta, self._f(self.y, theta), color=color("likelihood"), alpha=0.12)
        over_theta.set(title=f"y = {self.y:g} fixed, area {self.likelihood_area:.4g}", xlabel="θ",
                       ylabel="f(y; θ)")
        for axes, x in ((over_y, self.y), (over_theta, self.theta)):
            axes.plot([x], [self.density], **style("data", marker=True), markersize=7)
            axes.set_ylim(bottom=0)

    _size = (8.2, 3.4)
