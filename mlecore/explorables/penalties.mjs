// Penalties λ Σ|w|^q/q between the diamond (q = 1) and the ball (q = 2), beside a quadratic loss.

// The w that minimizes (w − z)²/2 + λ|w|^q/q, 1 <= q <= 2: for q = 1 the soft threshold, 0 where |z| <= λ.
export function shrink(z, lambda, q) {
  const size = Math.abs(z);
  if (q === 1) return Math.sign(z) * Math.max(0, size - lambda);
  if (q === 2 || !size || !lambda) return z / (q === 2 ? 1 + lambda : 1);
  // Newton on a concave rising function from a point below its root: it climbs and never overshoots.
  let w = Math.min(size / 2, (size / (2 * lambda)) ** (1 / (q - 1)));
  for (let i = 0; i < 200; i++) {
    const pull = lambda * w ** (q - 1), step = (size - w - pull) / (1 + (q - 1) * pull / w);
    w += step;
    if (!(step > 1e-16 * w)) break;
  }
  return Math.sign(z) * w;
}
// Two weights: minimizes the likelihood's (w − ŵ)ᵀR(w − ŵ)/2, R = [[1, ρ], [ρ, 1]], plus λ Σ|w|^q/q, one weight
// after the other until neither moves by more than `tolerance`.
export function penalized([a, b], rho, lambda, q, tolerance = 1e-15, [u, v] = [a, b]) {
  for (let i = 0; i < 5000; i++) {
    const p = shrink(a + rho * (b - v), lambda, q), r = shrink(b + rho * (a - p), lambda, q);
    const moved = Math.abs(p - u) + Math.abs(r - v);
    [u, v] = [p, r];
    if (moved <= tolerance) break;
  }
  return [u, v];
}
