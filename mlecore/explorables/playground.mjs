// The playground: a family, data and a prior; likelihood, posterior, MLE, MAP, optimizers and intervals. Numbers come
// from playground_model.mjs, text and files from playground_share.mjs; here they are drawn.

import { clamp, explorable, fixed, html, polyline, pool, px, roundUp, sample, say, set, short, svg, trace } from "./kit.mjs";
import { chi2Quantile1, contours, normalQuantile } from "./numerics.mjs";
import {
  FAMILIES, draw, estimate, identity, look, mode, model, posterior, profile, profileInterval, quantiles, refuse, shown,
  startPoint, step, target, unshown, wald, widths,
} from "./playground_model.mjs";
import {
  LIMITS, check, columnData, columns, firstColumn, fromLink, isDrawn, parseNumbers, save, toCsv, toLink, toPython, toSvg,
} from "./playground_share.mjs";

const SYMBOLS = { mu: "_μ_", sigma: "_σ_", p: "_p_", shape: "_k_", rate: "_λ_" };
const PRIORS = { flat: "Flat", normal: "Normal", laplace: "Laplace", beta: "Beta", gamma: "Gamma" };
const DRAGGED = 40;                                          // more values are a histogram
const DROPS = [0.25, 1, 2.25, 4, 6.25, 9, 12.25, 16, 25, 36]; // contours this far below the top of ℓ
const SIX_DIGITS = (v) => Number(v.toPrecision(6));

const freeName = (name) => (name === "mu" ? "_μ_" : `${name === "p" ? "logit" : "log"} ${SYMBOLS[name]}`);
const names = (s) => FAMILIES[s.family].parameters.map((name) => (s.coordinates === "free" ? freeName(name) : SYMBOLS[name]));
const four = (v) => (Math.abs(v) >= 1e-3 && Math.abs(v) < 9999 ? v.toPrecision(4).replace("-", "−") : short(v, 4));
const memo = (f) => {
  let last = [], value;
  return (...key) => {
    if (key.length !== last.length || key.some((v, i) => v !== last[i])) [value, last] = [f(...key), key];
    return value;
  };
};

// ---- changes of the state ----

function newData(s, data, more = {}) {
  const next = { ...s, ...more, data };
  if (refuse(next.family, data, next.nu)) return { ...more, data };
  return { ...more, data, n: data.length, theta: startPoint(model(next.family, data, next.nu)) };
}
const newSample = (s, more) => {
  const next = { ...s, ...more };
  return newData(s, draw(next.family, next.seed, Math.max(next.n, FAMILIES[next.family].least), next.nu), more);
};
function newFamily(s, family) {
  const f = FAMILIES[family], prior = f.priors.includes(s.prior) ? s.prior : "flat";
  const on = prior === "gamma" ? "rate" : f.parameters.includes(s.on) ? s.on : f.parameters[0];
  const more = { family, prior, on, center: on !== "mu" && Math.abs(s.center) > 20 ? 0 : s.center };
  return isDrawn(s) ? newSample(s, more) : newData(s, s.data, more);
}
const newPrior = (s, prior) => ({
  prior, on: prior === "gamma" ? "rate" : s.on,
  center: s.on !== "mu" && Math.abs(s.center) > 20 ? 0 : s.center,
});

