#!/usr/bin/env python3
"""A link between two network namespaces that delays and loses packets.

    deploy/link.py DELAY LOSS NAME NAME

stands in for netem where the kernel has none. It makes two TUN interfaces with these names,
writes a line once they are there, and carries packets between them until it is ended. Each packet
is DELAY seconds on its way, and lost with the probability LOSS. The interfaces can be moved to
namespaces meanwhile. Each packet takes CPU time here, so that rates over this link say nothing
about a server. Linux, root; nothing beside Python's library.
"""

import collections
import fcntl
import os
import random
import select
import struct
import sys
import time

# <linux/if_tun.h>
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

LONGEST_PACKET = 65_536


def tun(name: str) -> int:
    """A new TUN interface. What it is sent is read; what is written comes out of it."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def packets(descriptor: int) -> collections.abc.Iterator[bytes]:
    """What can be read without waiting."""
    while True:
        try:
            yield os.read(descriptor, LONGEST_PACKET)
        except BlockingIOError:
            return


def carry(ends: tuple[int, int], delay: float, loss: float) -> None:
    """Carries packets without end."""
    # Of each direction, in the order of their arrival, which is that of their times.
    under_way = {end: collections.deque[tuple[float, bytes]]() for end in ends}
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    while True:
        due = [waiting[0][0] for waiting in under_way.values() if waiting]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        ready, _, _ = select.select(ends, (), (), wait)
        now = time.monotonic()
        for end in ready:
            under_way[end].extend(
                (now + delay, packet) for packet in packets(end) if random.random() >= loss
            )
        now = time.monotonic()
        for end, waiting in under_way.items():
            while waiting and waiting[0][0] <= now:
                try:
                    os.write(other[end], waiting.popleft()[1])
                except OSError:
                    # The interface is not up yet, or takes no more: the packet is lost.
                    continue


def main() -> None:
    delay, loss = float(sys.argv[1]), float(sys.argv[2])
    ends = (tun(sys.argv[3]), tun(sys.argv[4]))
    print("carrying", flush=True)
    carry(ends, delay, loss)


if __name__ == "__main__":
    main()
