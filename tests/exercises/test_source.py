"""A source that breaks the format is refused with place and remedy; an unsound assignment is told why."""

from __future__ import annotations

import pytest

from exercises.tools import check, source

GOOD = (source.EXERCISES / "03_common_distributions" / "source.md").read_text("utf-8")


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("grade_id: normal-mle-tests", "grade_id: normal-mle", "is there twice"),
        ("grade_id: normal-mle-tests", "grade_id: normal mle", "letters, digits and hyphens"),
        (":nbgrader: {grade_id: given, locked: true}\n", "", "a code cell needs"),
        ("grade: true, points: 2}", "grade: true}", "points"),
        (
            "{grade_id: normal-mle, solution: true}",
            "{grade_id: normal-mle, solution: true, point: 2}",
            "knows no",
        ),
        ("    ### END SOLUTION", "", "one region"),
        ("### END HIDDEN TESTS", "", "at most one region"),
        ("### END HIDDEN TESTS", "### END HIDDEN TESTS\nassert True", "come last"),
        (':wrong: "You divided by n − 1. T', ':wrong: true\n# "T', "write the hint"),
    ],
    ids=lambda value: value[:24],
)
def test_broken_format_is_named(old, new, message):
    with pytest.raises(source.SourceError, match=message):
        source.parse(changed(old, new), "broken")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "return center, np.sum((y - center) ** 2) / y.size",
            "return center, np.var(y, ddof=1)",
            "the reference solution fails",
        ),
        ("return np.mean(y), np.var(y, ddof=1)", "return np.mean(y), np.var(y)", "passes every test"),
        ("return np.mean(y), np.std(y)", "return np.mean(y), np.var(y, ddof=1)", "its hint is not shown"),
        ("VARIANT = 1\n", "OTHER = 1\n", "VARIANT"),
        ('+++ {"rubric": true}', "+++", "needs a rubric"),
        ("<summary>Hint 2</summary>", "<summary>Help</summary>", "staged hints"),
        ("import numpy as np\n", "import numpy as np\nimport pandas\n", "pandas"),
        (
            'assert abs(mu - 3) < 1e-9, "the estimate of the mean of 1, 2, 6 is 3"',
            "assert abs(mu - 3) < 1e-9",
            "without a message",
        ),
    ],
    ids=lambda value: value[:24],
)
def test_unsound_assignment_is_told_why(old, new, message):
    try:
        found = check.problems(source.parse(changed(old, new), "unsound"))
    except source.SourceError as error:
        found = [str(error)]
    assert any(message in text for text in found), found


def test_every_problem_is_reported_at_once():
    text = changed("import numpy as np\n", f"import numpy as np  {'#' * check.WIDTH}\n")
    for old, new in [
        ("return center, np.sum((y - center) ** 2) / y.size", "return center, np.var(y, ddof=1)"),
        ("return 3 / n", "return 1 - np.exp(-1.920729 / n)"),
        ("<summary>Hint 2</summary>", "<summary>Help</summary>"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
    found = "\n".join(check.problems(source.parse(text, "several")))
    faults = ["characters", "staged hints", "normal-mle-tests: the reference", "upper-end, wrong answer 1"]
    for message in faults:
        assert message in found, found
    assert "normal-mle, wrong answer" not in found  # says nothing where the reference itself is wrong


def test_tests_that_nonsense_passes_are_refused():
    start = GOOD.index("mu, variance = normal_mle([1.0")
    end = GOOD.index("### END HIDDEN TESTS", start)
    lenient = """mu, variance = normal_mle([1.0, 2.0, 6.0])
assert np.allclose(mu, 3), "the mean is 3"
### BEGIN HIDDEN TESTS
assert np.allclose(variance, 14 / 3), "the variance is 14/3"
"""
    found = check.problems(source.parse(GOOD[:start] + lenient + GOOD[end:], "lenient"))
    assert any("passes with a pair of empty arrays" in problem for problem in found), found