export default explorable({
  name: "playground",
  title: "MLE and MAP explorer",
  traits: ["family", "data", "nu", "prior", "on", "center", "scale", "a", "b", "coordinates", "level", "theta", "view", "climb",
    "seed", "n"],
  check,
  build(ui) {
    // ---- the page: a stage for numbers and drawings, a side for controls ----
    const app = html("div", { class: "mle-app" });
    ui.stats.before(app);
    const stage = html("div", { class: "mle-stage" }, app), side = html("div", { class: "mle-side" }, app);
    stage.append(ui.stats, ui.frame);
    const table = html("table", { class: "mle-intervals" }, stage);
    side.append(ui.controls);
    const all = ui.controls;
    const section = (title) => {
      const box = html("fieldset", { class: "mle-section" }, all);
      html("legend", {}, box).textContent = title;
      ui.controls = html("div", { class: "mle-controls" }, box);
      ui.bar = html("div", { class: "mle-actions" }, box);
      return box;
    };
    ui.choice({ trait: "family", label: "Family", options: Object.entries(FAMILIES).map(([key, f]) => [key, f.label]),
                patch: (v) => newFamily(ui.state, v) });

    const stats = {
      mle: ui.stat("mle", "MLE", "likelihood"), map: ui.stat("map", "MAP", "posterior"),
      median: ui.stat("median", "posterior median", "posterior"),
      log_likelihood: ui.stat("log_likelihood", "_ℓ_ at your point"), score: ui.stat("score", "score there"),
      information: ui.stat("information", "curvature −_ℓ_″ there"),
      log_posterior: ui.stat("log_posterior", "log posterior there", "posterior"),
    };

    // ---- data ----
    const dataBox = section("Data");
    const entry = html("div", { class: "mle-entry" });
    dataBox.insertBefore(entry, ui.controls);
    const boxId = ui.id("values"), errorId = ui.id("error");
    html("label", { for: boxId }, entry).textContent = "Type or paste values";
    const box = html("textarea", { id: boxId, rows: 4, spellcheck: "false", autocomplete: "off", "aria-describedby": errorId }, entry);
    const problem = html("p", { class: "mle-error", id: errorId, role: "alert" }, entry);
    const take = (make, kept = "Kept the last good data.") => {
      let wrong;
      try {
        wrong = ui.set(newData(ui.state, make()));
      } catch (refusal) {
        wrong = refusal.message;
      }
      say(problem, wrong ? `${wrong[0].toUpperCase()}${wrong.slice(1).replaceAll("_", " ")}. ${kept}` : "");
      return !wrong;
    };
    let typed = false;
    const commit = () => {
      if (!typed) return;
      if (take(() => parseNumbers(box.value))) typed = false;
    };
    box.addEventListener("input", (event) => {
      typed = true;
      if (event.inputType === "insertFromPaste") commit();
    });
    box.addEventListener("change", commit);
    let written = null;
    ui.followers.push((s) => {
      if (typed && s.data === written) return; // what is being typed, or was refused, stays
      if (s.data === written || ui.held) return;
      typed = false;
      written = s.data;
      box.value = s.data.map(SIX_DIGITS).join(", ").replaceAll("-", "−");
      say(problem, "");
    });
    const files = html("div", { class: "mle-files" }, entry);
    const fileId = ui.id("file");
    html("label", { for: fileId }, files).textContent = "or a CSV file";
    const file = html("input", { type: "file", id: fileId, accept: ".csv,.tsv,.txt,text/csv,text/plain" }, files);
    const chooserId = ui.id("column"), chooserRow = html("div", { class: "mle-files", hidden: true }, entry);
    html("label", { for: chooserId }, chooserRow).textContent = "column";
    const chooser = html("select", { id: chooserId }, chooserRow);
    let table2 = [];
    const column = () => take(() => columnData(table2[chooser.selectedIndex]));
    chooser.addEventListener("change", column);
    file.addEventListener("click", () => (file.value = "")); // the same file again, after a change, is a new one
    file.addEventListener("change", async () => {
      const [first] = file.files;
      if (!first) return;
      try {
        if (first.size > 5e6) throw new Error("the file is larger than 5 MB");
        table2 = columns(await first.text());
      } catch (refusal) {
        set(chooserRow, { hidden: true });
        take(() => { throw refusal; });
        return;
      }
      chooser.replaceChildren(...table2.map(({ name }) => {
        const option = document.createElement("option");
        option.textContent = name;
        return option;
      }));
      chooser.selectedIndex = firstColumn(table2);
      set(chooserRow, { hidden: table2.length < 2 });
      typed = false;
      column();
    });
    ui.control({ trait: "n", label: "_n_", whole: true, log: true, range: (s) => [FAMILIES[s.family].least, 10000], step: 1,
                 patch: (n) => newSample(ui.state, { n }), get: (s) => Math.min(s.n, 10000), text: (s) => `${s.n} values` });
    ui.control({ trait: "nu", label: "_ν_", range: [1, 100], step: 0.1, log: true, show: (s) => s.family === "student_t",
                 patch: (nu) => (isDrawn(ui.state) ? newSample(ui.state, { nu }) : newData(ui.state, ui.state.data, { nu })),
                 text: (s) => `nu ${short(s.nu)}` });
    set(ui.button("New sample", () => ui.set(newSample(ui.state, { seed: ui.state.seed + 1 }))), { "data-action": "sample" });
    const seed = html("span", { class: "mle-seed", "data-stat": "seed" }, ui.bar);
    ui.followers.push((s) => say(seed, isDrawn(s) ? `seed ${s.seed}` : `your ${s.data.length} values`));

    // ---- prior and coordinates ----
    const priorBox = section("Prior");
    const kinds = ui.choice({ trait: "prior", label: "Kind", place: priorBox, options: Object.entries(PRIORS), patch: (v) => newPrior(ui.state, v) });
    const places = ui.choice({ trait: "on", label: "On", place: priorBox, options: Object.keys(SYMBOLS).map((name) => [name, freeName(name)]),
                               patch: (on) => ({ on, center: on !== "mu" && Math.abs(ui.state.center) > 20 ? 0 : ui.state.center }) });
    priorBox.append(ui.controls);
    const meaning = html("p", { class: "mle-meaning" }, priorBox);
    ui.followers.push((s) => {
      const f = FAMILIES[s.family];
      kinds.inputs.forEach((input) => set(input.parentNode, { hidden: !f.priors.includes(input.value) }));
      places.inputs.forEach((input) => set(input.parentNode, { hidden: !f.parameters.includes(input.value) }));
      set(places.group, { hidden: f.parameters.length < 2 || s.prior === "flat" || s.prior === "gamma" });
      const natural = f.parameters.map((name) => SYMBOLS[name]).join(", ");
      say(meaning, s.prior === "flat" ? `the same density at every ${natural}` : s.prior === "beta" ? "mean _a_/(_a_ + _b_)"
        : s.prior === "gamma" ? "shape _a_, rate _b_: mean _a_/_b_" : `a density of ${freeName(s.on)}${f.parameters.length > 1 ? "; flat in the other" : ""}`);
    });
    const wide = (s) => s.prior === "normal" || s.prior === "laplace", counted = (s) => s.prior === "beta" || s.prior === "gamma";
    ui.control({ trait: "center", label: "center", idea: "prior", show: wide, step: 0.05,
                 range: (s) => {
                   if (s.on !== "mu") return [-8, 8];
                   const { mean, sd } = middle(s.data), unit = roundUp(Math.max(sd, 1e-6) * 5);
                   return [Math.min(Math.floor((mean - unit) * 10) / 10, s.center, 0), Math.max(Math.ceil((mean + unit) * 10) / 10, s.center, 0)];
                 }, text: (s) => `center ${short(s.center)}` });
    ui.control({ trait: "scale", label: "scale", idea: "prior", show: wide, log: true, step: 0.01, range: [LIMITS.scale.lo, LIMITS.scale.hi],
                 text: (s) => `scale ${short(s.scale)}` });
    for (const key of ["a", "b"]) {
      ui.control({ trait: key, label: `_${key}_`, idea: "prior", show: counted, log: true, step: 0.1, range: [LIMITS[key].lo, LIMITS[key].hi],
                   text: (s) => `${key} ${short(s[key])}` });
    }
    const viewBox = section("Read it as");
    const turns = ui.choice({ trait: "coordinates", label: "Coordinates", place: viewBox, options: [["natural", ""], ["free", ""]],
                              patch: (coordinates) => ({ coordinates }) });
    ui.followers.push((s) => turns.inputs.forEach((input) =>
      say(input.nextSibling, names({ ...s, coordinates: input.value }).join(", "))));
    ui.choice({ trait: "view", label: "Height", place: viewBox, options: [["likelihood", "likelihood"], ["log", "log-likelihood"]] });
    viewBox.append(ui.controls);
    ui.control({ trait: "level", label: "level", range: [0.5, 0.99], step: 0.01, text: (s) => `${fixed(100 * s.level, 0)} percent` });

    // ---- climbing ----
    const climbBox = section("Your point, and climbing from it");
    for (const i of [0, 1]) {
      ui.control({
        trait: `theta${i + 1}`, label: "_θ_", show: (s) => i < s.theta.length, get: (s) => s.theta[i] ?? 1, step: () => unit(i),
        range: () => thetaRange(i), patch: (v) => ({ theta: ui.state.theta.map((old, j) => (j === i ? v : old)) }),
        text: (s) => `${FAMILIES[s.family].parameters[i]} ${short(s.theta[i] ?? 1)}`,
      });
    }
    const thetaLabels = [...ui.controls.querySelectorAll("label")];
    const thetaBoxes = [...ui.controls.querySelectorAll('input[type="number"]')];
    ui.followers.push((s) => FAMILIES[s.family].parameters.forEach((name, i) => {
      say(thetaLabels[i], SYMBOLS[name]);
      set(thetaBoxes[i], { "aria-label": `${SYMBOLS[name].replaceAll("_", "")}, as a number` });
    }));
    climbBox.append(ui.choice({ trait: "climb", label: "Climb", place: climbBox, options: [["likelihood", "the likelihood"], ["posterior", "the posterior"]] }).group, ui.bar);
    let walk = [], climbing = false;
    const climbFrom = (kind) => {
      const s = ui.state, M = fit(s), { theta, halved, corrected, stuck } = step(M, s, s.theta, kind, s.climb);
      if (!walk.length) walk = [s.theta];
      if (!stuck) walk.push(theta);
      say(counter, stuck ? "No step rises from here: this is the top, to rounding." : `${kind === "newton" ? "Newton" : "Gradient"} step ${walk.length - 1}` +
        `${halved ? `, halved ${halved} ×` : ""}${corrected ? "; not concave here: curvature corrected" : ""}`);
      const from = shown(M, s, s.theta), to = shown(M, s, theta);
      climbing = true;
      ui.animate(250, (t) => {
        const ease = 1 - (1 - t) ** 3;
        climbing = true;
        ui.set({ theta: t === 1 ? theta : unshown(M, s, from.map((v, i) => v + ease * (to[i] - v))) });
      });
    };
    set(ui.button("Gradient step", () => climbFrom("gradient"), "mle-strong"), { "data-action": "gradient" });
    set(ui.button("Newton step", () => climbFrom("newton"), "mle-strong"), { "data-action": "newton" });
    set(ui.button("Restart", () => ui.set({ theta: startPoint(fit(ui.state)) })), { "data-action": "restart" });
    const counter = html("p", { class: "mle-counter", "data-stat": "steps" }, ui.bar);

    // ---- sharing ----
    const shareBox = section("Take it with you");
    const { alone } = ui.model;
    const told = html("p", { class: "mle-counter", role: "status" });
    const codeRow = html("div", { class: "mle-code", hidden: true });
    const codeId = ui.id("code");
    html("label", { for: codeId }, codeRow).textContent = "Python code with these numbers";
    const code = html("textarea", { id: codeId, rows: 8, readonly: true, spellcheck: "false" }, codeRow);
    const copy = async (text, what) => {
      try {
        await navigator.clipboard.writeText(text);
        say(told, `${what} copied.`);
      } catch {
        say(told, `${what}: this browser does not let the page copy; select the text and copy it.`);
        return false;
      }
      return true;
    };
    if (alone) {
      set(ui.button("Copy link", async () => {
        const whole = toLink(ui.state), text = whole || toLink(ui.state, { y: true, theta: true });
        const address = `${location.href.split("#")[0]}#${text}`, copied = await copy(address, "Link");
        if (!whole) say(told, "The data are too many for a link: it carries the settings alone. Save the data as CSV.");
        if (!copied) {
          set(codeRow, { hidden: false });
          code.value = address;
          code.select();
        }
      }), { "data-action": "link" });
    }
    set(ui.button("Copy as Python", async () => {
      code.value = toPython(ui.state);
      set(codeRow, { hidden: false });
      if (!await copy(code.value, "Python code")) code.select();
    }), { "data-action": "python" });
    set(ui.button("Save figure", () => save("figure.svg", "image/svg+xml", toSvg(ui.svg, "MLE and MAP explorer"))), { "data-action": "svg" });
    set(ui.button("Save data", () => save("data.csv", "text/csv", toCsv(ui.state))), { "data-action": "csv" });
    set(ui.button("Reset", () => ui.set(ui.initial)), { "data-action": "reset" });
    shareBox.append(told, codeRow);
    ui.followers.push((s) => { // code of another state would lie
      if (!codeRow.hidden && code.state && code.state !== s) set(codeRow, { hidden: true });
      code.state = codeRow.hidden ? null : s;
    });
    ui.controls = all;

    // ---- the address ----
    let link = null, writing = 0;
    const readLink = () => {
      const text = location.hash.slice(1);
      if (!text.includes("=")) return;
      let wrong;
      try {
        wrong = ui.set(fromLink(text, ui.initial));
      } catch (refusal) {
        ui.set(ui.initial);
        wrong = refusal.message;
      }
      if (wrong) say(ui.message, `The link could not be read: ${wrong.replaceAll("_", " ")}. The page shows its defaults.`);
    };
    if (alone) {
      readLink();
      addEventListener("hashchange", () => {
        readLink();
        const { top, bottom } = app.getBoundingClientRect();
        if (bottom < 200 || top > 0.4 * innerHeight) ui.root.scrollIntoView();
      }, { signal: ui.end.signal });
    }
    const writeLink = (s) => {
      if (!alone || ui.held) return;
      clearTimeout(writing);
      writing = setTimeout(() => {
        const text = toLink(ui.state);
        if (link !== null && text !== link) history.replaceState(history.state, "", `#${text || toLink(ui.state, { y: true, theta: true })}`);
        link = text;
      }, link === null ? 0 : 400);
    };

    // ---- what is known of a state, kept until it changes ----
    const fitOf = memo(model), fit = (s) => fitOf(s.family, s.data, s.nu);
    const about = (s) => [s.family, s.prior, s.on, s.center, s.scale, s.a, s.b];
    const mapOf = memo((M, s, coordinates) => estimate(M, mode(M, s, target(M, s, coordinates))));
    const centerOf = memo((M, s) => { // mode and widths of the posterior in free coordinates
      const T = target(M, s, "free"), mid = mode(M, s, T);
      return { mid, sds: widths(M, T, mid)?.marginal };
    });
    const priorKey = memo((family, prior, on, center, scale, a, b) => ({ family, prior, on, center, scale, a, b })); // one object per prior
    const profilesOf = memo((M, level) => M.links.map((_, j) => profileInterval(M, j, chi2Quantile1(level) / 2)));
    const reachOf = memo((M) => M.links.map((_, j) => profileInterval(M, j, 4.5)));
    const middle = memo((data) => {
      const mean = data.reduce((a, b) => a + b, 0) / data.length;
      return { mean, sd: Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length), lo: data.reduce((a, b) => Math.min(a, b)),
               hi: data.reduce((a, b) => Math.max(a, b)) };
    });
    const sketchOf = memo((M) => { // for pictures: many values of Student-t in bins
      const m = M.m.drawn ?? M.m;
      const S = { ...M, m, like: { at: (e) => M.family.derivatives(m, ...e), value: (a, b) => M.family.value(m, a, b) } };
      S.top = M.edge ? M.top : M.family.value(m, ...M.best);
      return S;
    });
    let work = null, workKey = null, marginals = null, workFit = null;
    const follow = (M, key) => { // the posterior, a few milliseconds at a time
      if (key !== workKey || M !== workFit) {
        if (M !== workFit && M.name !== workFit?.name) marginals = null;
        [work, workKey, workFit] = [posterior(M, key, centerOf(M, key).mid), key, M];
      }
      const end = performance.now() + (ui.held ? 1 : 2.5);
      while (work) {
        const { done, value } = work.next();
        if (done) [work, marginals] = [null, value];
        else if (performance.now() > end) break;
      }
      if (work) ui.schedule();
    };

    // ---- axes: chosen when data or prior change, kept while something is dragged ----
    let view = null, framed = [];
    const toShown = (s, j, v) => (s.coordinates === "free" ? FAMILIES[s.family].links[j].to(v) : v);
    function frame(M, s, map) {
      const { mean, sd, lo, hi } = middle(s.data), wide = s.data.length > DRAGGED;
      const box = M.links.map((link, j) => {
        let [a, b] = reachOf(M)[j].map((v) => toShown(s, j, v));
        const m = toShown(s, j, estimate(M)[j]);
        if (!Number.isFinite(b)) b = Number.isFinite(a) && Number.isFinite(m) ? m + 3 * (m - a) : a + 8;
        if (!Number.isFinite(a)) a = b - 8;
        return within(link, s, [a - 0.03 * (b - a), b + 0.03 * (b - a)]);
      });
      let y = [-0.6, 1.6];
      if (s.family === "poisson") y = [-0.6, Math.max(hi, mean + 3 * Math.sqrt(mean)) + 0.6];
      else if (s.family === "exponential" || s.family === "gamma") y = [0, (wide ? Math.min(hi, mean + 8 * sd) : hi) * 1.08];
      else if (s.family !== "bernoulli") {
        const [m, w] = M.edge ? [mean, sd] : estimate(M);
        y = wide ? [Math.max(lo, m - 9 * w), Math.min(hi, m + 9 * w)] : [lo, hi];
        y = [Math.min(y[0], m - 2.5 * w) - 0.1 * (y[1] - y[0]), Math.max(y[1], m + 2.5 * w) + 0.1 * (y[1] - y[0])];
      }
      view = { box, y, unit: roundUp((y[1] - y[0]) / 400) };
    }
    const within = (link, s, [a, b]) => {
      if (s.coordinates === "free" || link === identity) return [a, b];
      const top = link.to(2) === link.to(2) ? Infinity : 1; // a probability ends at 1
      return [Math.max(0, a), Math.min(top, b)];
    };
    function widen(M, s, map, { mid, sds }) {
      M.links.forEach((link, j) => { // a prior that pulls the posterior out of the picture makes it larger
        const inView = [map[j], ...(sds ? [-2.6, 2.6].map((z) => link.from(mid[j] + z * sds[j])) : [])];
        for (const v of inView.map((at) => toShown(s, j, at))) {
          const [a, b] = view.box[j], pad = 0.1 * (b - a);
          if (Number.isFinite(v) && (v < a || v > b)) view.box[j] = within(link, s, [Math.min(a, v - pad), Math.max(b, v + pad)]);
        }
      });
      shown(M, s, s.theta).forEach((v, j) => {
        const [a, b] = view.box[j], pad = 0.06 * (b - a);
        if (v < a + pad / 3 || v > b - pad / 3) view.box[j] = within(M.links[j], s, [Math.min(a, v - pad), Math.max(b, v + pad)]);
      });
      const [a, b] = view.y, { lo, hi } = middle(s.data);
      if (s.data.length <= DRAGGED && (lo < a || hi > b)) view.y = [Math.min(a, lo), Math.max(b, hi)];
    }
    // The range and the step of the coordinates of your point, in θ.
    const thetaRange = (i) => {
      const s = ui.state, link = FAMILIES[s.family].links[i] ?? identity, [a, b] = view?.box[i] ?? [0.01, 10];
      const [lo, hi] = s.coordinates === "free" ? [link.from(a), link.from(b)] : [a, b];
      const tiny = unit(i);
      return [Math.min(link === identity ? lo : Math.max(lo, tiny), s.theta[i] ?? lo), Math.max(link === identity || hi > 1 || b > 1 ? hi : Math.min(hi, 1 - tiny), s.theta[i] ?? hi)];
    };
    const unit = (i) => {
      const [a, b] = view?.box[i] ?? [0, 1], s = ui.state;
      if (s.coordinates === "natural") return 10 ** Math.floor(Math.log10((b - a) / 90));
      const link = FAMILIES[s.family].links[i] ?? identity;
      return 10 ** Math.floor(Math.log10((link.from(b) - link.from(a)) / 400));
    };

    // ---- drawing: the data and the densities they are judged by ----
    const bell = ui.panel();
    const histogram = ui.path(bell.marks, { idea: "data", fill: true, opacity: 0.16 });
    const outline = ui.path(bell.marks, { idea: "data", width: 1, opacity: 0.6 });
    const bells = { here: ui.path(bell.marks, { idea: "data", width: 1.5, "stroke-dasharray": "1 4", "stroke-linecap": "round" }),
      map: ui.path(bell.marks, { idea: "posterior", width: 2 }), mle: ui.path(bell.marks, { idea: "likelihood", width: 2.5 }) };
    const mass = ui.path(bell.marks, { idea: "likelihood", fill: true, opacity: 0.22 });
    const key = ["mle", "map", "here"].map((name) => ui.text(bell.over, { idea: { mle: "likelihood", map: "posterior", here: "data" }[name] }));

    // ---- the likelihood as a hill over two parameters ----
    const hill = ui.panel();
    const rings = DROPS.map(() => svg("path", { fill: "var(--mle-likelihood)", "fill-opacity": 0.085, stroke: "var(--mle-likelihood)",
      "stroke-opacity": 0.35, "stroke-width": 0.8, "aria-hidden": "true" }, hill.marks)).reverse();
    const postRings = [0.5, 2, 4.5].map(() => ui.path(hill.marks, { idea: "posterior", width: 1.6 }));
    const trail = ui.path(hill.marks, { idea: "data", width: 1.5 });
    const dots = svg("g", { "aria-hidden": "true" }, hill.marks);
    const star = svg("path", { d: "M0 -8L2 -2.6L7.6 -2.5L3.2 1L4.7 6.5L0 3.3L-4.7 6.5L-3.2 1L-7.6 -2.5L-2 -2.6Z", fill: "var(--mle-truth)",
      stroke: "var(--mle-paper)", "aria-hidden": "true" }, hill.marks);
    const tops = ["likelihood", "posterior"].map((idea) => {
      const g = svg("g", { "aria-hidden": "true" }, hill.marks);
      svg("path", { d: idea === "likelihood" ? "M0 -7L7 0L0 7L-7 0Z" : "M0 -8L7 5L-7 5Z", fill: `var(--mle-${idea})`, stroke: "var(--mle-paper)", "stroke-width": 1.5 }, g);
      return { g, name: say(ui.text(g, { idea, y: 5 }), idea === "likelihood" ? "MLE" : "MAP") };
    });
    const arrow = ui.path(hill.over, { idea: "data", width: 2.5, "stroke-linecap": "round" });

    // ---- one parameter: curve, prior, posterior, and the three intervals below ----
    const ROWS = [["Wald", "muted"], ["profile", "likelihood"], ["credible", "posterior"]];
    const curves = [0, 1].map(() => {
      const panel = ui.panel(), strip = ui.panel();
      return {
        panel, strip, area: ui.path(panel.marks, { idea: "likelihood", fill: true, opacity: 0.1 }),
        cut: ui.path(panel.marks, { idea: "muted", width: 1, "stroke-dasharray": "2 3" }),
        truth: ui.path(panel.marks, { idea: "truth" }),
        parabola: ui.path(panel.marks, { idea: "muted", width: 1.5, "stroke-dasharray": "4 3" }),
        prior: ui.path(panel.marks, { idea: "prior" }), posterior: ui.path(panel.marks, { idea: "posterior" }),
        like: ui.path(panel.marks, { idea: "likelihood", width: 2.5 }), guide: ui.path(panel.marks, { idea: "data", width: 1, "stroke-dasharray": "1 4", "stroke-linecap": "round" }),
        trail: svg("g", { "aria-hidden": "true" }, panel.marks),
        mle: ui.dot(panel.marks, { idea: "likelihood", r: 5, "aria-hidden": "true" }),
        map: svg("path", { d: "M0 -7L6 4L-6 4Z", fill: "var(--mle-posterior)", stroke: "var(--mle-paper)", "stroke-width": 1.5, "aria-hidden": "true" }, panel.marks),
        names: ["likelihood", "prior", "posterior", "muted"].map((idea) => ui.text(panel.over, { idea, class: "mle-direct mle-small" })),
        bars: ROWS.map(([label, idea]) => ({
          bar: svg("path", { stroke: `var(--mle-${idea})`, "stroke-width": 5, fill: "none", "stroke-linecap": "butt", "aria-hidden": "true" }, strip.marks),
          name: say(ui.text(strip.over, { idea, anchor: "end", class: "mle-direct mle-small" }), label),
        })),
      };
    });
    const slope = ui.panel();
    const slopeLine = ui.path(slope.marks, { idea: "likelihood", width: 2.5 }), zero = ui.path(slope.marks, { idea: "muted", width: 1 });
    const tangent = ui.path(slope.marks, { idea: "data", width: 1.5, "stroke-dasharray": "4 3" });
    const slopeDot = ui.dot(slope.marks, { idea: "data", r: 5, "aria-hidden": "true" });
    const slopeName = ui.text(slope.over, { idea: "data", class: "mle-direct mle-small" });
    const everything = [[hill, "hill"], [slope, "slope"], ...curves.flatMap((c) => [[c.panel, "curve"], [c.strip, "strip"]])].map(([p]) => p);
    const hide = (panel, yes) => set(panel.node, { display: yes ? "none" : null });

    // ---- handles: the data, and your point ----
    let stack = { offsets: [], height: 1 };
    const fitPoints = ui.points({
      panel: bell, most: DRAGGED, r: 6, at: (s, i) => [s.data[i], stack.offsets[i] ?? 0],
      range: (s) => {
        const f = FAMILIES[s.family], [lo, hi] = view.y;
        if (s.family === "bernoulli") return [[0, 1]];
        if (f.discrete) return [[0, Math.floor(hi)]];
        return [[s.family === "gamma" ? Math.max(lo, view.unit) : s.family === "exponential" ? Math.max(lo, 0) : lo, hi]];
      },
      step: (s) => [FAMILIES[s.family].discrete ? 1 : view.unit],
    });
    let pointer = null;
    const fitPointer = (k) => {
      if (pointer?.k === k) return;
      pointer?.remove();
      const M = () => fit(ui.state), at = (s) => shown(fit(s), s, s.theta);
      const back = (v, i) => Number(v.toPrecision(12)) || 0;
      const spoken = (s) => FAMILIES[s.family].parameters.map((name, i) => `${name} ${short(s.theta[i])}`).join(", ");
      const steps = () => view.box.map(([a, b]) => 10 ** Math.floor(Math.log10((b - a) / 90)));
      const limits = (s) => view.box.map(([a, b], i) => {
        const tiny = steps()[i], link = FAMILIES[s.family].links[i];
        return s.coordinates === "free" || link === identity ? [a, b] : [Math.max(a, tiny), b >= 1 && Number.isNaN(link.to(2)) ? 1 - tiny : b];
      });
      pointer = k === 2 ? ui.handle({
        panel: hill, label: "your point", axis: "xy", idea: "data", at, range: limits, step: steps, text: spoken,
        patch: (v) => ({ theta: unshown(M(), ui.state, v.map(back)).map(SIX_DIGITS) }),
      }) : ui.handle({
        panel: curves[0].panel, label: "your point", axis: "x", idea: "data", at: (s) => [at(s)[0], curves[0].here], range: limits, step: steps,
        text: spoken, patch: ([v]) => ({ theta: unshown(M(), ui.state, [back(v)]).map(SIX_DIGITS) }),
      });
      pointer.k = k;
    };
    ui.tap(hill, (v) => ({ theta: unshown(fit(ui.state), ui.state, v).map((x) => Number(x.toPrecision(4))) }));

    // ---- pictures that depend on the data and the axes only ----
    const bins = memo((data, lo, hi, discrete) => {
      const count = discrete ? Math.max(1, Math.round(hi - lo)) : 40, out = new Float64Array(count), w = discrete ? 1 : (hi - lo) / count;
      for (const v of data) {
        const b = discrete ? v : Math.floor((v - lo) / w);
        if (b >= 0 && b < count) out[b] += 1 / (data.length * w);
      }
      return { out, w };
    });
    const surface = memo((S, s0, s1, s2, s3, coordinates, nx, ny) => {
      const values = new Float64Array(nx * ny), e = [[s0, s1, nx], [s2, s3, ny]].map(([a, b, n], j) => Float64Array.from({ length: n }, (_, i) => {
        const v = a + (b - a) * i / (n - 1);
        return coordinates === "free" ? v : S.links[j].to(v);
      }));
      for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) {
        const v = Number.isFinite(e[0][i] + e[1][j]) ? S.family.value(S.m, e[0][i], e[1][j]) - S.top : -Infinity;
        values[j * nx + i] = v > -1e300 ? v : -Infinity;
      }
      return { values, e };
    });
    const profileCurve = [0, 1].map((j) => memo((S, a, b, coordinates) => {
      let start;
      return sample([a, b], S.k === 1 ? 160 : 56, (x) => {
        const eta = coordinates === "free" ? x : S.links[j].to(x);
        if (!Number.isFinite(eta)) return S.k === 1 ? (S.edge && Math.sign(S.best[0]) === Math.sign(eta) ? 0 : -Infinity) : -Infinity;
        const [v, , other] = profile(S, j, eta, start);
        start = other;
        return v - S.top;
      });
    }));
    const postSurface = memo((S, s0, s1, s2, s3, coordinates, nx, ny, key) => {
      const { values, e } = surface(S, s0, s1, s2, s3, coordinates, nx, ny), T = target(S, key, coordinates);
      const out = Float64Array.from(values, (v, q) => v + T.prior([e[0][q % nx], e[1][Math.floor(q / nx)]]));
      return out.map((v) => (v > -1e300 ? v : -Infinity));
    });

    const rings2 = (values, nx, ny, level, x0, y0, sx, sy) => contours(values, nx, ny, level).map((ring) => {
      let d = "";
      for (let q = 0; q < ring.length; q++) d += `${q ? "L" : "M"}${px(x0 + ring[q][0] * sx)} ${px(y0 - ring[q][1] * sy)}`;
      return `${d}Z`;
    }).join("");

    const intervalText = ([lo, hi]) => `${four(lo)} – ${four(hi)}`;
    let lastKey = "";
    return (s) => {
      const M = fit(s), f = M.family, { k } = M, S = sketchOf(M), mleValue = estimate(M);
      const pk = priorKey(...about(s)), map = mapOf(M, pk, s.coordinates);
      const frameKey = [s.family, s.nu, s.coordinates, s.data.length, s.prior, s.on].join();
      if (!view || frameKey !== lastKey || (!ui.byHandle && !ui.held && !climbing && framed !== s.data)) frame(M, s, map);
      [framed, lastKey] = [s.data, frameKey];
      widen(M, s, map, centerOf(M, pk));
      if (!climbing) {
        walk = [];
        say(counter, "Drag the point, then climb. The step depends on the coordinates; the top does not.");
      }
      climbing = false;
      follow(M, pk);
      const q = marginals && marginals.length === k ? quantiles(M, marginals, s.level) : null, busy = Boolean(work);
      const waldOf = M.links.map((_, j) => wald(M, j, normalQuantile((1 + s.level) / 2), s.coordinates));
      const profiles = profilesOf(M, s.level), here = shown(M, s, s.theta), label = names(s), drawn = isDrawn(s);

      // Layout.
      const left = 66, width = ui.width - left - 10, small = ui.width < 560, pair = k === 2 && ui.width > 640;
      const y = view.y, bellHeight = small ? 120 : 150;
      let top = 28;
      everything.forEach((panel) => hide(panel, true));
      const densities = { mle: mleValue, map, here: s.theta };
      const value = (theta) => (v) => f.density(v, ...theta, M.m);
      const peakOf = (theta) => Math.max(...sample(y, 60, value(theta)).map(([, v]) => (Number.isFinite(v) ? v : 0)));
      const at = f.discrete ? Array.from({ length: Math.floor(y[1]) + 1 }, (_, i) => i) : null;
      const massOf = (theta) => Math.max(...at.map(value(theta)));
      const height = roundUp(1.12 * Math.max(1e-12, ...["mle", "here"].map((name) => (at ? massOf : peakOf)(densities[name]))
        .map((v) => Math.min(v, 6 * (at ? massOf : peakOf)(mleValue) || v))));
      bell.layout({ left, top, width, height: bellHeight, x: y, y: [0, height], yTicks: 2, xTextAt: 20, yLabelAt: 0, yLabel: small ? "" : at ? "probability of _y_" : "density of _y_",
                    xTicks: s.family === "bernoulli" ? 4 : undefined, xText: s.family === "bernoulli" ? (v) => (v === 0 || v === 1 ? String(v) : "") : undefined });
      const few = fitPoints(s), bar = Math.min(24, 0.26 * (bell.x(1) - bell.x(0)));
      for (const [name, theta] of Object.entries(densities)) {
        const usable = theta.every(Number.isFinite) && !(name === "map" && theta.every((v, i) => Math.abs(v - mleValue[i]) < 1e-9 * Math.abs(v)));
        const half = { mle: 1, map: 1.25, here: 1.5 }[name] * bar; // of a mass: a bar's top each
        set(bells[name], { d: !usable ? "" : at ? at.map((v) => `M${px(bell.x(v) - half)} ${px(bell.y(value(theta)(v)))}h${px(2 * half)}`).join("")
          : polyline(bell, sample(y, 150, value(theta)).filter(([, v]) => Number.isFinite(v))) });
      }
      set(mass, { d: !at ? "" : at.map((v) => `M${px(bell.x(v) - bar)} ${px(bell.y(0))}V${px(bell.y(value(mleValue)(v)))}h${px(2 * bar)}V${px(bell.y(0))}Z`).join("") });
      const keyWords = [`MLE`, `MAP`, `your point`];
      let keyX = left + width;
      for (const i of [2, 1, 0]) {
        say(key[i], `${["—", "- -", "···"][i]} ${keyWords[i]}`);
        set(key[i], { x: keyX, y: top - 10, "text-anchor": "end" });
        keyX -= [62, 70, 96][i];
      }
      if (few && at) {
        const seen = new Map(), rank = s.data.map((v) => (seen.set(v, (seen.get(v) ?? -1) + 1), seen.get(v)));
        const each = Math.min(12, 0.8 * bellHeight / Math.max(1, ...rank)) / bellHeight * height;
        stack = { offsets: rank.map((r) => r * each) };
      } else stack = { offsets: [] };
      if (few) {
        set(histogram, { d: "" });
        set(outline, { d: "" });
      } else {
        const { out, w } = bins(s.data, at ? 0 : y[0], at ? at.length : y[1], Boolean(at)), from = at ? -0.5 : y[0];
        let d = `M${px(bell.x(from))} ${px(bell.y(0))}`;
        out.forEach((v, i) => (d += `V${px(bell.y(v))}H${px(bell.x(from + (i + 1) * w))}`));
        d += `V${px(bell.y(0))}Z`;
        set(histogram, { d });
        set(outline, { d });
      }
      top += bellHeight + 62;

      // Two parameters: the hill.
      const [bx, by] = view.box;
      if (k === 2) {
        hide(hill, false);
        const hillHeight = clamp(width * 0.5, [200, 340]);
        hill.layout({ left, top, width, height: hillHeight, x: bx, y: by, xLabel: label[0], yLabel: label[1], yLabelAt: 0, yAxis: true, grid: false,
                      xTicks: Math.max(4, width / 90), yTicks: hillHeight / 45 });
        const [nx, ny] = ui.held ? [36, 24] : [60, 40], sx = width / (nx - 1), sy = hillHeight / (ny - 1), bottom = top + hillHeight;
        const ground = [S, ...bx, ...by, s.coordinates, nx, ny], pictureKey = `${width} ${hillHeight}`;
        const { values } = surface(...ground);
        if (rings.values !== values || rings.size !== pictureKey) {
          DROPS.forEach((drop, i) => set(rings[i], { d: rings2(values, nx, ny, -drop, left, bottom, sx, sy) }));
          Object.assign(rings, { values, size: pictureKey });
        }
        const post = postSurface(...ground, pk);
        if (postRings.values !== post || postRings.size !== pictureKey) {
          const eta = map.map((v, i) => M.links[i].to(v)), summit = S.family.value(S.m, ...eta) - S.top + target(S, s, s.coordinates).prior(eta);
          [0.5, 2, 4.5].forEach((drop, i) => set(postRings[i], { d: rings2(post, nx, ny, summit - drop, left, bottom, sx, sy) }));
          Object.assign(postRings, { values: post, size: pictureKey });
        }
        const marks = [mleValue, map].map((v) => shown(M, s, v)), far = Math.abs(hill.x(marks[0][0]) - hill.x(marks[1][0])) + Math.abs(hill.y(marks[0][1]) - hill.y(marks[1][1]));
        tops.forEach(({ g, name }, i) => {
          const [u, v] = marks[i], sideways = i === 0 ? (marks[0][0] >= marks[1][0] ? 1 : -1) : (marks[0][0] >= marks[1][0] ? -1 : 1);
          set(g, { transform: `translate(${px(hill.x(u))} ${px(hill.y(v))})` });
          set(name, { x: 12 * sideways, "text-anchor": sideways > 0 ? "start" : "end" });
        });
        set(tops[1].g, { visibility: far < 1 ? "hidden" : "visible" });
        say(tops[0].name, far < 1 ? "MLE = MAP" : "MLE");
        const truth = f.truth.map((v, i) => toShown(s, i, v));
        set(star, { transform: `translate(${px(hill.x(truth[0]))} ${px(hill.y(truth[1]))})`, visibility: drawn ? "visible" : "hidden" });
        const visited = walk.map((v) => shown(M, s, v));
        set(trail, { d: polyline(hill, visited) });
        pool(dots, visited.length, (parent) => svg("circle", { r: 2.8, fill: "var(--mle-data)" }, parent));
        visited.forEach(([u, v], i) => set(dots.children[i], { cx: px(hill.x(u)), cy: px(hill.y(v)) }));
        top += hillHeight + 62;
      }

      // Each parameter.
      const log = s.view === "log", cut = chi2Quantile1(s.level) / 2, curveHeight = k === 2 ? 130 : 210;
      const gap = left + 4, each = pair ? (width - gap) / 2 : width;
      const prior = target(M, s, s.coordinates), looked = look(M, s, s.theta);
      for (let j = 0; j < k; j++) {
        const c = curves[j], [a, b] = view.box[j], x0 = left + (pair ? j * (each + gap) : 0), y0 = top + (pair ? 0 : j * (curveHeight + 130));
        hide(c.panel, false);
        hide(c.strip, false);
        const range = log ? [-4.6, 1.2] : [0, k === 2 ? 1.28 : 1.24], to = (v) => (log ? v : Math.exp(v));
        c.panel.layout({ left: x0, top: y0, width: each, height: curveHeight, x: [a, b], y: range, xTicks: 0, yTicks: log ? 4 : 0, yLabelAt: x0,
                         yLabel: k === 2 ? `profile ${log ? "log-" : ""}likelihood of ${label[j]}` : log ? "_ℓ_(_θ_) − _ℓ_(_θ̂_)" : "each curve to its own top" });
        c.strip.layout({ left: x0, top: y0 + curveHeight + 6, width: each, height: 52, x: [a, b], y: [0, 3], yTicks: 0, xLabel: label[j], grid: false, xTicks: Math.max(4, each / 90) });
        const shape = profileCurve[j](S, a, b, s.coordinates).map(([u, v]) => [u, log ? Math.max(v, -99) : Math.exp(v)]);
        trace(c.panel, shape, c.like, c.area);
        if (log) set(c.area, { d: "" });
        // The prior's part about this parameter alone, in these coordinates.
        const eta0 = M.near.map((e) => e), one = (u) => {
          const e = eta0.slice();
          e[j] = s.coordinates === "free" ? u : M.links[j].to(u);
          return Number.isFinite(e[j]) ? prior.prior(e) : NaN;
        };
        const heights = sample([a, b], 120, one).filter(([, v]) => Number.isFinite(v)), tallest = Math.max(...heights.map(([, v]) => v).filter((v) => v < 700));
        set(c.prior, { d: polyline(c.panel, heights.map(([u, v]) => [u, to(v - tallest)])) });
        // The posterior: of one parameter the curve itself, of two the marginal from the quadrature.
        let d = "";
        const marginal = marginals?.[j];
        if (k === 1) {
          const curve = sample([a, b], 160, (u) => {
            const e = s.coordinates === "free" ? u : M.links[0].to(u);
            return Number.isFinite(e) ? prior.value(e) : NaN;
          }).filter(([, v]) => !Number.isNaN(v)), best = Math.max(...curve.map(([, v]) => v).filter((v) => v < 1e300));
          d = polyline(c.panel, curve.map(([u, v]) => [u, to(v - best)]));
        } else if (marginal) {
          const link = M.links[j], curve = marginal.x.map((e, i) => [s.coordinates === "free" ? e : link.from(e),
            marginal.height[i] - (s.coordinates === "free" ? 0 : link.logJacobian(e)[0])]).filter(([u]) => u >= a - (b - a) && u <= b + (b - a));
          const best = Math.max(...curve.map(([, v]) => v));
          d = polyline(c.panel, curve.map(([u, v]) => [u, to(v - best)]));
        }
        set(c.posterior, { d });
        set(c.cut, { d: log ? polyline(c.panel, [[a, -cut], [b, -cut]]) : "" });
        const upright = (u) => polyline(c.panel, [[u, -99], [u, c.panel.invert(0, y0 + 17)[1]]]); // up to the names
        set(c.truth, { d: drawn ? upright(toShown(s, j, f.truth[j])) : "" });
        const m = toShown(s, j, mleValue[j]), p = toShown(s, j, map[j]);
        set(c.mle, { cx: px(c.panel.x(clamp(m, [a, b]))), cy: px(c.panel.y(to(0))), visibility: Number.isFinite(m) ? "visible" : "hidden" });
        set(c.map, { transform: `translate(${px(c.panel.x(clamp(p, [a, b])))} ${px(c.panel.y(to(0)) - (Math.abs(m - p) < 1e-9 ? 11 : 0))})`, visibility: Number.isFinite(p) && k === 1 ? "visible" : "hidden" });
        const hereY = k === 1 ? to(M.family.value(M.m, M.links[0].to(s.theta[0])) - M.top) : 0;
        c.here = k === 1 ? Math.max(hereY, range[0]) : 0;
        set(c.guide, { d: upright(here[j]) });
        pool(c.trail, k === 1 ? walk.length : 0, (parent) => svg("circle", { r: 3.5, fill: "var(--mle-data)", "fill-opacity": 0.6 }, parent));
        if (k === 1) walk.forEach((v, i) => set(c.trail.children[i], { cx: px(c.panel.x(toShown(s, 0, v[0]))), cy: px(c.panel.y(Math.max(range[0], to(M.family.value(M.m, M.links[0].to(v[0])) - M.top)))) }));
        set(c.parabola, { d: log && k === 1 ? polyline(c.panel, sample([a, b], 80, (u) => Math.max(-99, looked[0] - M.top + looked[1] * (u - here[0]) + 0.5 * looked[2] * (u - here[0]) ** 2))) : "" });
        let nx = x0 + 4;
        c.names.forEach((node, i) => {
          say(node, [k === 2 ? "profile" : "likelihood", "prior", k === 2 ? "marginal posterior" : "posterior", log && k === 1 ? "parabola at your point" : ""][i]);
          set(node, { x: nx, y: y0 + 12 });
          nx += [k === 2 ? 46 : 62, 36, 60, 0][i];
        });
        [waldOf[j], profiles[j], q?.[j] && [q[j][0], q[j][2]]].forEach((interval, i) => {
          const { bar, name } = c.bars[i], row = 2.5 - i;
          const ends = interval?.map((v) => {
            const u = toShown(s, j, v);
            return Number.isNaN(u) ? (s.coordinates === "free" ? a : u) : clamp(u, [a - (b - a), b + (b - a)]);
          });
          set(bar, { d: ends ? polyline(c.strip, [[ends[0], row], [ends[1], row]]) : "", "stroke-opacity": i === 2 && busy ? 0.4 : 1 });
          set(name, { x: x0 - 8, y: c.strip.y(row) + 4 });
        });
      }
      top += (pair || k === 1 ? 1 : 2) * (curveHeight + 130) - (k === 1 ? 34 : 28);

      // The score of one parameter: zero at the top, its slope the curvature.
      if (k === 1) {
        hide(slope, false);
        const [a, b] = view.box[0], se = M.edge ? (b - a) / 6 : Math.sqrt(-1 / look(M, s, mleValue)[2]), most = roundUp(3 / se);
        const low = Math.min(-most, 0), at = (u) => look(M, s, unshown(M, s, [u]))[1];
        top += 30;
        slope.layout({ left, top, width, height: 104, x: [a, b], y: [low, most], yTicks: 4, xTicks: 0, xAxis: false, yLabelAt: 0, yLabel: "score: the slope of _ℓ_" });
        set(slopeLine, { d: polyline(slope, sample([a, b], 120, (u) => {
          const v = at(u);
          return Number.isFinite(v) ? v : Math.sign(b - u) * 1e9;
        })) });
        set(zero, { d: polyline(slope, [[a, 0], [b, 0]]) });
        set(tangent, { d: polyline(slope, [a, b].map((u) => [u, looked[1] + looked[2] * (u - here[0])])) });
        set(slopeDot, { cx: px(slope.x(here[0])), cy: px(slope.y(clamp(looked[1], [low, most]))) });
        const flip = slope.x(here[0]) > left + width - 130;
        say(slopeName, "slope −_J_(_θ_)");
        set(slopeName, { x: slope.x(here[0]) + (flip ? -10 : 10), y: slope.y(clamp(looked[1], [low * 0.7, most * 0.7])) - 8, "text-anchor": flip ? "end" : "start" });
        top += 116;
        set(arrow, { d: "" });
      } else { // the score on the map: its direction, its length shortened so that it fits
        const climbed = look(M, s, s.theta, s.climb), [, g, h] = climbed, { panel } = { panel: hill };
        const gx = g * panel.width / (bx[1] - bx[0]), gy = -h * panel.height / (by[1] - by[0]);
        const u = g * (bx[1] - bx[0]) / 8, v = h * (by[1] - by[0]) / 8, strength = Math.hypot(u, v);
        // In units of the axes, so that the arrow points where both coordinates gain alike.
        const size = Math.hypot(u * panel.width, v * panel.height) || 1, ux = u * panel.width / size, uy = -v * panel.height / size;
        const length = 70 * (1 - Math.exp(-strength / 3)), cx = panel.x(here[0]), cy = panel.y(here[1]), tx = cx + ux * (length + 12), ty = cy + uy * (length + 12);
        const wing = (turn) => `M${px(tx)} ${px(ty)}l${px(8 * (uy * Math.sin(turn) - ux * Math.cos(turn)))} ${px(-8 * (uy * Math.cos(turn) + ux * Math.sin(turn)))}`;
        set(arrow, { d: length > 8 && Number.isFinite(gx + gy) ? `M${px(cx + ux * 8)} ${px(cy + uy * 8)}L${px(tx)} ${px(ty)}${wing(0.5)}${wing(-0.5)}` : "" });
      }
      fitPointer(k);
      ui.height(Math.round(top));

      // Numbers.
      const list = (values, digits = 4) => values.map((v) => short(v, digits)).join(", ");
      const sameTop = map.every((v, i) => Math.abs(v - mleValue[i]) <= 1e-9 * Math.abs(v));
      stats.mle.name(`MLE ${names({ ...s, coordinates: "natural" }).join(", ")}`);
      stats.map.name(`MAP ${names({ ...s, coordinates: "natural" }).join(", ")}`);
      stats.mle.set(mleValue.join(), list(mleValue), `_ℓ_ = ${fixed(M.top, 3)}${M.edge ? ", at the edge" : ""}`);
      stats.map.set(map.join(), list(map), sameTop ? "the MLE" : `mode in ${label.join(", ")}`);
      stats.median.set(busy || !q ? "" : q.map((v) => v?.[1]).join(), q ? q.map((v) => (v ? short(v[1], 4) : "none")).join(", ") : "…", "the same in all coordinates");
      stats.log_likelihood.set(looked[0], fixed(looked[0], 3), `${fixed(M.top - looked[0], 3)} below the top`);
      stats.score.set(looked.slice(1, 1 + k).join(), list(looked.slice(1, 1 + k), 3), `along ${label.join(", ")}`);
      stats.information.set(looked.slice(1 + k).map((v) => -v).join(), list(looked.slice(1 + k).map((v) => -v), 3), k === 2 ? "_J_₁₁, _J_₁₂, _J_₂₂" : "its top value gives the SE");
      const lp = target(M, s, s.coordinates).value(...s.theta.map((v, i) => M.links[i].to(v)));
      stats.log_posterior.set(lp, fixed(lp, 3), "not normalized");
      rowsOf(table, s, label.length, [["Wald", `symmetric in ${label.join(", ")}`, waldOf, "wald", "at the edge: none"], ["Profile likelihood", "the same in all coordinates", profiles, "profile"],
        ["Credible", "equal-tailed, by quadrature", M.links.map((_, j) => q?.[j] && [q[j][0], q[j][2]]), "credible", q ? "none: the posterior is improper" : "…", busy]], intervalText);
      writeLink(s);
      return `${f.label}, ${s.data.length} values: maximum likelihood ${mleValue.map((v) => short(v, 3)).join(", ")}; ` +
        `maximum a posteriori ${map.map((v) => short(v, 3)).join(", ")}; log-likelihood at your point ${fixed(looked[0], 2)}`;
    };
  },
});

