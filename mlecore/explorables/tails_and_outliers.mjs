// One outlier under four noise models of scale 1: tails, influence, and the center that each of them estimates.

import { generator, influence, locate, logDensity } from "./numerics.mjs";
import { checkNumbers, explorable, fixed, polyline, px, readNumbers, sample, set, short, svg, writeNumbers } from "./kit.mjs";

const NINE = [-1.8, -1.2, -0.7, -0.3, 0, 0.4, 0.8, 1.1, 1.7];
const AXIS = [-4, 12], MOST = 30;
// Told apart by dash as in the chapter's figure; Gaussian, which all are compared with, in ink.
const MODELS = [
  { name: "gaussian", stat: "gaussian", title: "Gaussian", idea: "data", dash: null, shape: () => undefined, log: (r) => logDensity.normal(r, 0, 1) },
  { name: "laplace", stat: "laplace", title: "Laplace", idea: "likelihood", dash: "1.5 3", shape: () => undefined, log: (r) => logDensity.laplace(r, 0, 1) },
  { name: "huber", stat: "huber", title: "Huber", idea: "likelihood", dash: "6 3", shape: (s) => s.k, log: (r, k) => logDensity.huber(r, 0, 1, k) },
  { name: "studentT", stat: "student_t", title: "Student-_t_", idea: "likelihood", dash: "9 3 2 3", shape: (s) => s.nu, log: (r, nu) => logDensity.studentT(r, nu, 0, 1) },
];

const drawData = (seed, n) => {
  const source = generator(seed);
  return Array.from({ length: n }, () => Math.floor(source.normal() * 100 + 0.5) / 100);
};

function check(s) {
  const bad = checkNumbers(s.data, 2);
  if (bad) return bad;
  if (!Number.isFinite(s.outlier)) return "the outlier must be a finite number";
  if (!(s.k > 0 && s.k <= 10)) return "_k_ must be above 0 and at most 10";
  if (!(s.nu >= 0.1 && s.nu <= 1000)) return "_ν_ must be between 0.1 and 1000";
  return "";
}

