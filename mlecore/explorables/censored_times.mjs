// Lives cut at the end of a study: events ÷ total time beside the two naive averages, and Kaplan–Meier.

import { generator } from "./numerics.mjs";
import { checkNumbers, explorable, fixed, polyline, px, roundUp, sample, say, set, short } from "./kit.mjs";

const MEAN = 10, SHOWN = 30, MOST = 1000;

let drawnKey, drawnData;
function drawTimes(seed, n) { // the first n of one endless sample, so that a larger n adds data
  const key = `${seed} ${n}`;
  if (key === drawnKey) return drawnData;
  const source = generator(seed);
  drawnKey = key;
  return (drawnData = Array.from({ length: n }, () => Math.max(0.01, Math.floor(-MEAN * Math.log(source.uniform()) * 100 + 0.5) / 100)));
}

function kaplanMeier(events, seen) {
  const steps = [], times = [...events].sort((a, b) => a - b), all = [...seen].sort((a, b) => a - b);
  let share = 1, before = 0; // how many left before this time
  for (let i = 0; i < times.length;) {
    let dead = 1;
    while (times[i + dead] === times[i]) dead++;
    while (all[before] < times[i]) before++;
    share *= 1 - dead / (all.length - before);
    steps.push([times[i], share]);
    i += dead;
  }
  return steps;
}

