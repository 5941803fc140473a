#!/usr/bin/env python3
"""muster serve as its users meet it: the command line by the socket in the data directory, scripts by tokens,
strangers, slow clients by the thousand, signals."""
import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time

import test_school_files as school_files
from world import MUSTER, World, main, wait_for


class BreakingWay:
    """A way to the server that breaks once, when so many bytes have gone up it, whatever is under way."""

    def __init__(self, to, break_after):
        self.to, self.break_after = to, break_after
        self.bytes_up = self.connections = 0
        self.broken = False
        self.ends = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.welcome, daemon=True).start()

    def welcome(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.to))
            self.ends += [client, server]
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target, up):
        try:
            while data := source.recv(1 << 16):
                target.sendall(data)
                self.bytes_up += len(data) if up else 0
                if not self.broken and self.bytes_up > self.break_after:
                    self.broken = True
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for end in [self.door, *self.ends]:
            end.close()


class Server(World):
    def start_server(self, scheme="http", **options):
        """muster serve on a free port of its own choice, until it answers."""
        with open(self.dir / "serve.out", "w") as out, open(self.dir / "serve.err", "w") as err:
            self.server = self.start(MUSTER, "serve", "--config", self.config, stdout=out, stderr=err,
                                     **options)

        def listening():
            self.assertIsNone(self.server.poll(), (self.dir / "serve.err").read_text())
            words = (self.dir / "serve.out").read_text().split()
            return words and (self.data / "muster.sock").exists() and \
                int(words[words.index("port") + 1].strip(";,."))
        self.server_port = wait_for("the server listening", listening)
        return self.server

    def stop_server(self):
        self.server.terminate()
        code = self.server.wait(60)
        self.assertEqual(code, 0, (self.dir / "serve.err").read_text())

    def school_at_server(self, users=300, rest="", faults=None, **options):
        school = self.make_school(users)
        self.start_apns(faults=faults)
        self.write_config(rest='[server]\nlisten = "127.0.0.1:0"\n' + rest, **options)
        self.muster_ok("import", school)
        self.start_server()
        return school

    def token(self, scope):
        made = self.muster_ok("admin", "token", "create", f"{scope}-script", "--scope", scope)
        return made.out.split()[-1]

    def call(self, method, path, body=None, token=None, **fields):
        """Status, fields and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=30)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        is_json = "json" in response.getheader("Content-Type", "")
        return response.status, response.headers, json.loads(text) if is_json and text else text

    def preview_and_send(self, token, key=None, **more):
        status, _, preview = self.call("POST", "/api/v1/previews", {"group": "all"}, token)
        self.assertEqual(status, 200, preview)
        fields = {"Idempotency_Key": key} if key else {}
        return self.call("POST", "/api/v1/tasks", {"group": "all", "preview": preview["id"],
                                                   "invitations": preview["invitations"], **more},
                         token, **fields)

    def task_at_rest(self, token, task):
        def at_rest():
            now = self.call("GET", f"/api/v1/tasks/{task}", token=token)[2]
            return now if now["state"] in ("completed", "cancelled") else None
        return wait_for("the task's end", at_rest)

    def test_the_command_line_works_at_a_running_server(self):
        school = self.school_at_server(rest="")
        listed = self.muster_ok("user", "list", "--json").json()
        self.assertTrue(listed["users"] if "users" in listed else listed["rows"])
        sent = self.muster("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.code, 0, sent.err)
        result = sent.json()
        self.assertEqual((result["state"], result["sent"]), ("completed", 300))
        tasks = self.muster_ok("tasks", "--json").json()["tasks"]
        self.assertEqual([task["id"] for task in tasks], [result["task"]])
        self.assertTrue(tasks[0]["by"].startswith("local:"), tasks[0])
        # Refused in the same words and with the same code as without a server.
        again = self.muster("send", "--group", "all", "--yes")
        self.assertEqual(again.code, 4, again.err)
        self.assertEqual(self.muster("tasks", "ffffffff").code, 2)
        self.stop_server()
        self.assertFalse((self.data / "muster.sock").exists())
        code, verdict = self.verify(school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"], verdict["misreported"]),
                         (0, 0, 0, 0), verdict)

    def test_a_script_sends_with_its_token_and_nobody_without(self):
        school = self.school_at_server()
        for path in ("/api/v1/tasks", "/api/v1/users", "/metrics", "/api/v1/events"):
            self.assertEqual(self.call("GET", path)[0], 401, path)
            self.assertEqual(self.call("GET", path, token="no-such-token")[0], 401, path)
        reader, sender = self.token("read"), self.token("send")
        self.assertEqual(self.preview_and_send(reader)[0], 403)
        self.assertEqual(self.call("GET", "/api/v1/audit", token=sender)[0], 403)
        first = self.preview_and_send(sender, key="monday")
        self.assertEqual(first[0], 202, first)
        task = first[2]["id"]
        self.assertEqual(self.task_at_rest(reader, task)["sent"], 300)
        # The same request, when its answer was lost on the way.
        body = {"group": "all", "preview": "another", "invitations": 1}
        other = self.call("POST", "/api/v1/tasks", body, sender, Idempotency_Key="monday")
        self.assertIn(other[0], (409, 422), other)
        status, _, text = self.call("GET", f"/api/v1/tasks/{task}/invitations", token=reader,
                                    Accept="text/csv")
        self.assertEqual(status, 200)
        self.assertEqual(len(text.decode().strip().split("\n")), 301)
        status, _, text = self.call("GET", "/metrics", token=reader)
        self.assertEqual(status, 200)
        self.assertIn(b"# TYPE", text)
        self.stop_server()
        self.assertEqual(self.verify(school)[0], 0)

    def elsewhere(self, port=None, scheme="http"):
        """The options of a command that works at our server as if from another machine."""
        secret = self.dir / "token"
        if not secret.exists():
            secret.write_text(self.token("admin"))
            secret.chmod(0o600)
        return ("--server", f"{scheme}://127.0.0.1:{port or self.server_port}", "--token-file", secret)

    def uploads_left(self):
        return os.listdir(self.data / "uploads")

    def test_a_roster_is_sent_to_a_server_that_cannot_read_it(self):
        self.school_at_server()
        elsewhere = self.elsewhere()
        roster = self.dir / "late.csv"
        roster.write_text("user_id,full_name\nlate,Late Comer\n")
        self.muster_ok("import", roster, *elsewhere)
        self.assertIn("Late Comer", self.muster_ok("user", "show", "late", *elsewhere).out)
        # What is wrong ends a command with the words and the code that it has on the machine itself.
        roster.write_text("user_id,full_name\nlate,Late Comer\nlater,\"\n")
        away = self.muster("import", roster, *elsewhere)
        here = self.muster("import", roster)
        self.assertEqual((away.code, away.err), (here.code, here.err.replace(f"{self.dir}/", "")))
        self.assertIn("late.csv:3:", away.err)
        done = self.muster("import", "ldap://127.0.0.1/", *elsewhere)
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("on its own machine", done.err)
        self.assertEqual(self.uploads_left(), [])
        self.stop_server()

    def test_a_large_roster_goes_on_where_its_connection_broke(self):
        """More than 20 MiB over TLS, by a way that breaks once in the middle; then a school's archive and its
        folder."""
        self.make_certificate("muster")
        self.school_at_server(20, rest=f'certificate_file = "{self.dir}/server.pem"\n'
                                       f'key_file = "{self.dir}/server.key"\n')
        roster = self.dir / "district.csv"
        with open(roster, "w") as file:
            file.write("user_id,full_name,email,group,device_id,name\n")
            for number in range(250_000):
                file.write(f"pupil-{number},Pupil Number {number},pupil-{number}@school.example,Grade {number % 13},"
                           f"device-{number},iPad {number}\n")
        size = roster.stat().st_size
        self.assertGreaterEqual(size, 20 << 20)
        way = BreakingWay(self.server_port, break_after=size // 2)
        elsewhere = self.elsewhere(way.port, "https")
        trust = {"MUSTER_TRUST_FILE": str(self.dir / "server.pem")}
        done = self.muster_ok("import", roster, "--json", *elsewhere, env=trust)
        self.assertTrue(way.broken)
        self.assertGreaterEqual(way.connections, 2)
        self.assertLess(way.bytes_up, size * 1.2, "it began anew")
        report = done.json()
        self.assertEqual((report["users"], report["devices"], report["rejected"]), (250_000, 250_000, 0))
        self.assertEqual(report["changes"]["users"]["added"]["count"], 250_000)
        last = self.muster_ok("user", "show", "pupil-249999", *elsewhere, env=trust).out
        self.assertIn("pupil-249999@school.example", last)
        self.assertEqual(self.uploads_left(), [])
        folder = school_files.apple_school(self.dir / "asm")
        archive = self.muster_ok("import", school_files.zipped(folder), "--json", *elsewhere, env=trust).json()
        self.assertEqual(archive["changes"]["users"]["added"]["count"],
                         school_files.PUPILS + school_files.TEACHERS)
        again = self.muster_ok("import", folder, "--json", *elsewhere, env=trust).json()
        self.assertEqual(again["users"], archive["users"])
        self.assertEqual(again["changes"]["users"]["added"]["count"], 0)
        actions = [row["action"] for row in json.loads(self.answer_over_tls("/api/v1/audit"))["rows"]]
        self.assertEqual(actions.count("roster.import"), 3)
        self.assertEqual(self.uploads_left(), [])
        way.close()
        self.stop_server()

    def answer_over_tls(self, path):
        context = ssl.create_default_context(cafile=self.dir / "server.pem")
        connection = http.client.HTTPSConnection("127.0.0.1", self.server_port, timeout=30, context=context)
        token = (self.dir / "token").read_text()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        self.assertEqual(response.status, 200, text)
        return text

    def test_a_crash_in_the_middle_of_an_upload_leaves_nothing_of_it(self):
        self.school_at_server(20)
        token = self.token("admin")
        order = {"files": [{"name": "users.csv", "bytes": 3 << 20}]}
        status, _, upload = self.call("POST", "/api/v1/roster/uploads", order, token)
        self.assertEqual(status, 201, upload)
        path = f"/api/v1/roster/uploads/{upload['id']}"
        status, _, upload = self.call("PUT", f"{path}?offset=0", b"x" * (1 << 20), token,
                                      Content_Type="application/octet-stream")
        self.assertEqual((status, upload["offset"]), (200, 1 << 20), upload)
        file = self.data / "uploads" / upload["id"] / "users.csv"
        self.assertEqual((file.stat().st_mode & 0o777, file.stat().st_size), (0o600, 1 << 20))
        self.server.kill()
        self.server.wait()
        self.assertTrue(file.exists())
        self.start_server()
        self.assertEqual(self.uploads_left(), [])
        self.assertEqual(self.call("GET", path, token=token)[0], 404)
        self.stop_server()

    def test_one_that_failed_is_looked_at_step_by_step_and_sent_again(self):
        self.school_at_server(faults='[[fault]]\nkind = "status"\nstatus = 400\n'
                                     'reason = "BadDeviceToken"\nafter = 100\ncount = 1\nevery = 1\n')
        token = self.token("send")
        task = self.muster("send", "--group", "all", "--yes", "--json").json()["task"]
        row, = self.muster_ok("tasks", task, "--state", "failed", "--json").json()["rows"]
        number = row["invitation"]
        told = self.muster_ok("tasks", task, "--invitation", number, "--json").json()
        self.assertEqual({key: told[key] for key in row}, row)
        self.assertEqual([moment["what"] for moment in told["moments"]], ["queued", "failed"])
        self.assertIn(row["user_full_name"],
                      self.muster_ok("tasks", task, "--invitation", number).out)
        self.assertEqual(self.muster("tasks", task, "--invitation", 999).code, 2)
        path = f"/api/v1/tasks/{task}/invitations/{number}"
        self.assertEqual(self.call("GET", path, token=token)[2]["row"], row)
        status, _, begun = self.call("POST", f"{path}/send-again", {}, token)
        self.assertEqual(status, 200, begun)
        ended = self.task_at_rest(token, task)
        self.assertEqual((ended["sent"], ended["failed"]), (300, 0), ended)
        now = self.call("GET", path, token=token)[2]["row"]
        self.assertEqual(now["state"], "sent")
        self.assertNotEqual(now["apns_id"], row["apns_id"])
        self.assertEqual(self.call("POST", f"{path}/send-again", {}, token)[0], 409)
        self.stop_server()

    def test_a_send_for_later_waits_at_a_server_and_without_one(self):
        self.start_apns()
        self.write_config(rest='[server]\nlisten = "127.0.0.1:0"\n')
        self.muster_ok("import", self.make_school(20))
        past = self.muster("send", "--group", "all", "--yes", "--at", "2020-01-01T00:00:00Z")
        self.assertEqual(past.code, 2, past.err)
        self.assertIn("is past", past.err)
        self.assertEqual(self.muster_ok("tasks", "--json").json()["tasks"], [])
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
        left = self.muster("send", "--group", "all", "--yes", "--at", soon, "--json")
        self.assertEqual(left.code, 0, left.err)
        self.assertIn("muster serve", left.err)
        task = left.json()["task"]
        self.assertEqual(left.json()["state"], "paused")
        self.start_server()
        token = self.token("read")
        self.assertEqual(self.task_at_rest(token, task)["sent"], 20)
        late = self.muster("send", "--group", "all", "--audience", "not-enrolled", "--yes", "--at",
                           "2099-01-01T00:00:00Z")
        self.assertEqual(late.code, 0, late.err)
        self.assertEqual(late.err.count("muster serve"), 0, "a server holds it")
        self.assertIn("begins at 2099-01-01T00:00:00", late.out)
        waiting = [each for each in self.call("GET", "/api/v1/tasks", token=token)[2]["tasks"]
                   if each["id"] != task]
        self.assertEqual([each["state"] for each in waiting], ["paused"])
        self.stop_server()

    def test_what_was_sent_can_be_measured(self):
        self.school_at_server()
        token = self.token("read")
        self.assertNotIn("latency_ms_p50", self.call("GET", "/api/v1/metrics-sample", token=token)[2])
        self.assertEqual(self.muster("send", "--group", "all", "--yes").code, 0)
        sample = self.call("GET", "/api/v1/metrics-sample", token=token)[2]
        self.assertGreater(sample["latency_ms_p50"], 0)
        self.assertGreaterEqual(sample["latency_ms_p99"], sample["latency_ms_p50"])
        lines = self.call("GET", "/metrics", token=token)[2].decode().splitlines()
        figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        of = f'{{channel="push",peer="127.0.0.1:{self.port}"}}'
        self.assertEqual(figures[f"muster_latency_seconds_count{of}"], "300")
        self.assertGreater(float(figures[f"muster_latency_seconds_sum{of}"]), 0)
        self.assertGreater(int(figures["muster_commit_seconds_count"]), 0)
        self.assertGreater(int(figures["muster_window_bytes"]), 0)
        self.assertGreater(int(figures['muster_slots{channel="push"}']), 0)
        self.stop_server()

    def test_an_undone_send_reaches_nobody(self):
        school = self.school_at_server()
        token = self.token("send")
        status, _, task = self.preview_and_send(token, undo_seconds=30)
        self.assertEqual(status, 202, task)
        self.assertEqual(task["state"], "paused")
        self.assertTrue(task["starts_at"], task)
        self.assertEqual(self.call("POST", f"/api/v1/tasks/{task['id']}/cancel", {}, token)[0], 200)
        ended = self.task_at_rest(token, task["id"])
        self.assertEqual((ended["sent"], ended["cancelled"]), (0, 300))
        self.stop_server()
        code, verdict = self.verify(school)
        self.assertEqual((code, verdict["repeated"], verdict["misreported"]), (0, 0, 0), verdict)
        self.assertEqual(self.journal.read_text().strip(), "MUSTERJ1", "nothing came to Apple")
        again = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertEqual(again["invitations"], 300, "whom nothing reached may be invited anew")

    def test_2000_slow_clients_do_not_stop_an_administrator_from_pressing_cancel(self):
        self.school_at_server(2_000)
        token = self.token("send")
        status, _, task = self.preview_and_send(token, rate=20)
        self.assertEqual(status, 202, task)
        half_said = (b"", b"GET /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
                     b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 500\r\n\r\n{\"group\":")
        slow = []
        for number in range(2_000):
            client = socket.create_connection(("127.0.0.1", self.server_port), timeout=30)
            client.sendall(half_said[number % 3])
            slow.append(client)
        before = time.monotonic()
        status, _, answer = self.call("POST", f"/api/v1/tasks/{task['id']}/cancel", {}, token)
        taken = time.monotonic() - before
        self.assertEqual(status, 200, answer)
        self.assertLess(taken, 10)  # far below what the slow ones are given
        self.assertEqual(answer["state"], "cancelled")
        for client in slow:
            client.close()
        self.assertLess(self.task_at_rest(token, task["id"])["sent"], 2_000)
        self.stop_server()

    def test_too_much_and_too_odd_is_refused_with_the_right_status(self):
        self.school_at_server()
        token = self.token("admin")
        deep = "[" * 5000 + "]" * 5000
        for body, wanted in (("{", 400), ('{"group":"all","blue":1}', 400), (deep, 400),
                             ('{"group":"\udcff"}'.encode("utf-8", "surrogateescape"), 400),
                             (b"x" * (3 << 20), 413)):
            status, _, problem = self.call("POST", "/api/v1/previews", body, token,
                                           Content_Type="application/json")
            self.assertEqual(status, wanted, (body[:40], problem))
        self.assertEqual(self.call("POST", "/api/v1/previews", "group=all", token,
                                   Content_Type="application/x-www-form-urlencoded")[0], 415)
        self.assertEqual(self.call("GET", "/api/v1/nothing", token=token)[0], 404)
        self.assertEqual(self.call("GET", "/api/v1/users/nobody", token=token)[0], 404)
        status, fields, _ = self.call("PUT", "/api/v1/tasks", {}, token)
        self.assertEqual((status, "POST" in fields["Allow"]), (405, True))
        self.assertIn(self.call("GET", "/../../etc/passwd", token=token)[0], (400, 404))
        self.assertEqual(self.call("GET", "/%2e%2e/%2e%2e/etc/passwd", token=token)[0], 400)
        status, _, _ = self.call("GET", "/api/v1/tasks", token=token, X_Long="x" * 40_000)
        self.assertEqual(status, 431)
        self.stop_server()

    def test_an_orderly_stop_repeats_nothing_and_the_next_start_goes_on(self):
        school = self.school_at_server(3_000)
        token = self.token("send")
        status, _, task = self.preview_and_send(token, rate=500)
        self.assertEqual(status, 202, task)

        def begun():
            return self.call("GET", f"/api/v1/tasks/{task['id']}", token=token)[2]["sent"] > 100
        wait_for("the first pushes", begun)
        self.stop_server()
        halted = self.muster_ok("tasks", task["id"], "--json").json()
        self.assertEqual(halted["state"], "interrupted")
        self.assertGreater(halted["queued"], 0)
        self.start_server()
        self.assertEqual(self.task_at_rest(token, task["id"])["sent"], 3_000)
        self.stop_server()
        code, verdict = self.verify(school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"], verdict["misreported"]),
                         (0, 0, 0, 0), verdict)

    def make_certificate(self, name):
        done = self.run_program("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.dir / "server.key",
                                "-out", self.dir / "server.pem", "-subj", f"/CN={name}", "-days", "2",
                                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.assertEqual(done.code, 0, done.err)
        (self.dir / "server.key").chmod(0o600)

    def served_certificate(self):
        return ssl.get_server_certificate(("127.0.0.1", self.server_port)).strip()

    def test_a_hangup_reads_the_certificate_anew(self):
        self.make_certificate("first")
        self.start_apns()
        self.write_config(rest=f'[server]\nlisten = "127.0.0.1:0"\n'
                               f'certificate_file = "{self.dir}/server.pem"\n'
                               f'key_file = "{self.dir}/server.key"\n')
        self.muster_ok("import", self.make_school(10))
        self.start_server()
        first = self.served_certificate()
        self.assertEqual(first, (self.dir / "server.pem").read_text().strip())
        self.make_certificate("second")
        self.assertEqual(self.served_certificate(), first)
        self.server.send_signal(signal.SIGHUP)
        second = (self.dir / "server.pem").read_text().strip()
        wait_for("the new certificate", lambda: self.served_certificate() == second)
        # One that cannot be read changes nothing.
        (self.dir / "server.pem").write_text("nonsense")
        self.server.send_signal(signal.SIGHUP)
        wait_for("the complaint", lambda: "server.pem" in (self.dir / "serve.err").read_text())
        self.assertEqual(self.served_certificate(), second)
        self.stop_server()

    def test_says_when_it_is_ready(self):
        """As systemd asks: a datagram to NOTIFY_SOCKET."""
        self.start_apns()
        self.write_config(rest='[server]\nlisten = "127.0.0.1:0"\n')
        self.muster_ok("import", self.make_school(10))
        address = str(self.dir / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(address)
            listener.settimeout(60)
            self.start_server(env={**os.environ, "NOTIFY_SOCKET": address})
            self.assertIn(b"READY=1", listener.recv(4096))
            self.assertEqual(self.call("GET", "/readyz")[0], 200)
            self.stop_server()
            self.assertIn(b"STOPPING=1", listener.recv(4096))


if __name__ == "__main__":
    main()
