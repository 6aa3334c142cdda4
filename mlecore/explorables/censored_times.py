"""Live plot 12: a study ends at the censoring time; what the naive estimates and the right one make of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets as t

from mlecore.palette import color, style

from ._base import Explorable, Number, Numbers, Whole
from ._random import Generator

MEAN = 10.0
SHOWN = 30  # lifelines drawn at most


def sample(seed: int, n: int) -> list[float]:
    """n exponential times with mean 10, rounded to two decimals: what the plot shows for this seed."""
    return np.maximum(0.01, np.floor(-MEAN * np.log(Generator(seed).uniform(n)) * 100 + 0.5) / 100).tolist()


class CensoredTimes(Explorable):
    """Drag the end of a study; compare events / total time with dropping and with plugging in.

    Parameters
    ----------
    data : sequence of float, optional
        At least two positive times, as nature has them. Default: ``n`` exponential times with mean 10, fixed
        by ``seed``.
    censoring : float
        When the study ends; a later time is seen only as "more than this".
    seed : int
        Of the default data; "New sample" on the plot counts it up.
    n : int
        Length of the default data.

    Raises traitlets.TraitError, naming the value and the remedy, for times or an end that are not positive.
    """

    data = Numbers([1.0, 2.0], 2)
    censoring = Number(8.0, "censoring must be a finite number above 0", 0, open=True)
    seed = Whole(1)

    _shown = ("data", "censoring", "seed")

    def __init__(self, data: Any = None, *, censoring: float = 8.0, seed: int = 1, n: int = 30,
                 **kwargs: Any) -> None:
        super().__init__(censoring=censoring, seed=seed, **kwargs)
        if data is None and not (isinstance(n, int) and n >= 2):
            raise t.TraitError(f"n = {n!r} is refused: draw at least 2 times")
        self.data = sample(self.seed, n) if data is None else data

    @t.validate("data")
    def _check_data(self, proposal: Any) -> list[float]:
        data = proposal["value"]
        if min(data) <= 0:
            at = int(np.argmin(data))
            raise t.TraitError(f"data[{at}] = {data[at]!r} is refused: a time is positive")
        return data

    @property
    def observed(self) -> tuple[np.ndarray, np.ndarray]:
        """What the study sees: the times, cut at its end, and which of them are events."""
        times = np.array(self.data)
        return np.minimum(times, self.censoring), times <= self.censoring

    @property
    def events(self) -> int:
        """How many times were seen whole."""
        return int(self.observed[1].sum())

    @property
    def likelihood_mean(self) -> float:
        """Maximum likelihood: total time / events; inf without an event."""
        return float(self.observed[0].sum() / self.events) if self.events else math.inf

    @property
    def standard_error(self) -> float:
        """Of `likelihood_mean`, from the observed information: mean / sqrt(events)."""
        return self.likelihood_mean / math.sqrt(self.events) if self.events else math.inf

    @property
    def dropped_mean(self) -> float:
        """The average of the times seen whole; nan without one."""
        seen, event = self.observed
        return float(seen[event].mean()) if self.events else math.nan

    @property
    def plugged_mean(self) -> float:
        """The average of what was seen, the end of the study standing in for every later time."""
        return float(self.observed[0].mean())

    @property
    def kaplan_meier(self) -> list[tuple[float, float]]:
        """(event time, estimated share still alive after it), in order of time."""
        seen, event = self.observed
        share, steps = 1.0, []
        for time in np.unique(seen[event]):
            share *= 1 - np.sum(seen[event] == time) / np.sum(seen >= time)
            steps.append((float(time), float(share)))
        return steps

    _size = (7.0, 5.4)

    def _draw(self, figure: Any) -> None:
        lives, curves = figure.subplots(2, 1, sharex=True)
        end, top = self.censoring, max(40.0, max(self.data))
        shown = np.sort(np.array(self.data)[:SHOWN])
        row = np.arange(1, shown.size + 1)
        lives.hlines(row, 0, np.minimum(shown, end), color=color("data"), linewidth=1.4)
        lives.hlines(row[shown > end], end, shown[shown > end], color=color("muted"), linewidth=1,
                     linestyles=":")
        lives.plot(shown[shown <= end], row[shown <= end], **style("data", marker=True), markersize=4)
        lives.set(title=f"{self.events} of {len(self.data)} times seen whole", yticks=[], xlim=(0, top),
                  ylabel="lives")
        x = np.linspace(0, top, 300)
        curves.step([0, *(time for time, _ in self.kaplan_meier), end],
                    [1, *(s for _, s in self.kaplan_meier), (self.kaplan_meier or [(0, 1.0)])[-1][1]],
                    where="post", color=color("data"), label="Kaplan–Meier")
        curves.plot(x, np.exp(-x / MEAN), **style("truth"), label="truth")
        for mean, look, name in ((self.likelihood_mean, style("likelihood"), "likelihood"),
                                 (self.dropped_mean, style("wrong"), "dropped"),
                                 (self.plugged_mean, style("wrong") | {"linestyle": ":"}, "plugged in")):
            if not math.isnan(mean):
                curves.plot(x, np.exp(-x / mean), **look, label=f"{name}: mean {mean:.3g}")
        for axes in (lives, curves):
            axes.axvline(end, color=color("muted"), linewidth=1)
        curves.set(xlabel="time t", ylabel="S(t)", ylim=(0, 1.02))
        curves.legend(fontsize=9)
