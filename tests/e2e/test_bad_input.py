"""Wrong input of each kind: one clear line on stderr, the right exit code, nothing lost."""
import shutil
import subprocess

from world import MUSTER, TOPIC, World, main, wait_for


class BadInput(World):
    def refuse(self, code, *words, says):
        done = self.muster(*words)
        self.assertEqual(done.code, code, f"{words}\n{done.out}\n{done.err}")
        lines = [line for line in done.err.strip().split("\n") if line.startswith("muster: ")]
        self.assertEqual(len(lines), 1, done.err)
        for part in says:
            self.assertIn(part, lines[0])
        return lines[0]

    def school_ready(self, users=50):
        school = self.make_school(users)
        self.start_apns("--require-client-certificate")
        self.write_config()
        self.muster_ok("import", school)
        return school

    def still_there(self, users=50):
        self.assertEqual(
            self.muster_ok("preview", "--group", "all", "--json").json()["invitations"], users)

    def test_a_bad_row_is_named_by_line_and_column_and_the_old_roster_stays(self):
        school = self.school_ready()
        lines = (school / "devices.csv").read_text().split("\n")
        lines[7] = lines[7].replace(lines[7].split(",")[lines[0].split(",").index("push_token")], "xyz")
        (school / "devices.csv").write_text("\n".join(lines))
        self.refuse(3, "import", school, says=["devices.csv:8:", "token"])
        self.still_there()

    def test_an_unknown_group_names_the_nearest(self):
        self.school_ready()
        self.refuse(4, "send", "--group", "al", "--yes", says=["'al'", "all"])

    def test_a_cycle_of_groups_is_shown_as_a_path(self):
        school = self.school_ready()
        (school / "groups.csv").write_text("group_id,name\na,A\nb,B\n")
        (school / "members.csv").write_text("group_id,member_group_id\na,b\nb,a\n")
        self.refuse(3, "import", school, says=["a → b → a"])
        self.still_there()

    def test_an_expired_certificate(self):
        self.school_ready()
        self.make_expired_certificate()
        self.write_config(credential=f'certificate_file = "{self.dir}/old.pem"\n'
                                     f'key_file = "{self.dir}/old.key"')
        self.refuse(3, "send", "--group", "all", "--yes", says=["old.pem", "expired"])
        self.still_there()

    def make_expired_certificate(self):
        ca = self.dir / "ca"
        ca.mkdir()
        (ca / "index").write_text("")
        (ca / "serial").write_text("01")
        (ca / "ca.cnf").write_text(
            f"[ca]\ndefault_ca = it\n[it]\ndatabase = {ca}/index\nserial = {ca}/serial\n"
            f"new_certs_dir = {ca}\ndefault_md = sha256\npolicy = any\n[any]\n"
            "userId = optional\ncommonName = optional\n")
        for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-subj", f"/UID={TOPIC}", "-keyout", self.dir / "old.key", "-out",
                       self.dir / "old.csr"],
                      ["ca", "-batch", "-selfsign", "-config", ca / "ca.cnf", "-keyfile",
                       self.dir / "old.key", "-startdate", "20200101000000Z", "-enddate",
                       "20210101000000Z", "-in", self.dir / "old.csr", "-out", self.dir / "old.pem"]):
            subprocess.run(["openssl", *words], check=True, capture_output=True)

    def test_a_wrong_key(self):
        self.school_ready()
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-out", self.dir / "other.key"], check=True,
                       capture_output=True)
        (self.dir / "other.key").chmod(0o600)
        self.write_config(credential=f'certificate_file = "{self.tls}/client.pem"\n'
                                     f'key_file = "{self.dir}/other.key"')
        self.refuse(3, "send", "--group", "all", "--yes", says=["other.key"])
        self.still_there()

    def test_a_closed_port(self):
        self.school_ready()
        self.write_config(port=1)
        self.refuse(5, "send", "--group", "all", "--yes", says=["127.0.0.1:1", "refused"])
        self.assertEqual(self.muster_ok("tasks", "--json").json()["tasks"][0]["queued"], 50)

    def test_a_server_that_nobody_trusts(self):
        self.school_ready()
        shutil.copy(self.tls / "ca.pem", self.dir / "right.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=Other",
                        "-keyout", self.dir / "x.key", "-out", self.tls / "ca.pem"], check=True,
                       capture_output=True)
        self.refuse(5, "send", "--group", "all", "--yes", says=["authority"])
        shutil.copy(self.dir / "right.pem", self.tls / "ca.pem")
        resumed = self.muster("resume")
        self.assertEqual(resumed.code, 0, resumed.err)

    def test_an_unknown_setting_names_the_nearest(self):
        self.school_ready()
        self.write_config(apns="conections = 3")
        line = self.refuse(3, "preview", "--group", "all", says=["conections", "connections"])
        self.assertIn(f"{self.config}:", line)

    def test_a_data_directory_in_use_names_the_holder(self):
        school = self.school_ready(3_000)
        holder = self.start(MUSTER, "send", "--group", "all", "--yes", "--rate", "200", "--config",
                            self.config, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the send", lambda: self.muster("tasks", "--json").code == 0 and
                 self.muster("tasks", "--json").json()["tasks"])
        self.refuse(3, "serve", says=[str(holder.pid)])
        wait_for("its socket", (self.data / "muster.sock").exists)
        self.muster_ok("import", school)  # in the holder, which sends on
        self.assertEqual(self.muster_ok("tasks", "--json").json()["tasks"][0]["state"], "running")

    def test_nothing_to_send(self):
        self.school_ready()
        self.muster_ok("send", "--group", "all", "--yes")
        self.refuse(4, "send", "--group", "all", "--yes", says=["0 invitations"])

    def test_nobody_confirms(self):
        self.school_ready()
        self.refuse(4, "send", "--group", "all", says=["--yes"])

    def test_a_wrong_command(self):
        self.write_config(port=1) if hasattr(self, "tls") else setattr(self, "config", "/dev/null")
        done = self.run_program(MUSTER, "sned")
        self.assertEqual(done.code, 2)
        self.assertIn("send", done.err)

    def test_a_full_disk_pauses_and_goes_on_when_there_is_space(self):
        """A file system fills up in mid-send; after space was made, the task goes on."""
        small = self.dir / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", small],
                                 capture_output=True, text=True)
        self.assertEqual(mounted.returncode, 0, "this test mounts a tmpfs, so it needs root: " +
                         mounted.stderr)
        try:
            school = self.make_school(20_000)
            self.start_apns()
            self.write_config(data=small / "data")
            self.muster_ok("import", school)
            log = open(self.dir / "send.log", "w")
            sending = self.start(MUSTER, "send", "--group", "all", "--yes", "--rate", "2000",
                                 "--config", self.config, stdout=log, stderr=log)
            log.close()
            wait_for("the first pushes", lambda: self.journal.exists() and
                     self.journal.stat().st_size > 100_000)
            self.fill(small / "ballast")
            self.assertEqual(sending.wait(60), 5, (self.dir / "send.log").read_text())
            self.assertIn("the disk is full", (self.dir / "send.log").read_text())
            (small / "ballast").unlink()
            resumed = self.muster("resume")
            self.assertEqual(resumed.code, 0, resumed.err)
            code, verdict = self.verify(school, "--repeats-max", 4_000)
            self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)
        finally:
            subprocess.run(["umount", "-l", small], check=True)

    @staticmethod
    def fill(ballast):
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return


if __name__ == "__main__":
    main()
