"""Checks of the labelled equations of chapter 7."""

import functools

import mpmath as mp
from scipy import integrate, special, stats

from tests.derivations._check import Fn, Operator, average, double, equivalent

BESIDE = {"p(1-p)": r"p\cdot(1-p)"}  # p is a function of the logit here, and this is a product
LOGITS = (0.7, -2.3)
NEAR = "in the limit both are the same"
ONE_ZERO = "a product is zero if one factor is"
BEYOND = "no set of b + c has more than b + c elements"


def sigmoid(eta):
    return (1 + mp.tanh(mp.mpf(eta) / 2)) / 2


def at_logit(eta, **more):
    return {r"\eta": eta, "p": Fn(sigmoid, r"\eta"), **more}


def test_eq_ce_is_nll(eq):
    r"""
    \begin{aligned}
    &-\log\bigl(p^{y}(1-p)^{1-y}\bigr) \\
    &\quad = -y\log p - (1-y)\log(1-p)
    \end{aligned}
    """
    eq.holds(*({"p": p, "y": y} for p, y in ((0.3, 1), (0.8, 0), (0.62, 0.45))))


def test_eq_loss_slopes(eq):
    r"""
    \begin{aligned}
    &\frac{d}{d\eta}\bigl(-y\log p - (1-y)\log(1-p)\bigr) \\
    &\quad = p - y \\[1ex]
    &\frac{d}{d\eta}(y-p)^2 = 2(p-y)\,p(1-p)
    \end{aligned}
    """
    eq.holds(*(at_logit(eta, y=y) for eta in LOGITS for y in (0, 1)), rewrite=BESIDE)


@equivalent(r"…igned} \arg\max_{p} ⟦2 → 3⟧p(1-p)^2 &= \frac{1}…", "a factor does not move a maximizer")
def test_eq_loudest(eq):
    r"""
    \begin{aligned}
    \arg\max_{p} 2p(1-p)^2 &= \frac{1}{3} \\[1ex]
    \max_{p} 2p(1-p)^2 &= \frac{8}{27}
    \end{aligned}
    """
    eq.holds({"p": 0.2, "dom p": (0, 1)}, {"p": 0.6, "dom p": (0.1, 0.8)})


def test_eq_escape(eq):
    r"""
    \begin{aligned}
    T_{\mathrm{CE}} &= \int_{\eta_0}^{0} (1+e^{\eta})\,d\eta = 1 - \eta_0 - e^{\eta_0} \\
    T_{\mathrm{SE}} &= \int_{\eta_0}^{0} \frac{(1+e^{\eta})^3}{2e^{\eta}}\,d\eta \\
    &= \frac{1}{2}\Bigl(e^{-\eta_0} - 3\eta_0 + \frac{5}{2} \\
    &\qquad - 3e^{\eta_0} - \frac{1}{2}e^{2\eta_0}\Bigr)
    \end{aligned}
    """
    def time(start, speed):
        return integrate.quad(lambda eta: 1 / speed(special.expit(eta)), start, 0, epsabs=0, epsrel=1e-12)[0]

    for start in (-1.3, -2.6):
        eq.holds({r"\eta_0": start, r"T_{\mathrm{CE}}": time(start, lambda p: 1 - p),
                  r"T_{\mathrm{SE}}": time(start, lambda p: 2 * p * (1 - p) ** 2)})


def test_eq_logit_curvatures(eq):
    r"""
    \begin{aligned}
    \frac{d^2}{d\eta^2}(-\log p) &= p(1-p) \\
    \frac{d^2}{d\eta^2}(1-p)^2 &= -2p(1-p)^2(1-3p)
    \end{aligned}
    """
    eq.holds(*(at_logit(eta) for eta in LOGITS), rewrite=BESIDE)


def test_eq_wrong_way(eq):
    r"""\frac{d^2}{d\eta^2}(1-p)^2 < 0 \iff p < \frac{1}{3}"""
    eq.holds(*(at_logit(special.logit(p)) for p in (0.05, 0.2, 0.32, 0.34, 0.55, 0.9)))


