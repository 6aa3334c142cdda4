"""Checks of the labelled equations of chapter 4."""

import itertools

import mpmath as mp
import numpy as np
from scipy import stats
from scipy.special import gammaln

from tests.derivations._check import Fn, Operator, average, column, double, equivalent, gauss_hermite

# Design with its column of ones, outcomes, weights that are not the estimate, sigma.
CASES = [
    (np.array([[1, 0.3], [1, -1.2], [1, 2.5], [1, 0.9]]), [1.2, 3.1, -0.4, 2.3], [0.7, -0.6], 1.3),
    (np.array([[1, 0.4, -0.7], [1, 1.9, 0.2], [1, -0.8, 1.4], [1, 0.1, 2.2], [1, -1.6, -0.3]]),
     [2.0, 5.5, 0.3, 1.7, -2.1], [1.9, 0.8, -0.3], 0.6),
]


def rows_of(X):
    return [column(row) for row in X]


def residuals(X, y, w):
    return [v - mp.fsum(a * b for a, b in zip(row, w, strict=True))
            for row, v in zip(X.tolist(), y, strict=True)]


def rss(X, y, w):
    return mp.fsum(r**2 for r in residuals(X, y, w))


def loglik(X, y):
    n = len(y)
    return lambda w, v: -mp.mpf(n) / 2 * mp.log(2 * mp.pi * v) - rss(X, y, list(w)) / (2 * v)


def least_squares(X, y):
    """Householder QR, which no formula of the chapter uses."""
    return mp.qr_solve(mp.matrix(X.tolist()), column(y))[0]


def linear(X, y, w, sigma):
    """What the equations may use; the columns of X are counted from 1 here, from 0 in the text."""
    w_hat = least_squares(X, y)
    return {
        "X": X, "x": X, r"\mathbf{x}": rows_of(X), "y": y, r"\mathbf{y}": column(y), "n": len(y),
        "r": residuals(X, y, w),
        r"\mathbf{w}": column(w), r"\hat{\mathbf{w}}": w_hat, r"\sigma": sigma, r"\ell": loglik(X, y),
        r"\hat\sigma^2": rss(X, y, list(w_hat)) / len(y),
    }


def samples(X, truth, one, statistics=least_squares):
    """Outcomes for `average`: every noise vector of independent values of one = [(probability, value), …]."""
    outcomes = []
    for noise in itertools.product(one, repeat=len(X)):
        y = [mp.fsum(a * b for a, b in zip(row, truth, strict=True)) + e
             for row, (_, e) in zip(X.tolist(), noise, strict=True)]
        outcomes.append((mp.fprod(p for p, _ in noise),
                         {r"\mathbf{y}": column(y), r"\hat{\mathbf{w}}": statistics(X, y)}))
    return outcomes


def covariance(outcomes):
    """Cov of a random vector, as an operator on one argument."""
    def of(f):
        values = [(p, f(symbols)) for p, symbols in outcomes]
        mean = sum((p * v for p, v in values), mp.zeros(values[0][1].rows, 1))
        return sum((p * (v - mean) * (v - mean).T for p, v in values), mp.zeros(mean.rows))

    return Operator(of)


# Mean zero, and no normal distribution: skewed noise and its variance; noise with a square root of two.
SKEWED = [(mp.mpf("0.2"), mp.mpf(-2)), (mp.mpf("0.8"), mp.mpf("0.5"))], mp.mpf(1)
EVEN = [(mp.mpf("0.5"), mp.mpf("-0.7")), (mp.mpf("0.5"), mp.mpf("0.7"))], mp.mpf("0.49")
NOISES = list(zip(CASES, (SKEWED, EVEN), strict=True))


# -- from noise to squares -------------------------------------------------------------------------------


