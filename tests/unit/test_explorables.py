"""The live plots' Python side: checked traits, numbers, text forms, and the files that a page needs."""

import gzip
import itertools
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import statsmodels.api as sm
import traitlets
from scipy import integrate, special, stats
from sklearn import metrics
from test_explorables_numerics import node

from mlecore import explorables
from mlecore.explorables import (
    BellsOnResiduals,
    CentralLimit,
    Counts,
    CurvatureIsInformation,
    GaussianHill,
    PriorAgainstData,
    TailsAndOutliers,
    ThreeTests,
    TwoLosses,
    TwoReadings,
    two_losses,
)
from mlecore.explorables._base import bundle, modules, snake_case

PLOTS = [make for name in explorables.__all__ if isinstance(make := getattr(explorables, name), type)
         and issubclass(make, explorables.Explorable) and make is not explorables.Explorable]


# ---- bad input ----


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TwoReadings(theta=1.2), r"theta = 1\.2 .*between 0 and 1"),
        (lambda: TwoReadings(theta=math.nan), r"theta = nan .*finite"),
        (lambda: TwoReadings("exponential", theta=0), r"theta = 0\.0 .*positive"),
        (lambda: TwoReadings("poisson", y=-1), r"y = -1.* negative"),
        (lambda: TwoReadings(y=2.5), r"y = 2\.5 .*whole number"),
        (lambda: TwoReadings(y=11), r"(y = 11.*exceeds n|n = 10 .*exceeds it)"),
        (lambda: TwoReadings(n=0), r"n = 0 .*1 to 60"),
        (lambda: TwoReadings("gauss"), "family"),
        (lambda: GaussianHill([1.0, math.nan]), r"data\[1\] = nan .*finite"),
        (lambda: GaussianHill([]), r"shape \(0,\) .*at least 2"),
        (lambda: GaussianHill([[1.0, 2.0]]), r"shape \(1, 2\) .*flat"),
        (lambda: GaussianHill(["a", "b"]), r"\['a', 'b'\] .*numbers"),
        (lambda: GaussianHill([2.0, 2.0]), r"all equal to 2\.0 .*different"),
        (lambda: GaussianHill(sigma=0), r"sigma = 0 .*above 0"),
        (lambda: GaussianHill(sigma=-1), r"sigma = -1 .*above 0"),
        (lambda: GaussianHill(mu="x"), r"mu = 'x' .*finite"),
        (lambda: GaussianHill(seed=1.5), r"seed = 1\.5 .*whole"),
        (lambda: Counts(k=-1), r"k = -1 .*whole number from 0"),
        (lambda: Counts(n=5, k=6), r"(k = 6|n = 5) .*exceeds"),
        (lambda: Counts(n=0), r"n = 0 .*from 1"),
        (lambda: Counts(k=3, theta=1.5), r"theta = 1\.5 .*between 0 and 1"),
        (lambda: Counts("poisson", theta=-1), r"theta = -1 .*0 or more"),
        (lambda: Counts(truth=2.0), r"truth = 2\.0 .*between 0 and 1"),
        (lambda: Counts(k=3, truth=0.35), r"k = 3 .*leave out"),
        (lambda: Counts("geometric"), "family"),
        (lambda: GaussianHill(n=1), r"n = 1 .*at least 2"),
        (lambda: BellsOnResiduals([[0, 1], [1, 2]]), r"shape \(2, 2\) .*at least three"),
        (lambda: BellsOnResiduals([1.0, 2.0, 3.0]), r"shape \(3,\) .*at least three"),
        (lambda: BellsOnResiduals([[0, 1], [1, math.inf], [2, 2]]), r"points\[1\]\[1\] = inf .*finite"),
        (lambda: BellsOnResiduals([[1, 1], [1, 2], [1, 4]]), r"all at x = 1\.0 .*two different x"),
        (lambda: BellsOnResiduals([[0, 1], [1, 3], [4, 9]]), r"on one straight line .*off the line"),
        (lambda: BellsOnResiduals("abc"), r"'abc' is refused: give a list of \[x, y\]"),
        (lambda: BellsOnResiduals(sigma=0), r"sigma = 0 .*above 0"),
        (lambda: BellsOnResiduals(slope=math.nan), r"slope = nan .*finite"),
        (lambda: BellsOnResiduals(spread="free"), "spread"),
        (lambda: BellsOnResiduals(n=2), r"n = 2 .*at least 3"),
        (lambda: CurvatureIsInformation("cauchy"), "family"),
        (lambda: CurvatureIsInformation(n=51), r"n = 51 .*from 1 to 50"),
        (lambda: CurvatureIsInformation(replicates=1), r"replicates = 1 .*from 2 to 1000"),
        (lambda: CurvatureIsInformation("bernoulli", theta=1), r"theta = 1\.0 .*between 0\.02 and 0\.98"),
        (lambda: CurvatureIsInformation(theta=math.nan), r"theta = nan .*finite"),
        (lambda: TailsAndOutliers([1.0]), r"shape \(1,\) .*at least 2"),
        (lambda: TailsAndOutliers(outlier=math.inf), r"outlier = inf .*finite"),
        (lambda: TailsAndOutliers(k=0), r"k = 0 .*above 0"),
        (lambda: TailsAndOutliers(nu=0.05), r"nu = 0\.05 .*0\.1 to 1000"),
        (lambda: TwoLosses(classes="three"), "classes"),
        (lambda: PriorAgainstData("flat"), "show"),
        (lambda: PriorAgainstData(scale=0), r"scale = 0 .*0\.05 to 5"),
        (lambda: PriorAgainstData(center=math.nan), r"center = nan .*from -5 to 7"),
        (lambda: PriorAgainstData(n=0), r"n = 0 .*1 to 1000"),
        (lambda: PriorAgainstData(q=0.5), r"q = 0\.5 .*from 1 to 2"),
        (lambda: PriorAgainstData(rho=1), r"rho = 1 .*-0\.9 to 0\.9"),
        (lambda: TwoLosses(steps=1001), r"steps = 1001 .*0 to 1000"),
        (lambda: TwoLosses(rate=0), r"rate = 0 .*above 0, at most 10"),
        (lambda: CentralLimit(family="normal", n=1), r"n = 1 .*2 to 100"),
        (lambda: CentralLimit(samples=3001), r"samples = 3001 .*0 to 3000"),
        (lambda: CentralLimit(p=0), r"p = 0 .*0\.01 to 0\.99"),
        (lambda: CentralLimit(family="cauchy"), "family"),
        (lambda: ThreeTests("normal"), "family"),
        (lambda: ThreeTests("binomial", n=10, total=10), r"total must be between 1 and 9"),
        (lambda: ThreeTests("binomial", n=1), r"n of at least 2"),
        (lambda: ThreeTests("binomial", theta0=1), r"theta0 .*between 0 and 1"),
        (lambda: ThreeTests("poisson", total=2.5), r"total = 2\.5 .*whole number"),
        (lambda: ThreeTests(theta0=0), r"theta0 = 0 .*above 0"),
        (lambda: ThreeTests(total=100), r"total must be between 1 and 25"),
        (lambda: ThreeTests(scale="sqrt"), "scale"),
        (lambda: TwoLosses(start_slope=101), r"start_slope = 101 .*from -100 to 100"),
        (lambda: TwoLosses(start_intercept=math.nan), r"start_intercept = nan .*from -100 to 100"),
    ],
)
def test_bad_input_is_named_with_its_remedy(make, message):
    with pytest.raises(traitlets.TraitError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (TwoReadings, "theta", 2.0),
        (TwoReadings, "y", 11),
        (TwoReadings, "n", 2),
        (GaussianHill, "sigma", 0.0),
        (GaussianHill, "data", []),
        (Counts, "k", -3),
        (Counts, "k", 21),
        (Counts, "theta", math.inf),
        (BellsOnResiduals, "points", [[0, 0], [1, 1], [2, 2]]),
        (BellsOnResiduals, "show", "rings"),
        (TwoLosses, "steps", -1),
        (PriorAgainstData, "strength", -0.1),
        (TailsAndOutliers, "data", [1.0, math.nan]),
        (CurvatureIsInformation, "theta", 3.5),
        (ThreeTests, "n", 30),
        (ThreeTests, "total", 0.5),
    ],
)
def test_a_refused_assignment_changes_nothing(make, name, value):
    w = make()
    before = repr(w)
    with pytest.raises(traitlets.TraitError):
        setattr(w, name, value)
    assert repr(w) == before


