"""The reader of LaTeX is right where it answers, and refuses what it does not understand."""

import random

import mpmath as mp
import numpy as np
import pytest
import sympy
from scipy import integrate, stats
from sympy.printing.latex import LatexPrinter

from tests.derivations._check import (
    Equation,
    Fn,
    Operator,
    average,
    double,
    gauss_hermite,
    iid,
    symbol,
)
from tests.derivations._latex import Parser
from tests.derivations._tokens import LatexError, canonical
from tests.derivations._values import equal, to_mp

A, B, C = 1.7, 0.6, 2.3
Y = [1.2, 3.1, -0.4]
X = np.array([[1.0, 2.0], [3.0, 5.0], [-1.0, 4.0]])


def value(latex, env=()):
    """Value of one expression with a, b, c, y, n, X and more bound."""
    env = {"a": A, "b": B, "c": C, "y": Y, "n": 3, r"\mu": 0.7, r"\sigma": 1.3, "X": X, **dict(env)}
    parser = Parser(latex, {symbol(k): to_mp(v) for k, v in env.items()})
    node = parser.expression()
    if parser.at < len(parser.tokens):
        raise parser.error("unexpected text")
    return node(parser.env)


@pytest.mark.parametrize(("latex", "expected"), [
    ("2a b - c", 2 * A * B - C),
    ("-a^2", -(A**2)),
    ("-a b + c", -A * B + C),
    ("a^{-1} b", B / A),
    (r"2^{3^2}", 512),
    (r"a - b - c", A - B - C),
    (r"a \cdot b \times c / 2", A * B * C / 2),
    (r"\frac12 a + \frac{a}{b} c", A / 2 + A / B * C),
    (r"\tfrac{1}{2}\,\dfrac ab", A / B / 2),
    (r"\sqrt{a^2+b} + \sqrt[3]{c}", np.sqrt(A**2 + B) + np.cbrt(C)),
    (r"\left| a - c \right|", C - A),
    (r"\log 2\pi a + b", np.log(2 * np.pi * A) + B),
    (r"\log(a b) c", np.log(A * B) * C),
    (r"\log\left(\frac{a}{b}\right)", np.log(A / B)),
    (r"a\log b\,\sum_{i=1}^n y_i", A * np.log(B) * sum(Y)),
    (r"\log_{10} a + \log_2 b", np.log10(A) + np.log2(B)),
    (r"\log^2 a", np.log(A) ** 2),
    (r"\ln a", np.log(A)),
    (r"e^{-a} + \exp\{-b\}", np.exp(-A) + np.exp(-B)),
    (r"\sin^2(a) + \cos^2(a)", 1),
    (r"|a - c| + \lvert b \rvert + \left| -c \right|", abs(A - C) + B + C),
    (r"\lVert X \rVert", np.linalg.norm(X)),
    (r"4! + \binom{5}{2}", 34),
    (r"\lfloor a \rfloor + \lceil a \rceil", 3),
    (r"\sum_{i=1}^{n} (y_i - \mu)^2 - n\mu", sum((v - 0.7) ** 2 for v in Y) - 2.1),
    (r"\sum_i y_i^2", sum(v**2 for v in Y)),
    (r"\sum_{i=1}^n \sum_{j=1}^{n} y_i y_j", sum(Y) ** 2),
    (r"\sum_{i=2}^{n} y_i y_{i-1}", Y[1] * Y[0] + Y[2] * Y[1]),
    (r"\sum_{k \in \{1, 3\}} y_k", Y[0] + Y[2]),
    (r"\sum_{k \in \{0, 1, \dots, n\}} k", 6),
    (r"\sum_{k=0}^{\infty} \frac{a^k}{k!}", np.exp(A)),
    (r"\prod_{i=1}^n y_i", np.prod(Y)),
    (r"\int_0^1 a x^2 \, dx + b", A / 3 + B),
    (r"\int_{-\infty}^\infty e^{-x^2/2}\,\mathrm{d}x", np.sqrt(2 * np.pi)),
    (r"\int_0^1 \int_0^a x t \,dt \,dx", A**2 / 4),
    (r"\int_0^a x \, dx \cdot c", A**2 / 2 * C),
    (r"\frac{d}{da} \left[ a^3 + b \right]", 3 * A**2),
    (r"\frac{\partial}{\partial\mu} \log \sigma\mu", 1 / 0.7),
    (r"\frac{d}{d\mu} \sum_{i=1}^n (y_i-\mu)^2", -2 * sum(v - 0.7 for v in Y)),
    (r"\frac{\partial^2 (a^3 b^2)}{\partial a \, \partial b}", 6 * A**2 * B),
    (r"\frac{\partial \log \sigma}{\partial \sigma^2}", 1 / (2 * 1.3**2)),
    (r"\frac{\partial^2 \log\sigma}{\partial(\sigma^2)^2}", -1 / (2 * 1.3**4)),
    (r"\frac{\partial^2 \log\sigma}{(\partial\sigma^2)^2}", -1 / (2 * 1.3**4)),
    (r"\frac{d(a^2)}{da}\Big|_{a=b}", 2 * B),
    (r"\left. \frac{d}{da} a^2 + a \right|_{a=b} + c", 2 * B + B + C),
    (r"X^\top X", X.T @ X),
    (r"(X^\top X)^{-1}", np.linalg.inv(X.T @ X)),
    (r"\begin{pmatrix} a & b \\ 0 & c \end{pmatrix}", [[A, B], [0, C]]),
    (r"X_{12} + X_{3,2}", 6),
    (r"\begin{cases} a & \text{if } b < 1 \\ c & \text{otherwise} \end{cases}", A),
    (r"\begin{cases} a & \text{if } b > 1, \\ c & b \le 1. \end{cases}", C),
    (r"\max(a, b) + \min\{a, b\}", A + B),
    (r"\underbrace{a + b}_{\text{a sum}} c", (A + B) * C),
    (r"2{,}000 a", 2000 * A),
    (r"a \tag{3} + b", A + B),
])  # fmt: skip
def test_values(latex, expected):
    assert equal(value(latex), to_mp(np.array(expected) if isinstance(expected, list) else expected))


