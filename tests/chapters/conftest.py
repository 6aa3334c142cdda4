"""Stored notebooks are executed and compared cell by cell, by nbval, as part of this folder's tests.

    pytest tests/chapters                                        all of them, with the other tests
    pytest -p tests.chapters.conftest chapters/03_x.ipynb        one
"""

import pytest
from nbval.plugin import IPyNbFile

from tests.chapters._pages import notebooks

# Not text: drawn again at every build, stored nowhere.
NOT_COMPARED = ("image/svg+xml", "application/vnd.jupyter.widget-state+json")


class StoredOutputs(IPyNbFile):
    """One notebook; its items are its code cells, run in a kernel of this environment."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.skip_compare += NOT_COMPARED

    def collect(self):
        # A clean notebook has no execution counts; nbval would take its cells for never run.
        for number, item in enumerate(super().collect(), start=1):
            item.cell.execution_count = number
            yield item


class StoredNotebooks(pytest.File):
    """Every notebook of the book, collected where test_stored_outputs.py is."""

    def collect(self):
        return [StoredOutputs.from_parent(self, path=page.path) for page in notebooks()]


def pytest_configure(config):
    config.option.nbval_current_env = not config.option.nbval_kernel_name


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb" and not parent.config.option.nbval:
        return StoredOutputs.from_parent(parent, path=file_path)
    if file_path.name == "test_stored_outputs.py":
        return StoredNotebooks.from_parent(parent, path=file_path)
    return None
