// The numbers of the playground, without a page: families, priors, maxima, intervals, posteriors. Everything is
// computed in free coordinates η (a location itself, the log of a scale, shape or rate, the logit of a
// probability) and shown in θ. tests/unit/test_plot_playground.py compares every family and prior with Python.

import {
  backtrack, chi2Quantile1, digamma, findRoot, generator, lgamma, log1pexp, newtonDirection, normalQuantile, sigmoid,
  trigamma,
} from "./numerics.mjs";

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
export const MOST_VALUES = 20000;
const LARGEST = 1e9, SMALLEST = 1e-9;
const SEEN = 1e-5; // of their size, must values differ to differ in what the plot prints

// ---- coordinates: θ = from(η), its first two derivatives, and log |dθ/dη| with its derivatives --------------

export const identity = { to: (x) => x, from: (e) => e, jacobian: () => [1, 0], logJacobian: () => [0, 0, 0] };
const log = {
  to: Math.log, from: Math.exp,
  jacobian: (e) => [Math.exp(e), Math.exp(e)],
  logJacobian: (e) => [e, 1, 0],
};
const logit = {
  to: (p) => Math.log(p) - Math.log1p(-p), from: sigmoid,
  jacobian(e) {
    const p = sigmoid(e), q = sigmoid(-e);
    return [p * q, p * q * (q - p)];
  },
  logJacobian(e) {
    const p = sigmoid(e), q = sigmoid(-e);
    return [-log1pexp(e) - log1pexp(-e), q - p, -2 * p * q];
  },
};

// ---- families -------------------------------------------------------------------------------------------------

const sum = (y) => y.reduce((a, b) => a + b, 0);
const signed = (v) => String(v).replace("-", "−");
const spread = (y) => { // n, mean, sum of squares about it
  const n = y.length, mean = sum(y) / n;
  return { n, mean, square: y.reduce((a, v) => a + (v - mean) ** 2, 0) };
};
const constant = (y, name, of) =>
  (y.every((v) => v === y[0]) ? `all values are ${signed(y[0])}: the likelihood of ${name} grows without bound as ${of}; ` +
    "give at least two different values" : "");
const offset = (y) => (Math.max(...y) - Math.min(...y) > SEEN * Math.max(...y.map(Math.abs)) ? ""
  : "the values differ by too little for their size: subtract a number from all of them");
// Σ log(1 + z²/ν), z = (y − μ)/σ, of many points: multiply, and take a logarithm before the product overflows.
function logProduct(values, weights, mu, scale) {
  let total = 0, product = 1;
  for (let i = 0; i < values.length; i++) {
    const z = (values[i] - mu) * scale;
    if (weights) {
      total += weights[i] * Math.log1p(z * z);
      continue;
    }
    product *= 1 + z * z;
    if (product > 1e150) {
      total += product < Infinity ? Math.log(product) : NaN;
      product = 1;
    }
  }
  return total + Math.log(product);
}

