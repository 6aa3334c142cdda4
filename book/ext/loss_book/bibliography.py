"""The bibliography in the order of the alphabet: á is an a."""

from __future__ import annotations

import unicodedata

from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.sorting.author_year_title import SortingStyle
from sphinx.application import Sphinx


class Alphabet(SortingStyle):
    """Author, year, title, letters without their accents."""

    def person_key(self, person) -> str:
        plain = unicodedata.normalize("NFKD", str(Text.from_latex(super().person_key(person))))
        return "".join(c for c in plain if not unicodedata.combining(c))


class BookStyle(PlainStyle):
    """Entries as pybtex prints them."""

    default_sorting_style = "alphabet"


def setup(app: Sphinx) -> None:
    register_plugin("pybtex.style.sorting", "alphabet", Alphabet)
    register_plugin("pybtex.style.formatting", "book", BookStyle)
