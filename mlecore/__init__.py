"""mlecore: maximum likelihood for the course *Every Loss Is a Likelihood*.

Everything public is an attribute of this package and is loaded when it is first used:
``import mlecore as mle`` costs nothing. ``dir(mle)`` lists the names.
"""

from importlib import import_module

# Where each public name is defined; families register themselves and need no entry here.
_HOMES = {name: module for module, names in {
    "fitting": "fit Fit",
    "blocks": "Blocks",
    "nested": "likelihood_ratio_test wald_test score_test delta_method",
    "montecarlo": "efficiency",
    "regression": "LikelihoodRegressor LikelihoodClassifier",
    "priors": "NormalPrior LaplacePrior ElasticNetPrior to_sklearn from_sklearn",
    "losses": "LOSSES is_likelihood",
    "errors": "DataError IdentifiabilityError ConvergenceError",
}.items() for name in names.split()}


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(f"module 'mlecore' has no attribute {name!r}")
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    else:
        families = import_module(".families", __name__).FAMILIES
        if name not in families:
            raise AttributeError(f"module 'mlecore' has no attribute {name!r}")
        value = families[name]
    globals()[name] = value
    return value


def __dir__():
    return sorted({*_HOMES, *import_module(".families", __name__).FAMILIES, "families"})
