"""scikit-learn's own estimator checks, with every check that its data make impossible listed with the
reason.
"""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlecore.priors import NormalPrior
from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor

MORE_COLUMNS = {
    "check_sample_weight_equivalence_on_dense_data": "30 columns and 27 rows: no maximum likelihood estimate"
}
# These three give y as an exact linear function of X (or of two of its columns): sigma goes to 0.
PERFECT_FIT = dict.fromkeys(
    (
        "check_sample_weights_shape",
        "check_sample_weights_not_overwritten",
        "check_regressors_no_decision_function",
    ),
    "y is an exact function of X, so the noise scale has no maximum likelihood estimate",
)
HALF_ON_A_LINE = dict.fromkeys(
    ("check_sample_weights_pandas_series", "check_sample_weights_not_an_array"),
    "half of the responses lie on a plane: the Cauchy likelihood has no maximum as its scale goes to 0",
)
EXPECTED = {
    "normal": MORE_COLUMNS | PERFECT_FIT,
    "laplace": MORE_COLUMNS | PERFECT_FIT,
    "huber": MORE_COLUMNS | PERFECT_FIT,
    "student_t": MORE_COLUMNS | PERFECT_FIT,
    "cauchy": MORE_COLUMNS | PERFECT_FIT | HALF_ON_A_LINE,
    "poisson": MORE_COLUMNS,
    "negative_binomial": MORE_COLUMNS,
    "gamma": MORE_COLUMNS
    | {
        name: PERFECT_FIT[name]
        for name in ("check_sample_weights_shape", "check_sample_weights_not_overwritten")
    },
}
# nu and alpha are fixed because the checks' continuous responses have no maximum in them: light tails, little
# spread.
FIXED = {"student_t": {"nu": 4.0}, "negative_binomial": {"alpha": 0.5}}


def expected_to_fail(estimator):
    return {} if isinstance(estimator, LikelihoodClassifier) else EXPECTED[estimator.noise]


@parametrize_with_checks(
    [
        *(LikelihoodRegressor(noise, noise_params=FIXED.get(noise)) for noise in EXPECTED),
        LikelihoodRegressor(prior=NormalPrior(1.0)),
        LikelihoodClassifier(prior=NormalPrior(1.0)),
    ],
    expected_failed_checks=expected_to_fail,
)
def test_scikit_learn_estimator_checks(estimator, check):
    check(estimator)


def test_every_noise_is_checked():
    from mlecore.noise import NOISES

    assert set(EXPECTED) == set(NOISES) - {"bernoulli", "categorical"}


def test_works_in_pipelines_and_searches():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    y = rng.poisson(np.exp(X[:, 0]))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LikelihoodRegressor("poisson")),
        {"likelihoodregressor__prior": [None, NormalPrior(0.01), NormalPrior(1.0)]},
    ).fit(X, y)
    assert search.best_params_["likelihoodregressor__prior"] != NormalPrior(0.01)
    assert clone(LikelihoodRegressor(prior=NormalPrior(2.0))).prior == NormalPrior(2.0)


@pytest.mark.parametrize(
    "attribute", ["covariance_", "standard_errors_", "p_values_", "aic_", "bic_", "score_in_se_"]
)
def test_unfitted_models_say_so(attribute):
    with pytest.raises(Exception, match="not fitted"):
        getattr(LikelihoodRegressor(), attribute)