# ---- numbers ----

READINGS = [
    TwoReadings(theta=0.4, y=3),
    TwoReadings(theta=0.9, y=0, n=4),
    TwoReadings("exponential", theta=2.0, y=0.7),
    TwoReadings("poisson", theta=4.5, y=6),
    TwoReadings("normal", theta=1.0, y=-0.5),
]


@pytest.mark.parametrize("w", READINGS, ids=repr)
def test_areas(w):
    """Against closed forms: the classes integrate numerically."""
    n, y = w.n, w.y
    area, ruler = {
        "binomial": (1 / (n + 1), n / (y * (n - y)) if 0 < y < n else math.inf),
        "exponential": (1 / y**2 if y else math.inf, 1 / y if y else math.inf),
        "poisson": (1, 1 / y if y else math.inf),
        "normal": (1, None),
    }[w.family]
    assert w.density_area == pytest.approx(1, rel=1e-9)
    assert w.likelihood_area == pytest.approx(area, rel=1e-9)
    assert w.ruler_area == (None if ruler is None else pytest.approx(ruler, rel=1e-9))


def test_an_exponential_at_zero_has_no_finite_area():
    assert TwoReadings("exponential", y=0).likelihood_area == math.inf


def test_family_alone_moves_to_values_that_exist_in_it():
    w = TwoReadings("normal", theta=-2.0, y=-1.5)
    w.family = "binomial"
    assert 0 <= w.theta <= 1
    assert 0 <= w.y <= w.n
    w = Counts("poisson", n=10)
    w.family = "bernoulli"
    assert 0 <= w.theta <= 1
    assert w.k <= w.n
    w = Counts("poisson", n=10, k=40)
    w.family = "bernoulli"
    assert w.k == 10


