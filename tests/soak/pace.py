"""Runs clients at fixed rates until the end, each in a loop of its own."""
import asyncio
import time

from record import Record


async def at_rate(stop, rate, call):
    """Calls at a rate. A call that takes longer than its period delays the next one and no later ones."""
    period = 1 / rate
    following = time.monotonic()
    while not stop.is_set():
        await call()
        following = max(following + period, time.monotonic())
        await asyncio.sleep(following - time.monotonic())


async def again(stop, record, kind, client):
    """Runs a client that has a connection. After a failure, it counts it and begins again on a new connection."""
    while not stop.is_set():
        try:
            await client()
        except Exception as why:
            # After the last edit, streams are silent.
            if stop.is_set() and isinstance(why, TimeoutError):
                return
            record.failed(kind, f"{type(why).__name__}: {why}")
            await asyncio.sleep(0.1)


async def run(clients, queue, ending):
    """Runs clients, functions of `stop` and the record, until the event `ending` is set."""
    stop, record = asyncio.Event(), Record(queue)
    tasks = [asyncio.create_task(client(stop, record)) for client in clients]
    while not ending.is_set():
        await asyncio.sleep(1)
        record.flush()
    stop.set()
    await asyncio.wait(tasks, timeout=3)
    for task in tasks:
        task.cancel()
    record.flush()
