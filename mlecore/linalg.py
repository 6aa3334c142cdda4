"""Symmetric positive definite matrices: factored, solved and inverted after scaling to unit diagonal."""

import numpy as np
from scipy.linalg import lapack

from .errors import ConvergenceError

EPS = np.finfo(float).eps


def cholesky(matrix):
    """Cholesky factor of a symmetric matrix scaled to unit diagonal, the scale, and the reciprocal condition.

    Returns (factor, scale, rcond) with ``matrix = diag(scale) L L' diag(scale)``; rcond is 0 (factor None)
    when the matrix is not numerically positive definite.
    """
    diagonal = np.diag(matrix)
    if not (diagonal.size and np.all(np.isfinite(matrix)) and np.all(diagonal > 0)):
        return None, None, 0.0
    scale = np.sqrt(diagonal)
    unit = matrix / np.outer(scale, scale)
    factor, info = lapack.dpotrf(unit, lower=1)
    if info:
        return None, scale, 0.0
    rcond, _ = lapack.dpocon(factor, np.abs(unit).sum(axis=0).max(), uplo="L")
    return factor, scale, rcond


def solve_spd(factor, scale, b):
    """Solve with the factor that `cholesky` returned; b is (m,) or (m, k). ConvergenceError without one."""
    if factor is None:
        raise ConvergenceError("the curvature is beyond double precision: rescale y, standardize columns")
    scale = scale if b.ndim == 1 else scale[:, None]
    return lapack.dpotrs(factor, b / scale, lower=1)[0] / scale


def invert_information(matrix, least=1e-14):
    """Inverse of a symmetric matrix, (m, m); None where its reciprocal condition is not above ``least``."""
    if not len(matrix):
        return np.zeros((0, 0))
    factor, scale, rcond = cholesky(matrix)
    return solve_spd(factor, scale, np.eye(len(matrix))) if rcond > least else None


def convexify(matrix, floor):
    """The matrix itself where it is safely positive definite; else with its eigenvalues' sizes, above floor.

    floor: relative to the largest eigenvalue, after scaling. Source: Nocedal and Wright (2006), chapter 3.
    """
    if cholesky(matrix)[2] > 1e-14 or not np.all(np.isfinite(matrix)):
        return matrix
    sizes = np.abs(np.diag(matrix))
    scale = np.sqrt(np.maximum(sizes, np.abs(matrix).max() * EPS**2) + np.finfo(float).tiny)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    values = np.maximum(np.abs(values), floor * max(np.abs(values).max(), 1e-300))
    return (vectors * values) @ vectors.T * np.outer(scale, scale)
