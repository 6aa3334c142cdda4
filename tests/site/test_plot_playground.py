"""The playground in a real browser: data in, links, copied code, files, keyboard, touch, small and dark."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlecore.explorables import Playground

from ._live import Plot, outside, violations
from .conftest import ROOT

NAMES = {
    "normal": ["mu", "sigma"],
    "bernoulli": ["p"],
    "poisson": ["rate"],
    "exponential": ["rate"],
    "student_t": ["mu", "sigma"],
    "gamma": ["shape", "rate"],
}


def settled(plot: Plot) -> Plot:
    """Wait until the posterior is computed."""
    plot.page.wait_for_function(
        "node => !node.querySelector('.mle-stale, [data-interval^=credible]:not([data-value])')"
        " && ![...node.querySelectorAll('[data-interval^=credible]')].some(cell => cell.textContent === '…')",
        arg=plot.root.element_handle(),
    )
    return plot


def at(page, address, link: str = "") -> Plot:
    page.goto("about:blank")  # a new hash alone would not load the page again
    page.goto(f"{address}playground.html{'#' + link if link else ''}")
    return settled(Plot(page, "playground"))


def interval(plot, kind: str, name: str):
    text = plot.root.locator(f'[data-interval="{kind}-{name}"]').get_attribute("data-value")
    return [float(part.replace("Infinity", "inf")) for part in text.split(",")] if text else None


def values(plot) -> list[float]:
    return [
        float(word)
        for word in plot.root.get_by_label("Type or paste values").input_value().replace("−", "-").split(",")
    ]


def enter(plot, text: str) -> None:
    box = plot.root.get_by_label("Type or paste values")
    box.fill(text)
    box.blur()
    plot.frame()


def radio(plot, group: str, label: str) -> None:
    box = plot.root.get_by_role("group", name=group, exact=True).get_by_role("radio", name=label, exact=True)
    box.check(force=True)
    plot.frame()


def agree(plot, w: Playground) -> None:
    """Every number on the page is Python's."""
    settled(plot)
    k = len(w.mle)
    assert plot.stat("mle") == pytest.approx(w.mle, rel=1e-9)
    assert plot.stat("map") == pytest.approx(w.map, rel=1e-8)
    assert plot.stat("median") == pytest.approx(w.median, rel=1e-7)
    assert plot.stat("log_likelihood") == [pytest.approx(w.log_likelihood, rel=1e-10)]
    assert plot.stat("log_posterior") == [pytest.approx(w.log_posterior, rel=1e-10)]
    assert plot.stat("score") == pytest.approx(w.score, rel=1e-9, abs=1e-9)
    assert plot.stat("information") == pytest.approx(
        [w.information[i][j] for i in range(k) for j in range(i, k)], rel=1e-9, abs=1e-9
    )
    for kind, expected in (
        ("wald", w.wald_interval),
        ("profile", w.profile_interval),
        ("credible", w.credible_interval),
    ):
        for j, name in enumerate(NAMES[w.family]):
            shown = interval(plot, kind, name)
            assert shown == (None if expected is None else pytest.approx(expected[j], rel=1e-7)), (kind, name)


# ---- numbers ----


def test_a_walk_through_families_priors_and_coordinates(plots):
    plot = plots("playground")
    agree(plot, Playground())
    radio(plot, "Kind", "Normal")
    plot.type("center", 2)
    plot.type("scale", 0.5)
    agree(plot, Playground(prior="normal", center=2, scale=0.5))
    radio(plot, "Coordinates", "μ, log σ")
    agree(plot, Playground(prior="normal", center=2, scale=0.5, coordinates="free"))
    radio(plot, "Kind", "Laplace")
    radio(plot, "On", "log σ")
    agree(plot, Playground(prior="laplace", on="sigma", center=2, scale=0.5, coordinates="free"))
    radio(plot, "Family", "Poisson")
    agree(plot, Playground("poisson", prior="laplace", center=2, scale=0.5, coordinates="free"))
    radio(plot, "Kind", "Gamma")
    plot.type("a", 3)
    plot.type("level", 0.8)
    agree(plot, Playground("poisson", prior="gamma", a=3, level=0.8, coordinates="free"))
    plot.root.locator('[data-action="reset"]').click()
    agree(plot, Playground())