export default explorable({
  name: "tails_and_outliers",
  title: "Tails and outliers",
  traits: ["data", "outlier", "k", "nu", "seed"],
  check,
  build(ui) {
    const line = ui.panel();
    const panels = ["density", "−log density", "influence _ψ_"].map((title) => ({ title, panel: ui.panel() }));
    const rows = MODELS.map((model) => {
      const look = { idea: model.idea, dash: false, "stroke-dasharray": model.dash };
      const row = { ...model, number: ui.stat(model.stat, model.title, model.idea), guide: ui.path(line.over, { ...look, width: 2 }),
                    label: ui.text(line.over, { idea: model.idea }), drop: ui.path(line.over, { idea: model.idea, width: 1, dash: false, opacity: 0.45 }),
                    mark: svg("path", { d: "M0 -7L7 0L0 7L-7 0Z", fill: `var(--mle-${model.idea})`, stroke: "var(--mle-paper)", "stroke-width": 1.5, "aria-hidden": "true" }, line.over),
                    curves: panels.map(({ panel }) => ui.path(panel.marks, { ...look, width: 2.2 })) };
      row.label.textContent = model.title.replaceAll("_", "");
      return row;
    });
    for (const row of rows) row.dots = panels.map(({ panel }) => ui.dot(panel.marks, { idea: row.idea, r: 4.5, "stroke-width": 1.5, "aria-hidden": "true" }));
    const crowd = ui.path(line.marks, { idea: "data", width: 7, dash: false, "stroke-linecap": "round", opacity: 0.5 });

    let view = AXIS;
    const widen = (s) => {
      const lo = Math.min(s.outlier, ...s.data), hi = Math.max(s.outlier, ...s.data);
      if (lo < view[0]) view = [Math.floor(lo - 1), view[1]];
      if (hi > view[1]) view = [view[0], Math.ceil(hi + 1)];
    };
    widen(ui.state);
    ui.handle({ panel: line, label: "outlier", axis: "x", idea: "wrong", shape: "grip", at: (s) => [s.outlier, 0], range: () => [view], step: [0.05],
                patch: ([outlier]) => ({ outlier }), text: (s) => `outlier at ${short(s.outlier)}` });
    const fitPoints = ui.points({ panel: line, most: MOST, r: 6, range: () => [view], step: [0.05] });

    ui.control({ trait: "outlier", label: "outlier", idea: "wrong", range: () => view, step: 0.05 });
    ui.control({ trait: "k", label: "Huber’s _k_", idea: "likelihood", range: [0.1, 10], step: 0.005, log: true, text: (s) => `k ${short(s.k)}` });
    ui.control({ trait: "nu", label: "Student’s _ν_", idea: "likelihood", range: [0.1, 1000], step: 0.1, log: true, text: (s) => `nu ${short(s.nu)}` });
    ui.entry({ label: "other data", parse: (text) => ({ data: readNumbers(text, 2, 200) }), format: (s) => writeNumbers(s.data) });
    ui.actions({ sample: (seed) => ({ data: seed ? drawData(seed, ui.state.data.length) : NINE }) });

    let drawn = "";
    return (s) => {
      widen(s);
      const all = [...s.data, s.outlier];
      const left = 82, width = ui.width - left - 14;
      line.layout({ left, top: 18, width, height: 26, x: view, y: [0, 1], yTicks: 0, xTextAt: -16, yLabel: "observations, and one that you drag away", yLabelAt: 0 });
      const wide = ui.width > 560, first = 212, edge = 34;
      const each = wide ? (ui.width - 8 - 2 * (edge + 8)) / 3 - edge / 3 : ui.width - edge - 8, high = wide ? 170 : 112;
      const limits = [[0, 0.55], [0, 12], [-2, 3.2]];
      panels.forEach(({ panel, title }, i) => panel.layout({
        left: edge + (wide ? i * (each + edge + 8) : 0), top: first + (wide ? 0 : i * (high + 54)), width: each, height: high, x: AXIS, y: limits[i],
        xTicks: 4, yTicks: 3, yLabel: title, yLabelAt: wide ? undefined : 0, xLabel: wide || i === 2 ? "residual _r_" : "" }));
      ui.height(first + (wide ? high : 3 * high + 2 * 54) + 42);
      set(crowd, { d: fitPoints(s) ? "" : s.data.map((y) => `M${px(line.x(y))} ${px(line.y(0))}h0`).join("") });

      const shapes = `${s.k} ${s.nu} ${each} ${wide}`;
      const spoken = rows.map((row, i) => {
        const shape = row.shape(s), center = locate[row.name](all, shape), r = s.outlier - center, pull = influence[row.name](r, shape);
        const y = 84 + 26 * i, x = px(line.x(center));
        set(row.guide, { d: `M${left} ${y}H${left + width}` });
        set(row.label, { x: 0, y: y + 4 });
        set(row.drop, { d: `M${x} ${px(line.y(0))}V${y}` });
        set(row.mark, { transform: `translate(${x} ${y})` });
        const curves = [(v) => Math.exp(row.log(v, shape)), (v) => -row.log(v, shape), (v) => influence[row.name](v, shape)];
        panels.forEach(({ panel }, p) => {
          if (shapes !== drawn) set(row.curves[p], { d: polyline(panel, sample(AXIS, 160, curves[p])) });
          set(row.dots[p], { cx: px(panel.x(r)), cy: px(panel.y(curves[p](r))) });
        });
        row.number.set(center, fixed(center, 3), `_ψ_ at the outlier ${fixed(pull, 2)}`);
        return `${row.title} ${fixed(center, 2)}`;
      });
      drawn = shapes;
      return `outlier at ${short(s.outlier)}; centers: ${spoken.join(", ")}`;
    };
  },
});
