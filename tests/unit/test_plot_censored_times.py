"""The censored times' Python side: the right estimate, the naive ones, Kaplan–Meier."""

import math

import lifelines
import numpy as np
import pytest
import traitlets
from scipy import stats

import mlecore as mle
from mlecore.explorables import CensoredTimes

STATES = [CensoredTimes(), CensoredTimes(censoring=3.3, seed=4), CensoredTimes(n=400, censoring=21),
          CensoredTimes([2.0, 5.0, 5.0, 9.0, 1.5], censoring=5.0), CensoredTimes([1.0, 2.0], censoring=40)]


@pytest.mark.parametrize("w", STATES, ids=lambda w: f"n = {len(w.data)}, c = {w.censoring}")
def test_likelihood_is_the_package_and_lifelines(w):
    seen, event = w.observed
    fit = mle.fit(mle.Exponential, seen, censored=~event)
    assert 1 / w.likelihood_mean == pytest.approx(fit.estimate["rate"], rel=1e-12)
    peer = lifelines.ExponentialFitter().fit(seen, event)
    assert w.likelihood_mean == pytest.approx(peer.lambda_, rel=1e-6)
    assert w.standard_error == pytest.approx(peer.summary.loc["lambda_", "se(coef)"], rel=1e-4)
    assert w.dropped_mean == pytest.approx(np.mean([v for v in w.data if v <= w.censoring]))
    assert w.plugged_mean == pytest.approx(np.mean(np.minimum(w.data, w.censoring)))


@pytest.mark.parametrize("w", STATES, ids=lambda w: f"n = {len(w.data)}, c = {w.censoring}")
def test_kaplan_meier_is_lifelines(w):
    seen, event = w.observed
    peer = lifelines.KaplanMeierFitter().fit(seen, event)
    assert [share for _, share in w.kaplan_meier] == pytest.approx(
        [float(peer.predict(time)) for time, _ in w.kaplan_meier], rel=1e-12, abs=1e-14)


def test_without_an_event():
    w = CensoredTimes([3.0, 4.0], censoring=2.0)
    assert (w.events, w.likelihood_mean, w.standard_error, w.plugged_mean) == (0, math.inf, math.inf, 2.0)
    assert math.isnan(w.dropped_mean)
    assert w.kaplan_meier == []
    assert "<svg" in w.to_svg()


def test_a_seed_means_data_and_a_larger_n_continues_it():
    assert CensoredTimes(seed=3).data == CensoredTimes(seed=3, n=50).data[:30] != CensoredTimes().data
    assert stats.kstest(CensoredTimes(n=400).data, stats.expon(scale=10).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CensoredTimes([1.0, -2.0]), r"data\[1\] = -2\.0 .*positive"),
        (lambda: CensoredTimes([1.0]), r"shape \(1,\) .*at least 2"),
        (lambda: CensoredTimes(censoring=0), r"censoring = 0 .*above 0"),
        (lambda: CensoredTimes(n=1), r"n = 1 .*at least 2"),
    ],
)
def test_bad_input_is_named_with_its_remedy(make, message):
    with pytest.raises(traitlets.TraitError, match=message):
        make()
