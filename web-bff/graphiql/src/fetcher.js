const URL = '/graphql';
const JSON_ANSWER = 'application/graphql-response+json, application/json;q=0.9';
const EVENT_STREAM = 'text/event-stream';

/**
 * Sends operations to the edge. Queries and mutations answer once; a subscription answers as a
 * stream of server-sent events (`next` events, closed by `complete`).
 */
export function createFetcher(onAnswer) {
  return async (request, { headers, documentAST } = {}) => {
    const subscribes = isSubscription(documentAST, request.operationName);
    const abort = new AbortController();
    const response = await send(request, headers, subscribes ? `${EVENT_STREAM}, ${JSON_ANSWER}` : JSON_ANSWER, abort.signal);
    if (response.headers.get('content-type')?.startsWith(EVENT_STREAM)) {
      return events(response, abort, (result) => onAnswer(request, result));
    }
    const result = await read(response);
    onAnswer(request, result);
    return result;
  };
}

async function send(request, headers, accept, signal) {
  try {
    return await fetch(URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...headers },
      body: JSON.stringify(request),
      signal,
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

async function* events(response, abort, onResult) {
  try {
    let buffer = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (buffer + value.replaceAll('\r', '')).split('\n\n');
      buffer = blocks.pop();
      for (const block of blocks) {
        const { event, data } = parse(block);
        if (event === 'complete') return;
        if (!data) continue;
        const result = JSON.parse(data);
        onResult(result);
        yield result;
      }
    }
  } finally {
    abort.abort();
  }
}

function parse(block) {
  let event = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).trim());
  }
  return { event, data: data.join('\n') };
}

function isSubscription(document, operationName) {
  const operations = document?.definitions.filter((node) => node.kind === 'OperationDefinition') ?? [];
  const running = operations.length > 1 ? operations.find((node) => node.name?.value === operationName) : operations[0];
  return running?.operation === 'subscription';
}
