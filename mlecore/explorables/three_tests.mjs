// One log-likelihood curve and one value to test: how far away is the summit along the axis (Wald), how steep is the
// slope (score), how high is the climb (likelihood ratio)? On another scale of θ the first changes, the others stay.

import { chi2Quantile1, chi2Tail1, findRoot, generator } from "./numerics.mjs";
import { clamp, explorable, fixed, polyline, px, roundUp, sample, say, set, short } from "./kit.mjs";

const CUT = chi2Quantile1(0.95), Z = Math.sqrt(CUT), MOST_N = 100, REACH = 4.5;

// total: the sum of the observations. name, unname, slope: the second scale, back again, and dθ by it.
const logs = { scale: "log _θ_", name: Math.log, unname: Math.exp, slope: (t) => t };
const FAMILIES = {
  binomial: {
    label: "Binomial", parameter: "probability", n: 10, total: 8, theta0: 0.5, whole: true, least: () => 1, most: (n) => n - 1,
    estimate: (n, y) => y / n, information: (n, p) => n / (p * (1 - p)), draw: (u) => (u < 0.25 ? 1 : 0),
    deviance: (n, y, p, best) => 2 * (y * Math.log(best / p) + (n - y) * Math.log((1 - best) / (1 - p))),
    scale: "log-odds", name: (p) => Math.log(p / (1 - p)), unname: (v) => 1 / (1 + Math.exp(-v)), slope: (p) => p * (1 - p),
  },
  poisson: {
    label: "Poisson", parameter: "mean", n: 4, total: 14, theta0: 2, whole: true, least: () => 1, most: (n) => 10 * n,
    estimate: (n, y) => y / n, information: (n, rate) => n / rate,
    draw(u) { // quantile by adding up the mass
      let k = 0, mass = Math.exp(-3), sum = mass;
      while (u > sum) sum += mass *= 3 / ++k;
      return k;
    },
    deviance: (n, y, rate, best) => 2 * (y * Math.log(best / rate) + n * (rate - best)), ...logs,
  },
  exponential: {
    label: "Exponential", parameter: "rate", n: 5, total: 5, theta0: 2, whole: false, least: (n) => 0.2 * n, most: (n) => 5 * n,
    estimate: (n, y) => n / y, information: (n, rate) => n / rate ** 2, draw: (u) => -Math.log(u),
    deviance: (n, y, rate, best) => 2 * (n * Math.log(best / rate) + y * (rate - best)), ...logs,
  },
};
const PLAIN = { scale: "_θ_", name: (t) => t, unname: (t) => t, slope: () => 1 };
const TESTS = [["wald", "Wald", "muted"], ["score", "score", "data"], ["likelihood_ratio", "likelihood ratio", "likelihood"]];

// The sum of the sample behind a seed, drawn again while the estimate is on the edge.
function drawn(family, n, seed) {
  const source = generator(seed);
  for (;;) {
    let total = 0;
    for (let i = 0; i < n; i++) total += family.draw(source.uniform());
    if (!family.whole) total = Number(total.toFixed(2));
    if (total >= family.least(n) && total <= family.most(n)) return total;
  }
}

function check(s) {
  const family = FAMILIES[s.family];
  if (!family) return `no family “${s.family}”; choose ${Object.keys(FAMILIES).join(", ")}`;
  if (s.scale !== "theta" && s.scale !== "log") return `no scale “${s.scale}”; choose theta or log`;
  if (!(Number.isInteger(s.n) && s.n >= 1 && s.n <= MOST_N)) return `n must be a whole number from 1 to ${MOST_N}`;
  if (s.family === "binomial" && s.n < 2) return "a binomial estimate inside (0, 1) needs n of at least 2";
  if (family.whole && !Number.isInteger(s.total)) return "the total must be a whole number: these are counts";
  const low = family.least(s.n), high = family.most(s.n);
  if (!(s.total >= low && s.total <= high)) return `the total must be between ${short(low)} and ${short(high)}, so that the estimate lies inside its range`;
  if (!(s.theta0 > 0 && Number.isFinite(s.theta0) && (s.family !== "binomial" || s.theta0 < 1))) return "θ₀ must lie inside the range of θ";
  return "";
}

