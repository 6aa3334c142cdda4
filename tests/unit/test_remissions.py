"""The remissions of chapter 16 against lifelines: its copy of the data, its curve, its fits."""

import lifelines
import numpy as np
import pytest
from lifelines.datasets import load_leukemia

import mlecore as mle

DRUG = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def read(text):
    words = text.split()
    return np.array([float(w.rstrip("+")) for w in words]), np.array([w[-1] != "+" for w in words])


@pytest.mark.parametrize(("group", "text"), [(0, DRUG), (1, PLACEBO)])
def test_the_lesson_types_the_published_numbers(group, text):
    source = load_leukemia()
    rows = source[source.Rx == group]
    t, event = read(text)
    assert sorted(zip(t, event, strict=True)) == sorted(zip(rows.t, rows.status == 1, strict=True))


@pytest.mark.parametrize("text", [DRUG, PLACEBO])
def test_both_fits_agree_with_lifelines(text):
    t, event = read(text)
    fit, peer = mle.fit(mle.Weibull, t, censored=~event), lifelines.WeibullFitter().fit(t, event)
    np.testing.assert_allclose(list(fit.estimate.values()), [peer.rho_, peer.lambda_], rtol=1e-5)
    errors = [peer.summary.loc[name, "se(coef)"] for name in ("rho_", "lambda_")]
    np.testing.assert_allclose(list(fit.standard_errors.values()), errors, rtol=1e-4)
    assert fit.log_likelihood == pytest.approx(peer.log_likelihood_, rel=1e-9)
    flat, peer = mle.fit(mle.Exponential, t, censored=~event), lifelines.ExponentialFitter().fit(t, event)
    assert 1 / flat.estimate["rate"] == pytest.approx(peer.lambda_, rel=1e-6)
    assert flat.log_likelihood == pytest.approx(peer.log_likelihood_, rel=1e-9)
