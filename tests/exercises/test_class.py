"""The whole loop on a class: every student gets the expected points, and nobody touches anybody else."""

from __future__ import annotations

import csv
import functools
import os
import shutil
from pathlib import Path

import pytest

from exercises.tools import classroom, sandbox, server
from exercises.tools.release import leaks

from ._class import ASSIGNMENT, CASES, NAME, released

LIMITS = sandbox.Limits(cell=3, call=1.5, wall=15)


@functools.cache
def need_bubblewrap() -> None:
    """Under CI a sandbox that does not work is a failure, elsewhere a skip that says what to do."""
    try:
        sandbox.probe(sandbox.Limits())
    except sandbox.NoSandbox as error:
        (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true") else pytest.skip)(str(error))


def hand_in(folder: Path, cases, nb) -> None:
    for case in cases:
        place = folder / case.student / NAME
        place.mkdir(parents=True)
        for name, data in case.files(nb).items():
            with open(os.path.join(os.fsencode(place), os.fsencode(name)), "wb") as stream:
                stream.write(data)


@pytest.fixture(scope="module")
def notebook():
    return released()


@pytest.fixture(scope="module")
def graded(tmp_path_factory, notebook):
    need_bubblewrap()
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder / "submitted", CASES, notebook)
    entries = classroom.collect(folder / "submitted", [ASSIGNMENT])
    classroom.grade(entries, folder / "graded", LIMITS, True, 2, None, classroom.Bar(len(entries)))
    classroom.publish(entries, ASSIGNMENT, folder / "graded", {}, {}, True)
    with open(folder / "graded" / NAME / "scores.csv", newline="", encoding="utf-8") as stream:
        rows = {row["student"].removeprefix("'"): row for row in csv.DictReader(stream)}
    return folder, {entry.student: entry for entry in entries}, rows


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.student[:30])
def test_student_gets_what_is_due(case, graded):
    folder, entries, rows = graded
    entry, row = entries[case.student], rows[case.student]
    assert entry.status == case.status, entry.all_notes
    parts = {part["id"]: part for part in entry.result["parts"]}
    lost = {name for name, part in parts.items() if not part["manual"] and part["points"] < part["max"]}
    if case.status == "graded":
        failures = {name: parts[name]["tests"] for name in lost ^ case.lost}
        assert lost == case.lost, (failures, entry.all_notes)
    assert float(row["total"]) == case.points
    notes = " ".join(entry.all_notes)
    assert all(note in notes for note in case.notes), notes
    page = (folder / "graded" / NAME / "feedback" / classroom.page_name(case.student)).read_text("utf-8")
    assert all(text in page for text in case.says), page
    assert "<script>" not in page
    assert case.status != "graded" or case.notes or not case.lost or "Not passed" in page


def test_feedback_shows_no_hidden_test(graded):
    folder, _, _ = graded
    hints = [wrong.hint for part in ASSIGNMENT.parts for wrong in part.wrong]
    for path in (folder / "graded" / NAME / "feedback").iterdir():
        leaked = [line for line in leaks(ASSIGNMENT, path.read_text("utf-8")) if line not in hints]
        assert leaked == [], path.name


def test_every_student_is_in_the_table_once(graded):
    _, _, rows = graded
    assert set(rows) == {case.student for case in CASES}


def test_second_run_keeps_all_results(graded, tmp_path):
    folder, first, _ = graded
    shutil.copytree(folder / "graded", tmp_path / "graded")
    entries = classroom.collect(folder / "submitted", [ASSIGNMENT])
    bar = classroom.Bar(len(entries))
    classroom.grade(entries, tmp_path / "graded", LIMITS, True, 1, None, bar)
    assert bar.kept == len(entries) - sum(entry.status == "crashed" for entry in first.values())
    assert {entry.student: entry.result for entry in entries} == {name: e.result for name, e in first.items()}


def test_results_are_the_same_from_fresh_processes(graded, tmp_path):
    folder, first, _ = graded
    some = [
        entry
        for entry in classroom.collect(folder / "submitted", [ASSIGNMENT])
        if entry.student in ("amber", "farid", "chen", "nora", "petra", "last")
    ]
    classroom.grade(some, tmp_path, LIMITS, True, 1, None, classroom.Bar(len(some)))
    assert {entry.student: entry.result for entry in some} == {
        entry.student: first[entry.student].result for entry in some
    }


def test_two_dask_workers_give_the_same_results(graded, tmp_path):
    distributed = pytest.importorskip("distributed")
    folder, first, _ = graded
    some = [
        entry
        for entry in classroom.collect(folder / "submitted", [ASSIGNMENT])
        if entry.student in ("amber", "farid", "ugo", "selma", "yusuf", "last")
    ]
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        classroom.grade(some, tmp_path, LIMITS, True, 1, cluster.scheduler_address, classroom.Bar(len(some)))
    assert {entry.student: entry.result for entry in some} == {
        entry.student: first[entry.student].result for entry in some
    }


def test_a_crash_of_the_grader_costs_one_submission(tmp_path, notebook, monkeypatch):
    need_bubblewrap()
    good = server.job(ASSIGNMENT, CASES[0].files(notebook)[f"{NAME}.ipynb"], LIMITS, True)
    bad = {**good, "assignment": {"name": "no assignment"}}
    one = server.Server()
    try:
        assert one.run(bad)["status"] == "crashed"
        assert one.run(good)["status"] == "graded"
        one.process.kill()
        one.process.wait()
        assert one.run(good)["status"] == "graded"
    finally:
        one.close()


def test_names_are_shown_one_to_one_and_files_have_a_name():
    names = ["ada", "caf\udce9", r"caf\xe9", "a\nb", "\\", "x" * 250, "x" * 251]
    assert len({classroom.printable(name) for name in names}) == len(names)
    pages = [classroom.page_name(name) for name in names]
    assert len(set(pages)) == len(names)
    assert max(len(os.fsencode(page)) for page in pages) < 240
