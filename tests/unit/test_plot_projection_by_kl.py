"""Live plot 10, Projection by KL: its numbers against SciPy, and JavaScript against Python."""

import math

import numpy as np
import pytest
import traitlets
from scipy import integrate, optimize, special, stats
from test_explorables_numerics import run

from mlecore.explorables import ProjectionByKl

STATES = [
    ProjectionByKl(),
    ProjectionByKl(gap=8, mu=-6, sigma=0.3),
    ProjectionByKl(gap=3, mu=1, sigma=5, n=5),
    ProjectionByKl(gap=4.6, mu=-0.4, sigma=2.1, n=1000, direction="reverse"),
    ProjectionByKl(gap=0, mu=0.5, sigma=1.25, direction="reverse"),
]


def truth(w, y):
    return 0.65 * stats.norm(-w.gap / 2, 1).pdf(y) + 0.35 * stats.norm(w.gap / 2, 1).pdf(y)


def by_quad(f, low, high, points):
    value, error = integrate.quad(f, low, high, points=points, epsabs=1e-13, epsrel=1e-12, limit=500)
    return value, max(error, 1e-12)


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_the_trapezoid_rule_reaches_scipys_own_accuracy(w):
    g, f = lambda y: truth(w, y), stats.norm(w.mu, w.sigma).pdf
    bumps = [-w.gap / 2, w.gap / 2, w.mu]
    # Where SciPy's densities do not underflow: g weighs nothing beyond 8 standard deviations.
    edge = w.gap / 2 + 8
    log_f = stats.norm(w.mu, w.sigma).logpdf
    log_g = lambda y: special.logsumexp(  # noqa: E731
        [stats.norm(s * w.gap / 2, 1).logpdf(y) + math.log(p) for s, p in ((-1, 0.65), (1, 0.35))], axis=0
    )
    cases = [
        (w.forward, lambda y: g(y) * (log_g(y) - log_f(y)), -edge, edge),
        (w.entropy, lambda y: -g(y) * log_g(y), -edge, edge),
        (w.reverse, lambda y: f(y) * (log_f(y) - log_g(y)), w.mu - 8 * w.sigma, w.mu + 8 * w.sigma),
    ]
    for value, integrand, low, high in cases:
        expected, error = by_quad(integrand, low, high, [p for p in bumps if low < p < high])
        assert value == pytest.approx(expected, rel=1e-10, abs=2 * error)
    assert w.log_truth(np.array([-1.3, 0.2, 4.0])) == pytest.approx(log_g(np.array([-1.3, 0.2, 4.0])))


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_risks(w):
    """Cross-entropy is entropy plus KL, and has a closed form for a normal model; the sample's is a mean."""
    mean, variance = -0.15 * w.gap, 1 + 0.65 * 0.35 * w.gap**2
    closed = 0.5 * math.log(2 * math.pi * w.sigma**2) + (variance + (mean - w.mu) ** 2) / (2 * w.sigma**2)
    assert w.risk == pytest.approx(closed, rel=1e-12)
    assert w.data.size == w.n
    assert w.empirical_risk == pytest.approx(-stats.norm(w.mu, w.sigma).logpdf(w.data).mean(), rel=1e-12)
    assert w.mle == pytest.approx(stats.norm.fit(w.data), rel=1e-12)


