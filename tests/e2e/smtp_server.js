// npm's smtp-server as its documentation uses it: STARTTLS, and a login before anything is taken.
// Keeps each message in a file of its own, as it came.
// usage: NODE_PATH=… node smtp_server.js SETTINGS.json      (the settings: see mail_hosts.py)
'use strict';
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const settings = JSON.parse(fs.readFileSync(process.argv[2]));
let kept = 0;

const server = new SMTPServer({
  name: 'smtp-server.test',
  key: fs.readFileSync(settings.key_file),
  cert: fs.readFileSync(settings.certificate_file),
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth(auth, session, callback) {
    if (auth.username === settings.user && auth.password === settings.password) {
      callback(null, { user: auth.username });
    } else {
      callback(new Error('wrong user or password'));
    }
  },
  onData(stream, session, callback) {
    const number = kept++;
    const being_written = path.join(settings.maildir, 'tmp', `${number}`);
    const file = fs.createWriteStream(being_written);
    stream.pipe(file).on('finish', () => {
      fs.renameSync(being_written, path.join(settings.maildir, 'new', `${number}`));
      console.log(`${session.secure ? 'secure' : 'clear'} ${session.user}`);
      callback(null, `kept as ${number}`);
    });
  },
});
server.on('error', (error) => console.log(`error: ${error.message}`));
server.listen(settings.port, '127.0.0.1');
