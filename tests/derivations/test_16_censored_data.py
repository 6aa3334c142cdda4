"""Checks of the labelled equations of chapter 16."""

import mpmath as mp
import numpy as np
from lifelines import KaplanMeierFitter, WeibullFitter
from scipy import stats

from tests.derivations._check import by_hand, double

# Times, events, exponential rate, Weibull shape and scale.
CASES = [([2.3, 0.7, 4.1, 1.9, 5.0], [1, 0, 1, 1, 0], 0.4, 1.6, 3.3),
         ([0.6, 3.2, 2.2, 6.1], [1, 1, 0, 1], 0.23, 0.7, 4.7)]
RATES = [(0.4, 2.3), (1.7, 0.9)]  # rate, end of the study


def weibull(kappa, s):
    return stats.weibull_min(kappa, scale=s)


def records(t, event):
    return {"t": t, r"\delta": event, "n": len(t), "D": sum(event), "T": mp.fsum(t)}


def loglik(t, event, law):
    """Events by their density, the rest by the probability of a longer life."""
    return sum(law.logpdf(v) if d else law.logsf(v) for v, d in zip(t, event, strict=True))


def test_eq_dropped_mean(eq):
    r"""
    \begin{aligned}
    \mathbb{E}[Y \mid Y \le c] &= \frac{\int_{0}^{c} y\,\lambda e^{-\lambda y}\,dy}{1 - e^{-\lambda c}} \\
    &= \frac{1}{\lambda} - \frac{c}{e^{\lambda c} - 1}
    \end{aligned}
    """
    for rate, c in RATES:
        mean = stats.truncexpon(rate * c, scale=1 / rate).mean()
        eq.holds({r"\lambda": rate, "c": c, "m": mean}, rewrite={r"\mathbb{E}[Y \mid Y \le c]": "m"})


def test_eq_plugged_mean(eq):
    r"""\mathbb{E}[\min(Y, c)] = \int_{0}^{c} e^{-\lambda t}\,dt = \frac{1 - e^{-\lambda c}}{\lambda}"""
    for rate, c in RATES:
        law = stats.expon(scale=1 / rate)
        mean = law.expect(lambda y: y, ub=c) + c * law.sf(c)
        eq.holds({r"\lambda": rate, "c": c, "m": mean}, rewrite={r"\mathbb{E}[\min(Y, c)]": "m"})


def test_eq_censored_contribution(eq):
    r"""L_i(\theta) = f(t_i; \theta)^{\delta_i}\, S(t_i; \theta)^{1-\delta_i}"""
    for t, event, rate, _, _ in CASES:
        law = stats.expon(scale=1 / rate)
        parts = [law.pdf(v) if d else law.sf(v) for v, d in zip(t, event, strict=True)]
        eq.holds(*({**records(t, event), r"\theta": rate, "i": i, "L": parts,
                    "f": double(lambda y, r: stats.expon.pdf(y, scale=1 / r)),
                    "S": double(lambda y, r: stats.expon.sf(y, scale=1 / r))} for i in (1, 2)),
                 rewrite={r"L_i(\theta)": "L_i"})


