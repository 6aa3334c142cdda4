// One sigmoid, two losses: their landscapes over the weights, gradient descent on both from one start.

import { backtrack, contours, descend, generator, logitLoss, newtonDirection, sigmoid } from "./numerics.mjs";
import { clamp, explorable, fixed, html, polyline, px, roundUp, sample, set, short, svg } from "./kit.mjs";

const N = 40, SLOPE = 2, REACH = 10, MOST_STEPS = 1000;
const LEVELS = 12, GRID = 41;
// Largest curvature in the logit; of squared error it is at the larger root of 12p² − 9p + 1.
const STEEPEST = { crossEntropy: 0.25, squaredError: Math.abs(logitLoss.squaredError.curvature(Math.log((9 + Math.sqrt(33)) / (15 - Math.sqrt(33))))) };
const LOSSES = [["crossEntropy", "likelihood", "cross-entropy"], ["squaredError", "wrong", "squared error"]];

// Rows ±(1, x), so that a row times w is the logit in favor of the row's label.
function drawRows(seed, classes) {
  const source = generator(seed), separable = classes === "separable";
  for (;;) {
    const xs = Array.from({ length: N }, () => Math.floor(source.normal() * 100 + 0.5) / 100);
    const chance = xs.map(() => source.uniform());
    const ys = xs.map((x, i) => (separable ? x > 0 : chance[i] < sigmoid(SLOPE * x)));
    const one = xs.filter((_, i) => ys[i]), zero = xs.filter((_, i) => !ys[i]);
    if (one.length && zero.length && (Math.min(...one) > Math.max(...zero)) === separable) return xs.map((x, i) => (ys[i] ? [1, x] : [-1, -x]));
  }
}
const mean = (rows, f, [a, b]) => rows.reduce((sum, [u, v]) => sum + f(a * u + b * v), 0) / rows.length;
// Largest eigenvalue of the mean of rowᵀrow.
function stretch(rows) {
  const of = (k, l) => rows.reduce((sum, r) => sum + r[k] * r[l], 0) / rows.length;
  const [p, q, r] = [of(0, 0), of(0, 1), of(1, 1)];
  return (p + r) / 2 + Math.hypot((p - r) / 2, q);
}
function minimize(rows, { value, slope, curvature }, start) {
  let w = start;
  for (let k = 0; k < 60; k++) {
    const g = [0, 0], h = [0, 0, 0];
    for (const [u, v] of rows) {
      const t = w[0] * u + w[1] * v, d = slope(t), c = curvature(t);
      g[0] -= d * u; g[1] -= d * v;
      h[0] -= c * u * u; h[1] -= c * u * v; h[2] -= c * v * v;
    }
    w = backtrack((a, b) => -rows.length * mean(rows, value, [a, b]), w, newtonDirection(g, h).direction, g).point;
  }
  return w;
}

function check(s) {
  for (const [value, name] of [[s.start_intercept, "the start’s _w_₀"], [s.start_slope, "the start’s _w_₁"]]) {
    if (!(Math.abs(value) <= 100)) return `${name} must be a number from −100 to 100`;
  }
  if (!(Number.isInteger(s.steps) && s.steps >= 0 && s.steps <= MOST_STEPS)) return "the number of steps must be a whole number from 0 to 1000";
  if (!(s.rate > 0 && s.rate <= 10)) return "the step must be above 0 and at most 10 times the safe one";
  return "";
}

