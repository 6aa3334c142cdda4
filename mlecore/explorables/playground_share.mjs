// What goes into the playground and comes out of it: numbers as text, CSV files, the link, Python code, files.

import { FAMILIES, model, priorPlace, refuse, startPoint, draw, MOST_VALUES } from "./playground_model.mjs";

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i;
const clip = (text) => (text.length > 24 ? `${text.slice(0, 24)}…` : text);
const oneNumber = (text) => (NUMBER.test(text) ? Number(text) : NaN);

function numbers(words, name = "value") {
  if (words.length > MOST_VALUES) throw new Error(`${words.length} values: at most ${MOST_VALUES}`);
  return words.map((word, i) => {
    const text = word.trim().replace("−", "-"), value = oneNumber(text);
    if (!text) throw new Error(`${name} ${i + 1} is empty`);
    if (Number.isNaN(value)) throw new Error(`${name} ${i + 1}, '${clip(word.trim())}', is not a number`);
    return value;
  });
}
// Typed or pasted: numbers separated by spaces, commas, semicolons or lines.
export function parseNumbers(text) {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  if (!words.length) throw new Error("there are no values: type or paste numbers separated by spaces, commas or lines");
  return numbers(words);
}

// ---- CSV ----------------------------------------------------------------------------------------------------------

// Rows of fields (RFC 4180: quotes double inside quotes); the separator is the likeliest of comma, semicolon and tab.
function rows(text) {
  const first = text.split(/\r?\n/, 1)[0], count = (c) => first.split(c).length;
  const separator = [",", ";", "\t"].reduce((a, b) => (count(b) > count(a) ? b : a));
  const found = [[]];
  let field = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"' && !field) quoted = true;
    else if (c === separator || c === "\n") {
      found.at(-1).push(field);
      field = "";
      if (c === "\n") found.push([]);
    } else if (c !== "\r") field += c;
  }
  found.at(-1).push(field);
  return found.filter((row) => row.some((cell) => cell.trim()));
}

// The columns of a CSV text: [{ name, words }], a first row that is not all numbers being the names.
export function columns(text) {
  const table = rows(text.replace(/^\ufeff/, ""));
  if (!table.length) throw new Error("the file is empty");
  const named = table[0].some((cell) => Number.isNaN(oneNumber(cell.trim().replace("−", "-"))));
  const body = named ? table.slice(1) : table;
  if (!body.length) throw new Error("the file has names but no values");
  return table[0].map((cell, j) => ({
    name: named && cell.trim() ? cell.trim() : `column ${j + 1}`, words: body.map((row) => row[j] ?? ""),
  }));
}
export const columnData = ({ name, words }) => numbers(words, `${clip(name)}: value`);
// The column to show first: the first whose values are all numbers.
export const firstColumn = (found) =>
  Math.max(0, found.findIndex(({ words }) => words.every((w) => !Number.isNaN(oneNumber(w.trim().replace("−", "-"))))));

// ---- the state: what may be in it ----------------------------------------------------------------------------------

const between = (lo, hi, whole) => ({ lo, hi, whole });
const KEYS = {
  family: Object.keys(FAMILIES), prior: ["flat", "normal", "laplace", "beta", "gamma"],
  on: ["mu", "sigma", "p", "rate", "shape"], coordinates: ["natural", "free"], view: ["likelihood", "log"],
  climb: ["likelihood", "posterior"],
  nu: between(1, 100), center: between(-1e6, 1e6), scale: between(0.01, 1000), a: between(0.1, 1000), b: between(0.1, 1000),
  level: between(0.5, 0.99), seed: between(0, 2 ** 31 - 1, true), n: between(1, MOST_VALUES, true),
};
export const LIMITS = KEYS;

