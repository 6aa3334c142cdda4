"""The negative log-likelihood of a regression, its gradient and its Hessian, as sums over blocks."""

import numpy as np


class Objective:
    """NLL, score and information of a model as sums over the blocks of a design.

    theta is the coefficients of the m location predictors, row after row, then the logs of the free shape
    parameters. logs: all log shape parameters, with the fixed ones at their values. free: positions of the
    free ones. l2: (m p,) diagonal of the Gaussian prior's precision in working coordinates, or None.
    """

    def __init__(self, design, noise, m, logs, free, l2=None):
        self.design, self.noise, self.m, self.free = design, noise, m, list(free)
        self.logs, self.l2 = np.array(logs, dtype=float), l2

    def split(self, theta):
        """Coefficients (m, p) and all log shape parameters."""
        k = self.m * self.design.p
        logs = self.logs.copy()
        logs[self.free] = theta[k:]
        return theta[:k].reshape(self.m, -1), logs

    @staticmethod
    def predictor(A, coefficients):
        return A @ coefficients.T if len(coefficients) > 1 else A @ coefficients[0]

    def __call__(self, theta):
        """Value, gradient, Hessian: the negative log-likelihood without `noise.constant`, and the penalty."""
        coefficients, logs = self.split(theta)
        m, noise, predictor = self.m, self.noise, self.predictor
        kept = [*range(m), *(m + i for i in self.free)]

        def kernel(A, y, w):
            value, first, second = noise.pointwise(y, predictor(A, coefficients), logs)
            if w is not None:
                value, first = w * value, [w * d for d in first]
            gradient = np.concatenate([first[a] @ A if a < m else [first[a].sum()] for a in kept])
            blocks = [[None] * len(kept) for _ in kept]
            for i, a in enumerate(kept):
                for j, b in enumerate(kept[i:], i):
                    v = second[a][b - a] if w is None else w * second[a][b - a]
                    blocks[i][j] = (
                        _gram(A, v) if b < m else (A.T @ v)[:, None] if a < m else np.full((1, 1), v.sum()))
                    blocks[j][i] = blocks[i][j].T
            return value.sum(), gradient, np.block(blocks)

        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient, hessian = self.design.sum(kernel)
        if self.l2 is not None:
            k = self.l2.size
            pull = self.l2 * theta[:k]
            value += 0.5 * pull @ theta[:k]
            gradient[:k] += pull
            hessian[range(k), range(k)] += self.l2
        return value, gradient, hessian

    def scores(self, theta, leverage=None, power=0):
        """Sum over observations of score score', each divided by (1 - leverage)**power."""
        coefficients, logs = self.split(theta)
        m, noise, predictor = self.m, self.noise, self.predictor
        kept = [m + i for i in self.free]

        def kernel(A, y, w):
            _, first, second = noise.pointwise(y, predictor(A, coefficients), logs)
            parts = [first[a][:, None] * A for a in range(m)] + [first[a][:, None] for a in kept]
            weight = np.ones(len(y)) if w is None else w
            if power:
                weight = weight / (1 - second[0][0] * np.einsum("ij,jk,ik->i", A, leverage, A)) ** power
            rows = np.hstack(parts)
            return ((rows * weight[:, None]).T @ rows,)

        return self.design.sum(kernel)[0]


def _gram(A, v):
    """A' diag(v) A; half the work where v is non-negative."""
    if np.min(v, initial=0.0) >= 0:
        B = A * np.sqrt(v)[:, None]
        return B.T @ B
    return (A * v[:, None]).T @ A


class Rows:
    """Stands for a `Design` whose rows (A, y, weights) are at hand already."""

    def __init__(self, A, y, w):
        self.parts, self.p = (A, y, w), A.shape[1]

    def sum(self, kernel):
        return kernel(*self.parts)
