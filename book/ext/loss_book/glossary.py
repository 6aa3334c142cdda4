"""Terms of the glossary: where a chapter first uses one, the word leads to its entry."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from loss_book.directives import note_title, opening, quiz
from loss_book.numbering import BACK_MATTER, chapter_number

# Where a link would disturb: titles, questions, other links, captions.
CLOSED = (nodes.title, nodes.reference, nodes.caption, nodes.literal, nodes.table, opening, quiz, note_title)
OPEN = (nodes.paragraph, nodes.emphasis, nodes.strong)


class LinkTerms(SphinxPostTransform):
    """The first use of a glossary term on a chapter's page becomes a link to its entry."""

    default_priority = 20
    formats = ("html",)

    def run(self, **kwargs) -> None:
        docname = self.env.docname
        number = chapter_number(docname)
        if not number.isdigit() or number == "0" or int(number) >= BACK_MATTER:
            return
        terms = {name.lower(): place for (kind, name), place in self.env.domains["std"].objects.items()
                 if kind == "term" and place[0] != docname}
        if not terms:
            return
        words = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w-])({words})(?![\w-])", re.IGNORECASE)
        for text in list(self.document.findall(nodes.Text)):
            if terms and isinstance(text.parent, OPEN) and not closed(text):
                self.link(text, pattern, terms)

    def link(self, text: nodes.Text, pattern: re.Pattern, terms: dict[str, tuple[str, str]]) -> None:
        whole, start, pieces = text.astext(), 0, []
        for match in pattern.finditer(whole):
            if (place := terms.pop(match[0].lower(), None)) is None:
                continue
            pieces.append(nodes.Text(whole[start:match.start()]))
            word = make_refnode(self.app.builder, self.env.docname, *place, nodes.Text(match[0]))
            word["classes"].append("term")
            pieces.append(word)
            start = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(whole[start:])])


def closed(node: nodes.Node) -> bool:
    while (node := node.parent) is not None:
        if isinstance(node, CLOSED):
            return True
    return False


def setup(app: Sphinx) -> None:
    app.add_post_transform(LinkTerms)
