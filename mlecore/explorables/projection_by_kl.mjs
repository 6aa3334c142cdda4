// A normal model f over a truth g with two bumps: the integrand of KL(g ‖ f) or KL(f ‖ g), and what is minimized,
// along the model's mean and along its spread, in the population and in a sample.

import { generator, logDensity } from "./numerics.mjs";
import { twoBumps } from "./two_bumps.mjs";
import { clamp, explorable, fixed, polyline, roundUp, sample, say, set, short, trace } from "./kit.mjs";

const VIEW = [-10, 10], MU = [-6, 6], SIGMA = [0.3, 5], GAP = [0, 8], MOST = 1000;

// Mean and variance of the first n draws behind a seed, and the draws: a larger n adds to the same sample.
let drawnKey, drawn;
function drawData(seed, gap, n) {
  const key = `${seed} ${gap} ${n}`;
  if (key === drawnKey) return drawn;
  const source = generator(seed), data = Array.from({ length: n }, () => twoBumps.draw(source, gap));
  const mean = data.reduce((sum, y) => sum + y, 0) / n;
  drawnKey = key;
  return (drawn = { data, mean, square: data.reduce((sum, y) => sum + (y - mean) ** 2, 0) / n });
}
// Minus the mean log density of a normal over anything with this mean and variance.
const normalRisk = (mu, sigma, mean, square) => -logDensity.normal(mean, mu, sigma) + square / (2 * sigma * sigma);

// What only the gap decides.
let known = {};
function truth(gap) {
  if (known.gap === gap) return known;
  const [mean, spread] = twoBumps.moments(gap);
  const ends = [-gap / 2, gap / 2].map((mu) => twoBumps.downhill(gap, [mu, 1]));
  const depths = ends.map(([mu, sigma]) => twoBumps.reverse(gap, mu, sigma)), deeper = depths[1] < depths[0] ? 1 : 0;
  return (known = { gap, entropy: twoBumps.entropy(gap), forward: { at: [mean, spread], least: twoBumps.forward(gap, mean, spread) },
                    reverse: { at: ends[deeper], least: depths[deeper] } });
}

function check(s) {
  for (const [name, value, [lo, hi]] of [["μ", s.mu, MU], ["σ", s.sigma, SIGMA], ["the gap", s.gap, GAP]]) {
    if (!(value >= lo && value <= hi)) return `${name} must be between ${short(lo)} and ${short(hi)}`;
  }
  if (!(Number.isInteger(s.n) && s.n >= 5 && s.n <= MOST)) return `n must be a whole number from 5 to ${MOST}`;
  if (!["forward", "reverse"].includes(s.direction)) return `no direction “${s.direction}”; choose forward or reverse`;
  return "";
}

