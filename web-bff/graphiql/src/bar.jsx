import { useGraphiQL } from '@graphiql/react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { CARRIES, findString } from './carry.js';
import { demoAccounts, loadCart, providers, saveCart, signIn, signOut, whoIsSignedIn } from './session.js';
import { writeHeaders, writeVariables } from './tabs.js';

const everything = (state) => state;

/** The line above GraphiQL: who is signed in, what was carried between tabs, and the way home. */
export function Bar({ answers }) {
  const state = useGraphiQL(everything);
  const latest = useRef(state);
  latest.current = state;

  const [accounts, setAccounts] = useState([]);
  const [elsewhere, setElsewhere] = useState([]);
  const [user, setUser] = useState(null);
  const [cartToken, setCartToken] = useState(loadCart);
  const signedIn = useRef(null);
  signedIn.current = user;
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState(null);

  const say = useCallback((text, tone = 'info') => setNotice({ text, tone }), []);

  const keepCart = useCallback((token) => {
    saveCart(token);
    setCartToken(token);
    writeHeaders(latest.current, { 'x-cart-token': token });
  }, []);

  useEffect(() => {
    demoAccounts().then(setAccounts);
    providers().then(setElsewhere);
    whoIsSignedIn().then(setUser);
  }, []);

  // Titles of the first paint: GraphiQL names tabs after their operation until told otherwise.
  useLayoutEffect(() => latest.current.actions.updateActiveTabValues({}), []);

  // Where the theme is the system's, GraphiQL looks it up once; the editors are to follow it.
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => latest.current.theme || latest.current.actions.setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, []);

  // The editors start empty where GraphiQL keeps text in the tab alone.
  const { queryEditor, variableEditor, headerEditor } = state;
  useEffect(() => {
    const { tabs, activeTabIndex } = latest.current;
    const { variables } = tabs[activeTabIndex];
    if (variableEditor && variables && !variableEditor.getValue()) variableEditor.setValue(variables);
  }, [variableEditor]);

  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor]) editor?.updateOptions({ wordWrap: 'on' });
  }, [queryEditor, variableEditor, headerEditor]);

  // A new or reloaded tab carries the cart too.
  useEffect(() => {
    const held = loadCart();
    if (headerEditor && held) writeHeaders(latest.current, { 'x-cart-token': held });
  }, [headerEditor, state.tabs.length]);

  useEffect(() => {
    const onAnswer = ({ detail: { result } }) => {
      // After GraphiQL has shown the answer.
      setTimeout(() => {
        const data = result?.data ?? {};
        const notices = carry(latest.current, data);
        const found = findString(data, 'cartToken');
        if (found && found !== loadCart()) {
          keepCart(found);
          notices.unshift('Guest cart token saved as header x-cart-token.');
        }
        const ended = result?.extensions?.session?.code === 'SESSION_ENDED';
        const refused = result?.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED');
        if (signedIn.current && (ended || refused)) {
          setUser(null);
          say('Your session has ended. Sign in again to go on.', 'error');
        } else if (notices.length) {
          say(notices.join(' '));
        } else {
          setNotice(null);
        }
      });
    };
    answers.addEventListener('answer', onAnswer);
    return () => answers.removeEventListener('answer', onAnswer);
  }, [answers, keepCart, say]);

  async function onSignIn(account) {
    setBusy(true);
    try {
      setUser(await signIn(account));
      say('A cookie that no script can read now says who you are, in every tab.');
    } catch (error) {
      say(`Sign-in failed: ${error.message}`, 'error');
    } finally {
      setBusy(false);
    }
  }

  async function onSignOut() {
    try {
      await signOut();
      setUser(null);
      say('Signed out.');
    } catch (error) {
      say(`Sign-out failed: ${error.message}`, 'error');
    }
  }

  return createPortal(
    <>
      <a className="bar-home" href="/">
        Mercato
      </a>
      <button type="button" className="bar-quiet" onClick={restartTour} title="Close all tabs and open the six steps of the tour">
        Restart tour
      </button>
      <p className={`bar-notice ${notice?.tone ?? ''}`} role="status">
        {notice && <span title={notice.text}>{notice.text}</span>}
        {notice && (
          <button type="button" className="bar-quiet" onClick={() => setNotice(null)} aria-label="Dismiss notice">
            Dismiss
          </button>
        )}
      </p>
      <div className="bar-session">
        {user ? (
          <>
            <span className="bar-who">
              Signed in as <strong>{user.displayName}</strong>
            </span>
            <button type="button" onClick={onSignOut}>
              Sign out
            </button>
          </>
        ) : (
          <>
            <span className="bar-who">{cartToken ? 'Guest with a cart' : 'Guest'}</span>
            {accounts.map((account) => (
              <button type="button" key={account.email} disabled={busy} onClick={() => onSignIn(account)}>
                Sign in as {lowerFirst(account.label ?? account.email)}
              </button>
            ))}
            {elsewhere.map(({ name, label, href }) => (
              <a key={name} href={`${href}?returnTo=/graphiql`}>
                Sign in with {label}
              </a>
            ))}
          </>
        )}
      </div>
    </>,
    document.getElementById('bar'),
  );
}

function carry(state, data) {
  const notices = [];
  for (const { from, to, write, notice } of CARRIES) {
    const found = from(data);
    if (!found) continue;
    const written = writeVariables(state, to, (variables) => write(found, variables));
    if (written && notice) notices.push(notice(found));
  }
  return notices;
}

function restartTour() {
  for (const key of ['tabState', 'query', 'variables', 'headers', 'operationName']) {
    localStorage.removeItem(`graphiql:${key}`);
  }
  location.reload();
}

function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