def test_eq_linear_density(eq):
    r"""
    \begin{aligned}
    f(y_i; \mathbf{w}, \sigma^2) &= \frac{1}{\sqrt{2\pi\sigma^2}} \exp\left(-\frac{r_i^2}{2\sigma^2}\right)
    \\
    r_i &= y_i - \mathbf{x}_i^\top \mathbf{w}
    \end{aligned}
    """
    for (X, y, w, sigma), i in zip(CASES, (1, 3), strict=True):
        mean = float(X[i - 1] @ w)
        density = double(lambda y, v, mean=mean: stats.norm.pdf(y, mean, v**0.5))
        eq.holds({**linear(X, y, w, sigma), "i": i, "f": lambda y, w, v, f=density: f(y, v)})


def test_eq_linear_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\mathbf{w}, \sigma^2) &= -\frac{n}{2}\log(2\pi\sigma^2) - \frac{\|\mathbf{y} -
    X\mathbf{w}\|^2}{2\sigma^2} \\
    \|\mathbf{y} - X\mathbf{w}\|^2 &= \sum_{i=1}^{n} r_i^2
    \end{aligned}
    """
    for X, y, w, sigma in CASES:
        ell = double(lambda v, X=X, y=y, w=w: stats.norm.logpdf(y, X @ w, v**0.5).sum())
        eq.holds({**linear(X, y, w, sigma), r"\ell": lambda w, v, ell=ell: ell(v)})


def test_eq_mse_nll(eq):
    r"""
    \begin{aligned}
    -\frac{1}{n}\,\ell(\mathbf{w}, \sigma^2) &= \frac{\operatorname{MSE}(\mathbf{w})}{2\sigma^2} \\
    &\quad + \frac12\log(2\pi\sigma^2) \\
    \operatorname{MSE}(\mathbf{w}) &= \frac{\|\mathbf{y} - X\mathbf{w}\|^2}{n}
    \end{aligned}
    """
    for X, y, w, sigma in CASES:
        eq.holds({**linear(X, y, w, sigma),
                  r"\operatorname{MSE}": lambda w, X=X, y=y: rss(X, y, list(w)) / len(y)})


def test_eq_linear_score(eq):
    r"""
    \begin{aligned}
    \frac{\partial \ell}{\partial w_j} &= \frac{1}{\sigma^2}\sum_{i=1}^{n} x_{ij}\, r_i \\
    \nabla_{\mathbf{w}} \ell(\mathbf{w}, \sigma^2) &= \frac{1}{\sigma^2}\, X^\top(\mathbf{y} - X\mathbf{w})
    \end{aligned}
    """
    for (X, y, w, sigma), j in zip(CASES, (2, 3), strict=True):
        ell = loglik(X, y)

        def gradient(w, v, ell=ell):
            slopes = []
            for k in range(w.rows):
                def along(t, k=k):
                    moved = w.copy()
                    moved[k] = t
                    return ell(moved, v)

                slopes.append(mp.diff(along, w[k]))
            return column(slopes)

        eq.holds({**linear(X, y, w, sigma), "w": w, "w_j": w[j - 1], "j": j,
                  r"\ell": Fn(lambda w_j, v, ell=ell, w=w, j=j: ell([*w[: j - 1], w_j, *w[j:]], v),
                              "w_j", r"\sigma^2"),
                  r"\nabla_{\mathbf{w}} \ell": gradient})


def test_eq_ols(eq):
    r"""
    \begin{aligned}
    X^\top X\, \hat{\mathbf{w}} &= X^\top \mathbf{y} \\
    \hat{\mathbf{w}} &= (X^\top X)^{-1} X^\top \mathbf{y}
    \end{aligned}
    """
    eq.holds(*(linear(*case) for case in CASES))


def test_eq_ols_pythagoras(eq):
    r"""
    \begin{aligned}
    \|\mathbf{y} - X\mathbf{w}\|^2 &= \|\mathbf{y} - X\hat{\mathbf{w}}\|^2 \\
    &\quad + \|X(\mathbf{w} - \hat{\mathbf{w}})\|^2
    \end{aligned}
    """
    eq.holds(*(linear(*case) for case in CASES))


def test_eq_linear_max(eq):
    r"""
    \begin{aligned}
    \hat\sigma^2 &= \frac{\|\mathbf{y} - X\hat{\mathbf{w}}\|^2}{n} \\
    \ell(\hat{\mathbf{w}}, \hat\sigma^2) &= -\frac{n}{2}\bigl(\log(2\pi\hat\sigma^2) + 1\bigr)
    \end{aligned}
    """
    for X, y, w, sigma in CASES:
        w_hat, ell = least_squares(X, y), loglik(X, y)
        best = mp.findroot(lambda u, ell=ell, w=w_hat: mp.diff(lambda t: ell(w, mp.exp(t)), u), (-5, 3),
                           solver="anderson")
        eq.holds({**linear(X, y, w, sigma), r"\hat\sigma^2": mp.exp(best)})


@equivalent(r"…(\mathbf{w}, \sigma^⟦2 → 3⟧) - \ell(\hat{\mathb…",
            "the maximum over sigma does not depend on which of its powers is the argument")
def test_eq_linear_profile(eq):
    r"""
    \begin{aligned}
    &\max_{\sigma^2} \ell(\mathbf{w}, \sigma^2) - \ell(\hat{\mathbf{w}}, \hat\sigma^2) \\
    &\quad = -\frac{n}{2}\log\frac{\|\mathbf{y} - X\mathbf{w}\|^2}{\|\mathbf{y} - X\hat{\mathbf{w}}\|^2}
    \end{aligned}
    """
    for X, y, w, sigma in CASES:
        top = rss(X, y, w) / len(y)
        eq.holds({**linear(X, y, w, sigma), r"dom \sigma^2": (top / 3, top * 3)})


def test_eq_mse_target(eq):
    r"""\mathbb{E}\bigl[(y - c)^2\bigr] = \operatorname{Var}(y) + \bigl(\mathbb{E}[y] - c\bigr)^2"""
    for one, c in (([(0.2, -1), (0.5, 0.4), (0.3, 2.5)], 0.9), ([(0.6, 1.3), (0.4, 4)], -0.7)):
        eq.holds({**average([(p, {"y": y}) for p, y in one]), "c": c, "y": 0})


# -- how far off -----------------------------------------------------------------------------------------


def test_eq_ols_error(eq):
    r"""\hat{\mathbf{w}} = \mathbf{w}^* + (X^\top X)^{-1} X^\top \boldsymbol\varepsilon"""
    for X, noise, truth, _ in CASES:
        y = X @ truth + noise
        eq.holds({"X": X, r"\mathbf{w}^*": column(truth), r"\boldsymbol\varepsilon": column(noise),
                  r"\hat{\mathbf{w}}": least_squares(X, y.tolist())})


def test_eq_ols_covariance(eq):
    r"""\operatorname{Cov}(\hat{\mathbf{w}}) = \sigma^2 (X^\top X)^{-1}"""
    for (X, _, truth, _), (one, variance) in NOISES:
        eq.holds({"X": X, r"\sigma^2": variance, r"\hat{\mathbf{w}}": 0,
                  r"\operatorname{Cov}": covariance(samples(X, truth, one))})


def test_eq_linear_information(eq):
    r"""I_{\mathbf{w}} = \frac{1}{\sigma^2}\, X^\top X, \qquad I_{\sigma^2} = \frac{n}{2\sigma^4}"""
    for (X, _, _, sigma), rows in zip(CASES, (3, 4), strict=True):
        # The other form of the information, the expected square of the score; its entries are
        # polynomials of degree four in each noise term, which three nodes integrate exactly.
        X = X[:rows]
        v, p = mp.mpf(sigma) ** 2, X.shape[1]
        info = mp.zeros(p + 1)
        for noise in itertools.product(gauss_hermite(0, sigma, 3), repeat=rows):
            weight, e = mp.fprod(q for q, _ in noise), [e for _, e in noise]
            score = [mp.fsum(a * r for a, r in zip(col, e, strict=True)) / v for col in X.T.tolist()]
            score.append(mp.fsum(r**2 for r in e) / (2 * v**2) - rows / (2 * v))
            info += weight * column(score) * column(score).T
        assert mp.mnorm(info[:p, p], mp.inf) < 1e-20, "the two blocks are coupled"
        eq.holds({"X": X, "n": rows, r"\sigma": sigma, r"I_{\mathbf{w}}": info[:p, :p],
                  r"I_{\sigma^2}": info[p, p]})


def test_eq_residual_expectation(eq):
    r"""\mathbb{E}\bigl[\|\mathbf{y} - X\hat{\mathbf{w}}\|^2\bigr] = (n - d - 1)\,\sigma^2"""
    for (X, _, truth, _), (one, variance) in NOISES:
        eq.holds({**average(samples(X, truth, one)), "X": X, "n": len(X), "d": X.shape[1] - 1,
                  r"\sigma^2": variance, r"\mathbf{y}": 0, r"\hat{\mathbf{w}}": 0})


def test_eq_t_coverage(eq):
    r"""
    \begin{aligned}
    &P\bigl(|\hat w_j - w_j^*| \le c \operatorname{se}_j\bigr) \\
    &\quad = 2 F_{n-d-1}(c) - 1
    \end{aligned}
    """
    for n, d, c in ((10, 4, 1.96), (9, 1, 0.7)):
        k = n - d - 1

        def chance(event, k=k):
            """The error is standard normal in units of sigma sqrt(v), s/sigma has a chi density."""
            for w in (0.9, -1.6):
                assert abs(event({r"\hat w_j": w, "w_j^*": 0.4}).left - abs(w - 0.4)) < 1e-12

            def integrand(r):
                log_density = (1 - mp.mpf(k) / 2) * mp.log(2) - mp.loggamma(mp.mpf(k) / 2)
                log_density += (k - 1) * mp.log(r) - r**2 / 2
                reach = event({r"\operatorname{se}_j": r / mp.sqrt(k)}).value
                return mp.exp(log_density) * (1 - 2 * mp.ncdf(-reach))

            return mp.quad(integrand, [0, 1, 3, 6, 20])

        eq.holds({"P": Operator(chance), "c": c, r"\operatorname{se}_j": 1, r"\hat w_j": 0, "w_j^*": 0,
                  r"|\hat w_j - w_j^*|": "read by chance",
                  "F_{n-d-1}": double(lambda c, k=k: stats.t.cdf(c, k))})


def test_eq_p_value(eq):
    r"""
    \begin{aligned}
    P\bigl(|Z| \ge |z|\bigr) &= 2\bigl(1 - \Phi(|z|)\bigr) \\
    &= 2\,\Phi(-|z|)
    \end{aligned}
    """
    def chance(event):
        assert event.relation == r"\ge"
        return mp.quad(lambda x: 2 * mp.exp(-(x**2) / 2) / mp.sqrt(2 * mp.pi), [event.value, 6, 12])

    eq.holds(*({"P": chance, "z": z, r"\Phi": mp.ncdf} for z in (1.7, -2.4)))


@equivalent(r"…Var}(y_{\text{new}} ⟦- → +⟧ \mathbf{x}^\top \ha…", "the two are independent")
def test_eq_prediction_variance(eq):
    r"""
    \begin{aligned}
    &\operatorname{Var}(y_{\text{new}} - \mathbf{x}^\top \hat{\mathbf{w}}) \\
    &\quad = \sigma^2 + \sigma^2\, \mathbf{x}^\top (X^\top X)^{-1} \mathbf{x}
    \end{aligned}
    """
    for ((X, _, truth, _), (one, variance)), new in zip(NOISES, ([1, 0.6], [1, -0.4, 1.1]), strict=True):
        center = mp.fsum(a * b for a, b in zip(new, truth, strict=True))
        outcomes = [(p * q, {**values, r"y_{\text{new}}": center + e})
                    for p, values in samples(X, truth, one) for q, e in one]
        eq.holds({**average(outcomes), "X": X, r"\mathbf{x}": column(new), r"\sigma^2": variance,
                  r"y_{\text{new}}": 0, r"\hat{\mathbf{w}}": 0})


# -- numerics --------------------------------------------------------------------------------------------


def test_eq_condition_square(eq):
    r"""\operatorname{cond}(X^\top X) = \operatorname{cond}(X)^2"""
    def cond(matrix):
        values = mp.svd_r(matrix, compute_uv=False)
        return max(values) / min(values)

    eq.holds(*({"X": X, r"\operatorname{cond}": cond} for X, *_ in CASES))


def test_eq_qr(eq):
    r"""
    \begin{aligned}
    R\,\hat{\mathbf{w}} &= Q^\top \mathbf{y} \\
    (X^\top X)^{-1} &= R^{-1} (R^{-1})^\top
    \end{aligned}
    """
    for X, y, _, _ in CASES:
        Q, R = mp.qr(mp.matrix(X.tolist()), mode="skinny")
        w_hat = mp.lu_solve(mp.matrix(X.tolist()), column(y))  # least squares of an overdetermined system
        eq.holds({"X": X, "Q": Q, "R": R, r"\mathbf{y}": column(y), r"\hat{\mathbf{w}}": w_hat})


# -- without the Gaussian --------------------------------------------------------------------------------


def test_eq_gauss_markov(eq):
    r"""
    \begin{aligned}
    \operatorname{Cov}(B\mathbf{y}) &= \sigma^2 (X^\top X)^{-1} \\
    &\quad + \sigma^2 D D^\top
    \end{aligned}
    """
    for (X, _, truth, _), (one, variance) in NOISES:
        # Rows of D orthogonal to the columns of X: residuals of anything.
        n, p = X.shape
        M = mp.matrix(X.tolist())
        hat = mp.inverse(M.T * M) * M.T
        D = mp.matrix([[mp.sin(3 * i + 2 * j + 1) for j in range(n)] for i in range(p)])
        D = D - D * M * hat
        eq.holds({"X": X, "B": hat + D, "D": D, r"\sigma^2": variance, r"\mathbf{y}": 0,
                  r"\operatorname{Cov}": covariance(samples(X, truth, one))})


def polar(d, length, nodes=40):
    """N(w*, I_d) with |w*| = length: (weight, estimate), in the plane of w* and the rest of the estimate."""
    x, u = np.polynomial.legendre.leggauss(nodes)
    r, a = length / 2 + 6 + (length / 2 + 6) * x, np.pi / 2 * (1 + x)
    r_weight, a_weight = (length / 2 + 6) * u, np.pi / 2 * u
    R, A = np.meshgrid(r, a, indexing="ij")
    log_density = (d - 1) * np.log(R) + (d - 2) * np.log(np.sin(A)) - (
        R**2 - 2 * R * length * np.cos(A) + length**2) / 2
    log_density += np.log(2) - d / 2 * np.log(2) - gammaln((d - 1) / 2) - np.log(np.pi) / 2
    weights = np.exp(log_density) * np.outer(r_weight, a_weight)
    keep = weights > 1e-14
    weights, along, across = weights[keep], (R * np.cos(A))[keep], (R * np.sin(A))[keep]
    assert abs(weights.sum() - 1) < 1e-10
    return weights / weights.sum(), [[a, b, *[0.0] * (d - 2)] for a, b in zip(along, across, strict=True)]


def test_eq_james_stein(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\bigl[\|\tilde{\mathbf{w}} - \mathbf{w}^*\|^2\bigr] \\
    &\quad = d - (d-2)^2\, \mathbb{E}\left[\frac{1}{\|\hat{\mathbf{w}}\|^2}\right]
    \end{aligned}
    """
    for d, length in ((5, 1.3), (4, 2.1)):
        outcomes = []
        for weight, point in zip(*polar(d, length), strict=True):
            shrink = 1 - (d - 2) / sum(v**2 for v in point)
            outcomes.append((weight, {r"\hat{\mathbf{w}}": column(point),
                                      r"\tilde{\mathbf{w}}": column([shrink * v for v in point])}))
        eq.holds({**average(outcomes), "d": d, r"\mathbf{w}^*": column([length, *[0] * (d - 1)]),
                  r"\hat{\mathbf{w}}": 0, r"\tilde{\mathbf{w}}": 0})
