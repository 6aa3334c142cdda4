"""The engine behind the checks: what it breaks, what it accepts, what it refuses."""

import mpmath as mp
import pytest

from tests.derivations._check import (
    Equation,
    Fn,
    by_hand,
    checks,
    equivalent,
    latex_of,
    run,
    survivors,
)

DATA = [([1.2, 3.1, -0.4], 0.7, 1.3), ([2.0, 5.5], 1.9, 0.6)]
SCORE = r"\frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \sum_{i=1}^n (y_i - \mu)"


def normal_loglik(y, sigma):
    return lambda mu: sum(-mp.log(sigma) - ((v - mu) / sigma) ** 2 / 2 for v in y)


def check_of(latex, function, name="test_eq_sample"):
    function.__doc__, function.__name__ = latex, name
    return function


def score(eq):
    for y, mu, sigma in DATA:
        eq.holds({"y": y, "n": len(y), r"\mu": mu, r"\sigma": sigma,
                  r"\ell": Fn(normal_loglik(y, sigma), r"\mu")})


def test_a_right_equation_is_green_and_every_change_of_it_red():
    check = check_of(SCORE, score)
    kinds = {site.kind for _, site in run(check).sites}
    assert kinds == {"negate", "fraction", "integer", r"double \sigma", "sum", "sign", r"double \mu",
                     "double y_i", "double n", "n to n - 1"}
    assert survivors(check) == []


@pytest.mark.parametrize(("right", "wrong"), [
    ("y_i - ", "y_i + "), (r"\sigma^2", r"\sigma^3"), (r"\frac{1}{\sigma^2}", r"\frac{1}{2\sigma^2}"),
    (r"= \frac", r"= -\frac"), ("^n", "^{n-1}"), ("i=1", "i=2"), (r"\frac{1}{\sigma^2}", r"\sigma^2"),
])
def test_a_wrong_equation_is_red_and_named(right, wrong):
    with pytest.raises(AssertionError, match="eq-sample does not hold"):
        run(check_of(SCORE.replace(right, wrong), score))


@pytest.mark.parametrize(("latex", "env", "kind"), [
    (r"a = \log b", {"a": mp.log(3), "b": 3}, "logarithm"),
    (r"\hat\mu = \bar y", {r"\hat\mu": 2, r"\bar y": 2, r"\mu": 1}, "accent"),
    (r"\theta^* = a", {r"\theta^*": 2, r"\theta": 1, "a": 2}, "accent"),
    (r"a = \frac{n-1}{b}", {"n": 5, "b": 3, "a": mp.mpf(4) / 3}, "n - 1 to n"),
    (r"a = \sqrt{b}", {"a": mp.sqrt(3), "b": 3}, "root"),
    (r"a = b / c", {"a": mp.mpf(2) / 3, "b": 2, "c": 3}, "divide"),
    (r"a < b \le c", {"a": 1, "b": 2, "c": 3}, "relation"),
    (r"a = \prod_{k=2}^{4} k", {"a": 24}, "sum"),
])
def test_each_kind_of_change_is_made_and_noticed(latex, env, kind):
    check = check_of(latex, lambda eq: eq.holds(env, env))
    assert kind in {site.kind for _, site in run(check).sites}
    assert survivors(check) == []


def test_special_values_are_reported_as_survivors():
    check = check_of("a = b^2", lambda eq: eq.holds({"a": 1, "b": 1}, {"a": 1, "b": 1}))
    assert survivors(check) == ["integer: …a = b^⟦2 → 3⟧…"]


def test_equations_with_zero_keep_only_the_changes_that_matter():
    def check(eq):
        for y, _, _ in DATA:
            eq.holds({"y": y, "n": len(y), r"\hat\mu": sum(y) / len(y), r"\sigma": 1.3})

    check = check_of(r"\frac{1}{\sigma^2} \sum_{i=1}^n (y_i - \hat\mu) = 0", check)
    assert {site.kind for _, site in run(check).sites} == {"sign"}
    assert survivors(check) == []


def test_declared_equivalents():
    def declared(change):
        return equivalent(change, "1 to any power is 1")(
            check_of("a = b^2", lambda eq: eq.holds({"a": 1, "b": 1}, {"a": 1, "b": 1})))

    assert survivors(declared("integer")) == []
    assert survivors(declared("…a = b^⟦2 → 3⟧…")) == []
    with pytest.raises(ValueError, match="no surviving change"):
        survivors(declared("double b"))


def test_checks_by_hand_need_a_wrong_variant_that_goes_red():
    def check(claim):
        assert claim(5) == 4

    with pytest.raises(ValueError, match="at least one wrong"):
        by_hand(lambda n: n - 1, wrong={})
    assert survivors(by_hand(lambda n: n - 1, wrong={"n": lambda n: n})(check_of("x", check))) == []
    weak = by_hand(lambda n: n - 1, wrong={"n": lambda n: n, "same": lambda n: 4})(check_of("x", check))
    assert survivors(weak) == ["wrong variant 'same'"]


def test_a_check_that_nothing_turns_red_is_refused():
    with pytest.raises(ValueError, match="nothing turns this check red"):
        survivors(check_of("a = b", lambda eq: None))


def test_a_rewritten_text_is_what_gets_broken():
    def check(eq):
        eq.holds({"a": 3, "b": 2}, {"a": 5, "b": 4}, rewrite={r"\heartsuit": "+"})

    check = check_of(r"a = b \heartsuit 1", check)
    assert survivors(check) == []
    assert "sign" in {site.kind for _, site in run(check).sites}
    with pytest.raises(ValueError, match="is not in the LaTeX"):
        Equation("eq-x", "a = b").holds({"a": 1, "b": 1}, rewrite={"c": "d"})


def test_every_check_of_the_book_says_what_it_checks():
    for label, check in checks().items():
        assert latex_of(check), f"{label} has no docstring"
        arguments = check.__code__.co_varnames[: check.__code__.co_argcount]
        assert set(arguments) <= {"eq", "claim"}, f"{label} takes {arguments}; a check takes eq or claim"
