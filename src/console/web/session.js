// Who is signed in, and what he may do: read < send < admin, each with all that stands before it.
import { address, get, post, remove, use_csrf_token } from './api.js';

const scopes = ['read', 'send', 'admin'];
let visitor = null; // {name, scope, csrf_token, how, expires_at}

// The session of this browser's cookie; null where there is none that holds.
export async function resume() {
  try {
    return begin(await get(address('sessions', 'current')));
  } catch (problem) {
    if (problem.status === 401) {
      return null;
    }
    throw problem;
  }
}

export async function sign_in(name, password) {
  return begin(await post(address('sessions'), { name, password }));
}

export async function sign_out() {
  await remove(address('sessions', 'current'));
  end();
}

export function end() {
  visitor = null;
  use_csrf_token('');
}

export const who = () => visitor;

export function may(scope) {
  return visitor !== null && scopes.indexOf(visitor.scope) >= scopes.indexOf(scope);
}

function begin(answer) {
  visitor = answer;
  use_csrf_token(answer.csrf_token ?? '');
  return visitor;
}