// Everything shown: three statistics, tail areas and intervals, and the two parabolas.
function work({ family: key, n, total, theta0, scale }) {
  const family = FAMILIES[key], at = scale === "log" ? family : PLAIN, best = family.estimate(n, total);
  const info = (t) => family.information(n, t), deviance = (t) => family.deviance(n, total, t, best);
  const score = info(theta0) * (best - theta0) * (key === "exponential" ? theta0 / best : 1);
  const center = at.name(best), here = at.name(theta0), curvature = info(best) * at.slope(best) ** 2;
  const statistics = { wald: (center - here) ** 2 * curvature, score: score ** 2 / info(theta0), likelihood_ratio: deviance(theta0) };

  const half = Z / Math.sqrt(curvature), wald = [at.unname(center - half), at.unname(center + half)];
  let scores;
  if (key === "exponential") scores = [Math.max(best * (1 - Z / Math.sqrt(n)), 0), best * (1 + Z / Math.sqrt(n))];
  else {
    const binomial = key === "binomial", shrink = binomial ? 1 + CUT / n : 1;
    const root = Z * Math.sqrt((binomial ? best * (1 - best) : best) / n + CUT / (4 * n * n));
    scores = [-1, 1].map((side) => (best + CUT / (2 * n) + side * root) / shrink);
  }
  let high = key === "binomial" ? 1 : 2 * best;
  while (key !== "binomial" && deviance(high) < CUT) high *= 2;
  const ratio = [findRoot((t) => CUT - deviance(t), 0, best), findRoot((t) => deviance(t) - CUT, best, high)];
  return {
    family, at, best, center, here, curvature, deviance, statistics, se: 1 / Math.sqrt(curvature),
    slope: score * at.slope(theta0), bend: info(theta0) * at.slope(theta0) ** 2,
    intervals: { wald, score: scores, likelihood_ratio: ratio },
  };
}

// The axis without θ₀, on the scale shown, and a step along it.
function span(s) {
  const family = FAMILIES[s.family], best = family.estimate(s.n, s.total);
  const se = 1 / Math.sqrt(family.information(s.n, best));
  let x;
  if (s.scale === "log") {
    const width = REACH * se / family.slope(best), center = family.name(best);
    x = [Math.floor((center - width) * 2) / 2, Math.ceil((center + width) * 2) / 2];
  } else x = [0, s.family === "binomial" ? 1 : roundUp(best + REACH * se)];
  const step = s.scale === "log" ? 0.02 : 10 ** Math.floor(Math.log10(x[1] / 100) + 1e-9);
  const inner = s.scale === "log" ? x : [step, s.family === "binomial" ? 1 - step : x[1]];
  return { x, step, inner };
}
// The axis with θ₀ on it, wherever it was set.
function axis(s) {
  const { x, inner } = span(s), at = s.scale === "log" ? FAMILIES[s.family].name(s.theta0) : s.theta0;
  const whole = s.scale === "log" ? [at < x[0] ? Math.floor(at * 2) / 2 : x[0], at > x[1] ? Math.ceil(at * 2) / 2 : x[1]]
    : [0, s.family === "binomial" ? 1 : at > x[1] ? roundUp(at) : x[1]];
  return { whole, range: [Math.min(at, inner[0]), Math.max(at, inner[1])] };
}
const nice = (theta) => Number(theta.toPrecision(4));
const area = (p) => (p < 0.0001 ? short(p, 2) : fixed(p, p < 0.01 ? 4 : 3));

