// Where the page begins: whoever has a session sees the console, anybody else the login.
//
// The map: api.js asks the server, events.js listens to it; session.js knows who is signed in, tasks.js
// what is being sent, samples.js how fast. router.js turns addresses into views (views/, one a page),
// which are made of parts (parts/, one idea each) by dom.js. words.js and format.js say what is shown.
import { signals } from './api.js';
import { element, replace } from './dom.js';
import { feed } from './events.js';
import { hold, start } from './router.js';
import { end, resume } from './session.js';
import { active_tasks } from './tasks.js';
import { trouble } from './parts/trouble.js';
import { frame } from './views/frame.js';
import { login_view } from './views/login.js';

const app = document.getElementById('app');
let shown_frame = null;

function show_login(words) {
  end();
  feed.close();
  hold(null);
  shown_frame?.end();
  shown_frame = null;
  document.querySelectorAll('dialog, .undo').forEach((each) => each.remove());
  document.title = 'Sign in – Muster';
  const view = login_view({ words, entered: show_console });
  replace(app, view.node);
  view.focus();
}

function show_console() {
  feed.open();
  shown_frame = frame({ left: () => show_login('You have signed out.') });
  replace(app, shown_frame.node);
  active_tasks.load().catch(() => {}); // Active Tasks asks again, and says what went wrong
  start((parts) => shown_frame?.arrive(parts));
}

async function begin() {
  signals.addEventListener('signed-out', () =>
    show_login('Your session has ended. Sign in again; what was sent goes on.'),
  );
  // A stream that ends may mean that the session has.
  feed.addEventListener('connection', ({ detail: connected }) => {
    if (!connected && shown_frame !== null) {
      resume().catch(() => {}); // the server is away; the stream tries again
    }
  });
  try {
    if (await resume()) {
      show_console();
    } else {
      show_login('');
    }
  } catch (problem) {
    replace(
      app,
      element('main', { class: 'login' }, element('h1', {}, 'Muster'), trouble(problem)),
    );
  }
}

begin();