def test_bound_functions_operators_and_events():
    normal = Fn(lambda m, v: mp.log(v) * m**2, r"\mu", r"\sigma^2")
    env = {
        "f": lambda y, m: y + 10 * m,
        r"\ell": normal,
        "P": lambda event: (event.name, event.relation, event.value),
        r"\mathbb{1}": lambda event: event.left == event.value,
        r"\mathbb{E}": Operator(lambda g: (g({"y": 1}) + g({"y": 3})) / 2),
        r"\operatorname{KL}": lambda p, q: p - q,
        "L": lambda p: p * (1 - p),
        "dom p": (0, 1),
        "T": 5,
        r"\hat\theta_n": 4,
        r"\theta^*": 6,
        r"\nabla\ell": 7,
    }
    for latex, expected in [
        (r"f(a \mid b)", A + 10 * B),
        (r"2 f\bigl(a; b\bigr)^2", 2 * (A + 10 * B) ** 2),
        (r"\log f(a | b) + c", np.log(A + 10 * B) + C),
        (r"\ell(\mu, \sigma^2)", np.log(1.69) * 0.49),
        (r"\ell + 1", np.log(1.69) * 0.49 + 1),
        (r"\frac{\partial \ell}{\partial \mu}", np.log(1.69) * 1.4),
        (r"\frac{\partial \ell}{\partial \sigma^2}", 0.49 / 1.69),
        (r"\frac{\partial^2 \ell}{\partial \mu\,\partial \sigma^2}", 1.4 / 1.69),
        (r"\frac{\partial^2 \ell}{\partial \mu^2}", 2 * np.log(1.69)),
        (r"\ell'(a, b)", 2 * A * np.log(B)),
        (r"L''(a)", -2),
        (r"\mathbb{E}[y^2] - \mathbb{E}[y]^2", 1),
        (r"\mathbb E\left[a y\right]", 2 * A),
        (r"\operatorname{KL}(a, b)", A - B),
        (r"\mathbb{1}[a = a] + \mathbb{1}[a = b]", 1),
        (r"\int L(p)\,dp", 1 / 6),
        (r"\arg\max_p L(p)", 0.5),
        (r"\operatorname{arg\,max}_{p} \log L(p)", 0.5),
        (r"\max_{p} L(p)", 0.25),
        (r"a^T", A**5),
        (r"\hat{\theta}_{n} + \theta^{*}", 10),
        (r"\nabla \ell", 7),
    ]:
        assert equal(value(latex, env=env), to_mp(expected)), latex
    assert value("P(Y \\le a)", env=env) == ["Y", r"\le", mp.mpf(A)]


