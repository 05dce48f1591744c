import SIGN_IN from './sign-in.graphql?raw';
import { operation } from './tour.js';

const KEY = 'mercato:session';
let held;

/** Who is signed in and which guest cart is held, for as long as this browser tab lives. */
export function loadSession() {
  try {
    held ??= JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    // Without storage the session lasts until the page is reloaded.
  }
  return held ?? {};
}

export function saveSession(session) {
  held = session;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // As above.
  }
}

/** The request headers that carry a session. */
export function headersOf(session) {
  return {
    authorization: session.accessToken ? `Bearer ${session.accessToken}` : undefined,
    'x-cart-token': session.cartToken,
  };
}

/** The accounts a demo shop offers to anyone; none where the shop is not a demo. */
export async function demoAccounts() {
  try {
    const response = await fetch('/demo/accounts.json', { headers: { accept: 'application/json' } });
    if (!response.ok) return [];
    const accounts = await response.json();
    return Array.isArray(accounts) ? accounts.filter((account) => account.email && account.password) : [];
  } catch {
    return [];
  }
}

/** Signs in, or throws an Error whose message can be shown as it is. */
export async function signIn(fetcher, { email, password }) {
  const request = { query: SIGN_IN, operationName: operation(SIGN_IN), variables: { email, password } };
  const { data, errors } = await fetcher(request, {});
  const login = data?.userLogin;
  const refusal = login?.userErrors?.[0] ?? errors?.[0];
  if (!login?.accessToken) throw new Error(refusal?.message ?? 'The shop answered without an access token.');
  return { accessToken: login.accessToken, name: login.user?.displayName ?? email };
}
