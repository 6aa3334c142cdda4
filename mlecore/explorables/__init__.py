"""Live plots: anywidgets that talk to Python in Jupyter and need no kernel on a web page.

>>> from mlecore.explorables import GaussianHill
>>> w = GaussianHill(data=[2.1, 3.4, 4.0, 5.2])
>>> w.mle
(3.675, 1.1211043663280432)

``w.mu``, ``w.data`` and the other traits answer in Python, ``w.observe`` and ``ipywidgets.jslink`` work.
How to add a plot is said at the head of ``kit.mjs``.
"""

from ._base import Explorable, static_files
from .bells_on_residuals import BellsOnResiduals
from .censored_times import CensoredTimes
from .central_limit import CentralLimit
from .counts import Counts
from .curvature_is_information import CurvatureIsInformation
from .gaussian_hill import GaussianHill
from .loss_is_likelihood import LossIsLikelihood
from .playground import Playground
from .prior_against_data import PriorAgainstData
from .projection_by_kl import ProjectionByKl
from .tails_and_outliers import TailsAndOutliers
from .three_tests import ThreeTests
from .two_losses import TwoLosses
from .two_readings import TwoReadings

__all__ = [
    "BellsOnResiduals",
    "CensoredTimes",
    "CentralLimit",
    "Counts",
    "CurvatureIsInformation",
    "Explorable",
    "GaussianHill",
    "LossIsLikelihood",
    "Playground",
    "PriorAgainstData",
    "ProjectionByKl",
    "TailsAndOutliers",
    "ThreeTests",
    "TwoLosses",
    "TwoReadings",
    "static_files",
]
