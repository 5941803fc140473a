"""A stand-in for NanoMDM: devices check in and poll, commands are enqueued by its API, and everything that
devices say goes on as a signed webhook, once and in order, as docs/operations-guide.md and docs/openapi.yaml
of NanoMDM describe it. Storage refuses in the words of SQLite."""
import base64
import hashlib
import hmac
import json
import plistlib
import queue
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class NanoMdm:
    def __init__(self, key, secret, webhook):
        self.key, self.secret, self.webhook = key, secret, webhook
        self.lock = threading.Lock()
        self.enrolled = set()
        self.queues = {}       # by enrolment: [(uuid, plist), …]
        self.uuids = set()
        self.enqueued = []     # (enrolment, uuid)
        self.refused = []      # (enrolment, words)
        self.idle_for_nothing = 0
        self.opened = False
        self.events = queue.Queue()
        self.failures = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        for target in (self.server.serve_forever, self.tell):
            threading.Thread(target=target, daemon=True).start()

    def close(self):
        self.server.shutdown()

    def tell(self):
        """Webhooks: never tried again."""
        while True:
            event = self.events.get()
            body = json.dumps(event).encode()
            signature = base64.b64encode(hmac.new(self.secret.encode(), body, hashlib.sha256).digest())
            request = urllib.request.Request(self.webhook, body, {
                "Content-Type": "application/json", "X-Hmac-Signature": signature.decode()})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    if answer.status != 200:
                        self.failures.append(answer.status)
            except OSError as error:
                self.failures.append(str(error))
            self.events.task_done()

    def check_in(self, message, raw, enrolment):
        kind = message["MessageType"]
        with self.lock:
            if kind == "TokenUpdate":
                self.enrolled.add(enrolment)
            if kind == "Authenticate":
                self.queues.pop(enrolment, None)
        if kind in ("Authenticate", "TokenUpdate", "CheckOut"):
            self.events.put({"topic": f"mdm.{kind}", "checkin_event": {
                "udid": message["UDID"], "ids": {"id": enrolment}, "raw_payload": raw}})
        return b""

    def report(self, message, raw, enrolment):
        status, uuid = message["Status"], message.get("CommandUUID")
        with self.lock:
            waiting = self.queues.setdefault(enrolment, [])
            if status in ("Acknowledged", "Error", "CommandFormatError"):
                waiting[:] = [each for each in waiting if each[0] != uuid]
            self.events.put({"topic": "mdm.Connect", "acknowledge_event": {
                "udid": message["UDID"], "ids": {"id": enrolment}, "status": status,
                "command_uuid": uuid, "raw_payload": raw}})
            left = [] if status == "NotNow" else waiting
            if status == "Idle" and not left:
                self.idle_for_nothing += 1
            return left[0][1] if left else b""

    def enqueue(self, enrolment, plist):
        uuid = plistlib.loads(plist)["CommandUUID"]
        with self.lock:
            words = ("FOREIGN KEY constraint failed" if enrolment not in self.enrolled else
                     "UNIQUE constraint failed: commands.command_uuid" if uuid in self.uuids else "")
            if words:
                self.refused.append((enrolment, words))
                return 500, {"command_error": words}
            self.uuids.add(uuid)
            self.enqueued.append((enrolment, uuid))
            self.queues.setdefault(enrolment, []).append((uuid, plist))
        return 200, {"status": {enrolment: {}}, "command_uuid": uuid, "no_push": True}

    def handler(self):
        nano = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path, _, query = self.path.partition("?")
                if path.startswith("/v1/enqueue/"):
                    right = "Basic " + base64.b64encode(f"nanomdm:{nano.key}".encode()).decode()
                    if self.headers.get("Authorization") != right:
                        return self.answer(401, b"")
                    if query != "nopush=1":
                        return self.answer(400, b"")
                    status, said = nano.enqueue(path.rsplit("/", 1)[1], body)
                    return self.answer(status, json.dumps(said).encode())
                if not nano.opened:
                    return self.answer(503, b"")
                message = plistlib.loads(body)
                enrolment = message["UDID"] + (f':{message["UserID"]}' if "UserID" in message else "")
                raw = base64.b64encode(body).decode()
                checks_in = "checkin" in self.headers.get("Content-Type", "")
                said = (nano.check_in if checks_in else nano.report)(message, raw, enrolment)
                return self.answer(200, said)

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        return Handler
