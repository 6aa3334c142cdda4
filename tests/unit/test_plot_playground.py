"""The playground: its Python numbers against closed forms and SciPy, JavaScript's against Python's."""

import itertools
import json
import math
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import traitlets
from scipy import integrate, special, stats
from test_explorables_numerics import DRIVER, node

from mlecore import explorables
from mlecore.explorables import Playground
from mlecore.explorables.playground import _MODELS, refusal, sample

FOLDER = Path(explorables.__file__).parent
STATE = list(Playground.class_own_traits(sync=True))


def run(module, calls):
    """Results of [[function, arguments], …] of a front-end module."""
    done = subprocess.run(
        [node(), str(DRIVER)],
        input=json.dumps([str(FOLDER / module), calls]),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def state(w):
    return {name: getattr(w, name) for name in STATE}


def numbers(value):
    """A flat list of floats; what is missing is NaN, infinities may come as strings."""
    if isinstance(value, list | tuple):
        return [number for part in value for number in numbers(part)]
    return [math.nan if value is None else float(str(value).replace("Infinity", "inf"))]


def places(family, prior):
    return {"flat": _MODELS[family].parameters[:1], "gamma": ("rate",)}.get(prior, _MODELS[family].parameters)


PAIRS = [
    (family, prior, on)
    for family, model in _MODELS.items()
    for prior in model.priors
    for on in places(family, prior)
]
NUMBERS = dict(center=0.3, scale=0.7, a=2.5, b=1.5, n=12)
EDGES = [
    dict(family="bernoulli", data=[0, 0, 0, 0]),
    dict(family="bernoulli", data=[1.0] * 6, prior="beta", a=0.5, b=0.5),
    dict(family="bernoulli", data=[1.0] * 6, prior="beta", a=2, b=3),
    dict(family="bernoulli", data=[0, 1], prior="laplace", center=0, scale=0.05),  # the mode is at the kink
    dict(family="bernoulli", data=[0], prior="normal", scale=3, coordinates="natural"),
    dict(family="poisson", data=[0, 0, 0]),
    dict(family="poisson", data=[0, 0, 0], prior="gamma", a=0.3, b=2),
    dict(family="poisson", data=[250.0, 271, 266]),
    dict(family="exponential", data=[1e-4]),
    dict(family="exponential", data=[3e5, 1e6], prior="normal", center=-10, scale=2),
    dict(family="normal", data=[1.0, 2.0]),  # an improper posterior
    dict(family="normal", data=[1.0, 2.0, 4.0]),  # tails like Cauchy's
    dict(family="normal", data=[170.1, 181.3, 166.2, 175.0, 190.4], prior="laplace", center=120, scale=0.5),
    dict(family="normal", data=[170.1, 181.3, 166.2, 175.0, 190.4], prior="normal", center=120, scale=0.5),
    dict(family="student_t", data=[0.1, -0.4, 0.3, 0.0, 8.0, 9.0], nu=1, prior="normal", center=8, scale=0.5),
    dict(family="student_t", nu=30, n=10, prior="laplace", center=3.5, scale=0.02),
    dict(family="gamma", data=[170.1, 181.3, 166.2, 175.0, 190.4]),  # shape and rate almost one direction
    dict(family="gamma", data=[0.02, 3.0], prior="normal", on="shape", scale=0.5),
]
TOLERANCE = {"credible": 1e-7, "median": 1e-7, "mle": 1e-9, "wald": 1e-9, "profile": 1e-8, "map": 1e-8}


def expected(w, quadrature):
    k = len(w.mle)
    wald = w.wald_interval
    found = {
        "mle": w.mle,
        "top": w.top,
        "map": w.map,
        "wald": [None] * k if wald is None else wald,
        "profile": w.profile_interval,
        "log_likelihood": w.log_likelihood,
        "score": w.score,
        "information": [w.information[i][j] for i in range(k) for j in range(i, k)],
        "log_posterior": w.log_posterior,
    }
    if quadrature:
        tail = (1 - w.level) / 2
        quantiles = w.quantiles([tail, 0.5, 1 - tail])
        found["credible"] = [q and (q[0], q[2]) for q in quantiles]
        found["median"] = [q and q[1] for q in quantiles]
    return found


def compare(w):
    """Every number of the page against Python's; quantiles are the same in both coordinates."""
    natural, free = run("playground_model.mjs", [
        ["report", [state(w) | {"coordinates": coordinates}]] for coordinates in ("natural", "free")
    ])
    for name in ("credible", "median", "profile", "mle", "top", "log_likelihood"):
        assert numbers(free[name]) == pytest.approx(numbers(natural[name]), rel=1e-12, nan_ok=True), name
    for got, coordinates in ((natural, "natural"), (free, "free")):
        w.coordinates = coordinates
        for name, value in expected(w, quadrature=coordinates == "natural").items():
            tolerance = TOLERANCE.get(name, 1e-10)
            size = max((abs(v) for v in numbers(value) if math.isfinite(v)), default=0)
            wanted = pytest.approx(numbers(value), rel=tolerance, abs=1e-10 * size + 1e-13, nan_ok=True)
            assert numbers(got[name]) == wanted, (name, coordinates)


@pytest.mark.parametrize(("family", "prior", "on"), PAIRS)
def test_every_family_and_prior(family, prior, on):
    compare(Playground(family, prior=prior, on=on, **NUMBERS))


@pytest.mark.parametrize("case", EDGES, ids=lambda case: "-".join(map(str, case.values())))
def test_edges(case):
    compare(Playground(**case))


@pytest.mark.parametrize("family", _MODELS)
def test_samples_and_start(family):
    """A seed means the same data on the page; a larger n continues them; they come from the truth marked."""
    drawn, started = run(
        "playground_model.mjs", [["draw", [family, 7, 300, 3.5]], ["draw", [family, 1, 20, 4]]]
    )
    assert drawn == sample(family, 7, 300, 3.5)
    assert drawn[:40] == sample(family, 7, 40, 3.5)
    w = Playground(family)
    assert started == w.data
    y = np.array(sample(family, 11, 4000))
    mu, sigma = _MODELS[family].truth if len(_MODELS[family].truth) == 2 else (_MODELS[family].truth[0], None)
    law = {
        "normal": lambda: stats.norm(mu, sigma),
        "exponential": lambda: stats.expon(scale=1 / mu),
        "student_t": lambda: stats.t(4, mu, sigma),
        "gamma": lambda: stats.gamma(mu, scale=1 / sigma),
    }.get(family)
    if law:
        assert (
            stats.kstest(y + 0.005 * (np.random.default_rng(1).random(y.size) * 2 - 1), law().cdf).pvalue
            > 1e-3
        )
    else:
        assert np.mean(y) == pytest.approx(mu, abs=4 * math.sqrt(mu / y.size))


# ---- the Python numbers are themselves right ----


def test_flat_posteriors_of_known_form():
    tail = [0.025, 0.5, 0.975]
    w = Playground("normal", n=9)
    y = np.array(w.data)
    spread = math.sqrt(np.sum((y - y.mean()) ** 2) / (y.size - 2))
    assert w.quantiles(tail)[0] == pytest.approx(
        stats.t(y.size - 2, y.mean(), spread / math.sqrt(y.size)).ppf(tail), rel=1e-9
    )
    variance = np.sum((y - y.mean()) ** 2) / stats.chi2(y.size - 2).isf(tail)
    assert w.quantiles(tail)[1] == pytest.approx(np.sqrt(variance), rel=1e-9)
    w = Playground("bernoulli", n=9, prior="beta", a=0.7, b=3)
    k = sum(w.data)
    assert w.quantiles(tail)[0] == pytest.approx(stats.beta(0.7 + k, 3 + 9 - k).ppf(tail), rel=1e-9)
    assert w.map[0] == pytest.approx((k - 0.3) / (9 + 0.7 + 3 - 2), rel=1e-10)
    w = Playground("poisson", n=9, prior="gamma", a=3, b=0.5)
    assert w.quantiles(tail)[0] == pytest.approx(
        stats.gamma(3 + sum(w.data), scale=1 / 9.5).ppf(tail), rel=1e-9
    )
    w = Playground("exponential", n=9, coordinates="free")
    assert w.quantiles(tail)[0] == pytest.approx(stats.gamma(10, scale=1 / sum(w.data)).ppf(tail), rel=1e-9)
    assert w.map[0] == pytest.approx(10 / sum(w.data), rel=1e-10)


def test_a_posterior_of_two_parameters_with_one_integral_known():
    """The rate of a gamma integrates out in closed form under its flat prior; so does μ of a normal."""
    w = Playground("gamma", n=8, prior="laplace", on="shape", center=0.4, scale=0.6)
    y, (low, high) = np.array(w.data), w.credible_interval[0]

    def shape_density(e):
        shape = math.exp(e)
        power = y.size * shape + 1
        return math.exp(
            (shape - 1) * np.log(y).sum()
            - y.size * math.lgamma(shape)
            + math.lgamma(power)
            - power * math.log(y.sum())
            - abs(e - 0.4) / 0.6
            + 15
        )

    cuts = [-8, math.log(low), 0.4, math.log(high), 6]
    mass = [
        integrate.quad(shape_density, a, b, epsabs=0, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(cuts)
    ]
    assert [mass[0] / sum(mass), mass[-1] / sum(mass)] == pytest.approx([0.025, 0.025], rel=1e-7)

    w = Playground("normal", [170.1, 181.3, 166.2, 175.0, 190.4], prior="laplace", center=120, scale=0.5)
    y, (low, high) = np.array(w.data), w.credible_interval[1]
    n, gap, b = y.size, y.mean() - 120, 0.5

    def sigma_density(e):
        s = math.exp(e) / math.sqrt(
            n
        )  # of the mean; a normal times each half of the Laplace is a normal's tail
        halves = (
            special.log_ndtr(np.array([gap / s - s / b, -gap / s - s / b]))
            + np.array([-1, 1]) * gap / b
            + s**2 / (2 * b**2)
        )
        return math.exp(
            -n * e
            - np.sum((y - y.mean()) ** 2) / 2 * math.exp(-2 * e)
            + math.log(s)
            + e
            + special.logsumexp(halves)
            + 30
        )

    cuts = [0, math.log(low), math.log(high), 40]
    mass = [
        integrate.quad(sigma_density, a, b, epsabs=0, epsrel=1e-11, limit=400)[0]
        for a, b in itertools.pairwise(cuts)
    ]
    assert [mass[0] / sum(mass), mass[-1] / sum(mass)] == pytest.approx([0.025, 0.025], rel=1e-6)


@pytest.mark.parametrize(("family", "prior", "on"), PAIRS)
def test_map_is_the_top_of_scipys_posterior(family, prior, on):
    for coordinates in ("natural", "free"):
        w = Playground(family, prior=prior, on=on, coordinates=coordinates, **NUMBERS)
        model = _MODELS[family]
        laws = {
            "normal": lambda y, t: stats.norm(*t).logpdf(y),
            "bernoulli": lambda y, t: stats.bernoulli(*t).logpmf(y),
            "poisson": lambda y, t: stats.poisson(*t).logpmf(y),
            "exponential": lambda y, t: stats.expon(scale=1 / t[0]).logpdf(y),
            "student_t": lambda y, t: stats.t(4, *t).logpdf(y),
            "gamma": lambda y, t: stats.gamma(t[0], scale=1 / t[1]).logpdf(y),
        }
        priors = {
            "flat": None,
            "normal": stats.norm(w.center, w.scale),
            "laplace": stats.laplace(w.center, w.scale),
            "beta": stats.beta(w.a, w.b),
            "gamma": stats.gamma(w.a, scale=1 / w.b),
        }

        def height(theta, w=w, laws=laws, priors=priors, model=model, coordinates=coordinates):
            total = laws[family](np.array(w.data), theta).sum()
            for name, link, v in zip(model.parameters, model.links, theta, strict=True):
                e, about = link.to(v), prior != "flat" and name == on
                free = about and prior in ("normal", "laplace")
                if about:
                    total += priors[prior].logpdf(e if free else v)
                log_jacobian = {"mu": 0.0, "p": math.log(v * (1 - v)) if name == "p" else 0}.get(name, None)
                log_jacobian = math.log(v) if log_jacobian is None else log_jacobian
                total += ((coordinates == "free") - free) * log_jacobian
            return float(total)

        best = np.array(w.map)
        assert w.log_posterior == pytest.approx(height(w.theta), rel=1e-10)
        top = height(best)
        for direction in (*np.eye(best.size), *-np.eye(best.size), np.ones(best.size), -np.ones(best.size)):
            for size in (1e-4, 1e-2, 0.2):
                near = best * (1 + size * direction)
                if family != "bernoulli" or 0 < near[0] < 1:
                    assert height(near) <= top + 1e-11


def test_the_mle_stays_and_the_map_moves():
    natural, free = (Playground("poisson", coordinates=c) for c in ("natural", "free"))
    assert natural.mle == free.mle
    assert natural.map == pytest.approx(natural.mle)
    assert free.map[0] == pytest.approx(
        natural.mle[0] + 1 / 20
    )  # (total + 1) / n: flat in λ is not flat in log λ
    assert natural.credible_interval[0] == pytest.approx(free.credible_interval[0])
    assert natural.profile_interval == free.profile_interval
    assert natural.wald_interval != free.wald_interval


def test_an_improper_posterior_is_said():
    assert Playground("normal", [1.0, 2.0]).credible_interval == [None, None]
    assert Playground("normal", [1.0, 2.0], prior="normal", on="sigma").credible_interval[1] is not None


# ---- bad input ----

BAD = [
    ("poisson", [1, 2, 3, 0, 4, 1, -2], r"value 7 is [-−]2: counts are whole numbers from 0"),
    ("poisson", [1.5], r"value 1 is 1\.5: counts"),
    ("bernoulli", [0, 2], r"value 2 is 2: Bernoulli values are 0 or 1"),
    ("exponential", [0.5, -1], r"value 2 is [-−]1: waiting times"),
    ("exponential", [0, 0], r"all values are 0"),
    ("gamma", [1, 0], r"value 2 is 0: gamma values are above 0"),
    ("gamma", [2, 2, 2], r"all values are 2"),
    ("gamma", [1000.0, 1000.1], r"spread is lost beside the mean: choose Normal"),
    ("normal", [5, 5, 5], r"all values are 5: the likelihood"),
    ("normal", [5], r"1 value: Normal needs at least 2"),
    ("normal", [5, 1e12], r"value 2, .* is larger than"),
    ("normal", [1e-300, 2e-300], r"value 1, 1e.300, is smaller than .* choose another unit"),
    ("student_t", [123456789.1, 123456789.2, 123456789.4], r"differ by too little .* subtract a number"),
    ("normal", [0.0] * 20001, r"20001 values: at most 20000"),
    ("student_t", [3, 3, 3, 3, 3, 3, 3, 3, 3, 1], r"3 stands 9 times among 10 values"),
]


@pytest.mark.parametrize(("family", "data", "message"), BAD, ids=[f"{f}-{m[:20]}" for f, _, m in BAD])
def test_data_are_refused_by_value(family, data, message):
    said = run("playground_model.mjs", [["refuse", [family, data, 4]]])[0]
    for text in (refusal(family, data), said):
        assert np.size(text) == 1
        assert re.search(message, text), text
    with pytest.raises(traitlets.TraitError, match=message):
        Playground(family, data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Playground("cauchy"), "cauchy.*choose one of normal"),
        (lambda: Playground(prior="beta"), "Normal has flat, normal, laplace"),
        (lambda: Playground("gamma", prior="gamma", on="shape"), "on = 'shape'.*rate"),
        (lambda: Playground(theta=[1.0]), "theta = .*mu, sigma"),
        (lambda: Playground(theta=[1.0, -1.0]), "theta = .*inside"),
        (lambda: Playground(scale=0), "scale = 0 .*0.01 to 1000"),
        (lambda: Playground(level=1.2), "level = 1.2"),
        (lambda: Playground(data=["x", 1]), "give a list of numbers"),
        (lambda: Playground(data=[1.0, math.nan]), "value 2, nan, is not a finite number"),
        (lambda: Playground("poisson", prior="normal", center=60), "center = 60.0 .*-20 to 20"),
    ],
)
def test_other_bad_input(make, message):
    with pytest.raises(traitlets.TraitError, match=message):
        make()


