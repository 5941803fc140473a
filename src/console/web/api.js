// The server's API v1: one function a verb, and what went wrong as a Problem with words for a person.

export class Problem extends Error {
  // `body`: the problem document (RFC 9457); `status` 0: nothing was answered at all.
  constructor(status, body) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.body = body;
  }
}

// 'signed-out': a session that held does not hold any more.
export const signals = new EventTarget();

let csrf_token = '';

// What every write of this session must carry.
export function use_csrf_token(token) {
  csrf_token = token;
}

// address('users', id) → "/api/v1/users/…"; ids may hold any character.
export function address(...parts) {
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
}

export const get = (path, options) => call('GET', path, options);
export const post = (path, body, options) => call('POST', path, { ...options, body });
export const patch = (path, body, options) => call('PATCH', path, { ...options, body });
export const remove = (path, options) => call('DELETE', path, options);
// A file as it is, not JSON.
export const put_text = (path, text, options) => call('PUT', path, { ...options, text });

// All rows of a list as the server's own CSV. With `body` the list is asked for by POST.
export async function csv(path, { body, query, signal } = {}) {
  const method = body === undefined ? 'GET' : 'POST';
  const response = await answered(method, path, {
    body,
    query,
    signal,
    headers: { Accept: 'text/csv' },
  });
  return response.blob();
}

async function call(method, path, options = {}) {
  const response = await answered(method, path, options);
  return response.status === 204 ? null : response.json();
}

async function answered(method, path, { query = {}, body, text, headers = {}, signal } = {}) {
  const request = { method, signal, headers: { Accept: 'application/json', ...headers } };
  if (method !== 'GET') {
    request.headers['X-CSRF-Token'] = csrf_token;
  }
  if (body !== undefined) {
    request.headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(body);
  } else if (text !== undefined) {
    request.headers['Content-Type'] = 'text/plain';
    request.body = text;
  }
  let response;
  try {
    response = await fetch(with_query(path, query), request);
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Problem(0, {
      detail:
        'The server cannot be reached. What it accepted is not lost. Try again in a moment.',
    });
  }
  if (!response.ok) {
    throw await problem_of(response);
  }
  return response;
}

async function problem_of(response) {
  const body = await response.json().catch(() => ({ title: response.statusText }));
  if (response.status === 401 && csrf_token !== '') {
    csrf_token = '';
    signals.dispatchEvent(new Event('signed-out'));
  }
  return new Problem(response.status, body);
}

function with_query(path, query) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') {
      words.set(name, value);
    }
  }
  return words.size === 0 ? path : `${path}?${words}`;
}
