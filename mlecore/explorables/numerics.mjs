// The numbers behind the live plots. Parameters are named and ordered as in mlecore's families.
// Every function is compared with SciPy, mpmath or mlecore to 1e-10 in tests/unit/test_explorables_numerics.py.

const LOG_2PI = Math.log(2 * Math.PI);

// ---- special functions ------------------------------------------------------------------------------------

// Stirling's series (Abramowitz & Stegun 6.1.41) beyond 13; below, the recurrence Γ(x+1) = xΓ(x). x > 0.
export function lgamma(x) {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  if (x === Infinity) return x;
  if (x === 1 || x === 2) return 0; // exactly, so that log C(n, 0) is 0
  let product = 1;
  while (x < 13) product *= x++;
  const z = 1 / (x * x);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + LOG_2PI / 2 + series - Math.log(product);
}

// ψ(x) for x > 0: recurrence, then the asymptotic series (A&S 6.3.18).
export function digamma(x) {
  if (!(x > 0)) return NaN;
  let sum = 0;
  while (x < 13) sum -= 1 / x++;
  const z = 1 / (x * x);
  return sum + Math.log(x) - 0.5 / x - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z / 132))));
}

// ψ'(x) for x > 0 (A&S 6.4.12).
export function trigamma(x) {
  if (!(x > 0)) return NaN;
  let sum = 0;
  while (x < 13) sum += 1 / (x * x++);
  const z = 1 / (x * x);
  return sum + (1 + 0.5 / x + z * (1 / 6 - z * (1 / 30 - z * (1 / 42 - z * (1 / 30 - z * 5 / 66))))) / x;
}

// Regularized incomplete gamma functions: the series for P where x < a + 1, else Legendre's continued
// fraction for Q by the modified Lentz method (Press et al., Numerical Recipes, section 6.2).
const gammaSeries = (a, x) => {
  let term = 1 / a, sum = term;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) sum += term *= x / (a + k);
  return sum * Math.exp(a * Math.log(x) - x - lgamma(a));
};
const lentz = (a, x) => { // Q(a, x) without its factor x^a e^−x / Γ(a)
  let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (let i = 1; i < 1000; i++) {
    const an = i * (a - i);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 2e-16) break;
  }
  return h;
};
const gammaFraction = (a, x) => lentz(a, x) * Math.exp(a * Math.log(x) - x - lgamma(a));
export const gammaP = (a, x) => (x <= 0 ? 0 : x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x));
export const gammaQ = (a, x) => (x <= 0 ? 1 : x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x));

export const erf = (x) => Math.sign(x) * gammaP(0.5, x * x);
export const erfc = (x) => (x < 0 ? 2 - gammaQ(0.5, x * x) : gammaQ(0.5, x * x));
export const normalCdf = (z) => erfc(-z / Math.SQRT2) / 2;
// exp(x²) erfc(x): what is left of a tail when its exponential is taken out.
export const erfcx = (x) => (x < 1.3 ? Math.exp(x * x) * erfc(x) : lentz(0.5, x * x) * x / Math.sqrt(Math.PI));
export const logNormalCdf = (z) => (z > 0 ? Math.log1p(-erfc(z / Math.SQRT2) / 2) : Math.log(erfcx(-z / Math.SQRT2) / 2) - z * z / 2);

// Acklam's rational approximation (relative error 1.2e-9), then one Halley step to full precision.
const tail = (q) =>
  (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
    4.374664141464968) * q + 2.938163982698783) /
  ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
const center = (q, r = q * q) =>
  (((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
    3.066479806614716e1) * r + 2.506628277459239) * q /
  (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
    1.328068155288572e1) * r + 1);
export function normalQuantile(p) {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const z = p < 0.02425 ? tail(Math.sqrt(-2 * Math.log(p))) : center(p - 0.5);
  const u = (normalCdf(z) - p) * Math.exp(z * z / 2 + LOG_2PI / 2);
  return z - u / (1 + z * u / 2);
}

// Quantile of χ² with one degree of freedom; half of it is the likelihood-ratio cut (1.92 at 95 %).
export const chi2Quantile1 = (p) => normalQuantile((1 + p) / 2) ** 2;
export const chi2Tail1 = (x) => gammaQ(0.5, x / 2); // the area beyond x

