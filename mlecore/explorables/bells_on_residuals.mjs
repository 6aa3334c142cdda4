// A line through points: Gaussian bells drawn sideways on it, squares on the residuals, and what both add up to.

import { generator, leastSquares, logDensity, residualSquares } from "./numerics.mjs";
import { checkNumbers, clamp, explorable, fixed, polyline, pool, px, roundUp, sample, set, short, svg } from "./kit.mjs";

const TRUTH = { intercept: 2, slope: 0.6, sigma: 1.2 };   // where new samples come from
const MOST = 30;                                          // more points are shown, not dragged

const drawPoints = (seed, n) => {
  const source = generator(seed), cents = (v) => Math.floor(v * 100 + 0.5) / 100;
  const xs = Array.from({ length: n }, (_, i) => Math.floor((i + source.uniform()) / n * 1000 + 0.5) / 100);
  return xs.map((x) => [x, cents(TRUTH.intercept + TRUTH.slope * x + source.normal(0, TRUTH.sigma))]);
};
const logLikelihood = (n, sse, sigma) => -0.5 * sse / sigma ** 2 + n * logDensity.normal(0, 0, sigma);
const best = (points) => {
  const [intercept, slope] = leastSquares(points);
  return { intercept, slope, sse: residualSquares(points, intercept, slope) };
};

function check(s) {
  const bad = checkNumbers(s.points, 3, "point", (p) => p?.length === 2 && p.every(Number.isFinite), "a pair of finite numbers");
  if (bad) return bad;
  if (s.points.every(([x]) => x === s.points[0][0])) return "all points have the same x: no slope can be told; move one";
  if (best(s.points).sse <= 1e-20 * s.points.reduce((sum, [, y]) => sum + y * y, 1)) return "all points are on one line: ℓ grows without bound as σ falls to 0; move one";
  if (!Number.isFinite(s.intercept) || !Number.isFinite(s.slope)) return "intercept and slope must be finite numbers";
  if (!(s.sigma > 0 && Number.isFinite(s.sigma))) return "σ must be positive";
  return "";
}

function parse(text) {
  const points = text.split(/[;\n]+/).filter((pair) => pair.trim()).map((pair) => {
    const words = pair.split(/[\s,]+/).filter(Boolean), numbers = words.map((word) => Number(word.replace("−", "-")));
    if (words.length !== 2 || !numbers.every(Number.isFinite)) throw new Error(`“${pair.trim()}” is not a point; write x, y; x, y`);
    return numbers;
  });
  if (points.length < 3 || points.length > 500) throw new Error("Give 3 to 500 points, written x, y; x, y");
  return { points };
}

