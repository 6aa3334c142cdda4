"""The design matrix of a regression as a sum over blocks: its conditioning, its rank, its least-squares fit.

Nothing here keeps more than one block of rows. Data in memory are blocks too, slices small enough for the
cache.
"""

from contextlib import contextmanager
from functools import partial, reduce

import numpy as np
from scipy.linalg import qr, solve_triangular

from .blocks import Blocks, slices
from .errors import DataError, IdentifiabilityError
from .linalg import EPS, cholesky, solve_spd

WELL_CONDITIONED = 1e-8  # reciprocal condition of the scaled normal equations that Cholesky is trusted with
BLOCK_ENTRIES = 2**18  # two megabytes: a block and its weighted copy stay in the cache


def in_memory(X, y, weights):
    """Blocks of (X, y, weights) that view arrays X (n, d), y (n,), weights (n,) or None."""
    parts = slices(len(y), max(256, BLOCK_ENTRIES // (X.shape[1] + 2)))
    return Blocks([(X[s], y[s], None if weights is None else weights[s]) for s in parts])


def working_rows(fit_intercept, shift, basis, X):
    """Working design matrix (rows, p) of raw rows X (rows, d)."""
    if not fit_intercept:
        return X if basis is None else X @ basis
    A = np.empty((X.shape[0], 1 + X.shape[1]))
    A[:, 0] = 1.0
    A[:, 1:] = X if shift is None else X - shift
    return A if basis is None else A @ basis


class Design:
    """Rows [1, X - shift] basis of a regression, with least squares of a working response.

    blocks: `Blocks` of (X, y, weights or None). names: of the d columns. in_memory: whether `held` may keep
    the working rows. offset: what was taken off y, for the intercept to give back. After `prepare`, `gram`
    (p, p) is A'WA in the working coordinates, `to_original` (p, p) maps working coefficients to those of
    [1, X] (or X), `start` (p,) is the least-squares fit of the working response and `rss` its weighted
    residual sum of squares.
    """

    def __init__(self, blocks, fit_intercept, names, in_memory=False):
        self.blocks, self.fit_intercept, self.names = blocks, fit_intercept, list(names)
        self.in_memory = in_memory
        self.shift = self.basis = self._kept = None
        self.offset = 0.0

    @property
    def p(self):
        return len(self.names) + self.fit_intercept

    @property
    def magnitude(self):
        """Size of the response as it was given: what rounding is relative to."""
        return np.sqrt(self.total / self.n) + abs(self.offset)

    @property
    def all_names(self):
        """Names of the coefficients, the intercept first."""
        return ["intercept"] * self.fit_intercept + self.names

    @property
    def rows(self):
        """Function of raw rows X (rows, d) that gives their working rows; it holds no data."""
        return partial(working_rows, self.fit_intercept, self.shift, self.basis)

    @contextmanager
    def held(self):
        """While inside, the working rows of data in memory are built once and kept."""
        if self.in_memory:
            self._kept = Blocks([(self.rows(block[0]), *block[1:]) for block in self.blocks])
        try:
            yield
        finally:
            self._kept = None

    def _each(self, kernel):
        if self._kept is not None:
            return self._kept, lambda block: kernel(*block)
        rows = self.rows  # not self: what is sent to a worker takes no data along
        return self.blocks, lambda block: kernel(rows(block[0]), *block[1:])

    def map(self, kernel):
        """kernel(A, y, weights) of every block, lazily."""
        blocks, call = self._each(kernel)
        return blocks.map(call, iter(blocks))

    def sum(self, kernel):
        """Entry-by-entry sum over blocks of the tuples kernel(A, y, weights)."""
        blocks, call = self._each(kernel)
        return blocks.sum(call)

    def sample(self, size):
        """About `size` rows (A, y, weights), every k-th of the data."""
        step = max(1, int(self.n_rows // size))

        def thin(A, y, w):
            return A[::step], y[::step], (np.ones(len(y)) if w is None else w)[::step]

        return tuple(np.concatenate(column) for column in zip(*self.map(thin), strict=True))

    def prepare(self, working, identified, exact=True):
        """Pass over the data: sums, conditioning, working coordinates, least squares of working(y).

        identified: whether a prior makes every coefficient identified whatever the rank. exact: whether the
        residuals matter, not only a start for Newton's method. Normal equations are used
        where they lose at most half of the digits; otherwise columns are shifted to their means and a QR
        factorization is accumulated over blocks. Raises IdentifiabilityError, naming the columns, at rank <
        p.
        Sources: Björck (1996), sections 2.2 and 2.7; Golub and Van Loan (2013), section 5.5 for the rank.
        """

        first = int(self.fit_intercept)

        def moments(block):
            X, y, w = block
            side = np.column_stack([np.ones(len(y))] * first + [working(y)])
            weight = float(len(y)) if w is None else w.sum()
            total = y.sum() if w is None else w @ y
            if w is not None:
                root = np.sqrt(w)[:, None]
                X, side = X * root, side * root
            return weight, len(y), total, X.T @ X, side.T @ X, side.T @ side  # no copy of X beside a column

        with np.errstate(over="ignore", invalid="ignore"):
            self.n, self.n_rows, total, inner, across, outer = self.blocks.sum(moments)
        self.gram = np.block([[outer[:first, :first], across[:first]], [across[:first].T, inner]])
        cross, self.total = np.append(outer[:first, first], across[first]), outer[first, first]
        self.mean_y, p = total / self.n, self.p
        if self.n_rows < p and not identified:
            raise IdentifiabilityError(f"n_samples = {self.n_rows} cannot identify {p} coefficients "
                                       f"(n_features = {len(self.names)}): drop columns, or set a prior")
        self.norms = np.sqrt(np.diag(self.gram))
        sizes = np.append(self.norms, np.sqrt(self.total))
        extreme = ~((sizes == 0) | ((sizes > 1e-80) & (sizes < 1e100)))  # NaN is one too
        if extreme.any():
            name = [*self.all_names, "y"][int(np.argmax(extreme))]
            raise DataError(f"the squares of {name} overflow or underflow: rescale it, say to unit variance")
        self.to_original = np.eye(p)
        factor, scale, rcond = cholesky(self.gram)
        if rcond < WELL_CONDITIONED:
            self._orthogonalize(working, identified, self.gram[0])
        else:
            self.start = solve_spd(factor, scale, cross)
            self.rss = max(self.total - self.start @ cross, 0.0)
            if exact:
                self._refine(working, factor, scale)

    def _refine(self, working, factor, scale):
        """One step on the true residuals restores the digits that the normal equations lost."""
        first, start = int(self.fit_intercept), self.start

        def residuals(block):
            X, y, w = block
            residual = working(y) - X @ start[first:]
            residual -= start[:first].sum()
            weighted = residual if w is None else w * residual
            return weighted @ residual, np.append(np.full(first, weighted.sum()), weighted @ X)

        rss, slope = self.blocks.sum(residuals)
        step = solve_spd(factor, scale, slope)
        self.start, self.rss = start + step, max(rss - slope @ step, 0.0)
        self.slope = slope - self.gram @ step

    def _orthogonalize(self, working, identified, sums):
        """QR over blocks of the columns, shifted to their means where there is an intercept."""
        p = self.p
        if self.fit_intercept:
            self.shift = sums[1:p] / sums[0]
            self.to_original[0, 1:] = -self.shift

        def triangle(A, y, w):
            B = np.column_stack([A, working(y)])
            return np.linalg.qr(B if w is None else B * np.sqrt(w)[:, None], mode="r")

        R = reduce(lambda top, bottom: np.linalg.qr(np.vstack([top, bottom]), mode="r"), self.map(triangle))
        R = np.vstack([R, np.zeros((max(p + 1 - len(R), 0), p + 1))])
        self.gram, cross = R[:p, :p].T @ R[:p, :p], R[:p, p]
        self.rss, self.slope = float(R[p, p] ** 2), np.zeros(p)
        if identified:
            size = np.sqrt(np.diag(self.gram))
            scale = np.where(size > 16 * p * EPS * self.norms, size, np.inf)  # not: what rounding leaves
            self.start = np.linalg.lstsq(R[:p, :p] / scale, cross, rcond=1e-6)[0] / scale
            self.rss = float(np.sum((cross - R[:p, :p] @ self.start) ** 2) + self.rss)
            return
        self._require_rank(R[:p, :p])
        self.basis = solve_triangular(R[:p, :p], np.eye(p)) * np.sqrt(self.n)
        self.to_original = self.to_original @ self.basis
        self.gram, self.start = self.n * np.eye(p), cross / np.sqrt(self.n)

    def _require_rank(self, R):
        """Raise IdentifiabilityError naming the columns when R (p, p) has numerical rank < p."""
        names = ["the intercept"] * self.fit_intercept + self.names
        size = np.sqrt(np.sum(R**2, axis=0))
        noise = 16 * len(R) * EPS
        for name, kept, norm in zip(names, size, self.norms, strict=True):
            if kept <= noise * norm:
                what = "is zero" if norm == 0 else "is constant, as is the intercept"
                raise IdentifiabilityError(f"column {name} {what}: drop it, or give the coefficients a prior")
        _, U, order = qr(R / size, pivoting=True)
        for k in range(1, len(U)):
            null = np.append(-solve_triangular(U[:k, :k], U[:k, k]), 1.0)
            # Rounding in a shifted column is relative to its size before the shift.
            if abs(U[k, k]) <= noise * (np.abs(null) @ (self.norms / size)[order[: k + 1]]):
                combination = np.zeros(len(U))
                combination[order[: k + 1]] = null / size[order[: k + 1]]
                terms = np.abs(self.to_original @ combination) * self.norms
                involved = np.flatnonzero(terms > 1e-6 * terms.max())[:8]
                raise IdentifiabilityError(f"collinear columns: {', '.join(names[j] for j in involved)} are "
                                           f"linearly dependent (rank {k} of {len(U)}). Drop one of them, or "
                                           "give the coefficients a prior")
