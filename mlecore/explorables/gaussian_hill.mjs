// The log-likelihood of normal data as a hill over (μ, σ): drag the data, drag the parameters, climb.

import { backtrack, contours, generator, newtonDirection } from "./numerics.mjs";
import {
  checkNumbers, clamp, explorable, fixed, html, polyline, pool, px, readNumbers, roundUp, sample, set, short, svg, trace, writeNumbers,
} from "./kit.mjs";

const TRUTH = [3.5, 1.2];                                 // where new samples come from
const DROPS = [0.25, 1, 2.25, 4, 6.25, 9, 12.25, 16, 25, 36, 64]; // contours this far below the top: squares, as evenly
                                                          // spaced as on a parabola
const MOST = 40;                                          // more points are shown, not dragged
const LOG_ROOT = 0.5 * Math.log(2 * Math.PI);

const drawData = (seed, n) => {
  const source = generator(seed);
  return Array.from({ length: n }, () => Math.round(source.normal(...TRUTH) * 100) / 100);
};

// n, mean and mean square about it: all that ℓ needs of the data.
function moments(data) {
  const n = data.length, mean = data.reduce((a, b) => a + b, 0) / n;
  return { n, mean, square: data.reduce((a, b) => a + (b - mean) ** 2, 0) / n };
}
const ell = ({ n, mean, square }, mu, sigma) =>
  (sigma > 0 ? -n * (LOG_ROOT + Math.log(sigma) + (square + (mean - mu) ** 2) / (2 * sigma * sigma)) : -Infinity);
const score = ({ n, mean, square }, mu, sigma) =>
  [n * (mean - mu) / sigma ** 2, n * ((square + (mean - mu) ** 2) / sigma ** 3 - 1 / sigma)];
const hessian = ({ n, mean, square }, mu, sigma) =>
  [-n / sigma ** 2, -2 * n * (mean - mu) / sigma ** 3, n / sigma ** 2 - 3 * n * (square + (mean - mu) ** 2) / sigma ** 4];

function check(s) {
  const bad = checkNumbers(s.data, 2);
  if (bad) return bad;
  if (s.data.every((y) => y === s.data[0])) return "all data are equal: ℓ grows without bound as σ falls to 0; change one";
  if (!Number.isFinite(s.mu)) return "μ must be a finite number";
  if (!(s.sigma > 0 && Number.isFinite(s.sigma))) return "σ must be positive";
  return "";
}

