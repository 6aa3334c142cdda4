// Bernoulli and Poisson counts: what n buys. The product L underflows where its logarithm does not; the
// likelihood-ratio cut and the Wald interval, also at the edge, where the second has no width.

import { chi2Quantile1, findRoot, generator, logDensity } from "./numerics.mjs";
import { clamp, explorable, fixed, polyline, roundUp, sample, say, set, short, trace } from "./kit.mjs";

const CUT = chi2Quantile1(0.95) / 2, Z = Math.sqrt(2 * CUT), FLOOR = -6.6, MOST = 5000;

const FAMILIES = {
  bernoulli: {
    label: "Bernoulli", truth: 0.35, theta: 0.5, top: () => 1, step: 0.005, kMost: (n) => n, range: "between 0 and 1",
    log: logDensity.bernoulli, draw: (source, truth) => source.binomial(1, truth),
    spread: (n, k) => [[1, k], [0, n - k]], variance: (p) => p * (1 - p),
  },
  poisson: {
    label: "Poisson", truth: 4.2, theta: 5, top: (s) => roundUp(Math.max(10, 1.2 * s.k / s.n, s.theta)), step: 0.05,
    kMost: (n) => 10 * n, range: "0 or more", log: logDensity.poisson, draw: (source, truth) => source.poisson(truth),
    // n counts with sum k, as even as can be: only their sum matters to the shape of ℓ.
    spread: (n, k) => [[Math.floor(k / n), n - k % n], [Math.floor(k / n) + 1, k % n]], variance: (rate) => rate,
  },
};

// The first n observations of the sample behind a seed, so that a larger n adds data: [[value, how often], …].
let drawnKey, drawnData;
function drawn(family, seed, truth, n) {
  const key = `${family} ${seed} ${truth} ${n}`;
  if (key === drawnKey) return drawnData;
  const source = generator(seed), tally = new Map();
  for (let i = 0; i < n; i++) {
    const y = FAMILIES[family].draw(source, truth);
    tally.set(y, (tally.get(y) ?? 0) + 1);
  }
  drawnKey = key;
  return (drawnData = [...tally]);
}
const total = (tally) => tally.reduce((sum, [y, times]) => sum + y * times, 0);

function check(s) {
  const family = FAMILIES[s.family];
  if (!family) return `no family “${s.family}”; choose bernoulli or poisson`;
  if (!(Number.isInteger(s.n) && s.n >= 1 && s.n <= MOST)) return `n must be a whole number from 1 to ${MOST}`;
  if (!(Number.isInteger(s.k) && s.k >= 0)) return "k must be a whole number, 0 or more";
  if (s.family === "bernoulli" && s.k > s.n) return `k must not exceed n = ${s.n}`;
  for (const [name, value] of [["θ", s.theta], ["the truth", s.truth ?? 0]]) {
    if (!(value >= 0 && Number.isFinite(value) && (s.family === "poisson" || value <= 1))) return `${name} must be ${family.range}`;
  }
  return "";
}

