// Everything a page does by script: theme, menu, copy buttons, quiz announcements, reachable scrollers.
const root = document.documentElement;

const button = document.querySelector(".theme-button");
const paint = () => {
  const dark = root.dataset.theme === "dark";
  button.querySelector("span").textContent = dark ? "Light" : "Dark";
};
button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private browsing: for this page only */ }
  paint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* no storage, no choice */ }
  if (!chosen) { root.dataset.theme = event.matches ? "dark" : "light"; paint(); }
});
paint();

// The list of chapters is longer than the window: open it where the reader is.
const chapters = document.querySelector(".chapters"), here = chapters?.querySelector("[aria-current]");
const open = () => { if (here) chapters.scrollTop = here.offsetTop - chapters.clientHeight / 2; };
chapters?.addEventListener("toggle", open);
open();

// A box that scrolls sideways must be reachable by keyboard, and only such a box is a tab stop.
// The observer speaks up when a box gets its size, so nothing off screen is laid out for this.
const reachable = (box) => {
  if (box.scrollWidth > box.clientWidth + 1) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${box.dataset.label ?? (box.matches("pre") ? "Code" : "Table")}, scrolls sideways`);
  } else if (box.tabIndex === 0) {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
};
const sized = new Set();
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) { sized.add(target); reachable(target); }
});
document.querySelectorAll(".equation-scroll, .table-scroll, .plot-frame, .cell_output, main pre").forEach((box) => sizes.observe(box));
// A formula that comes near may fetch its letters then, and grow.
document.fonts?.addEventListener("loadingdone", () => sized.forEach(reachable));

for (const code of document.querySelectorAll(".cell_input .highlight, div[class*=highlight-] > .highlight")) {
  if (code.closest(".cell_output") || code.querySelector(".copy")) continue;
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = "Copy";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("pre").textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  code.append(copy);
}

// The style sheet shows an option's explanation; say it too.
for (const quiz of document.querySelectorAll(".quiz")) {
  quiz.addEventListener("change", ({ target }) => {
    const why = target.parentElement.querySelector(".quiz-why").cloneNode(true);
    why.querySelectorAll(".katex-html, annotation").forEach((part) => part.remove());
    quiz.querySelector("[role=status]").textContent = why.textContent;
  });
}

// Mark the section being read in the page's own table of contents.
const links = new Map([...document.querySelectorAll(".local a[href^='#']")].map((a) => [a.hash.slice(1), a]));
if (links.size) {
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    const current = [...links.keys()].filter((id) => seen.has(id)).pop();
    for (const [id, link] of links) link.classList.toggle("here", id === current);
  }, { rootMargin: "-10% 0px -70% 0px" });
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) watch.observe(section);
  }
}
