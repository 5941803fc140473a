// Addresses within the page: "#/users/u1/devices". The part behind # never reaches the server, so a
// link to a user's page leaves no trace of him in anybody's log.
//
// A view with unsaved changes holds the page: whoever leaves is asked first.

let held = null; // what asks: () => Promise<bool>
let here = null; // the hash that is shown
let arrived = () => {};

export function href(...parts) {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function go(...parts) {
  location.hash = href(...parts);
}

// The decoded parts of the address, [] at its root.
export function current() {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decoded(part));
}

// Calls `on_arrival` now and whenever another address is shown, in place of whoever was told before.
export function start(on_arrival) {
  arrived = on_arrival;
  arrive();
}

// Nobody leaves before `ask` has answered true; null lets go.
export function hold(ask) {
  held = ask;
}

window.addEventListener('hashchange', leave);
window.addEventListener('beforeunload', (event) => held !== null && event.preventDefault());

async function leave() {
  const wanted = location.hash;
  if (wanted === here) {
    return;
  }
  if (held !== null) {
    history.replaceState(null, '', here);
    if (!(await held())) {
      return;
    }
    held = null;
    history.pushState(null, '', wanted);
  }
  arrive();
}

function arrive() {
  here = location.hash;
  arrived(current());
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand
  }
}