def test_gaussian_hill_numbers():
    y = np.array([1.2, 2.0, 3.9, 4.4, 0.3])
    w = GaussianHill(y, mu=2.5, sigma=0.8)
    assert w.data == y.tolist()
    assert w.log_likelihood == pytest.approx(stats.norm(2.5, 0.8).logpdf(y).sum(), rel=1e-12)
    step = 1e-6
    slope = [
        (stats.norm(2.5 + a, 0.8 + b).logpdf(y).sum() - stats.norm(2.5 - a, 0.8 - b).logpdf(y).sum())
        / (2 * step)
        for a, b in ((step, 0), (0, step))
    ]
    assert w.score == pytest.approx(slope, rel=1e-6)
    assert w.mle == pytest.approx(stats.norm.fit(y), rel=1e-9)


@pytest.mark.parametrize(
    "w",
    [
        Counts(n=30),
        Counts(n=12, k=0),
        Counts(n=12, k=12),
        Counts("poisson", n=8),
        Counts("poisson", n=5, k=0),
        Counts("poisson", n=2, k=31),
    ],
    ids=repr,
)
def test_counts_numbers(w):
    law = stats.bernoulli if w.family == "bernoulli" else stats.poisson
    assert w.data.size == w.n
    assert w.data.sum() == w.k
    assert w.log_likelihood == pytest.approx(law(w.theta).logpmf(w.data).sum())
    assert w.likelihood == pytest.approx(math.exp(w.log_likelihood))
    # An end of the interval is where twice the drop is the χ² quantile, or the edge of the parameter space.
    top = law(w.estimate).logpmf(w.data).sum() if 0 < w.k and (w.family == "poisson" or w.k < w.n) else 0.0
    edge = (0.0, 1.0 if w.family == "bernoulli" else math.inf)
    for end, limit, at_limit in zip(w.likelihood_interval, edge, (w.k == 0, w.k == w.n), strict=True):
        if (at_limit and w.family == "bernoulli") or (end == 0 and w.k == 0):
            assert end == limit
        else:
            assert 2 * (top - law(end).logpmf(w.data).sum()) == pytest.approx(
                stats.chi2(1).ppf(0.95), rel=1e-8
            )
    low, high = w.wald_interval
    assert (high == low) == (w.k == 0 or (w.family == "bernoulli" and w.k == w.n))


