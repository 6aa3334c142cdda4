// The frame of every live plot: state, drawing surface, controls, handles, readouts. No framework.
//
// How to add a live plot
// ----------------------
// 1. my_plot.py: a class MyPlot(Explorable) with its traits, checks and `_draw` (the figure shown without
//    JavaScript), exported in __init__.py.
// 2. my_plot.mjs, named after the class in snake_case:
//
//      import { explorable, polyline } from "./kit.mjs";
//      import { logDensity } from "./numerics.mjs";
//      export default explorable({
//        name: "my_plot", title: "My plot",
//        traits: ["theta"],                                     // what is shared with Python
//        check: (s) => (s.theta > 0 ? "" : "θ must be positive"), // "" or what is wrong and what to do
//        build(ui) {                                            // runs once per view: make the elements
//          const ell = ui.stat("ell", "_ℓ_(_θ_)", "likelihood");
//          const panel = ui.panel();
//          const line = ui.path(panel.marks, { idea: "likelihood" });
//          ui.control({ trait: "theta", label: "_θ_", range: () => [0.01, 5], step: 0.01 });
//          ui.handle({ panel, label: "theta", axis: "x", at: (s) => [s.theta, 0],
//                      range: () => [[0.01, 5]], step: [0.01], patch: ([theta]) => ({ theta }) });
//          ui.actions({});                                      // reset; with `sample`: new sample and its seed
//          return (s) => {                                      // runs once per frame that changes something
//            panel.layout({ left: 40, top: 20, width: ui.width - 50, height: 200, x: [0, 5], y: [0, 1] });
//            ui.height(260);
//            line.setAttribute("d", polyline(panel, …points in data units…));
//            ell.set(value, fixed(value, 3));                   // full number, shown text
//            return `ell is ${fixed(value, 3)}`;                // what a screen reader hears when it settles
//          };
//        },
//      });
// Numbers that this plot alone needs go to a module of their own (penalties.mjs), so that the others stay small.
// 3. Its heights in explorables.css (so that a page does not jump), a walk in tests/site/test_plot_my_plot.py, a row
//    in benchmarks/explorables_frame.py.
//
// Labels mark mathematical italics with underscores: "_θ_". Colors are names of ideas in palette.py.

import { IDEAS } from "./palette.mjs";

// ---- elements ---------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

export function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value === true ? "" : value);
  }
  return node;
}
const add = (node, parent, attributes) => {
  set(node, attributes);
  parent?.append(node);
  return node;
};
export const html = (tag, attributes, parent) => add(document.createElement(tag), parent, attributes ?? {});
export const svg = (tag, attributes, parent) => add(document.createElementNS(SVG, tag), parent, attributes ?? {});

// Text with "_θ_" set in italics; written only when it changes.
export function say(node, text) {
  if (node.said === text) return node;
  node.said = text;
  if (!text.includes("_")) {
    node.textContent = text;
    return node;
  }
  const make = node.namespaceURI === SVG ? (t) => svg(t === "i" ? "tspan" : t) : (t) => html(t);
  node.replaceChildren(...text.split("_").map((part, i) => {
    if (i % 2 === 0) return part;
    const italic = make("i");
    italic.setAttribute("class", "mle-i");
    italic.textContent = part;
    return italic;
  }));
  return node;
}
const plain = (text) => text.replaceAll("_", "");

// As many children as asked for, reused from frame to frame.
export function pool(parent, count, make) {
  while (parent.childElementCount > count) parent.lastElementChild.remove();
  while (parent.childElementCount < count) make(parent, parent.childElementCount);
  return parent.children;
}

// ---- numbers as text --------------------------------------------------------------------------------------

const minus = (text) => text.replace("-", "−");
export const fixed = (value, digits) =>
  Number.isNaN(value) ? "undefined" : Number.isFinite(value)
    ? minus((Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits)) : value > 0 ? "∞" : "−∞";
