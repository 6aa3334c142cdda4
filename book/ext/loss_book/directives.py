"""The page parts: opening, trap, predict, remember, quiz, the course map, the palette's legend."""

from __future__ import annotations

import html
import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from loss_book.numbering import chapters
from mlecore import palette


class opening(nodes.General, nodes.Element):
    """What a chapter teaches, how long it takes, what it needs."""


class page_note(nodes.General, nodes.Element):
    """A trap, a prediction or a line to remember."""


class note_title(nodes.title):
    """The line above a note or a quiz; a title, so that a link without text shows it."""


class quiz(nodes.General, nodes.Element):
    """One question with options, each with its explanation."""


class quiz_option(nodes.General, nodes.Element):
    """Children: the option's text (a TextElement), then its explanation."""


class quiz_text(nodes.TextElement):
    """The text of an option: inline content, the label of its radio button."""


class course_map(nodes.General, nodes.Element):
    """The chapters in reading order, with their minutes and the chapters they build on."""


class palette_legend(nodes.General, nodes.Element):
    """One line for every idea: its color, its dash, its marker."""


class Part(SphinxDirective):
    """A directive with `:name:`, whose target `{ref}` and `[](#name)` find, with its title as text."""

    has_content = True
    final_argument_whitespace = True
    option_spec: ClassVar = {"name": directives.unchanged}

    def register(self, node: nodes.Element, title: str) -> None:
        self.set_source_info(node)
        self.add_name(node)
        node["title"] = re.sub(r"[$`*]", "", title)

    def inline(self, text: str) -> list[nodes.Node]:
        children, messages = self.state.inline_text(text, self.lineno)
        return [*children, *messages]