@pytest.mark.parametrize("gap", [0.0, 2.0, 4.4, 4.7, 6.0, 8.0])
def test_projections(gap):
    forward = ProjectionByKl(gap=gap)
    assert forward.projection == pytest.approx((-0.15 * gap, math.sqrt(1 + 0.2275 * gap**2)), rel=1e-12)
    reverse = ProjectionByKl(gap=gap, direction="reverse")
    least = reverse._reverse(*reverse.projection)
    starts = [(m, s) for m in (-gap / 2, 0.0, gap / 2) for s in (0.6, 1.0, 2.5)]
    found = [optimize.minimize(lambda p: reverse._reverse(p[0], abs(p[1])), p, method="Nelder-Mead").fun
             for p in starts]
    assert least <= min(found) + 1e-9
    if gap == 0:  # the model is right: both projections are the truth, at divergence 0
        assert reverse.projection == pytest.approx(forward.projection, abs=1e-12)
        assert least == pytest.approx(0, abs=1e-12)
    if gap >= 6:  # mode seeking against mass covering
        assert reverse.projection == pytest.approx((-gap / 2, 1), abs=0.05)
        assert forward.projection[1] > 2.5 * reverse.projection[1]
        assert least == pytest.approx(math.log(1 / 0.65), abs=0.005)


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_javascript_is_python(w):
    forward, reverse, entropy, moments, left, right = run([
        ("twoBumps.forward", [w.gap, w.mu, w.sigma]), ("twoBumps.reverse", [w.gap, w.mu, w.sigma]),
        ("twoBumps.entropy", [w.gap]), ("twoBumps.moments", [w.gap]),
        ("twoBumps.downhill", [w.gap, [-w.gap / 2, 1]]), ("twoBumps.downhill", [w.gap, [w.gap / 2, 1]])],
        "two_bumps.mjs")
    assert forward == pytest.approx(w.forward, rel=1e-10, abs=1e-14)
    assert reverse == pytest.approx(w.reverse, rel=1e-10, abs=1e-14)
    assert entropy == pytest.approx(w.entropy, rel=1e-10)
    assert moments == pytest.approx(ProjectionByKl(gap=w.gap).projection, rel=1e-10)
    deeper = min((left, right), key=lambda p: w._reverse(*p))
    expected = ProjectionByKl(gap=w.gap, direction="reverse").projection
    assert deeper == pytest.approx(expected, rel=1e-10, abs=1e-12)
    for point in (left, right):
        assert w._slope(point)[0] == pytest.approx([0, 0], abs=1e-10)


def test_slope_is_the_derivative():
    w, h = ProjectionByKl(gap=5.3), 1e-4
    gradient, hessian = w._slope((0.7, 1.6))
    f = lambda a, b: w._reverse(0.7 + a, 1.6 + b)  # noqa: E731
    slopes = [(f(h, 0) - f(-h, 0)) / (2 * h), (f(0, h) - f(0, -h)) / (2 * h)]
    assert gradient == pytest.approx(slopes, rel=1e-6)
    second = [[(f(h, 0) - 2 * f(0, 0) + f(-h, 0)) / h**2, 0], [0, (f(0, h) - 2 * f(0, 0) + f(0, -h)) / h**2]]
    second[0][1] = second[1][0] = (f(h, h) - f(h, -h) - f(-h, h) + f(-h, -h)) / (4 * h**2)
    assert hessian == pytest.approx(np.array(second), rel=1e-4)


def test_draws_come_from_the_truth_and_a_larger_n_adds_to_them():
    w = ProjectionByKl(n=1000, gap=5, seed=3)
    cdf = lambda y: 0.65 * special.ndtr(y + 2.5) + 0.35 * special.ndtr(y - 2.5)  # noqa: E731
    assert stats.kstest(w.data, cdf).pvalue > 1e-3
    assert ProjectionByKl(n=40, gap=5, seed=3).data == pytest.approx(w.data[:40])
    assert ProjectionByKl(n=40, gap=5, seed=4).data[0] != w.data[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mu": 6.5}, r"mu = 6\.5 .*from -6 to 6"),
        ({"mu": math.nan}, r"mu = nan .*from -6 to 6"),
        ({"sigma": 0}, r"sigma = 0 .*from 0\.3 to 5"),
        ({"gap": -1}, r"gap = -1 .*from 0 to 8"),
        ({"n": 4}, r"n = 4 .*from 5 to 1000"),
        ({"n": 20.5}, r"n = 20\.5 .*whole number"),
        ({"direction": "both"}, "direction"),
    ],
)
def test_bad_input_is_named_with_its_remedy(given, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ProjectionByKl(**given)
    w = ProjectionByKl()
    before = repr(w)
    with pytest.raises(traitlets.TraitError):
        setattr(w, *next(iter(given.items())))
    assert repr(w) == before


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_every_state_can_be_drawn(w, recwarn):
    assert "<svg" in w.to_svg()
    assert not [str(warning.message) for warning in recwarn]
