// The central limit of estimates: samples are dropped, each leaves its estimate on a heap and a Wald interval.

import { gammaP, generator, logDensity, normalQuantile } from "./numerics.mjs";
import { explorable, fixed, html, polyline, px, roundUp, sample, say, set, short } from "./kit.mjs";

const Z = normalQuantile(0.975), MOST_N = 100, MOST = 3000, ROWS = 25, REACH = 4.5, BARS = 36;
const normalCurve = (z) => Math.exp(logDensity.normal(z, 0, 1));

// next: the statistics a, b after observation j (uniforms u, of which j begins at `at`); spread: √n times the
// standard error; longRun: the exact coverage of the Wald interval.
const FAMILIES = {
  bernoulli: {
    label: "Bernoulli", name: "_p_", axis: [-0.25, 1.25], truth: (s) => s.p,
    next: (u, a, b, at, j, s) => (a[at + j] = (j ? a[at + j - 1] : 0) + (u[at + j] < s.p)),
    estimate: (a, b, n) => a / n, spread: (best) => Math.sqrt(best * (1 - best)),
    unit: (s) => Math.sqrt(s.n / (s.p * (1 - s.p))),
    longRun({ n, p }) {
      let sum = 0;
      for (let k = 0; k <= n; k++) {
        const best = k / n, half = Z * (Math.sqrt(best * (1 - best)) / Math.sqrt(n));
        if (best - half <= p && p <= best + half) sum += Math.exp(logDensity.binomial(k, n, p));
      }
      return sum;
    },
  },
  exponential: {
    label: "Exponential", name: "_λ_", axis: [0, 3], truth: () => 1,
    next: (u, a, b, at, j) => (a[at + j] = (j ? a[at + j - 1] : 0) - Math.log(u[at + j])),
    estimate: (a, b, n) => n / a, spread: (best) => best, unit: (s) => Math.sqrt(s.n),
    longRun: ({ n }, c) => gammaP(n, n * (1 + c)) - gammaP(n, n * (1 - c)), // the sum of the data is Gamma(n)
  },
  normal: {
    label: "Normal", name: "_μ_", axis: [-2, 2], truth: () => 0,
    next(u, a, b, at, j) { // Box and Muller, then the mean and the squares about it (Welford 1962)
      const pair = at + j - j % 2, radius = Math.sqrt(-2 * Math.log(u[pair])), angle = 2 * Math.PI * u[pair + 1];
      const y = radius * (j % 2 ? Math.sin(angle) : Math.cos(angle)), before = j ? a[at + j - 1] : 0;
      a[at + j] = before + (y - before) / (j + 1);
      b[at + j] = (j ? b[at + j - 1] : 0) + (y - before) * (y - a[at + j]);
    },
    estimate: (a) => a, spread: (best, b, n) => Math.sqrt(b / n), unit: (s) => Math.sqrt(s.n),
    longRun({ n }) { // Student-t but for the divisor; Simpson's rule
      const end = Z * Math.sqrt((n - 1) / n), density = (x) => Math.exp(logDensity.studentT(x, n - 1, 0, 1));
      const inner = sample([0, end], 400, density).reduce((sum, [, f], i) => sum + f * (i % 400 ? (i % 2 ? 4 : 2) : 1), 0);
      return 2 * inner * end / 1200;
    },
  },
  uniform: {
    label: "Uniform", name: "_θ_", axis: [0, 2], truth: () => 1,
    next: (u, a, b, at, j) => (a[at + j] = Math.max(j ? a[at + j - 1] : 0, u[at + j])),
    estimate: (a) => a, spread: (best) => best, unit: (s) => (s.scale === "n" ? s.n : Math.sqrt(s.n)),
    longRun: ({ n }, c) => 1 - (1 + c) ** -n,
  },
};

