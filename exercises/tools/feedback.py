"""What a student gets back, and what the instructor reads to mark. All text of students is escaped."""

from __future__ import annotations

from html import escape

STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
body { color: #1b1f24; background: #fff; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .3rem; }
.points { float: right; font-variant-numeric: tabular-nums; }
.full { color: #00664a; } .part { color: #7a4a00; } .none { color: #a02800; }
.hint { border-left: 4px solid #0072b2; padding: .1rem .8rem; background: #eef6fb; }
pre { background: #f4f5f6; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
article { border-top: 1px solid #ccd; padding: .5rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #14171a; color: #e4e6e8; } .hint { background: #10222e; border-color: #56b4e9; }
  pre { background: #20252a; } .full { color: #5fd0ae; } .part { color: #f0b95c; } .none { color: #ff9f80; } }
"""


def html(title: str, body: list[str]) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body>\n{chr(10).join(body)}\n</body></html>\n"
    )


def page(entry, row: dict, marks: dict) -> str:
    """One student's feedback: points, what failed, the hint. Never a hidden test."""
    assignment = entry.assignment
    provisional = " so far" if row["to_mark"] else ""
    body = [
        f"<h1>{escape(assignment.title)}</h1>",
        f"<p>{escape(entry.name)}: <strong>{row['total']} of {row['max']} points{provisional}</strong>.</p>",
    ]
    if row["to_mark"]:
        answers = "a text answer is" if row["to_mark"] == 1 else f"{row['to_mark']} text answers are"
        body.append(f"<p>{answers.capitalize()} still to be marked.</p>")
    if notes := entry.public_notes:
        body += ["<ul>", *[f"<li>{escape(note)}</li>" for note in notes], "</ul>"]
    question = ""
    for part in (entry.result or {}).get("parts", []):
        if part["question"] != question:
            question = part["question"]
            body.append(f"<h2>{escape(question)}</h2>")
        body += manual(part, marks.get((entry.name, part["id"]), {})) if part["manual"] else automatic(part)
    return html(f"{assignment.title}: {entry.name}", body)


def points(value: float, most: float) -> str:
    kind = "full" if value >= most else "part" if value > 0 else "none"
    return f'<span class="points {kind}">{value:g} of {most:g}</span>'


def manual(part: dict, mark: dict) -> list[str]:
    if mark.get("points", "") != "":
        comment = f"<p>{escape(mark['comment'])}</p>" if mark["comment"] else ""
        return [f"<p>{points(mark['points'], part['max'])}Text answer, marked by hand.</p>{comment}"]
    state = "will be marked by hand" if part["text"].strip() else "no answer was found"
    shown = (
        f'<span class="points">of {part["max"]:g}</span>' if part["text"].strip() else points(0, part["max"])
    )
    return [f"<p>{shown}Text answer: {state}.</p>"]


def automatic(part: dict) -> list[str]:
    lines = [f"<p>{points(part['points'], part['max'])}<code>{escape(part['id'])}</code></p>"]
    failures = [failure for test in part["tests"] for failure in test["failures"]]
    if not failures:
        lines.append("<p>All checks passed.</p>")
    for failure in {(item["message"], item["shown"]): item for item in failures}.values():
        lines.append(f"<p>Not passed: {escape(failure['message'])}.</p>")
        if failure["shown"]:
            lines.append(f"<pre>{escape(failure['shown'])}</pre>")
    if part["hint"]:
        lines.append(f'<p class="hint">{escape(part["hint"])}</p>')
    elif failures:
        lines.append("<p>The hints below the question in your notebook may help.</p>")
    return lines


def marking(entries: list, assignment, marks: dict) -> str:
    """Question by question: the rubric, then every student's text, so that all are marked by one measure."""
    body = [
        f"<h1>Marking: {escape(assignment.title)}</h1>",
        "<p>Enter the points in <code>marks.csv</code> and run the command again. For instructors only.</p>",
    ]
    for part in assignment.parts:
        if part.manual:
            body += [
                f"<h2>{escape(part.question)} ({part.points:g} points)</h2>",
                f"<pre>{escape(part.rubric)}</pre>",
            ]
            for entry in entries:
                for item in (entry.result or {}).get("parts", []):
                    if item["id"] == part.id and item["text"].strip():
                        mark = marks.get((entry.name, part.id), {}).get("points", "")
                        state = f": {mark:g} points" if mark != "" else ""
                        body.append(
                            f"<article><strong>{escape(entry.name)}</strong>{state}"
                            f"<pre>{escape(item['text'][:20000])}</pre></article>"
                        )
    return html(f"Marking: {assignment.title}", body)
