// A certified OpenID provider on the loopback, which signs in whoever comes: as `login_hint`, or as ada.
// Says `ready <issuer>` once it answers; ends with its standard input.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'the-edge',
      client_secret: 'the-edge-secret',
      // Native, so that the shop may listen on any port of the loopback.
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/auth/openid/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  cookies: { keys: ['for tests only'] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  features: { devInteractions: { enabled: false } },
  ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Grant: 600, Interaction: 60, Session: 600 },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      email: `${id}@provider.example`,
      email_verified: !id.startsWith('unverified'),
      name: id,
    }),
  }),
});

// Nobody is asked: each interaction is answered as soon as it begins.
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  const { prompt, params, grantId, session } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === 'login') {
    const login = { accountId: params.login_hint ?? 'ada' };
    return provider.interactionFinished(context.req, context.res, { login });
  }
  const asked = { accountId: session.accountId, clientId: params.client_id };
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant(asked);
  grant.addOIDCScope(params.scope ?? 'openid');
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(context.req, context.res, { consent }, { mergeWithLastSubmission: true });
});

server.on('request', provider.callback());
process.stdin.on('end', () => process.exit()).resume();
console.log(`ready ${issuer}`);
