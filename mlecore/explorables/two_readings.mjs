// One function f(y; θ), two readings: a slice at fixed θ is a probability over y, a slice at fixed y the
// likelihood over θ. The first has area 1; the second need not.

import { contours, logDensity } from "./numerics.mjs";
import { clamp, explorable, polyline, pool, roundUp, sample, say, set, short, svg, trace } from "./kit.mjs";

const counts = (top) => Array.from({ length: top + 1 }, (_, k) => k);

// theta, y: what the axes show. area: ∫ f dθ; ruler: the same integral over the transformed parameter.
const FAMILIES = {
  binomial: {
    label: "Binomial", theta: [0, 1], step: 0.01, open: false, start: { theta: 0.4, y: 3 },
    y: (s) => [0, s.n], discrete: true, log: (y, theta, s) => logDensity.binomial(y, s.n, theta),
    area: (s) => 1 / (s.n + 1), why: () => "1/(_n_ + 1) at every _y_",
    ruler: "logit _θ_", rulerArea: (s) => s.n / (s.y * (s.n - s.y)),
  },
  exponential: {
    label: "Exponential", theta: [0.02, 4], step: 0.02, open: true, start: { theta: 1.5, y: 1.5 },
    y: () => [0, 4], log: (y, theta) => logDensity.exponential(y, theta),
    area: (s) => 1 / s.y ** 2, why: () => "1/_y_², rarely 1",
    ruler: "log _θ_", rulerArea: (s) => 1 / s.y,
  },
  poisson: {
    label: "Poisson", theta: [0.1, 12], step: 0.1, open: true, start: { theta: 4, y: 3 },
    y: (s) => [0, Math.max(16, s.y + 3)], discrete: true, log: (y, theta) => logDensity.poisson(y, theta),
    area: () => 1, why: () => "1 by coincidence",
    ruler: "log _θ_", rulerArea: (s) => 1 / s.y,
  },
  normal: {
    label: "Normal", theta: [-4, 4], step: 0.05, start: { theta: 0.5, y: -0.5 },
    y: () => [-4, 4], log: (y, theta) => logDensity.normal(y, theta, 1),
    area: () => 1, why: () => "1 by coincidence",
  },
};

function check(s) {
  const family = FAMILIES[s.family];
  if (!family) return `no family “${s.family}”; choose ${Object.keys(FAMILIES).join(", ")}`;
  if (!Number.isFinite(s.theta) || !Number.isFinite(s.y)) return "θ and y must be finite numbers";
  if (!(Number.isInteger(s.n) && s.n >= 1 && s.n <= 60)) return "n must be a whole number from 1 to 60";
  if (s.family === "binomial" && (s.theta < 0 || s.theta > 1)) return "θ must lie between 0 and 1";
  if (family.open && s.theta <= 0) return "θ must be positive";
  if (s.family !== "normal" && s.y < 0) return "y must not be negative";
  if (family.discrete && !Number.isInteger(s.y)) return "y must be a whole number";
  if (s.family === "binomial" && s.y > s.n) return `y must not exceed n = ${s.n}`;
  return "";
}

// The axis, stretched where Python asks for a value beyond it.
const stretch = ([lo, hi], value) => [value < lo ? (value < 0 ? -roundUp(-value) : value) : lo, value > hi ? roundUp(value) : hi];
const thetaRange = (s) => stretch(FAMILIES[s.family].theta, s.theta);
const yRange = (s) => stretch(FAMILIES[s.family].y(s), s.y);
const density = (s, y, theta) => Math.exp(FAMILIES[s.family].log(y, theta, s));

