r"""How an equation of the book is checked.

An equation with a label, `$$ … $$ (eq-normal-score)`, has one check in `tests/derivations/test_*.py`:

    def test_eq_normal_score(eq):
        r'''\frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \sum_{i=1}^n (y_i - \mu)'''
        for y, mu, sigma in [([1.2, 3.1, -0.4], 0.7, 1.3), ([2.0, 5.5], 1.9, 0.6)]:
            ell = lambda m: sum(log_normal(v, m, sigma) for v in y)     # independent of the text, in mpmath
            eq.holds({"y": y, "n": len(y), r"\mu": mu, r"\sigma": sigma, r"\ell": Fn(ell, r"\mu")})

- The name is the label; the docstring is the equation's LaTeX, character for character (white space is free).
- `eq.holds(env, …)` reads the LaTeX, evaluates every side of every relation in each environment at 30
  digits, and fails with the label, the text and both values where two differ by more than 1e-8.
  An environment binds symbols, by their LaTeX, to numbers, arrays, functions. What stands left of `=` is
  bound to an independent definition: SciPy through `double(…)`, mpmath, a brute-force sum.
  Use at least two environments of generic values: not 0, 1 or 1/2, no equal numbers.
- The equation is then broken automatically, one place at a time (a sign, an integer, log to log10, a
  fraction upside down, sum to product, n to n - 1, a symbol doubled, a hat dropped), and the same check
  must go red each time. A change that leaves the equation true is declared with its reason:
  `@equivalent("double \\sigma", "the root of the score does not depend on sigma")`.
- What cannot be read from LaTeX is checked by hand, with wrong variants that must go red:

      @by_hand(claim=lambda n: (n - 1) / n, wrong={"n for n - 1": lambda n: 1.0})
      def test_eq_bias(claim):
          r'''…'''
          assert claim(5) == approx(simulated_or_exact(5))

What is understood: + - \cdot \times / \frac ^ \sqrt ! \binom | |, \log \exp \sin …, \sum \prod \int (with
limits, or without and `"dom \\theta": (0, 1)` in the environment), \max_\theta and \arg\max_\theta (with
that domain),
\frac{\partial^2 \ell}{\partial \mu^2}, \frac{d}{dp} applied to what follows, primes, \big|_{\mu=\hat\mu},
bound functions f(y \mid \theta), P(Y = y) (the argument arrives as an `Event`), operators \mathbb{E}[…]
(`average`), matrices (2-D arrays) with ^\top and ^{-1}, cases, aligned lines, `\text{const}` and \propto
(compared between the environments of one call), \iff and \Rightarrow between relations (to be shown at
environments where the sides are true and where they are false), \in. `\text{for …}` is skipped; a
condition after it is checked like any statement. `eq.holds(…, approx=1e-3)` is the relative tolerance
of \approx, and of a limit \to in environments far enough out.
"""

from __future__ import annotations

import importlib
import itertools
import re
from pathlib import Path

import mpmath as mp

from tests.derivations._latex import Parser, Site
from tests.derivations._tokens import CONST, LatexError, canonical, tokenize
from tests.derivations._values import DIGITS, Event, Fn, Operator, compare, equal, to_mp

__all__ = [
    "Event", "Fn", "Operator", "average", "by_hand", "column", "derivatives", "double", "equivalent",
    "gauss_hermite", "iid",
]


class Mismatch(AssertionError):
    """The equation does not hold."""


