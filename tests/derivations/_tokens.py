"""LaTeX math as tokens: one spelling for each symbol, no spacing, continued lines joined."""

from __future__ import annotations

import re
from typing import NamedTuple


class LatexError(ValueError):
    """The text cannot be read, or a symbol in it is not bound: where, and what to do."""


class Token(NamedTuple):
    text: str
    start: int
    end: int


_TOKEN = re.compile(r"""
    (?P<space> \s+ | %[^\n]* | ~ | \\[,;:!>\ ] | \\right\s*\. | \\(?:tag|label|phantom|hspace)\s*\{[^{}]*\}
      | \\(?:begin|end)\s*\{(?:aligned|align\*?|alignedat|gathered|split|equation\*?)\}
      | \\(?:left(?!\s*\.)|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits|nonumber|notag)
        (?![a-zA-Z]) (?!\s*(?:\||\\vert|\\rvert)\s*_) )
  | (?P<evaluate> \\[bB]igg?r?\s*(?:\||\\vert|\\rvert)(?=\s*_) )
  | (?P<leftdot> \\left\s*\. )
  | (?P<rightbar> \\right\s*(?:\||\\vert|\\rvert)(?=\s*_) )
  | (?P<words> \\(?:text|textrm|textbf|textit|mbox)\s*\{[^{}]*\} )
  | (?P<name> \\(?:operatorname\*?|mathrm|mathsf|mathit)\s*\{[^{}]*\} )
  | (?P<newline> \\\\(?:\[[^\]]*\])? )
  | (?P<other> \d+(?:\{,\}\d{3})*(?:\.\d+)? | \\[a-zA-Z]+ | \\. | . )""", re.X | re.S)

_SAME = {
    r"\ln": r"\log", r"\leq": r"\le", r"\geq": r"\ge", r"\neq": r"\ne", r"\lt": "<", r"\gt": ">",
    r"\equiv": "=", r"\coloneqq": "=", r"\implies": r"\Rightarrow", r"\Longrightarrow": r"\Rightarrow",
    r"\Leftrightarrow": r"\iff", r"\Longleftrightarrow": r"\iff", r"\lvert": "|", r"\rvert": "|",
    r"\vert": "|", r"\lVert": r"\|", r"\rVert": r"\|", r"\Vert": r"\|", r"\lbrace": r"\{",
    r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]", r"\tfrac": r"\frac", r"\dfrac": r"\frac",
    r"\tbinom": r"\binom", r"\dbinom": r"\binom", r"\ldots": r"\dots", r"\cdots": r"\dots", r"\ast": "*",
    r"\star": "*", r"\prime": "'", r"\widehat": r"\hat", r"\overline": r"\bar", r"\widetilde": r"\tilde",
    r"\bm": r"\boldsymbol", r"\intercal": r"\top", r"\operatorname{argmax}": r"\argmax",
    r"\operatorname{argmin}": r"\argmin", r"\mathrm{d}": r"\differential", r"\mathrm{e}": "e",
    r"\longrightarrow": r"\to", r"\rightarrow": r"\to",
}
ACCENTS = {f"\\{a}" for a in "hat bar tilde dot ddot vec check mathbf boldsymbol mathbb mathcal".split()}
GREEK = {f"\\{g}" for g in (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell infty "
    "dots"
).split()}
EQUALITIES = {"=", r"\approx", r"\propto", r"\sim", r"\to"}
RELATIONS = EQUALITIES | {r"\le", r"\ge", "<", ">", r"\ne", r"\in"}
OPPOSITE = {r"\le": r"\ge ", r"\ge": r"\le ", "<": ">", ">": "<"}
CONNECTIVES = {r"\iff", r"\Rightarrow"}
SPACES = {r"\quad", r"\qquad"}
SEPARATORS = SPACES | {",", ";", ".", r"\newline", "&"}
CONST = r"\text{const}"  # "+ const": a number that does not change between the environments of one check
CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "{": "}"}


def tokenize(text: str) -> list[Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind, part = match.lastgroup, match.group()
        if kind == "space":
            continue
        if kind in ("words", "name"):
            macro, inside = part.rstrip("}").split("{")
            macro = r"\text" if kind == "words" else macro.strip().rstrip("*")
            inside = re.sub(r"\\[,;:! ]|\s", "", inside) if kind == "name" else inside.strip()
            part = f"{macro}{{{inside}}}"
            part = CONST if part.startswith(CONST[:-1]) else part
        elif kind != "other":
            part = f"\\{kind}"
        part = part.replace("{,}", "")  # 2{,}000
        tokens.append(Token(_SAME.get(part, part), match.start(), match.end()))
    return tokens


def canonical(name) -> str:
    """The one spelling of a name: `\\hat{\\theta}_{n}` and `\\hat \\theta_n` are both `\\hat\\theta_n`."""
    texts = [t.text for t in (tokenize(name) if isinstance(name, str) else name)]
    found = True
    while found:
        found = False
        for i, text in enumerate(texts):
            width = 2 if texts[i + 1 : i + 2] and texts[i + 1] in ACCENTS else 1
            if text == "{" and texts[i + width + 1 : i + width + 2] == ["}"]:
                texts[i : i + width + 2] = texts[i + 1 : i + width + 1]
                found = True
                break
    out = ""
    for text in texts:  # a blank only where a command would swallow the letter after it
        out += " " + text if re.search(r"\\[a-zA-Z]+$", out) and text[0].isalpha() else text
    return out


def continued(tokens: list[Token]) -> list[Token]:
    """Join the lines of an aligned display: a line that begins with =, +, or has only -… goes on."""
    lines, depth = [[]], 0
    for token in tokens:
        depth += (token.text == r"\begin") - (token.text == r"\end")
        if depth == 0 and token.text == r"\newline":
            lines.append([])
        elif depth > 0 or token.text != "&":
            lines[-1].append(token)
    out: list[Token] = []
    for line in lines:
        while line and line[0].text in SPACES:
            line = line[1:]
        if not line:
            continue
        goes_on = line[0].text in RELATIONS | CONNECTIVES | {"+", r"\cdot", r"\times"}
        goes_on |= line[0].text == "-" and not _has_relation(line)
        if out and not goes_on:
            out.append(Token(r"\newline", line[0].start, line[0].start))
        out += line
    return out


def _has_relation(line: list[Token]) -> bool:
    depth = 0
    for token in line:
        depth += (token.text in ("{", "(", "[")) - (token.text in ("}", ")", "]"))
        if depth == 0 and token.text in RELATIONS:
            return True
    return False