export default explorable({
  name: "bells_on_residuals",
  title: "Bells on residuals",
  traits: ["points", "intercept", "slope", "spread", "sigma", "show", "seed"],
  check,
  build(ui) {
    ui.choice({ trait: "spread", label: "Width of the bells", options: [["estimated", "best _σ_ per line"], ["fixed", "one fixed _σ_"]] });
    ui.choice({ trait: "show", label: "Drawn on the residuals", options: [["bells", "Bells"], ["squares", "Squares"], ["both", "Both"]] });
    const squares = ui.stat("sse", "sum of squares");
    const height = ui.stat("log_likelihood", "_ℓ_ of this line", "likelihood");
    const byN = ui.stat("sigma2_mle", "_σ̂_², SSE ÷ _n_", "likelihood");
    const byDegrees = ui.stat("s2", "_s_², SSE ÷ (_n_ − 2)");

    const main = ui.panel();
    const boxes = ui.path(main.marks, { idea: "data", width: 1, "stroke-opacity": 0.45 });
    set(boxes, { fill: "var(--mle-data)", "fill-opacity": 0.08 });
    // All bells have one shape, drawn once and placed many times.
    const shape = svg("path", { id: ui.id("bell"), fill: "var(--mle-likelihood)", "fill-opacity": 0.12,
      stroke: "var(--mle-likelihood)", "stroke-opacity": 0.4, "stroke-width": 0.8 }, svg("defs", {}, main.marks));
    const bells = svg("g", { "aria-hidden": "true" }, main.marks);
    const rests = ui.path(main.marks, { idea: "muted", width: 1.2, dash: false });
    const line = ui.path(main.marks, { idea: "likelihood", width: 2.5 });
    const factors = ui.path(main.marks, { idea: "likelihood", width: 2.5, "stroke-linecap": "round" });
    const crowd = ui.path(main.marks, { idea: "data", width: 6, "stroke-linecap": "round", opacity: 0.5 });

    const cost = ui.panel();
    const curve = ui.path(cost.marks, { idea: "likelihood", width: 2.5 });
    const plumb = ui.path(cost.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" });
    const here = ui.dot(cost.over, { idea: "data", r: 6.5, "aria-hidden": "true" });

    let view = null; // what the axes show: fixed while something is dragged
    const frame = ({ points }) => {
      const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
      const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const [w, h] = [x1 - x0, y1 - y0 || Math.abs(y1) || 1];
      view = { x: [x0 - 0.08 * w, x1 + 0.12 * w], y: [y0 - 0.2 * h, y1 + 0.2 * h], unit: [roundUp(w / 400), roundUp(h / 300)],
               sigma: roundUp(Math.sqrt(best(points).sse / points.length)) };
    };
    // A line set from elsewhere stays in sight.
    const widen = (s) => {
      for (const x of view.x) {
        const y = s.intercept + s.slope * x, pad = 10 * view.unit[1];
        if (y < view.y[0]) view.y = [y - pad, view.y[1]];
        if (y > view.y[1]) view.y = [view.y[0], y + pad];
      }
    };
    frame(ui.state);
    widen(ui.state);

    // The two ends of the line: each turns it about the other.
    [["left end of the line", 0], ["right end of the line", 1]].forEach(([label, i]) => ui.handle({
      panel: main, label, axis: "y", idea: "likelihood", shape: "grip",
      at: (s) => [view.x[i] + (i ? -1 : 1) * 0.02 * (view.x[1] - view.x[0]), s.intercept + s.slope * view.x[i]],
      range: () => [null, view.y], step: () => view.unit,
      patch: ([, y], s) => {
        const other = s.intercept + s.slope * view.x[1 - i], slope = (i ? y - other : other - y) / (view.x[1] - view.x[0]);
        return { slope, intercept: y - slope * view.x[i] };
      },
      text: (s) => `${short(s.intercept + s.slope * view.x[i])}; intercept ${short(s.intercept)}, slope ${short(s.slope)}`,
    }));
    const fitPoints = ui.points({
      panel: main, trait: "points", label: "point", most: MOST, axis: "xy", r: 5, range: () => [view.x, view.y], step: () => view.unit,
      text: (s, i) => `x ${short(s.points[i][0])}, y ${short(s.points[i][1])}`,
    });

    // Wide enough for every line that the handles reach.
    const steepest = () => roundUp((view.y[1] - view.y[0]) / (view.x[1] - view.x[0]));
    const highest = () => roundUp(Math.max(...view.y.map(Math.abs)) + steepest() * Math.max(...view.x.map(Math.abs)));
    ui.control({ trait: "intercept", label: "intercept", idea: "likelihood", range: () => [-highest(), highest()], step: () => view.unit[1] });
    ui.control({ trait: "slope", label: "slope", idea: "likelihood", range: () => [-steepest(), steepest()], step: () => roundUp(steepest() / 1000) });
    ui.control({ trait: "sigma", label: "_σ_", idea: "likelihood", log: true, range: () => [view.sigma / 10, view.sigma * 10], step: () => roundUp(view.sigma / 1000),
                 show: (s) => s.spread === "fixed", text: (s) => `sigma ${short(s.sigma)}` });
    ui.entry({ label: "points", parse, format: (s) => s.points.map((p) => p.map((v) => Number(v.toPrecision(6))).join(", ")).join("; ") });

    set(ui.button("Best line", () => {
      const { intercept, slope } = ui.state, to = best(ui.state.points);
      ui.animate(500, (t) => {
        const ease = t === 1 ? 1 : 1 - (1 - t) ** 3, mix = (a, b) => (t === 1 ? b : a + ease * (b - a));
        ui.set({ intercept: mix(intercept, to.intercept), slope: mix(slope, to.slope) });
      });
    }, "mle-strong"), { "data-action": "best" });
    ui.actions({ sample: (seed) => ({ points: drawPoints(seed, ui.state.points.length) }) });

    const Z = sample([-3.2, 3.2], 40, (z) => Math.exp(-0.5 * z * z));
    let last = JSON.stringify(ui.state.points);
    return (s) => {
      const key = JSON.stringify(s.points);
      if (key !== last && !ui.byHandle) frame(s);
      last = key;
      widen(s);
      const { points, intercept, slope } = s, n = points.length, least = best(points);
      const sse = residualSquares(points, intercept, slope);
      const scale = s.spread === "fixed" ? s.sigma : Math.sqrt(sse / n);
      const bestScale = s.spread === "fixed" ? s.sigma : Math.sqrt(least.sse / n);
      const now = logLikelihood(n, sse, scale), top = logLikelihood(n, least.sse, bestScale);
      const drop = (ratio) => (s.spread === "fixed" ? (1 - ratio) * least.sse / (2 * s.sigma ** 2) : -n / 2 * Math.log(ratio));

      const left = 40, width = ui.width - left - 8, tall = Math.round(clamp(width * 0.5, [230, 320])), low = 104;
      main.layout({ left, top: 22, width, height: tall, x: view.x, y: view.y, yLabel: "_y_", yLabelAt: 0, xLabel: "_x_" });
      const f = (x) => intercept + slope * x, fits = points.map(([x]) => main.y(f(x)));
      const perY = tall / (view.y[1] - view.y[0]);
      set(line, { d: polyline(main, view.x.map((x) => [x, f(x)])) });
      set(rests, { d: points.map(([x, y], i) => `M${px(main.x(x))} ${px(fits[i])}V${px(main.y(y))}`).join("") });

      // The peak of a bell stands for its density: twice as narrow is twice as tall, up to what the panel holds.
      const room = 0.1 * width, peak = Math.min(room, clamp(1.7 * width / n, [14, 44]) * Math.sqrt(least.sse / n) / scale);
      let heights = "", quadrats = "";
      pool(bells, s.show === "squares" ? 0 : n, (parent) => svg("use", { href: `#${shape.id}` }, parent));
      if (s.show !== "squares") {
        const down = Math.min(scale * perY, 1e4);
        set(shape, { d: `M0 ${px(3.2 * down)}${Z.map(([z, d]) => `L${px(peak * d)} ${px(-z * down)}`).join("")}L0 ${px(-3.2 * down)}` });
        points.forEach(([x, y], i) => {
          const cx = main.x(x), to = peak * Math.exp(-0.5 * ((y - f(x)) / scale) ** 2);
          set(bells.children[i], { transform: `translate(${px(cx)} ${px(fits[i])})` });
          heights += `M${px(cx)} ${px(main.y(y))}H${px(cx + to)}`;
        });
      }
      if (s.show !== "bells") {
        points.forEach(([x, y], i) => {
          const cx = main.x(x), py = main.y(y), side = Math.abs(py - fits[i]), to = cx - side > left ? cx - side : cx + side;
          quadrats += `M${px(cx)} ${px(fits[i])}V${px(py)}H${px(to)}V${px(fits[i])}Z`;
        });
      }
      set(factors, { d: heights });
      set(boxes, { d: quadrats });
      set(crowd, { d: fitPoints(s) ? "" : points.map(([x, y]) => `M${px(main.x(x))} ${px(main.y(y))}h0`).join("") });

      const ratio = sse / least.sse, far = Math.max(4, roundUp(1.05 * ratio)), floor = Math.max(-1e12, 1.06 * drop(far));
      cost.layout({ left, top: tall + 84, width, height: low, x: [1, far], y: [floor, -0.06 * floor], yAxis: true, yTicks: 3,
                    yLabel: "_ℓ_ minus the best line’s", yLabelAt: 0, xLabel: "sum of squares, as a multiple of the least" });
      ui.height(tall + 84 + low + 44);
      set(curve, { d: polyline(cost, sample([1, far], 60, drop)) });
      set(plumb, { d: `M${px(cost.x(ratio))} ${tall + 84 + low}V${px(cost.y(drop(ratio)))}` });
      set(here, { cx: cost.x(ratio), cy: cost.y(drop(ratio)) });

      const atBest = ratio < 1 + 1e-9;
      squares.set(sse, short(sse), atBest ? "the least there is" : `${fixed(ratio, 2)} × the least, ${short(least.sse)}`);
      height.set(now, fixed(now, 3), atBest ? "the highest there is" : `${fixed(top - now, 3)} below the best`);
      byN.set(sse / n, short(sse / n), s.spread === "fixed" ? `the bells have _σ_² = ${short(s.sigma ** 2)}` : "the bells’ variance");
      byDegrees.set(sse / (n - 2), short(sse / (n - 2)), atBest ? "for standard errors" : "for the best line only");
      return `intercept ${short(intercept)}, slope ${short(slope)}: sum of squares ${short(sse)}, log-likelihood ${fixed(now, 2)}, ${fixed(top - now, 2)} below the best line's`;
    };
  },
});
