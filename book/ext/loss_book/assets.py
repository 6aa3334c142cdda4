"""One style sheet, one script, subset math fonts, and nothing else: what the built pages ask for."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from loss_book.figures import fingerprint
from loss_book.math import BOOK, KATEX, katex
from mlecore import palette

logger = logging.getLogger(__name__)

STATIC = BOOK / "static"
HEADINGS = BOOK / "node_modules/@fontsource/newsreader/files/newsreader-latin-600-normal.woff2"
LATIN = "".join(map(chr, range(32, 127))) + "\u00a0·–—‘’“”…éöüøšř"
STYLES = ["base.css", "page.css", "parts.css", "code.css", "print.css"]
# Sphinx's own scripts, which the search page needs.
KEEP = {"documentation_options.js", "doctools.js", "sphinx_highlight.js", "searchtools.js",
        "language_data.js"}


def live_files() -> dict[str, str]:
    """The live plots' modules and style sheet, as the site serves them."""
    try:
        from mlecore.explorables import static_files
    except ImportError:
        return {}
    return static_files()


def style_sheet(live: dict[str, str]) -> str:
    css = [variables(), katex_css(), *(text for name, text in live.items() if name.endswith(".css")),
           *((STATIC / name).read_text("utf-8") for name in STYLES)]
    return minify("\n".join(css))


def variables() -> str:
    """The palette's variables; without JavaScript a page follows the system's dark mode too."""
    css = palette.css_variables()
    dark = re.search(r'html\[data-theme="dark"\][^{]*(\{[^}]*\})', css)
    return css + f"@media screen and (prefers-color-scheme:dark){{html:not([data-theme]){dark[1]}}}\n"


def katex_css() -> str:
    """KaTeX's own rules with only the woff2 fonts, which live beside the style sheet."""
    css = (KATEX / "dist" / "katex.min.css").read_text("utf-8")
    return re.sub(r",url\(fonts/[^)]*\.(?:woff|ttf)\) format\([^)]*\)", "", css)


def minify(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s*\n\s*", "\n", css)
    return re.sub(r"\n(?=[}])|(?<=[{;,])\n", "", css).strip() + "\n"


def names(app: Sphinx) -> None:
    """Give the templates the assets' addresses, versioned by content."""
    live = live_files()
    app.loss_book_live = live
    app.loss_book_css = style_sheet(live)
    app.loss_book_js = (STATIC / "book.js").read_text("utf-8")
    version = {
        "css": f"book.css?v={fingerprint(app.loss_book_css.encode())}",
        "js": f"book.js?v={fingerprint(app.loss_book_js.encode())}",
    }
    app.connect("html-page-context", lambda *arguments: arguments[3].update(asset=version))


def write(app: Sphinx, failure: Exception | None) -> None:
    if failure or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    for path in static.iterdir():
        if path.name not in KEEP:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in ("_sphinx_design_static", ".buildinfo", ".buildinfo.bak", "reports"):
        path = out / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    book = static / "book"
    (book / "explorables").mkdir(parents=True)
    (book / "book.css").write_text(app.loss_book_css, "utf-8")
    (book / "book.js").write_text(app.loss_book_js, "utf-8")
    shutil.copy(STATIC / "favicon.svg", book)
    for name, text in app.loss_book_live.items():
        if not name.endswith(".css"):
            (book / "explorables" / name).write_text(text, "utf-8")
    fonts(book / "fonts", katex.glyphs())
    social(book / "social.png", app.config.html_title)
    search_index(out / "searchindex.js", app.config.root_doc)
    # The search page's scripts and .nojekyll aside, GitHub Pages would drop folders that start with "_".
    (out / ".nojekyll").touch()


def fonts(folder: Path, glyphs: str) -> None:
    """KaTeX's fonts with the characters this book sets, the headings' with Latin ones."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    sources = {path: glyphs for path in sorted((KATEX / "dist" / "fonts").glob("*.woff2"))}
    sources[HEADINGS] = LATIN
    folder.mkdir()
    for source, text in sources.items():
        font = TTFont(source)
        options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False, notdef_outline=True)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        data = io.BytesIO()
        font.flavor = "woff2"
        font.save(data)
        (folder / source.name.replace("newsreader-latin-600-normal", "headings")).write_bytes(data.getvalue())


def social(path: Path, title: str) -> None:
    """The picture that a shared link shows: the Gaussian hill and its top."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#fffdf9")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 12), ylim=(0, 6.3))
    axes.axis("off")
    x = np.linspace(0, 12, 500)
    hill = 0.7 + 2.6 * np.exp(-((x - 8.6) ** 2) / 2.4)
    axes.fill_between(x, 0, hill, color=palette.color("likelihood"), alpha=0.10, lw=0)
    axes.plot(x, hill, color=palette.color("likelihood"), lw=5)
    axes.plot([8.6, 8.6], [0, 3.3], color=palette.color("truth"), lw=3, ls=(0, (2, 2)))
    axes.plot([8.6], [3.3], "o", ms=16, color=ACCENT, zorder=5)
    head, tail = title.rsplit(" Is ", 1)
    for y, words in ((4.75, head), (3.65, "is " + tail.lower())):
        axes.text(0.8, y, words, fontsize=58, family="serif", color=palette.color("data"), va="center")
    axes.text(0.85, 5.65, "An executable course on maximum likelihood", fontsize=19, color=ACCENT)
    figure.savefig(path, metadata={"Software": None})


ACCENT = "#9b2242"


def search_index(path: Path, root: str) -> None:
    """The root document is served as index.html: search results must link there."""
    index = path.read_text("utf-8")
    path.write_text(index.replace(f'"{root}"', '"index"', 1), "utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", names)
    app.connect("build-finished", write, priority=950)
