"""The three ways in which an estimate can fail to exist, each with its own exception."""


class DataError(ValueError):
    """The data (or an argument) cannot be used as given.

    NaN or infinite values, an empty or wrongly shaped array, a value outside the support, a parameter
    outside its range. The message names the value, its index where there is one, and the remedy.
    """


class IdentifiabilityError(ValueError):
    """The data are fine, but the maximum of the likelihood does not exist or is not unique.

    Collinear columns, separated classes, a Student-t whose degrees of freedom run away, counts whose
    variance is below their mean, a Wald interval at the edge of the parameter space. The message names the
    direction and the remedy.
    """


class ConvergenceError(RuntimeError):
    """The optimizer stopped before the score was small and the Hessian negative definite.

    Raised instead of returning a number that is not the maximum. The message carries the score that was
    reached, in standard-error units.
    """