// Estimates and standard errors of the first s.samples samples. What was drawn is kept: a larger n or more
// samples only add to it.
function dropper() {
  const u = new Float64Array(MOST * MOST_N), a = new Float64Array(MOST * MOST_N), b = new Float64Array(MOST * MOST_N);
  const drawn = new Uint8Array(MOST), done = new Uint8Array(MOST), best = new Float64Array(MOST), error = new Float64Array(MOST);
  let seed, law, sources;
  return (s) => {
    const family = FAMILIES[s.family], root = Math.sqrt(s.n);
    if (s.seed !== seed) {
      seed = s.seed;
      sources = [];
      drawn.fill(0);
      law = null;
    }
    const now = `${s.family} ${s.family === "bernoulli" ? s.p : ""}`;
    if (now !== law) done.fill(0);
    law = now;
    for (let i = 0; i < s.samples; i++) {
      const at = i * MOST_N, even = s.n + s.n % 2;
      sources[i] ??= generator((Math.imul(seed, 10007) + i) | 0).uniform;
      for (; drawn[i] < even; drawn[i]++) u[at + drawn[i]] = sources[i]();
      for (; done[i] < s.n; done[i]++) family.next(u, a, b, at, done[i], s);
      const last = at + s.n - 1;
      best[i] = family.estimate(a[last], b[last], s.n);
      error[i] = family.spread(best[i], b[last], s.n) / root;
    }
    return [best, error];
  };
}

function check(s) {
  if (!FAMILIES[s.family]) return `no family “${s.family}”; choose ${Object.keys(FAMILIES).join(", ")}`;
  if (!(Number.isInteger(s.n) && s.n >= 2 && s.n <= MOST_N)) return `n must be a whole number from 2 to ${MOST_N}`;
  if (!(Number.isInteger(s.samples) && s.samples >= 0 && s.samples <= MOST)) return `samples must be a whole number from 0 to ${MOST}`;
  if (!(s.p >= 0.01 && s.p <= 0.99)) return "p must be a number from 0.01 to 0.99";
  return s.scale === "root" || s.scale === "n" ? "" : "scale must be root or n";
}