// log(1 + exp x) without overflow (Mächler 2012, "Accurately computing log(1 − exp(−|a|))", eq. 10).
export const log1pexp = (x) =>
  x <= -37 ? Math.exp(x) : x <= 18 ? Math.log1p(Math.exp(x)) : x <= 33.3 ? x + Math.exp(-x) : x;
export const sigmoid = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

const xlogy = (x, y) => (x === 0 ? 0 : x * Math.log(y));
const xlog1py = (x, y) => (x === 0 ? 0 : x * Math.log1p(y));
const isCount = (k) => k >= 0 && Number.isInteger(k);

// ---- log densities, all constants kept; −Infinity outside the support --------------------------------------

export const logDensity = {
  normal: (y, mu, sigma) => -0.5 * ((y - mu) / sigma) ** 2 - Math.log(sigma) - LOG_2PI / 2,
  bernoulli: (k, p) => (k === 0 || k === 1 ? xlogy(k, p) + xlog1py(1 - k, -p) : -Infinity),
  binomial: (k, n, p) =>
    isCount(k) && k <= n
      ? lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p) : -Infinity,
  poisson: (k, rate) => (isCount(k) ? xlogy(k, rate) - rate - lgamma(k + 1) : -Infinity),
  negativeBinomial: (k, mean, alpha) => {
    const r = 1 / alpha;
    return isCount(k)
      ? lgamma(k + r) - lgamma(r) - lgamma(k + 1) - r * Math.log1p(alpha * mean) +
        xlogy(k, alpha * mean / (1 + alpha * mean)) : -Infinity;
  },
  exponential: (y, rate) => (y >= 0 ? Math.log(rate) - rate * y : -Infinity),
  gamma: (y, shape, scale) =>
    y >= 0 ? xlogy(shape - 1, y / scale) - y / scale - lgamma(shape) - Math.log(scale) : -Infinity,
  beta: (y, a, b) =>
    y >= 0 && y <= 1
      ? xlogy(a - 1, y) + xlog1py(b - 1, -y) + lgamma(a + b) - lgamma(a) - lgamma(b) : -Infinity,
  weibull: (y, shape, scale) =>
    y >= 0 ? Math.log(shape / scale) + xlogy(shape - 1, y / scale) - (y / scale) ** shape : -Infinity,
  studentT: (y, nu, mu, sigma) =>
    lgamma((nu + 1) / 2) - lgamma(nu / 2) - Math.log(nu * Math.PI) / 2 - Math.log(sigma) -
    (nu + 1) / 2 * Math.log1p(((y - mu) / sigma) ** 2 / nu),
  laplace: (y, mu, scale) => -Math.abs(y - mu) / scale - Math.log(2 * scale),
  cauchy: (y, mu, scale) => -Math.log(Math.PI * scale) - Math.log1p(((y - mu) / scale) ** 2),
  // Huber's least favourable density: Gaussian body, Laplace tails beyond k scales (Huber 1964).
  huber: (y, mu, sigma, k) => {
    const r = Math.abs(y - mu) / sigma;
    const mass = Math.sqrt(2 * Math.PI) * erf(k / Math.SQRT2) + 2 / k * Math.exp(-k * k / 2);
    return -(r <= k ? r * r / 2 : k * r - k * k / 2) - Math.log(sigma * mass);
  },
};

// ---- losses of a sigmoid, from the logit t in favor of the label -------------------------------------------

// q = sigmoid(−t) is what the label was not given; squared error is q². The slope takes one exponential, since a
// descent asks for it a hundred thousand times: q(1 − q) = e/(1 + e)² with e = exp(−|t|).
export const logitLoss = {
  crossEntropy: { value: (t) => log1pexp(-t), slope: (t) => -sigmoid(-t), curvature: (t) => sigmoid(t) * sigmoid(-t) },
  squaredError: {
    value: (t) => sigmoid(-t) ** 2,
    slope: (t) => {
      const e = Math.exp(-Math.abs(t)), whole = 1 + e;
      return -2 * (t > 0 ? e : 1) * e / (whole * whole * whole);
    },
    curvature: (t) => 2 * sigmoid(-t) ** 2 * sigmoid(t) * (2 - 3 * sigmoid(-t)),
  },
};

// ---- random numbers ---------------------------------------------------------------------------------------

