"""Every assignment is sound. A new one is under these tests the moment its source exists."""

from __future__ import annotations

import json

import nbformat
import pytest

from exercises.tools import check, source
from exercises.tools.release import leaks, release

NAMES = source.names()


@pytest.fixture(scope="module")
def released():
    return release([source.load(name) for name in NAMES])


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_reference_passes_stub_fails_and_wrong_answers_get_their_hints(name, variant):
    assert check.problems(source.load(name, variant)) == []


@pytest.mark.parametrize("name", NAMES)
def test_variants_differ(name):
    one, two = (source.load(name, variant).notebook() for variant in (1, 2))
    assert [cell.source for cell in one.cells] != [cell.source for cell in two.cells]


@pytest.mark.parametrize("name", NAMES)
def test_release_holds_no_secret(name, released):
    assignment = source.load(name)
    text = nbformat.writes(released[name])
    assert leaks(assignment, text) == []
    for word in ("BEGIN SOLUTION", "HIDDEN TESTS", '"wrong"', '"rubric"'):
        assert word not in text
    assert len(assignment.secrets()) > 20


@pytest.mark.parametrize("name", NAMES)
def test_release_is_a_valid_notebook_with_nbgraders_metadata(name, released):
    nb = released[name]
    nbformat.validate(nb)
    graded = [cell.metadata.nbgrader for cell in nb.cells if "nbgrader" in cell.metadata]
    assert all(entry.schema_version == 3 and "checksum" in entry for entry in graded if entry.grade)
    assert sum(entry.get("points", 0) for entry in graded) == sum(
        part.max_points for part in source.load(name).parts
    )
    assert not any(cell.get("outputs") for cell in nb.cells)


def test_a_leak_is_found():
    assignment = source.load(NAMES[0])
    for line in assignment.secrets()[:5]:
        notebook = json.dumps({"cells": [{"source": f"before\n{line}\nafter"}]})
        assert leaks(assignment, notebook) == [line]
