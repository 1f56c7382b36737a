"""Network namespaces joined by lines with a rate, a delay and losses (Linux, root, Python 3 alone).

Takes one JSON argument: hosts (list of {namespace, address}), bits (prefix length), rate (bytes/s of IP packets in
each direction of each line), delay (seconds one way), queue (bytes before a line), loss (share of packets, either
way), seed, congestion (TCP's congestion controls, the first that is allowed counts). Makes the namespaces, each with
one device `wan0` whose packets come here, prints the congestion control in use, and answers each line on stdin with
what it carried so far, as JSON. Ends, and removes the namespaces, when stdin closes: so nothing stays behind, however
the one who started it ends.

A packet waits for its sender's line, is lost or not, travels, waits for the receiver's line and is there. Times are
those at which this would have happened, so being late with one packet delays no other.
"""

import collections
import errno
import fcntl
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 1
IFF_NO_PI = 0x1000
# Packets of a burst that the kernel may hold for us.
DEVICE_QUEUE = 10000
PACKET = 65536


class Line:
    """One direction of a host's line: first come, first served, and full is full."""

    def __init__(self, rate, queue):
        self.rate = rate
        self.room = queue / rate
        self.free = 0.0
        self.overflowed = 0

    def leave(self, now, size):
        """When a packet that comes now has left, or None when the queue is full."""
        if self.free - now > self.room:
            self.overflowed += 1
            return None
        self.free = max(self.free, now) + size / self.rate
        return self.free


class Host:
    def __init__(self, fd, rate, queue):
        self.fd = fd
        self.up = Line(rate, queue)
        self.down = Line(rate, queue)
        # (time, packet, receiver) on their way, and (time, packet) on the receiver's line; both in order of time.
        self.travelling = collections.deque()
        self.arriving = collections.deque()
        self.received = 0
        self.lost = 0


class Relay:
    def __init__(self, plan, fds):
        self.plan = plan
        self.random = random.Random(plan["seed"])
        self.hosts = [Host(fd, plan["rate"], plan["queue"]) for fd in fds]
        self.by_fd = {host.fd: host for host in self.hosts}
        self.by_address = {
            socket.inet_aton(entry["address"]): host for entry, host in zip(plan["hosts"], self.hosts)
        }

    def take(self, host):
        """Reads all packets that a host has sent."""
        while True:
            try:
                packet = os.read(host.fd, PACKET)
            except BlockingIOError:
                return
            receiver = self.by_address.get(packet[16:20])
            # IPv6 neighbour talk and broadcasts go nowhere.
            if receiver is None or packet[0] >> 4 != 4:
                continue
            left = host.up.leave(time.monotonic(), len(packet))
            if left is None:
                continue
            if self.random.random() < self.plan["loss"]:
                host.lost += 1
                continue
            host.travelling.append((left + self.plan["delay"], packet, receiver))

    def move(self, now):
        """Brings packets on that are due; answers when the next one is."""
        following = now + 1.0
        while True:
            # Of all that reach their receivers' lines, the earliest first, or two senders would not mix.
            host = min(self.hosts, key=lambda h: h.travelling[0][0] if h.travelling else following)
            if not host.travelling or host.travelling[0][0] > now:
                break
            at, packet, receiver = host.travelling.popleft()
            there = receiver.down.leave(at, len(packet))
            if there is not None:
                receiver.arriving.append((there, packet))
        for host in self.hosts:
            if host.travelling:
                following = min(following, host.travelling[0][0])
            arriving = host.arriving
            while arriving and arriving[0][0] <= now:
                _, packet = arriving.popleft()
                host.received += len(packet)
                try:
                    os.write(host.fd, packet)
                except OSError as error:
                    if error.errno not in (errno.EAGAIN, errno.EIO, errno.EINVAL):
                        raise
            if arriving:
                following = min(following, arriving[0][0])
        return following

    def report(self):
        return {
            "received": [host.received for host in self.hosts],
            "lost": sum(host.lost for host in self.hosts),
            "overflowed": sum(host.up.overflowed + host.down.overflowed for host in self.hosts),
        }

    def run(self):
        poll = select.epoll()
        for host in self.hosts:
            poll.register(host.fd, select.EPOLLIN)
        poll.register(0, select.EPOLLIN)
        following = time.monotonic()
        while True:
            wait = max(0.0, following - time.monotonic())
            for fd, _ in poll.poll(wait):
                if fd == 0:
                    if not os.read(0, PACKET):
                        return
                    print(json.dumps(self.report()), flush=True)
                else:
                    self.take(self.by_fd[fd])
            following = self.move(time.monotonic())


def command(*parts):
    subprocess.run(parts, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def allowed(namespace, settings):
    """Whether the kernel takes the settings in a namespace."""
    parts = ("ip", "netns", "exec", namespace, "sysctl", "-qw", *settings)
    return subprocess.run(parts, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def open_device(namespace, address, bits):
    """A device of the namespace whose packets are read and written at the file that is answered."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    answer = fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"p2ps%d", IFF_TUN | IFF_NO_PI))
    name = answer[:16].rstrip(b"\0").decode()
    command("ip", "link", "set", name, "netns", namespace)
    inside = ("ip", "-n", namespace)
    command(*inside, "link", "set", name, "name", "wan0", "mtu", "1500", "txqueuelen", str(DEVICE_QUEUE), "up")
    command(*inside, "link", "set", "lo", "up")
    command(*inside, "address", "add", "%s/%d" % (address, bits), "dev", "wan0")
    return fd


def set_up_tcp(namespace, choices):
    """Answers the congestion control in use."""
    # What was learnt of a path must not make the next measurement on it faster or slower.
    allowed(namespace, ["net.ipv4.tcp_no_metrics_save=1"])
    for name in choices:
        if allowed(namespace, ["net.ipv4.tcp_congestion_control=" + name]):
            return name
    raise SystemExit("none of these congestion controls is allowed in a namespace: " + " ".join(choices))


def main():
    plan = json.loads(sys.argv[1])
    # Ctrl-C reaches everybody; the one who started us closes stdin when it has ended what runs in the namespaces.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    made = []
    try:
        fds = []
        for entry in plan["hosts"]:
            command("ip", "netns", "add", entry["namespace"])
            made.append(entry["namespace"])
            fds.append(open_device(entry["namespace"], entry["address"], plan["bits"]))
            congestion = set_up_tcp(entry["namespace"], plan["congestion"])
        relay = Relay(plan, fds)
        print(congestion, flush=True)
        relay.run()
    finally:
        for name in made:
            subprocess.run(("ip", "netns", "delete", name), check=False)


main()
