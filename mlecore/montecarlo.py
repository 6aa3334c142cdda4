"""How close an estimator comes to the Cramér–Rao bound, by simulation that reports its own error."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .errors import DataError
from .fitting import fit_from
from .nested import slope
from .summary import Table


class EfficiencyRow(NamedTuple):
    """One sample size: the bound on the standard deviation, what was simulated, the Monte-Carlo errors."""

    n: int
    bound: float
    std: float
    ratio: float
    ratio_error: float
    bias: float
    bias_error: float


@dataclass(frozen=True)
class EfficiencyStudy:
    """Result of :func:`efficiency`: ``study.rows``, or a column as an array, ``study["ratio"]``."""

    title: str
    rows: tuple

    def __getitem__(self, column):
        return np.array([getattr(row, column) for row in self.rows])

    def table(self):
        """As a Table: text in a terminal, HTML in a notebook."""
        columns = ("n", "CR bound (std)", "simulated std", "ratio", "± MC error", "bias", "± MC error")
        cells = tuple((str(row.n), *(f"{v:.5f}" for v in row[1:])) for row in self.rows)
        return Table(self.title, columns=columns, rows=cells)

    def __repr__(self):
        return str(self.table())

    def _repr_html_(self):
        return self.table()._repr_html_()


def efficiency(distribution, parameter, sizes=(10, 50, 100, 500, 1000), replicates=5000, estimator="mle",
               known=(), expectation=None, rng=0):
    """Simulated standard deviation of an estimator against the Cramér–Rao bound.

    Parameters
    ----------
    distribution : Family
        The truth, such as ``mle.Normal(0.0, 2.0)``.
    parameter : str
        Which parameter is estimated.
    sizes : sequence of int
        Sample sizes.
    replicates : int
        Samples drawn for each size.
    estimator : "mle" or callable
        A callable maps samples of shape (replicates, n) to estimates of shape (replicates,), such as
        ``lambda y: np.median(y, axis=1)``. For "mle" the sufficient statistic is drawn from its own
        distribution where that is known (Normal, Bernoulli, Poisson, Exponential); elsewhere every sample
        is fitted.
    known : sequence of str
        Parameters the estimator is told; the bound then leaves them out.
    expectation : callable, optional
        E[estimator] as a function of (parameter value, n), for the bound of a biased estimator: its slope
        multiplies the bound (Cramér 1946, chapter 32). Default: unbiased, slope 1.
    rng : int or numpy Generator

    Returns
    -------
    EfficiencyStudy
        Rows (n, bound, std, ratio, ratio_error, bias, bias_error). ``ratio_error`` is the standard error of
        the ratio: from the fourth moment of the estimates, whatever their distribution.

    Raises
    ------
    DataError
        An unknown parameter or estimator, fewer than 2 replicates, or an estimator of the wrong shape.
    """
    names = list(distribution.parameters)
    if parameter not in names or parameter in known or not set(known) <= set(names):
        raise DataError(f"parameter must be one of {', '.join(names)} and not among the known, "
                        f"got {parameter!r}")
    if replicates < 2 or min(sizes) < 1:
        raise DataError(f"needs 2 replicates or more, sizes of 1 or more; got {replicates}, {min(sizes)}")
    if not (estimator == "mle" or callable(estimator)):
        raise DataError(f"estimator must be 'mle' or a callable, got {estimator!r}")
    rng = np.random.default_rng(rng)
    unknown = [i for i, name in enumerate(names) if name not in known]
    information = distribution.fisher_information()[np.ix_(unknown, unknown)]
    one = np.sqrt(np.linalg.inv(information).diagonal()[unknown.index(names.index(parameter))])
    truth = getattr(distribution, parameter)
    rows = []
    for n in sizes:
        draws = _draw(distribution, parameter, n, replicates, estimator, known, rng)
        bound = one / np.sqrt(n)
        if expectation is not None:
            bound *= abs(slope(lambda v, n=n: expectation(v, n), truth, 1e-3 * (abs(truth) or 1.0)))
        std, fourth = draws.std(ddof=1), np.mean((draws - draws.mean()) ** 4)
        spread = np.sqrt(max(fourth - std**4 * (replicates - 3) / (replicates - 1), 0.0) / replicates)
        error = spread / (2 * std) if std > 0 else 0.0
        bias = draws.mean() - truth, std / np.sqrt(replicates)
        rows.append(EfficiencyRow(n, *map(float, (bound, std, std / bound, error / bound, *bias))))
    label = estimator if estimator == "mle" else getattr(estimator, "__name__", "estimator")
    title = f"{label} of {parameter} in {distribution!r}, {replicates} replicates"
    return EfficiencyStudy(title, tuple(rows))


def _draw(distribution, parameter, n, replicates, estimator, known, rng):
    """Estimates from ``replicates`` samples of size n."""
    if callable(estimator):
        draws = np.asarray(estimator(distribution.sample((replicates, n), rng)), dtype=float)
        if draws.shape != (replicates,):
            raise DataError(f"the estimator returned shape {draws.shape}, not {(replicates,)}")
        return draws
    draws = distribution.sample_mle(n, replicates, known, rng)
    if draws is not None:
        return draws[parameter]
    fixed = {name: getattr(distribution, name) for name in known}
    # Climbing from the truth finds the root that theory speaks of, where there are several.
    start = {name: getattr(distribution, name) for name in distribution.parameters if name not in known}
    samples = distribution.sample((replicates, n), rng)
    fits = (fit_from(type(distribution), y, fixed=fixed, start=start) for y in samples)
    return np.array([f.estimate[parameter] for f in fits])