// Four significant digits, with a power of ten where fixed digits would hide the number.
export function short(value, digits = 4) {
  if (value === 0 || !Number.isFinite(value)) return fixed(value, 0);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) return minus(String(Number(value.toPrecision(digits))));
  const [mantissa, power] = value.toExponential(Math.min(digits - 1, 2)).split("e");
  return `${minus(mantissa)} × 10${[...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("")}`;
}
// A list of numbers as a reader types it, and back.
export function readNumbers(text, least, most) {
  const words = text.split(/[\s,;]+/).filter(Boolean), numbers = words.map((word) => Number(word.replace("−", "-")));
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`“${words[bad]}” is not a number; separate numbers by commas`);
  if (words.length < least || words.length > most) throw new Error(`Give ${least} to ${most} numbers, separated by commas`);
  return numbers;
}
export const writeNumbers = (values) => values.map((value) => Number(value.toPrecision(6))).join(", ");
// What is wrong with a trait that should be a list of numbers: "" or its first bad entry.
export function checkNumbers(values, least, name = "data point", fits = Number.isFinite, kind = "a finite number") {
  if (!Array.isArray(values) || values.length < least) return `at least ${least} ${name}s are needed`;
  const bad = values.findIndex((value) => !fits(value));
  return bad < 0 ? "" : `${name} ${bad + 1} is not ${kind}`;
}
const decimals = (step) => Math.max(0, Math.min(10, Math.ceil(-Math.log10(step) - 1e-9)));
const snap = (value, step) => Number((Math.round(value / step) * step).toFixed(decimals(step)));
export const clamp = (value, [lo, hi]) => Math.min(hi, Math.max(lo, value));

// Round tick positions, about `count` of them.
export function ticks([lo, hi], count) {
  const raw = (hi - lo) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(lo / step - 1e-9); i <= Math.floor(hi / step + 1e-9); i++) found.push(snap(i * step, step));
  return { at: found, text: (v) => (v === 0 ? "0" : minus(v.toFixed(decimals(step)))) };
}
// The next round number: a scale that does not jump at every frame.
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return snap(power * ([1, 1.5, 2, 3, 4, 6, 8].find((m) => m * power >= value * 0.9999) ?? 10), power / 10);
}

// ---- paths ------------------------------------------------------------------------------------------------

// A pixel position with one decimal. Half the time of turning a rounded double into text, which is most of a frame.
export function px(value) {
  const tenths = Math.round(value * 10), size = Math.abs(tenths), whole = (size / 10) | 0;
  return `${tenths < 0 ? "-" : ""}${whole}.${size - 10 * whole}`;
}
// SVG path through points in data units.
export function polyline(panel, points) {
  let d = "";
  for (const [x, y] of points) d += `${d ? "L" : "M"}${px(panel.x(x))} ${px(panel.y(y))}`;
  return d;
}
// The same line drawn, and the area between it and y = 0 filled.
export function trace(panel, points, line, area) {
  const d = polyline(panel, points), bottom = px(panel.y(0));
  line.setAttribute("d", d);
  area.setAttribute("d", d && `${d}L${px(panel.x(points.at(-1)[0]))} ${bottom}L${px(panel.x(points[0][0]))} ${bottom}Z`);
}
// [x, f(x)] at even steps.
export const sample = ([lo, hi], count, f) =>
  Array.from({ length: count + 1 }, (_, i) => {
    const x = lo + (hi - lo) * i / count;
    return [x, f(x)];
  });

// ---- panels: a pair of axes -------------------------------------------------------------------------------

class Panel {
  constructor(ui) {
    const id = ui.id("clip");
    this.node = svg("g", {}, ui.svg);
    this.clip = svg("rect", {}, svg("clipPath", { id }, this.node));
    this.axes = svg("g", { "aria-hidden": "true" }, this.node);
    this.marks = svg("g", { "clip-path": `url(#${id})` }, this.node); // clipped to the panel
    this.over = svg("g", {}, this.node);                              // labels and handles, not clipped
  }

