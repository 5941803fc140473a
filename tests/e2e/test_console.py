#!/usr/bin/env python3
"""The console in a browser: Debian's chromium, driven by tests/e2e/console, in front of the real `muster
serve` with the load generator behind it. Pictures of what was seen are left under build/console."""
import csv
import json
import os
import shutil
import subprocess
import unittest
import urllib.request

from school_world import SchoolWorld, free_port
from world import BINARY_DIR, MUSTER, SOURCE_DIR, main, wait_for

TESTS = SOURCE_DIR / "tests/e2e/console"
NAME, PASSWORD = "ada", "correct horse battery staple"


def npm_modules():
    """Where the tests' npm packages are; None: they could not be had (tests/peers.sh says why)."""
    for place in (BINARY_DIR.parent / "peers", SOURCE_DIR / "build/peers"):
        if (place / "npm/console/node_modules/playwright-core").exists():
            return (place / "npm/console").resolve()
    return None


def why_not():
    """Why no browser can be driven here; empty where one can."""
    for program in ("node", "chromium"):
        if shutil.which(program) is None:
            return f"{program} is not installed: bash config/install.sh test"
    return "" if npm_modules() else "playwright-core is not there: bash tests/peers.sh build"


@unittest.skipIf(why_not(), why_not())
class Console(SchoolWorld):
    def serve(self):
        """muster serve, with an administrator who may log in."""
        password = self.dir / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        self.muster_ok("admin", "create", NAME, "--password-file", password)
        with open(self.dir / "serve.log", "w") as log:
            self.start(MUSTER, "serve", "--config", self.config, stdout=log, stderr=subprocess.STDOUT)
        self.url = f"http://127.0.0.1:{self.mdm_port}"

        def ready():
            try:
                return urllib.request.urlopen(f"{self.url}/readyz").status == 200
            except OSError:
                return False
        wait_for("the server being ready", ready)

    def browse(self, file, **facts):
        """Runs a file of tests/e2e/console, which is told the facts."""
        told = self.dir / "console.json"
        told.write_text(json.dumps({"url": self.url, "name": NAME, "password": PASSWORD, **facts}))
        environment = {"MUSTER_CONSOLE": str(told), "MUSTER_NPM": str(npm_modules()),
                       "MUSTER_SHOTS": str(BINARY_DIR / "console"),
                       "MUSTER_CHROMIUM": shutil.which("chromium")}
        done = subprocess.run(["node", "--test", "--test-reporter=spec", TESTS / file], timeout=500,
                              env={**os.environ, **environment}, text=True, capture_output=True)
        self.assertEqual(done.returncode, 0,
                         f"{done.stdout}\n{done.stderr}\n{(self.dir / 'serve.log').read_text()[-2000:]}")
        print(done.stdout)

    def people(self, school):
        """Users with one device and no Managed Apple Account, in the roster's order: with their device."""
        with open(school / "devices.csv", newline="") as file:
            devices = {row["user_id"]: row["name"] for row in csv.DictReader(file)}
        with open(school / "users.csv", newline="") as file:
            return [{"id": row["user_id"], "full_name": row["full_name"], "device": devices[row["user_id"]]}
                    for row in csv.DictReader(file) if row["managed_apple_account"] == ""]

    def start_school(self):
        school = self.make_school(60, mac_share=0.1, without_account=0.7)
        self.start_books()
        self.start_devices(school, "--accept-rate", 1, "--accept-delay", 50)
        self.write_school_config()
        self.muster_ok("import", school)
        self.enrol_all()
        self.muster_ok("token", "install", self.dir / "content.token")
        self.serve()
        single, hostile, waverer, early = self.people(school)[:4]
        return {"single": single, "hostile": hostile["id"], "waverer": waverer["id"],
                "early": early["id"], "group": "all", "group_name": "All of the school"}

    def test_the_story_of_an_administrator(self):
        self.browse("story.test.mjs", **self.start_school())

    def start_large_school(self, users):
        school = self.make_school(users, without_account=1)
        self.start_apns()
        self.mdm_port = free_port()
        self.write_config(rest=f'[server]\nlisten = "127.0.0.1:{self.mdm_port}"\n')
        self.muster_ok("import", school)
        sent = self.muster_ok("send", "--group", "all", "--yes", "--json").json()
        self.serve()
        single = self.people(school)[0]
        return {"task": sent["task"], "invitations": sent["invitations"], "single": single}

    def test_a_large_task_in_a_table(self):
        self.browse("table.test.mjs", **self.start_large_school(30_000))

    def test_the_page_while_a_send_goes_on(self):
        devices = 30_000
        school = self.make_school(devices, without_account=1)
        self.start_apns()
        self.mdm_port = free_port()
        self.write_config(rest=f'[server]\nlisten = "127.0.0.1:{self.mdm_port}"\n')
        self.muster_ok("import", school)
        self.serve()
        self.browse("sending.test.mjs", devices=devices, seconds=4)

    def test_the_page_is_for_everybody(self):
        facts = self.start_large_school(2_000)
        self.start_books()
        self.muster_ok("token", "install", self.dir / "content.token")
        self.browse("access.test.mjs", group="all", **facts)

    def test_the_parts_of_the_page(self):
        self.start_large_school(1)
        self.browse("parts.test.mjs")


if __name__ == "__main__":
    main()
