"""The commands as an instructor types them: release, grade, mark, grade again; and the answers to misuse."""

from __future__ import annotations

import csv
import json

import pytest

from exercises.tools import classroom, commands, sandbox

from ._class import CASES, NAME, answers, released, write
from .test_class import hand_in, need_bubblewrap


@pytest.fixture(scope="module")
def notebook():
    return released()


def run(*arguments) -> int:
    jobs = ["-j", "1"] if arguments[0] == "grade" else []
    return commands.main([*map(str, arguments), *jobs])


def rows(path) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_release_and_second_variant(tmp_path, capsys):
    assert run("release", "3", "--out", tmp_path / "one") == 0
    assert run("release", NAME, "--variant", "2", "--out", tmp_path / "two") == 0
    files = [tmp_path / folder / NAME / f"{NAME}.ipynb" for folder in ("one", "two")]
    one, two = (json.loads(path.read_text()) for path in files)
    texts = ["".join("".join(cell["source"]) for cell in nb["cells"]) for nb in (one, two)]
    assert "VARIANT = 1\n" in texts[0]
    assert "VARIANT = 2\n" in texts[1]
    assert texts[0] == texts[1].replace("VARIANT = 2", "VARIANT = 1")


def test_the_whole_loop_with_marks_roster_and_platforms(tmp_path, notebook, capsys, monkeypatch):
    need_bubblewrap()
    monkeypatch.chdir(tmp_path)
    cases = [case for case in CASES if case.student in ("amber", "farid", "=cmd()")]
    hand_in(tmp_path / "submitted", cases, notebook)
    roster = "Student,ID,SIS User ID,SIS Login ID,Section\nAmber A.,7,s7,amber,MLE\nNora N.,8,s8,nobody,MLE\n"
    (tmp_path / "roster.csv").write_text(roster)
    command = [
        "grade",
        "submitted",
        "3",
        "--roster",
        "roster.csv",
        "--key",
        "SIS Login ID",
        "--columns",
        "canvas",
        "moodle",
    ]
    assert run(*command) == 0
    assert "6 text answers to mark" in capsys.readouterr().out
    folder = tmp_path / "graded" / NAME
    marks = rows(folder / "marks.csv")
    assert [row["student"] for row in marks] == ["'=cmd()", "amber", "farid"] * 2
    for row in marks:
        row["points"], row["comment"] = ("3,5" if row["answer"] == "geometric" else "2"), "good <b>"
    with open(folder / "marks.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, marks[0].keys())
        writer.writeheader()
        writer.writerows(marks)
    assert run(*command) == 0
    said = capsys.readouterr().out
    assert "0 text answers to mark" in said
    assert "3 kept from before" in said
    scores = {row["student"]: row for row in rows(folder / "scores.csv")}
    assert scores["amber"]["total"] == "19.5"
    assert scores["farid"]["total"] == "17.5"
    assert scores["nobody"]["total"] == "0"
    assert set(scores) == {"amber", "farid", "'=cmd()", "nobody"}
    canvas = {row["SIS Login ID"]: row for row in rows(folder / "canvas.csv")}
    assert canvas["amber"]["Student"] == "Amber A."
    assert next(value for name, value in canvas["amber"].items() if name.startswith("Exercises 3")) == "19.5"
    assert rows(folder / "moodle.csv")[1]["username"] == "amber"
    page = (folder / "feedback" / "amber.html").read_text()
    assert "good &lt;b&gt;" in page
    assert "still to be marked" not in page
    assert "nobody" in (folder / "report.md").read_text()
    (folder / "marks.csv").write_text("student,answer,points,max,comment\namber,report,9,3,\n")
    assert run(*command) == 2
    assert "line 2: points are a number from 0 to 3" in capsys.readouterr().err


def test_copies_are_reported_to_the_instructor_alone(tmp_path, notebook):
    need_bubblewrap()
    hand_in(tmp_path / "submitted", [case for case in CASES if case.student in ("amber", "last")], notebook)
    assert run("grade", tmp_path / "submitted", "--out", tmp_path / "graded") == 0
    folder = tmp_path / "graded" / NAME
    assert "byte for byte, as last" in (folder / "report.md").read_text()
    assert "last" not in (folder / "feedback" / "amber.html").read_text()


def test_links_are_not_followed(tmp_path, notebook):
    need_bubblewrap()
    secret = tmp_path / "secret.ipynb"
    secret.write_text(json.dumps(write(notebook)))
    for name in ("direct", "folder"):
        (tmp_path / "submitted" / name).mkdir(parents=True)
    (tmp_path / "submitted" / "direct" / NAME).mkdir()
    (tmp_path / "submitted" / "direct" / NAME / f"{NAME}.ipynb").symlink_to(secret)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / f"{NAME}.ipynb").write_text(secret.read_text())
    (tmp_path / "submitted" / "folder" / NAME).symlink_to(tmp_path / "elsewhere")
    assert run("grade", tmp_path / "submitted", "--out", tmp_path / "graded") == 0
    scores = rows(tmp_path / "graded" / NAME / "scores.csv")
    assert [(row["status"], row["total"]) for row in scores] == [("nothing to grade", "0")] * 2


def test_second_variant_is_graded_and_a_mix_up_is_noted(tmp_path, notebook):
    need_bubblewrap()
    assert run("release", "3", "--variant", "2", "--out", tmp_path / "handout") == 0
    two = json.loads((tmp_path / "handout" / NAME / f"{NAME}.ipynb").read_text())
    for student, nb in (("one", notebook), ("two", two)):
        place = tmp_path / "submitted" / student / NAME
        place.mkdir(parents=True)
        for name, data in answers()(nb).items():
            (place / name).write_bytes(data)
    assert run("grade", tmp_path / "submitted", "--variant", "2", "--out", tmp_path / "graded") == 0
    notes = {row["student"]: row["notes"] for row in rows(tmp_path / "graded" / NAME / "scores.csv")}
    assert "another variant" in notes["one"]
    assert notes["two"] == ""


def test_without_bubblewrap_it_says_what_is_lost_and_wants_a_flag(tmp_path, notebook, monkeypatch, capsys):
    hand_in(tmp_path / "submitted", [case for case in CASES if case.student == "farid"], notebook)
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    sandbox.bubblewrap.cache_clear()
    assert run("grade", tmp_path / "submitted", "--out", tmp_path / "graded") == 2
    said = capsys.readouterr().err
    assert "read and change your files" in said
    assert "--no-sandbox" in said
    assert run("grade", tmp_path / "submitted", "--out", tmp_path / "graded", "--no-sandbox") == 0
    assert "will run with your rights" in capsys.readouterr().err
    assert "without a sandbox" in (tmp_path / "graded" / NAME / "report.md").read_text()
    assert rows(tmp_path / "graded" / NAME / "scores.csv")[0]["normal-mle"] == "0"
    sandbox.bubblewrap.cache_clear()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "nowhere"], "is not a folder"),
        (["grade", "."], "nothing to grade"),
        (["release", "77"], "no assignment '77'"),
        (["grade", ".", "--columns", "blackbird"], "maps no platform 'blackbird'"),
    ],
)
def test_misuse_is_answered_with_what_to_do(arguments, message, tmp_path, monkeypatch, capsys):
    if arguments[0] == "grade":
        need_bubblewrap()
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_progress_is_shown():
    class Terminal:
        def __init__(self):
            self.text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

        def isatty(self):
            return True

    stream = Terminal()
    bar = classroom.Bar(4, stream)
    for _ in range(4):
        bar.advance()
    assert "4/4" in stream.text
    assert "█" * 30 in stream.text
