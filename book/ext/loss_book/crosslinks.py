"""Links that the text implies: "chapter 12" leads there, the first use of a glossary term to its entry,
a chapter's exercises to its assignment."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from loss_book.directives import note_title, opening, quiz
from loss_book.numbering import chapter_number

# Where a link would disturb: titles, other links, code, questions.
CLOSED = (nodes.title, nodes.reference, nodes.literal, quiz, note_title)
OPEN = (nodes.paragraph, nodes.emphasis, nodes.strong, nodes.caption)


class ImpliedLinks(SphinxPostTransform):
    """Replace pieces of the running text by links."""

    formats = ("html",)
    pattern: re.Pattern
    closed: tuple[type[nodes.Node], ...] = CLOSED

    def prepare(self) -> bool:
        """Set the pattern; whether there is anything to link on this page."""
        raise NotImplementedError

    def link(self, match: re.Match) -> list[nodes.Node] | None:
        """What takes the place of a match; None leaves it as it is."""
        raise NotImplementedError

    def run(self, **kwargs) -> None:
        if not self.prepare():
            return
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, OPEN) and not self.is_closed(text):
                self.replace(text)

    def is_closed(self, node: nodes.Node) -> bool:
        while (node := node.parent) is not None:
            if isinstance(node, self.closed):
                return True
        return False

    def replace(self, text: nodes.Text) -> None:
        whole, start, pieces = text.astext(), 0, []
        for match in self.pattern.finditer(whole):
            if (linked := self.link(match)) is not None:
                pieces += [nodes.Text(whole[start:match.start()]), *linked]
                start = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(whole[start:])])

    def reference(self, docname: str, anchor: str, text: str, kind: str) -> nodes.reference:
        node = make_refnode(self.app.builder, self.env.docname, docname, anchor, nodes.Text(text))
        node["classes"].append(kind)
        return node


class LinkChapters(ImpliedLinks):
    """ "chapter 12", "chapters 2 to 5": each number that is a page of the book, other than this one."""

    default_priority = 20
    pattern = re.compile(r"\b([Cc]hapters? )(\d+)((?:(?:, | and | to |–)\d+)*)")

    def prepare(self) -> bool:
        self.pages = {chapter_number(name): name for name in self.env.titles
                      if chapter_number(name).isdigit() and name.startswith("chapters/")}
        return self.env.docname.startswith(("chapters/", "exercises/"))

    def link(self, match: re.Match) -> list[nodes.Node] | None:
        word, first, rest = match.groups()
        if not rest:
            found = self.page(first, word + first)
            return None if isinstance(found, nodes.Text) else [found]
        parts = re.split(r"(\d+)", first + rest)
        return [nodes.Text(word), *(self.page(part, part) for part in parts if part)]

    def page(self, number: str, text: str) -> nodes.Node:
        name = self.pages.get(number)
        if name is None or name == self.env.docname:
            return nodes.Text(text)
        return self.reference(name, "", text, "chapter")


class LinkTerms(ImpliedLinks):
    """The first use of a glossary term on a chapter's page."""

    default_priority = 21
    closed = (*CLOSED, nodes.table, nodes.caption, opening)

    def prepare(self) -> bool:
        number = chapter_number(self.env.docname)
        if not number.isdigit() or number == "0":
            return False
        names = self.env.domains["std"].objects.items()
        self.initials = {name.lower(): name for (kind, name), _ in names if kind == "term" and name.isupper()}
        self.terms = {name.lower(): place for (kind, name), place in names if kind == "term"}
        words = "|".join(re.escape(term) for term in sorted(self.terms, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![\w-])({words})(?![\w-])", re.IGNORECASE)
        return bool(self.terms)

    def link(self, match: re.Match) -> list[nodes.Node] | None:
        word = match[0].lower()
        if self.initials.get(word, match[0]) != match[0]:  # a map is not the MAP
            return None
        place = self.terms.pop(word, None)
        return None if place is None else [self.reference(*place, match[0], "term")]


class LinkAssignment(SphinxPostTransform):
    """A chapter's exercises open with a link to its assignment, where there is one."""

    default_priority = 22
    formats = ("html",)

    def run(self, **kwargs) -> None:
        number = chapter_number(self.env.docname)
        if not number.isdigit():
            return
        start = f"exercises/released/{int(number):02d}_"
        found = [name for name in self.env.titles
                 if name.startswith(start) and not name.endswith("_solution")]
        for section in self.document.findall(nodes.section):
            if found and section[0].astext() == "Exercises":
                title = nodes.Text(self.env.titles[found[0]].astext())
                link = make_refnode(self.app.builder, self.env.docname, found[0], "", title)
                words = nodes.Text("To hand in, with hints and checks: ")
                section.insert(1, nodes.paragraph("", "", words, link, nodes.Text(".")))
                return


def setup(app: Sphinx) -> None:
    app.add_post_transform(LinkChapters)
    app.add_post_transform(LinkTerms)
    app.add_post_transform(LinkAssignment)
