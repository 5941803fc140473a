"""What server.py and page.py stand on: muster serve in front of the sink, asked by its API."""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from rig import CLIENT_CORE, ENVIRONMENT, SERVER_CORE, TOKEN, must, pin

TICK = os.sysconf("SC_CLK_TCK")


class Muster:
    """muster serve on a copy of the imported data, from its start to stop(). `password`: the file with that of
    an administrator "bench"; without one there is only the token."""

    def __init__(self, rig, devices, sink, password=None, connections=0):
        data = rig.dir / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(rig.imported(TOKEN, devices), data)
        os.sync()
        self.config = rig.settings(TOKEN, sink.port, data, connections)
        with open(self.config, "a") as file:
            file.write('[server]\nlisten = "127.0.0.1:0"\n')
        made = must(rig.muster("admin", "token", "create", "bench", "--scope", "send", "--config", self.config),
                    "muster admin")
        self.token = made.out.split()[-1]
        if password:
            must(rig.muster("admin", "create", "bench", "--password-file", password, "--config", self.config),
                 "muster admin")
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
