"""Figures that belong to the page: SVG inlined with the page's colors, and live plots with their fallback."""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from mlecore import palette
from mlecore.explorables._base import modules

logger = logging.getLogger(__name__)

VIEW = "application/vnd.jupyter.widget-view+json"
SVG = "image/svg+xml"
SHARED = {"numerics.mjs", "kit.mjs", "palette.mjs"}  # every live plot's, preloaded anyway
WIDE = {"playground"}  # a live plot that takes the whole width of its page
# Colors that matplotlib writes on its own and that no idea owns.
PLAIN = {"#000000": "var(--mle-data)", "#ffffff": "var(--mle-paper)"}
COLORS = PLAIN | palette.css_substitutions()
NAMED = {"black": "#000000", "white": "#ffffff"}


def inline_svg(source: str, alt: str, prefix: str) -> str:
    """An SVG file's text as an element of the page.

    Ids get the prefix (several figures share a page), palette colors become CSS variables, the size is kept
    as attributes so that nothing moves when the page loads, and alt is the accessible name.
    """
    # matplotlib's <style> `*{stroke-linejoin: …}` would hold for the whole page; the book's has it instead.
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>|<style[^>]*>.*?</style>",
                 "", source, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*</defs>", "", svg)
    used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    svg = re.sub(r'\s+id="([^"]+)"',
                 lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'\bstyle="([^"]*)"', lambda m: f'style="{_colors(m[1])}"', svg)
    svg = re.sub(r'\b(fill|stroke)="(#[0-9a-fA-F]{6}|black|white)"', _as_style, svg)
    return re.sub(r"<svg\b[^>]*>", lambda m: _root(m[0], alt), svg, count=1).strip()


def _colors(style: str) -> str:
    style = re.sub(r"#[0-9a-fA-F]{6}\b", lambda m: COLORS.get(m[0].lower(), m[0]), style)
    # The sizes stay; the family is the page's, by the style sheet.
    return re.sub(r"\bfont: ([^;]*?px) [^;]*", r"font: \1 sans-serif", style)


def _as_style(match: re.Match) -> str:
    color = NAMED.get(match[2], match[2]).lower()
    return f'style="{match[1]}: {COLORS[color]}"' if color in COLORS else match[0]


def _root(tag: str, alt: str) -> str:
    box = re.search(r'viewBox="([^"]+)"', tag)
    width, height = (_pixels(re.search(rf'\b{side}="([\d.]+)(pt|px)?"', tag)) for side in ("width", "height"))
    if box is None and width and height:
        viewbox = f"0 0 {width} {height}"
    else:
        viewbox = box[1] if box else "0 0 1 1"
        if not (width and height):
            width, height = (round(float(part)) for part in viewbox.split()[2:])
    return (f'<svg class="plot" role="img" aria-label="{html.escape(alt)}" viewBox="{viewbox}" '
            f'width="{width}" height="{height}">')


def _pixels(match: re.Match | None) -> int:
    return round(float(match[1]) * (4 / 3 if match[2] == "pt" else 1)) if match else 0


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class InlineLivePlots(SphinxPostTransform):
    """A widget's view: its script for the loader, its drawing for readers without JavaScript."""

    default_priority = 3  # before myst-nb keeps one of a bundle's types
    formats = ("html",)

    def run(self, **kwargs) -> None:
        models = widget_models(self.env, self.env.docname)
        bundles = list(self.document.findall(
            lambda node: isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"))
        for number, bundle in enumerate(bundles, 1):
            kinds = {container["mime_type"]: container for container in bundle}
            if VIEW not in kinds:
                continue
            script = kinds[VIEW][0].astext()
            view = json.loads(re.search(r">(.*)</script>", script, re.DOTALL)[1])
            model = models.get(view["model_id"], {})
            name = model.get("state", {}).get("_anywidget_id", "").rsplit(".", 1)[-1]
            fallback = ""
            if image := next((image for image in kinds.get(SVG, nodes.Element()).findall(nodes.image)), None):
                source = Path(self.env.srcdir, image["uri"].lstrip("/")).read_text("utf-8")
                fallback = inline_svg(source, alt_text(image, bundle), f"w{number}")
            elif name:
                logger.warning("live plot %s has no image/svg+xml to show without JavaScript", name,
                               location=bundle)
            kind = f' data-explorable="{_snake(name)}"' if name else ""
            bundle.replace_self(nodes.raw(
                "", f'<div class="live"{kind}>{script}<noscript>{fallback}</noscript></div>', format="html"))


class InlineSvgImages(SphinxPostTransform):
    """Every SVG image becomes part of the page; every image has an alternative text."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for number, image in enumerate(list(self.document.findall(nodes.image)), 1):
            alt = alt_text(image, image)
            if image["uri"].endswith(".svg"):
                source = Path(self.env.srcdir, image["uri"].lstrip("/")).read_text("utf-8")
                svg = inline_svg(source, alt, f"f{number}")
                image.replace_self(nodes.raw("", f'<div class="plot-frame">{svg}</div>', format="html"))


def alt_text(image: nodes.image, place: nodes.Element) -> str:
    alt = image.get("alt", "").strip()
    if not alt or "/" in alt.split()[0] or alt.endswith((".svg", ".png")):
        logger.warning("image without an alternative text; in a notebook give the cell the metadata "
                       "mystnb.image.alt, a sentence that says what the picture shows", location=place)
    return alt


def widget_models(env, docname: str) -> dict[str, dict]:
    """The saved widget models of a page, by id."""
    _, options = NbMetadataCollector.get_js_files(env, docname).get("ipywidgets_state", (None, {}))
    return json.loads(options["body"])["state"] if options.get("body") else {}


def widget_state(env, docname: str) -> str:
    """The page's widget state for the loader, without the code that is served once as files; "" if none."""
    models = widget_models(env, docname)
    for model in models.values():
        for trait in ("_esm", "_css"):
            model.get("state", {}).pop(trait, None)
    if not models:
        return ""
    state = {"version_major": 2, "version_minor": 0, "state": models}
    return json.dumps(state, separators=(",", ":")).replace("</", "<\\/")


def explorables(env, docname: str) -> list[str]:
    """Names of the modules of a page's live plots, beside the shared ones, to preload."""
    ids = {model.get("state", {}).get("_anywidget_id", "") for model in widget_models(env, docname).values()}
    kinds = sorted(_snake(name.rsplit(".", 1)[-1]) for name in ids if name)
    needed = dict.fromkeys(part for kind in kinds for part in modules(f"{kind}.mjs"))
    return [name.removesuffix(".mjs") for name in needed if name not in SHARED]


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:10]


def setup(app: Sphinx) -> None:
    app.add_post_transform(InlineLivePlots)
    app.add_post_transform(InlineSvgImages)
