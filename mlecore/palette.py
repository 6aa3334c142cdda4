"""One color per idea, for the whole book: figures, live plots and the site's style sheet read it here.

An idea is also told apart by its dash and its marker, so no meaning rests on color alone. The hues start
from Okabe and Ito's color-blind safe set and were moved until, on its own background, every line reaches
a contrast of 3:1 (WCAG 2.2, 1.4.11), every text variant 4.5:1 (1.4.3), and the ideas stay apart under
simulated protanopia, deuteranopia and tritanopia.

>>> color("likelihood")
'#1c7cc0'
"""

from __future__ import annotations

import json
from typing import NamedTuple

__all__ = ["IDEAS", "NEUTRALS", "Idea", "as_esm", "color", "css_substitutions", "css_variables", "rc_params",
           "style"]


class Idea(NamedTuple):
    """How one idea looks.

    ``light`` and ``dark`` are the hex colors of lines and marks on a light and on a dark page,
    ``text_light`` and ``text_dark`` those of words; ``dash`` is on/off lengths in line widths (empty:
    solid); ``marker`` is a matplotlib marker.
    """

    light: str
    dark: str
    text_light: str
    text_dark: str
    dash: tuple[float, ...] = ()
    marker: str = ""


IDEAS: dict[str, Idea] = {
    "data": Idea("#1b1f24", "#e8eaed", "#1b1f24", "#e8eaed", (), "o"),
    "likelihood": Idea("#1c7cc0", "#4c9dea", "#0c66a6", "#62abf0", (), "D"),
    "prior": Idea("#c07d0c", "#f7a325", "#8a5800", "#f7a325", (5, 2), "s"),
    "posterior": Idea("#84157f", "#dca6ea", "#84157f", "#dca6ea", (7, 2, 1.5, 2), "^"),
    "truth": Idea("#067f5a", "#66dfa0", "#04704e", "#66dfa0", (1.2, 1.8), "*"),
    "wrong": Idea("#c0461a", "#d8744c", "#ad3a10", "#e8835a", (3, 1.5), "X"),
}

# Not ideas: secondary words and lines, the grid, the page itself.
NEUTRALS: dict[str, Idea] = {
    "muted": Idea("#59626d", "#9aa5b1", "#59626d", "#9aa5b1"),
    "grid": Idea("#dfe3e8", "#343b45", "#59626d", "#9aa5b1"),
    "paper": Idea("#ffffff", "#15191f", "#ffffff", "#15191f"),
}

_ALL = IDEAS | NEUTRALS


def _idea(name: str) -> Idea:
    try:
        return _ALL[name]
    except KeyError:
        raise ValueError(f"no color for {name!r}; the ideas are {', '.join(_ALL)}") from None


def color(name: str, *, text: bool = False, mode: str = "light") -> str:
    """Hex color of an idea (or of ``"muted"``, ``"grid"``, ``"paper"``); ``text=True`` for words.

    Figures use ``mode="light"``: the site turns these very hex values into variables that follow its theme.
    Raises ValueError for an unknown name or mode.
    """
    if mode not in ("light", "dark"):
        raise ValueError(f"mode is 'light' or 'dark', not {mode!r}")
    return getattr(_idea(name), f"text_{mode}" if text else mode)


def style(name: str, *, marker: bool = False) -> dict[str, object]:
    """Keyword arguments for matplotlib's ``plot``: color and line style; ``marker=True``: marks, no line.

    >>> style("truth")
    {'color': '#067f5a', 'linestyle': (0, (1.2, 1.8))}
    """
    idea = _idea(name)
    if marker:
        return {"color": idea.light, "linestyle": "none", "marker": idea.marker or "o"}
    return {"color": idea.light, "linestyle": (0, idea.dash) if idea.dash else "-"}


def rc_params() -> dict[str, object]:
    """House style for matplotlib: SVG with real text and stable ids, no box, a quiet grid, ink from here."""
    ink, muted, grid = color("data"), color("muted"), color("grid")
    return {
        "svg.fonttype": "none", "svg.hashsalt": "mlecore", "font.family": "sans-serif", "font.size": 10.5,
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
        "savefig.transparent": True, "text.color": ink, "axes.labelcolor": ink, "axes.titlecolor": ink,
        "axes.edgecolor": muted, "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 11.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "axes.grid": True, "axes.axisbelow": True, "grid.color": grid, "grid.linewidth": 0.8,
        "xtick.color": muted, "ytick.color": muted, "xtick.labelcolor": muted, "ytick.labelcolor": muted,
        "lines.linewidth": 2.0, "legend.frameon": False}


def _variables(mode: str) -> str:
    return "".join(
        f"--mle-{name}:{color(name, mode=mode)};--mle-{name}-text:{color(name, text=True, mode=mode)};"
        for name in _ALL)


def css_variables() -> str:
    """Style sheet that defines ``--mle-<idea>``, ``--mle-<idea>-text`` and ``--mle-scheme``.

    Light by default and in print; dark on the site (``html[data-theme="dark"]``), in JupyterLab and in
    VS Code. Only variables, so that it changes nothing of a host page.
    """
    dark = 'html[data-theme="dark"],body[data-jp-theme-light="false"],body[data-vscode-theme-kind$="dark"]'
    light, night = _variables("light"), _variables("dark")
    return (
        f":root{{{light}--mle-scheme:light}}\n"
        f"{dark}{{{night}--mle-scheme:dark}}\n"
        f"@media print{{:root,{dark}{{{light}--mle-scheme:light}}}}\n")


def css_substitutions() -> dict[str, str]:
    """Every light hex value → the CSS variable that replaces it in a figure inlined in a page.

    >>> css_substitutions()["#1c7cc0"]
    'var(--mle-likelihood)'
    """
    table: dict[str, str] = {}
    for name, idea in _ALL.items():
        table.setdefault(idea.light, f"var(--mle-{name})")
        table.setdefault(idea.text_light, f"var(--mle-{name}-text)")
    return table


def as_esm() -> str:
    """Source of ``palette.mjs``: ``IDEAS`` with each idea's CSS color, text color and SVG dash array."""
    width = 2  # px: the live plots' line width, the unit of a dash
    table = {
        name: {"color": f"var(--mle-{name})", "text": f"var(--mle-{name}-text)",
               "dash": " ".join(f"{width * part:g}" for part in idea.dash)}
        for name, idea in _ALL.items()}
    return f"// Generated from mlecore/palette.py.\nexport const IDEAS = {json.dumps(table, indent=1)};\n"
