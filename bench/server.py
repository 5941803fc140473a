"""Measures for bench/server.sh; see there."""
import json
import resource
import selectors
import socket
import statistics
import sys
import time

from rig import TOKEN, Rig, Server, machine, ratios, row, title
from serve_rig import Muster

LISTENERS = 500
LOOKS_IDLE = 500
FINAL_WITHIN_S = 10  # after the API has said that the task is completed


class Listeners:
    """Event streams, read whenever there is something, and judged when the send is over."""

    def __init__(self, server):
        self.selector = selectors.DefaultSelector()
        self.heard = [bytearray() for _ in range(LISTENERS)]
        request = (f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n\r\n")
        for number in range(LISTENERS):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(request.encode())
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ, number)

    def read(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                piece = key.fileobj.recv(1 << 16)
                if not piece:
                    sys.exit("an event stream ended before its time")
                self.heard[key.data] += piece

    def updates(self, task, devices):
        """How many updates of the task each listener got. Every one of them saw it move forward only, and was told
        its end; otherwise the bench fails."""
        until = time.monotonic() + FINAL_WITHIN_S
        ended = f'"id":"{task}","state":"completed"'.encode()
        while not all(ended in heard for heard in self.heard):
            if time.monotonic() > until:
                deaf = sum(ended not in heard for heard in self.heard)
                sys.exit(f"{deaf} of {LISTENERS} event streams were not told that the task is completed")
            self.read(0.02)
        return [self.judged(steps_of(bytes(heard), task), devices) for heard in self.heard]

    @staticmethod
    def judged(steps, devices):
        done = [step["done"] for step in steps]
        if done != sorted(done):
            sys.exit(f"an event stream told of a task that went back: {done}")
        last = steps[-1]
        if last["state"] != "completed" or last["sent"] != devices:
            sys.exit(f"an event stream ended on {last}")
        return len(steps)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def steps_of(heard, task):
    """What a stream said of the task, in order. A chunk holds whole events, so no line of theirs is cut."""
    found = []
    for line in heard.split(b"\n"):
        if line.startswith(b'data: {"tasks":'):
            found += [each for each in json.loads(line[6:])["tasks"] if each["id"] == task]
    return found


def send(rig, devices, watched):
    """CPU of the sending threads a device, the looks' seconds, and updates a listener."""
    sink = Server(rig, TOKEN, "--fast")
    server = Muster(rig, devices, sink)
    listeners = Listeners(server) if watched else None
    preview = server.ask("POST", "/api/v1/previews", {"group": "all"})
    before = server.sending_cpu()
    task = server.ask("POST", "/api/v1/tasks", {"group": "all", "preview": preview["id"],
                                                "invitations": preview["invitations"]})
    looks = []
    while True:
        if watched:
            listeners.read(0.02)
        else:
            time.sleep(0.5)
        taken, tasks = server.look()
        looks.append(taken)
        if next(each for each in tasks if each["id"] == task["id"])["state"] == "completed":
            break
    spent = server.sending_cpu() - before
    updates = listeners.updates(task["id"], devices) if watched else []
    if watched:
        listeners.close()
    server.stop()
    served = sink.stop()
    if served.requests != devices:
        sys.exit(f"{served.requests} of {devices} came")
    return spent / devices * 1e6, looks, updates


def idle(rig, devices):
    sink = Server(rig, TOKEN, "--fast")
    server = Muster(rig, devices, sink)
    looks = [server.look()[0] for _ in range(LOOKS_IDLE)]
    server.stop()
    sink.stop()
    return looks


def high(looks):
    """The 99th percentile, in milliseconds."""
    return statistics.quantiles(looks, n=100)[98] * 1e3


def main():
    build = sys.argv[1]
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rig = Rig(build)
    try:
        machine(rig.build)
        quiet, watched, at_rest = [], [], []
        for _ in range(rounds):
            at_rest.append(high(idle(rig, devices)))
            quiet.append(send(rig, devices, False))
            watched.append(send(rig, devices, True))
        title(f"server: {devices:,} devices while {LISTENERS} listen and one asks, {rounds} rounds (token)")
        row("GET /api/v1/tasks, 99th percentile, idle", at_rest, "ms")
        row("GET /api/v1/tasks, 99th percentile, sending", [high(each[1]) for each in watched], "ms",
            "≤ 20, or 5 × idle")
        row("updates each listener got, the fewest", [float(min(each[2])) for each in watched])
        row("sending threads' CPU a device, unwatched", [each[0] for each in quiet], "µs")
        row("sending threads' CPU a device, watched", [each[0] for each in watched], "µs")
        row("watched : unwatched", ratios([each[0] for each in watched], [each[0] for each in quiet]), "", "≤ 1.05")
    finally:
        rig.close()


main()
