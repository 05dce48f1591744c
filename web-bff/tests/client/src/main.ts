import { ask, keepCartToken } from './ask';
import { ADD, CART, CATEGORIES, PRODUCT, PROGRESS, SEARCH, SUBMIT } from './documents';
import type { AddMutation } from './gql/graphql';

const COUNTRY = 'US';
const keepsToken = new URLSearchParams(location.search).get('guest') !== 'cookie';

type Cart = NonNullable<NonNullable<AddMutation['cartLinesAdd']>['cart']>;

function element<Kind extends HTMLElement>(selector: string): Kind {
  return document.querySelector<Kind>(selector)!;
}

function said(text: string, kind: keyof HTMLElementTagNameMap = 'li'): HTMLElement {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function button(text: string, press: () => Promise<void>): HTMLElement {
  const made = said(text, 'button');
  made.addEventListener('click', () => attempt(press));
  return made;
}

/** What goes wrong is shown, so that whoever waits for the page sees why it does not come. */
async function attempt(what: () => Promise<void>) {
  try {
    await what();
  } catch (error) {
    element('#order').textContent = `failed: ${error}`;
  }
}

async function browse() {
  const { categories } = await ask(CATEGORIES, {});
  element('#categories').replaceChildren(...(categories ?? []).map((one) => said(one.name, 'span')));
}

async function search(query: string) {
  const { search } = await ask(SEARCH, { query });
  const products = (search?.hits ?? []).flatMap((hit) => (hit.product ? [hit.product] : []));
  element('#hits').replaceChildren(
    ...products.map((product) => {
      const line = said('');
      line.append(button(product.title, () => show(product.id)));
      return line;
    }),
  );
}

async function show(id: string) {
  const { product } = await ask(PRODUCT, { id });
  const variant = product?.variants?.nodes?.[0];
  if (!product || !variant) throw new Error('there is nothing to buy');
  const { decimal, currency } = variant.price?.current ?? { decimal: '?', currency: '?' };
  element('#product').replaceChildren(
    said(`${product.title}, ${decimal} ${currency}`, 'h2'),
    button('Add to cart', () => add(variant.id)),
  );
}

async function add(variantId: string) {
  const input = { lines: [{ variantId, quantity: 1 }], idempotencyKey: crypto.randomUUID() };
  const { cartLinesAdd } = await ask(ADD, { input, country: COUNTRY, keepsToken });
  if (!cartLinesAdd?.cart) throw new Error(JSON.stringify(cartLinesAdd?.userErrors));
  keepCartToken(cartLinesAdd.cartToken);
  // Read again, as a page that was reloaded would: the cart is found by who asks.
  const { cart } = await ask(CART, { id: cartLinesAdd.cart.id, country: COUNTRY });
  if (!cart) throw new Error('the cart is not found again');
  showCart(cart);
}

function showCart(cart: Cart) {
  const lines = cart.lines?.map((line) => said(`${line.quantity} x ${line.title}`)) ?? [];
  element('#cart').replaceChildren(...lines, button('Pay', () => pay(cart)));
}

async function pay(cart: Cart) {
  const delivery = cart.deliveryOptions?.[0];
  if (!delivery) throw new Error('nothing is delivered there');
  const { minor, currency } = delivery.total;
  const { checkoutSubmit } = await ask(SUBMIT, {
    input: {
      cartId: cart.id,
      cartVersion: cart.version,
      expectedTotal: { minor, currency },
      shippingAddress: {
        name: 'Ada Lovelace',
        line1: '1 Main Street',
        city: 'Springfield',
        region: 'IL',
        postalCode: '62701',
        country: COUNTRY,
      },
      shippingMethod: delivery.method,
      paymentMethodToken: 'pm_card_visa',
      email: 'ada@example.com',
      idempotencyKey: crypto.randomUUID(),
    },
  });
  if (!checkoutSubmit?.checkout) throw new Error(JSON.stringify(checkoutSubmit?.userErrors));
  await follow(checkoutSubmit.checkout.id);
}

async function follow(id: string) {
  for (;;) {
    const { checkout } = await ask(PROGRESS, { id });
    if (!checkout) throw new Error('the checkout is not found');
    if (checkout.nextPollMs == null) {
      const { order, failure } = checkout;
      element('#order').textContent = order && !failure ? `Order ${order.number}: ${order.lifecycle}` : `failed: ${failure?.message}`;
      return;
    }
    await new Promise((again) => setTimeout(again, checkout.nextPollMs!));
  }
}

element<HTMLFormElement>('#search').addEventListener('submit', (event) => {
  event.preventDefault();
  const { value } = element<HTMLInputElement>('#search input');
  void attempt(() => search(value));
});
void attempt(browse);
