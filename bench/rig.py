"""What the benches stand on: servers and clients, each pinned to a core of its own, rosters made
once, the strict proof, tables. Used by end_to_end.py and peers.py.

A client's CPU is user + system of its whole process, from rusage. Loopback charges the receiver's
softirq work to the sender, so a part of the sink's receiving is in it: the same for every client.
Each measured run has a server of its own, so that the server's counts and CPU belong to that run.
"""
import base64
import dataclasses
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CLIENT_CORE, SERVER_CORE = 0, 1
PROOF_DEVICES = 100_000
KEY_ID, TEAM_ID = "ABC123DEFG", "DEF123GHIJ"
ID = "123e4567-e89b-42d3-a456-426614174000"

# The alert as muster writes it, filled up to the 184 bytes that the peers were measured with.
ALERT = '{"aps":{"alert":{"title":"%s","body":"%s"},"sound":"default"},"url":"%s"}'
TITLE, URL = "You are invited", "https://school.example/enroll"
ALERT_TEXT = "Tap to get apps and books from your school. ".ljust(
    184 - len(ALERT % (TITLE, "", URL)), ".")


def bearer():
    """h2load's token: as long as muster's and of today, but for a signature that nobody checks."""
    parts = (f'{{"alg":"ES256","kid":"{KEY_ID}"}}',
             f'{{"iss":"{TEAM_ID}","iat":{int(time.time())}}}')
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    signature = "kR7w_Zt3Qm-9bXe4LdVn2sYhUaJ5fPcGo81yTiW6" * 2 + "Nx0vBw"
    return "bearer " + ".".join((*encoded, signature))


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    topic: str
    headers: tuple
    body: str
    strict: tuple  # what the strict server is to demand

    def credential(self, rig):
        if self.name == "token":
            return (f'key_file = "{rig.dir}/AuthKey.p8"\nkey_id = "{KEY_ID}"\n'
                    f'team_id = "{TEAM_ID}"\n[[invitation]]\nlanguage = "en"\ntitle = "{TITLE}"\n'
                    f'body = "{ALERT_TEXT}"\nurl = "{URL}"')
        tls = rig.tls_dir(self)
        return f'certificate_file = "{tls}/client.pem"\nkey_file = "{tls}/client.key"'


MDM = Workload(
    "mdm", "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000",
    ("apns-push-type: mdm", "apns-priority: 10", "apns-expiration: 1800000000", f"apns-id: {ID}"),
    '{"mdm":"01234567-89AB-CDEF-0123-456789ABCDEF"}', ("--require-client-certificate",))
TOKEN = Workload(
    "token", "com.example.muster",
    ("apns-push-type: alert", "apns-priority: 10", "apns-expiration: 1800000000", f"apns-id: {ID}",
     f"apns-collapse-id: {ID}"),
    ALERT % (TITLE, ALERT_TEXT, URL), ("--token-key", "AuthKey.pub"))


@dataclasses.dataclass
class Run:
    cpu_s: float
    wall_s: float
    rss_kib: int
    begun_ns: int
    out: str
    code: int


@dataclasses.dataclass
class Served:
    requests: int
    cpu_s: float
    first_ns: int  # of the boot clock; 0: none came, or the server is strict


@dataclasses.dataclass
class Sent:
    run: Run
    served: Served
    result: dict
    disk_bytes: int


# Who has these set reads a bundle of authorities at each start, which a fresh Debian does not.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("SSL_CERT_FILE", "SSL_CERT_DIR")}


def pin(core):
    """The next child inherits this process's affinity; a preexec_fn would slow its start."""
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {core})


def run(core, *words, environment=None, folder=None):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        pin(core)
        begun = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={**ENVIRONMENT, **(environment or {})}, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - begun) / 1e9
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read() + (err.read() if process.returncode else "")
        return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss, begun, text,
                   process.returncode)


def must(done, what):
    if done.code != 0:
        sys.exit(f"{what} failed with {done.code}: {done.out[-2000:]}")
    return done


