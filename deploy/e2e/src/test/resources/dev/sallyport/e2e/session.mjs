// A session of the TypeScript SDK: connect, list the tools, read. Prints what the client got.
const [url, token, major] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } =
  major === "1"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : await import("@modelcontextprotocol/client");
async function connected(headers) {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: `Bearer ${token}`, ...headers } },
  });
  const client = new Client({ name: "sdk-session", version: "1" }, { capabilities: {} });
  await client.connect(transport);
  return client;
}
const client = await connected({});
const tools = await client.listTools();
const read = await client.callTool({
  name: "db_query",
  arguments: { database: "shop", sql: "select distinct tenant_id from customers where name <> $1", params: ["x"] },
});
const refused = await client.callTool({
  name: "db_query",
  arguments: { database: "shop", sql: "set role globex_agent" },
});
// a program, whose results the SDK holds against the schemas that were listed
const program = await connected({ "x-structured-content": "true" });
const schemas = (await program.listTools()).tools.filter((tool) => tool.outputSchema).length;
const structured = [];
for (const call of [
  { name: "show_databases", arguments: {} },
  { name: "show_tables", arguments: { database: "shop" } },
  { name: "describe_table", arguments: { database: "shop", table: "customers" } },
  { name: "db_query", arguments: { database: "shop", sql: "select * from customers" } },
]) {
  structured.push(Object.keys((await program.callTool(call)).structuredContent));
}
console.log(JSON.stringify({ tools: tools.tools.map((tool) => tool.name), read, refused, schemas, structured }));
await program.close();
await client.close();
