"""Sums over data in pieces: the one place where a fit touches more data than fits in memory.

A log-likelihood, its score and its information are sums over observations, so they can be taken block by
block, in any order and on any machine. :class:`Blocks` holds a re-readable sequence of blocks and one
reducer.
"""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from .errors import DataError

BLOCK_ROWS = 16_384  # temporaries of this length stay in a core's cache


class Blocks:
    """Data in pieces, read afresh at every pass.

    Parameters
    ----------
    source : iterable, or callable that returns an iterable
        Each block is what one call would otherwise take whole: ``y``, or a tuple such as ``(y, weights)`` or
        ``(y, weights, censored)``. A list or a callable can be read many times. A bare generator can be read
        once, which is enough for families with a closed form.
    map : callable, default the built-in map
        ``map(function, blocks)`` yields ``function(block)`` for each block, in order. A cluster's own map
        goes here; `from_dask` brings that of Dask.
    """

    def __init__(self, source, map=map):
        if not callable(source) and not hasattr(source, "__iter__"):
            raise DataError(f"Blocks needs an iterable or a callable, got {type(source).__name__}")
        self.source, self.map = source, map
        self.once = isinstance(source, Iterator)
        self._read = False

    def __iter__(self):
        if self._read and self.once:
            raise DataError("this fit needs several passes over the data, and a generator can be read once: "
                            "pass a list of blocks or a callable that returns a new iterator")
        self._read = True
        return iter(self.source() if callable(self.source) else self.source)

    @classmethod
    def from_dask(cls, *arrays):
        """Dask arrays, such as X (n, d), y (n,) and weights (n,), as one block per chunk of rows.

        Each pass is one `dask.compute`, on the cluster of the current ``dask.distributed.Client`` if there is
        one, else on threads. The rows stay where Dask keeps them; only the terms of the sum come back.
        """
        parts = _DaskParts(*arrays)
        return cls(parts, map=parts.map)

    def each(self, function):
        """``function(block)`` of each block, in order, computed where ``map`` computes."""
        return self.map(function, iter(self))

    def sum(self, function):
        """Sum over blocks of ``function(block)``, a tuple of numbers or arrays added entry by entry."""
        return reduce(lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True)), self.each(function))


class _DaskParts:
    """Source and map of `Blocks.from_dask`: chunks as delayed objects, a function sent to them."""

    def __init__(self, *arrays):
        if not all(hasattr(array, "rechunk") for array in arrays):
            raise DataError("X, y and weights must all be Dask arrays; of a Dask data frame take "
                            ".to_dask_array(lengths=True)")
        if len({len(array) for array in arrays}) > 1:
            raise DataError(f"the Dask arrays have {', '.join(str(len(array)) for array in arrays)} rows")
        rows = arrays[0].chunks[0]
        self.arrays = [array.rechunk((rows, *(-1 for _ in array.shape[1:]))) for array in arrays]

    def __call__(self):
        return zip(*(array.to_delayed().ravel() for array in self.arrays), strict=True)

    def map(self, function, parts):
        import dask  # installed by whoever has Dask arrays: pip install "mlecore[scale]"

        task = dask.delayed(function, pure=False)
        return iter(dask.compute(*(task(part[0] if len(part) == 1 else part) for part in parts)))


def slices(n, rows=BLOCK_ROWS):
    """Consecutive slices that cover ``range(n)``, each of at most ``rows``."""
    return [slice(i, min(i + rows, n)) for i in range(0, n, rows)]


def as_vector(values, name="y"):
    """One-dimensional float64 array of finite numbers, or DataError naming the offending index.

    Lists, integers, booleans, float32 and pandas Series are taken; strings, complex numbers, dates and
    arrays of another dimension are refused.
    """
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        raise DataError(f"{name} has masked entries: drop them first, with {name}.compressed()")
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"{name} must be one-dimensional, got rows of unequal length") from None
    if array.dtype.kind not in "biufO":
        raise DataError(f"{name} must hold real numbers, got {array.dtype}")
    if array.ndim != 1:
        hint = "; use .ravel()" if array.ndim == 2 and 1 in array.shape else ""
        raise DataError(f"{name} must be one-dimensional, got shape {array.shape}{hint}")
    if array.size == 0:
        raise DataError(f"{name} is empty")
    try:
        array = array.astype(float, copy=False)
    except (TypeError, ValueError):
        raise DataError(f"{name} must hold real numbers, got {array.dtype} that do not convert") from None
    with np.errstate(all="ignore"):
        # One pass; a sum of large values may overflow, so look again.
        suspicious = not np.isfinite(array.sum())
    if suspicious and not np.isfinite(array).all():
        i = int(np.argmin(np.isfinite(array)))
        raise DataError(f"{name}[{i}] = {array[i]} is not finite: drop or repair it first")
    return array


def as_weights(weights, n):
    """Non-negative finite frequencies of length ``n``, or None where all are one."""
    if weights is None:
        return None
    weights = as_vector(weights, "weights")
    if weights.size != n:
        raise DataError(f"weights has length {weights.size}, y has {n}")
    if weights.min() < 0:
        i = int(np.argmax(weights < 0))
        raise DataError(f"weights[{i}] = {weights[i]} is negative: weights are frequencies")
    if weights.max() == 0:
        raise DataError("every weight is zero")
    return weights


def as_mask(censored, n):
    """Boolean array of length ``n``, or None where nothing is censored."""
    if censored is None:
        return None
    mask = as_vector(censored, "censored")
    if mask.size != n:
        raise DataError(f"censored has length {mask.size}, y has {n}")
    if not np.isin(mask, (0.0, 1.0)).all():
        raise DataError("censored must be boolean: True where the value is a lower bound")
    return mask.astype(bool) if mask.any() else None
