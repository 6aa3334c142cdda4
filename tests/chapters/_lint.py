"""A chapter's contract as lints: each takes a page (or all pages) and returns its problems, one line each.

PAGE_LINTS and BOOK_LINTS at the end list them; `test_contract.py` runs them over whatever is in chapters/.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path

from mlecore import explorables
from tests.chapters._pages import Page, captions

LESSONS = range(1, 21)  # chapters; 0 is the landing page, 90 and above the back matter
OPENED_LESSONS = range(1, 20)  # begin with aims and minutes; 20, the playground, with things to try
CLOSED_LESSONS = range(1, 19)  # end with a summary and a self-check (19 is questions, 20 the playground)
EXERCISED_LESSONS = range(2, 18)
CODE_LINES = 15
LIVE_PLOTS = re.compile(rf"^({'|'.join(explorables.__all__)})\(")

# -- words -------------------------------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.,^])(?:\d[\d,]*\.\d+|\.\d+|\d+(?=e[-+]?\d))(?:e[-+]?\d+)?(?![\w])")
NOT_RESULTS = re.compile(r"\bCC BY(?:-\w+)? \d\.\d|\bPython (?:≥ )?\d\.\d+|\bversion \d+(?:\.\d+)+")


def typed_numbers(page: Page) -> list[str]:
    remedy = "is typed in the text; glue a result from its cell, write a parameter in math"
    return [f"{where}: {match.group()} {remedy}" for where, line in page.prose()
            for match in NUMBER.finditer(NOT_RESULTS.sub("", line))]


BANNED = re.compile(r"\b(simply|obviously|just|delv(?:e|es|ed|ing)|crucial(?:ly)?|important to note)\b", re.I)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2b50\u2705\u274c\u2757\ufe0f]")
EXCLAMATION = re.compile(r"(?<=[\w\"')])!(?!\[)")
_IZE = ("normal optim minim maxim regular penal parametr reparametr general standard summar recogn organ "
        "real visual initial character emphas formal random special util central categor factor linear "
        "stabil polar symmetr vector").split()
BRITISH = re.compile(
    rf"\b(?:(?:{'|'.join(_IZE)})is(?:e|ed|es|er|ers|ing|ation|ations)"
    r"|\w*(?:avour|olour|eighbour|onour|abour)\w*|analys(?:e|ed|ing)"
    r"|(?:mis)?(?:label|model|cancel|travel|signal|level)l(?:ed|ing)|centres?|metres?|greys?|defence|offence"
    r"|licence|artefacts?|judgement|catalogue|whilst|amongst|learnt|sceptic\w*|fulfil|programmes?)\b", re.I)


def voice(page: Page) -> list[str]:
    rules = [(BANNED, "voice: leave out"), (EXCLAMATION, "voice: no exclamation mark"),
             (EMOJI, "voice: no emoji"), (BRITISH, "American spelling, not")]
    return [f"{where}: {what} {match.group()!r}" for where, line in page.prose() for rule, what in rules
            for match in rule.finditer(line)]


ADMONITIONS = {"note", "warning", "tip", "important", "admonition", "seealso", "caution", "danger", "hint",
               "attention", "error", "todo"}
PRODUCTION_NOTES = (18, {"admonition"})  # the one page whose matter is notes of three weights


def admonitions(page: Page) -> list[str]:
    number, allowed = PRODUCTION_NOTES
    return [f"{d.where}: {{{d.name}}}; the book has {{trap}}, {{predict}} and {{remember}} only"
            for d in page.directives(*ADMONITIONS - (allowed if page.number == number else set()))]


# -- shape of a chapter ------------------------------------------------------------------------------------


def opening(page: Page) -> list[str]:
    if page.number not in OPENED_LESSONS:
        return []
    found = page.directives()
    if not found or found[0].name != "opening":
        return [f"{page.name}: must begin with {{opening}}: :minutes:, :needs:, a list of aims"]
    first, problems = found[0], []
    if not first.options.get("minutes", "").isdigit():
        problems.append(f"{first.where}: {{opening}} needs :minutes: and a whole number")
    if not first.options.get("needs"):
        problems.append(f"{first.where}: {{opening}} needs :needs:, the prerequisites")
    if len(re.findall(r"^[-*] ", first.body, re.M)) < 2:
        problems.append(f"{first.where}: {{opening}} needs a list of what the reader can do afterwards")
    return problems


def closing(page: Page) -> list[str]:
    sections = [text for level, text in page.headings() if level == 2]
    problems = []
    if page.number in CLOSED_LESSONS:
        if "Summary" not in sections:
            problems.append(f"{page.name}: no section '## Summary'")
        if (count := len(page.directives("quiz"))) < 3:
            problems.append(f"{page.name}: {count} {{quiz}}; a chapter has at least 3")
    exercised = sections[-1:] == ["Exercises"] and page.directives("exercise")
    if page.number in EXERCISED_LESSONS and not exercised:
        problems.append(f"{page.name}: must end with '## Exercises' and at least one {{exercise}}")
    problems += [f"{d.where}: {{exercise}} needs :label: ex-…" for d in page.directives("exercise")
                 if not d.options.get("label", "").startswith("ex-")]
    return problems


def quizzes(page: Page) -> list[str]:
    problems = []
    for quiz in page.directives("quiz"):
        if not quiz.options.get("name", "").startswith("quiz-"):
            problems.append(f"{quiz.where}: {{quiz}} needs :name: quiz-…")
        if not quiz.argument:
            problems.append(f"{quiz.where}: {{quiz}} has no question")
        options = re.split(r"^- (?=\[[ x]\] )", quiz.body, flags=re.M)[1:]
        if len(options) < 2:
            problems.append(f"{quiz.where}: {{quiz}} has {len(options)} options '- [ ] …', needs at least 2")
        if (right := sum(option.startswith("[x]") for option in options)) != 1:
            problems.append(f"{quiz.where}: {{quiz}} has {right} right options '- [x] …', needs 1")
        problems += [f"{quiz.where}: no explanation under the option {option[4:].splitlines()[0]!r}"
                     for option in options if not re.search(r"\n[ \t]*\n {2,}\S", option)]
    return problems


# -- code and figures --------------------------------------------------------------------------------------


def code_length(page: Page) -> list[str]:
    lengths = [(cell, sum(bool(line.strip()) for line in cell.source.split("\n"))) for cell in page.code]
    return [f"{cell.where}: {n} lines of code; {CODE_LINES} at most" for cell, n in lengths if n > CODE_LINES]


NEEDS_SEED = re.compile(r"(?:np|numpy)\.random\.(?!default_rng|seed|RandomState|Generator|SeedSequence)\w+"
                        r"|random\.(?!seed|Random)\w+|.*\.rvs|(?:\w+\.)*(?:make_(?!subplots)\w+|train_test_split)")


def seeds(page: Page) -> list[str]:
    problems, seeded = [], False
    for cell in page.code:
        try:
            calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
        except SyntaxError as error:
            problems.append(f"{cell.where}: not plain Python (line {error.lineno}); no magics in lessons")
            continue
        named = [(_name(call), call) for call in calls]
        seeded |= any(name.endswith("random.seed") and call.args for name, call in named)
        for name, call in named:
            keywords = {keyword.arg for keyword in call.keywords}
            if re.fullmatch(r"(?:\w+\.)*(?:default_rng|RandomState)", name) and not (call.args or keywords):
                problems.append(f"{cell.where}: {name}() without a seed")
            elif NEEDS_SEED.fullmatch(name) and not (seeded or keywords & {"random_state", "rng"}):
                problems.append(f"{cell.where}: {name}(…) without a seed; draw from default_rng(seed)")
    return problems


LAYER_1 = {"numpy", "scipy", "matplotlib", "sklearn", "ipywidgets", "anywidget", "IPython", "mlecore"}
EXTRAS = {17: {"dask", "distributed"}}  # an optional extra of one chapter, which runs without it as well


def imports(page: Page) -> list[str]:
    """A lesson runs with layer 1 only, and its first cell sets the figures up."""
    problems = []
    if page.number in LESSONS and page.code and "lesson.setup()" not in page.code[0].source:
        problems.append(f"{page.code[0].where}: the first code cell imports and calls lesson.setup()")
    for cell in page.code:
        extra = EXTRAS.get(page.number, set()) if "except ImportError" in cell.source else set()
        for match in re.finditer(r"^\s*(?:import|from)\s+(\w+)", cell.source, re.M):
            if match.group(1) not in LAYER_1 | sys.stdlib_module_names | extra:
                problems.append(f"{cell.where}: {match.group(1)} is not installed with a lesson; "
                                f"use {', '.join(sorted(LAYER_1))}")
    return problems


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def has_picture(cell) -> str | None:
    """What kind of picture a code cell's stored outputs say it shows."""
    for output in cell.outputs:
        text = "".join(output.get("data", {}).get("text/plain", ""))
        if text.startswith("<Figure size"):
            return "figure"
        if LIVE_PLOTS.match(text):
            return "live plot"
    return None


