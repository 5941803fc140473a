"""aioapns as its documentation uses it: one APNs client, one send_notification() a push, so many at
a time. It finds its answers by apns-id, so it needs a server that echoes it; its host and port are
constants, replaced here.    usage: python3 aioapns_sender.py JOB.json    (the job: see ../peers.py)
"""
import asyncio
import json
import ssl
import sys

from aioapns import APNs, NotificationRequest, PushType
from aioapns import connection

with open(sys.argv[1], encoding="utf-8") as file:
    JOB = json.load(file)
connection.APNsProductionClientProtocol.APNS_SERVER = JOB["host"]
connection.APNsTLSClientProtocol.APNS_PORT = JOB["port"]


def request(number):
    return NotificationRequest(
        device_token=f"{number:064x}", push_type=PushType.ALERT, priority=10,
        notification_id=f"{JOB['id_prefix']}{number:012x}",
        collapse_key=f"{JOB['id_prefix']}{number:012x}", time_to_live=JOB["time_to_live"],
        message={"aps": {"alert": {"title": JOB["title"], "body": JOB["body"]}, "sound": "default"},
                 "url": JOB["url"]})


async def main():
    trust = ssl.create_default_context(cafile=JOB["ca_file"])
    trust.set_alpn_protocols(["h2"])
    client = APNs(key=JOB["key_file"], key_id=JOB["key_id"], team_id=JOB["team_id"],
                  topic=JOB["topic"], max_connections=1, ssl_context=trust)
    numbers = iter(range(JOB["pushes"]))
    sent = 0

    async def work():
        nonlocal sent
        for number in numbers:
            answer = await client.send_notification(request(number))
            if not answer.is_successful:
                sys.exit(f"{answer.status} {answer.description}")
            sent += 1

    # The first alone: until it is answered there is no connection, and all would open one.
    await client.send_notification(request(next(numbers)))
    sent += 1
    await asyncio.gather(*(work() for _ in range(JOB["in_flight"])))
    print(json.dumps({"sent": sent}))


asyncio.run(main())
