"""Edit notebooks as text, and store them clean.

    python book/notebooks.py text chapters/03_x.ipynb       -> .cache/text/03_x.md (MyST), to edit
    python book/notebooks.py notebook chapters/03_x.ipynb   -> back, executed and cleaned
    python book/notebooks.py clean chapters/*.ipynb         clean without executing
    python book/notebooks.py check chapters/*.ipynb         say what is not clean; exit 1 if anything

A clean notebook keeps what a reader of the source and nbval need (text outputs, the values glued to
the text) and nothing that changes from machine to machine or from run to run: no images, widget
views or widget state, execution counts, versions of the kernel, timings. A cell's id is a hash of
its source, so that it changes only when the cell does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
TEXT_FOLDER = ROOT / ".cache" / "text"

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = {"tags", "mystnb"}  # what an author sets
DROPPED_TYPES = re.compile(r"image/|application/vnd\.jupyter\.widget-|application/javascript")
SECONDS_PER_CELL = 600
# What must not be in a text output: it differs on the next machine.
MACHINE_TEXT = re.compile(r"\bat 0x[0-9a-f]{6,}|/home/\w+|/Users/\w+|/tmp/\w+|site-packages|[A-Z]:\\Users")


# -- clean and check ---------------------------------------------------------------------------------


def clean(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook in its stored form (a new object)."""
    nb = nbformat.from_dict(nb)
    kept = {"mystnb": nb.metadata["mystnb"]} if "mystnb" in nb.metadata else {}
    nb.metadata = nbformat.from_dict({**NOTEBOOK_METADATA, **kept})
    nb.nbformat, nb.nbformat_minor = 4, 5
    ids: set[str] = set()
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        cell.source = "\n".join(line.rstrip() for line in cell.source.rstrip().split("\n"))
        cell.id = _cell_id(cell, ids)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = _clean_outputs(cell.outputs)
    return nb


def _cell_id(cell, taken: set[str]) -> str:
    """Hash of kind and source; the second of two equal cells gets another one."""
    for repeat in range(len(taken) + 1):
        digest = hashlib.sha256(f"{cell.cell_type}\n{repeat}\n{cell.source}".encode()).hexdigest()[:8]
        if digest not in taken:
            break
    taken.add(digest)
    return digest


def _clean_outputs(outputs: list) -> list:
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            # A kernel may send one print in several messages.
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        elif output.output_type in ("display_data", "execute_result"):
            output.data = {k: v for k, v in output.data.items() if not DROPPED_TYPES.match(k)}
            output.metadata = {k: v for k, v in output.metadata.items() if k == "scrapbook"}
            if "execution_count" in output:
                output.execution_count = None
            if not output.data:
                continue
        kept.append(nbformat.from_dict(output))
    return kept


def problems(path: Path) -> list[str]:
    """What keeps the stored notebook from being clean, one line each; empty if nothing does."""
    nb = nbformat.read(path, as_version=4)
    found = []
    for key in sorted(set(nb.metadata) - set(NOTEBOOK_METADATA) - {"mystnb"}):
        found.append(f"notebook metadata {key!r}")
    for key, value in NOTEBOOK_METADATA.items():
        if nb.metadata.get(key) != value:
            found.append(f"{key} is {dict(nb.metadata.get(key, {}))}, not {value}")
    for number, cell in enumerate(nb.cells, start=1):
        found += [f"cell {number}: {problem}" for problem in _cell_problems(cell)]
    if not found and path.read_text(encoding="utf-8") != _to_json(clean(nb)):
        found.append("not in the stored form (cell ids, trailing blanks or JSON layout)")
    return found


def _cell_problems(cell) -> list[str]:
    found = [f"metadata {key!r}" for key in sorted(set(cell.metadata) - CELL_METADATA)]
    if "attachments" in cell:
        found.append("attachment: draw it in a cell or put it in a file")
    if cell.cell_type != "code":
        return found
    if cell.execution_count is not None:
        found.append(f"execution count {cell.execution_count}")
    for output in cell.outputs:
        if output.output_type == "error":
            found.append(f"stored error {output.ename}: {output.evalue}")
            continue
        if output.output_type == "stream" and output.name == "stderr":
            found.append(f"output on stderr (a warning?): {output.text.strip()[:80]!r}")
        if output.get("execution_count") is not None:
            found.append(f"execution count {output.execution_count} in an output")
        data = {"text/plain": output.text} if output.output_type == "stream" else output.data
        found += [f"{mime} output" for mime in data if DROPPED_TYPES.match(mime)]
        text = [str(value) for mime, value in data.items() if not DROPPED_TYPES.match(mime)]
        found += [f"output differs from machine to machine: {m.group()!r}"
                  for m in MACHINE_TEXT.finditer("\n".join(text))]
    return found