class Equation:
    """What a check gets as `eq`: the equation's text, whole or (in the mutation test) broken in one place."""

    def __init__(self, label: str, latex: str, mutant: tuple[str, Site] | None = None):
        self.label, self.latex, self.mutant = label, latex, mutant
        self.environments = 0
        self.sites: dict[tuple[str, Site], None] = {}

    def holds(self, *environments: dict, approx: float | None = None, rewrite: dict | None = None) -> None:
        """Assert the equation in each environment.

        approx: relative tolerance of \\approx. rewrite: {old: new}, applied to the LaTeX first, for
        notation that is not understood; each `old` must be in the text.
        """
        text = self.latex
        for old, new in (rewrite or {}).items():
            if old not in text:
                raise LatexError(f"rewrite: {old!r} is not in the LaTeX of {self.label}")
            text = text.replace(old, new)
        whole = text
        if self.mutant and self.mutant[0] == whole:
            site = self.mutant[1]
            text = f"{text[: site.start]}{site.new}{text[site.end :]}"
        group = _Group(self.label, text, approx)
        for environment in environments:
            parser = Parser(text, {symbol(k): to_mp(v) for k, v in environment.items()})
            group.add(parser.statements(), parser.env)
            self.sites |= {(whole, site): None for site in parser.sites}
        group.close()
        self.environments += len(environments)


class _Group:
    """The environments of one call: what must hold in each, and what must hold between them."""

    def __init__(self, label: str, text: str, approx: float | None):
        self.label, self.text, self.approx = label, text, approx
        self.between: dict[tuple, list] = {}  # place of a const or \propto → values there
        self.truths: dict[tuple, set] = {}  # place of a connective → pairs of truth values seen
        self.count = 0

    def add(self, statements, env) -> None:
        self.count += 1
        for number, statement in enumerate(statements):
            if not statement.connectives:
                self.chain(number, *statement.clauses[0], env)
                continue
            truths = [self.is_true(*clause, env) for clause in statement.clauses]
            triples = zip(truths, statement.connectives, truths[1:], strict=False)
            for place, (a, word, b) in enumerate(triples):
                self.truths.setdefault((number, place, word), set()).add((a, b))
                if (a and not b) or (word == r"\iff" and a != b):
                    raise Mismatch(f"{self.label}: {word} fails\n  {self.text}\n"
                                   f"  left is {a}, right is {b}\n  at {_shown(env)}")

    @staticmethod
    def is_true(sides, relations, env) -> bool:
        values = [node(env) for _, node in sides]
        return all(compare(a, r, b) for a, r, b in zip(values, relations, values[1:], strict=False))

    def chain(self, number: int, sides, relations, env) -> None:
        values = [node(env) for _, node in sides]
        for place, relation in enumerate(relations):
            a, b = values[place : place + 2]
            texts = [text for text, _ in sides[place : place + 2]]
            const = any(t.text == CONST for text in texts for t in tokenize(text))
            if const or relation == r"\propto":
                self.between.setdefault((number, place, relation), []).append((a, b, texts, env))
            elif relation == r"\sim":
                if not env[r"\sim"](a, b):
                    raise self.failure(texts, relation, a, b, env)
            elif relation in (r"\approx", r"\to"):
                if self.approx is None:
                    raise LatexError(f"{self.label} has {relation}: say how near, holds(…, approx=1e-3)")
                if not equal(a, b, self.approx):
                    raise self.failure(texts, relation, a, b, env)
            elif not compare(a, relation, b):
                raise self.failure(texts, relation, a, b, env)

    def close(self) -> None:
        for (_, _, relation), rows in self.between.items():
            scale = max(abs(a) for a, *_ in rows)
            if all(equal(a, rows[0][0]) for a, *_ in rows):
                raise LatexError(f"{self.label}: {relation} with a constant needs, in one call of holds, "
                                 "environments between which the left side changes and the constant does not")
            free = [a / b if relation == r"\propto" else a - b for a, b, *_ in rows]
            for value, (a, b, texts, env) in zip(free, rows, strict=True):
                size = abs(free[0]) if relation == r"\propto" else scale
                if abs(value - free[0]) > 1e-8 * size:
                    raise self.failure(texts, f"{relation} (up to a constant)", a, b, env)
        for (_, _, word), seen in self.truths.items():
            wanted = {(True, True), (False, False)} if word == r"\iff" else {(True, True)}
            if not wanted <= seen:
                raise LatexError(f"{self.label}: {word} needs, in one call of holds, environments where both "
                                 f"sides are true{' and where both are false' if len(wanted) > 1 else ''}")

    def failure(self, texts, relation, left, right, env) -> Mismatch:
        return Mismatch(f"{self.label} does not hold\n  {texts[0]}  {relation}  {texts[1]}\n"
                        f"  left  = {_short(left)}\n  right = {_short(right)}\n  at {_shown(env)}")


