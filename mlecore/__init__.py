"""mlecore: maximum likelihood for the course *Every Loss Is a Likelihood*.

Everything public is an attribute of this package and is loaded when it is first used:
``import mlecore as mle`` costs nothing. ``dir(mle)`` lists the names.
"""

from importlib import import_module

# name -> the module that defines it; families register themselves and need no entry here.
_HOMES = {
    "fit": "fitting",
    "Fit": "fitting",
    "Blocks": "blocks",
    "likelihood_ratio_test": "nested",
    "wald_test": "nested",
    "score_test": "nested",
    "delta_method": "nested",
    "efficiency": "montecarlo",
    "LikelihoodRegressor": "regression",
    "LikelihoodClassifier": "regression",
    "NormalPrior": "priors",
    "LaplacePrior": "priors",
    "ElasticNetPrior": "priors",
    "to_sklearn": "priors",
    "from_sklearn": "priors",
    "LOSSES": "losses",
    "is_likelihood": "losses",
    "DataError": "errors",
    "IdentifiabilityError": "errors",
    "ConvergenceError": "errors",
}


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
