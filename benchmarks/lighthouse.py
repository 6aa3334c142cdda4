"""Mobile Lighthouse of two pages, beside the default Jupyter Book theme's, in one run: `make lighthouse`.

The pages: the first with a live plot and the one with the most formulas. Each figure is the median of
three runs against a server that compresses, on Lighthouse's slow phone. The default build has the same
chapters with Jupyter Book's own theme; its MathJax, require.js and html-manager are served from this machine
too, so that what differs is what a page carries and not the network.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
BIN = ROOT / ".venv" / "bin"
HTML = ROOT / "_build" / "html"
MODULES = HERE / "node_modules"
RUNS = 3
COMPRESSED = (".html", ".css", ".js", ".mjs", ".svg", ".json")
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"

sys.path.insert(0, str(ROOT / "book"))
import browser  # noqa: E402  (the book's tools are scripts, not a package)
import environment  # noqa: E402


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file() or path.suffix not in COMPRESSED:
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 9)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


def serve(folder: Path) -> str:
    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def default_build(folder: Path) -> Path:
    """The same chapters under Jupyter Book's own theme; our page parts are kept, nothing else of ours."""
    shutil.copytree(ROOT / "chapters", folder / "chapters")
    shutil.copytree(ROOT / "exercises" / "released", folder / "exercises" / "released")
    bibliography = folder / "chapters" / "92_bibliography.md"  # its style is ours
    bibliography.write_text(bibliography.read_text("utf-8").replace(":style: book\n", ""), "utf-8")
    for name in ("_toc.yml", "references.bib"):
        shutil.copy(ROOT / name, folder)
    vendor = folder / "vendor"
    shutil.copytree(MODULES / "mathjax" / "es5", vendor / "mathjax")
    shutil.copytree(MODULES / "@jupyter-widgets" / "html-manager" / "dist", vendor / "widgets")
    shutil.copy(MODULES / "requirejs" / "require.js", vendor)
    cache = max((ROOT / "_build" / "executed").iterdir(), key=lambda path: path.stat().st_mtime)
    config = {
        "title": "Every Loss Is a Likelihood",
        "execute": {"execute_notebooks": "cache", "cache": str(cache)},
        "bibtex_bibfiles": ["references.bib"],
        "sphinx": {
            "extra_extensions": ["sphinx_exercise"],
            "local_extensions": {"loss_book.directives": str(ROOT / "book" / "ext")},
            "config": {
                "html_static_path": ["vendor"],
                "mathjax_path": "mathjax/tex-mml-chtml.js",
                "nb_ipywidgets_js": {"require.js": {}, "widgets/embed-amd.js": {}},
            },
        },
    }
    (folder / "_config.yml").write_text(json.dumps(config))
    command = [BIN / "jupyter-book", "build", folder, "--path-output", folder, "-q"]
    subprocess.run(command, check=True, capture_output=True, env=with_path())
    return folder / "_build" / "html"


def with_path() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def audit(url: str, chrome: str) -> dict[str, float]:
    command = [MODULES / ".bin" / "lighthouse", url, "--output=json", "--quiet", f"--chrome-flags={FLAGS}",
               "--only-categories=performance,accessibility,best-practices,seo"]
    run = subprocess.run(command, capture_output=True, text=True, env=with_path() | {"CHROME_PATH": chrome})
    if run.returncode:
        sys.exit(run.stderr)
    report = json.loads(run.stdout)
    requests = report["audits"]["network-requests"]["details"]["items"]
    own = [item for item in requests if item["url"].startswith("http")]
    value = {name: report["audits"][name]["numericValue"] for name in (
        "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")}
    return {
        **{name: 100 * category["score"] for name, category in report["categories"].items()},
        "LCP s": value["largest-contentful-paint"] / 1000,
        "TBT ms": value["total-blocking-time"],
        "CLS": value["cumulative-layout-shift"],
        "kB": sum(item["transferSize"] for item in own) / 1000,
        "requests": len(own),
        "faults": [item["id"] for item in report["audits"].values()
                   if item["score"] == 0 and item["scoreDisplayMode"] == "binary"],
    }


def main() -> None:
    environment.main(["benchmarks"])
    chrome = browser.find()
    if chrome is None:
        sys.exit(browser.MISSING)
    files = sorted(HTML.rglob("*.html"))
    texts = {path.relative_to(HTML).as_posix(): path.read_text("utf-8") for path in files}
    live = next(name for name, text in texts.items() if 'class="live"' in text)
    formulas = {name: text.count('class="katex"') for name, text in texts.items()}
    math = max(formulas, key=formulas.get)
    pages = {"live": live, "math": math}
    with tempfile.TemporaryDirectory() as folder:
        sites = {"this book": serve(HTML)}
        if "--alone" not in sys.argv:
            sites["default"] = serve(default_build(Path(folder)))
        print(f"live: {live}    math: {math}, {formulas[math]} formulas\n")
        print(f"{'':18}perf/a11y/best/SEO   LCP s  TBT ms    CLS      kB  requests")
        for site, url in sites.items():
            for kind, page in pages.items():
                runs = [audit(url + page, chrome) for _ in range(RUNS)]
                faults = ", ".join(runs[0].pop("faults"))
                median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                scores = "/".join(f"{median[key]:.0f}" for key in (
                    "performance", "accessibility", "best-practices", "seo"))
                print(f"{site:10} {kind:6} {scores:>19}  {median['LCP s']:6.2f}  {median['TBT ms']:6.0f}  "
                      f"{median['CLS']:5.3f}  {median['kB']:6.0f}  {median['requests']:8.0f}  {faults}",
                      flush=True)


if __name__ == "__main__":
    main()
