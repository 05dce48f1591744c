import { tryParseJSONC } from '@graphiql/react';
import { operation } from './tour.js';

const EDITORS = { headers: 'headerEditor', variables: 'variableEditor' };

/** Merges an object into the JSON text of an editor; a key with the value undefined is removed. */
function merge(text, entries) {
  let before;
  try {
    before = tryParseJSONC(text ?? '') ?? {};
  } catch {
    return null; // Half-typed JSON is the reader's to finish.
  }
  const after = { ...before };
  for (const [key, value] of Object.entries(entries)) {
    const same = Object.keys(after).find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
    if (value === undefined) delete after[same];
    else after[same] = value;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return null;
  return Object.keys(after).length === 0 ? '' : JSON.stringify(after, null, 2);
}

/**
 * Writes to the tabs, also those in the background, whose text GraphiQL offers no action for:
 * their state is edited in place, and saved by the active tab's update.
 */
function write(state, name, pick, entriesOf) {
  let changed = 0;
  state.tabs.forEach((tab, index) => {
    const active = index === state.activeTabIndex;
    const editor = state[EDITORS[name]];
    const query = active ? (state.queryEditor?.getValue() ?? tab.query) : tab.query;
    if (!pick({ ...tab, query })) return;
    const text = active && editor ? editor.getValue() : tab[name];
    const next = merge(text, entriesOf(text));
    if (next === null) return;
    changed += 1;
    tab[name] = next;
    if (active) editor?.setValue(next);
  });
  if (changed) state.actions.updateActiveTabValues({ [name]: state.tabs[state.activeTabIndex][name] });
  return changed;
}

/**
 * Lets a visit go on in the tab in which the last one ended. GraphiQL opens what its editors last held as a tab of its own,
 * unless a tab holds just that: of editors in which nobody has typed it remembers nothing.
 */
export function goOn(storage) {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem('graphiql:tabState'));
    const { query, variables } = tabs[activeTabIndex];
    for (const [name, text] of Object.entries({ query, variables })) {
      if (text) storage.setItem(`graphiql:${name}`, text);
      else storage.removeItem(`graphiql:${name}`);
    }
  } catch {
    // A first visit, or a browser that keeps nothing: GraphiQL begins with its own tabs.
  }
}

/** Puts these headers into every tab. */
export function writeHeaders(state, headers) {
  return write(state, 'headers', () => true, () => headers);
}

/** Puts variables into the tabs whose first operation has this name. */
export function writeVariables(state, name, entriesOf) {
  return write(
    state,
    'variables',
    (tab) => operation(tab.query) === name,
    (text) => {
      try {
        return entriesOf(tryParseJSONC(text ?? '') ?? {});
      } catch {
        return {};
      }
    },
  );
}