BELLS = [
    BellsOnResiduals(intercept=1.5, slope=0.7, show="both"),
    BellsOnResiduals(spread="fixed", sigma=0.4, show="squares"),
    BellsOnResiduals([[0, 1], [0, 3], [1, 2]], slope=-2, intercept=40),
    BellsOnResiduals(n=200, seed=3),
    BellsOnResiduals([[0, 0], [1, 1], [2, 3]], intercept=0, slope=1, sigma=1e-3, spread="fixed"),
]


@pytest.mark.parametrize("w", BELLS, ids=range(len(BELLS)))
def test_bells_numbers(w):
    x, y = np.array(w.points).T
    residual = y - w.intercept - w.slope * x
    ols = sm.OLS(y, sm.add_constant(x)).fit()
    assert w.sse == pytest.approx(np.sum(residual**2), rel=1e-12)
    assert w.best_line == pytest.approx(ols.params, rel=1e-9, abs=1e-12)
    assert w.best_sse == pytest.approx(ols.ssr, rel=1e-10)
    if w.spread == "estimated":
        assert w.best_log_likelihood == pytest.approx(ols.llf, rel=1e-10)
        # The bells' width is the best one for this line, whatever the line.
        around = [stats.norm(0, w.scale * f).logpdf(residual).sum() for f in (0.99, 1, 1.01)]
        assert max(around) == around[1] == pytest.approx(w.log_likelihood, rel=1e-10)
    else:
        assert w.log_likelihood == pytest.approx(stats.norm(0, w.sigma).logpdf(residual).sum(), rel=1e-10)
    w2 = BellsOnResiduals(w.points, intercept=w.best_line[0], slope=w.best_line[1])
    assert w2.s2 == pytest.approx(ols.mse_resid, rel=1e-9)
    assert w2.sigma2_mle == pytest.approx(ols.ssr / x.size, rel=1e-9)
    assert w._drop(w.sse / w.best_sse) == pytest.approx(w.log_likelihood - w.best_log_likelihood, rel=1e-8)


TAILS = [
    TailsAndOutliers(),
    TailsAndOutliers(outlier=-3, k=0.2, nu=0.4),
    TailsAndOutliers([0, 0.5, 9.0], outlier=10, k=1),
    TailsAndOutliers([2, 2], outlier=2),
    TailsAndOutliers(seed=4, outlier=1e4, nu=1000),
]


@pytest.mark.parametrize("w", TAILS, ids=repr)
def test_tails_numbers(w):
    laws = {
        "gaussian": stats.norm.logpdf,
        "laplace": stats.laplace.logpdf,
        "huber": lambda r: -special.huber(w.k, r),
        "student_t": lambda r: stats.t.logpdf(r, w.nu),
    }
    assert w.gaussian == pytest.approx(np.mean(w.y), abs=1e-12)
    r = np.linspace(-6, 9, 41) + 0.013
    for model, law in laws.items():
        mu = getattr(w, model)
        around = np.concatenate([np.linspace(w.y.min(), w.y.max(), 5001), [mu - 1e-4, mu + 1e-4]])
        assert law(w.y - mu).sum() >= law(w.y[:, None] - around).sum(axis=0).max() - 1e-10
        log_density = w.log_density(model, r)
        if model == "huber":  # normalized: SciPy has only the loss
            density = lambda v: math.exp(w.log_density("huber", v))  # noqa: E731
            mass = integrate.quad(density, -60, 60, points=[-w.k, w.k])[0]
            assert mass == pytest.approx(1, abs=1e-4)
            assert log_density - law(r) == pytest.approx(np.full(r.size, w.log_density(model, 0.0)))
        else:
            assert log_density == pytest.approx(law(r), rel=1e-9)
        slope = -(law(r + 1e-6) - law(r - 1e-6)) / 2e-6
        assert w.influence(model, r) == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_who_follows_the_outlier():
    near, far = TailsAndOutliers(outlier=5), TailsAndOutliers(outlier=50)
    assert far.gaussian - near.gaussian == pytest.approx(4.5)
    assert far.laplace == near.laplace
    assert far.huber == pytest.approx(near.huber, abs=1e-12)
    clean = TailsAndOutliers(outlier=0).student_t
    assert abs(far.student_t - clean) < abs(near.student_t - clean) / 3


