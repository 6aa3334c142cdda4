"""Checks of the labelled equations of chapter 5."""

import functools

import mpmath as mp
import numpy as np
from scipy import special, stats

from tests.derivations._check import column, derivatives, double, equivalent

# Design with its column of ones, labels, weights.
CASES = [
    (np.array([[1, 0.3], [1, -1.2], [1, 2.5], [1, 0.9], [1, -0.4]]), [1, 0, 1, 0, 1], [0.7, -0.6]),
    (np.array([[1, 0.4, -0.7], [1, 1.9, 0.2], [1, -0.8, 1.4], [1, 0.1, 2.2], [1, -1.6, -0.3], [1, 0.8, 0.6]]),
     [1, 1, 0, 1, 0, 0], [0.2, 0.8, -0.3]),
]
LINEAR = "a term linear in the logit has no second derivative"
LOGITS = [(1, [0.4, -1.3, 0.9]), (3, [2.1, 0.3, -0.8])]  # class from 1, logits


def sigmoid(eta):
    return (1 + mp.tanh(mp.mpf(eta) / 2)) / 2


def predictor(X, w):
    return [mp.fsum(a * b for a, b in zip(row, w, strict=True)) for row in X.tolist()]


def loglik(X, y):
    """The probability of every label, multiplied."""
    def ell(w):
        probabilities = [sigmoid(e if v else -e) for e, v in zip(predictor(X, list(w)), y, strict=True)]
        return mp.log(mp.fprod(probabilities))

    return ell


def logistic(X, y, w):
    eta = predictor(X, w)
    p = [sigmoid(e) for e in eta]
    return {
        "X": X, "x": X, "y": y, "n": len(y), "p": p, "W": mp.diag([q * (1 - q) for q in p]),
        r"\eta": eta, r"\mathbf{y}": column(y), r"\mathbf{p}": column(p), r"\mathbf{w}": column(w),
        r"\mathbf{x}": [column(row) for row in X], r"\ell": loglik(X, y),
    }


def test_eq_sigmoid(eq):
    r"""p = \frac{1}{1 + e^{-\eta}} \iff \eta = \log\frac{p}{1-p}"""
    for eta in (0.7, -2.3):
        p = special.expit(eta)
        eq.holds({"p": p, r"\eta": eta}, {"p": p * 0.9, r"\eta": eta}, {"p": p, r"\eta": eta + 0.2})


def test_eq_odds_ratio(eq):
    r"""\frac{p(x+1)}{1-p(x+1)} = e^{w}\,\frac{p(x)}{1-p(x)}"""
    for b, w, x in ((0.3, 0.8, 1.7), (-1.1, -0.6, 0.4)):
        eq.holds({"w": w, "x": x, "p": lambda x, b=b, w=w: sigmoid(b + w * x)})


