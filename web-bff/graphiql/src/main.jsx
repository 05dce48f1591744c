import './workers.js';
import 'graphiql/graphiql.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import './fonts.css';
import './page.css';

import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar.jsx';
import { createFetcher } from './fetcher.js';
import { goOn } from './tabs.js';
import { TOUR, title } from './tour.js';

goOn(globalThis.localStorage);

const answers = new EventTarget();
const fetcher = createFetcher((request, result) => {
  answers.dispatchEvent(new CustomEvent('answer', { detail: { request, result } }));
});

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={TOUR}
    defaultEditorToolsVisibility="variables"
    onTabChange={({ tabs }) => tabs.forEach(title)}
  >
    <GraphiQL.Logo>{null}</GraphiQL.Logo>
    <Bar answers={answers} />
  </GraphiQL>,
);