@equivalent(r"…begin{aligned} \rho(⟦0 → 1⟧,0) &= \log 2 > \log…", ONE_ZERO)
@equivalent(r"…gin{aligned} \rho(0,⟦0 → 1⟧) &= \log 2 > \log(1…", ONE_ZERO)
def test_eq_network_hill(eq):
    r"""
    \begin{aligned}
    \rho(0,0) &= \log 2 > \log(1+e^{-a^2}) \\
    &= \frac{\rho(a,a) + \rho(-a,-a)}{2}
    \end{aligned}
    """
    loss = double(lambda u, v: -stats.bernoulli.logpmf(1, special.expit(u * v)))
    eq.holds({"a": 0.7, r"\rho": loss}, {"a": 1.6, r"\rho": loss})


def coin(p):
    return average([(p, {"y": 1}), (1 - p, {"y": 0})])


def test_eq_brier_excess(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\bigl[(y-p)^2\bigr] \\
    &\quad = p^*(1-p^*) + (p - p^*)^2
    \end{aligned}
    """
    eq.holds(*({"p": p, "p^*": truth, "y": 0} | coin(mp.mpf(truth))
               for p, truth in ((0.3, 0.8), (0.62, 0.45))))


def test_eq_ce_excess(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\bigl[-y\log p - (1-y)\log(1-p)\bigr] \\[1ex]
    &\quad = H(p^*) + p^*\log\frac{p^*}{p} \\
    &\qquad + (1-p^*)\log\frac{1-p^*}{1-p}
    \end{aligned}
    """
    entropy = double(lambda p: stats.bernoulli.entropy(p))
    eq.holds(*({"p": p, "p^*": truth, "y": 0, "H": entropy} | coin(mp.mpf(truth))
               for p, truth in ((0.3, 0.8), (0.62, 0.45))))


@equivalent(r"…*)^2} \to \frac{1}{2⟦p^* → {p}⟧(1-p^*)} \qquad (p \…", NEAR)
@equivalent(r"…\to \frac{1}{2p^*(1-⟦p^* → {p}⟧)} \qquad (p \to p^*…", NEAR)
def test_eq_exchange_rate(eq):
    r"""\frac{D(p^*,p)}{(p-p^*)^2} \to \frac{1}{2p^*(1-p^*)} \qquad (p \to p^*)"""
    def divergence(truth, p):
        return mp.fsum(t * mp.log(t / q) for t, q in ((truth, p), (1 - truth, 1 - p)))

    for truth in (mp.mpf("0.8"), mp.mpf("0.35")):
        eq.holds({"p^*": truth, "p": truth + mp.mpf("1e-8"), "D": divergence}, approx=1e-6)


# Values of x = (1, x), their shares, true weights.
DESIGNS = [(([1, -0.6], [1, 0.4], [1, 1.9]), (0.5, 0.3, 0.2), (-0.7, 1.4)),
           (([1, -1.3], [1, 0.2], [1, 0.8], [1, 2.1]), (0.2, 0.3, 0.4, 0.1), (0.4, -1.1))]
UNITS = ((1, 0), (0, 1))


def eta_of(row, w):
    return mp.fsum(a * b for a, b in zip(row, w, strict=True))


def truths(design):
    rows, _, w = design
    return [sigmoid(eta_of(row, w)) for row in rows]


def test_eq_se_score(eq):
    r"""\frac{1}{2}\nabla_{\mathbf{w}} S(\mathbf{w}) = \sum_{i=1}^{n} v_i\,(p_i - y_i)\,\mathbf{x}_i"""
    for (rows, _, w), y in zip(DESIGNS, ([1, 0, 0], [0, 1, 1, 0]), strict=True):
        def total(*w, rows=rows, y=y):
            return mp.fsum((t - sigmoid(eta_of(row, w))) ** 2 for row, t in zip(rows, y, strict=True))

        gradient = mp.matrix([mp.diff(total, w, unit) for unit in UNITS])
        p = [sigmoid(eta_of(row, w)) for row in rows]
        eq.holds({"n": len(y), "y": y, "p": p, "v": [q * (1 - q) for q in p], r"\mathbf{w}": mp.matrix(w),
                  r"\mathbf{x}": [mp.matrix(row) for row in rows],
                  r"\nabla_{\mathbf{w}} S": lambda w, gradient=gradient: gradient})


def outcomes(design):
    """The distribution of x, with the variance v of its label."""
    rows, shares, _ = design
    return [(mp.mpf(q) / mp.fsum(shares), {r"\mathbf{x}": mp.matrix(row), "v": p * (1 - p)})
            for row, q, p in zip(rows, shares, truths(design), strict=True)]


@functools.cache
def bread_and_filling(number):
    """Of half the squared error at the truth: Hessian of its expectation, covariance of its gradient."""
    rows, shares, w_true = design = DESIGNS[number]

    def half(row, y):
        return lambda *w: (y - sigmoid(eta_of(row, w))) ** 2 / 2

    A = B = mp.zeros(2)
    for row, q, p in zip(rows, shares, truths(design), strict=True):
        for y, chance in ((1, p), (0, 1 - p)):
            weight = mp.mpf(q) / mp.fsum(shares) * chance
            gradient = mp.matrix([mp.diff(half(row, y), w_true, unit) for unit in UNITS])
            hessian = mp.matrix([[mp.diff(half(row, y), w_true, (a[0] + b[0], a[1] + b[1])) for a in UNITS]
                                 for b in UNITS])
            A, B = A + weight * hessian, B + weight * gradient * gradient.T
    return A, B


def test_eq_sandwich_parts(eq):
    r"""
    \begin{aligned}
    A &= \mathbb{E}\bigl[v^2\,\mathbf{x}\mathbf{x}^\top\bigr] \\
    B &= \mathbb{E}\bigl[v^3\,\mathbf{x}\mathbf{x}^\top\bigr]
    \end{aligned}
    """
    for number, design in enumerate(DESIGNS):
        A, B = bread_and_filling(number)
        some = outcomes(design)[0][1]
        eq.holds({"A": A, "B": B, **some} | average(outcomes(design)))


@functools.cache
def delta_method(number, power):
    """n Cov(w) of the root of Σ vᵖᵒʷᵉʳ (p − share of ones) x, from the covariance of the shares."""
    rows, shares, w_true = design = DESIGNS[number]
    p_true = truths(design)
    weight = [mp.mpf(q) / mp.fsum(shares) for q in shares]

    def root(share_of_ones):
        def score(*w):
            p = [sigmoid(eta_of(row, w)) for row in rows]
            pull = [q * (a * (1 - a)) ** power * (a - b)
                    for q, a, b in zip(weight, p, share_of_ones, strict=True)]
            return [mp.fsum(f * row[j] for f, row in zip(pull, rows, strict=True)) for j in (0, 1)]

        return mp.findroot(score, w_true)

    V, h = mp.zeros(2), mp.mpf("1e-8")
    for k, (p, q) in enumerate(zip(p_true, weight, strict=True)):
        up, down = ([*p_true[:k], p + s * h, *p_true[k + 1 :]] for s in (1, -1))
        effect = (root(up) - root(down)) / (2 * h)
        V += effect * effect.T * p * (1 - p) / q
    return V


def test_eq_two_covariances(eq):
    r"""
    \begin{aligned}
    V_{\mathrm{SE}} &= A^{-1} B A^{-1} \\
    V_{\mathrm{CE}} &= \mathbb{E}\bigl[v\,\mathbf{x}\mathbf{x}^\top\bigr]^{-1}
    \end{aligned}
    """
    for number, design in enumerate(DESIGNS):
        A, B = bread_and_filling(number)
        eq.holds({"A": A, "B": B, r"V_{\mathrm{SE}}": delta_method(number, 1), **outcomes(design)[0][1],
                  r"V_{\mathrm{CE}}": delta_method(number, 0)} | average(outcomes(design)))


def test_eq_best_weights(eq):
    r"""
    \mathbb{E}\bigl[h v x^2\bigr]^2 \le \mathbb{E}\bigl[v x^2\bigr]\,\mathbb{E}\bigl[h^2 v x^2\bigr]
    """
    for h in ((0.3, 1.7, 0.9), (2.1, 0.2, 1.4)):
        values = zip((0.5, 0.3, 0.2), h, (0.21, 0.04, 0.16), (-1.3, 0.6, 2.2), strict=True)
        eq.holds({"h": 1, "v": 1, "x": 1} | average([(q, {"h": a, "v": v, "x": x}) for q, a, v, x in values]))


def normal_moment(k, j, w0, w1):
    """E[(v/s)ᵏ xʲ] for a standard normal x; the scale s keeps it near 1 and cancels from an efficiency."""
    w0, w1 = mp.mpf(w0), mp.mpf(w1)

    def f(x):
        return mp.exp(-x * x / 2 - k * w0) / (2 * mp.cosh((w0 + w1 * x) / 2)) ** (2 * k) * x**j

    near = [x + s / w1 for x in (0, -w0 / w1, k * w1) for s in (-6, 0, 6)]
    edges = sorted({-30, 30, *(x for x in near if abs(x) < 30)})
    with mp.workdps(18):
        return mp.quad(f, edges) / mp.sqrt(2 * mp.pi)


@functools.cache
def efficiency(w0, w1):
    """Of the slope, from both 2 × 2 covariances."""
    M = [mp.matrix([[normal_moment(k, a + b, w0, w1) for a in (0, 1)] for b in (0, 1)]) for k in (1, 2, 3)]
    V = M[1] ** -1 * M[2] * M[1] ** -1
    return (M[0] ** -1)[1, 1] / V[1, 1]


def test_eq_slope_efficiency(eq):
    r"""
    \operatorname{ARE} = \frac{\mathbb{E}[v^2 x^2]^2}{\mathbb{E}[v\,x^2]\;\mathbb{E}[v^3 x^2]}
    """
    for w1 in (mp.mpf("0.8"), mp.mpf("2.3")):
        def mean(f, w1=w1):
            def g(x):
                p = sigmoid(w1 * x)
                return f({"x": x, "v": p * (1 - p)}) * mp.exp(-x * x / 2)

            with mp.workdps(18):
                return mp.quad(g, [-12, -3, 0, 3, 12]) / mp.sqrt(2 * mp.pi)

        eq.holds({r"\operatorname{ARE}": efficiency(0, w1), "v": 1, "x": 1, r"\mathbb{E}": Operator(mean)})


def test_eq_logistic_integrals(eq):
    r"""
    \begin{aligned}
    \int_{-\infty}^{\infty} v\,u^2\,du &= \frac{\pi^2}{3} \\
    \int_{-\infty}^{\infty} v^2 u^2\,du &= \frac{\pi^2 - 6}{18} \\
    \int_{-\infty}^{\infty} v^3 u^2\,du &= \frac{2\pi^2 - 15}{180}
    \end{aligned}
    """
    eq.holds({"u": 1, "v": Fn(lambda u: mp.sech(u / 2) ** 2 / 4, "u")},
             {"u": 2, "v": Fn(lambda u: mp.exp(-abs(u)) / (1 + mp.exp(-abs(u))) ** 2, "u")})


def test_eq_efficiency_limit(eq):
    r"""
    \begin{aligned}
    \operatorname{ARE} &\to \frac{5\,(\pi^2-6)^2}{3\pi^2\,(2\pi^2-15)} \\
    &\approx 0.5336 \qquad (w_1 \to \infty)
    \end{aligned}
    """
    eq.holds(*({r"\operatorname{ARE}": efficiency(0, w1)} for w1 in (2000, 5000)), approx=1e-4)


def test_eq_rare_limit(eq):
    r"""\operatorname{ARE} \to \frac{e^{-w_1^2}}{1 + w_1^2} \qquad (w_0 \to -\infty)"""
    for w1 in (0.6, 1.1):
        eq.holds({r"\operatorname{ARE}": efficiency(-40, w1), "w_1": w1}, approx=1e-6)


def test_eq_raw_slope(eq):
    r"""\frac{d}{d\eta}(y-\eta)^2 = 2(\eta-y)"""
    eq.holds({r"\eta": 2.6, "y": 1}, {r"\eta": -0.7, "y": 0})


def test_eq_flipped(eq):
    r"""
    \begin{aligned}
    \tilde p &= (1-\varepsilon)\,p + \varepsilon\,(1-p) \\
    &= \varepsilon + (1-2\varepsilon)\,p
    \end{aligned}
    """
    for p, flip in ((0.8, 0.1), (0.35, 0.22)):
        pairs = ((y, f, a * b) for y, a in ((1, p), (0, 1 - p)) for f, b in ((1, flip), (0, 1 - flip)))
        recorded = sum(chance for y, flipped, chance in pairs if y != flipped)
        eq.holds({"p": p, r"\varepsilon": flip, r"\tilde p": recorded})


def test_eq_flip_slope(eq):
    r"""\frac{d}{d\eta}(-\log\tilde p) = -\frac{(1-2\varepsilon)\,p(1-p)}{\tilde p}"""
    for eta, flip in ((0.7, mp.mpf("0.1")), (-2.3, mp.mpf("0.22"))):
        recorded = Fn(lambda eta, f=flip: sigmoid(eta) * (1 - f) + sigmoid(-eta) * f, r"\eta")
        eq.holds({r"\varepsilon": flip, r"\tilde p": recorded, **at_logit(eta)}, rewrite=BESIDE)


def test_eq_brier_partition(eq):
    r"""
    \begin{aligned}
    \frac{1}{n}\sum_{i=1}^{n} (y_i-p_i)^2 &= \sum_{k=1}^{K} \frac{n_k}{n}\,(q_k-\bar y_k)^2 \\
    &\quad + \sum_{k=1}^{K} \frac{n_k}{n}\,\bar y_k(1-\bar y_k)
    \end{aligned}
    """
    for q, groups in (((0.2, 0.7), ([0, 1, 0], [1, 1, 0, 1, 1])),
                      ((0.1, 0.45, 0.9), ([1, 0, 0, 0], [1, 0, 0], [1, 0, 1, 1, 1]))):
        y = [v for group in groups for v in group]
        p = [v for v, group in zip(q, groups, strict=True) for _ in group]
        eq.holds({"n": len(y), "K": len(q), "y": y, "p": p, "q": list(q),
                  "n_k": Fn(lambda k, groups=groups: len(groups[int(k) - 1]), "k"),
                  r"\bar y": [mp.mpf(sum(group)) / len(group) for group in groups]})


def test_eq_accuracy_error(eq):
    r"""\operatorname{se}(\hat a) = \sqrt{\frac{a(1-a)}{m}}"""
    for a, m in ((0.92, 7), (0.6, 12)):
        a = mp.mpf(a)
        counts = [(mp.binomial(m, k) * a**k * (1 - a) ** (m - k), {r"\hat a": mp.mpf(k) / m})
                  for k in range(m + 1)]
        spread = average(counts)[r"\operatorname{Var}"].call
        eq.holds({"a": a, "m": m, r"\hat a": 1,
                  r"\operatorname{se}": Operator(lambda f, spread=spread: mp.sqrt(spread(f)))})


def test_eq_mcnemar(eq):
    r"""z = \frac{b-c}{\sqrt{b+c}}"""
    for b, c in ((20, 10), (7, 12)):
        fair = stats.binom(b + c, 0.5)
        eq.holds({"b": b, "c": c, "z": (b - fair.mean()) / fair.std()})


@equivalent(r"…P = 2\sum_{k=b}^{⟦b → {(2b)}⟧+c} \binom{b+c}{k} \…", BEYOND)
@equivalent(r"…P = 2\sum_{k=b}^{b+⟦c → {(2c)}⟧} \binom{b+c}{k} \fr…", BEYOND)
def test_eq_mcnemar_exact(eq):
    r"""P = 2\sum_{k=b}^{b+c} \binom{b+c}{k} \frac{1}{2^{b+c}}"""
    for b, c in ((9, 4), (7, 3)):
        eq.holds({"b": b, "c": c, "P": stats.binomtest(b, b + c).pvalue})
