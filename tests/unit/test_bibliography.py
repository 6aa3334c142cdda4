"""The order of the bibliography, and what its entries must have."""

import importlib
from pathlib import Path

from pybtex.database import parse_file, parse_string
from pybtex.plugin import find_plugin

ROOT = Path(__file__).parents[2]


def test_an_accent_does_not_move_a_name(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "ext"))
    importlib.import_module("loss_book.bibliography").setup(None)
    names = (r"Hoerl, A.", r"H{\'a}jek, J.", "Hald, A.", r"{National Institute}", "Zou, H.")
    text = "".join(f"@misc{{k{i}, author = {{{name}}}, title = {{T}}, year = {{1970}}}}\n"
                   for i, name in enumerate(names))
    style = find_plugin("pybtex.style.formatting", "book")()
    order = [entry.key for entry in style.format_bibliography(parse_string(text, "bibtex"))]
    assert order == ["k1", "k2", "k0", "k3", "k4"]


def test_each_doi_is_bare_and_unique():
    entries = parse_file(ROOT / "references.bib").entries
    dois = [entry.fields["doi"] for entry in entries.values() if "doi" in entry.fields]
    assert len(dois) == len({doi.lower() for doi in dois})
    assert not [doi for doi in dois if not doi.startswith("10.") or " " in doi]
