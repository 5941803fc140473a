"""A school with everything around Managed Distribution: a simulated Apps and Books, and devices that enrol,
are woken, fetch their command and answer, whose users accept. For end-to-end tests."""
import csv
import io
import json
import signal
import socket
import subprocess

from world import LOADGEN, MUSTER, TOPIC, World, wait_for


def free_port():
    """A port that nobody has now: the endpoint's, which its devices must know before it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


class SchoolWorld(World):
    def start_books(self, *arguments, faults=None):
        self.books_journal = self.dir / "books.journal"
        words = [LOADGEN, "books", "--listen", "127.0.0.1:0", "--port-file", self.dir / "books.port",
                 "--token-file", self.dir / "content.token", "--journal", self.books_journal,
                 "--domain", "account.school.example", "--event-delay", 50, *arguments]
        if faults:
            words += ["--faults", faults]
        with open(self.dir / "books.log", "w") as log, open(self.dir / "books.stats", "w") as stats:
            process = self.start(*words, stdout=stats, stderr=log)
        self.books_port = self.listening(process, "books")
        return process

    def start_devices(self, school, *arguments):
        self.mdm_port = free_port()
        self.tls = self.dir / "tls"
        self.journal = self.dir / "journal"
        self.devices_journal = self.dir / "devices.journal"
        words = [LOADGEN, "devices", "--roster", school, "--mdm", f"http://127.0.0.1:{self.mdm_port}/mdm",
                 "--apns-listen", "127.0.0.1:0", "--tls-dir", self.tls, "--topic", TOPIC,
                 "--port-file", self.dir / "devices.port", "--journal", self.journal,
                 "--devices-journal", self.devices_journal, "--enrolled-file", self.dir / "enrolled",
                 "--identity-authority", self.dir / "devices.pem", *arguments]
        with open(self.dir / "devices.log", "w") as log, open(self.dir / "devices.stats", "w") as stats:
            process = self.start(*words, stdout=stats, stderr=log)
        self.port = self.listening(process, "devices")
        return process

    def write_school_config(self, rest=""):
        return self.write_config(rest=f'''
[server]
listen = "127.0.0.1:{self.mdm_port}"
[books]
url = "http://127.0.0.1:{self.books_port}/mdm/v2"
poll_every = "1s"
{rest}''', mdm=f'mode = "builtin"\ndevice_trust_file = "{self.dir}/devices.pem"')

    def enrol_all(self):
        """Devices enrol at a server that listens; then it stops in good order."""
        with open(self.dir / "serve.log", "w") as log:
            server = self.start(MUSTER, "serve", "--config", self.config, stdout=log,
                                stderr=subprocess.STDOUT)
        wait_for("everybody's enrolment", (self.dir / "enrolled").exists, 120)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0, (self.dir / "serve.log").read_text())

    def rows(self, task):
        done = self.muster_ok("tasks", task, "--csv")
        return list(csv.DictReader(io.StringIO(done.out)))

    def stop_counts(self, process, name):
        process.terminate()
        process.wait(30)
        return json.loads((self.dir / f"{name}.stats").read_text().strip().split("\n")[-1])