export default explorable({
  name: "gaussian_hill",
  title: "The Gaussian hill",
  traits: ["data", "mu", "sigma", "seed"],
  check,
  build(ui) {
    const height = ui.stat("log_likelihood", "_ℓ_(_μ_, _σ_)", "likelihood");
    const slopes = [ui.stat("score_mu", "∂_ℓ_/∂_μ_"), ui.stat("score_sigma", "∂_ℓ_/∂_σ_")];
    const best = ui.stat("mle", "top: _μ̂_, _σ̂_", "likelihood");

    // Top: the data and the density they are judged by.
    const bell = ui.panel();
    const area = ui.path(bell.marks, { idea: "likelihood", fill: true, opacity: 0.1 });
    const drops = ui.path(bell.marks, { idea: "likelihood", width: 1.5, opacity: 0.75 });
    const curve = ui.path(bell.marks, { idea: "likelihood", width: 2.5 });
    const tips = svg("g", { "aria-hidden": "true" }, bell.marks);
    const rug = svg("g", { "aria-hidden": "true" }, bell.marks);

    // Below, on the same axis: the hill.
    const hill = ui.panel();
    const rings = DROPS.map(() => svg("path", { fill: "var(--mle-likelihood)", "fill-opacity": 0.085,
      stroke: "var(--mle-likelihood)", "stroke-opacity": 0.35, "stroke-width": 0.8, "aria-hidden": "true" }, hill.marks));
    rings.reverse();
    const names = svg("g", { "aria-hidden": "true" }, hill.marks);
    const path = ui.path(hill.marks, { idea: "data", width: 1.5 });
    const steps = svg("g", { "aria-hidden": "true" }, hill.marks);
    const plumb = ui.path(hill.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" });
    const star = svg("g", { "aria-hidden": "true" }, hill.marks);
    svg("path", { d: "M0 -8L2 -2.6L7.6 -2.5L3.2 1L4.7 6.5L0 3.3L-4.7 6.5L-3.2 1L-7.6 -2.5L-2 -2.6Z", fill: "var(--mle-truth)",
                  stroke: "var(--mle-paper)" }, star);
    const starName = ui.text(star, { idea: "truth", y: 5 });
    starName.textContent = "truth";
    const top = svg("g", { "aria-hidden": "true" }, hill.marks);
    svg("path", { d: "M0 -7L7 0L0 7L-7 0Z", fill: "var(--mle-likelihood)", stroke: "var(--mle-paper)", "stroke-width": 1.5 }, top);
    const topName = ui.text(top, { idea: "likelihood", y: 5 });
    topName.textContent = "MLE";
    const arrow = ui.path(hill.over, { idea: "data", width: 2.5, "stroke-linecap": "round" });
    const arrowName = ui.text(hill.over, { idea: "data", anchor: "middle" });
    arrowName.textContent = "score";

    let view = null;      // what the axes show: fixed while something is dragged
    let framed = null;    // the data that chose it
    let walk = [];        // points visited since the climb began
    let climbing = false;
    const frame = (data) => {
      const { mean, square } = moments(data), s = Math.sqrt(square);
      const lo = Math.min(...data), hi = Math.max(...data);
      view = { x: [Math.min(lo - 0.6 * s, mean - 2.2 * s), Math.max(hi + 0.6 * s, mean + 2.2 * s)],
               sigma: [0.35 * s, 2.45 * s], unit: roundUp(s / 150) };
      framed = data;
    };
    frame(ui.state.data);
    // Parameters set from elsewhere stay on the map: it grows, and keeps its size while something moves.
    const include = ([lo, hi], value, pad) => [value < lo ? value - pad : lo, value > hi ? value + pad : hi];
    const widen = (s) => {
      view.x = include(view.x, s.mu, 10 * view.unit);
      view.sigma = include(view.sigma, s.sigma, 10 * view.unit);
      if (view.sigma[0] <= 0) view.sigma[0] = s.sigma / 2;
    };
    widen(ui.state);
    const muRange = () => view.x, sigmaRange = () => view.sigma;
    const spoken = (s) => `mu ${short(s.mu)}, sigma ${short(s.sigma)}`;

    const spot = {
      panel: hill, at: (s) => [s.mu, s.sigma], range: () => [view.x, view.sigma], step: () => [view.unit, view.unit],
      patch: ([mu, sigma]) => ({ mu, sigma }), text: spoken,
    };
    const fitPoints = ui.points({ panel: bell, most: MOST, r: 7, range: () => [view.x], step: () => [Math.max(0.01, view.unit)] });
    ui.handle({ ...spot, label: "mu and sigma", axis: "xy", idea: "data", r: 8 });
    ui.tap(hill, ([mu, sigma]) => ({ mu: Number(mu.toFixed(3)), sigma: Number(Math.max(view.unit, sigma).toFixed(3)) }));

    ui.control({ trait: "mu", label: "_μ_", range: muRange, step: () => view.unit, text: (s) => `mu ${short(s.mu)}` });
    ui.control({ trait: "sigma", label: "_σ_", range: sigmaRange, step: () => view.unit, text: (s) => `sigma ${short(s.sigma)}` });
    ui.entry({ label: "data", parse: (text) => ({ data: readNumbers(text, 2, 500) }), format: (s) => writeNumbers(s.data) });

    // Climbing: from the present point one step up, the way there shown.
    const climb = (kind) => {
      const { mu, sigma, data } = ui.state, m = moments(data), g = score(m, mu, sigma);
      const f = (a, b) => ell(m, a, b);
      let note = "";
      let direction = g.map((part) => part * 0.4 * m.square / m.n);
      if (kind === "Newton") {
        const newton = newtonDirection(g, hessian(m, mu, sigma));
        direction = newton.direction;
        if (newton.shifted) note = ", curvature corrected: ℓ is not concave here";
      }
      const { point: [a, b], t } = backtrack(f, [mu, sigma], direction, g);
      if (!walk.length) walk = [[mu, sigma]];
      walk.push([a, b]);
      climbing = true;
      counter.textContent = `${kind} step ${walk.length - 1}${t < 1 && t > 0 ? `, halved ${Math.round(-Math.log2(t))} ×` : ""}${note}`;
      ui.animate(250, (t) => {
        const ease = 1 - (1 - t) ** 3;
        climbing = true;
        ui.set({ mu: t === 1 ? a : mu + ease * (a - mu), sigma: t === 1 ? b : sigma + ease * (b - sigma) });
      });
    };
    set(ui.button("Gradient step", () => climb("Gradient"), "mle-strong"), { "data-action": "gradient" });
    set(ui.button("Newton step", () => climb("Newton"), "mle-strong"), { "data-action": "newton" });
    ui.actions({ sample: (seed) => ({ data: drawData(seed, ui.state.data.length) }) });
    const counter = html("p", { class: "mle-counter", "data-stat": "steps" }, ui.bar);

    let drawn = "", last = "", known = {};
    return (s) => {
      if (s.data !== framed && !ui.byHandle && JSON.stringify(s.data) !== JSON.stringify(framed)) {
        if (JSON.stringify(s.data) !== last) frame(s.data);
      }
      last = JSON.stringify(s.data);
      widen(s);
      if (s.seed !== known.seed || s.data.length !== known.n) known = { seed: s.seed, n: s.data.length, text: JSON.stringify(drawData(s.seed, s.data.length)) };
      if (!climbing) {
        walk = [];
        counter.textContent = "Drag the data or the dot on the map, then climb.";
      }
      climbing = false;
      const m = moments(s.data), mle = [m.mean, Math.sqrt(m.square)];
      const [gMu, gSigma] = score(m, s.mu, s.sigma), now = ell(m, s.mu, s.sigma), summit = ell(m, ...mle);

      const left = 40, width = ui.width - left - 8, bellHeight = ui.width > 520 ? 150 : 118;
      const { x, sigma } = view;
      // The same scale on both axes, so that the score stands at right angles to the contours.
      const hillHeight = clamp(width * (sigma[1] - sigma[0]) / (x[1] - x[0]), [150, 420]);
      const peak = roundUp(1.1 / (s.sigma * Math.sqrt(2 * Math.PI)));
      bell.layout({ left, top: 26, width, height: bellHeight, x, y: [0, peak], xTicks: 0, yTicks: 2, yLabelAt: 0,
                    yLabel: ui.width > 480 ? "density of _y_: each drop line is one factor of the likelihood" : "density: one drop line, one factor of _L_" });
      hill.layout({ left, top: bellHeight + 66, width, height: hillHeight, x, y: sigma, xLabel: "_μ_, on the axis of _y_",
                    yLabelAt: 0, yLabel: "_σ_", yAxis: true, grid: false, xTicks: ui.width / 90, yTicks: hillHeight / 45 });
      ui.height(bellHeight + 66 + hillHeight + 44);

      const pdf = (y) => Math.exp(-0.5 * ((y - s.mu) / s.sigma) ** 2 - LOG_ROOT) / s.sigma;
      trace(bell, sample(x, 120, pdf), curve, area);
      set(drops, { d: s.data.map((y) => polyline(bell, [[y, 0], [y, pdf(y)]])).join("") });
      const few = fitPoints(s);
      pool(tips, few ? s.data.length : 0, (parent) => ui.dot(parent, { idea: "likelihood", r: 3.5, "stroke-width": 1 }));
      if (few) s.data.forEach((y, i) => set(tips.children[i], { cx: bell.x(y), cy: bell.y(pdf(y)) }));
      pool(rug, few ? 0 : s.data.length, (parent) => svg("circle", { r: 3, fill: "var(--mle-data)", "fill-opacity": 0.4 }, parent));
      if (!few) s.data.forEach((y, i) => set(rug.children[i], { cx: bell.x(y), cy: bell.y(0) - 4 }));

      // The hill depends on the data and the axes only.
      const [nx, ny] = ui.held ? [38, 26] : [64, 44]; // coarser while a finger waits for it
      const key = `${last}${x}${sigma}${width}${nx}`;
      if (key !== drawn) {
        drawn = key;
        const values = new Float64Array(nx * ny);
        for (let j = 0; j < ny; j++) {
          const b = sigma[0] + (sigma[1] - sigma[0]) * j / (ny - 1);
          for (let i = 0; i < nx; i++) values[j * nx + i] = ell(m, x[0] + (x[1] - x[0]) * i / (nx - 1), b);
        }
        const sx = width / (nx - 1), sy = hillHeight / (ny - 1), bottom = hill.top + hillHeight;
        const labels = [];
        DROPS.forEach((drop, k) => {
          let d = "";
          for (const ring of contours(values, nx, ny, summit - drop)) {
            let crest = ring[0];
            for (let q = 0; q < ring.length; q++) {
              const [i, j] = ring[q];
              d += `${q ? "L" : "M"}${px(left + i * sx)} ${px(bottom - j * sy)}`;
              if (j > crest[1]) crest = ring[q];
            }
            d += "Z";
            if ([1, 4, 9, 16].includes(drop) && crest[1] < ny - 3 && ring.length > 8) labels.push([left + crest[0] * sx, bottom - crest[1] * sy, drop]);
          }
          set(rings[k], { d });
        });
        pool(names, labels.length, (parent) => svg("text", { class: "mle-direct mle-small", "text-anchor": "middle", fill: "var(--mle-likelihood-text)" }, parent));
        labels.forEach(([lx, ly, drop], i) => (set(names.children[i], { x: lx, y: ly + 4 }).textContent = `−${drop}`));
      }
      set(top, { transform: `translate(${hill.x(mle[0])} ${hill.y(mle[1])})` });
      star.style.display = last === known.text ? "" : "none";
      set(star, { transform: `translate(${hill.x(TRUTH[0])} ${hill.y(TRUTH[1])})` });
      const side = mle[0] >= TRUTH[0] ? 1 : -1; // the two names stand away from each other
      set(topName, { x: 11 * side, "text-anchor": side > 0 ? "start" : "end" });
      set(starName, { x: -11 * side, "text-anchor": side > 0 ? "end" : "start" });
      set(path, { d: polyline(hill, walk) });
      pool(steps, walk.length, (parent) => svg("circle", { r: 2.8, fill: "var(--mle-data)" }, parent));
      walk.forEach(([a, b], i) => set(steps.children[i], { cx: hill.x(a), cy: hill.y(b) }));
      set(plumb, { d: `M${hill.x(s.mu)} ${hill.top}V${hill.y(s.sigma)}` });

      // The score, shortened so that it fits: its direction is exact, its length saturates.
      const size = Math.hypot(gMu, gSigma), cx = hill.x(s.mu), cy = hill.y(s.sigma);
      const reach = clamp(hillHeight * 0.26, [36, 74]) * (1 - Math.exp(-size * mle[1] / m.n)), [ux, uy] = size > 0 ? [gMu / size, -gSigma / size] : [0, 0];
      const isFar = reach > 14, tx = cx + ux * (reach + 12), ty = cy + uy * (reach + 12);
      const wing = (turn) => `M${px(tx)} ${px(ty)}l${px(8 * (uy * Math.sin(turn) - ux * Math.cos(turn)))} ` +
        `${px(-8 * (uy * Math.cos(turn) + ux * Math.sin(turn)))}`;
      set(arrow, { d: isFar ? `M${px(cx + ux * 8)} ${px(cy + uy * 8)}L${px(tx)} ${px(ty)}${wing(0.5)}${wing(-0.5)}` : "" });
      set(arrowName, { x: tx + ux * 22, y: ty + uy * 14 + 4, visibility: isFar ? "visible" : "hidden" });

      height.set(now, fixed(now, 3), `${fixed(summit - now, 3)} below the top`);
      slopes[0].set(gMu, fixed(gMu, 3), gMu > 0.0005 ? "up to the right" : gMu < -0.0005 ? "up to the left" : "flat");
      slopes[1].set(gSigma, fixed(gSigma, 3), gSigma > 0.0005 ? "up: wider" : gSigma < -0.0005 ? "up: narrower" : "flat");
      best.set(summit, `${fixed(mle[0], 3)}, ${fixed(mle[1], 3)}`, `_ℓ_ = ${fixed(summit, 3)}`);
      return `${spoken(s)}: log-likelihood ${fixed(now, 2)}, ${fixed(summit - now, 2)} below the top; score ${fixed(gMu, 2)}, ${fixed(gSigma, 2)}`;
    };
  },
});