export default explorable({
  name: "projection_by_kl",
  title: "Projection by KL",
  traits: ["mu", "sigma", "gap", "n", "direction", "seed"],
  check,
  build(ui) {
    ui.choice({ trait: "direction", label: "Direction", options: [["forward", "KL(_g_ ‖ _f_), forward"], ["reverse", "KL(_f_ ‖ _g_), reverse"]] });
    const forward = ui.stat("forward", "KL(_g_ ‖ _f_)", "wrong");
    const reverse = ui.stat("reverse", "KL(_f_ ‖ _g_)", "wrong");
    const nearest = ui.stat("projection", "nearest _f_", "truth");
    const risk = ui.stat("risk", "population risk", "truth");
    const empirical = ui.stat("empirical_risk", "empirical risk", "likelihood");
    const best = ui.stat("mle", "MLE", "likelihood");

    const over = ui.panel(), under = ui.panel(), slices = [ui.panel(), ui.panel()];
    const gFill = ui.path(over.marks, { idea: "truth", fill: true, opacity: 0.13 });
    const fFill = ui.path(over.marks, { idea: "likelihood", fill: true, opacity: 0.1 });
    const ghost = ui.path(over.marks, { idea: "muted", width: 1.5, "stroke-dasharray": "6 4" });
    const gLine = ui.path(over.marks, { idea: "truth", width: 2.5 });
    const fLine = ui.path(over.marks, { idea: "likelihood", width: 2.5 });
    const rug = ui.path(over.marks, { idea: "data", width: 1, dash: false, opacity: 0.5 });
    const names = ["truth", "likelihood", "muted"].map((idea) => ui.text(over.over, { idea, anchor: "end" }));
    ["truth _g_", "model _f_", "nearest _f_"].forEach((text, i) => say(names[i], text));
    const area = ui.path(under.marks, { idea: "wrong", fill: true, opacity: 0.2 });
    const integrand = ui.path(under.marks, { idea: "wrong", width: 2 });
    const zero = ui.path(under.marks, { idea: "muted", width: 1, dash: false });
    const parts = slices.map((panel) => ({
      panel, now: ui.path(panel.marks, { idea: "data", width: 1.5, dash: false, opacity: 0.6 }),
      population: ui.path(panel.marks, { idea: "truth", width: 2.5 }), sampled: ui.path(panel.marks, { idea: "likelihood", width: 2.5 }),
      low: ui.dot(panel.marks, { idea: "truth", r: 5 }), lowest: ui.dot(panel.marks, { idea: "likelihood", r: 5 }),
      dot: ui.dot(panel.marks, { idea: "data", r: 4.5 }),
    }));
    const legend = ["truth", "likelihood"].map((idea) => ui.text(slices[0].over, { idea }));

    const pdf = (y, s) => Math.exp(logDensity.normal(y, s.mu, s.sigma));
    const high = (y, s) => Math.min(pdf(y, s), over.domain?.y[1] ?? 1);
    const model = (s) => `mean ${short(s.mu)}, spread ${short(s.sigma)}`;
    ui.handle({ panel: over, label: "mean of the model", axis: "x", idea: "likelihood", shape: "grip", at: (s) => [s.mu, high(s.mu, s)],
                range: () => [MU], step: [0.05], patch: ([mu]) => ({ mu }), text: model });
    ui.handle({ panel: over, label: "spread of the model", axis: "x", idea: "likelihood", at: (s) => [s.mu + s.sigma, high(s.mu + s.sigma, s)],
                range: (s) => [[s.mu + SIGMA[0], s.mu + SIGMA[1]]], step: [0.01], patch: ([x], s) => ({ sigma: clamp(Number((x - s.mu).toFixed(4)), SIGMA) }), text: model });

    ui.control({ trait: "mu", label: "_μ_", idea: "likelihood", range: MU, step: 0.05, text: (s) => `mu ${short(s.mu)}` });
    ui.control({ trait: "sigma", label: "_σ_", idea: "likelihood", range: SIGMA, step: 0.01, text: (s) => `sigma ${short(s.sigma)}` });
    ui.control({ trait: "gap", label: "gap", idea: "truth", range: GAP, step: 0.1, text: (s) => `bumps ${short(s.gap)} apart` });
    ui.control({ trait: "n", label: "_n_", idea: "data", range: [5, MOST], step: 1, log: true, whole: true, text: (s) => `${s.n} draws` });

    const glide = ([a, b]) => {
      const { mu, sigma } = ui.state, end = [clamp(a, MU), clamp(b, SIGMA)];
      ui.animate(700, (t) => {
        const ease = 1 - (1 - t) ** 3;
        ui.set(t === 1 ? { mu: end[0], sigma: end[1] } : { mu: mu + ease * (end[0] - mu), sigma: sigma + ease * (end[1] - sigma) });
      });
    };
    set(ui.button("Slide downhill", () => {
      const { direction, gap, mu, sigma } = ui.state;
      glide(direction === "forward" ? twoBumps.moments(gap) : twoBumps.downhill(gap, [mu, sigma]));
    }, "mle-strong"), { "data-action": "project" });
    const toMle = ui.button("To the MLE", () => {
      const { seed, gap, n } = ui.state, { mean, square } = drawData(seed, gap, n);
      glide([mean, Math.sqrt(square)]);
    });
    set(toMle, { "data-action": "mle" });
    ui.actions({ sample: () => ({}) });

    return (s) => {
      const { mu, sigma, gap, n } = s, isForward = s.direction === "forward", about = truth(gap), goal = about[s.direction];
      const y = drawData(s.seed, gap, n), klForward = twoBumps.forward(gap, mu, sigma), klReverse = twoBumps.reverse(gap, mu, sigma);
      const risks = [about.entropy + klForward, normalRisk(mu, sigma, y.mean, y.square)];

      const left = 44, width = ui.width - left - 8, wide = ui.width > 520, first = wide ? 150 : 124, second = wide ? 96 : 84;
      const gs = sample(VIEW, 200, (v) => twoBumps.logDensity(v, gap)), fs = sample(VIEW, 200, (v) => logDensity.normal(v, mu, sigma));
      const top = roundUp(1.08 * Math.max(Math.exp(-0.5 * Math.log(2 * Math.PI)) / sigma, ...gs.map(([, l]) => Math.exp(l))));
      over.layout({ left, top: 26, width, height: first, x: VIEW, y: [0, top], yTicks: 2, yLabel: "densities of _y_", yLabelAt: 0 });
      const weighed = gs.map(([v, g], i) => [v, isForward ? Math.exp(g) * (g - fs[i][1]) : Math.exp(fs[i][1]) * (fs[i][1] - g)]);
      const peak = roundUp(1.05 * Math.max(0.1, ...weighed.map(([, h]) => h))), dip = roundUp(1.05 * Math.max(0.05, ...weighed.map(([, h]) => -h)));
      under.layout({ left, top: first + 76, width, height: second, x: VIEW, y: [-dip, peak], xTicks: 0, xAxis: false, yTicks: 3, yLabelAt: 0,
                     yLabel: isForward ? `_g_ log(_g_/_f_): its area is KL(_g_ ‖ _f_)${wide ? ", what is below zero counted off" : ""}`
                       : `_f_ log(_f_/_g_): its area is KL(_f_ ‖ _g_)${wide ? ", what is below zero counted off" : ""}` });
      const third = first + second + 132, each = (ui.width - 2 * left - 16) / 2, tall = wide ? 150 : 124;
      const risky = isForward ? risks[0] - about.entropy : klReverse;
      const least = isForward ? about.entropy + goal.least : 0;
      const ceiling = isForward ? least + roundUp(Math.max(1.5, 1.15 * (risks[0] - least))) : roundUp(Math.max(1.5, 1.15 * risky));
      const lowMle = normalRisk(y.mean, Math.sqrt(y.square), y.mean, y.square);
      const floor = isForward ? least - roundUp(Math.max(0.4, 1.2 * (least - Math.min(risks[1], lowMle)))) : 0;
      slices.forEach((panel, i) => panel.layout({
        left: left + i * (each + left + 8), top: third, width: each, height: tall, x: i ? [0, SIGMA[1]] : MU, y: [floor, ceiling], xTicks: 4, yTicks: 4,
        xLabel: i ? "spread _σ_" : "mean _μ_" }));
      ui.height(third + tall + 44);

      trace(over, gs.map(([v, l]) => [v, Math.exp(l)]), gLine, gFill);
      trace(over, fs.map(([v, l]) => [v, Math.exp(l)]), fLine, fFill);
      set(ghost, { d: polyline(over, sample(VIEW, 120, (v) => Math.exp(logDensity.normal(v, ...goal.at)))) });
      set(rug, { d: y.data.slice(0, 200).map((v) => `M${over.x(v).toFixed(1)} ${26 + first}v-9`).join("") });
      names.forEach((name, i) => set(name, { x: left + width, y: 40 + 17 * i }));
      trace(under, weighed, integrand, area);
      set(zero, { d: polyline(under, [[VIEW[0], 0], [VIEW[1], 0]]) });

      // Along one parameter, the other as it is.
      const along = [[MU, (v) => [v, sigma]], [SIGMA, (v) => [mu, v]]], [center, spread] = about.forward.at;
      parts.forEach((part, i) => {
        const [range, pair] = along[i], { panel } = part;
        const objective = isForward ? (v) => normalRisk(...pair(v), center, spread * spread) : (v) => twoBumps.reverse(gap, ...pair(v), 120);
        const curve = sample(range, isForward ? 90 : 56, objective);
        set(part.population, { d: polyline(panel, curve) });
        const empiricalAt = (v) => normalRisk(...pair(v), y.mean, y.square);
        set(part.sampled, { d: isForward ? polyline(panel, sample(range, 90, empiricalAt)) : "" });
        const here = i ? sigma : mu, ends = (m, v) => (i ? clamp(Math.sqrt(v + (m - mu) ** 2), SIGMA) : clamp(m, MU));
        const mark = (dot, at, height) => set(dot, { cx: panel.x(at), cy: panel.y(height), visibility: isForward ? "visible" : "hidden" });
        mark(part.low, ends(center, spread * spread), objective(ends(center, spread * spread)));
        mark(part.lowest, ends(y.mean, y.square), empiricalAt(ends(y.mean, y.square)));
        set(part.now, { d: polyline(panel, [[here, floor], [here, ceiling]]) });
        set(part.dot, { cx: panel.x(here), cy: panel.y(isForward ? risks[0] : klReverse) });
      });
      say(legend[0], isForward ? "population risk" : `KL(_f_ ‖ _g_): needs _g_ itself${wide ? ", no sample can replace it" : ", not a sample"}`);
      say(legend[1], isForward ? `empirical risk, _n_ = ${n}` : "");
      set(legend[0], { x: 0, y: third - 12 });
      set(legend[1], { x: 122, y: third - 12 });
      set(toMle, { hidden: !isForward });

      const pair = ([a, b]) => `${fixed(a, 3)}, ${fixed(b, 3)}`;
      forward.set(klForward, fixed(klForward, 4), `at best ${fixed(about.forward.least, 4)}`);
      reverse.set(klReverse, fixed(klReverse, 4), `at best ${fixed(about.reverse.least, 4)}`);
      nearest.set(goal.at.join(), pair(goal.at), isForward ? "mean, spread of _g_" : goal.at[1] < 1.3 && gap > 3 ? "the heavy bump" : "mean, spread");
      risk.set(risks[0], fixed(risks[0], 4), `entropy ${fixed(about.entropy, 3)} + KL`);
      empirical.set(risks[1], fixed(risks[1], 4), `${n} draws`);
      best.set([y.mean, Math.sqrt(y.square)].join(), pair([y.mean, Math.sqrt(y.square)]), "of the draws");
      return `model with ${model(s)}: KL of g from f ${fixed(klForward, 3)}, of f from g ${fixed(klReverse, 3)}; ` +
        `population risk ${fixed(risks[0], 3)}, empirical ${fixed(risks[1], 3)}`;
    };
  },
});
