import { PAGE_HEADERS } from './session.js';

const URL = '/graphql';

/** Sends operations to the edge, and tells each answer to `onAnswer` before GraphiQL has it. */
export function createFetcher(onAnswer) {
  return async (request, { headers } = {}) => {
    const result = await read(await send(request, headers));
    onAnswer(request, result);
    return result;
  };
}

async function send(request, headers) {
  try {
    return await fetch(URL, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...PAGE_HEADERS,
        ...headers,
      },
      body: JSON.stringify(request),
    });
  } catch (error) {
    throw new Error(`${URL} could not be reached. Is the shop running? (${error.message})`);
  }
}

async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { errors: [{ message: `${URL} answered ${status} without JSON.${text ? ` ${text.slice(0, 300)}` : ''}` }] };
  }
}