// xoshiro128** (Blackman & Vigna 2018), its state filled by splitmix32 from the seed: a seed means the same
// data in every browser. mlecore/explorables/_random.py is the same generator in Python.
export function generator(seed) {
  let m = seed | 0;
  const mix = () => {
    m = (m + 0x9e3779b9) | 0;
    let z = Math.imul(m ^ (m >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = mix(), b = mix(), c = mix(), d = mix();
  const rotate = (x, k) => (x << k) | (x >>> (32 - k));
  const bits26 = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 6;
    const t = b << 9;
    c ^= a; d ^= b; b ^= c; a ^= d; c ^= t; d = rotate(d, 11);
    return result;
  };
  const uniform = () => (bits26() * 2 ** 26 + bits26() + 0.5) / 2 ** 52; // 52 bits, never 0 nor 1
  const exponential = (rate) => -Math.log(uniform()) / rate;
  return {
    uniform, exponential,
    normal: (mu = 0, sigma = 1) => mu + sigma * normalQuantile(uniform()),
    binomial(n, p) {
      let k = 0;
      for (let i = 0; i < n; i++) k += uniform() < p;
      return k;
    },
    poisson(rate) { // arrivals of a unit-rate process before time `rate`
      let k = 0;
      for (let t = exponential(1); t < rate; t += exponential(1)) k++;
      return k;
    },
  };
}

// ---- solving ----------------------------------------------------------------------------------------------

// A root of f between lo and hi by bisection, to the last bit; f must change sign.
export function findRoot(f, lo, hi) {
  const rising = f(lo) < 0;
  if (rising === f(hi) < 0) return NaN;
  for (;;) {
    const middle = lo + (hi - lo) / 2;
    if (middle === lo || middle === hi) return middle;
    if (f(middle) < 0 === rising) lo = middle;
    else hi = middle;
  }
}

// Newton direction for a maximum in two dimensions. Where the Hessian [[a, b], [b, c]] is not negative
// definite it is shifted until it is; `shifted` says so.
export function newtonDirection([g, h], [a, b, c]) {
  const middle = (a + c) / 2, radius = Math.hypot((a - c) / 2, b);
  const shifted = middle + radius >= 0;
  const shift = shifted ? middle + radius + 0.1 * (Math.abs(middle) + radius) : 0;
  const p = shift - a, q = shift - c, det = p * q - b * b;
  return { direction: [(q * g + b * h) / det, (b * g + p * h) / det], shifted };
}

// Halve the step along `direction` until f rises enough (Armijo); f is −Infinity or NaN outside its domain.
export function backtrack(f, [x, y], [dx, dy], [g, h]) {
  const start = f(x, y), slope = dx * g + dy * h;
  for (let t = 1; t > 1e-12; t /= 2) {
    if (f(x + t * dx, y + t * dy) >= start + 1e-4 * t * slope) return { point: [x + t * dx, y + t * dy], t };
  }
  return { point: [x, y], t: 0 };
}

// ---- regression -------------------------------------------------------------------------------------------

// [intercept, slope] with the least sum of squares, about the means so that no digits are lost. points: [[x, y], …].
export function leastSquares(points) {
  const mean = (k) => points.reduce((sum, p) => sum + p[k], 0) / points.length, mx = mean(0), my = mean(1);
  let sxx = 0, sxy = 0;
  for (const [x, y] of points) {
    sxx += (x - mx) ** 2;
    sxy += (x - mx) * (y - my);
  }
  return [my - sxy / sxx * mx, sxy / sxx];
}
export const residualSquares = (points, intercept, slope) =>
  points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);

// Gradient descent on the mean of logitLoss[name] at the logits w·row, from step `from` to step `to`. weights:
// w at every step, flat; filled in place.
export function descend(name, rows, weights, from, to, rate) {
  const { slope } = logitLoss[name];
  for (let k = from; k < to; k++) {
    const a = weights[2 * k], b = weights[2 * k + 1];
    let g = 0, h = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], d = slope(a * row[0] + b * row[1]);
      g += d * row[0];
      h += d * row[1];
    }
    weights[2 * k + 2] = a - rate * g / rows.length;
    weights[2 * k + 3] = b - rate * h / rows.length;
  }
  return weights;
}

// ---- location at scale 1 ----------------------------------------------------------------------------------