# -- text and back -----------------------------------------------------------------------------------


def to_text(path: Path) -> Path:
    """Write the notebook as MyST text and return the text's path.

    Raises SystemExit if the text holds edits that were never turned into the notebook.
    """
    import jupytext

    text = text_path(path)
    nb = nbformat.read(path, as_version=4)
    if text.exists() and text.stat().st_mtime > path.stat().st_mtime and not _same_source(text, path):
        raise SystemExit(f"{_name(text)} has edits that {_name(path)} has not: run `make notebook "
                         f"NB={_name(path)}` first, or delete the text")
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(jupytext.writes(clean(nb), fmt="md:myst"), encoding="utf-8")
    return text


def to_notebook(path: Path) -> None:
    """Turn the text (if there is one) into the notebook, execute it in its folder, store it clean.

    The stored notebook is replaced only after every cell ran. Raises SystemExit, naming the cell,
    if one fails, or if the notebook was changed elsewhere after the text was made.
    """
    import jupytext

    text = text_path(path)
    if not text.exists():
        if not path.exists():
            raise SystemExit(f"neither {_name(path)} nor its text {_name(text)} exists")
        nb = nbformat.read(path, as_version=4)
    else:
        if path.exists() and path.stat().st_mtime > text.stat().st_mtime and not _same_source(text, path):
            raise SystemExit(f"{_name(path)} is newer than {_name(text)} and differs from it: "
                             f"run `make text NB={_name(path)}` (or delete the text) first")
        nb = jupytext.read(text, fmt="md:myst")
    execute(nb, path)
    write(path, clean(nb))
    if text.exists():
        os.utime(text)  # the text is up to date with the notebook just written


def execute(nb: nbformat.NotebookNode, path: Path) -> None:
    """Run every cell, in the notebook's folder; raises SystemExit naming the first cell that fails."""
    import nbclient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = nbclient.NotebookClient(nb, timeout=SECONDS_PER_CELL, kernel_name="python3", allow_errors=False,
                                     resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        failed = next((i for i, cell in enumerate(nb.cells, start=1) if _failed(cell)), "?")
        raise SystemExit(f"{_name(path)}, cell {failed}: failed, notebook unchanged\n{error}") from None


def _failed(cell) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def write(path: Path, nb: nbformat.NotebookNode) -> None:
    """Replace the file in one step: an interrupted run leaves the old one."""
    nbformat.validate(nb)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(_to_json(nb), encoding="utf-8")
    partial.replace(path)


def _to_json(nb) -> str:
    return nbformat.writes(nb).rstrip("\n") + "\n"


def text_path(path: Path) -> Path:
    return TEXT_FOLDER / f"{path.stem}.md"


def _same_source(text: Path, path: Path) -> bool:
    import jupytext

    def source(nb):
        return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in clean(nb).cells]

    return source(jupytext.read(text, fmt="md:myst")) == source(nbformat.read(path, as_version=4))


def _name(path: Path) -> str:
    return os.path.relpath(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="notebooks", description=__doc__.split("\n\n")[0])
    parser.add_argument("command", choices=["text", "notebook", "clean", "check"])
    parser.add_argument("files", nargs="+", type=Path, metavar="NOTEBOOK")
    options = parser.parse_args(arguments)
    dirty = 0
    for path in options.files:
        path = path.resolve()
        if path.suffix != ".ipynb":
            raise SystemExit(f"{_name(path)} is not a notebook: give the path of an .ipynb file")
        if options.command != "notebook" and not path.exists():
            raise SystemExit(f"{_name(path)} does not exist")
        if options.command == "text":
            print(_name(to_text(path)))
        elif options.command == "notebook":
            to_notebook(path)
            print(_name(path))
        elif options.command == "clean":
            write(path, clean(nbformat.read(path, as_version=4)))
        else:
            for problem in problems(path):
                dirty += 1
                print(f"{_name(path)}: {problem}")
    if dirty:
        print("remedy: python book/notebooks.py clean FILE; mend a cell that warns or fails", file=sys.stderr)
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
