"""The same call on Dask arrays: the numbers of memory, on two processes, with one of them killed too."""

import os
import signal
import threading

import numpy as np
import pytest
from sklearn.base import clone

import mlecore as mle
from mlecore.blocks import Blocks

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

rng = np.random.default_rng(17)
N = 4_003
X = rng.normal(size=(N, 4))
ETA = 0.3 + X @ [0.5, -0.4, 0.0, 0.2]
W = rng.integers(1, 4, N)
LABEL = (ETA + rng.logistic(size=N) > 0).astype(int)
COUNT = rng.poisson(np.exp(ETA))
KIND = np.array(["a", "b", "c"])[np.argmax(np.outer(ETA, [0, 1, -1]) + rng.gumbel(size=(N, 3)), axis=1)]
MODELS = {
    "bernoulli": (mle.LikelihoodClassifier(), LABEL),
    "categorical": (mle.LikelihoodClassifier(), KIND),
    "poisson, prior": (mle.LikelihoodRegressor("poisson", prior=mle.NormalPrior(0.2)), COUNT),
    "normal": (mle.LikelihoodRegressor("normal"), ETA + rng.normal(size=N)),
    "student_t": (mle.LikelihoodRegressor("student_t"), ETA + rng.standard_t(3, N)),
}


def cut(array, rows=700):
    return da.from_array(array, chunks=(rows, *array.shape[1:]))


def assert_same(a, b, rtol=1e-10):
    for name in ("intercept_", "coef_", "covariance_", "log_likelihood_", "bic_"):
        x, y = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * np.max(np.abs(y)), err_msg=name)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
                                 local_directory=folder, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("weights", [None, W], ids=["", "weights"])
def test_threads_give_the_numbers_of_memory(name, weights):
    model, y = MODELS[name]
    whole = clone(model).fit(X, y, sample_weight=weights)
    with dask.config.set(scheduler="threads"):
        parts = model.fit(cut(X), cut(y, 1_500), sample_weight=None if weights is None else cut(weights, 90))
    assert_same(parts, whole)


@pytest.mark.parametrize("name", list(MODELS))
def test_two_worker_processes_give_the_numbers_of_memory(client, name):
    model, y = MODELS[name]
    whole = clone(model).fit(X, y)
    where = client.run(os.getpid)
    assert len(set(where.values()) | {os.getpid()}) == 3
    assert_same(model.fit(cut(X), cut(y)), whole)


def test_inference_after_the_fit_runs_on_the_cluster_too(client):
    whole = mle.LikelihoodRegressor("poisson").fit(X, COUNT)
    parts = mle.LikelihoodRegressor("poisson").fit(cut(X), cut(COUNT))
    np.testing.assert_allclose(parts.robust_covariance("HC1"), whole.robust_covariance("HC1"), rtol=1e-9)


def test_a_distribution_is_fitted_from_dask_arrays(client):
    times = np.random.default_rng(3).weibull(1.7, 5_000)
    whole = mle.fit(mle.Weibull, times)
    parts = mle.fit(mle.Weibull, Blocks.from_dask(cut(times, 999)))
    for name, value in whole.estimate.items():
        assert parts.estimate[name] == pytest.approx(value, rel=1e-10)
    assert parts.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)


def test_one_worker_killed_midway_and_the_right_answer_all_the_same(client):
    """A worker process dies by SIGKILL in the third pass; its blocks are computed again by the other."""
    passes, killed = [], []

    def kill_one():
        pid = min(client.run(os.getpid).values())
        killed.append(pid)
        os.kill(pid, signal.SIGKILL)

    slow = da.map_blocks(slowly, cut(X, 200), dtype=float)  # 21 blocks, so that a pass takes a while
    blocks = Blocks.from_dask(slow, cut(LABEL, 200))
    plain = blocks.map

    def watched(function, parts):
        passes.append(1)
        if len(passes) == 4:
            threading.Timer(0.15, kill_one).start()
        return plain(function, parts)

    model = mle.LikelihoodClassifier().fit(Blocks(blocks.source, map=watched))
    assert len(killed) == 1
    assert len(passes) >= 8, "the fit went on after the loss"
    assert_same(model, mle.LikelihoodClassifier().fit(X, LABEL))
    client.wait_for_workers(2, timeout=60)
    assert killed[0] not in client.run(os.getpid).values(), "that process is gone"


def slowly(block):
    import time

    time.sleep(0.03)
    return block


def test_the_data_do_not_travel_with_the_function():
    """What is sent at each pass is small, also from a model that has been fitted before."""
    import cloudpickle

    sizes, lock = [], threading.Lock()  # a lock cannot be sent: nor can a map that holds a client
    blocks = Blocks.from_dask(cut(X), cut(LABEL))

    def weighed(function, parts):
        with lock:
            sizes.append(len(cloudpickle.dumps(function)))
        return blocks.map(function, parts)

    model = mle.LikelihoodClassifier().fit(X, LABEL)
    for _ in range(2):
        model.fit(Blocks(blocks.source, map=weighed))
    model.robust_covariance("HC1")
    assert max(sizes) < 20_000 < X.nbytes


@pytest.mark.parametrize(("arrays", "says"), [
    ((cut(X), LABEL), "all be Dask arrays"),
    ((cut(X),), "pass y too"),
    ((cut(X), cut(LABEL[1:])), "4003, 4002 rows"),
])
def test_errors_say_what_to_do(arrays, says):
    with pytest.raises(mle.DataError, match=says):
        mle.LikelihoodClassifier().fit(*arrays)


def test_a_separated_sample_is_named_on_the_cluster_too():
    with pytest.raises(mle.IdentifiabilityError, match="separation"):
        mle.LikelihoodClassifier().fit(cut(X), cut((X[:, 0] > 0).astype(int)))
