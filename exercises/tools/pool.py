"""Where jobs run: here, several at a time, or on a Dask cluster. One submission is one task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from . import server


def local(tasks: list[Callable[[], dict]], jobs: int) -> Iterator[tuple[int, dict]]:
    """(number, result) as they finish. A thread only waits for its server process."""
    with ThreadPoolExecutor(jobs) as pool:
        running = {
            pool.submit(lambda make=make: server.run(make())): number for number, make in enumerate(tasks)
        }
        try:
            for future in as_completed(running):
                yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()


def dask(tasks: list[Callable[[], dict]], address: str) -> Iterator[tuple[int, dict]]:
    """The same on `distributed`: workers need the book's clone and environment, and no shared folder."""
    from distributed import Client, as_completed

    with Client(address, set_as_default=False) as client:
        waiting = iter(enumerate(tasks))
        numbers = {}
        finished = as_completed(loop=client.loop)

        def send() -> None:
            for number, make in waiting:
                # A lost worker's task runs elsewhere, twice at most.
                future = client.submit(server.run, make(), pure=False, retries=1, key=f"grade-{number}")
                numbers[future.key] = number
                finished.add(future)
                return

        for _ in range(
            max(2 * sum(client.nthreads().values()), 2)
        ):  # notebooks travel when somebody has time for them
            send()
        for future in finished:
            try:
                result = future.result()
            except Exception as error:
                result = server.crashed(
                    f"the cluster lost this submission ({type(error).__name__}): look at it by hand"
                )
            yield numbers.pop(future.key), result
            future.release()
            send()