export function check(s) {
  for (const [key, rule] of Object.entries(KEYS)) {
    const v = s[key];
    if (Array.isArray(rule)) {
      if (!rule.includes(v)) return `${key} = '${clip(String(v))}' is not one of ${rule.join(", ")}`;
    } else if (!(v >= rule.lo && v <= rule.hi)) return `${key} = ${clip(String(v))} is not between ${rule.lo} and ${rule.hi}`;
    else if (rule.whole && !Number.isInteger(v)) return `${key} = ${v} is not a whole number`;
  }
  const f = FAMILIES[s.family];
  if (!f.priors.includes(s.prior)) return `${f.label} has the priors ${f.priors.join(", ")}, not ${s.prior}`;
  const places = s.prior === "gamma" ? ["rate"] : f.parameters;
  if (s.prior !== "flat" && !places.includes(s.on)) return `a ${s.prior} prior of ${f.label} is on ${places.join(" or ")}, not ${s.on}`;
  if (["normal", "laplace"].includes(s.prior) && s.on !== "mu" && Math.abs(s.center) > 20) return "on a log or logit scale the center is between −20 and 20";
  if (!Array.isArray(s.data)) return "the data are not a list of numbers";
  if (check.data !== s.data || check.family !== s.family || check.nu !== s.nu) { // 20,000 values once, not at every frame
    const wrong = refuse(s.family, s.data, s.nu);
    if (wrong) return wrong;
    Object.assign(check, { data: s.data, family: s.family, nu: s.nu });
  }
  if (!Array.isArray(s.theta) || s.theta.length !== f.parameters.length) return `theta needs ${f.parameters.join(", ")}`;
  const bad = s.theta.findIndex((v, i) => !Number.isFinite(f.links[i].to(v)));
  return bad < 0 ? "" : `${f.parameters[bad]} = ${s.theta[bad]} is outside its range`;
}

const drawnCache = {};
export function isDrawn(s) { // whether the data are the sample behind the seed
  const key = `${s.family} ${s.seed} ${s.n} ${s.nu}`;
  if (drawnCache.key !== key) Object.assign(drawnCache, { key, data: draw(s.family, s.seed, s.n, s.nu), seen: null });
  if (drawnCache.seen !== s.data) {
    drawnCache.seen = s.data;
    drawnCache.equal = s.data.length === s.n && s.data.every((v, i) => v === drawnCache.data[i]);
  }
  return drawnCache.equal;
}

// ---- the link ------------------------------------------------------------------------------------------------------

const LONGEST = 30000;
// The state as the part of an address after "#"; "" where the data are too many for it.
export function toLink(s, without = {}) {
  const out = [["family", s.family]], put = (...keys) => keys.forEach((key) => out.push([key, s[key]]));
  if (s.family === "student_t") put("nu");
  if (isDrawn(s)) put("seed", "n");
  else out.push(["y", s.data.join(",")]);
  if (s.prior !== "flat") put("prior", "on", ...(s.prior === "normal" || s.prior === "laplace" ? ["center", "scale"] : ["a", "b"]));
  for (const [key, usual] of [["coordinates", "natural"], ["level", 0.95], ["view", "likelihood"], ["climb", "likelihood"]]) {
    if (s[key] !== usual) put(key);
  }
  out.push(["theta", s.theta.join(",")]);
  const text = out.filter(([key]) => !(key in without)).map(([key, v]) => `${key}=${v}`).join("&");
  return text.length > LONGEST ? "" : text;
}

// A state from such a text, over the defaults. Only known keys of the right type and size are taken; throws an
// Error that says what is wrong otherwise.
export function fromLink(text, defaults) {
  if (text.length > LONGEST) throw new Error("it is too long");
  const given = {};
  for (const pair of text.split("&").filter(Boolean)) {
    const at = pair.indexOf("="), key = at < 0 ? pair : pair.slice(0, at);
    let value;
    try {
      value = decodeURIComponent(at < 0 ? "" : pair.slice(at + 1));
    } catch {
      throw new Error(`'${clip(key)}' is not encoded as an address is`);
    }
    if (key !== "y" && key !== "theta" && !Object.hasOwn(KEYS, key)) throw new Error(`'${clip(key)}' is not a setting of this page`);
    if (Object.hasOwn(given, key)) throw new Error(`'${key}' is there twice`);
    if (key === "y" || key === "theta") given[key] = numbers(value.split(","), key === "y" ? "value" : "theta");
    else if (Array.isArray(KEYS[key])) given[key] = value;
    else {
      given[key] = oneNumber(value);
      if (Number.isNaN(given[key])) throw new Error(`${key} = '${clip(value)}' is not a number`);
    }
  }
  const s = { ...defaults, ...given };
  delete s.y;
  for (const key of ["family", "nu", "seed", "n"]) { // before they are used
    const wrong = check({ ...defaults, [key]: s[key] });
    const rule = KEYS[key], fine = Array.isArray(rule) ? rule.includes(s[key]) : s[key] >= rule.lo && s[key] <= rule.hi &&
      (!rule.whole || Number.isInteger(s[key]));
    if (!fine) throw new Error(wrong);
  }
  const parameters = FAMILIES[s.family].parameters;
  if (!("on" in given)) s.on = s.prior === "gamma" ? "rate" : parameters[0];
  s.data = given.y ?? draw(s.family, s.seed, s.n, s.nu);
  if (given.y) s.n = given.y.length;
  const wrong = refuse(s.family, s.data, s.nu);
  if (wrong) throw new Error(wrong);
  s.theta = given.theta ?? startPoint(model(s.family, s.data, s.nu));
  const problem = check(s);
  if (problem) throw new Error(problem);
  return s;
}