DESCENTS = [
    TwoLosses(),
    TwoLosses(steps=0, start_intercept=0, start_slope=0),
    TwoLosses(classes="separable", seed=7, steps=300, start_slope=1),
    TwoLosses(seed=3, rate=0.3, steps=1000, start_intercept=-100, start_slope=100),
]


@pytest.mark.parametrize("w", DESCENTS, ids=repr)
def test_two_losses_numbers(w):
    x, y = w.x, w.y
    expected = {
        "cross_entropy": lambda a: metrics.log_loss(y, special.expit(a[0] + a[1] * x)),
        "squared_error": lambda a: metrics.brier_score_loss(y, special.expit(a[0] + a[1] * x)),
    }
    for loss, value in expected.items():
        path = w.path(loss)
        assert path.shape == (w.steps + 1, 2)
        assert path[0].tolist() == [w.start_intercept, w.start_slope]
        end = path[-1]
        now, accuracy, norm = getattr(w, loss)
        if np.abs(end[0] + end[1] * x).max() < 30:  # scikit-learn clips probabilities
            assert now == pytest.approx(value(end), rel=1e-9)
        assert accuracy == metrics.accuracy_score(y, end[0] + end[1] * x > 0)
        assert norm == pytest.approx(math.hypot(*end))
        for a, b in itertools.pairwise(path[:9]):  # each step is against the gradient
            if np.abs(a).max() < 9:
                gradient = [(value(a + h) - value(a - h)) / 2e-3 for h in 1e-3 * np.eye(2)]
                length = np.linalg.norm(gradient)
                assert a - b == pytest.approx(np.linalg.norm(a - b) / length * np.array(gradient), abs=5e-4)
    if w.classes == "separable":
        assert w.minimum("cross_entropy") is None
        assert x[y == 1].min() > x[y == 0].max()
    else:
        fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
        assert w.minimum("cross_entropy") == pytest.approx(fit.params, rel=1e-6)
        other = np.array(w.minimum("squared_error"))
        around = [expected["squared_error"](other + 0.02 * d) for d in np.vstack([np.eye(2), -np.eye(2)])]
        assert expected["squared_error"](other) < min(around)


def test_safe_steps_rest_on_the_largest_curvature():
    t = np.linspace(-12, 12, 200001)
    p = special.expit(t)
    assert two_losses.STEEPEST["cross_entropy"] == pytest.approx(np.max(p * (1 - p)), rel=1e-8)
    bend = np.abs(2 * p * (1 - p) ** 2 * (1 - 3 * p))
    assert two_losses.STEEPEST["squared_error"] == pytest.approx(bend.max(), rel=1e-8)


def test_without_a_minimum_the_weights_grow_under_both_losses():
    for loss in ("cross_entropy", "squared_error"):
        start = {"classes": "separable", "start_intercept": 0, "start_slope": 0}
        norms = [getattr(TwoLosses(**start, steps=k), loss)[2] for k in (10, 100, 1000)]
        assert norms[0] < norms[1] / 1.3 < norms[2] / 1.69
    with pytest.raises(ValueError, match="hinge"):
        TwoLosses().path("hinge")


def test_the_product_underflows_where_the_sum_does_not():
    w = Counts(n=2000)
    assert w.likelihood == 0.0
    assert -2000 < w.log_likelihood < -745


def test_a_larger_n_continues_the_same_sample():
    w = Counts(n=50, seed=4)
    first = w.data
    w.n = 200
    np.testing.assert_array_equal(w.data[:50], first)
    assert w.k == w.data.sum()
    w.k = 3
    assert w.truth is None


def test_a_seed_means_data():
    assert GaussianHill(seed=5).data == GaussianHill(seed=5).data != GaussianHill(seed=6).data
    assert BellsOnResiduals(seed=5).points == BellsOnResiduals(seed=5).points != BellsOnResiduals().points
    x, y = np.array(BellsOnResiduals(seed=3, n=400).points).T
    assert stats.kstest(y - 2 - 0.6 * x, stats.norm(0, 1.2).cdf).pvalue > 1e-3
    many = GaussianHill(seed=3, n=400).data
    assert stats.kstest(many, stats.norm(3.5, 1.2).cdf).pvalue > 1e-3


