"""Measures for bench/server.sh; see there."""
import http.client
import json
import os
import re
import resource
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rig import CLIENT_CORE, ENVIRONMENT, SERVER_CORE, TOKEN, Rig, Server, machine, must, pin, ratios, row, title

LISTENERS = 500
LOOKS_IDLE = 500
TICK = os.sysconf("SC_CLK_TCK")


class Muster:
    """muster serve on a copy of the imported data, from its start to stop()."""

    def __init__(self, rig, devices, sink):
        data = rig.dir / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(rig.imported(TOKEN, devices), data)
        os.sync()
        self.config = rig.settings(TOKEN, sink.port, data)
        with open(self.config, "a") as file:
            file.write('[server]\nlisten = "127.0.0.1:0"\n')
        made = must(rig.muster("admin", "token", "create", "bench", "--scope", "send", "--config", self.config),
                    "muster admin")
        self.token = made.out.split()[-1]
        self.log = rig.dir / "serve.out"
        pin(CLIENT_CORE)
        with open(self.log, "w") as out:
            self.process = subprocess.Popen([str(rig.build / "muster"), "serve", "--config", str(self.config)],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENVIRONMENT)
        pin(SERVER_CORE)
        while not (found := re.search(r"port (\d+)", self.log.read_text())):
            if self.process.poll() is not None:
                sys.exit("muster serve did not start: " + self.log.read_text())
            time.sleep(0.01)
        self.port = int(found.group(1))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None):
        fields = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, path, body=None if body is None else json.dumps(body), headers=fields)
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {text[:500]}")
        return json.loads(text)

    def look(self):
        """Seconds that one look at the tasks took, and the tasks."""
        begun = time.perf_counter()
        tasks = self.ask("GET", "/api/v1/tasks")["tasks"]
        return time.perf_counter() - begun, tasks

    def sending_cpu(self):
        """Seconds of the threads that send: shards, expander and the ledger's."""
        spent = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            fields = (task / "stat").read_text()
            if re.search(r"\((shard|expander|ledger)", fields):
                utime, stime = fields.rsplit(")", 1)[1].split()[11:13]
                spent += (int(utime) + int(stime)) / TICK
        return spent

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            sys.exit("muster serve ended badly: " + self.log.read_text())


class Listeners:
    """Event streams, read whenever there is something."""

    def __init__(self, server):
        self.selector = selectors.DefaultSelector()
        self.updates = {}
        request = (f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n\r\n")
        for number in range(LISTENERS):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(request.encode())
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ, number)
            self.updates[number] = 0

    def read(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                piece = key.fileobj.recv(1 << 16)
                if not piece:
                    sys.exit("an event stream ended before its time")
                self.updates[key.data] += piece.count(b"event: tasks")

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


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
    updates = list(listeners.updates.values()) if watched else []
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
