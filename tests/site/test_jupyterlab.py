"""The live plots in a real JupyterLab with a kernel: the page moves Python, Python moves the page."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from playwright.sync_api import TimeoutError

from .conftest import missing

CELLS = [
    "from mlecore.explorables import GaussianHill\n"
    "from ipywidgets import FloatSlider, jslink\n"
    "w = GaussianHill([1.0, 2.0, 4.5], mu=2.0, sigma=1.5)\n"
    "slider = FloatSlider(value=1.5, min=1, max=2, step=0.1)\n"
    "link = jslink((slider, 'value'), (w, 'sigma'))\n"
    "display(w, slider)",
    "print('mu', w.mu, 'sigma', w.sigma, 'data', w.data, 'll', round(w.log_likelihood, 9))",
    "w.mu = 3.25",
]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab server on a folder with one notebook; settings, kernels and state stay in that folder."""
    if subprocess.run([sys.executable, "-m", "jupyterlab", "--version"], capture_output=True).returncode:
        missing("JupyterLab is not installed; run `make book`")
    home = tmp_path_factory.mktemp("lab")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, home / "plot.ipynb")
    port = free_port()
    environment = os.environ | {
        name: str(home / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
            "JUPYTER_DATA_DIR",
        )
    }
    with open(home / "log", "w") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                f"--port={port}",
                "--ServerApp.port_retries=0",
                "--IdentityProvider.token=",
                f"--ServerApp.root_dir={home}",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--LabApp.news_url=None",
            ],
            stdout=log,
            stderr=log,
            env=environment,
        )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/api", timeout=1)
            break
        except OSError:
            if server.poll() is not None:
                pytest.fail((home / "log").read_text())
            time.sleep(0.2)
    yield url
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()


def test_plot_and_kernel_move_each_other(lab, page):
    page.set_default_timeout(60_000)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{lab}/lab/tree/plot.ipynb?reset")
    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.nth(2).wait_for()
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()

    def run(number: int) -> None:
        """Run one cell and wait until the kernel has numbered it anew."""
        changed = """([i, before, pattern]) => {
            const cell = document.querySelectorAll(".jp-Notebook .jp-Cell")[i];
            const prompt = cell?.querySelector(".jp-InputPrompt");
            return prompt && prompt.textContent !== before && new RegExp(pattern).test(prompt.textContent);
        }"""
        before = cells.nth(number).locator(".jp-InputPrompt").text_content()
        for attempt in range(6):
            cells.nth(number).locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            try:  # a key is lost while JupyterLab still starts: press again unless the cell has been sent
                page.wait_for_function(changed, arg=[number, before, "[0-9*]"], timeout=10_000)
                break
            except TimeoutError:
                if attempt == 5:
                    raise
        page.wait_for_function(changed, arg=[number, before, "[0-9]"])

    def python() -> dict:
        run(1)
        text = cells.nth(1).locator(".jp-OutputArea-output").last.text_content()
        found = re.search(r"mu (\S+) sigma (\S+) data (\[.*\]) ll (\S+)", text)
        return {"mu": float(found[1]), "sigma": float(found[2]), "data": found[3], "ll": float(found[4])}

    def frame() -> None:
        page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    run(0)
    plot = cells.nth(0).locator(".mle")
    plot.locator(".mle-svg[height]").wait_for()
    shown = plot.locator('[data-stat="log_likelihood"]')
    assert float(shown.get_attribute("data-value")) == pytest.approx(python()["ll"], abs=1e-8)

    # Keyboard on a handle: Python sees it, and JupyterLab does not take the arrow for itself.
    handle = plot.locator('[data-handle="mu and sigma"]')
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    frame()
    mu = float(plot.locator('input[type="number"][data-trait="mu"]').input_value())
    assert mu > 2
    assert page.evaluate("document.activeElement.dataset.handle") == "mu and sigma"
    assert python()["mu"] == mu

    # Pointer: dragging a data point changes the list in Python.
    point = plot.locator('[data-handle="data point 3"] .mle-hit')
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y, steps=4)
    page.mouse.up()
    frame()
    typed = plot.locator('input[type="text"]').input_value()
    assert python()["data"] == str([float(part) for part in typed.split(",")]) != "[1.0, 2.0, 4.5]"

    # Python: setting a trait moves the page, and the number shown is Python's.
    run(2)
    page.wait_for_function(
        "node => Number(node.value) === 3.25",
        arg=plot.locator('input[type="number"][data-trait="mu"]').element_handle(),
    )
    frame()
    assert float(shown.get_attribute("data-value")) == pytest.approx(python()["ll"], abs=1e-8)

    # A slider linked in the browser moves both.
    cells.nth(0).locator(".widget-hslider .noUi-handle").press("ArrowRight")
    page.wait_for_function(
        "node => Number(node.value) === 1.6",
        arg=plot.locator('input[type="number"][data-trait="sigma"]').element_handle(),
    )
    assert python()["sigma"] == pytest.approx(1.6)
    assert not [text for text in complaints if "mle" in text or "explorable" in text], complaints