// ---- Python code ------------------------------------------------------------------------------------------------------

const PYTHON = { normal: "Normal", bernoulli: "Bernoulli", poisson: "Poisson", exponential: "Exponential", student_t: "StudentT", gamma: "Gamma" };
const py = (v) => (Number.isInteger(v) ? v.toFixed(1) : String(v));

// A script that prints the numbers on the page with numpy, scipy and mlecore, by ways of its own.
export function toPython(s) {
  const f = FAMILIES[s.family], names = f.parameters, two = names.length === 2, j = priorPlace(s);
  const free = s.prior === "normal" || s.prior === "laplace", many = s.family === "student_t" && s.data.length > 200;
  const link = (i) => (names[i] === "mu" ? "" : names[i] === "p" ? "expit" : "np.exp");
  const jacobian = (i, e) => (names[i] === "mu" ? "" : names[i] === "p" ? `(log_expit(${e}) + log_expit(-${e}))` : e);
  const e = two ? ["u", "v"] : ["u"];
  const nu = s.family === "student_t" ? `, fixed={"nu": ${py(s.nu)}}` : "";
  const law = { normal: "stats.norm(mu, sigma)", bernoulli: "stats.bernoulli(p)", poisson: "stats.poisson(rate)",
    exponential: "stats.expon(scale=1 / rate)", student_t: `stats.t(${py(s.nu)}, mu, sigma)`, gamma: "stats.gamma(shape, scale=1 / rate)" }[s.family];
  const ell = {
    normal: "n * (-v - np.log(2 * np.pi) / 2) - (np.sum((y - y.mean())**2) + n * (y.mean() - u)**2) / (2 * np.exp(2 * v))",
    bernoulli: "total * log_expit(u) + (n - total) * log_expit(-u)",
    poisson: "total * u - n * np.exp(u) - gammaln(y + 1).sum()",
    exponential: "n * u - total * np.exp(u)",
    gamma: "n * (np.exp(u) * v - gammaln(np.exp(u))) + (np.exp(u) - 1) * np.log(y).sum() - total * np.exp(v)",
    student_t: `sum(stats.t.logpdf(z, ${py(s.nu)}, u, np.exp(v)) for z in y)`,
  }[s.family];
  const density = j < 0 ? "" : free
    ? ` + stats.${s.prior === "normal" ? "norm" : "laplace"}.logpdf(${e[j]}, ${py(s.center)}, ${py(s.scale)})`
    : s.prior === "beta" ? ` + stats.beta.logpdf(expit(u), ${py(s.a)}, ${py(s.b)})`
      : ` + stats.gamma.logpdf(np.exp(${e[j]}), ${py(s.a)}, scale=${py(1 / s.b)})`;
  const turned = (coordinates) => names.map((_, i) => {
    const w = (coordinates === "free" ? 1 : 0) - (i === j && free ? 1 : 0), part = jacobian(i, e[i]);
    return w && part ? ` ${w > 0 ? "+" : "-"} ${part}` : "";
  }).join("");
  const about = j < 0 ? "flat in " + names.join(", ") : `${s.prior} on ${free && link(j) ? (names[j] === "p" ? "logit " : "log ") : ""}${names[j]}` +
    (two ? `, flat in ${names[1 - j]}` : "");
  const back = (i, x) => (link(i) ? `${link(i)}(${x})` : x);
  const out = [];
  const say = (...lines) => out.push(...lines);
  say(`# MLE & MAP Explorer: ${f.label}, prior ${about}.`, "import mlecore as mle", "import numpy as np",
    "from scipy import interpolate, optimize, stats", "from scipy.special import expit, gammaln, log_expit", "");
  say(`y = np.array([${s.data.map(py).join(", ")}])`, "n, total = y.size, y.sum()", `level = ${s.level}`, "",
    `fit = mle.fit(mle.${PYTHON[s.family]}, y${nu})`);
  if (s.family === "gamma") {
    say('estimate = {"shape": fit.estimate["shape"], "rate": 1 / fit.estimate["scale"]}',
      'profile = fit.confidence_interval(level, "profile")',
      'profile = {"shape": profile["shape"], "rate": (1 / profile["scale"][1], 1 / profile["scale"][0])}');
  } else say(`estimate = {name: fit.estimate[name] for name in ${JSON.stringify(names)}}`, 'profile = fit.confidence_interval(level, "profile")');
  say('print("MLE", *(f"{name}={value:.6g}" for name, value in estimate.items()))', 'print(f"log-likelihood {fit.log_likelihood:.6f}")', "");
  const wald = s.coordinates === "natural" ? "low, high = estimate[name] - z * se, estimate[name] + z * se" : null;
  say("# Wald: symmetric in the coordinates chosen; none at the edge of the parameter space.", "if not fit.at_boundary:", "    z = stats.norm.ppf((1 + level) / 2)");
  if (s.family === "gamma") {
    say('    errors = fit.standard_errors', '    errors = {"shape": errors["shape"], "rate": errors["scale"] * estimate["rate"] ** 2}');
  } else say("    errors = fit.standard_errors");
  say("    for name, se in errors.items():", "        value = estimate[name]");
  if (wald) say(`        ${wald}`);
  else if (names[0] === "p") say("        center, se = np.log(value / (1 - value)), se / (value * (1 - value))", "        low, high = expit(center - z * se), expit(center + z * se)");
  else if (names[0] === "mu") say('        if name == "mu":', "            low, high = value - z * se, value + z * se", "        else:",
    "            low, high = value * np.exp(-z * se / value), value * np.exp(z * se / value)");
  else say("        low, high = value * np.exp(-z * se / value), value * np.exp(z * se / value)");
  say('        print(f"Wald {name} {low:.6g} {high:.6g}")', "for name, (low, high) in profile.items():", '    print(f"profile {name} {low:.6g} {high:.6g}")', "");
  // The posterior, in free coordinates u (and v).
  const args = e.join(", ");
  say(`# Free coordinates: ${names.map((name, i) => `${e[i]} = ${name === "mu" ? "mu" : name === "p" ? "logit p" : `log ${name}`}`).join(", ")}.`,
    `def log_likelihood(${args}):`, `    return ${ell}`, "", "", "# The posterior as a density in the coordinates whose mode is read, and in the free ones.",
    `def in_shown(${args}):`, `    return log_likelihood(${args})${density}${turned(s.coordinates)}`, "", "",
    `def in_free(${args}):`, `    return log_likelihood(${args})${density}${turned("free")}`, "", "",
    "def quantiles(t, weight, back):", "    cdf = interpolate.CubicSpline(t, weight).antiderivative()",
    "    ends = [(1 - level) / 2, 0.5, (1 + level) / 2]",
    "    return [back(optimize.brentq(lambda x: cdf(x) - q * cdf(t[-1]), t[0], t[-1])) for q in ends]", "", "");
  if (!two) {
    say("u = np.linspace(-40, 40, 400001)", "shown = in_shown(u)", "best = np.argmax(shown)", "if 0 < best < u.size - 1:",
      "    found = optimize.minimize_scalar(lambda x: -in_shown(x), bounds=(u[best - 1], u[best + 1]), method=\"bounded\", options={\"xatol\": 1e-12})",
      `    print(f"MAP ${names[0]}={${back(0, "found.x")}:.6g}")`, "else:", `    print(f"MAP ${names[0]}={${back(0, "-np.inf if best == 0 else np.inf")}:.6g}")`,
      "center = u[np.argmax(in_free(u))]", "t = np.linspace(-7, 7, 4001)", "grid = center + 0.05 * np.sinh(t)", "weight = in_free(grid)",
      "weight = np.exp(weight - weight.max()) * np.cosh(t)", "low, middle, high = quantiles(t, weight, lambda t: center + 0.05 * np.sinh(t))",
      `print(f"median ${names[0]}={${back(0, "middle")}:.6g}")`, `print(f"credible ${names[0]} {${back(0, "low")}:.6g} {${back(0, "high")}:.6g}")`);
    return `${out.join("\n")}\n`;
  }
  const top = names.map((name) => (name === "mu" ? `estimate["mu"]` : `np.log(estimate["${name}"])`)).join(", ");
  const points = many ? 161 : s.family === "student_t" ? 401 : 1001, range = many ? 3 : 6;
  say(`start = np.array([${top}])`, "starts = [start]");
  if (free && j >= 0) say("there = start.copy()", `there[${j}] = ${py(s.center)}`, "starts.append(there)");
  say("found = min((optimize.minimize(lambda t: -in_shown(*t), s, method=\"Nelder-Mead\", options={\"xatol\": 1e-9, \"fatol\": 1e-12, \"maxiter\": 4000}) for s in starts), key=lambda r: r.fun)",
    `print(f"MAP ${names[0]}={${back(0, "found.x[0]")}:.6g} ${names[1]}={${back(1, "found.x[1]")}:.6g}")`, "");
  say("# The posterior on a grid, wide by sinh; each marginal is a sum over the other coordinate.",
    "center = min((optimize.minimize(lambda t: -in_free(*t), s, method=\"Nelder-Mead\", options={\"maxiter\": 4000}) for s in starts), key=lambda r: r.fun).x",
    `t = np.linspace(-${range}, ${range}, ${points})`);
  if (s.family === "gamma") { // shape and rate move together
    say("for j, name in enumerate(estimate):", "    own = 1.2 / np.sqrt(n) * np.sinh(t)", "    other = 1.2 / np.sqrt(n * max(1.0, np.exp(center[0]))) * np.sinh(t)",
      "    a, d = center[j] + own[:, None], other[None, :]", "    b = center[1 - j] + own[:, None] + d", "    height = in_free(a, b) if j == 0 else in_free(b, a)",
      "    weight = np.exp(height - height.max()) * np.cosh(t)[:, None] * np.cosh(t)", "    low, middle, high = np.exp(quantiles(t, weight.sum(axis=1), lambda x: center[j] + 1.2 / np.sqrt(n) * np.sinh(x)))");
  } else {
    say("widths = [np.exp(center[1]) / np.sqrt(n), 1 / np.sqrt(n)]", "grid = [m + w * np.sinh(t) for m, w in zip(center, widths)]",
      "height = np.array([in_free(u, grid[1]) for u in grid[0]])",
      "joint = np.exp(height - height.max()) * np.cosh(t)[:, None] * np.cosh(t)", "for j, name in enumerate(estimate):",
      "    low, middle, high = quantiles(t, joint.sum(axis=1 - j), lambda x: center[j] + widths[j] * np.sinh(x))", "    if name != \"mu\":", "        low, middle, high = np.exp([low, middle, high])");
  }
  say("    print(f\"median {name}={middle:.6g}\")", "    print(f\"credible {name} {low:.6g} {high:.6g}\")");
  return `${out.join("\n")}\n`;
}

