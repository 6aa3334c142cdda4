"""Which browser drives the site tests and prints the book, and how it is started."""

from __future__ import annotations

import shutil

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
         "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
         "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
MISSING = "no Chromium, Chrome or Edge was found; on Debian: apt-get install chromium"


def find() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
