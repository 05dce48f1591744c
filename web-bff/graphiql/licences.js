import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the licence texts of every npm package whose code, styles or fonts land in the bundle.
 * One collector serves the page and its workers, which Vite builds separately.
 */
export function licences(fileName) {
  const packages = new Map();

  function note(id) {
    const path = id.replace(/^\0/, '').split('?')[0];
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (!match) return;
    const dir = match[1];
    if (packages.has(dir) || !existsSync(join(dir, 'package.json'))) return;
    const { name, version, license, author, repository } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const texts = readdirSync(dir)
      .filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(dir, file), 'utf8').replace(/\r\n/g, '\n').trim());
    const declared = [
      `The package ships no licence file; its package.json declares the licence ${license}.`,
      author && `Author: ${author.name ?? author}`,
      repository && `Source: ${repository.url ?? repository}`,
    ];
    packages.set(dir, { name, version, license, text: texts.join('\n\n') || declared.filter(Boolean).join('\n') });
  }

  function render() {
    const seen = new Map([...packages.values()].map((p) => [`${p.name} ${p.version}`, p]));
    const list = [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const rule = '-'.repeat(80);
    const head = [
      'GraphiQL as served by Mercato contains the following third-party software.',
      '',
      ...list.map((p) => `  ${p.name} ${p.version} (${p.license})`),
    ];
    const notices = list.map((p) =>
      [rule, `${p.name} ${p.version}`, `Licence: ${p.license}`, '', p.text].join('\n'),
    );
    return `${head.join('\n')}\n\n${notices.join('\n\n')}\n`.replace(/[ \t]+$/gm, '');
  }

  return () => ({
    name: 'licences',
    moduleParsed: ({ id }) => note(id),
    generateBundle(_options, bundle) {
      for (const item of Object.values(bundle)) {
        for (const id of Object.keys(item.modules ?? {})) note(id);
        for (const id of item.originalFileNames ?? []) note(join(process.cwd(), id));
      }
    },
    writeBundle: {
      order: 'post',
      handler(options) {
        writeFileSync(join(options.dir, fileName), render());
      },
    },
  });
}