def _short(value) -> str:
    if isinstance(value, mp.mpf | mp.mpc):
        return mp.nstr(value, 15)
    if isinstance(value, list):
        return f"[{', '.join(_short(v) for v in value)}]"
    return str(value)


def _shown(env: dict) -> str:
    return ", ".join(f"{k} = {_short(v)}" for k, v in env.items() if isinstance(v, mp.mpf | list))


def symbol(name: str) -> str:
    """An environment's key in the form in which the parser looks it up."""
    if name.startswith("dom "):
        return "dom " + symbol(name[4:])
    parser = Parser(name, {})
    try:
        read = parser.name()
    except LatexError:
        return canonical(name)
    return read if parser.at == len(parser.tokens) else canonical(name)


# -- what environments are made of ---------------------------------------------------------------------


def double(function):
    """A function of ordinary floats (SciPy) for use in an environment.

    Not inside a derivative: mpmath differentiates at a higher precision than a float has.
    """
    base = int(DIGITS * 3.33 * 1.5)

    def plain(value):
        return [plain(v) for v in value] if isinstance(value, list) else float(value)

    def call(*args):
        if mp.mp.prec > base:
            raise LatexError("a function in double precision is differentiated; write it in mpmath")
        return to_mp(function(*(plain(a) for a in args)))

    return call


def column(values) -> mp.matrix:
    """Numbers as a column of mpmath's."""
    return mp.matrix([to_mp(v) for v in values])


def derivatives(function, point) -> tuple[mp.matrix, mp.matrix]:
    """Gradient and Hessian of ``function`` (of one list) at ``point``, numerically."""
    point, k = list(point), len(point)
    unit = [tuple(int(i == j) for j in range(k)) for i in range(k)]

    def f(*values):
        return function(values)

    gradient = column(mp.diff(f, tuple(point), u) for u in unit)
    hessian = mp.matrix([[mp.diff(f, tuple(point), tuple(map(sum, zip(a, b, strict=True)))) for a in unit]
                         for b in unit])
    return gradient, hessian


def average(outcomes) -> dict:
    """\\mathbb{E}, \\operatorname{Var}, \\operatorname{Cov} over [(probability, {symbol: value}), …]."""
    outcomes = [(to_mp(p), {symbol(k): to_mp(v) for k, v in values.items()}) for p, values in outcomes]
    total = sum(p for p, _ in outcomes)
    if abs(total - 1) > 1e-12:
        raise ValueError(f"the probabilities sum to {total}, not 1")

    def mean(*functions):
        result = None
        for p, values in outcomes:
            product = p
            for f in functions:
                product = product * f(values)
            result = product if result is None else result + product
        return result

    def covariance(f, g):
        return mean(f, g) - mean(f) * mean(g)

    return {r"\mathbb{E}": Operator(mean), r"\operatorname{Var}": Operator(lambda f: covariance(f, f)),
            r"\operatorname{Cov}": Operator(covariance)}


def iid(one, n: int, statistics=lambda y: {}) -> list:
    """Outcomes for `average`: every sample of n from one = [(probability, y), …], with its statistics(y)."""
    samples = []
    for sample in itertools.product(one, repeat=n):
        y = [value for _, value in sample]
        samples.append((mp.fprod(p for p, _ in sample), {"y": y, **statistics(y)}))
    return samples


