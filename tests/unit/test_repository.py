"""What holds for every file that is committed."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What git writes at the start of a line where two sides met; in a notebook the line may stand in quotes.
MARKER = re.compile(r'^[ \t]*"?(?:<{7}|>{7}|\|{7})(?: |\\n|$)', re.MULTILINE)


def committed():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout: which files are committed is not known")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name]


@pytest.mark.parametrize(("text", "found"), [
    ("a\n" + "<" * 7 + " HEAD\nb\n", True),
    ('   "' + ">" * 7 + ' origin/main\\n",\n', True),
    ("=" * 7 + "\na heading underlined\n", False),
    ("x = 1 " + "<" * 2 + " 7\n", False),
])
def test_a_marker_is_found(text, found):
    assert bool(MARKER.search(text)) == found


def test_no_file_has_merge_conflict_markers():
    left = []
    for path in committed():
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content and (match := MARKER.search(content.decode("utf-8", "replace"))):
            left.append(f"{path.relative_to(ROOT)}: {match[0].strip()!r}")
    assert not left