// value(m, η…): ℓ. derivatives(m, η…): [ℓ, gradient…, Hessian…] (for two parameters h₁₁, h₁₂, h₂₂). tails: how fast
// ℓ falls at the two ends of η, as a multiple of |η|. wrong: "" or why data are refused. summary: what ℓ needs.
export const FAMILIES = {
  normal: {
    label: "Normal", parameters: ["mu", "sigma"], links: [identity, log], priors: ["flat", "normal", "laplace"],
    truth: [3.5, 1.2], least: 2, accepts: () => "",
    wrong: (y) => constant(y, "Normal", "σ falls to 0") || offset(y),
    summary: spread,
    value(m, mu, tau) {
      const q = m.square + m.n * (m.mean - mu) ** 2;
      return -m.n * (HALF_LOG_2PI + tau) - 0.5 * q * Math.exp(-2 * tau);
    },
    derivatives(m, mu, tau) {
      const w = Math.exp(-2 * tau), d = m.n * (m.mean - mu), q = (m.square + m.n * (m.mean - mu) ** 2) * w;
      return [-m.n * (HALF_LOG_2PI + tau) - 0.5 * q, d * w, q - m.n, -m.n * w, -2 * d * w, -2 * q];
    },
    top: (m) => [m.mean, 0.5 * Math.log(m.square / m.n)],
    density: (y, mu, sigma) => Math.exp(-0.5 * ((y - mu) / sigma) ** 2 - HALF_LOG_2PI) / sigma,
    draw: (g) => Math.round(g.normal(3.5, 1.2) * 100) / 100,
  },
  bernoulli: {
    label: "Bernoulli", parameters: ["p"], links: [logit], priors: ["flat", "beta", "normal", "laplace"],
    truth: [0.35], least: 1, discrete: true,
    accepts: (v) => (v === 0 || v === 1 ? "" : "Bernoulli values are 0 or 1"),
    wrong: () => "",
    summary: (y) => ({ n: y.length, total: sum(y) }),
    value: (m, e) => -m.total * log1pexp(-e) - (m.n - m.total) * log1pexp(e),
    derivatives(m, e) {
      const p = sigmoid(e), q = sigmoid(-e);
      return [this.value(m, e), m.total * q - (m.n - m.total) * p, -m.n * p * q];
    },
    top: (m) => [logit.to(m.total / m.n)],
    tails: (m) => [m.total, m.n - m.total],
    near: (m) => logit.to((m.total + 0.5) / (m.n + 1)),
    density: (y, p) => (y === 1 ? p : y === 0 ? 1 - p : 0),
    draw: (g) => g.binomial(1, 0.35),
  },
  poisson: {
    label: "Poisson", parameters: ["rate"], links: [log], priors: ["flat", "gamma", "normal", "laplace"],
    truth: [4.2], least: 1, discrete: true,
    accepts: (v) => (Number.isInteger(v) && v >= 0 ? "" : "counts are whole numbers from 0"),
    wrong: () => "",
    summary: (y) => ({ n: y.length, total: sum(y), constant: y.reduce((a, v) => a + lgamma(v + 1), 0) }),
    value: (m, e) => (m.total ? m.total * e : 0) - m.n * Math.exp(e) - m.constant,
    derivatives(m, e) {
      const mean = m.n * Math.exp(e);
      return [this.value(m, e), m.total - mean, -mean];
    },
    top: (m) => [Math.log(m.total / m.n)],
    tails: (m) => [m.total, Infinity],
    near: (m) => Math.log((m.total + 0.5) / m.n),
    density: (y, rate) => Math.exp((y ? y * Math.log(rate) : 0) - rate - lgamma(y + 1)),
    draw: (g) => g.poisson(4.2),
  },
  exponential: {
    label: "Exponential", parameters: ["rate"], links: [log], priors: ["flat", "gamma", "normal", "laplace"],
    truth: [0.5], least: 1,
    accepts: (v) => (v >= 0 ? "" : "waiting times are 0 or more"),
    wrong: (y) => (y.some((v) => v > 0) ? "" : "all values are 0: the likelihood of Exponential grows without bound " +
      "with the rate; give at least one value above 0"),
    summary: (y) => ({ n: y.length, total: sum(y) }),
    value: (m, e) => m.n * e - m.total * Math.exp(e),
    derivatives(m, e) {
      const seen = m.total * Math.exp(e);
      return [m.n * e - seen, m.n - seen, -seen];
    },
    top: (m) => [Math.log(m.n / m.total)],
    tails: (m) => [m.n, Infinity],
    near: (m) => Math.log(m.n / m.total),
    density: (y, rate) => (y < 0 ? 0 : rate * Math.exp(-rate * y)),
    draw: (g) => Math.max(0.01, Math.round(g.exponential(0.5) * 100) / 100),
  },
  student_t: {
    label: "Student-t", parameters: ["mu", "sigma"], links: [identity, log], priors: ["flat", "normal", "laplace"],
    truth: [3.5, 1.2], least: 2, accepts: () => "",
    wrong(y, nu) { // Kent and Tyler (1991): a maximum exists while no value has more than ν/(ν + 1) of the sample
      const counts = new Map();
      for (const v of y) counts.set(v, (counts.get(v) ?? 0) + 1);
      const [value, k] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
      return k < (y.length - k) * nu ? offset(y) : `${signed(value)} stands ${k} times among ${y.length} values: the likelihood ` +
        "of Student-t grows without bound as σ falls to 0 there; give more different values";
    },
    // drawn: the same data in at most 400 weighted bins, for pictures only.
    summary(y, nu) {
      const values = Float64Array.from(y).sort(), n = y.length;
      const m = { n, nu, values, constant: lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * Math.log(nu * Math.PI) };
      if (n <= 800) return { ...m, drawn: m };
      const bins = 400, centers = new Float64Array(bins), weights = new Float64Array(bins);
      for (let i = 0; i < n; i++) {
        const b = Math.floor(i * bins / n);
        weights[b]++;
        centers[b] += (values[i] - centers[b]) / weights[b];
      }
      return { ...m, drawn: { ...m, values: centers, weights } };
    },
    value: (m, mu, tau) =>
      m.n * (m.constant - tau) - 0.5 * (m.nu + 1) * logProduct(m.values, m.weights, mu, Math.exp(-tau) / Math.sqrt(m.nu)),
    derivatives(m, mu, tau) {
      const s = Math.exp(-tau), { nu, values } = m;
      let w = 0, zw = 0, dw = 0, zdw = 0, zzdw = 0;
      for (let i = 0; i < values.length; i++) {
        const z = (values[i] - mu) * s, inverse = 1 / (nu + z * z), a = z * inverse, b = (nu - z * z) * inverse * inverse;
        w += a; zw += z * a; dw += b; zdw += z * b; zzdw += z * z * b;
      }
      const c = nu + 1;
      return [this.value(m, mu, tau), c * w * s, c * zw - m.n, -c * dw * s * s, -c * (zdw + w) * s, -c * (zw + zzdw)];
    },
    top(m) {
      const at = (q) => m.values[Math.min(m.n - 1, Math.floor(q * m.n))];
      const width = at(0.75) - at(0.25) || (m.values[m.n - 1] - m.values[0]) / 4;
      return climb({ at: (a) => this.derivatives(m, ...a), value: (a, b) => this.value(m, a, b) },
        [at(0.5), Math.log(0.7 * width)]);
    },
    density: (y, mu, sigma, m) =>
      Math.exp(m.constant - 0.5 * (m.nu + 1) * Math.log1p(((y - mu) / sigma) ** 2 / m.nu)) / sigma,
    // Bailey (1994): the polar method of the normal, for any ν.
    draw(g, nu) {
      const u = g.uniform(), v = g.uniform();
      return Math.round((3.5 + 1.2 * Math.sqrt(nu * (u ** (-2 / nu) - 1)) * Math.cos(2 * Math.PI * v)) * 100) / 100;
    },
  },
  gamma: {
    label: "Gamma", parameters: ["shape", "rate"], links: [log, log], priors: ["flat", "gamma", "normal", "laplace"],
    truth: [2.5, 0.8], least: 2,
    accepts: (v) => (v > 0 ? "" : "gamma values are above 0"),
    wrong: (y) => constant(y, "Gamma", "the shape grows") ||
      (spread(y).square / y.length / spread(y).mean ** 2 > 1e-7 ? "" : "the spread is lost beside the mean: choose Normal"),
    summary(y) {
      const n = y.length, mean = sum(y) / n;
      // mean log y − log mean y, from the ratios: no digits lost where the spread is small.
      return { n, mean, gap: y.reduce((a, v) => a + Math.log1p((v - mean) / mean), 0) / n };
    },
    value(m, e, f) {
      const shape = Math.exp(e), logMean = Math.log(m.mean);
      return m.n * (shape * (f + m.gap + logMean) - m.gap - logMean - lgamma(shape) - m.mean * Math.exp(f));
    },
    derivatives(m, e, f) {
      const shape = Math.exp(e), expected = m.mean * Math.exp(f);
      const g = m.n * shape * (f + m.gap + Math.log(m.mean) - digamma(shape));
      return [this.value(m, e, f), g, m.n * (shape - expected), g - m.n * shape * shape * trigamma(shape), m.n * shape,
        -m.n * expected];
    },
    top(m) {
      const s = -m.gap, start = Math.log((3 - s + Math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)); // Minka (2002)
      const e = peak((x) => {
        const a = Math.exp(x), d = a * (x + m.gap - digamma(a));
        return [d, d + a - a * a * trigamma(a)];
      }, start, 0.1);
      return [e, e - Math.log(m.mean)];
    },
    density: (y, shape, rate) =>
      (y > 0 ? Math.exp(shape * Math.log(rate) + (shape - 1) * Math.log(y) - rate * y - lgamma(shape)) : 0),
    // Marsaglia and Tsang (2000), for a shape of at least 1.
    draw(g) {
      const d = 2.5 - 1 / 3, c = 1 / Math.sqrt(9 * d);
      for (;;) {
        const x = g.normal(), v = (1 + c * x) ** 3;
        if (v > 0 && Math.log(g.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
          return Math.max(0.01, Math.round(d * v / 0.8 * 100) / 100);
        }
      }
    },
  },
};

export function draw(family, seed, n, nu) {
  const g = generator(seed);
  return Array.from({ length: n }, () => FAMILIES[family].draw(g, nu));
}

// "" or what is wrong with the data, by the place and name of the value.
export function refuse(family, data, nu) {
  const f = FAMILIES[family], n = data.length;
  for (let i = 0; i < n; i++) {
    const v = data[i];
    const wrong = !Number.isFinite(v) ? "not a finite number" : Math.abs(v) > LARGEST ? "larger than 10⁹ in size"
      : v && Math.abs(v) < SMALLEST ? "smaller than 10⁻⁹ in size: choose another unit" : "";
    if (wrong) return `value ${i + 1}, ${signed(v)}, is ${wrong}`;
    const other = f.accepts(v);
    if (other) return `value ${i + 1} is ${signed(v)}: ${other}`;
  }
  if (n > MOST_VALUES) return `${n} values: at most ${MOST_VALUES}`;
  if (n < f.least) return `${n} value${n === 1 ? "" : "s"}: ${f.label} needs at least ${f.least}`;
  return f.wrong(data, nu);
}

// ---- climbing -------------------------------------------------------------------------------------------------

// The zero of a falling derivative: Newton's method inside a bracket. at(x) is [derivative, second derivative].
export function peak(at, x, scale) {
  let lo = -Infinity, hi = Infinity, step = scale;
  for (let i = 0; i < 200; i++) {
    const [d, dd] = at(x);
    if (d > 0) lo = x;
    else if (d < 0) hi = x;
    else return x;
    let next = dd < 0 ? x - d / dd : NaN;
    const far = Math.abs(next - x) > 8 * step;
    if (!(next > lo && next < hi) || far) {
      if (hi - lo < Infinity) next = lo + (hi - lo) / 2;
      else next = x + Math.sign(d) * (step *= 2);
    }
    if (next === x || Math.abs(next - x) < 1e-15 * Math.abs(x)) return next;
    x = next;
  }
  return x;
}

// A maximum over two coordinates by damped Newton steps. T.at(η, side): value, gradient, Hessian.
function climb(T, start, side) {
  let at = start;
  for (let i = 0, polish = 0; i < 300 && polish < 4; i++) {
    const [, g, h, a, b, c] = T.at(at, side);
    const { direction: [dx, dy], shifted } = newtonDirection([g, h], [a, b, c]);
    if (!shifted && dx * g + dy * h < 1e-8) { // so near that rounding hides the rise
      at = [at[0] + dx, at[1] + dy];
      polish++;
      continue;
    }
    const { point, t } = backtrack((x, y) => T.value(x, y), at, [dx, dy], [g, h]);
    if (!t) break;
    at = point;
  }
  return at;
}

// Where f falls to 0, from `from` (f > 0 there) in the direction of step: Newton inside a bracket. f(x) is
// [value, slope]. ±Infinity where it is never reached.
function reach(f, from, step) {
  let inside = from, outside = null, x = from + step;
  for (let i = 0; i < 200; i++) {
    const [v, d] = f(x);
    if (v > 0) inside = x;
    else outside = x;
    if (outside === null && Math.abs(x) > 690 && Math.abs(from) < 600) return Math.sign(step) * Infinity;
    let next = x - v / d;
    const between = outside === null ? (next - inside) * step > 0 && Math.abs(next - from) < 4 * Math.abs(inside - from)
      : (next - inside) * (next - outside) < 0;
    if (!between) next = outside === null ? from + 2 * (inside - from) : inside + (outside - inside) / 2;
    if (next === x || Math.abs(next - x) <= 1e-15 * Math.abs(x)) return next;
    x = next;
  }
  return x;
}

// ---- a model: a family, its data, its maximum ------------------------------------------------------------------

export function model(name, data, nu) {
  const family = FAMILIES[name], m = family.summary(data, nu), k = family.parameters.length;
  const best = family.top(m), edge = !best.every(Number.isFinite);
  const like = { at: (e) => family.derivatives(m, ...e), value: (a, b) => family.value(m, a, b) };
  const top = edge ? family.value(m, Math.sign(best[0]) * 745) : family.value(m, ...best);
  const M = { name, family, m, k, nu, data, best, edge, top, like, links: family.links };
  M.near = edge ? [family.near(m)] : best;
  M.hessian = edge ? null : like.at(best).slice(1 + k);
  return M;
}

const natural = (M, eta) => eta.map((e, i) => M.links[i].from(e));
export const estimate = (M, eta = M.best) => natural(M, eta);

// Standard deviations from −H: marginal and, the other parameter held, conditional.
function deviations(k, [a, b, c]) {
  if (k === 1) return { marginal: [1 / Math.sqrt(-a)], conditional: [1 / Math.sqrt(-a)] };
  const det = a * c - b * b;
  return { marginal: [Math.sqrt(-c / det), Math.sqrt(-a / det)], conditional: [1 / Math.sqrt(-a), 1 / Math.sqrt(-c)] };
}

// The other coordinate's best value while coordinate j stays at x.
const ridge = (T, j, x, start, scale = 0.1) => peak((e) => {
  const d = T.at(j ? [e, x] : [x, e]);
  return [d[2 - j], d[5 - 2 * j]];
}, start, scale);
const point = (j, x, other) => (j ? [other, x] : [x, other]);

// Profile log-likelihood of coordinate j: [value, slope, the other coordinate].
export function profile(M, j, x, start) {
  if (M.k === 1) {
    const [v, g] = M.like.at([x]);
    return [v, g];
  }
  const other = ridge(M.like, j, x, start ?? M.best[1 - j]), d = M.like.at(point(j, x, other));
  return [d[0], d[1 + j], other];
}

// [low, high] in θ of the values whose profile is at most `cut` below the top.
export function profileInterval(M, j, cut) {
  const link = M.links[j];
  return [-1, 1].map((side) => {
    if (M.edge && Math.sign(M.best[0]) === side) return link.from(side * Infinity);
    let start = M.k === 2 ? M.best[1 - j] : undefined;
    const f = (x) => {
      const [v, slope, other] = profile(M, j, x, start);
      start = other;
      return [v - M.top + cut, slope];
    };
    const from = M.edge ? M.near[0] + Math.sign(M.best[0]) * 40 : M.best[j];
    const se = M.edge ? 1 : deviations(M.k, M.hessian).marginal[j];
    return link.from(reach(f, from, side * se * Math.sqrt(2 * cut)));
  });
}

// Estimate ± z standard errors in the coordinates shown, given back in θ; null at an edge.
export function wald(M, j, z, coordinates) {
  if (M.edge) return null;
  const link = M.links[j], se = deviations(M.k, M.hessian).marginal[j], e = M.best[j];
  if (coordinates === "free") return [link.from(e - z * se), link.from(e + z * se)];
  const theta = link.from(e), width = z * se * link.jacobian(e)[0];
  return [theta - width, theta + width];
}

// ---- priors and the posterior ----------------------------------------------------------------------------------

// Which parameter the prior is about: its place, or −1 for a flat prior.
export const priorPlace = (s) => (s.prior === "flat" ? -1 : FAMILIES[s.family].parameters.indexOf(s.on));

// [log density, slope, curvature] as a function of η. Normal and Laplace are densities of η, beta and gamma of θ.
// side: which side of Laplace's kink to take the slope of.
function logPrior(s) {
  const { center: c, scale, a, b } = s;
  if (s.prior === "normal") {
    const w = 1 / scale ** 2, constant = -Math.log(scale) - HALF_LOG_2PI;
    return (e) => [constant - 0.5 * w * (e - c) ** 2, -w * (e - c), -w];
  }
  if (s.prior === "laplace") {
    return (e, side = Math.sign(e - c)) => [-Math.abs(e - c) / scale - Math.log(2 * scale), -side / scale, 0];
  }
  if (s.prior === "beta") {
    const constant = lgamma(a + b) - lgamma(a) - lgamma(b);
    return (e) => {
      const p = sigmoid(e), q = sigmoid(-e);
      return [constant - (a === 1 ? 0 : (a - 1) * log1pexp(-e)) - (b === 1 ? 0 : (b - 1) * log1pexp(e)),
        (a - 1) * q - (b - 1) * p, -(a + b - 2) * p * q];
    };
  }
  const constant = a * Math.log(b) - lgamma(a); // gamma with shape a and rate b
  return (e) => [constant + (a === 1 ? 0 : (a - 1) * e) - b * Math.exp(e), a - 1 - b * Math.exp(e), -b * Math.exp(e)];
}
const inFree = (s) => s.prior === "normal" || s.prior === "laplace";

// The unnormalized log posterior as a density in the coordinates named, or only the prior's part. A flat prior is
// flat in θ; a change of coordinates brings the Jacobian.
export function target(M, s, coordinates) {
  const j = priorPlace(s), density = j < 0 ? null : logPrior(s);
  const turn = M.links.map((link, i) => {
    const free = i === j && inFree(s);
    return link === identity ? 0 : coordinates === "free" ? (free ? 0 : 1) : free ? -1 : 0;
  });
  const prior = (eta) => {
    let total = density ? density(eta[j])[0] : 0;
    turn.forEach((w, i) => w && (total += w * M.links[i].logJacobian(eta[i])[0]));
    return total;
  };
  const one = M.k === 1;
  return {
    turn, prior, kink: s.prior === "laplace" ? { j, at: s.center, b: s.scale } : null,
    value: (a, b) => {
      let total = M.family.value(M.m, a, b);
      if (density) total += density(j ? b : a)[0];
      if (turn[0]) total += turn[0] * M.links[0].logJacobian(a)[0];
      if (!one && turn[1]) total += turn[1] * M.links[1].logJacobian(b)[0];
      return total;
    },
    at(eta, side) {
      const d = M.like.at(eta);
      const add = (i, [v, g, h], w) => {
        d[0] += w * v;
        d[1 + i] += w * g;
        d[one ? 2 : 3 + 2 * i] += w * h;
      };
      if (density) add(j, density(eta[j], side), 1);
      turn.forEach((w, i) => w && add(i, M.links[i].logJacobian(eta[i]), w));
      return d;
    },
  };
}

// How fast prior and Jacobian fall at the two ends of the one coordinate.
const priorTails = (s) => ({ flat: [0, 0], normal: [Infinity, Infinity], laplace: [1 / s.scale, 1 / s.scale],
  beta: [s.a - 1, s.b - 1], gamma: [s.a - 1, Infinity] })[s.prior];

// The posterior's highest point in η, as a density in the target's coordinates. ±Infinity: at the edge.
export function mode(M, s, T) {
  if (M.k === 2) return mode2(M, s, T);
  const tails = M.family.tails(M.m).map((v, i) => v + priorTails(s)[i] + T.turn[0]);
  if (tails[0] < 0 || tails[1] < 0) return [tails[0] < 0 ? -Infinity : Infinity];
  const center = inFree(s) ? s.center : M.near[0];
  const lo = Math.min(M.near[0], center) - 45, hi = Math.max(M.near[0], center) + 45, step = (hi - lo) / 600;
  let best = 0, highest = -Infinity;
  for (let i = 0; i <= 600; i++) {
    const v = T.value(lo + i * step);
    if (v > highest) [best, highest] = [i, v];
  }
  if (best === 0 && tails[0] === 0) return [-Infinity];
  if (best === 600 && tails[1] === 0) return [Infinity];
  const slope = (x) => T.at([x])[1], a = lo + (best - 1) * step, b = lo + (best + 1) * step;
  return [slope(a) > 0 && slope(b) < 0 ? findRoot(slope, a, b) : lo + best * step];
}

function mode2(M, s, T) {
  const found = [climb(T, M.best, T.kink ? Math.sign(M.best[T.kink.j] - T.kink.at) || 1 : undefined)];
  if (T.kink) {
    const { j, at, b } = T.kink, other = ridge({ at: (e) => T.at(e, 0) }, j, at, M.best[1 - j]), start = point(j, at, other);
    const pull = T.at(start, 0)[1 + j];
    if ((found[0][j] - at) * (M.best[j] - at) < 0) found.pop(); // climbed across the kink with the wrong slope
    found.push(Math.abs(pull) <= 1 / b ? start : climb(T, start, Math.sign(pull)));
  } else if (s.prior === "normal") { // where prior and data disagree there may be two hills
    const j = priorPlace(s);
    found.push(climb(T, point(j, s.center, ridge(T, j, s.center, M.best[1 - j]))));
  }
  return found.reduce((x, y) => (T.value(...y) > T.value(...x) ? y : x));
}

// ---- the posterior's marginals by quadrature --------------------------------------------------------------------

// Legendre polynomials at x, and the Gauss–Legendre rule with n points.
const legendre = (n, x) => {
  const p = [1, x];
  for (let k = 1; k < n; k++) p.push(((2 * k + 1) * x * p[k] - k * p[k - 1]) / (k + 1));
  return p;
};
function gauss(n) {
  const nodes = [], weights = [];
  for (let i = 0; i < n; i++) {
    let x = -Math.cos(Math.PI * (i + 0.75) / (n + 0.5)), d = 1;
    for (let k = 0; k < 8; k++) {
      const p = legendre(n, x);
      d = n * (x * p[n] - p[n - 1]) / (x * x - 1);
      x -= p[n] / d;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * d * d));
  }
  // What the two highest Legendre coefficients of a function are, from its values: small once it is resolved.
  const highest = [n - 2, n - 1].map((k) => nodes.map((x, i) => (2 * k + 1) / 2 * weights[i] * legendre(n, x)[k]));
  const rest = (f) => highest.reduce((total, row) => total + Math.abs(row.reduce((a, v, i) => a + v * f[i], 0)), 0);
  return { n, nodes, weights, rest };
}
const SPLITS = 14; // at most; the outer rule serves interpolation too, the inner one an integral alone, exact to twice its degree
const OUTER = gauss(14), INNER = gauss(10);
const FAR = { outer: [0.5, 1, 1.5, 2.1, 2.8, 3.6, 4.6, 6, 8, 11, 15, 21, 29, 40], inner: [0.8, 1.6, 2.4, 3.2, 4.2, 6, 9, 14, 22] };
const FEW = { outer: [1, 2, 3, 4, 6, 9, 14, 22, 40], inner: [1.6, 3, 4.2, 7, 12, 22] }; // many values without a summary: near normal