class Server:
    """muster-loadgen apns, from its start to stop()."""

    def __init__(self, rig, workload, *words):
        port_file = rig.dir / "port"
        port_file.unlink(missing_ok=True)
        self.log = tempfile.TemporaryFile("w+")
        self.out = tempfile.TemporaryFile("w+")
        pin(SERVER_CORE)
        self.process = subprocess.Popen(
            [str(rig.build / "muster-loadgen"), "apns", "--listen", "127.0.0.1:0", "--tls-dir",
             str(rig.tls_dir(workload)), "--topic", workload.topic, "--port-file", str(port_file),
             *(str(word) for word in words)], stdout=self.out, stderr=self.log, cwd=rig.dir)
        rig.server = self
        while not port_file.exists():
            if self.process.poll() is not None:
                self.log.seek(0)
                sys.exit("the load generator did not start: " + self.log.read())
            time.sleep(0.002)
        self.port = int(port_file.read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.out.seek(0)
        self.log.seek(0)
        first = re.search(r"at_ns=(\d+)", self.log.read())
        stats = json.loads(self.out.read().strip().split("\n")[-1])
        return Served(stats["requests"], usage.ru_utime + usage.ru_stime,
                      int(first.group(1)) if first else 0)


class CountingRelay:
    """Passes bytes between clients and a server and counts what the clients send: bytes out as the
    network sees them, TLS and its handshake included. Bytes are measured through it, never time."""

    def __init__(self, port):
        self.to = port
        self.bytes_out = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.to))
                for ends in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self.pump, args=ends, daemon=True).start()
        except OSError:
            pass  # closed

    def pump(self, source, target, counted):
        try:
            while piece := source.recv(1 << 18):
                if counted:
                    with self.lock:
                        self.bytes_out += len(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side is gone; the other notices

    def close(self):
        self.listener.close()
        return self.bytes_out


class Rig:
    def __init__(self, build, framing=None):
        self.build = Path(build).resolve()
        self.framing = framing
        self.dir = Path(tempfile.mkdtemp(prefix="muster-bench."))
        self.pristine = {}
        self.server = None  # the last one started
        for words in ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out AuthKey.p8",
                      "pkey -in AuthKey.p8 -pubout -out AuthKey.pub"):
            must(run(CLIENT_CORE, "openssl", *words.split(), folder=self.dir), "openssl")
        (self.dir / "AuthKey.p8").chmod(0o600)
        tokens = (hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000))
        (self.dir / "paths.txt").write_text("\n".join(f"/3/device/{token}" for token in tokens))
        for workload in (MDM, TOKEN):
            (self.dir / f"body-{workload.name}").write_text(workload.body)

    def close(self):
        if self.server and self.server.process.returncode is None:  # its run failed
            self.server.process.kill()
            self.server.process.wait()
        shutil.rmtree(self.dir)

    def tls_dir(self, workload):
        return self.dir / f"tls-{workload.name}"

    def muster(self, *words):
        return run(CLIENT_CORE, self.build / "muster", *words)

    def settings(self, workload, port, data, connections=0, shards=1):
        file = self.dir / "muster.toml"
        framing = f'framing = "{self.framing}"\n' if self.framing else ""
        file.write_text(
            f'[data]\ndir = "{data}"\n[apns]\nhost = "127.0.0.1"\nport = {port}\n'
            f'trust_file = "{self.tls_dir(workload)}/ca.pem"\nconnections = {connections}\n{framing}'
            f'[[apns.credential]]\ntopic = "{workload.topic}"\n{workload.credential(self)}\n'
            f'[mdm]\nwakes_per_second = 0\n[reactor]\nshards = {shards}\n')
        return file

    def school(self, workload, devices):
        folder = self.dir / f"school-{workload.name}-{devices}"
        must(run(CLIENT_CORE, self.build / "muster-loadgen", "roster", "--users", devices,
                 "--devices-per-user", 1, "--groups", 200, "--nesting", 4, "--seed", 3, "--topic",
                 workload.topic, "--out", folder), "making the roster")
        return folder

    def imported(self, workload, devices):
        """A data directory with so many devices, from which every run has its own copy."""
        wanted = (workload.name, devices)
        if wanted not in self.pristine:
            school = self.school(workload, devices)
            Server(self, workload).stop()  # the authority that the settings name
            data = self.dir / f"pristine-{workload.name}-{devices}"
            config = self.settings(workload, 1, data)
            must(self.muster("import", school, "--config", config), "the import")
            shutil.rmtree(school)
            self.pristine[wanted] = data
        return self.pristine[wanted]

    def prove(self, workload):
        """The same build and settings against the strict server: nothing misreported."""
        school = self.school(workload, PROOF_DEVICES)
        journal, data = self.dir / "journal", self.dir / "data-proof"
        server = Server(self, workload, "--journal", journal, *workload.strict)
        config = self.settings(workload, server.port, data)
        must(self.muster("import", school, "--config", config), "the import")
        sent = self.muster("send", "--group", "all", "--yes", "--config", config)
        verdict = run(CLIENT_CORE, self.build / "muster-loadgen", "verify", "--data", data,
                      "--journal", journal, "--roster", school, "--muster", self.build / "muster")
        stats = server.stop()
        print(f"strict server, {workload.name}, {stats.requests:,} requests: "
              f"{verdict.out.strip().splitlines()[-1]}")
        if sent.code != 0 or verdict.code != 0:
            sys.exit("the proof failed, no figure counts: "
                     f"{sent.out[-1000:]} {verdict.out[-1000:]}")
        for left in (school, data):
            shutil.rmtree(left)
        journal.unlink()

    def send(self, workload, devices, server=("--fast",), target=("--group", "all"), relay=False,
             **wanted):
        """`muster send` on a fresh copy of the imported data, against a server of its own."""
        data = self.dir / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.imported(workload, devices), data)
        os.sync()  # the copy's write-back is not the run's business
        running = Server(self, workload, *server)
        between = CountingRelay(running.port) if relay else None
        config = self.settings(workload, between.port if relay else running.port, data, **wanted)
        done = must(self.muster("send", *target, "--yes", "--json", "--config", config),
                    "muster send")
        served = running.stop()
        result = json.loads(done.out)
        asked = devices if target[0] == "--group" else 1
        if result["sent"] != asked or served.requests != asked:
            sys.exit(f"sent {result['sent']} of {asked}, the server saw {served.requests}")
        if relay:
            result["bytes_out"] = between.close()
        return Sent(done, served, result, sum(f.stat().st_size for f in data.glob("ledger.db*")))

    def latency(self, workload, devices, rounds):
        """One invitation to one device, again and again in one process: per round when it was asked
        for, send() called, send() returned, it was recorded, and arrived at the sink, all in ns."""
        data, arrivals = self.dir / "data", self.dir / "arrivals"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.imported(workload, devices), data)
        os.sync()
        running = Server(self, workload, "--fast", "--arrivals", arrivals)
        config = self.settings(workload, running.port, data)
        done = must(run(CLIENT_CORE, self.build / "bench" / "latency_bench", config, rounds),
                    "latency_bench")
        running.stop()
        arrived = arrivals.read_text().split()
        asked = [line.split() for line in done.out.splitlines()]
        if len(arrived) != len(asked):
            sys.exit(f"latency_bench sent {len(asked)}, the server saw {len(arrived)}")
        return [[int(time) for time in (*times, came)] for times, came in zip(asked, arrived)]

    def expansion(self, workload, devices):
        """One send to the group of all on a warm connection: when it was asked for, send() called,
        send() returned, and its first push arrived at the sink, in ns."""
        data, arrivals = self.dir / "data", self.dir / "arrivals"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.imported(workload, devices), data)
        os.sync()
        running = Server(self, workload, "--fast", "--arrivals", arrivals)
        config = self.settings(workload, running.port, data)
        done = must(run(CLIENT_CORE, self.build / "bench" / "latency_bench", config, 0, "all"),
                    "latency_bench")
        running.stop()
        with open(arrivals) as file:
            times = [int(line) for line in file]
        if len(times) != devices:  # the first to one user, who is in the group and invited by then
            sys.exit(f"latency_bench sent to {devices} devices, the server saw {len(times)}")
        asked, called, returned, _ = (int(time) for time in done.out.splitlines()[1].split())
        return asked, called, returned, min(times[1:])

    def h2load(self, workload, requests, connections, streams, server=("--fast",), relay=False):
        running = Server(self, workload, *server)
        between = CountingRelay(running.port) if relay else None
        token = (f"authorization: {bearer()}",) if workload is TOKEN else ()
        headers = [word for header in (*token, f"apns-topic: {workload.topic}", *workload.headers)
                   for word in ("-H", header)]
        port = between.port if relay else running.port
        done = must(run(CLIENT_CORE, "h2load", "-n", requests, "-c", connections, "-m", streams,
                        "-t", 1, "-i", self.dir / "paths.txt", "-d",
                        self.dir / f"body-{workload.name}", *headers, "-B",
                        f"https://127.0.0.1:{port}"), "h2load")
        served = running.stop()
        if f"{requests} succeeded" not in done.out:
            sys.exit("h2load: " + done.out[-1000:])
        return Sent(done, served, {"bytes_out": between.close() if relay else 0}, 0)


def title(text):
    print(f"\n{text}\n{'-' * min(len(text), 100)}")


def row(name, values, unit="", aim=""):
    """median (min–max) of one figure over the rounds."""
    low, middle, high = min(values), statistics.median(values), max(values)
    spread = f"({low:,.3f}–{high:,.3f})"
    print(f"{name:<46}{middle:>14,.3f} {unit:<7}{spread:<30}{aim}".rstrip(), flush=True)


def ratios(ours, theirs):
    return [mine / other for mine, other in zip(ours, theirs)]


def machine(build):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                            cwd=Path(__file__).parent).stdout.strip()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    print(f"commit {commit or 'unknown'}, {os.cpu_count()} × {model.group(1) if model else 'core'}, "
          f"Linux {os.uname().release}, load {os.getloadavg()[0]:.1f}; build {build}")
