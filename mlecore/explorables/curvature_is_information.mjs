// The log-likelihoods of many samples from one truth, all through one point: their slopes there are the score, the
// spread of the slopes is the information, and the information bounds the spread of the estimates.

import { generator, logDensity } from "./numerics.mjs";
import { explorable, fixed, polyline, pool, px, roundUp, sample, say, set, short, svg, trace } from "./kit.mjs";

const SIGMA = 2, MOST = 1000, MOST_N = 50, SHOWN = 40, MORE = 100;
const FLOOR = -6, ROOF = 4.5;
const timesLog = (a, b) => (a === 0 ? 0 : a * Math.log(b));

// What one sample leaves behind is a number t (a mean or a total), for Laplace its deviations from the truth.
//   ell(t, n, θ): log-likelihood up to a constant; mean(n, θ, θ*): its average over all samples, 0 at θ*.
//   unit: the lattice of t, where t is a count.
const FAMILIES = {
  normal: {
    label: "Normal", theta: 0, low: -3, high: 3, axis: [-4, 4], step: 0.1, bound: () => SIGMA ** 2,
    ell: (t, n, at) => -n * (t - at) ** 2 / (2 * SIGMA ** 2), score: (t, n, at) => n * (t - at) / SIGMA ** 2,
    bend: (t, n) => n / SIGMA ** 2, estimate: (t) => t, mean: (n, at, truth) => -n * (at - truth) ** 2 / (2 * SIGMA ** 2),
  },
  bernoulli: {
    label: "Bernoulli", theta: 0.3, low: 0.02, high: 0.98, axis: [0, 1], step: 0.01, bound: (p) => p * (1 - p), unit: 1,
    ell: (t, n, at) => timesLog(t, at) + timesLog(n - t, 1 - at), score: (t, n, at) => (t - n * at) / (at * (1 - at)),
    bend: (t, n, at) => t / at ** 2 + (n - t) / (1 - at) ** 2, estimate: (t, n) => t / n,
    mean: (n, at, p) => n * (p * Math.log(at / p) + (1 - p) * Math.log((1 - at) / (1 - p))),
  },
  poisson: {
    label: "Poisson", theta: 3, low: 0.2, high: 8, axis: [0, 10], step: 0.1, bound: (rate) => rate, unit: 1,
    ell: (t, n, at) => timesLog(t, at) - n * at, score: (t, n, at) => t / at - n, bend: (t, n, at) => t / at ** 2,
    estimate: (t, n) => t / n, mean: (n, at, rate) => n * (rate * Math.log(at / rate) - at + rate),
  },
  exponential: {
    label: "Exponential", theta: 1, low: 0.1, high: 2, axis: [0, 3], step: 0.05, bound: (rate) => rate ** 2,
    ell: (t, n, at) => n * Math.log(at) - at * t, score: (t, n, at) => n / at - t, bend: (t, n, at) => n / at ** 2,
    estimate: (t, n) => n / t, mean: (n, at, rate) => n * (Math.log(at / rate) - at / rate + 1),
  },
  laplace: {
    label: "Laplace", theta: 0, low: -2, high: 2, axis: [-3, 3], step: 0.1, bound: () => 1,
    mean: (n, at, truth) => -n * (Math.abs(at - truth) + Math.exp(-Math.abs(at - truth)) - 1),
  },
};

// The numbers behind a seed before the truth enters; sample r has its own stream.
let drawnKey, drawnNumbers;
function numbers(name, n, replicates, seed) {
  const key = `${name} ${n} ${replicates} ${seed}`;
  if (key === drawnKey) return drawnNumbers;
  const source = (r) => generator((Math.imul(seed, 1000003) + r) >>> 0);
  const fill = (make) => Float64Array.from({ length: replicates }, (_, r) => make(source(r)));
  const rows = (turn) => {
    const all = new Float64Array(replicates * n);
    for (let r = 0; r < replicates; r++) {
      const { uniform } = source(r);
      for (let i = 0; i < n; i++) all[r * n + i] = turn(uniform());
    }
    return all;
  };
  drawnKey = key;
  drawnNumbers = name === "normal" ? fill((s) => s.normal())
    : name === "poisson" ? fill((s) => s.uniform())
    : name === "bernoulli" ? rows((u) => u)
    : name === "exponential" ? fill(({ uniform }) => {
      let total = 0, product = 1; // one logarithm for ten factors
      for (let i = 0; i < n; i++) {
        product *= uniform();
        if (i % 10 === 9 || i === n - 1) [total, product] = [total - Math.log(product), 1];
      }
      return total;
    })
    : byMedian(rows((u) => (u < 0.5 ? Math.log(2 * u) : -Math.log(2 * (1 - u)))), n);
  return drawnNumbers;
}

