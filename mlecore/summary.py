"""One small table for every result: plain text in a terminal, HTML in a notebook."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Table:
    """A titled table of strings with facts above it and notes below.

    Parameters
    ----------
    title : str
    facts : sequence of (label, text)
        Shown above the table, such as ``("log-likelihood", "-790.667")``.
    columns : sequence of str
        The headings; the first column holds the row's name.
    rows : sequence of sequences of str
        Already formatted cells, as many as ``columns`` each.
    notes : sequence of str
        Shown below the table, one line each.
    """

    title: str
    facts: tuple = ()
    columns: tuple = ()
    rows: tuple = ()
    notes: tuple = ()

    def __str__(self):
        lines = [self.title]
        if self.facts:
            width = max(len(label) for label, _ in self.facts)
            lines += [f"{label:<{width}}  {text}" for label, text in self.facts]
        if self.rows:
            grid = [self.columns, *self.rows]
            first, *widths = (max(map(len, column)) for column in zip(*grid, strict=True))
            rule = "-" * (first + sum(widths) + 2 * len(widths))
            body = ["  ".join([name.ljust(first), *(c.rjust(w) for c, w in zip(cells, widths, strict=True))])
                    for name, *cells in grid]
            lines += [rule, body[0], rule, *body[1:], rule]
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self):
        parts = [f'<table class="mle-summary"><caption>{escape(self.title)}</caption>']
        if self.rows:
            heads = "".join(f'<th scope="col">{escape(c)}</th>' for c in self.columns)
            parts.append(f"<thead><tr>{heads}</tr></thead><tbody>")
            for name, *cells in self.rows:
                data = "".join(f"<td>{escape(c)}</td>" for c in cells)
                parts.append(f'<tr><th scope="row">{escape(name)}</th>{data}</tr>')
            parts.append("</tbody>")
        parts.append("</table>")
        if self.facts:
            items = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in self.facts)
            parts.append(f'<dl class="mle-facts">{items}</dl>')
        parts += [f'<p class="mle-note">{escape(note)}</p>' for note in self.notes]
        return f'<div class="mle-result">{"".join(parts)}</div>'


def stars(p_value):
    """The usual marks of a p-value: *** below 0.001, ** below 0.01, * below 0.05."""
    return "***" if p_value < 0.001 else "**" if p_value < 0.01 else "*" if p_value < 0.05 else ""


def as_text(value):
    """A number with four decimals, or four digits where it is large or small; nothing for NaN."""
    if value != value:
        return ""
    return f"{value:.4f}" if value == 0 or 1e-2 <= abs(value) < 1e7 else f"{value:.4g}"
