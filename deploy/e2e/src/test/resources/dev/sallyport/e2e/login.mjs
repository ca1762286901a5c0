// A person logs in through the TypeScript SDK: discovery, registration, code with PKCE. The browser is played by fetch.
const [url, major] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
  major === "1"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
        ...(await import("@modelcontextprotocol/sdk/client/auth.js")),
      }
    : await import("@modelcontextprotocol/client");
const redirectUrl = "http://127.0.0.1:8976/callback";
const kept = {};
let page;
const provider = {
  redirectUrl,
  clientMetadata: {
    client_name: "sdk-login",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => "state-1",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  redirectToAuthorization: (to) => void (page = to),
};

async function connected() {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const client = new Client({ name: "sdk-login", version: "1" }, { capabilities: {} });
  try {
    await client.connect(transport);
    return client;
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || kept.tokens) throw error;
  }
  const html = await (await fetch(page)).text();
  const form = new URLSearchParams();
  for (const [, name, value] of html.matchAll(/<input[^>]*name="([^"]*)" value="([^"]*)"/g)) {
    form.set(name, value.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
  }
  form.set("subject", "ana");
  const back = await fetch(page.href.split("?")[0], { method: "POST", body: form, redirect: "manual" });
  const given = new URL(back.headers.get("location")).searchParams;
  // the newer one checks who issued the code (RFC 9207)
  await transport.finishAuth(major === "1" ? given.get("code") : given);
  return connected();
}

const client = await connected();
const tools = await client.listTools();
const claims = JSON.parse(Buffer.from(kept.tokens.access_token.split(".")[1], "base64url").toString());
console.log(JSON.stringify({ tools: tools.tools.map((tool) => tool.name), claims }));
await client.close();