def test_eq_censored_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\theta) = \sum_{i=1}^{n} \bigl(&\delta_i \log f(t_i; \theta) \\
    &+ (1-\delta_i)\log S(t_i; \theta)\bigr)
    \end{aligned}
    """
    for t, event, rate, _, _ in CASES:
        whole = double(lambda r, t=t, event=event: loglik(t, event, stats.expon(scale=1 / r)))
        eq.holds({**records(t, event), r"\theta": rate, r"\ell": whole,
                  "f": double(lambda y, r: stats.expon.pdf(y, scale=1 / r)),
                  "S": double(lambda y, r: stats.expon.sf(y, scale=1 / r))})


def lives(kappa, s):
    """Density and survival of a Weibull in mpmath."""
    k, s = mp.mpf(kappa), mp.mpf(s)

    def survival(t):
        return mp.exp(-((t / s) ** k))

    return lambda t: k / s * (t / s) ** (k - 1) * survival(t), survival


def test_eq_hazard(eq):
    r"""h(t) = \frac{f(t)}{S(t)} = -\frac{d}{dt}\log S(t)"""
    for _, _, _, kappa, s in CASES:
        f, survival = lives(kappa, s)
        law = weibull(kappa, s)
        for t in (1.3, 3.7):
            eq.holds({"t": t, "f": f, "S": survival,
                      "h": double(lambda t, law=law: np.exp(law.logpdf(t) - law.logsf(t)))})


def test_eq_survival_from_hazard(eq):
    r"""S(t) = \exp\left(-\int_{0}^{t} h(u)\,du\right)"""
    for _, _, _, kappa, s in CASES:
        f, survival = lives(kappa, s)
        eq.holds({"t": 2.3, "S": double(weibull(kappa, s).sf), "h": lambda u, f=f, S=survival: f(u) / S(u)})


def test_eq_censored_exponential_loglik(eq):
    r"""\ell(\lambda) = D\log\lambda - \lambda T"""
    for t, event, rate, _, _ in CASES:
        eq.holds({**records(t, event), r"\lambda": rate,
                  r"\ell": double(lambda r, t=t, e=event: loglik(t, e, stats.expon(scale=1 / r)))})


def exponential(t, event):
    """The log-likelihood in mpmath: a product of densities and of survival probabilities."""
    return lambda r: mp.log(mp.fprod((r if d else 1) * mp.exp(-r * mp.mpf(v))
                                     for v, d in zip(t, event, strict=True)))


def test_eq_censored_exponential_mle(eq):
    r"""\hat\lambda = \frac{D}{T}"""
    for t, event, _, _, _ in CASES:
        ell = exponential(t, event)
        best = mp.findroot(lambda r, ell=ell: mp.diff(ell, r), 0.3)
        eq.holds({**records(t, event), r"\hat\lambda": best})


def test_eq_censored_exponential_information(eq):
    r"""-\ell''(\hat\lambda) = \frac{D}{\hat\lambda^2}"""
    for t, event, _, _, _ in CASES:
        eq.holds({**records(t, event), r"\ell": exponential(t, event),
                  r"\hat\lambda": mp.mpf(sum(event)) / mp.fsum(t)})


def test_eq_censored_exponential_expected(eq):
    r"""I(\lambda) = \frac{n\,(1 - e^{-\lambda c})}{\lambda^2}"""
    for (rate, c), n in zip(RATES, (5, 12), strict=True):
        def information(r, c=c, n=n):  # the variance of the score of one record, times n
            law = stats.expon(scale=1 / r)
            return n * (law.expect(lambda y: (1 / r - y) ** 2, ub=c) + c**2 * law.sf(c))

        eq.holds({r"\lambda": rate, "c": c, "n": n, "I": double(information)})


# Number at risk and events at each event time, hazards.
TABLES = [([8, 6, 3], [2, 1, 1], [0.3, 0.2, 0.45]), ([5, 4], [1, 2], [0.15, 0.6])]


def test_eq_discrete_hazard_loglik(eq):
    r"""
    \begin{aligned}
    \ell(h) = \sum_{j=1}^{m} \bigl(&d_j \log h_j \\
    &+ (n_j - d_j)\log(1-h_j)\bigr)
    \end{aligned}
    """
    for risk, events, hazards in TABLES:
        # Person after person: passes every earlier event time, then relapses, is censored, or outlasts all.
        total = mp.mpf(0)
        for j, (n, d) in enumerate(zip(risk, events, strict=True)):
            passed = mp.fsum(mp.log(1 - mp.mpf(h)) for h in hazards[:j])
            total += d * (passed + mp.log(hazards[j]))
            after = risk[j + 1] if j + 1 < len(risk) else 0
            total += (n - d - after) * (passed + mp.log(1 - mp.mpf(hazards[j])))
        eq.holds({"m": len(risk), "n": risk, "d": events, "h": hazards, "l": total},
                 rewrite={r"\ell(h)": "l"})


@by_hand(
    claim=lambda risk, events: np.prod(1 - np.divide(events, risk)),
    wrong={
        "the whole sample at risk": lambda risk, events: np.prod(1 - np.divide(events, risk[0])),
        "one more at risk": lambda risk, events: np.prod(1 - np.divide(events, np.add(risk, 1))),
        "a sum": lambda risk, events: 1 - np.sum(np.divide(events, risk)),
    },
)
def test_eq_kaplan_meier(claim):
    r"""\hat S(t) = \prod_{t_j \le t} \left(1 - \frac{d_j}{n_j}\right)"""
    t, event = np.array([1, 2, 2, 3, 4, 4, 6, 7, 9.0]), np.array([1, 1, 1, 0, 1, 0, 1, 0, 1], bool)
    peer = KaplanMeierFitter().fit(t, event)
    for at in (1.0, 3.5, 6.0, 8.0):
        times = np.unique(t[event & (t <= at)])
        risk, events = [np.sum(t >= u) for u in times], [np.sum((t == u) & event) for u in times]
        assert abs(claim(risk, events) - float(peer.predict(at))) < 1e-12


def test_eq_weibull_hazard(eq):
    r"""
    \begin{aligned}
    S(t) &= e^{-(t/s)^{\kappa}} \\
    h(t) &= \frac{\kappa}{s}\left(\frac{t}{s}\right)^{\kappa - 1}
    \end{aligned}
    """
    for _, _, _, kappa, s in CASES:
        law = weibull(kappa, s)
        hazard = double(lambda t, law=law: np.exp(law.logpdf(t) - law.logsf(t)))
        eq.holds(*({"t": t, "s": s, r"\kappa": kappa, "S": double(law.sf), "h": hazard} for t in (0.9, 4.2)))


def test_eq_censored_weibull_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\kappa, s) &= \sum_{i=1}^{n} \delta_i\bigl(\log\kappa - \kappa\log s \\
    &\qquad + (\kappa - 1)\log t_i\bigr) \\
    &\quad - \sum_{i=1}^{n} \left(\frac{t_i}{s}\right)^{\kappa}
    \end{aligned}
    """
    for t, event, _, kappa, s in CASES:
        eq.holds({**records(t, event), r"\kappa": kappa, "s": s,
                  r"\ell": double(lambda k, s, t=t, e=event: loglik(t, e, weibull(k, s)))})


