"""Read the LaTeX of an equation as mathematics, and evaluate it with mpmath at 30 digits.

`Parser(latex, env).statements()` gives the statements of a displayed equation. The environment binds
what the text leaves open: a symbol's LaTeX to a number, an array (indexed by its subscript, from 1), a
function, an `Operator` such as the expectation, or any object that a bound function understands. A
symbol's name is its LaTeX with accents, subscripts and star: `\\mu`, `\\hat\\sigma`, `\\bar y`,
`\\theta^*`, `p_\\theta`. Bind `\\sigma` or `\\sigma^2`, whichever is the natural one.

What two readers may read differently is refused, with the position and the remedy: `1/2\\sigma^2`,
`\\log p(1-p)` for a number p, `\\log(x)^2`.

While parsing, the parser notes every place where the text can be broken on purpose (`Site`): signs,
integers, symbols, logarithms, fractions, sums. `_check.py` breaks them one at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import mpmath as mp

from tests.derivations._tokens import (
    ACCENTS,
    CLOSING,
    CONNECTIVES,
    CONST,
    EQUALITIES,
    GREEK,
    OPPOSITE,
    RELATIONS,
    SEPARATORS,
    SPACES,
    LatexError,
    Token,
    canonical,
    continued,
    tokenize,
)
from tests.derivations._values import (
    DIGITS,
    FUNCTIONS,
    TRANSPOSE,
    Event,
    Fn,
    Operator,
    add,
    bind,
    compare,
    domain,
    largest,
    lookup,
    multiply,
    number,
    power,
    series,
    to_mp,
)

DIFFERENTIALS = (r"\partial", "d", r"\differential")
_BIG = (r"\sum", r"\prod", r"\int")
_EXTREMA = (r"\arg", r"\max", r"\min", r"\argmax", r"\argmin")
_STARTS = (ACCENTS | GREEK | FUNCTIONS.keys() | CLOSING.keys() | {*_BIG, *_EXTREMA, CONST} | {
    r"\leftdot", r"\frac", r"\sqrt", r"\binom", r"\begin", r"\nabla", r"\lfloor", r"\lceil", r"\boxed",
    r"\underbrace", r"\overbrace"})


class Site(NamedTuple):
    """One way to break the text: put `new` in the place of text[start:end]."""

    kind: str
    start: int
    end: int
    new: str


class Statement(NamedTuple):
    """Clauses joined by \\iff or \\Rightarrow; a clause is (sides, relations), a side (text, env → value)."""

    clauses: list
    connectives: list


class Parser:
    """Recursive descent over the tokens; every expression becomes a function from environment to value."""

    def __init__(self, text: str, env: dict):
        self.text, self.env = text, env
        self.tokens, self.at = continued(tokenize(text)), 0
        self.sites: list[Site] = []
        self.integrals = 0  # how many integrals are open: only inside one, `dx` ends an expression

    # -- tokens --------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead].text if self.at + ahead < len(self.tokens) else ""

    def next(self) -> Token:
        if self.at >= len(self.tokens):
            raise self.error("the text ends where more is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *texts: str) -> bool:
        found = self.peek() in texts and self.peek() != ""
        self.at += found
        return found

    def expect(self, text: str) -> None:
        if not self.skip(text):
            raise self.error(f"expected {text}, found {self.peek() or 'the end'}")

    def here(self) -> int:
        return self.tokens[self.at].start if self.at < len(self.tokens) else len(self.text)

    def error(self, why: str) -> LatexError:
        at = self.here()
        before, after = self.text[max(0, at - 30) : at], self.text[at : at + 30]
        return LatexError(f"{why}, at character {at}: …{before}⟨here⟩{after}…")

    def site(self, kind: str, start: int, new: str, end: int | None = None) -> None:
        self.sites.append(Site(kind, start, self.tokens[self.at - 1].end if end is None else end, new))

    def raw(self) -> list[Token]:
        """The tokens of the next argument, unread, without its outer braces."""
        if self.peek() != "{":
            self.one_digit()
            first = self.next()
            return [first, *self.raw()] if first.text in ACCENTS else [first]
        start, depth = self.at + 1, 0
        while True:
            text = self.next().text
            depth += (text == "{") - (text == "}")
            if not depth:
                return self.tokens[start : self.at - 1]

    def one_digit(self) -> None:
        """TeX takes one digit where there are no braces: \\frac12, x^23."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else self.next()
        if token.text[0].isdigit() and len(token.text) > 1:
            middle = token.start + 1
            self.tokens[self.at : self.at + 1] = [Token(token.text[0], token.start, middle),
                                                  Token(token.text[1:], middle, token.end)]

    def within(self, tokens: list[Token], read):
        """Read another piece of the same text completely with a method of the parser."""
        outer = self.tokens, self.at
        self.tokens, self.at = list(tokens), 0
        result = read()
        if self.at < len(self.tokens):
            raise self.error("unexpected text")
        self.tokens, self.at = outer
        return result

    # -- statements ----------------------------------------------------------------------------------

    def statements(self) -> list[Statement]:
        found = []
        while True:
            while self.peek() in SEPARATORS or (self.peek().startswith(r"\text{") and self.peek() != CONST):
                self.at += 1
            self.skip_limit()
            if self.at >= len(self.tokens):
                return found
            found.append(self.statement())
            if self.at < len(self.tokens) and self.peek() not in SEPARATORS and r"\text{" not in self.peek():
                raise self.error(f"cannot read {self.peek()} here")

    def skip_limit(self) -> None:
        """`(A \\to \\infty)` at the end says what grows in a limit; the environments do that."""
        rest = [t.text for t in self.tokens[self.at :]]
        if rest and rest[0] == "(" and r"\to" in rest and rest.index(")") >= len(rest) - 2:
            self.at = len(self.tokens)

    def statement(self) -> Statement:
        clauses, connectives = [self.clause()], []
        while True:
            mark = self.at
            while self.skip(*SPACES, ","):
                pass
            if self.peek() not in CONNECTIVES:
                self.at = mark
                return Statement(clauses, connectives)
            connectives.append(self.next().text)
            while self.skip(*SPACES):
                pass
            clauses.append(self.clause())

    def clause(self):
        first_site, sides, relations = len(self.sites), [self.side()], []
        while self.peek() in RELATIONS or (self.peek() == ":" and self.peek(1) == "="):
            self.skip(":")
            token = self.next()
            relations.append(token.text)
            if token.text in OPPOSITE:
                self.site("relation", token.start, OPPOSITE[token.text])
            sides.append(self.side())
        if not relations:
            raise self.error("a statement without a relation (=, <, …)")
        # An equation X = 0 is as true for -X, 2X and 1/X, a proportionality for a new factor; an
        # inequality leaves room. What is left must go red.
        everything = {s.kind for s in self.sites}
        kept = everything
        if len(sides) == 2 and relations == ["="] and "0" in (sides[0][0], sides[1][0]):
            kept = {"sign", "accent", "logarithm"}
        elif not EQUALITIES & set(relations):
            kept = {"sign", "relation", "accent"}
        elif r"\propto" in relations:
            kept = {"sign", "accent", "logarithm", "integer"}
        self.sites[first_site:] = [s for s in self.sites[first_site:] if s.kind in kept]
        return sides, relations

    def side(self):
        start = self.here()
        if self.peek() not in ("-", "+", "0"):
            self.site("negate", start, "-", start)
        node = self.expression()
        return self.text[start : self.tokens[self.at - 1].end].strip(), node

    # -- expressions ---------------------------------------------------------------------------------

    def expression(self):
        negative = self.peek() == "-"
        if self.skip("-"):
            self.site("sign", self.tokens[self.at - 1].start, " ")
        self.skip("+")
        node = self.term()
        if negative:
            node = (lambda a: lambda env: -a(env))(node)
        while self.peek() in ("+", "-"):
            token, before = self.next(), self.tokens[self.at - 2].text
            sign = 1 if token.text == "+" else -1
            self.site("sign", token.start, "-" if sign > 0 else "+")
            if sign < 0 and (before, self.peek()) == ("n", "1"):
                self.site("n - 1 to n", token.start, " ", self.tokens[self.at].end)
            node = (lambda a, b, s: lambda env: add(a(env), b(env), s))(node, self.term(), sign)
        return node

    def term(self):
        node = self.factor()
        while True:
            if self.skip(r"\cdot", r"\times"):
                node = self.product(node, self.factor())
            elif self.skip("/"):
                self.site("divide", self.tokens[self.at - 1].start, r"\cdot ")
                below = self.factor()
                if self.starts_factor():
                    raise self.error(r"a/b c can be read in two ways; write \frac{a}{b} c or \frac{a}{b c}")
                node = (lambda a, b: lambda env: a(env) / number(b(env)))(node, below)
            elif self.starts_factor():
                if self.peek()[0].isdigit():
                    raise self.error(r"a number after a factor; write \cdot between them")
                node = self.product(node, self.factor())
            else:
                return node

    @staticmethod
    def product(a, b):
        return lambda env: multiply(a(env), b(env))

    def starts_factor(self) -> bool:
        text = self.peek()
        return bool(text) and not self.at_differential() and (
            text[0].isalnum() or text in _STARTS or text.startswith((r"\operatorname{", r"\mathrm{")))

    def at_differential(self) -> bool:
        after = self.peek(1)
        named = after[:1].isalpha() or after in GREEK | ACCENTS
        return self.integrals > 0 and named and self.peek() in ("d", r"\differential")

    def factor(self):
        node = self.primary()
        while True:
            if self.skip("!"):
                node = (lambda a: lambda env: mp.factorial(a(env)))(node)
            elif self.skip("^"):
                node = (lambda a, b: lambda env: power(a(env), b(env)))(node, self.exponent())
            elif self.skip(r"\evaluate"):
                node = self.substituted(node)
            else:
                return node

    def exponent(self):
        mark, texts = self.at, [t.text for t in self.raw()]
        if texts == [r"\top"] or (texts == ["T"] and "T" not in self.env):
            return lambda env: TRANSPOSE
        self.at = mark
        return self.argument()

    def argument(self):
        """What a macro or ^ takes: a group in braces, or one token."""
        if self.peek() in ("{", "("):
            return self.group()
        self.one_digit()
        if self.peek()[0].isalpha() or self.peek() in GREEK:
            return self.within([self.next()], self.symbol)
        return self.primary()

    def group(self):
        closing = CLOSING[self.next().text]
        outer, self.integrals = self.integrals, 0
        node = self.expression()
        self.integrals = outer
        self.expect(closing)
        return node

    def number(self):
        token = self.next()
        if token.text.isdigit():
            self.site("integer", token.start, str(int(token.text) + 1))
        return lambda env: mp.mpf(token.text)

    def primary(self):
        text = self.peek()
        special = {r"\frac": self.fraction, r"\sqrt": self.root, r"\binom": self.binomial, r"\sum": self.big,
                   r"\prod": self.big, r"\int": self.integral, r"\begin": self.environment,
                   r"\boxed": self.brace, r"\underbrace": self.brace, r"\overbrace": self.brace,
                   r"\{": self.braces, "|": self.bars, r"\|": self.bars, r"\lfloor": self.bars,
                   r"\lceil": self.bars}
        if text in special:
            self.next()
            return special[text](text)
        if text[:1].isdigit():
            return self.number()
        if text in CLOSING:
            return self.group()
        if self.skip(r"\leftdot"):
            node = self.expression()
            self.expect(r"\rightbar")
            return self.substituted(node)
        if self.skip(CONST):
            return lambda env: mp.mpf(0)
        if text in _EXTREMA:
            return self.extremum()
        if text in FUNCTIONS and text not in self.env:
            return self.function()
        if not self.starts_factor() and text != r"\differential":
            raise self.error(f"expected an expression, found {text or 'the end'}")
        return self.symbol()

    # -- macros --------------------------------------------------------------------------------------

    def fraction(self, _):
        mark, start = self.at, self.here()
        above, below = self.raw(), self.raw()
        whole = self.at
        if above and below and above[0].text in DIFFERENTIALS and self._is_variable(above[0].text, below):
            name = canonical(self.tokens[mark - 1 : whole])
            if name in self.env:
                return lambda env: lookup(env, name)
            return self.derivative(above, below)
        self.at = mark
        above, middle = self.argument(), self.here()
        below = self.argument()
        end = self.tokens[self.at - 1].end
        flipped = f"{{{self.text[middle:end]}}}{{{self.text[start:middle]}}}"
        self.site("fraction", start, flipped)
        return lambda env: above(env) / number(below(env))

    @staticmethod
    def _is_variable(sign: str, below: list[Token]) -> bool:
        texts = [t.text for t in below]
        return texts[:2] == ["(", sign] or (texts[0] == sign and len(texts) > 1 and texts[1] not in "+-^_")

    def derivative(self, above: list[Token], below: list[Token]):
        order, operand = 1, above[1:]
        if operand and operand[0].text == "^":
            order = int(operand[1].text if operand[1].text != "{" else operand[2].text)
            operand = operand[2 if operand[1].text != "{" else 4 :]
        # The variable is not known to the operand's sites: doubling it there is a change like another.
        node = self.within(operand, self.expression) if operand else self.term()
        if len(operand) == 1 and isinstance(self.env.get(operand[0].text), mp.mpf):
            raise self.error(f"{operand[0].text} is bound to a number; bind it to Fn(function, *arguments)")
        variables = self.within(below, self.variables)
        if sum(k for _, k in variables) != order:
            if len(variables) != order or any(k > 2 for _, k in variables):
                raise self.error(f"a derivative of order {order} with {len(variables)} variables")
            variables = [(name if k == 1 else f"{name}^{k}", 1) for name, k in variables]

        def value(env):
            def f(*values):
                for (name, _), v in zip(variables, values, strict=True):
                    env_ = bind(f.env, name, v)
                    f.env = env_
                result, f.env = node(f.env), env
                return result

            f.env = env
            at = tuple(lookup(env, name) for name, _ in variables)
            return mp.diff(f, at if len(at) > 1 else at[0],
                           tuple(k for _, k in variables) if len(at) > 1 else variables[0][1])

        return value

    def variables(self) -> list[tuple[str, int]]:
        found = []
        while self.at < len(self.tokens):
            inside = self.skip("(")  # (\partial\sigma^2)^2
            if not self.skip(*DIFFERENTIALS):
                raise self.error("expected the variable of a derivative")
            inside |= self.skip("(")  # \partial(\sigma^2)^2
            start = self.at
            if inside:
                while not self.skip(")"):
                    self.next()
            name = canonical(self.tokens[start : self.at - 1]) if inside else self.name()
            power = int(self.raw()[0].text) if self.skip("^") else 1
            found.append((name, power))
        return found

    def substituted(self, node):
        """Evaluated at: the part after the bar, `_{\\mu=\\hat\\mu, …}`."""
        self.expect("_")
        pairs = self.within(self.raw(), self.substitutions)

        def value(env):
            new = env
            for name, right in pairs:
                new = bind(new, name, right(env))
            return node(new)

        return value

    def substitutions(self):
        pairs = []
        while self.at < len(self.tokens):
            start = self.at
            while not self.skip("="):
                self.next()
            pairs.append((canonical(self.tokens[start : self.at - 1]), self.expression()))
            self.skip(",")
        return pairs

    def root(self, _):
        degree = None
        if self.skip("["):
            degree = self.expression()
            self.expect("]")
        start = self.here()
        node = self.argument()
        if degree is None:
            command = self.text.rindex("\\sqrt", 0, start)
            self.site("root", command, "{" + self.text[start : self.tokens[self.at - 1].end] + "}")
        return lambda env: mp.root(node(env), int(degree(env))) if degree else mp.sqrt(number(node(env)))

    def binomial(self, _):
        n, k = self.argument(), self.argument()
        return lambda env: mp.binomial(n(env), k(env))

    def brace(self, _):
        node = self.argument()
        if self.skip("_", "^"):
            self.raw()
        return node

    def bars(self, opening: str):
        node = self.expression()
        self.expect({r"\lfloor": r"\rfloor", r"\lceil": r"\rceil"}.get(opening, opening))
        apply = {r"\lfloor": mp.floor, r"\lceil": mp.ceil, "|": abs, r"\|": mp.norm}[opening]
        return lambda env: apply(node(env))

    def braces(self, _):
        items = [self.expression()]
        while self.skip(","):
            items.append(self.expression())
        self.expect(r"\}")
        if len(items) == 1:
            return items[0]

        def members(env):
            values = [item(env) for item in items]
            if ... in values:  # {0, 1, …, n}
                return [mp.mpf(k) for k in range(int(values[0]), int(values[-1]) + 1)]
            return values

        return members

    def environment(self, _):
        kind = "".join(t.text for t in self.raw())
        rows = [[self.cell(kind)]]
        while not self.skip(r"\end"):
            if self.skip("&"):
                rows[-1].append(self.cell(kind, condition=True))
            else:
                self.expect(r"\newline")
                if self.peek() != r"\end":
                    rows.append([self.cell(kind)])
        self.raw()
        if kind == "cases":
            def chosen(env):
                for value, condition in rows:
                    if condition(env):
                        return value(env)
                raise ArithmeticError("no case applies")

            return chosen
        if kind not in ("pmatrix", "bmatrix", "matrix"):
            raise self.error(f"cannot read the environment {kind}")
        return lambda env: number(mp.matrix([[cell(env) for cell in row] for row in rows]))

    def cell(self, kind: str, condition: bool = False):
        if kind != "cases" or not condition:
            node = self.expression()
            self.skip(",")
            return node
        words = []
        while self.peek().startswith(r"\text{"):
            words.append(self.next().text)
        if self.peek() in (r"\newline", r"\end"):  # \text{otherwise}
            return lambda env: True
        sides, relations = self.clause()
        self.skip(",", ".")
        return lambda env: all(compare(a[1](env), r, b[1](env))
                               for a, r, b in zip(sides, relations, sides[1:], strict=False))

    def limits(self):
        found = {}
        while self.peek() in ("_", "^"):
            mark = self.next().text
            found[mark] = self.raw()
        return found.get("_", []), found.get("^", [])

    def over(self, name: str, first: int, *kinds: str) -> None:
        """Forget the sites that only rename or rescale the variable of a sum, integral or maximum."""
        dropped = {f"double {name}", *kinds}
        self.sites[first:] = [s for s in self.sites[first:] if s.kind not in dropped]

    def big(self, which: str):
        token = self.tokens[self.at - 1]
        self.site("sum", token.start, r"\prod" if which == r"\sum" else r"\sum")
        lower, upper = self.limits()
        split = next((i for i, t in enumerate(lower) if t.text in ("=", r"\in")), len(lower))
        name, rest, sum_up = canonical(lower[:split]), lower[split + 1 :], which == r"\sum"
        if not name or (rest and lower[split].text == "=" and not upper):
            raise self.error(f"{which} needs an index, as in _{{i=1}}^{{n}}")
        first = self.within(rest, self.expression) if rest else None
        last = self.within(upper, self.expression) if upper else None
        begin, body = len(self.sites), self.term()
        self.over(name, begin)
        combine = add if sum_up else multiply

        def total(env):
            if last and last(env) == mp.inf:
                return series(lambda k: body(bind(env, name, k)), first(env), sum_up)
            if last:
                members = range(int(first(env)), int(last(env)) + 1)
            else:
                members = first(env) if first else domain(env, name)
            result = None
            for k in members:
                value = body(bind(env, name, to_mp(k)))
                result = value if result is None else combine(result, value)
            return mp.mpf(0 if sum_up else 1) if result is None else result

        return total

    def integral(self, _):
        lower, upper = self.limits()
        low = self.within(lower, self.expression) if lower else None
        high = self.within(upper, self.expression) if upper else None
        self.integrals += 1
        begin, body = len(self.sites), self.expression()
        if not self.at_differential():
            raise self.error("expected the dx of the integral")
        self.integrals -= 1
        self.next()
        name = self.name()
        self.over(name, begin)

        def value(env):
            ends = (low(env), high(env)) if low else domain(env, name)
            # Quadrature is what takes time: half of the digits do, unless it is being differentiated.
            with mp.workdps(DIGITS // 2 if mp.mp.dps <= DIGITS else mp.mp.dps):
                return mp.quad(lambda x: body(bind(env, name, x)), list(ends))

        return value

    def extremum(self):
        texts = [self.next().text]
        if texts == [r"\arg"]:
            texts.append(self.next().text)
        where, sign = r"\arg" in texts[0], -1 if texts[-1].endswith("min") else 1
        if not self.skip("_"):
            pick, items = (max if sign > 0 else min), self.arguments()
            return lambda env: pick(item(env) for item in items)
        variable = self.raw()
        name = canonical(variable[: next((i for i, t in enumerate(variable) if t.text == r"\in"), None)])
        begin, body = len(self.sites), self.term()
        self.over(name, begin, *(s.kind for s in self.sites[begin:] if s.kind.startswith("double")))

        def value(env):
            def f(x):
                return sign * body(bind(env, name, x))

            best = largest(f, *(mp.mpf(end) for end in domain(env, name)))
            return best if where else sign * f(best)

        return value

    def function(self):
        token = self.next()
        apply = FUNCTIONS[token.text]
        power = base = None
        while self.peek() in ("_", "^"):
            if self.next().text == "_":
                base = self.argument()
            else:
                power = self.argument()
        if token.text == r"\log" and base is None:
            self.site("logarithm", token.start, r"\log_{10}", token.end)
        if self.peek() in CLOSING:
            inside = self.group()
            if self.peek() == "^":
                raise self.error(f"{token.text}(x)^2 can be read in two ways; write {token.text}^2(x)")
        else:
            inside = self.factor()
            while self.starts_factor() and self.peek() not in {*FUNCTIONS, *_BIG, *_EXTREMA}:
                if self.peek() in CLOSING:
                    raise self.error(f"where does the argument of {token.text} end? put it in parentheses")
                inside = self.product(inside, self.factor())

        def value(env):
            x = number(inside(env))
            result = mp.log(x, base(env)) if base else apply(x)
            return result ** power(env) if power else result

        return value

    # -- symbols -------------------------------------------------------------------------------------

    def name(self) -> str:
        """A symbol with its subscript and star, as a canonical name."""
        return self.read_name()[0]

    def read_name(self):
        """(name, name without subscript, subscript tokens, accents' inside, primes)"""
        start = self.at
        inside = None
        if self.peek() == r"\nabla":
            self.next()
            while self.skip("^", "_"):
                self.raw()
            if not (self.peek()[:1].isalpha() or self.peek() in GREEK | ACCENTS):
                raise self.error(r"\nabla without a function after it")
        if self.peek() in ACCENTS:
            self.next()
            inside = canonical(self.raw())
        else:
            self.next()
        base, sub, star, primes = canonical(self.tokens[start : self.at]), [], "", 0
        while True:
            if self.skip("'"):
                primes += 1
            elif self.peek() == "_" and not sub:
                self.next()
                sub = self.raw()
            elif self.peek() == "^" and not star:
                mark = self.at
                self.next()
                raised = self.raw()
                words = [t.text for t in raised]
                named = words[0] in ("*", r"\dagger") or words[0].startswith((r"\text{", r"\mathrm{"))
                named |= f"{base}^{{{canonical(raised)}}}" in self.env  # \theta^{(t)}, if it is bound
                if set(words) == {"'"}:
                    primes += len(words)
                elif named:
                    star = "^" + canonical(raised) if len(words) == 1 else f"^{{{canonical(raised)}}}"
                else:
                    self.at = mark
                    break
            else:
                break
        index = canonical(sub)
        tail = star + "'" * primes
        full = base + (f"_{index}" if len(sub) == 1 else f"_{{{index}}}" if sub else "") + tail
        full = canonical(full) if sub else full
        plain = None if inside is None and not star else (inside or base)
        return full, base + tail, sub, plain, primes

    def symbol(self):
        start = self.here()
        name, base, sub, plain, primes = self.read_name()
        env, bracket = self.env, self.peek() in ("(", "[", r"\{")
        if self.peek() == "^" and f"{name}^2" in env and self.peek(1) == "2":
            self.at += 2  # \sigma^2 bound as such
            name, primes = f"{name}^2", 0
        elif self.peek() == "^" and self.peek(2) == "_" and not sub:
            # \sigma^2_n is (\sigma_n)^2: put the two in order and read again.
            at = self.at
            self.tokens[at : at + 4] = [*self.tokens[at + 2 : at + 4], *self.tokens[at : at + 2]]
            self.at = next(i for i, t in enumerate(self.tokens) if t.start == start)
            return self.symbol()
        bound = env.get(name)
        if isinstance(bound, Operator) or (callable(bound) and bracket):
            return self.application(bound)
        unprimed = name.rstrip("'")
        if bound is None and primes and callable(env.get(unprimed)):
            function = env[unprimed]
            if bracket:
                return self.application(lambda x, *more: mp.diff(lambda z: function(z, *more), x, primes))
            if not isinstance(function, Fn):
                raise self.error(f"{name} without an argument; bind {unprimed} to Fn(function, its argument)")
            return lambda e: mp.diff(e[unprimed], lookup(e, function.arguments[0]), primes)
        text = self.text[start : self.tokens[self.at - 1].end]
        indexed = sub and bound is None
        if isinstance(bound, mp.mpf) or (indexed and isinstance(env.get(base), list | mp.matrix)):
            self.site(f"double {name}", start, f"{{(2{text})}}")
        if name == "n" and isinstance(bound, mp.mpf) and (self.peek(), self.peek(1)) != ("-", "1"):
            self.site("n to n - 1", start, "{(n-1)}")
        if plain and isinstance(env.get(plain), mp.mpf):
            self.site("accent", start, f"{{{plain}}}")
        return self.indexed(name, base, sub) if indexed else lambda e: lookup(e, name)

    def indexed(self, name: str, base: str, sub: list[Token]):
        """`y_i`: a symbol of that name if one is bound, else an element of the array y."""
        before, mark = len(self.sites), (self.tokens, self.at)
        try:
            indices = [self.within(sub, self.expression)]
        except LatexError:  # x_{i,j}, or x_{ij} where i j is no product
            self.tokens, self.at = mark
            indices = [self.within([t], self.expression) for t in sub if t.text != ","]
        each = [Token(c, t.start, t.end) for t in sub for c in (t.text if t.text.isdigit() else [t.text])]
        pairs = [self.within([t], self.expression) for t in each if t.text.isalnum()]
        del self.sites[before:]

        def value(env):
            array = env.get(base)
            if name in env or not isinstance(array, list | mp.matrix):
                return lookup(env, name)
            matrix = isinstance(array, mp.matrix) and array.cols > 1
            place = [int(i(env)) - 1 for i in (pairs if matrix else indices)]
            size = (array.rows, array.cols) if isinstance(array, mp.matrix) else (len(array), 1)
            if any(not 0 <= k < length for k, length in zip(place, size, strict=False)):
                raise ArithmeticError(f"{name} at {[k + 1 for k in place]}: {base} has size {size}")
            return array[tuple(place) if matrix else place[0]]

        return value

    def application(self, function):
        arguments = self.arguments()
        if isinstance(function, Operator):
            def operate(env):
                def thunk(node):
                    def at(rebound=()):
                        new = env
                        for name, value in dict(rebound).items():
                            new = bind(new, canonical(name), to_mp(value))
                        return node(new)

                    return at

                return to_mp(function.call(*(thunk(node) for node in arguments)))

            return operate
        return lambda env: to_mp(function(*(node(env) for node in arguments)))

    def arguments(self):
        """The list in brackets after a function: f(y; \\theta), P(Y = y \\mid p)."""
        if self.peek() not in CLOSING:
            raise self.error("expected brackets")
        closing = CLOSING[self.next().text]
        outer, self.integrals = self.integrals, 0
        found = [self.one_argument()]
        while self.skip(",", ";", "|", r"\mid", ":"):
            found.append(self.one_argument())
        self.integrals = outer
        self.expect(closing)
        return found

    def one_argument(self):
        start = self.at
        left = self.expression()
        if self.peek() not in RELATIONS:
            return left
        name, relation = canonical(self.tokens[start : self.at]), self.next().text
        right = self.expression()

        def event(env):
            return Event(name, relation, right(env), left(env) if name in env else None)

        return event


