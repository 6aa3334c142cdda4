"""How long a frame of each live plot takes on the main thread, at full speed and slowed down four times.

Run by hand: ``.venv/bin/python benchmarks/explorables_frame.py``. A frame is the plot's own code (state to
numbers to attributes) and the style and layout it causes, forced inside the measurement; painting is the
compositor's and is not counted. The slowdown is Chromium's own (Emulation.setCPUThrottlingRate). Wall times
are the median and the 95th percentile of the frames; "thread" is the mean processor time of script, style
and layout, which other programs on a busy machine disturb less.
"""

import math
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlecore.explorables import (
    BellsOnResiduals,
    CentralLimit,
    Counts,
    GaussianHill,
    ProjectionByKl,
    TailsAndOutliers,
    TwoLosses,
    TwoReadings,
    static_files,
)
from tests.site._live import write_page
from tests.site.conftest import FLAGS, find, serve

CASES = [  # plot, handle, what the drag changes
    ("two readings, binomial", TwoReadings(), "both slices"),
    ("two readings, exponential", TwoReadings("exponential"), "both slices"),
    ("hill, parameters", GaussianHill(), "mu and sigma"),
    ("hill, a data point", GaussianHill(), "data point 4"),
    ("counts, n = 20", Counts(), "theta"),
    ("counts, Poisson n = 2000", Counts("poisson", n=2000), "theta"),
    ("bells, both, an end", BellsOnResiduals(show="both"), "right end of the line"),
    ("bells, a point", BellsOnResiduals(), "point 9"),
    ("tails, the outlier", TailsAndOutliers(), "outlier"),
    ("central limit, 3000 of n = 100", CentralLimit(samples=3000, n=100), "p, the truth"),
    ("two losses, 20 steps", TwoLosses(), "start"),
    ("two losses, 1000 steps", TwoLosses(steps=1000), "start"),
    ("projection, forward", ProjectionByKl(), "mean of the model"),
    ("projection, reverse", ProjectionByKl(direction="reverse"), "mean of the model"),
]
TIMER = """
  window.times = [];
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (call) => ask((now) => {
    const start = performance.now();
    call(now);
    document.body.getBoundingClientRect();
    window.times.push(performance.now() - start);
  });
"""


PARTS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def measure(page, session, label: str) -> tuple[float, float, float]:
    """Median and 95th percentile of the wall time and mean thread time of a frame, in ms."""
    def spent() -> float:
        found = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
        return 1000 * sum(found[part] for part in PARTS)

    box = page.locator(f'[data-handle="{label}"] .mle-hit').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.times.length = 0")
    before = spent()
    for i in range(150):
        page.mouse.move(x + 60 * math.sin(i / 12), y + 30 * math.sin(i / 7))
    thread = spent() - before
    page.mouse.up()
    times = page.evaluate("window.times")
    return np.median(times), np.percentile(times, 95), thread / len(times)


def main() -> None:
    executable = find()
    folder = Path(tempfile.mkdtemp())
    (folder / "explorables").mkdir()
    for name, text in static_files().items():
        (folder / "explorables" / name).write_text(text, "utf-8")
    server, url = serve(folder)
    columns = f"{'median':>8}{'95 %':>8}{'thread':>8}"
    print(f"{'ms per frame':27}{columns}  4x slower:{columns[1:]}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for i, (title, plot, label) in enumerate(CASES):
            write_page(folder, f"{i}.html", [plot])
            row = []
            for rate in (1, 4):
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                page.add_init_script(TIMER)
                page.goto(f"{url}{i}.html")
                page.locator(".mle-svg[height]").wait_for()
                session = page.context.new_cdp_session(page)
                session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
                session.send("Performance.enable")
                session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
                measure(page, session, label)  # warm up
                row += measure(page, session, label)
                page.close()
            print(f"{title:27}" + "".join(f"{v:8.2f}" for v in row[:3]) + " " * 12 +
                  "".join(f"{v:8.2f}" for v in row[3:]))
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
