import { freshKey } from './tour.js';

/**
 * What one step of the tour hands to the next. Each entry looks at an answer and returns the
 * variables to write into the tab of the named operation, or nothing.
 */
export const CARRIES = [
  {
    from: (data) => firstToSell(data.product?.variants?.nodes),
    to: 'FillCart',
    write: (variant) => ({ variantId: variant.id }),
    notice: (variant) => `The cart step will add ${variant.title || variant.sku || variant.id}.`,
  },
  {
    from: (data) => accepted(data.cartLinesAdd)?.cart,
    to: 'FillCart',
    write: (cart) => ({ cartId: cart.id, idempotencyKey: freshKey() }),
  },
  {
    from: (data) => data.cartLinesAdd?.userErrors?.find((error) => error.path?.[0] === 'cartId'),
    to: 'FillCart',
    write: () => ({ cartId: null, idempotencyKey: freshKey() }),
    notice: () => 'That cart cannot be used any more. Run again to begin another.',
  },
  {
    from: (data) => accepted(data.cartLinesAdd)?.cart,
    to: 'CheckOut',
    write: (cart, variables) => {
      const delivery = cart.deliveryOptions?.[0];
      return {
        cartId: cart.id,
        cartVersion: cart.version,
        ...(delivery && {
          expectedTotal: { minor: delivery.total.minor, currency: delivery.total.currency },
          shippingMethod: delivery.method,
        }),
        ...((variables.cartId !== cart.id || variables.cartVersion !== cart.version) && { idempotencyKey: freshKey() }),
      };
    },
    notice: () => 'The check-out step now holds this cart.',
  },
  {
    from: (data) => accepted(data.checkoutSubmit)?.checkout,
    to: 'WatchOrder',
    write: (checkout) => ({ id: checkout.id }),
    notice: () => 'The watch step now follows this checkout.',
  },
  {
    from: (data) => data.checkout?.order,
    to: 'CancelOrder',
    write: (order, variables) => ({ orderId: order.id, ...(variables.orderId !== order.id && { idempotencyKey: freshKey() }) }),
    notice: () => 'The cancel step now holds this order.',
  },
  {
    from: (data) => ended(data.checkout, 'COMPLETED'),
    to: 'FillCart',
    write: () => ({ cartId: null }),
  },
  {
    from: (data) => ended(data.checkout, 'FAILED'),
    to: 'CheckOut',
    write: () => ({ idempotencyKey: freshKey() }),
    notice: () => 'The check-out step has a new key: change the card there to try again.',
  },
];

function accepted(payload) {
  return payload?.userErrors?.length ? undefined : payload;
}

function ended(checkout, state) {
  return checkout?.state === state ? checkout : undefined;
}

function firstToSell(variants) {
  return variants?.find((variant) => variant.availability?.state === 'IN_STOCK') ?? variants?.[0];
}

/** The first value under this name anywhere in an answer. */
export function findString(value, name) {
  if (value === null || typeof value !== 'object') return undefined;
  if (typeof value[name] === 'string') return value[name];
  for (const child of Object.values(value)) {
    const found = findString(child, name);
    if (found) return found;
  }
  return undefined;
}
