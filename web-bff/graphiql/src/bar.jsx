import { useGraphiQL } from '@graphiql/react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { CARRIES, findString } from './carry.js';
import { demoAccounts, headersOf, loadSession, saveSession, signIn } from './session.js';
import { writeHeaders, writeVariables } from './tabs.js';

const everything = (state) => state;

/** The line above GraphiQL: who is signed in, what was carried between tabs, and the way home. */
export function Bar({ answers, fetcher }) {
  const state = useGraphiQL(everything);
  const latest = useRef(state);
  latest.current = state;

  const [accounts, setAccounts] = useState([]);
  const [session, setSession] = useState(loadSession);
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState(null);

  const say = useCallback((text, tone = 'info') => setNotice({ text, tone }), []);

  const change = useCallback((next) => {
    saveSession(next);
    setSession(next);
    writeHeaders(latest.current, headersOf(next));
  }, []);

  useEffect(() => {
    demoAccounts().then(setAccounts);
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

  // A new or reloaded tab carries the session too.
  useEffect(() => {
    if (headerEditor) writeHeaders(latest.current, present(headersOf(loadSession())));
  }, [headerEditor, state.tabs.length]);

  useEffect(() => {
    const onAnswer = ({ detail: { result } }) => {
      // After GraphiQL has shown the answer.
      setTimeout(() => {
        const data = result?.data ?? {};
        const notices = carry(latest.current, data);
        const held = loadSession();
        const cartToken = findString(data, 'cartToken');
        if (cartToken && cartToken !== held.cartToken) {
          change({ ...held, cartToken });
          notices.unshift('Guest cart token saved as header x-cart-token.');
        }
        if (held.accessToken && result?.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) {
          change({ cartToken: held.cartToken });
          say('Your sign-in has expired. Sign in again to go on.', 'error');
        } else if (notices.length) {
          say(notices.join(' '));
        } else if (!data.userLogin) {
          setNotice(null);
        }
      });
    };
    answers.addEventListener('answer', onAnswer);
    return () => answers.removeEventListener('answer', onAnswer);
  }, [answers, change, say]);

  async function onSignIn(account) {
    setBusy(true);
    try {
      const signedIn = await signIn(fetcher, account);
      change({ ...loadSession(), ...signedIn });
      say('Every tab now sends your access token as header authorization.');
    } catch (error) {
      say(`Sign-in failed: ${error.message}`, 'error');
    } finally {
      setBusy(false);
    }
  }

  function onSignOut() {
    change({ cartToken: session.cartToken });
    say('Signed out. The header authorization is gone from every tab.');
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
        {session.accessToken ? (
          <>
            <span className="bar-who">
              Signed in as <strong>{session.name}</strong>
            </span>
            <button type="button" onClick={onSignOut}>
              Sign out
            </button>
          </>
        ) : (
          <>
            <span className="bar-who">{session.cartToken ? 'Guest with a cart' : 'Guest'}</span>
            {accounts.map((account) => (
              <button type="button" key={account.email} disabled={busy} onClick={() => onSignIn(account)}>
                Sign in as {lowerFirst(account.label ?? account.email)}
              </button>
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

function present(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