def test_eq_logistic_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\mathbf{w}) &= \sum_{i=1}^{n} \bigl(y_i \log p_i \\
    &\qquad + (1-y_i)\log(1-p_i)\bigr)
    \end{aligned}
    """
    for X, y, w in CASES:
        p = special.expit(X @ w)
        ell = double(lambda X=X, y=y, w=w: stats.bernoulli.logpmf(y, special.expit(X @ w)).sum())
        eq.holds({"y": y, "p": p, "n": len(y), r"\mathbf{w}": column(w), r"\ell": lambda w, ell=ell: ell()})


def test_eq_cross_entropy(eq):
    r"""-\frac{1}{n}\,\ell(\mathbf{w}) = \frac{1}{n}\sum_{i=1}^{n} \operatorname{CE}(y_i, p_i)"""
    # Minus the mean log probability of the two outcomes, if a one has probability y.
    entropy = double(lambda y, p: -np.sum(special.xlogy([y, 1 - y], [p, 1 - p])))
    eq.holds(*({**logistic(*case), r"\operatorname{CE}": entropy} for case in CASES))


def test_eq_logistic_nll(eq):
    r"""-\log f(y; \eta) = \log(1 + e^{\eta}) - y\,\eta"""
    mass = double(lambda y, eta: stats.bernoulli.pmf(y, special.expit(eta)))
    eq.holds(*({"y": y, r"\eta": eta, "f": mass} for y in (0, 1) for eta in (0.7, -2.3)))


@equivalent(r"…gl(\log(1+e^{\eta}) ⟦- → +⟧ y\,\eta\bigr) &= p\…", LINEAR)
@equivalent(r"…(\log(1+e^{\eta}) - ⟦y → {(2y)}⟧\,\eta\bigr) &= p\,(…", LINEAR)
@equivalent(r"…og(1+e^{\eta}) - y\,⟦\eta → {(2\eta)}⟧\bigr) &= p\,(1-p) \…", LINEAR)
def test_eq_logit_gradient(eq):
    r"""
    \begin{aligned}
    \frac{d}{d\eta}\bigl(\log(1+e^{\eta}) - y\,\eta\bigr) &= p - y \\
    \frac{d^2}{d\eta^2}\bigl(\log(1+e^{\eta}) - y\,\eta\bigr) &= p\,(1-p)
    \end{aligned}
    """
    eq.holds(*({"y": y, r"\eta": eta, "p": special.expit(eta)} for y in (0, 1) for eta in (0.7, -2.3)))


def test_eq_logistic_score(eq):
    r"""-\nabla_{\mathbf{w}}\ell(\mathbf{w}) = X^\top(\mathbf{p} - \mathbf{y})"""
    for X, y, w in CASES:
        slope = derivatives(loglik(X, y), w)[0]
        eq.holds({**logistic(X, y, w), r"\nabla_{\mathbf{w}}\ell": lambda w, slope=slope: slope})


def test_eq_logistic_hessian(eq):
    r"""
    \begin{aligned}
    -\nabla^2_{\mathbf{w}}\ell(\mathbf{w}) &= X^\top W X \\
    W_{ii} &= p_i\,(1-p_i)
    \end{aligned}
    """
    for X, y, w in CASES:
        curvature = derivatives(loglik(X, y), w)[1]
        both = {**logistic(X, y, w), r"\nabla^2_{\mathbf{w}}\ell": lambda w, h=curvature: h}
        eq.holds(*({**both, "i": i} for i in (1, 3)))


@functools.cache
def maximum(X, y, start):
    """Where the numerical gradient of the log-likelihood vanishes."""
    ell = loglik(np.array(X), y)
    return list(mp.findroot(lambda *w: derivatives(ell, w)[0], start))


def test_eq_logistic_moments(eq):
    r"""\sum_{i=1}^{n} x_{ij}\,\hat p_i = \sum_{i=1}^{n} x_{ij}\, y_i"""
    for X, y, w in CASES:
        p_hat = [sigmoid(e) for e in predictor(X, maximum(tuple(map(tuple, X)), tuple(y), tuple(w)))]
        eq.holds(*({**logistic(X, y, w), r"\hat p": p_hat, "j": j} for j in (1, 2)))


def test_eq_logistic_convex(eq):
    r"""
    \begin{aligned}
    &\mathbf{v}^\top X^\top W X\,\mathbf{v} \\
    &\quad = \sum_{i=1}^{n} p_i(1-p_i)\,(\mathbf{x}_i^\top\mathbf{v})^2 \ge 0
    \end{aligned}
    """
    for X, y, w in CASES:
        eq.holds({**logistic(X, y, w), r"\mathbf{v}": column([0.2, -0.3, 0.1][: len(w)])})


def test_eq_softplus(eq):
    r"""
    \begin{aligned}
    \log(1+e^{\eta}) &= \max(0, \eta) \\
    &\quad + \log\bigl(1 + e^{-|\eta|}\bigr)
    \end{aligned}
    """
    eq.holds(*({r"\eta": eta} for eta in (0.7, -2.3)))


def newton(X, y, w):
    """One step of Newton's method on the log-likelihood, with numerical derivatives."""
    gradient, hessian = derivatives(loglik(X, y), w)
    return column(w) - mp.lu_solve(hessian, gradient)


def test_eq_newton_step(eq):
    r"""
    \begin{aligned}
    \mathbf{w}_{\text{new}} &= \mathbf{w} \\
    &\quad + (X^\top W X)^{-1} X^\top(\mathbf{y} - \mathbf{p})
    \end{aligned}
    """
    eq.holds(*({**logistic(*case), r"\mathbf{w}_{\text{new}}": newton(*case)} for case in CASES))


def test_eq_irls(eq):
    r"""
    \begin{aligned}
    \mathbf{w}_{\text{new}} &= (X^\top W X)^{-1} X^\top W\,\mathbf{z} \\
    z_i &= \eta_i + \frac{y_i - p_i}{p_i(1-p_i)}
    \end{aligned}
    """
    for X, y, w in CASES:
        # The response whose weighted least-squares fit, by QR, is the Newton step.
        both, new = logistic(X, y, w), newton(X, y, w)
        ell = [lambda e, v=v: mp.log(sigmoid(e if v else -e)) for v in y]
        z = [e - mp.diff(f, e) / mp.diff(f, e, 2) for e, f in zip(both[r"\eta"], ell, strict=True)]
        root = [mp.sqrt(both["W"][i, i]) for i in range(len(y))]
        fitted = mp.qr_solve(mp.diag(root) * mp.matrix(X.tolist()), mp.diag(root) * column(z))[0]
        assert mp.mnorm(fitted - new, mp.inf) < 1e-12
        eq.holds(*({**both, r"\mathbf{w}_{\text{new}}": new, r"\mathbf{z}": column(z), "z": z, "i": i}
                   for i in (2, 4)))


