"""Live plot 9: many samples, one estimate each: the heap they make, and what their intervals cover."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets as t
from scipy import stats
from scipy.special import ndtri

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import uniforms

MOST_N, MOST, ROWS = 100, 3000, 25
_Z = float(ndtri(0.975))
_REACH, _BIN = 4.5, 0.25


class CentralLimit(Explorable):
    """Drop samples of size n; each leaves its maximum likelihood estimate on a heap and a Wald interval.

    The truths are p, rate 1, mean 0 (with standard deviation 1, estimated too), and the end 1 of
    Uniform(0, end), where the theory does not apply: its density jumps where the parameter stands.

    Parameters
    ----------
    family : {"bernoulli", "exponential", "normal", "uniform"}
    n : int
        Observations in a sample, 2 to 100. A larger n continues the same samples.
    samples : int
        How many samples have been dropped, 0 to 3,000.
    p : float
        The true probability of the Bernoulli family, 0.01 to 0.99.
    scale : {"root", "n"}
        What the errors of the uniform family are multiplied by: the square root of n, or n.
    seed : int
        Of all samples; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for anything outside these ranges.
    """

    family = t.Enum(("bernoulli", "exponential", "normal", "uniform"), "bernoulli").tag(sync=True)
    n = Whole(10, 2, MOST_N)
    samples = Whole(25, 0, MOST)
    p = Number(0.4, "p must be a number from 0.01 to 0.99", 0.01, 0.99)
    scale = t.Enum(("root", "n"), "root").tag(sync=True)
    seed = Whole(1)

    _shown = ("family", "n", "samples", "p", "scale", "seed")

    @property
    def data(self) -> np.ndarray:
        """(samples, n): row i is sample i, drawn by its own generator."""
        seeds = (self.seed * 10007 + np.arange(self.samples)) % 2**32
        u = uniforms(seeds, self.n + self.n % 2)
        if self.family == "normal":  # Box and Muller: a pair of normals from a pair of uniforms
            radius, angle = np.sqrt(-2 * np.log(u[:, ::2])), 2 * math.pi * u[:, 1::2]
            u = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2).reshape(u.shape)
        u = u[:, : self.n]
        if self.family == "bernoulli":
            return (u < self.p) * 1.0
        return -np.log(u) if self.family == "exponential" else u

    @property
    def truth(self) -> float:
        """What the samples were drawn with."""
        return {"bernoulli": self.p, "normal": 0.0}.get(self.family, 1.0)

    def _estimates(self) -> tuple[np.ndarray, np.ndarray]:
        """(samples,) estimates and their standard errors."""
        y = self.data
        if self.family == "bernoulli":
            best = y.sum(axis=1) / self.n
            spread = np.sqrt(best * (1 - best))
        elif self.family == "normal":
            best = y.mean(axis=1)
            spread = y.std(axis=1)
        else:
            best = 1 / y.mean(axis=1) if self.family == "exponential" else y.max(axis=1, initial=0)
            spread = best
        return best, spread / math.sqrt(self.n)

    @property
    def estimates(self) -> np.ndarray:
        """(samples,) maximum likelihood estimates."""
        return self._estimates()[0]

    @property
    def intervals(self) -> np.ndarray:
        """(samples, 2) Wald intervals, 95 %: estimate ± 1.96 standard errors.

        For the uniform family the squared score stands in for the information, which does not exist.
        """
        best, error = self._estimates()
        return np.column_stack([best - _Z * error, best + _Z * error])

    @property
    def unit(self) -> float:
        """What an error is multiplied by: the square root of n I_1 at the truth; n, where scale says so."""
        if self.family == "uniform" and self.scale == "n":
            return float(self.n)
        return math.sqrt(self.n / (self.p * (1 - self.p) if self.family == "bernoulli" else 1))

    @property
    def z(self) -> np.ndarray:
        """(samples,) errors in units of their asymptotic standard deviation."""
        return self.unit * (self.estimates - self.truth)

    @property
    def z_mean(self) -> float:
        """Mean of z, near 0 where theory has arrived; nan without samples."""
        return float(self.z.mean()) if self.samples else math.nan

    @property
    def z_sd(self) -> float:
        """Standard deviation of z, near 1 where theory has arrived; nan for fewer than two samples."""
        return float(self.z.std(ddof=1)) if self.samples > 1 else math.nan

    @property
    def covered(self) -> int:
        """How many of the intervals hold the truth."""
        low, high = self.intervals.T
        return int(np.sum((low <= self.truth) & (self.truth <= high)))

    @property
    def coverage(self) -> float:
        """Share of the intervals that hold the truth; nan without samples."""
        return self.covered / self.samples if self.samples else math.nan

    @property
    def coverage_error(self) -> float:
        """Standard error of ``coverage``, from two hits and two misses more: not zero at 100 %."""
        share = (self.covered + 2) / (self.samples + 4)
        return math.sqrt(share * (1 - share) / (self.samples + 4))

    @property
    def long_run(self) -> float:
        """What ``coverage`` tends to as samples are dropped without end, computed and not simulated."""
        n, c = self.n, _Z / math.sqrt(self.n)
        if self.family == "bernoulli":
            k = np.arange(n + 1)
            best = k / n
            half = _Z * (np.sqrt(best * (1 - best)) / math.sqrt(n))
            inside = (best - half <= self.p) & (self.p <= best + half)
            return float(stats.binom(n, self.p).pmf(k[inside]).sum())
        if self.family == "exponential":  # the sum of the data is Gamma(n)
            total = stats.gamma(n)
            return float(total.cdf(n * (1 + c)) - total.cdf(max(0.0, n * (1 - c))))
        if self.family == "normal":  # the mean over its standard error is Student-t but for the divisor
            return float(1 - 2 * stats.t(n - 1).sf(_Z * math.sqrt((n - 1) / n)))
        return 1 - (1 + c) ** -n

    def bars(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges and densities of the heap over z: one bar per possible value, or 0.25 wide."""
        if self.family == "bernoulli":
            k = np.arange(self.n + 2) - 0.5
            edges = self.unit * (k / self.n - self.p)
        else:
            edges = np.linspace(-_REACH, _REACH, round(2 * _REACH / _BIN) + 1)
        count, _ = np.histogram(self.z, edges)
        return edges, count / (max(1, self.samples) * np.diff(edges))

    _size = (7.0, 5.6)

    def _draw(self, figure: Any) -> None:
        ladder, heap = figure.subplots(2, 1, height_ratios=(1, 1.4))
        best, last = self.estimates[::-1][:ROWS], self.intervals[::-1][:ROWS]
        for row, (at, (low, high)) in enumerate(zip(best, last, strict=True)):
            hit = low <= self.truth <= high
            idea = "data" if hit else "wrong"
            ladder.plot([low, high], [-row, -row], color=color(idea), linewidth=1.6 if hit else 2.6)
            ladder.plot([at], [-row], "." if hit else "X", color=color(idea))
        ladder.axvline(self.truth, **style("truth"))
        ladder.set(title=f"the latest {len(last)} Wald intervals", yticks=[])
        edges, density = self.bars()
        heap.stairs(density, edges, fill=True, color=color("data"), alpha=0.3)
        z = np.linspace(-_REACH, _REACH, 201)
        if self.family == "uniform" and self.scale == "n":
            heap.plot(z, np.where(z < 0, np.exp(z), 0), **style("truth"))
        else:
            heap.plot(z, stats.norm.pdf(z), **style("likelihood"))
        heap.set(xlim=(-_REACH, _REACH), xlabel="z, the error over its asymptotic standard deviation",
                 ylabel="density",
                 title=f"{self.family.capitalize()}, n = {self.n}: {self.samples} estimates")
