"""The live plots' random generator in Python: a seed means the same data on a page and in a notebook."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

_MASK = 2**32 - 1


def _rotate(x: int, k: int) -> int:
    return ((x << k) | (x >> (32 - k))) & _MASK


class Generator:
    """xoshiro128** (Blackman & Vigna 2018) with its state filled by splitmix32, as in ``numerics.mjs``.

    For the plots' small samples only; every other simulation of the book uses NumPy's generators.
    """

    def __init__(self, seed: int) -> None:
        self._state = []
        for i in range(1, 5):
            z = (seed + i * 0x9E3779B9) & _MASK
            z = ((z ^ (z >> 16)) * 0x21F0AAAD) & _MASK
            z = ((z ^ (z >> 15)) * 0x735A2D97) & _MASK
            self._state.append(z ^ (z >> 15))

    def _bits26(self) -> int:
        a, b, c, d = self._state
        result = (_rotate((b * 5) & _MASK, 7) * 9) & _MASK
        t = (b << 9) & _MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        self._state = [a, b, c ^ t, _rotate(d, 11)]
        return result >> 6

    def _uniform(self) -> float:
        high = self._bits26()
        return (high * 2**26 + self._bits26() + 0.5) / 2**52

    def uniform(self, size: int) -> np.ndarray:
        """(size,) draws in the open unit interval."""
        return np.array([self._uniform() for _ in range(size)])

    def normal(self, mu: float, sigma: float, size: int) -> np.ndarray:
        """(size,) draws, by inversion."""
        return mu + sigma * ndtri(self.uniform(size))

    def binomial(self, n: int, p: float) -> int:
        """One draw: n coin flips."""
        return int(np.sum(self.uniform(n) < p))

    def poisson(self, rate: float) -> int:
        """One draw: arrivals of a unit-rate process before ``rate``."""
        count, time = 0, -math.log(self._uniform())
        while time < rate:
            count += 1
            time -= math.log(self._uniform())
        return count


def uniforms(seeds: np.ndarray, size: int) -> np.ndarray:
    """(len(seeds), size) draws; row i is ``Generator(seeds[i]).uniform(size)``, all rows at once."""
    seeds = np.asarray(seeds, dtype=np.uint32)

    def rotate(x: np.ndarray, k: int) -> np.ndarray:
        return (x << np.uint32(k)) | (x >> np.uint32(32 - k))

    state = []
    for i in range(1, 5):
        z = seeds + np.uint32((i * 0x9E3779B9) & _MASK)
        for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
            z = (z ^ (z >> np.uint32(shift))) * np.uint32(factor)
        state.append(z ^ (z >> np.uint32(15)))
    a, b, c, d = state
    words = np.empty((2 * size, len(seeds)))
    for row in words:
        row[:] = (rotate(b * np.uint32(5), 7) * np.uint32(9)) >> np.uint32(6)
        t = b << np.uint32(9)
        c = c ^ a
        d = d ^ b
        b = b ^ c
        a = a ^ d
        c = c ^ t
        d = rotate(d, 11)
    return ((words[::2] * 2**26 + words[1::2] + 0.5) / 2**52).T
