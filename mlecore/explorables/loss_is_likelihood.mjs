// The front page: the loss's lowest point stands above the likelihood's highest, wherever the marks are dragged.

import { generator, logDensity } from "./numerics.mjs";
import { checkNumbers, explorable, fixed, polyline, px, sample, set, trace } from "./kit.mjs";

const SEVEN = [-3.4, -1.3, -0.6, 0.2, 0.9, 1.6, 4.1];
const SCALE = 2, VIEW = [-6, 6];
const NOISE = {
  gaussian: { loss: (r) => r * r, log: (r) => logDensity.normal(r, 0, SCALE), word: "squared error", point: "the mean" },
  laplace: { loss: Math.abs, log: (r) => logDensity.laplace(r, 0, SCALE), word: "absolute error", point: "the median" },
};

const drawData = (seed) => {
  if (!seed) return SEVEN;
  const source = generator(seed);
  return SEVEN.map(() => Math.floor(source.normal() * SCALE * 10 + 0.5) / 10);
};

const total = (data, f, center) => data.reduce((sum, y) => sum + f(y - center), 0);
function best(data, noise) {
  if (noise === "gaussian") return data.reduce((a, b) => a + b, 0) / data.length;
  const sorted = [...data].sort((a, b) => a - b), middle = (data.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

export default explorable({
  name: "loss_is_likelihood",
  title: "The loss and the likelihood",
  traits: ["data", "noise", "seed"],
  check: (s) => checkNumbers(s.data, 3, "observation") || (NOISE[s.noise] ? "" : "_noise_ must be gaussian or laplace"),
  build(ui) {
    ui.choice({ trait: "noise", label: "Noise", options: [["gaussian", "Gaussian noise"], ["laplace", "Laplace noise"]] });
    const low = ui.stat("loss_at", "loss is lowest at", "wrong"), high = ui.stat("likelihood_at", "likelihood is highest at", "likelihood");
    const panel = ui.panel();
    const area = ui.path(panel.marks, { idea: "likelihood", fill: true, opacity: 0.12 }), hill = ui.path(panel.marks, { idea: "likelihood", width: 2.5 });
    const bowl = ui.path(panel.marks, { idea: "wrong", width: 2.5 });
    const plumb = ui.path(panel.marks, { idea: "muted", width: 1.2, "stroke-dasharray": "2 3" });
    const bottom = ui.dot(panel.marks, { idea: "wrong", r: 5.5 }), top = ui.dot(panel.marks, { idea: "likelihood", r: 5.5 });
    const names = [ui.text(panel.over, { idea: "wrong", anchor: "end" }), ui.text(panel.over, { idea: "likelihood", anchor: "end" })];
    const axisName = ui.text(panel.over, { anchor: "end" });
    axisName.textContent = "prediction";
    const fitPoints = ui.points({ panel, label: "observation", r: 7, range: () => [VIEW], step: [0.1] });
    ui.actions({ sample: (seed) => ({ data: drawData(seed) }) });

    return (s) => {
      const { loss, log, word, point } = NOISE[s.noise], n = s.data.length, center = best(s.data, s.noise);
      panel.layout({ left: 4, top: 10, width: ui.width - 8, height: ui.width > 520 ? 200 : 160, x: VIEW, y: [0, 1.12], yTicks: 0,
                     xTicks: 6, xTextAt: 23, xText: (v) => (v > -6 && v < (ui.width > 520 ? 6 : 4) ? fixed(v, 0) : "") });
      ui.height((ui.width > 520 ? 200 : 160) + 28);
      fitPoints(s);
      const least = total(s.data, loss, center) / n, greatest = total(s.data, log, center);
      // Even the farthest prediction shown fits: a loss has no natural scale beside a likelihood.
      const most = Math.max(...VIEW.map((v) => total(s.data, loss, v) / n));
      const scaled = (v) => 1.1 * v / most;
      trace(panel, sample(VIEW, 160, (c) => Math.exp(total(s.data, log, c) - greatest)), hill, area);
      set(bowl, { d: polyline(panel, sample(VIEW, 160, (c) => scaled(total(s.data, loss, c) / n))) });
      const x = px(panel.x(center)), y = px(panel.y(scaled(least)));
      set(plumb, { d: `M${x} ${px(panel.y(1))}V${px(panel.y(0))}` });
      set(bottom, { cx: x, cy: y });
      set(top, { cx: x, cy: px(panel.y(1)) });
      const right = panel.left + panel.width - 6;
      set(axisName, { x: right + 6, y: panel.top + panel.height + 23 });
      names[0].textContent = "loss";
      names[1].textContent = "likelihood";
      // Beside the bowl's right arm, and on the hill's right slope.
      set(names[0], { x: px(panel.x(4.9)), y: px(panel.y(scaled(total(s.data, loss, 5) / n)) - 6) });
      set(names[1], { x: right, y: px(panel.y(0) - 12) });
      low.set([center, least], fixed(center, 2), `${point} · loss ${fixed(least, 3)}`);
      high.set([center, greatest], fixed(center, 2), `${point} · _ℓ_ ${fixed(greatest, 3)}`);
      return `lowest ${word} and highest likelihood both at ${fixed(center, 2)}, ${point}`;
    };
  },
});
