// Takes the token out of the page's address, and sends it when the button is pressed: whoever looks links up before
// their reader does presses none.

const form = document.querySelector('form[data-task]');
const button = form.querySelector('button');
const status = form.querySelector('[role=status]');
const token = new URLSearchParams(location.search).get('token');
history.replaceState(null, '', location.pathname);

const CONFIRM = `mutation ConfirmEmail($input: UserEmailChangeConfirmInput!) {
  userEmailChangeConfirm(input: $input) { userErrors { message } }
}`;
const OPEN_ORDER = `mutation OpenOrder($input: OrderAccessOpenInput!) {
  orderAccessOpen(input: $input) {
    order {
      number
      placedAt
      lifecycle
      lines { title options quantity total { decimal currency } }
      cost { total { decimal currency } }
      shipments { state parcels { carrier trackingNumber } }
    }
    userErrors { message }
  }
}`;

const tasks = {
  verify: () => send('/auth/verify', { token, password: form.elements.password.value }),
  reset: () => send('/auth/reset', { token, newPassword: form.elements.password.value }),
  'step-up': () =>
    send('/auth/step-up', {
      password: form.elements.password.value || undefined,
      code: form.elements.code.value || undefined,
    }),
  email: () => send('/graphql', { query: CONFIRM, variables: { input: { token } } }),
  order: () => send('/graphql', { query: OPEN_ORDER, variables: { input: { token } } }, showOrder),
};

/** What went wrong, in words for people; undefined when nothing did. */
async function send(path, body, show) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json', 'x-mercato-csrf': '1' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  const payload = Object.values(answer.data ?? {})[0];
  const refusal = answer.errors?.[0] ?? payload?.userErrors?.[0];
  if (refusal) return refusal.message;
  if (response.ok) show?.(payload);
  return response.ok ? undefined : 'The shop cannot answer at this moment. Try again shortly.';
}

/** Lists what was bought, what it cost and where it is. */
function showOrder({ order }) {
  const money = ({ decimal, currency }) => `${decimal} ${currency}`;
  const list = form.querySelector('dl');
  const tell = (name, text) => {
    const [term, description] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    description.textContent = text;
    list.append(term, description);
  };
  tell('Order', order.number);
  tell('Placed', new Date(order.placedAt).toLocaleString());
  tell('State', order.lifecycle.toLowerCase());
  for (const { title, options, quantity, total } of order.lines) {
    tell(`${quantity} × ${[title, options].filter(Boolean).join(', ')}`, money(total));
  }
  tell('Total', money(order.cost.total));
  for (const { state, parcels } of order.shipments ?? []) {
    const numbers = parcels.map(({ carrier, trackingNumber }) => `${carrier} ${trackingNumber}`);
    tell('Parcel', [state.toLowerCase(), ...numbers].join(', '));
  }
}

if (token || form.dataset.task === 'step-up') {
  button.disabled = false;
} else {
  status.textContent = 'Open this page with the link in the mail.';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  status.textContent = '';
  try {
    const refused = await tasks[form.dataset.task]();
    status.textContent = refused ?? form.dataset.done;
    button.disabled = refused === undefined;
    button.hidden = refused === undefined;
  } catch {
    status.textContent = 'The shop cannot be reached. Try again shortly.';
    button.disabled = false;
  }
});