@pytest.mark.parametrize(("latex", "why"), [
    (r"1/2 a", "two ways"),
    (r"a^23", "number after a factor"),
    (r"a 2", "number after a factor"),
    (r"\log a (1 - a)", "argument of .log end"),
    (r"\log(a)^2", "two ways"),
    (r"a + q", "q is not bound"),
    (r"\frac{a}{b", "ends"),
    (r"(a + b]", "expected"),
    (r"\sum y_i", "needs an index"),
    (r"\sum_{k} k", "no limits for k"),
    (r"\sum_{k=1} k", "needs an index"),
    (r"\int_0^1 a x", "dx"),
    (r"\foo a", "expected an expression"),
    (r"a \pm b", "unexpected text"),
    (r"y \cdot a", "array"),
    (r"X + a", "matrix and a number"),
    (r"\frac{\partial a}{\partial b}", "bound to a number"),
    (r"\frac{\partial^2 (a^3 b)}{\partial a^3 \partial b}", "order 2"),
    (r"\begin{array}{c} a \end{array}", "array"),
    (r"", "expected an expression"),
])  # fmt: skip
def test_refusals_say_where_and_why(latex, why):
    with pytest.raises(LatexError, match=why):
        value(latex)


def test_the_position_is_in_the_message():
    with pytest.raises(LatexError, match="at character 8: …a \\+ b \\+ ⟨here⟩"):
        value(r"a + b + \times c")


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_sympy_on_its_own_latex(seed):
    rng = random.Random(seed)
    symbols = sympy.symbols("a b c mu sigma")

    def grow(depth):
        if depth == 0:
            return rng.choice([*symbols, sympy.Rational(rng.randint(1, 9), rng.randint(1, 9))])
        x, y = grow(depth - 1), grow(depth - 1)
        return rng.choice([x + y, x - y, x * y, x / y, -x, x**2, sympy.log(x**2 + 1), sympy.exp(-(x**2) / 9),
                           sympy.sqrt(x**2 + y**2), 1 / (1 + sympy.exp(x))])  # fmt: skip

    class Printer(LatexPrinter):
        def _print_log(self, log, exp=None):  # SymPy's own \log{(x)}^{2} is refused
            return rf"\log{f'^{{{exp}}}' if exp else ''}\left({self._print(log.args[0])}\right)"

    expression = grow(4)
    at = dict(zip(symbols, (sympy.Float(v, 40) for v in (A, B, C, 0.7, 1.3)), strict=True))
    expected = expression.subs(at).evalf(40)
    latex = Printer().doprint(expression)
    assert equal(value(latex), mp.mpf(str(expected)), 1e-20), latex


def statements(latex, env):
    return Parser(latex, {symbol(k): to_mp(v) for k, v in env.items()}).statements()


@pytest.mark.parametrize(("latex", "sides"), [
    ("a = b", [2]),
    ("a = b, b = c", [2, 2]),
    (r"a = b \quad\text{and}\quad b = c.", [2, 2]),
    (r"\begin{aligned} a &= b \\ &= c \end{aligned}", [3]),
    (r"\begin{aligned} a &= b \\[4pt] &\quad + c \\ &= c \end{aligned}", [3]),
    (r"\begin{aligned} a &= b \\ &\qquad - \sum_{i=1}^n c \\ c &= a\end{aligned}", [2, 2]),
    (r"\begin{aligned} a &= b \\ -a &= c \end{aligned}", [2, 2]),
    (r"a = \begin{cases} a & b > 1 \\ c & b \le 1 \end{cases}", [2]),
    (r"a \to b \qquad (n \to \infty)", [2]),
    (r"a := b", [2]),
])
def test_statements_of_a_display(latex, sides):
    found = statements(latex, {"a": 1, "b": 2, "c": 3, "n": 2})
    assert [len(s.clauses[0][0]) for s in found] == sides


def test_every_name_has_one_spelling():
    for spelling in (r"\hat{\theta}_{n}", r"\hat \theta _n", r"\widehat{\theta}_n"):
        assert canonical(spelling) == symbol(spelling) == r"\hat\theta_n"
    assert symbol(r"\theta_n^*") == symbol(r"\theta^\ast_n") == r"\theta_n^*"
    assert symbol(r"\bar{y}") == r"\bar y"


