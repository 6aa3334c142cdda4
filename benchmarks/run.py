"""Side-by-side timings of mlecore against SciPy, statsmodels, scikit-learn and iminuit, printed as ratios.

    python benchmarks/run.py            # every case
    python benchmarks/run.py ols logit  # the cases whose names contain a word

One thread, processor time. Ours and each peer run in turn, A B A B ..., and the median of each is taken, so
that a machine that slows down slows both. A ratio of 12 means that mlecore needs a twelfth of the peer's
time. The last column is a check: a peer that stopped short of the maximum has been timed at another task.
"""

# ruff: noqa: E402
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import sys
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import iminuit
import numpy as np
import statsmodels.api as sm
from scipy import special, stats
from sklearn import linear_model
from statsmodels.miscmodels.tmodel import TLinearModel

import mlecore as mle

CASES = {}
N, D = 100_000, 20


def case(name, target=""):
    def register(build):
        CASES[name] = (build, target)
        return build

    return register


def design(seed=0, n=N, d=D):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return rng, X, 0.2 + X @ (0.1 * rng.normal(size=d)), sm.add_constant(X)


def inference(model):
    """What a summary shows: log-likelihood, standard errors, p-values and intervals."""
    model.p_values_, model.confidence_interval(), model.aic_, model.bic_
    return model.log_likelihood_


def peer_inference(result):
    result.bse, result.pvalues, result.conf_int(), result.aic, result.bic
    return result.llf


@case("OLS, full inference", "≥ 10 × statsmodels")
def ols():
    rng, X, eta, A = design()
    y = rng.normal(eta, 1.0)
    return lambda: inference(mle.LikelihoodRegressor().fit(X, y)), {
        "statsmodels OLS": lambda: peer_inference(sm.OLS(y, A).fit()),
        "scikit-learn LinearRegression (no inference)": lambda: (
            linear_model.LinearRegression().fit(X, y) and None
        ),
    }


@case("logistic, inference", "≥ 2 × statsmodels")
def logit():
    rng, X, eta, A = design()
    y = (eta + rng.logistic(size=N) > 0).astype(float)
    return lambda: inference(mle.LikelihoodClassifier().fit(X, y)), {
        "statsmodels Logit": lambda: peer_inference(sm.Logit(y, A).fit(disp=0)),
        "scikit-learn newton-cholesky (no inference)": lambda: (
            linear_model.LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(X, y) and None
        ),
    }


@case("Poisson, inference", "≥ 2 × statsmodels")
def poisson():
    rng, X, eta, A = design()
    y = rng.poisson(np.exp(eta)).astype(float)
    return lambda: inference(mle.LikelihoodRegressor("poisson").fit(X, y)), {
        "statsmodels Poisson": lambda: peer_inference(sm.Poisson(y, A).fit(disp=0)),
        "statsmodels GLM": lambda: peer_inference(sm.GLM(y, A, sm.families.Poisson()).fit()),
        "scikit-learn newton-cholesky (no inference)": lambda: (
            linear_model.PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-8).fit(X, y) and None
        ),
    }


@case("negative binomial, inference", "≥ 4 × statsmodels")
def negative_binomial():
    rng, X, eta, A = design()
    y = rng.negative_binomial(2, 2 / (2 + np.exp(eta))).astype(float)
    return lambda: inference(mle.LikelihoodRegressor("negative_binomial").fit(X, y)), {
        "statsmodels NegativeBinomial": lambda: peer_inference(sm.NegativeBinomial(y, A).fit(disp=0))
    }


@case("softmax, 4 classes, inference")
def softmax():
    rng, X, eta, A = design()
    y = np.argmax(np.outer(eta, [0, 1, -1, 0.5]) + rng.gumbel(size=(N, 4)), axis=1)
    return lambda: inference(mle.LikelihoodClassifier().fit(X, y)), {
        "statsmodels MNLogit": lambda: peer_inference(sm.MNLogit(y, A).fit(disp=0))
    }


@case("Student-t regression, n = 10,000")
def student_regression():
    rng, X, eta, A = design(n=10_000, d=5)
    y = eta + rng.standard_t(4, 10_000)
    return lambda: inference(mle.LikelihoodRegressor("student_t").fit(X, y)), {
        "statsmodels TLinearModel": lambda: TLinearModel(y, A).fit(disp=0, method="bfgs", maxiter=500).llf
    }


