"""Time and peak memory of a logistic regression against n: in memory, in chunks from disk, on Dask.

    python benchmarks/scale.py                 # n = 1e4 … 1e7, two minutes or so, 0.9 GB of disk
    python benchmarks/scale.py 1e4 1e5 1e6     # other sizes

Each row is a process of its own with one BLAS thread, so that its peak resident memory
(`resource.getrusage`) is that of one fit. The memory of the process before it has read any data is taken off.
Times are of the fit alone: processor seconds where one process works (other work on the machine steals wall
time), wall seconds on Dask. At the end the linear cost model of chapter 17 is fitted to the chunked rows
without the largest n, tested on that one, and extrapolated to 1e9 rows.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

ROWS, D = 50_000, 10
FILES_IN_PART = 5  # a task costs Dask milliseconds, so give it more to do
WAYS = {"memory": None, "chunks": None, "Dask, 1 worker": 1, "Dask, 2 workers": 2}
LARGEST_IN_MEMORY, SMALLEST_ON_DASK = 3_000_000, 1_000_000


def write(folder, n):
    """n rows in chunks of ROWS, as pairs of .npy files."""
    truth = np.linspace(-0.5, 0.5, D)
    for k, first in enumerate(range(0, n, ROWS)):
        rng = np.random.default_rng([17, k])
        X = rng.normal(size=(min(ROWS, n - first), D))
        np.save(folder / f"X{k:05d}.npy", X)
        np.save(folder / f"y{k:05d}.npy", (X @ truth + rng.logistic(size=len(X)) > 0).astype(float))


def pairs(folder):
    return zip(sorted(folder.glob("X*.npy")), sorted(folder.glob("y*.npy")), strict=True)


def chunks(folder):
    for x, y in pairs(folder):
        yield np.load(x), np.load(y)


def peak():
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def worker(folder, way):
    """One fit; prints its seconds, passes, memory and first coefficient as JSON."""
    import mlecore as mle

    mle.LikelihoodClassifier().fit(np.arange(8.0)[:, None], [0, 1, 0, 0, 1, 0, 1, 1])  # imports done
    base, model = peak(), mle.LikelihoodClassifier()
    if way == "memory":
        X, y = (np.concatenate([np.load(f) for f in files]) for files in zip(*pairs(folder), strict=True))
        start = time.process_time()
        model.fit(X, y)
        seconds = time.process_time() - start
    elif way == "chunks":
        start = time.process_time()
        model.fit(lambda: chunks(folder))
        seconds = time.process_time() - start
    else:
        seconds = on_dask(model, folder, WAYS[way])
    print(json.dumps({"seconds": seconds, "peak": peak() - base, "worker": getattr(model, "worker", 0),
                      "iterations": model.n_iter_, "coef": model.coef_[0, 0]}))


def on_dask(model, folder, workers):
    import dask
    import dask.array as da
    from distributed import Client, LocalCluster

    read = dask.delayed(lambda files: np.concatenate([np.load(file) for file in files]), pure=True)
    files, columns = list(zip(*pairs(folder), strict=True)), []
    for name, width in zip(files, ((D,), ()), strict=True):
        parts = [name[i : i + FILES_IN_PART] for i in range(0, len(name), FILES_IN_PART)]
        rows = [sum(np.load(file, mmap_mode="r").shape[0] for file in part) for part in parts]
        columns.append(da.concatenate([da.from_delayed(read(part), (m, *width), dtype=float)
                                       for part, m in zip(parts, rows, strict=True)]))
    X, y = columns
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50,
                     local_directory=folder / "workers") as cluster,
        Client(cluster) as client,
    ):
        model.fit(X[: 2 * ROWS], y[: 2 * ROWS])  # the workers have imported what they need
        start = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - start
        model.worker = max(client.run(peak).values())
        return seconds


def measure(folder, way):
    environment = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--worker", str(folder), way]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def extrapolate(n, seconds, target):
    """Seconds at `target` rows and the factor of a 95 % prediction interval, from seconds = a + b n.

    Least squares with weights 1/seconds², since timings err by a share of themselves.
    """
    A = np.column_stack([np.ones(len(n)), n]) / seconds[:, None]
    coefficients, rss = np.linalg.lstsq(A, np.ones(len(n)), rcond=None)[:2]
    degrees = len(n) - 2
    s2 = float(rss[0]) / degrees
    at = np.array([1.0, target])
    predicted = at @ coefficients
    relative = np.sqrt(s2 * (1 + at @ np.linalg.solve(A.T @ A, at) / predicted**2))
    return predicted, stats.t.ppf(0.975, degrees) * relative


def main(sizes):
    rows = []
    print(f"{D} columns, chunks of {ROWS:,} rows; peak is MB above the base of the process\n")
    print("| n | data, MB | way | seconds | iterations | peak, MB | worker's peak, MB |")
    print("|---|---|---|---|---|---|---|")
    for n in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, n)
            for way, workers in WAYS.items():
                if n > LARGEST_IN_MEMORY if way == "memory" else n < SMALLEST_ON_DASK if workers else False:
                    continue
                got = measure(folder, way)
                rows.append((n, way, got))
                theirs = f"{got['worker']:.0f}" if workers else ""
                print(f"| {n:,} | {8e-6 * n * (D + 1):.0f} | {way} | {got['seconds']:.2f} "
                      f"| {got['iterations']} | {got['peak']:.0f} | {theirs} |", flush=True)
        same = [got["coef"] for m, _, got in rows if m == n]
        assert np.ptp(same) < 1e-10, same
    fitted = [(n, got["seconds"]) for n, way, got in rows if way == "chunks"]
    n, seconds = np.array(fitted).T
    print()
    if len(n) > 3:
        predicted, error = extrapolate(n[:-1], seconds[:-1], n[-1])
        print(f"chunks, cost model of the smaller n: {n[-1]:.0e} rows in {predicted:.1f} s "
              f"± {100 * error:.0f} %; measured {seconds[-1]:.1f} s")
    predicted, error = extrapolate(n, seconds, 1e9)
    print(f"chunks, all n: 1e9 rows in {predicted / 60:.0f} min ± {100 * error:.0f} % on one core")
    for way, workers in WAYS.items():
        if workers and sum(w == way for _, w, _ in rows) > 2:
            n, seconds = np.array([(n, got["seconds"]) for n, w, got in rows if w == way]).T
            predicted, error = extrapolate(n, seconds, 1e9)
            print(f"{way}: 1e9 rows in {predicted / 60:.0f} min ± {100 * error:.0f} %")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[2]), sys.argv[3])
    else:
        main([int(float(a)) for a in sys.argv[1:]] or [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000,
                                                       10_000_000])
