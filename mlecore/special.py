"""Differences that lose their digits when taken naively, computed so that they do not."""

from functools import lru_cache

import numpy as np
from scipy.special import digamma, erf, gammaln, polygamma

TABLE = 65_536  # sums over j < y are taken term by term up to here


def log1pmx(x):
    """log(1 + x) - x to full relative precision, for x > -1.

    Below 0.1 in size a series in t = x/(2 + x) is summed: log1p(x) = 2 artanh(t) and x = 2t/(1 - t), so the
    leading terms cancel on paper. R's ``log1pmx`` uses the same substitution.
    """
    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.asarray(np.log1p(x) - x)
    small = np.abs(x) < 0.1
    if small.any():
        t = x[small] / (2 + x[small])
        out[small] = _artanh_tail(t) - t * x[small]
    return out


def log_curvature(x):
    """x(2 + x)/(1 + x) - 2 log(1 + x) to full relative precision, for x >= 0: x**3/3 where x is small."""
    t = np.minimum(x / (2 + x), 0.05)
    small = 4 * t**3 / (1 - t * t) - 2 * _artanh_tail(t)
    return np.where(x < 0.1, small, x * (2 + x) / (1 + x) - 2 * np.log1p(x))


def _artanh_tail(t):
    """2 artanh(t) - 2 t for small t, by its series."""
    series = 0.0
    for odd in (13, 11, 9, 7, 5, 3):
        series = series * t * t + 2 / odd
    return series * t**3


def log_excess(y, m):
    """log(y/m) - (y - m)/m, for y and m > 0: never positive, and 0 where they are equal."""
    x = (y - m) / m
    return np.where(np.abs(x) < 0.1, log1pmx(x), np.log(y / m) - x)


def stirling_error(x):
    """log Gamma(x + 1) minus Stirling's formula (x + 1/2) log x - x + log(2 pi)/2, for x > 0.

    From 16 on, Stirling's series (DLMF 5.11.1), which ends below 1e-16 there.
    """
    x = np.asarray(x, dtype=float)
    small = np.minimum(x, 16.0)
    direct = gammaln(small + 1) - (small + 0.5) * np.log(small) + small - 0.5 * np.log(2 * np.pi)
    r = 1 / np.maximum(x, 16.0)
    s = r * r
    series = r * np.polyval([-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12], s)
    return np.where(x < 16, direct, series)


def stirling_tail(y):
    """log y! - y log y + y for y >= 0: what Stirling's leading terms leave, 0 at 0."""
    at = np.where(y > 0, y, 1.0)
    return np.where(y > 0, 0.5 * np.log(2 * np.pi * at) + stirling_error(at), 0.0)


def log_minus_digamma(x):
    """log(x) - digamma(x), for x > 0; the asymptotic series (DLMF 5.11.2) from 16 on."""
    small = np.minimum(x, 16.0)
    s = np.maximum(x, 16.0) ** -2.0
    series = 0.5 * np.sqrt(s) + s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    return np.where(np.less(x, 16), np.log(small) - digamma(small), series)


def huber_mass(k):
    """Integral over z of exp(-rho(z)), with rho Huber's loss of threshold k."""
    return np.sqrt(2 * np.pi) * erf(k / np.sqrt(2)) + 2 / k * np.exp(-0.5 * k * k)


def rising_factorial(y, alpha):
    """Sums over j < y of log(1 + alpha j), of j/(1 + alpha j), and of its square: (3, ...) with y's shape.

    The first is log(alpha**y Gamma(y + 1/alpha) / Gamma(1/alpha)); minus the second and the third are the
    derivatives that alpha sees. Summed term by term no difference of large log-gammas occurs, however small
    alpha is. Beyond the table the Euler-Maclaurin formula (DLMF 2.10.1) goes on; y that are not integers take
    the log-gammas.
    """
    y, shape = np.ravel(y), np.shape(y)
    if np.any(y != np.floor(y)):
        r = 1 / alpha
        psi, psi1 = digamma(y + r) - digamma(r), polygamma(1, y + r) - polygamma(1, r)
        logs = gammaln(y + r) - gammaln(r) + y * np.log(alpha)
        sums = np.stack([logs, y * r - r**2 * psi, y * r**2 - 2 * r**3 * psi - r**4 * psi1])
    else:
        terms = _rising_terms(np.arange(min(y.max(initial=0), TABLE) + 1), alpha)
        sums = (np.cumsum(terms, axis=1) - terms)[:, np.minimum(y, TABLE).astype(np.intp)]
        far = y > TABLE
        if far.any():
            sums[:, far] += _antidifference(y[far], alpha) - _antidifference(np.array([float(TABLE)]), alpha)
    return sums.reshape(3, *shape)


def _rising_terms(j, alpha):
    ratio = j / (1 + alpha * j)
    return np.stack([np.log1p(alpha * j), ratio, ratio**2])


def _antidifference(j, alpha):
    """Integral - f/2 + f'/12 of each term f of `rising_factorial`."""
    u = alpha * j
    ratio, slope = j / (1 + u), 1 / (1 + u) ** 2
    integrals = [(log1pmx(u) + u * np.log1p(u)) / alpha, -log1pmx(u) / alpha**2, log_curvature(u) / alpha**3]
    slopes = [alpha / (1 + u), slope, 2 * ratio * slope]
    return np.stack(integrals) - _rising_terms(j, alpha) / 2 + np.stack(slopes) / 12


@lru_cache(maxsize=8)
def student_constant(nu):
    """c(nu) = log Gamma((nu+1)/2) - log Gamma(nu/2) - log(nu/2)/2, and its first two derivatives.

    It is what separates the Student-t constant from the normal one, and goes to 0 as nu grows. From 30 on,
    the asymptotic series of log(Gamma(x + 1/2) / (Gamma(x) sqrt(x))) at x = nu/2 (from DLMF 5.11.8).
    """
    half = nu / 2
    if nu < 30:
        value = gammaln(half + 0.5) - gammaln(half) - 0.5 * np.log(half)
        first = 0.5 * (digamma(half + 0.5) - digamma(half) - 1 / nu)
        second = 0.25 * (polygamma(1, half + 0.5) - polygamma(1, half)) + 0.5 / nu**2
        return value, first, second
    powers = np.array([1, 3, 5, 7, 9, 11])
    series = np.array([-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224])
    terms = series * half ** -powers.astype(float)
    return terms.sum(), -(powers @ terms) / nu, (powers * (powers + 1)) @ terms / nu**2