// The deviations of the Laplace samples with their signs and medians, which the truth does not move.
function byMedian(all, n) {
  const half = (n - 1) / 2, signs = [], medians = [];
  for (let start = 0; start < all.length; start += n) {
    const sorted = all.slice(start, start + n).sort();
    medians.push((sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2);
    signs.push(sorted.reduce((sum, e) => sum + Math.sign(e), 0));
  }
  return { all, signs, medians };
}

// u → the smallest k whose distribution function reaches u, for a Poisson count.
function poissonQuantile(mean) {
  const reach = 12 * Math.sqrt(mean) + 40, first = Math.max(0, Math.floor(mean - reach)), cumulative = [];
  let total = 0;
  for (let k = first; k <= mean + reach; k++) cumulative.push(total += Math.exp(logDensity.poisson(k, mean)));
  return (u) => {
    let lo = 0, hi = cumulative.length - 1;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (cumulative[middle] < u) lo = middle + 1;
      else hi = middle;
    }
    return first + lo;
  };
}

// Everything about the samples: score, curvature, estimate of each, and ell(r, θ) − ell(r, θ*).
function simulate({ family: name, n, theta, replicates, seed }) {
  const family = FAMILIES[name], base = numbers(name, n, replicates, seed);
  const each = (f) => Float64Array.from({ length: replicates }, (_, r) => f(r));
  if (name === "laplace") {
    const { all, signs, medians } = base;
    const ell = (r, at) => {
      const d = at - theta;
      let sum = 0;
      for (let i = r * n; i < (r + 1) * n; i++) sum += Math.abs(all[i]) - Math.abs(all[i] - d);
      return sum;
    };
    return { scores: each((r) => signs[r]), estimates: each((r) => theta + medians[r]), bends: each(() => 0), ell, scoreUnit: 2, scoreStart: -n };
  }
  let t;
  if (name === "normal") t = each((r) => theta + SIGMA / Math.sqrt(n) * base[r]);
  else if (name === "exponential") t = each((r) => base[r] / theta);
  else if (name === "poisson") {
    const quantile = poissonQuantile(n * theta);
    t = each((r) => quantile(base[r]));
  } else {
    t = each((r) => {
      let k = 0;
      for (let i = r * n; i < (r + 1) * n; i++) k += base[i] < theta;
      return k;
    });
  }
  const per = family.unit && family.score(1, n, theta) - family.score(0, n, theta);
  return {
    scores: each((r) => family.score(t[r], n, theta)), bends: each((r) => family.bend(t[r], n, theta)),
    estimates: each((r) => family.estimate(t[r], n)), ell: (r, at) => family.ell(t[r], n, at) - family.ell(t[r], n, theta),
    scoreUnit: per, scoreStart: per && family.score(0, n, theta), unit: family.unit && family.unit / n,
  };
}

