"""The data of one fit: checked once, pooled where the family allows, else kept in handy units and pieces."""

from functools import partial

import numpy as np

from .blocks import Blocks, as_mask, as_vector, as_weights, slices
from .errors import DataError
from .families.base import can_be_censored

PREVIEW_ROWS = 8192


def read(family, block):
    """One block, checked: (y, weights or None, censored or None, low, high), without rows of weight 0."""
    y, weights, censored = (*(block if isinstance(block, tuple) else (block,)), None, None)[:3]
    y = as_vector(y)
    weights, censored = as_weights(weights, y.size), as_mask(censored, y.size)
    if censored is not None and family._log_survival is None:
        raise DataError(f"{family.__name__} takes no censored data here; {can_be_censored()} do")
    low, high = float(y.min()), float(y.max())
    family.support.check(y, low, high, family.__name__)
    if weights is not None and weights.min() == 0:
        keep = weights > 0
        y, weights = y[keep], weights[keep]
        censored = None if censored is None else censored[keep]
        low, high = float(y.min()), float(y.max())
    return y, weights, censored, low, high


def survey(family, block):
    """What one pass over a block tells: (sizes, range, thinned copy for starts, pooled rows or None).

    The sizes are total weight, that of the uncensored, and the weighted sum of y.
    """
    y, w, censored, low, high = read(family, block)
    n = y.size if w is None else w.sum()
    every = slice(None, None, -(-y.size // PREVIEW_ROWS))
    preview = np.array([y[every], np.ones_like(y[every]) if w is None else w[every]])
    events = n if censored is None else np.sum(~censored) if w is None else w[~censored].sum()
    with np.errstate(all="ignore"):  # the range is judged once it is known
        pooled = family.pool(y, w) if family.pools and censored is None else None
        total = pooled[1] @ pooled[0][0] if pooled else y.sum() if w is None else w @ y
    sizes = np.array([n, events, total], dtype=float)
    return sizes, (low, high), preview, pooled


def pieces(family, center, unit, block):
    """One block as (censored?, columns, weights) pieces that stay in cache, in the units of the fit."""
    y, w, censored, *_ = read(family, block)
    if center != 0 or unit != 1:
        y = (y - center) / unit
    groups = [(False, slice(None))] if censored is None else [(False, ~censored), (True, censored)]
    out = []
    for flag, rows in groups:
        values, weights = y[rows], None if w is None else w[rows]
        out += [(flag, (values[s],), None if w is None else weights[s]) for s in slices(values.size)]
    return out


def piece_totals(member, piece):
    """Sums over one piece at one parameter value: (log-likelihood, score (k,), Hessian (k, k))."""
    censored, columns, w = piece
    with np.errstate(all="ignore"):
        return (member._survival_totals if censored else member._totals)(columns, w)


def block_totals(member, family, center, unit, block):
    """As ``piece_totals``, over a raw block."""
    return Blocks(pieces(family, center, unit, block)).sum(partial(piece_totals, member))


class Sample:
    """Data ready for one family.

    Attributes
    ----------
    n, events : float
        Total weight, and that of the uncensored observations.
    low, high : float
        Range of y, in the caller's units.
    center, unit : float
        The fit works on (y - center)/unit, with unit a power of two. (0, 1) unless the data are far from
        the origin or of extreme scale, and for pooling families, whose rows are exact in any units.
    preview : (y, weights)
        A thinned copy, in the units of the fit, for starting values.
    """

    def __init__(self, family, y, weights=None, censored=None):
        self.family = family
        if isinstance(y, Blocks) or hasattr(y, "__next__"):
            if weights is not None or censored is not None:
                raise DataError("blocks carry their own weights and censoring: (y, weights, censored) tuples")
            blocks, whole = y if isinstance(y, Blocks) else Blocks(y), False
        else:
            blocks, whole = Blocks([(y, weights, censored)]), True
        sizes, pooled, preview = np.zeros(3), [], np.empty((2, 0))
        self.low, self.high = np.inf, -np.inf
        for size, (low, high), some, rows in blocks.map(partial(survey, family), iter(blocks)):
            sizes, self.low, self.high = sizes + size, min(self.low, low), max(self.high, high)
            pooled.append(rows)
            preview = np.hstack([preview, some])
            if preview.shape[1] > 4 * PREVIEW_ROWS:
                preview = preview[:, ::2]
        self.n, self.events, self.total = sizes.tolist()
        if self.n == 0:
            raise DataError("there are no blocks: y is empty")
        largest = max(abs(self.low), abs(self.high))
        if any(c.power for c in family.parameters.values()) and not (1e-100 < (largest or 1.0) < 1e100):
            raise DataError(f"the largest |y| is {largest:.3g}: measure y in other units, nearer to 1")
        self.pooled = all(part is not None for part in pooled)
        self.center, self.unit = self._units(preview[0])
        self.preview = (preview[0] - self.center) / self.unit, preview[1]
        self.parts, self.raw = None, blocks
        if self.pooled:
            self.columns, self.weights = family.combine(pooled)
            rows = slices(self.weights.size)
            self.parts = Blocks([(False, tuple(c[s] for c in self.columns), self.weights[s]) for s in rows])
        elif whole:
            self.parts = Blocks(pieces(family, self.center, self.unit, (y, weights, censored)))

    def _units(self, values):
        """Center and unit of the fit, exact in binary; (0, 1) where ordinary data need no help."""
        constraints = self.family.parameters.values()
        if self.pooled or not any(c.power for c in constraints):
            return 0.0, 1.0
        moves = any(c.shift for c in constraints)
        middle = float(np.median(values)) if moves else 0.0
        size = float(np.median(np.abs(values - middle))) or float(np.abs(values - middle).max()) or 1.0
        unit = 1.0 if 1e-3 < size < 1e3 else 2.0 ** np.round(np.log2(size))
        return (middle if abs(middle) > 1e3 * unit else 0.0), unit

    def totals(self, member):
        """(log-likelihood, score, Hessian) at ``member``, whose parameters are in the units of the fit."""
        if self.parts is None:
            return self.raw.sum(partial(block_totals, member, self.family, self.center, self.unit))
        return self.parts.sum(partial(piece_totals, member))
