"""The values behind LaTeX: what an environment binds, arithmetic on it, and when two values are equal."""

from __future__ import annotations

from typing import NamedTuple

import mpmath as mp
import numpy as np

from tests.derivations._tokens import LatexError, canonical

DIGITS = 30
mp.mp.dps = DIGITS  # for all that checks compute, the reader's part and their own

FUNCTIONS = {f"\\{f}": getattr(mp, f) for f in "log exp sin cos tan sinh cosh tanh".split()}
FUNCTIONS |= {r"\arctan": mp.atan, r"\det": mp.det, r"\operatorname{logit}": lambda p: mp.log(p / (1 - p))}
CONSTANTS = {r"\pi": lambda: +mp.pi, "e": lambda: +mp.e, r"\infty": lambda: mp.inf, r"\dots": lambda: ...}
TRANSPOSE = object()  # the exponent \top


class Event(NamedTuple):
    """An argument such as `Y = y` in `P(Y = y)`; `left` is the value of the name, None if it is not bound."""

    name: str
    relation: str
    value: object
    left: object


class Fn:
    """A function with named arguments: gives a bare `\\ell` and `\\partial\\ell/\\partial\\mu` a meaning.

    With Fn(lambda mu, v: …, r"\\mu", r"\\sigma^2"), `\\ell` alone is the value at the bound symbols.
    """

    def __init__(self, call, *arguments: str):
        self.call, self.arguments = call, [canonical(a) for a in arguments]

    def __call__(self, *args):
        return self.call(*args)


class Operator:
    """What is applied to an expression, not to its value: `\\mathbb{E}[…]`.

    `call` gets, for each argument, a function that takes a dict of rebound symbols and gives a value.
    """

    def __init__(self, call):
        self.call = call

    def __call__(self, *args):
        raise LatexError("an operator needs brackets after it, as in \\mathbb{E}[y]")


def to_mp(value):
    """Numbers and arrays as mpmath has them; anything else as it is."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.number):
        return mp.mpf(value.item() if isinstance(value, np.number) else value)
    if isinstance(value, np.ndarray):
        return mp.matrix(value.tolist()) if value.ndim == 2 else [to_mp(v) for v in value]
    if isinstance(value, list | tuple | range):
        return [to_mp(v) for v in value]
    return value


def bind(env: dict, name: str, value) -> dict:
    """The environment with one symbol rebound, and with it `\\sigma` for `\\sigma^2` and y for `y_2`."""
    new = {**env, name: value}
    base, _, sub = name.rpartition("_")
    if name.endswith("^2"):
        new[name[:-2]] = mp.sqrt(value)
    elif name + "^2" in env:
        new[name + "^2"] = value**2
    elif isinstance(env.get(base), list):
        place = int(env.get(sub, sub)) - 1
        new[base] = [*env[base][:place], value, *env[base][place + 1 :]]
    return new


def lookup(env: dict, name: str):
    if name in env:
        value = env[name]
        return value(*(lookup(env, a) for a in value.arguments)) if isinstance(value, Fn) else value
    if name.endswith("^2") and name[:-2] in env:
        return env[name[:-2]] ** 2
    if name in CONSTANTS:
        return CONSTANTS[name]()
    raise LatexError(f"{name} is not bound in the environment")


def domain(env: dict, name: str):
    """What a sum, integral or maximum without limits runs over: `"dom i"`; an index goes to n by itself."""
    if f"dom {name}" in env:
        return env[f"dom {name}"]
    if "n" in env and name in ("i", "j"):
        return range(1, int(env["n"]) + 1)
    raise LatexError(f"no limits for {name}; bind 'dom {name}' to its range")


def add(a, b, sign=1):
    if isinstance(a, mp.matrix) != isinstance(b, mp.matrix):
        raise LatexError("a matrix and a number are added")
    return number(a + b if sign > 0 else a - b)


def multiply(a, b):
    if isinstance(a, list) or isinstance(b, list):
        raise LatexError("an array stands where a number should; bind vectors as columns (2-D arrays)")
    return number(a * b)


def power(base, exponent):
    if exponent is TRANSPOSE:
        return base.T
    return base ** int(exponent) if isinstance(base, mp.matrix) else base**exponent


def number(value):
    """A 1×1 matrix is a number."""
    return value[0, 0] if isinstance(value, mp.matrix) and value.rows == value.cols == 1 else value


def series(term, first, sum_up: bool):
    """An infinite sum or product, term by term until the terms no longer count."""
    total, quiet, nothing = (mp.mpf(0) if sum_up else mp.mpf(1)), 0, 0 if sum_up else 1
    for k in range(int(first), int(first) + 2000):
        value = term(mp.mpf(k))
        total = total + value if sum_up else total * value
        quiet = quiet + 1 if abs(value - nothing) <= mp.mpf(10) ** (-DIGITS) * (abs(total) or 1) else 0
        if quiet == 5 and k > int(first) + 30:
            return total
    raise ArithmeticError("the infinite sum or product does not converge in 2,000 terms")


def largest(f, low, high):
    """Where f is largest in (low, high): a grid, then golden section (to half of the digits)."""
    grid = [low + (high - low) * mp.mpf(k) / 64 for k in range(1, 64)]
    top = max(range(63), key=lambda k: f(grid[k]))
    low, high = (grid[top - 1] if top else low), (grid[top + 1] if top < 62 else high)
    ratio = (mp.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = f(a), f(b)
    for _ in range(80):
        if fa < fb:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = f(b)
        else:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = f(a)
    return (low + high) / 2


def compare(a, relation: str, b) -> bool:
    """Is the relation true of two values? Equality to 1e-8, relative (to 1e-12 where one side is 0)."""
    if relation in ("=", r"\ne"):
        return equal(a, b) == (relation == "=")
    if relation == r"\in":
        return any(equal(a, item) for item in b) if isinstance(b, list) else a in b
    if isinstance(a, mp.mpc) or isinstance(b, mp.mpc):
        raise ArithmeticError("an inequality between complex numbers")
    slack = mp.mpf("1e-12") * max(abs(a), abs(b))
    return {r"\le": a <= b + slack, r"\ge": a >= b - slack, "<": a < b, ">": a > b}[relation]


def equal(a, b, relative: float = 1e-8) -> bool:
    if isinstance(a, mp.matrix) and isinstance(b, mp.matrix):
        if (a.rows, a.cols) != (b.rows, b.cols):
            return False
        size, distance = max(mp.mnorm(a, mp.inf), mp.mnorm(b, mp.inf)), mp.mnorm(a - b, mp.inf)
        return distance <= relative * size
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y, relative) for x, y in zip(a, b, strict=True))
    numbers = isinstance(a, mp.mpf | mp.mpc) and isinstance(b, mp.mpf | mp.mpc)
    if not numbers or not (mp.isfinite(a) and mp.isfinite(b)):
        return a == b
    return abs(a - b) <= (1e-12 if a == 0 or b == 0 else relative * max(abs(a), abs(b)))
