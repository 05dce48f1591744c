// Makes the page as a storefront's developers would, serves it at another origin than the shop's, and shops there in a
// real browser, twice: with the guest's secret in a cookie, and in a header. Tells what it saw as one line of JSON.
// usage: node shop.mjs CHROMIUM SHOP WHAT-TO-BUY
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const [executablePath, shop, wanted] = process.argv.slice(2);
const root = dirname(fileURLToPath(import.meta.url));
process.chdir(root);
const seen = { milliseconds: {} };
let since = Date.now();
const took = (what) => {
  seen.milliseconds[what] = Date.now() - since;
  since = Date.now();
};

// The types come from the shop itself.
const config = { documentMode: 'string', useTypeImports: true, enumsAsTypes: true };
const gql = { preset: 'client', config, presetConfig: { fragmentMasking: false } };
const files = await generate(
  { schema: `${shop}/graphql`, documents: ['src/*.ts'], generates: { 'src/gql/': gql }, silent: true, cwd: root },
  true,
);
seen.generated = files.length;
took('codegen');

const checked = spawnSync('node', ['node_modules/typescript/bin/tsc', '--noEmit'], { encoding: 'utf8' });
if (checked.status !== 0) throw new Error(`the types do not fit: ${checked.stdout}${checked.stderr}`);
took('tsc');

process.env.VITE_SHOP = shop;
await build({ root, logLevel: 'error', configFile: false });
const server = await preview({ root, logLevel: 'error', configFile: false, preview: { host: '127.0.0.1', port: 0 } });
const { port } = server.httpServer.address();
took('build');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

async function goShopping(origin, guest) {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const told = { origin, complaints: [] };
  page.on('console', (message) => message.type() === 'error' && told.complaints.push(message.text()));
  await page.goto(`${origin}/?guest=${guest}`);
  await page.locator('#categories span').first().waitFor();
  told.categories = await page.locator('#categories span').count();
  await page.getByLabel('Search').fill(wanted);
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('#hits button').first().click();
  await page.getByRole('button', { name: 'Add to cart' }).click();
  const pay = page.getByRole('button', { name: 'Pay' });
  await pay.or(page.locator('#order:not(:empty)')).first().waitFor();
  told.cart = await page.locator('#cart').innerText();
  if (await pay.isVisible()) await pay.click();
  await page.locator('#order:not(:empty)').waitFor();
  told.order = await page.locator('#order').innerText();
  told.stored = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  told.acrossOrigins = await page.evaluate(() => Number(document.documentElement.dataset.acrossOrigins));
  const cookie = (await context.cookies(shop)).find((one) => one.name === '__Host-mercato-guest');
  told.cookie = cookie && { httpOnly: cookie.httpOnly, secure: cookie.secure, sameSite: cookie.sameSite };
  await context.close();
  return told;
}

seen.byCookie = await goShopping(`http://127.0.0.1:${port}`, 'cookie');
took('with a cookie');
// To a browser this is another site than 127.0.0.1, to which no cookie goes.
seen.byHeader = await goShopping(`http://localhost:${port}`, 'header');
took('with a header');
console.log(JSON.stringify(seen));
await browser.close();
process.exit(0);