def figures(page: Page) -> list[str]:
    problems = []
    for cell in page.code:
        kind, texts = has_picture(cell), captions(cell)
        if not kind:
            continue
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "")
        alt, caption = texts.get("alt", ""), texts.get("caption", "")
        if not name.startswith("fig-"):
            problems.append(f"{cell.where}: the {kind} needs mystnb.figure.name fig-…, not {name!r}")
        if not is_sentence(alt) or "$" in alt:
            problems.append(f"{cell.where}: the {kind} needs mystnb.image.alt, a sentence without math that "
                            f"says what is to be seen; it is {alt!r}")
        if not is_sentence(caption) or caption == alt:
            problems.append(f"{cell.where}: the {kind} needs mystnb.figure.caption, a sentence that says "
                            f"what to conclude; it is {caption!r}")
    for cell in page.markdown:
        problems += [f"{cell.where}: image with the alt text {alt!r}; write a sentence"
                     for alt in re.findall(r"!\[([^\]]*)\]\(", cell.source) if not is_sentence(alt)]
    problems += [f"{d.where}: {{{d.name}}} needs :alt:, a sentence"
                 for d in page.directives("image", "figure") if not is_sentence(d.options.get("alt", ""))]
    return problems


def is_sentence(text: str) -> bool:
    return len(text.split()) >= 5 and text[0] in "$*" + text[0].upper() and text.rstrip().endswith((".", "?"))


