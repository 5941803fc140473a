#!/usr/bin/env python3
"""The whole story of Managed Distribution on loopback: a content token, users registered with a simulated
Apps and Books, devices that enrol, are woken, fetch their command and answer, people who accept, and every
invitation at the end where the simulators' own journals say it must be."""
from collections import Counter

from school_world import SchoolWorld, lines
from world import main


class School(SchoolWorld):
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
