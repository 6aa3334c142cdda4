// A prior against data for one mean, and the shape of a penalty against the likelihood of two weights.

import { erfcx, generator, logNormalCdf } from "./numerics.mjs";
import { penalized } from "./penalties.mjs";
import { clamp, explorable, fixed, polyline, px, sample, say, set, short, svg } from "./kit.mjs";

const TRUTH = 2, SIGMA = 2, FLOOR = -8, AXIS = [-4, 6], PLANE = [-3.2, 3.2], MOST = 8;
const RANGES = { center: [-5, 7], scale: [0.05, 5], w1: [-3, 3], w2: [-3, 3], rho: [-0.9, 0.9], strength: [0, MOST], q: [1, 2] };

function check(s) {
  for (const [name, [lo, hi]] of Object.entries(RANGES)) if (!(s[name] >= lo && s[name] <= hi)) return `${name} must be between ${lo} and ${hi}`;
  return Number.isInteger(s.n) && s.n >= 1 && s.n <= 1000 ? "" : "_n_ must be a whole number from 1 to 1000";
}

// Mean of the first n observations of a seed; a larger n continues the sample.
let seed, source, sums;
function meanOf(s) {
  if (s.seed !== seed) [seed, source, sums] = [s.seed, generator(s.seed), [0]];
  while (sums.length <= s.n) sums.push(sums.at(-1) + source.normal(TRUTH, SIGMA));
  return sums[s.n] / s.n;
}

// φ/Φ, and the mean of a normal between two ends, both far into the tails.
const hazard = (z) => Math.exp(-z * z / 2 - Math.log(2 * Math.PI) / 2 - logNormalCdf(z));
function truncatedMean(m, s, lo, hi) {
  const a = (lo - m) / s, b = (hi - m) / s;
  if (b < 0) return -truncatedMean(-m, s, -hi, -lo);
  if (a > 0) {
    const gone = Math.exp(-(b - a) * (b + a) / 2);
    return m + s * (1 - gone) / (Math.sqrt(Math.PI / 2) * (erfcx(a / Math.SQRT2) - gone * erfcx(b / Math.SQRT2)));
  }
  const phi = (z) => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  return m + s * (phi(a) - phi(b)) / (1 - Math.exp(logNormalCdf(a)) - Math.exp(logNormalCdf(-b)));
}

// Per prior of center c and standard deviation s, for a mean y with standard error e: its log density up to a
// constant, and the posterior's mode and mean.
const box = (c, s) => [c - Math.sqrt(3) * s, c + Math.sqrt(3) * s];
const PRIORS = {
  normal: { log: (x, c, s) => -0.5 * ((x - c) / s) ** 2,
            map: (y, e, c, s) => (y * s * s + c * e * e) / (s * s + e * e), mean: (...a) => PRIORS.normal.map(...a) },
  laplace: {
    log: (x, c, s) => -Math.SQRT2 * Math.abs(x - c) / s,
    map: (y, e, c, s) => c + Math.sign(y - c) * Math.max(0, Math.abs(y - c) - e * e * Math.SQRT2 / s),
    mean(y, e, c, s) { // two halves of normals, glued at the center
      const shift = e * e * Math.SQRT2 / s, left = (c - y - shift) / e, right = (y - shift - c) / e;
      const odds = logNormalCdf(left) + left * left / 2 - logNormalCdf(right) - right * right / 2, weight = 1 / (1 + Math.exp(-odds));
      return weight * (y + shift - e * hazard(left)) + (1 - weight) * (y - shift + e * hazard(right));
    },
  },
  box: { log: (x, c, s) => { const [lo, hi] = box(c, s); return x >= lo && x <= hi ? 0 : -Infinity; },
         map: (y, e, c, s) => clamp(y, box(c, s)), mean: (y, e, c, s) => truncatedMean(y, e, ...box(c, s)) },
};

