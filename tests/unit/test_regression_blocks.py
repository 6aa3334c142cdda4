"""Fitting from blocks: the same numbers as in memory, one block at a time."""

from itertools import pairwise

import numpy as np
import pytest

from mlecore.blocks import Blocks
from mlecore.priors import LaplacePrior, NormalPrior
from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor

rng = np.random.default_rng(0)
N = 1_003
X = rng.normal(size=(N, 4))
ETA = 0.3 + X @ [0.5, -0.4, 0.0, 0.2]
W = rng.integers(1, 4, N)
Y = {
    "normal": ETA + rng.normal(size=N),
    "laplace": ETA + rng.laplace(size=N),
    "huber": ETA + rng.standard_t(3, N),
    "student_t": ETA + rng.standard_t(3, N),
    "cauchy": ETA + rng.standard_cauchy(N),
    "poisson": rng.poisson(np.exp(ETA)),
    "negative_binomial": rng.negative_binomial(2, 2 / (2 + np.exp(ETA))),
    "gamma": rng.gamma(2, np.exp(ETA)),
    "bernoulli": (ETA + rng.logistic(size=N) > 0).astype(int),
    "categorical": np.array(["a", "b", "c"])[
        np.argmax(np.outer(ETA, [0, 1, -1]) + rng.gumbel(size=(N, 3)), axis=1)
    ],
}


def blocks(y, weights=False, cuts=(0, 1, 200, 203, 700, N)):
    for a, b in pairwise(cuts):
        yield (X[a:b], y[a:b], W[a:b]) if weights else (X[a:b], y[a:b])


@pytest.mark.parametrize("noise", list(Y))
@pytest.mark.parametrize("weights", [False, True])
def test_blocks_give_the_numbers_of_memory(noise, weights):
    model = LikelihoodClassifier() if noise in ("bernoulli", "categorical") else LikelihoodRegressor(noise)
    whole = model.fit(X, Y[noise], sample_weight=W if weights else None)
    expected = [whole.intercept_, whole.coef_, whole.covariance_, whole.log_likelihood_, whole.bic_]
    parts = model.fit(lambda: blocks(Y[noise], weights))
    found = [parts.intercept_, parts.coef_, parts.covariance_, parts.log_likelihood_, parts.bic_]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * np.max(np.abs(b)))
    np.testing.assert_array_equal(parts.predict(X[:5]).shape, (5,))


@pytest.mark.parametrize("prior", [NormalPrior(0.2), LaplacePrior(0.02)])
def test_blocks_take_priors(prior):
    whole = LikelihoodRegressor("poisson", prior=prior).fit(X, Y["poisson"]).coef_
    parts = LikelihoodRegressor("poisson", prior=prior).fit(list(blocks(Y["poisson"]))).coef_
    np.testing.assert_allclose(parts, whole, rtol=1e-10)


def test_ill_conditioned_blocks_keep_every_digit():
    shifted = X + 1e6
    whole = LikelihoodRegressor().fit(shifted, Y["normal"])
    parts = LikelihoodRegressor().fit(
        [(shifted[:500], Y["normal"][:500]), (shifted[500:], Y["normal"][500:])]
    )
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-9)
    np.testing.assert_allclose(whole.coef_, LikelihoodRegressor().fit(X, Y["normal"]).coef_, rtol=1e-8)


def test_inference_after_blocks_reads_them_again():
    model = LikelihoodRegressor("poisson").fit(lambda: blocks(Y["poisson"]))
    whole = LikelihoodRegressor("poisson").fit(X, Y["poisson"])
    np.testing.assert_allclose(model.robust_covariance("HC3"), whole.robust_covariance("HC3"), rtol=1e-9)
    np.testing.assert_allclose(
        model.confidence_interval(method="profile"), whole.confidence_interval(method="profile"), rtol=1e-8
    )


def test_a_cluster_may_bring_its_own_map():
    calls = []

    def remote_map(function, parts):
        calls.append(1)
        return [function(part) for part in parts]

    model = LikelihoodRegressor("poisson").fit(Blocks(lambda: blocks(Y["poisson"]), map=remote_map))
    assert len(calls) >= model.n_iter_ + 2
    np.testing.assert_allclose(
        model.coef_, LikelihoodRegressor("poisson").fit(X, Y["poisson"]).coef_, rtol=1e-10
    )


def test_one_block_is_held_at_a_time():
    alive, most = set(), []

    class Tracked(np.ndarray):
        def __del__(self):
            alive.discard(self.token) if hasattr(self, "token") else None

    def stream():
        for i, (x, y) in enumerate(blocks(Y["poisson"], cuts=tuple(range(0, N, 100)))):
            part = x.copy().view(Tracked)
            part.token = i
            alive.add(i)
            most.append(len(alive))
            yield part, y
            del part

    LikelihoodRegressor("poisson").fit(stream)
    assert max(most) <= 3