// ---- files --------------------------------------------------------------------------------------------------------------

export const toCsv = (s) => `y\n${s.data.join("\n")}\n`;

// The drawing as a file of its own: colors and faces as they are on the page, nothing that only a pointer needs.
export function toSvg(drawing, title) {
  const copy = drawing.cloneNode(true), box = drawing.getBoundingClientRect();
  const kept = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "fill-opacity",
    "stroke-opacity", "opacity", "font-size", "font-style", "font-weight", "text-anchor", "paint-order", "visibility", "display"];
  const walk = (from, to) => {
    const style = getComputedStyle(from);
    for (const name of kept) to.setAttribute(name, style.getPropertyValue(name));
    if (from.localName === "text" || from.localName === "tspan") to.setAttribute("font-family", style.getPropertyValue("font-family").replaceAll('"', "'"));
    for (const name of ["class", "style", "tabindex", "role", "data-handle"]) to.removeAttribute(name);
    for (const { name } of [...to.attributes]) if (name.startsWith("aria-")) to.removeAttribute(name);
    [...from.children].forEach((child, i) => walk(child, to.children[i]));
    if (from.matches(".mle-hit, .mle-ring")) to.dataset.drop = "";
  };
  walk(drawing, copy);
  copy.querySelectorAll("[data-drop]").forEach((node) => node.remove());
  for (const [name, value] of [["xmlns", drawing.namespaceURI], ["width", box.width], ["height", box.height],
    ["viewBox", `0 0 ${box.width} ${box.height}`], ["role", "img"], ["aria-label", title]]) copy.setAttribute(name, value);
  const paper = document.createElementNS(drawing.namespaceURI, "rect");
  for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", getComputedStyle(drawing.closest(".mle")).backgroundColor]]) {
    paper.setAttribute(name, value);
  }
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