@pytest.mark.parametrize(
    "link",
    [
        "family=bernoulli&y=0,0,0,0",
        "family=gamma&seed=3&n=25&prior=gamma&on=rate&a=2&b=4",
        "family=student_t&nu=2&seed=4&n=15&prior=laplace&on=mu&center=1&scale=0.3",
        "family=exponential&seed=2&n=8&coordinates=free",
    ],
)
def test_a_linked_state_is_pythons(page, address, link):
    given = dict(part.split("=") for part in link.split("&"))
    data = [float(v) for v in given.pop("y").split(",")] if "y" in given else None
    numbers = {
        key: (int if key in ("seed", "n") else float)(given.pop(key))
        for key in list(given)
        if key in ("seed", "n", "nu", "center", "scale", "a", "b")
    }
    agree(at(page, address, link), Playground(data=data, **given, **numbers))


# ---- data ----


def test_typed_data_move_everything(plots):
    plot = plots("playground")
    enter(plot, "4.1, 5.9\n2.5; 3 −1")
    agree(plot, Playground(data=[4.1, 5.9, 2.5, 3, -1]))
    assert plot.root.locator('[data-stat="seed"]').text_content() == "your 5 values"


@pytest.mark.parametrize(
    ("family", "typed", "message"),
    [
        ("Normal", "1 2 abc", "Value 3, 'abc', is not a number"),
        ("Normal", "", "There are no values"),
        ("Normal", "7", "1 value: Normal needs at least 2"),
        ("Normal", "5 5 5", "All values are 5"),
        ("Normal", "1 1e99", "Value 2, 1e+99, is larger than"),
        ("Poisson", "1 2 3 0 4 1 -2", "Value 7 is −2: counts are whole numbers from 0"),
        ("Poisson", "2.5", "Value 1 is 2.5: counts"),
        ("Bernoulli", "0 1 2", "Value 3 is 2: Bernoulli values are 0 or 1"),
        ("Exponential", "3 -1", "Value 2 is −1: waiting times"),
        ("Gamma", "1 0 2", "Value 2 is 0: gamma values are above 0"),
        ("Student-t", "1 1 1 1 1 1 1 1 1 2", "1 stands 9 times among 10 values"),
        ("Normal", "<img src=x onerror=alert(1)> 2", "is not a number"),
    ],
)
def test_bad_data_are_refused_by_value(plots, family, typed, message):
    plot = plots("playground")
    radio(plot, "Family", family)
    settled(plot)
    before = plot.stat("mle")
    enter(plot, typed)
    said = "".join(plot.errors())
    assert message in said
    assert "Kept the last good data" in said
    assert plot.stat("mle") == before
    box = plot.root.get_by_label("Type or paste values")
    assert box.input_value() == typed  # nothing typed is lost
    assert message in plot.root.locator(f'[id="{box.get_attribute("aria-describedby")}"]').text_content()
    enter(plot, "1 0 1 1" if family == "Bernoulli" else "1 2 4")
    assert plot.errors() == []


def test_a_family_refuses_your_data_and_stays(plots):
    plot = plots("playground")
    enter(plot, "-1 2 4")
    # Not check(): the choice is refused, so the button's state does not stay changed.
    plot.root.get_by_role("radio", name="Gamma").first.click(force=True)
    plot.frame()
    assert "value 1 is −1: gamma values are above 0" in "".join(plot.errors())
    assert plot.root.get_by_role("radio", name="Normal").first.is_checked()
    assert values(plot) == [-1, 2, 4]