const average = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
// Variance and its Monte-Carlo error, from the fourth moment.
function spread(values) {
  const r = values.length, m = average(values);
  let second = 0, fourth = 0;
  for (const v of values) {
    const square = (v - m) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / (r - 1);
  return [variance, Math.sqrt(Math.max(0, fourth / r - variance ** 2 * (r - 3) / (r - 1)) / r)];
}

// Bars of a histogram as [left, right, height], total area 1. A lattice (unit, start) gets bins around its points.
function histogram(values, width, unit, start) {
  const size = unit ? unit * Math.max(1, Math.round(width / unit)) : width, from = unit ? start - unit / 2 : 0, counts = new Map();
  for (const v of values) {
    const bin = Math.floor((v - from) / size + 1e-9);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts].map(([bin, count]) => [from + bin * size, from + (bin + 1) * size, count / (values.length * size)]);
}
const bars = (panel, boxes) => boxes.map(([lo, hi, height]) =>
  `M${px(panel.x(lo))} ${px(panel.y(0))}V${px(panel.y(height))}H${px(panel.x(hi))}V${px(panel.y(0))}Z`).join("");
const bell = (x, mean, sd) => Math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

function check(s) {
  const family = FAMILIES[s.family];
  if (!family) return `no family “${s.family}”; choose ${Object.keys(FAMILIES).join(", ")}`;
  if (!(Number.isInteger(s.n) && s.n >= 1 && s.n <= MOST_N)) return `n must be a whole number from 1 to ${MOST_N}`;
  if (!(Number.isInteger(s.replicates) && s.replicates >= 2 && s.replicates <= MOST)) return `samples: a whole number from 2 to ${MOST}`;
  if (!(s.theta >= family.low && s.theta <= family.high)) return `θ* must be between ${short(family.low)} and ${short(family.high)}`;
  return "";
}

export default explorable({
  name: "curvature_is_information",
  title: "Curvature is information",
  traits: ["family", "n", "theta", "replicates", "seed"],
  check,
  build(ui) {
    ui.choice({
      trait: "family", label: "Family", options: Object.entries(FAMILIES).map(([name, family]) => [name, family.label]),
      patch: (name) => ({ family: name, theta: FAMILIES[name].theta }),
    });
    const exact = ui.stat("information", "_I_(_θ_*) = _n I_₁(_θ_*)", "truth");
    const slopes = ui.stat("score_variance", "variance of the scores", "likelihood");
    const bends = ui.stat("mean_curvature", "mean of −_ℓ_″(_θ_*)", "likelihood");
    const scatter = ui.stat("n_variance", "_n_ · Var(_θ̂_)", "likelihood");
    const bound = ui.stat("bound", "bound 1/_I_₁(_θ_*)", "truth");

    const top = ui.panel(), middle = ui.panel(), bottom = ui.panel();
    const curves = svg("g", { "aria-hidden": "true" }, top.marks);
    const meanCurve = ui.path(top.marks, { idea: "likelihood", width: 3.5 });
    const parabola = ui.path(top.marks, { idea: "truth", width: 2.5 });
    const peaks = svg("g", { "aria-hidden": "true" }, top.marks);
    const meanName = ui.text(top.over, { idea: "likelihood" });
    const parabolaName = ui.text(top.over, { idea: "truth" });
    const truths = [top, middle].map((panel) => ui.path(panel.marks, { idea: "truth", width: 1.2 }));
    const truthName = ui.text(top.over, { idea: "truth", anchor: "middle" });
    const shapes = [middle, bottom].map((panel) => ({
      bars: ui.path(panel.marks, { idea: "likelihood", fill: true, opacity: 0.45 }),
      bell: ui.path(panel.marks, { idea: "truth", width: 2 }), area: ui.path(panel.marks, { idea: "truth", fill: true, opacity: 0 }),
    }));

    const of = (s) => FAMILIES[s.family];
    ui.handle({
      panel: top, label: "truth", axis: "x", idea: "truth", shape: "grip", range: (s) => [[of(s).low, of(s).high]],
      at: (s) => [s.theta, FLOOR], step: (s) => [of(s).step], patch: ([theta]) => ({ theta }),
      text: (s) => `truth ${short(s.theta)}`,
    });
    ui.control({ trait: "n", label: "_n_", idea: "likelihood", range: [1, MOST_N], step: 1, log: true, whole: true,
                 text: (s) => `${s.n} observations in each sample` });
    ui.control({ trait: "theta", label: "_θ_*", idea: "truth", range: (s) => [of(s).low, of(s).high], step: (s) => of(s).step,
                 text: (s) => `truth ${short(s.theta)}` });
    ui.control({ trait: "replicates", label: "samples", idea: "likelihood", range: [2, MOST], step: 1, log: true, whole: true,
                 text: (s) => `${s.replicates} samples` });
    set(ui.button(`Draw ${MORE} more`, () => ui.set({ replicates: Math.min(MOST, ui.state.replicates + MORE) }), "mle-strong"),
        { "data-action": "more" });
    ui.actions({ sample: () => ({}) });

    return (s) => {
      const family = of(s), { theta, n, replicates } = s, axis = family.axis, made = simulate(s);
      const one = family.bound(theta), information = n / one, sd = Math.sqrt(one / n), root = Math.sqrt(information);
      const left = 40, width = ui.width - left - 8, heights = [230, 78, 78];
      top.layout({ left, top: 26, width, height: heights[0], xTextAt: 23, x: axis, y: [FLOOR, ROOF], yTicks: 4, yLabelAt: 0,
                   yLabel: "_ℓ_(_θ_) − _ℓ_(_θ_*), one curve per sample" });
      const widest = roundUp(4 * root);

      const estimates = histogram(made.estimates, sd / 5, made.unit, 0), scores = histogram(made.scores, root / 5, made.scoreUnit, made.scoreStart);
      const tall = (boxes, peak) => roundUp(1.1 * Math.max(peak, ...boxes.map(([, , height]) => height)));
      middle.layout({ left, top: 26 + heights[0] + 58, width, height: heights[1], x: axis, y: [0, tall(estimates, bell(0, 0, sd))],
                      yTicks: 0, grid: false, xLabel: "_θ_", yLabelAt: 0, yLabel: "estimates _θ̂_: where the curves peak" });
      bottom.layout({ left, top: 26 + heights[0] + heights[1] + 134, width, height: heights[2], x: [-widest, widest],
                      y: [0, tall(scores, bell(0, 0, root))], yTicks: 0, grid: false, xLabel: "score _U_(_θ_*)", yLabelAt: 0,
                      yLabel: "scores: slopes of the curves at _θ_*" });
      ui.height(26 + heights[0] + heights[1] + heights[2] + 178);

      const inset = 1e-4 * (axis[1] - axis[0]), inside = [axis[0] + inset, axis[1] - inset];
      const shown = Math.min(SHOWN, replicates), first = replicates - shown;
      const lines = pool(curves, shown, (parent) => ui.path(parent, { idea: "likelihood", width: 1, opacity: 0.4 }));
      const dots = pool(peaks, shown, (parent) => ui.dot(parent, { idea: "likelihood", r: 3, "stroke-width": 1 }));
      for (let i = 0; i < shown; i++) {
        const r = first + i, peak = made.estimates[r], seen = peak >= inside[0] && peak <= inside[1];
        set(lines[i], { d: polyline(top, sample(inside, 90, (at) => made.ell(r, at))) });
        const height = seen ? made.ell(r, peak) : 0;
        set(dots[i], { cx: px(top.x(seen ? peak : axis[0])), cy: px(top.y(height)), visibility: seen ? null : "hidden" });
      }
      set(meanCurve, { d: polyline(top, sample(inside, 160, (at) => family.mean(n, at, theta))) });
      const reach = Math.sqrt(-2.4 * FLOOR / information);
      set(parabola, { d: polyline(top, sample([theta - reach, theta + reach], 120, (at) => -information * (at - theta) ** 2 / 2)) });
      // Names in an upper corner, where the hills have fallen away; on the roomier side of the truth.
      const rightSide = theta < (axis[0] + axis[1]) / 2, x = rightSide ? left + width - 2 : left + 4, anchor = rightSide ? "end" : "start";
      say(parabolaName, "parabola, curvature _I_(_θ_*)");
      say(meanName, "mean of all samples’ _ℓ_");
      set(parabolaName, { x, y: top.top + 16, "text-anchor": anchor });
      set(meanName, { x, y: top.top + 33, "text-anchor": anchor });
      const truthX = top.x(theta), under = Math.abs(truthX - x) < 205, from = under ? top.invert(0, top.top + 40)[1] : 99;
      truths.forEach((line, i) => set(line, { d: polyline([top, middle][i], [[theta, -99], [theta, i ? 99 : from]]) }));
      say(truthName, "_θ_*");
      set(truthName, { x: px(truthX + (under ? 6 : 0)), y: top.top + (under ? 50 : 12), "text-anchor": under ? "start" : "middle" });

      set(shapes[0].bars, { d: bars(middle, estimates) });
      trace(middle, sample(axis, 160, (at) => bell(at, theta, sd)), shapes[0].bell, shapes[0].area);
      set(shapes[1].bars, { d: bars(bottom, scores) });
      trace(bottom, sample([-widest, widest], 120, (at) => bell(at, 0, root)), shapes[1].bell, shapes[1].area);

      const vary = spread(made.scores), [variance, error] = spread(made.estimates), meanBend = average(made.bends);
      const bendError = Math.sqrt(made.bends.reduce((sum, v) => sum + (v - meanBend) ** 2, 0) / (replicates - 1) / replicates);
      const pair = (stat, value, wobble) => stat.set(`${value},${wobble}`, short(value, 3), wobble > 0 ? `± ${short(wobble, 2)}` : "the same in every sample");
      exact.set(information, short(information, 3), `${n} × ${short(1 / one, 3)}`);
      pair(slopes, ...vary);
      pair(bends, meanBend, bendError);
      const straight = s.family === "laplace";
      set(bends.box, { style: `--idea:var(--mle-${straight ? "wrong" : "likelihood"}-text);--line:var(--mle-${straight ? "wrong" : "likelihood"})` });
      pair(scatter, n * variance, n * error);
      bound.set(one, short(one, 3), `ratio ${fixed(n * variance / one, 2)}`);
      return `${family.label}, n ${n}, truth ${short(theta)}, ${replicates} samples: information ${short(information, 3)}, ` +
        `variance of the scores ${short(vary[0], 3)}, mean curvature ${short(meanBend, 3)}; ` +
        `n times the variance of the estimates ${short(n * variance, 3)}, plus or minus ${short(n * error, 2)}, bound ${short(one, 3)}`;
    };
  },
});
