"""What every family is: named parameters with their constraints, and a density with two derivatives."""

from dataclasses import dataclass
from inspect import Parameter, Signature

import numpy as np

from ..blocks import slices
from ..errors import DataError
from ..linalg import invert_information
from ..parameters import Constraint

FAMILIES = {}
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Support:
    """Where the density lives. ``fit`` also refuses the ends unless they are ``closed``."""

    text: str
    low: float = -np.inf
    high: float = np.inf
    closed: bool = True
    integer: bool = False

    def contains(self, y):
        """Boolean mask: y in the closed support."""
        inside = (y >= self.low) & (y <= self.high)
        return inside & (y == np.floor(y)) if self.integer else inside

    def check(self, y, low, high, family):
        """Raise DataError naming the first value outside; ``low`` and ``high`` are the range of y."""
        good = self.low <= low and high <= self.high and (self.closed or self.low < low <= high < self.high)
        if good and not (self.integer and any(np.any(y[s] != np.floor(y[s])) for s in slices(y.size))):
            return
        inside = self.contains(y)
        if not self.closed:
            inside &= (y != self.low) & (y != self.high)
        i = int(np.argmin(inside))
        raise DataError(f"y[{i}] = {float(y[i])!r} is outside the support of {family}: {self.text}")


class Family:
    """A parametric family; an instance is one member of it, immutable.

    A subclass declares its parameters as class attributes (``mu = LOCATION``) and its ``support``, and
    writes three kernels, in which the same attributes are numbers: ``_log_prob(y)``, ``_score(y)`` (a tuple
    of k arrays) and ``_hessian(y)`` (the lower triangle, row by row: k(k+1)/2 arrays or constants), plus
    ``fisher_information``, ``sample`` and ``start``. Subclassing registers it in ``FAMILIES``.

    **Pooling.** In an exponential family the log-likelihood of n observations is n times a function of a
    few averages. With ``pools = True`` a block of data becomes one pseudo-observation: the mean of y and
    the mean of each of ``gaps(y, center)``, how far the average of a convex function exceeds the function
    of the average (for y**2 that is the variance). The kernels take the gaps as further arguments, 0 for a
    real observation.
    """

    support = Support("any finite number")
    pools = False
    needs_spread = ()  # a constant sample has no maximum unless one of these parameters is fixed
    limits = ()  # (name, limit, remedy): past it (above where > 1, else below) the estimate runs away

    def __init_subclass__(cls):
        FAMILIES[cls.__name__] = cls
        cls.parameters = {name: value for name, value in vars(cls).items() if isinstance(value, Constraint)}
        names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in cls.parameters]
        cls.__signature__ = Signature(names)

    def __init__(self, *args, **kwargs):
        for name, value in type(self).__signature__.bind(*args, **kwargs).arguments.items():
            self.__dict__[name] = self.parameters[name].check(name, value)

    @classmethod
    def _at(cls, theta):
        """The member with parameter vector ``theta``, unchecked: what the optimizer walks through."""
        member = object.__new__(cls)
        member.__dict__.update(zip(cls.parameters, theta, strict=True))
        return member

    def __setattr__(self, name, value):
        raise AttributeError(f"{type(self).__name__} is immutable: make a new one to change {name}")

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"

    def __eq__(self, other):
        return type(self) is type(other) and np.array_equal(self.theta, other.theta)

    def __hash__(self):
        return hash((type(self), *self.theta))

    @property
    def theta(self):
        """The parameters as one vector, shape (k,), in declared order."""
        return np.hstack([getattr(self, name) for name in self.parameters])

    def log_prob(self, y):
        """Log density or log mass of each observation, all constants kept; -inf outside the support.

        Parameters
        ----------
        y : array-like, any shape, in the units of the data

        Returns
        -------
        ndarray, the shape of y, in nats; NaN where y is NaN. Never raises for a number.
        """
        return self._evaluate(self._log_prob, y, -np.inf)

    def score(self, y):
        """Derivative of ``log_prob`` in the parameters, shape y.shape + (k,), declared order.

        NaN outside the support. For a vector of probabilities k is its length.
        """
        y, safe, inside = self._inside(y)
        with np.errstate(all="ignore"):
            columns = np.broadcast_arrays(y, *self._score(safe))[1:]
            return np.where(inside[..., None], np.stack(columns, axis=-1), np.nan)

    def log_survival(self, y):
        """Log of P(Y > y), the shape of y. DataError for families that take no censored data."""
        if self._log_survival is None:
            raise DataError(f"{type(self).__name__} takes no censored data here; {can_be_censored()} do")
        return self._evaluate(self._log_survival, y, 0.0)

    def _evaluate(self, kernel, y, outside):
        y, safe, inside = self._inside(y)
        with np.errstate(all="ignore"):
            return np.where(inside, kernel(safe), np.where(np.isnan(y), np.nan, outside))[()]

    def _inside(self, y):
        y = np.asarray(y, dtype=float)
        inside = self.support.contains(y) & np.isfinite(y)
        return y, np.where(inside, y, self._somewhere), inside

    _somewhere = 0.5  # a stand-in for values outside the support, where the kernels need not be defined
    _log_survival = None

    def _totals(self, columns, w):
        """Sums over observations: (log-likelihood, score (k,), Hessian (k, k))."""
        return add_up(self._log_prob, self._score, self._hessian, columns, w)

    def _survival_totals(self, columns, w):
        """As ``_totals``, over right-censored observations."""
        return add_up(self._log_survival, self._survival_score, self._survival_hessian, columns, w)

    def fisher_information(self):
        """Expected information of one observation, E[score score'], shape (k, k), declared order."""
        raise NotImplementedError

    def sample(self, size, rng):
        """Observations of shape ``size`` (int or tuple), drawn with the numpy Generator ``rng``."""
        raise NotImplementedError

    def sample_mle(self, n, size, known, rng):
        """Draws of the MLE from n observations, by name, from its own distribution; None where unknown."""
        return None

    @classmethod
    def start(cls, y, w):
        """Starting values from moments, in declared order, where ``closed_form`` may answer None."""
        raise NotImplementedError

    @classmethod
    def closed_form(cls, columns, w, fixed):
        """The maximum as a tuple in declared order, or None where it needs iterations.

        ``columns`` is what the kernels take (y, or pooled y and gaps); ``fixed`` maps names to given
        values. Asked only when nothing is censored, unless the family overrides ``censored_closed_form``.
        """
        return None

    @classmethod
    def censored_closed_form(cls, events, total):
        """The maximum from the number of events and the total of all times, or None."""
        return None

    @classmethod
    def gaps(cls, y, center):
        """For a pooling family: the arrays whose means are the gaps. See the class."""
        return ()

    @classmethod
    def pool(cls, y, w):
        """Columns and weights that carry the same likelihood as (y, w) in fewer rows."""
        rows = []
        for part in slices(y.size):
            v, f = y[part], None if w is None else w[part]
            center = average(v, f)
            n = v.size if f is None else f.sum()
            rows.append([center, *(average(gap, f) for gap in cls.gaps(v, center)), n])
        *columns, weights = np.array(rows).T
        return tuple(columns), weights

    @classmethod
    def combine(cls, pooled):
        """One (columns, weights) from those of several blocks."""
        if len(pooled) == 1:
            return pooled[0]
        *columns, weights = (np.concatenate(c) for c in zip(*((*cols, w) for cols, w in pooled), strict=True))
        return tuple(columns), weights

    @classmethod
    def diagnose(cls, sample, fixed):
        """Raise the error that names the remedy where these data have no maximum in this family."""

    @classmethod
    def starts(cls, sample, guess, fixed):
        """Dicts of starting values to climb from; the best end is kept. One, where there is one mode."""
        return [guess]

    def _kink(self, sample, theta):
        """How far from 0 the score may be at a kink: half the width of the subdifferential, (k,)."""
        return 0.0

    def covariance(self, hessian, n, free):
        """Covariance of the free estimates from the summed Hessian: the inverse observed information."""
        return invert_information(-hessian[np.ix_(free, free)])