// Panels for the variable t, x = center + scale·sinh t: outward until what is left does not count (42: e⁻⁴² = 6e-19),
// with a kink between two panels. height(x): log density less its top. null: it never falls.
function panels(height, center, scale, kink, far) {
  const edges = [0];
  for (const sign of [-1, 1]) {
    let enough = false;
    for (const t of far) {
      edges.push(sign * t);
      const h = height(center + scale * Math.sinh(sign * t));
      if (!(h + t > -42)) {
        enough = true;
        break;
      }
    }
    if (!enough) return null;
  }
  if (kink !== null) edges.push(Math.asinh((kink - center) / scale));
  edges.sort((a, b) => a - b);
  const inside = kink === null ? edges : edges.filter((t, i) => i === 0 || t - edges[i - 1] > 1e-9);
  return inside;
}

// ∫ exp(f(x) − f(center)) dx, in panels that are halved until each is resolved.
function integral(f, center, scale, kink, far) {
  const top = f(center), cuts = panels((x) => f(x) - top, center, scale, kink, far), values = new Float64Array(INNER.n);
  if (!cuts) return { top, area: NaN };
  const todo = cuts.slice(1).map((b, i) => [cuts[i], b, 0]);
  let total = 0;
  while (todo.length) {
    const [a, b, split] = todo.pop(), half = (b - a) / 2, middle = a + half;
    let mass = 0;
    for (let i = 0; i < INNER.n; i++) {
      const t = middle + half * INNER.nodes[i];
      mass += INNER.weights[i] * (values[i] = Math.cosh(t) * Math.exp(f(center + scale * Math.sinh(t)) - top));
    }
    if (split < SPLITS && half * INNER.rest(values) > 1e-6) todo.push([a, middle, split + 1], [middle, b, split + 1]);
    else total += half * mass;
  }
  return { top, area: total * scale };
}

