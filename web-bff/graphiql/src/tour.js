const queries = import.meta.glob('./tour/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('./tour/*.json', { query: '?raw', import: 'default', eager: true });

/** The tabs of a first visit, in the order of their file names: `1-browse-a-category.graphql` opens as "1 Browse a category". */
export const TOUR = Object.keys(queries)
  .sort()
  .map((path) => ({
    query: queries[path],
    variables: withFreshKey(variables[path.replace(/graphql$/, 'json')]?.trim() ?? ''),
  }));

const titles = new Map(
  Object.keys(queries)
    .sort()
    .map((path, index) => [operation(TOUR[index].query), words(path)]),
);

/** Gives a tab that holds an operation of the tour its readable title. */
export function title(tab) {
  const readable = titles.get(tab.title);
  if (readable) tab.title = readable;
}

/** The name of the first operation in a document, or null. */
export function operation(query) {
  return /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(query ?? '')?.[1] ?? null;
}

/** A value no other request has used, to make a retry of this one safe. */
export function freshKey() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join('-');
}

function withFreshKey(json) {
  return json.replace(/("idempotencyKey"\s*:\s*)""/g, (_, name) => `${name}"${freshKey()}"`);
}

function words(path) {
  return path.replace(/^.*\//, '').replace(/\.graphql$/, '').replaceAll('-', ' ').replace(/^(\d+ )(\w)/, (_, n, c) => n + c.toUpperCase());
}
