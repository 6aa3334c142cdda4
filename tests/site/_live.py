"""Live plots on a page without a kernel: the page, and one plot driven as a reader drives it."""

from __future__ import annotations

import json
from pathlib import Path

import traitlets
from ipywidgets.embed import embed_data

from mlecore import explorables, palette
from mlecore.explorables import Explorable

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

PLOTS = [make for name in explorables.__all__ if isinstance(make := getattr(explorables, name), type)
         and issubclass(make, Explorable) and make is not Explorable]


class Absent(Explorable):
    """A plot whose front-end module does not exist."""

    _esm = ""
    theta = traitlets.Float(0.5).tag(sync=True)


def write_page(folder: Path, name: str, views: list, theme: str = "light") -> None:
    """A page as the executed notebook leaves it: the widgets' state, and a view script where each stands."""
    data = embed_data(views=views, drop_defaults=False)
    for model in data["manager_state"]["state"].values():
        model["state"].pop("_esm", None)
        model["state"].pop("_css", None)
    views = "".join(
        f'<div><script type="application/vnd.jupyter.widget-view+json">{json.dumps(view)}</script></div>'
        for view in data["view_specs"]
    )
    (folder / name).write_text(
        f"""<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Live plots</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{palette.css_variables()}
body {{ margin: 0; padding: 16px; background: var(--mle-paper); color: var(--mle-data) }}</style>
<link rel="stylesheet" href="explorables/explorables.css"></head><body><main><h1>Live plots</h1>
<script type="application/vnd.jupyter.widget-state+json">{json.dumps(data["manager_state"])}</script>
{views}</main><script type="module" src="explorables/loader.mjs"></script></body></html>""",
        "utf-8",
    )


class Plot:
    """One live plot on a page, driven as a reader drives it."""

    def __init__(self, page, name: str, number: int = 0) -> None:
        self.page, self.root = page, page.locator(f".mle-{name}").nth(number)
        self.root.wait_for(state="attached")
        self.root.evaluate("node => node.scrollIntoView({block: 'center'})")  # drawn when near the screen
        self.root.locator(".mle-svg[height]").wait_for()

    def frame(self) -> None:
        """Wait until what changed is drawn."""
        self.page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def stat(self, name: str) -> list[float]:
        self.frame()
        text = self.root.locator(f'[data-stat="{name}"]').get_attribute("data-value")
        return [float(part.replace("Infinity", "inf")) for part in text.split(",")]

    def number(self, trait: str):
        return self.root.locator(f'input[type="number"][data-trait="{trait}"]')

    def bar(self, trait: str):
        return self.root.locator(f'input[type="range"][data-trait="{trait}"]')

    def type(self, trait: str, text: object) -> None:
        box = self.number(trait)
        box.click()
        box.press("Control+a")
        box.press("Delete")
        box.press_sequentially(str(text))
        box.press("Enter")
        self.frame()

    def value(self, trait: str) -> float:
        self.frame()
        return float(self.number(trait).input_value())

    def choose(self, label: str) -> None:
        self.root.get_by_role("radio", name=label).check(force=True)
        self.frame()

    def handle(self, label: str):
        return self.root.locator(f'[data-handle="{label}"]')

    def center(self, label: str) -> tuple[float, float]:
        box = self.handle(label).locator(".mle-hit").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, label: str, dx: float, dy: float) -> None:
        x, y = self.center(label)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, 6):
            mouse.move(x + dx * i / 5, y + dy * i / 5)
        mouse.up()
        self.frame()

    def touch(self, label: str, dx: float, dy: float) -> None:
        """Drag with a finger, on a page that has touch; the page must not scroll under it."""
        self.handle(label).scroll_into_view_if_needed()
        hit, scrolled = self.handle(label).locator(".mle-hit").bounding_box(), self.page.evaluate("scrollY")
        assert round(min(hit["width"], hit["height"])) >= 44
        (x, y), session = self.center(label), self.page.context.new_cdp_session(self.page)

        def send(kind: str, *points: tuple[float, float]) -> None:
            touched = [{"x": a, "y": b} for a, b in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        send("touchStart", (x, y))
        for i in range(1, 8):
            send("touchMove", (x + dx * i / 7, y + dy * i / 7))
        send("touchEnd")
        self.frame()
        assert self.page.evaluate("scrollY") == scrolled

    def spoken(self) -> str:
        """What the live region says once things have settled."""
        region = self.root.locator('[role="status"]')
        self.page.wait_for_function("node => node.textContent", arg=region.element_handle())
        return region.text_content()

    def climbs_in_several_frames(self) -> bool:
        """Whether a Newton step is seen on its way, or arrives at once."""
        return self.root.evaluate("""async (root) => {
            const seen = new Set(), node = root.querySelector('[data-stat="log_likelihood"]');
            root.querySelector('[data-action="newton"]').click();
            const end = performance.now() + 600;
            while (performance.now() < end) {
                await new Promise(requestAnimationFrame);
                seen.add(node.dataset.value);
            }
            return seen.size;
        }""") > 2

    def data(self) -> list[float]:
        return [float(part) for part in self.root.locator('input[type="text"]').input_value().split(",")]

    def errors(self) -> list[str]:
        return [text for text in self.root.locator('[role="alert"]').all_text_contents() if text]


def outside(page) -> list[str]:
    """What a plot shows beyond its frame, and the page where it is wider than the window."""
    found = page.evaluate("""() => [...document.querySelectorAll(".mle :is(text, dt, dd, button, td, input)")]
        .filter(node => {
            const a = node.getBoundingClientRect(), b = node.closest(".mle").getBoundingClientRect();
            const seen = a.width && getComputedStyle(node).visibility === "visible";
            return seen && (a.left < b.left || a.right > b.right);
        }).map(node => node.outerHTML)""")
    wide = page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]
    return found + ["the page is wider than the window"] * wide


def violations(page) -> list[list[str]]:
    """What axe finds on the page."""
    page.add_script_tag(path=AXE)
    return page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
