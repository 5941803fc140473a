#!/usr/bin/env python3
"""The whole story of Managed Distribution on loopback: a content token, users registered with a simulated
Apps and Books, devices that enrol, are woken, fetch their command and answer, people who accept, and every
invitation at the end where the simulators' own journals say it must be."""
import csv
import io
import json
import signal
import socket
import subprocess
from collections import Counter

from world import LOADGEN, MUSTER, SOURCE_DIR, TOPIC, World, main, wait_for

FAULTS = SOURCE_DIR / "loadgen/faults"


def free_port():
    """A port that nobody has now: the endpoint's, which its devices must know before it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


class School(World):
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

    def test_everybody_is_registered_invited_and_enrolled(self):
        school = self.make_school(300, mac_share=0.1, without_account=0.5)
        books = self.start_books()
        devices = self.start_devices(school, "--accept-rate", 1, "--accept-delay", 50)
        self.write_school_config()
        self.muster_ok("import", school)
        self.enrol_all()
        self.muster_ok("token", "install", self.dir / "content.token")
        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertEqual(preview["users"], 300)
        self.assertGreater(preview["accounts"], 100)
        self.assertEqual(preview["accounts"] + preview["users_by_device"], 300)

        sent = self.muster_ok("send", "--group", "all", "--yes", "--json", "--until", "enrolled").json()
        states = Counter(row["state"] for row in self.rows(sent["task"]))
        self.assertEqual(states, {"enrolled": 300})
        task = self.muster_ok("tasks", sent["task"], "--json").json()
        self.assertEqual((task["users"], task["users_enrolled"]), (300, 300))
        self.assertEqual(self.muster("send", "--group", "all", "--yes", "--audience",
                                     "not-enrolled").code, 4)

        registered = {line["clientUserId"] for line in lines(self.books_journal)
                      if line["fact"] == "registered"}
        self.assertEqual(len(registered), 300)
        counts = self.stop_counts(books, "books")
        self.assertEqual(set(counts["violations"].values()), {0}, counts)
        counts = self.stop_counts(devices, "devices")
        self.assertEqual(counts["devices"]["violations"], {}, counts)


if __name__ == "__main__":
    main()