def test_a_file_with_a_choice_of_columns(plots, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text('name;"height; cm";bad\nann;170;1\nbob;181;x\ncyd;166;3\n')
    plot = plots("playground")
    plot.root.get_by_label("or a CSV file").set_input_files(table)
    chooser = plot.root.get_by_label("column", exact=True)
    chooser.wait_for()
    assert chooser.locator("option").all_text_contents() == ["name", "height; cm", "bad"]
    plot.frame()
    assert values(plot) == [170, 181, 166]
    chooser.select_option("bad")
    plot.frame()
    assert "Bad: value 2, 'x', is not a number" in "".join(plot.errors())
    assert plot.stat("mle")[0] == pytest.approx(517 / 3)
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    plot.root.get_by_label("or a CSV file").set_input_files(empty)
    plot.page.wait_for_function(
        "node => node.textContent.includes('The file is empty')", arg=plot.root.element_handle()
    )


def test_a_new_sample_shows_its_seed_and_is_pythons(plots):
    plot = plots("playground")
    radio(plot, "Family", "Student-t")
    plot.root.locator('[data-action="sample"]').click()
    plot.frame()
    assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 2"
    assert values(plot) == Playground("student_t", seed=2).data
    plot.type("n", 35)
    assert values(plot) == Playground("student_t", seed=2, n=35).data


def test_ten_thousand_pasted_values(plots):
    plot = plots("playground")
    data = [round(((i * 7919) % 10007) / 10007 * 6 - 3 + (i % 13) / 4, 3) for i in range(10_000)]
    box = plot.root.get_by_label("Type or paste values")
    box.focus()
    plot.page.evaluate(
        """([node, text]) => { node.value = text;
        node.dispatchEvent(new InputEvent("input", {inputType: "insertFromPaste", bubbles: true})); }""",
        [box.element_handle(), "\n".join(map(str, data))],
    )
    settled(plot)
    assert plot.stat("mle") == pytest.approx(Playground(data=data).mle, rel=1e-9)
    # A press of a key is drawn within a few frames, whatever the family.
    for family in ("Normal", "Student-t"):
        radio(plot, "Family", family)
        settled(plot)
        radio(plot, "Kind", "Normal")
        fastest = plot.page.evaluate(
            """async root => {
            const bar = root.querySelector('input[data-trait="center"]'), out = [];
            for (let i = 0; i < 9; i++) {
                bar.value = Number(bar.value) + 0.05;
                const start = performance.now();
                bar.dispatchEvent(new Event("input", {bubbles: true}));
                await new Promise(requestAnimationFrame);
                await new Promise(done => setTimeout(done));
                out.push(performance.now() - start);
            }
            return Math.min(...out);
        }""",
            plot.root.element_handle(),
        )
        assert fastest < 120, family  # of nine: the others wait for whatever else the machine does


# ---- the address ----


def test_the_address_keeps_the_state(page, address):
    plot = at(page, address)
    assert "#" not in page.url
    radio(plot, "Family", "Gamma")
    radio(plot, "Kind", "Laplace")
    radio(plot, "On", "log k")
    plot.type("scale", 0.25)
    radio(plot, "Height", "log-likelihood")
    enter(plot, "1.5 2 7 3.25")
    page.wait_for_function("location.hash.includes('3.25')")
    link = page.url.split("#")[1]
    before = {name: plot.stat(name) for name in ("mle", "map", "log_posterior")}
    plot = at(page, address, link)
    assert {name: plot.stat(name) for name in before} == before
    assert values(plot) == [1.5, 2, 7, 3.25]
    assert plot.root.get_by_role("radio", name="log-likelihood").is_checked()


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("family=cauchy", "'cauchy' is not one of normal"),
        ("famly=normal", "'famly' is not a setting"),
        ("y=1,2,abc", "value 3, 'abc', is not a number"),
        ("family=poisson&y=1,-2", "value 2 is −2: counts"),
        ("scale=0&prior=normal", "scale = 0 is not between"),
        ("n=2.5", "n = 2.5 is not a whole number"),
        ("theta=1,-1", "sigma = -1 is outside"),
        ("prior=beta", "Normal has the priors"),
        ("level=%E0%A4%A", "not encoded"),
        ("family=%3Cimg%20src=x%20onerror=alert(1)%3E", "is not one of"),
    ],
)
def test_bad_links_leave_the_defaults_and_say_why(page, address, link, message):
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append("dialog"), dialog.dismiss()))
    plot = at(page, address, link)
    said = "".join(plot.errors())
    assert said.startswith("The link could not be read: ")
    assert message in said
    assert said.endswith("The page shows its defaults.")
    assert plot.root.locator("img").count() == 0
    agree(plot, Playground())
    assert complaints == []