def weibull_loglik(t, event):
    def ell(k, s):
        f_and_S = lives(k, s)
        return mp.fsum(mp.log(f_and_S[0](mp.mpf(v)) if d else f_and_S[1](mp.mpf(v)))
                       for v, d in zip(t, event, strict=True))

    return ell


def test_eq_censored_weibull_scale(eq):
    r"""\hat s(\kappa)^{\kappa} = \frac{1}{D}\sum_{i=1}^{n} t_i^{\kappa}"""
    for t, event, _, kappa, s in CASES:
        ell = weibull_loglik(t, event)

        def best(k, ell=ell, s=s):
            return mp.findroot(lambda v: mp.diff(lambda u: ell(k, u), v), s)

        eq.holds({**records(t, event), r"\kappa": kappa, r"\hat s": best})


def test_eq_censored_weibull_shape(eq):
    r"""
    \frac{\sum_{i=1}^{n} t_i^{\kappa}\log t_i}{\sum_{i=1}^{n} t_i^{\kappa}} - \frac{1}{\kappa}
    = \frac{1}{D}\sum_{i=1}^{n}\delta_i\log t_i
    """
    for t, event, _, _, _ in CASES:
        # The top of the likelihood in both parameters, from lifelines' fit on.
        peer = WeibullFitter().fit(t, event)
        ell = weibull_loglik(t, event)
        best = mp.findroot(lambda k, s, ell=ell: (mp.diff(ell, (k, s), (1, 0)), mp.diff(ell, (k, s), (0, 1))),
                           (peer.rho_, peer.lambda_))
        eq.holds({**records(t, event), r"\kappa": best[0]})

