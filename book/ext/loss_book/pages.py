"""What a page says around its text: chapters, description, live plots, when and from what it was built."""

from __future__ import annotations

import datetime
import os
import platform
import re
from importlib.metadata import version

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from loss_book import figures
from loss_book.numbering import chapter_number, chapters

DESCRIPTION_LENGTH = 155
SCOPES = {"head": "col", "stub": "row"}


def front_page(app: Sphinx) -> None:
    """Serve the root document as index.html itself, not behind a redirect."""
    builder = app.builder
    if builder.format != "html":
        return
    target, outfile = builder.get_target_uri, builder.get_outfilename
    root = app.config.root_doc
    builder.get_target_uri = lambda name, typ=None: target("index" if name == root else name, typ)
    builder.get_outfilename = lambda name: outfile("index" if name == root else name)


def built() -> dict[str, str]:
    """Date, commit and versions for the footer; SOURCE_DATE_EPOCH makes two builds the same."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    utc = datetime.UTC
    when = datetime.datetime.fromtimestamp(int(epoch), utc) if epoch else datetime.datetime.now(utc)
    packages = ("numpy", "scipy", "matplotlib", "mlecore")
    names = {"numpy": "NumPy", "scipy": "SciPy", "matplotlib": "Matplotlib"}
    return {
        "date": f"{when.day} {when:%B %Y}",
        "iso": f"{when:%Y-%m-%d}",
        "commit": os.environ.get("EVERY_LOSS_COMMIT", ""),
        "versions": ", ".join([f"Python {platform.python_version()}",
                               *(f"{names.get(name, name)} {version(name)}" for name in packages)]),
    }


def description(doctree: nodes.document | None) -> str:
    """The page's first paragraph of prose, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section):
            copy = paragraph.deepcopy()
            for formula in list(copy.findall(nodes.math)):
                plain = re.sub(r"\\(?:mathbb|mathbf|operatorname|hat|bar)|[{}\\]", "", formula.astext())
                formula.replace_self(nodes.Text(plain))
            text = " ".join(copy.astext().split())
            if len(text) > 40:
                short = text[:DESCRIPTION_LENGTH]
                return text if short == text else short.rsplit(" ", 1)[0] + " …"
    return ""


LAUNCHERS = {
    "Colab": "https://colab.research.google.com/github/{repository}/blob/{branch}/{notebook}",
    "Binder": "https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{notebook}",
}


def launch_links(config, notebook: str) -> dict[str, str]:
    """Where a notebook can be opened in a browser; none while the repository's address is not set."""
    if not config.repository_url or not notebook.startswith("chapters/"):
        return {}  # an assignment's notebook is made at build time and is not in the repository
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", config.repository_url)
    if not match:
        raise ConfigError(f"repository_url = {config.repository_url!r} is not an address like "
                          "'https://github.com/owner/name': correct it in _config.yml, or leave it empty")
    return {name: address.format(repository=match[1], branch=config.repository_branch, notebook=notebook)
            for name, address in LAUNCHERS.items()}


def mend_tables(body: str) -> str:
    """Headers say what they head; the empty corner of a table is no header of anything."""
    body = re.sub(r"<th\b[^>]*>\s*(<p>\s*</p>)?\s*</th>", "<td></td>", body)
    return re.sub(r'<th class="(head|stub)', lambda m: f'<th scope="{SCOPES[m[1]]}" class="{m[1]}', body)


def context(app: Sphinx, pagename: str, templatename: str, context: dict,
            doctree: nodes.document | None) -> None:
    if not hasattr(app, "loss_book_parts"):
        app.loss_book_parts, app.loss_book_built = chapters(app.env), built()
    if "body" in context:
        context["body"] = mend_tables(context["body"])
    live = figures.explorables(app.env, pagename) if doctree else []
    source = str(app.env.doc2path(pagename, False)) if pagename in app.env.all_docs else ""
    notebook = source if source.endswith(".ipynb") else ""
    context.update(
        parts=app.loss_book_parts,
        built=app.loss_book_built,
        chapter=chapter_number(pagename),
        is_front=pagename == app.config.root_doc,
        book_title=app.config.html_title,
        description=description(doctree) or app.config.html_title,
        notebook=notebook,
        launchers=launch_links(app.config, notebook),
        widget_state=figures.widget_state(app.env, pagename) if doctree else "",
        explorables=live,
        wide=not figures.WIDE.isdisjoint(live),
        base_url=app.config.html_baseurl.rstrip("/") if app.config.html_baseurl else "",
    )


def drawing(node: nodes.Node) -> bool:
    return isinstance(node, nodes.figure) or (isinstance(node, nodes.raw) and "<svg" in node.astext())


class MendStructure(SphinxPostTransform):
    """A table wider than a phone scrolls in its own box; an id stands on a page once."""

    default_priority = 500
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["table-scroll"], is_div=True)
            table.replace_self(box)
            box += table
        # A figure may reach beyond the text; other output scrolls in its box.
        for output in self.document.findall(nodes.container):
            if output.get("nb_element") == "cell_code_output" and any(map(drawing, output.findall())):
                output["classes"].append("drawn")
        # sphinx-exercise wraps every body in a section with one and the same id.
        for section in list(self.document.findall(nodes.section)):
            if section["ids"] in (["exercise-content"], ["solution-content"]):
                section["ids"] = []  # else the first child inherits it
                section.replace_self(section.children)


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """A bibliography is a plain list: docutils' roles for it are not allowed where it puts them."""
    place = node.parent.index(node)
    if place == 0 or not isinstance(node.parent[place - 1], nodes.citation):
        self.body.append('<ul class="bibliography">\n')
    self.body.append(self.starttag(node, "li"))
    node.remove(node[0])  # the label; citations name author and year


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    self.body.append("</li>\n")
    place = node.parent.index(node)
    if place + 1 == len(node.parent) or not isinstance(node.parent[place + 1], nodes.citation):
        self.body.append("</ul>\n")


def setup(app: Sphinx) -> None:
    app.add_config_value("repository_url", "", "html")
    app.add_config_value("repository_branch", "main", "html")
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_post_transform(MendStructure)
    app.connect("builder-inited", front_page)
    app.connect("html-page-context", context, priority=900)
