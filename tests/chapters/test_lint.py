"""Every lint can fail: a bad sample gives the expected problem, its mended twin gives none."""

import json

import pytest

from tests.chapters import _lint as lint
from tests.chapters._pages import Page, prose_of

OPENING = ":::{opening}\n:minutes: 30\n:needs: sums\n\n- see a hill\n- climb it\n:::\n\n"
QUIZ = """:::{quiz} Which one?
:name: quiz-x-one

- [x] This one.

  Because.

- [ ] That one.

  Not because.
:::

"""
CLOSING = "\n".join(QUIZ.replace("one\n", f"{n}\n", 1) for n in "abc") + "\n## Summary\n\n- It is.\n\n"
EXERCISES = "## Exercises\n\n:::{exercise} Try\n:label: ex-try\nDo.\n:::\n"
TRAP = ':::{trap} "Folly"\n:name: trap-folly\n\nNo.\n:::\n'
ALT = "A curve rises to one peak and falls."
CAPTION = "The peak is at the mean: it is the estimate."


def code(source, text=None, glue=None, figure=None):
    outputs = []
    if text:
        outputs.append({"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}})
    if glue:
        outputs.append({"output_type": "display_data", "data": {}, "metadata": {"scrapbook": {"name": glue}}})
    metadata = {}
    if figure:
        alt, caption, name = figure
        metadata = {"mystnb": {"image": {"alt": alt}, "figure": {"caption": caption, "name": name}}}
    return {"cell_type": "code", "source": source, "outputs": outputs, "metadata": metadata}


def page(tmp_path, *cells, name="05_sample"):
    """A page of markdown strings and code cells; a notebook if there are several."""
    if len(cells) == 1 and isinstance(cells[0], str):
        path = tmp_path / f"{name}.md"
        path.write_text(cells[0], encoding="utf-8")
    else:
        path = tmp_path / f"{name}.ipynb"
        full = [c if isinstance(c, dict) else {"cell_type": "markdown", "source": c, "metadata": {}}
                for c in cells]
        path.write_text(json.dumps({"cells": full}), encoding="utf-8")
    return Page(path)


def typed(text):
    return ([text], [text.replace(" 0.95", " $0.95$")])


FIGURE = "<Figure size 550x350 with 1 Axes>"
PAGE_CASES = [
    # lint, what it says, bad cells, good cells
    (lint.typed_numbers, "0.95 is typed", *typed("It covers 0.95 of them.")),
    (lint.typed_numbers, "99.9 is typed", ["In 99.9 % of cases."], ["In 99 % of cases, in 1921."]),
    (lint.typed_numbers, "1e-8 is typed", ["To 1e-8."], ["To $10^{-8}$ in `float64`, 1,000 times."]),
    (lint.typed_numbers, ".5 is typed", ["About .5 of it."], ["{glue:text}`x-half`, see [x](a0.5.html)."]),
    (lint.typed_numbers, "2.5 is typed", [":::{trap} At 2.5\n:::"], [":::{trap} At\n:name: t2.5\n:::"]),
    (lint.typed_numbers, "alt: 1.92 is typed", [code("x", figure=("At 1.92 down.", CAPTION, "f")), ""],
     [code("x", figure=(ALT, "$1.92$ down.", "f")), ""]),
    (lint.typed_numbers, "3.2 is typed", ["Text 3.2.\n\n```python\n3.1\n```"],
     ["Licensed CC BY 4.0, Python 3.11.\n\n```python\n3.1\n```\n<!-- 1.5 -->\n$$\n1.5\n$$ (eq-a1.5)"]),
    (lint.voice, "leave out 'simply'", ["We simply add."], ["We add. $n!$ is `just` code."]),
    (lint.voice, "leave out 'Just'", ["Just add."], ["Adjust, justify."]),
    (lint.voice, "leave out 'important to note'", ["It is important to note that."], ["Note that."]),
    (lint.voice, "no exclamation mark", ["It works!"], ["It works, $n!$. ![An image](x.svg)"]),
    (lint.voice, "no emoji", ["Good \U0001f600."], ["Good ✓ → θ̂."]),
    (lint.voice, "not 'colour'", ["A colour."], ["A color."]),
    (lint.voice, "not 'labelled'", ["Each labelled equation."], ["Each labeled equation."]),
    (lint.voice, "not 'Normalised'", ["Normalised."], ["Normalized; the analyses differ; it is realistic."]),
    (lint.admonitions, "{warning}", [":::{warning}\nNo.\n:::"], [":::{trap} No\n:::"]),
    (lint.opening, "must begin with", ["# T\n\nText."], ["# T\n\n" + OPENING]),
    (lint.opening, ":minutes:", [OPENING.replace("30", "half an hour")], [OPENING]),
    (lint.opening, ":needs:", [OPENING.replace(":needs: sums\n", "")], [OPENING]),
    (lint.opening, "a list", [OPENING.replace("- climb it\n", "")], [OPENING]),
    (lint.closing, "## Summary", [CLOSING.replace("Summary", "End") + EXERCISES], [CLOSING + EXERCISES]),
    (lint.closing, "2 {quiz}", [CLOSING.replace(QUIZ.replace("one\n", "a\n", 1), "") + EXERCISES],
     [CLOSING + EXERCISES]),
    (lint.closing, "must end with", [CLOSING], [CLOSING + EXERCISES]),
    (lint.closing, "ex-…", [CLOSING + EXERCISES.replace("ex-try", "try")], [CLOSING + EXERCISES]),
    (lint.quizzes, "under the option 'That one.'", [QUIZ.replace("  Not because.\n", "")], [QUIZ]),
    (lint.quizzes, "2 right options", [QUIZ.replace("[ ]", "[x]")], [QUIZ]),
    (lint.quizzes, "0 right options", [QUIZ.replace("[x]", "[ ]")], [QUIZ]),
    (lint.quizzes, "1 options", [QUIZ.split("- [ ]")[0] + ":::\n"], [QUIZ]),
    (lint.quizzes, "quiz-…", [QUIZ.replace("quiz-x", "x")], [QUIZ]),
    (lint.quizzes, "no question", [QUIZ.replace(" Which one?", "")], [QUIZ]),
    (lint.code_length, "16 lines", ["", code("x = 1\n" * 16)], ["", code("x = 1\n\n" * 15)]),
    (lint.seeds, "default_rng() without", ["", code("np.random.default_rng()")],
     ["", code("np.random.default_rng(3)")]),
    (lint.seeds, "np.random.normal(…)", ["", code("np.random.normal()")],
     ["", code("np.random.seed(42)"), code("np.random.normal()")]),
    (lint.seeds, "stats.t.rvs(…)", ["", code("stats.t.rvs(4)")],
     ["", code("stats.t.rvs(4, random_state=1)")]),
    (lint.seeds, "make_regression(…)", ["", code("make_regression(9)")],
     ["", code("make_regression(9, random_state=1); np.random.default_rng(8).normal()")]),
    (lint.seeds, "not plain Python", ["", code("%matplotlib inline")], ["", code("x = 1")]),
    (lint.imports, "pandas is not installed", ["", code("lesson.setup()\nimport pandas as pd")],
     ["", code("import math\nfrom scipy import stats\nlesson.setup()")]),
    (lint.imports, "calls lesson.setup()", ["", code("import numpy"), code("lesson.setup()")], ["No code."]),
    (lint.figures, "the figure needs mystnb.image.alt", ["", code("x", FIGURE)],
     ["", code("x", FIGURE, figure=(ALT, CAPTION, "fig-x"))]),
    (lint.figures, "it is 'x.svg'", ["", code("x", FIGURE, figure=("x.svg", CAPTION, "fig-x"))],
     ["", code("x", "not a figure")]),
    (lint.figures, "caption", ["", code("x", FIGURE, figure=(ALT, ALT, "fig-x"))],
     ["", code("x", FIGURE, figure=(ALT, "$\\hat\\mu$ is where the hill has its top.", "fig-x"))]),
    (lint.figures, "fig-…", ["", code("x", FIGURE, figure=(ALT, CAPTION, "hill"))], ["", code("x", "4")]),
    (lint.figures, "the live plot needs", ["", code("w", "GaussianHill(mu=1.0)")],
     ["", code("w", "GaussianHill(mu=1.0)", figure=(ALT, CAPTION, "fig-x"))]),
    (lint.figures, "image with the alt text 'x'", ["![x](x.svg)"], [f"![{ALT}](x.svg)"]),
    (lint.figures, ":alt:", [":::{figure} x.svg\n:::"], [f":::{{figure}} x.svg\n:alt: {ALT}\n:::"]),
    (lint.traps_shown, "no cell beside trap-folly", [TRAP, "## Next", code("x")],
     [TRAP, "more", code("x"), "## N"]),
    (lint.traps_shown, "trap-…", [TRAP.replace("trap-folly", "folly"), code("x")], [code("x"), TRAP]),
]


@pytest.mark.parametrize(("check", "says", "bad", "good"), PAGE_CASES,
                         ids=lambda value: getattr(value, "__name__", None))
def test_page_lint(tmp_path, check, says, bad, good):
    problems = check(page(tmp_path, *bad))
    assert any(says in problem for problem in problems), problems
    assert all("05_sample" in problem for problem in problems)
    assert check(page(tmp_path, *good)) == []


def test_every_page_lint_has_a_sample():
    assert {case[0] for case in PAGE_CASES} == set(lint.PAGE_LINTS)


GUARDED = "try:\n    import dask\nexcept ImportError:\n    dask = None"


@pytest.mark.parametrize(("name", "source", "says"), [
    ("17_sample", GUARDED, None),
    ("17_sample", "import dask", "dask is not installed"),
    ("17_sample", GUARDED.replace("dask", "pandas"), "pandas is not installed"),
    ("05_sample", GUARDED, "dask is not installed"),
])
def test_an_extra_is_one_chapters_and_may_be_missing(tmp_path, name, source, says):
    expect(lint.imports(page(tmp_path, "", code("lesson.setup()"), code(source), name=name)), says)


ERRATA = "| a | b | [Chapter 5](#trap-folly) |\n"
BIB = "@book{hald1999,\n title = {A},\n}\n@article{rao1945,\n}\n"


@pytest.mark.parametrize(("errata", "says"), [
    (ERRATA, None),
    ("| a | b | {ref}`Chapter 5 <trap-folly>` |", None),
    ("", "trap-folly has no row"),
    (ERRATA + ERRATA, "linked 2 times"),
    (ERRATA + "[x](#trap-gone)", "trap-gone is the name of no trap"),
])
def test_errata(tmp_path, errata, says):
    pages = [page(tmp_path, TRAP, code("x")), page(tmp_path, errata, name="91_errata")]
    expect(lint.errata(pages), says)


@pytest.mark.parametrize(("text", "bib", "says"), [
    ("{cite:p}`hald1999,rao1945`", BIB, None),
    ("{cite:t}`hald1999{Section 2}` and {cite}`rao1945`", BIB, None),
    ("{cite:p}`hald1999`", BIB, "rao1945 is cited nowhere"),
    ("{cite:p}`hald1999,rao1945,stigler`", BIB, "stigler is not in references.bib"),
    ("`{cite:p}` {cite:p}`hald1999,rao1945`", BIB + BIB, "is there 2 times"),
])
def test_citations(tmp_path, text, bib, says):
    expect(lint.citations([page(tmp_path, text)], bib), says)


@pytest.mark.parametrize(("text", "extra", "says"), [
    ("{glue:text}`x-a`", None, None),
    ("{glue:text}`x-a:.2f`", None, None),
    ("Nothing.", None, "x-a is glued and used nowhere"),
    ("{glue:text}`x-a` {glue:text}`x-b`", None, "nothing glues 'x-b'"),
    ("{glue:text}`x-a`", "x-a", "is glued there and in"),
])
def test_glue(tmp_path, text, extra, says):
    expect(lint.glued([page(tmp_path, text, code("g", glue="x-a"), code("g", glue=extra))]), says)


def test_glue_of_another_page(tmp_path):
    made = page(tmp_path, "", code("g", glue="x-a"))
    expect(lint.glued([made, page(tmp_path, "{glue:text}`x-a`", name="06_other")]), "write page.ipynb::x-a")
    expect(lint.glued([made, page(tmp_path, "{glue:text}`05_sample.ipynb::x-a`", name="06_other")]), None)


def test_names_are_unique(tmp_path):
    expect(lint.names([page(tmp_path, QUIZ)]), None)
    expect(lint.names([page(tmp_path, QUIZ), page(tmp_path, QUIZ, name="06_other")]), "quiz-x-one names also")


def expect(problems, says):
    if says is None:
        assert problems == []
    else:
        assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(("source", "words"), [
    ("a $b$ c", "a c"),
    ("cost $5 and $6", "cost $5 and $6"),
    ("a {eq}`eq-x`, b {ref}`text <target>`", "a , b text"),
    ("a ``b ` c`` d", "a d"),
    ("---\nx: 1\n---\na", "a"),
    ("```{dropdown} Title\nbody\n```", "Title body"),
    ("````{code-cell}\nx\n```\n````\na", "a"),
    ("[text](http://x.org/1.5) <https://y.org>", "[text]"),
    ("(label)=\n# T", "# T"),
    ("$$\na\n$$ (eq-a)\nb", "b"),
    ("{eq}`eq-a` then $$x$$ (eq-b) and {eq}`eq-c`", "then and"),
])
def test_prose_of(source, words):
    assert prose_of(source).split() == words.split()
    assert prose_of(source).count("\n") == source.count("\n")


def test_equations_are_found_in_both_spellings(tmp_path):
    text = """{eq}`eq-b`
$$a = b$$ (eq-a)

```{math}
:label: eq-b
b = c
```

:::{math}
:label: eq-c
c
:::

`$$x$$ (eq-no)`

```
$$x$$ (eq-no)
```

$$unlabeled$$

$$
\\begin{aligned}
d
\\end{aligned}
$$ (eq-d)
"""
    found = [(e.label, " ".join(e.latex.split())) for e in page(tmp_path, text).equations()]
    assert sorted(found) == [("eq-a", "a = b"), ("eq-b", "b = c"), ("eq-c", "c"),
                             ("eq-d", "\\begin{aligned} d \\end{aligned}")]