@case("absolute error, n = 10,000")
def absolute():
    rng, X, eta, A = design(n=10_000, d=5)
    y = eta + rng.laplace(size=10_000)
    return lambda: inference(mle.LikelihoodRegressor("laplace").fit(X, y)), {
        "statsmodels QuantReg": lambda: sm.QuantReg(y, A).fit(q=0.5) and None,
        "scikit-learn QuantileRegressor": lambda: (
            linear_model.QuantileRegressor(quantile=0.5, alpha=0).fit(X, y) and None
        ),
    }


@case("lasso, sigma known")
def lasso():
    rng, X, eta, _ = design()
    y = rng.normal(eta, 1.0)
    model = mle.LikelihoodRegressor(prior=mle.LaplacePrior(1e-3), noise_params={"sigma": 1.0})
    return lambda: model.fit(X, y) and None, {
        "scikit-learn Lasso (tol 1e-10)": lambda: linear_model.Lasso(alpha=1e-2, tol=1e-10).fit(X, y) and None
    }


def minuit(nll, **start):
    fitted = iminuit.Minuit(nll, *start.values(), name=list(start))
    fitted.errordef = iminuit.Minuit.LIKELIHOOD
    for name in start:
        if name != "mu":
            fitted.limits[name] = (1e-6, None)
    fitted.migrad()
    fitted.hesse()
    return -fitted.fval


@case("fit StudentT, n = 10,000", "≥ 2 × the best peer")
def student_fit():
    y = 2 + 1.5 * np.random.default_rng(0).standard_t(4, 10_000)

    def density(nu, mu, sigma):
        z = (y - mu) / sigma
        constant = (
            special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * np.log(nu * np.pi) - np.log(sigma)
        )
        return (nu + 1) / 2 * np.log1p(z * z / nu).sum() - len(y) * constant

    def with_inference():
        fitted = mle.fit(mle.StudentT, y)
        return (fitted.standard_errors, fitted.log_likelihood)[1]

    return with_inference, {
        "SciPy t.fit": lambda: stats.t.logpdf(y, *stats.t.fit(y)).sum(),
        "iminuit": lambda: minuit(density, nu=5.0, mu=y.mean(), sigma=y.std()),
    }


def closed_form(family, y, passes):
    return lambda: mle.fit(family, y).log_likelihood and None, {passes[0]: passes[1]}


@case("fit Normal, n = 1,000,000", "one or two passes")
def normal_fit():
    y = np.random.default_rng(0).normal(3.5, 1.2, 1_000_000)
    return closed_form(mle.Normal, y, ("NumPy mean and var", lambda: (y.mean(), y.var()) and None))


@case("fit Poisson, n = 1,000,000", "one or two passes")
def poisson_fit():
    y = np.random.default_rng(0).poisson(4.2, 1_000_000).astype(float)
    return closed_form(
        mle.Poisson,
        y,
        ("NumPy mean, sum of log y!", lambda: (y.mean(), special.gammaln(y + 1).sum()) and None),
    )


@case("fit Gamma, n = 1,000,000", "one or two passes")
def gamma_passes():
    y = np.random.default_rng(0).gamma(2.5, 1.3, 1_000_000)
    return closed_form(mle.Gamma, y, ("NumPy mean, mean log", lambda: (y.mean(), np.log(y).mean()) and None))


@case("fit Beta, n = 1,000,000", "one or two passes")
def beta_passes():
    y = np.random.default_rng(0).beta(2.0, 3.0, 1_000_000)
    both = lambda: (np.log(y).mean(), np.log1p(-y).mean()) and None  # noqa: E731
    return closed_form(mle.Beta, y, ("NumPy mean log, mean log(1 − y)", both))


@case("fit Laplace, n = 1,000,000", "one or two passes")
def laplace_passes():
    y = np.random.default_rng(0).laplace(1.0, 2.0, 1_000_000)
    passes = lambda: np.abs(y - np.median(y)).mean() and None  # noqa: E731
    return closed_form(mle.Laplace, y, ("NumPy median, mean distance", passes))