  // left, top, width, height: pixels. x, y: the data at the two ends. xTicks, yTicks: about how many (0: none);
  // xTextAt, yTextAt: how far their numbers stand from the axis, farther where a handle moves along it.
  layout(o) {
    const key = JSON.stringify(o);
    if (key === this.key) return;
    this.key = key;
    const { left, top, width, height, x, y, xTicks = Math.max(3, width / 80), yTicks = Math.max(2, height / 55),
            xTextAt = 17, yTextAt = 7 } = o;
    Object.assign(this, { left, top, width, height, domain: { x, y } });
    this.x = (v) => left + (v - x[0]) / (x[1] - x[0]) * width;
    this.y = (v) => top + height - clamp((v - y[0]) / (y[1] - y[0]), [-9, 9]) * height;
    this.invert = (px, py) => [
      x[0] + (px - left) / width * (x[1] - x[0]), y[0] + (top + height - py) / height * (y[1] - y[0])];
    set(this.clip, { x: left, y: top, width, height });
    this.axes.replaceChildren();
    const line = (x1, y1, x2, y2, kind) => svg("path", { d: `M${x1} ${y1}L${x2} ${y2}`, class: kind }, this.axes);
    const text = (px, py, anchor, label, kind = "mle-tick") =>
      say(svg("text", { x: px, y: py, "text-anchor": anchor, class: kind }, this.axes), label);
    const bottom = top + height;
    let crowded = false; // a tick's number under the name of the axis
    if (yTicks) {
      const t = ticks(y, yTicks);
      for (const v of t.at) {
        const py = Number(px(this.y(v)));
        if (o.grid !== false) line(left, py, left + width, py, "mle-grid");
        text(left - yTextAt, py + 4, "end", o.yText?.(v) ?? t.text(v));
        crowded ||= py < top + 6 && o.yLabelAt < left;
      }
    }
    if (xTicks) {
      const t = ticks(x, xTicks);
      for (const v of t.at) {
        const at = px(this.x(v));
        text(at, bottom + xTextAt, "middle", o.xText?.(v) ?? t.text(v));
      }
    }
    if (o.xAxis !== false) line(left, bottom, left + width, bottom, "mle-axis");
    if (o.yAxis) line(left, top, left, bottom, "mle-axis");
    if (o.xLabel) text(left + width, bottom + 36, "end", o.xLabel, "mle-label");
    if (o.yLabel) text(o.yLabelAt ?? left, top - (crowded ? 12 : 9), "start", o.yLabel, "mle-label");
  }
}

// ---- one view of one live plot ----------------------------------------------------------------------------

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let views = 0;

