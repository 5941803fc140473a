#!/usr/bin/env python3
"""Devices that put their invitation off are woken again until they show it; beside NanoMDM the command lies in
its queue before its device is woken. All on loopback, with the simulated fleet."""
import json
import re
import signal
import subprocess
import urllib.request
from collections import Counter

from nanomdm_host import NanoMdm
from school_world import SchoolWorld, free_port
from world import LOADGEN, MUSTER, TOPIC, main, wait_for


class Waking(SchoolWorld):
    def behave(self, text):
        file = self.dir / "behaviour.toml"
        file.write_text(text)
        return file

    def test_devices_that_say_not_now_are_woken_again(self):
        users = 60
        school = self.make_school(users, without_account=1.0)
        self.start_books()
        devices = self.start_devices(
            school, "--accept-rate", 0, "--behaviour",
            self.behave('[[behaviour]]\nkind = "not_now"\nshare = 1.0\ntimes = 2\nagain = "pushed"\n'))
        config = self.write_school_config()
        config.write_text(config.read_text().replace(
            'mode = "builtin"', 'mode = "builtin"\nnot_now_again = "1s"\nwake_again = "5s"'))
        self.muster_ok("import", school)
        self.enrol_all()
        self.muster_ok("token", "install", self.dir / "content.token")
        sent = self.muster_ok("send", "--group", "all", "--yes", "--json", "--until", "shown").json()
        rows = self.rows(sent["task"])
        pushed = [row for row in rows if row["channel"] == "push"]
        self.assertEqual(Counter(row["state"] for row in pushed), {"shown": len(pushed)})
        self.assertGreaterEqual(len(pushed), users)

        number = pushed[0]["invitation"]
        steps = self.muster_ok("tasks", sent["task"], "--invitation", number, "--json").json()
        self.assertEqual(steps["state"], "shown")
        whats = [moment["what"] for moment in steps["moments"]]
        self.assertEqual(whats[0], "queued")
        self.assertEqual(whats[-1], "shown")
        self.assertLessEqual({"registered", "sent", "handed", "postponed"}, set(whats))
        self.assertEqual(sorted(moment["at"] for moment in steps["moments"]),
                         [moment["at"] for moment in steps["moments"]])
        handed = [moment["words"] for moment in steps["moments"] if moment["what"] == "handed"]
        self.assertIn("3 times", handed[0])
        text = self.muster_ok("tasks", sent["task"], "--invitation", number).out
        self.assertIn("NotNow 2 times", text)
        self.assertNotIn("inviteCode", text + json.dumps(steps))
        counts = self.stop_counts(devices, "devices")
        self.assertEqual(counts["devices"]["violations"], {}, counts)

    def start_nanomdm(self, school):
        self.key_file, self.secret_file = self.dir / "api.key", self.dir / "hook.secret"
        for file, text in ((self.key_file, "the-key"), (self.secret_file, "the-secret")):
            file.write_text(text + "\n")
            file.chmod(0o600)
        port = free_port()
        nano = NanoMdm("the-key", "the-secret", f"http://127.0.0.1:{port}/hooks/nanomdm")
        self.addCleanup(nano.close)
        self.start_books()
        devices = self.start_devices_at(school, nano.port)
        self.mdm_port = port
        self.write_config(rest=f'''
[server]
listen = "127.0.0.1:{port}"
[books]
url = "http://127.0.0.1:{self.books_port}/mdm/v2"
poll_every = "1s"
''', mdm=f'''mode = "nanomdm"
nanomdm_url = "http://127.0.0.1:{nano.port}"
nanomdm_key_file = "{self.key_file}"
nanomdm_secret_file = "{self.secret_file}"''')
        return nano, devices

    def start_devices_at(self, school, port):
        self.tls = self.dir / "tls"
        self.journal = self.dir / "journal"
        self.devices_journal = self.dir / "devices.journal"
        words = [LOADGEN, "devices", "--roster", school, "--mdm", f"http://127.0.0.1:{port}/mdm",
                 "--apns-listen", "127.0.0.1:0", "--tls-dir", self.tls, "--topic", TOPIC,
                 "--port-file", self.dir / "devices.port", "--journal", self.journal,
                 "--devices-journal", self.devices_journal, "--enrolled-file", self.dir / "enrolled",
                 "--accept-rate", 1, "--accept-delay", 50]
        with open(self.dir / "devices.log", "w") as log, open(self.dir / "devices.stats", "w") as stats:
            process = self.start(*words, stdout=stats, stderr=log)
        self.port = self.listening(process, "devices")
        return process

    def healthy(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.mdm_port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def test_nanomdm_hands_out_what_was_enqueued_before_the_push(self):
        school = self.make_school(40, without_account=1.0, mac_share=0.2)
        nano, devices = self.start_nanomdm(school)
        self.muster_ok("import", school)
        self.muster_ok("token", "install", self.dir / "content.token")
        with open(self.dir / "serve.log", "w") as log:
            server = self.start(MUSTER, "serve", "--config", self.config, stdout=log,
                                stderr=subprocess.STDOUT)
        wait_for("the webhook's receiver", self.healthy)
        nano.opened = True
        wait_for("everybody's enrolment", (self.dir / "enrolled").exists, 120)
        nano.events.join()
        self.assertEqual(nano.failures, [])
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0, (self.dir / "serve.log").read_text())
        nano.idle_for_nothing = 0

        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertEqual([words for words in preview["warnings"] if "mdm" in words], [])
        sent = self.muster_ok("send", "--group", "all", "--yes", "--json", "--until", "shown").json()
        states = Counter(row["state"] for row in self.rows(sent["task"]))
        self.assertLessEqual(set(states), {"shown", "enrolled"}, states)
        invited = sum(states.values())
        self.assertEqual(len(nano.enqueued), invited)
        self.assertEqual(len({uuid for _, uuid in nano.enqueued}), invited)
        self.assertEqual(nano.refused, [])
        self.assertEqual(nano.idle_for_nothing, 0, "a device was woken before its command was there")
        counts = self.stop_counts(devices, "devices")
        self.assertEqual(counts["devices"]["violations"], {}, counts)
        self.assertFalse(re.search("inviteCode", (self.dir / "serve.log").read_text()))


if __name__ == "__main__":
    main()
