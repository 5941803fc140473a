"""A small world on loopback for end-to-end tests: the real programs, a scratch folder, the load generator.

Everything is started here on a free port and stopped by its pid. MUSTER_BINARY_DIR names the build folder.
MUSTER_REACTOR (io_uring, epoll, auto) chooses the reactor of every muster in the test, MUSTER_FRAMING
(muster, nghttp2) its HTTP/2; without it the settings name none.
"""
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BINARY_DIR = Path(os.environ["MUSTER_BINARY_DIR"])
SOURCE_DIR = Path(os.environ.get("MUSTER_SOURCE_DIR", Path(__file__).parents[2]))
MUSTER = BINARY_DIR / "muster"
LOADGEN = BINARY_DIR / "muster-loadgen"
REACTOR = os.environ.get("MUSTER_REACTOR", "auto")
FRAMING = os.environ.get("MUSTER_FRAMING")
TOPIC = "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000"
DEADLINE_S = 240  # for anything that must end by itself


def wait_for(what, condition, deadline_s=60):
    """Polls a condition that only another process can bring about."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {deadline_s} s")


class Finished:
    def __init__(self, code, out, err, usage):
        self.code, self.out, self.err, self.usage = code, out, err, usage

    def json(self):
        return json.loads(self.out)


class World(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="muster-e2e."))
        self.started = []

    def tearDown(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.dir)

    # ── programs ──
    def start(self, *command, **options):
        process = subprocess.Popen([str(word) for word in command], text=True,
                                   stdin=subprocess.DEVNULL, **options)
        self.started.append(process)
        return process

    def run_program(self, *command, env=None):
        """Runs to the end; also says what it used (ru_maxrss in KiB)."""
        out, err = self.dir / "stdout", self.dir / "stderr"
        with open(out, "w") as to_out, open(err, "w") as to_err:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                       stdout=to_out, stderr=to_err,
                                       env=None if env is None else {**os.environ, **env})
            watch = time.monotonic() + DEADLINE_S
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() > watch:
                    process.kill()
                    os.wait4(process.pid, 0)
                    raise AssertionError(f"{command} did not end within {DEADLINE_S} s:\n"
                                         f"{err.read_text()[-2000:]}")
                time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Finished(process.returncode, out.read_text(), err.read_text(), usage)

    def muster(self, *arguments, config=None, env=None):
        return self.run_program(MUSTER, *arguments, "--config", config or self.config, env=env)

    def muster_ok(self, *arguments, **options):
        done = self.muster(*arguments, **options)
        self.assertEqual(done.code, 0, done.err)
        return done

    # ── a school ──
    def make_school(self, users, devices_per_user=1, name="school", **more):
        school = self.dir / name
        options = [f"--{key.replace('_', '-')}={value}" for key, value in more.items()]
        made = self.run_program(LOADGEN, "roster", "--users", users, "--devices-per-user",
                                devices_per_user, "--groups", max(4, users // 500), "--nesting", 4,
                                "--seed", 7, "--topic", TOPIC, "--out", school, *options)
        self.assertEqual(made.code, 0, made.err)
        return school

    # ── peers ──
    def listening(self, process, name):
        """The port on which a load generator listens, once it does."""
        port_file = self.dir / f"{name}.port"

        def ready():
            self.assertIsNone(process.poll(), (self.dir / f"{name}.log").read_text())
            return port_file.exists() and port_file.read_text().strip()
        return int(wait_for("the load generator listening", ready))

    def start_smtp(self, *arguments, faults=None, tls="none", journal="mail.journal", name="smtp",
                   port=0, address="127.0.0.1"):
        """muster-loadgen as a mail server; counts what it heard into <name>.stats when it ends."""
        (self.dir / f"{name}.port").unlink(missing_ok=True)
        self.mail_journal = self.dir / journal
        words = [LOADGEN, "smtp", "--listen", f"{address}:{port}", "--port-file",
                 self.dir / f"{name}.port", "--journal", self.mail_journal, "--tls", tls, *arguments]
        if tls != "none":
            words += ["--tls-dir", self.dir / "tls"]
        if faults is not None:
            file = self.dir / f"{name}.toml"
            file.write_text(faults)
            words += ["--faults", file]
        with open(self.dir / f"{name}.log", "w") as log, \
                open(self.dir / f"{name}.stats", "w") as stats:
            process = self.start(*words, stdout=stats, stderr=log)
        self.mail_port = self.listening(process, name)
        return process

    def stop_smtp(self, process, name="smtp"):
        """Its counts."""
        process.terminate()
        process.wait(20)
        return json.loads((self.dir / f"{name}.stats").read_text().strip().split("\n")[-1])

    def start_apns(self, *arguments, faults=None, tls=None, journal="journal", name="apns", port=0):
        port_file = self.dir / f"{name}.port"
        port_file.unlink(missing_ok=True)
        self.tls = tls or self.dir / "tls"
        self.journal = self.dir / journal
        words = [LOADGEN, "apns", "--listen", f"127.0.0.1:{port}", "--tls-dir", self.tls, "--topic", TOPIC,
                 "--port-file", port_file, *arguments]
        if "--fast" not in arguments:
            words += ["--journal", self.journal]
        if faults is not None:
            file = self.dir / "faults.toml"
            file.write_text(faults)
            words += ["--faults", file]
        log = open(self.dir / f"{name}.log", "w")
        process = self.start(*words, stdout=log, stderr=subprocess.STDOUT)
        log.close()
        self.port = self.listening(process, name)
        return process

    def write_config(self, port=None, name="muster.toml", data=None, apns="", rest="", credential=None,
                     mdm=""):
        file = self.dir / name
        self.data = data or self.dir / "data"
        credential = credential if credential is not None else (
            f'certificate_file = "{self.tls}/client.pem"\nkey_file = "{self.tls}/client.key"')
        credentials = f'[[apns.credential]]\ntopic = "{TOPIC}"\n{credential}' if credential else ""
        framing = f'framing = "{FRAMING}"' if FRAMING else ""
        file.write_text(f'''[data]
dir = "{self.data}"
[apns]
host = "127.0.0.1"
port = {port or self.port}
{f'trust_file = "{self.tls}/ca.pem"' if credential else ""}
retry_after = ["100ms", "300ms"]
{framing}
{apns}
{credentials}
[mdm]
wakes_per_second = 0
{mdm}
[reactor]
kind = "{REACTOR}"
{rest}
''')
        self.config = file
        return file

    def write_mail_config(self, relay="", mail="", rest="", port=None, tls="none", apns=True,
                          data=None, direct=None, retry_after='"100ms", "300ms"'):
        """Mail through the relay that was started, or with `direct` (settings) to the recipients'
        mail hosts, and pushes where there is an APNs."""
        if not apns:
            self.port, self.tls = 9, self.dir / "tls"
        trust = f'trust_file = "{self.dir}/tls/ca.pem"' if tls in ("implicit", "required") else ""
        route = f"[mail.direct]\n{direct}" if direct is not None else f'''[mail.relay]
host = "127.0.0.1"
port = {port or self.mail_port}
tls = "{tls}"
{trust}
{relay}'''
        return self.write_config(data=data, rest=f'''
[mail]
mode = "{"relay" if direct is None else "direct"}"
from = "Example School <it@school.example>"
own_name = "muster.school.example"
retry_after = [{retry_after}]
{mail}
{route}
[[invitation]]
language = "en"
title = "You are invited"
body = "Sign in to get apps and books from your school."
url = "https://school.example/enroll"
{rest}''', credential=None if apns else "")

    # ── judging ──
    def verify(self, school, *arguments, journals=None):
        if journals is None:
            journals = [getattr(self, "journal", None), getattr(self, "mail_journal", None)]
        journals = [word for journal in journals if journal is not None and journal.exists()
                    for word in ("--journal", journal)]
        done = self.run_program(LOADGEN, "verify", "--data", self.data, *journals,
                                "--roster", school, "--muster", MUSTER, "--json", *arguments)
        try:
            return done.code, json.loads(done.out)
        except json.JSONDecodeError:
            raise AssertionError(f"verify said no JSON: {done.out}\n{done.err}")

    def max_rss_kib(self, done):
        return done.usage.ru_maxrss


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main(verbosity=2)