def test_a_link_on_the_page_sets_the_state(page, address):
    plot = at(page, address)
    page.evaluate("location.hash = 'family=poisson&seed=5&n=9'")
    plot.page.wait_for_function(
        "node => node.querySelector('input[value=poisson]').checked", arg=plot.root.element_handle()
    )
    agree(plot, Playground("poisson", seed=5, n=9))


PAGE = ROOT / "_build" / os.environ.get("EVERY_LOSS_SITE", "html") / "chapters" / "20_playground.html"


@pytest.mark.skipif(not PAGE.exists(), reason="the playground's page is not built")
def test_every_link_to_a_state_works(page, site):
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((site.url, "data:", "blob:")) or complaints.append(request.url)
        ),
    )
    page.goto(f"{site.url}chapters/20_playground.html")
    plot = Plot(page, "playground")
    links = page.locator('main a[href^="#family="]')
    assert links.count() >= 3
    for number in range(links.count()):
        wanted = links.nth(number).get_attribute("href")
        links.nth(number).click()
        page.wait_for_function(
            "node => node.getBoundingClientRect().top < innerHeight / 2", arg=plot.root.element_handle()
        )
        assert plot.errors() == []
        given = dict(part.split("=", 1) for part in wanted[1:].split("&"))
        page.wait_for_function(
            "([node, family]) => node.querySelector(`input[value=${family}]`).checked",
            arg=[plot.root.element_handle(), given["family"]],
        )
    assert page.locator("body.wide").count() == 1
    assert plot.root.bounding_box()["width"] > 1000
    assert complaints == []


# ---- taking it away ----


@pytest.mark.parametrize(
    "link",
    [
        "family=normal&seed=1&n=12&prior=normal&on=mu&center=0&scale=1",
        "family=bernoulli&y=0,0,0,0&prior=beta&a=2&b=3&coordinates=free",
        "family=gamma&seed=2&n=15&prior=laplace&on=shape&center=0.2&scale=0.4",
        "family=student_t&nu=3&seed=1&n=12&level=0.9",
        "family=poisson&seed=1&n=10&prior=gamma&on=rate",
        "family=exponential&seed=1&n=10&prior=laplace&on=rate&coordinates=free",
    ],
)
def test_the_copied_python_prints_the_pages_numbers(page, address, link):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    plot = at(page, address, link)
    plot.root.locator('[data-action="python"]').click()
    box = plot.root.get_by_label("Python code with these numbers")
    box.wait_for()
    code = page.evaluate("navigator.clipboard.readText()")
    assert code == box.input_value()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    family = link.split("&")[0].split("=")[1]
    names, seen = NAMES[family], set()
    for line in done.stdout.splitlines():
        word, *rest = line.split()
        seen.add(word)
        if word in ("MLE", "MAP"):
            pairs = dict(part.split("=") for part in rest)
            assert [float(pairs[name]) for name in names] == pytest.approx(
                plot.stat(word.lower()), rel=5e-6, abs=1e-12
            )
        elif word == "median":
            name, value = rest[0].split("=")
            assert float(value) == pytest.approx(plot.stat("median")[names.index(name)], rel=5e-6)
        elif word in ("Wald", "profile", "credible"):
            assert [float(v) for v in rest[1:]] == pytest.approx(
                interval(plot, word.lower(), rest[0]), rel=5e-6, abs=1e-9
            )
        else:
            assert word == "log-likelihood"
            top = plot.root.locator('[data-stat="mle"] + .mle-note').text_content().replace("−", "-")
            assert float(rest[0]) == pytest.approx(float(re.search(r"-?[\d.]+", top)[0]), abs=6e-4)
    assert seen >= {"MLE", "MAP", "median", "profile", "credible", "log-likelihood"}