ENVIRONMENTS = [{"y": [1.2, 3.1, -0.4], "n": 3, r"\bar y": 1.3}, {"y": [2.0, 5.5], "n": 2, r"\bar y": 3.75}]


def test_a_failure_names_the_equation_and_both_values():
    with pytest.raises(AssertionError) as failure:
        Equation("eq-mean", r"\bar y = \frac{1}{n-1} \sum_{i=1}^n y_i").holds(*ENVIRONMENTS)
    for part in ("eq-mean", r"\frac{1}{n-1} \sum_{i=1}^n y_i", "left  = 1.3", "right = 1.95", "n = 3.0"):
        assert part in str(failure.value)


@pytest.mark.parametrize(("latex", "true", "false", "options"), [
    (r"a + b = c + \text{const}", [{"a": 1, "c": 1}, {"a": 5, "c": 5}], {"a": 5, "c": 4}, {}),
    (r"a b \propto c", [{"a": 1, "c": 3}, {"a": 5, "c": 15}], {"a": 2, "c": 5}, {}),
    (r"a - b = 0 \iff a = c", [{"a": 2, "c": 2}, {"a": 3, "c": 2}], {"a": 3, "c": 3}, {}),
    (r"a > 1 \implies a^2 < 4", [{"a": 1.5}, {"a": 0}], {"a": 3}, {}),
    (r"\sin a \approx a", [{"a": 0.01}, {"a": 0.02}], {"a": 1}, {"approx": 1e-3}),
    (r"\frac{a+1}{a} \longrightarrow 1", [{"a": 1e5}, {"a": 1e6}], {"a": 10}, {"approx": 1e-4}),
    (r"a \in \{b, c\}", [{"a": 2, "c": 3}, {"a": 3, "c": 3}], {"a": 1, "c": 3}, {}),
    (r"a \le b < c \ne a", [{"a": 1, "c": 4}, {"a": 2, "c": 4}], {"a": 3, "c": 4}, {}),
    (r"a \sim c", [{"a": 1, "c": 1}, {"a": 3, "c": 3}], {"a": 1, "c": 4}, {}),
    (r"a \doteq c", [{"a": 1, "c": 1}, {"a": 3, "c": 3}], {"a": 1, "c": 4}, {"rewrite": {r"\doteq": "="}}),
])
def test_relations(latex, true, false, options):
    rest = {"b": 2, r"\sim": lambda x, d: x == d}
    Equation("eq-x", latex).holds(*({**rest, **env} for env in true), **options)
    with pytest.raises(AssertionError, match="eq-x"):
        Equation("eq-x", latex).holds(*({**rest, **env} for env in [*true, false]), **options)


@pytest.mark.parametrize(("latex", "why"), [
    (r"a = b + \text{const}", "between which the left side changes"),
    (r"a \approx b", "say how near"),
    (r"a = b \iff b = a", "both are false"),
])
def test_relations_that_show_nothing_are_refused(latex, why):
    with pytest.raises(LatexError, match=why):
        Equation("eq-x", latex).holds({"a": 1, "b": 1}, {"a": 1, "b": 1})


def test_double_functions_are_not_differentiated():
    env = {"F": double(stats.norm.cdf), "f": double(stats.norm.pdf)}
    assert equal(value(r"F(a)", env=env), mp.mpf(stats.norm.cdf(A)))
    with pytest.raises(LatexError, match="double precision"):
        value(r"F'(a)", env=env)


def test_averages_are_exact():
    env = average(iid(gauss_hermite(0.7, 1.3, 3), 2))
    assert equal(value(r"\mathbb{E}[y_1^4]", env=env), mp.mpf(stats.norm(0.7, 1.3).moment(4)))
    assert equal(value(r"\operatorname{Var}(y_1 + y_2)", env=env), mp.mpf(2 * 1.3**2))
    assert abs(value(r"\operatorname{Cov}(y_1, y_2)", env=env)) < 1e-25
    with pytest.raises(ValueError, match="sum to"):
        average([(0.5, {"y": 1})])


def test_integrals_agree_with_scipy():
    expected = integrate.quad(lambda x: np.exp(-x) * np.log1p(x), 0, np.inf)[0]
    assert equal(value(r"\int_0^\infty e^{-x} \log(1 + x)\,dx"), mp.mpf(expected))
