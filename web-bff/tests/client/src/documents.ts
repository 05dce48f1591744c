import { graphql } from './gql';

export const CATEGORIES = graphql(`
  query Categories {
    categories { id name }
  }
`);

export const SEARCH = graphql(`
  query Search($query: String!) {
    search(query: $query, first: 10) {
      hits { product { id title stock priceRange { min { decimal currency } } } }
    }
  }
`);

export const PRODUCT = graphql(`
  query Product($id: ID!) {
    product(id: $id) {
      id
      title
      description
      variants(first: 10) {
        nodes { id title price { current { decimal currency } } availability { state } }
      }
    }
  }
`);

// The secret is asked for by the page that keeps it itself.
export const ADD = graphql(`
  mutation Add($input: CartLinesAddInput!, $country: String!, $keepsToken: Boolean!) {
    cartLinesAdd(input: $input) {
      cartToken @include(if: $keepsToken)
      cart { ...CartParts }
      userErrors { code message path }
    }
  }
  fragment CartParts on Cart {
    id
    version
    lines { id title quantity }
    deliveryOptions(country: $country) { method name total { minor currency decimal } }
  }
`);

export const CART = graphql(`
  query CartAgain($id: ID!, $country: String!) {
    cart(id: $id) { ...CartParts }
  }
`);

export const SUBMIT = graphql(`
  mutation Submit($input: CheckoutSubmitInput!) {
    checkoutSubmit(input: $input) {
      checkout { id state nextPollMs }
      userErrors { code message path }
    }
  }
`);

export const PROGRESS = graphql(`
  query Progress($id: ID!) {
    checkout(id: $id) {
      state
      nextPollMs
      failure { code message }
      order { number lifecycle }
    }
  }
`);
