"""What every lesson needs at its top: one line of figure setup, and numbers handed to the text.

    from mlecore import lesson
    from mlecore.lesson import glue

    lesson.setup()
    glue("normal-mu-hat", f"{mu_hat:.4f}")      # in the text: {glue:text}`normal-mu-hat`

Nothing here needs the book's own packages: a lesson runs wherever mlecore is installed.
"""

from __future__ import annotations

import re

import matplotlib as mpl
from IPython import get_ipython
from IPython.display import display

from mlecore import palette

# The prefix under which myst-nb (and papermill before it) finds a value that a cell recorded
# without showing it. A notebook front end that does not know this type draws nothing.
_RECORD = "application/papermill.record/"


def setup() -> None:
    """Set matplotlib to the house style: crisp SVG, the same bytes at every run, nothing printed.

    A figure is 5.5 inches (396 pt) wide unless the cell says otherwise, with 12 pt labels. Shown at
    the 358 px that a 390 px phone leaves for text, a label is still nearly 11 px high.
    """
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        from matplotlib_inline.config import InlineBackend

        # Set on the configuration, not through set_matplotlib_formats: the first import of pyplot
        # reads the configuration again and would go back to PNG.
        backend = InlineBackend.instance(parent=shell)
        backend.shell = shell
        # No tight box: every figure keeps its declared width, so text has one size on the page.
        backend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Date": None}}
        backend.figure_formats = {"svg"}
        import matplotlib.pyplot  # noqa: F401  connects the backend
    mpl.rcParams.update(_house_style())


def _house_style() -> dict:
    """The palette's style, with the sizes and the color cycle of a lesson's figures."""
    ideas = ["likelihood", "prior", "posterior", "truth", "wrong", "data"]
    return palette.rc_params() | {
        "figure.figsize": (5.5, 3.5),
        "figure.constrained_layout.use": True,
        "font.size": 12,
        "axes.titlesize": 12,
        "axes.titleweight": "bold",  # matplotlib's own font has no semibold, and says so on stderr
        "xtick.labelsize": 11,
        "ytick.labelsize": 11,
        "legend.fontsize": 11,
        "lines.markersize": 6,
        "axes.prop_cycle": mpl.cycler(color=[palette.color(idea) for idea in ideas])}


def glue(name: str, value: str) -> None:
    """Hand a formatted number to the text, where ``{glue:text}`name` `` shows it.

    name: kebab-case, unique in the whole book ("normal-mu-hat", not "mu").
    value: the text to show. The cell formats it, so that what is stored is what is read:
    ``glue("normal-mu-hat", f"{mu_hat:.4f}")``.

    The value is recorded in the cell's output and not shown there. Outside a notebook nothing
    happens. Raises TypeError for a value that is not text, ValueError for a name of another form.
    """
    if not isinstance(value, str):
        raise TypeError(f"glue({name!r}, …) got {value!r}, not text; format it, e.g. f\"{{value:.4f}}\"")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name):
        raise ValueError(f"glue name {name!r} must be kebab-case with the topic first, e.g. 'normal-mu-hat'")
    if get_ipython() is not None:
        metadata = {"scrapbook": {"name": name, "mime_prefix": _RECORD}}
        display({_RECORD + "text/plain": repr(value)}, raw=True, metadata=metadata)
