// A session of the TypeScript SDK: connect, list the tools, read. Prints what the client got.
const [url, token, major] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } =
  major === "1"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : await import("@modelcontextprotocol/client");
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${token}` } },
});
const client = new Client({ name: "sdk-session", version: "1" }, { capabilities: {} });
await client.connect(transport);
const tools = await client.listTools();
const read = await client.callTool({
  name: "db_query",
  arguments: { database: "shop", sql: "select distinct tenant_id from customers where name <> $1", params: ["x"] },
});
const refused = await client.callTool({
  name: "db_query",
  arguments: { database: "shop", sql: "set role globex_agent" },
});
console.log(JSON.stringify({ tools: tools.tools.map((tool) => tool.name), read, refused }));
await client.close();