export default explorable({
  name: "two_losses",
  title: "Two losses, one sigmoid",
  traits: ["classes", "start_intercept", "start_slope", "steps", "rate", "seed"],
  check,
  build(ui) {
    ui.choice({ trait: "classes", label: "The two classes", options: [["overlapping", "Classes overlap"], ["separable", "Classes separable"]] });
    const sides = LOSSES.map(([name, idea, title], i) => {
      const key = i ? "se" : "ce";
      const numbers = [ui.stat(`${key}_loss`, title, idea), ui.stat(`${key}_accuracy`, "accuracy", idea), ui.stat(`${key}_norm`, "‖_w_‖", idea)];
      const map = ui.panel();
      const rings = Array.from({ length: LEVELS }, () => svg("path", { fill: `var(--mle-${idea})`, "fill-opacity": 0.06, stroke: `var(--mle-${idea})`,
        "stroke-opacity": 0.3, "stroke-width": 0.8, "aria-hidden": "true" }, map.marks));
      const bottom = svg("path", { d: "M0 -6L6 0L0 6L-6 0Z", fill: "var(--mle-paper)", stroke: `var(--mle-${idea})`, "stroke-width": 1.8, "aria-hidden": "true" }, map.marks);
      const path = ui.path(map.marks, { idea: "data", width: 1.6 });
      const marks = ui.path(map.marks, { idea: "data", width: 4.8, "stroke-linecap": "round" });
      const end = ui.dot(map.marks, { idea, r: 6.5, "aria-hidden": "true" });
      return { name, idea, title, numbers, map, rings, bottom, path, marks, end, weights: new Float64Array(2 * MOST_STEPS + 2) };
    });
    const pull = ui.panel(), growth = ui.panel();
    for (const side of sides) {
      side.pull = ui.path(pull.marks, { idea: side.idea, width: 2.5 });
      side.growth = ui.path(growth.marks, { idea: side.idea, width: 2.5 });
      side.label = ui.text(pull.over, { idea: side.idea });
      side.label.textContent = side.title;
    }
    // All examples of a loss are one path of dots, with a rim below it: two changes a frame instead of eighty.
    for (const side of sides) {
      side.rim = svg("path", { stroke: "var(--mle-paper)", "stroke-width": 8.4, "stroke-linecap": "round", "aria-hidden": "true" }, pull.marks);
      side.crowd = ui.path(pull.marks, { idea: side.idea, width: 6.4, dash: false, "stroke-linecap": "round" });
    }
    const dots = (panel, points) => points.map(([x, y]) => `M${px(panel.x(x))} ${px(panel.y(y))}h0`).join("");

    const range = [-REACH, REACH], step = [0.1, 0.1];
    const patch = ([start_intercept, start_slope]) => ({ start_intercept: clamp(start_intercept, range), start_slope: clamp(start_slope, range) });
    sides.forEach((side, i) => {
      ui.handle({
        panel: side.map, label: i ? "start, on squared error" : "start", axis: "xy", r: 7, focus: !i,
        at: (s) => [clamp(s.start_intercept, range), clamp(s.start_slope, range)], range: () => [range, range], step, patch,
        text: (s) => `w 0 is ${short(s.start_intercept)}, w 1 is ${short(s.start_slope)}`,
      });
      ui.tap(side.map, ([a, b]) => patch([Number(a.toFixed(1)), Number(b.toFixed(1))]));
    });
    ui.control({ trait: "start_intercept", label: "start _w_₀", range, step: 0.1 });
    ui.control({ trait: "start_slope", label: "start _w_₁", range, step: 0.1 });
    ui.control({ trait: "steps", label: "steps", range: [0, MOST_STEPS], step: 1, whole: true, text: (s) => `${s.steps} steps` });
    ui.control({ trait: "rate", label: "step size", range: [0.1, 10], step: 0.01, log: true, text: (s) => `${short(s.rate)} times the safe step` });
    const button = (label, name, action, kind) => set(ui.button(label, action, kind), { "data-action": name });
    button("Step", "step", () => ui.set({ steps: Math.min(ui.state.steps + 1, MOST_STEPS) }), "mle-strong");
    button("Run", "run", () => {
      const from = (ui.state.steps >= MOST_STEPS ? 0 : ui.state.steps) + 1; // at the end: once more from the start
      ui.animate(4000, (t) => ui.set({ steps: Math.round(from * ((MOST_STEPS + 1) / from) ** t) - 1 }));
    }, "mle-strong");
    button("To the start", "restart", () => ui.set({ steps: 0 }));
    ui.actions({ sample: () => ({}) }); // the seed is the sample
    const counter = html("p", { class: "mle-counter", "data-stat": "remark" }, ui.bar);

    let rows, drawn = "", mapped = "", begun = "";
    return (s) => {
      const sampled = `${s.seed} ${s.classes}`, fresh = sampled !== drawn;
      if (fresh) {
        rows = drawRows(s.seed, s.classes);
        const widest = stretch(rows);
        let least = [0, 0];
        for (const side of sides) {
          const loss = logitLoss[side.name];
          side.safe = 1 / (STEEPEST[side.name] * widest);
          // Squared error has other valleys: the one near the MLE is meant.
          if (s.classes === "overlapping") side.least = least = minimize(rows, loss, least);
          const at = (k) => -REACH + 2 * REACH * k / (GRID - 1);
          side.values = Float64Array.from({ length: GRID * GRID }, (_, k) => -mean(rows, loss.value, [at(k % GRID), at(Math.floor(k / GRID))]));
          const sorted = side.values.toSorted();
          side.levels = Array.from({ length: LEVELS }, (_, k) => sorted[Math.floor((0.02 + 0.96 * k / (LEVELS - 1)) * (sorted.length - 1))]);
        }
        drawn = sampled;
      }
      const begin = `${sampled} ${s.start_intercept} ${s.start_slope} ${s.rate}`;
      for (const side of sides) {
        if (begin !== begun) {
          side.weights[0] = s.start_intercept;
          side.weights[1] = s.start_slope;
          side.done = 0;
        }
        if (s.steps > side.done) {
          descend(side.name, rows, side.weights, side.done, s.steps, s.rate * side.safe);
          side.done = s.steps;
        }
      }
      begun = begin;

      // ---- the maps ----
      const wide = ui.width > 560, gap = wide ? 44 : 14, left = wide ? 40 : 28, size = Math.floor((ui.width - left - gap - 6) / 2), top = 26;
      const area = { top, width: size, height: size, x: range, y: range, grid: false, yAxis: true, xTicks: wide ? size / 60 : 4, yTicks: size / 60,
        xText: (v) => (wide || Math.abs(v) < REACH ? short(v) : "") };
      sides[0].map.layout({ ...area, left, yLabel: "cross-entropy: _w_₁", xLabel: "_w_₀" });
      sides[1].map.layout({ ...area, left: left + size + gap, yLabel: "squared error: _w_₁", xLabel: "_w_₀", yTicks: wide ? size / 60 : 0 });
      const scale = size / (GRID - 1), outline = `${drawn} ${size}`;
      for (const side of sides) {
        const { map } = side, at = (k) => [side.weights[2 * k], side.weights[2 * k + 1]];
        if (mapped !== outline) {
          side.levels.forEach((level, k) => {
            let d = "";
            for (const ring of contours(side.values, GRID, GRID, level)) {
              d += `M${ring.map(([i, j]) => `${px(map.left + i * scale)} ${px(top + size - j * scale)}`).join("L")}Z`;
            }
            set(side.rings[k], { d });
          });
        }
        side.bottom.style.display = s.classes === "overlapping" ? "" : "none";
        if (s.classes === "overlapping") set(side.bottom, { transform: `translate(${px(map.x(side.least[0]))} ${px(map.y(side.least[1]))})` });
        // Every step to the hundredth, then ever fewer: what a line of a pixel's width can show.
        const shown = [];
        for (let k = 0; k < s.steps; k += Math.ceil((k + 1) / 100)) shown.push(k);
        shown.push(s.steps);
        set(side.path, { d: polyline(map, shown.map(at)) });
        set(side.marks, { d: dots(map, shown.slice(0, 40).map(at)) });
        const w = side.w = at(s.steps);
        set(side.end, { cx: px(map.x(w[0])), cy: px(map.y(w[1])) });
        side.shown = shown;
        side.norm = (k) => Math.hypot(...at(k));
      }
      mapped = outline;

      // ---- the pull on each example, and the length of w ----
      const low = 120, second = top + size + (wide ? 76 : 72), third = wide ? second : second + low + 74, half = wide ? size : ui.width - left - 8;
      pull.layout({ left, top: second, width: half, height: low, x: range, y: [0, 1.08], xTicks: half / 60, yTicks: 2, yLabelAt: wide ? left : 0,
                    yLabel: "pull on the logit", xLabel: "logit in favor of the label" });
      const highest = roundUp(1.05 * Math.max(1, ...sides.flatMap((side) => side.shown.map(side.norm))));
      growth.layout({ left: wide ? left + size + gap : left, top: third, width: half, height: low, x: [0, 3], y: [0, highest], xTicks: 3, yTicks: 2,
                      xText: (v) => (Number.isInteger(v) ? String(10 ** v) : ""), yLabelAt: wide ? left + size + gap : 0, yLabel: "‖_w_‖", xLabel: "1 + steps" });
      ui.height(third + low + 44);
      for (const side of sides) {
        const { slope, value } = logitLoss[side.name], w = side.w, force = (t) => -slope(t);
        const logits = rows.map(([u, v]) => w[0] * u + w[1] * v), [loss, accuracy, norm] = side.numbers;
        if (!side.pull.hasAttribute("d") || side.half !== half) set(side.pull, { d: polyline(pull, sample(range, 80, force)) });
        side.half = half;
        const crowd = dots(pull, logits.map((t) => [clamp(t, range), force(t)]));
        set(side.rim, { d: crowd });
        set(side.crowd, { d: crowd });
        set(side.growth, { d: polyline(growth, side.shown.map((k) => [Math.log10(k + 1), side.norm(k)])) });
        const now = logits.reduce((sum, t) => sum + value(t), 0) / N, right = logits.filter((t, i) => t > 0 || (t === 0 && rows[i][0] < 0)).length / N, still = logits.reduce((sum, t) => sum + force(t), 0) / N;
        loss.set(now, fixed(now, 4), `pull ${short(still, 2)}`);
        accuracy.set(right, `${fixed(100 * right, 1)} %`);
        norm.set(side.norm(s.steps), short(side.norm(s.steps)));
        side.now = now;
      }
      set(sides[0].label, { x: pull.x(-REACH) + 8, y: pull.y(1) + 20 });
      set(sides[1].label, { x: pull.x(-REACH) + 8, y: pull.y(0) - 10 });
      counter.textContent = s.classes === "separable" ? "A threshold is right about every example: neither loss has a minimum, and ‖w‖ has no bound. Start both at 0 and run."
        : "Drag the start in either map; the diamonds mark the minima.";
      const spoken = sides.map((side) => `${side.title} ${fixed(side.now, 4)}, length of w ${short(side.norm(s.steps))}`).join("; ");
      return `after ${s.steps} steps: ${spoken}`;
    };
  },
});
