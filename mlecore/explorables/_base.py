"""What every live plot shares: checked traits, one self-contained front end, a figure without JavaScript.

To add a live plot, see the head of ``kit.mjs``.
"""

from __future__ import annotations

import io
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets as t

from mlecore import palette

_FOLDER = Path(__file__).parent
_SHARED = ("numerics.mjs", "kit.mjs")


def snake_case(name: str) -> str:
    """``GaussianHill`` → ``gaussian_hill``: the name of a class's front-end module."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def static_files() -> dict[str, str]:
    """Name → text of all files that a page without a kernel needs, side by side in one folder.

    The modules (``loader.mjs``, the shared ones and one per plot), ``palette.mjs`` generated from the
    palette, and ``explorables.css`` (which expects the variables of ``palette.css_variables()``).
    """
    files = {path.name: path.read_text("utf-8") for path in sorted(_FOLDER.iterdir())
             if path.suffix in (".mjs", ".css")}
    for name in files:
        if name.endswith(".mjs"):  # whole lines of comment stay at home: a fifth of the bytes
            files[name] = re.sub(r"^[ \t]*//.*\n", "", files[name], flags=re.MULTILINE)
    return files | {"palette.mjs": palette.as_esm()}


@cache
def modules(name: str) -> tuple[str, ...]:
    """What a plot's module needs, each after what it imports itself, the module last."""
    found = ["palette.mjs", *_SHARED]
    if name in found:
        return tuple(found)
    for imported in re.findall(r'^import \{[^}]*\} from "\./([^"]*)";', static_files()[name], re.MULTILINE):
        found += [other for other in modules(imported) if other not in found]
    return (*found, name)


@cache
def bundle(module: str) -> str:
    """One plot's front end with everything it imports, as one module without imports: what Jupyter loads."""
    files = static_files()
    shared = "\n".join(files[name] for name in modules(module)[:-1])
    source = re.sub(r"^export (?=const|function|class)", "", shared, flags=re.MULTILINE) + files[module]
    return re.sub(r"^import \{[^}]*\} from [^;]*;\n", "", source, flags=re.MULTILINE)


@cache
def _style_sheet() -> str:
    return palette.css_variables() + static_files()["explorables.css"]


class Number(t.Float):
    """A finite float, at least ``low`` (above it, where ``open``) and at most ``high``."""

    def __init__(self, default: float, remedy: str, low: float = -math.inf, high: float = math.inf, *,
                 open: bool = False) -> None:
        super().__init__(default)
        self.low, self.high, self.open, self.remedy = low, high, open, remedy
        self.tag(sync=True)

    def validate(self, obj: t.HasTraits, value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool | str) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        inside = self.low <= number <= self.high and not (self.open and number == self.low)
        if not (inside and math.isfinite(number)):
            raise t.TraitError(f"{self.name} = {value!r} is refused: {self.remedy}")
        return number


class Whole(t.Int):
    """A whole number from ``low`` to ``high``."""

    def __init__(self, default: int, low: int = 0, high: int = 2**31 - 1) -> None:
        super().__init__(default)
        self.low, self.high = low, high
        self.tag(sync=True)

    def validate(self, obj: t.HasTraits, value: Any) -> int:
        if isinstance(value, float | np.number) and value == value and float(value).is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise t.TraitError(f"{self.name} = {value!r} is refused: "
                               f"{self.name} is a whole number from {self.low} to {self.high}")
        return value


class Numbers(t.TraitType):
    """A list of finite floats with at least ``least`` entries; arrays are taken too."""

    def __init__(self, default: list[float], least: int) -> None:
        super().__init__(default)
        self.least = least
        self.tag(sync=True)

    def validate(self, obj: t.HasTraits, value: Any) -> list[float]:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise t.TraitError(f"{self.name} = {value!r} is refused: give a list of numbers") from None
        if array.ndim != 1 or array.size < self.least:
            raise t.TraitError(f"{self.name} of shape {array.shape} is refused: "
                               f"give a flat list of at least {self.least} numbers")
        bad = np.flatnonzero(~np.isfinite(array))
        if bad.size:
            raise t.TraitError(f"{self.name}[{bad[0]}] = {array[bad[0]]} is refused: "
                               "every value must be finite; drop or repair it first")
        return array.tolist()


class Explorable(anywidget.AnyWidget):
    """Base of the live plots: an anywidget whose front end is the module named after its class."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__module__ = __package__  # the loader and the page know a plot as mlecore.explorables.<Class>

    # Properties, so that the text is put together when the first plot is made and not at import.
    @property
    def _esm(self) -> str:
        return bundle(f"{snake_case(type(self).__name__)}.mjs")

    @property
    def _css(self) -> str:
        return _style_sheet()

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({arguments})"

    _shown: tuple[str, ...] = ()  # traits that the text form names

    def _draw(self, figure: Any) -> None:
        """Draw the present state on a matplotlib figure: what readers without JavaScript see."""
        raise NotImplementedError

    def to_svg(self) -> str:
        """The present state as an SVG figure in the house palette; same state, same text."""
        import matplotlib

        with matplotlib.rc_context(palette.rc_params() | {"figure.constrained_layout.use": True}):
            from matplotlib.figure import Figure

            figure = Figure(figsize=self._size)
            self._draw(figure)
            for axes in figure.axes:  # a minus sign as on the axes
                axes.set_title(re.sub(r"-(?=\d)", "−", axes.get_title("left")), loc="left")
            out = io.StringIO()
            figure.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()

    _size = (7.0, 4.6)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"image/svg+xml": self.to_svg(), "text/plain": repr(self)}, metadata
