"""All clients but those of single flags. In a process of their own, because checks of large answers take milliseconds."""
import asyncio

from bulk import Bulk
from odd import Odd
from pace import run
from streams import Streams


def process(ports, clock, queue, ending):
    bulk = Bulk(ports, clock)
    asyncio.run(run([bulk.ofrep, bulk.grpc, *Streams(ports, clock).clients(), *Odd(ports).clients()], queue, ending))
