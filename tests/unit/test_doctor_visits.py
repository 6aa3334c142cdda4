"""The doctor visits in the package: their origin, that they travel, and what is fitted to them."""

import hashlib
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.datasets import randhie

import mlecore as mle
from mlecore import data

ROOT = Path(__file__).parents[2]
COLUMNS = {"year": "year", "mdvis": "visits", "coins": "coins", "idp": "idp", "xage": "age",
           "female": "female", "child": "child", "disea": "chronic", "physlm": "physlm", "health": "health",
           "num": "family"}


def subset():
    """The file, made again from the one that statsmodels ships."""
    source = pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv")
    chosen = np.sort(source.zper.unique())[::3]
    kept = source[(source.time == 1) & source.zper.isin(chosen)].sort_values(["zper", "year"]).copy()
    kept["health"] = kept.hlthg + 2 * kept.hlthf + 3 * kept.hlthp
    table = kept[list(COLUMNS)].rename(columns=COLUMNS)
    table.insert(0, "person", pd.factorize(kept.zper)[0] + 1)
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def test_the_file_is_the_documented_subset_of_public_domain_data():
    content = files("mlecore.data").joinpath("doctor_visits.csv").read_bytes()
    assert randhie.COPYRIGHT == "This is in the public domain."
    assert content.decode() == subset()
    assert hashlib.sha256(content).hexdigest() == data.SHA256["doctor_visits.csv"]
    assert len(content) < 300_000


def test_the_loader_gives_columns_and_refuses_another_file(monkeypatch):
    visits = data.doctor_visits()
    assert {column.shape for column in visits.values()} == {(6744,)}
    assert list(visits) == ["person", *COLUMNS.values()]
    assert np.unique(visits["person"]).size == 1968
    assert all(np.all(np.isfinite(column)) for column in visits.values())
    monkeypatch.setitem(data.SHA256, "doctor_visits.csv", "0" * 64)
    with pytest.raises(mle.DataError, match="was changed"):
        data.doctor_visits()


def test_the_file_travels_in_the_wheel(tmp_path):
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(ROOT))
    wheel = next(builder.build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("mlecore/data/doctor_visits.csv")
    assert hashlib.sha256(packed).hexdigest() == data.SHA256["doctor_visits.csv"]


# -- agreement with statsmodels, on the first year as in chapter 13 ------------------------------------


@pytest.fixture(scope="module")
def first_year():
    v = data.doctor_visits()
    rows = v["year"] == 1
    v = {name: column[rows] for name, column in v.items()}
    X = np.column_stack([(v["coins"] == 0) & (v["idp"] == 0), v["female"], v["child"], v["age"] / 10,
                         v["chronic"] / 10, v["physlm"], *(v["health"] == k for k in (1, 2, 3)),
                         np.log(v["family"])]).astype(float)
    return X, sm.add_constant(X), v["visits"]


def coefficients(model):
    return np.r_[model.intercept_, model.coef_]


def test_poisson_and_its_sandwich_agree(first_year):
    X, A, y = first_year
    ours = mle.LikelihoodRegressor("poisson").fit(X, y)
    theirs = sm.GLM(y, A, family=sm.families.Poisson()).fit(tol=1e-12)
    np.testing.assert_allclose(coefficients(ours), theirs.params, rtol=1e-7)
    np.testing.assert_allclose(ours.standard_errors_, theirs.bse, rtol=1e-7)
    np.testing.assert_allclose([ours.log_likelihood_, ours.aic_], [theirs.llf, theirs.aic], rtol=1e-10)
    sandwich = sm.GLM(y, A, family=sm.families.Poisson()).fit(tol=1e-12, cov_type="HC0")
    np.testing.assert_allclose(ours.robust_covariance("HC0"), sandwich.cov_params(), rtol=1e-6, atol=1e-10)


def test_quasi_poisson_agrees(first_year):
    X, A, y = first_year
    ours = mle.LikelihoodRegressor("poisson").fit(X, y)
    theirs = sm.GLM(y, A, family=sm.families.Poisson()).fit(tol=1e-12, scale="X2")
    mu = ours.predict(X)
    phi = np.sum((y - mu) ** 2 / mu) / (len(y) - A.shape[1])
    assert phi == pytest.approx(theirs.scale, rel=1e-8)
    np.testing.assert_allclose(ours.standard_errors_ * np.sqrt(phi), theirs.bse, rtol=1e-7)


def test_negative_binomial_and_its_sandwich_agree(first_year):
    X, A, y = first_year
    ours = mle.LikelihoodRegressor("negative_binomial").fit(X, y)
    start = np.r_[coefficients(ours), ours.noise_params_["alpha"]] * 1.01
    options = {"start_params": start, "method": "newton", "maxiter": 200, "tol": 1e-12, "disp": 0}
    theirs = sm.NegativeBinomial(y, A).fit(**options)
    np.testing.assert_allclose(coefficients(ours), theirs.params[:-1], rtol=1e-6, atol=1e-8)
    assert ours.noise_params_["alpha"] == pytest.approx(theirs.params[-1], rel=1e-6)
    np.testing.assert_allclose(ours.standard_errors_, theirs.bse[:-1], rtol=1e-4)
    np.testing.assert_allclose([ours.log_likelihood_, ours.aic_], [theirs.llf, theirs.aic], rtol=1e-10)
    sandwich = sm.NegativeBinomial(y, A).fit(**options, cov_type="HC0")
    np.testing.assert_allclose(np.sqrt(np.diag(ours.robust_covariance("HC0"))), sandwich.bse[:-1], rtol=1e-3)


def test_cluster_sandwich_by_hand_agrees():
    v = data.doctor_visits()
    y, person = v["visits"], v["person"].astype(int) - 1
    A = np.column_stack([np.ones(y.size), (v["coins"] == 0) & (v["idp"] == 0), v["female"], v["age"] / 10])
    ours = mle.LikelihoodRegressor("poisson").fit(A[:, 1:], y)
    scores = A * (y - ours.predict(A[:, 1:]))[:, None]
    totals = np.zeros((person.max() + 1, A.shape[1]))
    np.add.at(totals, person, scores)
    covariance = ours.covariance_ @ totals.T @ totals @ ours.covariance_
    theirs = sm.GLM(y, A, family=sm.families.Poisson()).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": person, "use_correction": False})
    np.testing.assert_allclose(covariance, theirs.cov_params(), rtol=1e-6, atol=1e-10)
