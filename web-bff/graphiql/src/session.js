const KEY = 'mercato:cart';
/** The edge counts a cookie only beside this header, which no page of another site can send. */
export const PAGE_HEADERS = { 'x-mercato-csrf': '1' };
let held;

/** The guest cart that is held, for as long as this browser tab lives. */
export function loadCart() {
  try {
    held ??= JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    // Without storage the cart lasts until the page is reloaded.
  }
  return held ?? undefined;
}

export function saveCart(cartToken) {
  held = cartToken;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(cartToken));
  } catch {
    // As above.
  }
}

/** Who is signed in: a user with a `displayName`, or null. The tokens stay at the edge. */
export async function whoIsSignedIn() {
  try {
    const response = await fetch('/auth/session', { headers: PAGE_HEADERS });
    return response.ok ? (await response.json()).user : null;
  } catch {
    return null;
  }
}

/** Signs in, or throws an Error whose message can be shown as it is. */
export async function signIn({ email, password }) {
  return (await post('/auth/login', { email, password, device: 'GraphiQL' })).user;
}

export async function signOut() {
  await post('/auth/logout', {});
}

/** The accounts a demo shop offers to anyone; none where the shop is not a demo. */
export async function demoAccounts() {
  const accounts = await list('/demo/accounts.json');
  return accounts.filter((account) => account.email && account.password);
}

/** Where else one can sign in. */
export async function providers() {
  return list('/auth/providers');
}

async function post(path, body) {
  let response;
  try {
    const headers = { ...PAGE_HEADERS, 'content-type': 'application/json', accept: 'application/json' };
    response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  } catch (error) {
    throw new Error(`${path} could not be reached. Is the shop running? (${error.message})`);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? `${path} answered ${response.status}.`);
  return answer;
}

async function list(path) {
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' } });
    const listed = response.ok ? await response.json() : [];
    return Array.isArray(listed) ? listed : [];
  } catch {
    return [];
  }
}
