"""Live plot 6: one sigmoid under cross-entropy and under squared error, and gradient descent on both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets as t
from scipy import optimize
from scipy.special import expit

from mlecore.palette import color, style

from ._base import Explorable, Number, Whole
from ._random import Generator

N, SLOPE = 40, 2.0
MOST_STEPS = 1000
# Largest curvature in the logit. Of squared error, |2p(1 − p)²(1 − 3p)|: its derivative in p is zero where
# 12p² − 9p + 1 = 0, and the larger root has the larger value.
_P = (9 + math.sqrt(33)) / 24
STEEPEST = {"cross_entropy": 0.25, "squared_error": 2 * _P * (1 - _P) ** 2 * (3 * _P - 1)}


def sample(seed: int, classes: str) -> tuple[np.ndarray, np.ndarray]:
    """(40,) predictors from N(0, 1), rounded to two decimals, and their labels.

    "overlapping": y = 1 with probability sigmoid(2x), drawn again until no threshold on x is right about
    all; "separable": y = 1 where x is above 0.
    """
    source = Generator(seed)
    while True:
        x = np.floor(source.normal(0, 1, N) * 100 + 0.5) / 100
        y = (source.uniform(N) < expit(SLOPE * x)).astype(int)
        if classes == "separable":
            y = (x > 0).astype(int)
        one, zero = x[y == 1], x[y == 0]
        if one.size and zero.size and (one.min() > zero.max()) == (classes == "separable"):
            return x, y


def _loss(name: str, toward: np.ndarray) -> np.ndarray:
    """Loss of each example from its logit in favor of its label."""
    return np.logaddexp(0, -toward) if name == "cross_entropy" else expit(-toward) ** 2


def _slope(name: str, toward: np.ndarray) -> np.ndarray:
    """Derivative of ``_loss`` in the logit."""
    q = expit(-toward)  # what the label was not given
    return -q if name == "cross_entropy" else -2 * q * q * expit(toward)


class TwoLosses(Explorable):
    """Descend on cross-entropy and on squared error of the same sigmoid, from the same start.

    The model gives p = sigmoid(w0 + w1 x) to the label 1; both losses are means over 40 examples. Each
    descent takes ``rate`` times its own safe step, one over the largest curvature it can have anywhere.

    Parameters
    ----------
    classes : {"overlapping", "separable"}
        Whether a threshold on x can be right about all labels.
    start_intercept, start_slope : float
        Where both descents begin.
    steps : int
        How many steps they have taken, 0 to 1,000.
    rate : float
        Multiple of the safe step, above 0, at most 10.
    seed : int
        Of the examples; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for anything outside these ranges.
    """

    classes = t.Enum(("overlapping", "separable"), "overlapping").tag(sync=True)
    start_intercept = Number(4.0, "start_intercept must be a number from -100 to 100", -100, 100)
    start_slope = Number(-8.0, "start_slope must be a number from -100 to 100", -100, 100)
    steps = Whole(20, 0, MOST_STEPS)
    rate = Number(1.0, "rate must be a number above 0, at most 10", 0, 10, open=True)
    seed = Whole(1)

    _shown = ("classes", "start_intercept", "start_slope", "steps", "rate", "seed")

    @property
    def x(self) -> np.ndarray:
        """(40,) predictors."""
        return sample(self.seed, self.classes)[0]

    @property
    def y(self) -> np.ndarray:
        """(40,) labels, 0 or 1."""
        return sample(self.seed, self.classes)[1]

    def _signed(self) -> np.ndarray:
        """(40, 2) rows ±(1, x): times w, the logits in favor of the labels."""
        x, y = sample(self.seed, self.classes)
        return np.where(y == 1, 1, -1)[:, None] * np.column_stack([np.ones(N), x])

    def path(self, loss: str) -> np.ndarray:
        """(steps + 1, 2) weights (w0, w1) of the descent on "cross_entropy" or "squared_error"."""
        if loss not in STEEPEST:
            raise ValueError(f"loss = {loss!r} is neither 'cross_entropy' nor 'squared_error'")
        rows = self._signed()
        step = self.rate / (STEEPEST[loss] * np.linalg.eigvalsh(rows.T @ rows / N)[-1])
        path = [np.array([self.start_intercept, self.start_slope])]
        for _ in range(self.steps):
            path.append(path[-1] - step * (rows.T @ _slope(loss, rows @ path[-1])) / N)
        return np.array(path)

    def _at_end(self, loss: str) -> tuple[float, float, float]:
        w = self.path(loss)[-1]
        x, y = sample(self.seed, self.classes)
        logit = w[0] + w[1] * x
        value = _loss(loss, np.where(y == 1, logit, -logit)).mean()
        return float(value), float(np.mean((logit > 0) == y)), float(np.hypot(*w))

    @property
    def cross_entropy(self) -> tuple[float, float, float]:
        """Mean cross-entropy, accuracy and ‖w‖ where the descent on it now is."""
        return self._at_end("cross_entropy")

    @property
    def squared_error(self) -> tuple[float, float, float]:
        """Mean squared error, accuracy and ‖w‖ where the descent on it now is."""
        return self._at_end("squared_error")

    def minimum(self, loss: str) -> tuple[float, float] | None:
        """(w0, w1) of least loss, near the MLE; None for separable classes, where there is none."""
        if loss not in STEEPEST:
            raise ValueError(f"loss = {loss!r} is neither 'cross_entropy' nor 'squared_error'")
        if self.classes == "separable":
            return None
        rows, w = self._signed(), np.zeros(2)
        for name in dict.fromkeys(("cross_entropy", loss)):  # squared error has other valleys
            w = optimize.minimize(lambda w, name=name: _loss(name, rows @ w).mean(), w, method="BFGS",
                                  jac=lambda w, name=name: rows.T @ _slope(name, rows @ w) / N,
                                  options={"gtol": 1e-12}).x
        return float(w[0]), float(w[1])

    _size = (7.0, 6.4)

    def _draw(self, figure: Any) -> None:
        maps, below = figure.subplots(2, 2, height_ratios=(1.5, 1))
        rows, looks = self._signed(), {"cross_entropy": "likelihood", "squared_error": "wrong"}
        w0, w1 = np.meshgrid(np.linspace(-10, 10, 61), np.linspace(-10, 10, 61))
        toward = w0[..., None] * rows[:, 0] + w1[..., None] * rows[:, 1]
        logit = np.linspace(-10, 10, 201)
        for axis, (loss, idea) in zip(maps, looks.items(), strict=True):
            surface, path = _loss(loss, toward).mean(axis=-1), self.path(loss)
            axis.contour(w0, w1, surface, levels=np.quantile(surface, np.linspace(0.02, 0.98, 12)),
                         colors=color("muted"), linewidths=0.7)
            axis.plot(*path.T, **style(idea))
            axis.plot(*path[0], "s", color=color("data"))
            axis.plot(*path[-1], "o", color=color(idea), markersize=7)
            axis.set(xlabel="w0", title=loss.replace("_", " "), xlim=(-10, 10), ylim=(-10, 10))
            below[0].plot(logit, -_slope(loss, logit), **style(idea))
            below[0].plot(rows @ path[-1], -_slope(loss, rows @ path[-1]), ".", color=color(idea))
            below[1].plot(np.arange(len(path)) + 1, np.hypot(*path.T), **style(idea))
        maps[0].set_ylabel("w1")
        below[0].set(xlabel="logit in favor of the label", ylabel="pull on the logit", xlim=(-10, 10))
        below[1].set(xlabel="1 + steps", ylabel="‖w‖", xscale="log", ylim=(0, None))