def test_figure_and_data_are_saved(plots):
    plot = plots("playground")
    with plot.page.expect_download() as figure:
        plot.root.locator('[data-action="svg"]').click()
    text = Path(figure.value.path()).read_text("utf-8")
    drawing = ElementTree.fromstring(text)
    assert drawing.tag.endswith("}svg")
    assert drawing.get("viewBox")
    assert "var(" not in text
    assert "mle-hit" not in text
    with plot.page.expect_download() as data:
        plot.root.locator('[data-action="csv"]').click()
    head, *rows = Path(data.value.path()).read_text("utf-8").split()
    assert head == "y"
    assert [float(row) for row in rows] == Playground().data


def test_the_link_is_copied(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    plot = at(page, address, "family=poisson&seed=3&n=11")
    plot.root.locator('[data-action="link"]').click()
    plot.root.get_by_text("Link copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{address}playground.html#family=poisson&seed=3&n=11")


# ---- climbing ----


def test_both_climbs_reach_their_tops(plots):
    plot = plots("playground")
    plot.page.emulate_media(reduced_motion="reduce")
    radio(plot, "Kind", "Normal")
    for target, top in (("the likelihood", "mle"), ("the posterior", "map")):
        radio(plot, "Climb", target)
        plot.root.locator('[data-action="restart"]').click()
        for _ in range(9):
            plot.root.locator('[data-action="newton"]').click()
            plot.frame()
        reached = [plot.value("theta1"), plot.value("theta2")]
        assert reached == pytest.approx(plot.stat(top), rel=1e-4)
    assert (
        "step" in plot.root.locator('[data-stat="steps"]').text_content()
        or "top" in plot.root.locator('[data-stat="steps"]').text_content()
    )


# ---- keyboard, touch, small and dark ----


def test_by_keyboard_alone(plots):
    plot = plots("playground")
    page = plot.page
    page.keyboard.press("Tab")  # the family in force
    page.keyboard.press("ArrowRight")
    plot.frame()
    assert plot.root.get_by_role("radio", name="Bernoulli").is_checked()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    plot.frame()
    assert plot.root.get_by_role("radio", name="Exponential").is_checked()
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("""() => { const e = document.activeElement;
            return e.closest(".mle") && (e.ariaLabel ?? e.labels?.[0]?.textContent ?? e.textContent); }""")
        )
    wanted = [
        "data point 1",
        "your point",
        "Type or paste values",
        "or a CSV file",
        "n",
        "New sample",
        "Flat",
        "λ",
        "likelihood",
        "level",
        "the likelihood",
        "Gradient step",
        "Newton step",
        "Restart",
        "Copy link",
        "Copy as Python",
        "Save figure",
        "Save data",
        "Reset",
    ]
    assert [name for name in wanted if name not in seen] == []
    before, data = plot.stat("log_likelihood"), values(plot)
    plot.handle("your point").press("ArrowLeft")
    assert plot.stat("log_likelihood") != before
    plot.handle("data point 2").press("PageUp")
    plot.frame()
    assert values(plot)[1] > data[1]
    assert values(plot)[2:] == data[2:]


def test_dragging_a_value_and_the_point(plots):
    plot = plots("playground")
    settled(plot)
    before = values(plot)
    plot.drag("data point 1", 120, 30)
    after = values(plot)
    assert after[0] > before[0] + 0.3
    assert after[1:] == before[1:]
    x, y = plot.center("your point")
    plot.drag("your point", 60, -40)
    assert plot.center("your point") == pytest.approx((x + 60, y - 40), abs=3)
    agree(plot, Playground(data=after, theta=[plot.value("theta1"), plot.value("theta2")]))


@pytest.mark.parametrize(("label", "stat"), [("your point", "log_likelihood"), ("data point 3", "mle")])
def test_a_finger_drags_without_scrolling(phone, label, stat):
    plot = settled(phone("playground", "family=normal&seed=1&n=5"))
    before = plot.stat(stat)
    plot.touch(label, 35, 28)
    assert plot.stat(stat) != before


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "link", ["family=gamma&seed=1&n=30&prior=normal&on=shape&view=log", "family=bernoulli&y=1,1,1&prior=beta"]
)
def test_on_a_small_phone(phone, axe, theme, link):
    plot = settled(phone("playground", link))
    plot.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    plot.root.locator('[data-action="python"]').click()
    plot.frame()
    assert outside(plot.page) == []
    assert violations(plot.page) == []