// Marginal of coordinate j, one node at a time: yields while it works, returns null (improper) or
// { x, height (log density at the nodes), quantile }.
function* marginal(T, k, j, top, at, scales, far) {
  const { marginal: sd, conditional } = scales, kinkAt = (i) => (T.kink && T.kink.j === i ? T.kink.at : null);
  let start = at[1 - j];
  const width = (x) => { // a peak at the kink is at most as wide as the prior
    const atKink = T.kink && T.kink.j === 1 - j && Math.abs(start - T.kink.at) < 1e-3 * T.kink.b;
    return 1 / Math.sqrt(Math.max(-T.at(point(j, x, start), 0)[5 - 2 * j], 1e-300) + (atKink ? 1 / T.kink.b ** 2 : 0));
  };
  // About the log density at x: the other coordinate's best value, and how wide its peak is.
  const about = (x) => {
    if (k === 1) return T.value(x) - top;
    if (x === at[j]) start = at[1 - j];
    const before = start;
    start = ridge(T, j, x, start, conditional[1 - j]);
    const v = T.value(...point(j, x, start)) - top + Math.log(width(x) / conditional[1 - j]);
    if (!(v > -1000)) start = before;
    return v;
  };
  start = at[1 - j];
  const edges = panels(about, at[j], sd[j], kinkAt(j), far.outer);
  if (!edges) return null;
  const inner = (x) => {
    if (k === 1) return T.value(x) - top;
    start = ridge(T, j, x, start, conditional[1 - j]);
    const found = integral(j ? (e) => T.value(e, x) : (e) => T.value(x, e), start, width(x), kinkAt(1 - j), far.inner);
    return Math.log(found.area) + found.top - top;
  };
  start = at[1 - j];
  const base = Math.exp(inner(at[j])) * sd[j], pieces = [], todo = edges.slice(1).map((b, i) => [edges[i], b, 0]).reverse();
  while (todo.length) {
    const [a, b, split] = todo.pop(), half = (b - a) / 2, middle = a + half, f = [], x = [], height = [];
    for (let i = 0; i < OUTER.n; i++) {
      const t = middle + half * OUTER.nodes[i];
      x.push(at[j] + sd[j] * Math.sinh(t));
      height.push(inner(x[i]));
      f.push(OUTER.weights[i] * Math.exp(height[i]) * sd[j] * Math.cosh(t));
      if (k === 2) yield;
    }
    if (split < SPLITS && half * OUTER.rest(f.map((v, i) => v / OUTER.weights[i])) > 1e-9 * base) {
      todo.push([middle, b, split + 1], [a, middle, split + 1]);
    } else pieces.push({ half, middle, f, x, height });
  }
  const mass = [0], x = pieces.flatMap((piece) => piece.x), height = pieces.flatMap((piece) => piece.height);
  pieces.forEach(({ half, f }, p) => mass.push(mass[p] + half * sum(f)));
  const whole = mass.at(-1);
  if (!Number.isFinite(whole)) return null;
  // Between the nodes of a panel the density is its Legendre series, whose integral is exact.
  const quantile = (q) => {
    const wanted = q * whole;
    let p = 0;
    while (p < pieces.length - 1 && mass[p + 1] < wanted) p++;
    const { half, middle, f } = pieces[p], rest = (wanted - mass[p]) / half;
    const series = Array.from({ length: OUTER.n }, (_, d) =>
      (2 * d + 1) / 2 * sum(f.map((v, i) => v * legendre(OUTER.n, OUTER.nodes[i])[d])));
    const cumulated = (u) => {
      const P = legendre(OUTER.n + 1, u);
      return series.reduce((total, c, d) => total + c * (d ? (P[d + 1] - P[d - 1]) / (2 * d + 1) : u + 1), 0) - rest;
    };
    return at[j] + sd[j] * Math.sinh(middle + half * findRoot(cumulated, -1, 1));
  };
  const norm = Math.log(whole);
  return { x, height: height.map((h) => h - norm), quantile };
}

