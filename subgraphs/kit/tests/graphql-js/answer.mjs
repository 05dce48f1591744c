// Answers operations with graphql-js. The first line of standard input holds the schema, each further line a request; each
// line of standard output holds an answer and the stage of the first error: `parse`, `validate` with the rules that were
// broken, `variables` or `fields`.
import { createInterface } from 'node:readline';
import { buildSchema, execute, parse, specifiedRules, validate } from 'graphql';

const ids = ['1', '2', '3', '4', '5', '6'];
const isBook = (id) => Number(id) % 2 === 1;

// Says which arguments came, in the order of their names.
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
};
const told = (args) => JSON.stringify(sorted(args));

const node = (id) => {
  if (!ids.includes(id)) return null;
  const shared = {
    id,
    label: (args) => id + told(args),
    next: () => node(String((Number(id) % 6) + 1)),
  };
  return isBook(id)
    ? { __typename: 'Book', ...shared, pages: told, subtitle: id === '1' ? null : `of ${id}` }
    : {
        __typename: 'Film',
        ...shared,
        minutes: Number(id) * 10,
        fails: () => { throw new Error('fails'); },
        breaks: () => { throw new Error('breaks'); },
      };
};

const root = {
  echo: told,
  defaulted: told,
  needed: told,
  anything: told,
  node: ({ id }) => node(id),
  nodes: ({ first }) => ids.slice(0, Math.max(first, 0)).map(node),
  things: ({ kinds }) => kinds.map((kind) => node(kind === 'BOOK' ? '1' : '2')),
  change: ({ input }) => ({ told: told(input), node: node(input.id) }),
  add: told,
};

let schema;
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (!schema) {
    schema = buildSchema(said.sdl);
    continue;
  }
  console.log(JSON.stringify(await answer(said)));
}

async function answer({ query, variables, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { stage: 'parse', errors: [error] };
  }
  const errors = validate(schema, document);
  if (errors.length > 0) {
    const rules = specifiedRules.filter((rule) => validate(schema, document, [rule]).length > 0);
    return { stage: 'validate', rules: rules.map((rule) => rule.name), errors };
  }
  const { data, errors: failed } = await execute({ schema, document, rootValue: root, variableValues: variables, operationName });
  if (!failed) return { data: JSON.stringify(data) };
  return data === undefined ? { stage: 'variables', errors: failed } : { stage: 'fields', data: JSON.stringify(data), errors: failed };
}