export default explorable({
  name: "censored_times",
  title: "Censored times",
  traits: ["data", "censoring", "seed"],
  check: (s) => {
    const positive = (v) => v > 0 && Number.isFinite(v), wrong = checkNumbers(s.data, 2, "time", positive, "a positive number");
    return wrong || (positive(s.censoring) ? "" : "the end of the study must be a positive number");
  },
  build(ui) {
    const count = ui.stat("events", "seen whole");
    const right = ui.stat("likelihood_mean", "mean, by likelihood", "likelihood");
    const dropped = ui.stat("dropped_mean", "mean, others dropped", "wrong");
    const plugged = ui.stat("plugged_mean", "mean, end plugged in", "wrong");

    const lives = ui.panel(), curves = ui.panel();
    const unseen = ui.path(lives.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" });
    const seenLines = ui.path(lives.marks, { idea: "data", width: 1.5 });
    const deaths = ui.path(lives.marks, { idea: "data", width: 6, "stroke-linecap": "round" });
    const open = ui.path(lives.marks, { idea: "data", width: 1.5 });
    const truth = ui.path(curves.marks, { idea: "truth", width: 2 });
    const drop = ui.path(curves.marks, { idea: "wrong", width: 2 });
    const plug = ui.path(curves.marks, { idea: "wrong", width: 2, "stroke-dasharray": "1.5 3.5" });
    const steps = ui.path(curves.marks, { idea: "data", width: 1.5 });
    const best = ui.path(curves.marks, { idea: "likelihood", width: 2.5 });
    const ends = [lives, curves].map((panel) => ui.path(panel.marks, { idea: "muted", width: 1.5 }));
    const truthName = ui.text(curves.over, { idea: "truth" });
    const note = ui.text(lives.over, { idea: "muted", anchor: "end" });

    const top = (s) => Math.max(40, roundUp(Math.max(...s.data)));
    const view = (s) => [0, Math.min(40, top(s))];
    ui.handle({
      panel: lives, label: "end of the study", axis: "x", shape: "grip", at: (s) => [s.censoring, 0], range: (s) => [[0.5, view(s)[1]]],
      step: () => [0.1], patch: ([censoring]) => ({ censoring }), text: (s) => `end of the study at ${short(s.censoring)}`,
    });
    ui.control({ trait: "censoring", label: "end _c_", range: (s) => [0.5, view(s)[1]], step: 0.1, text: (s) => `end of the study at ${short(s.censoring)}` });
    ui.control({ trait: "n", label: "_n_", idea: "muted", range: (s) => [5, Math.max(MOST, s.data.length)], step: 1, log: true, whole: true,
                 get: (s) => s.data.length, patch: (n) => ({ data: drawTimes(ui.state.seed, n) }), text: (s) => `${s.data.length} lives` });
    ui.actions({ sample: (seed) => ({ data: drawTimes(seed, ui.state.data.length) }) });

    return (s) => {
      const c = s.censoring, n = s.data.length, seen = s.data.map((v) => Math.min(v, c)), events = s.data.filter((v) => v <= c);
      const total = seen.reduce((a, b) => a + b, 0), d = events.length;
      const means = { right: d ? total / d : Infinity, dropped: d ? events.reduce((a, b) => a + b, 0) / d : NaN, plugged: total / n };

      const left = 34, width = ui.width - left - 8, x = view(s), shown = s.data.slice(0, SHOWN).sort((a, b) => a - b), rows = shown.length;
      const tall = 170, low = 180;
      lives.layout({ left, top: 26, width, height: tall, x, y: [0, rows + 1], yTicks: 0, xTicks: 0, yLabel: "lives, shortest first", yLabelAt: 0 });
      curves.layout({ left, top: tall + 66, width, height: low, x, y: [0, 1.04], xLabel: "time _t_", yLabelAt: 0,
                      yLabel: "share still alive, _S_(_t_); steps: Kaplan–Meier", yTicks: 3 });
      ui.height(tall + low + 110);
      let alive = "", rest = "", dots = "", arrows = "";
      shown.forEach((v, i) => {
        const y = px(lives.y(rows - i)), to = px(lives.x(Math.min(v, c)));
        alive += `M${px(lives.x(0))} ${y}H${to}`;
        if (v <= c) dots += `M${to} ${y}h0`;
        else {
          rest += `M${to} ${y}H${px(lives.x(Math.min(v, x[1])))}`;
          arrows += `M${to} ${px(lives.y(rows - i) - 2.5)}l3.5 2.5l-3.5 2.5`;
        }
      });
      set(seenLines, { d: alive });
      set(unseen, { d: rest });
      set(deaths, { d: dots });
      set(open, { d: arrows });
      say(note, n > SHOWN ? `${SHOWN} of ${n} shown` : "");
      set(note, { x: left + width, y: 17 });
      const curve = (mean) => (Number.isNaN(mean) ? "" : polyline(curves, sample(x, 80, (t) => Math.exp(-t / mean))));
      set(truth, { d: curve(MEAN) });
      say(truthName, `truth, mean ${MEAN}`);
      set(truthName, { x: curves.x(1.1 * MEAN) + 6, y: curves.y(Math.exp(-1.1)) - 4 });
      set(best, { d: curve(means.right) });
      set(drop, { d: curve(means.dropped) });
      set(plug, { d: curve(means.plugged) });
      let path = `M${px(curves.x(0))} ${px(curves.y(1))}`;
      for (const [t, share] of kaplanMeier(events, seen)) path += `H${px(curves.x(t))}V${px(curves.y(share))}`;
      set(steps, { d: `${path}H${px(curves.x(c))}` });
      ends.forEach((line, i) => set(line, { d: polyline([lives, curves][i], [[c, -99], [c, 99]]) }));

      count.set(d, `${d} of ${n}`, `total time ${short(total)}`);
      right.set(means.right, fixed(means.right, 2), d ? `± ${short(means.right / Math.sqrt(d), 2)}, solid` : "no event: no upper end");
      dropped.set(means.dropped, fixed(means.dropped, 2), "dashes");
      plugged.set(means.plugged, fixed(means.plugged, 2), "fine dots");
      return `study ends at ${short(c)}: ${d} of ${n} seen whole; mean by likelihood ${short(means.right, 3)}, others dropped ${fixed(means.dropped, 2)}, end plugged in ${fixed(means.plugged, 2)}`;
    };
  },
});