// The target's widths at its mode, in η; null at an edge.
export function widths(M, T, at) {
  if (!at.every(Number.isFinite)) return null;
  const h = T.at(at, 0).slice(1 + M.k);
  // A kink at the mode narrows the peak; elsewhere the curvature gives the width.
  if (T.kink && at[T.kink.j] === T.kink.at) h[M.k === 1 ? 0 : 2 * T.kink.j] -= 1 / T.kink.b ** 2;
  const scales = deviations(M.k, h);
  return [...scales.marginal, ...scales.conditional].every((v) => v > 0 && v < Infinity) ? scales : null;
}

// All marginals of the posterior. Yields while it works; returns an array, null where the posterior is improper.
export function* posterior(M, s, at) {
  const T = target(M, s, "free");
  at ??= mode(M, s, T);
  const scales = widths(M, T, at), top = scales && T.value(...at), found = [];
  if (!scales) return M.links.map(() => null);
  for (let j = 0; j < M.k; j++) {
    const one = yield* marginal(T, M.k, j, top, at, scales, M.m.values?.length > 1000 ? FEW : FAR);
    if (!one) return M.links.map(() => null); // no finite mass: no posterior
    found.push(one);
  }
  return found;
}
export function finish(work) {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
export const quantiles = (M, marginals, level) => marginals.map((f, j) =>
  f && [(1 - level) / 2, 0.5, (1 + level) / 2].map((q) => M.links[j].from(f.quantile(q))));

// ---- at a point: what the optimizers see ------------------------------------------------------------------------

// Value, gradient and Hessian in the coordinates shown, at θ. of: "likelihood" or "posterior".
export function look(M, s, theta, of = "likelihood") {
  const eta = theta.map((v, i) => M.links[i].to(v));
  const d = of === "posterior" ? target(M, s, s.coordinates).at(eta) : M.like.at(eta);
  if (s.coordinates === "free") return d;
  const J = M.links.map((link, i) => link.jacobian(eta[i])), out = [d[0]];
  for (let i = 0; i < M.k; i++) out.push(d[1 + i] / J[i][0]);
  const second = (i, h) => (h - out[1 + i] * J[i][1]) / J[i][0] ** 2;
  if (M.k === 1) return [...out, second(0, d[2])];
  return [...out, second(0, d[3]), d[4] / (J[0][0] * J[1][0]), second(1, d[5])];
}
export const shown = (M, s, theta) => (s.coordinates === "free" ? theta.map((v, i) => M.links[i].to(v)) : theta);
export const unshown = (M, s, at) => (s.coordinates === "free" ? natural(M, at) : at);
const inside = (M, theta) => theta.every((v, i) => Number.isFinite(v) && (M.links[i] === identity || v > 0) &&
  (M.links[i] !== logit || v < 1));

// One step of gradient ascent or of Newton's method in the coordinates shown, halved until it rises.
export function step(M, s, theta, kind, of) {
  const [, ...d] = look(M, s, theta, of), at = shown(M, s, theta);
  const f = (...x) => {
    const to = unshown(M, s, x);
    return inside(M, to) ? look(M, s, to, of)[0] : -Infinity;
  };
  const g = d.slice(0, M.k);
  let direction, corrected = false;
  if (kind === "newton") {
    if (M.k === 2) ({ direction, shifted: corrected } = newtonDirection(g, d.slice(2)));
    else {
      corrected = d[1] >= 0;
      direction = [g[0] / Math.abs(d[1] || 1)];
    }
  } else { // a fixed rate: 0.8 of what is safe at the top of the likelihood
    const h = M.edge ? d.slice(M.k) : look(M, s, estimate(M)).slice(1 + M.k);
    const steepest = M.k === 1 ? Math.abs(h[0]) : Math.abs((h[0] + h[2]) / 2) + Math.hypot((h[0] - h[2]) / 2, h[1]);
    direction = g.map((v) => 0.8 * v / steepest);
  }
  const start = f(...at), slope = direction.reduce((a, v, i) => a + v * g[i], 0);
  for (let t = 1; t > 1e-10; t /= 2) {
    const next = at.map((v, i) => v + t * direction[i]);
    if (f(...next) >= start + 1e-4 * t * slope) return { theta: unshown(M, s, next), halved: Math.round(-Math.log2(t)), corrected };
  }
  return { theta, halved: 0, corrected, stuck: true };
}

// Where "your point" starts: off the top by two standard errors, at three digits.
export const startPoint = (M) => {
  const sd = M.edge ? [1] : deviations(M.k, M.hessian).marginal;
  return M.near.map((e, i) => Number(M.links[i].from(e + (i || M.k === 1 ? 2 : -2) * sd[i]).toPrecision(3)))
    .map((v, i) => (M.links[i] === logit ? Math.min(v, 0.999) : v));
};

// ---- everything at once, for tests and the copied code ------------------------------------------------------------

export function report(s) {
  const M = model(s.family, s.data, s.nu), cut = chi2Quantile1(s.level) / 2, z = normalQuantile((1 + s.level) / 2);
  const places = M.links.map((_, j) => j), marginals = quantiles(M, finish(posterior(M, s)), s.level);
  const T = target(M, s, s.coordinates), here = look(M, s, s.theta);
  return {
    mle: estimate(M), top: M.top, map: estimate(M, mode(M, s, T)),
    wald: places.map((j) => wald(M, j, z, s.coordinates)),
    profile: places.map((j) => profileInterval(M, j, cut)),
    credible: marginals.map((q) => q && [q[0], q[2]]), median: marginals.map((q) => q && q[1]),
    log_likelihood: here[0], score: here.slice(1, 1 + M.k), information: here.slice(1 + M.k).map((v) => -v),
    log_posterior: T.value(...s.theta.map((v, i) => M.links[i].to(v))),
  };
}