def can_be_censored():
    """Names of the families with a censored likelihood."""
    return ", ".join(sorted(name for name, family in FAMILIES.items() if family._log_survival))


def add_up(log_prob, score, hessian, columns, w):
    """The sums of three kernels over ``columns``, with weights ``w`` or None: (number, (k,), (k, k))."""
    size = columns[0].size if w is None else w.sum()

    def total(values):
        if np.ndim(values) == 0:
            return values * size
        return values.sum() if w is None else w @ values

    first = np.array([total(v) for v in score(*columns)])
    return total(log_prob(*columns)), first, symmetric([total(v) for v in hessian(*columns)], first.size)


def below(k):
    """Index pairs of the lower triangle of a (k, k) matrix, row by row."""
    return [(i, j) for i in range(k) for j in range(i + 1)]


def symmetric(lower, k):
    """The (k, k) matrix with this lower triangle, row by row."""
    matrix = np.empty((k, k))
    for (i, j), entry in zip(below(k), lower, strict=True):
        matrix[i, j] = matrix[j, i] = entry
    return matrix


def average(values, w):
    """Weighted mean; a single row is returned untouched, so that 329 of 1000 is exactly 0.329."""
    if values.size == 1:
        return values[0]
    return values.mean() if w is None else w @ values / w.sum()


class Tallied:
    """Mixin, before Family: the data are pooled to their distinct integers and the total weight of each."""

    pools = True

    @classmethod
    def pool(cls, y, w):
        if y.max() < 4 * y.size + 1000:
            counts = np.bincount(y.astype(np.int64), weights=w).astype(float)
            values = np.flatnonzero(counts)
            return (values.astype(float),), counts[values]
        values, index = np.unique(y, return_inverse=True)
        return (values,), np.bincount(index, weights=w).astype(float)

    @classmethod
    def combine(cls, pooled):
        columns, weights = super().combine(pooled)
        return cls.pool(columns[0], weights)


def middle_and_spread(y, w):
    """The median, and the distance between the quartiles or, where that is 0, the mean distance from it."""
    equal = None if w.min() == w.max() else w
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75], weights=equal, method="inverted_cdf")
    return middle, (high - low) or np.average(np.abs(y - middle), weights=w)


def location_starts(sample, guess, most=25):
    """``guess`` with its location at up to ``most`` quantiles, for likelihoods of several modes."""
    values = np.unique(np.quantile(sample.preview[0], np.linspace(0, 1, most), method="inverted_cdf"))
    return [guess, *({**guess, "mu": float(v)} for v in values)]