@case("fit Gamma, n = 100,000")
def gamma_fit():
    y = np.random.default_rng(0).gamma(2.5, 1.3, N)
    return lambda: mle.fit(mle.Gamma, y).log_likelihood, {
        "SciPy gamma.fit (loc fixed)": lambda: stats.gamma.logpdf(y, *stats.gamma.fit(y, floc=0)).sum()
    }


@case("likelihood surface 80 × 80, n = 500", "≥ 5,000 ×")
def surface():
    y = np.random.default_rng(0).normal(3.5, 1.2, 500)
    mu, sigma = np.linspace(3.2, 3.8, 80), np.linspace(1.0, 1.4, 80)[:, None]

    def from_two_statistics():
        n, mean = len(y), y.mean()
        squares = y.var() + (mean - mu) ** 2
        return float(np.max(-n * (np.log(sigma) + 0.5 * np.log(2 * np.pi) + squares / (2 * sigma**2))))

    def one_call_per_point():
        return max(stats.norm.logpdf(y, m, s).sum() for s in sigma[:, 0] for m in mu)

    return from_two_statistics, {"SciPy logpdf per point": one_call_per_point}


def filip_digits():
    """Correct digits of the worst coefficient and standard error on NIST Filip."""
    table = np.loadtxt(Path(__file__).parent.parent / "tests/data/nist_filip.csv", delimiter=",", skiprows=3)
    y, X = table[:, 0], table[:, 1:] ** np.arange(1, 11)
    certified = [-1467.48961422980, -2772.17959193342, -2316.37108160893, -1127.97394098372,
                 -354.478233703349, -75.1242017393757, -10.8753180355343, -1.06221498588947,
                 -0.670191154593408e-01, -0.246781078275479e-02, -0.402962525080404e-04]  # fmt: skip
    ours = mle.LikelihoodRegressor().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers = {
            "mlecore": np.append(ours.intercept_, ours.coef_),
            "statsmodels": sm.OLS(y, sm.add_constant(X)).fit().params,
            "scikit-learn": (lambda m: np.append(m.intercept_, m.coef_))(
                linear_model.LinearRegression().fit(X, y)
            ),
        }
    digits = {name: -np.log10(np.max(np.abs(b / np.array(certified) - 1))) for name, b in peers.items()}
    return ", ".join(f"{name} {value:.1f}" for name, value in digits.items())


def once(function, calls=1):
    """Seconds per call, and the value of the last one."""
    start = time.process_time()
    for _ in range(calls):
        value = function()
    return (time.process_time() - start) / calls, value


def compare(ours, peers, budget=6.0):
    """Median seconds of ours, and per peer its median and the difference of log-likelihoods, interleaved."""
    contenders = {"mlecore": ours, **peers}
    values, seconds = {}, {name: [] for name in contenders}
    with warnings.catch_warnings(), redirect_stdout(None):
        warnings.simplefilter("ignore")
        calls = {}
        for name, function in contenders.items():
            first, values[name] = once(function)
            calls[name] = max(1, int(0.02 / max(first, 1e-6)))  # a clock cannot time microseconds
        start, rounds = time.perf_counter(), 0
        while rounds < 3 or (time.perf_counter() - start < budget and rounds < 25):
            for name, function in contenders.items():
                seconds[name].append(once(function, calls[name])[0])
            rounds += 1
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    mine = medians.pop("mlecore")
    return mine, [
        (n, t, None if values[n] is None else values["mlecore"] - values[n]) for n, t in medians.items()
    ]


def main(words):
    print("| case | mlecore | peer | ratio | target | ℓ, ours − theirs |\n|---|---|---|---|---|---|")
    for name, (build, target) in CASES.items():
        if words and not any(word.lower() in f"{name} {build.__name__}".lower() for word in words):
            continue
        mine, rows = compare(*build())
        for peer, theirs, gap in rows:
            ratio = f"**{theirs / mine:,.1f}**"
            print(f"| {name} | {1e3 * mine:.3g} ms | {peer}: {1e3 * theirs:.4g} ms | {ratio} "
                  f"| {target} | {'' if gap is None else f'{gap:+.1e}'} |", flush=True)  # fmt: skip
            target = ""
    if not words:
        print(f"\nNIST Filip, correct digits of the worst coefficient (target ≥ 7): {filip_digits()}")


if __name__ == "__main__":
    main(sys.argv[1:])
