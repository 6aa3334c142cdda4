"""The front page's live plot: the loss is lowest where the likelihood is highest, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t

import mlecore as mle
from mlecore.palette import color, style

from ._base import Explorable, Numbers, Whole
from ._random import Generator

SEVEN = [-3.4, -1.3, -0.6, 0.2, 0.9, 1.6, 4.1]
SCALE = 2.0  # of both noise models, so that seven marks make a hill as wide as the picture


def sample(seed: int) -> list[float]:
    """Seven draws from N(0, 2), rounded to one decimal; the marks of the first picture for seed 0."""
    drawn = Generator(seed).normal(0, SCALE, len(SEVEN)) if seed else SEVEN
    return (np.floor(np.asarray(drawn) * 10 + 0.5) / 10).tolist()


class LossIsLikelihood(Explorable):
    """Drag an observation: mean loss and likelihood of one center move together, minimum above maximum.

    Parameters
    ----------
    data : sequence of float
        At least three finite numbers.
    noise : {"gaussian", "laplace"}
        Gaussian noise with standard deviation 2, whose loss is squared error; or Laplace noise with scale 2,
        whose loss is absolute error.
    seed : int
        Of the data; "New sample" on the plot counts it up.

    Raises traitlets.TraitError, naming the value and the remedy, for NaN, a short list, another noise.
    """

    data = Numbers(SEVEN, 3)
    noise = t.Enum(("gaussian", "laplace"), "gaussian").tag(sync=True)
    seed = Whole(0)

    _shown = ("data", "noise", "seed")

    def __init__(self, data: Any = None, *, noise: str = "gaussian", seed: int = 0, **kwargs: Any) -> None:
        super().__init__(noise=noise, seed=seed, **kwargs)
        self.data = sample(self.seed) if data is None else data

    def loss(self, center: Any) -> np.ndarray:
        """Mean squared or mean absolute error of predicting ``center`` for every observation."""
        r = np.asarray(self.data) - np.asarray(center, dtype=float)[..., None]
        return (r**2 if self.noise == "gaussian" else np.abs(r)).mean(axis=-1)

    def log_likelihood(self, center: Any) -> np.ndarray:
        """ℓ(center) of all observations under the noise model, all constants kept."""
        make = mle.Normal if self.noise == "gaussian" else mle.Laplace
        return np.vectorize(lambda mu: make(mu, SCALE).log_prob(self.data).sum())(center)

    @property
    def center(self) -> float:
        """Where the loss is lowest and the likelihood highest: the mean, or the median.

        Of an even number of observations under Laplace noise: the middle of the best interval.
        """
        return float(np.mean(self.data) if self.noise == "gaussian" else np.median(self.data))

    @property
    def least_loss(self) -> float:
        """The mean loss at ``center``."""
        return float(self.loss(self.center))

    @property
    def greatest_log_likelihood(self) -> float:
        """ℓ at ``center``."""
        return float(self.log_likelihood(self.center))

    _size = (7.0, 2.6)

    def _draw(self, figure: Any) -> None:
        axis, x = figure.subplots(), np.linspace(-6, 6, 241)
        hill = np.exp(self.log_likelihood(x) - self.greatest_log_likelihood)
        bowl = self.loss(x)
        axis.fill_between(x, 0, hill, color=color("likelihood"), alpha=0.12)
        axis.plot(x, hill, **style("likelihood"), label="likelihood")
        axis.plot(x, bowl / bowl.max() * 1.1, **style("wrong"), label="mean loss")
        axis.plot(self.data, np.zeros(len(self.data)), "o", color=color("data"), clip_on=False)
        axis.axvline(self.center, color=color("muted"), linewidth=1, linestyle=":")
        axis.set(xlim=(-6, 6), ylim=(0, 1.15), yticks=[], xlabel="prediction")
        axis.legend(loc="upper right", frameon=False)
