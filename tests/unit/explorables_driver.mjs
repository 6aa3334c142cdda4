// Reads [module, [[name, args], …]] from stdin, prints the results as JSON. Names may be paths
// ("logDensity.normal"); numbers that JSON cannot carry travel as strings.
import { pathToFileURL } from "node:url";

const encode = (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v);
const decode = (_, v) => (v === "Infinity" ? Infinity : v === "-Infinity" ? -Infinity : v === "NaN" ? NaN : v);

let text = "";
for await (const chunk of process.stdin) text += chunk;
const [path, calls] = JSON.parse(text, decode);
const module = await import(pathToFileURL(path).href);

const custom = {
  densities: () => Object.keys(module.logDensity),
  // sample(kind, seed, count, ...parameters): one generator, many draws.
  sample(kind, seed, count, ...parameters) {
    const draw = module.generator(seed)[kind];
    return Array.from({ length: count }, () => draw(...parameters));
  },
  root: (name, target, lo, hi, ...rest) => module.findRoot((x) => module[name](x, ...rest) - target, lo, hi),
  // Climbs ℓ(mu, sigma) of normal data with the module's own Newton direction and backtracking.
  climb(data, start, steps) {
    const n = data.length;
    const f = (mu, sigma) =>
      sigma > 0 ? data.reduce((sum, y) => sum + module.logDensity.normal(y, mu, sigma), 0) : -Infinity;
    const path = [start];
    for (let i = 0; i < steps; i++) {
      const [mu, sigma] = path.at(-1);
      const r1 = data.reduce((sum, y) => sum + y - mu, 0), r2 = data.reduce((sum, y) => sum + (y - mu) ** 2, 0);
      const score = [r1 / sigma ** 2, r2 / sigma ** 3 - n / sigma];
      const hessian = [-n / sigma ** 2, -2 * r1 / sigma ** 3, n / sigma ** 2 - 3 * r2 / sigma ** 4];
      const { direction } = module.newtonDirection(score, hessian);
      path.push(module.backtrack(f, [mu, sigma], direction, score).point);
    }
    return path;
  },
};

const resolve = (name) => custom[name] ?? name.split(".").reduce((object, key) => object[key], module);
process.stdout.write(JSON.stringify(calls.map(([name, args]) => resolve(name)(...args)), encode));
