"""Differences that lose their digits when taken naively, computed so that they do not."""

import numpy as np
from scipy.special import gammaln


def log1pmx(x):
    """log(1 + x) - x to full relative precision, for x > -1.

    Below 0.1 in size the Taylor series in t = x/(2 + x) is summed: log1p(x) = 2 artanh(t) and x = 2t/(1 - t), so the
    leading terms cancel exactly on paper. R's ``log1pmx`` uses the same substitution.
    """
    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.asarray(np.log1p(x) - x)
    small = np.abs(x) < 0.1
    if small.any():
        t = x[small] / (2 + x[small])
        square = t * t
        series = np.zeros_like(t)
        for odd in (13, 11, 9, 7, 5, 3):
            series = series * square + 2.0 / odd
        out[small] = t * (series * square - x[small])
    return out


def stirling_error(x):
    """log Gamma(x + 1) minus Stirling's formula (x + 1/2) log x - x + log(2 pi)/2, for x > 0.

    From 16 on, Stirling's series (DLMF 5.11.1), which ends below 1e-16 there.
    """
    x = np.asarray(x, dtype=float)
    small = np.minimum(x, 16.0)
    direct = gammaln(small + 1) - (small + 0.5) * np.log(small) + small - 0.5 * np.log(2 * np.pi)
    r = 1 / np.maximum(x, 16.0)
    s = r * r
    series = r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360)))))
    return np.where(x < 16, direct, series)
