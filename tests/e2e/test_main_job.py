"""The main job: 20,000 devices in nested groups, six kinds of failures, two GOAWAYs in the middle."""
from world import SOURCE_DIR, World, main

FAULTS = (SOURCE_DIR / "loadgen/faults/main_job.toml").read_text()


class MainJob(World):
    def test_every_device_of_nested_groups_ends_in_one_true_state(self):
        school = self.make_school(10_000, 2)
        self.start_apns("--require-client-certificate", faults=FAULTS)
        self.write_config()
        self.muster_ok("import", school)
        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertEqual(preview["invitations"], 20_000)

        sent = self.muster("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.code, 1, sent.err)
        result = sent.json()
        self.assertEqual(result["state"], "completed")
        self.assertEqual(result["sent"] + result["failed"] + result["unreachable"], 20_000)
        reasons = {reason["reason"] for reason in result["reasons"]}
        self.assertEqual(reasons, {"Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"})
        for reason in ("Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"):
            self.assertIn(reason, self.muster_ok("tasks", result["task"]).out)

        code, verdict = self.verify(school)
        self.assertEqual((verdict["lost"], verdict["repeated"], verdict["misreported"]), (0, 0, 0),
                         verdict)
        self.assertEqual(code, 0)

        # Nobody is left to invite, but for users of whom no device was reached.
        again = self.muster("preview", "--group", "all", "--json").json()
        self.assertLess(again["invitations"], 600)

    def test_token_authentication_signs_what_the_server_accepts(self):
        school = self.make_school(1_000)
        key = self.dir / "AuthKey.p8"
        public = self.dir / "AuthKey.pub"
        for words in (["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                       "ec_paramgen_curve:P-256", "-out", key],
                      ["openssl", "pkey", "-in", key, "-pubout", "-out", public]):
            self.assertEqual(self.run_program(*words).code, 0)
        key.chmod(0o600)
        self.start_apns("--token-key", public)
        self.write_config(credential=f'key_file = "{key}"\nkey_id = "ABC123DEFG"\n'
                                     f'team_id = "DEF123GHIJ"')
        self.muster_ok("import", school)
        sent = self.muster("send", "--group", "all", "--yes", "--json")
        # A token may speak for alerts only; a topic of MDM is woken all the same where the server lets it.
        self.assertEqual(sent.code, 0, sent.err)
        code, verdict = self.verify(school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"], verdict["misreported"]),
                         (0, 0, 0, 0), verdict)

    def test_a_wrong_key_pauses_the_task_and_says_so(self):
        school = self.make_school(200)
        for name in ("one", "other"):
            key = self.dir / f"{name}.p8"
            self.run_program("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                             "ec_paramgen_curve:P-256", "-out", key)
            self.run_program("openssl", "pkey", "-in", key, "-pubout", "-out",
                             self.dir / f"{name}.pub")
            key.chmod(0o600)
        self.start_apns("--token-key", self.dir / "one.pub")
        self.write_config(credential=f'key_file = "{self.dir}/other.p8"\nkey_id = "ABC123DEFG"\n'
                                     f'team_id = "DEF123GHIJ"')
        self.muster_ok("import", school)
        sent = self.muster("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.code, 5, sent.err)
        self.assertIn("InvalidProviderToken", sent.err)
        task = sent.json()
        self.assertEqual(task["state"], "paused")
        self.assertEqual(task["failed"], 0)
        # The mend, and on.
        self.write_config(credential=f'key_file = "{self.dir}/one.p8"\nkey_id = "ABC123DEFG"\n'
                                     f'team_id = "DEF123GHIJ"')
        resumed = self.muster("resume", task["task"])
        self.assertEqual(resumed.code, 0, resumed.err)
        code, verdict = self.verify(school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"]), (0, 0, 0), verdict)

    def test_tokens_of_the_other_environment_pause_the_task(self):
        school = self.make_school(2_000)
        self.start_apns(faults='[[fault]]\nkind = "status"\nstatus = 400\n'
                               'reason = "BadDeviceToken"\nshare = 1.0\n')
        self.write_config()
        self.muster_ok("import", school)
        sent = self.muster("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.code, 5, sent.err)
        self.assertIn("BadDeviceToken", sent.err)
        self.assertLess(sent.json()["failed"], 200)


if __name__ == "__main__":
    main()
