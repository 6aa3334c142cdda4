"""The palette: contrast, distance for color-blind readers, and what the site generates from it."""

import itertools
import re

import numpy as np
import pytest

from mlecore import palette

# sRGB → what a dichromat sees, linear light, severity 1 (Machado, Oliveira & Fernandes 2009).
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}


def linear(hex_color):
    c = np.array([int(hex_color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2.2 contrast ratio."""
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb):
    """Björn Ottosson's OKLab coordinates of linear sRGB."""
    to_lms = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
              [0.0883024619, 0.2817188376, 0.6299787005]]
    to_lab = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
              [0.0259040371, 0.7827717662, -0.8086757660]]
    return np.array(to_lab) @ np.cbrt(np.array(to_lms) @ np.clip(rgb, 0, 1))


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", [*palette.IDEAS, "muted"])
def test_contrast(name, mode):
    # 5 % of slack for a page that is not quite white or black.
    paper = palette.color("paper", mode=mode)
    assert contrast(palette.color(name, mode=mode), paper) >= 3 * 1.05
    assert contrast(palette.color(name, text=True, mode=mode), paper) >= 4.5 * 1.05


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_ideas_stay_apart(mode, vision):
    eye = np.array(VISION[vision])
    seen = {name: oklab(eye @ linear(palette.color(name, mode=mode))) for name in palette.IDEAS}
    distance = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2)}
    closest = min(distance, key=distance.get)
    # 0.02 is about one just-noticeable difference in OKLab.
    assert distance[closest] > 0.05, closest


def test_every_line_style_is_unique():
    dashes = [idea.dash for name, idea in palette.IDEAS.items() if name != "data"]  # data are dots, not lines
    markers = [idea.marker for idea in palette.IDEAS.values()]
    assert len(set(dashes)) == len(dashes)
    assert len(set(markers)) == len(markers)


def test_substitutions_are_one_to_one_with_the_style_sheet():
    table = palette.css_substitutions()
    light = palette.css_variables().splitlines()[0]
    defined = dict(re.findall(r"(--mle-[\w-]+):(#[0-9a-f]{6})", light))
    assert set(table) == set(defined.values())
    for hex_color, variable in table.items():
        assert defined[re.fullmatch(r"var\((.+)\)", variable)[1]] == hex_color


@pytest.mark.parametrize("call", [lambda: palette.color("posteriour"), lambda: palette.style("posteriour"),
                                  lambda: palette.color("data", mode="sepia")])
def test_unknown_names_are_refused(call):
    with pytest.raises(ValueError, match=r"posteriour|sepia"):
        call()


def test_matplotlib_accepts_the_styles():
    import matplotlib

    with matplotlib.rc_context(palette.rc_params()):
        from matplotlib.figure import Figure

        axes = Figure().subplots()
        for name in palette.IDEAS:
            axes.plot([0, 1], [0, 1], **palette.style(name))
            axes.plot([0, 1], [0, 1], **palette.style(name, marker=True))