// The table of intervals: written once per shape, then cell by cell.
function rowsOf(table, s, count, rows, text) {
  const parameters = FAMILIES[s.family].parameters;
  if (table.childElementCount === 0) {
    html("caption", {}, table);
    html("thead", {}, table);
    html("tbody", {}, table);
  }
  say(table.caption, `${fixed(100 * s.level, 0)} % intervals`);
  const [head] = pool(table.tHead, 1, (parent) => html("tr", {}, parent));
  while (head.childElementCount > count + 1) head.lastElementChild.remove();
  while (head.childElementCount < count + 1) html("th", { scope: "col" }, head);
  say(head.children[0], "interval");
  parameters.forEach((name, j) => say(head.children[j + 1], `for ${SYMBOLS[name]}`));
  pool(table.tBodies[0], rows.length, (parent) => {
    const row = html("tr", {}, parent);
    html("th", { scope: "row" }, row);
  });
  rows.forEach(([label, note, values, name, none, busy], i) => {
    const row = table.tBodies[0].children[i];
    while (row.childElementCount > count + 1) row.lastElementChild.remove();
    while (row.childElementCount < count + 1) html("td", {}, row);
    if (row.children[0].childElementCount === 0) {
      html("span", {}, row.children[0]);
      html("small", {}, row.children[0]);
    }
    say(row.children[0].children[0], label);
    say(row.children[0].children[1], note);
    values.forEach((interval, j) => {
      const cell = row.children[j + 1];
      set(cell, { "data-interval": `${name}-${parameters[j]}`, "data-value": busy || !interval ? "" : interval.join(), class: busy ? "mle-stale" : null });
      say(cell, interval ? text(interval) : none);
    });
  });
}
