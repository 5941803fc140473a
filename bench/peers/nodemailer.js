// nodemailer as its documentation uses it: one transport with a pool, one sendMail() a letter.
// usage: NODE_PATH=… node nodemailer.js JOB.json      (the job: see ../mail_rig.py)
'use strict';
const fs = require('fs');
const nodemailer = require('nodemailer');

const job = JSON.parse(fs.readFileSync(process.argv[2]));
const transport = nodemailer.createTransport({
  host: job.host,
  port: job.port,
  secure: false,
  pool: true,
  maxConnections: job.connections,
  maxMessages: Infinity,
});
let next = 0;
let sent = 0;

async function work() {
  while (next < job.letters) {
    const number = next++;
    await transport.sendMail({
      from: job.from,
      to: { name: `User ${number}`, address: `user${number}@school.example` },
      subject: job.subject,
      text: job.text,
      html: job.html,
    });
    sent += 1;
  }
}

// Two a connection, so that none waits for the next letter.
Promise.all(Array.from({ length: job.connections * 2 }, work)).then(
  () => {
    console.log(JSON.stringify({ sent }));
    transport.close();
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
