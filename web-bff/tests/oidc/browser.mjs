// Signs in at a shop through a provider, in a real browser, and tells what it saw as one line of JSON.
// usage: node browser.mjs CHROMIUM SHOP
import { chromium } from 'playwright-core';

const [executablePath, shop] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext();
const page = await context.newPage();

// Whatever the shop says to the page is looked through for tokens.
const said = [];
page.on('response', (response) => {
  if (!response.url().startsWith(shop)) return;
  const text = response.text().catch(() => '');
  said.push(Promise.all([response.url(), response.allHeaders(), text]));
});

const ask = (path, options = {}) =>
  page.evaluate(
    async ([path, options]) => {
      const response = await fetch(path, options);
      return { status: response.status, body: await response.json() };
    },
    [path, options],
  );
const headers = { 'x-mercato-csrf': '1', 'content-type': 'application/json' };
const query = { method: 'POST', headers, body: '{"query":"{ me { displayName email } }"}' };
const sessionCookie = async () => (await context.cookies(shop)).find((cookie) => cookie.name === '__Host-mercato');

await page.goto(`${shop}/auth/openid?returnTo=/graphiql`, { waitUntil: 'load' });
const seen = { landedOn: page.url(), cookie: await sessionCookie() };
seen.scripts = await page.evaluate(() => [
  document.cookie,
  JSON.stringify({ ...localStorage }),
  JSON.stringify({ ...sessionStorage }),
]);
seen.session = await ask('/auth/session', { headers });
seen.me = await ask('/graphql', query);
seen.withoutHeader = await ask('/graphql', { ...query, headers: { 'content-type': 'application/json' } });
seen.greeting = await page.locator('#bar .bar-who').innerText();

await page.getByRole('button', { name: 'Sign out' }).click();
await page.getByText('Guest', { exact: true }).waitFor();
seen.cookieAfter = await sessionCookie();
seen.sessionAfter = await ask('/auth/session', { headers });
seen.meAfter = await ask('/graphql', query);

// A thief who kept the cookie.
await context.addCookies([{ ...seen.cookie }]);
seen.stolen = await ask('/graphql', query);

const answers = await Promise.all(said);
seen.answers = answers.length;
seen.withTokens = answers
  .filter(([url, , text]) => !url.includes('/graphiql/assets/') && /eyJ[\w-]+\.|mrt_/.test(text))
  .concat(answers.filter(([, headers]) => /eyJ[\w-]+\.|mrt_/.test(JSON.stringify(headers))))
  .map(([url]) => url);
console.log(JSON.stringify(seen));
await browser.close();