# -- traps -------------------------------------------------------------------------------------------------


def traps_shown(page: Page) -> list[str]:
    """A trap is demonstrated by a code cell beside it: before the next cell that opens a section."""
    problems = []
    for trap in page.directives("trap"):
        if not trap.options.get("name", "").startswith("trap-"):
            problems.append(f"{trap.where}: {{trap}} needs :name: trap-…")
        at = next(i for i, cell in enumerate(page.cells) if trap.where.startswith(f"{cell.where},"))
        after = []
        for cell in page.cells[at + 1 :]:
            if cell.kind == "markdown" and re.match(r"#+ ", cell.source):
                break
            after.append(cell.kind)
        before = page.cells[at - 1].kind if at else ""
        if "code" not in after and before != "code":
            problems.append(f"{trap.where}: no cell beside {trap.options.get('name')} demonstrates it")
    return problems


def errata(pages: list[Page]) -> list[str]:
    traps = {d.options.get("name"): d.where for page in pages for d in page.directives("trap")}
    rows = Counter()
    for page in pages:
        if page.path.stem == "91_errata":
            rows.update(m.group(1) for m in re.finditer(r"(?:\(#|\{ref\}`(?:[^`<]*<)?)(trap-[\w-]+)",
                                                        page.markdown[0].source))
    problems = [f"{traps[name]}: {name} has no row in 91_errata.md" for name in traps if name not in rows]
    unknown = [name for name in rows if name not in traps]
    problems += [f"chapters/91_errata.md: {name} is the name of no trap" for name in unknown]
    problems += [f"chapters/91_errata.md: {name} is linked {n} times" for name, n in rows.items() if n > 1]
    return problems


# -- across the book ---------------------------------------------------------------------------------------


def citations(pages: list[Page], bibliography: str) -> list[str]:
    entries = re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", bibliography, re.M)
    cited = [(key.strip(), where) for page in pages for where, keys in page.roles(r"cite(?::\w+)?")
             for key in re.sub(r"\{[^}]*\}", "", keys).split(",")]  # {cite:p}`key{Section 2}`
    problems = [f"{where}: {key} is not in references.bib" for key, where in cited if key not in entries]
    unused = [key for key in entries if key not in {k for k, _ in cited}]
    problems += [f"references.bib: {key} is cited nowhere" for key in unused]
    problems += [f"references.bib: {key} is there {n} times" for key, n in Counter(entries).items() if n > 1]
    return problems


def glued(pages: list[Page]) -> list[str]:
    made: dict[str, str] = {}
    problems, used = [], set()
    for page in pages:
        for cell in page.code:
            for output in cell.outputs:
                if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                    if name in made:
                        problems.append(f"{cell.where}: {name} is glued there and in {made[name]}")
                    made[name] = cell.where
    for page in pages:
        asked = page.roles(r"glue(?::\w+)?")
        for cell in page.code:
            asked += [(cell.where, name) for text in captions(cell).values()
                      for name in re.findall(r"\{glue(?::\w+)?\}`([^`]*)`", text)]
        for where, name in asked:
            document, _, key = name.rpartition("::")
            key = key.split(":")[0]
            used.add(key)
            if key not in made:
                problems.append(f"{where}: nothing glues {key!r} (misspelled, or the notebook was not run)")
            elif not document and not made[key].startswith(f"{page.name},"):
                problems.append(f"{where}: {key!r} is glued in {made[key]}; write page.ipynb::{key}")
    unused = [name for name in made if name not in used]
    return problems + [f"{made[name]}: {name} is glued and used nowhere" for name in unused]


def names(pages: list[Page]) -> list[str]:
    """Figures, quizzes, traps, exercises: a name is used once in the book."""
    seen: dict[str, str] = {}
    problems = []
    for page in pages:
        found = [(d.options.get("name") or d.options.get("label"), d.where) for d in page.directives()]
        figures = [(cell.metadata.get("mystnb", {}).get("figure", {}), cell.where) for cell in page.code]
        found += [(figure.get("name"), where) for figure, where in figures]
        for name, where in found:
            if name and name in seen:
                problems.append(f"{where}: {name} names also {seen[name]}")
            seen[name] = where
    return problems


PAGE_LINTS = [typed_numbers, voice, admonitions, opening, closing, quizzes, code_length, seeds, imports,
              figures, traps_shown]


def book_lints(bibliography: Path) -> list:
    text = bibliography.read_text(encoding="utf-8") if bibliography.exists() else ""

    def cited(pages):
        return citations(pages, text)

    cited.__name__ = "citations"
    return [errata, cited, glued, names]
