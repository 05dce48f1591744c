// Opens GraphiQL, comes back to it, and says how many tabs there were each time.
import { chromium } from 'playwright-core';

const [executablePath, shop] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  const seen = { tabs: [], active: [] };
  const look = async () => {
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    seen.tabs.push(await page.locator('.graphiql-tab').count());
    seen.active.push(await page.locator('.graphiql-tab-active').innerText());
  };
  // What is kept of the tabs is written a while after a change.
  const kept = (index) =>
    page.waitForFunction((at) => JSON.parse(localStorage.getItem('graphiql:tabState'))?.activeTabIndex === at, index);
  await page.goto(`${shop}/graphiql`);
  await look();
  await kept(0);
  await page.reload();
  await look();
  await page.locator('.graphiql-tab').nth(2).locator('button').first().click();
  await kept(2);
  await page.reload();
  await look();
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
