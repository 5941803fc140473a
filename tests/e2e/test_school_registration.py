#!/usr/bin/env python3
"""Many users are registered with an Apps and Books that is busy, slow, silent and forgetful, by a muster that is
killed again and again: nobody is registered twice, no batch is too large, and Apple's Retry-After holds for the
next process too. MUSTER_REGISTRATION_USERS says how many, MUSTER_REGISTRATION_SEED when it is killed."""
import os
import random
import re
import signal
import time
from collections import Counter

from school_world import SchoolWorld, lines
from world import MUSTER, main, wait_for

USERS = int(os.environ.get("MUSTER_REGISTRATION_USERS", "2000"))
SEED = int(os.environ.get("MUSTER_REGISTRATION_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
KILLS = 5
# At faults so dense every second request or so is followed by a pause.
PATIENCE = 600 + USERS // 25

FAULTS = '''
[[fault]]
kind = "error"
error = 9646
on = "create"
every = 7
[[fault]]
kind = "error"
error = 9603
on = "users"
every = 11
[[fault]]
kind = "error"
error = 9603
status = 503
retry_after_s = 2
every = 37
[[fault]]
kind = "error"
error = 9603
status = 503
retry_after_s = 2
retry_after_as_date = true
every = 83
[[fault]]
kind = "fail"
error = 9603
share = 0.02
[[fault]]
kind = "ignore"
share = 0.01
[[fault]]
kind = "close"
on = "create"
acted = true
every = 9
[[fault]]
kind = "limit"
on = "create"
name = "maxUsers"
value = 60
every = 5
count = 1
'''


class Registration(SchoolWorld):
    def registered(self):
        """How many lines of registrations the journal has: cheap to count while it grows."""
        return len(re.findall(rb'"fact":"registered"', self.books_journal.read_bytes()))

    def begin_work(self, *command):
        with open(self.dir / "work.log", "a") as log:
            return self.start(MUSTER, *command, "--config", self.config, stdout=log, stderr=log)

    def test_nobody_twice_and_no_rule_broken(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        faults = self.dir / "faults.toml"
        faults.write_text(FAULTS)
        school = self.make_school(USERS, without_account=1, mac_share=0)
        books = self.start_books(faults=faults)
        self.start_apns("--fast")
        self.write_config(rest=f'[books]\nurl = "http://127.0.0.1:{self.books_port}/mdm/v2"\n'
                               'poll_every = "1s"')
        self.muster_ok("import", school)
        self.muster_ok("token", "install", self.dir / "content.token")

        begun_at = time.monotonic()
        process = self.begin_work("send", "--group", "all", "--yes", "--channels", "push")
        for kill in sorted(chance.uniform(0.02, 0.95) for _ in range(KILLS)):
            wait_for(f"{kill:.0%} registered",
                     lambda: process.poll() is not None or self.registered() >= kill * USERS, PATIENCE)
            self.assertIsNone(process.poll(), (self.dir / "work.log").read_text())
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = self.begin_work("resume")
        self.assertEqual(process.wait(PATIENCE), 0, (self.dir / "work.log").read_text())
        seconds = time.monotonic() - begun_at

        task = self.muster_ok("tasks", "--json").json()["tasks"][0]
        self.assertEqual((task["state"], task["sent"]), ("completed", USERS))
        by_id = Counter()
        by_mail = Counter()
        for line in lines(self.books_journal):
            if line["fact"] == "registered":
                by_id[line["clientUserId"]] += 1
                by_mail[line["email"]] += 1
        self.assertEqual(len(by_id), USERS)
        self.assertEqual(set(by_id.values()), {1}, by_id.most_common(3))
        self.assertEqual(set(by_mail.values()), {1}, by_mail.most_common(3))
        counts = self.stop_counts(books, "books")
        # Asking again for whom an answer was lost is no breach: he is known by the same id.
        counts["violations"].pop("registered_twice")
        self.assertEqual(set(counts["violations"].values()), {0}, counts)
        for error in ("9646", "9603"):
            self.assertGreater(counts["refused"][error], 0, counts["refused"])
        print(f"{seconds:.0f} s, {USERS / seconds:.0f} users a second; requests {counts['requests']}, "
              f"refused {counts['refused']}")

    def test_who_took_the_token_is_said_and_it_goes_on_where_it_stopped(self):
        faults = self.dir / "faults.toml"
        faults.write_text('[[fault]]\nkind = "steal"\nname = "Other MDM"\non = "create"\nevery = 1\n'
                          'after = 2\ncount = 1\n'
                          '[[fault]]\nkind = "close"\nevery = 3\n')
        school = self.make_school(1000, without_account=1, mac_share=0)
        books = self.start_books(faults=faults)
        self.start_apns("--fast")
        self.write_config(rest=f'[books]\nurl = "http://127.0.0.1:{self.books_port}/mdm/v2"\n'
                               'poll_every = "1s"')
        self.muster_ok("import", school)
        self.muster_ok("token", "install", self.dir / "content.token")
        sending = self.begin_work("send", "--group", "all", "--yes", "--channels", "push")
        log = self.dir / "work.log"
        # Who has no code by then fails, with that reason.
        self.assertEqual(sending.wait(120), 1, log.read_text())
        self.assertIn("'Other MDM'", log.read_text())
        self.assertIn("muster retry", log.read_text())
        task = self.muster_ok("tasks", "--json").json()["tasks"][0]
        self.assertEqual((task["state"], task["sent"] + task["failed"]), ("completed", 1000))
        self.assertGreater(task["failed"], 0)
        self.muster_ok("token", "install", self.dir / "content.token", "--take-over")
        to_invite = lambda: self.muster("preview", "--group", "all", "--json").json()["invitations"]  # noqa: E731
        self.assertEqual(to_invite(), task["failed"])
        again = self.muster_ok("retry", "--json").json()
        self.assertEqual((again["state"], again["sent"]), ("completed", 1000))
        self.assertEqual(to_invite(), 0)
        counts = self.stop_counts(books, "books")
        counts["violations"].pop("registered_twice")
        self.assertEqual(set(counts["violations"].values()), {0}, counts)


if __name__ == "__main__":
    main()