export default explorable({
  name: "three_tests",
  title: "Three tests on one curve",
  traits: ["family", "n", "total", "theta0", "scale", "seed"],
  check,
  build(ui) {
    ui.choice({ trait: "scale", label: "Scale of the Wald test", options: [["theta", "scale _θ_"], ["log", "scale log _θ_"]] });
    ui.choice({
      trait: "family", label: "Family", options: Object.entries(FAMILIES).map(([name, family]) => [name, family.label]),
      patch: (name) => {
        const { n, total, theta0 } = FAMILIES[name];
        return { family: name, n, total, theta0 };
      },
    });
    const stats = TESTS.map(([name, label, idea]) => ui.stat(name, label, idea));

    const top = ui.panel(), rows = ui.panel();
    const cut = ui.path(top.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" });
    const cutName = ui.text(top.over, { idea: "muted", anchor: "end" });
    const parabola = ui.path(top.marks, { idea: "muted", width: 1.8, "stroke-dasharray": "6 4" });
    const scoreHill = ui.path(top.marks, { idea: "data", width: 1.6, "stroke-dasharray": "7 3 1.5 3" });
    const curve = ui.path(top.marks, { idea: "likelihood", width: 2.5 });
    const tangent = ui.path(top.marks, { idea: "data", width: 3.5 });
    const along = ui.path(top.marks, { idea: "muted", width: 3.5, dash: false });
    const climb = ui.path(top.marks, { idea: "likelihood", width: 4, dash: false });
    const names = TESTS.map(([, , idea]) => ui.text(top.over, { idea }));
    const bestDot = ui.dot(top.over, { idea: "likelihood", r: 4.5 });
    const bestName = ui.text(top.over, { idea: "likelihood", anchor: "middle" });
    const here = ui.dot(top.over, { idea: "data", r: 4.5 });
    const guides = [top, rows].map((panel) => ui.path(panel.marks, { idea: "data", width: 1.2 }));
    const bars = TESTS.map(([, , idea]) => ({ bar: ui.path(rows.marks, { idea, width: 6, dash: false }), dot: ui.dot(rows.marks, { idea, r: 4 }),
                                             name: ui.text(rows.over, { idea }) }));

    const shown = (s) => (s.scale === "log" ? FAMILIES[s.family].name(s.theta0) : s.theta0);
    let floor = -6; // of the upper panel, where the handle stands
    ui.handle({
      panel: top, label: "theta zero", axis: "x", idea: "data", shape: "grip", range: (s) => [axis(s).range],
      at: (s) => [shown(s), floor], step: (s) => [span(s).step], text: (s) => `theta zero ${short(s.theta0)}`,
      patch: ([value], s) => ({ theta0: s.scale === "log" ? nice(FAMILIES[s.family].unname(value)) : value }),
    });
    const plainly = (s) => ({ ...s, scale: "theta" });
    ui.control({ trait: "theta0", label: "_θ_₀", range: (s) => axis(plainly(s)).range, step: (s) => span(plainly(s)).step,
                 text: (s) => `theta zero ${short(s.theta0)}` });
    ui.control({
      trait: "n", label: "_n_", idea: "muted", range: (s) => [s.family === "binomial" ? 2 : 1, MOST_N], step: 1, log: true, whole: true,
      text: (s) => `${s.n} observations`,
      patch: (n) => { // the same mean, as near as the lattice of counts allows
        const s = ui.state, family = FAMILIES[s.family], total = s.total / s.n * n;
        return { n, total: clamp(family.whole ? Math.round(total) : nice(total), [family.least(n), family.most(n)]) };
      },
    });
    ui.control({ trait: "total", label: "total", idea: "muted", range: (s) => [FAMILIES[s.family].least(s.n), FAMILIES[s.family].most(s.n)],
                 step: (s) => (FAMILIES[s.family].whole ? 1 : 0.05), text: (s) => `sum of the observations ${short(s.total)}` });
    ui.actions({ sample: (seed) => ({ total: drawn(FAMILIES[ui.state.family], ui.state.n, seed) }) });

    return (s) => {
      const now = work(s), { family, at, deviance, center } = now, x = axis(s).whole, p = {};
      const left = 40, width = ui.width - left - 8, height = 240, gap = 46, rowHeight = 112;
      const fall = -now.statistics.likelihood_ratio / 2, reach = Math.max(now.statistics.wald, now.statistics.likelihood_ratio) / 2;
      const crown = fall + now.statistics.score / 2; // summit of the parabola at θ₀
      floor = -roundUp(clamp(1.15 * reach, [5, 40]));
      const scaleName = s.scale === "log" ? family.scale : `${family.parameter} _θ_`;
      top.layout({ left, top: 30, width, height, x, y: [floor, clamp(1.2 * crown, [-0.16 * floor, -0.4 * floor])], xTicks: 0, yTicks: 4, yLabelAt: 0,
                   yLabel: "log-likelihood below its top" });
      rows.layout({ left, top: 30 + height + gap, width, height: rowHeight, x, y: [0, 3], yTicks: 0, grid: false, yLabelAt: 0,
                    xLabel: scaleName, yLabel: "95 % intervals: the _θ_₀ that are not rejected" });
      ui.height(30 + height + gap + rowHeight + 44);

      const inset = 1e-6 * (x[1] - x[0]), inside = [x[0] + inset, x[1] - inset];
      const near = [Math.max(inside[0], center - 5 * now.se), Math.min(inside[1], center + 5 * now.se)];
      const points = [...sample(inside, 60, () => 0), ...sample(near, 120, () => 0)].map(([v]) => v).sort((a, b) => a - b);
      set(curve, { d: polyline(top, points.map((v) => [v, -deviance(at.unname(v)) / 2])) });
      set(parabola, { d: polyline(top, sample(x, 160, (v) => -now.curvature * (v - center) ** 2 / 2)) });
      const x0 = now.here, summit = x0 + now.slope / now.bend;
      const far = 1.5 * (summit - x0);
      set(scoreHill, { d: far ? polyline(top, sample([x0, x0 + far], 60, (v) => fall + now.slope * (v - x0) - now.bend * (v - x0) ** 2 / 2)) : "" });
      // A tangent about 70 pixels long.
      const unit = [(top.x(1) - top.x(0)), (top.y(0) - top.y(1)) * now.slope], run = 35 / Math.hypot(...unit);
      set(tangent, { d: polyline(top, [[x0 - run, fall - now.slope * run], [x0 + run, fall + now.slope * run]]) });
      set(along, { d: polyline(top, [[x0, 0], [center, 0]]) });
      set(climb, { d: polyline(top, [[x0, fall], [x0, 0]]) });
      set(cut, { d: polyline(top, [[x[0], -CUT / 2], [x[1], -CUT / 2]]) });
      const leftward = x0 < center, edge = left + width;
      // At an end that the curve, θ₀ and the name beside it leave free.
      const steep = top.y(Math.max(fall, floor)) - 2, below = top.y(-CUT / 2) + 15, away = Math.abs(steep - below) > 18;
      const [from, to] = now.intervals.likelihood_ratio.map((v) => top.x(at.name(v)));
      const free = { end: to < edge - 100 && top.x(x0) < edge - (away ? 95 : 210), start: from > left + 95 && top.x(x0) > left + (away ? 95 : 210) };
      say(cutName, free.end || free.start ? "cut at −1.92" : "");
      set(cutName, { x: free.end ? edge - 2 : left + 4, y: below, "text-anchor": free.end ? "end" : "start" });
      guides.forEach((line, i) => set(line, { d: polyline([top, rows][i], [[x0, -99], [x0, i ? 99 : fall]]) }));
      set(here, { cx: px(top.x(x0)), cy: px(top.y(Math.max(fall, floor))) });
      set(bestDot, { cx: px(top.x(center)), cy: px(top.y(0)) });
      say(bestName, `_θ̂_ = ${short(now.best, 3)}`);
      set(bestName, { x: clamp(top.x(center) + (leftward ? 8 : -8), [left + 50, edge - 50]), y: top.y(0) - 9, "text-anchor": leftward ? "start" : "end" });
      // Names beside what they measure, on the outer side of θ₀; none where the distances are too short to tell apart.
      const gapPixels = Math.abs(top.x(x0) - top.x(center)), apart = gapPixels > 26;
      const outer = (leftward ? top.x(x0) - left : edge - top.x(x0)) > 116;
      const side = leftward === outer ? -1 : 1, anchor = side < 0 ? "end" : "start", beside = top.x(x0) + 9 * side;
      const middle = top.y(Math.max(fall, floor) / 2);
      const place = [[(top.x(x0) + top.x(center)) / 2, top.y(0) - 9, "middle", gapPixels > 130 ? "Wald: how far" : ""],
                     [beside, steep, anchor, apart && fall > floor ? "score: how steep" : ""],
                     [beside, Math.min(middle + 4, top.y(Math.max(fall, floor)) - 19), anchor, apart && fall < -0.45 ? "ratio: how high" : ""]];
      names.forEach((node, i) => {
        const [nx, ny, how, text] = place[i];
        set(node, { x: nx, y: ny, "text-anchor": how });
        say(node, text);
      });

      const most = s.family === "binomial" ? 1 : Infinity;
      TESTS.forEach(([name, label, idea], i) => {
        const value = now.statistics[name], [lo, hi] = now.intervals[name];
        p[name] = chi2Tail1(value);
        const outside = lo < 0 || hi > most, look = outside ? "wrong" : idea, y = 2.55 - i;
        const drawnEnds = [lo, hi].map((v) => (s.scale === "theta" ? v : v <= 0 ? x[0] - 1 : at.name(v)));
        const ends = drawnEnds.map((v) => clamp(v, [x[0] - 1, x[1] + 1]));
        const { bar, dot, name: node } = bars[i];
        set(bar, { d: polyline(rows, [[ends[0], y - 0.28], [ends[1], y - 0.28]]), stroke: `var(--mle-${look})` });
        set(dot, { cx: px(rows.x(center)), cy: px(rows.y(y - 0.28)) });
        const verdict = value > CUT ? "rejects _θ_₀" : "keeps _θ_₀";
        say(node, `${label} ${verdict}${outside ? ", leaves the range" : ""}`);
        const from = clamp(rows.x(Math.max(ends[0], x[0])), [left, edge - 190]);
        set(node, { x: from + 1, y: rows.y(y) - 1, fill: `var(--mle-${look}-text)` });
        const text = (v) => (Math.abs(v) < 0.05 && v !== 0 ? short(v, 2) : fixed(v, hi < 5 ? 2 : 1));
        stats[i].set(`${value},${p[name]},${lo},${hi}`, fixed(value, 2), `_p_ = ${area(p[name])}; 95\u00a0%: ${text(lo)}\u00a0–\u2060\u00a0${text(hi)}`);
        set(stats[i].box, { style: `--idea:var(--mle-${look}-text);--line:var(--mle-${look})` });
      });
      return `${family.label}, n ${s.n}, estimate ${short(now.best, 3)}, theta zero ${short(s.theta0)}, Wald on the scale of ${s.scale === "log" ? family.scale : "θ"}: ` +
        TESTS.map(([name, label]) => `${label} ${fixed(now.statistics[name], 2)}, p ${area(p[name])}`).join("; ");
    };
  },
});