# ---- widgets ----


def test_observe():
    w, seen = GaussianHill(), []
    w.observe(lambda change: seen.append((change["old"], change["new"])), "mu")
    w.mu = 3
    assert seen == [(2.0, 3.0)]


@pytest.mark.parametrize("make", PLOTS)
def test_text_form_rebuilds_the_plot(make):
    w = make()
    assert repr(w) == repr(make())  # no addresses: notebooks compare it
    again = eval(repr(w), {make.__name__: make})
    assert repr(again) == repr(w)
    assert w._anywidget_id == f"mlecore.explorables.{make.__name__}"


@pytest.mark.parametrize("make", PLOTS)
def test_bundle_offers_view_figure_and_text(make):
    w = make()
    data, _ = w._repr_mimebundle_()
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json", "image/svg+xml"}
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == w.model_id
    svg = ElementTree.fromstring(data["image/svg+xml"])
    assert svg.tag.endswith("svg")
    assert make().to_svg() == w.to_svg()


@pytest.mark.parametrize(
    "w",
    [
        *READINGS,
        Counts(k=0),
        Counts(k=20),
        Counts("poisson", n=3, k=0),
        Counts(n=3000),
        GaussianHill([0.0, 1e-3], mu=5),
        GaussianHill([1e6, 2e6, 5e6], sigma=1e6),
        *BELLS,
        *DESCENTS,
        *TAILS,
    ],
    ids=repr,
)
def test_every_state_can_be_drawn(w, recwarn):
    assert "<svg" in w.to_svg()
    assert not [str(warning.message) for warning in recwarn]


# ---- files ----


def test_import_is_light():
    code = "import sys, mlecore.explorables; print('matplotlib' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_static_files_are_complete_and_hostless():
    files = explorables.static_files()
    assert {"loader.mjs", "numerics.mjs", "kit.mjs", "palette.mjs", "explorables.css"} < set(files)
    assert {f"{snake_case(make.__name__)}.mjs" for make in PLOTS} < set(files)
    for name, text in files.items():
        for imported in re.findall(r'^import .* from "(.*)";', text, re.MULTILINE):
            assert imported.removeprefix("./") in files, name
        code = re.sub(r"^\s*(//|/?\*).*$", "", text, flags=re.MULTILINE)  # comments may cite
        assert set(re.findall(r"https?://[^\"'\s]+", code)) <= {"http://www.w3.org/2000/svg"}, name


@pytest.mark.parametrize("make", PLOTS)
def test_size_over_the_wire(make):
    """Loader, shared modules and one plot stay under 25 kB compressed; the playground, a page, 56 kB."""
    files = explorables.static_files()
    names = ("loader.mjs", *modules(f"{snake_case(make.__name__)}.mjs"))
    size = sum(len(gzip.compress(files[name].encode(), 9)) for name in names)
    assert size < (56_000 if make is explorables.Playground else 25_000)


@pytest.mark.parametrize("make", PLOTS)
def test_jupyter_gets_one_module_without_imports(make, tmp_path):
    source = bundle(f"{snake_case(make.__name__)}.mjs")
    assert make()._esm == source
    assert not re.search(r"^import ", source, re.MULTILINE)
    assert len(re.findall(r"^export ", source, re.MULTILINE)) == 1
    # One scope for all: a name declared twice would only show in Jupyter.
    (tmp_path / "plot.mjs").write_text(source, "utf-8")
    check = subprocess.run([node(), "--check", str(tmp_path / "plot.mjs")], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_quadrature_reference_is_itself_right():
    """The closed forms of the areas, for one case each, by SciPy's own quadrature of its own densities."""
    assert integrate.quad(lambda p: stats.binom(7, p).pmf(2), 0, 1)[0] == pytest.approx(1 / 8)
    assert integrate.quad(lambda rate: stats.expon(scale=1 / rate).pdf(0.7), 0, np.inf)[0] == pytest.approx(
        1 / 0.49
    )