export default explorable({
  name: "prior_against_data",
  title: "Prior against data",
  traits: ["show", "center", "scale", "n", "w1", "w2", "rho", "strength", "q", "seed"],
  check,
  build(ui) {
    const ofMean = (s) => s.show !== "weights", ofWeights = (s) => !ofMean(s);
    const stats = [ui.stat("mle", "MLE", "likelihood"), ui.stat("map", "MAP", "posterior"), ui.stat("mean", "posterior mean", "posterior"), ui.stat("shift", "MAP − MLE", "prior")];
    const [mleStat, mapStat, meanStat, shiftStat] = stats;
    ui.choice({ trait: "show", label: "What is shown", options: [["normal", "Gaussian prior"], ["laplace", "Laplace prior"], ["box", "Box prior"], ["weights", "Two weights"]] });
    const over = ui.panel(), under = ui.panel(), mark = (parent, d, idea) => svg("path", {
      d, fill: `var(--mle-${idea})`, stroke: "var(--mle-paper)", "stroke-width": 1.5, "aria-hidden": "true" }, parent);
    const DIAMOND = "M0 -7L7 0L0 7L-7 0Z", TRIANGLE = "M0 -8L7.5 6L-7.5 6Z";

    // One mean: three curves in both panels.
    const mean = [over, under].map((panel) => svg("g", {}, panel.marks));
    const fill = ui.path(mean[0], { idea: "posterior", fill: true, opacity: 0.12 });
    const truth = mean.map((parent) => ui.path(parent, { idea: "truth", width: 1.5 }));
    const curves = ["prior", "likelihood", "posterior"].map((idea) => mean.map((parent) => ui.path(parent, { idea, width: 2.2 })));
    const drops = [["likelihood", DIAMOND], ["posterior", TRIANGLE]].map(([idea, d]) => ({
      line: ui.path(mean[1], { idea, width: 1, dash: false, opacity: 0.6 }), mark: mark(over.over, d, idea) }));
    const labels = ["prior", "likelihood", "posterior", "truth"].map((idea) => ui.text(over.over, { idea }));

    // Two weights: the plane, and the path against the penalty.
    const plane = svg("g", {}, over.marks), course = svg("g", {}, under.marks);
    const cross = ui.path(plane, { idea: "muted", width: 1, dash: false, opacity: 0.5 });
    const rings = ui.path(plane, { idea: "likelihood", width: 1, dash: false, opacity: 0.5 });
    const touching = ui.path(plane, { idea: "likelihood", width: 2 });
    const shape = ui.path(plane, { idea: "prior", fill: true, opacity: 0.12 }), edge = ui.path(plane, { idea: "prior" });
    const walk = ui.path(plane, { idea: "posterior", width: 2, dash: false });
    const now = mark(plane, TRIANGLE, "posterior");
    const zero = ui.path(course, { idea: "muted", width: 1, dash: false });
    const lines = [null, "5 3"].map((dash) => ui.path(course, { idea: "posterior", width: 2.2, dash: false, "stroke-dasharray": dash }));
    const names = ["_w_₁", "_w_₂"].map(() => ui.text(under.over, { idea: "posterior" }));
    const cut = ui.path(course, { idea: "prior", width: 1.5 });
    const dots = lines.map(() => ui.dot(course, { idea: "posterior", r: 4.5, "aria-hidden": "true" }));

    const grip = (o) => ui.handle({ idea: "prior", ...o });
    const handles = [
      [ofMean, grip({ panel: over, label: "prior center", shape: "grip", at: (s) => [s.center, 0], range: () => [RANGES.center], step: [0.05],
                      patch: ([center]) => ({ center }), text: (s) => `prior center ${short(s.center)}` })],
      [ofMean, grip({ panel: over, label: "prior scale", r: 7, at: (s) => [s.center + s.scale, 0.6], range: (s) => [[s.center + 0.05, s.center + 5]], step: [0.05],
                      patch: ([edge], s) => ({ scale: clamp(Number((edge - s.center).toFixed(4)), RANGES.scale) }), text: (s) => `prior standard deviation ${short(s.scale)}` })],
      [ofWeights, grip({ panel: over, label: "top of the likelihood", axis: "xy", idea: "likelihood", at: (s) => [s.w1, s.w2], range: () => [RANGES.w1, RANGES.w2], step: [0.05, 0.05],
                         patch: ([w1, w2]) => ({ w1, w2 }), text: (s) => `w 1 is ${short(s.w1)}, w 2 is ${short(s.w2)}` })],
      [ofWeights, grip({ panel: under, label: "penalty weight", shape: "grip", at: (s) => [s.strength, under.domain?.y[0] ?? 0], range: () => [RANGES.strength], step: [0.05],
                         patch: ([strength]) => ({ strength }), text: (s) => `penalty weight ${short(s.strength)}` })],
    ];
    const control = (trait, label, idea, show, more) => ui.control({ trait, label, idea, show, range: RANGES[trait], step: 0.05, text: (s) => `${trait} ${short(s[trait])}`, ...more });
    control("center", "prior center", "prior", ofMean);
    control("scale", "prior s.d. _τ_", "prior", ofMean, { log: true, step: 0.01 });
    control("n", "_n_", "data", ofMean, { range: [1, 1000], step: 1, log: true, whole: true, text: (s) => `${s.n} observations` });
    control("strength", "penalty _λ_", "prior", ofWeights);
    control("q", "exponent _q_", "prior", ofWeights, { text: (s) => `exponent ${s.q}${s.q === 1 ? ", the diamond" : s.q === 2 ? ", the ball" : ""}` });
    control("rho", "lean _ρ_", "likelihood", ofWeights);
    ui.actions({ sample: () => ({}) });

    const place = (node, panel, x, y) => set(node, { transform: `translate(${px(panel.x(x))} ${px(panel.y(y))})` });

    function drawMean(s) {
      const law = PRIORS[s.show], y = meanOf(s), e = SIGMA / Math.sqrt(s.n), c = s.center;
      const best = law.map(y, e, c, s.scale), middle = law.mean(y, e, c, s.scale), shift = (best - y) / e;
      const left = 34, width = ui.width - left - 12, x = [Math.min(AXIS[0], c - 2), Math.max(AXIS[1], c + 2)];
      const high = ui.width > 560 ? 176 : 210, deep = high - 24;
      over.layout({ left, top: 44, width, height: high, x, y: [0, 1.12], yTicks: 0, xTicks: 0, yLabelAt: 0, yLabel: "densities in _θ_, each drawn to height 1" });
      under.layout({ left, top: high + 92, width, height: deep, x, y: [FLOOR, 0.6], xLabel: "_θ_", yTicks: 4, yLabelAt: 0, yLabel: "logarithms: the posterior’s is the sum" });
      ui.height(high + deep + 134);
      const log = [(t) => law.log(t, c, s.scale), (t) => -0.5 * ((t - y) / e) ** 2];
      log.push((t) => log[0](t) + log[1](t) - log[0](best) - log[1](best));
      const [lo, hi] = box(c, s.scale), near = (m, w, k) => sample([m - 5 * w, m + 5 * w], k, () => 0).map(([t]) => t);
      const at = [...near((x[0] + x[1]) / 2, (x[1] - x[0]) / 10, 80), ...near(y, e, 80), ...near(best, Math.min(e, s.scale), 60), ...near(c, s.scale, 60), c, best,
                  ...(s.show === "box" ? [lo - 1e-9, lo, hi, hi + 1e-9] : [])].filter((t) => t >= x[0] && t <= x[1]).sort((a, b) => a - b);
      curves.forEach(([above, below], i) => {
        const heights = at.map((t) => [t, log[i](t)]), d = polyline(over, heights.map(([t, h]) => [t, Math.exp(h)]));
        set(above, { d });
        if (i === 2) set(fill, { d: `${d}V${px(over.y(0))}H${px(over.x(at[0]))}Z` });
        set(below, { d: polyline(under, heights.map(([t, h]) => [t, Math.max(h, 2 * FLOOR)])) });
      });
      truth.forEach((line, i) => set(line, { d: polyline([over, under][i], [[TRUTH, -99], [TRUTH, 99]]) }));
      [y, best].forEach((t, i) => {
        set(drops[i].line, { d: polyline(under, [[t, -99], [t, 99]]) });
        place(drops[i].mark, over, t, 1);
      });
      const crowded = Math.abs(over.x(best) - over.x(y)) < 40;
      const apart = crowded ? (best < y ? -10 : 10) : 0, anchor = (d) => (d ? (d < 0 ? "end" : "start") : "middle"); // MAP and MLE on their own sides
      [["prior", s.show === "box" ? box(c, s.scale)[0] : c - s.scale, 0.6, -6, 4, "end"], ["MLE", y, 1, -apart, -12, anchor(-apart)], ["MAP", best, 1, apart, -12, anchor(apart)],
       ["_θ_*", TRUTH, 0, 5, -6, "start"]].forEach(([name, t, h, dx, dy, side], i) => {
        say(labels[i], name);
        set(labels[i], { x: clamp(over.x(t) + dx, [left + 28, left + width - 14]), y: over.y(h) + dy, "text-anchor": side });
      });
      mleStat.name("MLE, the mean _ȳ_");
      mleStat.set(y, fixed(y, 3), `standard error ${short(e, 3)}`);
      mapStat.name("MAP, the top");
      mapStat.set(best, fixed(best, 3), s.show === "box" && (best === lo || best === hi) ? "edge of the box" : s.show === "laplace" && best === c ? "exactly the prior center" : `truth ${TRUTH}`);
      meanStat.name("posterior mean");
      meanStat.set(middle, fixed(middle, 3), Math.abs(middle - best) < 5e-4 ? "the same point" : "not the same point");
      shiftStat.name("the prior’s pull");
      shiftStat.set(shift, fixed(shift, 2), "standard errors");
      return `n ${s.n}: MLE ${fixed(y, 2)}, MAP ${fixed(best, 2)}, posterior mean ${fixed(middle, 2)}; the prior pulls by ${fixed(shift, 2)} standard errors`;
    }

    function drawWeights(s) {
      const top = [s.w1, s.w2], w = penalized(top, s.rho, s.strength, s.q);
      const wide = ui.width > 560, side = wide ? 372 : Math.min(ui.width - 44, 262), left = 34;
      over.layout({ left, top: 26, width: side, height: side, x: PLANE, y: PLANE, xLabel: "_w_₁", yLabel: "_w_₂", yLabelAt: 0, xTicks: 6, yTicks: 6, yAxis: true });
      const low = Math.min(0, ...top) - 0.3, high = Math.max(0, ...top) + 0.4;
      under.layout(wide ? { left: left + side + 56, top: 26, width: ui.width - left - side - 70, height: side, x: RANGES.strength, y: [low, high], xLabel: "penalty _λ_", yLabel: "weights", xTicks: 4, xTextAt: 23 }
        : { left, top: side + 98, width: ui.width - left - 14, height: 124, x: RANGES.strength, y: [low, high], xLabel: "penalty _λ_", yLabel: "weights", yLabelAt: 0, xTextAt: 23 });
      ui.height(wide ? 462 : side + 272);
      set(cross, { d: polyline(over, [[-9, 0], [9, 0]]) + polyline(over, [[0, -9], [0, 9]]) });
      // The ellipse of squared radius r²: ŵ + r R^(−1/2) (cos, sin).
      const p = 1 / Math.sqrt(1 + s.rho), m = 1 / Math.sqrt(1 - s.rho);
      const ellipse = (r) => `${polyline(over, sample([0, 2 * Math.PI], 90, (a) => a).map(([a]) => {
        const u = r * p * Math.cos(a) / Math.SQRT2, v = r * m * Math.sin(a) / Math.SQRT2;
        return [s.w1 + u - v, s.w2 + u + v];
      }))}Z`;
      const [g, h] = [w[0] - s.w1, w[1] - s.w2];
      set(rings, { d: [0.5, 1, 1.5, 2, 2.5].map(ellipse).join("") });
      set(touching, { d: ellipse(Math.sqrt(Math.max(0, g * g + h * h + 2 * s.rho * g * h))) });
      const budget = (Math.abs(w[0]) ** s.q + Math.abs(w[1]) ** s.q) ** (1 / s.q), power = (v) => Math.sign(v) * Math.abs(v) ** (2 / s.q);
      const ball = `${polyline(over, sample([0, 2 * Math.PI], 120, (a) => a).map(([a]) => [budget * power(Math.cos(a)), budget * power(Math.sin(a))]))}Z`;
      set(shape, { d: ball });
      set(edge, { d: ball });
      let from = top;
      const path = sample(RANGES.strength, 100, (k) => (from = penalized(top, s.rho, k, s.q, 1e-4, from)));
      set(walk, { d: polyline(over, path.map(([, v]) => v)) });
      place(now, over, ...w);
      set(zero, { d: polyline(under, [[-1, 0], [99, 0]]) });
      lines.forEach((line, i) => {
        set(line, { d: polyline(under, path.map(([k, v]) => [k, v[i]])) });
        set(dots[i], { cx: px(under.x(s.strength)), cy: px(under.y(w[i])) });
        say(names[i], i ? "_w_₂" : "_w_₁");
        const crowded = Math.abs(under.y(s.w1) - under.y(s.w2)) < 16 && (i === 1) === (s.w2 < s.w1);
        set(names[i], { x: under.left + 6, y: under.y(top[i]) + (crowded ? 18 : -4) });
      });
      set(cut, { d: polyline(under, [[s.strength, -99], [s.strength, 99]]) });
      const zeros = w.filter((v) => v === 0).length, pair = ([a, b]) => `${fixed(a, 3)}, ${fixed(b, 3)}`;
      mleStat.name("MLE _w_₁, _w_₂");
      mleStat.set(top.join(), pair(top), "no penalty");
      mapStat.name("MAP _w_₁, _w_₂");
      mapStat.set(w.join(), pair(w), `penalty ${short(s.strength)}`);
      meanStat.name("exactly zero");
      meanStat.set(zeros, `${zeros} of 2`, s.q === 1 ? "the corner" : "no corner: only λ = ∞");
      shiftStat.name("shape of the prior");
      shiftStat.set(s.q, s.q === 1 ? "diamond" : s.q === 2 ? "ball" : "between", s.q === 1 ? "Laplace" : s.q === 2 ? "Gaussian" : `exponent ${s.q}`);
      return `penalty ${short(s.strength)}, exponent ${s.q}: w 1 ${fixed(w[0], 2)}, w 2 ${fixed(w[1], 2)}; exactly zero: ${zeros}`;
    }

    let shown = "";
    return (s) => {
      if (s.show !== shown) {
        shown = s.show;
        for (const node of [...mean, ...drops.map((d) => d.mark), ...labels]) set(node, { display: ofMean(s) ? null : "none" });
        for (const node of [plane, course, ...names]) set(node, { display: ofMean(s) ? "none" : null });
        for (const node of ui.bar.querySelectorAll('[data-action="sample"], [data-stat="seed"]')) set(node, { hidden: ofWeights(s) });
        for (const [test, { node }] of handles) set(node, { display: test(s) ? null : "none" });
      }
      return ofMean(s) ? drawMean(s) : drawWeights(s);
    };
  },
});