class View {
  constructor(plot, model, el) {
    Object.assign(this, { plot, model, number: ++views, names: 0, width: 0, handles: [], followers: [],
                          end: new AbortController() }); // its signal: for listeners outside the plot
    // JupyterLab would otherwise take arrow keys away from a focused handle.
    this.root = html("section", {
      class: `mle mle-${plot.name}`, role: "group", "aria-label": `Live plot: ${plot.title}`,
      "data-lm-suppress-shortcuts": "true",
    }, el);
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
    this.stats = html("dl", { class: "mle-stats" }, this.root);
    this.frame = html("div", { class: "mle-frame" }, this.root);
    this.svg = svg("svg", { role: "group", "aria-label": `${plot.title}: the drawing`, class: "mle-svg" }, this.frame);
    this.svg.addEventListener("pointerdown", (event) => this.grab(event));
    this.controls = html("div", { class: "mle-controls" }, this.root);
    this.message = html("p", { class: "mle-error", role: "alert" }, this.root);
    this.live = html("p", { class: "mle-hidden", role: "status", "aria-live": "polite" }, this.root);
    this.initial = this.read();
    this.state = this.initial;
    this.draw = plot.build(this);
    this.changed = () => this.schedule();
    for (const trait of plot.traits) model.on(`change:${trait}`, this.changed);
    this.observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width !== this.width) {
        this.width = width;
        this.schedule();
      }
    });
    this.observer.observe(this.frame);
    // On paper stands every plot, also one that was never near the screen.
    const { signal } = this.end;
    addEventListener("beforeprint", () => {
      if (!this.width) {
        this.width = this.frame.clientWidth;
        this.render();
      }
      // Paper is narrower than a screen: the drawing is scaled to it.
      set(this.svg, { viewBox: `0 0 ${this.width} ${this.svg.getAttribute("height")}` });
    }, { signal });
    addEventListener("afterprint", () => this.svg.removeAttribute("viewBox"), { signal });
  }

  id = (name) => `mle-${this.number}-${name}-${++this.names}`;
  read = () => Object.fromEntries(this.plot.traits.map((trait) => [trait, this.model.get(trait)]));
  height = (pixels) => set(this.svg, { height: pixels });

  // Change the state: "" if taken, else what is wrong; a refused change leaves everything as it was.
  set(patch) {
    const next = { ...this.state, ...patch };
    const problem = this.plot.check(next);
    if (problem) return problem;
    const before = this.state;
    this.state = next;
    for (const key of Object.keys(patch)) {
      if (same(before[key], next[key])) continue;
      this.model.set(key, next[key]);
      this.unsaved = true;
    }
    this.stop?.();
    say(this.message, "");
    this.schedule();
    return "";
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.render());
  }

  render() {
    this.pending = null;
    const seen = this.read();
    if (!this.plot.traits.every((trait) => same(seen[trait], this.state[trait]))) { // set from Python, by a linked widget or by another view
      const problem = this.plot.check(seen);
      if (problem) {
        say(this.message, `Refused: ${problem}`);
        for (const key of this.plot.traits) this.model.set(key, this.state[key]);
        this.unsaved = true;
      } else {
        this.state = seen;
        this.byHandle = false;
        say(this.message, "");
      }
    }
    if (this.unsaved) this.model.save_changes();
    this.unsaved = false;
    if (!this.width) return; // not laid out yet
    const text = this.draw(this.state);
    for (const follow of this.followers) follow(this.state);
    this.byHandle = false;
    // In words: on the drawing from the first, spoken when a change has settled.
    const describe = () => set(this.svg, { "aria-description": plain(text) });
    if (this.spoken === undefined) describe();
    else if (text !== this.spoken) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        describe();
        this.live.textContent = plain(text);
      }, 600);
    }
    this.spoken = text;
  }

  remove() {
    cancelAnimationFrame(this.pending);
    clearTimeout(this.timer);
    this.stop?.();
    this.end.abort();
    this.observer.disconnect();
    for (const trait of this.plot.traits) this.model.off(`change:${trait}`, this.changed);
    this.root.remove();
  }

  // Call step(t) with t from 0 to 1; at once where the reader asked for no motion. Any change ends it.
  animate(milliseconds, step) {
    this.stop?.();
    if (calm()) return step(1);
    let start = null, next = 0;
    this.stop = () => cancelAnimationFrame(next);
    const tick = (now) => {
      start ??= now;
      const t = Math.min(1, (now - start) / milliseconds);
      const { stop } = this;
      this.stop = null; // step's own changes do not end it
      step(t);
      this.stop = stop;
      if (t < 1) next = requestAnimationFrame(tick);
    };
    next = requestAnimationFrame(tick);
  }

  // ---- what is drawn ----

  panel = () => new Panel(this);

  path(parent, { idea, fill = false, width = 2, opacity, dash = true, ...more } = {}) {
    const { color, dash: pattern } = IDEAS[idea];
    return svg("path", {
      fill: fill ? color : "none", stroke: fill ? "none" : color, "stroke-width": fill ? null : width,
      "stroke-dasharray": !fill && dash && pattern ? pattern : null, "stroke-linejoin": "round",
      [fill ? "fill-opacity" : "stroke-opacity"]: opacity, "aria-hidden": "true", ...more,
    }, parent);
  }

  dot = (parent, { idea, r = 5, ...more }) =>
    svg("circle", { r, fill: IDEAS[idea].color, stroke: "var(--mle-paper)", "stroke-width": 2, ...more }, parent);

  text = (parent, { idea = "muted", anchor = "start", ...more } = {}) =>
    svg("text", { fill: IDEAS[idea].text, "text-anchor": anchor, class: "mle-direct", "aria-hidden": "true", ...more }, parent);

  // ---- readouts ----

  // A number with its name: .set(value, text, note). The full value is kept in data-value.
  stat(name, label, idea = "data") {
    const box = html("div", { style: `--idea:${IDEAS[idea].text};--line:${IDEAS[idea].color}` }, this.stats);
    const term = say(html("dt", {}, box), label);
    const value = html("dd", { "data-stat": name }, box);
    const note = html("dd", { class: "mle-note" }, box);
    return {
      box,
      name: (text) => say(term, text),
      set(number, text, comment = "") {
        set(value, { "data-value": number });
        say(value, text);
        say(note, comment);
      },
    };
  }

  // ---- controls ----

  row(label, idea, kind = "") {
    return html("div", { class: `mle-control ${kind}`, style: `--line:${IDEAS[idea].text}` }, this.controls); // so that the rest of a bar stays pale
  }

  // A range and a number input for one value. range, step: functions of the state or constants.
  // patch: what a new value changes (default: the trait itself); log: even ratios along the range.
  control({ trait, label, idea = "data", range, step, log = false, slider = true, whole = false, show = () => true,
            get = (s) => s[trait], patch = (v) => ({ [trait]: v }), text = (s) => String(get(s)) }) {
    const of = (value) => (typeof value === "function" ? value(this.state) : value);
    const id = this.id("control"), error = this.id("error");
    const row = this.row(label, idea, slider ? "" : "mle-short");
    say(html("label", { for: id }, row), label);
    const bar = slider && html("input", { type: "range", id, "data-trait": trait, "aria-describedby": error }, row);
    const box = html("input", {
      type: "number", inputmode: "decimal", "data-trait": trait, "aria-describedby": error,
      ...(slider ? { "aria-label": `${plain(label)}, as a number` } : { id }),
    }, row);
    const problem = html("p", { class: "mle-error", id: error, role: "alert" }, row);
    const STEPS = 400;
    const toBar = (v, [lo, hi]) => (log ? Math.log(v / lo) / Math.log(hi / lo) * STEPS : v);
    const fromBar = (p, [lo, hi]) => (log ? lo * (hi / lo) ** (p / STEPS) : p);
    let last = 0; // the bar's position before an input event
    if (bar) {
      bar.addEventListener("input", () => {
        const now = get(this.state), limits = of(range), unit = of(step);
        let value = clamp(snap(fromBar(Number(bar.value), limits), unit), limits);
        // On a log scale one key press may be less than one unit: move by one all the same.
        if (value === now) value = clamp(now + Math.sign(Number(bar.value) - last) * unit, limits);
        say(problem, this.set(patch(value)));
      });
    }
    const typing = this.committed(box, () => {
      const value = box.valueAsNumber, [lo, hi] = of(range);
      const typed = box.validity.badInput ? "That" : box.value === "" ? "An empty box" : `“${box.value}”`;
      const wrong = !Number.isFinite(value) ? `${typed} is not a number`
        : value < lo || value > hi ? `${typed} is not between ${short(lo)} and ${short(hi)}`
        : whole && !Number.isInteger(value) ? `${typed} is not a whole number` : this.set(patch(value));
      say(problem, wrong ? `${wrong}. Kept ${short(get(this.state), 5)}.` : "");
      if (wrong) box.value = "";
      follow(this.state);
    });
    const follow = (s) => {
      const value = get(s), limits = of(range);
      row.hidden = !show(s);
      if (value !== follow.value && follow.value !== undefined) say(problem, "");
      follow.value = value;
      if (!typing()) {
        const shown = String(Number(value.toPrecision(5)));
        if (box.value !== shown) box.value = shown;
        set(box, { step: of(step) }); // for arrow keys in the box
      }
      if (bar) {
        set(bar, log ? { min: 0, max: STEPS, step: 1 } : { min: limits[0], max: limits[1], step: of(step) });
        last = toBar(value, limits);
        if (Number(bar.value) !== last) bar.value = last;
        set(bar, { "aria-valuetext": plain(text(s)) });
      }
    };
    this.followers.push(follow);
    return row;
  }

  // Calls `commit` when what was typed is meant: Enter, a spinner's click, leaving the box. (The change event
  // alone is not enough: it is not fired for a value that was there before.) Returns whether typing goes on.
  committed(box, commit) {
    let typing = false;
    const end = () => {
      if (!typing) return;
      typing = false;
      commit();
    };
    box.addEventListener("input", () => (typing = true));
    box.addEventListener("change", end);
    box.addEventListener("blur", end);
    box.addEventListener("keydown", (event) => event.key === "Enter" && end());
    return () => typing;
  }

  // One of a few: native radio buttons. options: [[value, label], …]
  // At the head of the plot with its name hidden, or in `place` with its name shown.
  choice({ trait, label, options, place, patch = (v) => ({ [trait]: v }) }) {
    const group = html("fieldset", { class: "mle-choice" });
    if (place) place.append(group);
    else this.root.prepend(group);
    html("legend", { class: place ? "mle-legend" : "mle-hidden" }, group).textContent = label;
    const name = this.id("choice");
    const inputs = options.map(([value, text]) => {
      const box = html("label", {}, group);
      const input = html("input", { type: "radio", name, value }, box);
      say(html("span", {}, box), text);
      input.addEventListener("change", () => {
        const wrong = this.set(patch(value));
        if (!wrong) return;
        say(this.message, `Refused: ${wrong}`);
        this.schedule(); // shows the old choice again
      });
      return input;
    });
    this.followers.push((s) => inputs.forEach((input) => (input.checked = input.value === s[trait])));
    return { group, inputs };
  }

  // A text box; parse returns a patch or throws an Error that says what is wrong.
  entry({ label, parse, format }) {
    const id = this.id("entry"), error = this.id("error");
    const row = this.row(label, "data", "mle-wide");
    say(html("label", { for: id }, row), label);
    const box = html("input", { type: "text", id, "aria-describedby": error, autocomplete: "off", spellcheck: "false" }, row);
    const problem = html("p", { class: "mle-error", id: error, role: "alert" }, row);
    const typing = this.committed(box, () => {
      let wrong;
      try {
        wrong = this.set(parse(box.value));
      } catch (refusal) {
        wrong = refusal.message;
      }
      say(problem, wrong ? `${wrong}. Kept the last good data.` : "");
      box.value = format(this.state);
    });
    this.followers.push((s) => {
      if (typing()) return;
      const text = format(s);
      if (box.value !== text) {
        box.value = text;
        say(problem, "");
      }
    });
  }

  button(label, action, kind = "") {
    this.bar ??= html("div", { class: "mle-actions" });
    if (!this.bar.parentNode) this.controls.after(this.bar);
    const node = html("button", { type: "button", class: `mle-button ${kind}` }, this.bar);
    say(node, label);
    node.addEventListener("click", action);
    return node;
  }

  // New sample (where `sample` makes a patch from a seed), with the seed shown, and reset.
  actions({ sample: draw } = {}) {
    if (draw) {
      const node = this.button("New sample", () => this.set({ seed: this.state.seed + 1, ...draw(this.state.seed + 1) }));
      const seed = html("span", { class: "mle-seed", "data-stat": "seed" }, this.bar);
      this.followers.push((s) => say(seed, `seed ${s.seed}`));
      set(node, { "data-action": "sample" });
    }
    set(this.button("Reset", () => this.set(this.initial)), { "data-action": "reset" });
  }

  // ---- handles ----

  // Something to drag. axis: "x", "y" or "xy"; at, range, step: in data units, [x, y] (range: [[lo, hi], …]);
  // patch: the change for a new [x, y]. Keys: arrows, Page Up/Down (ten steps), Home, End.
  // focus: false for a handle whose every value another handle reaches too.
  handle({ panel, label, axis = "x", idea = "data", at, range, step, patch, text, shape = "dot", focus = true,
           r = 8 }) {
    const node = svg("g", { class: `mle-handle mle-${axis}`, "data-handle": label }, panel.over);
    svg("circle", { r: 22, class: "mle-hit" }, node);
    svg("circle", { r: r + 5, class: "mle-ring" }, node);
    const fill = IDEAS[idea].color;
    if (shape === "dot") this.dot(node, { idea, r });
    else { // a grip with an arrow each way
      svg("circle", { r: 10, fill, stroke: "var(--mle-paper)", "stroke-width": 2 }, node);
      svg("path", { d: "M-2.5 -3.5L-6 0L-2.5 3.5M2.5 -3.5L6 0L2.5 3.5", class: "mle-arrows",
                    transform: axis === "y" ? "rotate(90)" : null }, node);
    }
    // `touch-action: none` alone does not stop panning on parts of an SVG drawing.
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    const main = axis === "y" ? 1 : 0;
    const handle = { panel, node, at, axis, range, patch, step };
    this.handles.push(handle);
    node.handle = handle;
    handle.moveTo = (x, y) => {
      const limits = range(this.state), unit = typeof step === "function" ? step(this.state) : step;
      const next = [x, y].map((v, i) => (limits[i] ? clamp(snap(v, unit[i]), limits[i]) : v));
      this.byHandle = true;
      const wrong = this.set(patch(next, this.state));
      if (wrong) say(this.message, `Refused: ${wrong}`);
    };
    node.addEventListener("keydown", (event) => {
      const [x, y] = at(this.state), unit = typeof step === "function" ? step(this.state) : step;
      const limits = range(this.state);
      const big = event.shiftKey ? 10 : 1;
      const along = (k) => (axis === "y" ? [x, y + k * unit[1]] : [x + k * unit[0], y]);
      const across = (k) => (axis === "xy" ? [x, y + k * unit[1]] : along(k));
      const end = (i) => (axis === "y" ? [x, limits[1][i]] : [limits[0][i], y]);
      const target = { ArrowRight: () => along(big), ArrowLeft: () => along(-big), ArrowUp: () => across(big),
        ArrowDown: () => across(-big), PageUp: () => across(10), PageDown: () => across(-10),
        Home: () => end(0), End: () => end(1) }[event.key];
      if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      handle.moveTo(...target());
    });
    this.followers.push((s) => {
      if (!node.parentNode) return;
      const where = at(s), limits = range(s);
      handle.px = [panel.x(where[0]), panel.y(where[1])];
      set(node, { transform: `translate(${px(handle.px[0])} ${px(handle.px[1])})` });
      if (focus) {
        // A slider from its first value on: a section far down the page is drawn late.
        if (!node.hasAttribute("role")) {
          set(node, { role: "slider", tabindex: 0, "aria-label": label,
                      "aria-orientation": axis === "y" ? "vertical" : "horizontal",
                      "aria-roledescription": axis === "xy" ? "two-dimensional slider" : null });
        }
        set(node, { "aria-valuenow": where[main], "aria-valuemin": limits[main][0], "aria-valuemax": limits[main][1],
                    "aria-valuetext": plain(text ? text(s) : String(where[main])) });
      }
    });
    return { node, remove: () => {
      node.remove();
      this.handles.splice(this.handles.indexOf(handle), 1);
    } };
  }

  // A handle for each item of a list (a number, or a pair where axis is "xy"), made and removed as their number
  // changes; none where there are more than `most`. Other settings as for a handle, `at` and `text` with the item's
  // number. Returns fit(s): brings them up to date and says whether there are any.
  points({ trait = "data", most = Infinity, label = "data point", axis = "x", at, text, ...more }) {
    const made = [], pair = axis === "xy";
    const fit = (s) => {
      const list = s[trait], count = list.length > most ? 0 : list.length;
      while (made.length > count) made.pop().remove();
      while (made.length < count) {
        const i = made.length;
        made.push(this.handle({
          ...more, axis, label: `${label} ${i + 1}`,
          at: (s) => at?.(s, i) ?? (pair ? s[trait][i] : [s[trait][i], 0]),
          patch: (to, s) => ({ [trait]: s[trait].map((old, j) => (j === i ? (pair ? to : to[0]) : old)) }),
          text: (s) => text?.(s, i) ?? `y ${i + 1} is ${short(s[trait][i])}`,
        }));
      }
      return count > 0;
    };
    fit(this.state);
    return fit;
  }

  // A click beside the handles: patch from [x, y] in the panel's data units.
  tap(panel, patch) {
    this.svg.addEventListener("click", (event) => {
      const box = this.svg.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      const inside = x > panel.left && x < panel.left + panel.width && y > panel.top && y < panel.top + panel.height;
      if (!inside || event.target.closest(".mle-handle")) return;
      this.byHandle = true;
      this.set(patch(panel.invert(x, y)));
    });
  }

  // Hit areas are 44 px wide and overlap: the nearest handle is meant.
  grab(event) {
    if (!event.target.closest(".mle-handle") || event.button > 0) return;
    const box = this.svg.getBoundingClientRect();
    const place = (e) => [e.clientX - box.left, e.clientY - box.top];
    const [x, y] = place(event);
    const distance = (h) => Math.hypot(h.px[0] - x, h.px[1] - y);
    const handle = this.handles.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    const { node, panel } = handle;
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    node.classList.add("mle-held");
    this.held = true; // a plot may draw less while it is dragged
    const [dx, dy] = [handle.px[0] - x, handle.px[1] - y];
    const move = (e) => {
      if (e.pointerId !== event.pointerId) return;
      const [px, py] = place(e);
      const [u, v] = panel.invert(px + dx, py + dy), [x0, y0] = handle.at(this.state);
      handle.moveTo(handle.axis === "y" ? x0 : u, handle.axis === "x" ? y0 : v);
    };
    const drop = (e) => {
      if (e.pointerId !== event.pointerId) return;
      node.classList.remove("mle-held");
      this.held = false;
      this.schedule();
      for (const [type, listener] of listeners) node.removeEventListener(type, listener);
    };
    const listeners = [["pointermove", move], ["pointerup", drop], ["pointercancel", drop], ["lostpointercapture", drop]];
    for (const [type, listener] of listeners) node.addEventListener(type, listener);
  }
}

// The anywidget front-end module of a plot: use as its default export.
export const explorable = (plot) => ({
  render({ model, el }) {
    const view = new View(plot, model, el);
    return () => view.remove();
  },
});
