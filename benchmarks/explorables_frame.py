"""How long a frame of each live plot takes on the main thread, at full speed and slowed down four times.

Run by hand, on a machine that does nothing else: ``.venv/bin/python benchmarks/explorables_frame.py``, with
a word for the plots whose names contain it. It prints one table. A frame is the plot's own code (state to
numbers to attributes) and the style and layout it causes, forced inside the measurement; painting is the
compositor's and is not counted. The slowdown is Chromium's own (Emulation.setCPUThrottlingRate). Wall times
are the median and the 95th percentile of the frames of one drag; "thread" is the mean processor time of
script, style and layout, which other programs on a busy machine disturb less.
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
    CensoredTimes,
    CentralLimit,
    Counts,
    CurvatureIsInformation,
    GaussianHill,
    LossIsLikelihood,
    Playground,
    PriorAgainstData,
    ProjectionByKl,
    TailsAndOutliers,
    ThreeTests,
    TwoLosses,
    TwoReadings,
    static_files,
)
from tests.site._live import write_page
from tests.site.conftest import FLAGS, find, serve

# Title, plot, the handle that is dragged. A test asks for a case of every live plot.
CASES = [
    ("front page, Gaussian noise", LossIsLikelihood(), "observation 4"),
    ("front page, Laplace noise", LossIsLikelihood(noise="laplace"), "observation 4"),
    ("two readings, binomial", TwoReadings(), "both slices"),
    ("two readings, exponential", TwoReadings("exponential"), "both slices"),
    ("hill, parameters", GaussianHill(), "mu and sigma"),
    ("hill, a data point", GaussianHill(), "data point 4"),
    ("counts, n = 20", Counts(), "theta"),
    ("counts, Poisson n = 2000", Counts("poisson", n=2000), "theta"),
    ("bells, both, an end", BellsOnResiduals(show="both"), "right end of the line"),
    ("bells, a point", BellsOnResiduals(), "point 9"),
    ("two losses, 20 steps", TwoLosses(), "start"),
    ("two losses, 1000 steps", TwoLosses(steps=1000), "start"),
    ("tails, the outlier", TailsAndOutliers(), "outlier"),
    ("tails, a data point", TailsAndOutliers(), "data point 4"),
    ("prior, Gaussian", PriorAgainstData(), "prior scale"),
    ("prior, Laplace, n = 1000", PriorAgainstData("laplace", n=1000), "prior center"),
    ("prior, two weights", PriorAgainstData("weights", q=1.3), "top of the likelihood"),
    ("curvature, Normal", CurvatureIsInformation(), "truth"),
    ("curvature, Laplace, all", CurvatureIsInformation("laplace", n=50, replicates=1000), "truth"),
    ("central limit, 3000 of n = 100", CentralLimit(samples=3000, n=100), "p, the truth"),
    ("projection, forward", ProjectionByKl(), "mean of the model"),
    ("projection, reverse", ProjectionByKl(direction="reverse"), "mean of the model"),
    ("three tests, exponential", ThreeTests(), "theta zero"),
    ("three tests, binomial, log", ThreeTests("binomial", n=60, total=40, scale="log"), "theta zero"),
    ("censored, n = 30", CensoredTimes(), "end of the study"),
    ("censored, n = 1000", CensoredTimes(n=1000), "end of the study"),
    ("playground, your point", Playground(prior="normal"), "your point"),
    ("playground, a data point", Playground(prior="normal"), "data point 4"),
    ("playground, gamma, n = 40", Playground("gamma", n=40, prior="laplace"), "data point 4"),
    ("playground, t, n = 10,000", Playground("student_t", n=10_000), "your point"),
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
    if len(times) < 50:
        raise SystemExit(f"only {len(times)} frames while {label!r} was dragged")
    return np.median(times), np.percentile(times, 95), thread / len(times)


def main() -> None:
    executable = find()
    folder = Path(tempfile.mkdtemp())
    (folder / "explorables").mkdir()
    for name, text in static_files().items():
        (folder / "explorables" / name).write_text(text, "utf-8")
    server, url = serve(folder)
    wanted = [case for case in CASES if all(word in case[0] for word in sys.argv[1:])]
    parts = [part + slow for slow in ("", ", 4 × slower") for part in ("median", "95 %", "thread")]
    print(f"| {'ms a frame':26} | {' | '.join(f'{part:>6}' for part in parts)} |")
    print("|---|" + "---:|" * len(parts))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for i, (title, plot, label) in enumerate(wanted):
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
            numbers = (f"{value:{max(6, len(part))}.2f}" for value, part in zip(row, parts, strict=True))
            print(f"| {title:26} | {' | '.join(numbers)} |", flush=True)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