export default explorable({
  name: "counts",
  title: "Counts: what n buys",
  traits: ["family", "n", "k", "theta", "truth", "seed"],
  check,
  build(ui) {
    const fresh = (family, seed, n) => {
      const { truth } = FAMILIES[family];
      return { family, seed, truth, k: total(drawn(family, seed, truth, n)) };
    };
    ui.choice({
      trait: "family", label: "Family", options: Object.entries(FAMILIES).map(([name, family]) => [name, family.label]),
      patch: (name) => ({ ...fresh(name, ui.state.seed, ui.state.n), theta: FAMILIES[name].theta }),
    });
    const product = ui.stat("likelihood", "_L_(_θ_) in float64", "data");
    const log = ui.stat("log_likelihood", "_ℓ_(_θ_)", "likelihood");
    const ratio = ui.stat("likelihood_interval", "95 % by likelihood", "likelihood");
    const wald = ui.stat("wald_interval", "95 % by Wald");

    const over = ui.panel(), under = ui.panel();
    const fill = ui.path(over.marks, { idea: "likelihood", fill: true, opacity: 0.16 });
    const hill = ui.path(over.marks, { idea: "likelihood", width: 2.5 });
    const empty = ui.text(over.over, { idea: "wrong", anchor: "middle" });
    const truthLines = [over, under].map((panel) => ui.path(panel.marks, { idea: "truth" }));
    const truthName = ui.text(over.over, { idea: "truth" });
    const cut = ui.path(under.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" });
    const cutName = ui.text(under.over, { idea: "muted", anchor: "end" });
    const parabola = ui.path(under.marks, { idea: "muted", width: 2, "stroke-dasharray": "6 4" });
    const curve = ui.path(under.marks, { idea: "likelihood", width: 2.5 });
    const bars = ["likelihood", "muted"].map((idea) => ({ bar: ui.path(under.marks, { idea, width: 5, dash: false }),
      ends: ui.path(under.marks, { idea, width: 1, opacity: 0.6 }), name: ui.text(under.over, { idea }) }));
    const top = ui.dot(under.over, { idea: "likelihood", r: 4.5 });
    const topName = ui.text(under.over, { idea: "likelihood" });
    const guides = [over, under].map((panel) => ui.path(panel.marks, { idea: "data", width: 1.5 }));
    const dot = ui.dot(over.over, { idea: "data", r: 5 });

    const axis = (s) => [0, FAMILIES[s.family].top(s)];
    ui.handle({
      panel: under, label: "theta", axis: "x", idea: "data", shape: "grip", range: (s) => [axis(s)],
      at: (s) => [s.theta, FLOOR], step: (s) => [FAMILIES[s.family].step], patch: ([theta]) => ({ theta }),
      text: (s) => `theta ${short(s.theta)}`,
    });

    let share = null; // k/n to keep while n changes, once k was set by hand
    const keep = (n) => {
      const s = ui.state;
      if (s.truth !== null) return { n, k: total(drawn(s.family, s.seed, s.truth, n)) };
      share ??= s.k / s.n;
      return { n, k: Math.round(share * n) };
    };
    ui.control({ trait: "n", label: "_n_", idea: "muted", range: (s) => [1, Math.max(2000, s.n)], step: 1, log: true,
                 whole: true, patch: keep, text: (s) => `${s.n} observations` });
    ui.control({ trait: "k", label: "_k_", idea: "muted", range: (s) => [0, Math.max(s.k, FAMILIES[s.family].kMost(s.n))], step: 1,
                 whole: true, text: (s) => `total ${s.k}`, patch: (k) => {
                   share = null;
                   return { k, truth: null };
                 } });
    ui.control({ trait: "theta", label: "_θ_", range: axis, step: (s) => FAMILIES[s.family].step, text: (s) => `theta ${short(s.theta)}` });
    ui.actions({ sample: (seed) => fresh(ui.state.family, seed, ui.state.n) });

    return (s) => {
      const family = FAMILIES[s.family];
      const ownDraw = s.truth === null ? null : drawn(s.family, s.seed, s.truth, s.n);
      const groups = (ownDraw && total(ownDraw) === s.k ? ownDraw : family.spread(s.n, s.k)).filter(([, times]) => times);
      const ell = (theta) => groups.reduce((sum, [y, times]) => sum + times * family.log(y, theta), 0);
      const best = s.k / s.n, summit = ell(best), now = ell(s.theta);
      const below = (theta) => ell(theta) - summit;
      let high = best + 1 / s.n;
      while (s.family === "poisson" && below(high) > -CUT) high = best + 2 * (high - best);
      const lr = [s.k === 0 ? 0 : findRoot((t) => below(t) + CUT, 0, best),
        s.family === "bernoulli" ? (s.k === s.n ? 1 : findRoot((t) => below(t) + CUT, best, 1)) : findRoot((t) => below(t) + CUT, best, high)];
      const se = Math.sqrt(family.variance(best) / s.n), normal = [best - Z * se, best + Z * se];
      let multiplied = 1; // the product as a computer forms it, one factor at a time
      for (const [y, times] of groups) {
        const factor = Math.exp(family.log(y, s.theta));
        for (let i = 0; i < times && multiplied > 0; i++) multiplied *= factor;
      }

      const left = 40, width = ui.width - left - 8, overHeight = 112, underHeight = 210, x = axis(s);
      const peakHeight = Math.exp(summit);
      over.layout({ left, top: 28, width, height: overHeight, x, y: [0, 1.15], xTicks: 0, yTicks: 0, yLabelAt: 0,
                    yLabel: "likelihood _L_(_θ_), a product of _n_ factors" });
      under.layout({ left, top: overHeight + 66, width, height: underHeight, x, y: [FLOOR, 0.9], xLabel: "_θ_", xTextAt: 23, yTicks: 4, yLabelAt: 0,
                     yLabel: "log-likelihood below its top, _ℓ_(_θ_) − _ℓ_(_θ̂_)" });
      ui.height(overHeight + underHeight + 110);

      // Dense around the peak, which narrows as n grows.
      const spread = Math.max(se, 1 / s.n) * 7, near = [Math.max(x[0], best - spread), Math.min(x[1], best + spread)];
      const at = [...sample(x, 40, () => 0), ...sample(near, 100, () => 0)].map(([t]) => t).sort((a, b) => a - b);
      const heights = at.map((t) => [t, below(t)]);
      const seen = peakHeight > 0 ? 1 : 0;
      const relative = heights.map(([t, b]) => [t, seen * Math.exp(b)]);
      trace(over, relative, hill, fill);
      set(hill, { stroke: seen ? "var(--mle-likelihood)" : "var(--mle-wrong)" });
      // Names stand away from each other: θ* on its side of the estimate, the rest on the other.
      const bestX = over.x(best), room = 66;
      const flip = bestX + room > left + width || (s.truth !== null && s.truth > best && bestX - room > left);
      set(empty, { x: left + width / 2, y: over.y(0.5) });
      say(empty, seen ? "" : ui.width > 460 ? "every value underflows to 0: the product is gone, its logarithm below is not" : "all values underflow to 0");
      set(curve, { d: polyline(under, heights) });
      set(parabola, { d: se > 0 ? polyline(under, at.map((t) => [t, -0.5 * ((t - best) / se) ** 2])) : "" });
      set(cut, { d: polyline(under, [[x[0], -CUT], [x[1], -CUT]]) });
      say(cutName, "cut at −1.92");
      const cutRight = (lr[1] + normal[1]) / 2 < x[1] * 0.75;
      set(cutName, { x: cutRight ? left + width - 2 : left + 4, y: under.y(-CUT) - 6, "text-anchor": cutRight ? "end" : "start" });

      const broken = se === 0 ? "no width at the edge" : normal[0] < 0 || normal[1] > (s.family === "bernoulli" ? 1 : Infinity)
        ? "leaves the space of _θ_" : "";
      const ideaOfWald = broken ? "wrong" : "muted";
      [[lr, "likelihood ratio", "likelihood", -4.75], [normal, "Wald", ideaOfWald, -5.7]].forEach(([[lo, hi], label, idea, y], i) => {
        const { bar, ends, name } = bars[i], ink = `var(--mle-${idea})`;
        const thick = hi > lo ? [[lo, y], [hi, y]] : [[best - 0.004 * x[1], y], [best + 0.004 * x[1], y]];
        set(bar, { d: polyline(under, thick), stroke: ink });
        set(ends, { d: hi > lo ? polyline(under, [[lo, y], [lo, -CUT]]) + polyline(under, [[hi, y], [hi, -CUT]]) : "", stroke: ink });
        // To the right of the bar and of both curves, where there is room.
        const past = heights.findLastIndex(([, b]) => b >= y - 0.4) + 1, reach = Math.max(hi, 0, best + se * Math.sqrt(-2 * y));
        const end = under.x(past < heights.length ? Math.max(reach, heights[past][0]) : Infinity);
        const full = i && broken ? `Wald: ${broken}` : label, fits = (text) => end + 7 * text.length + 10 < left + width;
        const text = fits(full) ? full : label;
        const after = fits(text), before = under.x(lo) - 7 * text.length - 10 > left;
        const [tx, anchor] = after ? [end + 10, "start"] : before ? [under.x(lo) - 10, "end"]
          : [under.x((Math.max(lo, x[0]) + Math.min(hi, x[1])) / 2), "middle"];
        set(name, { x: tx, y: under.y(y) + (after || before ? 4 : -8), "text-anchor": anchor, fill: `var(--mle-${idea}-text)` });
        say(name, text);
      });
      set(parabola, { stroke: `var(--mle-${ideaOfWald})` });
      set(top, { cx: under.x(best), cy: under.y(0) });
      const truth = s.truth;
      truthLines.forEach((line, i) => set(line, { d: truth === null ? "" : polyline([over, under][i], [[truth, -99], [truth, 99]]) }));
      say(truthName, truth === null ? "" : "_θ_*");
      const outward = truth !== null && truth < best ? -1 : 1;
      set(truthName, { x: over.x(truth ?? 0) + 6 * outward, y: over.top + 10, "text-anchor": outward > 0 ? "start" : "end" });
      say(topName, `_θ̂_ = ${short(best, 3)}`);
      set(topName, { x: bestX + (flip ? -8 : 8), y: under.y(0) - 8, "text-anchor": flip ? "end" : "start" });
      guides.forEach((line, i) => set(line, { d: polyline([over, under][i], [[s.theta, -99], [s.theta, i ? below(s.theta) : seen * Math.exp(below(s.theta))]]) }));
      set(dot, { cx: over.x(s.theta), cy: over.y(seen * Math.exp(below(s.theta))) });

      product.set(multiplied, short(multiplied, 3), multiplied === 0 && now > -Infinity ? "underflow" : `top ${short(peakHeight, 3)}`);
      log.set(now, fixed(now, 3), `top ${fixed(summit, 3)}`);
      const interval = (stat, [lo, hi], note) => {
        const text = hi < 0.05 ? (v) => short(v, 2) : (v) => fixed(v, hi < 5 ? 3 : 2);
        stat.set(`${lo},${hi}`, `${text(lo)} – ${text(hi)}`, note);
      };
      interval(ratio, lr, `width ${short(lr[1] - lr[0], 3)}`);
      interval(wald, normal, broken || `width ${short(normal[1] - normal[0], 3)}`);
      set(wald.box, { style: `--idea:var(--mle-${broken ? "wrong" : "data"}-text);--line:var(--mle-${ideaOfWald})` });
      return `${family.label}, n ${s.n}, total ${s.k}, theta ${short(s.theta)}: likelihood ${short(multiplied, 3)}, log-likelihood ${fixed(now, 2)}; ` +
        `likelihood-ratio interval ${short(lr[0], 3)} to ${short(lr[1], 3)}, Wald ${short(normal[0], 3)} to ${short(normal[1], 3)}`;
    };
  },
});
