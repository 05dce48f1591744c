import type { TypedDocumentString } from './gql/graphql';

/** The shop, which is at another origin than this page. */
const SHOP: string = import.meta.env.VITE_SHOP;

/** Whether the guest's secret is left to the browser, in a cookie, or kept here and sent in a header. */
const byCookie = new URLSearchParams(location.search).get('guest') === 'cookie';
let cartToken: string | undefined;

export function keepCartToken(token: string | null | undefined) {
  if (token && !byCookie) cartToken = token;
}

export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json;q=0.9',
  };
  if (byCookie) headers['x-mercato-csrf'] = '1';
  if (cartToken) headers['x-cart-token'] = cartToken;
  const response = await fetch(`${SHOP}/graphql`, {
    method: 'POST',
    credentials: byCookie ? 'include' : 'omit',
    headers,
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  if (!response.headers.get('x-request-id')) throw new Error('the id of the request cannot be read');
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}