@equivalent(r"…igr) \\ &\le n\, e^{⟦- → ⟧c\,m_{\min}} \end{al…", "a bound too, but one that does not vanish")
def test_eq_separation(eq):
    r"""
    \begin{aligned}
    0 &< \sum_{i=1}^{n} \log\bigl(1 + e^{-c\,m_i}\bigr) \\
    &\le n\, e^{-c\,m_{\min}}
    \end{aligned}
    """
    for m, c in (([0.4, 1.3, 0.9], 2.5), ([0.2, 0.21], 7.0)):
        eq.holds({"m": m, r"m_{\min}": min(m), "n": len(m), "c": c})


def test_eq_normal_prior(eq):
    r"""
    \begin{aligned}
    &-\sum_{j=1}^{d} \log f(w_j; 0, \tau^2) \\
    &\quad = \frac{1}{2\tau^2}\sum_{j=1}^{d} w_j^2 + \frac{d}{2}\log(2\pi\tau^2)
    \end{aligned}
    """
    density = double(lambda w, m, v: stats.norm.pdf(w, m, v**0.5))
    for w, tau in (([0.7, -1.4], 2.5), ([0.3, 1.1, -0.6], 0.8)):
        eq.holds({"w": w, "d": len(w), r"\tau": tau, "f": density})


# -- more than two classes -------------------------------------------------------------------------------


def softmax(y, eta):
    total = mp.fsum(mp.exp(e) for e in eta)
    return {"K": len(eta), r"\eta": eta, "y": y, "t": [int(k + 1 == y) for k in range(len(eta))],
            "p": [mp.exp(e) / total for e in eta]}


def test_eq_softmax(eq):
    r"""p_c = \frac{e^{\eta_c}}{\sum_{k=1}^{K} e^{\eta_k}}"""
    for y, eta in LOGITS:
        eq.holds(*({**softmax(y, eta), "c": c, "p": special.softmax(eta)} for c in (1, 2)))


def test_eq_softmax_nll(eq):
    r"""-\log p_y = \log\sum_{k=1}^{K} e^{\eta_k} - \eta_y"""
    eq.holds(*({**softmax(y, eta), "p": special.softmax(eta)} for y, eta in LOGITS))


def test_eq_softmax_gradient(eq):
    r"""
    \begin{aligned}
    &\frac{\partial}{\partial \eta_c}\left(\log\sum_{k=1}^{K} e^{\eta_k} - \sum_{k=1}^{K} t_k\,\eta_k\right)
    \\
    &\quad = p_c - t_c
    \end{aligned}
    """
    for y, eta in LOGITS:
        eq.holds(*({**softmax(y, eta), "c": c, r"\eta_c": eta[c - 1]} for c in (1, 2)))


def test_eq_softmax_hessian(eq):
    r"""H = \operatorname{diag}(\mathbf{p}) - \mathbf{p}\,\mathbf{p}^\top"""
    for y, eta in LOGITS:
        def nll(logits, y=y):
            return mp.log(mp.fsum(mp.exp(e) for e in logits)) - logits[y - 1]

        eq.holds({"H": derivatives(nll, eta)[1], r"\mathbf{p}": column(softmax(y, eta)["p"]),
                  r"\operatorname{diag}": lambda p: mp.diag(list(p))})


def test_eq_softmax_shift(eq):
    r"""
    \frac{e^{\eta_c + a}}{\sum_{k=1}^{K} e^{\eta_k + a}} = \frac{e^{\eta_c}}{\sum_{k=1}^{K} e^{\eta_k}}
    """
    eq.holds(*({**softmax(y, eta), "c": 2, "a": 1.7} for y, eta in LOGITS))


def test_eq_softmax_two(eq):
    r"""\frac{e^{\eta_1}}{e^{\eta_0} + e^{\eta_1}} = \frac{1}{1 + e^{-(\eta_1 - \eta_0)}}"""
    eq.holds({r"\eta_0": 0.4, r"\eta_1": -1.3}, {r"\eta_0": -0.7, r"\eta_1": 2.1})
