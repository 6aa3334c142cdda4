// A normal model of a truth with two bumps.

import { backtrack, logDensity, newtonDirection, sigmoid } from "./numerics.mjs";

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

// The trapezoid rule, exact to rounding for a smooth f that vanishes at both ends.
export function trapezoid(f, lo, hi, count) {
  let sum = (f(lo) + f(hi)) / 2;
  for (let i = 1; i < count; i++) sum += f(lo + (hi - lo) * i / count);
  return sum * (hi - lo) / count;
}

// The truth 0.65 N(−gap/2, 1) + 0.35 N(gap/2, 1), and the Kullback–Leibler divergences of N(mu, sigma²) from it.
export const twoBumps = {
  weight: 0.65, reach: 10, nodes: 2000,
  logDensity(y, gap) {
    const a = Math.log(twoBumps.weight) - (y + gap / 2) ** 2 / 2, b = Math.log(1 - twoBumps.weight) - (y - gap / 2) ** 2 / 2;
    return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - HALF_LOG_2PI;
  },
  draw(source, gap) {
    const side = source.uniform() < twoBumps.weight ? -1 : 1;
    return side * gap / 2 + source.normal();
  },
  // [mean, standard deviation]
  moments(gap) {
    return [(0.5 - twoBumps.weight) * gap, Math.sqrt(1 + twoBumps.weight * (1 - twoBumps.weight) * gap * gap)];
  },
  over(gap, f, edge = gap / 2 + twoBumps.reach) {
    return trapezoid((y) => {
      const log = twoBumps.logDensity(y, gap);
      return Math.exp(log) * f(y, log);
    }, -edge, edge, twoBumps.nodes);
  },
  entropy(gap) {
    return twoBumps.over(gap, (y, log) => -log);
  },
  forward(gap, mu, sigma) {
    return twoBumps.over(gap, (y, log) => log - logDensity.normal(y, mu, sigma));
  },
  reverse(gap, mu, sigma, nodes = twoBumps.nodes) {
    return trapezoid((z) => {
      const log = -z * z / 2 - HALF_LOG_2PI;
      return Math.exp(log) * (log - Math.log(sigma) - twoBumps.logDensity(mu + sigma * z, gap));
    }, -twoBumps.reach, twoBumps.reach, nodes);
  },
  // The minimum of the reverse divergence below a start [mu, sigma], by Newton's method with backtracking.
  downhill(gap, point, nodes = 400) {
    const height = (mu, sigma) => (sigma > 0 ? -twoBumps.reverse(gap, mu, sigma, nodes) : -Infinity);
    for (let k = 0; k < 60; k++) {
      const [mu, sigma] = point, step = 2 * twoBumps.reach / nodes;
      let g = 0, h = 1 / sigma, a = 0, b = 0, c = -1 / sigma ** 2;
      for (let i = 0; i <= nodes; i++) {
        const z = -twoBumps.reach + i * step, y = mu + sigma * z, w = step * Math.exp(-z * z / 2 - HALF_LOG_2PI);
        const left = sigmoid(Math.log(twoBumps.weight / (1 - twoBumps.weight)) - gap * y);
        const first = gap / 2 * (1 - 2 * left) - y, second = gap * gap * left * (1 - left) - 1;
        g += w * first;
        h += w * z * first;
        a += w * second;
        b += w * z * second;
        c += w * z * z * second;
      }
      const { direction } = newtonDirection([g, h], [a, b, c]);
      if (Math.hypot(...direction) < 1e-14) break;
      // Near the minimum the divergence no longer tells the points apart, the slope still does.
      if (Math.hypot(g, h) < 1e-5) point = [mu + direction[0], sigma + direction[1]];
      else {
        const longest = Math.max(1, Math.hypot(...direction) / (sigma / 2)); // stay in the valley
        ({ point } = backtrack(height, point, direction.map((d) => d / longest), [g, h]));
      }
    }
    return point;
  },
};
