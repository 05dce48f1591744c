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
  operation: TypedDocumentString<Result, Variables>,
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
    body: JSON.stringify({ query: operation.toString(), variables }),
  });
  // The browser's word that this came from another origin, which it asked first.
  if (response.type !== 'cors') throw new Error(`the shop is no other origin: ${response.type}`);
  const { dataset } = document.documentElement;
  dataset.acrossOrigins = String(Number(dataset.acrossOrigins ?? 0) + 1);
  if (!response.headers.get('x-request-id')) throw new Error('the id of the request cannot be read');
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}