export default explorable({
  name: "central_limit",
  title: "The central limit of estimates",
  traits: ["family", "n", "samples", "p", "scale", "seed"],
  check,
  build(ui) {
    ui.choice({ trait: "family", label: "Family", options: Object.entries(FAMILIES).map(([name, { label }]) => [name, label]) });
    const count = ui.stat("samples", "samples dropped");
    const mean = ui.stat("z_mean", "mean of _z_", "likelihood"), sd = ui.stat("z_sd", "std of _z_", "likelihood");
    const coverage = ui.stat("coverage", "coverage of the truth", "truth");

    const ladder = ui.panel(), heap = ui.panel();
    const truthLine = ui.path(ladder.marks, { idea: "truth" });
    const hits = ui.path(ladder.marks, { idea: "data", width: 1.6, opacity: 0.75 });
    const dots = ui.path(ladder.marks, { idea: "data", width: 5, "stroke-linecap": "round" });
    const misses = ui.path(ladder.marks, { idea: "wrong", width: 3, dash: false, "stroke-linecap": "round" });
    const crosses = ui.path(ladder.marks, { idea: "wrong", width: 2.2, dash: false });
    const bars = ui.path(heap.marks, { idea: "data", fill: true, opacity: 0.3 });
    const curve = ui.path(heap.marks, { idea: "likelihood", width: 2.5 });
    const limit = ui.path(heap.marks, { idea: "truth", width: 2.5 });
    const curveName = ui.text(heap.over, { idea: "likelihood" }), limitName = ui.text(heap.over, { idea: "truth", anchor: "end" });
    const fallen = ui.dot(heap.over, { idea: "data", r: 6, "aria-hidden": "true" });
    const grip = ui.handle({
      panel: ladder, label: "p, the truth", idea: "truth", shape: "grip", at: (s) => [s.p, 1.7], range: () => [[0.01, 0.99]],
      step: [0.01], patch: ([p]) => ({ p }), text: (s) => `p is ${short(s.p)}`,
    });

    ui.control({ trait: "n", label: "_n_", range: [2, MOST_N], step: 1, whole: true, text: (s) => `${s.n} observations in each sample` });
    ui.control({ trait: "p", label: "_p_", idea: "truth", range: [0.01, 0.99], step: 0.01, show: (s) => s.family === "bernoulli" });

    let fall = 1, fallKey = "";
    const keyOf = (s) => ui.plot.traits.map((trait) => s[trait]).join();
    const drop = (more) => {
      const from = ui.state.samples, to = Math.min(MOST, from + more);
      if (more > 1) return ui.animate(more > 100 ? 1600 : 900, (t) => ui.set({ samples: Math.round(from + (to - from) * t) }));
      ui.set({ samples: to });
      fallKey = to > from ? keyOf(ui.state) : "";
      ui.animate(500, (t) => {
        fall = t;
        ui.schedule();
      });
    };
    for (const more of [1, 100, 1000]) set(ui.button(`Drop ${more === 1000 ? "1,000" : more}`, () => drop(more), "mle-strong"), { "data-action": `drop-${more}` });
    set(ui.button("Clear", () => ui.set({ samples: 0 })), { "data-action": "clear" });
    const scaling = set(ui.button("Change the scale", () => ui.set({ scale: ui.state.scale === "n" ? "root" : "n" })), { "data-action": "scale" });
    ui.actions({ sample: () => ({}) }); // the seed is the samples
    const remark = html("p", { class: "mle-counter", "data-stat": "remark" }, ui.bar);

    const estimates = dropper();
    return (s) => {
      const family = FAMILIES[s.family], { n, samples } = s, truth = family.truth(s), unit = family.unit(s);
      const [best, error] = estimates(s), byN = s.family === "uniform" && s.scale === "n", lattice = s.family === "bernoulli";
      const z = (i) => unit * (best[i] - truth), holds = (i) => best[i] - Z * error[i] <= truth && truth <= best[i] + Z * error[i];
      let sum = 0, squares = 0, covered = 0, flat = 0, beyond = 0;
      const width = lattice ? unit / n : 2 * REACH / BARS, first = lattice ? unit * (-0.5 / n - truth) : -REACH;
      const tally = new Array(lattice ? n + 1 : BARS).fill(0);
      for (let i = 0; i < samples; i++) {
        const here = z(i);
        sum += here;
        covered += holds(i);
        flat += error[i] === 0;
        beyond += Math.abs(here) > REACH;
        const bar = lattice ? Math.round(best[i] * n) : Math.floor((here - first) / width);
        if (bar >= 0 && bar < tally.length) tally[bar]++;
      }
      for (let i = 0; i < samples; i++) squares += (z(i) - sum / samples) ** 2;

      // ---- the ladder of intervals ----
      const left = 34, wide = ui.width - left - 10, rows = Math.min(ROWS, samples);
      ladder.layout({ left, top: 26, width: wide, height: 156, x: family.axis, y: [0, ROWS], yTicks: 0, yLabelAt: 0,
                      yLabel: `the latest ${ROWS} Wald intervals for ${family.name}` });
      set(truthLine, { d: polyline(ladder, [[truth, 0], [truth, ROWS]]) });
      let hit = "", miss = "", dot = "", cross = "";
      for (let row = 0; row < rows; row++) {
        const i = samples - 1 - row, y = ROWS - row - 0.5, x = ladder.x(best[i]), py = ladder.y(y);
        const line = polyline(ladder, [[best[i] - Z * error[i], y], [best[i] + Z * error[i], y]]);
        if (holds(i)) {
          hit += line;
          dot += `M${px(x)} ${px(py)}h0`;
        } else {
          miss += line;
          cross += `M${px(x - 3.5)} ${px(py - 3.5)}l7 7m0 -7l-7 7`;
        }
      }
      for (const [path, d] of [[hits, hit], [misses, miss], [dots, dot], [crosses, cross]]) set(path, { d });
      grip.node.style.display = lattice ? "" : "none";

      // ---- the heap ----
      const top = 240, high = 210, tallest = Math.max(0.45, ...tally.map((c) => c / (samples * width || 1)));
      const letter = family.name[1], name = `(_${letter}̂_ − _${letter}_*)`;
      heap.layout({ left, top, width: wide, height: high, x: [-REACH, REACH], y: [0, roundUp(1.08 * tallest)], xTicks: ui.width > 460 ? 9 : 5, yTicks: 4,
                    yLabelAt: 0, yLabel: "the heap of estimates: density of _z_",
                    xLabel: `_z_ = ${s.family === "uniform" ? (byN ? "_n_" : "√_n_") : "√(_nI_₁)"} ${name}${s.family === "uniform" ? "/_θ_*" : ""}` });
      ui.height(top + high + 44);
      let d = "";
      tally.forEach((c, bar) => {
        if (!c) return;
        const x0 = heap.x(first + bar * width), x1 = heap.x(first + (bar + 1) * width), inset = Math.min(1, (x1 - x0) / 8);
        d += `M${px(x0 + inset)} ${px(heap.y(0))}V${px(heap.y(c / (samples * width)))}H${px(x1 - inset)}V${px(heap.y(0))}Z`;
      });
      set(bars, { d });
      set(curve, { d: polyline(heap, sample([-REACH, REACH], 120, normalCurve)), "stroke-opacity": byN ? 0.35 : 1 });
      set(limit, { d: byN ? polyline(heap, [...sample([-REACH, 0], 80, Math.exp), [0, 0]]) : "" });
      say(curveName, "N(0, 1)");
      set(curveName, { x: heap.x(1.05), y: heap.y(normalCurve(1.05)) - 9 });
      say(limitName, byN ? "exponential limit" : "");
      set(limitName, { x: heap.x(-1.2), y: heap.y(Math.exp(-1.2)) - 10 });
      if (keyOf(s) !== fallKey) fall = 1;
      fallen.style.display = fall < 1 ? "" : "none";
      if (fall < 1) {
        const i = samples - 1, bar = lattice ? Math.round(best[i] * n) : Math.floor((z(i) - first) / width);
        const from = [ladder.x(best[i]), ladder.y(ROWS - 0.5)], to = [heap.x(z(i)), heap.y((tally[bar] ?? 0) / (samples * width))], ease = fall * fall;
        set(fallen, { cx: px(from[0] + (to[0] - from[0]) * fall), cy: px(from[1] + (to[1] - from[1]) * ease) });
      }

      // ---- numbers ----
      const zMean = samples ? sum / samples : NaN, zSd = samples > 1 ? Math.sqrt(squares / (samples - 1)) : NaN;
      const share = samples ? covered / samples : NaN, plus = (covered + 2) / (samples + 4);
      const shareError = Math.sqrt(plus * (1 - plus) / (samples + 4)), longRun = family.longRun(s, Z / Math.sqrt(n));
      const percent = (v) => (samples ? `${fixed(100 * v, 1)} %` : "none yet");
      count.set(samples, samples.toLocaleString("en-US"), samples === MOST ? "the most it takes" : "");
      mean.set(zMean, samples ? fixed(zMean, 3) : "none yet", byN ? "limit −1" : "promised: 0");
      sd.set(zSd, samples > 1 ? fixed(zSd, 3) : "none yet", byN ? "limit 1" : "promised: 1");
      coverage.set(`${share},${shareError},${longRun}`, percent(share), `${samples ? `± ${fixed(100 * shareError, 1)}; ` : ""}in truth ${fixed(100 * longRun, 1)}`);
      scaling.hidden = s.family !== "uniform";
      say(scaling, byN ? "Scale by √_n_" : "Scale by _n_");
      const off = beyond ? ` ${beyond} beyond the axis.` : "";
      const says = {
        bernoulli: `${flat || "None"} of the samples ${flat === 1 ? "is" : "are"} all zeros or all ones${flat ? ": an interval without width" : ""}.`,
        exponential: `Skewed: on average the estimate is ${short(n / (n - 1))} times the truth.`,
        normal: "The heap is normal at every n. Its intervals are too short while σ̂ is uncertain.",
        uniform: byN ? "The error is of size 1/n and one-sided: its limit is exponential." : "The estimate is never too high, and the heap shrinks onto 0: √n is the wrong scale.",
      }[s.family];
      remark.textContent = samples ? says + off : "Drop a sample: its estimate falls onto the heap.";
      return `${family.label}, n ${n}, ${samples} samples: mean of z ${fixed(zMean, 2)}, standard deviation ${fixed(zSd, 2)}, ` +
        `coverage ${fixed(100 * share, 1)} percent, in the long run ${fixed(100 * longRun, 1)}`;
    };
  },
});
