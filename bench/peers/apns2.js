// apns2 (npm) as its documentation uses it: one ApnsClient, one send() a push, so many at a time.
// It can set neither apns-id nor a port: its pool is made anew for the bench's port, its options kept.
// usage: NODE_PATH=… NODE_EXTRA_CA_CERTS=… node apns2.js JOB.json      (the job: see ../peers.py)
'use strict';
const fs = require('fs');
const { ApnsClient, Notification } = require('apns2');
const { Pool } = require('undici');

const job = JSON.parse(fs.readFileSync(process.argv[2]));
const client = new ApnsClient({
  host: job.host,
  team: job.team_id,
  keyId: job.key_id,
  signingKey: fs.readFileSync(job.key_file, 'utf8'),
  defaultTopic: job.topic,
});
client.client = new Pool(`https://${job.host}:${job.port}`, {
  connections: 32,
  pipelining: 1,
  allowH2: true,
  maxConcurrentStreams: 100,
});
let next = 0;
let sent = 0;

async function work() {
  while (next < job.pushes) {
    const number = next++;
    const token = number.toString(16).padStart(64, '0');
    await client.send(
      new Notification(token, {
        alert: { title: job.title, body: job.body },
        sound: 'default',
        data: { url: job.url },
        expiration: job.expiration,
        collapseId: job.id_prefix + number.toString(16).padStart(12, '0'),
      }),
    );
    sent += 1;
  }
}

Promise.all(Array.from({ length: job.in_flight }, work)).then(
  async () => {
    console.log(JSON.stringify({ sent }));
    await client.close();
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