def test_a_refused_assignment_changes_nothing():
    w = Playground("poisson")
    before = repr(w)
    for name, value in (("data", [-1.0]), ("prior", "beta"), ("theta", [-1.0]), ("scale", -1)):
        with pytest.raises(traitlets.TraitError):
            setattr(w, name, value)
    assert repr(w) == before


def test_family_alone_moves_to_values_that_exist_in_it():
    w = Playground(prior="laplace", on="sigma")
    for family in [*_MODELS, "normal"]:
        w.family = family
        assert not refusal(family, w.data)
        assert len(w.theta) == len(w.mle)
        w.log_posterior  # noqa: B018
    own = Playground("poisson", [1, 2, 5])
    own.family = "exponential"
    assert own.data == [1, 2, 5]  # your values stay where the family can have them


# ---- text in, text out ----


def throws(module, calls):
    """The messages of the errors that calls raise."""
    source = (
        f"import * as m from {json.dumps((FOLDER / module).as_uri())};"
        f"const out = {json.dumps(calls)}.map(([f, a]) => {{ try {{ m[f](...a); return null; }}"
        " catch (e) { return e.message; } }); console.log(JSON.stringify(out));"
    )
    done = subprocess.run(
        [node(), "--input-type=module", "-e", source], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_numbers_and_files_are_read():
    typed, semicolon, quoted, bare, first = run(
        "playground_share.mjs",
        [
            ["parseNumbers", ["1, −2.5;3e2\n+4\t.5"]],
            ["columns", ["id;height\na;1.5\nb;2\n"]],
            ["columns", ['"a, b",c\r\n"1","2"\r\n3,4']],
            ["columns", ["1\n2\n3"]],
            ["firstColumn", [[{"name": "id", "words": ["a"]}, {"name": "x", "words": ["1"]}]]],
        ],
    )
    assert typed == [1, -2.5, 300, 4, 0.5]
    assert semicolon == [{"name": "id", "words": ["a", "b"]}, {"name": "height", "words": ["1.5", "2"]}]
    assert quoted == [{"name": "a, b", "words": ["1", "3"]}, {"name": "c", "words": ["2", "4"]}]
    assert bare == [{"name": "column 1", "words": ["1", "2", "3"]}]
    assert first == 1


def test_unreadable_text_is_refused_by_name():
    said = throws(
        "playground_share.mjs",
        [
            ["parseNumbers", ["1 2 abc"]],
            ["parseNumbers", [" "]],
            ["parseNumbers", ["1 0x10"]],
            ["parseNumbers", ["NaN"]],
            ["columns", [""]],
            ["columns", ["a,b\n"]],
            ["columnData", [{"name": "height", "words": ["1", "", "3"]}]],
            ["parseNumbers", ["<img src=x onerror=alert(1)>"]],
        ],
    )
    assert said[0] == "value 3, 'abc', is not a number"
    assert said[1].startswith("there are no values")
    assert said[2] == "value 2, '0x10', is not a number"
    assert said[3] == "value 1, 'NaN', is not a number"
    assert said[4] == "the file is empty"
    assert said[5] == "the file has names but no values"
    assert said[6] == "height: value 2 is empty"
    assert "is not a number" in said[7]


@pytest.mark.parametrize(("family", "prior", "on"), PAIRS)
def test_link_round_trip(family, prior, on):
    for w in (
        Playground(family, prior=prior, on=on, level=0.8, coordinates="free", view="log", **NUMBERS),
        Playground(family, [1.0, 1.0, 0.0] if family == "bernoulli" else [3.0, 1.0, 7.0], prior=prior, on=on),
    ):
        (link,) = run("playground_share.mjs", [["toLink", [state(w)]]])
        (back,) = run("playground_share.mjs", [["fromLink", [link, state(Playground())]]])
        kept = ["family", "data", "prior", "coordinates", "level", "view", "theta", "nu"]
        kept += {"flat": [], "normal": ["on", "center", "scale"], "laplace": ["on", "center", "scale"]}.get(
            prior, ["on", "a", "b"]
        )
        assert {name: back[name] for name in kept} == {name: getattr(w, name) for name in kept}
        assert ("seed" in link) == (w.n == 12)


BAD_LINKS = [
    ("family=cauchy", "family = 'cauchy' is not one of"),
    ("famly=normal", "'famly' is not a setting"),
    ("family=normal&family=poisson", "'family' is there twice"),
    ("family=poisson&y=1,2,-3", "value 3 is −3: counts"),
    ("y=1,2,abc", "value 3, 'abc', is not a number"),
    ("scale=1e9&prior=normal", "scale = 1000000000 is not between"),
    ("n=1e12", "n = 1000000000000 is not between"),
    ("n=2.5", "n = 2.5 is not a whole number"),
    ("theta=1,-1", "sigma = -1 is outside"),
    ("theta=1", "theta needs mu, sigma"),
    ("prior=beta", "Normal has the priors"),
    ("level=%zz", "not encoded"),
    ("__proto__=1", "'__proto__' is not a setting"),
    ("family=<script>alert(1)</script>", "is not one of"),
    ("y=" + "1," * 20000, "too long"),
]


@pytest.mark.parametrize(("link", "message"), BAD_LINKS, ids=[link[:20] for link, _ in BAD_LINKS])
def test_bad_links_are_refused(link, message):
    (said,) = throws("playground_share.mjs", [["fromLink", [link, state(Playground())]]])
    assert message in said


# ---- climbing ----


@pytest.mark.parametrize("coordinates", ["natural", "free"])
@pytest.mark.parametrize("family", _MODELS)
def test_both_optimizers_rise_and_newton_arrives(family, coordinates):
    code = """
    import * as m from %s;
    const s = %s, out = {};
    for (const kind of ["gradient", "newton"]) for (const of of ["likelihood", "posterior"]) {
      const M = m.model(s.family, s.data, s.nu), heights = [m.look(M, s, s.theta, of)[0]];
      let theta = s.theta;
      for (let i = 0; i < (kind === "newton" ? 12 : 400); i++) {
        theta = m.step(M, s, theta, kind, of).theta;
        heights.push(m.look(M, s, theta, of)[0]);
      }
      out[kind + of] = [theta, heights];
    }
    console.log(JSON.stringify(out));"""
    prior = "normal"
    w = Playground(family, prior=prior, center=0.5, scale=1, coordinates=coordinates)
    done = subprocess.run(
        [
            node(),
            "--input-type=module",
            "-e",
            code % (json.dumps((FOLDER / "playground_model.mjs").as_uri()), json.dumps(state(w))),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    for name, (theta, heights) in json.loads(done.stdout).items():
        assert np.all(np.diff(heights) >= -1e-9 * abs(heights[0])), name
        goal = w.map if "posterior" in name else w.mle
        assert theta == pytest.approx(goal, rel=1e-6 if name.startswith("newton") else 2e-2), name


@pytest.mark.parametrize(
    ("family", "prior", "on"),
    [("normal", "laplace", "mu"), ("bernoulli", "beta", "p"), ("gamma", "normal", "rate")],
)
def test_the_drawing_without_javascript(family, prior, on, recwarn):
    assert "<svg" in Playground(family, prior=prior, on=on).to_svg()
    assert not [str(warning.message) for warning in recwarn]
