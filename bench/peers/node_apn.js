// @parse/node-apn as its documentation uses it: one Provider, one send() a push, so many at a time.
// usage: NODE_PATH=… node node_apn.js JOB.json      (the job: see ../peers.py)
'use strict';
const fs = require('fs');
const apn = require('@parse/node-apn');

const job = JSON.parse(fs.readFileSync(process.argv[2]));
const provider = new apn.Provider({
  token: { key: job.key_file, keyId: job.key_id, teamId: job.team_id },
  address: job.host,
  port: job.port,
  ca: [fs.readFileSync(job.ca_file)],
});
let next = 0;
let sent = 0;

function notification(number) {
  const note = new apn.Notification();
  note.topic = job.topic;
  note.pushType = 'alert';
  note.priority = 10;
  note.expiry = job.expiration;
  note.id = job.id_prefix + number.toString(16).padStart(12, '0');
  note.collapseId = note.id;
  note.alert = { title: job.title, body: job.body };
  note.sound = 'default';
  note.payload = { url: job.url };
  return note;
}

async function work() {
  while (next < job.pushes) {
    const number = next++;
    const result = await provider.send(notification(number), number.toString(16).padStart(64, '0'));
    if (result.failed.length > 0) {
      throw result.failed[0].error ?? new Error(JSON.stringify(result.failed[0]));
    }
    sent += 1;
  }
}

Promise.all(Array.from({ length: job.in_flight }, work)).then(
  () => {
    console.log(JSON.stringify({ sent }));
    provider.shutdown();
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