// ψ(r), the derivative of −log density: how hard a residual pulls. shape: Huber's k, Student's ν.
export const influence = {
  gaussian: (r) => r,
  laplace: (r) => Math.sign(r),
  huber: (r, k) => Math.max(-k, Math.min(k, r)),
  studentT: (r, nu) => (nu + 1) * r / (nu + r * r),
};
const pulls = (name, ys, shape) => (mu) => ys.reduce((sum, y) => sum + influence[name](y - mu, shape), 0);
// The likeliest location. Of an interval of them (Laplace, Huber) the middle, of several peaks (Student) the highest.
export const locate = {
  gaussian: (ys) => ys.reduce((sum, y) => sum + y, 0) / ys.length,
  laplace(ys) {
    const sorted = [...ys].sort((a, b) => a - b), half = (ys.length - 1) / 2;
    return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
  },
  huber(ys, k) {
    const f = pulls("huber", ys, k), lo = Math.min(...ys) - 1, hi = Math.max(...ys) + 1, tiny = 1e-12 * k * ys.length;
    return (findRoot((mu) => (f(mu) > tiny ? -1 : 1), lo, hi) + findRoot((mu) => (f(mu) >= -tiny ? -1 : 1), lo, hi)) / 2;
  },
  studentT(ys, nu) {
    const f = pulls("studentT", ys, nu), lo = Math.min(...ys), hi = Math.max(...ys), at = (i) => lo + (hi - lo) * i / 400;
    let best = lo, highest = -Infinity, before = f(lo);
    for (let i = 1; i <= 400 && lo < hi; i++) {
      const now = f(at(i));
      if (before > 0 && now <= 0) {
        const mu = findRoot(f, at(i - 1), at(i)), height = -ys.reduce((sum, y) => sum + Math.log1p((y - mu) ** 2 / nu), 0);
        if (height > highest) [best, highest] = [mu, height];
      }
      before = now;
    }
    return best;
  },
};

// ---- contours ---------------------------------------------------------------------------------------------

// Marching squares. values: row-major nx × ny. Returns closed rings in grid units, each [[x, y], …] with the
// higher side on the left; beyond the grid everything counts as low, so rings close along the border.
const CASES = [[], [0, 3], [1, 0], [1, 3], [2, 1], [0, 3, 2, 1], [2, 0], [2, 3], [3, 2], [0, 2], [1, 0, 3, 2],
  [1, 2], [3, 1], [0, 1], [3, 0], []]; // pairs of cell edges: 0 bottom, 1 right, 2 top, 3 left
export function contours(values, nx, ny, level) {
  const w = nx + 2, h = ny + 2, grid = new Float64Array(w * h).fill(-Infinity);
  for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) grid[(j + 1) * w + i + 1] = values[j * nx + i];
  // Grid edges are numbered: 2p from point p to its right, 2p + 1 from p upward. next: where the line goes on.
  const next = new Int32Array(2 * w * h).fill(-1), starts = [], edges = [0, 3, 2 * w, 1];
  for (let p = 0; p < w * (h - 1) - 1; p++) {
    const kind = (grid[p] > level ? 1 : 0) | (grid[p + 1] > level ? 2 : 0) | (grid[p + w + 1] > level ? 4 : 0) |
      (grid[p + w] > level ? 8 : 0);
    if (kind === 0 || kind === 15) continue;
    const pairs = CASES[kind];
    for (let k = 0; k < pairs.length; k += 2) {
      const from = 2 * p + edges[pairs[k]];
      next[from] = 2 * p + edges[pairs[k + 1]];
      starts.push(from);
    }
  }
  const point = (edge) => {
    const p = edge >> 1, up = edge & 1, low = grid[p], high = grid[up ? p + w : p + 1];
    const t = low === -Infinity ? 1 : high === -Infinity ? 0 : (level - low) / (high - low);
    const i = p % w - 1, j = (p - p % w) / w - 1;
    return up ? [i, j + t] : [i + t, j];
  };
  const rings = [];
  for (const start of starts) {
    const ring = [];
    for (let edge = start; next[edge] >= 0;) {
      ring.push(point(edge));
      const following = next[edge];
      next[edge] = -1;
      edge = following;
    }
    if (ring.length) rings.push(ring);
  }
  return rings;
}