export default explorable({
  name: "two_readings",
  title: "Two readings of one function",
  traits: ["family", "theta", "y", "n"],
  check,
  build(ui) {
    ui.choice({
      trait: "family", label: "Family",
      options: Object.entries(FAMILIES).map(([name, family]) => [name, family.label]),
      patch: (name) => ({ family: name, ...FAMILIES[name].start, y: name === "binomial"
        ? Math.min(FAMILIES.binomial.start.y, ui.state.n) : FAMILIES[name].start.y }),
    });
    const total = ui.stat("density_area", "", "data");
    const area = ui.stat("likelihood_area", "∫ over _θ_, _y_ fixed", "likelihood");
    const ruler = ui.stat("ruler_area", "", "likelihood");
    const height = ui.stat("density", "_f_ (_y_; _θ_)", "data");

    const map = ui.panel(), top = ui.panel(), side = ui.panel();
    const surface = svg("g", { "aria-hidden": "true" }, map.marks);
    const shades = svg("defs", {}, ui.svg);
    const across = ui.path(map.marks, { idea: "likelihood" });
    const down = ui.path(map.marks, { idea: "data" });
    const hillFill = ui.path(top.marks, { idea: "likelihood", fill: true, opacity: 0.16 });
    const hill = ui.path(top.marks, { idea: "likelihood", width: 2.5 });
    const bellFill = ui.path(side.marks, { idea: "data", fill: true, opacity: 0.12 });
    const bell = ui.path(side.marks, { idea: "data", width: 2.5 });
    const bars = svg("g", { "aria-hidden": "true" }, side.marks);
    const up = ui.path(top.over, { idea: "data", width: 1.5 }), right = ui.path(side.over, { idea: "likelihood", width: 1.5 });
    const dots = [ui.dot(top.over, { idea: "data", r: 5 }), ui.dot(side.over, { idea: "likelihood", r: 5 })];
    const same = [ui.text(side.over, { idea: "muted" }), ui.text(side.over, { idea: "muted" })];

    const both = { panel: map, at: (s) => [s.theta, s.y], range: (s) => [thetaRange(s), yRange(s)],
                   step: (s) => [FAMILIES[s.family].step, FAMILIES[s.family].discrete ? 1 : FAMILIES[s.family].step],
                   patch: ([theta, y]) => ({ theta, y }) };
    const grip = { shape: "grip", text: null };
    ui.handle({ ...both, label: "both slices", axis: "xy", idea: "muted", r: 7, focus: false });
    ui.handle({ ...both, ...grip, label: "theta, where the density over y is cut", axis: "x", idea: "data",
                at: (s) => [s.theta, map.domain.y[0]], patch: ([theta]) => ({ theta }),
                text: (s) => `theta ${short(s.theta)}` });
    ui.handle({ ...both, ...grip, label: "y, where the likelihood is cut", axis: "y", idea: "likelihood",
                at: (s) => [map.domain.x[0], s.y], patch: ([, y]) => ({ y }), text: (s) => `y ${short(s.y)}` });
    ui.tap(map, ([theta, y]) => {
      const [u, v] = both.step(ui.state);
      return { theta: clamp(Math.round(theta / u) * u, thetaRange(ui.state)), y: clamp(Math.round(y / v) * v, yRange(ui.state)) };
    });

    ui.control({ trait: "theta", label: "_θ_", range: thetaRange, step: (s) => FAMILIES[s.family].step,
                 text: (s) => `theta ${short(s.theta)}` });
    ui.control({ trait: "y", label: "_y_", idea: "likelihood", range: yRange, step: (s) => both.step(s)[1],
                 text: (s) => `y ${short(s.y)}` });
    ui.control({ trait: "n", label: "_n_", idea: "muted", range: () => [1, 30], step: 1, whole: true,
                 show: (s) => s.family === "binomial", patch: (n) => ({ n, y: Math.min(n, ui.state.y) }),
                 text: (s) => `${s.n} trials` });
    ui.actions();

    let shown = "";
    const drawSurface = (s, x, y) => {
      const key = JSON.stringify([s.family, s.n, x, y, ui.width]);
      if (key === shown) return;
      shown = key;
      surface.replaceChildren();
      shades.replaceChildren();
      const ink = "var(--mle-muted)";
      if (FAMILIES[s.family].discrete) { // one strip per count, its shade the probability
        const ks = counts(Math.floor(y[1])), steps = 32, rows = ks.map((k) => sample(x, steps, (t) => density(s, k, t)));
        const peak = Math.min(0.6, Math.max(...rows.flat().map(([, f]) => f)));
        for (const k of ks) {
          const id = ui.id("shade");
          const shade = svg("linearGradient", { id }, shades);
          rows[k].forEach(([, f], i) => svg("stop", { offset: i / steps, "stop-color": ink,
            "stop-opacity": (0.85 * Math.min(1, f / peak) ** 0.6).toFixed(3) }, shade));
          const high = map.y(k + 0.44);
          svg("rect", { x: map.left, width: map.width, y: high, height: map.y(k - 0.44) - high, fill: `url(#${id})` }, surface);
        }
        return;
      }
      const nx = 70, ny = 60, values = [];
      for (const [v] of sample(y, ny - 1, () => 0)) for (const [, f] of sample(x, nx - 1, (t) => density(s, v, t))) values.push(f);
      const peak = s.family === "normal" ? 0.4 : 2;
      for (let i = 1; i <= 11; i++) {
        const level = peak * (i / 12) ** 2;
        const d = contours(values, nx, ny, level).map((ring) => `${polyline(map, ring.map(([i, j]) =>
          [x[0] + i / (nx - 1) * (x[1] - x[0]), y[0] + j / (ny - 1) * (y[1] - y[0])]))}Z`).join("");
        svg("path", { d, fill: ink, "fill-opacity": 0.1 }, surface);
      }
    };

    return (s) => {
      const family = FAMILIES[s.family], f = density(s, s.y, s.theta);
      const wide = ui.width > 520;
      const left = 36, gap = 26, right0 = 8;
      const sideWidth = clamp(ui.width * 0.26, [84, 190]);
      const mapWidth = ui.width - left - gap - sideWidth - right0;
      const topHeight = wide ? 140 : 104, mapHeight = clamp(mapWidth * 0.72, [200, 320]);
      const mapTop = 30 + topHeight + gap;
      const theta = thetaRange(s), [y0, y1] = yRange(s);
      const x = family.open ? [0, theta[1]] : theta, y = family.discrete ? [y0 - 0.6, y1 + 0.6] : [y0, y1];
      ui.height(mapTop + mapHeight + 44);

      const grid = sample([Math.max(theta[0], family.open ? 1e-6 : theta[0]), theta[1]], 140, (t) => density(s, s.y, t));
      const over = family.discrete ? counts(y1).map((k) => [k, density(s, k, s.theta)]) : sample([y0, y1], 110, (v) => density(s, v, s.theta));
      const tallest = (points) => roundUp(1.04 * points.reduce((most, p) => Math.max(most, p[1]), 1e-3));
      map.layout({ left, top: mapTop, width: mapWidth, height: mapHeight, xTextAt: 23, yTextAt: 16, x, y, xLabel: "_θ_", yLabel: "_y_", yLabelAt: left - 26,
                   yTicks: family.discrete ? Math.min(8, y1) : 5, xTicks: wide ? 6 : 4, yAxis: true, grid: false });
      top.layout({ left, top: 30, width: mapWidth, height: topHeight, x, y: [0, tallest(grid)], xTicks: 0, yTicks: 2,
                   yLabel: "likelihood of _θ_, _y_ fixed", yLabelAt: 0 });
      side.layout({ left: left + mapWidth + gap, top: mapTop, width: sideWidth, height: mapHeight, xTextAt: 23, x: [0, tallest(over)], y,
                    yTicks: 0, xTicks: 2, xText: (v) => (v ? undefined : ""), yAxis: true,
                    yLabel: (family.discrete ? "probability" : "density") + (wide ? " of _y_, _θ_ fixed" : "") });
      drawSurface(s, x, y);

      set(across, { d: polyline(map, [[x[0], s.y], [x[1], s.y]]) });
      set(down, { d: polyline(map, [[s.theta, y[0]], [s.theta, y[1]]]) });
      trace(top, grid, hill, hillFill);
      if (family.discrete) {
        const thick = clamp(mapHeight / (y[1] - y[0]) * 0.62, [2, 16]);
        pool(bars, over.length, (parent) => svg("rect", { fill: "var(--mle-data)" }, parent));
        over.forEach(([k, p], i) => set(bars.children[i], { x: side.left, width: Math.max(0, side.x(p) - side.left),
          y: side.y(k) - thick / 2, height: thick, "fill-opacity": k === s.y ? 1 : 0.35 }));
        set(bell, { d: "" });
        set(bellFill, { d: "" });
      } else {
        pool(bars, 0);
        const bellPoints = over.map(([v, p]) => [p, v]);
        const d = polyline(side, bellPoints);
        set(bell, { d });
        set(bellFill, { d: `${d}H${side.left}V${side.y(y0)}Z` });
      }
      set(up, { d: polyline(top, [[s.theta, 0], [s.theta, f]]) });
      set(right, { d: polyline(side, [[0, s.y], [f, s.y]]) });
      set(dots[0], { cx: top.x(s.theta), cy: top.y(f) });
      set(dots[1], { cx: side.x(f), cy: side.y(s.y) });
      say(same[0], wide ? "the same height" : "same height");
      say(same[1], `_f_ = ${short(f)}`);
      same.forEach((node, i) => set(node, { x: side.left, y: 30 + topHeight / 2 + 17 * i }));

      const sum = family.discrete ? counts(s.family === "binomial" ? s.n : Math.ceil(2 * s.theta + 60)).reduce((all, k) => all + density(s, k, s.theta), 0) : 1;
      total.name(`${family.discrete ? "Σ" : "∫"} over _y_, _θ_ fixed`);
      total.set(sum, short(sum, 6), "always 1");
      area.set(family.area(s), short(family.area(s)), family.why(s));
      ruler.box.hidden = !family.ruler;
      if (family.ruler) {
        ruler.name(`∫ over ${family.ruler}, _y_ fixed`);
        ruler.set(family.rulerArea(s), short(family.rulerArea(s)), "another ruler");
      }
      height.set(f, short(f), "in both readings");
      return `${family.label}: theta ${short(s.theta)}, y ${short(s.y)}, f ${short(f)}; ` +
        `total over y ${short(sum, 4)}, area over theta ${short(family.area(s))}`;
    };
  },
});