class Opening(Part):
    option_spec: ClassVar = {"minutes": directives.positive_int, "needs": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        node = opening(minutes=self.options.get("minutes"))
        self.env.metadata[self.env.docname]["minutes"] = node["minutes"]
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        if needs := self.options.get("needs"):
            self.env.metadata[self.env.docname]["needs"] = needs
            node += nodes.paragraph("", "", nodes.strong("", "Needs: "), *self.inline(needs),
                                    classes=["opening-needs"])
        return [node]


class Note(Part):
    optional_arguments = 1
    words: ClassVar = {"trap": "Trap", "predict": "Predict", "remember": "Remember"}

    def run(self) -> list[nodes.Node]:
        title = self.arguments[0] if self.arguments else ""
        if self.name == "trap" and not (title and self.options.get("name", "").startswith("trap-")):
            raise self.error("a trap needs a title and a name: "
                             "`:::{trap} The popular claim` with `:name: trap-…`")
        node = page_note(kind=self.name, word=self.words[self.name])
        self.register(node, title or self.words[self.name])
        if title:
            node += note_title("", "", *self.inline(title))
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Quiz(Part):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.options.get("name", "")
        if not name.startswith("quiz-"):
            raise self.error("a quiz needs `:name: quiz-…`")
        node = quiz()
        self.register(node, self.arguments[0])
        node += note_title("", "", *self.inline(self.arguments[0]))
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        if len(body) != 1 or not isinstance(body[0], nodes.bullet_list):
            raise self.error(f"{name}: the body of a quiz is one list of `- [ ] option` items")
        for item in body[0]:
            node += self.option(item, name)
        right = sum(option["right"] for option in node[1:])
        if right != 1:
            raise self.error(f"{name}: exactly one option must be marked [x], not {right}")
        if len(node) < 3:
            raise self.error(f"{name}: a quiz needs at least two options")
        return [node]

    def option(self, item: nodes.list_item, name: str) -> quiz_option:
        text = item[0] if len(item) else None
        mark = re.match(r"\[([xX ])\]\s+", text.astext()) if isinstance(text, nodes.paragraph) else None
        if not mark or not isinstance(text[0], nodes.Text):
            raise self.error(f"{name}: an option starts with `[x] ` (right) or `[ ] ` (wrong): "
                             f"{item.astext()!r}")
        if len(item) < 2:
            raise self.error(f"{name}: option {text.astext()!r} has no explanation; "
                             "write one below it, indented, after an empty line")
        label = quiz_text("", "", nodes.Text(text[0].astext()[mark.end():]), *text[1:])
        return quiz_option("", label, *item[1:], right=mark[1] != " ")


class Generated(SphinxDirective):
    """A part that is made when the page is written, from what the whole book says."""

    node: ClassVar[type[nodes.Element]]

    def run(self) -> list[nodes.Node]:
        node = self.node()
        self.set_source_info(node)
        return [node]


class CourseMap(Generated):
    node = course_map


class PaletteLegend(Generated):
    node = palette_legend


def chapters_named(needs: str) -> str:
    """The chapters that a line of prerequisites names: "chapters 2 to 4; chapter 6" gives "2–4, 6"."""
    named = re.findall(r"\bchapters? (\d+(?:(?:, | and | to )\d+)*)", needs)
    return ", ".join(named).replace(" to ", "–").replace(" and ", ", ")


def visit_course_map(self: HTML5Translator, node: course_map) -> None:
    env, here = self.builder.env, self.builder.current_docname
    self.body.append('<div class="course-map">\n')
    for part in chapters(env)[1:]:
        if part["caption"]:
            self.body.append(f'<p class="course-part">{html.escape(part["caption"])}</p>\n')
        self.body.append("<ul>\n")
        for page in part["pages"]:
            minutes = env.metadata[page["name"]].get("minutes")
            after = chapters_named(env.metadata[page["name"]].get("needs", ""))
            after = f'<span class="course-after">after {after}</span>' if after else ""
            address = self.builder.get_relative_uri(here, page["name"])
            time = f'<span class="course-minutes">{minutes} min</span>' if minutes else ""
            self.body.append(
                f'<li><span class="course-number">{page["number"]}</span>'
                f'<a href="{address}">{html.escape(page["title"])}</a>'
                f"{after}{time}</li>\n")
        self.body.append("</ul>\n")
    self.body.append("</div>\n")
    raise nodes.SkipNode


# A marker's outline around (0, 0), by matplotlib's letter.
MARKERS = {
    "": "", "o": "M4.5 0A4.5 4.5 0 1 1-4.5 0 4.5 4.5 0 1 1 4.5 0Z", "D": "M0-6 6 0 0 6-6 0Z",
    "s": "M-4.5-4.5H4.5V4.5H-4.5Z", "^": "M0-5.5 5.5 4.5H-5.5Z",
    "*": "M0-7 1.7-2.3 6.7-2.2 2.8.9 4.1 5.7 0 3-4.1 5.7-2.8.9-6.7-2.2-1.7-2.3Z",
    "X": "M-5-2.5-2.5-5 0-2.5 2.5-5 5-2.5 2.5 0 5 2.5 2.5 5 0 2.5-2.5 5-5 2.5-2.5 0Z",
}


def visit_palette_legend(self: HTML5Translator, node: palette_legend) -> None:
    self.body.append('<ul class="palette-legend">\n')
    for name, idea in palette.IDEAS.items():
        dash = " ".join(f"{2 * part:g}" for part in idea.dash)
        self.body.append(
            f'<li><svg aria-hidden="true" width="120" height="20" viewBox="0 0 120 20" '
            f'style="color:var(--mle-{name})">'
            f'<path class="legend-line" d="M2 10H118" stroke-dasharray="{dash or "none"}"/>'
            f'<path transform="translate(60 10)" d="{MARKERS[idea.marker]}"/></svg>'
            f'<span style="color:var(--mle-{name}-text)">{name}</span></li>\n')
    self.body.append("</ul>\n")
    raise nodes.SkipNode


def visit_opening(self: HTML5Translator, node: opening) -> None:
    self.body.append('<div class="opening">\n')
    if minutes := node["minutes"]:
        self.body.append(f'<p class="opening-minutes">{minutes} minutes</p>\n')
    self.body.append('<p class="opening-title">After this chapter you can</p>\n')


def visit_note(self: HTML5Translator, node: page_note) -> None:
    self.body.append(self.starttag(node, "div", CLASS=f"note {node['kind']}", role="note"))
    if not (len(node) and isinstance(node[0], note_title)):
        self.body.append(f'<p class="note-title"><span class="note-word">{node["word"]}</span></p>\n')


def visit_note_title(self: HTML5Translator, node: note_title) -> None:
    if isinstance(node.parent, quiz):
        self.body.append('<legend><span class="note-word">Check yourself</span> ')
        self.context.append("</legend>\n")
    else:
        self.body.append(f'<p class="note-title"><span class="note-word">{node.parent["word"]}</span> ')
        self.context.append("</p>\n")


def depart_note_title(self: HTML5Translator, node: note_title) -> None:
    self.body.append(self.context.pop())


def visit_quiz(self: HTML5Translator, node: quiz) -> None:
    self.body.append(self.starttag(node, "div", CLASS="quiz"))
    self.body.append("<fieldset>\n")


def depart_quiz(self: HTML5Translator, node: quiz) -> None:
    # The explanation is shown by the style sheet alone. This line is where it is also announced.
    self.body.append('</fieldset>\n<p class="visually-hidden" role="status"></p>\n</div>\n')


def visit_quiz_option(self: HTML5Translator, node: quiz_option) -> None:
    quiz_id = node.parent["ids"][0]
    right = "right" if node["right"] else "wrong"
    node["id"] = f"{quiz_id}-{node.parent.index(node)}"
    self.body.append(f'<div class="quiz-option quiz-{right}">\n'
                     f'<input type="radio" name="{quiz_id}" id="{node["id"]}" value="{right}">')


def visit_quiz_text(self: HTML5Translator, node: quiz_text) -> None:
    self.body.append(f'<label for="{node.parent["id"]}">')


def depart_quiz_text(self: HTML5Translator, node: quiz_text) -> None:
    verdict = "Right." if node.parent["right"] else "Not this one."
    self.body.append(f'</label>\n<div class="quiz-why"><p class="quiz-verdict">{verdict}</p>\n')


def depart_quiz_option(self: HTML5Translator, node: quiz_option) -> None:
    self.body.append("</div></div>\n")


def close_div(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div>\n")


def note_labels(app: Sphinx, document: nodes.document) -> None:
    """Give every named part a title, so that a reference without text of its own shows it."""
    labels = app.env.domains["std"].labels
    for node in document.findall(lambda node: isinstance(node, page_note | quiz)):
        for name in node["names"]:
            labels[name] = (app.env.docname, document.nameids[name], node["title"])


def setup(app: Sphinx) -> None:
    app.add_node(opening, html=(visit_opening, close_div))
    app.add_node(page_note, html=(visit_note, close_div))
    app.add_node(note_title, html=(visit_note_title, depart_note_title))
    app.add_node(quiz, html=(visit_quiz, depart_quiz))
    app.add_node(quiz_option, html=(visit_quiz_option, depart_quiz_option))
    app.add_node(quiz_text, html=(visit_quiz_text, depart_quiz_text))
    app.add_node(course_map, html=(visit_course_map, None))
    app.add_node(palette_legend, html=(visit_palette_legend, None))
    app.add_directive("course-map", CourseMap)
    app.add_directive("palette-legend", PaletteLegend)
    app.add_directive("opening", Opening)
    for name in Note.words:
        app.add_directive(name, Note)
    app.add_directive("quiz", Quiz)
    app.connect("doctree-read", note_labels)