def gauss_hermite(mu, sigma, nodes: int) -> list:
    """[(weight, y), …] that integrate polynomials up to degree 2 nodes - 1 against N(mu, sigma) exactly."""
    with mp.workdps(DIGITS + 5):
        coefficients = mp.taylor(lambda x: mp.hermite(nodes, x), 0, nodes)[::-1]
        roots = mp.polyroots(coefficients, maxsteps=200, extraprec=200)
        scale = 2 ** (nodes - 1) * mp.factorial(nodes) / mp.mpf(nodes) ** 2
        weights = [scale / mp.hermite(nodes - 1, x) ** 2 for x in roots]
        return [(w, mu + sigma * mp.sqrt(2) * x) for w, x in zip(weights, roots, strict=True)]


# -- declarations of a check ---------------------------------------------------------------------------


def equivalent(change: str, reason: str):
    """Declare that a change leaves the equation true: its kind ("double \\mu") or one place ("…⟦- → +⟧…")."""
    def mark(check):
        check.__dict__.setdefault("equivalent", {})[change] = reason
        return check

    return mark


def by_hand(claim, wrong: dict):
    """Check a claim (anything) given to the check as `claim`; each of `wrong` must go red."""
    if not wrong:
        raise ValueError("by_hand needs at least one wrong variant")

    def mark(check):
        check.claim, check.wrong = claim, wrong
        return check

    return mark


# -- finding and running checks ------------------------------------------------------------------------


def label_of(name: str) -> str:
    return name.removeprefix("test_").replace("_", "-")


def latex_of(check) -> str:
    return normalized(check.__doc__ or "")


def normalized(latex: str) -> str:
    return re.sub(r"\s+", " ", latex).strip()


def checks() -> dict:
    """{label: check} of every test_eq_* in this folder; a label checked twice is an error."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.derivations.{path.stem}")
        for name, check in vars(module).items():
            if name.startswith("test_eq_") and check.__module__ == module.__name__:
                if label_of(name) in found:
                    raise ValueError(f"{label_of(name)} is checked twice, again in {path.name}")
                found[label_of(name)] = check
    return found


def run(check, mutant=None, claim=None) -> Equation:
    """Run a check outside pytest, on its own text or on a broken one."""
    equation = Equation(label_of(check.__name__), latex_of(check), mutant)
    code = check.__code__
    given = {"eq": equation, "claim": getattr(check, "claim", None) if claim is None else claim}
    check(**{name: given[name] for name in code.co_varnames[: code.co_argcount]})
    return equation


def description(text: str, site: Site) -> str:
    """`…c{1}{⟦2 → 3⟧\\sigma…`: the place and the change, for messages and for `equivalent`."""
    before, after = text[max(0, site.start - 20) : site.start], text[site.end : site.end + 20]
    return f"…{before}⟦{text[site.start : site.end]} → {site.new.strip()}⟧{after}…"


# A broken equation differs, or has no value at all (a logarithm of 0, an index beyond the array).
RED = (AssertionError, ArithmeticError, ValueError, TypeError, LookupError)


def survivors(check) -> list[str]:
    """The automatic changes of the equation that its check does not notice and does not declare.

    Raises ValueError for a check that nothing can turn red, or for a declaration that no longer applies.
    """
    declared = dict(getattr(check, "equivalent", {}))
    used, alive, red = set(), [], 0
    equation = run(check)
    for text, site in equation.sites:
        shown = description(text, site)
        names = {site.kind, shown} & declared.keys()
        try:
            run(check, mutant=(text, site))
        except LatexError:
            continue  # the broken text has no meaning, so nobody would be misled by it
        except RED:
            red += 1
            continue
        used |= names
        if not names:
            alive.append(f"{site.kind}: {shown}")
    for name, variant in getattr(check, "wrong", {}).items():
        try:
            run(check, claim=variant)
        except RED:
            red += 1
        else:
            alive.append(f"wrong variant {name!r}")
    if declared.keys() - used:
        raise ValueError(f"declared equivalent, but no surviving change is: {sorted(declared.keys() - used)}")
    if not red:
        raise ValueError("nothing turns this check red")
    return alive
